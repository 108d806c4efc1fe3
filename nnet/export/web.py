"""The web export: a folder that any static server offers and that runs the network in each visitor's own browser.

    index.html, *.js, style.css   the page, as it stands in page/
    page.json                     what the page knows of this model
    model.onnx                    the network
    enlargement.bin, normals.bin  float32 (size, cells), for the rows and for the columns: interpolation and Gaussian;
                                  float16 (maps, n, cells, cells): the held-out normal pictures' maps, so that every
                                  expression has a threshold
    region.bin                    of a model with tiles, a crop box, letterbox or ignore mask: page/region.js
    atlas.png, samples/*.png      the training patches of each memory item, a row each; pictures to begin with
    runtime/                      ONNX Runtime Web (runtime.py)

Of the graph's outputs the page reads M1..M6 and, where there is a memory, `addressing` (1, H, W, N). All else follows
from them in the browser: the score under any expression, its threshold, S1 against S2, and what the memory recalls. Its
input is uint8 (1, size, size, 3); the page resizes as Pillow does.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import nnet
from nnet.analysis import atlas as atlases
from nnet.config import Config
from nnet.data import DataError, elpv
from nnet.data.framing import Frame
from nnet.data.images import IMAGE_SUFFIXES, decode
from nnet.detector import TrainedModel
from nnet.export import runtime
from nnet.export.errors import ExportError
from nnet.export.framed import across, down
from nnet.expression import PRESETS
from nnet.saved.checkpoint import Checkpoint, load_atlas
from nnet.saved.storage import write_json
from nnet.scoring import circuit, overlay, students, unfamiliar
from nnet.scoring.calibration import Reference
from nnet.scoring.maps import BRANCHES, enlargement

SOURCES = Path(__file__).with_name("page")
DATA = "page.json"
FORWARD, REVERSE = (224, 112, 42), (42, 127, 184)
"""Colours of S1 and S2 where the two are told apart, as in the workbench."""
MOST_NORMALS = 64 * 2**20
"""Most bytes that the held-out normal pictures' maps may take: every visitor downloads them."""
SAMPLE_SIDE = 512
"""Larger samples are shrunk to this many pixels, so that a class loads the page quickly."""


@dataclass(frozen=True)
class Picture:
    """A picture to begin with: `image` uint8 (H, W, 3), a short `title`, what is `known` of it, whether it is good."""

    image: np.ndarray
    title: str
    known: str = ""
    good: bool = False


@dataclass(frozen=True)
class Page:
    """What a web export has besides the model.

    Attributes:
        samples: pictures to begin with; the first one is shown first.
        package: the npm package of the browser's runtime, see `nnet.export.runtime.install`.
    """

    samples: Sequence[Picture] = ()
    package: Path | None = None


def cells(model: TrainedModel) -> list[Picture]:
    """The solar cells that the workbench shows, for a model of those cells; [] for others or without their package."""
    data = model.checkpoint.about.get("data") or {}
    if not isinstance(data, dict) or data.get("name") != f"ELPV {elpv.KINDS['mono']}":
        return []
    try:
        found = {Path(sample.key).stem: sample for sample in elpv.open_elpv().test}
    except DataError:
        return []
    rated = {True: "Experts rate this cell functional.", False: "Experts rate this cell defective."}
    return [
        Picture(found[key].load().image, title.capitalize(), rated[found[key].is_normal], found[key].is_normal)
        for key, title in elpv.SHOWN.items()
        if key in found
    ]


def folder_pictures(folder: Path) -> list[Picture]:
    """The pictures of a folder, named after their files. Those in a folder called good count as good.

    Raises:
        ExportError: there is none.
        nnet.data.images.ImageError: one cannot be read.
    """
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
    if not paths:
        raise ExportError(
            f"There is no picture in {folder}. Give a folder of PNG or JPEG files, or leave out --samples."
        )
    return [Picture(decode(path).image, path.stem, good=path.parent.name == "good") for path in paths]


def assemble(model: TrainedModel, reference: Reference, folder: Path, page: Page, frame: Frame | None = None) -> None:
    """Make a folder that holds model.onnx (the graph with `inside`) into the page.

    Args:
        model: what was exported.
        reference: the expression that the page begins with.
        folder: holds model.onnx.
        page: samples and runtime.
        frame: of a model that frames its pictures.

    Raises:
        nnet.export.errors.ExportError: the browser's runtime is missing, or a sample is not of the frame's size.
    """
    (folder / "runtime").mkdir()
    runtime.install(folder / "runtime", page.package)
    for source in SOURCES.iterdir():
        shutil.copy(source, folder / source.name)
    _write_arrays(model, folder, frame)
    side = _write_atlas(model.checkpoint, folder / "atlas.png") if model.memory is not None else None
    samples = _write_samples(page.samples, folder, frame)
    region = None if frame is None else _region(frame)
    write_json(folder / DATA, {**_describe(model, reference), "region": region, "atlas": side, "samples": samples})


def _region(frame: Frame) -> dict[str, Any]:
    return {
        "width": frame.width,
        "height": frame.height,
        "box": list(frame.box),
        "windows": [list(frame.window(i)) for i in range(frame.count)],
        "grid": [len(frame.rows), len(frame.columns)],
        "places": [row * len(frame.columns) + column for row, column in frame.windows],
        "cells": list(frame.shape),
        "score": list(frame.score_shape),
    }


def _describe(model: TrainedModel, reference: Reference) -> dict[str, Any]:
    config, about, calibration = model.config, model.checkpoint.about, model.calibration
    data = about.get("data") or {}
    cells = config.model.map_size
    return {
        "name": model.checkpoint.name,
        "teacher": config.model.teacher,
        "version": nnet.__version__,
        "size": config.model.size,
        "cells": cells,
        "maps": list(calibration.maps),
        "normals": calibration.n,
        "quantile": config.scoring.quantile,
        "kept": {text: kept.threshold for text, kept in calibration.kept.items()},
        "share": reference.quantile,
        "expression": reference.expression.text,
        "threshold": reference.threshold,
        "presets": {name: preset.text for name, preset in circuit.presets(config).items()},
        "students": _students(config),
        "levels": {name: levels["q99"] for name, levels in calibration.map_quantiles.items()},
        "unfamiliar": unfamiliar.SHARE,
        "colours": overlay.colour_table("inferno").tolist(),
        "forward": FORWARD,
        "reverse": REVERSE,
        "memory": _memory(model),
        "data": {
            "name": str(data.get("name", "data that the checkpoint does not name")),
            "source": str(data.get("source", "source not stated")),
            "images": about.get("training_images"),
        },
        "licence": str(data.get("licence", "")),
    }


def _students(config: Config) -> dict[str, Any] | None:
    """The scores of both students, and from which difference on, in thresholds, all look alike; None of one alone."""
    if not students.has_both(config):
        return None
    return {"limit": students.LIMIT, **{branch: PRESETS[branch].text for branch in BRANCHES}}


def _memory(model: TrainedModel) -> dict[str, int] | None:
    """How many items there are, and how many vectors of F_3 across and down; None without a memory."""
    if model.memory is None:
        return None
    blank = np.zeros((model.config.model.size, model.config.model.size, 3), np.uint8)
    _, side, _, items = model.addressing([blank]).shape
    return {"items": items, "side": side}


def _write_arrays(model: TrainedModel, folder: Path, frame: Frame | None) -> None:
    config, cells = model.config, model.config.model.map_size
    shapes = [(cells, model.framing.pixels)] * 2
    if frame is not None:
        shapes = list(zip(frame.shape, frame.score_shape, strict=True))
        windows = down(frame), across(frame), frame.keep(frame.shape)
        _write(folder / "region.bin", *windows)
    size, sigma = model.framing.pixels, config.scoring.sigma
    _write(folder / "enlargement.bin", *(enlargement(found, size, sigma, side=side).numpy() for found, side in shapes))
    maps = np.stack([model.calibration.maps[name] for name in model.calibration.maps])
    (folder / "normals.bin").write_bytes(maps.astype("<f2").tobytes())


def _write(path: Path, *arrays: np.ndarray) -> None:
    """float32 arrays, one after another."""
    path.write_bytes(b"".join(array.astype("<f4").tobytes() for array in arrays))


def _write_atlas(source: Checkpoint, target: Path) -> int | None:
    """A row of patches for each item; their side in pixels, or None where the checkpoint has no atlas."""
    tensors = load_atlas(source)
    if tensors is None:
        return None
    patches = atlases.from_tensors(tensors).patches  # (N, K, side, side, 3)
    items, count, side = patches.shape[:3]
    sheet = patches.transpose(0, 2, 1, 3, 4).reshape(items * side, count * side, 3)
    Image.fromarray(sheet).save(target, optimize=True)
    return int(side)


def _write_samples(samples: Sequence[Picture], folder: Path, frame: Frame | None) -> list[dict[str, object]]:
    described = []
    (folder / "samples").mkdir()
    for number, sample in enumerate(samples, 1):
        file = f"samples/{number}.png"
        image = Image.fromarray(sample.image)
        if frame is None:
            image.thumbnail((SAMPLE_SIDE, SAMPLE_SIDE))
        elif image.size != (frame.width, frame.height):
            raise ExportError(
                f"The sample {sample.title} has {image.width} x {image.height} pixels, but the export is for pictures "
                f"of {frame.width} x {frame.height}. Give samples of this size, or leave out --samples."
            )
        image.save(folder / file, optimize=True)
        described.append({"file": file, "title": sample.title, "known": sample.known, "good": sample.good})
    return described
