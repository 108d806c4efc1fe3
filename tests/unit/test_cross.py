"""Cross-calibration: all pictures are trained on, and each is scored by a network that had not learnt from it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from builders import random_images, tiny_config

from nnet.cli import main
from nnet.config import ConfigError
from nnet.detector import Detector
from nnet.model.network import NNet
from nnet.report import Subject, render
from nnet.saved import checkpoint as checkpoints
from nnet.scoring.calibration import calibrate
from nnet.training import loop
from nnet.training.events import EndEarly, Progress, Stopped, TrainingError
from nnet.training.loop import train
from nnet.training.pieces import cut_up
from nnet.training.schedule import folds, is_crossed, is_few, split_normals

FOLDS = 3
Crossed = tuple[Path, list[tuple[NNet, list[int], list[int]]], list[Progress]]


def settings(**more: object) -> dict[str, object]:
    return {"train__epochs": 2, "train__cross_folds": FOLDS, "model__teacher_weights": "random", **more}


def test_every_picture_is_scored_once_by_a_model_that_has_not_learnt_from_it() -> None:
    config = tiny_config(**settings()).train
    for count in (12, 13, 30, 200):
        trained, held = split_normals(count, config)
        assert (trained == np.arange(count)).all() and len(held) == min(count, 64)
        parts = folds(trained, held, config)
        assert len(parts) == FOLDS and sorted(np.concatenate([part for _, part in parts])) == held.tolist()
        for learnt, part in parts:
            assert not set(learnt) & set(part) and len(learnt) + len(part) == count
    assert is_crossed(config, 12) and not is_crossed(config, 40, validation=10), "pictures for calibration go first"
    with pytest.raises(TrainingError, match="at least 12 normal images, but found 11"):
        split_normals(11, config)


def test_it_is_proposed_where_much_is_held_out_and_possible() -> None:
    plain = tiny_config()
    assert is_few(plain, 12) and is_few(plain, 31) and not is_few(plain, 32) and not is_few(plain, 31, validation=8)
    assert not is_few(tiny_config(**settings()), 12) and not is_few(tiny_config(model__crop="0,0,0.5,1"), 12)


@pytest.fixture(scope="module")
def crossed(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, list[tuple[NNet, list[int], list[int]]], list[Progress]]:
    """A checkpoint from 12 pictures, the light models with what they learnt and scored, and what was reported."""
    made, told = [], []
    with pytest.MonkeyPatch.context() as patch:
        fit = loop._light

        def kept(*given: object) -> NNet:
            network, (learnt, scored) = fit(*given), given[-1]
            made.append((network, learnt.tolist(), scored.tolist()))
            return network

        patch.setattr(loop, "_light", kept)
        out = tmp_path_factory.mktemp("crossed") / "model"
        train(tiny_config(**settings()), random_images(12), out, device="cpu", report=told.append)
    return out, made, told


def test_the_threshold_comes_from_the_light_models_and_the_model_learns_from_all(crossed: Crossed) -> None:
    out, made, told = crossed
    saved = checkpoints.load(out)
    assert (saved.about["training_images"], saved.about["calibration_images"], saved.about["cross_folds"]) == (
        12,
        12,
        3,
    )
    images, config = random_images(12), saved.config
    expected = {}
    for network, learnt, scored in made:
        assert not set(learnt) & set(scored)
        for i in scored:
            expected[i] = Detector(network, config, "cpu").maps([images[i]])["M1"][0]
    again = calibrate({"M1": torch.stack([expected[i] for i in sorted(expected)])}, 64, config.scoring)
    np.testing.assert_allclose(saved.calibration.maps["M1"], again.maps["M1"], atol=2e-3)
    phases = [progress.phase for progress in told]
    assert phases.index("cross") > phases.index("train") and "calibrate" not in phases
    last = [progress for progress in told if progress.phase == "cross"][-1]
    assert last.done == last.total


def test_what_it_promises_is_called_an_estimate_everywhere(
    crossed: Crossed, capsys: pytest.CaptureFixture[str]
) -> None:
    out, _, _ = crossed
    saved = checkpoints.load(out)
    said = saved.calibration.for_expression().promise.sentence()
    assert "an estimate from 12 pictures, each scored by one of 3 light models" in said
    assert main(["info", "--checkpoint", str(out)]) == 0
    assert said in capsys.readouterr().out
    page = render(Subject(saved, None))
    assert said in page and "12 good ones to train with; 3 light models scored 12 of them for the threshold" in page
    assert "certain" not in said, "no certainty is claimed"


@pytest.mark.long
def test_a_run_that_ends_among_the_light_models_is_continued(tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.phase == "cross":
            raise Stopped

    config, images = tiny_config(**settings()), random_images(12)
    with pytest.raises(Stopped):
        train(config, images, tmp_path / "a", device="cpu", report=stop)
    assert not checkpoints.is_checkpoint(tmp_path / "a")
    resumed = train(config, images, tmp_path / "a", device="cpu", resume=True)
    whole = train(config, images, tmp_path / "b", device="cpu")
    assert resumed is not None and whole is not None
    assert resumed.checkpoint.weights_hash == whole.checkpoint.weights_hash
    assert resumed.calibration.for_expression().threshold == whole.calibration.for_expression().threshold


def test_of_a_model_that_is_ended_early_the_light_models_are_as_long(tmp_path: Path) -> None:
    """They follow the whole schedule as the model does, and stop where it stopped."""
    told: list[Progress] = []

    def end(progress: Progress) -> None:
        told.append(progress)
        if progress.phase == "train" and progress.epoch == 1:
            raise EndEarly

    config = tiny_config(**settings(train__epochs=3))
    found = train(config, random_images(12), tmp_path / "a", device="cpu", report=end)
    assert found is not None and found.checkpoint.about["ended_early"]["epochs"] == 1
    last = [progress for progress in told if progress.phase == "cross"][-1]
    assert last.done == last.total == FOLDS * 2, "one epoch of three, of eight pictures in batches of four"


def test_what_it_cannot_do_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"train\.cross_folds"):
        tiny_config(**settings(train__cross_folds=1))
    with pytest.raises(TrainingError, match="needs whole pictures"):
        cut_up((), tiny_config(**settings(model__crop="0,0,0.5,1")), 0, 2**20)


def test_the_field_is_left_out_of_the_hash_of_earlier_settings() -> None:
    assert "cross_folds" not in tiny_config().to_hash()["train"]
    assert tiny_config(**settings()).to_hash()["train"]["cross_folds"] == FOLDS
