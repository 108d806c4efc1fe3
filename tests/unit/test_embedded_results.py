"""What the embedded models keep of their own test pictures is what their metrics.json and their threshold say."""

import json
from pathlib import Path

import numpy as np
import pytest

from nnet.analysis import stored
from nnet.saved import checkpoint
from nnet.scoring.metrics import auroc, average_precision, best_f1

EMBEDDED = Path(__file__).parents[2] / "checkpoints"


@pytest.mark.parametrize("name", ["elpv-mono", "synthetic-cog"])
def test_scores_of_pictures_give_the_metrics_that_are_recorded(name: str) -> None:
    loaded = checkpoint.load(EMBEDDED / name)
    recorded = json.loads((EMBEDDED / name / "metrics.json").read_text())
    (found,) = stored.read(loaded)
    defective = np.array(found.labels) != "good"
    assert found.sha256 == recorded["data"]["sha256"] == loaded.about["data"]["sha256"]
    assert (int((~defective).sum()), int(defective.sum())) == (found.data["test_normal"], found.data["test_defective"])
    assert found.results[0].expression.text == loaded.config.score.expression
    for result in found.results:
        values = recorded["scores"][result.expression.text]
        measured = auroc(result.scores, defective), average_precision(result.scores, defective)
        assert measured == pytest.approx((values["i_auroc"], values["i_ap"]), abs=1e-12)
        assert best_f1(result.scores, defective).f1 == pytest.approx(values["i_f1"]["f1"], abs=1e-12)
        for metric, (low, high) in found.intervals[result.expression.text].items():
            value = values[metric]["f1"] if metric == "i_f1" else values[metric]
            assert low <= value <= high
