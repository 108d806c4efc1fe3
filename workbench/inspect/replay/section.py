"""Replay bundles on the Inspect page: saving one, opening one from anyone, and what its checks found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from nnet.data.images import content_hash, decode
from nnet.errors import NNetError
from nnet.replay import bundle as replay
from nnet.replay import checks as replay_checks
from nnet.replay.bundle import Bundle
from nnet.replay.checks import Check, Rerun
from workbench.inspect.replay import words
from workbench.inspect.scene import Scene
from workbench.shared import pictures, resources, session, text
from workbench.shared.pictures import Scale

_OPENED, _AGAIN = "opened_bundles", "bundles_run_again"


@dataclass(frozen=True, eq=False)
class Opened:
    """A bundle that the visitor opened, without its pixels, and the `checks` that needed no network."""

    bundle: Bundle
    checks: tuple[Check, ...]


def saved(scene: Scene) -> bytes:
    """The result on the page as a replay bundle."""
    source = scene.picture.source
    # A data set's files are not passed on; its image is in the bundle as pixels all the same.
    original = (scene.picture.title, source) if isinstance(source, bytes) else None
    return replay.pack(
        scene.model.detector,
        scene.loaded.image,
        scene.trace.maps,
        scene.judged.score,
        scene.judged.reference,
        title=scene.picture.title,
        original=original,
        view=session.view(),
    )


def open_file(name: str, content: bytes) -> bool:
    """Open a file if it is a ZIP: its image becomes the chosen picture, its view that of the page. Part of a callback.

    Returns:
        Whether it was a ZIP, and so is no image to be read.

    Raises:
        nnet.errors.NNetError: a ZIP, but no bundle that can be used; in a sentence.
    """
    if not replay.is_zip(content):
        return False
    bundle = replay.unpack(content, name)
    checks = replay_checks.check(bundle)
    key = session.add(bundle.title, _source(bundle), words.KNOWN)
    bundles = _bundles()
    for gone in set(bundles) - set(session.uploads()):
        del bundles[gone]
    bundles[key] = Opened(replay.without_image(bundle), checks)
    session.choose(key)
    session.show_view(_view(bundle))
    return True


def _source(bundle: Bundle) -> bytes:
    """The uploaded file where it still decodes to the stored pixels, else these."""
    if bundle.original is not None:
        try:
            if content_hash(decode(*reversed(bundle.original)).image) == content_hash(bundle.image):
                return bundle.original[1]
        except NNetError:
            pass
    return pictures.png(bundle.image)


def _view(bundle: Bundle) -> dict[str, str]:
    """The stored view, with the name that the checkpoint has here, and opened at the section that shows the checks."""
    found = _checkpoint(bundle)
    kept = {name: value for name, value in bundle.view.items() if name not in ("model", "device", "view")}
    return kept | ({"model": found[0]} if found else {}) | {"view": "replay"}


def _bundles() -> dict[str, Opened]:
    return st.session_state.setdefault(_OPENED, {})


def _checkpoint(bundle: Bundle) -> tuple[str, Path] | None:
    """Name and directory of the bundle's checkpoint, if it is here."""
    paths = resources.checkpoint_paths()
    found = replay_checks.matching(bundle, list(paths.values()))
    return next(((name, path) for name, path in paths.items() if path == found), None)


# ---------------------------------------------------------------------------------------------------- the section


def section(scene: Scene) -> None:
    """What the bundle of this image says and whether it agrees, or how to make one."""
    opened = _bundles().get(scene.picture.key)
    if opened is None:
        st.markdown(words.ABOUT)
        st.markdown(words.HOW_TO_SAVE)
        return
    with st.spinner("Checking the numbers again…", show_time=True):
        again = _again(scene, opened.bundle)
    _heading(opened.bundle, (*opened.checks, *(again.checks if again else ())), again)
    _pictures(scene, opened.bundle, again)
    _stored_maps(scene, opened.bundle)


def button(scene: Scene) -> None:
    """The button that saves a bundle."""
    st.download_button(
        "Replay bundle (ZIP)",
        lambda: saved(scene),
        f"{scene.picture.stem}-replay.zip",
        "application/zip",
        icon=":material/download:",
        on_click="ignore",
        key="download-replay",
        help=words.ABOUT,
    )


def _again(scene: Scene, bundle: Bundle) -> Rerun | None:
    """The network's answer today, once per bundle and device; None without the checkpoint."""
    found = _checkpoint(bundle)
    if found is None:
        return None
    model = resources.load_model(*found, str(scene.model.detector.device))
    runs: dict[tuple[str, str], Rerun] = st.session_state.setdefault(_AGAIN, {})
    key = (scene.loaded.hash, bundle.weights_hash, bundle.reference.expression, bundle.made, model.key)
    if key not in runs:
        runs.clear()  # one is shown at a time, and the traces are kept elsewhere
        maps = resources.trace(model, scene.loaded).maps
        runs[key] = replay_checks.rerun(bundle, model.detector, maps)
    return runs[key]


def _heading(bundle: Bundle, checks: Sequence[Check], again: Rerun | None) -> None:
    agree = all(check.agrees for check in checks)
    st.markdown(f":{'blue' if agree else 'orange'}-badge[{words.summary(checks)}] {text.plain(words.origin(bundle))}")
    st.markdown(words.result(bundle))
    if again is None:
        st.info(text.plain(replay_checks.no_checkpoint(bundle)), icon=":material/link_off:")
    else:
        st.markdown(f"{text.plain(again.why)} {words.difference(bundle, again)}")
    marks = {True: "✓ agrees", False: "✗ differs"}
    rows = [{"Check": c.name, "Result": marks[c.agrees], "What was found": c.detail} for c in checks]
    st.markdown(f"**{len(rows)} checks** · what was held against what")
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key="replay_checks",
        column_config={"What was found": st.column_config.TextColumn(width="large")},
    )


def _pictures(scene: Scene, bundle: Bundle, again: Rerun | None) -> None:
    scale = pictures.calibrated_scale(bundle.reference.threshold, scene.view.scale.colour_map)
    shown = {"Score in the bundle": (bundle.score, scale, words.STORED_HINT)}
    if again is not None:
        change = np.abs(again.score.astype(np.float64) - bundle.score)
        shown["Score now"] = (again.score, scale, words.NOW_HINT)
        shown["Difference of the scores"] = (change, _difference_scale(change, scale.colour_map), words.DIFFERENCE_HINT)
    touch, shape = session.on_touch_screen(), scene.loaded.image.shape
    for column, (title, (values, colours, hint)) in zip(st.columns(3, gap="small"), shown.items(), strict=False):
        with column:
            st.markdown(f"**{title}**")
            figure = pictures.map_figure(values, shape, colours, touch=touch)
            st.plotly_chart(figure, key=f"replay-{title}", config=pictures.PICTURE_CONFIG, alt=f"{title}. {hint}")
            st.html(pictures.colour_bar(colours))
            st.caption(hint)


def _difference_scale(change: np.ndarray, colour_map: str) -> Scale:
    """From 0 to the largest difference, or to float32's own rounding where there is none."""
    top = max(float(change.max()), float(np.finfo(np.float32).eps))
    return Scale(0.0, top, {0.0: "0", top: f"{top:.0e}"}, "difference of the score", colour_map)


def _stored_maps(scene: Scene, bundle: Bundle) -> None:
    scale = pictures.map_scale(scene.view.scale.colour_map)
    st.markdown("**Maps in the bundle** · times the normal 99 % level")
    with st.grid(6, min_column_width=140, gap="small") as grid:
        for name, values in bundle.maps.items():
            with grid.cell():
                tile = pictures.map_tile(values, bundle.levels[name], scene.loaded.image.shape, scale)
                st.image(pictures.data_uri(tile), width="stretch", alt=f"{name} in the bundle")
                peak = text.number(float(values.max()) / max(bundle.levels[name], 1e-12))
                st.caption(f"**{name}** peak {peak}")
    st.html(pictures.colour_bar(scale))
    st.caption(words.MAPS_HINT)
