"""The Train page without a browser: what is dropped, set and pressed reaches the run; what runs do is shown."""

import base64
import dataclasses
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from apptest import PNG, component, encoded, fine, html, said, start, use_model
from builders import TINY, encode, random_images, tiny_config, zipped
from PIL import Image
from run_builders import end, finish, make_run, say, wait_in_queue, write_film, write_frames, write_history
from streamlit.testing.v1 import AppTest

from nnet import environment
from nnet.config import Config
from nnet.data import Dataset, open_dataset, open_synthetic
from nnet.data.framing import SMALLEST_SHARE
from nnet.data.ignoring import decode_ignore, encode_ignore
from nnet.errors import NNetError
from nnet.presets import PRESETS, preset
from nnet.runs import CANCELLED, Estimate, Runs, RunSpec
from nnet.runs.estimate import Remedy
from nnet.runs.film import FILM
from nnet.runs.holders import Holder, hand_over
from nnet.runs.layout import DIVERGED, EXIT, FINISH
from nnet.runs.locks import FileLock
from nnet.runs.slots import resolve, take_slot
from nnet.saved import kept_thresholds
from nnet.saved.card import write_card
from nnet.saved.formats import CALIBRATION_FORMAT
from nnet.scoring import doubts
from nnet.scoring.calibration import Kept
from nnet.scoring.promise import before_training
from workbench.shared import cautions, model_list, model_words, parts, setting_words, units
from workbench.shared import words as shared_text
from workbench.shared.layer import decoded
from workbench.train import estimates, form, looking
from workbench.train import words as train_text
from workbench.train.runs import signature

TRAIN = "pages/5_Train.py"
ESTIMATE = Estimate(
    training_images=6,
    held_out=8,
    epochs=2,
    steps=4,
    seconds_per_step=0.1,
    seconds=70.0,
    memory_bytes=500_000_000,
    memory_free=8_000_000_000,
    disk_bytes=40_000_000,
    disk_free=9_000_000_000,
    device="CPU, 1 threads",
)

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(120)]


@pytest.fixture
def runs(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Nor is anything measured."""
    monkeypatch.setattr(estimates, "estimated", lambda spec, upload: ESTIMATE)
    monkeypatch.setattr(looking, "open_dataset", open_small)
    return runs


def open_small(spec: object, seed: int, masks: str | None = None) -> Dataset:
    """As `open_dataset`; synthetic sets with small pictures and few defects."""
    if isinstance(spec, str) and spec.startswith("synthetic:"):
        return open_synthetic(spec.partition(":")[2], seed=seed, size=64, test_good=2, per_defect=1)
    return open_dataset(spec, seed=seed, masks=masks)


def photos(count: int, first: int = 0) -> list[tuple[str, bytes, str]]:
    """Different images, as the uploader wants them."""
    return [(f"part{i}.png", encoded(i, (64 + i, 48)), PNG) for i in range(first, first + count)]


def drop(at: AppTest, *files: tuple[str, bytes, str], where: int = 0) -> AppTest:
    at.file_uploader[where].set_value(list(files))
    return fine(at.run())


def has(at: AppTest, key: str) -> bool:
    return any(button.key == key or button.key.rstrip("0123456789") == f"{key}-" for button in at.button)


def part(at: AppTest) -> object:
    """The switch between new model and runs."""
    return next(control for control in at.segmented_control if control.label == "Part")


def press(at: AppTest, key: str) -> AppTest:
    """Press a button; the number at the end of those that start a run is left out."""
    found = next(button for button in at.button if button.key == key or button.key.rstrip("0123456789") == f"{key}-")
    return fine(found.click().run())


# -------------------------------------------------------------------------------------------------------- models


def test_the_page_works_without_a_model_and_other_pages_lead_to_it(
    runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNET_CHECKPOINTS", str(tmp_path / "none"))
    at = start(TRAIN)
    assert at.title[0].value == "Train" and at.file_uploader
    at = start("pages/1_Inspect.py")
    assert "no trained model" in at.warning[0].value
    assert [link.proto.page for link in at.get("page_link")] == ["Train"]


def test_only_finished_runs_are_models_under_their_name_with_what_is_worth_knowing(
    runs: Runs, tiny_checkpoint: Path
) -> None:
    done, failed = make_run(runs, "Brackets"), make_run(runs, "Broken")
    finish(done, tiny_checkpoint)
    shutil.copy(tiny_checkpoint / "config.json", failed.path)
    end(failed, 1, "The loss became nan.")
    metrics = {"scores": {"(M1+M6)*(M2+M5)*(M3+M4)": {"i_auroc": 0.9126}}}
    (done.path / "metrics.json").write_text(json.dumps(metrics))
    at = start(TRAIN, model="brackets")
    box = at.selectbox(key="model")
    assert box.options == ["Brackets · I-AUROC 0.913"] and box.value == "brackets"
    fine(at.button(key="by_picture").click().run())
    offered = {button.label for button in at.button if str(button.key).startswith("use-")}
    assert offered == {"tiny", "Brackets · I-AUROC 0.913"}
    assert "Teacher: test_resnet · 64 × 64 px" in said(at) and "I-AUROC 0.913" in said(at)


def test_a_damaged_model_is_named_and_the_others_stay_on_offer(runs: Runs, tiny_checkpoint: Path) -> None:
    run = make_run(runs, "Torn")
    finish(run, tiny_checkpoint)
    (run.path / "config.json").write_text('{"format": 1, "config"')
    at = start("pages/1_Inspect.py", model="torn")
    assert "Torn · damaged" in at.selectbox(key="model").options
    assert "damaged" in at.error[0].value and "the other model" in at.error[0].value
    use_model(at, "tiny")
    assert at.selectbox(key="model").value == "tiny" and not at.error


# -------------------------------------------------------------------------------------------------------- images


def test_dropped_photos_are_kept_counted_and_split(runs: Runs) -> None:
    at = drop(start(TRAIN), *photos(14), ("notes.txt", b"hello", "text/plain"), ("again.png", photos(1)[0][1], PNG))
    assert "14 photos" in said(at) and "6 images** to learn from, **8** good ones held out" in said(at)
    assert "notes.txt" in said(at) and "again.png" in said(at)
    table = at.dataframe[0].value
    assert table["Images"].tolist() == [14] and table["Colours"].tolist() == ["RGB"]
    assert len(at.image) == looking.PREVIEWS
    assert has(at, "start_training")


def test_an_upload_outlives_more_files_a_switch_of_pages_and_the_visit(runs: Runs) -> None:
    at = drop(start(TRAIN), *photos(14))
    drop(at, *photos(3, 20), where=0)
    assert "17 photos" in said(at)
    drop(at, *photos(2, 40), where=1)
    assert "17 photos" in said(at) and "2** of defective" in said(at)
    at.switch_page("Workbench.py").run()
    at.switch_page(TRAIN).run()
    assert "17 photos" in said(at)
    key = at.query_params["upload"]
    assert "17 photos" in said(start(TRAIN, upload=key if isinstance(key, str) else key[0]))
    press(at, "remove_upload")
    assert "Drop photos of good parts" in said(at) and "upload" not in at.query_params
    assert "no longer here" in said(start(TRAIN, upload="0" * 24))


def test_unreadable_photos_are_named_and_do_not_count(runs: Runs) -> None:
    at = drop(start(TRAIN), *photos(14), ("cut.png", encoded(3, (90, 61))[:80], PNG))
    assert "1 file cannot be read" in said(at) and "cut.png" in said(at)
    assert "6 images** to learn from" in said(at)


def test_too_few_photos_are_said_with_what_to_do(runs: Runs) -> None:
    at = drop(start(TRAIN), *photos(5))
    assert "at least 12 normal images" in at.error[0].value and "Add more" in at.error[0].value
    assert not has(at, "start_training")
    at = drop(start(TRAIN), *photos(2), where=1)
    assert train_text.ONLY_DEFECTIVE in said(at)


def test_a_zip_comes_alone_and_a_hostile_one_is_refused(runs: Runs) -> None:
    names = {f"train/good/{i}.png": encoded(i, (64 + i, 48)) for i in range(13)}
    layout = zipped({**names, "test/crack/a.png": encoded(50), "test/good/b.png": encoded(51)})
    at = drop(start(TRAIN), ("parts.zip", layout, "application/zip"))
    assert "MVTec AD" in said(at) and "2 images** (1 defective)" in said(at)
    assert "a ZIP of **15 image files** in folders" in said(at)
    drop(at, *photos(1))
    assert "cannot be added" in said(at) and "MVTec AD" in said(at)
    hostile = zipped({"../../evil.png": encoded(1)})
    at = drop(start(TRAIN), *photos(14))
    drop(at, ("parts.zip", layout, "application/zip"))
    assert "such a ZIP must be uploaded alone" in said(at) and "14 photos" in said(at)
    at = drop(start(TRAIN), ("evil.zip", hostile, "application/zip"))
    assert "would leave the folder" in said(at)
    assert not list(runs.root.parent.rglob("evil.png"))


def test_a_zip_of_photos_alone_is_photos_to_which_defective_ones_can_be_added(runs: Runs) -> None:
    tiles = {f"good tiles/{name}": content for name, content, _ in photos(14)}
    at = drop(start(TRAIN), ("tiles.zip", zipped({**tiles, "good tiles/notes.pdf": b"%PDF"}), "application/zip"))
    assert "14 photos** of good parts" in said(at) and "notes.pdf" in said(at)
    drop(
        at,
        ("bad.zip", zipped({f"bad/{name}": content for name, content, _ in photos(3, 40)}), "application/zip"),
        where=1,
    )
    assert "14 photos** of good parts and **3** of defective ones" in said(at)
    drop(at, *photos(2, 60))
    assert "16 photos** of good parts" in said(at)
    unclear = zipped({f"defective/{name}": content for name, content, _ in photos(14)})
    assert "**14** of defective ones" in said(drop(start(TRAIN), ("unclear.zip", unclear, "application/zip")))


def test_images_on_the_machine_are_found_with_copies_and_remarks(runs: Runs, tmp_path: Path) -> None:
    folder = tmp_path / "parts" / "good"
    folder.mkdir(parents=True)
    for name, content, _ in photos(14):
        (folder / name).write_bytes(content)
    shutil.copy(folder / "part0.png", folder / "copy.png")
    at = start(TRAIN, source="path")
    assert not at.dataframe
    fine(at.text_input(key="path").set_value(str(folder.parent)).run())
    assert "good/copy.png = good/part0.png" in said(at) and has(at, "start_training")
    fine(at.text_input(key="path").set_value(str(tmp_path / "nowhere")).run())
    assert "not a folder" in at.error[0].value and not has(at, "start_training")


def test_the_sets_that_come_along_are_chosen(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []
    real = looking.look

    def look(choice: looking.Choice, seed: int, progress: object) -> looking.Found:
        looked.append(choice.data)
        return real(looking.Choice("synthetic:fabric"), seed, progress)

    monkeypatch.setattr(looking, "look", look)
    at = start(TRAIN, source="elpv")
    fine(at.segmented_control(key="cells").set_value("elpv:poly").run())
    fine(at.segmented_control(key="source").set_value("synthetic").run())
    fine(at.segmented_control(key="texture").set_value("gear").run())
    assert looked == ["elpv:mono", "elpv:poly", "synthetic:metal", "synthetic:gear"]
    assert at.text_input(key="run_name").placeholder == "Synthetic gear"


# ------------------------------------------------------------------------------------------------------ settings

OTHER_VALUES = {
    "model.teacher": "resnet18",
    "model.teacher_weights": "random",
    "model.size": 96,
    "model.forward": True,
    "model.features": "stages",
    "model.forward_target": "recalled",
    "model.initialisation": "kaiming",
    "model.tile": 64,
    "model.overlap": 16,
    "model.fit": "letterbox",
    "model.crop": "0,0,1,0.5",
    "model.ignore": encode_ignore(np.eye(8) > 0),
    "loss.distance": "l2",
    "loss.beta_epochs": None,
    "train.precision": "float32",
    "train.schedule": "constant",
    "score.expression": "M1*M2*M3",
    "score.quantile": 0.9,
    "train.calibration_share": 0.2,
    "train.learning_rate": 0.01,
    "loss.delta": 0.01,
    "train.adam_beta1": 0.6,
    "train.adam_beta2": 0.9,
}


def other_value(path: str, value: object) -> object:
    """Another possible value of a setting, for its widget."""
    if path in OTHER_VALUES:
        return OTHER_VALUES[path]
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else value * 1.5


def widget(at: AppTest, path: str) -> object:
    key = form.widget_key(path)
    groups = (at.number_input, at.toggle, at.selectbox, at.text_input)
    return next(w for group in groups for w in group if w.key == key)


def start_on_texture(**address: str) -> AppTest:
    return start(TRAIN, source="synthetic", train_part="new", **address)


def test_every_setting_has_a_widget_with_its_help_and_the_papers_value(runs: Runs) -> None:
    at = start_on_texture()
    for path, field, _ in form.fields():
        told = train_text.setting_help(path, field.metadata)
        assert (train_text.PLAIN.get(path) or field.metadata["help"].partition("; see docs/")[0]) in told
        assert "docs/" not in told, "no file there can be opened from a page"
        where = widget(at, path).help if path in form.MAIN else None
        assert units.symbols(told).replace("\\", "") in (where or said(at)).replace("\\", "")
    assert "Paper: 1.2 (section 4.1(2), Figure 10c)." in said(at)
    assert "Not in the paper; the preset Paper uses 100" in said(at)


def test_what_a_setting_does_is_told_in_plain_words() -> None:
    assert set(train_text.PLAIN) <= {path for path, _, _ in form.fields()}
    told = " ".join(train_text.setting_help(path, field.metadata) for path, field, _ in form.fields())
    for word in ("linear outputs", "precedent", "Softmax", "moment decay", "bf16", "hard shrinkage"):
        assert word.lower() not in told.lower(), word


def test_every_setting_reaches_the_run(runs: Runs) -> None:
    at = start_on_texture()
    expected = {}
    for path, value in form.flat(preset("small")).items():
        if path != "train.min_steps":  # is 0 once the epochs are one's own
            expected[path] = other_value(path, value)
            widget(at, path).set_value(expected[path])
    # Both branches off, or a fusion without its branch, would be refused.
    for path in ("model.reverse", "model.ffc", "loss.align"):
        expected[path] = True
        widget(at, path).set_value(True)
    expected["train.cross_folds"] = 0  # with tiles it would be refused
    widget(at, "train.cross_folds").set_value(0)
    at.text_input(key="run_name").set_value("All changed")
    fine(at.run())
    at.toggle(key="run_tensorboard").set_value(True)
    at.text_input(key="run_weights").set_value("teacher.pth")
    at.selectbox(key="run_device").set_value("cpu")
    fine(at.run())
    press(at, "start_training")
    spec = runs.get("all-changed").spec
    assert form.flat(spec.config) == expected | {"train.min_steps": 0}
    assert (spec.name, spec.data, spec.preset) == ("All changed", "synthetic:metal", "small")
    assert (spec.tensorboard, spec.teacher_weights, spec.device) == (True, "teacher.pth", "cpu")


def test_what_the_config_refuses_is_said_in_its_own_words(runs: Runs) -> None:
    at = start_on_texture()
    widget(at, "model.reverse").set_value(False)
    fine(at.run())
    assert "model.ffc: expected off without S2, the rebuilder" in at.error[0].value.replace("\\", "")
    assert not has(at, "start_training")
    widget(at, "model.ffc").set_value(False)
    fine(at.run())
    assert "loss.moves_teacher: expected on" in at.error[0].value.replace("\\", "")
    assert not has(at, "start_training")
    widget(at, "loss.moves_teacher").set_value(True)
    fine(at.run())
    assert not at.error and has(at, "start_training")
    widget(at, "score.expression").set_value("M1*(")
    fine(at.run())
    assert at.error and not has(at, "start_training")


def test_a_preset_sets_every_field_and_own_epochs_are_taken_as_they_are(runs: Runs) -> None:
    at = start_on_texture()
    assert "fewer steps than the minimum of 600" in said(at)
    fine(widget(at, "train.epochs").set_value(3).run())
    assert "Only 12 steps: the preset Small makes at least 600" in said(at) and has(at, "start_training")
    assert "3 epochs of 52 images: 12 steps" in said(at) and widget(at, "train.min_steps").value == 0
    assert "Changed: Epochs 3. With epochs of your own the minimum of 600 steps does not hold." in said(at)
    assert train_text.exact_epochs(600) in said(at), "also where it was set"
    fine(widget(at, "train.epochs").set_value(10).run())
    assert widget(at, "train.min_steps").value == 600, "the preset's number of epochs brings back its minimum"
    fine(widget(at, "train.min_steps").set_value(100).run())
    fine(widget(at, "train.epochs").set_value(3).run())
    assert widget(at, "train.min_steps").value == 100 and "26 epochs of 52 images" not in said(at), "it is one's own"
    assert "Minimum number of steps 100" in said(at) and train_text.exact_epochs(600) not in said(at)
    fine(at.segmented_control(key="preset").set_value("paper").run())
    assert widget(at, "model.teacher").value == "wide_resnet50_2" and widget(at, "train.epochs").value == 200
    fine(widget(at, "model.size").set_value(128).run())
    press(at, "reset_settings")
    assert widget(at, "model.size").value == 256


def test_settings_outlive_a_switch_of_pages(runs: Runs) -> None:
    at = start_on_texture()
    fine(widget(at, "loss.alpha").set_value(2.5).run())
    fine(at.text_input(key="run_name").set_value("Mine").run())
    at.switch_page("Workbench.py").run()
    at.switch_page(TRAIN).run()
    assert widget(at, "loss.alpha").value == 2.5 and at.text_input(key="run_name").value == "Mine"


# --------------------------------------------------------------------------------------------- estimate and start


def test_the_estimate_says_time_memory_and_disk(runs: Runs) -> None:
    at = press(start_on_texture(), "estimate")
    values = {metric.label: metric.value for metric in at.metric}
    assert values["Time"] == "70 s" and values["Memory"] == "500 MB" and values["Disk"] == "40 MB"
    assert not runs.list()
    fine(widget(at, "train.batch_size").set_value(4).run())
    assert train_text.STALE in said(at)


def test_an_estimate_that_was_timed_beside_another_training_is_a_bound(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = dataclasses.replace(ESTIMATE, seconds_between=(1800.0, 9000.0), is_beside=True)
    monkeypatch.setattr(estimates, "estimated", lambda spec, upload: slow)
    at = press(start_on_texture(), "estimate")
    values = {metric.label: metric.value for metric in at.metric}
    assert values["Time"] == "less than 2 h 30 min" and train_text.BESIDE in said(at)


def test_a_name_that_is_taken_is_said_and_runs_that_share_one_are_told_apart(runs: Runs) -> None:
    at = drop(start(TRAIN), *photos(14))
    fine(at.text_input(key="run_name").set_value("Tile").run())
    assert train_text.NAME_TAKEN not in said(at)
    press(at, "start_training")
    at = drop(start(TRAIN, train_part="new"), *photos(12, first=14))
    fine(at.text_input(key="run_name").set_value("Tile").run())
    assert train_text.NAME_TAKEN in said(at)
    press(at, "start_training")
    first, second = sorted(runs.list(), key=lambda run: run.spec.created)
    assert "Data: 12 uploaded photos" in said(
        at
    ) and f"made {model_words.moment(first.spec.created)} · 14 photos" in said(at)
    assert f"made {model_words.moment(second.spec.created)} · 12 photos" in said(at)
    at = drop(start(TRAIN, train_part="new"), *photos(12, first=30))
    fine(at.text_input(key="run_name").set_value("Tile").run())
    press(at, "use_free_name")
    assert at.text_input(key="run_name").value == "Tile 2" and train_text.NAME_TAKEN not in said(at)


def test_a_warning_has_a_way_out_and_can_be_passed(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    tight = dataclasses.replace(
        ESTIMATE, warnings=("It may be killed.",), remedies=(Remedy("Use 64 pixels.", {"model.size": 64}),)
    )
    monkeypatch.setattr(estimates, "estimated", lambda spec, upload: tight)
    at = press(start_on_texture(), "estimate")
    assert "It may be killed." in said(at) and not runs.list()
    press(at, "remedy0")
    assert widget(at, "model.size").value == 64
    press(at, "estimate")
    press(at, "start_anyway")
    assert runs.list()[0].spec.config.model.size == 64


def test_start_queues_the_run_at_once_and_leaves_the_estimate_to_it(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(estimates, "estimated", lambda spec, upload: pytest.fail("the page has measured"))
    press(start_on_texture(), "start_training")
    (run,) = runs.list()
    assert run.state == "queued" and run.spec.memory_bytes is None


def test_an_estimate_of_these_settings_is_not_made_again_by_the_run(runs: Runs) -> None:
    at = press(start_on_texture(), "estimate")
    press(at, "start_training")
    assert runs.list()[0].spec.memory_bytes == ESTIMATE.memory_bytes


def test_a_refusal_and_an_error_of_an_estimate_lose_nothing(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    full = dataclasses.replace(ESTIMATE, refusals=("The run needs 40 MB on disk, but only 1 MB is free.",))
    monkeypatch.setattr(estimates, "estimated", lambda spec, upload: full)
    at = drop(start(TRAIN), *photos(14))
    press(at, "estimate")
    assert "1 MB is free" in at.error[0].value and not has(at, "start_anyway") and not runs.list()

    def fail(spec: object, upload: object) -> None:
        raise NNetError("The weights of the teacher are not on this machine.")

    monkeypatch.setattr(estimates, "estimated", fail)
    fine(widget(at, "train.seed").set_value(5).run())
    press(at, "estimate")
    assert "not on this machine" in at.error[0].value and not runs.list() and "14 photos" in said(at)


def test_starting_puts_the_run_with_its_photos_into_the_queue_once(runs: Runs) -> None:
    at = drop(start(TRAIN), *photos(14))
    fine(at.text_input(key="run_name").set_value("Brackets").run())
    press(at, "start_training")
    (run,) = runs.list()
    assert (run.name, run.state, run.spec.data) == ("Brackets", "queued", "upload")
    assert len(list((run.path / "data").rglob("*.png"))) == 14
    assert at.query_params["run"] in ("brackets", ["brackets"]) and "Number 1 in the queue" in said(at)
    assert "scrollTo" in html(at), "the browser stands where Start was"
    assert "scrollTo" not in html(fine(at.run()))
    fine(part(at).set_value("new").run())
    assert at.button(key="start_training-1")  # not the one that a double press would meet


def test_a_page_that_is_closed_once_a_run_is_made_leaves_none_that_was_never_started(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = drop(start(TRAIN), *photos(14))
    with monkeypatch.context() as patched:
        real = Runs.create

        def made(self: Runs, *args: object) -> object:
            found = real(self, *args)
            # Wherever the session is touched, Streamlit ends the page of a visitor who has gone.
            patched.setattr(st, "session_state", None)
            return found

        patched.setattr(Runs, "create", made)
        at.button(key="start_training-0").click().run()
    assert at.exception
    (run,) = runs.list()
    assert run.state == "queued"


def test_what_a_run_waits_for_is_named_before_start_and_in_the_queue(runs: Runs, tmp_path: Path) -> None:
    slot = take_slot(resolve("auto"), None)
    assert slot is not None
    at = drop(start(TRAIN), *photos(14))
    assert f"It waits for another program, process {os.getpid()}, since" in said(at), "no run is noted yet"
    blocker = make_run(runs, "Brackets")
    say(blocker, seconds_left=300.0)
    hand_over(slot, blocker.path, os.getpid())
    told = f"It waits for the training “Brackets”, process {os.getpid()}, since"
    fine(at.run())
    assert train_text.AFTER_START.format(waits=told) in said(at) and "(about 5 min left)" in said(at)
    press(at, "start_training")
    assert "Number 1 in the queue" in said(at) and told in said(at)
    assert "To begin sooner, cancel that training under Runs." in said(at)
    assert train_text.OTHERS_NEXT not in said(at) and "takes turns" in train_text.STATES["queued"].help
    elsewhere = make_run(Runs(tmp_path / "other"), "Cogs")
    assert take_slot(resolve("auto"), None, 1, str(elsewhere.path.parent)) is None, "it is refused, and comes next"
    hand_over(slot, elsewhere.path, os.getpid())
    fine(at.run())
    assert f"cancel that training where it was started; it lies in {elsewhere.path}." in said(at)
    assert train_text.OTHERS_NEXT in said(at)
    slot.release()
    fine(at.run())
    assert "Number 1 in the queue" in said(at) and told not in said(at)


def test_a_suspended_process_is_said_to_be_so_and_how_to_go_on() -> None:
    told = train_text.waits_for("Cogs", Holder(Path("runs/cogs"), 71, 0.0, True), "about 60 s")
    assert "process 71. That process is **suspended**" in told and "`kill -CONT 71`" in told and "left" not in told
    assert "how long is not known" in train_text.waits_for("", Holder(None, 0, 0.0, False), "")


# ---------------------------------------------------------------------------------------------------------- runs


def test_every_state_is_shown_in_words(runs: Runs, tiny_checkpoint: Path) -> None:
    made = {name: make_run(runs, name) for name in ("created", "waits", "next", "done", "stopped", "failed", "lost")}
    wait_in_queue(made["next"], 1)
    wait_in_queue(made["waits"], 2)
    finish(made["done"], tiny_checkpoint)
    say(made["stopped"])
    end(made["stopped"], CANCELLED, "It was cancelled.")
    end(made["failed"], DIVERGED, "The loss became nan in epoch 2: training diverged.")
    (made["failed"].path / "log.txt").write_text("first line\nEpoch 1 of 2\nnnet: the loss became nan\n")
    (made["lost"].path / "lock").write_text('{"pid": 1, "started": "long ago"}')
    torn = make_run(runs, "torn")
    (torn.path / "run.json").write_text('{"format": 99}')
    at = start(TRAIN)
    for run in runs.list():
        assert f"{train_text.badge(run.state)}".replace("\\", "") in said(at), run.state
    assert "Number 2 in the queue" in said(at)
    assert any("run format 99" in caption.value for caption in at.caption)
    press(at, "run-failed")
    assert "training diverged" in said(at) and "the loss became nan" in at.code[0].value
    assert has(at, "resume_run") and not has(at, "go-1_Inspect") and has(at, "slower_run")
    press(at, "run-lost")
    assert "without a message" in said(at) and has(at, "resume_run")
    press(at, "run-torn")
    assert "version" in said(at) and has(at, "delete_run") and not has(at, "copy_run")
    press(at, "run-next")
    assert has(at, "cancel_run") and has(at, "copy_run")


def test_a_running_run_tells_how_it_goes(runs: Runs) -> None:
    run = make_run(runs, "Alive")
    lock = FileLock(run.path / "lock")
    assert lock.take()
    try:
        say(
            run,
            losses={"loss": 1.25},
            learning_rate=0.002,
            beta=1.0,
            images_per_second=37.0,
            seconds_left=95.0,
            memory={"items_per_query": 2.5, "items_used": 5.0, "items_dead": 1},
            memory_bytes=500_000_000,
            device="CPU",
            notes=("cut.png was left out.",),
            seconds=61.0,
        )
        write_history(run, 1)
        at = start(TRAIN, run="alive", train_view="curves")
        values = {metric.label: metric.value for metric in at.metric}
        assert values["Loss"] == "1.25" and values["Images/s"] == "37.0" and values["Dead items"] == "1"
        (more,) = [one for one in at.expander if one.label == train_text.MORE_NUMBERS]
        assert [one.label for one in at.metric if one.label not in {m.label for m in more.metric}] == [
            "Loss",
            "Images/s",
        ], "the others are behind a press"
        assert "Training: epoch 2 of 2 · about 2 min left" in said(at) and "cut.png was left out." in said(at)
        assert has(at, "cancel_run") and not has(at, "delete_run")
        say(run, monotonic=-1000.0)
        assert "has reported nothing for" in said(fine(at.run()))
    finally:
        lock.release()


def test_a_run_is_cancelled_resumed_renamed_and_deleted(runs: Runs) -> None:
    run = make_run(runs, "First")
    at = press(start(TRAIN, run="first"), "start_run")
    assert runs.get("first").state == "queued"
    press(at, "cancel_run")
    assert "taken out of the queue" in said(at)
    press(at, "confirm_cancel")
    assert runs.get("first").state == "cancelled"
    press(at, "resume_run")
    assert runs.get("first").state == "queued"
    runs.cancel("first")
    press(fine(at.run()), "rename_run")
    at.text_input(key="new_name-first").set_value("Second")
    press(at, "confirm_rename")
    assert runs.get("first").name == "Second" and at.subheader[0].value == "Second"
    press(at, "delete_run")
    assert "cannot be undone" in said(at) and run.path.is_dir()
    press(at, "keep_run")
    assert run.path.is_dir()
    press(at, "delete_run")
    press(at, "confirm_delete")
    assert not run.path.exists() and "run" not in at.query_params
    assert "may have been deleted" not in said(at)


def test_a_running_training_is_finished_once_it_has_learnt_something(runs: Runs) -> None:
    run = make_run(runs, "Alive")
    lock = FileLock(run.path / "lock")
    assert lock.take()
    try:
        say(run, left_between=(400.0, 530.0), seconds_left=450.0, epochs=9)
        at, other = start(TRAIN, run="alive"), start(TRAIN, run="alive")
        assert "Training: epoch 2 of 9 · about 6 to 9 min left" in said(at)
        button = at.button(key="finish_run")
        assert button.disabled and button.help == train_text.NOTHING_LEARNT
        before = signature([runs.get("alive")])
        write_history(run, 2)
        assert signature([runs.get("alive")]) != before, "the page draws it anew"
        fine(at.run())
        press(press(at, "finish_run"), "keep_run")
        assert not (run.path / FINISH).exists()
        press(at, "finish_run")
        assert "learnt up to epoch 2 of 9" in said(at) and "learning rate has not come down" in said(at)
        press(at, "confirm_finish")
        assert (run.path / FINISH).exists() and train_text.IS_FINISHING in said(at)
        assert not has(at, "finish_run") and has(at, "cancel_run") and train_text.ENDS_EARLY in said(at)
        assert not has(fine(other.run()), "finish_run"), "another tab knows it, too"
    finally:
        lock.release()


def test_what_a_cancelled_run_has_learnt_can_be_made_a_model(
    runs: Runs, tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(runs, "Half")
    end(run, CANCELLED, "It was cancelled.")
    assert not has(start(TRAIN, run="half"), "finish_run"), "it has learnt nothing"
    monkeypatch.setattr("nnet.runs.run.kept_epochs", lambda path: 35)
    monkeypatch.setattr("nnet.runs.finishing.kept_epochs", lambda path: 35)
    at = start(TRAIN, run="half")
    assert "Finish now makes a model of what it has learnt" in said(at)
    press(press(at, "finish_run"), "confirm_finish")
    assert runs.get("half").is_finishing and runs.get("half").state == "queued"
    runs.cancel("half")


def test_a_model_that_was_ended_early_says_so_wherever_its_run_is_shown(runs: Runs, tiny_checkpoint: Path) -> None:
    run = make_run(runs, "Half")
    finish(run, tiny_checkpoint)
    (run.path / EXIT).unlink()
    end(run, 0, "It was ended early, after 34 of 60 planned epochs (272 of 480 steps).")
    (run.path / FINISH).write_text("{}")
    config = json.loads((run.path / "config.json").read_text())
    config["about"]["ended_early"] = {"epochs": 34, "planned_epochs": 60, "steps": 272, "planned_steps": 480}
    config["about"]["ended_early"]["rate_was_falling"] = True
    (run.path / "config.json").write_text(json.dumps(config))
    at = start(TRAIN, run="half", model="half")
    assert "Ended early, 34 of 60 epochs" in said(at) and "It was ended early, after 34 of 60 planned epochs" in said(
        at
    )
    assert "Ended early, after 272 of 480 planned steps; the preset Small makes at least 600." in said(at)


def test_the_preset_of_a_run_is_named_with_what_was_changed(runs: Runs) -> None:
    def of(changes: dict[str, object]) -> str:
        return train_text.preset_used(RunSpec("a", "elpv:mono", preset("small").override(changes), "small"))

    assert of({}) == "preset small"
    assert of({"train.epochs": 6, "train.min_steps": 0, "train.batch_size": 4}) == (
        "preset small, changed: 6 epochs, batch 4"
    )
    assert of({"train.min_steps": 0}) == "preset small, changed: no minimum of steps"
    assert of({"train.seed": 4, "train.epochs": 6, "train.batch_size": 4, "loss.kd": False}).endswith(" and 1 more")
    run = make_run(runs, "Changed", config=preset("small").override({"train.batch_size": 4}))
    assert "preset small, changed: batch 4" in said(start(TRAIN, run=run.id))


def test_a_run_that_waits_shows_what_will_be_trained(runs: Runs) -> None:
    at = drop(start(TRAIN), *photos(14))
    shown = said(at)
    at = press(at, "start_training")
    (run,) = runs.list()
    assert run.state == "queued" and train_text.PLANNED in said(at)
    split = train_text.split(6, 8, 0, 0, 0)
    promised = shared_text.promise(before_training(8, run.spec.config.scoring.quantile, 0))
    assert split in shown and split in said(at) and promised in said(at)
    assert train_text.SELECTION.format(kind=train_text.GOOD) in said(at)


def test_a_refused_action_is_told_on_the_page(runs: Runs) -> None:
    run = make_run(runs, "Gone")
    at = start(TRAIN, run="gone")
    wait_in_queue(run, 1)  # another visitor was faster
    press(at, "start_run")
    assert any("started before" in error.value for error in at.error)


def test_a_duplicate_fills_the_form_with_data_and_settings(runs: Runs) -> None:
    at = drop(start(TRAIN), *photos(14))
    fine(at.text_input(key="run_name").set_value("Original").run())
    press(at, "start_training")
    press(at, "copy_run")
    assert part(at).value == "new" and "14 photos" in said(at)
    assert at.text_input(key="run_name").value == "Original copy"
    fine(widget(at, "loss.alpha").set_value(2.0).run())
    press(at, "start_training")
    copy = runs.get("original-copy")
    assert copy.spec.config.loss.alpha == 2.0
    assert len(list((copy.path / "data").rglob("*.png"))) == 14
    assert parts.of_run(copy.path, copy.spec)[1] == "Original", "the part keeps its name"
    made = make_run(runs, "Woven", "synthetic:fabric", device="cpu", tensorboard=True)
    at = press(start(TRAIN, run=made.id), "copy_run")
    assert at.segmented_control(key="texture").value == "fabric" and at.toggle(key="run_tensorboard").value
    for path, value in TINY.items():
        assert widget(at, path).value == value
    end(made, 1, "The loss became nan in epoch 2: training diverged.")  # what an error says decides nothing
    assert not has(start(TRAIN, run=made.id), "slower_run")
    (made.path / EXIT).unlink()
    end(made, DIVERGED, "The loss became nan in epoch 2.")
    at = press(start(TRAIN, run=made.id), "slower_run")
    assert widget(at, "train.learning_rate").value == pytest.approx(TINY["train.learning_rate"] / 5)


def test_an_address_of_a_run_that_is_gone_says_so(runs: Runs) -> None:
    make_run(runs, "Here")
    at = start(TRAIN, run="not-here")
    assert "There is no run" in said(at) and at.subheader[0].value == "Here"


# ------------------------------------------------------------------------------------------------- film and curves


@pytest.fixture
def done(runs: Runs, tiny_checkpoint: Path) -> Path:
    """A finished run with film and history."""
    run = make_run(runs, "Done")
    finish(run, tiny_checkpoint)
    write_film(run)
    write_history(run)
    return run.path


def film_data(at: AppTest) -> dict:
    (component,) = at.get("bidi_component")
    return json.loads(component.proto.json)


def chart(at: AppTest, number: int = 0) -> dict:
    return json.loads(at.get("plotly_chart")[number].proto.spec)


@pytest.mark.usefixtures("done")
def test_the_film_of_a_run_is_shown_and_its_probe_and_scale_chosen() -> None:
    at = start(TRAIN, run="done")
    data = film_data(at)
    assert data["epochs"] == [0, 1, 2] and data["epoch"] is None
    assert data["titles"][0] == "before the first step" and "anomalous" in data["lines"][2]
    assert [tile["title"] for tile in data["small"]] == ["M1", "M2", "M3", "M4", "M5", "M6"]
    assert at.selectbox(key="probe").value == 1  # the first that is not normal
    fine(at.selectbox(key="probe").set_value(0).run())
    assert film_data(at)["lines"] != data["lines"] and at.query_params["probe"] in ("0", ["0"])
    fine(at.segmented_control(key="film_scale").set_value("each").run())
    assert film_data(at)["small"][0]["strip"] != data["small"][0]["strip"]
    assert film_data(start(TRAIN, run="done", epoch="1"))["epoch"] == 1


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize("part", ["new", "runs"])
def test_the_models_own_film_is_shown_before_the_first_run(
    tmp_path: Path, tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    shutil.copytree(tiny_checkpoint, tmp_path / "filmed")
    write_frames(tmp_path / "filmed" / FILM)
    monkeypatch.setenv(environment.CHECKPOINTS, str(tmp_path / "filmed"))
    at = start(TRAIN, train_part=part)
    assert film_data(at)["epochs"] == [0, 1, 2]
    assert len(film_data(at)["large"]) == (1 if part == "new" else 2), "beside the form only the heatmap"
    title = train_text.FINISHED_FILM.partition(":")[0]
    assert title in said(at) and title not in said(start_on_texture()), "it makes way for the pictures that were chosen"


@pytest.mark.usefixtures("done")
def test_the_curves_are_those_of_the_history() -> None:
    at = start(TRAIN, run="done", train_view="curves")
    names = [name for name in train_text.CURVES if name != "L_align"]  # this run has none
    assert len(at.get("plotly_chart")) == len(names)
    speed = chart(at, names.index("images_per_second"))["data"][0]
    assert (speed["x"], speed["y"]) == ([1, 2], [11.0, 12.0])


def test_log_settings_and_card_are_shown(done: Path) -> None:
    (done / "log.txt").write_text("Reading the images.\nTraining.\n")
    at = start(TRAIN, run="done", train_view="log")
    assert at.code[0].value == "Reading the images.\nTraining."
    fine(at.segmented_control(key="train_view").set_value("settings").run())
    assert at.dataframe[0].value.set_index("Path")["Value"]["model.size"] == "64"
    (done / "card.md").write_text("# The card")
    fine(at.segmented_control(key="train_view").set_value("card").run())
    assert "# The card" in said(at)


def test_what_speaks_against_trusting_a_model_stands_beside_its_result(done: Path) -> None:
    asked = doubts.of_outstanding(["7.png"], [1.4])
    summary = json.loads((done / "calibration.json").read_text())
    about = {"training_images": 4, "calibration_images": 8, "teacher_origin": "random"}
    (done / "card.md").write_text(write_card("Done", tiny_config(), about, {}, summary, [asked]))
    at = start(TRAIN, run="done")
    assert [warning.value for warning in at.warning] == [units.plain(asked)] and "7.png (1.4 × threshold)" in asked


def test_a_photo_that_the_model_flags_itself_is_shown(runs: Runs, tiny_checkpoint: Path, tmp_path: Path) -> None:
    (tmp_path / "photos" / "good").mkdir(parents=True)
    for i in (1, 2, 12):
        (tmp_path / "photos" / "good" / f"a {i}.png").write_bytes(encoded(i, (64 + i, 48)))
    run = make_run(runs, "Mine", "upload", tmp_path / "photos")
    finish(run, tiny_checkpoint)
    summary = json.loads((run.path / "calibration.json").read_text())
    about = {"training_images": 4, "calibration_images": 8, "teacher_origin": "random"}
    asked = doubts.of_outstanding(["good/a 12.png", "a 1.png"], [1.4, 1.1])
    (run.path / "card.md").write_text(write_card("Mine", tiny_config(), about, {}, summary, [asked]))
    at = start(TRAIN, run=run.id)
    shown = [one.caption for element in at.get("image") for one in element.proto.imgs]
    assert [one.replace("\\", "") for one in shown if one] == ["a 1.png", "a 12.png"]
    assert at.button(key="train_without").disabled
    fine(at.checkbox(key=f"take_out-{run.id}-good/a 12.png").check().run())
    fine(at.button(key="train_without").click().run())
    (again,) = (one for one in runs.list() if one.id != run.id)
    assert again.name == "Mine without a 12.png" and again.state == "queued"
    assert sorted(path.name for path in (again.path / "data" / "good").iterdir()) == ["a 1.png", "a 2.png"]
    assert len(list((run.path / "data" / "good").iterdir())) == 3, "the old one stays as it is"
    assert at.subheader[0].value.replace("\\", "") == again.name, "and the new one is shown"
    kept = {one: parts.of_run(one.path, one.spec)[0] for one in (runs.get(run.id), again)}
    assert len(set(kept.values())) == 1, "of the same part"
    at.session_state["handed_run"] = run.id
    fine(at.run())
    box = at.checkbox(key=f"take_out-{run.id}-good/a 12.png")
    fine(box.check().run())
    press(at, "train_without")
    assert len(runs.list()) == 2, "pressed again, as by a double press, it is the same run"


def test_the_promise_and_a_short_training_stay_with_the_finished_run_and_its_part(done: Path) -> None:
    spec = json.loads((done / "run.json").read_text())
    (done / "run.json").write_text(json.dumps(spec | {"preset": "small"}))
    (entry,) = [one for one in model_list.entries().values() if one.path == done.resolve()]
    promised, short = cautions.of(entry)
    assert "of further good parts will be flagged" in promised
    assert short.startswith(f"Only {entry.steps} steps: the preset Small makes at least 600")
    at = start(TRAIN, run="done")
    assert promised in said(at) and short in said(at)
    at = start("pages/1_Inspect.py", model="done")
    fine(at.button(key="this_part").click().run())
    assert promised in said(at) and short in said(at)
    kept_thresholds.keep(done, CALIBRATION_FORMAT.read(done / "calibration.json")["expression"], Kept(0.5, "A trial"))
    promised, *_ = cautions.of(entry)
    assert "kept threshold. A trial." in promised


def test_photos_of_one_series_are_warned_of_before_the_start(runs: Runs, tmp_path: Path) -> None:
    noise = np.random.default_rng(0)
    for i in range(12):
        frame = np.clip(random_images(1)[0] + noise.normal(0, 1, (64, 64, 3)), 0, 255)
        Image.fromarray(frame.astype(np.uint8)).save(tmp_path / f"{i}.png")
    at = start(TRAIN, source="path", path=str(tmp_path), train_part="new")
    fine(at.text_input(key="path").set_value(str(tmp_path)).run())
    assert units.plain(doubts.of_series(12, 12)) in [warning.value for warning in at.warning]


def test_the_images_of_a_cross_calibration_are_not_called_held_out() -> None:
    found = {"threshold": 0.5, "threshold_quantile": 1.0, "normal_images": 12}
    ((label, count, _),) = train_text.calibrated(found)
    ((other, same, said),) = train_text.calibrated({**found, "false_alarms": {"folds": 4}})
    assert (label, other, count, same) == ("Held-out images", "Images for the threshold", "12", "12")
    assert "4 light models scored" in said


@pytest.mark.usefixtures("done")
def test_a_finished_run_leads_to_inspect_with_its_model() -> None:
    at = start(TRAIN, run="done")
    views = at.segmented_control(key="train_view").proto
    assert len(views.options) == 5 and views.wrap  # on a phone, too, all five are seen
    assert train_text.NOT_MEASURED in said(at) and {m.label for m in at.metric} == {"Held-out images"}
    assert "set the threshold, " in next(m.proto.help for m in at.metric), "the number itself is a tooltip's"
    press(at, "go-1_Inspect")
    assert at.title[0].value == "Inspect" and at.selectbox(key="model").value == "done"


# ---------------------------------------------------------------------------------------------------- small things


def test_large_pictures_are_warned_of_and_one_press_cuts_them_into_tiles(runs: Runs, tmp_path: Path) -> None:
    folder = tmp_path / "strips"
    folder.mkdir()
    for i, pixels in enumerate(random_images(13, 640)):
        Image.fromarray(pixels[:160]).save(folder / f"{i}.png")
    at = start(TRAIN, source="path", path=str(folder), train_part="new")
    fine(at.text_input(key="path").set_value(str(folder)).run())
    assert "A defect of 18 px becomes 3.6 px" in said(at)
    assert "600 images" not in said(at)
    press(at, "use_tiles")
    assert widget(at, "model.tile").value == 256 and widget(at, "model.overlap").value == 32
    assert "A defect of 18 px" not in said(at) and "Tiles (pixels of the picture, 0: none) 256" in said(at)
    assert "of 15 images" in said(at)  # 5 pictures to learn from make 3 tiles each


def test_the_crop_box_and_the_ignore_mask_become_settings_and_can_be_undone(runs: Runs) -> None:
    at = start_on_texture()
    fine(at.number_input(key="crop_left:").set_value(25.0).run())
    assert widget(at, "model.crop").value == "0.25,0,0.75,1"
    fine(at.number_input(key="crop_width:0.25,0,0.75,1").set_value(50.0).run())
    assert widget(at, "model.crop").value == "0.25,0,0.5,1"
    width, height = (64, 64)
    box = f"{width // 2} x {height} pixels, beginning {width // 4} from the left and 0 from the top"
    assert f"Of this picture of {width} x {height} pixels it looks at {box}." in said(at)
    assert "Crop box 50 % of the width and 100 % of the height, beginning 25 % from the left" in said(at)
    uploader = next(one for one in at.file_uploader if one.key == "ignore_file")
    fine(uploader.set_value(("mask.png", encode(np.eye(16, dtype=np.uint8) * 255), "image/png")).run())
    assert (decode_ignore(widget(at, "model.ignore").value) == np.eye(16, dtype=bool)).all()
    painter, box = component(at, "ignore_painter"), component(at, "crop_box")
    red, green, blue, alpha = decoded(base64.b64decode(painter["layer"].partition(",")[2]))[0, 0]
    assert f"#{red:02x}{green:02x}{blue:02x}" == painter["mask"]["colour"]
    assert alpha == round(255 * painter["mask"]["opacity"] / 100) and box["least"] == SMALLEST_SHARE
    press(at, "remove_ignore")
    assert widget(at, "model.ignore").value == ""


def test_with_few_photos_one_press_learns_from_all_of_them(runs: Runs, tmp_path: Path) -> None:
    folder = tmp_path / "few"
    folder.mkdir()
    for i, pixels in enumerate(random_images(12)):
        Image.fromarray(pixels).save(folder / f"{i}.png")
    at = start(TRAIN, source="path", path=str(folder), train_part="new")
    fine(at.text_input(key="path").set_value(str(folder)).run())
    assert "**4 images** to learn from" in said(at) and train_text.few(4, 12, 4) in said(at)
    press(at, "cross_calibrate")
    assert widget(at, "train.cross_folds").value == 4
    assert "**12 images** to learn from, **4** light models" in said(at) and train_text.few(4, 12, 4) not in said(at)
    assert "each scored by one of 4 light models" in said(at)
    for way, crop, learnt in (("look_at_whole", "", 12), ("hold_out", "0,0,1,0.5", 4)):
        fine(widget(at, "model.crop").set_value("0,0,1,0.5").run())
        assert train_text.WHOLE_OR_ALL in said(at)
        press(at, way)
        assert widget(at, "model.crop").value == crop and f"**{learnt} images** to learn from" in said(at)


@pytest.mark.parametrize(("images", "epochs", "steps"), [(52, 150, 600), (9, 600, 600), (10, 600, 600), (371, 25, 600)])
def test_the_length_of_a_run_counts_whole_and_rest_batches(images: int, epochs: int, steps: int) -> None:
    assert looking.length(PRESETS["small"], images) == (epochs, steps)  # a last batch of one image is dropped


def test_model_dates_and_labels() -> None:
    assert model_words.date("2026-11-03T20:33:43+00:00") == "3 Nov 2026" and model_words.date("yesterday") == ""
    assert model_words.headline_metric(None) == "" and model_words.headline_metric(0.5) == "I-AUROC 0.500"


def test_every_field_of_the_config_has_a_title() -> None:
    paths = {path for path, _, _ in form.fields()}
    assert paths == set(setting_words.TITLES) and {p.partition(".")[0] for p in paths} == set(train_text.SECTION_NAMES)
    assert set(form.flat(Config())) == paths


def test_pictures_of_the_same_bytes_are_found(tmp_path: Path) -> None:
    from nnet.data import Sample

    for name, shade in (("a", 1), ("b", 2), ("c", 1)):
        Image.new("L", (20, 20), shade).save(tmp_path / f"{name}.png")
    samples = [Sample(name, tmp_path / f"{name}.png", "good", "train") for name in "abc"]
    assert looking.same_files(samples) == (("a", "c"),)


# ------------------------------------------------------------------------------------------------- what is missing


def test_without_the_package_the_tensorboard_switch_is_off_and_says_how_to_install_it(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not start(TRAIN).toggle(key="run_tensorboard").disabled
    monkeypatch.setattr("nnet.training.tensorboard.find_spec", lambda name: None)
    at = start(TRAIN)
    assert at.toggle(key="run_tensorboard").disabled and train_text.NO_TENSORBOARD in said(at)


def test_a_damaged_history_names_the_line(runs: Runs) -> None:
    run = make_run(runs, "Brackets")
    write_history(run, 3)
    assert run.history_problem == ""
    path = run.path / "history.jsonl"
    first, _, third = path.read_text().splitlines()
    path.write_text(f"{first}\n{{broken\n{third}\n")
    assert "damaged in line 2" in run.history_problem and len(run.history()) == 1
    assert "damaged in line 2" in said(start(TRAIN, train_part="runs", train_view="curves"))
