"""Projection: what the projection modules (FPM) do to the features, and whether the paper's Figure 7 holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from nnet.analysis import projection
from nnet.analysis.projection import Pair
from nnet.errors import NNetError
from nnet.scoring import judge
from nnet.scoring.judge import Judgement
from workbench.projection import figures as projection_figures
from workbench.projection import looks as work
from workbench.projection import whole_set, words
from workbench.projection.figures import Series
from workbench.projection.looks import Look, Region
from workbench.shared import chosen_picture, frame, gallery, resources, session, text, theme
from workbench.shared import pictures as figures
from workbench.shared.chosen_picture import Picture
from workbench.shared.resources import Loaded, Model

_TILES = 3  # channels shown at either end of the sorted curve
_CURVE_STEPS = 41
_GATES_WIDTH, _GATES_WIDTH_TOUCH = 460, 350


@dataclass(frozen=True)
class Scene:
    """What the page is about: a model, an image, its flagged region, and the pairs and looks of one side."""

    model: Model
    loaded: Loaded
    region: Region
    side: str
    pairs: tuple[Pair, ...]
    looks: tuple[Look, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """The image's, (H, W, 3)."""
        return self.loaded.image.shape

    @property
    def has_projection(self) -> bool:
        """Whether this side has an FPM."""
        return self.pairs[0].after is not None


def main() -> None:
    with frame.page("Projection") as model:
        st.title("Projection", anchor=False)
        st.markdown(words.ABOUT)
        picture = _picture(model)
        loaded = picture.load()
        with st.spinner("Looking at the picture…", show_time=True):
            trace = resources.trace(model, loaded)
        judged = judge.judge(model.detector.calibration, trace.maps, _expression(model))
        region = work.flagged_region(picture, loaded, judged)
        pairs = work.all_pairs(trace)
        _heading(picture, loaded, judged, region)
        part = _part()
        bar = st.container(horizontal=True, gap="medium")
        with bar:
            side = _side(pairs) if part != "data" else next(iter(pairs))
        looked = {name: work.looks(model, loaded, name, some, region) for name, some in pairs.items()}
        scene = Scene(model, loaded, region, side, pairs[side], looked[side])
        if not scene.has_projection and part != "data":
            st.info(words.no_projection(side), icon=":material/info:")
        if part == "figure7":
            _figure_seven(scene, pairs, looked)
            _variance(scene)
        elif part == "data":
            whole_set.section(model, sum(trace.timings.values()))
        else:
            with bar:
                stage = _stage()
            _closer(scene, part, stage)


# ----------------------------------------------------------------------------------------------------- the picture


def _picture(model: Model) -> Picture:
    """The same choice of pictures as on the other pages."""
    adding, shelf = st.columns((2, 5), gap="medium")
    with adding:
        gallery.adding()
    picture = chosen_picture.chosen()
    with shelf:
        gallery.shelf(model, picture, _expression(model))
    return picture


def _expression(model: Model) -> str:
    return next(iter(judge.presets(model.detector.config).values()))


def _heading(picture: Picture, loaded: Loaded, judged: Judgement, region: Region) -> None:
    st.subheader(text.plain(picture.title), anchor=False)
    badge = f":{theme.BADGES[judged.is_anomalous]}-badge[{text.decision(judged.reference, judged.value)}]"
    st.markdown(f"{badge} Score {text.number(judged.value)}. {words.region(region.kind, region.share)}")
    if judged.share_above > text.UNFAMILIAR_SHARE:
        st.markdown(f":material/help: {text.unfamiliar(judged.share_above)}")
    st.caption(" ".join(filter(None, (text.picture_facts(loaded.image.shape, picture.known), *loaded.notes))))


def _part() -> str:
    """Which part of the page is open. The others are not computed."""
    session.remember("part", "figure7", session.one_of(words.PART_NAMES))
    return st.segmented_control(
        "Part",
        list(words.PART_NAMES),
        format_func=words.PART_NAMES.get,
        key="part",
        required=True,
        label_visibility="collapsed",
        help=words.PART_HELP,
    )


def _side(pairs: Mapping[str, tuple[Pair, ...]]) -> str:
    if len(pairs) == 1:
        st.info(words.NO_STUDENT, icon=":material/info:")
        return next(iter(pairs))
    session.remember("side", "teacher", session.one_of(pairs))
    return st.segmented_control(
        "Side", list(pairs), format_func=words.SIDE_NAMES.get, key="side", required=True, help=words.SIDE_HELP
    )


# -------------------------------------------------------------------------------------------------------- Figure 7


def _figure_seven(scene: Scene, pairs: Mapping[str, tuple[Pair, ...]], looked: Mapping[str, tuple[Look, ...]]) -> None:
    projected = {side: looks for side, looks in looked.items() if pairs[side][0].after is not None}
    if not projected:
        return
    st.subheader("Does Figure 7 of the paper hold here?", anchor=False)
    if scene.has_projection:
        _answers(scene)
    _changes(scene, projected)
    with st.expander("All numbers as a table", icon=":material/table_rows:"):
        st.caption("Mean ± is one standard deviation over positions. Units as in the charts above.")
        st.dataframe(_table(pairs, looked), hide_index=True, key="regions_table")


def _answers(scene: Scene) -> None:
    """The answer on this model in words and numbers, for the chosen side."""
    values = work.values_by_question(scene.looks)
    whose = "teacher's" if scene.side == "teacher" else "student's"
    where = "In the normal region of this image" if scene.looks[0].region.any() else "On this image"
    with st.grid(4, min_column_width=150, gap="small", border=True) as grid:
        for name, question in words.QUESTIONS.items():
            answer, colour = words.answer(values[name])
            with grid.cell():
                st.markdown(f"**{question.title}**", help=question.help)
                st.markdown(f":{colour}-badge[{answer}]")
                st.caption(words.steps(values[name]))
    st.markdown(words.verdict(values, whose, where))
    st.markdown(words.scale_free(values))
    for measured in whole_set.measured(scene.model):
        if whole := work.values_of_data(measured, scene.side):
            normal = int(np.sum(~measured.defective & measured.known))
            st.markdown(words.verdict(whole, whose, words.data_where(normal, measured.name)))
    st.caption(words.WHY_SCALE_FREE)
    if any(pair.recalled for pair in scene.pairs):
        st.caption(words.RECALLED)


def _changes(scene: Scene, projected: Mapping[str, tuple[Look, ...]]) -> None:
    """A chart per statistic, with a row per side and scale, normal and flagged regions apart."""
    every = [look for looks in projected.values() for look in looks]
    groups = {"normal": (theme.NORMAL, [look.normal for look in every])}
    if any(look.region.any() for look in every):
        groups["flagged"] = (theme.ANOMALOUS, [look.flagged for look in every])

    def drawn() -> dict[str, go.Figure]:
        rows = [words.row_name(side, i) for side, looks in projected.items() for i in range(len(looks))]
        return {
            name: projection_figures.change_figure(
                rows,
                [_series(group, colour, found, name) for group, (colour, found) in groups.items()],
                question.unit,
                log=name == "mean",
            )
            for name, question in words.QUESTIONS.items()
        }

    st.html(whole_set.change_key(groups))
    kept = work.charts(scene.model, scene.loaded, scene.region, drawn)
    with st.grid(2, min_column_width=320, gap="medium") as grid:
        for name, question in words.QUESTIONS.items():
            with grid.cell():
                st.markdown(f"**{question.title}**", help=question.help)
                st.plotly_chart(kept[name], key=f"change-{name}", config=figures.CHART_CONFIG, alt=question.hint)
                st.caption(question.hint)


def _series(group: str, colour: str, found: Sequence[tuple], name: str) -> Series:
    before, after = (
        np.array([np.nan if pair[k] is None else getattr(pair[k], name) for pair in found]) for k in (0, 1)
    )
    return Series(group, colour, before, after)


def _table(pairs: Mapping[str, tuple[Pair, ...]], looked: Mapping[str, tuple[Look, ...]]) -> pd.DataFrame:
    """One row per feature map and region."""
    return pd.DataFrame(
        {
            "Features": name,
            "Region": region,
            "Positions": found.positions,
            "Variance": f"{text.number(found.mean)} ± {text.number(found.spread)}",
            "Coefficient of variation": found.variation,
            "At length 1": found.unit,
            "Spread of directions": found.directions,
        }
        for side, some in pairs.items()
        for pair, look in zip(some, looked[side], strict=True)
        for region, group in (("normal", look.normal), ("flagged", look.flagged))
        for name, found in zip(pair.names, group, strict=False)
        if found is not None
    )


# ------------------------------------------------------------------------------------------------- variance as maps


@st.fragment
def _variance(scene: Scene) -> None:
    """Maps and histograms per scale. Runs again alone when their scale is changed."""
    st.subheader("Variance along channels, place by place", anchor=False)
    session.remember("way", "log", session.one_of(words.WAY_NAMES))
    way = st.segmented_control(
        "Variance scale",
        list(words.WAY_NAMES),
        format_func=words.WAY_NAMES.get,
        key="way",
        required=True,
        help=words.WAY_HELP,
    )
    st.caption(f"{words.MAPS_HINT} {words.SAME_REGIONS}" if scene.has_projection else words.SAME_REGIONS)
    for pair, look in zip(scene.pairs, scene.looks, strict=True):
        _variance_row(scene, pair, look, way)


def _variance_row(scene: Scene, pair: Pair, look: Look, way: str) -> None:
    st.markdown(words.pair_heading(pair))
    scale, touch = projection_figures.variance_scale(look.variance, way), session.on_touch_screen()

    def drawn() -> dict[str, go.Figure]:
        named = dict(zip(pair.names, look.variance, strict=False))
        maps = {
            name: projection_figures.variance_figure(variance, look.region, scene.shape, scale, way, touch=touch)
            for name, variance in named.items()
        }
        return {**maps, "histogram": projection_figures.histogram_figure(named, look.region, way)}

    kept = work.charts(scene.model, scene.loaded, scene.region, drawn, scene.side, pair.scale, way, touch)
    maps, histogram = st.columns((3, 2), gap="medium")
    with maps:
        grid = st.grid(2, min_column_width=140, gap="small")
        for name, when in zip(pair.names, ("before", "after")[: len(look.variance)], strict=False):
            with grid.cell():
                label = f"Variance of {name}" + (f" ({when})" if pair.after is not None else "")
                st.markdown(label)
                key = f"variance-{scene.side}-{pair.scale}-{when}"
                st.plotly_chart(kept[name], key=key, config=_map_config(), alt=label)
        st.html(figures.colour_bar(scale))
    with histogram:
        st.markdown("How often each variance occurs")
        key = f"histogram-{scene.side}-{pair.scale}"
        st.plotly_chart(kept["histogram"], key=key, config=figures.CHART_CONFIG, alt="Histogram of the variance")
        st.html(projection_figures.key(_histogram_key(pair, look)))
        lines = [words.region_line("Normal", look.normal), words.region_line("Flagged", look.flagged)]
        hint = f" {words.HISTOGRAM_HINT}" if pair.after is not None else ""
        st.caption(f"Mean ± spread. {'; '.join(lines)}.{hint}")


def _map_config() -> dict[str, object]:
    """Buttons of a map; on a phone they would cover it."""
    return figures.CHART_CONFIG if session.on_touch_screen() else figures.PICTURE_CONFIG


def _histogram_key(pair: Pair, look: Look) -> list[tuple[str, str, str]]:
    before, after = pair.names
    marks = [("dotted", before), ("area", after)] if pair.after is not None else [("area", before)]
    groups = [("normal", theme.NORMAL, ~look.region), ("flagged", theme.ANOMALOUS, look.region)]
    present = [(group, colour) for group, colour, inside in groups if inside.any()]
    return [(mark, colour, f"{name} {group}") for mark, name in marks for group, colour in present]


# ------------------------------------------------------------------------------------------------ one scale, closer


def _stage() -> int:
    """The index of the chosen scale, 0..2."""
    session.remember("stage", "1", session.one_of(words.SCALE_NAMES))
    chosen = st.segmented_control(
        "Scale",
        list(words.SCALE_NAMES),
        format_func=words.SCALE_NAMES.get,
        key="stage",
        required=True,
        help=words.SCALE_HELP,
    )
    return int(chosen) - 1


def _closer(scene: Scene, part: str, stage: int) -> None:
    """Gates and channels, or the features themselves, of one scale."""
    pair, look = scene.pairs[stage], scene.looks[stage]
    if part == "gates":
        if pair.gate is not None:
            _gates(scene, pair)
            _ends(scene, pair)
        return
    _colours(scene, pair)
    if pair.after is not None:
        _blend(scene, pair, look)
    _umap(scene, pair, look)


@st.fragment
def _gates(scene: Scene, pair: Pair) -> None:
    """Profiles of the gates beside the image, and the sorted channels, with one channel marked."""
    means = projection.mean_gates(pair.gate)
    session.remember("channel", int(means.argmin()), session.whole_number(0, len(means) - 1))
    # With another number of channels the slider is a new widget to Streamlit, which would start at 0 unless told.
    st.session_state["channel"] = int(st.session_state["channel"])
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(f"**Gates of {pair.names[1]} along height and width**")
        width = _GATES_WIDTH_TOUCH if session.on_touch_screen() else _GATES_WIDTH
        profiles = st.container()
    with right:
        st.markdown("**Which channels are damped**")
        curve = st.container()
        st.caption(words.DAMPING_HINT)
        channel = st.slider("Channel", 0, len(means) - 1, key="channel", help=words.CHANNEL_HELP)
        tile = projection_figures.channel_tile(pair.before[channel], pair.after[channel], scene.shape)
        st.image(tile, width=300, alt=f"Channel {channel} before and after")
        st.caption(f"{words.tile_caption(channel, means[channel])}; left before, right after.")
        st.markdown(words.damping(means))
    with profiles:
        small = work.small_picture(scene.loaded)
        figure = projection_figures.gates_figure(small, scene.shape, pair.gate, channel, width)
        st.plotly_chart(figure, key="gates", config=figures.CHART_CONFIG, width=width, alt=words.GATES_HINT)
        st.caption(words.GATES_HINT)
    with curve:
        figure = projection_figures.damping_figure(pair.gate, channel)
        st.plotly_chart(figure, key="damping", config=figures.CHART_CONFIG, alt=words.DAMPING_HINT)


def _ends(scene: Scene, pair: Pair) -> None:
    """The most and the least damped channels as pictures."""
    means = projection.mean_gates(pair.gate)
    order = np.argsort(means, kind="stable")
    count = min(_TILES, len(order) // 2)
    for title, channels in (("Most damped", order[:count]), ("Least damped", order[::-1][:count])):
        st.markdown(f"**{title} channels, {pair.names[0]} before and {pair.names[1]} after**")
        with st.grid(_TILES, min_column_width=220, gap="small") as grid:
            for channel in map(int, channels):
                with grid.cell():
                    tile = projection_figures.channel_tile(pair.before[channel], pair.after[channel], scene.shape)
                    st.image(tile, width="stretch", alt=f"Channel {channel} before and after")
                    st.caption(words.tile_caption(channel, means[channel]))
    st.caption(words.TILES_HINT)


def _colours(scene: Scene, pair: Pair) -> None:
    st.markdown("**Features as colours**")
    session.remember("vectors", "unit", session.one_of(words.VECTOR_NAMES))
    chosen = st.segmented_control(
        "Vectors",
        list(words.VECTOR_NAMES),
        format_func=words.VECTOR_NAMES.get,
        key="vectors",
        required=True,
        help=words.VECTORS_HELP,
    )
    before, after, share = work.colours(scene.model, scene.loaded, pair, chosen == "unit")
    pictures = {"Image": figures.reduced(scene.loaded.shown, 480)}
    for name, rgb in zip(pair.names, (before, after), strict=True):
        if rgb is not None:
            pictures[f"{name} in the common PCA basis"] = projection_figures.feature_picture(rgb, scene.shape)
    with st.grid(3, min_column_width=240, gap="small") as grid:
        for title, picture in pictures.items():
            with grid.cell():
                st.image(picture, title, width="stretch", alt=title)
    st.caption(words.pca_hint(share))


@st.fragment
def _blend(scene: Scene, pair: Pair, look: Look) -> None:
    """(1 - t) F + t P for a chosen t, from three maps that are already there."""
    st.markdown(f"**From {pair.names[0]} to {pair.names[1]} step by step**")
    session.remember("blend", 50, session.whole_number(0, 100))
    percent = st.slider("Share of P", 0, 100, step=5, format="%d %%", key="blend", help=words.BLEND_HELP)
    first, last = look.variance
    mixed = projection.blended_variance(first, look.covariance, last, percent / 100)
    normal = None if look.region.all() else ~look.region
    now, start = (projection.map_statistics(variance, normal) for variance in (mixed, first))
    st.markdown(words.blend(percent, pair.names, now, start))
    steps = [projection.blended_variance(first, look.covariance, last, t) for t in np.linspace(0, 1, _CURVE_STEPS)]
    regions = {"normal": (~look.region, theme.NORMAL), "flagged": (look.region, theme.ANOMALOUS)}
    columns = iter(st.columns(3, gap="medium"))
    with next(columns):
        scale = projection_figures.variance_scale(look.variance, "log")
        st.markdown("Variance of the blend")
        figure = projection_figures.variance_figure(
            mixed, look.region, scene.shape, scale, "log", touch=session.on_touch_screen()
        )
        st.plotly_chart(figure, key="blend-map", config=_map_config(), alt="Variance of the blend")
        st.html(figures.colour_bar(scale))
        st.caption(words.BLEND_MAP_HINT)
    for k, (title, name) in enumerate((("Mean variance", "mean"), ("Coefficient of variation", "variation"))):
        curves = {
            label: (np.array([projection.map_statistics(step, inside)[k] for step in steps]), colour)
            for label, (inside, colour) in regions.items()
            if inside.any()
        }
        with next(columns):
            st.markdown(title)
            figure = projection_figures.blend_figure(curves, percent / 100, words.BLEND_UNITS[name])
            st.plotly_chart(figure, key=f"blend-{name}", config=figures.CHART_CONFIG, alt=f"{title} against the blend")
            st.caption(words.BLEND_HINTS[name])


@st.fragment
def _umap(scene: Scene, pair: Pair, look: Look) -> None:
    """Feature vectors before and after, normal against flagged ones."""
    st.markdown("**Feature vectors as a UMAP**")
    session.remember("umap", False, session.yes_or_no)
    if not st.toggle(words.UMAP_SWITCH, key="umap", help=words.UMAP_HELP):
        return
    try:
        with st.spinner("Computing the UMAP…", show_time=True):
            found = work.embedding(scene.model, scene.loaded, pair, scene.region, look.region)
    except NNetError as error:
        st.info(str(error), icon=":material/info:")
        return
    if warning := words.few_flagged(int(look.region.sum()), look.region.size):
        st.info(warning, icon=":material/info:")
    places = _places(found.positions, look.region.shape, scene.shape)
    for column, points, name in zip(st.columns(2, gap="medium"), found.points, pair.names, strict=False):
        with column:
            st.markdown(f"{name}, {text.plural(len(points), 'vector')}, seed 0")
            figure = projection_figures.umap_figure(points, found.flagged, places)
            st.plotly_chart(figure, key=f"umap-{name}", config=figures.CHART_CONFIG, alt=f"UMAP of {name}")
    st.caption(f"{words.UMAP_HINT} {words.separation(pair.names, found.separation)}")


def _places(positions: np.ndarray, grid: tuple[int, int], shape: tuple[int, ...]) -> list[str]:
    """Flat positions as image coordinates of their centres."""
    rows, columns = np.divmod(positions, grid[1])
    x, y = (columns + 0.5) * shape[1] / grid[1], (rows + 0.5) * shape[0] / grid[0]
    return [f"x {a:.0f} px, y {b:.0f} px" for a, b in zip(x, y, strict=True)]
