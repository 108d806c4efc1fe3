"""What a watcher is doing, how its scores run, and its last pictures; drawn again by itself."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from nnet.data.images import decode
from nnet.errors import NNetError
from nnet.watch.journal import ANOMALOUS, OTHER_KIND, OTHER_SIZE, Entry
from nnet.watch.results import Results, overlay_path, read_results
from workbench.shared import controls, model_list, pictures, resources, theme, units
from workbench.watch import figures, words

EVERY = 2.0
"""Seconds between two looks at the folder."""
TREND, TILES = 200, 12
TILE_SIDE = 480


def draw(out: Path, decision: str) -> None:
    """Everything that changes.

    Args:
        out: the folder of results.
        decision: which pictures are shown, or "all".
    """

    def again() -> None:
        try:
            results = read_results(out, TREND)
            newest, others = _newest(out, decision)
            large, beside = st.columns(2, gap="medium")
            with beside:
                _state(results)
            with large:
                if newest is None:
                    none = words.NONE_OF_THESE if any(results.counts.values()) else words.NONE_YET
                    st.info(none, icon=":material/hourglass:")
                else:
                    with st.container(key="watch_newest"):
                        _tile(out, newest)
            _grid(out, others)
        except OSError as error:  # a picture is being entered at this moment
            st.caption(units.plain(words.LOOK_AGAIN.format(reason=error)))
        except NNetError as error:
            st.error(units.plain(str(error)), icon=":material/error:")

    st.fragment(run_every=EVERY, key="watch_live")(again)()


def _state(results: Results) -> None:
    badge = f":blue-badge[{words.RUNNING}]" if results.running else f":orange-badge[{words.STOPPED}]"
    st.markdown(f"{badge} {words.state(results, model_list.called_by_path(results.model))}")
    if results.running and results.problem:
        st.warning(units.plain(results.problem), icon=":material/warning:")
    _counts(results)
    if count := results.counts[OTHER_KIND]:
        st.warning(words.other_kinds(count), icon=":material/help:")
    if count := results.counts[OTHER_SIZE]:
        st.warning(words.other_sizes(count), icon=":material/photo_size_select_large:")
    if any(entry.times_threshold is not None for entry in results.last):
        st.markdown(f"**{words.TREND_TITLE}**")
        chart = figures.trend(results.last)
        controls.chart(chart, "watch_trend", words.TREND_HINT)


def _counts(results: Results) -> None:
    with st.grid(3, min_column_width=85, gap="small") as grid:
        for decision, count in results.counts.items():
            with grid.cell():
                st.metric(words.COUNTS[decision], f"{count:,}")
        with grid.cell():
            st.metric(words.WAITING, f"{results.waiting:,}", help=words.WAITING_HELP)


def _newest(out: Path, decision: str) -> tuple[Entry | None, list[Entry]]:
    """The newest picture of this decision that can be shown, and the others before it."""
    last = read_results(out, TILES + 1, *(() if decision == "all" else (decision,))).last
    newest = next((entry for entry in last if overlay_path(out, entry)), next(iter(last), None))
    return newest, [entry for entry in last if entry is not newest]


def _grid(out: Path, entries: Sequence[Entry]) -> None:
    with st.grid(4, min_column_width=180, gap="small") as grid:
        for entry in entries:
            with grid.cell():
                _tile(out, entry)


def _tile(out: Path, entry: Entry) -> None:
    picture = _overlay(out, entry)
    if picture:
        st.image(picture, width="stretch", alt=words.overlay_alt(entry))
    elif entry.score is not None:
        st.caption(words.NO_OVERLAY)
    is_judged = entry.score is not None and entry.decision != OTHER_KIND
    colour = theme.BADGES[entry.decision == ANOMALOUS] if is_judged else "gray"
    st.markdown(f":{colour}-badge[{words.decision(entry)}]")
    st.caption(words.facts(entry))


def _overlay(out: Path, entry: Entry) -> str:
    """The overlay, ready for the browser; "" if there is none."""
    path = overlay_path(out, entry)
    if path is None:
        return ""
    try:
        key = ("watch", str(path), path.stat().st_mtime_ns)
        return resources.photo(key, lambda: pictures.reduced(decode(path).image, TILE_SIDE))
    except (OSError, NNetError):  # somebody tidies up at this moment
        return ""
