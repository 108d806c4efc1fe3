"""The Ray engine: the same runs on an existing cluster, or on a Ray instance of this machine. Ray is optional."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nnet
from nnet.errors import NNetError
from nnet.runs.locks import FileLock
from nnet.runs.processes import PACKAGE_PARENT
from nnet.saved.provenance import commit
from nnet.studies.engines import Event, Tell, threads_per_run, usable_cores
from nnet.studies.store import Job, StudyFolder
from nnet.studies.variants import StudyError

MARK = ".study-id"
PAUSE = 0.5
TRIES = 3  # a busy machine may need longer than the half minute that Ray waits for its own processes
MISSING = (
    'Ray is not installed, and --engine ray needs it. Install it with: pip install ".[scale]", or use --engine local.'
)


@dataclass
class RayEngine:
    """Each run is a task of a Ray cluster; see `Engine` for the attributes.

    Data sets must lie under the same path on every machine. Where the study's folder is shared between the machines,
    runs are resumed as on one machine; elsewhere a run that is broken off starts again, and a finished checkpoint is
    sent back.
    """

    jobs: int
    threads: int
    gpus: int = 0
    name: str = "ray"

    def run(self, jobs: Sequence[Job], folder: StudyFolder, lock: FileLock, tell: Tell) -> None:
        """See `Engine`."""
        import ray

        mark = _mark(folder.root)
        board = ray.remote(num_cpus=0)(Board).remote()
        task = ray.remote(num_cpus=self.threads, num_gpus=self.gpus, max_retries=0)(run_remotely)
        waiting, running = list(jobs), {}
        try:
            while waiting or running:
                while waiting and len(running) < self.jobs:
                    job = waiting.pop(0)
                    running[task.remote(job.to_json(), str(folder.root), mark, board)] = job
                ended, _ = ray.wait(list(running), num_returns=1, timeout=PAUSE)
                for key, kind, phase, share in ray.get(board.take.remote()):
                    tell(Event(key, kind, phase, share))
                for reference in ended:
                    tell(_finish(reference, running.pop(reference), folder))
        finally:
            for reference in running:
                with contextlib.suppress(Exception):
                    ray.cancel(reference, force=True)
            with contextlib.suppress(OSError):
                (folder.root / MARK).unlink()

    def close(self) -> None:
        """Leave the cluster; a Ray instance that was started for the study ends."""
        import ray

        ray.shutdown()


class Board:
    """Where tasks leave word of their progress (a Ray actor)."""

    def __init__(self) -> None:
        self._news: dict[str, tuple[str, str, str, float]] = {}
        self._started: list[tuple[str, str, str, float]] = []

    def put(self, key: str, kind: str, phase: str = "", share: float = 0.0) -> None:
        """Leave word; only the latest of a run's progress is kept."""
        if kind == "started":
            self._started.append((key, kind, phase, share))
        else:
            self._news[key] = (key, kind, phase, share)

    def take(self) -> list[tuple[str, str, str, float]]:
        """All news since the last call."""
        news = [*self._started, *self._news.values()]
        self._started, self._news = [], {}
        return news


def ray_engine(address: str | None = None, device: str = "auto", jobs: int | None = None) -> RayEngine:
    """Join the Ray cluster at `address`, or start Ray on this machine.

    Args:
        address: such as "auto" (a cluster that runs on this machine) or "ray://head:10001"; None starts one.
        device: as for training; "cpu" asks for no GPU.
        jobs: most runs at once; by default what the cluster's cores or GPUs allow.

    Raises:
        StudyError: Ray is not installed, or the cluster cannot be reached.
    """
    try:
        import ray
    except ImportError as error:
        raise StudyError(MISSING) from error
    # Nodes get this very package; for workers on this machine the path does, also where it is not installed.
    environment = (
        {"env_vars": {"PYTHONPATH": _python_path()}}
        if address is None
        else {"py_modules": [str(Path(nnet.__file__).parent)]}
    )
    _join(address, environment)
    resources = ray.cluster_resources()
    gpus = int(resources.get("GPU", 0)) if device != "cpu" else 0
    cores = int(resources.get("CPU", 1))
    threads = threads_per_run(min(cores, usable_cores() if address is None else cores))
    possible = gpus or max(1, cores // threads)
    return RayEngine(min(possible, jobs or possible), threads, 1 if gpus else 0)


def _join(address: str | None, environment: dict[str, Any]) -> None:
    import ray

    tries = TRIES if address is None else 1
    for number in range(tries):
        try:
            ray.init(
                address=address or "local",
                runtime_env=environment,
                include_dashboard=None if address else False,
                log_to_driver=False,
                logging_level="ERROR",
            )
        except Exception as error:
            ray.shutdown()
            if number == tries - 1:
                where = f"The Ray cluster at {address} cannot be reached" if address else "Ray cannot be started here"
                raise StudyError(f"{where}: {error}") from error
        else:
            return


def run_remotely(text: str, root: str, mark: str, board: Any) -> dict[str, Any]:
    """A run on whatever machine the cluster chose (a Ray task).

    Returns:
        "result" for done/, "files" of the checkpoint where it was made outside of the study's folder; or "error".
    """
    from nnet.studies.execute import execute

    job = Job.from_json(text)
    board.put.remote(job.key, "started")
    shared = _is_shared(Path(root), mark)
    folder = StudyFolder(Path(root) if shared else Path(tempfile.mkdtemp(prefix="nnet-study-")))
    folder.make()

    def report(progress: Any) -> None:
        board.put.remote(job.key, "progress", progress.phase, progress.done / max(1, progress.total))

    try:
        result = execute(job, folder.model(job.key), _Seldom(report))
        files = {} if shared or not job.keep else _files(folder.model(job.key))
        return {"result": result, "files": files}
    except NNetError as error:
        return {"error": str(error)}
    finally:
        if not shared:
            shutil.rmtree(folder.root, ignore_errors=True)


class _Seldom:
    """Passes progress on when a phase begins, ends, or has moved by a hundredth."""

    def __init__(self, report: Any) -> None:
        self._report, self._last = report, ("", 0.0)

    def __call__(self, progress: Any) -> None:
        share = progress.done / max(1, progress.total)
        if progress.phase != self._last[0] or share >= self._last[1] + 0.01 or progress.done >= progress.total:
            self._last = (progress.phase, share)
            self._report(progress)


def _finish(reference: Any, job: Job, folder: StudyFolder) -> Event:
    import ray

    try:
        answer = ray.get(reference)
    except Exception as error:
        return Event(job.key, "failed", message=f"The cluster lost the run: {str(error).strip().splitlines()[-1]}")
    if "error" in answer:
        return Event(job.key, "failed", message=answer["error"])
    for name, content in answer["files"].items():
        (folder.model(job.key) / name).parent.mkdir(parents=True, exist_ok=True)
        (folder.model(job.key) / name).write_bytes(content)
    # A node got the package without its history; that its code is ours was checked there.
    folder.finish(job, {**answer["result"], "commit": commit()})
    return Event(job.key, "done")


def _mark(root: Path) -> str:
    """Write a name that no other folder has into the study's folder: a machine that can read it shares the folder."""
    mark = f"{os.uname().nodename}-{os.getpid()}-{os.urandom(8).hex()}"
    (root / MARK).write_text(mark, encoding="utf-8")
    return mark


def _is_shared(root: Path, mark: str) -> bool:
    try:
        return (root / MARK).read_text(encoding="utf-8") == mark
    except OSError:
        return False


def _files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def _python_path() -> str:
    return os.pathsep.join(filter(None, [str(PACKAGE_PARENT), os.environ.get("PYTHONPATH", "")]))
