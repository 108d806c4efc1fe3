"""An export as a folder: complete and checked, or not there at all."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnet.data import sizes
from nnet.data.framing import Frame
from nnet.detector import TrainedModel
from nnet.export import checking, manifest, opening, runtime, stages, web, writers
from nnet.export.checking import Check
from nnet.export.errors import ExportError
from nnet.export.graph import Graph
from nnet.export.opening import MANIFEST
from nnet.export.web import Page
from nnet.saved.storage import write_json

FORMATS = ("onnx", "openvino", "torch", "web")
SCRIPT = "score.py"
_STANDALONE, _SEVERAL = (Path(__file__).with_name(name) for name in ("standalone.py", "several.py"))


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
        own: pictures, uint8 (H, W, 3), that are compared besides those of `checking.pictures`. The export of a model
            that frames its pictures is for pictures of their size; without them for that of the training pictures.
        page: for `web`: the samples on the page, and where the browser's runtime comes from.
        tell: told how far it is: a share of 0 to 1, about, and what begins now.

    Raises:
        ExportError: a package is missing, the folder holds something else, or the exported model differs.
        nnet.expression.ExpressionError: malformed, or a map that this model does not have.
    """
    frame = _frame(model, kind, own)
    opening.require(kind)
    require_free(out)
    page = page or Page()
    if kind == "web":
        tell(0.0, "Getting ONNX Runtime Web.")
        runtime.locate(page.package)  # before the minute that the rest takes
    if model.device.type != "cpu":
        raise ExportError(
            f"A model is exported from the CPU, but this one is on {model.device_name}. Load it with cpu."
        )
    reference = model.calibration.for_expression(expression)
    graph = Graph(model, reference, inside=kind == "web", frame=frame).eval()
    with beside(out) as temporary:
        folder = temporary / "export"
        folder.mkdir()
        tell(stages.WRITING, stages.TOLD_WRITING)
        writers.write(graph, kind, folder)
        # The runner reads the outputs' names in the manifest, so a first one stands there before the check.
        write_json(folder / MANIFEST, {"format": kind, "outputs": graph.names})
        run = opening.open_export(folder)
        if frame is not None and graph.inside:
            run = checking.blending(run, graph, frame)
        batches = _compared(graph, own)
        check = checking.compare(
            model,
            reference,
            run,
            batches,
            lambda done, total: tell(_while_comparing(done / total), f"Comparing picture {done + 1} of {total}."),
            frame,
        )
        checking.require_same(check, kind)
        if kind == "onnx":
            shutil.copy(_STANDALONE, folder / SCRIPT)
        if kind == "web":
            tell(stages.PAGE, stages.TOLD_PAGE)
            web.assemble(model, reference, folder, page, frame)
        (folder / MANIFEST).unlink()
        described = manifest.describe(model, reference, graph, kind, check)
        write_json(folder / MANIFEST, {**described, "files": manifest.files(folder)})
        put(folder, out)
    return Exported(out, check)


@contextlib.contextmanager
def beside(out: Path) -> Iterator[Path]:
    """A temporary folder beside the one that is to come. However it ends, it goes, and so do the folders above `out`
    that were made for it, unless something is in them by then."""
    made = [folder for folder in out.parents if not folder.exists()]
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{out.name}.", dir=out.parent) as temporary:
            yield Path(temporary)
    finally:
        for folder in made:  # the innermost first
            with contextlib.suppress(OSError):
                folder.rmdir()


def _while_comparing(share: float) -> float:
    return stages.COMPARING + (stages.PAGE - stages.COMPARING) * share


def put_script(out: Path, kind: str) -> None:
    """Above the exports for several sizes, a script that chooses among theirs by a picture's size."""
    if kind == "onnx":
        shutil.copy(_SEVERAL, out / SCRIPT)


def _compared(graph: Graph, own: Sequence[np.ndarray]) -> list[np.ndarray]:
    if graph.frame is not None:
        return checking.framed_pictures(graph.frame, own)
    return checking.pictures(graph.config.model.size, own, any_size=not graph.inside)


def _frame(model: TrainedModel, kind: str, own: Sequence[np.ndarray]) -> Frame | None:
    """How a model frames the pictures of the size that the export is for; None if it looks at whole pictures.

    Raises:
        ExportError: the size is not known, or the format holds no framing.
        nnet.data.errors.ImageError: the crop box does not fit it.
    """
    if model.framing.is_whole:
        return None
    found = next((image.shape[:2] for image in own), None) or sizes.only(model.checkpoint.about)
    if found is None:
        several = sizes.known(model.checkpoint.about)
        named = (
            f"those it was trained on have {', '.join(one.told for one in several)}"
            if several
            else ("the checkpoint names none")
        )
        example = " ".join(one.text for one in several[:2]) or "WIDTHxHEIGHT"
        raise ExportError(
            f"{model.checkpoint.name} looks at parts of its pictures, so that an export is for pictures of one size; "
            f"{named}. Give a size with --size, or several, which get a folder each: --size {example}."
        )
    frame = model.framing.frame(int(found[0]), int(found[1]))
    if kind == "web":
        _require_comparable(model, frame)
    return frame


def _require_comparable(model: TrainedModel, frame: Frame) -> None:
    """The page compares with held-out pictures of the same size, whose maps every visitor downloads."""
    extents = model.calibration.extents
    if extents is None or (extents != frame.shape).any():
        raise ExportError(
            f"The held-out pictures of {model.checkpoint.name} are not of {frame.width} x {frame.height} pixels, so "
            "that the web page has nothing to compare scores with. Give their size with --size, or choose onnx, "
            "openvino or torch."
        )
    if (size := sum(maps.size for maps in model.calibration.maps.values()) * 2) > web.MOST_NORMALS:
        raise ExportError(
            f"The maps of the held-out pictures of {model.checkpoint.name} take {size / 2**20:,.0f} MB, which every "
            f"visitor would download; a page has at most {web.MOST_NORMALS / 2**20:.0f} MB of them. Choose onnx, "
            "openvino or torch."
        )


def require_free(out: Path) -> None:
    """Refuse a folder with anything but an earlier export, which alone is ever replaced. Raises ExportError."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())) and not (out / MANIFEST).is_file():
        raise ExportError(f"{out} holds something other than an export. Give a new or an empty folder.")


def put(folder: Path, out: Path) -> None:
    """Put the finished folder in place; what was there goes away only then, with the temporary folder."""
    if out.exists():
        os.replace(out, folder.with_name(f"{folder.name}-old"))
    os.replace(folder, out)
