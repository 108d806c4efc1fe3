"""Inspect, two models: the same image under the chosen checkpoint and under a second one."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from nnet.errors import NNetError
from nnet.expression import ExpressionError
from nnet.scoring import judge
from nnet.scoring.judge import Judgement
from nnet.scoring.regions import cell_to_pixel
from workbench.components import linked_pictures, wipe
from workbench.components.linked_pictures import Probe, Tile
from workbench.inspect import agreement, settings
from workbench.inspect.compare import words
from workbench.inspect.scene import Scene
from workbench.shared import chosen_pixel, pictures, resources, session, sides, sides_figures, text
from workbench.shared.pictures import Scale
from workbench.shared.resources import Model
from workbench.shared.sides import Side


def section(scene: Scene) -> None:
    """Draw it, or say why there is nothing to compare."""
    paths = resources.checkpoint_paths()
    others = [name for name in paths if name != scene.model.name]
    if not others:
        st.info(words.ONLY_ONE, icon=":material/model_training:")
        return
    layout = _controls(scene, others)
    name = st.session_state["against"]
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


def _controls(scene: Scene, others: list[str]) -> str:
    session.remember("against", others[0], session.one_of(others))
    session.remember("beside", "wipe", session.one_of(words.LAYOUTS))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(words.AGAINST, others, key="against", help=words.AGAINST_HELP, width=300)
        st.button(
            words.SWAP,
            icon=":material/swap_horiz:",
            key="swap",
            help=words.SWAP_HELP,
            on_click=_swap,
            args=(scene.model.name, st.session_state["against"]),
        )
        return st.segmented_control(
            "Layout", list(words.LAYOUTS), format_func=words.LAYOUTS.get, key="beside", required=True
        )


def _swap(first: str, second: str) -> None:
    st.session_state["model"], st.session_state["against"] = second, first


def _judged(model: Model, scene: Scene) -> Judgement:
    """The image under the second model, with its threshold moved by as much as the first one's was."""
    with st.spinner("Looking at the picture with the second model…", show_time=True):
        resources.trace(model, scene.loaded)
    judged = resources.judgement(model, scene.loaded, scene.expression)
    factor = settings.threshold_factor()
    if factor == 1:
        return judged
    return Judgement(judged.score, judged.value, settings.with_factor(judged.reference, factor))


def _side(model: Model, scene: Scene, judged: Judgement) -> Side:
    maps = resources.trace(model, scene.loaded).maps
    return sides.side(model.name, judged, maps, resources.normal_levels(model))


def _table(first: Side, second: Side) -> None:
    st.markdown(f"**{words.SCORES_TITLE}** · scores have no unit")
    st.dataframe(
        results(first, second),
        hide_index=True,
        key="compare_scores",
        column_config={
            "Score": st.column_config.NumberColumn(format="%.4g"),
            "Threshold": st.column_config.NumberColumn(format="%.4g"),
            "In thresholds": st.column_config.NumberColumn(format="%.3g"),
            "Percentile": st.column_config.NumberColumn(format="%.0f %%"),
            "p-value": st.column_config.NumberColumn(format="%.3f"),
            "Above threshold": st.column_config.NumberColumn(format="%.1f %%", help="Share of the image's area."),
        },
    )


def results(first: Side, second: Side) -> pd.DataFrame:
    """One row per model: decision, score, threshold, their ratio, percentile, p-value, share of the area."""
    rows = []
    for side in (first, second):
        reference, value = side.judged.reference, side.judged.value
        rows.append(
            {
                "Model": side.name,
                "Decision": "Anomalous" if side.judged.is_anomalous else "Normal",
                "Score": value,
                "Threshold": reference.threshold,
                "In thresholds": side.relative,
                "Percentile": reference.percentile(value),
                "p-value": reference.p_value(value),
                "Above threshold": 100 * side.judged.share_above,
            }
        )
    return pd.DataFrame(rows)


# ------------------------------------------------------------------------------------------------------ the pictures


def _pictures(scene: Scene, first: Side, second: Side, layout: str) -> None:
    colours = scene.view.scale.colour_map
    ticks = {0.0: "0", 1.0: "1 = own threshold", 2.0: "≥ 2"}
    scale = Scale(0.0, 2.0, ticks, "times the model's own threshold", colours)
    left, right = st.columns((1, 1) if layout == "wipe" else (2, 1), gap="medium")
    with left:
        if layout == "wipe":
            _wipe(scene, first, second, scale)
        else:
            _beside(scene, first, second, scale)
        st.caption(words.SCALE_NOTE)
    with right:
        _difference(scene, first, second)


def _overlays(scene: Scene, both: tuple[Side, Side], scale: Scale) -> list:
    edge = 1.0 if scene.view.edge is not None else None
    return [pictures.overlay(scene.loaded.shown, side.score, scale, scene.view.opacity, edge) for side in both]


def _wipe(scene: Scene, first: Side, second: Side, scale: Scale) -> None:
    session.remember("compare_wipe", 50, session.whole_number(0, 100))
    height, width = scene.loaded.image.shape[:2]
    x, y = scene.view.pixel
    st.markdown(f"**Wipe from {text.plain(first.name)} to {text.plain(second.name)}**")
    left, right = (pictures.data_uri(picture) for picture in _overlays(scene, (first, second), scale))
    with st.container(width=440):
        wipe.wipe(
            "compare_pictures",
            left,
            right,
            (first.name, second.name),
            st.session_state["compare_wipe"],
            _wiped,
            aspect=width / height,
            label=words.WIPE_LABEL,
            mark=((x + 0.5) / width, (y + 0.5) / height),
        )
        st.html(pictures.colour_bar(scale))
    st.caption(words.WIPE_HINT)


def _wiped(position: int) -> None:
    st.session_state["compare_wipe"] = position


def _beside(scene: Scene, first: Side, second: Side, scale: Scale) -> None:
    bar = linked_pictures.bar(scale)
    tiles = [
        Tile(side.name, words.BESIDE_HINT, pictures.data_uri(picture), **bar)
        for side, picture in zip((first, second), _overlays(scene, (first, second), scale), strict=True)
    ]
    _linked(scene, "compare_beside", tiles, "Overlays of the two models. Arrow keys move the chosen pixel.")


def _difference(scene: Scene, first: Side, second: Side) -> None:
    values = sides.difference(first, second)
    row, column = sides.widest(values)
    x, y = cell_to_pixel(row, column, values.shape, scene.loaded.image.shape)
    tile = Tile(
        words.DIFFERENCE_TITLE,
        words.DIFFERENCE_HINT,
        pictures.data_uri(agreement.difference_overlay(scene.loaded.shown, values, 0.9)),
        gradient=agreement.difference_gradient(),
        ticks=words.ticks(first.name, second.name),
    )
    _linked(scene, "compare_difference", [tile], words.DIFFERENCE_LABEL, Probe(values, words.DIFFERENCE_PROBE))
    st.markdown(words.place(x, y, float(values[row, column]), first.name, second.name))


def _linked(scene: Scene, key: str, tiles: list[Tile], label: str, probe: Probe | None = None) -> None:
    shape, (x, y) = scene.loaded.image.shape, scene.view.pixel
    linked_pictures.draw(
        key,
        tiles,
        shape[:2],
        (y, x),
        shape,
        lambda r, c: chosen_pixel.choose(c, r),
        label=label,
        widest=440,
        ring=True,
        zoom=True,
        step=max(1, shape[1] // 64),
        image=scene.loaded.hash,
        probe=probe,
    )


# --------------------------------------------------------------------------------------------------- what differs


def _peaks(first: Side, second: Side) -> None:
    st.markdown(f"**{words.PEAKS_TITLE}**")
    figure = sides_figures.peaks_figure(first, second)
    st.plotly_chart(figure, key="compare_peaks", config=pictures.CHART_CONFIG, alt=words.PEAKS_TITLE, width=760)
    st.caption(words.PEAKS_HINT)


def _settings(first: Model, second: Model) -> None:
    st.markdown(f"**{words.SETTINGS_TITLE}**")
    one, two = first.detector.checkpoint, second.detector.checkpoint
    if one.weights_hash == two.weights_hash:
        st.markdown(words.SAME_WEIGHTS)
        return
    found = sides.settings(one.config, two.config)
    st.markdown(words.differences(found))
    rows = [*found, *sides.training(one, two)]
    if rows:
        st.dataframe(sides.settings_table(rows, first.name, second.name), hide_index=True, key="compare_settings")
