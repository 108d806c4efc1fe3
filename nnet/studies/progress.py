"""A study's live progress as text: one line on a terminal, a line per event elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from typing import TextIO

from nnet.studies.engines import Event
from nnet.studies.store import Job
from nnet.training.events import title_of
from nnet.units import duration

WIDTH = 118


class Display:
    """Says what runs, what is done, and how long the rest will take.

    Args:
        jobs: what is to be made.
        seconds: key -> estimate.
        at_once: runs that are made at the same time.
        stream: where to write.
        live: rewrite one line; by default where the stream is a terminal.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        seconds: Mapping[str, float],
        at_once: int,
        stream: TextIO | None = None,
        live: bool | None = None,
    ) -> None:
        self.jobs = {job.key: job for job in jobs}
        self.seconds, self.at_once = dict(seconds), at_once
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty() if live is None else live
        self.started: dict[str, float] = {}
        self.running: dict[str, Event] = {}
        self.done: dict[str, float] = {}
        self.failed: dict[str, str] = {}
        self.begun = time.monotonic()

    def __call__(self, event: Event) -> None:
        """Take note of an event, and show it."""
        if event.key in self.done or event.key in self.failed:
            return  # word of progress that arrived late
        if event.kind == "started":
            self.started[event.key] = time.monotonic()
            self.running[event.key] = event
            self._line(f"started   {self._name(event.key)}")
        elif event.kind == "progress":
            self.started.setdefault(event.key, time.monotonic())
            self.running[event.key] = event
        else:
            self._end(event)
        if self.live:
            self.stream.write("\r" + self.status()[:WIDTH].ljust(WIDTH))
            self.stream.flush()

    def close(self) -> None:
        """Leave the live line."""
        if self.live:
            self.stream.write("\r" + " " * WIDTH + "\r")
            self.stream.flush()

    def status(self) -> str:
        """One line: what is done, what runs, the time that passed and what is left."""
        ended = len(self.done) + len(self.failed)
        running = ", ".join(f"{self._name(key)}: {_phase(event)}" for key, event in self.running.items())
        passed = duration(time.monotonic() - self.begun)
        return f"{ended}/{len(self.jobs)} | {passed} gone, {duration(self.left())} left | {running or 'starting'}"

    def left(self) -> float:
        """Seconds left: the estimates of what is not done, corrected by how right they were so far."""
        open_ = [key for key in self.jobs if key not in self.done and key not in self.failed]
        now = time.monotonic()
        rest = sum(max(0.0, self.seconds[k] * self._pace() - (now - self.started.get(k, now))) for k in open_)
        return rest / max(1, min(self.at_once, len(open_)))

    def _pace(self) -> float:
        expected = sum(self.seconds[key] for key in self.done)
        return sum(self.done.values()) / expected if expected else 1.0

    def _end(self, event: Event) -> None:
        taken = time.monotonic() - self.started.get(event.key, self.begun)
        self.running.pop(event.key, None)
        if event.kind == "done":
            self.done[event.key] = taken
            self._line(f"done      {self._name(event.key)} in {duration(taken)}, {duration(self.left())} left")
        else:
            self.failed[event.key] = event.message
            self._line(f"failed    {self._name(event.key)}: {event.message}")

    def _line(self, text: str) -> None:
        if self.live:
            self.stream.write("\r" + " " * WIDTH + "\r")
        print(text, file=self.stream, flush=True)

    def _name(self, key: str) -> str:
        return self.jobs[key].name


def _phase(event: Event) -> str:
    if event.kind == "started":
        return "starting"
    return f"{title_of(event.phase).lower()} {event.share:.0%}"
