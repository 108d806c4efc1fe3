"""Nothing that a stranger wrote makes the browser ask another host: cards, names, reasons and logs on every page."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import hostile
import pytest
from browsing import Visitor, served

from workbench.shared import known_data

RUN = "x-http-evil-red-z-q-y-http-evil-img-src-evil-c-b"
Pages = tuple[tuple[str, dict[str, str]], ...]
LAST: Pages = (("Train", {"train_part": "runs", "run": RUN, "train_view": "card"}),)
PAGES: Pages = (("Inspect", {"set": "{key}", "image": f"test/{hostile.NAME}/{hostile.NAME}0.png"}), *LAST)
OTHERS: Pages = (
    ("Evaluate", {"evaluate_data": "{key}"}),
    ("Train", {"train_part": "runs", "train_view": "log"}),
    ("Ablations", {"results_from": hostile.NAME}),
    ("", {}),
    ("Memory", {}),
    ("Projection", {"part": "data", "data": "{key}"}),
    *LAST,
)
"""What tests/hostile/test_texts.py would find on them, too, by looking at the texts alone."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@pytest.fixture(scope="module")
def hostile_address(trained_checkpoint: Path, folder: Path) -> Iterator[str]:
    """A workbench full of hostile texts."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in hostile.workbench(folder, trained_checkpoint).items():
            patched.setenv(name, value)
        yield from served(folder / "models" / hostile.NAME)


@pytest.mark.long
@pytest.mark.parametrize("pages", [PAGES, pytest.param(OTHERS, marks=pytest.mark.slow)])
def test_no_page_asks_another_host(browser: object, hostile_address: str, folder: Path, pages: Pages) -> None:
    visitor = Visitor(browser, hostile_address)
    key = known_data.key_of(str(folder / "data" / hostile.NAME))
    for page, settings in pages:
        visitor.open(f"{page}?{urlencode({name: value.format(key=key) for name, value in settings.items()})}")
        assert visitor.strangers == [], page
        assert visitor.page.locator('[data-testid="stException"]').count() == 0, page
        assert visitor.page.locator("img[src*=evil]").count() == 0, page
        links = visitor.page.locator("a").evaluate_all("all => all.map(one => one.href)")
        assert [link for link in links if "evil" in link and not link.startswith(hostile_address)] == [], page
    assert "evil.example" in visitor.page.locator('[data-testid="stMain"]').inner_text()  # the card is shown
