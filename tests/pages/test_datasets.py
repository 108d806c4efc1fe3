"""Images of data sets as pictures: opened once, shown on every page, reopened by a link, and refused with a reason."""

import dataclasses
import os
import shutil
import threading
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from apptest import INSPECT, fine, heading, shown_score, start, words
from PIL import Image
from streamlit.elements.lib import policies
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.util import patch_config_options

from nnet.data import DataError
from nnet.detector import Detector
from workbench.inspect import words as inspect_words
from workbench.projection import words as projection_text
from workbench.shared import chosen_picture, datasets, pictures, units
from workbench.shared import words as shared_words

PAGES = (INSPECT, "pages/2_Memory.py", "pages/3_Projection.py")
SYNTHETIC, HOLE = "synthetic:metal", "test/hole/001.png"

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(120)]


def folder(root: Path) -> Path:
    """A category in MVTec's layout with two normal training images and two defects, one of them with a mask."""
    pixels = np.random.default_rng(0).integers(0, 256, (5, 40, 60, 3), dtype=np.uint8)
    names = ("train/good/0.png", "train/good/1.png", "test/good/2.png", "test/dent/3.png", "test/dent/4.png")
    for name, image in zip(names, pixels, strict=True):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(root / name)
    mask = np.zeros((40, 60), np.uint8)
    mask[10:30, 10:30] = 255
    (root / "ground_truth/dent").mkdir(parents=True)
    Image.fromarray(mask).save(root / "ground_truth/dent/3_mask.png")
    return root


@pytest.fixture(autouse=True)
def nothing_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNET_DATA", str(tmp_path))  # so that links may name what is in there
    datasets._STORE.drop(lambda _: True)


# ------------------------------------------------------------------------------------------------- opened data sets


def test_a_data_set_is_opened_once_until_something_in_it_changes(tmp_path: Path) -> None:
    root = folder(tmp_path / "part")
    with patch.object(datasets, "open_dataset", wraps=datasets.open_dataset) as opening:
        first = datasets.opened(str(root))
        assert datasets.opened(str(root)) is first and opening.call_count == 1
        shutil.copy(root / "test/dent/4.png", root / "test/dent/5.png")
        os.utime(root / "test/dent", ns=(1, 1))  # file systems may tell times apart no finer than the test is fast
        assert len(datasets.opened(str(root)).test) == len(first.test) + 1 and opening.call_count == 2


def test_a_zip_that_was_tidied_away_is_unpacked_again(tmp_path: Path) -> None:
    folder(tmp_path / "part")
    archive = shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path, "part")
    _, sample = datasets.find(archive, "test/dent/3.png")
    before = sample.load().image
    shutil.rmtree(sample.owner.path)
    _, again = datasets.find(archive, "test/dent/3.png")
    assert again.path != sample.path
    np.testing.assert_array_equal(again.load().image, before)


def test_two_threads_open_one_data_set_once(tmp_path: Path) -> None:
    root = str(folder(tmp_path / "part"))
    together, found = threading.Barrier(4), []

    def look() -> None:
        together.wait()
        found.append(datasets.opened(root))

    with patch.object(datasets, "open_dataset", wraps=datasets.open_dataset) as opening:
        threads = [threading.Thread(target=look) for _ in range(4)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
    assert opening.call_count == 1 and all(one is found[0] for one in found) and len(found) == 4


def test_only_so_many_data_sets_are_kept(tmp_path: Path) -> None:
    for number in range(datasets.OPENED + 2):
        datasets.opened(str(folder(tmp_path / f"part{number}")))
    assert len(datasets._STORE) == datasets.OPENED


def test_a_changed_file_is_another_content(tmp_path: Path) -> None:
    root = folder(tmp_path / "part")
    before = chosen_picture.picture_of(str(root), "test/dent/3.png")
    first = before.load().hash
    Image.fromarray(np.full((30, 30, 3), 9, np.uint8)).save(root / "test/dent/3.png")
    os.utime(root / "test/dent/3.png", ns=(1, 1))
    after = chosen_picture.picture_of(str(root), "test/dent/3.png")
    assert after.key == before.key and after.content_key != before.content_key
    assert after.load().hash != first


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"has no image “test/hole/999\.png”"):
        datasets.find(SYNTHETIC, "test/hole/999.png")
    with pytest.raises(DataError, match="is not a folder that can be opened"):
        datasets.find(str(tmp_path / "nowhere"), "x.png")


# --------------------------------------------------------------------------------------------------------- the pages


@pytest.mark.parametrize("page", PAGES)
def test_a_link_opens_an_image_of_a_data_set_on_every_page(page: str) -> None:
    at = start(page, set=SYNTHETIC, image=HOLE, part="figure7")
    assert heading(at) == HOLE
    assert "labelled hole in synthetic metal" in words(at)
    assert not at.warning or all("Another picture" not in warning.value for warning in at.warning)
    assert at.query_params["set"] in (SYNTHETIC, [SYNTHETIC])
    assert at.query_params["image"] in (HOLE, [HOLE])
    assert "sample" not in at.query_params


def test_it_is_kept_across_pages_and_has_the_score_of_nnet(tiny_checkpoint: Path) -> None:
    at = start(INSPECT, set=SYNTHETIC, image=HOLE)
    image = datasets.find(SYNTHETIC, HOLE)[1].load().image
    expected = Detector.load(tiny_checkpoint, "cpu").score([image])[0].value
    assert shown_score(at) == units.number(expected)
    fine(at.switch_page(PAGES[1]).run())
    assert heading(at) == HOLE and at.query_params["image"] in (HOLE, [HOLE])


def test_the_bar_says_at_once_what_a_label_makes_of_the_decision() -> None:
    hole = datasets.find(SYNTHETIC, HOLE)[1]
    good = dataclasses.replace(hole, label="good", mask=None)
    told = [
        shared_words.against_label(one, is_anomalous=is_anomalous)
        for one in (hole, good)
        for is_anomalous in (False, True)
    ]
    assert told == ["missed: labelled hole", "labelled hole", "labelled good", "false alarm: labelled good"]
    at = start(INSPECT, set=SYNTHETIC, image=HOLE)
    found = [label for expander in at.expander if (label := expander.label) and "labelled hole" in label]
    assert len(found) == 1 and ("missed" in found[0]) is ("Normal" in found[0])


def test_the_defect_of_a_missed_picture_is_outlined_and_the_bar_says_that_it_is_missed(tmp_path: Path) -> None:
    root, name = str(folder(tmp_path / "part")), "test/dent/3.png"
    with patch.object(pictures, "with_defect", wraps=pictures.with_defect) as outlined:
        at = start(INSPECT, set=root, image=name, threshold="1000000")
        assert any("missed: labelled dent" in one.label for one in at.expander)
        (((image, mask), _),) = outlined.call_args_list
        assert mask[10:30, 10:30].all() and mask.sum() == 400
        at = start(INSPECT, set=root, image=name, threshold="0.000001")  # all is marked, the defect with it
        assert not any("missed" in one.label for one in at.expander) and outlined.call_count == 1
        start(INSPECT, set=root, image="test/dent/4.png", threshold="1000000")
        assert outlined.call_count == 1, "there is no mask"
    assert inspect_words.BACK not in [link.proto.label for link in at.get("page_link")], "it came from a link"
    found = pictures.with_defect(image, mask)
    changed = (found != image).any(axis=-1)
    assert changed.any() and not changed[mask].any(), "the line is around it"


def test_the_bar_says_of_a_sample_of_the_model_only_where_the_decision_is_wrong() -> None:
    assert any("missed: labelled" in one.label for one in start(INSPECT, threshold="1000000").expander)
    assert not any("labelled" in one.label for one in start(INSPECT, threshold="0.000001").expander)


def test_the_mask_of_the_data_set_is_the_flagged_region(tmp_path: Path) -> None:
    root = folder(tmp_path / "part")
    share = 20 * 20 / (40 * 60)
    assert projection_text.region("mask", share) in words(figure7(root, "test/dent/3.png"))
    assert "labelled dent in part" in words(figure7(root, "test/dent/4.png"))


def figure7(root: Path, image: str) -> AppTest:
    """The part of Projection that measures where the picture is flagged."""
    return start(PAGES[2], set=str(root), image=image, part="figure7")


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ({"set": SYNTHETIC, "image": "test/hole/999.png"}, "has no image"),
        ({"set": "/nowhere/at/all", "image": "a.png"}, "This link names a data set that is not open in this visit"),
        ({"set": "synthetic:cheese", "image": "a.png"}, "There is no synthetic data set"),
        ({"image": HOLE}, "needs both"),
        ({"set": SYNTHETIC}, "needs both"),
    ],
)
def test_a_link_to_what_is_not_there_says_so_and_shows_another_picture(address: dict[str, str], reason: str) -> None:
    at = start(INSPECT, **address)
    said = [warning.value.replace("\\", "") for warning in at.warning]
    assert any(reason in one and "Another picture is shown instead." in one for one in said)
    assert "set" not in at.query_params and "image" not in at.query_params
    assert "sample" in at.query_params and shown_score(at)


def test_an_image_that_cannot_be_read_says_so_and_shows_another(tmp_path: Path) -> None:
    root = folder(tmp_path / "part")
    (root / "test/dent/4.png").write_bytes(b"no picture")
    at = start(INSPECT, set=str(root), image="test/dent/4.png")
    assert any("test/dent/4.png" in warning.value.replace("\\", "") for warning in at.warning)
    assert shown_score(at)
    at = start(INSPECT, set=str(root), image="test/dent/3.png")  # its neighbour in the row leaves a gap, no more
    assert heading(at) == "test/dent/3.png"


# -------------------------------------------------------------------------------------------------------- the shelf


def test_the_row_shows_the_chosen_image_among_its_neighbours() -> None:
    at = start(INSPECT, set=SYNTHETIC, image=HOLE)
    key = f"choose-data:{SYNTHETIC}#"
    assert at.button(key=key + HOLE).label == "hole/001"
    fine(at.button(key=key + "test/hole/000.png").click().run())
    assert heading(at) == "test/hole/000.png"
    assert at.query_params["image"] in ("test/hole/000.png", ["test/hole/000.png"])


def test_the_row_leads_to_samples_and_back() -> None:
    at = start(INSPECT, set=SYNTHETIC, image=HOLE)
    fine(at.segmented_control(key="shelf").set_value("samples").run())
    assert "sample" in at.query_params and "set" not in at.query_params
    fine(at.segmented_control(key="shelf").set_value("data").run())
    assert heading(at) == HOLE and at.query_params["set"] in (SYNTHETIC, [SYNTHETIC])


def test_the_row_opens_at_the_page_of_the_chosen_image_and_turns_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [sample.key for sample in datasets.opened(SYNTHETIC).test]
    monkeypatch.setattr(policies, "_shown_default_value_warning", False)
    with patch_config_options({"global.disableWidgetStateDuplicationWarning": False}):
        at = start(INSPECT, set=SYNTHETIC, image=keys[-1])
    assert not policies._shown_default_value_warning, "a widget has a default and a value in the session state"
    shown = {button.key.partition("#")[2] for button in at.button if "#" in (button.key or "")}
    assert keys[-1] in shown and keys[0] not in shown
    at.session_state[f"data_page-data:{SYNTHETIC}#{keys[-1]}"] = 1
    fine(at.run())
    shown = {button.key.partition("#")[2] for button in at.button if "#" in (button.key or "")}
    assert keys[0] in shown and keys[-1] not in shown and heading(at) == keys[-1]
