"""What Evaluate measured is kept with the model and seen where it is chosen; defects found elsewhere are told."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from apptest import fine, following, said, start
from builders import write_category
from PIL import Image
from run_builders import finish, make_run
from streamlit.testing.v1 import AppTest

from nnet.detector import Detector
from nnet.runs import Run, Runs
from nnet.saved.checkpoint import read_metrics
from workbench.evaluate import words
from workbench.inspect import words as inspect_words
from workbench.shared import cautions, model_list, model_words, parts
from workbench.shared import words as shared_words
from workbench.shared.parts import Decided

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(300)]
PAGE, INSPECT = "pages/4_Evaluate.py", "pages/1_Inspect.py"


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Labelled pictures that the model was not trained on."""
    monkeypatch.setenv("NNET_DATA", str(tmp_path))
    return write_category(tmp_path / "brackets", train=2, good=3, dent=2)


@pytest.fixture
def own(runs: Runs, tiny_checkpoint: Path) -> Run:
    run = make_run(runs, "Metal")
    finish(run, tiny_checkpoint)
    (run.path / "metrics.json").unlink(missing_ok=True)
    return run


def measured(folder: Path, model: str) -> AppTest:
    at = start(PAGE, evaluate_data="folder", evaluate_folder=str(folder), model=model)
    pressed = any(button.key == "evaluate_start" for button in at.button)  # else another test did
    return fine(at.button(key="evaluate_start").click().run()) if pressed else at


def test_a_measurement_is_recorded_and_seen_in_the_sidebar_and_with_the_part(own: Run, other: Path) -> None:
    at = start("pages/1_Inspect.py", model=own.id)
    assert model_words.NOT_MEASURED in said(at)
    assert parts.measured(model_list.entries()[own.id]) is None
    at = measured(other, own.id)
    assert f"{model_words.headline_metric(model_list.entries()[own.id].i_auroc)} on brackets (3 good, 2 defective)" in (
        said(at)
    )
    trained = start("pages/5_Train.py", run=own.id)
    assert "Evaluate has measured it since: I-AUROC" in said(trained) and "so nothing was measured" not in said(trained)
    again = start("pages/1_Inspect.py", model=own.id)  # another visit
    assert model_words.NOT_MEASURED not in said(again) and "brackets (3 good, 2 defective)" in said(again)
    fine(again.button(key="this_part").click().run())
    table = next(one.value for one in again.dataframe if "Measured on" in one.value.columns)
    assert list(table["Measured on"]) == ["brackets (3 good, 2 defective)"]
    assert table["Result"][0].startswith("I-AUROC") and table["At its threshold"][0].endswith("of 3 flagged")
    shown = start(PAGE, model=own.id)
    assert words.NOTHING_CHOSEN not in said(shown) and "of 3 good parts flagged" in said(shown)


def test_where_a_model_decides_it_is_said_that_it_misses_many_and_was_trained_for_few_steps(
    own: Run, other: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(other, own.id)
    found, where = cautions.tried(model_list.entries()[own.id])
    assert found is not None and (found.found[1], found.flagged[1]) == (2, 3)
    assert where == "brackets (3 good, 2 defective)"
    assert f"On {where} this model flagged" in said(start(INSPECT, model=own.id))
    missed, short = "This model missed most of the defects that it was tried on.", shared_words.TRAINED_SHORT
    for hits, is_told in ((3, True), (7, False)):
        monkeypatch.setattr(cautions, "tried", lambda _, hits=hits: (Decided((hits, 7), (0, 6)), where))
        monkeypatch.setattr(cautions, "_few_steps", lambda _, few="Only 8 steps." * is_told: few)
        for at in (start("pages/9_Watch.py", model=own.id), start(INSPECT, model=own.id, threshold="1000000")):
            assert ((missed in said(at)), (short in said(at))) == (is_told, is_told)
        at = start(INSPECT, model=own.id, threshold="0.000001")
        assert missed not in said(at) and (short in said(at)) is is_told, "nothing is missed there"


def test_a_model_from_elsewhere_is_changed_by_a_press_alone(
    runs: Runs, tiny_checkpoint: Path, other: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(shutil.copytree(tiny_checkpoint, tmp_path / "models" / "foreign"))
    monkeypatch.setenv("NNET_CHECKPOINTS", str(path.parent))
    before = read_metrics(path)
    at = measured(other, path.name)
    assert read_metrics(path) == before
    fine(at.segmented_control(key="evaluate_part").set_value("report").run())
    next(one for one in at.button if one.label == words.SAVE).click()
    assert words.RECORDED_BY_ITSELF not in said(fine(at.run()))
    assert read_metrics(path)["evaluations"] != before.get("evaluations", {})


def test_a_defect_that_is_found_in_the_wrong_place_is_counted_and_told_on_its_card(
    own: Run, other: Path, detector: Detector
) -> None:
    # Each mask is where the map is lowest, and every picture is flagged.
    for path in (other / "test" / "dent").iterdir():
        score = detector.score([np.asarray(Image.open(path))])[0].map
        row, column = np.unravel_index(score.argmin(), score.shape)
        mask = np.zeros((64, 64), np.uint8)
        mask[row * 64 // score.shape[0], column * 64 // score.shape[1]] = 255
        Image.fromarray(mask).save(other / "ground_truth" / "dent" / f"{path.stem}_mask.png")
    at = measured(other, own.id)
    fine(at.segmented_control(key="evaluate_part").set_value("threshold").run())
    fine(at.selectbox(key=following(at, "aim")).set_value("miss").run())
    fine(at.slider(key="rate").set_value(0).run())
    assert words.gallery_title(words.MISPLACED_TITLE, 2, 2) in said(at)
    (caution,) = (one for one in at.markdown if words.SOME_ELSEWHERE in one.value)
    assert "found in the wrong place: below, “Found in the wrong place” shows the worst." in caution.help
    again = start(PAGE, model=own.id, evaluate_part="threshold", aim="miss", rate="0")  # from what is kept
    assert words.gallery_title(words.MISPLACED_TITLE, 2, 2) in said(again)
    threshold = 0.99 * min(s.value for s in detector.score([np.asarray(Image.open(p)) for p in _dents(other)]))
    factor = threshold / detector.calibration.for_expression().threshold
    card = start("pages/1_Inspect.py", model=own.id, set=str(other), image="test/dent/000.png", threshold=f"{factor}")
    assert inspect_words.MISPLACED in said(card)
    everywhere = np.full((64, 64), 255, np.uint8)
    for name in os.listdir(other / "ground_truth" / "dent"):
        Image.fromarray(everywhere).save(other / "ground_truth" / "dent" / name)
    card = start("pages/1_Inspect.py", model=own.id, set=str(other), image="test/dent/000.png", threshold=f"{factor}")
    assert inspect_words.MISPLACED not in said(card)


def _dents(folder: Path) -> list[Path]:
    return sorted((folder / "test" / "dent").iterdir())
