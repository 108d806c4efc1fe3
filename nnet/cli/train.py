"""nnet train: train a model on normal images."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnet.cli.shared import Bars, add_device, add_masks, assignment, places
from nnet.config import FITS, Config, ConfigError
from nnet.errors import NNetError
from nnet.presets import PRESETS, preset
from nnet.training.events import AtOnce, Listener, Listeners

if TYPE_CHECKING:
    from nnet.detector import TrainedModel
    from nnet.training.job import TrainJob

HELP = "train on normal images"
INTERRUPTED = "An interrupted training run continues with --resume."


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--data",
        metavar="PATH",
        help="folder of normal images, MVTec-style category, VisA category, ZIP, elpv:mono, elpv:poly or synthetic",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for the checkpoint")
    parser.add_argument(
        "--run",
        type=Path,
        metavar="DIR",
        dest="run_folder",
        help="train what DIR/run.json describes, instead of --data, --out and settings, as the workbench does",
    )
    add_masks(parser)
    parser.add_argument(
        "--each",
        action="store_true",
        help="--data holds several categories: train on each in turn, into --out/CATEGORY",
    )
    parser.add_argument("--preset", choices=PRESETS, default="small", help="settings to start from (default: small)")
    _add_settings(parser)
    parser.add_argument("--resume", action="store_true", help="continue an interrupted run in --out")
    parser.add_argument(
        "--finish",
        action="store_true",
        help="make a model of what an interrupted run in --out, or a run in --run that may be under way, has learnt so "
        "far, rather than go on training",
    )
    parser.add_argument("--compile", action="store_true", help="use torch.compile")
    parser.add_argument("--tensorboard", type=Path, metavar="DIR", help="also write event files for TensorBoard")
    parser.add_argument(
        "--film",
        action="store_true",
        help="also keep a short film of the training in --out (about 0.7 MB), which the workbench shows",
    )
    add_device(parser)


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--teacher", help="wide_resnet50_2, resnet18, efficientnet_lite0 or any timm name")
    parser.add_argument("--random-teacher", action="store_true", help="random teacher weights, for tests only")
    parser.add_argument(
        "--epochs", type=int, help="exact number; without it, the preset small adds epochs if there are few images"
    )
    parser.add_argument("--size", type=int, help="side of the network input in pixels")
    parser.add_argument(
        "--tile",
        type=int,
        metavar="PIXELS",
        help="cut pictures into overlapping tiles of this side, for small defects in large pictures",
    )
    parser.add_argument("--overlap", type=int, metavar="PIXELS", help="least overlap of tiles (default: 32)")
    parser.add_argument("--fit", choices=FITS, help="pictures that are not square: stretch (default), or pad them")
    parser.add_argument(
        "--crop",
        metavar="X,Y,W,H",
        help="look only at this box of every picture: shares of width and height such as 0.1,0.1,0.8,0.8, or pixels",
    )
    parser.add_argument(
        "--ignore", type=Path, metavar="MASK", help="never look where this picture is white, such as at a serial number"
    )
    parser.add_argument("--batch-size", type=int, help="images per step")
    parser.add_argument("--learning-rate", type=float, help="Adam's learning rate")
    parser.add_argument("--seed", type=int, help="seed of the initialisation, the split and the order of the images")
    parser.add_argument("--precision", help="auto, float32, bfloat16 or float16")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.FIELD=VALUE",
        help="any other setting, for example --set model.fpm=false; 'nnet info' lists them",
    )


def configure(options: argparse.Namespace) -> Config:
    """The configuration that the options describe.

    Raises:
        nnet.errors.NNetError: an unknown setting, a value out of range, or no usable mask.
    """
    from nnet.data.ignoring import read_ignore

    named = {
        "model.teacher": options.teacher,
        "model.size": options.size,
        "model.teacher_weights": "random" if options.random_teacher else None,
        "model.tile": options.tile,
        "model.overlap": options.overlap,
        "model.fit": options.fit,
        "model.crop": options.crop,
        "model.ignore": None if options.ignore is None else read_ignore(options.ignore),
        "train.epochs": options.epochs,
        "train.min_steps": None if options.epochs is None else 0,
        "train.batch_size": options.batch_size,
        "train.learning_rate": options.learning_rate,
        "train.seed": options.seed,
        "train.precision": options.precision,
    }
    values = {path: value for path, value in named.items() if value is not None}
    return preset(options.preset).override(values | dict(map(assignment, options.set)))


def run(options: argparse.Namespace) -> int:
    """Train, and print the model's card."""
    if options.run_folder is not None:
        return _run_folder(options.run_folder, to_finish=options.finish)
    if options.data is None or options.out is None:
        raise ConfigError("train needs --data PATH and --out DIR.")
    if options.each:
        return _each(options)
    detector = _train(options, options.data, options.out)
    if detector is not None and detector.checkpoint is not None:  # of several processes of torchrun, one has the model
        print(detector.checkpoint.card)
        print(f"{options.out} holds the model. Next: nnet score --checkpoint {options.out} PICTURES --out RESULTS")
    return 0


def _run_folder(path: Path, *, to_finish: bool) -> int:
    """Train a run, continue it, or end it with what it has learnt; one that is under way does that by itself."""
    from nnet.runs.finishing import ask
    from nnet.runs.worker import work

    path = path.resolve()
    if to_finish and ask(path, path.name):
        print(f"{path.name} ends with what it has learnt. Its model will be in {path}.")
        return 0
    return work(path, _study_run, to_finish=to_finish)


def _each(options: argparse.Namespace) -> int:
    """Train on each category; one that cannot be trained on is named, and the others are trained all the same."""
    from nnet.saved.card import categories_table
    from nnet.saved.checkpoint import read_metrics
    from nnet.saved.formats import CARD

    results: dict[str, dict[str, Any]] = {}
    failed: list[str] = []
    for place in places(options.data):
        category = Path(place).name
        out = options.out / category
        if options.resume and (out / CARD).is_file():
            print(f"{category} is trained already.")
        else:
            print(f"{category}:")
            try:
                _train(options, place, out)
            except NNetError as error:
                failed.append(category)
                print(f"nnet: {category}: {error}", file=sys.stderr)
                continue
        results[category] = read_metrics(out)
    print(categories_table(results))
    if failed:
        print(f"nnet: not trained: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def _train(options: argparse.Namespace, data: str, out: Path) -> TrainedModel | None:
    """Train on one data set; None in a process of torchrun that has no model."""
    from nnet.data import open_dataset
    from nnet.data.framing import Framing, advice_for
    from nnet.runs import disk
    from nnet.runs.film import SHORT
    from nnet.runs.watching import Filming
    from nnet.training.job import TrainJob
    from nnet.training.pipeline import train_on
    from nnet.training.schedule import few, is_few

    job = TrainJob(
        configure(options),
        out,
        resume=options.resume,
        device=options.device,
        weights_file=options.teacher_weights,
        compile=options.compile,
        tensorboard=options.tensorboard / out.name if options.tensorboard and options.each else options.tensorboard,
        about={"masks": options.masks} if options.masks else {},
    )
    disk.require(disk.left_to_write(disk.needed(job.config), job.out), job.out)
    dataset = open_dataset(data, seed=job.config.train.seed, masks=options.masks)
    quiet = os.environ.get("RANK", "0") != "0"  # of several processes of torchrun, one speaks
    for sentence in () if quiet else (*dataset.notes, *dataset.problems):
        print(sentence)
    framing = Framing.of(job.config.model)
    if not quiet and (found := advice_for(framing, dataset.train)):
        print(found.sentence)
    if not quiet and is_few(job.config, len(dataset.train), dataset.validation):
        print(few(len(dataset.train)))
    watching: list[Listener] = [Filming(job.out, dataset, SHORT, framing)] if options.film and not quiet else []
    watching += [_ending(job)] if options.finish else []
    with ended_like_ctrl_c(), Bars(quiet) as bars:
        return train_on(job, dataset, Listeners(bars, *watching))


def _ending(job: TrainJob) -> Listener:
    """Ends the training at once with what an interrupted run has learnt.

    Raises:
        ConfigError: there is no such run, or several processes would share the work.
    """
    from nnet.runs.run import kept_epochs

    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise ConfigError("--finish is for one process. Leave torchrun out.")
    if not (job.resume and kept_epochs(job.out)):
        raise ConfigError(f"--finish needs --resume and an interrupted run with a finished epoch in {job.out}.")
    return AtOnce()


def _study_run(path: Path, listener: Listener) -> None:
    from nnet.studies.running import work  # brings in torch, which is loaded only when the run is locked

    work(path, listener)


@contextlib.contextmanager
def ended_like_ctrl_c() -> Iterator[None]:
    """Ending the program politely, by `kill` or by closing the terminal, loses no finished epoch."""
    numbers = {signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)}
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:  # nohup lets a program outlive its terminal
            signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
