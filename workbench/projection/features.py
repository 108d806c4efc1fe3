"""The features of one scale themselves: as colours, blended from before to after, and as a UMAP."""

import numpy as np
import streamlit as st

from nnet.analysis import projection
from nnet.analysis.projection import Pair
from nnet.errors import NNetError
from workbench.projection import cache, figures, gate_figures, settings, variance_figures, words
from workbench.projection.pairs import Look
from workbench.projection.scene import Scene
from workbench.shared import controls, frame, pictures, session, theme, units

_CURVE_STEPS = 41


def section(scene: Scene, stage: int) -> None:
    pair, look = scene.pairs[stage], scene.looks[stage]
    _colours(scene, pair)
    if look.covariance is not None:
        _blend(scene, pair, look, look.covariance)
    _umap(scene, pair, look)


def _colours(scene: Scene, pair: Pair) -> None:
    before, after, share = cache.colours(scene, pair, settings.VECTORS.remember() == "unit")
    shown = {
        words.IN_BASIS.format(name=name): gate_figures.feature_picture(rgb, scene.shape)
        for name, rgb in zip(pair.names, (before, after), strict=True)
        if rgb is not None
    }
    grid = st.grid(2, min_column_width=140, gap="small")
    for title, coloured in shown.items():
        with grid.cell():
            st.image(coloured, title, width="stretch", alt=title)
    picture, about = st.columns((1, 3), gap="medium")
    with picture:
        st.image(pictures.reduced(scene.loaded.shown, 480), words.IMAGE, width="stretch", alt=words.IMAGE)
    with about:
        controls.choose(settings.VECTORS, words.VECTOR_NAMES, label=words.VECTORS, help=words.VECTORS_HELP)
        st.caption(words.pca_hint(share))


@frame.part
def _blend(scene: Scene, pair: Pair, look: Look, covariance: np.ndarray) -> None:
    """(1 - t) F + t P for a chosen t, from three maps that are already there."""
    st.markdown(words.BLEND_TITLE.format(before=pair.names[0], after=pair.names[1]))
    slider = {"step": 5, "format": "%d %%", "help": words.BLEND_HELP}
    percent = controls.slider(settings.BLEND, words.BLEND, 0, 100, **slider)
    first, last = look.variance
    mixed = projection.blended_variance(first, covariance, last, percent / 100)
    normal = None if look.region.all() else ~look.region
    now, start = (projection.map_statistics(variance, normal) for variance in (mixed, first))
    assert now is not None and start is not None  # the region is never empty
    st.markdown(words.blend(percent, pair.names, now, start))
    steps = [projection.blended_variance(first, covariance, last, t) for t in np.linspace(0, 1, _CURVE_STEPS)]
    columns = st.columns(3, gap="medium")
    with columns[0]:
        scale, touch = variance_figures.variance_scale(look.variance, "log"), session.on_touch_screen()
        st.markdown(words.BLEND_MAP)
        figure = variance_figures.variance_figure(mixed, look.region, scene.shape, scale, "log", touch=touch)
        controls.chart(figure, "blend-map", alt=words.BLEND_MAP)
        st.html(pictures.colour_bar(scale))
        st.caption(words.BLEND_MAP_HINT)
    regions = {words.NORMAL: (~look.region, theme.NORMAL), words.FLAGGED: (look.region, theme.ANOMALOUS)}
    for k, (name, (title, alt)) in enumerate(words.BLEND_TITLES.items()):
        curves = {
            label: (
                np.array([(projection.map_statistics(step, inside) or (np.nan, np.nan))[k] for step in steps]),
                colour,
            )
            for label, (inside, colour) in regions.items()
            if inside.any()
        }
        with columns[k + 1]:
            st.markdown(title)
            figure = figures.blend_figure(curves, percent / 100, words.BLEND_UNITS[name])
            controls.chart(figure, f"blend-{name}", words.BLEND_HINTS[name], alt=alt)


@frame.part
def _umap(scene: Scene, pair: Pair, look: Look) -> None:
    """Feature vectors before and after, normal and flagged ones."""
    st.markdown(words.UMAP_TITLE)
    if not controls.toggle(settings.UMAP, words.UMAP_SWITCH, help=words.UMAP_HELP):
        return
    try:
        with st.spinner(words.UMAP_WAIT, show_time=True):
            found = cache.embedding(scene, pair, look.region)
    except NNetError as error:
        st.info(units.plain(str(error)), icon=":material/info:")
        return
    if warning := words.few_flagged(int(look.region.sum()), look.region.size):
        st.info(warning, icon=":material/info:")
    places = _places(found.positions, look.region.shape, scene.shape)
    for column, points, name in zip(st.columns(2, gap="medium"), found.points, pair.names, strict=False):
        with column:
            st.markdown(words.UMAP_OF.format(name=name, vectors=units.plural(len(points), "vector")))
            figure = figures.umap_figure(points, found.flagged, places)
            controls.chart(figure, f"umap-{name}", alt=words.UMAP_ALT.format(name=name))
    st.caption(f"{words.UMAP_HINT} {words.separation(pair.names[: len(found.separation)], found.separation)}")


def _places(positions: np.ndarray, grid: tuple[int, ...], shape: tuple[int, ...]) -> list[str]:
    """Flat positions as image coordinates of their centres."""
    rows, columns = np.divmod(positions, grid[1])
    x, y = (columns + 0.5) * shape[1] / grid[1], (rows + 0.5) * shape[0] / grid[0]
    return [words.PLACE.format(x=a, y=b) for a, b in zip(x, y, strict=True)]
