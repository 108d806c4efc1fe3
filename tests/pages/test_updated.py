"""What is said when the program is updated under a running workbench."""

import os
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from workbench.shared import updated, words


def page() -> None:
    from workbench.shared import updated

    with updated.told():
        from workbench.shared import no_such_part  # noqa: F401


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "nnet" / "part.py"
    path.parent.mkdir()
    path.touch()
    monkeypatch.setattr(updated, "_FOLDERS", (tmp_path,))
    monkeypatch.setattr(updated, "_started", time.time())
    return path


def test_an_error_of_a_program_that_was_updated_says_to_start_it_again(program: Path) -> None:
    later = time.time() + 10
    os.utime(program, (later, later))
    at = AppTest.from_function(page).run()
    assert not at.exception and [error.value for error in at.error] == [words.UPDATED]
    assert "no_such_part" in at.caption[0].value


def test_any_other_error_stays_what_it_is(program: Path) -> None:
    before = time.time() - 10
    os.utime(program, (before, before))
    at = AppTest.from_function(page).run()
    assert at.exception and not at.error
