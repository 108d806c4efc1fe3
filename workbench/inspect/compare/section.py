"""Inspect, two models: the same image under the chosen checkpoint and under a second one."""

import pandas as pd
import streamlit as st

from nnet.errors import NNetError
from nnet.expression import ExpressionError
from nnet.scoring import judge
from nnet.scoring.judge import Judgement
from nnet.scoring.regions import cell_to_pixel
from workbench.components import linked_pictures
from workbench.components.linked_pictures import Probe, Tile
from workbench.inspect import linked, settings
from workbench.inspect.compare import words
from workbench.inspect.scene import Scene
from workbench.shared import controls, pictures, resources, sides, sides_figures
from workbench.shared import words as shared_words
from workbench.shared.pictures import Scale
from workbench.shared.resources import Model
from workbench.shared.settings import MODEL
from workbench.shared.sides import Side

_FORMATS = ("%.3g", "%.0f %%", "%.3f", "%.1f %%", "%.4g", "%.4g")  # of the numbers in the table of both answers


def section(scene: Scene) -> None:
    """Draw it, or say why there is nothing to compare."""
    paths = resources.checkpoint_paths()
    others = [name for name in paths if name != scene.model.name]
    if not others:
        st.info(words.ONLY_ONE, icon=":material/model_training:")
        return
    name, layout = _controls(scene, others)
    try:
        model = resources.load_model(name, paths[name], str(scene.model.detector.device))
    except NNetError as error:
        st.error(words.unusable(str(error), name), icon=":material/error:")
        return
    try:
        judge.check(model.detector.config, scene.expression)
    except ExpressionError as error:
        st.warning(words.missing(str(error), name), icon=":material/rule:")
        _settings(scene.model, model)
        return
    first, second = _side(scene.model, scene, scene.judged), _side(model, scene, _judged(model, scene))
    st.markdown(words.answer(first, second))
    _table(first, second)
    _pictures(scene, first, second, layout)
    _peaks(first, second)
    _settings(scene.model, model)


def _controls(scene: Scene, others: list[str]) -> tuple[str, str]:
    """The second model's name and the layout."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        against = controls.choose(
            settings.AGAINST, others, label=words.AGAINST, kind="list", help=words.AGAINST_HELP, width=300
        )
        st.button(
            words.SWAP,
            icon=":material/swap_horiz:",
            key="swap",
            help=words.SWAP_HELP,
            on_click=_swap,
            args=(scene.model.name, against),
        )
        return against, controls.choose(settings.BESIDE, words.LAYOUTS, label=words.LAYOUT_LABEL)


def _swap(first: str, second: str) -> None:
    MODEL.set(second)
    settings.AGAINST.set(first)


def _judged(model: Model, scene: Scene) -> Judgement:
    """The image under the second model, with its threshold moved by as much as the first one's was."""
    with st.spinner(words.LOOKING, show_time=True):
        resources.trace(model, scene.loaded)
    judged = resources.judgement(model, scene.loaded, scene.expression)
    return settings.with_factor(judged, settings.THRESHOLD.value)


def _side(model: Model, scene: Scene, judged: Judgement) -> Side:
    maps = resources.trace(model, scene.loaded).maps
    return sides.side(model.name, judged, maps, resources.normal_levels(model))


def _table(first: Side, second: Side) -> None:
    st.markdown(words.SCORES_TITLE)
    st.dataframe(
        results(first, second),
        hide_index=True,
        key="compare_scores",
        column_config={
            name: st.column_config.NumberColumn(format=form, help=words.ABOVE_HELP if name == words.ABOVE else None)
            for name, form in zip(words.SCORE_COLUMNS[2:], _FORMATS, strict=True)
        },
    )


def results(first: Side, second: Side) -> pd.DataFrame:
    """One row per model: decision, score over threshold, percentile, p-value, share of the area, score, threshold."""
    rows = []
    for side in (first, second):
        reference, value = side.judged.reference, side.judged.value
        decision, share = shared_words.decision(reference, value), 100 * side.judged.share_above
        rank = reference.percentile(value), reference.p_value(value)
        rows.append((side.name, decision, side.relative, *rank, share, value, reference.threshold))
    return pd.DataFrame(rows, columns=words.SCORE_COLUMNS)


# ------------------------------------------------------------------------------------------------------ the pictures


def _pictures(scene: Scene, first: Side, second: Side, layout: str) -> None:
    scale = sides_figures.relative_scale(scene.view.scale.colour_map)
    left, right = st.columns((1, 1) if layout == "wipe" else (2, 1), gap="medium")
    with left:
        if layout == "wipe":
            _wipe(scene, first, second, scale)
        else:
            _beside(scene, first, second, scale)
        st.caption(words.SCALE_NOTE)
    with right:
        _difference(scene, first, second)


def _overlay(scene: Scene, side: Side, scale: Scale) -> str:
    edge = 1.0 if scene.view.edge is not None else None
    return pictures.data_uri(pictures.overlay(scene.loaded.shown, side.score, scale, scene.view.opacity, edge))


def _wipe(scene: Scene, first: Side, second: Side, scale: Scale) -> None:
    st.markdown(words.wipe_title(first.name, second.name))
    both, names = (_overlay(scene, first, scale), _overlay(scene, second, scale)), (first.name, second.name)
    linked.wipe(scene, "compare_pictures", both, names, settings.COMPARE_WIPE, words.WIPE_LABEL, scale)
    st.caption(words.WIPE_HINT)


def _beside(scene: Scene, first: Side, second: Side, scale: Scale) -> None:
    bar = linked_pictures.bar(scale)
    tiles = [Tile(side.name, words.BESIDE_HINT, _overlay(scene, side, scale), **bar) for side in (first, second)]
    linked.linked(scene, "compare_beside", tiles, words.BESIDE_LABEL)


def _difference(scene: Scene, first: Side, second: Side) -> None:
    values = sides.difference(first, second)
    row, column = sides.widest(values)
    x, y = cell_to_pixel(row, column, values.shape, scene.loaded.image.shape)
    tile = Tile(
        words.DIFFERENCE_TITLE,
        words.DIFFERENCE_HINT,
        pictures.data_uri(sides_figures.difference_overlay(scene.loaded.shown, values, 0.9)),
        gradient=sides_figures.difference_gradient(),
        ticks=words.ticks(first.name, second.name),
    )
    probe = Probe(values, words.DIFFERENCE_PROBE, shared_words.UNIT)
    linked.linked(scene, "compare_difference", [tile], words.DIFFERENCE_LABEL, probe=probe)
    st.markdown(words.place(x, y, float(values[row, column]), first.name, second.name))


# --------------------------------------------------------------------------------------------------- what differs


def _peaks(first: Side, second: Side) -> None:
    st.markdown(f"**{words.PEAKS_TITLE}**")
    figure = sides_figures.peaks_figure(first, second)
    controls.chart(figure, "compare_peaks", words.PEAKS_HINT, alt=words.PEAKS_TITLE, width=760)


def _settings(first: Model, second: Model) -> None:
    st.markdown(f"**{words.SETTINGS_TITLE}**")
    one, two = first.detector.checkpoint, second.detector.checkpoint
    found = sides.settings(one.config, two.config)
    if one.weights_hash == two.weights_hash and not found:
        st.markdown(words.SAME_WEIGHTS)
        return
    st.markdown(words.differences(found))
    rows = [*found, *sides.training(one, two)]
    if rows:
        controls.table(sides.settings_table(rows, first.name, second.name), explained=True)
