"""nnet export: a trained model as a folder for machines without N-Net."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from nnet.cli.shared import add_checkpoint, add_teacher_weights
from nnet.errors import NNetError

if TYPE_CHECKING:  # torch is loaded only to export
    import numpy as np

    from nnet.detector import TrainedModel

HELP = "write a model for machines without N-Net (ONNX, OpenVINO, torch.export, a web page)"
INTERRUPTED = "Nothing was written."
FORMATS = ("onnx", "openvino", "torch", "web")


def add(parser: argparse.ArgumentParser) -> None:
    add_checkpoint(parser)
    parser.add_argument("--format", required=True, choices=FORMATS, help="docs/export.md says which is for what")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the exported model")
    parser.add_argument("--score", metavar="EXPR", help="an expression such as M1*M2*M3; default: the model's own")
    parser.add_argument(
        "--pictures", type=Path, nargs="*", default=[], metavar="IMAGE", help="compare on these pictures, too"
    )
    parser.add_argument(
        "--size",
        nargs="+",
        default=[],
        metavar="WIDTHxHEIGHT",
        help="of the pictures to come, for a model with tiles, letterbox, crop box or ignore mask; several get a "
        "folder each; default: that of --pictures, or of the pictures that it was trained on",
    )
    web = parser.add_argument_group("only for --format web, a page that runs the model in the browser")
    web.add_argument(
        "--samples",
        type=Path,
        metavar="DIR",
        help="pictures to begin with; those in a folder good/ count as good parts",
    )
    web.add_argument(
        "--runtime", type=Path, metavar="TGZ", help="the npm package onnxruntime-web, for computers without a network"
    )
    add_teacher_weights(parser)


def run(options: argparse.Namespace) -> int:
    """Export, and say how far the exported model is from the original."""
    import numpy as np

    from nnet.data import sizes
    from nnet.data.images import decode
    from nnet.detector import Detector
    from nnet.export import folder

    own = [decode(path).image for path in options.pictures]
    wanted = [sizes.read(text) for text in dict.fromkeys(options.size)]
    model = Detector.load(options.checkpoint, "cpu", options.teacher_weights)
    blank = [np.zeros((one.height, one.width, 3), np.uint8) for one in wanted]
    if len(wanted) < 2:
        _export(model, options, options.out, [*blank, *own], (0.0, 1.0))
        return 0
    _require_several(model, options)
    for one in wanted:
        folder.require_free(options.out / one.text)
    with folder.beside(options.out) as temporary:  # all of them, or none
        for number, (one, picture) in enumerate(zip(wanted, blank, strict=True)):
            fitting = [picture, *(image for image in own if image.shape == picture.shape)]
            part = number / len(wanted), 1 / len(wanted)
            _export(model, options, temporary / one.text, fitting, part)
        options.out.mkdir(exist_ok=True)
        for one in wanted:
            folder.put(temporary / one.text, options.out / one.text)
    folder.put_script(options.out, options.format)
    print(f"{options.out} has a folder for each size.")
    return 0


def _require_several(model: TrainedModel, options: argparse.Namespace) -> None:
    """Refuse several sizes where they make no sense. Raises NNetError."""
    from nnet.export.opening import MANIFEST

    if model.framing.is_whole:
        raise NNetError(f"{options.checkpoint} takes pictures of any size, so leave --size out.")
    if options.format == "web":
        raise NNetError("A web page is for pictures of one size. Give one --size, and export a page for each.")
    if (options.out / MANIFEST).is_file():
        raise NNetError(f"{options.out} holds the export for one size. Give a new folder for several.")


def _export(
    model: TrainedModel, options: argparse.Namespace, out: Path, own: list[np.ndarray], part: tuple[float, float]
) -> None:
    """Export into a folder and say what came of it; `part` of the whole work: where it begins, and how long it is."""
    from nnet.export import export
    from nnet.export.opening import read_manifest
    from nnet.export.web import Page, cells, folder_pictures

    page = None
    if options.format == "web":
        page = Page(folder_pictures(options.samples) if options.samples else cells(model), options.runtime)
    named = f"{out.name}: " if part[1] < 1 else ""  # which of several sizes
    tell = lambda share, sentence: _tell(part[0] + share * part[1], named + sentence)  # noqa: E731
    done = export(model, options.format, out, options.score, own, page, tell)
    only = read_manifest(out)["input"]["pictures"]
    check, largest = done.check, max(done.check.maps.values())
    print(
        f"{out.name if named else out} holds the model as {options.format}. On {check.pictures} pictures its decisions "
        f"are those of the original; maps differ by at most {largest:.1e}, scores by at most {check.score:.1e} of the "
        "threshold."
    )
    if only is not None:
        print(
            f"It takes pictures of {only[0]} x {only[1]} pixels only, since the model looks at parts of its pictures. "
            "--size with several sizes makes a folder for each; nnet score and nnet watch take the checkpoint and any "
            "size."
        )


def _tell(share: float, sentence: str) -> None:
    print(f"{share:4.0%}  {sentence}", flush=True)  # the workbench reads these lines
