"""A training that is ended early: its last finished epoch becomes a model that says how much it had."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import encode, random_images, tiny_config

from nnet.cli import main
from nnet.presets.short import Short, short
from nnet.presets.short import ended_early as short_by
from nnet.runs import finishing
from nnet.runs.length import of_checkpoint
from nnet.saved import checkpoint as checkpoints
from nnet.saved import formats
from nnet.saved.card import ended_early, write_card
from nnet.training.events import AtOnce, Callbacks, EndEarly, Progress, Stopped, TrainingError
from nnet.training.job import TrainJob
from nnet.training.loop import run, train
from nnet.training.state import load_history

CONFIG = tiny_config(train__epochs=4, train__min_steps=0)


def at(epoch: int, what: type[Exception]) -> object:
    """Raise in the middle of an epoch, when so many are finished."""

    def report(progress: Progress) -> None:
        if progress.phase == "train" and progress.epoch == epoch:
            raise what

    return report


@pytest.fixture(scope="module")
def early(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that was ended in its fourth epoch of four."""
    out = tmp_path_factory.mktemp("early") / "model"
    assert train(CONFIG, random_images(14), out, device="cpu", report=at(3, EndEarly)) is not None
    return out


def test_it_is_a_model_that_says_how_many_of_its_steps_it_had(early: Path) -> None:
    saved, history = checkpoints.load(early), load_history(early)
    told = saved.about["ended_early"]
    each = told["planned_steps"] // 4
    assert told == {
        "epochs": 3,
        "planned_epochs": 4,
        "steps": 3 * each,
        "planned_steps": 4 * each,
        "rate_was_falling": True,
    }
    assert [entry["epoch"] for entry in history] == [1, 2, 3] and saved.calibration.n == 8
    assert not list(early.glob("resume*")), "nothing is left to be continued"
    found = of_checkpoint(saved)
    assert found is not None and found.counted == f"{3 * each} of {4 * each} planned steps"
    assert found.sentence.startswith(f"Ended early, after {found.counted}.")
    said = ended_early(told)
    assert f"after 3 of 4 planned epochs ({3 * each} of {4 * each} steps), before its learning rate" in said
    summary = saved.calibration.summary()
    assert said in write_card("part", saved.config, saved.about, {}, summary)


def test_a_killed_training_that_is_resumed_to_be_finished_is_the_same_model(early: Path, tmp_path: Path) -> None:
    out = tmp_path / "model"
    with pytest.raises(Stopped):
        train(CONFIG, random_images(14), out, device="cpu", report=at(3, Stopped))
    finished = run(TrainJob(CONFIG, out, device="cpu", resume=True), random_images(14), AtOnce())
    assert finished is not None
    assert finished.checkpoint.weights_hash == checkpoints.load(early).weights_hash


def test_without_a_finished_epoch_there_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="No finished epoch is kept"):
        train(CONFIG, random_images(14), tmp_path / "model", device="cpu", report=at(0, EndEarly))
    assert not checkpoints.is_checkpoint(tmp_path / "model")


def test_the_wish_to_end_early_is_taken_back_unless_the_model_has_been_made_of_it(tmp_path: Path) -> None:
    for is_wanted in (True, False, True):
        finishing.wish(tmp_path, is_wanted)
        assert finishing.is_asked(tmp_path) == is_wanted
    (tmp_path / formats.CONFIG).touch()
    finishing.wish(tmp_path, False)
    assert finishing.is_asked(tmp_path)


def test_few_steps_of_a_preset_are_said_of_one_that_was_ended_early_too() -> None:
    assert short(272, "small", planned=480) == Short(272, 600, "small", 480)
    assert "; the preset Small makes at least 600." in Short(272, 600, "small", 480).sentence
    assert short(700, "small", planned=800) == Short(700, 600, "small", 800) and short(700, "small") is None
    assert "preset" not in Short(700, 600, "small", 800).sentence
    assert short_by({"ended_early": {"steps": 8, "planned_steps": 600}}) == Short(8, 0, "", 600)
    assert short_by({"training_images": 4}) is None


@pytest.mark.long
def test_the_command_line_finishes_an_interrupted_training(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, out = tmp_path / "part", tmp_path / "model"
    data.mkdir()
    for number, image in enumerate(random_images(14)):
        (data / f"{number:02}.png").write_bytes(encode(image))
    known = ["--data", str(data), "--out", str(out), "--device", "cpu", "--random-teacher", "--size", "64"]
    known += ["--teacher", "test_resnet", "--epochs", "3", "--batch-size", "4"]
    command = ["train", *known]
    assert main([*command, "--finish"]) == 1
    assert "needs --resume and an interrupted run" in capsys.readouterr().err
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nnet.cli.train.Bars", lambda quiet: _Breaking())
        assert main(command) == 130
    capsys.readouterr()
    assert main([*command, "--resume", "--finish"]) == 0
    assert "It was ended early, after 2 of 3 planned epochs" in capsys.readouterr().out
    assert main(["info", "--checkpoint", str(out)]) == 0
    assert "It was ended early, after 2 of 3 planned epochs" in capsys.readouterr().out


class _Breaking(Callbacks):
    """Ctrl-C in the third epoch."""

    def __enter__(self) -> _Breaking:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def report(self, progress: Progress) -> None:
        if progress.phase == "train" and progress.epoch == 2:
            raise KeyboardInterrupt
