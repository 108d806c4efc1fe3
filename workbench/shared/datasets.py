"""Opened data sets, so that a page that shows one image of a set does not list all its files in every run.

What is kept are names, labels and paths, never pixels; a ZIP stays unpacked in its temporary folder as long as its
data set is kept. A set whose folders changed since, or are gone, is opened again.

Folders are listed within a budget of files and seconds, and the visitor can stop it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nnet.data import DataError, Dataset, Sample, open_dataset
from nnet.data.archive import TemporaryFolder
from nnet.data.listing import budget, spend
from nnet.data.names import local_path
from workbench.shared import known_data, units, words
from workbench.shared.cache import BoundedCache

OPENED = 6
"""Most data sets kept open for all sessions together: some 0.5 kB an image."""
MOST_ENTRIES, MOST_SECONDS = 500_000, 60.0
"""Most files and folders that are listed to open one data set, and how long that may take."""
_STOPPED = "stopped_data"
_TABLE = ".csv"  # in the layout of VisA a table says what belongs to the set


@dataclass(frozen=True)
class _Opened:
    """A data set, its samples by key, and when each place it was read from had last changed (nanoseconds)."""

    dataset: Dataset
    samples: dict[str, Sample]
    changed: dict[Path, int]


_STORE: BoundedCache[tuple[str, int, str], _Opened] = BoundedCache(OPENED)


def opened(spec: str, seed: int = 0, masks: str = "") -> Dataset:
    """The data set of this name or path, opened at most once while nothing in it changes.

    Args:
        spec, seed, masks: as for `nnet.data.open_dataset`; "" for no answer.

    Raises:
        nnet.data.DataError: it cannot be opened; says what was expected. Nothing is kept then.
    """
    return _entry(spec, seed, masks).dataset


def find(spec: str, key: str) -> tuple[Dataset, Sample]:
    """A data set and its sample of this key.

    Raises:
        nnet.data.DataError: it cannot be opened, or has no such image.
    """
    entry = _entry(spec)
    if key not in entry.samples:
        raise DataError(
            words.NO_SUCH_IMAGE.format(
                dataset=entry.dataset.name, spec=units.cut(known_data.key_of(spec)), key=units.cut(key)
            )
        )
    return entry.dataset, entry.samples[key]


@contextmanager
def watched(spec: str) -> Iterator[None]:
    """Open a data set within it: folders are listed within the budget, with a button that stops it.

    Raises:
        nnet.data.DataError: the visitor has stopped it before; or while it runs, there is too much to list.
    """
    if is_stopped(spec):
        raise DataError(words.STOPPED)
    place = st.empty()
    drawn: list[DeltaGenerator] = []

    def tick(seen: int) -> None:  # drawing is also where Streamlit ends a run of the page that is no longer wanted
        if not drawn:
            row = place.container(horizontal=True, vertical_alignment="center")
            row.button(words.STOP_READING, key=f"stop-{known_data.key_of(spec)}", on_click=_stop, args=(spec,))
            drawn.append(row.empty())
        drawn[0].caption(words.seen(seen))

    try:
        with budget(MOST_ENTRIES, MOST_SECONDS, tick):
            yield
    finally:
        place.empty()


def is_stopped(spec: str) -> bool:
    """Whether the visitor stopped reading this data set."""
    return spec in st.session_state.get(_STOPPED, ())


def read_after_all(spec: str) -> None:
    """Let a data set be opened whose reading was stopped. A callback."""
    st.session_state[_STOPPED].discard(spec)


def _stop(spec: str) -> None:
    st.session_state.setdefault(_STOPPED, set()).add(spec)


def version(sample: Sample) -> str:
    """Size and date of the sample's file, which change when its content does; "" for a generated image or no file."""
    try:
        found = sample.path.stat() if sample.path is not None else None
    except OSError:
        return ""
    return "" if found is None else f"{found.st_mtime_ns}-{found.st_size}"


def _entry(spec: str, seed: int = 0, masks: str = "") -> _Opened:
    def read() -> _Opened:
        with watched(spec):
            before = _places(spec)
            dataset = open_dataset(spec, seed=seed, masks=masks or None)
            samples = {sample.key: sample for sample in dataset.samples}
            return _Opened(dataset, samples, before | _unpacked(dataset))

    return _STORE.of((spec, seed, masks), read, valid=_unchanged)


def _unchanged(entry: _Opened) -> bool:
    return all(_changed(place) == date for place, date in entry.changed.items())


def _places(spec: str) -> dict[Path, int]:
    """The archive, or all folders and tables of a folder, with their dates; nothing for a set that has a name."""
    path = local_path(spec)
    archive = next((part for part in (path, *path.parents) if part.is_file()), None)
    if archive is not None:
        return {archive: _changed(archive)}
    return _folders(path) if path.is_dir() else {}


def _unpacked(dataset: Dataset) -> dict[Path, int]:
    """The folders of an unpacked ZIP, which a system that tidies up may remove."""
    owner = next((sample.owner for sample in dataset.samples if isinstance(sample.owner, TemporaryFolder)), None)
    return {} if owner is None else _folders(owner.path)


def _folders(root: Path) -> dict[Path, int]:
    """Every folder below and including `root`, and every table in them. Links to folders are not followed."""
    found = [root]
    for place, folders, files in os.walk(root):
        spend(len(folders) + len(files), root)
        names = [*folders, *(name for name in files if name.lower().endswith(_TABLE))]
        found += [Path(place, name) for name in names]
    return {path: _changed(path) for path in found}


def _changed(path: Path) -> int:
    """When the path last changed, in nanoseconds; -1 if it is gone."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return -1
