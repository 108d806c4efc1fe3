"""The Projection page's part on whole data sets: choose one, measure it step by step, show what came out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import streamlit as st

from nnet.analysis import projection
from nnet.data import Dataset, Sample
from nnet.errors import NNetError
from workbench.projection import cache, figures, settings, words
from workbench.projection.figures import Series
from workbench.projection.measured import Measured, values_of_data
from workbench.shared import controls, datasets, theme, units
from workbench.shared.charts import CHART_CONFIG
from workbench.shared.resources import Model

_RUNS = "projection_runs"
_SHOWN_PROBLEMS = 5


@dataclass
class Run:
    """A measurement under way or stopped: one visitor's. It continues where it was when the page is drawn again."""

    dataset: Dataset
    hash: str
    samples: Sequence[Sample]
    values: list[np.ndarray] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    active: bool = True
    seconds: float = 0.0

    @property
    def done(self) -> int:
        """Images measured so far."""
        return sum(map(len, self.values))

    def result(self) -> Measured:
        """What has been measured so far."""
        defective = np.array([sample.is_defective for sample in self.samples[: self.done]])
        values = np.concatenate(self.values)
        return Measured(self.dataset.name, len(self.samples), values, defective, tuple(self.problems))


def measured_for(model: Model) -> list[Measured]:
    """The finished results for this model that the visitor has asked for, each data set once."""
    hashes = {run.hash for (key, _), run in _runs().items() if key == model.key}
    found = (cache.results().get((model.key, hash)) for hash in sorted(hashes))
    return [result for result in found if result is not None]


def section(model: Model, milliseconds: float) -> None:
    """Draw the part. No fragment, since a click on "Stop" could not interrupt one.

    Args:
        milliseconds: what one image takes, for an estimate beforehand.
    """
    st.subheader(words.DATA_TITLE, anchor=False)
    st.markdown(words.DATA_ABOUT)
    specification = _chosen()
    if not specification:
        return
    key = (model.key, specification)
    run = _runs().get(key)
    try:
        run = _controls(model, key, run, milliseconds)
        if run is not None and run.active:
            _advance(model, run)
    except NNetError as error:
        st.error(units.plain(str(error)), icon=":material/error:")
        return
    if run is not None and run.done:
        _result(run.result())


def _runs() -> dict[tuple[str, str], Run]:
    return st.session_state.setdefault(_RUNS, {})


def _chosen() -> str:
    """The controls that name a data set; its specification, or "" where none is chosen."""
    left, right = st.columns((2, 3), gap="medium", vertical_alignment="bottom")
    with left:
        choice = controls.choose(settings.DATA, words.DATA_CHOICES, label=words.DATA, help=words.DATA_HELP, kind="list")
    if choice == "folder":
        settings.FOLDER.remember()
        example, help = words.FOLDER_EXAMPLE, words.FOLDER_HELP
        return right.text_input(words.FOLDER, key=settings.FOLDER.key, placeholder=example, help=help).strip()
    return "" if choice == "none" else choice


def _controls(model: Model, key: tuple[str, str], run: Run | None, milliseconds: float) -> Run | None:
    """The buttons to start and to stop, both always there, so that neither moves while it is needed."""
    dataset = datasets.opened(key[1]) if run is None else run.dataset
    samples = projection.in_mixed_order(dataset.test) if run is None else run.samples
    if not samples:
        st.info(words.NO_LABELLED, icon=":material/info:")
        return None
    active, done = (run.active, run.done) if run is not None else (False, 0)
    if done < len(samples):
        label = words.start(done, len(samples), (len(samples) - done) * milliseconds / 1000)
        with st.container(horizontal=True, gap="small"):
            icon = ":material/play_arrow:"
            start = st.button(label, icon=icon, type="primary", key="data_start", disabled=active)
            stop = ":material/stop:"
            st.button(words.STOP, icon=stop, key="data_stop", disabled=not active, on_click=_stop, args=(run,))
        if start:
            _start(model, key, run, dataset, samples)
    st.caption(units.plain(" ".join((*dataset.notes, dataset.licence))))
    return run


def _start(model: Model, key: tuple[str, str], run: Run | None, dataset: Dataset, samples: Sequence[Sample]) -> None:
    """Start or continue; then draw the page again with the buttons as they are while it runs."""
    if run is None:
        with st.spinner(words.READING):
            run = _runs()[key] = Run(dataset, dataset.content_hash(), samples, active=False)
        _take_known(model, run)
    run.active = run.done < len(run.samples)
    st.rerun()


def _take_known(model: Model, run: Run) -> None:
    """Use a result that anybody has measured before for this model and these files."""
    found = cache.results().get((model.key, run.hash))
    if found is not None:
        run.values, run.problems = [found.values], list(found.problems)


def _stop(run: Run) -> None:
    run.active = False


def _advance(model: Model, run: Run) -> None:
    """Measure what is left. A click on "Stop" ends the script here, at the next update of the bar."""
    total = len(run.samples)
    bar = st.progress(run.done / total, units.progress(run.done, total, "image", "measured"))
    for _ in _steps(model, run):
        left = run.seconds / max(run.done, 1) * (total - run.done)
        bar.progress(run.done / total, units.progress(run.done, total, "image", "measured", left))
    bar.empty()
    run.active = False
    if run.done == len(run.samples):
        cache.results().put((model.key, run.hash), run.result())
    st.rerun()  # without the button to stop


def _steps(model: Model, run: Run) -> Iterator[None]:
    started = time.perf_counter()
    for values, problems in projection.measure_samples(model.detector, run.samples[run.done :]):
        run.values.append(values)
        run.problems += problems
        run.seconds += time.perf_counter() - started
        yield
        started = time.perf_counter()


# ---------------------------------------------------------------------------------------------------- the result


def _result(result: Measured) -> None:
    known = result.known
    normal, defective = (int(np.sum(known & (result.defective == side))) for side in (False, True))
    st.markdown(words.data_counts(normal, defective, result.total, result.name))
    if result.problems:
        st.warning(words.left_out(result.problems, _SHOWN_PROBLEMS), icon=":material/broken_image:")
    for side in projection.SIDES:
        values = values_of_data(result, side, defective=not normal)
        if values:
            where = words.data_where(normal, result.name) if normal else words.defective_where(defective)
            st.markdown(words.verdict(values, words.WHOSE[side], where))
            st.markdown(words.scale_free(values))
    rows, series = _series(result)
    st.html(figures.change_key(group(0).name for group in series))
    with st.grid(2, min_column_width=320, gap="medium") as grid:
        for index, (name, question) in enumerate(words.QUESTIONS.items()):
            with grid.cell():
                st.markdown(f"**{question.title}**", help=question.help)
                figure = figures.change_figure(
                    rows, [group(index) for group in series], question.unit, log=name == "mean"
                )
                st.plotly_chart(figure, key=f"data-{name}", config=CHART_CONFIG, alt=question.unit)
                st.caption(words.DATA_HINT[name])
    with st.expander(words.DATA_TABLE, icon=":material/table_rows:"):
        table = result_table(result)
        st.dataframe(table, hide_index=True, key="data_table")
        st.download_button(
            words.DATA_CSV,
            table.to_csv(index=False),
            "projection.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )


def _series(result: Measured) -> tuple[list[str], list[Callable[[int], Series]]]:
    """Row names, and per group of images a function from a statistic's index to its Series."""
    mean = projection.over_images(result.values, result.known)[0].reshape(6, 2, -1)
    rows = [i for i in range(6) if not np.isnan(mean[i]).any()]
    names = [words.row_name(projection.SIDES[i // 3], i % 3) for i in rows]

    def group(name: str, colour: str, chosen: np.ndarray) -> Callable[[int], Series]:
        middle, spread = (a.reshape(6, 2, -1)[rows] for a in projection.over_images(result.values, chosen))
        return lambda k: Series(name, colour, middle[:, 0, k], middle[:, 1, k], spread[:, 0, k], spread[:, 1, k])

    groups = (("normal", theme.NORMAL, ~result.defective), ("defective", theme.ANOMALOUS, result.defective))
    present = [(name, colour, chosen & result.known) for name, colour, chosen in groups]
    return names, [group(name, colour, chosen) for name, colour, chosen in present if chosen.any()]


def result_table(result: Measured) -> pd.DataFrame:
    """One row per side, scale, group of images and statistic: mean and standard deviation before and after."""
    rows = []
    for label, side_of in (("normal", False), ("defective", True)):
        chosen = (result.defective == side_of) & result.known
        if not chosen.any():
            continue
        mean, spread = projection.over_images(result.values, chosen)
        for s, side in enumerate(projection.SIDES):
            for scale in range(projection.SCALES):
                for k, name in enumerate(projection.STATISTICS):
                    if not np.isnan(mean[s, scale, 0, k]):
                        rows.append(
                            {
                                "Side": words.SIDE_NAMES[side],
                                "Scale": scale + 1,
                                "Images": label,
                                "Statistic": words.QUESTIONS[name].unit,
                                "Before": mean[s, scale, 0, k],
                                "± before": spread[s, scale, 0, k],
                                "After": mean[s, scale, 1, k],
                                "± after": spread[s, scale, 1, k],
                            }
                        )
    return pd.DataFrame(rows)
