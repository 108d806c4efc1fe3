"""The trainer process of a run: python -m nnet train --run DIR."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nnet.environment import RUN_LOCKS
from nnet.errors import NNetError
from nnet.runs import finishing, layout, processes
from nnet.runs.film import FILM
from nnet.runs.layout import CANCELLED, Exit, RunError, RunSpec
from nnet.runs.locks import FileLock
from nnet.runs.run import kept, open_data
from nnet.runs.supervisor import NICENESS
from nnet.saved.formats import CONFIG, RESUME

if TYPE_CHECKING:  # torch is loaded only when the run is locked
    from nnet.runs.recorder import Recorder

Job = Callable[[Path, "Recorder"], None]
RESERVE, RESERVED = ".reserve", 1 << 16
"""A file that is given up at the end, so that on a full disk there is room to say that the disk is full."""


def work(path: Path, study: Job | None = None, *, to_finish: bool = False) -> int:
    """Train the run in `path` to the end, or continue it; returns an exit code: 0, CANCELLED, or 1 for what failed.

    Args:
        path: the run's directory.
        study: what to do with a run that belongs to a study (`nnet.studies.running.work`), which this package does not
            know.
        to_finish: started by hand, let it end with what it has learnt; from the queue, the run's folder says that.

    Raises:
        RunError: another process trains it, or run.json cannot be read. Nothing was changed then.
    """
    path = path.resolve()
    if int(os.environ.get("WORLD_SIZE", 1)) > 1:
        raise RunError("torchrun trains with --data and --out; --run is for one process.")
    with _alone(path, to_finish):
        os.nice(NICENESS)
        _tidy(path)
        reserve = path / RESERVE
        with contextlib.suppress(OSError):
            reserve.write_bytes(bytes(RESERVED))
        code, reason = _attempt(path, study or _no_study)
        reserve.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            layout.write_exit(path, Exit(code, reason, time.time()))
        with contextlib.suppress(OSError):
            print(f"nnet: {reason}" if code else f"Done. {reason}".rstrip(), flush=True)
        return 0 if code == 0 else CANCELLED if code == CANCELLED else 1


@contextlib.contextmanager
def _alone(path: Path, to_finish: bool) -> Iterator[None]:
    """Hold the run's lock: the supervisor's, which this process inherited, or one of its own."""
    inherited = os.environ.pop(RUN_LOCKS, "")
    if inherited:
        for fd in map(int, inherited.split(",")):
            os.set_inheritable(fd, False)  # nobody that this process starts may keep the run locked
        yield
        return
    spec = layout.read_spec(path)
    lock = FileLock(path / layout.LOCK)
    if not lock.take(timeout=1.0):
        raise RunError(f"{spec.name} is being trained by another process already.")
    lock.write(processes.identity(os.getpid()))
    for name in (layout.QUEUED, layout.STOP, layout.EXIT):
        (path / name).unlink(missing_ok=True)
    finishing.wish(path, to_finish)
    try:
        yield
    finally:
        lock.release()


def _attempt(path: Path, study: Job) -> tuple[int, str]:
    """(exit code, reason) of one attempt."""
    from nnet.runs.members import Lost
    from nnet.runs.recorder import Recorder
    from nnet.training.events import DivergedError, Stopped

    before = layout.read_status(path)
    try:
        with Recorder(path, before.attempt + 1 if before else 1) as recorder:
            spec = layout.read_spec(path)
            if spec.study is None:
                if before is None and spec.memory_bytes is None:  # nobody has measured it, and it begins
                    _check_fit(path, spec, recorder)
                return 0, _train(path, spec, recorder)
            study(path, recorder)
        return 0, ""
    except (Stopped, KeyboardInterrupt):
        return CANCELLED, f"It was cancelled. {kept(path)}"
    except DivergedError as error:
        return layout.DIVERGED, str(error)
    except (NNetError, Lost) as error:
        return 1, str(error)
    except MemoryError:
        _print_trace()
        return 1, "This computer ran out of memory. Choose a smaller size or batch, or less memory for cached features."
    except OSError as error:
        _print_trace()
        return 1, _disk_words(error)
    except Exception as error:
        _print_trace()
        return 1, _other_words(error)


def _no_study(path: Path, recorder: Recorder) -> None:
    raise RunError(f"{path} belongs to a study. Train it with python -m nnet train --run.")


def _check_fit(path: Path, spec: RunSpec, recorder: Recorder) -> None:
    """Raise RunError for a run that will not fit, before it has taken hours to find that out."""
    from nnet.runs.estimate import STAGES, misfit
    from nnet.training.events import Progress

    def tell(stage: str) -> None:
        recorder.report(Progress("estimate", STAGES.index(stage), len(STAGES)))

    tell(STAGES[0])
    if sentence := misfit(spec, path, path / layout.DATA, tell):
        raise RunError(f"It was stopped before training. {sentence}")
    recorder.report(Progress("estimate", len(STAGES), len(STAGES)))


def _train(path: Path, spec: RunSpec, recorder: Recorder) -> str:
    """Train it; returns that it was ended early, in a sentence, or ""."""
    from nnet.data.framing import Framing
    from nnet.runs.members import Members
    from nnet.runs.watching import Watching
    from nnet.saved.card import ended_early
    from nnet.training.events import Listeners
    from nnet.training.job import TrainJob
    from nnet.training.pipeline import train_on

    dataset = open_data(spec, path / layout.DATA)
    trained = (path / CONFIG).is_file()
    place = str(path / layout.DATA) if spec.data == layout.UPLOADED else spec.data
    members = Members(path, place, resumed=trained or (path / RESUME).is_file())
    dataset = members.applied(dataset, recorder.note, training=not trained)
    for sentence in (*dataset.notes, *dataset.problems):
        print(sentence, flush=True)
    job = TrainJob(
        spec.config,
        path,
        name=spec.name,
        resume=True,
        device=spec.device,
        weights_file=Path(spec.teacher_weights) if spec.teacher_weights else None,
        skip_unreadable=True,
        tensorboard=path / "tensorboard" if spec.tensorboard else None,
        about={"masks": spec.masks} if spec.masks else {},
    )
    listeners = Listeners(recorder, Watching(path, dataset, members, Framing.of(spec.config.model)))
    model = train_on(job, dataset, listeners)
    early = None if model is None else model.checkpoint.about.get("ended_early")
    return "" if early is None else ended_early(early)


def _print_trace() -> None:
    """Into the log, if the disk has room for it."""
    with contextlib.suppress(OSError):
        traceback.print_exc()


def _tidy(path: Path) -> None:
    """Remove what a killed attempt left half-written."""
    for leftover in path.glob(".*.tmp"):
        leftover.unlink(missing_ok=True)
    for leftover in (path / FILM).glob(".*.tmp"):
        leftover.unlink(missing_ok=True)


def _disk_words(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"The disk is full ({error.strerror}). Free some space and resume: what was saved last is kept."
    if error.errno in (errno.EACCES, errno.EPERM):
        what = error.filename or "a file"
        return f"This program is not allowed to open {what} ({error.strerror}). Give it permission and resume."
    where = f" {error.filename}" if error.filename else ""
    return f"A file could not be read or written:{where} ({error.strerror or error}). Fix this and resume."


def _other_words(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    if "out of memory" in text.lower() or "can't allocate memory" in text.lower():
        return "The device ran out of memory. Choose a smaller size or batch."
    if found := re.search(r"os error (\d+)", text):  # safetensors writes by itself and has errors of its own
        return _disk_words(OSError(int(found[1]), os.strerror(int(found[1]))))
    return f"The program failed ({type(error).__name__}: {text}). The log has the details."
