"""Inspect, replay bundle: what the checks of an opened bundle found, and how to save one."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from nnet.replay import Bundle, checks, pack
from nnet.replay.checks import Check, Rerun
from workbench.inspect.replay import words
from workbench.inspect.scene import Scene
from workbench.shared import bundles, controls, pictures, resources, session, settings, units
from workbench.shared import words as shared_words
from workbench.shared.controls import download
from workbench.shared.pictures import Scale

_AGAIN = "bundles_run_again"


def section(scene: Scene) -> None:
    """What the bundle of this image says and whether it agrees, or how to make one."""
    opened = bundles.opened().get(scene.picture.key)
    if opened is None:
        st.markdown(words.ABOUT)
        st.markdown(words.HOW_TO_SAVE)
        return
    with st.spinner(words.CHECKING, show_time=True):
        again = _again(scene, opened.bundle)
    _heading(opened.bundle, (*opened.checks, *(again.checks if again else ())), again)
    _pictures(scene, opened.bundle, again)
    _stored_maps(scene, opened.bundle)


def button(scene: Scene) -> None:
    """The button that saves a bundle."""
    name = f"{scene.picture.stem}-replay.zip"
    download(words.BUTTON, lambda: saved(scene), name, "download-replay", "application/zip", words.ABOUT)


def _again(scene: Scene, bundle: Bundle) -> Rerun | None:
    """The network's answer today, once per bundle and device; None without the checkpoint."""
    found = bundles.checkpoint(bundle)
    if found is None:
        return None
    model = resources.load_model(*found, str(scene.model.detector.device))
    runs: dict[tuple[Bundle, str], Rerun] = st.session_state.setdefault(_AGAIN, {})
    key = (bundle, model.key)  # the opened bundle itself: another may differ in nothing but its numbers
    if key not in runs:
        runs.clear()  # one is shown at a time, and the traces are kept elsewhere
        maps = resources.trace(model, scene.loaded).maps
        runs[key] = checks.rerun(bundle, model.detector, maps)
    return runs[key]


def _heading(bundle: Bundle, found: Sequence[Check], again: Rerun | None) -> None:
    agree = all(check.agrees for check in found)
    st.markdown(f":{'blue' if agree else 'orange'}-badge[{words.summary(found)}] {units.plain(words.origin(bundle))}")
    st.markdown(words.result(bundle), help=shared_words.raw(bundle.reference, bundle.value))
    if again is None:
        st.info(units.plain(checks.no_checkpoint(bundle)), icon=":material/link_off:")
    else:
        st.markdown(f"{units.plain(again.why)} {words.difference(bundle, again)}")
    rows = [(c.name, words.MARKS[c.agrees], c.detail) for c in found]
    st.markdown(words.checks_title(len(rows)))
    st.dataframe(
        pd.DataFrame(rows, columns=words.CHECK_COLUMNS),
        hide_index=True,
        key="replay_checks",
        column_config={words.CHECK_COLUMNS[-1]: st.column_config.TextColumn(width="large")},
    )


def _pictures(scene: Scene, bundle: Bundle, again: Rerun | None) -> None:
    scale = pictures.calibrated_scale(bundle.reference.threshold, scene.view.scale.colour_map)
    shown = {words.STORED_TITLE: (bundle.score, scale, words.STORED_HINT)}
    if again is not None:
        change = bundle.reference.multiple(np.abs(again.score.astype(np.float64) - bundle.score))
        shown[words.NOW_TITLE] = (again.score, scale, words.NOW_HINT)
        shown[words.DIFFERENCE_TITLE] = (change, _difference_scale(change, scale.colour_map), words.DIFFERENCE_HINT)
    touch, shape = session.on_touch_screen(), scene.loaded.image.shape
    for column, (title, (values, colours, hint)) in zip(st.columns(3, gap="small"), shown.items(), strict=False):
        with column:
            st.markdown(f"**{title}**")
            figure = pictures.map_figure(values, shape, colours, touch=touch)
            controls.chart(figure, f"replay-{title}", alt=f"{title}. {hint}")
            st.html(pictures.colour_bar(colours))
            st.caption(hint)


def _difference_scale(change: np.ndarray, colour_map: str) -> Scale:
    """From 0 to the largest difference, or to float32's own rounding where there is none."""
    top = max(float(change.max()), float(np.finfo(np.float32).eps))
    return Scale(0.0, top, {0.0: "0", top: f"{top:.0e}"}, words.DIFFERENCE_SCALE, colour_map)


def _stored_maps(scene: Scene, bundle: Bundle) -> None:
    scale = pictures.map_scale(scene.view.scale.colour_map)
    st.markdown(words.MAPS_TITLE)
    with st.grid(6, min_column_width=120, gap="small") as grid:
        for name, values in bundle.maps.items():
            with grid.cell():
                tile = pictures.map_tile(values, bundle.levels[name], scene.loaded.image.shape, scale)
                st.image(pictures.data_uri(tile), width="stretch", alt=words.MAP_ALT.format(name=name))
                st.caption(words.peak(name, units.multiple(float(values.max()), bundle.levels[name])))
    st.html(pictures.colour_bar(scale))
    st.caption(words.MAPS_HINT)


def saved(scene: Scene) -> bytes:
    """The result on the page as a replay bundle."""
    source = scene.picture.source
    # A data set's files are not passed on; its image is in the bundle as pixels all the same.
    original = (scene.picture.title, source) if isinstance(source, bytes) else None
    return pack(
        scene.model.detector,
        scene.loaded.image,
        scene.trace.maps,
        scene.judged,
        title=scene.picture.title,
        original=original,
        view=settings.view(),
    )
