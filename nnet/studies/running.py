"""The runs of a study: `nnet.runs` trains them in the study's folder models/, one after the other or a few at once.

Whoever asked for them may leave: they continue as any run does, and each writes its result and the tables at its end.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nnet.config import Config
from nnet.runs import Exit, RunError, RunSpec, layout
from nnet.runs.locks import locked
from nnet.runs.run import RESUMABLE
from nnet.saved.storage import write_text
from nnet.studies.card import write_card
from nnet.studies.store import CARD, CONFIG, Job, StudyFolder

if TYPE_CHECKING:  # which brings in torch
    from nnet.training.events import Listener

MAX_THREADS = 4  # beyond, small images keep no more cores busy, and a second run uses them better
BYTES_PER_RUN = 4 * 1024**3
PAUSE = 0.5
TABLE_SECONDS = 60.0
WAITING, RUNNING, DONE, FAILED = "waiting", "running", "done", "failed"


@dataclass(frozen=True)
class Share:
    """What this computer gives to the runs of a study.

    Attributes:
        jobs: how many runs are made at once.
        threads: CPU threads of each.
        devices: of the runs in turn.
    """

    jobs: int
    threads: int
    devices: tuple[str, ...]


@dataclass(frozen=True)
class Standing:
    """How far a job is.

    Attributes:
        state: WAITING, RUNNING, DONE or FAILED.
        phase: of the work while it runs, "" before it is known.
        share: 0..1 of the phase.
        reason: why it failed, in a sentence.
    """

    state: str
    phase: str = ""
    share: float = 0.0
    reason: str = ""


def share_of_this_computer(device: str = "auto", jobs: int | None = None) -> Share:
    """As many runs at once as this computer can do: one per GPU, or as many as share the cores and the memory.

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
    threads = threads_per_run(cores if jobs is None else max(1, cores // jobs))
    if jobs is None:
        memory = max(1, available_memory() // BYTES_PER_RUN)
        jobs = max(1, gpus) if chosen.type != "cpu" else min(max(1, cores // threads), memory)
    return Share(jobs, threads, tuple(f"cuda:{index}" for index in range(gpus)) or (device,))


def usable_cores() -> int:
    """CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads_per_run(cores: int) -> int:
    """CPU threads of one run: OMP_NUM_THREADS where it is set, else the cores up to four."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdigit() and int(asked) > 0 else min(MAX_THREADS, cores)


def prepared(jobs: Sequence[Job], share: Share) -> tuple[Job, ...]:
    """The jobs with what this computer decides filled in."""
    at_once = max(1, min(share.jobs, len(jobs)))
    devices = share.devices
    return tuple(
        replace(job, jobs=at_once, threads=share.threads, device=devices[number % len(devices)])
        for number, job in enumerate(jobs)
    )


def spec_of(job: Job) -> RunSpec:
    """A job as a training run."""
    return RunSpec(
        name=job.name,
        data=job.data,
        config=Config.from_dict(job.config),
        preset=job.preset,
        device=job.device,
        teacher_weights=job.weights_file,
        threads=job.threads,
        at_once=job.jobs,
        study=job.to_dict(),
    )


def hand_over(folder: StudyFolder, jobs: Sequence[Job]) -> None:
    """Put the jobs into the queue, each where it is not there yet. One that ended early continues where it stopped.

    Raises:
        nnet.runs.RunError: the run of a job was made by another version of N-Net.
    """
    folder.make()
    for job in jobs:
        state = folder.runs.get(job.key).state if has_run(folder, job.key) else "created"
        if state in layout.LIVE:
            continue
        if state == "unreadable":
            raise RunError(folder.runs.get(job.key).problem)
        make_ready(folder, job)
        enqueue(folder, job.key)


def enqueue(folder: StudyFolder, key: str) -> None:
    """Let the run of a job start or continue when its turn comes."""
    runs = folder.runs
    if runs.get(key).state in RESUMABLE:
        runs.resume(key)
    else:
        runs.start(key)


def cancel(folder: StudyFolder, keys: Collection[str]) -> None:
    """Stop these runs; those that wait first, so that none of them takes the place of one that is stopped."""
    runs = [folder.runs.get(key) for key in keys if has_run(folder, key)]
    for run in sorted(runs, key=lambda run: -(run.position or 0)):
        if run.state in layout.LIVE:
            try:
                folder.runs.cancel(run.id)
            except RunError:
                if folder.runs.get(run.id).state in layout.LIVE:
                    raise


def standing(folder: StudyFolder, key: str) -> Standing:
    """How far a job is, as its run's files say."""
    if folder.result(key) is not None:
        return Standing(DONE)
    if not has_run(folder, key):
        return Standing(FAILED, reason="Its run was deleted.")
    run = folder.runs.get(key)
    if run.state in ("queued", "created"):
        return Standing(WAITING)
    if run.state in layout.RUNNING:
        status = run.status
        return Standing(RUNNING, status.phase, status.done / max(1, status.total)) if status else Standing(RUNNING)
    return Standing(FAILED, reason=run.reason or "It ended without a result. Its log may say why.")


def followed(folder: StudyFolder, keys: Sequence[str]) -> Iterator[Mapping[str, Standing]]:
    """How far the jobs are, again and again, until all have ended."""
    open_ = list(keys)
    known: dict[str, Standing] = {}
    while open_:
        known |= {key: standing(folder, key) for key in open_}
        yield dict(known)
        open_ = [key for key in open_ if known[key].state in (WAITING, RUNNING)]
        if open_:
            time.sleep(PAUSE)


def has_run(folder: StudyFolder, key: str) -> bool:
    """Whether a run was made for this job, whatever became of it."""
    return (folder.model(key) / layout.SPEC).exists()


def work(path: Path, listener: Listener) -> None:
    """Train and measure the job whose run this is, and write its result and the study's tables.

    Args:
        path: the run's directory in the study's folder; this process holds its lock.
        listener: follows the work.

    Raises:
        nnet.errors.NNetError: anything the user can fix.
    """
    from nnet.studies.execute import execute

    job = Job.from_dict(layout.read_spec(path).study or {})
    folder = StudyFolder(path.parents[1])
    folder.finish(job, execute(job, path, listener))
    write_tables(folder, job.command)


def write_tables(folder: StudyFolder, command: str) -> list[Path]:
    """Write the results table and the card from all finished runs of the folder; returns what was written."""
    from nnet.studies.plan import table

    with locked(folder.lock, TABLE_SECONDS):
        rows = table(folder)
        paths = folder.write_tables(rows)
        write_text(folder.root / CARD, write_card(folder.root.name, rows, command))
    return [*paths, folder.root / CARD]


def make_ready(folder: StudyFolder, job: Job) -> None:
    """Write the run of a job into the study's folder. What an earlier version or attempt left there is used."""
    path = folder.model(job.key)
    if has_run(folder, job.key) and folder.runs.get(job.key).state == "done":  # but its result is gone
        if (path / CONFIG).is_file():  # it need not be trained again
            (path / layout.EXIT).unlink()
            layout.write_exit(path, Exit(1, "Its result was removed."))
        else:
            shutil.rmtree(path)
    path.mkdir(parents=True, exist_ok=True)
    layout.write_spec(path, replace(spec_of(job), created=layout.now()))
