"""Several categories on Train and Evaluate, and the question how masks are turned: chosen there, or all in turn."""

import json
from pathlib import Path

import numpy as np
import pytest
from apptest import fine, said, start
from builders import write_category, write_small_category
from PIL import Image
from run_builders import finish
from streamlit.testing.v1 import AppTest

from nnet.analysis.evaluation import describe
from nnet.data import open_dataset
from nnet.runs import Runs
from workbench.shared import data_choice

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(180)]
TRAIN, EVALUATE = "pages/5_Train.py", "pages/4_Evaluate.py"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("bottle", "cable"):
        write_category(tmp_path / "sets" / name)
    write_small_category(tmp_path / "sets" / "thin")
    return tmp_path / "sets"


def typed(page: str, key: str, root: Path, **address: str) -> AppTest:
    at = start(page, **address)
    return fine(at.text_input(key=key).set_value(str(root)).run())


def test_each_becomes_a_run_and_what_cannot_be_trained_on_is_named(runs: Runs, root: Path) -> None:
    at = typed(TRAIN, "path", root, source="path", train_part="new")
    assert at.selectbox(key="category").options == ["All 3 in turn", "bottle", "cable", "thin"]
    table = next(one.value for one in at.dataframe if "Problem" in one.value.columns).set_index("Category")
    assert list(table.index) == ["bottle", "cable", "thin"]
    assert "at least" in table["Problem"]["thin"] and not table["Problem"]["cable"]
    assert table["Defective, to test"]["bottle"] == "4"
    (button,) = [one for one in at.button if one.key == "start_each"]
    assert button.label == "Start 2 runs"
    fine(button.click().run())
    assert {run.name: run.spec.data for run in runs.list()} == {
        f"sets: {name}": str(root / name) for name in ("bottle", "cable")
    }
    assert {run.state for run in runs.list()} == {"queued"} and "sets: cable" in said(at)


def test_one_of_them_is_trained_on_as_any_other_data(runs: Runs, root: Path) -> None:
    at = typed(TRAIN, "path", root, source="path", train_part="new")
    fine(at.selectbox(key="category").set_value("cable").run())
    fine(next(one for one in at.button if str(one.key).startswith("start_training")).click().run())
    assert [run.spec.data for run in runs.list()] == [str(root / "cable")]


def rows(at: AppTest) -> object:
    """Evaluate's table of categories."""
    (table,) = [one.value for one in at.dataframe if "Model" in one.value.columns]
    return table.set_index("Category")


def test_a_category_that_was_measured_on_the_page_has_its_row(runs: Runs, root: Path) -> None:
    at = typed(EVALUATE, "evaluate_folder", root, evaluate_data="folder", category="cable")
    for start_button in [one for one in at.button if one.key == "evaluate_start"]:  # else known from another test
        fine(start_button.click().run())
    fine(at.selectbox(key="category").set_value(data_choice.ALL).run())
    table = rows(at)
    assert table["Model"]["cable"] == "tiny" and table["Model"]["bottle"] == "none"
    assert table["I-AUROC"]["bottle"] == "n.a." and table["I-AUROC"]["cable"] == table["I-AUROC"]["Mean"] != "n.a."


def test_evaluate_has_a_row_for_each_with_its_own_model(runs: Runs, root: Path, tiny_checkpoint: Path) -> None:
    at = typed(TRAIN, "path", root, source="path", train_part="new")
    fine(at.button(key="start_each").click().run())
    for run in runs.list():
        finish(run, tiny_checkpoint)
        config = json.loads((run.path / "config.json").read_text())
        config["about"]["data"] = describe(run.dataset())
        (run.path / "config.json").write_text(json.dumps(config))
        value = {"sets: bottle": 0.75, "sets: cable": 0.5}[run.name]
        written = {"data": config["about"]["data"], "scores": {"M1": {"i_auroc": value}}}
        (run.path / "metrics.json").write_text(json.dumps(written))
    at = typed(EVALUATE, "evaluate_folder", root, evaluate_data="folder")
    table = rows(at)
    assert list(table.index) == ["bottle", "cable", "thin", "Mean"]
    assert list(table["I-AUROC"]) == ["0.750", "0.500", "n.a.", "0.625"]
    assert table["Model"]["cable"] == "sets: cable" and table["Model"]["thin"] == "none"
    assert "No model was trained on thin." in said(at)
    cable = runs.get("sets-cable").path
    entry = json.loads((cable / "metrics.json").read_text())
    thin = {"data": describe(open_dataset(root / "thin")), "scores": {"M1": {"i_auroc": 0.25}}}
    entry["evaluations"] = {"0" * 64: {**thin, "weights_sha256": "0" * 64}}
    (cable / "metrics.json").write_text(json.dumps(entry))
    at = typed(EVALUATE, "evaluate_folder", root, evaluate_data="folder", model="sets-cable")
    table = rows(at)
    assert table["Model"]["thin"] == "sets: cable" and list(table["I-AUROC"]) == ["0.750", "0.500", "0.250", "0.500"]
    fine(at.button(key="category-cable").click().run())
    assert at.selectbox(key="model").value == "sets-cable" and at.selectbox(key="evaluate_data").value == "none"


def test_one_of_them_is_measured_as_any_other_data(runs: Runs, root: Path) -> None:
    at = typed(EVALUATE, "evaluate_folder", root, evaluate_data="folder")
    fine(at.selectbox(key="category").set_value("bottle").run())
    assert "4 defective" in said(at) and not at.error
    at = typed(EVALUATE, "evaluate_folder", root, evaluate_data="folder", category="cable")
    assert at.selectbox(key="category").value == "cable"


def turned(root: Path) -> Path:
    """A category with one photo that EXIF turns on a square, so that nothing says how its mask was drawn."""
    write_category(root)
    exif = Image.Exif()
    exif[0x0112] = 6
    path = root / "test" / "dent" / "000.png"
    Image.fromarray(np.asarray(Image.open(path))).save(path, exif=exif)
    assert open_dataset(root).unsettled_masks
    return root


def question(at: AppTest) -> object:
    (found,) = [one for one in at.segmented_control if one.key == "masks"]
    return found


def test_train_asks_how_masks_are_turned_and_the_run_keeps_the_answer(runs: Runs, tmp_path: Path) -> None:
    root = turned(tmp_path / "phone")
    at = typed(TRAIN, "path", root, source="path", train_part="new")
    assert "1 photo is turned by the camera" in question(at).label
    assert at.dataframe[0].value["Masks"].sum() == 3, "as long as nobody has answered it is not used"
    fine(question(at).set_value("stored").run())
    assert at.dataframe[0].value["Masks"].sum() == 4
    fine(next(one for one in at.button if str(one.key).startswith("start_training")).click().run())
    (run,) = runs.list()
    assert run.spec.masks == "stored"
    (sample,) = [one for one in run.dataset().test if one.key.endswith("dent/000.png")]
    assert sample.mask is not None and sample.mask_turn == 6


def test_train_asks_once_for_all_categories(runs: Runs, tmp_path: Path) -> None:
    root = tmp_path / "phones"
    for name in ("front", "back"):
        turned(root / name)
    at = typed(TRAIN, "path", root, source="path", train_part="new")
    assert "2 photos are turned by the camera" in question(at).label
    fine(question(at).set_value("shown").run())
    fine(at.button(key="start_each").click().run())
    assert [run.spec.masks for run in runs.list()] == ["shown", "shown"]


def test_evaluate_asks_how_masks_are_turned_where_nothing_tells(runs: Runs, tmp_path: Path) -> None:
    root = turned(tmp_path / "phone")
    at = typed(EVALUATE, "evaluate_folder", root, evaluate_data="folder")
    assert "1 photo is turned by the camera" in question(at).label and "not used" in " ".join(
        one.value for one in (*at.markdown, *at.caption, *at.expander[0].markdown)
    )
    fine(question(at).set_value("stored").run())
    assert "1 mask was drawn on photos as they are stored" in said(at)


def test_evaluate_does_not_ask_again_what_the_model_was_trained_with(
    runs: Runs, tmp_path: Path, tiny_checkpoint: Path
) -> None:
    at = typed(TRAIN, "path", turned(tmp_path / "phone"), source="path", train_part="new")
    fine(question(at).set_value("stored").run())
    fine(next(one for one in at.button if str(one.key).startswith("start_training")).click().run())
    (run,) = runs.list()
    finish(run, tiny_checkpoint)
    config = json.loads((run.path / "config.json").read_text())
    config["about"] |= {"data": describe(run.dataset()), "masks": run.spec.masks}
    (run.path / "config.json").write_text(json.dumps(config))
    at = fine(start(EVALUATE, evaluate_data="own", model=run.id))
    assert not [one for one in at.segmented_control if one.key == "masks"]
    assert "1 mask was drawn on photos as they are stored" in said(at)
