"""The choice of a data set in a running page: by name, by path, from a ZIP and from single images."""

from pathlib import Path

import pytest
from apptest import PNG, encoded, pressed
from builders import files_of, write_category, zipped
from streamlit.testing.v1 import AppTest

from nnet.data import Dataset, open_dataset
from workbench.shared import data_choice, words
from workbench.shared.known_data import from_link, key_of
from workbench.shared.settings import Setting, one_of

NAMES = {"none": "None", "synthetic:metal": "Metal", "folder": "A folder", "zip": "A ZIP", "images": "Images"}
DATA = Setting("test", "choice_data", "none", one_of(NAMES))
FOLDER = Setting("test", "choice_folder", "", from_link, link=key_of)


def _page() -> None:
    import streamlit as st
    from test_data_choice import DATA as data
    from test_data_choice import FOLDER as folder
    from test_data_choice import NAMES as names

    from nnet.errors import NNetError
    from workbench.shared.data_choice import choose

    try:
        chosen = choose(data, folder, names)
    except NNetError as error:
        st.error(str(error))
    else:
        st.session_state["chosen"] = chosen


def page(choice: str, path: Path | str = "") -> AppTest:
    at = AppTest.from_function(_page, default_timeout=60)
    at.query_params["choice_data"], at.query_params["choice_folder"] = choice, str(path)
    return ran(at)


@pytest.fixture(autouse=True)
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links may name what is in the test's own folder."""
    monkeypatch.setenv("NNET_DATA", str(tmp_path))


def ran(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception, at.exception[0].message
    return at


def uploaded(at: AppTest, *files: tuple[str, bytes], number: int = 0) -> AppTest:
    kind = "application/zip" if files[0][0].endswith("zip") else PNG
    at.file_uploader[number].set_value([(name, content, kind) for name, content in files])
    return ran(ran(at))  # the uploader is empty again


def keys(at: AppTest) -> list[str]:
    return [sample.key for sample in at.session_state["chosen"].dataset.test]


@pytest.fixture
def category(tmp_path: Path) -> Path:
    return write_category(tmp_path / "bottle")


def test_nothing_is_chosen_at_first_nor_by_an_empty_path() -> None:
    for choice in ("none", "folder", "zip"):
        at = page(choice)
        assert at.session_state["chosen"] is None and not at.error


def test_a_set_by_name_is_opened_and_its_files_are_read_once(category: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset, read = open_dataset(str(category)), []
    whole = Dataset.content_hash
    monkeypatch.setattr(data_choice.datasets, "opened", lambda spec, seed=0: {"synthetic:metal": dataset}[spec])
    monkeypatch.setattr(Dataset, "content_hash", lambda self: read.append(self.name) or whole(self))
    at = ran(page("synthetic:metal"))
    assert at.session_state["chosen"] == data_choice.Chosen("synthetic:metal", dataset, whole(dataset))
    assert len(read) == 1


def test_a_folder_that_changes_gets_another_hash_and_one_that_is_not_there_is_named(category: Path) -> None:
    at = page("folder", category)
    before = at.session_state["chosen"]
    assert (before.spec, len(before.dataset.train), len(before.dataset.test)) == (str(category), 14, 9)
    (category / "test" / "good" / "000.png").unlink()
    after = ran(at).session_state["chosen"]
    assert len(after.dataset.test) == 8 and after.hash != before.hash
    assert str(category / "no") in page("folder", category / "no").error[0].value


def test_a_zip_goes_by_its_name_wherever_it_was_unpacked(category: Path) -> None:
    at = uploaded(page("zip"), ("parts.zip", zipped(files_of(category, category.parent))))
    chosen = at.session_state["chosen"]
    assert (chosen.dataset.source, len(chosen.dataset.test)) == ("parts.zip", 9) and not at.error
    assert chosen.hash == page("folder", category).session_state["chosen"].hash  # the same images
    assert not at.file_uploader[0].value
    assert "empty.zip" in uploaded(at, ("empty.zip", b"nothing")).error[0].value


def test_images_are_needed_of_both_kinds_and_may_have_the_same_name() -> None:
    at = uploaded(page("images"), ("part.png", encoded(1)), ("part.png", encoded(2)))
    assert at.session_state["chosen"] is None and at.info[0].value == words.IMAGES_NEEDED
    at = uploaded(at, ("../bent?.png", encoded(3)), number=1)
    first = at.session_state["chosen"]
    assert sorted(keys(at)) == ["defective/bent?.png", "good/part-2.png", "good/part.png"] and not at.info
    assert sorted(sample.label for sample in first.dataset.test) == ["defective", "good", "good"]
    assert Path(first.spec).is_dir() and all(sample.path.is_file() for sample in first.dataset.test)
    at = uploaded(at, ("more.png", encoded(4)))
    assert at.session_state["chosen"].hash != first.hash and len(keys(at)) == 4
    at = pressed(at, words.REMOVE_ALL)
    assert at.session_state["chosen"] is None and at.info[0].value == words.IMAGES_NEEDED


def test_what_is_no_image_or_too_much_is_left_out_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    good = encoded(1)
    at = uploaded(page("images"), ("part.png", good), ("broken.png", b"nothing"))
    assert "broken.png" in at.warning[0].value and "part.png" not in at.warning[0].value
    monkeypatch.setattr(data_choice, "UPLOAD_BYTES", len(good) + 10)
    at = uploaded(at, ("late.png", encoded(2)))
    (problem,) = [warning.value for warning in at.warning]
    assert "late.png" in problem and "broken.png" not in problem
    at = uploaded(at, ("bent.png", b"nothing at all"), number=1)
    assert at.session_state["chosen"] is None
