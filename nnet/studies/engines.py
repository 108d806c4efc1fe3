"""Who makes the runs: processes on this machine (here), or a Ray cluster (`nnet.studies.cluster`)."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from nnet.runs.locks import FileLock
from nnet.runs.processes import PACKAGE_PARENT
from nnet.studies.store import Job, StudyFolder

MAX_THREADS = 4  # beyond, small images keep no more cores busy, and a second run uses them better
BYTES_PER_RUN = 4 * 1024**3
LOG_TAIL = 400


@dataclass(frozen=True)
class Event:
    """Something that happened to a run.

    Attributes:
        key: of the run.
        kind: "started", "progress", "done" or "failed".
        phase: of the work, with "progress".
        share: 0..1 of the phase.
        message: with "failed", a sentence.
    """

    key: str
    kind: str
    phase: str = ""
    share: float = 0.0
    message: str = ""


Tell = Callable[[Event], None]


class Engine(Protocol):
    """Makes runs.

    Attributes:
        name: "local" or "ray".
        jobs: how many runs are made at once.
        threads: CPU threads of each.
    """

    name: str
    jobs: int
    threads: int

    def run(self, jobs: Sequence[Job], folder: StudyFolder, lock: FileLock, tell: Tell) -> None:
        """Make the runs; each that ends well is written down in the folder. Returns when all have ended."""

    def close(self) -> None:
        """Give back what was taken for the runs."""


@dataclass
class LocalEngine:
    """Runs are made by processes of their own on this machine, one after the other in each.

    Attributes:
        jobs, threads: see `Engine`.
        places: environment variables of the processes in turn (which GPU each sees).
        command: starts a worker; the folder is added.
    """

    jobs: int
    threads: int
    places: tuple[dict[str, str], ...] = ({},)
    command: tuple[str, ...] = (sys.executable, "-m", "nnet.studies.worker")
    name: str = "local"

    def run(self, jobs: Sequence[Job], folder: StudyFolder, lock: FileLock, tell: Tell) -> None:
        """See `Engine`. On any exception, also Ctrl-C, the workers are stopped first; their state stays on disk."""
        waiting, events = list(jobs), queue.SimpleQueue()
        places = [self.places[i % len(self.places)] for i in range(min(self.jobs, len(waiting)))]
        workers = [_Worker(self.command, folder, lock, self.threads, place, events) for place in places]
        busy: dict[str, _Worker] = {}
        try:
            while waiting or busy:
                for worker in [w for w in workers if w not in busy.values()][: len(waiting)]:
                    job = waiting.pop(0)
                    busy[job.key] = worker
                    worker.give(job)
                    tell(Event(job.key, "started"))
                event = events.get()
                if event.kind in ("done", "failed"):
                    busy.pop(event.key, None)
                tell(event)
        finally:
            for worker in workers:
                worker.stop()

    def close(self) -> None:
        """See `Engine`; nothing is left to give back."""


class _Worker:
    """One process that makes runs; started anew for the next one if it died.

    Args:
        command: that starts it.
        folder, lock: of the study.
        threads: CPU threads.
        place: environment variables.
        events: where news of its runs go.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: StudyFolder,
        lock: FileLock,
        threads: int,
        place: dict[str, str],
        events: queue.SimpleQueue,
    ) -> None:
        self.command, self.folder, self.lock, self.events = command, folder, lock, events
        self.environment = {"OMP_NUM_THREADS": str(threads), **place}
        self.process: subprocess.Popen | None = None
        self.job: Job | None = None

    def give(self, job: Job) -> None:
        """Let it make a run."""
        self.job = job
        if self.process is None or self.process.poll() is not None:
            self._start()
        try:
            self._send(job)
        except OSError:  # it died between two runs
            self._start()
            self._send(job)

    def stop(self) -> None:
        """End it, whatever it does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            with contextlib.suppress(OSError):
                self.process.stdin.close()

    def _send(self, job: Job) -> None:
        self.process.stdin.write(job.to_json() + "\n")
        self.process.stdin.flush()

    def _start(self) -> None:
        path = os.pathsep.join(filter(None, [str(PACKAGE_PARENT), os.environ.get("PYTHONPATH", "")]))
        with self.folder.log(self.job.key).open("ab") as log:
            self.process = subprocess.Popen(
                [*self.command, str(self.folder.root)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, **self.environment, "PYTHONPATH": path},
                # The lock of the folder goes along: it is free again only when the last worker has ended.
                pass_fds=() if self.lock.fd < 0 else (self.lock.fd,),
                process_group=0,  # Ctrl-C reaches the study alone, which then stops its workers
            )
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()

    def _listen(self, process: subprocess.Popen) -> None:
        """Pass on what the process says; if it dies in the middle of a run, say how."""
        for line in process.stdout:
            job, event = self.job, None
            if job is not None:
                event = _event(job.key, line)
            if event is not None:
                if event.kind != "progress":
                    self.job = None
                self.events.put(event)
        code, job = process.wait(), self.job
        if job is not None and process is self.process:
            self.job = None
            self.events.put(Event(job.key, "failed", message=_how_it_ended(code, self.folder.log(job.key))))


def local_engine(device: str = "auto", jobs: int | None = None) -> LocalEngine:
    """As many runs at once as this machine can do: one per GPU, or as many as share the cores and the memory.

    Args:
        device: as for training; "cpu" uses no GPU.
        jobs: how many runs at once, instead.

    Raises:
        nnet.device.DeviceError: the device is missing.
    """
    import torch

    from nnet.device import available_memory, choose_device

    chosen = choose_device(device)
    cores = usable_cores()
    gpus = torch.cuda.device_count() if chosen.type == "cuda" and device in ("auto", "cuda") else 0
    if jobs is None:
        threads = threads_per_run(cores)
        memory = max(1, available_memory() // BYTES_PER_RUN)
        jobs = max(1, gpus) if chosen.type != "cpu" else min(max(1, cores // threads), memory)
    else:
        threads = threads_per_run(max(1, cores // jobs))
    places = tuple({"CUDA_VISIBLE_DEVICES": _visible(i)} for i in range(gpus)) or ({},)
    return LocalEngine(jobs, threads, places)


def usable_cores() -> int:
    """CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads_per_run(cores: int) -> int:
    """CPU threads of one run: OMP_NUM_THREADS where it is set, else the cores up to four."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdigit() and int(asked) > 0 else min(MAX_THREADS, cores)


def _visible(index: int) -> str:
    """The name of GPU `index` as this process sees it, for a process that shall see no other."""
    seen = [name for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name]
    return seen[index] if seen else str(index)


def _event(key: str, line: str) -> Event | None:
    """What a worker's line says; None for a line that a library printed."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    if not isinstance(message, dict):
        return None
    if "error" in message:
        return Event(key, "failed", message=str(message["error"]))
    if message.get("done"):
        return Event(key, "done")
    return Event(key, "progress", message["phase"], message["part"] / max(1, message["total"]))


def _how_it_ended(code: int, log: Path) -> str:
    if code < 0:
        return f"Signal {-code} killed its process; most often memory ran out. Use fewer --jobs or a smaller size."
    tail = log.read_text(encoding="utf-8", errors="replace")[-LOG_TAIL:].strip()
    return f"Its process ended with code {code}. See {log}. {tail.splitlines()[-1] if tail else ''}".strip()
