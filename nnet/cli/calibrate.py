"""nnet calibrate: keep a threshold in a checkpoint, or undo it; let the checkpoint know its kind of part."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nnet.cli.shared import Bars, add_checkpoint, add_device, decided, threshold
from nnet.errors import NNetError
from nnet.training.events import phase

if TYPE_CHECKING:
    from nnet.data import Dataset
    from nnet.detector import TrainedModel
    from nnet.scoring.calibration import Kept, Reference
    from nnet.scoring.kind import Kind

HELP = "keep a threshold in a checkpoint, or undo it"


def add(parser: argparse.ArgumentParser) -> None:
    add_checkpoint(parser)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--threshold", type=threshold, metavar="X", help="keep this threshold")
    what.add_argument(
        "--data", metavar="PATH", help="keep the threshold that the normal test pictures of this data set give"
    )
    what.add_argument("--undo", action="store_true", help="take out the threshold that was kept last")
    what.add_argument(
        "--kind",
        metavar="PATH",
        help="remember what this data set's normal pictures look like, so that other kinds of parts are recognised",
    )
    aim = parser.add_mutually_exclusive_group()
    aim.add_argument("--miss-rate", type=float, metavar="X", help="with --data: miss at most this share of the defects")
    aim.add_argument(
        "--false-alarm-rate", type=float, metavar="X", help="with --data: flag at most this share of the good parts"
    )
    f1 = "with --data: the threshold with the best F1 on its test pictures, of several with the same F1 the highest"
    aim.add_argument("--best", choices=["f1"], help=f1)
    parser.add_argument("--score", metavar="EXPR", help="the score that the threshold is for; default: the model's own")
    parser.add_argument("--reason", default="", metavar="TEXT", help="why, for whoever reads the card")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--copy-to", type=Path, metavar="DIR", help="change a copy in this new folder")
    where.add_argument(
        "--shipped", action="store_true", help="change a checkpoint even if it came with N-Net or git tracks it"
    )
    add_device(parser)


def run(options: argparse.Namespace) -> int:
    """Change the checkpoint, or its copy, and say what its threshold promises."""
    from nnet.detector import Detector
    from nnet.saved import checkpoint as checkpoints
    from nnet.saved import kept_thresholds

    path = options.checkpoint
    is_checkpoint = checkpoints.is_checkpoint(path)  # what is none is told when it is loaded
    if options.copy_to is None and not options.shipped and is_checkpoint and kept_thresholds.shipped(path):
        raise NNetError(
            f"{path} came with N-Net, is tracked by git or cannot be written, so it is left as it is. "
            "Change a copy with --copy-to DIR, or this one with --shipped."
        )
    detector = Detector.load(path, options.device, options.teacher_weights)
    before = detector.calibration.for_expression(options.score)
    text = before.expression.text
    if options.data is None and any(x is not None for x in (options.miss_rate, options.false_alarm_rate, options.best)):
        raise NNetError(
            "--miss-rate, --false-alarm-rate and --best choose a threshold on pictures. Name them with --data."
        )
    kind = None if options.kind is None else _kind(detector, options.kind)
    found = None if options.undo or kind is not None else _chosen(detector, before, options)
    if options.copy_to is not None:
        kept_thresholds.copy(path, options.copy_to)
        path = options.copy_to
    if kind is not None:
        checkpoints.add_kind(path, kind)
        print(f"{path} knows its kind of part from {kind.n:,} normal pictures.")
        return 0
    if found is not None:
        kept_thresholds.keep(path, text, found)
    elif kept_thresholds.undo(path, text) is None:
        raise NNetError(f"{path} keeps no threshold for {text}, so there is nothing to undo.")
    after = checkpoints.load(path).calibration.for_expression(text)
    print(f"The threshold of {path} for {text} was {before.threshold:.4g} and is now {after.threshold:.4g}.")
    print(" ".join(filter(None, (after.reason, after.promised))))
    return 0


def _chosen(detector: TrainedModel, before: Reference, options: argparse.Namespace) -> Kept:
    """The threshold to keep."""
    from nnet.scoring.calibration import Kept

    if options.data is None:
        return Kept(options.threshold, options.reason or f"Set by hand; before, it was {before.threshold:.4g}.")
    from nnet.analysis.evaluation import gather, pixel_scores
    from nnet.scoring.maps import image_score
    from nnet.scoring.promise import conformal

    dataset = _opened(options.data, detector)
    aim = _aim(options)
    if aim is not None:
        return _aimed(detector, before, dataset, aim, options.reason)
    normal = tuple(sample for sample in dataset.test if sample.is_normal)
    if not normal:
        raise NNetError(
            f"{dataset.name} has no normal test pictures. A threshold needs good parts that the model was not trained "
            "on: put some into test/good."
        )
    with Bars() as bars:
        report = phase("measure", bars.report)
        evidence = gather(detector, dataclasses.replace(dataset, test=normal), [before.expression], report)
    scores = image_score(pixel_scores(evidence, before.expression))
    threshold = float(conformal(scores, detector.config.scoring.quantile))
    reason = options.reason or f"From {len(scores):,} normal pictures of {dataset.name}."
    return Kept(threshold, reason, pictures=len(scores), above=int((scores > threshold).sum()))


def _aim(options: argparse.Namespace) -> tuple[str, Callable[[np.ndarray, np.ndarray], float]] | None:
    """What the threshold is wanted for, and how it is chosen from scores and labels; None: from good parts alone."""
    from nnet.scoring import operating_point

    if options.miss_rate is not None:
        return f"at most {options.miss_rate:.1%} missed", partial(operating_point.for_miss_rate, rate=options.miss_rate)
    if options.false_alarm_rate is not None:
        rate = options.false_alarm_rate
        return f"at most {rate:.1%} false alarms", partial(operating_point.for_false_alarm_rate, rate=rate)
    return ("the best F1, at the highest of its thresholds,", operating_point.for_best_f1) if options.best else None


def _aimed(
    detector: TrainedModel,
    before: Reference,
    dataset: Dataset,
    aim: tuple[str, Callable[[np.ndarray, np.ndarray], float]],
    reason: str,
) -> Kept:
    """The threshold that was aimed at on the labelled pictures, with what it does to them and how surely."""
    from nnet.analysis.evaluation import can_be_measured, gather, score
    from nnet.scoring.calibration import Kept

    if not can_be_measured(dataset):
        raise NNetError(
            f"{dataset.name} needs good and defective test pictures for such a threshold. Add some of each."
        )
    with Bars() as bars:
        evidence = gather(detector, dataset, [before.expression], phase("measure", bars.report))
    scores, defective = score(evidence, before.expression).scores, evidence.defective
    wanted, choose = aim
    at = choose(scores, defective)
    said = f"For {wanted} on {dataset.name}: {decided(scores, defective, at)}."
    normal = scores[~defective]
    return Kept(at, reason or said, pictures=len(normal), above=int((normal > at).sum()))


def _kind(detector: TrainedModel, spec: str) -> Kind:
    from nnet.analysis.kinds import kind_of, kind_of_pictures
    from nnet.data import load_resized
    from nnet.scoring.kind import LEAST, MOST, chosen

    dataset, size = _opened(spec, detector), detector.config.model.size
    normal = dataset.train or tuple(sample for sample in dataset.test if sample.is_normal)
    samples = [normal[i] for i in chosen(len(normal))]
    if detector.framing.is_whole:
        found = kind_of(detector, load_resized(samples, size, budget_bytes=3 * size * size * MOST))
    else:
        found = kind_of_pictures(detector, samples)
    if found is None:
        raise NNetError(f"{dataset.name} has {len(normal)} normal pictures; at least {LEAST} are needed.")
    return found


def _opened(spec: str, detector: TrainedModel) -> Dataset:
    """With the split that the model was trained on, where it is drawn."""
    from nnet.data import open_dataset
    from nnet.data.depth import as_model

    saved = detector.checkpoint
    return as_model(open_dataset(spec, seed=saved.about.get("split_seed", saved.config.train.seed)), saved.bits)
