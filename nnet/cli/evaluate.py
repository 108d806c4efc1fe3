"""nnet evaluate: measure a checkpoint on labelled images."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnet.cli.shared import Bars, add_checkpoint, add_device, add_masks, decided, places, require_place
from nnet.saved.storage import write_json
from nnet.training.events import phase

if TYPE_CHECKING:
    from nnet.data import Dataset
    from nnet.saved.checkpoint import Checkpoint

HELP = "measure a checkpoint on labelled images"


def add(parser: argparse.ArgumentParser) -> None:
    add_checkpoint(parser)
    parser.add_argument("--data", required=True, metavar="PATH", help="as for train; its test part is used")
    parser.add_argument(
        "--score", action="append", metavar="EXPR", help="score expression such as M1*M2*M3; may be given several times"
    )
    parser.add_argument("--save", action="store_true", help="also keep the results in the checkpoint")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the results to FILE")
    parser.add_argument(
        "--subsets",
        action="store_true",
        help="also rank the scores of all subsets of the maps, and show what each map contributes (Shapley values)",
    )
    add_masks(parser)
    parser.add_argument(
        "--each",
        action="store_true",
        help="--data holds several categories: measure each in turn, with --checkpoint/CATEGORY as train --each makes"
        " them, or all with the one model",
    )
    add_device(parser)


def run(options: argparse.Namespace) -> int:
    """Measure and print; write only where the options say so.

    Raises:
        nnet.errors.NNetError: anything the user can fix; after the results were printed, if --save cannot keep them.
    """
    if options.json is not None:
        require_place(options.json)
    found = _each(options) if options.each else _measure(options, options.checkpoint, options.data)
    if options.json is not None:
        write_json(options.json, found)
    if not options.save:
        print("nnet: the checkpoint is unchanged; add --save to keep these results in it.", file=sys.stderr)
    return 0


def _each(options: argparse.Namespace) -> dict[str, Any]:
    """The results by category; a table of them is printed last."""
    from nnet.saved.card import categories_table
    from nnet.saved.checkpoint import is_checkpoint

    of_all, found = is_checkpoint(options.checkpoint), {}
    for place in places(options.data):
        category = Path(place).name
        print(f"{category}:")
        found[category] = _measure(options, options.checkpoint if of_all else options.checkpoint / category, place)
    print(categories_table(found))
    return found


def _measure(options: argparse.Namespace, checkpoint: Path, data: str) -> dict[str, Any]:
    """Measure one model on one data set, print, and with --save keep the results."""
    from nnet.analysis import evaluation, stored
    from nnet.analysis import subsets as map_subsets
    from nnet.detector import Detector
    from nnet.expression import parse
    from nnet.saved import kept_scores
    from nnet.saved.card import intervals_table, results_table
    from nnet.saved.checkpoint import add_evaluation

    detector = Detector.load(checkpoint, options.device, options.teacher_weights)
    dataset = measurable(data, detector.checkpoint, options.masks)
    expressions = [parse(text) for text in options.score or ()] or evaluation.default_expressions(detector)
    with Bars() as bars:
        evidence = evaluation.gather(detector, dataset, expressions, phase("measure", bars.report))
        found = [evaluation.score(evidence, expression) for expression in expressions]
        subsets = map_subsets.attribute(evidence, phase("subsets", bars.report)) if options.subsets else None
    written, pictures = stored.account(dataset, evidence, found, detector.checkpoint)
    entry = evaluation.with_origin(written, detector.checkpoint)
    lines = results_table(entry), intervals_table(pictures), evaluation.types_table(entry)
    print("\n".join(filter(None, lines)))
    own = detector.calibration.for_expression(expressions[0])
    counts = decided(found[0].scores, evidence.defective, own.threshold)
    print(f"Above {own.threshold:.4g} of `{own.expression}`, the model's threshold: {counts}.\n")
    if subsets is not None:
        entry["subsets"] = subsets.to_dict()
        print(subsets.text())
    if options.save:
        add_evaluation(detector.checkpoint.path, entry)
        kept_scores.add(detector.checkpoint.path, pictures)
        print(f"{detector.checkpoint.path} keeps these results, for the workbench and nnet report.")
    return entry


def opened(spec: str, checkpoint: Checkpoint, masks: str | None = None) -> Dataset:
    """The data with the split that the model was trained on, if it is the same data; else a warning says so."""
    from nnet.data import open_dataset

    known, seed = checkpoint.about.get("data") or {}, checkpoint.config.train.seed
    masks = masks or checkpoint.about.get("masks")
    first = dataset = open_dataset(spec, seed=checkpoint.about.get("split_seed", seed), masks=masks)
    for other in (seed, 0):  # models of a study share one split, and earlier ones do not say which
        if dataset.name != known.get("name") or dataset.content_hash() == known.get("sha256"):
            return dataset
        dataset = open_dataset(spec, seed=other, masks=masks)
    if dataset.content_hash() != known.get("sha256"):
        print(
            f"nnet: {checkpoint.name} was trained on {known['name']}, but on other contents or another split."
            " Some of the normal test images may be ones that it was trained on, which makes the results look better.",
            file=sys.stderr,
        )
        return first
    return dataset


def measurable(spec: str, checkpoint: Checkpoint, masks: str | None = None) -> Dataset:
    """The same with the bit depth of the model. Raises DataError where nothing can be measured on it."""
    from nnet.analysis.evaluation import can_be_measured
    from nnet.data import DataError
    from nnet.data.depth import as_model

    dataset = as_model(opened(spec, checkpoint, masks), checkpoint.bits)
    if not can_be_measured(dataset):
        raise DataError(f"Nothing can be measured on {dataset.name}: add normal and defective test images.")
    return dataset
