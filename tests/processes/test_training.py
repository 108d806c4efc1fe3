import json
import os
import signal
from pathlib import Path

import forking
import numpy as np
import pytest
import torch
from builders import random_images, tiny_config
from safetensors.torch import load_file, save_file

import nnet.training.state
from nnet.config import ConfigError, TrainConfig
from nnet.detector import Detector, TrainedModel
from nnet.model.backbone import _create
from nnet.model.network import NNet
from nnet.model.teacher_weights import WeightsError
from nnet.saved import checkpoint as checkpoints
from nnet.saved.checkpoint import CheckpointError
from nnet.saved.formats import RESUME, RESUME_FORMAT
from nnet.training.events import Progress, TrainingError
from nnet.training.features import FeatureCache
from nnet.training.loop import train
from nnet.training.schedule import learning_rate_at, split_normals
from nnet.training.state import load_history

IMAGES = random_images(14)
PUBLISHED = "resnet18"  # a teacher whose weights the program knows where to look for


def weights(path: Path) -> dict[str, torch.Tensor]:
    return load_file(path / checkpoints.WEIGHTS)


class Stop(Exception):
    """Breaks a run off from inside its report."""


def break_off_at(epoch: int):
    """A report that raises in the middle of an epoch (counted from 0)."""

    def report(progress: Progress) -> None:
        if progress.phase == "train" and progress.epoch == epoch and progress.done % 2 == 1:
            raise Stop

    return report


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    """A run of three epochs that nothing disturbed."""
    path = tmp_path_factory.mktemp("runs") / "whole"
    train(tiny_config(train__epochs=3), IMAGES, path, device="cpu")
    return path


def test_training_lowers_the_loss_and_logs_every_term(whole):
    history = load_history(whole)
    assert [entry["epoch"] for entry in history] == [1, 2, 3]
    assert history[-1]["L_RKD"] < history[0]["L_RKD"]
    assert {"L_RKD", "L_KD", "L_align", "L_query", "loss", "beta", "learning_rate"} <= history[0].keys()
    assert "L_align" not in history[1]
    assert all(1 <= entry["items_per_query"] <= entry["items_used"] + 1e-6 <= 6 + 1e-5 for entry in history)


def test_with_few_images_epochs_are_added_until_the_steps_suffice(tmp_path):
    train(tiny_config(train__epochs=1, train__min_steps=5), IMAGES, tmp_path / "m", device="cpu")
    assert len(load_history(tmp_path / "m")) == 3  # 6 training images in batches of 4 make 2 steps


@pytest.fixture(scope="module")
def again(tmp_path_factory) -> tuple[Path, TrainedModel]:
    """The tiny checkpoint trained a second time, and what the training returned."""
    path = tmp_path_factory.mktemp("runs") / "again"
    return path, train(tiny_config(train__epochs=1), IMAGES, path, device="cpu")


def test_the_same_seed_gives_the_same_weights_and_another_one_does_not(trained_checkpoint, again, tmp_path):
    train(tiny_config(train__epochs=1, train__seed=1), IMAGES, tmp_path / "c", device="cpu")
    a, b, c = map(weights, (trained_checkpoint, again[0], tmp_path / "c"))
    assert all(torch.equal(a[key], b[key]) for key in a)
    assert not torch.equal(a["NFS.memory"], c["NFS.memory"])


@pytest.mark.parametrize("epoch", [pytest.param(0, marks=pytest.mark.slow), 1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_broken_run_resumes_to_the_same_result(whole, tmp_path, epoch):
    config = tiny_config(train__epochs=3)
    with pytest.raises(Stop):
        train(config, IMAGES, tmp_path / "broken", device="cpu", report=break_off_at(epoch))
    assert not checkpoints.is_checkpoint(tmp_path / "broken")
    train(config, IMAGES, tmp_path / "broken", device="cpu", resume=True)
    undisturbed, resumed = weights(whole), weights(tmp_path / "broken")
    assert all(torch.equal(undisturbed[key], resumed[key]) for key in undisturbed)
    losses = [[entry["loss"] for entry in load_history(path)] for path in (whole, tmp_path / "broken")]
    assert losses[0] == losses[1]
    assert not (tmp_path / "broken" / RESUME).exists()


@pytest.mark.slow
def test_short_epochs_are_not_all_written_and_a_break_keeps_the_last_finished_one(tmp_path, monkeypatch):
    written, real = [], nnet.training.state.write_tensors

    def write(path: Path, tensors: dict[str, torch.Tensor], notes: dict[str, str]) -> None:
        written.append(int(notes["epoch"]))
        real(path, tensors, notes)

    monkeypatch.setattr(nnet.training.state, "write_tensors", write)
    monkeypatch.setattr(nnet.training.state, "KEEP_SECONDS", 1e6)
    config = tiny_config(train__epochs=5)
    with pytest.raises(Stop):
        train(config, IMAGES, tmp_path / "m", device="cpu", report=break_off_at(3))
    assert written == [1, 3] and RESUME_FORMAT.header(tmp_path / "m" / RESUME).notes["epoch"] == "3"
    train(config, IMAGES, tmp_path / "m", device="cpu", resume=True)
    assert written == [1, 3, 4, 5]


def test_a_killed_process_keeps_what_was_saved_and_its_run_can_be_finished(tmp_path, monkeypatch):
    """kill -9 in the third epoch. Of short epochs only the first is saved, so the history is ahead of the state."""

    def kill(progress: Progress) -> None:
        if progress.phase == "train" and progress.epoch == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(nnet.training.state, "KEEP_SECONDS", 1e6)
    config, out = tiny_config(train__epochs=3), tmp_path / "m"
    done = forking.run(lambda: train(config, IMAGES, out, device="cpu", report=kill))
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert RESUME_FORMAT.header(out / RESUME).notes["epoch"] == "1" and [
        entry["epoch"] for entry in load_history(out)
    ] == [1, 2]
    train(config, IMAGES, out, device="cpu", resume=True)
    assert checkpoints.is_checkpoint(out) and [entry["epoch"] for entry in load_history(out)] == [1, 2, 3]


def test_a_broken_run_is_not_overwritten_nor_mixed_with_another(tmp_path):
    with pytest.raises(Stop):
        train(tiny_config(), IMAGES, tmp_path / "m", device="cpu", report=break_off_at(1))
    with pytest.raises(TrainingError, match="--resume"):
        train(tiny_config(), IMAGES, tmp_path / "m", device="cpu")
    with pytest.raises(TrainingError, match="other settings or other images"):
        train(tiny_config(train__learning_rate=0.001), IMAGES, tmp_path / "m", device="cpu", resume=True)


def teacher_file(path: Path, seed: int) -> Path:
    """Random weights of a teacher as a file, for which a checkpoint cannot be looked up elsewhere."""
    torch.manual_seed(seed)
    save_file(_create(PUBLISHED).state_dict(), path)
    return path


@pytest.mark.long
def test_a_model_finds_the_teacher_file_it_was_trained_with_and_refuses_another(tmp_path, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no network")

    config, model = (
        tiny_config(train__epochs=2, model__teacher=PUBLISHED, model__teacher_weights="pretrained"),
        tmp_path / "m",
    )
    file = teacher_file(tmp_path / "teacher.safetensors", 1)
    with pytest.raises(Stop):
        train(config, IMAGES, model, device="cpu", weights_file=file, report=break_off_at(1))
    other = teacher_file(tmp_path / "other.safetensors", 2)
    with pytest.raises(TrainingError, match="another teacher"):
        train(config, IMAGES, model, device="cpu", weights_file=other, resume=True)
    trained = train(config, IMAGES, model, device="cpu", weights_file=file, resume=True)
    assert Detector.load(model, "cpu").score([IMAGES[0]])[0].value == trained.score([IMAGES[0]])[0].value
    for missing in (False, True):
        if missing:
            file.rename(tmp_path / "moved.safetensors")
        with pytest.raises(CheckpointError, match=r"other weights of the teacher .* --teacher-weights"):
            Detector.load(model, "cpu", other)
    monkeypatch.setattr("nnet.model.teacher_weights._candidates", lambda source: iter(()))
    monkeypatch.setattr("torch.hub.download_url_to_file", refuse)
    with pytest.raises(WeightsError, match=r"trained with .*teacher\.safetensors, which is no longer there"):
        Detector.load(model, "cpu")
    assert Detector.load(model, "cpu", tmp_path / "moved.safetensors").network.T.sha256() == trained.network.T.sha256()


def test_a_finished_model_is_never_overwritten(tiny_checkpoint):
    with pytest.raises(TrainingError, match="finished model"):
        train(tiny_config(train__epochs=1), IMAGES, tiny_checkpoint, device="cpu", resume=True)


def test_a_diverging_run_stops_with_advice(tmp_path, monkeypatch):
    monkeypatch.setattr("nnet.training.loop.total_loss", lambda *_: {"loss": torch.tensor(float("nan"))})
    with pytest.raises(TrainingError, match="Lower the learning rate"):
        train(tiny_config(), IMAGES, tmp_path / "m", device="cpu")
    assert not checkpoints.is_checkpoint(tmp_path / "m")


def test_epochs_that_are_added_must_have_a_loss_too(tmp_path):
    alone = {"model__reverse": False, "model__ffc": False, "model__nfs": False, "model__fpm": False, "loss__kd": False}
    config = tiny_config(**alone, train__epochs=1, train__min_steps=5)  # three epochs; L_align ends after one
    with pytest.raises(ConfigError, match=r"nothing would be left to train.* at least the 3 epochs"):
        train(config, IMAGES, tmp_path / "m", device="cpu")
    assert not (tmp_path / "m").exists()


def test_too_few_images_are_refused_with_the_number_needed(tmp_path):
    with pytest.raises(TrainingError, match="at least 12 normal images"):
        train(tiny_config(), IMAGES[:11], tmp_path / "m", device="cpu")


def test_the_wrong_image_size_is_refused(tmp_path):
    with pytest.raises(TrainingError, match=r"\(64, 64, 3\)"):
        train(tiny_config(), random_images(14, 128), tmp_path / "m", device="cpu")


def test_the_split_is_seeded_disjoint_and_complete():
    config = TrainConfig(calibration_share=0.2)
    trained, held = split_normals(100, config)
    assert len(held) == 20 and sorted([*trained, *held]) == list(range(100))
    assert np.array_equal(held, split_normals(100, config)[1])
    assert not np.array_equal(held, split_normals(100, TrainConfig(calibration_share=0.2, seed=1))[1])


def test_features_that_do_not_fit_are_computed_anew_to_the_same_values():
    network, rows = NNet(tiny_config()).eval(), np.array([2, 5, 7, 11])
    cpu = torch.device("cpu")
    stored = FeatureCache(network, IMAGES, rows, 10**9, cpu, torch.float32)
    computed = FeatureCache(network, IMAGES, rows, 0, cpu, torch.float32)
    assert stored.fits and not computed.fits
    indices = np.array([3, 0])
    for a, b in zip(stored.batch(indices)[1], computed.batch(indices)[1], strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-5)
    expected = torch.from_numpy(IMAGES[[11, 2]]).permute(0, 3, 1, 2) / 255
    torch.testing.assert_close(stored.batch(indices)[0], expected)


def test_the_cosine_schedule_warms_up_and_comes_down():
    config = TrainConfig(learning_rate=1.0, schedule="cosine")
    rates = [learning_rate_at(config, step, 100) for step in range(100)]
    assert rates[0] == pytest.approx(0.2) and max(rates) == pytest.approx(1.0) and rates.index(max(rates)) in (4, 5)
    assert rates[-1] == pytest.approx(0.02, abs=0.01) and rates[5:] == sorted(rates[5:], reverse=True)
    assert learning_rate_at(TrainConfig(learning_rate=0.3), 50, 100) == 0.3


def test_a_checkpoint_says_what_it_is(tiny_checkpoint):
    saved = checkpoints.load(tiny_checkpoint)
    assert saved.config == tiny_config(train__epochs=1)
    assert saved.about["training_images"] + saved.about["calibration_images"] == len(IMAGES)
    summary = json.loads((tiny_checkpoint / checkpoints.CALIBRATION).read_text())
    assert summary["normal_images"] == 8 and len(summary["scores"]) == 8
    assert summary["threshold"] == pytest.approx(saved.calibration.for_expression().threshold)


def test_the_loaded_detector_equals_the_trained_one(again):
    path, trained = again
    loaded = Detector.load(path, "cpu")
    assert [s.value for s in loaded.score(list(IMAGES[:3]))] == [s.value for s in trained.score(list(IMAGES[:3]))]
    assert weights(path)["S2.stage_1.0.body.0.weight"].dtype is torch.float16


def copied(checkpoint: Path, target: Path) -> Path:
    target.mkdir()
    for file in checkpoint.iterdir():
        (target / file.name).write_bytes(file.read_bytes())
    return target


def edit(path: Path, change) -> None:
    data = json.loads((path / checkpoints.CONFIG).read_text())
    change(data)
    (path / checkpoints.CONFIG).write_text(json.dumps(data))


DAMAGE = {
    "no config": (lambda p: (p / checkpoints.CONFIG).unlink(), "is not a checkpoint"),
    "no JSON": (lambda p: (p / checkpoints.CONFIG).write_text("{"), "damaged"),
    "newer format": (lambda p: edit(p, lambda d: d.update(format=99)), "format 99"),
    "field missing": (lambda p: edit(p, lambda d: d.pop("sha256")), "damaged"),
    "weights missing": (lambda p: (p / checkpoints.WEIGHTS).unlink(), "incomplete"),
    "weights cut": (
        lambda p: (p / checkpoints.WEIGHTS).write_bytes((p / checkpoints.WEIGHTS).read_bytes()[:-9]),
        "SHA-256 differs",
    ),
    "maps replaced": (lambda p: (p / checkpoints.MAPS).write_bytes(b"x"), "does not begin as"),
}


@pytest.mark.parametrize(("damage", "words"), DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_checkpoint_is_refused_in_words(tiny_checkpoint, tmp_path, damage, words):
    path = copied(tiny_checkpoint, tmp_path / "copy")
    damage(path)
    with pytest.raises(CheckpointError, match=words):
        checkpoints.load(path)


def test_weights_that_do_not_fit_the_settings_are_refused(tiny_checkpoint, tmp_path):
    path = copied(tiny_checkpoint, tmp_path / "copy")
    edit(path, lambda d: d["config"]["model"].update(memory_items=7))
    with pytest.raises(CheckpointError, match="do not fit"):
        checkpoints.build_network(checkpoints.load(path))
