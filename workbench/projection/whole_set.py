"""The Projection page's part on whole data sets: choose one, measure it step by step, show what came out."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import streamlit as st

from nnet.analysis import projection
from nnet.data import Sample
from workbench.projection import cache, figures, settings, words
from workbench.projection.figures import Series
from workbench.projection.measured import Measured, values_of_data
from workbench.shared import chosen_picture, controls, data_choice, measuring, resources, spreadsheet, theme, units
from workbench.shared import words as shared_words
from workbench.shared.data_choice import Chosen
from workbench.shared.resources import Model

_RUNS = "projection_runs"
_SHOWN_PROBLEMS = 5
_ROW = 60  # height of a chart's row in pixels


@dataclass
class Run(measuring.Run):
    """One visitor's measuring of the test images of a set, with what has been measured so far."""

    name: str = ""
    samples: list[Sample] = field(default_factory=list)
    values: list[np.ndarray] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def result(self) -> Measured:
        """What has been measured so far."""
        defective = np.array([sample.is_defective for sample in self.samples[: self.done]])
        return Measured(self.name, self.total, np.concatenate(self.values), defective, tuple(self.problems))


def measured_for(model: Model) -> list[Measured]:
    """The finished results for this model that the visitor has asked for, each data set once."""
    found = (cache.results().get(key) for key in sorted(_runs()) if key[0] == model.key)
    return [result for result in found if result is not None]


def section(model: Model, milliseconds: float) -> None:
    """Draw the part. No fragment, since a click on "Stop" could not interrupt one. `milliseconds`: what one image
    takes, for an estimate beforehand."""
    if model.detector.config != model.detector.checkpoint.config:  # it looks at parts of pictures (`looked_into`)
        st.info(words.FRAMED, icon=":material/grid_view:")
        return
    chosen = data_choice.choose(settings.DATA, settings.FOLDER, words.DATA_CHOICES, help=words.DATA_HELP)
    if chosen is None:
        if (found := _of_samples(model)) is not None:
            _result(found)
        st.caption(words.DATA_ABOUT)
        return
    run = _run(model, chosen)
    if not run.total:
        st.info(words.NO_LABELLED, icon=":material/info:")
        return
    result = cache.results().get((model.key, chosen.hash))
    if result is None:
        says = measuring.Says(shared_words.measure(run.total), "image", "measured")
        measuring.measure("data", run, lambda: _steps(model, chosen, run), says, lambda: milliseconds / 1000)
        result = run.result() if run.done else None
    st.caption(units.plain(" ".join((*chosen.dataset.notes, chosen.dataset.licence))))
    if result is not None:
        _result(result)


def _of_samples(model: Model) -> Measured | None:
    """The model's own samples of which it is known whether they are good: too few to prove anything, but at hand."""
    known = [one for one in chosen_picture.sample_pictures().values() if one.is_defective is not None]

    def measured() -> Measured:
        values = np.stack([projection.measure_trace(resources.trace(model, one.load())) for one in known])
        return Measured(words.SAMPLES, len(known), values, np.array([bool(one.is_defective) for one in known]))

    these = "+".join(one.content_key for one in known)  # a model may get others
    return cache.results().of((model.key, these), measured) if known else None


def _runs() -> dict[tuple[str, str], Run]:
    return st.session_state.setdefault(_RUNS, {})


def _run(model: Model, chosen: Chosen) -> Run:
    samples = projection.in_mixed_order(chosen.dataset.test)
    new = Run(len(samples), name=chosen.dataset.name, samples=samples)
    return _runs().setdefault((model.key, chosen.hash), new)


def _steps(model: Model, chosen: Chosen, run: Run) -> Iterator[int]:
    """Continue a run; a complete one is shared with everybody."""
    done = run.done
    for values, problems in projection.measure_samples(model.detector, run.samples[done:]):
        run.values.append(values)
        run.problems += problems
        done += len(values)
        yield done
    if done == run.total:
        cache.results().put((model.key, chosen.hash), run.result())


# ---------------------------------------------------------------------------------------------------- the result


def _result(result: Measured) -> None:
    normal, defective = result.counts
    st.markdown(words.data_counts(normal, defective, result.total, result.name))
    if result.problems:
        st.warning(words.left_out(result.problems, _SHOWN_PROBLEMS), icon=":material/broken_image:")
    rows, series = _series(result)
    st.html(figures.change_key(group(0).name for group in series))
    with st.grid(2, min_column_width=320, gap="medium") as grid:
        for index, (name, question) in enumerate(words.QUESTIONS.items()):
            with grid.cell():
                st.markdown(f"**{question.title}**", help=question.help)
                figure = figures.change_figure(
                    rows, [group(index) for group in series], question.unit, log=name == "mean", row=_ROW
                )
                controls.chart(figure, f"data-{name}", words.DATA_HINT[name], alt=question.unit)
    for side in projection.SIDES:
        if values := values_of_data(result, side, defective=not normal):
            st.markdown(words.verdict(values, words.WHOSE[side], words.where(normal, defective, result.name)))
            st.markdown(words.scale_free(values))
    with st.expander(words.DATA_TABLE, icon=":material/table_rows:"):
        table = result_table(result)
        st.dataframe(table, hide_index=True, key="data_table")
        controls.download(words.DATA_CSV, spreadsheet.csv(table), words.DATA_FILE)


def _series(result: Measured) -> tuple[list[str], list[Callable[[int], Series]]]:
    """Row names, and per group of images a function from a statistic's index to its Series."""
    mean = projection.over_images(result.values, result.known)[0].reshape(6, 2, -1)
    rows = [i for i in range(6) if not np.isnan(mean[i]).any()]
    names = [words.row_name(projection.SIDES[i // 3], i % 3) for i in rows]

    def group(name: str, colour: str, chosen: np.ndarray) -> Callable[[int], Series]:
        middle, spread = (a.reshape(6, 2, -1)[rows] for a in projection.over_images(result.values, chosen))
        return lambda k: Series(name, colour, middle[:, 0, k], middle[:, 1, k], spread[:, 0, k], spread[:, 1, k])

    groups = ((words.NORMAL, theme.NORMAL, ~result.defective), (words.DEFECTIVE, theme.ANOMALOUS, result.defective))
    present = [(name, colour, chosen & result.known) for name, colour, chosen in groups]
    return names, [group(name, colour, chosen) for name, colour, chosen in present if chosen.any()]


def result_table(result: Measured) -> pd.DataFrame:
    """One row per side, scale, group of images and statistic: mean and standard deviation before and after."""
    rows = []
    for label, chosen in ((words.NORMAL, ~result.defective), (words.DEFECTIVE, result.defective)):
        mean, spread = projection.over_images(result.values, chosen & result.known)
        for s, scale, k in itertools.product(range(2), range(projection.SCALES), range(len(projection.STATISTICS))):
            numbers = [found[s, scale, when, k] for when in (0, 1) for found in (mean, spread)]
            if not np.isnan(numbers).any():
                about = words.data_row(projection.SIDES[s], scale, label, projection.STATISTICS[k])
                rows.append(about | dict(zip(words.DATA_COLUMNS, numbers, strict=True)))
    return pd.DataFrame(rows)
