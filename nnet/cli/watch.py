"""nnet watch: score pictures as they arrive in a folder."""

from __future__ import annotations

import argparse
import contextlib
import os
import select
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from nnet.cli.shared import add_device
from nnet.errors import NNetError

if TYPE_CHECKING:  # torch is loaded only to score
    from nnet.watch.judges import Judge
    from nnet.watch.look import Look

HELP = "score pictures as they arrive in a folder"
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the folder to watch, with its subfolders")
    model = parser.add_mutually_exclusive_group(required=True)
    model.add_argument("--checkpoint", type=Path, metavar="DIR", help="a trained model's folder")
    model.add_argument("--export", type=Path, metavar="DIR", help="what nnet export wrote, which needs no PyTorch")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the results")
    parser.add_argument("--score", metavar="EXPR", help="an expression such as M1*M2*M3; default: the model's own")
    parser.add_argument(
        "--interval",
        type=_seconds,
        default=1.0,
        metavar="S",
        help="seconds between checks of the folder (default: %(default)g)",
    )
    parser.add_argument(
        "--patience",
        type=_seconds,
        default=10.0,
        metavar="S",
        help="seconds to wait for a file that is not a readable picture yet (default: %(default)g)",
    )
    parser.add_argument(
        "--overlays",
        choices=("all", "anomalous", "none"),
        default="all",
        help="which pictures to keep an overlay of (default: %(default)s)",
    )
    parser.add_argument("--once", action="store_true", help="score the pictures that are there, then exit")
    add_device(parser)


def run(options: argparse.Namespace) -> int:
    """Watch until it is told to stop; 1 if --once met pictures that were not scored."""
    from nnet.watch.folder import check
    from nnet.watch.settings import Settings
    from nnet.watch.watcher import Watcher

    check(options.folder, options.out)  # before the model is loaded
    settings = Settings(options.patience, options.overlays)
    with _stop_asked() as stopped, Watcher(options.folder, options.out, _judge(options), settings, _say) as watcher:
        if not options.once:
            _say(f"Watching {options.folder}. Press Ctrl-C to stop.")
        look = watcher.run(stopped, options.interval, options.once)
    _say(_summary(look, options.out))
    if options.once and look.problem:
        raise NNetError(f"{look.problem}. Nothing is lost: fix this, then start it again.")
    return int(options.once and look.unreadable + look.other_size > 0)


def _judge(options: argparse.Namespace) -> Judge:
    from nnet.watch.judges import CheckpointJudge, ExportJudge, SizesJudge, exported

    judge: CheckpointJudge | ExportJudge | SizesJudge
    if options.export is None:
        judge = CheckpointJudge(options.checkpoint, options.score, options.device, options.teacher_weights)
    elif options.score is None and options.teacher_weights is None and options.device in ("auto", "cpu"):
        judge = exported(options.export)
    else:
        raise NNetError(
            "--score, --device and --teacher-weights do not go with --export: an exported model has its own score and "
            "teacher, and runs on the CPU. Leave them out, or export the model with another --score."
        )
    if judge.has_random_teacher:
        print("This model's teacher has random weights, so its scores mean nothing.", file=sys.stderr)
    return judge


@contextlib.contextmanager
def _stop_asked() -> Iterator[Callable[[float], bool]]:
    """A function that waits for so many seconds, or until Ctrl-C or SIGTERM, and says whether either came.

    The picture in work is finished. A second Ctrl-C or SIGTERM ends the process at once, which loses nothing either.
    """
    reader, writer = os.pipe()
    asked = False

    def ask(number: int, _: FrameType | None) -> None:
        nonlocal asked
        asked = True
        os.write(writer, b"x")
        signal.signal(number, before[number])

    def stopped(seconds: float) -> bool:
        if not asked:
            select.select([reader], [], [], seconds)
        return asked

    before = {int(number): signal.signal(number, ask) for number in SIGNALS}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)


def _summary(look: Look, out: Path) -> str:
    left = f", {look.waiting:,} left for next time" if look.waiting else ""
    pictures = "picture" if look.scored == 1 else "pictures"
    kinds = f", {look.other_kind:,} of them of another kind of part" if look.other_kind else ""
    sizes = f", {look.other_size:,} of another size" if look.other_size else ""
    return (
        f"{look.scored:,} {pictures} scored{kinds}{sizes}, {look.unreadable:,} cannot be read{left}; results in {out}"
    )


def _say(sentence: str) -> None:
    print(sentence, flush=True)


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < 86400:
        raise argparse.ArgumentTypeError("expected a number of seconds from 0 to 86400")
    return value
