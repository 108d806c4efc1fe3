"""python -m nnet.ablation.worker FOLDER: one run of a study in a process of its own (local engine).

The job comes as one line of JSON on standard input, which then stays open: when it closes, the study's process is gone
and this one ends at once. Standard output has one JSON object a line: progress, and at last "done" or "error".
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from nnet.ablation.store import Job, StudyFolder
from nnet.errors import NNetError

PAUSE = 0.3
ORPHANED = 3


def main(arguments: list[str]) -> int:
    """Returns the exit code: 0 done, 1 an error that was told."""
    folder = StudyFolder(Path(arguments[0]))
    job = Job.from_json(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        from nnet.ablation.execute import execute

        folder.finish(job, execute(job, folder.model(job.key), Teller()))
    except NNetError as error:
        _tell(error=str(error))
        return 1
    except Exception as error:
        traceback.print_exc()
        _tell(error=f"{type(error).__name__}: {error}")
        return 1
    _tell(done=True)
    return 0


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


def _end_with_parent() -> None:
    """Wait for standard input to close, then end without any clean-up: every file is written in one step."""
    while sys.stdin.read(1):
        pass
    os._exit(ORPHANED)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
