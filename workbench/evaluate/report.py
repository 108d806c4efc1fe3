"""The report: one HTML file that needs no network. Its frame is report.html.jinja, which escapes every text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from nnet.analysis import evaluation
from nnet.analysis.subsets import Attribution
from nnet.saved.provenance import provenance, versions
from nnet.scoring.metric_names import SHORT_NAMES
from workbench.evaluate import cache, decisions, figures, layouts, tables, words
from workbench.evaluate.metrics import curve_charts
from workbench.evaluate.scene import Scene, measured_just_now
from workbench.shared import theme, units
from workbench.shared import words as shared_words

_TILES = 8  # images in each gallery


@dataclass(frozen=True)
class Section:
    """A part of the report, in the order in which it is shown; what is empty is left out.

    Attributes:
        title: its heading.
        sentences: each a paragraph.
        markup: HTML that is ready.
        table: a bool is shown as a dot or nothing, a float with four digits.
        facts: names and values, one a line.
        pictures: (data URI, caption) of each.
        charts: title -> figure.
        hint: a sentence in small letters.
    """

    title: str
    sentences: Sequence[str] = ()
    markup: Markup = field(default_factory=Markup)
    table: pd.DataFrame | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    pictures: Sequence[tuple[str, str]] = ()
    charts: Mapping[str, go.Figure] = field(default_factory=dict)
    hint: str = ""


def report(scene: Scene, threshold: float, found: Attribution | None) -> bytes:
    """The report on everything that is known, as UTF-8.

    Args:
        threshold: on the chosen score.
        found: the scored subsets of the maps; shown if all are there.
    """
    sections = [
        Section(words.REPORT_TITLES["metrics"], table=tables.metrics(scene.results), hint=words.TERMS_HELP),
        *_curves(scene, threshold),
        _threshold(scene, threshold),
        *_galleries(scene, threshold),
        *([_maps(found)] if found is not None and found.complete else []),
        _images(scene),
        Section(words.REPORT_TITLES["origin"], facts=_facts(scene, threshold)),
    ]
    evidence, dataset = measured_just_now(scene)
    normal = int(np.sum(~scene.defective))
    lead = words.rests_on(normal, len(evidence) - normal, len(evaluation.labelled(dataset)) - len(evidence.problems))
    return rendered(words.report_title(scene.pictures.name, scene.model.name), lead, sections)


def rendered(title: str, lead: str, sections: Sequence[Section]) -> bytes:
    """The HTML file: the chart library is inside, nothing is loaded from anywhere."""
    environment = Environment(loader=PackageLoader(__package__, ""), autoescape=True, trim_blocks=True)
    environment.filters |= {"cell": _cell, "chart": _chart}
    page = environment.get_template("report.html.jinja")
    return page.render(
        title=title,
        lead=lead,
        sections=sections,
        plotly=Markup(get_plotlyjs()),
        style=Markup(theme.STYLE.read_text("utf-8")),
        product=shared_words.PRODUCT,
    ).encode()


def _cell(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return "●" if value else ""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return words.NOT_AVAILABLE
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _chart(figure: go.Figure) -> Markup:
    shown = go.Figure(figure).update_layout(
        template="plotly_white", margin={"l": 56, "r": 16, "t": 36, "b": 48}, dragmode="zoom"
    )
    config = {"displaylogo": False, "responsive": True, "modeBarButtonsToRemove": ["lasso2d", "select2d"]}
    return Markup(shown.to_html(full_html=False, include_plotlyjs=False, config=config))


# ---------------------------------------------------------------------------------------------------------- sections


def _curves(scene: Scene, threshold: float) -> list[Section]:
    levels = ("images", "pixels") if scene.evidence is not None and scene.evidence.has_masks else ("images",)
    return [
        Section(
            words.REPORT_TITLES[level],
            charts={
                words.CURVE_TITLES[name]: figure
                for name, figure in curve_charts(scene.scored, threshold, level, scene.defective).items()
            },
            hint=words.report_curves_hint(scene.result.expression.text),
        )
        for level in levels
    ]


def _threshold(scene: Scene, threshold: float) -> Section:
    scores, defective = scene.result.scores, scene.defective
    counts = decisions.counts(scores, defective, threshold)
    unit = max(scene.own_threshold, 1e-12)
    chart = figures.histogram_figure(scores / unit, defective, threshold / unit, 1.0)
    return Section(
        words.REPORT_TITLES["threshold"],
        [words.decided(*counts)],
        Markup(figures.confusion_html(counts)),
        charts={words.REPORT_SCORES: chart},
        hint=words.HISTOGRAM_HINT,
    )


def _galleries(scene: Scene, threshold: float) -> list[Section]:
    missed, alarms = decisions.worst(scene.result.scores, scene.defective, threshold)
    sections = []
    for title, which in ((words.MISSES, missed), (words.ALARMS, alarms)):
        images = scene.images(which)
        told = map(shared_words.against_threshold, images.scores)
        pictures = [
            (cache.thumbnail(scene, int(i), square=True), f"{key}, {ratio}")
            for i, key, ratio in list(zip(which, images.keys, told, strict=True))[:_TILES]
        ]
        if pictures:
            sections.append(Section(title, pictures=pictures))
    return sections


def _maps(found: Attribution) -> Section:
    metrics = [metric for metric in ("i_auroc", "p_ap") if metric in found.metrics]
    return Section(
        words.REPORT_TITLES["maps"],
        [words.carries(found.shapley(m), m).replace("**", "") for m in metrics],
        table=tables.subsets(found, metrics[0]),
        charts={words.report_shapley(m): figures.shapley_figure(found.shapley(m), SHORT_NAMES[m]) for m in metrics},
        hint=words.SUBSETS_HINT,
    )


def _images(scene: Scene) -> Section:
    laid_out = layouts.layout(scene, "pca", "image")
    figure = figures.embedding_figure(laid_out.points, scene.images(laid_out.which), "type")
    title = words.REPORT_TITLES["layout"]
    return Section(title, charts={words.REPORT_POINTS: figure}, hint=words.explained(laid_out.share or 0.0))


def _facts(scene: Scene, threshold: float) -> dict[str, object]:
    origin, checkpoint = provenance(), scene.model.detector.checkpoint
    _, dataset = measured_just_now(scene)
    return {
        "Data": f"{dataset.name} ({dataset.layout}), {dataset.source}",
        "Licence of the data": dataset.licence,
        "SHA-256 of the data": scene.pictures.hash,
        "Model": scene.model.name,
        "SHA-256 of the weights": checkpoint.weights_hash,
        "Network input": units.pixels(*(2 * [scene.model.detector.config.model.size])),
        "Score": scene.result.expression.text,
        "Threshold": f"{threshold:.6g}",
        "Commit": origin["commit"],
        "Made": origin["created"],
        "Versions": ", ".join(f"{name} {version}" for name, version in versions().items()),
    }
