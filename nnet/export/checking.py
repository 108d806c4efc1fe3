"""Whether an exported model says what the original says."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from nnet.data.elpv import open_elpv
from nnet.data.errors import DataError
from nnet.data.framing import Frame
from nnet.data.images import resize
from nnet.data.textures import TEXTURES, normal_image
from nnet.detector import TrainedModel
from nnet.export.errors import ExportError
from nnet.export.graph import Graph
from nnet.export.opening import Run
from nnet.model.inputs import batches as parts_of
from nnet.scoring.calibration import Reference

LIMIT = 1e-3
"""How far a score may move, in units of the threshold."""

SCORES = "score_map", "score"
BATCH = 4
WINDOWS = 16
MOST_INPUTS = 256
"""Of pictures that make many inputs, no more are compared than make so many, but three."""
RANDOM, SAMPLES = 4, 6
SHAPES = (2.5, 1.5), (1.3, 3.1), (0.7, 0.9)
"""Heights and widths of further pictures in units of the network's; the first one is tall."""


@dataclass(frozen=True)
class Check:
    """The exported model against the original on the same pictures.

    Attributes:
        pictures: how many.
        maps: M1..M6 -> largest difference of a pixel, over all of them.
        score: largest difference of an image score or a pixel of the score map, in units of the threshold.
        decisions: how many decisions differ.
        ties: how many pictures `score` leaves out, since the original itself moves as far on them when its rounding
            changes: the memory's shrinkage lets an item in or not, and the item lies exactly on the limit.
    """

    pictures: int
    maps: dict[str, float]
    score: float
    decisions: int
    ties: int

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "limit": LIMIT}


def pictures(size: int, own: Sequence[np.ndarray] = (), any_size: bool = True) -> list[np.ndarray]:
    """What is compared: the caller's own pictures, textures, solar cells if they are installed, and random pixels.

    Args:
        any_size: also pictures of other sizes.

    Returns:
        Batches, each uint8 (N, H, W, 3).
    """
    textures = [normal_image(kind, seed=1, size=max(size, 64)) for kind in TEXTURES]
    generator = np.random.default_rng(0)
    noise = generator.integers(0, 256, (RANDOM, size, size, 3), dtype=np.uint8)
    every = np.stack([*(resize(image, size) for image in (*own, *textures, *_solar_cells())), *noise])
    batches = [every[start : start + BATCH] for start in range(0, len(every), BATCH)]
    for height, width in SHAPES if any_size else ():
        batches.append(generator.integers(0, 256, (1, int(height * size), int(width * size), 3), dtype=np.uint8))
    return batches


def framed_pictures(frame: Frame, own: Sequence[np.ndarray] = ()) -> list[np.ndarray]:
    """The same for a model that frames its pictures: all of the frame's size, and fewer of those that make many inputs.

    Raises:
        ExportError: one of `own` has another size.
    """
    shape = frame.height, frame.width, 3
    for image in own:
        if image.shape != shape:
            raise ExportError(
                f"The export is for pictures of {frame.width} x {frame.height} pixels, but one to compare on has "
                f"{image.shape[1]} x {image.shape[0]}. Give pictures of one size."
            )
    noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    textures = (_filling(normal_image(kind, seed=1, size=256), frame) for kind in TEXTURES)
    count = min(len(TEXTURES), max(2, MOST_INPUTS // frame.count))
    every = np.stack([*own, noise, *islice(textures, count)])
    return [every[start : start + 2] for start in range(0, len(every), 2)]


def _filling(image: np.ndarray, frame: Frame) -> np.ndarray:
    return np.asarray(Image.fromarray(image).resize((frame.width, frame.height), Image.Resampling.BILINEAR))


def compare(
    model: TrainedModel,
    reference: Reference,
    run: Run,
    batches: Sequence[np.ndarray],
    tell: Callable[[int, int], None] = lambda done, total: None,
    frame: Frame | None = None,
) -> Check:
    """Run both on the same pictures.

    Args:
        model, reference: the original.
        run: the exported model.
        batches: as `pictures` gives them.
        tell: told how many pictures have been compared, and of how many.
        frame: of a model that frames its pictures.
    """
    original = Graph(model, reference, frame=frame).eval()
    maps = dict.fromkeys(model.config.maps, 0.0)
    done, total = 0, sum(len(batch) for batch in batches)
    score, decisions, ties = 0.0, 0, 0
    for batch in batches:
        tell(done, total)
        part = batch if frame else np.stack([resize(image, model.config.model.size) for image in batch])
        found, wanted = run(batch), _original(original, part)
        maps = {name: max(known, _difference(found[name], wanted[name]).max()) for name, known in maps.items()}
        decisions += int(np.sum(found["anomalous"] != wanted["anomalous"]))
        each = np.maximum(*(_difference(found[name], wanted[name]) for name in SCORES)) / reference.threshold
        for picture, difference in zip(part, each.tolist(), strict=True):
            if difference > LIMIT and difference <= 2 * _own_spread(original, picture) / reference.threshold:
                ties += 1
            else:
                score = max(score, difference)
        done += len(batch)
    return Check(total, {name: float(value) for name, value in maps.items()}, score, decisions, ties)


def blending(run: Run, graph: Graph, frame: Frame) -> Run:
    """A model of the web page with what the page does besides: pictures of the frame's size in, their scores out."""

    def whole(images: np.ndarray) -> dict[str, np.ndarray]:
        found = []
        for image in images:
            maps = run(frame.inputs(image, range(frame.count)))
            found.append(frame.blend(np.stack([maps[name] for name in graph.config.maps], axis=1)))
        with torch.inference_mode():
            stacked = torch.from_numpy(np.stack(found, axis=1))
            judged = graph.judge(dict(zip(graph.config.maps, stacked, strict=True)))
        return {name: value.numpy() for name, value in judged.items()}

    return whole


def require_same(check: Check, what: str) -> None:
    """Refuse an exported model that differs from the original.

    Raises:
        ExportError: what differs, and by how much.
    """
    if check.score <= LIMIT and not check.decisions:
        return
    raise ExportError(
        f"The {what} model was not written, because it differs from the original. On {check.pictures} pictures, scores "
        f"differ by up to {check.score:.2g} of the threshold, where at most {LIMIT:g} is accepted; the number of "
        f"decisions that differ is {check.decisions}. Please report it with the versions of nnet and of the packages."
    )


def _original(graph: Graph, images: np.ndarray, gain: float = 1) -> dict[str, np.ndarray]:
    """What the original says of some pictures whose light is multiplied by `gain`."""
    with torch.inference_mode():
        maps = _maps(graph, images, gain) if graph.frame is None else _blended(graph, graph.frame, images, gain)
        return {name: value.numpy() for name, value in graph.judge(maps).items()}


def _maps(graph: Graph, inputs: np.ndarray, gain: float) -> dict[str, Tensor]:
    return graph.look(torch.from_numpy(inputs) * gain)[0]


def _blended(graph: Graph, frame: Frame, images: np.ndarray, gain: float) -> dict[str, Tensor]:
    """Cut, resized and blended by `nnet.data.framing`, which knows nothing of the graph."""
    whole = []
    for image in images:
        parts = [
            _maps(graph, frame.inputs(image, range(part.start, part.stop)), gain)
            for part in parts_of(frame.count, WINDOWS)
        ]
        names = tuple(parts[0])
        tiles = np.concatenate([torch.stack(list(part.values()), dim=1).numpy() for part in parts])
        whole.append(frame.blend(tiles))
    return dict(zip(names, torch.from_numpy(np.stack(whole, axis=1)), strict=True))


def _own_spread(original: Graph, picture: np.ndarray) -> float:
    """How far the original's score moves when the picture changes by no more than rounding does."""
    wanted = _original(original, picture[None])["score_map"]
    gains = [1 + sign * step for step in (1e-7, 3e-7, 1e-6, 3e-6, 1e-5) for sign in (-1, 1)]
    return max(float(np.abs(_original(original, picture[None], gain)["score_map"] - wanted).max()) for gain in gains)


def _difference(found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Each picture's largest absolute difference; infinite where one is no number or the shapes differ."""
    if found.shape != wanted.shape or not np.isfinite(found).all():
        return np.full(len(wanted), np.inf)
    largest: np.ndarray = np.abs(found - wanted).reshape(len(wanted), -1).max(axis=1)
    return largest


def _solar_cells() -> list[np.ndarray]:
    try:
        test = open_elpv("mono").test
    except DataError:  # the package with the samples is an extra
        return []
    return [sample.load().image for sample in test[:: max(1, len(test) // SAMPLES)][:SAMPLES]]
