"""nnet export: a trained model as a folder for machines without N-Net."""

import argparse
import re
from pathlib import Path

from nnet.cli.shared import add_checkpoint, add_teacher_weights
from nnet.errors import NNetError

HELP = "write a model for machines without N-Net (ONNX, OpenVINO, torch.export, a web page)"
FORMATS = ("onnx", "openvino", "torch", "web")


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_checkpoint(parser)
    parser.add_argument("--format", required=True, choices=FORMATS, help="docs/export.md says which is for what")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the exported model")
    parser.add_argument("--score", metavar="EXPR", help="an expression such as M1*M2*M3; default: the model's own")
    parser.add_argument(
        "--pictures", type=Path, nargs="*", default=[], metavar="IMAGE", help="compare on these pictures, too"
    )
    parser.add_argument(
        "--size",
        metavar="WIDTHxHEIGHT",
        help="of the pictures to come, for a model with tiles, letterbox, crop box or ignore mask; default: that of "
        "--pictures, or of the pictures that it was trained on",
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

    from nnet.data.images import decode
    from nnet.detector import Detector
    from nnet.export import export
    from nnet.export.opening import read_manifest
    from nnet.export.web import Page, cells, folder_pictures

    blank = [] if options.size is None else [np.zeros((*_shape(options.size), 3), np.uint8)]
    own = [*blank, *(decode(path).image for path in options.pictures)]
    model = Detector.load(options.checkpoint, "cpu", options.teacher_weights)
    page = None
    if options.format == "web":
        page = Page(folder_pictures(options.samples) if options.samples else cells(model), options.runtime)
    done = export(model, options.format, options.out, options.score, own, page, _tell)
    only = read_manifest(options.out)["input"]["pictures"]
    check, largest = done.check, max(done.check.maps.values())
    print(
        f"{options.out} holds the model as {options.format}. On {check.pictures} pictures its decisions are those of "
        f"the original; maps differ by at most {largest:.1e}, scores by at most {check.score:.1e} of the threshold."
    )
    if only is not None:
        print(
            f"It takes pictures of {only[0]} x {only[1]} pixels only, since the model looks at parts of its pictures. "
            "Export it again with --size for another size; nnet score and nnet watch take the checkpoint and any size."
        )
    return 0


def _shape(size: str) -> tuple[int, int]:
    """Height and width. Raises NNetError for no size."""
    found = re.fullmatch(r"(\d{1,6})x(\d{1,6})", size)
    if found is None:
        raise NNetError(f"--size {size} is no size of a picture. Write it as 1920x1080, the width first.")
    return int(found[2]), int(found[1])


def _tell(share: float, sentence: str) -> None:
    print(f"{share:4.0%}  {sentence}", flush=True)  # the workbench reads these lines
