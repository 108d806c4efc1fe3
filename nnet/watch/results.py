"""A folder of results as it is now, for whoever shows it. Nothing in it is changed."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from nnet.formats import Count, Document, Number, Sentence
from nnet.runs.locks import is_held
from nnet.watch.folder import OVERLAYS
from nnet.watch.journal import JOURNAL, Entry, Journal, WatchError
from nnet.watch.watcher import LOCK, STATUS


class StatusFile(TypedDict, total=False):
    """What the watcher is doing: the folder and the model as it names them, what is left, and what keeps it from it."""

    folder: Sentence
    model: Sentence
    expression: Sentence
    threshold: Number
    waiting: Count
    problem: Sentence


STATUS_FORMAT = Document[StatusFile](
    name=STATUS,
    about="Of the results of `nnet watch`, beside its journal.",
    error=WatchError,
    remedy="Delete it; the watcher writes it again.",
    schema=StatusFile,
)


@dataclass(frozen=True)
class Results:
    """What a watcher has decided, and what it is doing.

    Attributes:
        running: whether a watcher writes into the folder now.
        watched, model: the folder and the model as the watcher named them, or "".
        waiting: pictures that are still to be decided, as far as the watcher has said.
        problem: what keeps the watcher from working, or "".
        counts: how many pictures have each decision.
        last: the newest entries, the newest first.
    """

    running: bool
    watched: str
    model: str
    waiting: int
    problem: str
    counts: dict[str, int]
    last: list[Entry]


def has_results(out: Path) -> bool:
    """Whether a folder holds results of `nnet watch`."""
    return (out / JOURNAL).is_file()


def read_results(out: Path, count: int, *decisions: str) -> Results:
    """What is known now.

    Args:
        out: the folder of results.
        count: how many of the newest entries.
        decisions: only entries with one of these; any if none is given.

    Raises:
        WatchError: there are no results, or the journal is damaged.
        OSError: the journal cannot be read at the moment.
    """
    if not has_results(out):
        raise WatchError(f"{out} holds no results of nnet watch. Give the folder that its option --out names.")
    with _journal(out) as journal:
        counts, last = journal.counts(), journal.last(count, *decisions)
    told = status(out)
    return Results(
        running=is_held(out / LOCK),
        watched=told.get("folder", ""),
        model=told.get("model", ""),
        waiting=told.get("waiting", 0),
        problem=told.get("problem", ""),
        counts=counts,
        last=last,
    )


def overlay_path(out: Path, entry: Entry) -> Path | None:
    """The overlay of an entry, or None if none was kept or it is gone. Never a file outside the overlays."""
    if not entry.overlay:
        return None
    path = (out / entry.overlay).resolve()
    return path if path.is_relative_to((out / OVERLAYS).resolve()) and path.is_file() else None


@contextlib.contextmanager
def _journal(out: Path) -> Iterator[Journal]:
    journal = Journal(out / JOURNAL, read_only=True)
    try:
        yield journal
    finally:
        journal.close()


def status(out: Path) -> StatusFile:
    """What the last watcher of these results said of itself; {} where that is not known."""
    try:
        return STATUS_FORMAT.find(out / STATUS) or {}
    except WatchError:
        return {}
