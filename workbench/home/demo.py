"""The demo: a good part to draw on, with the heatmap, the score and the six maps that answer each stroke."""

import base64

import numpy as np
import streamlit as st

from nnet.errors import NNetError
from nnet.scoring import judge
from nnet.scoring.judge import Judgement
from nnet.scoring.maps import BRANCHES, MAPS
from nnet.scoring.unfamiliar import SHARE
from workbench.components import defect_canvas
from workbench.components.defect_canvas import Branch, DemoCalls, Map, Seen
from workbench.home import cache, words
from workbench.home.scene import Scene
from workbench.shared import chosen_picture, drawings, layer, living_network, pictures, resources, theme
from workbench.shared import words as shared_words
from workbench.shared.picture import Picture
from workbench.shared.resources import Loaded, Model
from workbench.shared.settings import PRESENT

KEY = "home_demo"
_LIVE, _PROBLEM = "home_live", "home_problem"
_OPACITY, _HEAT_SIDE, _MAP_SIDE = 0.75, 600, 160
_DARK = 60
"""A picture darker than this on average gets a white brush."""
_COLOURS = {"forward": theme.FORWARD, "reverse": theme.REVERSE}


def scene(model: Model) -> Scene:
    """The picture at hand with what the visitor drew on it."""
    good, chosen = good_part(), chosen_picture.decided()
    picture = good if chosen is None else chosen.base
    loaded = picture.load()
    chosen_picture.use_drawing(picture, loaded)
    drawn, unfinished = drawings.on(loaded), st.session_state.pop(_LIVE, None)
    return Scene(
        model,
        next(iter(judge.presets(model.detector.config).values())),
        picture,
        loaded,
        drawn,
        drawings.altered(loaded, drawn),
        None if unfinished is None else drawings.altered(loaded, unfinished),
        picture.key == good.key,
    )


def good_part() -> Picture:
    """The part that everything starts with: the first normal sample."""
    samples = list(chosen_picture.sample_pictures().values())
    return next((one for one in samples if one.is_defective is False), samples[0])


def draw(scene: Scene) -> None:
    """The canvas and the answer to what stands on it."""
    picture, loaded = scene.picture, scene.loaded
    defect_canvas.demo(
        KEY,
        drawings.sheet(loaded),
        None if scene.layer is None else layer.uri(scene.layer),
        seen(scene),
        DemoCalls(lambda sent, done: _drawn(picture, loaded, sent, done), lambda which: _pressed(scene, which), _photo),
        good=scene.is_good,
        ink="#ffffff" if float(loaded.shown.mean()) < _DARK else "#000000",
        label=words.CANVAS,
        large=bool(PRESENT.value),
        hint=st.session_state.pop(_PROBLEM, ""),
    )
    st.caption(words.about_maps(scene.model.detector.config.model))


# ------------------------------------------------------------------------------------------------------- the answer


def seen(scene: Scene) -> Seen:
    model, shown = scene.model, scene.live or scene.altered
    if scene.live is None:
        judged = resources.judgement(model, shown, scene.expression)
        maps = resources.trace(model, shown).maps
    else:
        judged, maps = cache.live_judgement(model, shown, scene.expression)
    reference, value = judged.reference, judged.value
    unfamiliar = judged.share_above > SHARE
    return Seen(
        _heat(shown, judged),
        words.HEATMAP_ALT,
        judged.is_anomalous,
        words.UNFAMILIAR if unfamiliar else shared_words.decision(reference, value),
        shared_words.relative(reference, value),
        shared_words.raw(reference, value),
        words.UNFAMILIAR_MEANS if unfamiliar else words.rank(reference, value),
        _branches(model, shown, maps),
        "" if scene.live is not None else living_network.strip(model, shown, scene.expression),
    )


def _heat(shown: Loaded, judged: Judgement) -> str:
    small = pictures.reduced(shown.shown, _HEAT_SIDE)
    return pictures.photo_uri(pictures.heatmap(small, judged.score, judged.reference.threshold, _OPACITY))


def _branches(model: Model, shown: Loaded, maps: dict[str, np.ndarray]) -> tuple[Branch, ...]:
    levels, scale, size = resources.normal_levels(model), pictures.map_scale(), model.detector.config.model.size
    found: dict[str, list[Map]] = {}
    for name in sorted(maps, key=lambda name: (MAPS[name].branch, MAPS[name].scale)):
        tile = pictures.map_tile(maps[name], levels[name], shown.image.shape, scale, _MAP_SIDE)
        caption = f"{name}: {MAPS[name].pair}"
        map = Map(caption, pictures.data_uri(tile), shared_words.cells(name, size))
        found.setdefault(MAPS[name].branch, []).append(map)
    order = [branch for branch in BRANCHES if branch in found]
    return tuple(Branch(shared_words.BRANCHES[one], _COLOURS[one], tuple(found[one])) for one in order)


# ------------------------------------------------------------------------------------- what comes from the browser


def _drawn(picture: Picture, loaded: Loaded, written: str, done: bool) -> None:
    """Take over a drawing; one that cannot be used leaves a sentence and the last one as it is."""
    try:
        if done:
            drawings.keep(loaded, written)
            chosen_picture.use_drawing(picture, loaded)  # here, since the visitor may be on another page in a moment
        else:
            st.session_state[_LIVE] = layer.read_layer(written, loaded.shown.shape[:2])
    except NNetError as error:
        st.session_state[_PROBLEM] = str(error)


def _pressed(scene: Scene, which: str) -> None:
    """Another picture: the next real defect, or the good part as it was."""
    good = good_part()
    if which == "good":
        drawings.forget(good.load())
        chosen_picture.choose(good.key)
    elif which == "defect":
        defects = [key for key, one in chosen_picture.sample_pictures().items() if one.is_defective]
        after = defects.index(scene.picture.key) + 1 if scene.picture.key in defects else 0
        chosen_picture.choose(defects[after % len(defects)] if defects else good.key)


def _photo(name: str, content: str) -> None:
    """The visitor's own photo."""
    try:
        if ";base64," not in content:
            raise NNetError(words.NO_PHOTO)
        photo = base64.b64decode(content.partition(";base64,")[2])
        chosen_picture.choose(chosen_picture.add(name or words.PHOTO, photo))
    except (NNetError, ValueError) as error:
        st.session_state[_PROBLEM] = str(error) if isinstance(error, NNetError) else words.NO_PHOTO
