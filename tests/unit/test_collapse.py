"""The readings of the forward branch: how they are measured, and that page and document show what was measured."""

from pathlib import Path

import numpy as np
import pytest
from builders import random_images, tiny_config

from benchmarks.collapse import MEASURES, READINGS, Curve, table
from nnet.training.loop import train
from workbench.how_it_works import collapse, figures, words

CHOICES = Path(__file__).parents[2] / "docs" / "choices.md"


@pytest.mark.long
def test_a_training_is_measured_at_its_beginning_and_end(tmp_path: Path) -> None:
    defective = np.arange(6) % 2 == 1
    curve = Curve((random_images(6, seed=1), defective), looks=1)
    train(tiny_config(train__epochs=2), random_images(14), tmp_path / "run", device="cpu", watch=curve)
    first, last = curve.points
    assert (first["epoch"], last["epoch"]) == (0, 2) and "L_KD" not in first and last["L_KD"] > 0
    for point in (first, last):
        assert all(0 <= point[name] <= 1 for name in ("forward", "reverse", "paper", "gate", "channels"))
    assert first["gate"] == pytest.approx(0.25, abs=0.02)  # two sigmoids of nearly 0
    assert first["gate"] != last["gate"]


def test_every_reading_is_named_and_what_was_measured_is_drawn() -> None:
    runs = collapse.measured()["runs"]
    assert set(READINGS) == set(words.READINGS) == set(figures.READINGS)
    assert set(READINGS[:2]) <= set(figures.readings(runs)) <= set(READINGS)
    for name, _ in words.COLLAPSE_CHARTS:
        figure = figures.collapse_figure(runs, name)
        assert [list(line.y) for line in figure.data] == [[p[name] for p in run["points"] if name in p] for run in runs]
        assert (figure.layout.yaxis.type == "log") == (name == "L_KD")


def test_the_document_has_the_table_of_what_was_measured() -> None:
    assert set(MEASURES) >= {name for name, _ in words.COLLAPSE_CHARTS}
    assert "\n".join(table(collapse.measured()["runs"])) in CHOICES.read_text(encoding="utf-8")
