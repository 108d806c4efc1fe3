"""nnet report: what a model finds, and how far to trust it, as one HTML file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from nnet.cli.evaluate import measurable, opened
from nnet.cli.shared import Bars, add_checkpoint, add_device, require_place
from nnet.training.events import phase

if TYPE_CHECKING:
    from nnet.analysis.stored import Stored
    from nnet.data import Dataset
    from nnet.detector import TrainedModel

HELP = "write what a model finds, and how far to trust it, as one HTML file"


def add(parser: argparse.ArgumentParser) -> None:
    add_checkpoint(parser)
    parser.add_argument(
        "--data",
        metavar="PATH",
        help="labelled pictures, as for evaluate; they are measured if the checkpoint has no result of them. "
        "Default: the result that the checkpoint keeps",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.html", help="the file to write")
    add_device(parser)


def run(options: argparse.Namespace) -> int:
    """Write the report, and say what it begins with.

    Raises:
        nnet.errors.NNetError: no checkpoint, no data, or the file cannot be written.
    """
    from nnet.analysis import stored
    from nnet.detector import Detector
    from nnet.errors import NNetError
    from nnet.report import Subject, render, words
    from nnet.report.pictures import looking
    from nnet.runs.layout import title_of
    from nnet.runs.length import of_checkpoint
    from nnet.saved.storage import write_text

    require_place(options.out)
    model = Detector.load(options.checkpoint, options.device, options.teacher_weights)
    kept = stored.read(model.checkpoint)
    dataset = _data(options.data, model, kept)
    found = kept[0] if kept else None
    if dataset is not None:
        found = next((one for one in kept if one.sha256 == dataset.content_hash()), None) or _measured(model, dataset)
    look = looking(model, dataset, found) if found is not None and dataset is not None else None
    title, short = title_of(model.checkpoint.path), of_checkpoint(model.checkpoint)
    try:
        write_text(options.out, render(Subject(model.checkpoint, found, look, short=short, title=title)))
    except OSError as error:
        raise NNetError(f"{options.out} cannot be written ({error.strerror or error}).") from error
    print(f"{options.out} is the report on {title}.")
    if found is None:
        print(f"nnet: {words.NO_RESULT} {words.no_result(str(options.checkpoint))}", file=sys.stderr)
    return 0


def _data(spec: str | None, model: TrainedModel, kept: list[Stored]) -> Dataset | None:
    """The data set of the report; without a name that of the kept result, where it needs no file."""
    from nnet.data import DataError
    from nnet.data.opening import packaged

    if spec is None:
        spec = packaged(kept[0].data) if kept else ""
        try:
            dataset = opened(spec, model.checkpoint) if spec else None
        except DataError:
            return None
        return dataset if dataset is not None and dataset.content_hash() == kept[0].sha256 else None
    return measurable(spec, model.checkpoint)


def _measured(model: TrainedModel, dataset: Dataset) -> Stored:
    """The result of a data set that the checkpoint does not know; it is not kept there."""
    from nnet.analysis import evaluation, stored

    expressions = evaluation.default_expressions(model)
    with Bars() as bars:
        evidence = evaluation.gather(model, dataset, expressions, phase("measure", bars.report))
        return stored.result(dataset, evidence, [evaluation.score(evidence, one) for one in expressions])
