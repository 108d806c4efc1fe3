"""A study's progress as text: one live line on a terminal, a line per event elsewhere."""

import sys
import time
from collections.abc import Mapping, Sequence
from typing import TextIO

from nnet.studies.running import DONE, FAILED, RUNNING, WAITING, Standing
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
        self.names = {job.key: job.name for job in jobs}
        self.seconds, self.at_once = dict(seconds), at_once
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty() if live is None else live
        self.known = {job.key: Standing(WAITING) for job in jobs}
        self.begun = time.monotonic()
        self.started: dict[str, float] = {}
        self.taken: dict[str, float] = {}
        self.under_way: frozenset[str] | None = None  # at the first look; when they began is not known

    @property
    def failed(self) -> dict[str, str]:
        """Key -> reason of the runs that failed."""
        return {key: standing.reason for key, standing in self.known.items() if standing.state == FAILED}

    def __call__(self, found: Mapping[str, Standing]) -> None:
        """Show how far the runs are."""
        if self.under_way is None:
            self.under_way = frozenset(key for key, standing in found.items() if standing.share)
        for key, standing in found.items():
            before, self.known[key] = self.known[key], standing
            if before.state != standing.state:
                self._changed(key, before, standing)
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
        ended = sum(standing.state in (DONE, FAILED) for standing in self.known.values())
        running = ", ".join(
            f"{self.names[key]}: {title_of(s.phase or 'start').lower()} {s.share:.0%}"
            for key, s in self.known.items()
            if s.state == RUNNING
        )
        passed = duration(time.monotonic() - self.begun)
        return f"{ended}/{len(self.known)} | {passed} passed, {duration(self.left())} left | {running or 'waiting'}"

    def left(self) -> float:
        """Seconds left: the estimates of what is not done, corrected by how right they were so far."""
        open_ = [key for key, standing in self.known.items() if standing.state in (WAITING, RUNNING)]
        now, pace = time.monotonic(), self._pace()
        rest = sum(max(0.0, self.seconds[key] * pace - (now - self.started.get(key, now))) for key in open_)
        return rest / max(1, min(self.at_once, len(open_)))

    def _pace(self) -> float:
        expected = sum(self.seconds[key] for key in self.taken)
        return sum(self.taken.values()) / expected if expected else 1.0

    def _changed(self, key: str, before: Standing, now: Standing) -> None:
        if before.state == WAITING:
            self.started[key] = time.monotonic()
            self._line(f"started   {self.names[key]}")
        if now.state == DONE:
            took = ""
            if key not in (self.under_way or ()):
                self.taken[key] = time.monotonic() - self.started[key]
                took = f" in {duration(self.taken[key])}"
            self._line(f"done      {self.names[key]}{took}, {duration(self.left())} left")
        elif now.state == FAILED:
            self._line(f"failed    {self.names[key]}: {now.reason}")

    def _line(self, text: str) -> None:
        if self.live:
            self.stream.write("\r" + " " * WIDTH + "\r")
        print(text, file=self.stream, flush=True)
