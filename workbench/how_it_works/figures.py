"""The tour's pictures: what a question measured, as colours. Knows no Streamlit."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go

from nnet.analysis.atlas import Atlas, mosaic
from nnet.analysis.gated import Gated
from nnet.analysis.story import Finding
from nnet.config import LossConfig
from nnet.studies import Measured
from nnet.units import SMALLEST, multiple
from workbench.how_it_works import words
from workbench.shared import charts, pictures, small_damages, theme, units
from workbench.shared.small_damages import KINDS

SIDE = 320
_COLLAPSE_HEIGHT, _LOSSES_HEIGHT, _LARGE_HEIGHT = 200, 125, 190
_TERMS = {
    "L_RKD": (theme.REVERSE, 0.9),
    "L_KD": (theme.FORWARD, 0.9),
    "L_align": (theme.FORWARD, 0.35),
    "L_query": (theme.THRESHOLD, 0.9),
}
"""Colour and opacity of each term of the loss."""
READINGS: Mapping[tuple[str, bool], tuple[str, str]] = {
    ("recalled", True): ("solid", theme.ANOMALOUS),
    ("recalled", False): ("dotted", theme.ANOMALOUS),
    ("original", True): ("dotted", theme.NORMAL),
    ("original", False): ("solid", theme.NORMAL),
}
"""`forward_target` and `moves_teacher` of a reading of the paper -> dash and colour of its line."""
_EACH_OWN = pictures.Scale(0.0, 1.0, {}, "")
_FEATURES = "viridis"
"""Not that of the heatmaps, since it means something else."""
_MOST = 99
"""Percentile of a channel's sizes at which its colours end."""


def unlike(shown: np.ndarray, finding: Finding) -> dict[str, np.ndarray]:
    """The picture, and the distances of its cells over it."""
    distances = finding.images["unlike"]
    largest = max(float(distances.max()), SMALLEST)
    small = pictures.reduced(shown, SIDE)
    return {"picture": small, "unlike": pictures.overlay(small, distances / largest, _EACH_OWN, 0.75)}


def heatmaps(shown: np.ndarray, finding: Finding) -> dict[str, np.ndarray]:
    """Two heatmaps over the picture, from 0 to 1."""
    small = pictures.reduced(shown, SIDE)
    return {name: pictures.overlay(small, values, _EACH_OWN, 1.0) for name, values in finding.images.items()}


def through(shown: np.ndarray, finding: Finding) -> dict[str, np.ndarray]:
    """The damaged part, what S2 misses of it, and what got through, both in the same colours."""
    peak = max(float(values.max()) for values in finding.images.values())
    images = {name: multiple(values, peak) for name, values in finding.images.items()}
    return {"picture": pictures.reduced(shown, SIDE)} | heatmaps(shown, replace(finding, images=images))


def gated(shown: Gated) -> dict[str, np.ndarray]:
    """How large a channel's features are before its gates, the gates from black (the smallest) to white (the largest),
    and the features behind them, brightened as if the largest gate were 1, so that only what differs is seen."""
    top, least, largest = (float(one) for one in (np.percentile(np.abs(shown.before), _MOST), *_ends(shown.gates)))
    before, after = (
        pictures.colourised(np.abs(one), pictures.Scale(0.0, max(end, SMALLEST), {}, "", _FEATURES))
        for one, end in ((shown.before, top), (shown.after, top * largest))
    )
    grey = np.rint(255 * multiple(shown.gates - least, largest - least)).astype(np.uint8)
    tiles = {"before": before, "gates": grey[..., None].repeat(3, axis=-1), "after": after}
    return {name: enlarged(tile) for name, tile in tiles.items()}


def _ends(values: np.ndarray) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def rebuilt(shown: np.ndarray, finding: Finding, atlas: Atlas) -> dict[str, np.ndarray]:
    """The picture, and what the memory answers, of few items and of all: rebuilt from training patches."""
    answers = {name: mosaic(finding.images[name], atlas) for name in ("few", "every")}
    return {"picture": pictures.reduced(shown, SIDE)} | answers


def far(finding: Finding) -> str:
    """How far patches of step 5 are from their answers, of few items and of all, as HTML: two bars for each."""
    rows = words.far(finding)
    longest = max(max(pair) for _, pair, _, _ in rows)
    colours = theme.REVERSE, theme.THRESHOLD
    drawn = [
        (name, [(multiple(value, longest), colour) for value, colour in zip(pair, colours, strict=True)], change, told)
        for name, pair, change, told in rows
    ]
    return _pairs(drawn, words.FAR)


def found_alone(finding: Finding) -> str:
    """Each damage of step 3 as two dots, a kind in a row from tiny to small: filled where that student finds it."""
    colours = theme.FORWARD, theme.REVERSE
    scores = finding.images["scores"]
    rows = []
    framed = {int(finding.numbers[name]) for name in ("forward_at", "reverse_at") if name in finding.numbers}
    for row, (kind, of_kind) in enumerate(zip(KINDS, scores.reshape(len(KINDS), -1, 2), strict=True)):
        pairs = []
        for column, both in enumerate(of_kind):
            at = row * len(of_kind) + column
            told = words.found_alone(small_damages.named(at), both)
            frame = ' class="nn-framed"' if at in framed else ""
            dots = "".join(
                f'<i style="border-color:{colour};background:{colour if score > 1 else "none"}"></i>'
                for colour, score in zip(colours, both, strict=True)
            )
            pairs.append(f'<span{frame} role="img" aria-label="{told}" title="{told}">{dots}</span>')
        rows.append(f"<div><b>{kind}</b>{''.join(pairs)}</div>")
    entries = [("filled", colour, name) for colour, name in zip(colours, words.FINDS, strict=True)]
    head = "".join(f"<small>{strength}</small>" for strength in words.STRENGTHS)
    return (
        f'<div class="nn-found"><section><div><b></b>{head}</div>{"".join(rows)}</section>'
        f"{charts.key([*entries, ('open', theme.THRESHOLD, words.MISSED)])}</div>"
    )


def _pairs(rows: Sequence[tuple[str, Sequence[tuple[float, str]], str, str]], below: str) -> str:
    """Two bars in a row, as HTML: the row's name, each bar's share of the room and its colour, what stands behind them,
    and all of it in a sentence."""
    drawn = [
        f'<div role="img" aria-label="{told}" title="{told}"><span>{name}</span><p>'
        + "".join(f'<i style="width:{100 * share:.1f}%;background:{colour}"></i>' for share, colour in both)
        + f"</p><span>{change}</span></div>"
        for name, both, change, told in rows
    ]
    return f'<div class="nn-pairs">{"".join(drawn)}<small>{below}</small></div>'


def bars(finding: Finding, study: Mapping[str, Measured]) -> str:
    """What each part helps, in the paper, in a study and here, as HTML: columns of bars, to the left where it harms."""
    found = words.helps(finding, study)
    columns = list(zip(*(facts for _, facts in found), strict=True))
    if not study:
        del columns[1]
    colours = (theme.PAPER, theme.NORMAL, theme.THRESHOLD) if study else (theme.PAPER, theme.THRESHOLD)
    values = [[value for value, _ in column] for column in columns]
    gains, kept = [value for column in values[:-1] for value in column], values[-1]
    drawn = []
    for column, own, colour in zip(columns, values, colours, strict=True):
        plain = _helps(own, kept if own is kept else gains, colour)
        drawn.append([f"{bar}<span>{told}</span>" for bar, (_, told) in zip(plain, column, strict=True)])
    rows = [
        f"<div><b>{units.indices(name)}</b>{''.join(cells)}</div>"
        for (name, _), *cells in zip(found, *drawn, strict=True)
    ]
    heads = [one for number, one in enumerate(words.HELPS_HEAD) if study or number != 1]
    head = "".join(f"<small>{units.indices(one)}</small>" for one in heads)
    style = f"--nn-columns:{len(columns)}"
    return f'<div class="nn-helps" style="{style}"><div><b></b>{head}</div>{"".join(rows)}</div>'


def experiments(told: Mapping[str, str]) -> str:
    """What each experiment says, as HTML side by side, and why they disagree."""
    cards = _cards(told)
    return (
        f'<div class="nn-three"><b>{words.EXPERIMENTS}</b><div>{cards}</div><p>{words.DISAGREE}</p>'
        f"<p>{units.indices(words.FAILS)}</p></div>"
    )


def lesson(told: Mapping[str, str]) -> str:
    """What the paper claims, what this model does and why they may differ, as HTML side by side."""
    return f'<div class="nn-three"><div>{_cards(told)}</div></div>'


def _cards(told: Mapping[str, str]) -> str:
    return "".join(f"<section><b>{title}</b><p>{units.indices(said)}</p></section>" for title, said in told.items())


def _helps(values: Sequence[float], together: Sequence[float], colour: str) -> list[str]:
    """Bars from one zero, on the scale of all that they are compared with; to the left in the colour of losses."""
    low, high = min(0.0, *together), max(SMALLEST, *together)
    zero = f"--nn-zero:{100 * -low / (high - low):.1f}%"
    return [
        f'<p style="{zero}"><i style="margin-left:{100 * (min(0.0, value) - low) / (high - low):.1f}%;'
        f'width:{100 * abs(value) / (high - low):.1f}%;background:{theme.ANOMALOUS if value < 0 else colour}"></i></p>'
        for value in values
    ]


def losses(finding: Finding, *, large: bool) -> go.Figure:
    """How the loss was made up over the training: a band for each term, in the colours of the sum."""
    shares = finding.images["shares"]
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "x": finding.images["epochs"],
            "y": 100 * shares[:, place],
            "stackgroup": "loss",
            "line": {"width": 0.5, "color": colour},
            "fillcolor": charts.faint(colour, opacity),
            "hovertemplate": words.share_told(name),
        }
        for place, (name, (colour, opacity)) in enumerate(_TERMS.items())
    ]
    y = charts.axis("", range=[0, 100], tickvals=[0, 50, 100], ticktext=["0", "50 %", "100 %"], fixedrange=True)
    ended = [charts.level(finding.numbers["aligned"] + 0.5, theme.THRESHOLD)] if _ended(finding) else []
    x, height = charts.axis(words.EPOCH, nticks=6, fixedrange=True), _LARGE_HEIGHT if large else _LOSSES_HEIGHT
    return charts.chart(traces, height, x=x, y=y, shapes=ended)


def losses_key(finding: Finding) -> str:
    """What the bands are, and of which nothing can be seen."""
    most = dict(zip(_TERMS, finding.images["shares"].max(axis=0), strict=True))
    names = {name: words.TERM_NAMES[name] for name in _TERMS}
    told = {name: words.THIN.format(term=one) if most[name] < words.TOO_THIN else one for name, one in names.items()}
    return charts.key(("square", charts.faint(*one), told[name]) for name, one in _TERMS.items())


def _ended(finding: Finding) -> bool:
    return 0 < finding.numbers["aligned"] < finding.numbers["epoch"]


def weighted_sum(loss: LossConfig, *, is_answered: bool) -> str:
    """The loss as one sum, as HTML: below each term what it asks for, in the colour of whom it asks; and its weight,
    once the step is answered."""
    used = words.weights_used(loss) if is_answered else {}
    terms = [
        f'<span><b style="color:{_TERMS[name][0]}">{units.indices(written)}</b><small>{asked}</small>'
        f"<small>{used.get(name, '')}</small></span>"
        for name, (written, asked) in words.SUM.items()
    ]
    return f'<div class="nn-sum"><span><b>L =</b></span>{"<span><b>+</b></span>".join(terms)}</div>'


def weights(loss: LossConfig, finding: Finding | None = None) -> str:
    """What the losses of step 8 weigh in a training with these settings, as an HTML table; with an answer also what was
    measured."""
    head = "".join(f'<th scope="col">{name}</th>' for name in words.WEIGHTS_HEAD)
    rows = [
        f'<tr><th scope="row">{letter}</th>'
        + "".join(
            f'<td data-name="{name}">{units.indices(told)}</td>'  # said before it where there is no room for a column
            for name, told in zip(words.WEIGHTS_HEAD[1:], row, strict=False)
        )
        + "</tr>"
        for letter, *row in words.weights(loss, None if finding is None else finding.numbers)
    ]
    below = "" if finding is None else f"<p>{words.READING}</p>"
    return f'<div class="nn-weights"><table><tr>{head}</tr>{"".join(rows)}</table>{below}</div>'


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
