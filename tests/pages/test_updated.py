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


def page_with_a_fault(path: str) -> None:
    import runpy

    from workbench.shared import updated

    with updated.told():
        runpy.run_path(path)


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


@pytest.mark.parametrize("fault", ['{}["item"]', "import no_such_package", '"".no_such_method()'])
def test_what_went_through_a_file_that_has_changed_is_told_and_logged_and_nothing_else(
    program: Path, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    other = program.with_name("other.py")
    for path in (program, other):
        path.write_text(fault)
    before, later = time.time() - 10, time.time() + 10
    os.utime(other, (before, before))
    os.utime(program, (later, later))
    at = AppTest.from_function(page_with_a_fault, args=(str(other),)).run()
    assert at.exception and not at.error, "nothing is known of a file that is as it was"
    at = AppTest.from_function(page_with_a_fault, args=(str(program),)).run()
    assert not at.exception and [error.value for error in at.error] == [words.UPDATED]
    assert fault in caplog.text, "the terminal says where"


def test_any_other_error_stays_what_it_is(program: Path) -> None:
    before = time.time() - 10
    os.utime(program, (before, before))
    at = AppTest.from_function(page).run()
    assert at.exception and not at.error
