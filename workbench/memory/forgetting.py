"""Forget an item: switch items off, and see what the memory answers then and what the decoder makes of it."""

from dataclasses import replace

import numpy as np
import streamlit as st

from workbench.components import linked_pictures
from workbench.components.linked_pictures import Tile
from workbench.memory import addressing, cache, colours, recall, settings, words
from workbench.memory.linked import linked
from workbench.memory.recall import Effect
from workbench.memory.scene import Now, Scene
from workbench.shared import controls, pictures, resources, sides_figures, units
from workbench.shared import words as shared_words
from workbench.shared.settings import whole_number

_KEPT = 5  # items that “Forget all but these” keeps at first


def section(scene: Scene, now: Now) -> None:
    beside, large = st.columns((2, 5), gap="medium")
    with beside:
        _controls(scene, now)
    with large:
        linked(scene, "forget_now", [addressing.rebuilt_tile(scene, now), addressing.picture_tile(scene, now)], hero=0)
    if now.changed:
        _effect(scene, now)


def _effect(scene: Scene, now: Now) -> None:
    """What the changed recall does to the features and to the score."""
    result = cache.effect(scene, now)
    moved = recall.cosine_distance(scene.trained.recalled, now.recall.recalled)
    _scores(scene, result, float(moved.mean()))
    linked(scene, "forget_pictures", [_moved_tile(moved), *_score_tiles(scene, result)])
    _six_maps(scene, result)


def _controls(scene: Scene, now: Now) -> None:
    off = now.addressing.off
    if replace(now.addressing, off=()) != recall.trained(scene.model.detector):
        st.markdown(words.UNDER_CHANGED)
    st.multiselect(
        words.OFF,
        range(scene.items),
        off,
        words.item,
        wrap=False,
        placeholder=words.OFF_NONE,
        help=words.FORGET_LEAD,
        **controls.following("forgotten", list(off), lambda listed: settings.switch_off(settings.picked(listed))),
    )
    most = int(now.usage.argmax())
    at_patch = int(now.recall.use.weights[settings.chosen_patch()].argmax())
    last = len(off) == scene.items - 1
    for key, item, label, help in (
        ("forget_most", most, words.forget_most(most), words.FORGET_MOST_HELP),
        ("forget_patch", at_patch, words.forget_patch(at_patch), words.FORGET_PATCH_HELP),
    ):
        args, icon = ((*off, item),), ":material/block:"
        st.button(label, key=key, disabled=last, on_click=settings.switch_off, args=args, icon=icon, help=help)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        settings.KEEP.remember(min(_KEPT, scene.items), whole_number(1, scene.items))
        st.number_input(words.KEEP, 1, scene.items, key=settings.KEEP.key, width=150)
        but, usage = _forget_all_but, (scene.usage,)
        st.button(words.FORGET_BUT, key="forget_but", on_click=but, args=usage, help=words.FORGET_BUT_HELP)
    icon, bring = ":material/undo:", settings.bring_all_back
    st.button(words.BRING_BACK, key="forget_none", disabled=not off, on_click=bring, icon=icon)


def _forget_all_but(shares: np.ndarray) -> None:
    settings.switch_off([int(item) for item in recall.ranked(shares)[settings.KEEP.value :]])


def _scores(scene: Scene, result: Effect, moved: float) -> None:
    before, after = scene.judged, result.judged
    with st.grid(4, min_column_width=180, gap="small"):
        controls.score(words.SCORE_TRAINED, before)
        controls.score(words.SCORE_NOW, after)
        st.metric(words.DECISION_NOW, shared_words.decision(after.reference, after.value))
        st.metric(words.MOVED, units.number(moved), help=words.MOVED_HELP)
    st.markdown(words.forgotten(before.value, after.value, before.reference.threshold, moved))
    st.caption(words.ran(result.timings))


def _moved_tile(moved: np.ndarray) -> Tile:
    scale = colours.change_scale(moved)
    painted, read = pictures.colourised(moved, scale), colours.readings(moved)
    return Tile(words.RECALL_CHANGE, words.RECALL_CHANGE_HINT, None, painted, read, **linked_pictures.bar(scale))


def _score_tiles(scene: Scene, result: Effect) -> list[Tile]:
    threshold = scene.judged.reference.threshold
    bar = linked_pictures.bar(scale := pictures.calibrated_scale(threshold))
    both = (scene.judged, result.judged)
    peaks = [recall.per_position(judged.score, scene.shape) for judged in both]
    smooth = [colours.photo_uri(pictures.colourised(judged.score, scale)) for judged in both]
    tiles = [
        Tile(title, words.SCORE_HINT, uri, None, colours.readings(peak), **bar)
        for title, uri, peak in zip((words.SCORE_TRAINED, words.SCORE_NOW), smooth, peaks, strict=True)
    ]
    change = units.multiple((result.judged.score - scene.judged.score) * sides_figures.LIMIT, threshold)
    read, gradient = colours.readings(peaks[1] - peaks[0]), sides_figures.difference_gradient()
    painted = colours.photo_uri(sides_figures.difference_colours(change))
    ticks = words.difference_ticks()
    return [*tiles, Tile(words.DIFFERENCE, words.DIFFERENCE_HINT, painted, None, read, gradient, ticks)]


def _six_maps(scene: Scene, result: Effect) -> None:
    st.markdown(words.MAPS_TITLE)
    levels = resources.normal_levels(scene.model)
    scale = pictures.map_scale()
    tiles = []
    for name in result.maps:
        for title, maps in (
            (words.MAP_TRAINED.format(name=name), scene.trace.maps),
            (words.MAP_NOW.format(name=name), result.maps),
        ):
            share = units.multiple(maps[name], levels[name])
            values = colours.readings(recall.per_position(share, scene.shape))
            tiles.append(Tile(title, "", colours.photo_uri(pictures.colourised(share, scale), 128), None, values))
    linked(scene, "map_pictures", tiles, 130, columns=6)
    st.html(pictures.colour_bar(scale))
    st.caption(words.MAPS_HINT)
