"""What the visitors of a shared demo may train: one run each at a time, and a budget of time and disk for all of them.

What a run has taken stands in its folder, so a run that is removed gives its disk back, and `_spent` keeps its time.
"""

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path

from nnet.runs import LIVE, Estimate, Run, Runs, disk
from workbench.shared import hosting, visits
from workbench.shared import hosting_words as words

_starting = threading.Lock()
_spent: dict[tuple[str, str], float] = {}
"""Seconds that each run has trained for, by folder and id; a few bytes each as long as the server runs."""


def refusal(wanted: Estimate | None = None) -> str:
    """Why the visitor at hand may not start a training, or the one that was estimated, in a sentence; "" if he may."""
    limits = hosting.current()
    if not limits.is_shared:
        return ""
    if not limits.trains:
        return words.NO_TRAINING
    if any(run.state in LIVE for run in Runs(visits.runs_folder()).list()):
        return words.ONE_TRAINING
    budget, left = 60 * limits.train_minutes, 60 * limits.train_minutes - spent()
    if wanted is None:
        return words.OUT_OF_MINUTES if left <= 0 else ""
    count = wanted.training_images + wanted.held_out
    if count > limits.train_images:
        return words.TOO_MANY_IMAGES.format(most=f"{limits.train_images:,}", count=f"{count:,}")
    if wanted.seconds > left:
        return words.no_minutes(budget, left, wanted.seconds)
    promised = sum(run.spec.disk_bytes or 0 for _, run in runs() if run.state in LIVE and run.spec is not None)
    if disk.bytes_in(Path(limits.folder)) + promised + wanted.disk_bytes > limits.train_disk_bytes:
        return words.no_disk(limits.train_disk_bytes)
    return ""


@contextlib.contextmanager
def granted(wanted: Estimate | None) -> Iterator[None]:
    """A training is put in the queue inside. One visitor at a time, and only after another look at what he may: each
    of two tabs, or of two visitors, could be told before that there is room.

    Raises:
        Refused: he may not.
    """
    if not hosting.is_shared():
        yield
        return
    with _starting:
        if refused := refusal(wanted):
            raise visits.Refused(refused)
        yield


def threads() -> int | None:
    """How many of the processor's threads a training may take: half of them, so that the pages answer."""
    return max(1, (os.cpu_count() or 1) // 2) if hosting.is_shared() else None


def spent() -> float:
    """Seconds that all visitors' trainings have taken so far."""
    for folder, run in runs():
        if run.status is not None:
            key = folder.name, run.id
            _spent[key] = max(_spent.get(key, 0.0), run.status.seconds)
    return sum(_spent.values())


def runs() -> Iterator[tuple[Path, Run]]:
    """All visitors' runs with their folders."""
    for folder in visits.folders():
        for run in Runs(folder).list():
            yield folder, run


def enforce() -> None:
    """Stop what runs if the time for all is used up."""
    limits = hosting.current()
    if limits.is_shared and limits.trains and spent() > 60.0 * limits.train_minutes:
        for folder, run in runs():
            if run.state in LIVE:
                visits.cancel(folder, run.id)
