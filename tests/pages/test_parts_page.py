"""A part is one thing: chosen by its picture, with its models under it, its pictures and what can be done with them."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from apptest import PNG, encoded, fine, said, start, upload, use_model
from builders import write_category
from run_builders import end, finish, make_run, wait_in_queue
from streamlit.testing.v1 import AppTest

from nnet.analysis.evaluation import describe
from nnet.data import open_dataset
from nnet.expression import parse
from nnet.runs import Run, Runs
from nnet.runs.parts import names
from nnet.saved import kept_thresholds
from nnet.scoring.calibration import Kept
from workbench.shared import model_choice, model_data, model_list, model_words, parts, samples
from workbench.shared.cache import BoundedCache
from workbench.shared.model_list import ModelEntry

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(180)]
INSPECT, TRAIN = "pages/1_Inspect.py", "pages/5_Train.py"


@pytest.fixture
def brackets(runs: Runs, tiny_checkpoint: Path, tmp_path: Path) -> Run:
    folder = runs.root / ".uploads" / ("0" * 24)
    shutil.copytree(write_category(tmp_path / "sent"), folder)
    for name in ("Brackets", "Brackets, longer", "Brackets, broken"):
        run = make_run(runs, name, "upload", folder)
        if name.endswith("broken"):
            end(run, 1, "The loss became nan.")
        else:
            done(run, tiny_checkpoint)
    finish(make_run(runs, "Metal"), tiny_checkpoint)
    return runs.get("brackets")


def done(run: Run, checkpoint: Path) -> None:
    """Finished, with the account of its data that a training writes."""
    finish(run, checkpoint)
    dataset = run.dataset()
    config = json.loads((run.path / "config.json").read_text())
    config["about"] |= {"data": describe(dataset), "created": run.spec.created}
    (run.path / "config.json").write_text(json.dumps(config))


def opened(at: AppTest, key: str) -> AppTest:
    return fine(at.button(key=key).click().run())


def test_the_picture_of_a_part_is_a_good_one(brackets: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    monkeypatch.setattr(model_choice.pictures, "thumbnail", lambda image, side: shown.append(image) or image)
    entry = model_list.entries()["brackets"]
    images = samples.collection(model_data.source(entry.path, entry.source), entry.seed).images
    assert not images[0].sample.is_normal, "Inspect begins with a defective one"
    monkeypatch.setattr(model_choice, "_KEPT", BoundedCache(4))
    assert model_choice.thumbnail(next(one for one in parts.of_models(model_list.entries()) if entry in one.models))
    good = next(one.sample for one in images if one.sample.is_normal)
    np.testing.assert_array_equal(shown[0], good.load().image)


def test_a_part_is_chosen_by_its_picture_and_a_model_under_it(brackets: Run) -> None:
    at = start(TRAIN, model="metal")
    assert at.selectbox(key="model").options == ["Metal"]
    opened(at, "by_picture")
    assert "Pictures: 19 good, 4 defective" in said(at) and "1 run without a model" in said(at)
    assert {b.label for b in at.button if str(b.key).startswith("use-")} == {
        "tiny",
        "Metal",
        "Brackets",
        "Brackets, longer",
    }
    fine(at.button(key="use-brackets-longer").click().run())
    assert at.selectbox(key="model").options == ["Brackets, longer", "Brackets"]
    assert at.selectbox(key="model").value == "brackets-longer"
    fine(at.selectbox(key="model").set_value("brackets").run())
    assert at.query_params["model"] in ("brackets", ["brackets"])


def test_the_model_that_was_trained_last_is_a_press_away_from_another_part(brackets: Run) -> None:
    at = start(TRAIN, model="tiny")
    newest = at.button(key="use_newest")
    fine(newest.click().run())
    used = model_list.entries()[at.selectbox(key="model").value]
    assert newest.label == model_words.newest(used.title) and used.name != "tiny"
    assert "use_newest" not in [button.key for button in at.button]


@pytest.mark.parametrize(("state", "trains"), [("failed", True), ("queued", False)])
def test_a_part_without_a_model_says_why_and_leads_to_its_training(
    runs: Runs, tiny_checkpoint: Path, state: str, trains: bool
) -> None:
    run = make_run(runs, "Bolts", "synthetic:fabric")
    end(run, 1, "The loss became nan.") if state == "failed" else wait_in_queue(run, 1)
    at = opened(start("pages/1_Inspect.py"), "by_picture")
    assert model_words.NO_MODEL[state] in said(at)
    assert any(one.key == "train-bolts" for one in at.button) == trains
    seen = opened(at, "see-bolts")
    assert seen.title[0].value == "Train" and seen.subheader[0].value == "Bolts"
    if trains:
        at = opened(opened(start("pages/1_Inspect.py"), "by_picture"), "train-bolts")
        assert at.title[0].value == "Train" and at.segmented_control(key="source").value == "synthetic"
        assert at.segmented_control(key="texture").value == "fabric"
        assert any(str(one.key).startswith("start_training") for one in at.button)


def test_it_is_renamed_and_lists_its_models_and_runs(brackets: Run, runs: Runs) -> None:
    at = opened(start(TRAIN, model="brackets"), "this_part")
    (name,) = [one for one in at.text_input if one.label == model_words.PART_NAME]
    table = next(one.value for one in at.dataframe if "At its threshold" in one.value.columns)
    assert list(table["Model or run"]) == ["Brackets, longer", "Brackets", "Brackets, broken"]
    assert list(table["State"]) == ["Model", "Model", "Failed"]
    assert name.value == "Brackets"
    fine(name.set_value("Steel brackets").run())
    assert list(names(runs.root).values()) == ["Steel brackets"]
    assert "**Steel brackets**" in said(start("pages/1_Inspect.py", model="brackets-longer"))


def test_its_pictures_are_offered_to_evaluate_with_the_split_of_the_model(brackets: Run) -> None:
    at = opened(start(TRAIN, model="brackets"), "this_part")
    opened(at, "evaluate_part_pictures")
    assert at.title[0].value == "Evaluate" and at.selectbox(key="evaluate_data").value == "own"
    assert "4 defective" in said(at) and "drawn with seed 0" not in said(at)
    at.switch_page("pages/4_Evaluate.py")
    other = use_model(fine(at.run()), "tiny")
    assert other.selectbox(key="evaluate_data").value == "none"
    assert "The pictures of this part" not in other.selectbox(key="evaluate_data").options


def test_it_is_trained_again_with_more_pictures_and_stays_one_part(
    brackets: Run, runs: Runs, tiny_checkpoint: Path
) -> None:
    at = opened(start(TRAIN, model="brackets"), "this_part")
    opened(at, "train_again")
    assert at.title[0].value == "Train" and "another model of **Brackets**" in said(at)
    fine(next(b for b in at.button if str(b.key).startswith("start_training")).click().run())
    newest = runs.list()[0]
    assert newest.state == "queued" and newest.spec.part and newest.dataset().content_hash()
    finish(newest, tiny_checkpoint)
    assert len(start(TRAIN, model=newest.id).selectbox(key="model").options) == 3


def test_another_upload_is_no_part_of_it(brackets: Run) -> None:
    at = opened(start(TRAIN, model="brackets"), "this_part")
    opened(at, "train_again")
    fine(at.button(key="remove_upload").click().run())
    fine(at.file_uploader[0].set_value([(f"{i}.png", encoded(i), PNG) for i in range(14)]).run())
    assert "another model of" not in said(at)


def test_a_damaged_list_of_names_is_named_and_changes_nothing_else(brackets: Run, runs: Runs) -> None:
    (runs.root / "parts.json").write_text('{"names": 3}')
    at = opened(start(TRAIN, model="brackets"), "by_picture")
    assert any("parts.json is damaged" in one.value.replace("\\", "") for one in at.warning)
    assert at.selectbox(key="model").value == "brackets"


def test_a_model_of_a_folder_is_evaluated_on_it(
    runs: Runs, tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_category(tmp_path / "data" / "bolts")
    shutil.copytree(tiny_checkpoint, tmp_path / "models" / "bolts-1")
    config = tmp_path / "models" / "bolts-1" / "config.json"
    content = json.loads(config.read_text())
    content["about"] |= {"data": describe(open_dataset(folder))}
    config.write_text(json.dumps(content))
    monkeypatch.setenv("NNET_CHECKPOINTS", str(tmp_path / "models"))
    at = opened(start(TRAIN), "this_part")
    assert model_words.NOT_AT_HAND in said(at), "a model from elsewhere opens no folder that is not listed"
    monkeypatch.setenv("NNET_DATA", str(tmp_path / "data"))
    at = opened(start(TRAIN), "this_part")
    assert "Pictures: 19 good, 4 defective" in said(at)
    opened(at, "evaluate_part_pictures")
    assert at.selectbox(key="evaluate_data").value == "own"


def test_what_is_kept_is_found_however_the_expression_is_written(tiny_checkpoint: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(tiny_checkpoint, tmp_path / "model"))
    config = json.loads((path / "config.json").read_text())
    own = parse(config["config"]["score"]["expression"]).text
    config["config"]["score"]["expression"] = own.replace("*", " * ")
    (path / "config.json").write_text(json.dumps(config))
    kept_thresholds.keep(path, own, Kept(3.0, "Chosen on a test."))
    kept = parts.kept(cast(ModelEntry, SimpleNamespace(path=path)))
    assert kept is not None and kept.reason == "Chosen on a test."


def deleting(model: str) -> AppTest:
    """What stands behind the press, which a dialog would close here with the next run."""

    def page(model: str) -> None:
        from workbench.shared import model_choice, model_list, parts

        every = parts.every(model_list.entries())
        part = next((one for one in every if any(entry.path.name == model for entry in one.models)), None)
        if part is not None:
            model_choice._deleting(parts.deletable(part))

    return fine(AppTest.from_function(page, args=(model,), default_timeout=60).run())


@pytest.mark.parametrize("which", ["tiny-own-threshold", "brackets"])
def test_a_copy_that_kept_a_threshold_and_a_run_are_deleted_after_their_consequences_were_read(
    brackets: Run, runs: Runs, tiny_checkpoint: Path, which: str
) -> None:
    kept_thresholds.copy(tiny_checkpoint, runs.root / "tiny-own-threshold")
    at = opened(start(TRAIN, model=which), "this_part")
    assert [one for one in at.selectbox if one.label == model_words.WHICH_ONE]
    at = deleting(which)
    (box,) = at.selectbox
    assert not any(option.endswith("(tiny)") for option in box.options), "it lies in another folder"
    fine(box.select_index([option.endswith(f"({which})") for option in box.options].index(True)).run())
    told = at.markdown[0].value
    assert "It cannot be undone" in told and "The other models and runs of the part stay" in told
    assert ("the uploaded photos, of which another run is made" in told) == (which == "brackets")
    assert (runs.root / which).is_dir()
    fine(at.button(key="delete_one").click().run())
    assert not (runs.root / which).exists() and tiny_checkpoint.is_dir() and (runs.root / "brackets-longer").is_dir()


def test_a_model_that_takes_the_place_of_a_deleted_one_is_named_until_the_visitor_agrees(
    brackets: Run, runs: Runs
) -> None:
    at = upload(start(INSPECT, model="brackets"), ("part.png", encoded(3), PNG))
    assert not told_replaced(at)
    runs.delete("brackets-longer")
    runs.delete("brackets")
    (told,) = told_replaced(fine(at.run()))
    assert "**Brackets**" in told and "In use is now **" in told and "another part" in told
    assert model_words.UPLOADS_STAY in told
    assert told_replaced(fine(at.run())), "it stays"
    assert not told_replaced(fine(at.button(key="replaced_keep").click().run()))
    assert not told_replaced(fine(at.run()))


def test_another_model_of_the_same_part_goes_first_and_a_choice_is_an_answer(brackets: Run, runs: Runs) -> None:
    at = start(INSPECT, model="brackets")
    runs.delete("brackets")
    (told,) = told_replaced(fine(at.run()))
    assert "now **Brackets, longer**. It is of the same part" in told and model_words.UPLOADS_STAY not in told
    other = next(name for name in model_list.entries() if name != "brackets-longer")
    assert not told_replaced(use_model(at, other))


def told_replaced(at: AppTest) -> list[str]:
    return [one.value for one in at.warning if "was deleted" in one.value]


def test_what_came_with_the_program_is_never_offered_for_deletion(
    brackets: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = next(one for one in parts.every(model_list.entries()) if any(m.name == "brackets" for m in one.models))
    assert {one.id for one in parts.deletable(part)} == {"brackets", "brackets-longer", "brackets-broken"}
    monkeypatch.setattr(kept_thresholds, "shipped", lambda path: True)
    assert {one.id for one in parts.deletable(part)} == {"brackets-broken"}
