"""A picture at the very threshold is good, and the least above it is not: on every page and in every program alike."""

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from builders import random_images
from PIL import Image

from nnet.cli import main
from nnet.detector import Detector
from nnet.export.graph import Graph
from nnet.report import svg
from nnet.saved import kept_thresholds
from nnet.scoring.calibration import Kept
from nnet.scoring.maps import MAP_NAMES
from nnet.scoring.metrics.bootstrap import rate_intervals
from nnet.scoring.operating_point import for_best_f1, for_false_alarm_rate, for_miss_rate
from workbench.evaluate import decisions
from workbench.shared import words

AT = 0.4
SCORES, DEFECTIVE = np.array([0.1, AT, 0.5, 0.2, AT, 0.8]), np.array([False, False, False, True, True, True])
UNDER = float(np.nextafter(AT, 0))


@pytest.mark.parametrize(("threshold", "good", "found"), [(AT, 1, 1), (UNDER, 2, 2)])
def test_evaluate_and_the_report_count_alike(threshold: float, good: int, found: int) -> None:
    assert decisions.counts(SCORES, DEFECTIVE, threshold) == (3 - good, good, 3 - found, found)
    missed, alarms = decisions.worst(SCORES, DEFECTIVE, threshold)
    assert (len(missed), len(alarms)) == (3 - found, good)
    assert svg._shares(SCORES, DEFECTIVE, threshold) == pytest.approx((good / 3, found / 3))
    none, one = (rate_intervals(SCORES, DEFECTIVE, at) for at in (SCORES.max(), np.nextafter(SCORES.max(), 0)))
    assert none["recall"][0] == 0 < one["recall"][0] and "precision" not in none


def test_no_score_lies_on_a_threshold_that_was_aimed_at() -> None:
    near = np.array([0.3, np.nextafter(0.3, 1), 0.5])
    labels = np.array([False, True, True])
    for scores, defective in ((SCORES, DEFECTIVE), (near, labels)):
        for at in (for_best_f1(scores, defective), for_miss_rate(scores, defective, 0)):
            assert np.array_equal(scores > at, scores >= scores[scores > at].min()) and np.all(scores[defective] > at)
        assert not np.any(scores[~defective] > for_false_alarm_rate(scores, defective, 0))


def test_inspect_and_the_command_line_decide_alike(
    detector: Detector, trained_checkpoint: Path, tmp_path: Path
) -> None:
    [image] = random_images(1, seed=5)
    Image.fromarray(image).save(tmp_path / "one.png")
    value = detector.score([image])[0].value
    own = detector.calibration.for_expression()
    for name, threshold, flagged in (("at", value, False), ("under", float(np.nextafter(np.float32(value), 0)), True)):
        chosen = own.with_threshold(threshold)
        assert chosen.is_anomalous(value) is flagged
        assert (words.decision(chosen, value) == words.decision(own, np.inf)) is flagged
        model = Path(shutil.copytree(trained_checkpoint, tmp_path / name))
        kept_thresholds.keep(model, own.expression.text, Kept(threshold, ""))
        assert main(["score", "--checkpoint", str(model), str(tmp_path / "one.png"), "--out", str(tmp_path / "o")]) == 0
        with (tmp_path / "o" / "scores.csv").open(encoding="utf-8-sig") as stream:
            assert [row["anomalous"] for row in csv.DictReader(stream)] == [str(int(flagged))]


def test_an_exported_model_decides_alike(detector: Detector) -> None:
    own, side = detector.calibration.for_expression(), detector.config.model.map_size
    maps = {name: torch.rand(1, side, side) for name in MAP_NAMES}
    value = float(Graph(detector, own).judge(maps)["score"][0])
    for threshold, flagged in ((value, False), (float(np.nextafter(value, 0)), True)):
        assert bool(Graph(detector, own.with_threshold(threshold)).judge(maps)["anomalous"][0]) is flagged
