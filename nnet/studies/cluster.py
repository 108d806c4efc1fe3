"""The same runs on a Ray cluster: each job is a task that some machine of it works off. Ray is optional."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nnet
from nnet.errors import NNetError
from nnet.formats import KIB, Text
from nnet.runs import layout
from nnet.runs.processes import python_path
from nnet.saved.provenance import commit
from nnet.studies.running import (
    DONE,
    FAILED,
    PAUSE,
    RUNNING,
    WAITING,
    Share,
    Standing,
    has_run,
    make_ready,
    standing,
    threads_per_run,
    usable_cores,
    work,
)
from nnet.studies.store import Job, StudyFolder
from nnet.studies.variants import StudyError

MARK = ".study-id"
MARK_FORMAT = Text(
    name=MARK,
    about="A name that no other folder has, by which a machine of a cluster sees whether it shares the study's folder.",
    error=StudyError,
    remedy="Delete it.",
    most=KIB,
)
TRIES = 3  # a busy machine may need longer than the half minute that Ray waits for its own processes
MISSING = (
    "Ray is not installed, and --engine ray needs it. Install it with pip install 'nnet-workbench[scale]', or use "
    "--engine local."
)


@dataclass(frozen=True)
class Cluster:
    """A Ray cluster that was joined.

    Data sets must lie under the same path on every machine. Where the study's folder is shared between the machines,
    a run continues as on one machine; elsewhere an interrupted run starts again, and a finished checkpoint is sent
    back.

    Attributes:
        share: what it gives to the runs of a study.
        gpus: of each run.
    """

    share: Share
    gpus: int = 0

    def followed(self, folder: StudyFolder, jobs: Sequence[Job]) -> Iterator[Mapping[str, Standing]]:
        """Make the runs; says how far they are, again and again, until all have ended."""
        import ray

        folder.make()
        mark = _mark(folder.root)
        task = ray.remote(num_cpus=self.share.threads, num_gpus=self.gpus, max_retries=0, max_calls=1)(run_remotely)
        known = {job.key: Standing(WAITING) for job in jobs}
        waiting: list[Job] = list(jobs)
        running: dict[Any, Job] = {}
        try:
            while waiting or running:
                while waiting and len(running) < self.share.jobs:
                    job = replace(waiting.pop(0), engine="ray")
                    running[task.remote(job.to_dict(), str(folder.root), mark)] = job
                ended, _ = ray.wait(list(running), num_returns=1, timeout=PAUSE)
                for job in running.values():
                    known[job.key] = _standing(folder, job.key)
                for reference in ended:
                    job = running.pop(reference)
                    known[job.key] = _finish(reference, job, folder)
                yield dict(known)
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


def joined(address: str | None = None, device: str = "auto", jobs: int | None = None) -> Cluster:
    """Join the Ray cluster at `address`, or start Ray on this computer.

    Args:
        address: such as "auto" (a cluster that runs on this computer) or "ray://head:10001"; None starts one.
        device: as for training; "cpu" asks for no GPU.
        jobs: most runs at once; by default what the cluster's cores or GPUs allow.

    Raises:
        StudyError: Ray is not installed, or the cluster cannot be reached.
    """
    try:
        import ray
    except ImportError as error:
        raise StudyError(MISSING) from error
    # Nodes get this very package; for workers on this computer the path does, also where it is not installed.
    environment = (
        {"env_vars": {"PYTHONPATH": python_path()}}
        if address is None
        else {"py_modules": [str(Path(nnet.__file__).parent)]}
    )
    _join(address, environment)
    resources = ray.cluster_resources()
    gpus = int(resources.get("GPU", 0)) if device != "cpu" else 0
    cores = int(resources.get("CPU", 1))
    threads = threads_per_run(min(cores, usable_cores() if address is None else cores))
    possible = gpus or max(1, cores // threads)
    return Cluster(Share(min(possible, jobs or possible), threads, (device,)), 1 if gpus else 0)


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


def run_remotely(data: dict[str, Any], root: str, mark: str) -> dict[str, Any]:
    """A job on whatever machine the cluster chose (a Ray task).

    Returns:
        "result" for done/, "files" of the checkpoint where it was made outside of the study's folder; or "error".
    """
    from nnet.runs.worker import work as train

    job = Job.from_dict(data)
    shared = _is_shared(Path(root), mark)
    folder = StudyFolder(Path(root) if shared else Path(tempfile.mkdtemp(prefix="nnet-study-")))
    try:
        folder.make()
        make_ready(folder, job)
        path = folder.model(job.key)
        if train(path, work) != 0:
            ending = layout.read_exit(path)
            return {"error": ending.reason if ending else "The run ended without a message."}
        files = {} if shared or not job.keep else _files(path)
        return {"result": folder.result(job.key), "files": files}
    except NNetError as error:
        return {"error": str(error)}
    finally:
        if not shared:
            shutil.rmtree(folder.root, ignore_errors=True)


def _standing(folder: StudyFolder, key: str) -> Standing:
    """How far a running task is, as far as this computer can see."""
    found = standing(folder, key) if has_run(folder, key) else Standing(RUNNING)
    return found if found.state == RUNNING else Standing(RUNNING)


def _finish(reference: Any, job: Job, folder: StudyFolder) -> Standing:
    import ray

    try:
        answer = ray.get(reference)
    except Exception as error:
        return Standing(FAILED, reason=f"The cluster lost the run: {str(error).strip().splitlines()[-1]}")
    if "error" in answer:
        return Standing(FAILED, reason=answer["error"])
    for name, content in answer["files"].items():
        (folder.model(job.key) / name).parent.mkdir(parents=True, exist_ok=True)
        (folder.model(job.key) / name).write_bytes(content)
    # A node got the package without its history; that its code is ours was checked there.
    folder.finish(job, {**answer["result"], "commit": commit()})
    return Standing(DONE)


def _mark(root: Path) -> str:
    """Write a name that no other folder has into the study's folder: a machine that can read it shares the folder."""
    mark = f"{os.uname().nodename}-{os.getpid()}-{os.urandom(8).hex()}"
    (root / MARK).write_text(mark, encoding="utf-8")
    return mark


def _is_shared(root: Path, mark: str) -> bool:
    try:
        return MARK_FORMAT.read(root / MARK) == mark
    except StudyError:
        return False


def _files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
