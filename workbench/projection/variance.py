"""Variance along channels, place by place: maps and histograms of each scale before and after."""

from collections.abc import Mapping

import plotly.graph_objects as go
import streamlit as st

from nnet.analysis.projection import Pair
from workbench.projection import cache, gate_figures, settings, variance_figures, words
from workbench.projection.pairs import Look
from workbench.projection.scene import Scene
from workbench.shared import charts, controls, frame, pictures, session, theme


@frame.part
def section(scene: Scene, stage: int) -> None:
    """The maps before and after, as large as the page allows, and below them the gates between them and how often each
    variance occurs. Runs again alone when the scale of its colours is changed."""
    way, pair, look = settings.WAY.remember(), scene.pairs[stage], scene.looks[stage]
    kept = _figures(scene, pair, look, way)
    if scene.has_projection:
        st.caption(words.BUILT_IN)
    _maps(scene, pair, kept)
    with st.container(key="projection_bar"):
        st.html(pictures.colour_bar(variance_figures.variance_scale(look.variance, way)))
    st.caption(f"{words.MAPS_HINT} {words.SAME_REGIONS}" if scene.has_projection else words.SAME_REGIONS)
    controls.choose(settings.WAY, words.WAY_NAMES, label=words.WAY, help=words.WAY_HELP)
    *gates, histogram = st.columns(1 if pair.gate is None else 2, gap="medium")
    for place in gates:  # what made the one into the other, before any number of it
        with place:
            title = words.GATES_TITLE.format(after=pair.names[1])
            st.markdown(title, help=words.GATES_HINT)
            controls.chart(
                kept["gates"],
                f"gates-{scene.side}-{pair.scale}",
                alt=title,
                width=gate_figures.gates_width(session.on_touch_screen()),
            )
    with histogram:
        st.markdown(words.HISTOGRAM_TITLE)
        controls.chart(kept["histogram"], f"histogram-{scene.side}-{pair.scale}", alt=words.HISTOGRAM_ALT)
        st.html(charts.key(_histogram_key(pair, look)))
    st.markdown(words.pair_heading(pair))
    st.caption(words.histogram(look.normal, look.flagged))


def _figures(scene: Scene, pair: Pair, look: Look, way: str) -> dict[str, go.Figure]:
    """The maps by name, the gates and the histogram; made once."""
    scale, touch = variance_figures.variance_scale(look.variance, way), session.on_touch_screen()
    named = dict(zip(pair.names, look.variance, strict=False))

    def drawn() -> dict[str, go.Figure]:
        found = {
            name: variance_figures.variance_figure(variance, look.region, scene.shape, scale, way, touch=touch)
            for name, variance in named.items()
        }
        if pair.gate is not None:
            source = cache.small_picture(scene.loaded)
            found["gates"] = gate_figures.gates_figure(
                source, scene.shape, pair.gate, None, gate_figures.gates_width(session.on_touch_screen())
            )
        return found | {"histogram": variance_figures.histogram_figure(named, look.region, way)}

    return cache.charts(scene, drawn, scene.side, pair.scale, way, touch)


def _maps(scene: Scene, pair: Pair, kept: Mapping[str, go.Figure]) -> None:
    grid = st.grid(2, min_column_width=140, gap="small")
    names = pair.names if pair.after is not None else pair.names[:1]
    for name, when in zip(names, (words.BEFORE, words.AFTER), strict=False):
        with grid.cell(), st.container(gap="xsmall"):
            title = words.VARIANCE_OF if pair.after is None else words.VARIANCE_OF_WHEN
            label = title.format(name=name, when=when)
            st.markdown(label)
            controls.chart(kept[name], f"variance-{scene.side}-{pair.scale}-{when}", alt=label)


def _histogram_key(pair: Pair, look: Look) -> list[tuple[str, str, str]]:
    before, after = pair.names
    marks = [("dotted", before), ("area", after)] if pair.after is not None else [("area", before)]
    groups = [(words.NORMAL, theme.NORMAL, ~look.region), (words.FLAGGED, theme.ANOMALOUS, look.region)]
    present = [(group, colour) for group, colour, inside in groups if inside.any()]
    return [(mark, colour, f"{name} {group}") for mark, name in marks for group, colour in present]
