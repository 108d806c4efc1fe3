"""The chart and the example of the Watch page: entries and scores in, figures and pictures out."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from nnet.scoring.judge import Judgement
from nnet.watch.journal import ANOMALOUS, NORMAL, Entry
from nnet.watch.table import shown
from workbench.shared import charts, pictures, theme
from workbench.watch import words

_HEIGHT = 220
_COLOURS = {NORMAL: theme.NORMAL, ANOMALOUS: theme.ANOMALOUS}


def trend(entries: Sequence[Entry]) -> go.Figure:
    """Scores in units of the threshold over the pictures' numbers; unreadable pictures have none.

    Args:
        entries: in any order; at least one has a score.
    """
    traces = []
    for decision, colour in _COLOURS.items():
        those = [entry for entry in entries if entry.decision == decision and entry.times_threshold is not None]
        traces.append(
            charts.scatter(
                x=[entry.number for entry in those],
                y=[entry.times_threshold for entry in those],
                customdata=[shown(entry.name) for entry in those],
                mode="markers",
                name=words.COUNTS[decision],
                marker={"color": colour, "size": 6},
                hovertemplate=words.TREND_TOLD,
            )
        )
    # Whole numbers alone, since a picture is one.
    x = charts.axis(words.TREND_X, tickformat=",d")
    threshold = charts.level(1.0, theme.THRESHOLD, "y")
    return charts.chart(traces, _HEIGHT, x=x, y=charts.axis(words.TREND_Y, rangemode="tozero"), shapes=[threshold])


def example(shown: np.ndarray, judged: Judgement) -> np.ndarray:
    """A picture under its heatmap, uint8, with what is flagged outlined."""
    return pictures.heatmap(pictures.reduced(shown, 480), judged.score, judged.reference.threshold, 0.7)
