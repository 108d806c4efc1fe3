"""A watched folder for tests: pictures, a model that needs no torch, and a watcher that is killed at every line.

Run as a program it is the latter: `python watched.py FOLDER OUT STEP` starts the watcher again and again in a process
of its own and kills it (SIGKILL) at its first, second, third ... line of nnet.watch and nnet.saved.storage (or each
STEP-th), until one lives to the end. After each kill it starts the watcher anew on what is there, prints all different
results, and begins with an empty OUT. Beside it is one folder of results whose watcher is killed at every such line.
"""

import csv
import json
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import numpy as np
from PIL import Image

from nnet.watch import journal
from nnet.watch.judges import Judged
from nnet.watch.watcher import Watcher

COMPARED = ("name", "score", "x_threshold", "decision", "overlay", "sha256", "note")


class PlainJudge:
    """The brighter, the more anomalous: the score is the mean grey value over 100."""

    name, identity, expression, threshold = "plain", "plain-1", "M1", 1.0
    bits = None

    def __init__(self) -> None:
        self.judged = 0

    def require_fit(self, height: int, width: int) -> None:
        """Any picture can be judged."""

    def judge(self, images: Sequence[np.ndarray]) -> list[Judged]:
        self.judged += len(images)
        values = [float(image.mean()) / 100 for image in images]
        return [Judged(np.full((8, 8), value, np.float32), value, value > self.threshold) for value in values]


def put(folder: Path, name: str, grey: int = 50) -> Path:
    """A complete picture, moved into its place as a careful camera does."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    hidden = path.with_name(f".{path.name}.part")
    Image.new("L", (32, 24), grey).save(hidden, Image.registered_extensions()[path.suffix.lower()])
    os.utime(hidden, (1e9, 1e9))  # its last byte was written before it was moved
    return hidden.replace(path)


def rows(out: Path) -> list[dict[str, str]]:
    """The table as a person finds it: nothing in it may be torn."""
    with (out / "results.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream, strict=True))


def watch(folder: Path, out: Path, looks: int = 2) -> None:
    """Look a few times, and end."""
    with Watcher(folder, out, PlainJudge(), say=lambda _: None) as watcher:
        for look in range(looks):
            watcher.look(last=look == looks - 1)


def killed_at(line: int, folder: Path, out: Path) -> bool:
    """Watch in a child process that is killed before its nth line; whether it was."""
    child = os.fork()
    if not child:
        left = line

        def trace(frame: FrameType, event: str, _: object) -> object:
            nonlocal left
            if not frame.f_code.co_filename.endswith(WATCHED):
                return None
            if event == "line" and (left := left - 1) == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return trace

        sys.settrace(trace)
        watch(folder, out)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


WATCHED = tuple(f"nnet/{name}.py" for name in ("watch/watcher", "watch/journal", "watch/table", "saved/storage"))


def compared(out: Path) -> list[tuple[str, ...]]:
    """The rows without their times, ordered; and that each overlay is there, and nothing else."""
    found = rows(out)
    assert [row["number"] for row in found] == [str(n + 1) for n in range(len(found))]
    overlays = {path.relative_to(out).as_posix() for path in (out / "overlays").rglob("*") if path.is_file()}
    assert overlays == {row["overlay"] for row in found} - {""}, overlays
    return sorted(tuple(row[column] for column in COMPARED) for row in found)


def main(folder: Path, out: Path, step: int) -> None:
    journal.SYNCHRONOUS, os.fsync = "OFF", lambda _: None  # type: ignore[assignment]  # what a power cut alone needs
    outcomes, line, every, kills = set(), 1, out.with_name("every"), 0
    while killed_at(line, folder, out):
        killed_at(line, folder, every)  # this one has been killed at each earlier line, too
        watch(folder, out)
        outcomes.add(json.dumps(compared(out)))
        shutil.rmtree(out)
        line, kills = line + step, kills + 1
    outcomes.add(json.dumps(compared(out)))
    watch(folder, every)
    outcomes.add(json.dumps(compared(every)))
    print(json.dumps({"kills": kills, "outcomes": sorted(outcomes)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
