"""Lets trainings wait for a test instead of the test racing with them. Python runs this file at the start of every
process that has its folder on PYTHONPATH.

NNET_TEST_HOLD names a file: a run that has saved its first state waits until this file is there, or until it is asked
to stop.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

if "NNET_TEST_HOLD" in os.environ:
    import nnet.saved.storage as storage

    gate, write_at_once = Path(os.environ["NNET_TEST_HOLD"]), storage.write_atomically

    def write_and_wait(path: Path, write: Callable[[Path], None]) -> None:
        write_at_once(path, write)
        if path.name == "resume.safetensors" and (path.parent / "lock").exists():  # an estimate has no lock
            while not gate.exists() and not (path.parent / "stop.json").exists():
                time.sleep(0.02)

    storage.write_atomically = write_and_wait
