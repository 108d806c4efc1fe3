"""The trainer's side of a run: heartbeat, progress, and the wish of others that it stop."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import resource
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType

import torch

from nnet.runs import finishing, layout, processes
from nnet.runs.layout import Status
from nnet.saved.storage import write_json
from nnet.training.events import ENDING, EndEarly, Listener, Progress, Stopped, title_of
from nnet.training.pace import Pace

BEAT_SECONDS = 1.0
LOOK_SECONDS = 0.1


class Recorder(Listener):
    """Writes status.json about once a second from a thread of its own, and ends the training when asked.

    Listens to the training. A status that cannot be written (disk full) is left out; what must not be lost,
    the training's own state, is not written here.

    Args:
        path: the run directory; this process holds its lock.
        attempt: counts from 1.
    """

    def __init__(self, path: Path, attempt: int) -> None:
        self.path = path
        self._started = time.monotonic()
        self._progress = Progress("start", 0, 0)
        self._pace = Pace()
        self._notes: list[str] = []
        self._base = Status(pid=os.getpid(), process_started=processes.started_at(os.getpid()) or "", attempt=attempt)
        self._beat = 0
        self._stop, self._finish = threading.Event(), threading.Event()
        self._over = threading.Event()
        self._writing = threading.Lock()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Recorder:
        signal.signal(signal.SIGTERM, self._asked)
        self._look()
        self._write()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._progress = dataclasses.replace(self._progress, phase="end")
        self._write()

    def report(self, progress: Progress) -> None:
        """Take note of progress.

        Raises:
            Stopped: somebody asked for it.
            EndEarly: somebody asked for it, and an epoch is finished.
        """
        if progress.phase != self._progress.phase:
            print(f"{title_of(progress.phase)}.", flush=True)
            self._pace = Pace()
        self._progress = progress
        self._pace.add(progress.done - progress.before, progress.seconds)
        if self._stop.is_set():
            raise Stopped("The run was asked to stop.")
        if self._finish.is_set() and progress.phase in ENDING and progress.epoch:
            raise EndEarly("The run was asked to end with what it has learnt.")

    def note(self, sentence: str) -> None:
        """Keep a sentence for whoever looks at the run; it also goes to the log."""
        print(sentence, flush=True)
        self._notes.append(sentence)

    def _asked(self, number: int, frame: FrameType | None) -> None:
        self._stop.set()

    def _look(self) -> None:
        """For the wishes of others."""
        if (self.path / layout.STOP).exists():
            self._stop.set()
        if finishing.is_asked(self.path):
            self._finish.set()

    def _work(self) -> None:
        last = time.monotonic()
        while not self._over.wait(LOOK_SECONDS):
            self._look()
            if time.monotonic() - last >= BEAT_SECONDS:
                last = time.monotonic()
                self._write()

    def _write(self) -> None:
        with self._writing, contextlib.suppress(OSError):
            self._beat += 1
            write_json(self.path / layout.STATUS, dataclasses.asdict(self._status()))

    def _status(self) -> Status:
        p = self._progress
        return dataclasses.replace(
            self._base,
            phase=p.phase,
            done=p.done,
            total=p.total,
            epoch=p.epoch,
            epochs=p.epochs,
            seconds_left=p.seconds_left,
            left_between=None if p.seconds_left is None else self._pace.left(p.total - p.done),
            losses=p.losses,
            learning_rate=p.learning_rate,
            beta=p.beta,
            images_per_second=p.images_per_second,
            memory=p.memory,
            device=p.device,
            notes=tuple(self._notes),
            seconds=time.monotonic() - self._started,
            memory_bytes=_used_memory(),
            beat=self._beat,
            monotonic=time.monotonic(),
            wall=time.time(),
        )


def _used_memory() -> int:
    """The largest memory so far, of the GPU if one is used."""
    return torch.cuda.max_memory_reserved() if torch.cuda.is_initialized() else peak_memory()


def peak_memory() -> int:
    """Largest resident memory of this process so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
