"""A part is one thing: its pictures, its models and runs, their results and thresholds.

Nothing of it is kept twice: which models and runs belong together follows from what they record about their data
(`nnet.runs.parts`), so that everything that was trained before has its part, too. The sidebar chooses a part by its
picture, and a model under it; samples, held-out pictures and kept results are those of that model (`model_data`). Only
the name of a part, and that a run with other pictures is of the same part, are written down, since nothing else says
it.
"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from nnet.errors import NNetError
from nnet.runs import LIVE, Run, Runs, RunSpec
from nnet.runs import parts as recorded
from nnet.runs.film import FILM
from nnet.runs.layout import DATA, UPLOADED
from nnet.saved import kept_scores, kept_thresholds
from nnet.saved.checkpoint import read_config
from nnet.saved.formats import CALIBRATION, CALIBRATION_FORMAT, PictureScores
from nnet.scoring.calibration import Kept
from workbench.shared import datasets, resources, visits, words
from workbench.shared.model_list import ModelEntry

_AGAIN, _RUN = "handed_part", "handed_run"


@dataclass(frozen=True)
class Part:
    """A part: its `key` (`nnet.runs.parts`), its `name`, its models, the newest first, and, where they were asked for,
    its runs that are no models."""

    key: str
    name: str
    models: tuple[ModelEntry, ...] = ()
    runs: tuple[Run, ...] = ()


@dataclass(frozen=True)
class Again:
    """What Train is to begin with: `data` as in `nnet.runs.RunSpec`, the folder of an `upload`, and `key` and `name` of
    the part that it stays of; "" for what its data says."""

    data: str
    upload: Path | None
    key: str
    name: str


@dataclass(frozen=True)
class Decided:
    """What a model finds at its own threshold: (found, of) defective pictures and (flagged, of) good ones; `elsewhere`:
    how many of the found ones in the wrong place."""

    found: tuple[int, int]
    flagged: tuple[int, int]
    elsewhere: int = 0

    @property
    def headline(self) -> str:
        """As Evaluate opens on it."""
        from nnet.report.words import headline  # not among what a page shows first

        (hit, defective), (alarm, good) = self.found, self.flagged
        return headline(good - alarm, alarm, defective - hit, hit, self.elsewhere)


def of_models(entries: Mapping[str, ModelEntry]) -> list[Part]:
    """The parts that have a model, in the order of their first one."""
    return _together(list(entries.values()), [])


def every(entries: Mapping[str, ModelEntry]) -> list[Part]:
    """All parts, those last whose runs have no model yet."""
    known = {entry.path.resolve() for entry in entries.values()}
    runs = [run for run in Runs(resources.runs_folder()).list() if run.path.resolve() not in known]
    return _together(list(entries.values()), runs)


def _together(entries: Sequence[ModelEntry], runs: Sequence[Run]) -> list[Part]:
    models: dict[str, list[ModelEntry]] = {}
    others: dict[str, list[Run]] = {}
    for entry in entries:
        models.setdefault(entry.part, []).append(entry)
    for run in runs:
        others.setdefault(recorded.of_run(run.spec, run.path) if run.spec else "", []).append(run)
    given = _given()
    return [
        Part(
            key,
            given.get(key) or _own_name(key, models.get(key, []), others.get(key, [])),
            tuple(models.get(key, ())),
            tuple(others.get(key, ())),
        )
        for key in dict.fromkeys([*models, *others])
    ]


def _given() -> dict[str, str]:
    try:
        return recorded.names(resources.runs_folder())
    except NNetError:  # `problem` says why
        return {}


def problem() -> str:
    """Why parts have the names of their data although somebody named them, or ""."""
    try:
        recorded.names(resources.runs_folder())
    except NNetError as error:
        return str(error)
    return ""


def _own_name(key: str, models: Sequence[ModelEntry], runs: Sequence[Run]) -> str:
    """The name of the data, or what the first run of uploaded pictures was called."""
    if key in words.DATA_NAMES:
        return words.DATA_NAMES[key]
    if not key:
        return words.OTHER_MODELS
    names = [entry.data or entry.title for entry in models if not entry.problem]
    return names[-1] if names else (runs[-1].name if runs else models[-1].title)


def of_run(path: Path, spec: RunSpec) -> tuple[str, str]:
    """Key and name of the part of a run."""
    key = recorded.of_run(spec, path)
    return key, _given().get(key) or words.DATA_NAMES.get(key, spec.name)


def rename(key: str, name: str) -> None:
    """Give a part a name. Raises nnet.errors.NNetError if it cannot be kept."""
    recorded.rename(resources.runs_folder(), key, name)


@dataclass(frozen=True)
class Deletable:
    """What can be deleted: its `id` in the folder of runs, its `title`, what of it there is beside the model, a `film`
    of the training and uploaded `photos`, and whether another run `shares` these."""

    id: str
    title: str
    film: bool
    photos: bool
    shares: bool = False


def deletable(part: Part) -> list[Deletable]:
    """The models and runs of a part that lie in the folder of runs, without those that came with the program and those
    that are under way."""
    root = resources.runs_folder().resolve()
    models = [(entry.path, entry.title) for entry in part.models if not kept_thresholds.shipped(entry.path)]
    runs = [(run.path, run.name) for run in part.runs if run.state not in LIVE]
    library = Runs(root)
    return [
        Deletable(path.name, title, (path / FILM).exists(), (path / DATA).is_dir(), library.shares_pictures(path.name))
        for path, title in [*models, *runs]
        if path.resolve().parent == root
    ]


def hold_name(again: Again) -> None:
    """Write down the name of a part that is trained once more, which else may become that of its new run."""
    if again.key and again.key not in words.DATA_NAMES and again.key not in _given():
        with contextlib.suppress(NNetError):  # `problem` says why
            rename(again.key, again.name[: recorded.LONGEST_NAME])


def delete(id: str) -> None:
    """Remove a model or run from the disk, with the pictures that nothing else needs. Raises nnet.errors.NNetError or
    OSError if it cannot be."""
    Runs(resources.runs_folder()).delete(id, visits.others_work_on)


# -------------------------------------------------------------------------------------------------------- its data


def counts(part: Part) -> Mapping[str, Any]:
    """How many pictures it has (`nnet.analysis.evaluation.describe`), as its newest model says."""
    return next((entry.account for entry in part.models if entry.account), {})


def counts_now(part: Part) -> Mapping[str, Any]:
    """The same as they lie there now, with those without a label ("unlabelled"); `counts` where they are gone."""
    entry = next((entry for entry in part.models if entry.place), None)
    if entry is None:
        return counts(part)
    try:
        found = datasets.opened(entry.place, entry.seed)
    except NNetError:
        return counts(part)
    return {
        "train_normal": len(found.train),
        "test_normal": sum(sample.is_normal for sample in found.test),
        "test_defective": sum(sample.is_defective for sample in found.test),
        "unlabelled": sum(not sample.is_normal and not sample.is_defective for sample in found.test),
    }


# --------------------------------------------------------------------------------------------------------- results


def decided(entry: ModelEntry, threshold: float | None = None) -> Decided | None:
    """What stands in a model's files about its own test pictures; None without it.

    Args:
        threshold: of the model's own expression; None for the one in force.
    """
    return _decided(entry, str(entry.account.get("sha256", "")), threshold)


def measured(entry: ModelEntry) -> Decided | None:
    """The same of the pictures that its headline metric was measured on."""
    return _decided(entry, str((entry.measured_on or entry.account).get("sha256", "")))


def _decided(entry: ModelEntry, data: str, threshold: float | None = None) -> Decided | None:
    try:
        found = kept_scores.read(entry.path, read_config(entry.path)["sha256"]["weights.safetensors"]).get(data)
        own = _own_threshold(entry.path)
    except (NNetError, KeyError):
        return None
    if found is None or own is None:
        return None
    return _counted(found, own[0], own[1] if threshold is None else threshold)


def kept(entry: ModelEntry) -> Kept | None:
    """The threshold that somebody keeps instead of the one that was found, or None."""
    try:
        found = kept_thresholds.read(entry.path)
        own = _own_threshold(entry.path) if found else None  # every page asks, and most models have none
    except NNetError:
        return None
    return None if own is None else found.get(own[0])


def _own_threshold(path: Path) -> tuple[str, float] | None:
    """A model's own expression, as kept scores and thresholds are called (config.json may write it otherwise), and the
    threshold in force."""
    written = CALIBRATION_FORMAT.find(path / CALIBRATION)
    if written is None:
        return None
    chosen = kept_thresholds.read(path).get(written["expression"])
    return written["expression"], written["threshold"] if chosen is None else chosen.threshold


def _counted(found: PictureScores, expression: str, threshold: float) -> Decided | None:
    values = found["scores"].get(expression)
    if values is None:
        return None
    above: dict[bool, list[bool]] = {True: [], False: []}
    for label, value in zip(found["labels"], values, strict=True):
        above[label == "good"].append(value > threshold)
    near = found.get("near", {}).get(expression, [None] * len(values))
    elsewhere = sum(
        value > threshold and highest is not None and highest <= threshold
        for value, highest in zip(values, near, strict=True)
    )
    return Decided((sum(above[False]), len(above[False])), (sum(above[True]), len(above[True])), elsewhere)


# ------------------------------------------------------------------------------------------------------ once more


def again(part: Part) -> Again | None:
    """What it takes to train on this part once more; None where its pictures are not at hand."""
    uploaded = [entry.path for entry in part.models if (entry.path / DATA).is_dir()]
    uploaded += [run.path for run in part.runs if (run.path / DATA).is_dir()]
    if uploaded:
        return Again(UPLOADED, uploaded[0] / DATA, part.key, part.name)
    places = [entry.place for entry in part.models if entry.place]
    places += [run.spec.data for run in part.runs if run.spec is not None and run.spec.data != UPLOADED]
    return Again(places[0], None, part.key, part.name) if places else None


def hand_to_training(given: Again) -> None:
    """Let Train begin with it. Also a callback."""
    st.session_state[_AGAIN] = given


def handed() -> Again | None:
    """What was handed to Train. Only once."""
    found: Again | None = st.session_state.pop(_AGAIN, None)
    return found


def hand_run(id: str) -> None:
    """Let Train show a run. Also a callback."""
    st.session_state[_RUN] = id


def handed_run() -> str:
    """The run that Train is to show, or "". Only once."""
    found: str = st.session_state.pop(_RUN, "")
    return found
