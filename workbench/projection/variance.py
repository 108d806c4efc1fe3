"""Variance along channels, place by place: maps and histograms of each scale before and after."""

import plotly.graph_objects as go
import streamlit as st

from nnet.analysis.projection import Pair
from workbench.projection import cache, settings, variance_figures, words
from workbench.projection.pairs import Look
from workbench.projection.scene import Scene
from workbench.shared import charts, controls, pictures, session, theme


@st.fragment
def section(scene: Scene, stage: int) -> None:
    """Runs again alone when the scale of its colours is changed."""
    way = settings.WAY.remember()
    _maps(scene, scene.pairs[stage], scene.looks[stage], way)
    st.caption(f"{words.MAPS_HINT} {words.SAME_REGIONS}" if scene.has_projection else words.SAME_REGIONS)
    controls.choose(settings.WAY, words.WAY_NAMES, label=words.WAY, help=words.WAY_HELP)


def _maps(scene: Scene, pair: Pair, look: Look, way: str) -> None:
    """The maps before and after, as large as the page allows, and below them how often each variance occurs."""
    scale, touch = variance_figures.variance_scale(look.variance, way), session.on_touch_screen()
    named = dict(zip(pair.names, look.variance, strict=False))

    def drawn() -> dict[str, go.Figure]:
        maps = {
            name: variance_figures.variance_figure(variance, look.region, scene.shape, scale, way, touch=touch)
            for name, variance in named.items()
        }
        return {**maps, "histogram": variance_figures.histogram_figure(named, look.region, way)}

    kept = cache.charts(scene, drawn, scene.side, pair.scale, way, touch)
    grid = st.grid(2, min_column_width=140, gap="small")
    for name, when in zip(named, (words.BEFORE, words.AFTER), strict=False):
        with grid.cell(), st.container(gap="xsmall"):
            title = words.VARIANCE_OF if pair.after is None else words.VARIANCE_OF_WHEN
            label = title.format(name=name, when=when)
            st.markdown(label)
            key = f"variance-{scene.side}-{pair.scale}-{when}"
            controls.chart(kept[name], key, alt=label)
    st.html(pictures.colour_bar(scale))
    st.markdown(words.pair_heading(pair))
    histogram, facts = st.columns((3, 2), gap="medium")
    with histogram:
        st.markdown(words.HISTOGRAM_TITLE)
        key = f"histogram-{scene.side}-{pair.scale}"
        controls.chart(kept["histogram"], key, alt=words.HISTOGRAM_ALT)
    with facts:
        st.html(charts.key(_histogram_key(pair, look)))
        st.caption(words.histogram(look.normal, look.flagged))


def _histogram_key(pair: Pair, look: Look) -> list[tuple[str, str, str]]:
    before, after = pair.names
    marks = [("dotted", before), ("area", after)] if pair.after is not None else [("area", before)]
    groups = [(words.NORMAL, theme.NORMAL, ~look.region), (words.FLAGGED, theme.ANOMALOUS, look.region)]
    present = [(group, colour) for group, colour, inside in groups if inside.any()]
    return [(mark, colour, f"{name} {group}") for mark, name in marks for group, colour in present]
