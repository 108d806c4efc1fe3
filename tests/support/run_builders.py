"""Run directories as a trainer would leave them, for tests of what looks at runs."""

import dataclasses
import json
import shutil
import time
from pathlib import Path

import numpy as np
from builders import tiny_config

from nnet.runs import Exit, Film, Frame, Probe, Run, Runs, RunSpec, Status
from nnet.runs.film import FILM, write_frame, write_probes
from nnet.runs.layout import EXIT, QUEUED, SPEC, STATUS, write_exit
from nnet.saved.storage import write_json

EPOCHS = (0, 1, 2)


def make_run(runs: Runs, name: str, data: str = "synthetic:metal", upload: Path | None = None, **spec: object) -> Run:
    """A run that was never started, with uploaded pictures where `data` is "upload"."""
    return runs.create(RunSpec(name, data, **{"config": tiny_config(), "preset": "small", **spec}), upload)


def end(run: Run, code: int, reason: str) -> None:
    """Let it have ended."""
    (run.path / "lock").touch()
    write_exit(run.path, Exit(code, reason, time.time()))


def wait_in_queue(run: Run, ticket: int) -> None:
    """Let it wait."""
    write_json(run.path / QUEUED, {"ticket": ticket})


def say(run: Run, **status: object) -> None:
    """Write its status as the trainer does."""
    defaults = {"phase": "train", "done": 3, "total": 8, "epoch": 1, "epochs": 2, "monotonic": time.monotonic()}
    write_json(run.path / STATUS, dataclasses.asdict(Status(**{**defaults, **status})))


def write_history(run: Run, epochs: int = 2) -> None:
    """One line per finished epoch."""
    lines = [
        {
            "epoch": epoch,
            "L_RKD": 2.0 / epoch,
            "L_KD": 1.5 / epoch,
            "L_query": 0.4,
            "loss": 3.8 / epoch,
            "beta": 1.0,
            "learning_rate": 0.002,
            "items_per_query": 2.5,
            "items_used": 5.0,
            "items_dead": 1,
            "seconds": 1.0,
            "images_per_second": 10.0 + epoch,
            "held_out_median": 0.5 / epoch,
            "held_out_high": 0.9 / epoch,
        }
        for epoch in range(1, epochs + 1)
    ]
    (run.path / "history.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def write_film(run: Run, epochs: tuple[int, ...] = EPOCHS) -> Film:
    """The film of a run, see `write_frames`."""
    write_frames(run.path / FILM, epochs)
    return run.film()


def write_frames(folder: Path, epochs: tuple[int, ...] = EPOCHS) -> None:
    """Three probes whose maps fall with the epochs, the defective ones less."""
    mask = np.zeros((64, 64), bool)
    mask[20:30, 20:40] = True
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (3, 64, 64, 3), dtype=np.uint8)
    probes = [
        Probe("a.png", "normal", "normal", images[0]),
        Probe("b.png", "defective", "defective: crack", images[1], mask),
        Probe("c.png", "painted", "painted scratch on c.png", images[2], mask),
    ]
    write_probes(folder, probes)
    for epoch in epochs:
        level = 0.5 / (1 + epoch)
        maps = {
            name: np.stack([np.full((64, 64), level, np.float16)] * 3)
            + np.float16(0.5)
            * np.pad(
                np.stack([np.zeros((10, 20)), np.ones((10, 20)), np.ones((10, 20))]).astype(np.float16),
                ((0, 0), (20, 34), (20, 24)),
            )
            for name in ("M1", "M2", "M3", "M4", "M5", "M6")
        }
        scores = np.array([8 * level**3, 8 * (level + 0.4) ** 3, 8 * (level + 0.3) ** 3], np.float32)
        write_frame(folder, Frame(epoch, scores, np.linspace(6, 10, 5).astype(np.float32) * level**3, maps))


def finish(run: Run, checkpoint: Path) -> None:
    """Let it be done, with the model of a finished checkpoint."""
    for path in checkpoint.iterdir():
        if path.name != SPEC:
            shutil.copy(path, run.path / path.name)
    end(run, 0, "")
    assert (run.path / EXIT).exists()
