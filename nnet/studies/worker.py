"""python -m nnet.studies.worker FOLDER: makes runs of a study in a process of its own (local engine).

Each line of standard input is a job as JSON. When standard input closes, the study's process is gone, and this one ends
at once, also in the middle of a run. Standard output has one JSON object a line: progress, and for each job at last
"done" or "error". What libraries print goes into the run's log.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from nnet.errors import NNetError
from nnet.studies.store import Job, StudyFolder

PAUSE = 0.3


def main(arguments: list[str]) -> None:
    """Make runs until standard input closes."""
    folder = StudyFolder(Path(arguments[0]))
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(lines,), daemon=True).start()
    while True:
        job = Job.from_json(lines.get())
        _log_to(folder.log(job.key))
        _make(job, folder)


def _make(job: Job, folder: StudyFolder) -> None:
    try:
        from nnet.studies.execute import execute

        folder.finish(job, execute(job, folder.model(job.key), Teller()))
    except NNetError as error:
        _tell(error=str(error))
    except Exception as error:
        traceback.print_exc()
        _tell(error=f"{type(error).__name__}: {error}")
    else:
        _tell(done=True)


class Teller:
    """Passes progress on, a few times a second at most."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, progress: Any) -> None:
        now = time.monotonic()
        if now >= self._next or progress.done >= progress.total:
            self._next = now + PAUSE
            _tell(phase=progress.phase, part=progress.done, total=progress.total)


def _tell(**message: object) -> None:
    print(json.dumps(message), flush=True)


def _log_to(path: Path) -> None:
    """Send standard error into the run's log."""
    with path.open("ab") as stream:
        os.dup2(stream.fileno(), 2)


def _read(lines: queue.SimpleQueue[str]) -> None:
    """Pass the jobs on; at the end, end without any clean-up: every file is written in one step."""
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
