"""What speaks against trusting a model, on pictures and scores where the answer is known."""

from pathlib import Path

import numpy as np
import pytest

from nnet.analysis.doubts import of_training
from nnet.data.images import resize
from nnet.detector import Detector
from nnet.saved.card import write_card
from nnet.saved.checkpoint import load
from nnet.scoring import doubts
from nnet.scoring.calibration import Calibration, Kept


def parts(count: int, seed: int = 0) -> list[np.ndarray]:
    """Different parts of one kind: the same disc, each with a texture of its own."""
    rng = np.random.default_rng(seed)
    yy, xx = np.mgrid[:256, :256]
    disc = 90.0 + 100 * ((yy - 128) ** 2 + (xx - 128) ** 2 < 6400)
    coarse = rng.normal(0, 8, (count, 16, 16)).repeat(16, axis=1).repeat(16, axis=2)
    return [np.clip(disc + own, 0, 255).astype(np.uint8)[..., None].repeat(3, axis=2) for own in coarse]


def frames(count: int, seed: int = 0) -> list[np.ndarray]:
    """One part photographed again and again: noise of a camera, and light that flickers a little."""
    rng, (part,) = np.random.default_rng(seed), parts(1)
    return [
        np.clip(part * rng.uniform(0.98, 1.02) + rng.normal(0, 5, part.shape), 0, 255).astype(np.uint8)
        for _ in range(count)
    ]


def alike(images: list[np.ndarray]) -> np.ndarray:
    return doubts.near_duplicates(np.stack([doubts.small(one) for one in images]))


def test_frames_of_a_series_are_alike_and_different_parts_are_not() -> None:
    assert not alike(parts(20)).any() and alike(frames(12)).all()
    mixed = alike([*parts(9, seed=1), *frames(3)])
    assert list(mixed) == [False] * 9 + [True] * 3
    assert doubts.of_series(3, 12) == "" and doubts.of_series(0, 0) == ""
    assert doubts.of_series(9, 12).startswith("9 of 12 photos look almost the same")


def test_a_drift_is_told_from_chance() -> None:
    rng = np.random.default_rng(0)
    assert all(doubts.drift(rng.random(24)) is None for _ in range(50))
    rising = np.linspace(0.1, 0.2, 24) + rng.normal(0, 0.01, 24)
    assert doubts.drift(rising) == pytest.approx(1, abs=0.15) and doubts.drift(-rising) < -0.8
    assert doubts.drift(rising[:7]) is None and doubts.drift(np.ones(24)) is None
    assert "rise with the order" in doubts.of_drift(0.9) and "fall with the order" in doubts.of_drift(-0.9)


def test_the_highest_training_pictures_above_the_threshold_are_named() -> None:
    scores = np.array([0.1, 0.9, 0.3, 0.7, 0.2, 0.8])
    assert list(doubts.outstanding(scores, 0.5)) == [1, 5, 3] and list(doubts.outstanding(scores, 0.75)) == [1, 5]
    said = doubts.of_outstanding(["a.png", "b.png"], [3.0, 1.25])
    assert "a.png (3.0 × threshold), b.png (1.2 × threshold). Is one of these a defect?" in said
    assert "Is it a defect?" in doubts.of_outstanding(["a.png"], [2.0])


def test_all_of_it_is_asked_of_a_trained_model(tiny_checkpoint: Path) -> None:
    detector = Detector.load(tiny_checkpoint, "cpu")
    calibration = detector.calibration
    assert np.sort(calibration.scores_in_order()) == pytest.approx(calibration.for_expression().scores)
    images = np.stack([resize(one, 64) for one in frames(10)])
    keys = [f"{i}.png" for i in range(10)]
    kept = {calibration.for_expression().expression.text: Kept(1e-30, "everything is flagged")}
    strict = Calibration(calibration.maps, calibration.size, calibration.settings, calibration.levels, kept)
    found = of_training(detector, strict, images, keys, np.arange(2, 10))
    assert found[0].startswith("10 of 10 photos") and "Is one of these a defect?" in found[-1]
    assert not any(f"{i}.png" in found[-1] for i in (0, 1)), "only pictures that were learned from"


def test_the_card_asks_what_was_found(tiny_checkpoint: Path) -> None:
    loaded = load(tiny_checkpoint)
    account = "tiny", loaded.config, loaded.about, {}, loaded.calibration.summary()
    assert "## Questions\n\n- Is one of these a defect?\n" in write_card(*account, ["Is one of these a defect?"])
    assert "Questions" not in write_card(*account)
