"""The picture, its overlay and its anomaly map, how they are drawn, and what can be downloaded."""

from collections.abc import Callable

import numpy as np
import streamlit as st

import nnet
from nnet.scoring.circuit import PAIRS
from nnet.scoring.judge import Judgement
from nnet.scoring.overlay import enlarge
from workbench.components import linked_pictures
from workbench.components.linked_pictures import Bar, Probe, Tile
from workbench.inspect import linked, regions, settings, words
from workbench.inspect.replay import section as replay
from workbench.inspect.scene import Scene, View
from workbench.shared import chosen_pixel, controls, pictures, resources
from workbench.shared import words as shared_words
from workbench.shared.resources import Loaded

_NO_BAR: Bar = {"gradient": "", "ticks": ()}


def view(loaded: Loaded, judged: Judgement, calibrated: Judgement) -> View:
    """The controls of how a score is drawn, and what they are set to."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        opacity = controls.opacity(width=140)
        own = controls.choose(settings.SCALE, words.SCALES, label=words.SCALE_LABEL, help=shared_words.SCALE_HELP)
        colours = controls.colours(width=110)
        outlined = controls.toggle(settings.OUTLINE, words.OUTLINE_LABEL, help=shared_words.OUTLINE_HELP)
    # The scale stays where it is when the threshold moves, so that a colour keeps its meaning.
    fixed = pictures.calibrated_scale(calibrated.reference.threshold, colours)
    scale = fixed if own == "fixed" else pictures.own_scale(judged.score, judged.reference.threshold, colours)
    edge = judged.reference.threshold if outlined else None
    return View(scale, opacity, edge, chosen_pixel.remember(loaded, judged))


def draw(scene: Scene) -> None:
    """The three pictures, the overlay large, with the first regions numbered."""
    judged = scene.judged
    bar = linked_pictures.bar(scene.view.scale)
    # One pixel per value of the score map; the browser draws it smoothly at the image's size.
    score_map = pictures.data_uri(pictures.colourised(judged.score, scene.view.scale))
    hint = words.overlay_hint(scene.view.opacity, outlined=scene.view.edge is not None)
    if scene.overlooked is not None:
        hint = f"{words.LABELLED_DEFECT} {hint}"
    tiles = [
        Tile(words.ORIGINAL, words.ORIGINAL_HINT, scene.original_uri),
        Tile(words.OVERLAY, hint, scene.overlay_uri, **(bar if scene.view.opacity else _NO_BAR), numbered=True),
        Tile(words.ANOMALY_MAP, shared_words.MAP_HINT, score_map, **bar, numbered=True),
    ]
    probe = Probe(judged.reference.multiple(judged.score), words.PROBE, shared_words.UNIT)
    linked.linked(scene, "pictures", tiles, words.PICTURES_LABEL, probe=probe, badges=regions.badges(scene), hero=1)


def alone(scene: Scene) -> None:
    """The picture itself, where its scores mean nothing."""
    tiles = [Tile(words.ORIGINAL, words.ORIGINAL_HINT, scene.original_uri)]
    linked.linked(scene, "pictures", tiles, words.PICTURES_LABEL, hero=0)


def downloads(scene: Scene, *, is_judged: bool) -> None:
    """Pictures and values as files where they mean something, and the replay bundle."""
    with st.container(horizontal=True, gap="small"):
        for suffix, make in _files(scene).items() if is_judged else ():
            kind = "image/png" if suffix.endswith(".png") else "application/octet-stream"
            name = f"{scene.picture.stem}-{suffix}"
            controls.download(words.DOWNLOADS[suffix], make, name, f"download-{suffix}", kind)
        replay.button(scene)


def _files(scene: Scene) -> dict[str, Callable[[], bytes]]:
    """What makes each file, by the end of its name."""
    image, judged, view = scene.loaded.image, scene.judged, scene.view

    def overlay() -> bytes:
        reduced = scene.hatched(pictures.reduced(image, pictures.DOWNLOAD_SIDE))
        return pictures.png(pictures.overlay(reduced, judged.score, view.scale, view.opacity, view.edge))

    def score_map() -> bytes:
        size = pictures.fitted(image.shape, pictures.DOWNLOAD_SIDE)
        return pictures.png(pictures.colourised(enlarge(judged.score, size), view.scale))

    return {
        "overlay.png": overlay,
        "map.png": score_map,
        "maps.png": lambda: pictures.png(pictures.map_sheet(_tiles(scene))),
        "values.npz": lambda: pictures.npz({"score": judged.score, **scene.trace.maps}, _about(scene)),
    }


def _about(scene: Scene) -> dict[str, object]:
    """What a downloaded array file says about itself."""
    judged = scene.judged
    return {
        "image": scene.picture.title,
        "image_size": list(scene.loaded.image.shape[1::-1]),
        "pixels_sha256": scene.loaded.hash,
        "model": scene.model.name,
        "weights_sha256": scene.model.detector.checkpoint.weights_hash,
        "expression": judged.reference.expression.text,
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
