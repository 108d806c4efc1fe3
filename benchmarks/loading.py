"""How fast a data set is decoded and resized, with one and with two workers, side by side in one run.

    python -m benchmarks.loading [PATH] [--size 128] [--images 400] [--rounds 5] [--workers 1 2]

PATH is anything that `python -m nnet train --data` takes (default: elpv:mono). The files are read once beforehand, so
that the disk plays no part. Each round runs every number of workers in turn; the table shows the best round of each
and, as cores busy, that round's process time divided by its wall time. "one at a time" holds a lock around each
decoding, which is how this package did it before: the baseline. On a machine with other work, "cores busy" says how
many it could get, not how many it asked for.
"""

import argparse
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nnet.data import Sample, load_resized, open_dataset
from nnet.data.images import Decoded, decode


@dataclass(frozen=True)
class Round:
    """One pass over the images: seconds on the wall and of all cores together."""

    wall: float
    process: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", nargs="?", default="elpv:mono")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--images", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    samples = [s for s in open_dataset(options.path).samples if s.path is not None][: options.images]
    read_once(samples)
    locked = one_at_a_time(samples)
    plans = {f"{n} worker{'s' if n > 1 else ''}": (samples, n) for n in options.workers}
    plans |= {f"{n} workers, one at a time": (locked, n) for n in options.workers if n > 1}
    rounds: dict[str, list[Round]] = {name: [] for name in plans}
    for _ in range(options.rounds):
        for name, (some, workers) in plans.items():
            rounds[name].append(measure(some, options.size, workers))
    report(rounds, len(samples), options.size)


def read_once(samples: Sequence[Sample]) -> None:
    for sample in samples:
        sample.path.read_bytes()


def one_at_a_time(samples: Sequence[Sample]) -> list[Sample]:
    """The same samples behind one lock."""
    lock = threading.Lock()

    def behind_the_lock(path: Path) -> Decoded:
        with lock:
            return decode(path)

    return [replace(sample, loader=lambda path=sample.path: behind_the_lock(path)) for sample in samples]


def measure(samples: Sequence[Sample], size: int, workers: int) -> Round:
    wall, process = time.perf_counter(), time.process_time()
    load_resized(samples, size, budget_bytes=2**40, workers=workers)
    return Round(time.perf_counter() - wall, time.process_time() - process)


def report(rounds: dict[str, list[Round]], images: int, size: int) -> None:
    print(f"{images} images to {size} x {size} pixels\n\n| loading | images per second | cores busy |\n|---|---|---|")
    for name, some in rounds.items():
        best = min(some, key=lambda each: each.wall)
        print(f"| {name} | {images / best.wall:.0f} | {best.process / best.wall:.2f} |")


if __name__ == "__main__":
    main()
