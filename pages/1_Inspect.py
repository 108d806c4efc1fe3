"""Inspect: pictures in; heatmaps, scores and decisions out, with the six maps behind them."""

from __future__ import annotations

import streamlit as st

import nnet
from nnet.detector import Trace
from nnet.expression import ExpressionError, parse
from nnet.maps import MAPS
from nnet.overlay import enlarge
from workbench import figures, frame, gallery, judging, resources, state, text, theme
from workbench.inspect_scene import Scene, View
from workbench.inspect_sections import SECTIONS
from workbench.judging import OWN, Judgement
from workbench.resources import Loaded, Model
from workbench.state import Picture

_SCALES = {"fixed": "Same for all", "own": "This image"}
# Two maps of one scale make one factor of the paper's score; in this order pairs stay together at every page width.
_MAP_ORDER = ("M1", "M6", "M2", "M5", "M3", "M4")


def main() -> None:
    with frame.page("Inspect") as model:
        st.title("Inspect", anchor=False)
        adding, shelf = st.columns((2, 5), gap="medium")
        with adding:
            gallery.adding()
        picture = state.chosen()
        loaded = picture.load()
        with st.spinner("Looking at the picture…", show_time=True):
            trace = resources.trace(model, loaded)
        heading = st.container()
        display = st.container(horizontal=True, vertical_alignment="bottom")
        with display:
            _score_choice(model)
        expression = _expression(model)
        judged = resources.judgement(model, loaded, expression)
        with heading:
            _heading(picture, loaded, judged)
        with display:
            view = _view(judged)
        _pictures(loaded, judged, view)
        _downloads(model, picture, loaded, trace, judged, view)
        _six_maps(model, loaded, trace, expression, view)
        _closer(Scene(model, picture, loaded, trace, judged, expression, view))
        with shelf:
            gallery.shelf(model, picture, expression)


def _heading(picture: Picture, loaded: Loaded, judged: Judgement) -> None:
    reference, value = judged.reference, judged.value
    left, right = st.columns((3, 2), gap="medium", vertical_alignment="center")
    with left:
        st.subheader(text.plain(picture.title), anchor=False)
        colour = theme.BADGES[judged.is_anomalous]
        st.markdown(f":{colour}-badge[{text.decision(reference, value)}] It {text.rank(reference, value)}.")
        if judged.share_above > text.UNFAMILIAR_SHARE:
            st.markdown(f":material/help: {text.unfamiliar(judged.share_above)}")
        st.caption(" ".join(filter(None, (text.picture_facts(loaded.image.shape, picture.known), *loaded.notes))))
    with right, st.grid(3, min_column_width=104, gap="small"):
        st.metric("Score", text.number(value), help=text.threshold(reference))
        st.metric("Percentile", f"{reference.percentile(value):.0f}", help=text.PERCENTILE_HELP)
        st.metric("p-value", text.number(reference.p_value(value)), help=text.P_VALUE_HELP)


# -------------------------------------------------------------------------------------------- the score's expression


def _score_choice(model: Model) -> None:
    presets = judging.presets(model.detector)
    state.remember("score", next(iter(presets)), state.one_of([*presets, OWN]))
    st.segmented_control(
        "Score from", [*presets, OWN], format_func=text.expression_name, key="score", required=True,
        help=text.EXPRESSION_HELP,
    )  # fmt: skip


def _expression(model: Model) -> str:
    """What the score is made of, as canonical text. No choice of it runs the network."""
    presets = judging.presets(model.detector)
    if st.session_state["score"] == OWN:
        return _own_expression(model, next(iter(presets.values())))
    expression = st.session_state["last_expression"] = presets[st.session_state["score"]]
    return expression


def _own_expression(model: Model, fallback: str) -> str:
    state.remember("expression", st.session_state.get("last_expression", fallback), str)
    written = st.text_input("Own expression", key="expression", help=text.EXPRESSION_HELP)
    try:
        return judging.check(model.detector, written).text
    except ExpressionError as error:
        st.warning(f"{error} Until then the score is {fallback}.", icon=":material/edit:")
        if error.caret:
            st.code(error.caret, language=None)
        return fallback


def _maps_toggled() -> None:
    """Score by the paper's expression over the maps that are left. A callback."""
    written = judging.with_maps(st.session_state["maps_used"])
    if written is None:
        st.toast("A score needs at least one map.", icon=":material/info:")
        return
    st.session_state["expression"] = written
    st.session_state["score"] = OWN


# ------------------------------------------------------------------------------------------------------ the pictures


def _view(judged: Judgement) -> View:
    state.remember("opacity", 70, state.whole_number(0, 100))
    state.remember("colours", theme.DEFAULT_COLOUR_MAP, state.one_of(theme.COLOUR_MAPS))
    state.remember("scale", "fixed", state.one_of(_SCALES))
    state.remember("outline", True, state.yes_or_no)
    opacity = st.slider("Overlay opacity", 0, 100, step=5, format="%d %%", key="opacity", width=140)
    own = st.segmented_control(
        "Colour scale", list(_SCALES), format_func=_SCALES.get, key="scale", required=True, help=text.SCALE_HELP
    )
    colours = st.selectbox("Colours", theme.COLOUR_MAPS, key="colours", width=110)
    outlined = st.toggle("Outline", key="outline", help=text.OUTLINE_HELP)
    threshold = judged.reference.threshold
    fixed = own == "fixed"
    scale = figures.calibrated_scale(threshold, colours) if fixed else figures.own_scale(judged.score, colours)
    return View(scale, opacity / 100, threshold if outlined else None)


def _pictures(loaded: Loaded, judged: Judgement, view: View) -> None:
    shape, touch = loaded.image.shape, state.on_touch_screen()
    marked = figures.overlay(loaded.shown, judged.score, view.scale, view.opacity, view.edge)
    charts = {
        "Original": (figures.picture_figure(loaded.shown, shape, judged.score, touch=touch), text.ORIGINAL_HINT),
        "Overlay": (figures.picture_figure(marked, shape, judged.score, touch=touch), text.OVERLAY_HINT),
        "Anomaly map": (figures.map_figure(judged.score, shape, view.scale, touch=touch), text.MAP_HINT),
    }
    for column, (title, (figure, hint)) in zip(st.columns(3, gap="small"), charts.items(), strict=True):
        with column:
            st.markdown(f"**{title}**")
            st.plotly_chart(figure, key=f"picture-{title}", config=figures.PICTURE_CONFIG, alt=f"{title}. {hint}")
            if title != "Original":
                st.html(figures.colour_bar(view.scale))
            st.caption(hint)


def _downloads(model: Model, picture: Picture, loaded: Loaded, trace: Trace, judged: Judgement, view: View) -> None:
    def overlay() -> bytes:
        image = figures.reduced(loaded.image, figures.DOWNLOAD_SIDE)
        return figures.png(figures.overlay(image, judged.score, view.scale, view.opacity, view.edge))

    def score_picture() -> bytes:
        height, width = figures.fitted(loaded.image.shape, figures.DOWNLOAD_SIDE)
        return figures.png(figures.colourised(enlarge(judged.score, (height, width)), view.scale))

    def sheet() -> bytes:
        return figures.png(figures.map_sheet(_tiles(model, loaded, trace, view.scale.colour_map)))

    def raw() -> bytes:
        return figures.npz({"score": judged.score, **trace.maps}, _about(model, picture, loaded, judged))

    files = {
        "Overlay (PNG)": (overlay, "overlay.png", "image/png"),
        "Map (PNG)": (score_picture, "map.png", "image/png"),
        "Six maps (PNG)": (sheet, "maps.png", "image/png"),
        "Raw values (NPZ)": (raw, "values.npz", "application/octet-stream"),
    }
    with st.container(horizontal=True, gap="small"):
        for label, (make, suffix, mime) in files.items():
            st.download_button(
                label, make, f"{picture.stem}-{suffix}", mime, icon=":material/download:", on_click="ignore",
                key=f"download-{suffix}",
            )  # fmt: skip


def _about(model: Model, picture: Picture, loaded: Loaded, judged: Judgement) -> dict[str, object]:
    """What a downloaded array file says about itself."""
    return {
        "image": picture.title,
        "image_size": list(loaded.image.shape[1::-1]),
        "pixels_sha256": loaded.hash,
        "model": model.name,
        "weights_sha256": model.detector.checkpoint.weights_hash,
        "expression": judged.reference.expression,
        "score": judged.value,
        "threshold": judged.reference.threshold,
        "threshold_quantile": judged.reference.quantile,
        "nnet": nnet.__version__,
    }


# ------------------------------------------------------------------------------------------------- what is behind it


def _six_maps(model: Model, loaded: Loaded, trace: Trace, expression: str, view: View) -> None:
    st.subheader("The maps behind the score", anchor=False)
    st.caption(text.MAPS_HINT, help=text.map_help())
    used = parse(expression).maps
    st.session_state["maps_used"] = list(used)
    st.pills(
        "Maps in the score", model.detector.config.maps, selection_mode="multi", key="maps_used",
        on_change=_maps_toggled, help="Leave a map out of the score, or take it in.",
    )  # fmt: skip
    levels = resources.normal_levels(model)
    with st.grid(6, min_column_width=140, gap="small") as grid:
        for name, tile in _tiles(model, loaded, trace, view.scale.colour_map).items():
            with grid.cell():
                peak = float(trace.maps[name].max()) / levels[name]
                st.markdown(f"**{name}** {MAPS[name].pair}")
                st.image(figures.data_uri(tile), width="stretch", alt=f"{name}: {text.map_label(name)}")
                st.caption(text.map_caption(name, peak, name in used))
    st.html(figures.colour_bar(figures.map_scale(view.scale.colour_map)))


def _tiles(model: Model, loaded: Loaded, trace: Trace, colours: str) -> dict[str, object]:
    levels, scale = resources.normal_levels(model), figures.map_scale(colours)
    return {
        name: figures.map_tile(trace.maps[name], levels[name], loaded.image.shape, scale)
        for name in _MAP_ORDER
        if name in trace.maps
    }


def _closer(scene: Scene) -> None:
    """One section at a time, so that the page stays calm and quick."""
    st.subheader("Look closer", anchor=False)
    state.remember("view", next(iter(SECTIONS)), state.one_of(SECTIONS))
    chosen = st.segmented_control(
        "Look closer", list(SECTIONS), format_func=lambda name: SECTIONS[name].title, key="view", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    SECTIONS[chosen].draw(scene)


main()
