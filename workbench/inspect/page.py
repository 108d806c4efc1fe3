"""Inspect: pictures in; heatmaps, scores and decisions out, with the six maps behind them."""

from __future__ import annotations

import numpy as np
import streamlit as st

import nnet
from nnet.scoring.circuit import PAIRS
from nnet.scoring.judge import Judgement
from nnet.scoring.overlay import enlarge
from workbench.components import linked_pictures
from workbench.components.linked_pictures import Badge, Probe, Tile
from workbench.inspect import circuit as inspect_circuit
from workbench.inspect import regions as inspect_regions
from workbench.inspect import settings, words
from workbench.inspect.replay import section as replay
from workbench.inspect.scene import Scene, View
from workbench.inspect.sections import SECTIONS
from workbench.shared import chosen_pixel, frame, gallery, pictures, resources, session, text, theme
from workbench.shared.resources import Loaded
from workbench.shared.session import Picture

_SCALES = {"fixed": "Same for all", "own": "This image"}
_NUMBERED = 9  # regions that get their number in the pictures; more would cover what they point at


def main() -> None:
    with frame.page("Inspect") as model:
        st.title("Inspect", anchor=False)
        adding, shelf = st.columns((2, 5), gap="medium")
        with adding:
            gallery.adding()
        picture = session.chosen()
        loaded = picture.load()
        with st.spinner("Looking at the picture…", show_time=True):
            trace = resources.trace(model, loaded)
        heading = st.container()
        st.subheader(words.CIRCUIT_TITLE, anchor=False)
        expression = inspect_circuit.controls(model)
        calibrated = resources.judgement(model, loaded, expression)
        judged = settings.remember_threshold(calibrated)
        with heading:
            _heading(picture, loaded, judged, calibrated)
        circuit = st.container()
        view = _view(loaded, judged, calibrated)
        scene = Scene(model, picture, loaded, trace, judged, expression, view)
        with circuit:
            inspect_circuit.draw(scene)
        _pictures(scene)
        _downloads(scene)
        _closer(scene)
        with shelf:
            gallery.shelf(model, picture, expression, judged.reference)


def _heading(picture: Picture, loaded: Loaded, judged: Judgement, calibrated: Judgement) -> None:
    reference, value = judged.reference, judged.value
    left, right = st.columns((3, 2), gap="medium", vertical_alignment="center")
    with left:
        st.subheader(text.plain(picture.title), anchor=False)
        colour = theme.BADGES[judged.is_anomalous]
        st.markdown(f":{colour}-badge[{text.decision(reference, value)}] It {text.rank(reference, value)}.")
        if judged is not calibrated:
            moved = words.moved_threshold(judged.reference, calibrated.reference)
            st.markdown(f":material/tune: {moved}")
        if judged.share_above > text.UNFAMILIAR_SHARE:
            st.markdown(f":material/help: {text.unfamiliar(judged.share_above)}")
        st.caption(" ".join(filter(None, (text.picture_facts(loaded.image.shape, picture.known), *loaded.notes))))
    with right, st.grid(3, min_column_width=104, gap="small"):
        st.metric("Score", text.number(value), help=text.threshold(reference))
        st.metric("Percentile", f"{reference.percentile(value):.0f}", help=text.PERCENTILE_HELP)
        st.metric("p-value", text.number(reference.p_value(value)), help=text.P_VALUE_HELP)


# ------------------------------------------------------------------------------------------------------ the pictures


def _view(loaded: Loaded, judged: Judgement, calibrated: Judgement) -> View:
    session.remember("opacity", 70, session.whole_number(0, 100))
    session.remember("colours", theme.DEFAULT_COLOUR_MAP, session.one_of(theme.COLOUR_MAPS))
    session.remember("scale", "fixed", session.one_of(_SCALES))
    session.remember("outline", True, session.yes_or_no)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        opacity = st.slider("Overlay opacity", 0, 100, step=5, format="%d %%", key="opacity", width=140)
        own = st.segmented_control(
            "Colour scale", list(_SCALES), format_func=_SCALES.get, key="scale", required=True, help=text.SCALE_HELP
        )
        colours = st.selectbox("Colours", theme.COLOUR_MAPS, key="colours", width=110)
        outlined = st.toggle("Outline", key="outline", help=text.OUTLINE_HELP)
    # The scale stays where it is when the threshold moves, so that a colour keeps its meaning.
    fixed = pictures.calibrated_scale(calibrated.reference.threshold, colours)
    scale = fixed if own == "fixed" else pictures.own_scale(judged.score, colours)
    edge = judged.reference.threshold if outlined else None
    return View(scale, opacity / 100, edge, chosen_pixel.remember(loaded, judged))


def _pictures(scene: Scene) -> None:
    loaded, judged, view = scene.loaded, scene.judged, scene.view
    shape, (x, y) = loaded.image.shape, view.pixel
    bar = linked_pictures.bar(view.scale)
    tiles = [
        Tile("Original", words.ORIGINAL_HINT, scene.original_uri),
        Tile("Overlay", text.OVERLAY_HINT, scene.overlay_uri, **bar, numbered=True),
        Tile("Anomaly map", text.MAP_HINT, _map_uri(scene), **bar, numbered=True),
    ]
    regions = inspect_regions.regions_of(judged, shape)[:_NUMBERED] if view.edge is not None else []
    linked_pictures.draw(
        "pictures",
        tiles,
        shape[:2],
        (y, x),
        shape,
        lambda row, column: chosen_pixel.choose(column, row),
        label=words.PICTURES_LABEL,
        widest=480,
        ring=True,
        zoom=True,
        step=max(1, shape[1] // 64),
        image=loaded.hash,
        probe=Probe(judged.score, "score"),
        badges=[Badge(region.top, region.top_x, str(number)) for number, region in enumerate(regions, 1)],
    )


def _map_uri(scene: Scene) -> str:
    """The score map in colours, one pixel per value; the browser draws it smoothly at the image's size."""
    return pictures.data_uri(pictures.colourised(scene.judged.score, scene.view.scale))


def _downloads(scene: Scene) -> None:
    loaded, judged, view = scene.loaded, scene.judged, scene.view

    def overlay() -> bytes:
        image = pictures.reduced(loaded.image, pictures.DOWNLOAD_SIDE)
        return pictures.png(pictures.overlay(image, judged.score, view.scale, view.opacity, view.edge))

    def score_picture() -> bytes:
        height, width = pictures.fitted(loaded.image.shape, pictures.DOWNLOAD_SIDE)
        return pictures.png(pictures.colourised(enlarge(judged.score, (height, width)), view.scale))

    def sheet() -> bytes:
        return pictures.png(pictures.map_sheet(_tiles(scene)))

    def raw() -> bytes:
        return pictures.npz({"score": judged.score, **scene.trace.maps}, _about(scene))

    files = {
        "Overlay (PNG)": (overlay, "overlay.png", "image/png"),
        "Map (PNG)": (score_picture, "map.png", "image/png"),
        "Six maps (PNG)": (sheet, "maps.png", "image/png"),
        "Raw values (NPZ)": (raw, "values.npz", "application/octet-stream"),
    }
    with st.container(horizontal=True, gap="small"):
        for label, (make, suffix, mime) in files.items():
            st.download_button(
                label,
                make,
                f"{scene.picture.stem}-{suffix}",
                mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"download-{suffix}",
            )
        replay.button(scene)


def _about(scene: Scene) -> dict[str, object]:
    """What a downloaded array file says about itself."""
    judged = scene.judged
    return {
        "image": scene.picture.title,
        "image_size": list(scene.loaded.image.shape[1::-1]),
        "pixels_sha256": scene.loaded.hash,
        "model": scene.model.name,
        "weights_sha256": scene.model.detector.checkpoint.weights_hash,
        "expression": judged.reference.expression,
        "score": judged.value,
        "threshold": judged.reference.threshold,
        "threshold_quantile": judged.reference.quantile,
        "nnet": nnet.__version__,
    }


def _tiles(scene: Scene) -> dict[str, np.ndarray]:
    """The maps as pictures on the one calibrated scale, in the circuit's order, in which pairs stay together."""
    levels, scale = resources.normal_levels(scene.model), pictures.map_scale(scene.view.scale.colour_map)
    return {
        name: pictures.map_tile(scene.trace.maps[name], levels[name], scene.loaded.image.shape, scale)
        for pair in PAIRS
        for name in pair
        if name in scene.trace.maps
    }


def _closer(scene: Scene) -> None:
    """One section at a time, so that the page stays calm and quick."""
    st.subheader("Look closer", anchor=False)
    session.remember("view", next(iter(SECTIONS)), session.one_of(SECTIONS))
    chosen = st.segmented_control(
        "Look closer",
        list(SECTIONS),
        format_func=lambda name: SECTIONS[name].title,
        key="view",
        required=True,
        label_visibility="collapsed",
    )
    SECTIONS[chosen].draw(scene)
