"""An export as a folder: complete and checked, or not there at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnet.detector import TrainedModel
from nnet.export import checking, formats, manifest, opening, runtime, web
from nnet.export.checking import Check
from nnet.export.errors import ExportError
from nnet.export.graph import Graph
from nnet.export.opening import MANIFEST
from nnet.export.web import Page
from nnet.saved.storage import write_json

FORMATS = ("onnx", "openvino", "torch", "web")
SCRIPT = "score.py"
_STANDALONE = Path(__file__).with_name("standalone.py")


@dataclass(frozen=True)
class Exported:
    """A finished export: its folder, and the comparison with the original."""

    folder: Path
    check: Check


def export(
    model: TrainedModel,
    kind: str,
    out: Path,
    expression: str | None = None,
    own: Sequence[np.ndarray] = (),
    page: Page | None = None,
    tell: Callable[[float, str], None] = lambda share, sentence: None,
) -> Exported:
    """Write a trained model, its manifest and, for ONNX, the stand-alone script into a folder.

    Args:
        model: on the CPU.
        kind: one of FORMATS.
        out: the folder; an earlier export there is replaced.
        expression: of the score; the model's own by default.
        own: pictures, uint8 (H, W, 3), that are compared besides those of `checking.pictures`.
        page: for `web`: the samples on the page, and where the browser's runtime comes from.
        tell: told how far it is: a share of 0 to 1, about, and what begins now.

    Raises:
        ExportError: a package is missing, the folder holds something else, or the exported model differs.
        nnet.expression.ExpressionError: malformed, or a map that this model does not have.
    """
    _require_whole(model, kind)
    opening.require(kind)
    _require_free(out)
    page = page or Page()
    if kind == "web":
        tell(0.0, "Getting ONNX Runtime Web.")
        runtime.locate(page.package)  # before the minute that the rest takes
    if model.device.type != "cpu":
        raise ExportError(
            f"A model is exported from the CPU, but this one is on {model.device_name}. Load it with cpu."
        )
    reference = model.calibration.for_expression(expression)
    graph = Graph(model, reference, inside=kind == "web").eval()
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as temporary:
        folder = Path(temporary) / "export"
        folder.mkdir()
        tell(0.05, "Writing the network.")
        formats.write(graph, kind, folder)
        # The runner reads the outputs' names in the manifest, so a first one stands there before the check.
        write_json(folder / MANIFEST, {"format": kind, "outputs": graph.names})
        run = opening.open_export(folder)
        batches = checking.pictures(model.config.model.size, own, any_size=not graph.inside)
        check = checking.compare(
            model,
            reference,
            run,
            batches,
            lambda done, total: tell(0.5 + 0.4 * done / total, f"Comparing picture {done + 1} of {total}."),
        )
        checking.require_same(check, kind)
        if kind == "onnx":
            shutil.copy(_STANDALONE, folder / SCRIPT)
        if kind == "web":
            tell(0.9, "Putting the page together.")
            web.assemble(model, reference, folder, page)
        (folder / MANIFEST).unlink()
        described = manifest.describe(model, reference, graph, kind, check)
        write_json(folder / MANIFEST, {**described, "files": manifest.files(folder)})
        _put(folder, out)
    return Exported(out, check)


def _require_whole(model: TrainedModel, kind: str) -> None:
    """Refuse what no format holds: every export takes a picture as a whole."""
    if model.framing.is_whole:
        return
    settings = model.config.model
    found = {
        "tiles": settings.tile,
        "letterbox": settings.fit == "letterbox" and not settings.tile,
        "a crop box": settings.crop,
        "an ignore mask": settings.ignore,
    }
    used = " and ".join(name for name, value in found.items() if value)
    raise ExportError(
        f"{model.checkpoint.name} looks at its pictures with {used}, and no export format can do that yet, neither "
        f"{kind} nor another, so that an exported model would decide differently. Score with the checkpoint itself "
        "(nnet score, nnet watch or nnet.Detector), or train a model on whole pictures to export it."
    )


def _require_free(out: Path) -> None:
    """Only an earlier export is ever replaced."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())) and not (out / MANIFEST).is_file():
        raise ExportError(f"{out} holds something other than an export. Give a new or an empty folder.")


def _put(folder: Path, out: Path) -> None:
    """Put the finished folder in place; what was there goes away only then."""
    if out.exists():
        old = folder.parent / "old"
        os.replace(out, old)
    os.replace(folder, out)
