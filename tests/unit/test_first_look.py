"""The first words and the first picture need no PyTorch, and name every page."""

import subprocess
import sys
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from workbench.shared import first_look, words

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))


def test_what_is_shown_first_imports_no_torch() -> None:
    code = "import sys, workbench.shared.first_look; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_every_page_is_in_the_navigation_once() -> None:
    listed = [name for names in words.SECTIONS.values() for name in names]
    assert len(listed) == len(set(listed)) and set(PAGES) - {words.HOST_PAGE} <= set(listed)
    assert set(PAGES) <= set(words.PAGES)


@pytest.mark.parametrize("name", ["", "2_Memory"])
def test_title_sentence_and_picture_come_before_the_import(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def script(name: str) -> None:
        from workbench.shared import first_look

        first_look.draw(name)

    at = AppTest.from_function(script, kwargs={"name": name}).run()
    assert not at.exception
    assert at.title[0].value == (words.PAGES[name].title if name else words.HOME.summary.rstrip("."))
    assert at.markdown[0].value == words.STARTING
    assert any("data:image/webp" in element.proto.body for element in at.get("html"))
    assert first_look.HERO.stat().st_size < 100_000
