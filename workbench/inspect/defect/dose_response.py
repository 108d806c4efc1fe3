"""From where on is a defect seen? Score, factors and maps over growing sizes or contrasts, measured on a button."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from nnet.analysis.visibility import Response, respond
from workbench.inspect import settings
from workbench.inspect.defect import cache, effect, figures, words
from workbench.inspect.defect.effect import Curves
from workbench.inspect.defect.recipe import Recipe, at_dose, damage, doses
from workbench.inspect.defect.scene import Outcome
from workbench.inspect.scene import Scene
from workbench.shared import controls, resources, spreadsheet, units
from workbench.shared.cache import BoundedCache

_RESPONSES = "studio_responses"
_KEPT = 6  # per visitor; each takes about 1 MB
_BATCH_PIXELS = 32_000_000  # damaged images that are painted at a time, in pixels together


def draw(scene: Scene, outcome: Outcome) -> None:
    """How score, factors and maps grow with the defect; runs the network on a button only."""
    recipe = outcome.recipe
    st.markdown(f"**{words.DOSE_TITLE}**")
    st.caption(words.DOSE_LEAD)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        axes = {axis: words.AXES[axis] for axis in recipe.axes}
        axis = controls.choose(settings.AXIS, axes, label=words.AXIS_LABEL)
        pressed = st.button(words.MEASURE, key="studio_measure", icon=":material/show_chart:")
    st.caption(words.estimate(len(doses(axis)), outcome.answer.milliseconds, scene.model.detector.device_name))
    key = (scene.loaded.hash, scene.model.key, at_dose(recipe, axis, 1.0), axis)
    kept: BoundedCache[tuple[object, ...], Response] = st.session_state.setdefault(_RESPONSES, BoundedCache(_KEPT))
    if pressed:
        kept.of(key, lambda: _measured(scene, recipe, axis))
    if (response := kept.get(key)) is not None:
        _show(scene, recipe.kind, response, key)


def _measured(scene: Scene, recipe: Recipe, axis: str) -> Response:
    image, total = scene.loaded.image, len(doses(axis))
    bar = st.progress(0.0, units.progress(0, total, "picture", "measured"))

    def measured(done: int) -> None:
        bar.progress(done / total, units.progress(done, total, "picture", "measured"))

    response = respond(
        scene.model.detector,
        scene.trace.maps,
        lambda dose: damage(image, at_dose(recipe, axis, dose)),
        doses(axis),
        batch=int(np.clip(_BATCH_PIXELS * 3 // image.size, 1, resources.BATCH)),
        progress=measured,
    )
    bar.empty()
    return response


def _show(scene: Scene, kind: str, response: Response, key: tuple[object, ...]) -> None:
    """The charts of a measurement, made once for each score and threshold."""
    made_for = (*key, scene.expression, scene.judged.reference.threshold)
    curves, charts = cache.DRAWN.of(made_for, lambda: _drawn(scene, kind, response, str(key[-1])))
    with st.grid(3, min_column_width=280, gap="medium") as grid:
        for title, (figure, hint) in charts.items():
            with grid.cell():
                st.markdown(words.dose_title(title, curves.axis, kind))
                controls.chart(figure, f"studio_dose_{title}", units.plain(hint), alt=hint)
    _onsets(scene, curves, kind, response)


def _drawn(scene: Scene, kind: str, response: Response, axis: str) -> tuple[Curves, dict[str, tuple[go.Figure, str]]]:
    """A measurement under the scene's score, and its charts with what to look for."""
    config = scene.model.detector.config
    levels = {
        part.text: cache.level(scene.model, part)
        for parts in effect.parts(scene.expression, response.maps)
        for part in parts
    }
    side, scoring = min(scene.loaded.image.shape[:2]), (config.model.size, config.scoring.sigma)
    curves = effect.curves(response, axis, side, scene.judged, scoring, levels)
    charts = {
        words.SCORE_CHART: (figures.scores_figure(curves, kind), words.SCORES_HINT),
        words.MAPS_CHART: (figures.lines_figure(curves, curves.maps, kind), words.LINES_HINT),
    }
    if curves.factors:
        figure = figures.lines_figure(curves, curves.factors, kind)
        charts[words.FACTORS_CHART] = (figure, words.FACTORS_HINT.format(expression=scene.expression))
    return curves, charts


def _onsets(scene: Scene, curves: Curves, kind: str, response: Response) -> None:
    maps, factors = ([words.line_onset(curves, one, kind) for one in lines] for lines in (curves.maps, curves.factors))
    left, right = st.columns(2, gap="medium")
    left.markdown("\n".join(f"- {sentence}" for sentence in [words.score_onset(curves, kind), *maps]))
    right.markdown("\n".join(f"- {sentence}" for sentence in factors))
    with right:
        st.caption(words.took(len(curves.doses), response.milliseconds))
        name = f"{words.file_stem(scene.picture.stem, kind)}-{curves.axis}.csv"
        controls.download(words.DOSE_DOWNLOAD, lambda: spreadsheet.csv(effect.table(curves)), name, "studio_csv")
