"""nnet data: describe a data set, and what should be fixed in it."""

from __future__ import annotations

import argparse

from tqdm import tqdm

HELP = "describe a data set"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("data", metavar="PATH", help="as for train --data")


def run(options: argparse.Namespace) -> int:
    """Print the findings; 1 if something must be fixed before training."""
    from nnet.data import inspect, open_dataset

    dataset = open_dataset(options.data, strict=False)
    # Nothing but the findings where nobody watches: the bar shows itself in a terminal only, and goes when it is full.
    with tqdm(total=len(dataset.samples), desc="Reading", unit="image", leave=False, disable=None) as bar:
        found = inspect(dataset, progress=lambda done, _: bar.update(done - bar.n))
    print(found.text())
    return 0 if found.ok else 1
