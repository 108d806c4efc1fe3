"""The command line: python -m nnet train | score | evaluate | info | data | replay | ablate."""

from __future__ import annotations

import argparse
import contextlib
import csv
import dataclasses
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from nnet.cli.ablate import add_ablate
from nnet.config import PRESETS, Config, ConfigError, preset
from nnet.data.images import IMAGE_SUFFIXES, Decoded, ImageError, decode
from nnet.errors import NNetError
from nnet.training.events import PHASES, Listener, Progress, phase

BATCH = 8


NOBODY_READS = 128 + 13  # what a shell reports of a program that SIGPIPE ended


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code.

    0 done, 1 the user can mend it, 2 wrong usage, 130 interrupted, 141 whoever read the output closed it (`| head`).
    """
    try:
        try:
            return _run(arguments)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more when it ends, and would complain about it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOBODY_READS


def _run(arguments: Sequence[str] | None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except NNetError as error:
        print(f"nnet: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("nnet: stopped. A training run goes on with --resume.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="nnet", description="N-Net: unsupervised image anomaly detection.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_train(commands)
    _add_score(commands)
    _add_evaluate(commands)
    info = commands.add_parser("info", help="say what a checkpoint is")
    info.add_argument("--checkpoint", type=Path, required=True, metavar="DIR")
    info.set_defaults(run=_info)
    data = commands.add_parser("data", help="say what a data set holds")
    data.add_argument("data", metavar="PATH")
    data.set_defaults(run=_data)
    replay = commands.add_parser("replay", help="open a replay bundle and check its numbers again")
    replay.add_argument("bundle", type=Path, metavar="FILE", help="a ZIP that the Inspect page saved")
    replay.add_argument(
        "--checkpoint",
        type=Path,
        metavar="DIR",
        help="what to run again; without it the one with the same weights under checkpoints/ or runs/ is looked for",
    )
    replay.add_argument("--teacher-weights", type=Path, metavar="FILE")
    _add_device(replay)
    replay.set_defaults(run=_replay)
    add_ablate(commands, _assignment)
    return parser


def _add_train(commands: Any) -> None:
    train = commands.add_parser("train", help="train on normal images")
    train.add_argument(
        "--data",
        metavar="PATH",
        help="folder of normal images, MVTec-style category, VisA category, ZIP, elpv:mono, elpv:poly or synthetic",
    )
    train.add_argument("--out", type=Path, metavar="DIR", help="where the checkpoint goes")
    train.add_argument(
        "--run",
        type=Path,
        metavar="DIR",
        dest="run_folder",
        help="train what run.json in DIR says, instead of --data, --out and settings; the workbench starts its runs so",
    )
    train.add_argument("--preset", choices=PRESETS, default="small")
    train.add_argument("--teacher", help="wide_resnet50_2, resnet18, efficientnet_lite0 or any timm name")
    train.add_argument("--teacher-weights", type=Path, metavar="FILE", help="a local .pth or .safetensors file")
    train.add_argument("--random-teacher", action="store_true", help="random teacher weights: for tests only")
    train.add_argument("--epochs", type=int, help="exactly so many; the preset small adds some where images are few")
    train.add_argument("--size", type=int, help="side of the network input in pixels")
    train.add_argument("--batch-size", type=int)
    train.add_argument("--learning-rate", type=float)
    train.add_argument("--seed", type=int)
    train.add_argument("--precision", help="auto, float32, bfloat16 or float16")
    train.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.FIELD=VALUE",
        help="any other setting, e.g. --set model.fpm=false; 'nnet info' lists them",
    )
    train.add_argument("--resume", action="store_true", help="go on with a broken-off run in --out")
    train.add_argument("--compile", action="store_true", help="use torch.compile")
    train.add_argument("--tensorboard", type=Path, metavar="DIR", help="also write event files for TensorBoard")
    _add_device(train)
    train.set_defaults(run=_train)


def _add_score(commands: Any) -> None:
    score = commands.add_parser("score", help="score images: overlays, raw maps and a table")
    score.add_argument("images", nargs="+", type=Path, metavar="IMAGE_OR_FOLDER")
    score.add_argument("--checkpoint", type=Path, required=True, metavar="DIR")
    score.add_argument("--out", type=Path, required=True, metavar="DIR")
    score.add_argument("--score", metavar="EXPR", help="an expression such as M1*M2*M3; default: the model's own")
    score.add_argument("--teacher-weights", type=Path, metavar="FILE")
    _add_device(score)
    score.set_defaults(run=_score)


def _add_evaluate(commands: Any) -> None:
    evaluate = commands.add_parser("evaluate", help="measure a checkpoint on labelled images")
    evaluate.add_argument("--checkpoint", type=Path, required=True, metavar="DIR")
    evaluate.add_argument("--data", required=True, metavar="PATH", help="as for train; its test part is used")
    evaluate.add_argument("--score", action="append", metavar="EXPR", help="may be given several times")
    evaluate.add_argument("--json", type=Path, metavar="FILE", help="write what goes into metrics.json here as well")
    evaluate.add_argument(
        "--subsets",
        action="store_true",
        help="also rank the scores of all subsets of the maps, and say what each map contributes (Shapley values)",
    )
    evaluate.add_argument("--teacher-weights", type=Path, metavar="FILE")
    _add_device(evaluate)
    evaluate.set_defaults(run=_evaluate)


def _add_device(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps")


def configure(options: argparse.Namespace) -> Config:
    """The configuration that the options of `nnet train` describe.

    Raises:
        ConfigError: an unknown setting or a value out of range.
    """
    named = {
        "model.teacher": options.teacher,
        "model.size": options.size,
        "model.teacher_weights": "random" if options.random_teacher else None,
        "train.epochs": options.epochs,
        "train.min_steps": None if options.epochs is None else 0,
        "train.batch_size": options.batch_size,
        "train.learning_rate": options.learning_rate,
        "train.seed": options.seed,
        "train.precision": options.precision,
    }
    values = {path: value for path, value in named.items() if value is not None}
    return preset(options.preset).override(values | dict(map(_assignment, options.set)))


def _assignment(text: str) -> tuple[str, Any]:
    path, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(f"--set {text}: expected SECTION.FIELD=VALUE, for example --set loss.delta=0.01.")
    words = {"none": None, "true": True, "false": False}
    if value.lower() in words:
        return path, words[value.lower()]
    try:
        return path, json.loads(value)
    except ValueError:
        return path, value


def _train(options: argparse.Namespace) -> int:
    if options.run_folder is not None:
        from nnet.runs.worker import work

        return work(options.run_folder)
    if options.data is None or options.out is None:
        raise ConfigError("train needs --data PATH and --out DIR.")
    from nnet.data import open_dataset
    from nnet.runs import disk
    from nnet.training.job import TrainJob
    from nnet.training.pipeline import train_on

    config = configure(options)
    disk.require(disk.left_to_write(disk.needed(config), options.out), options.out)
    dataset = open_dataset(options.data, seed=config.train.seed)
    quiet = os.environ.get("RANK", "0") != "0"  # of several processes of torchrun, one speaks
    for sentence in () if quiet else (*dataset.notes, *dataset.problems):
        print(sentence)
    with _ended_like_ctrl_c(), _Bars(quiet) as bars:
        job = TrainJob(
            config,
            options.out,
            resume=options.resume,
            device=options.device,
            weights_file=options.teacher_weights,
            compile=options.compile,
            tensorboard=options.tensorboard,
        )
        detector = train_on(job, dataset, bars)
    if detector is not None:  # of several processes of torchrun, one has the model
        print(detector.checkpoint.card)
    return 0


@contextlib.contextmanager
def _ended_like_ctrl_c() -> Iterator[None]:
    """Whoever ends the program politely, by `kill` or by closing the terminal, loses no finished epoch."""
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


class _Bars(Listener):
    """One progress bar per phase, with the time left and the running losses."""

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._bar: tqdm | None = None
        self._phase = ""

    def __enter__(self) -> _Bars:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def report(self, progress: Progress) -> None:
        if progress.phase != self._phase:
            self.__exit__()
            title, unit = PHASES[progress.phase]
            options = {"total": progress.total, "initial": progress.before, "disable": self._quiet}
            self._bar = tqdm(desc=title, unit=unit, **options)
            self._phase = progress.phase
        self._bar.update(progress.done - self._bar.n)
        if progress.losses:
            shown = {"epoch": progress.epoch + 1, "loss": f"{progress.losses['loss']:.4f}"}
            self._bar.set_postfix(shown, refresh=False)


def _score(options: argparse.Namespace) -> int:
    from nnet.detector import Detector

    paths = list(_image_paths(options.images))
    detector = Detector.load(options.checkpoint, options.device, options.teacher_weights)
    if detector.config.model.teacher_weights == "random":
        print("This model's teacher has random weights: its scores mean nothing.", file=sys.stderr)
    reference = detector.calibration.for_expression(options.score)
    options.out.mkdir(parents=True, exist_ok=True)
    rows, failures, taken = [], 0, set()
    for start in tqdm(range(0, len(paths), BATCH), desc="Scoring", unit="batch"):
        images = []
        for path in paths[start : start + BATCH]:
            try:
                images.append((path, decode(path)))
            except ImageError as error:
                failures += 1
                print(f"nnet: {error}", file=sys.stderr)
        rows += _score_batch(detector, reference, images, options, taken)
    _write_table(options.out / "scores.csv", rows)
    print(f"{len(rows)} images scored, {failures} left out; results in {options.out}")
    return 1 if failures else 0


def _image_paths(given: Sequence[Path]) -> Iterator[Path]:
    for path in given:
        if not path.is_dir():
            yield path
            continue
        found = sorted(p for p in path.rglob("*") if p.suffix.lower() in IMAGE_SUFFIXES and p.is_file())
        if not found:
            raise ImageError(f"{path} holds no images. Expected files ending in {', '.join(sorted(IMAGE_SUFFIXES))}.")
        yield from found


def _score_batch(
    detector: Any, reference: Any, images: list[tuple[Path, Decoded]], options: argparse.Namespace, taken: set[str]
) -> Iterator[dict[str, Any]]:
    from nnet.scoring.overlay import overlay, to_png

    if not images:
        return
    scores = detector.score([decoded.image for _, decoded in images], options.score)
    for (path, decoded), score in zip(images, scores, strict=True):
        stem = _free_stem(path.stem, taken)
        picture = overlay(decoded.image, score.map, reference.colour_range, edge=reference.threshold)
        (options.out / f"{stem}_overlay.png").write_bytes(to_png(picture))
        np.savez_compressed(options.out / f"{stem}_map.npz", score=score.map)
        yield {
            "image": str(path),
            "score": f"{score.value:.6g}",
            "threshold": f"{reference.threshold:.6g}",
            "anomalous": int(reference.is_anomalous(score.value)),
            "percentile_among_normals": f"{reference.percentile(score.value):.1f}",
            "p_value": f"{reference.p_value(score.value):.4f}",
            "overlay": f"{stem}_overlay.png",
            "map": f"{stem}_map.npz",
            "notes": " ".join(decoded.notes),
        }


def _free_stem(stem: str, taken: set[str]) -> str:
    """A name for the results; two images of one name must not overwrite each other's."""
    candidate, number = stem, 1
    while candidate in taken:
        number += 1
        candidate = f"{stem}_{number}"
    taken.add(candidate)
    return candidate


def _write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]) if rows else ["image", "score"])
        writer.writeheader()
        writer.writerows(rows)


def _evaluate(options: argparse.Namespace) -> int:
    from nnet.analysis import evaluation
    from nnet.analysis import subsets as map_subsets
    from nnet.data import DataError, open_dataset
    from nnet.detector import Detector
    from nnet.saved.card import results_table
    from nnet.saved.checkpoint import CheckpointError, add_evaluation
    from nnet.saved.storage import write_json

    detector = Detector.load(options.checkpoint, options.device, options.teacher_weights)
    dataset = open_dataset(options.data, seed=detector.config.train.seed)
    if not evaluation.can_be_measured(dataset):
        raise DataError(f"{dataset.name} needs normal and defective test images to measure anything. Add both.")
    with _Bars() as bars:
        evidence = evaluation.gather(detector, dataset, options.score, phase("measure", bars.report))
        expressions = options.score or evaluation.default_expressions(detector)
        found = [evaluation.score(evidence, text) for text in expressions]
        subsets = map_subsets.attribute(evidence, phase("subsets", bars.report)) if options.subsets else None
    entry = evaluation.with_origin(evaluation.results(dataset, evidence, found), detector.checkpoint)
    print("\n".join(filter(None, (results_table(entry), evaluation.types_table(entry)))))
    if subsets is not None:
        entry["subsets"] = subsets.to_dict()
        print(subsets.text())
    if options.json:
        write_json(options.json, entry)
    try:
        add_evaluation(detector.checkpoint.path, entry)
    except CheckpointError as error:
        # The results are on the screen: a checkpoint in a read-only place is no reason to fail.
        print(f"nnet: {error} --json FILE does that.", file=sys.stderr)
    return 0


def _info(options: argparse.Namespace) -> int:
    from nnet.saved import checkpoint as checkpoints
    from nnet.saved.card import results_table

    saved = checkpoints.load(options.checkpoint)
    print(saved.card or f"# {saved.name}\n\nThis checkpoint has no card.")
    for entry in saved.metrics.get("evaluations", {}).values():
        print(f"## Measured on {entry['data']['name']}\n\n{results_table(entry)}")
        print(f"{entry['created']}, commit `{entry['commit']}`, data SHA-256 `{entry['data']['sha256']}`.\n")
    print(f"Weights SHA-256: {saved.weights_hash}\n\nSettings that --set can change:")
    for section in dataclasses.fields(saved.config):
        for field in dataclasses.fields(getattr(saved.config, section.name)):
            print(f"  {section.name}.{field.name}: {field.metadata['help']} [{field.metadata['source']}]")
    return 0


def _data(options: argparse.Namespace) -> int:
    from nnet.data import inspect, open_dataset

    dataset = open_dataset(options.data, strict=False)
    # Nothing but the findings where nobody watches: the bar shows itself in a terminal only, and goes when it is full.
    with tqdm(total=len(dataset.samples), desc="Reading", unit="image", leave=False, disable=None) as bar:
        found = inspect(dataset, progress=lambda done, _: bar.update(done - bar.n))
    print(found.text())
    return 0 if found.ok else 1


def _replay(options: argparse.Namespace) -> int:
    from nnet.detector import Detector
    from nnet.replay import bundle as replay
    from nnet.replay import checks as replay_checks
    from nnet.runs import usable_checkpoints

    bundle = replay.unpack(options.bundle)
    print(f"{bundle.title}\nMade {bundle.made}, with the checkpoint {bundle.model['checkpoint']['name']}.")
    checks, path = replay_checks.check(bundle), options.checkpoint
    if path is None:
        known = [found for folder in ("checkpoints", "runs") for found in usable_checkpoints(Path(folder))]
        path = replay_checks.matching(bundle, known)
    if path is not None:
        again = replay_checks.rerun(bundle, Detector.load(path, options.device, options.teacher_weights))
        checks += again.checks
        print(again.why)
    for check in checks:
        print(f"  {'agrees ' if check.agrees else 'DIFFERS'}  {check.name}: {check.detail}")
    if path is None:
        print(replay_checks.no_checkpoint(bundle))
    wrong = sum(not check.agrees for check in checks)
    print(f"{len(checks) - wrong} of {len(checks)} checks agree.")
    return 1 if wrong else 0
