"""The tour's pictures: what a question measured, as colours. Knows no Streamlit."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go

from nnet.analysis.story import Finding, by_scale
from nnet.config import LossConfig
from nnet.units import SMALLEST, multiple
from workbench.how_it_works import words
from workbench.shared import charts, pictures, theme, units

SIDE = 320
_COLLAPSE_HEIGHT = 200
READINGS: Mapping[tuple[str, bool], tuple[str, str]] = {
    ("recalled", True): ("solid", theme.ANOMALOUS),
    ("recalled", False): ("dotted", theme.ANOMALOUS),
    ("original", True): ("dotted", theme.NORMAL),
    ("original", False): ("solid", theme.NORMAL),
}
"""`forward_target` and `moves_teacher` of a reading of the paper -> dash and colour of its line."""
_EACH_OWN = pictures.Scale(0.0, 1.0, {}, "")
_TIMES_MEAN = pictures.Scale(0.0, 2.0, {}, "")


def unlike(shown: np.ndarray, finding: Finding) -> dict[str, np.ndarray]:
    """The picture, and the distances of its cells over it."""
    distances = finding.images["unlike"]
    largest = max(float(distances.max()), SMALLEST)
    small = pictures.reduced(shown, SIDE)
    return {"picture": small, "unlike": pictures.overlay(small, distances / largest, _EACH_OWN, 0.75)}


def heatmaps(shown: np.ndarray, finding: Finding, *, calibrated: bool = True) -> dict[str, np.ndarray]:
    """Two heatmaps over the picture: with their thresholds in the middle of the colours, or up to their own peaks."""
    small = pictures.reduced(shown, SIDE)
    scale, edge = (pictures.calibrated_scale(1.0), 1.0) if calibrated else (_EACH_OWN, None)
    return {
        name: pictures.overlay(small, values, scale, 0.75 if calibrated else 1.0, edge)
        for name, values in finding.images.items()
    }


def through(shown: np.ndarray, finding: Finding) -> dict[str, np.ndarray]:
    """The damaged part, what S2 misses of it, and what got through, each up to its own peak."""
    return {"picture": pictures.reduced(shown, SIDE)} | heatmaps(
        shown,
        replace(finding, images={name: multiple(m, float(m.max())) for name, m in finding.images.items()}),
        calibrated=False,
    )


def strengths(finding: Finding) -> dict[str, np.ndarray]:
    """Variances along channels, each divided by its own mean, with their cells visible."""
    return {name: enlarged(pictures.colourised(values, _TIMES_MEAN)) for name, values in finding.images.items()}


def spreads(finding: Finding) -> str:
    """How uneven the variance of step 6 is, as HTML: two bars for each scale, before the gates and behind them. Those
    before are equally long, so that only the change is seen; the numbers stand in the tooltips."""
    pairs = by_scale(finding.numbers, "even")
    ratios = [multiple(after, before) for before, after in pairs]
    longest = max(1.0, *ratios)
    rows = [
        f'<div role="img" aria-label="{told}" title="{told}"><span>{scale}</span><p>'
        f'<i style="width:{100 / longest:.1f}%;background:{theme.THRESHOLD}"></i>'
        f'<i style="width:{100 * ratio / longest:.1f}%;background:{theme.NORMAL if is_even else theme.ANOMALOUS}"></i>'
        f"</p><span>{words.SPREAD_CHANGES[is_even]}</span></div>"
        for ratio, (scale, is_even, told) in zip(ratios, words.spreads(finding), strict=True)
    ]
    return f'<div class="nn-pairs">{"".join(rows)}<small>{words.SPREADS}</small></div>'


def bars(finding: Finding) -> str:
    """What steps 8 and 9 measured as bars with their numbers, as HTML; "" for the other steps."""
    about, found = words.bars(finding)
    if not found:
        return ""
    values = [0.0, *(value for _, value, _ in found)]
    lowest, span = min(values), max(SMALLEST, max(values) - min(values))
    rows = [
        f"<div><span>{units.indices(name)}</span><p>"
        f'<i style="margin-left:{100 * (min(0.0, value) - lowest) / span:.1f}%;width:{100 * abs(value) / span:.1f}%;'
        f'background:{theme.ANOMALOUS if value < 0 else theme.NORMAL}"></i></p><span>{told}</span></div>'
        for name, value, told in found
    ]
    return f'<div class="nn-pairs nn-named">{"".join(rows)}<small>{units.indices(about)}</small></div>'


def weighted_sum() -> str:
    """The loss as one sum, as HTML: below each term what it asks for, in the colour of whom it asks."""
    colours = {"L_RKD": theme.REVERSE, "L_KD": theme.FORWARD, "L_align": theme.FORWARD, "L_query": theme.THRESHOLD}
    terms = [
        f'<span><b style="color:{colours[name]}">{units.indices(written)}</b><small>{asked}</small></span>'
        for name, (written, asked) in words.SUM.items()
    ]
    return f'<div class="nn-sum"><span><b>L =</b></span>{"<span><b>+</b></span>".join(terms)}</div>'


def weights(loss: LossConfig) -> str:
    """What the losses of step 8 weigh in a training with these settings, as an HTML table."""
    head = "".join(f'<th scope="col">{name}</th>' for name in words.WEIGHTS_HEAD)
    rows = [
        f'<tr><th scope="row">{letter}</th>{"".join(f"<td>{units.indices(told)}</td>" for told in row)}</tr>'
        for letter, *row in words.weights(loss)
    ]
    return f'<div class="nn-weights"><table><tr>{head}</tr>{"".join(rows)}</table></div>'


def enlarged(tile: np.ndarray) -> np.ndarray:
    """A tile with its cells as squares."""
    factor = max(1, SIDE // len(tile))
    return tile.repeat(factor, axis=0).repeat(factor, axis=1)


def collapse_figure(runs: Sequence[Mapping[str, Any]], name: str) -> go.Figure:
    """One measure of several trainings over their epochs; the heading above it says which.

    Args:
        runs: as in collapse.json, one line each; those of several seeds have one colour.
        name: of the measure in each point. L_KD has a logarithmic axis.
    """
    lines = [[point for point in run["points"] if name in point] for run in runs]
    traces = [_line(points, name, _reading(run)) for run, points in zip(runs, lines, strict=True)]
    values = [point[name] for points in lines for point in points]
    if name == "L_KD":
        y = charts.log_axis("", values)
    else:
        y = charts.axis("", nticks=4, **({"range": [0.4, 1.0]} if name == "forward" else {"rangemode": "tozero"}))
    chance = [charts.level(0.5, theme.THRESHOLD, "y")] if name == "forward" else []
    return charts.chart(traces, _COLLAPSE_HEIGHT, x=charts.axis(words.EPOCH, nticks=6), y=y, shapes=chance)


def readings(runs: Sequence[Mapping[str, Any]]) -> list[tuple[str, bool]]:
    """Those that were measured, each once."""
    return list(dict.fromkeys(map(_reading, runs)))


def _reading(run: Mapping[str, Any]) -> tuple[str, bool]:
    return run["forward_target"], run["moves_teacher"]


def _line(points: Sequence[Mapping[str, float]], name: str, reading: tuple[str, bool]) -> dict[str, Any]:
    dash, colour = READINGS[reading]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [point["epoch"] for point in points],
        "y": [point[name] for point in points],
        "line": {"width": 2, "color": colour, "dash": {"dotted": "dot"}.get(dash, dash)},
        "hovertemplate": words.collapse_told(words.READINGS[reading]),
    }
