"""Measure a detector on a labelled data set: one forward pass per image, every score expression from the same maps.

`collect` runs the network and leaves an `Evidence`: the maps, the masks and an embedding of each image. Everything
else (`score`, `nnet.analysis.subsets`) works on that and runs no network.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from nnet.analysis.framed import framed_scores, looked_at, marked, masks_looked_at, stacked
from nnet.data import GOOD, Dataset, Sample
from nnet.data.framing import Framing
from nnet.data.images import resize
from nnet.data.loading import ahead
from nnet.detector import Detector
from nnet.errors import NNetError
from nnet.expression import PRESETS, Expression
from nnet.model.inputs import batches
from nnet.saved.card import number
from nnet.saved.checkpoint import Checkpoint
from nnet.saved.provenance import provenance
from nnet.scoring.maps import image_score, score_maps
from nnet.scoring.metric_names import SHORT_NAMES
from nnet.scoring.metrics import ImageLabels, Metrics, evaluate
from nnet.units import as_markdown

Array = np.ndarray

BATCH = 8
WORKERS = 2
"""Threads that decode images and masks while the network runs."""
EMBEDDINGS = ("image", "peak")
"""What an image's embedding is taken from: F_3 averaged over the image, or F_3 where the model's own score peaks."""
_BLOCK = 64  # images whose score maps are made at a time


@dataclass(frozen=True, eq=False)
class Evidence:
    """What one forward pass per image leaves to measure with.

    Attributes:
        keys: of the images, in order.
        labels: "good" or the defect type of each.
        maps: name -> (n, 64, 64) float32; of framed pictures (n, h, w) as in `nnet.scoring.calibration.Calibration`.
        masks: per image its defective pixels at the size of its Score_p; None where they are not known.
        embeddings: name of `EMBEDDINGS` -> (n, C) float32.
        shapes: (n, 2) heights and widths of the images as given.
        size: side of the network input in pixels, or `Framing.pixels`.
        sigma: of the score's Gaussian, in pixels at 256.
        problems: (key, sentence) of images that were left out since they or their masks could not be read.
        framing: of a model whose inputs are not whole pictures, else None.
    """

    keys: tuple[str, ...]
    labels: tuple[str, ...]
    maps: dict[str, Array]
    masks: tuple[ImageLabels | None, ...]
    embeddings: dict[str, Array]
    shapes: Array
    size: int
    sigma: float
    problems: tuple[tuple[str, str], ...] = ()
    framing: Framing | None = None

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def done(self) -> int:
        """Images looked at, those that were left out included."""
        return len(self.keys) + len(self.problems)

    @property
    def defective(self) -> Array:
        """Which images are defective, bool (n,)."""
        return np.array([label != GOOD for label in self.labels], bool)

    @property
    def defect_types(self) -> tuple[str, ...]:
        """The sorted labels of the defective images."""
        return tuple(sorted({label for label in self.labels if label != GOOD}))

    @property
    def has_masks(self) -> bool:
        """Whether the pixels of any defective image are known."""
        return any(m is not None and label != GOOD for m, label in zip(self.masks, self.labels, strict=True))

    @property
    def can_be_measured(self) -> bool:
        """Whether there are normal and defective images."""
        defective = self.defective
        return bool(defective.any() and not defective.all())

    @property
    def nbytes(self) -> int:
        labels = sum(mask.index.nbytes + mask.weight.nbytes for mask in self.masks if mask is not None)
        return labels + sum(a.nbytes for a in (*self.maps.values(), *self.embeddings.values()))


@dataclass(frozen=True, eq=False)
class Result:
    """One score expression on one data set: image `scores` (n,) float64, `overall` metrics, and those `by_type`: the
    images of one defect type with all normal ones (empty if there is only one type)."""

    expression: Expression
    scores: Array
    overall: Metrics
    by_type: dict[str, Metrics]

    def to_dict(self) -> dict[str, Any]:
        """The metrics, ready for JSON."""
        return {**self.overall.to_dict(), "by_type": {kind: m.to_dict() for kind, m in self.by_type.items()}}


# ------------------------------------------------------------------------------------------------------ data sets


def can_be_measured(dataset: Dataset) -> bool:
    """Whether the test part holds normal and defective images."""
    return any(s.is_normal for s in dataset.test) and any(s.is_defective for s in dataset.test)


def labelled(dataset: Dataset) -> tuple[Sample, ...]:
    """The test images that are known to be normal or defective."""
    return tuple(s for s in dataset.test if s.is_normal or s.is_defective)


def default_expressions(detector: Detector) -> tuple[Expression, ...]:
    """The paper's three scores (all six maps, reverse only, forward only) as far as this model has their maps."""
    available = set(detector.config.maps)
    usable = [preset for preset in PRESETS.values() if set(preset.maps) <= available]
    return tuple(dict.fromkeys([detector.config.scoring.parsed, *usable]))


def describe(dataset: Dataset) -> dict[str, Any]:
    """Name, licence, content hash, counts, and the bits of deeper grey values (`nnet.data.depth`) of a data set."""
    return {
        "name": dataset.name,
        "layout": dataset.layout,
        "source": dataset.source,
        "licence": dataset.licence,
        "sha256": dataset.content_hash(),
        "train_normal": len(dataset.train),
        "test_normal": sum(s.is_normal for s in dataset.test),
        "test_defective": sum(s.is_defective for s in dataset.test),
        **({"bits": dataset.bits} if dataset.bits else {}),
    }


# ------------------------------------------------------------------------------------------------ the forward pass


def collect(detector: Detector, samples: Sequence[Sample], *, strict: bool = False) -> Iterator[Evidence]:
    """Run the network over labelled samples, one forward pass each, `BATCH` images at a time; see `join`.

    Args:
        strict: raise for an image or mask that cannot be read, instead of listing it in `problems`.

    Raises:
        nnet.errors.NNetError: only with `strict`.
    """
    found: list[_Read] = []
    problems: list[tuple[str, str]] = []
    readings = ahead(lambda sample: _read(sample, detector.framing), samples, WORKERS)
    for count, (sample, reading) in enumerate(zip(samples, readings, strict=True), 1):
        if isinstance(reading, _Read):
            found.append(reading)
        elif strict:
            raise reading
        else:
            problems.append((sample.key, str(reading)))
        if len(found) + len(problems) == BATCH or count == len(samples):
            yield _look(detector, found, problems)
            found, problems = [], []


def join(parts: Sequence[Evidence]) -> Evidence:
    """Several parts of one data set as one; at least one part."""
    first = parts[0]
    return Evidence(
        keys=tuple(key for part in parts for key in part.keys),
        labels=tuple(label for part in parts for label in part.labels),
        maps={name: stacked([part.maps[name] for part in parts]) for name in first.maps},
        masks=tuple(mask for part in parts for mask in part.masks),
        embeddings={name: np.concatenate([part.embeddings[name] for part in parts]) for name in first.embeddings},
        shapes=np.concatenate([part.shapes for part in parts]),
        size=first.size,
        sigma=first.sigma,
        problems=tuple(problem for part in parts for problem in part.problems),
        framing=first.framing,
    )


@dataclass(frozen=True)
class _Read:
    sample: Sample
    image: Array  # uint8 (size, size, 3), or as it is where the model has a framing
    shape: tuple[int, int]
    mask: ImageLabels | None


def _read(sample: Sample, framing: Framing) -> _Read | NNetError:
    try:
        image = sample.load().image
        frame = framing.frame(*image.shape[:2])
        mask = sample.load_mask(image.shape[:2])
        if mask is not None and sample.is_normal and mask.any():
            raise NNetError(f"{sample.key} is labelled normal, but its mask marks pixels. Correct one of the two.")
    except NNetError as error:
        return error
    small = resize(image, framing.size) if framing.is_whole else image
    return _Read(sample, small, image.shape[:2], marked(mask, frame))


def _look(detector: Detector, found: Sequence[_Read], problems: Sequence[tuple[str, str]]) -> Evidence:
    if not detector.framing.is_whole and len(found) > 1:
        return join([_look(detector, [one], problems if one is found[0] else ()) for one in found])
    settings = detector.config.scoring
    # Without an image to read, a blank one gives the shapes of the empty arrays.
    images = [read.image for read in found] or [np.zeros((detector.config.model.size,) * 2 + (3,), np.uint8)]
    maps, f3 = detector.maps_and_f3(images)
    score = settings.parsed.evaluate(maps)
    embeddings = {"image": f3.mean(dim=(2, 3)), "peak": _at_peak(f3, score)}
    n = len(found)
    return Evidence(
        keys=tuple(read.sample.key for read in found),
        labels=tuple(read.sample.label for read in found),
        maps={name: m[:n].float().cpu().numpy() for name, m in maps.items()},
        masks=tuple(read.mask for read in found),
        embeddings={name: e[:n].float().cpu().numpy() for name, e in embeddings.items()},
        shapes=np.array([read.shape for read in found], int).reshape(n, 2),
        size=detector.framing.pixels,
        sigma=settings.sigma,
        problems=tuple(problems),
        framing=None if detector.framing.is_whole else detector.framing,
    )


def _at_peak(f3: Tensor, score: Tensor) -> Tensor:
    """The vectors of F_3 (B, C, H, W) at the cells that hold the largest scores of (B, h, w): (B, C)."""
    rows, columns = f3.shape[2:]
    peak = score.flatten(1).argmax(dim=1)
    row = peak // score.shape[2] * rows // score.shape[1]
    column = peak % score.shape[2] * columns // score.shape[2]
    return f3[torch.arange(len(f3), device=f3.device), :, row, column]


# ---------------------------------------------------------------------------------------------------- the measuring


def measure(
    detector: Detector,
    dataset: Dataset,
    expressions: Sequence[Expression] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Metrics of each score expression on the labelled test images, overall and per defect type, as `results` has them.

    Pixel metrics compare Score_p at input resolution with the masks brought to that size (nearest neighbour).

    Raises:
        nnet.errors.NNetError: unreadable image or mask, or an expression over maps that the model does not have.
    """
    evidence = gather(detector, dataset, expressions, progress)
    return results(dataset, evidence, [score(evidence, one) for one in expressions or default_expressions(detector)])


def gather(
    detector: Detector,
    dataset: Dataset,
    expressions: Sequence[Expression] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Evidence:
    """The evidence of all labelled test images. `expressions` are checked before the network runs.

    Raises:
        nnet.errors.NNetError: as `measure`.
    """
    for expression in expressions or ():
        expression.evaluate(dict.fromkeys(detector.config.maps, 0.0))
    samples, parts, done = labelled(dataset), [], 0
    for part in collect(detector, samples, strict=True):
        parts.append(part)
        done += part.done
        if progress:
            progress(done, len(samples))
    return join(parts)


def score(evidence: Evidence, expression: Expression) -> Result:
    """All metrics of one expression, overall and per defect type. Runs no network.

    Raises:
        nnet.expression.MissingMapError: a map that the evidence does not have.
    """
    pixels = pixel_scores(evidence, expression)
    values = image_score(pixels).astype(np.float64)
    types = evidence.defect_types
    normal = [i for i, label in enumerate(evidence.labels) if label == GOOD]

    def part(indices: Sequence[int]) -> Metrics:
        masks = masks_looked_at(evidence, indices) if evidence.has_masks else None
        some = None if masks is None else looked_at(evidence, pixels, indices)
        names = [evidence.keys[i] for i in indices]
        return evaluate(some, masks, values[list(indices)], evidence.defective[list(indices)], names)

    by_type = {
        kind: part(sorted(normal + [i for i, label in enumerate(evidence.labels) if label == kind]))
        for kind in (types if len(types) > 1 else ())
    }
    return Result(expression, values, part(range(len(evidence))), by_type)


def pixel_scores(evidence: Evidence, expression: Expression) -> Array:
    """Score_p of every image, (n, size, size) float32; of framed pictures (n, h, w), filled up with 0 like the maps."""
    if evidence.framing is not None:
        return framed_scores(evidence, expression, evidence.framing)
    pixels = np.empty((len(evidence), evidence.size, evidence.size), np.float32)
    for part in batches(len(evidence), _BLOCK):
        maps = {name: torch.from_numpy(m[part]) for name, m in evidence.maps.items()}
        pixels[part] = score_maps(maps, expression, evidence.size, evidence.sigma).numpy()
    return pixels


# ----------------------------------------------------------------------------------------------------- the account


def results(dataset: Dataset, evidence: Evidence, found: Sequence[Result]) -> dict[str, Any]:
    """The account of an evaluation, ready for JSON.

    Returns:
        "data" (see `describe`), "size" of the network input, "image_sizes" as [width, height], "left_out" (images that
        could not be read), and "scores": expression -> metrics as in `nnet.scoring.metrics.Metrics`, with "by_type".
    """
    by_area = sorted({(int(w), int(h)) for h, w in evidence.shapes}, key=lambda s: (s[0] * s[1], s))
    return {
        "data": describe(dataset),
        "size": evidence.framing.size if evidence.framing else evidence.size,
        "image_sizes": {"smallest": list(by_area[0]), "largest": list(by_area[-1]), "distinct": len(by_area)},
        "left_out": len(evidence.problems),
        "scores": {result.expression.text: result.to_dict() for result in found},
    }


def with_origin(results: dict[str, Any], checkpoint: Checkpoint) -> dict[str, Any]:
    """An account with the model's hash, commit, date and versions: an entry of "evaluations" in metrics.json."""
    origin = provenance()
    mark = {key: origin[key] for key in ("commit", "created")}
    scores = {text: {**values, **mark} for text, values in results["scores"].items()}
    return {**results, "scores": scores, "weights_sha256": checkpoint.weights_hash, **origin}


def types_table(results: dict[str, Any]) -> str:
    """The metrics per defect type as a Markdown table for each expression; "" with fewer than two types."""
    tables = []
    for text, values in results["scores"].items():
        kinds: dict[str, dict[str, Any]] = values["by_type"]
        keys = [key for key in SHORT_NAMES if any(m.get(key) is not None for m in kinds.values())]
        if not kinds:
            continue
        rows = ([kind, str(m["defective_images"]), *(number(m[key]) for key in keys)] for kind, m in kinds.items())
        tables.append(as_markdown([f"`{text}` by defect", "images", *(SHORT_NAMES[key] for key in keys)], rows))
    return "\n".join(tables)


class Collecting:
    """Evidence that grows part by part, as a page that can be stopped needs it."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self.samples = tuple(samples)
        self.parts: list[Evidence] = []

    @property
    def done(self) -> int:
        """Images looked at so far."""
        return sum(part.done for part in self.parts)

    @property
    def complete(self) -> bool:
        """Whether every image has been looked at."""
        return self.done == len(self.samples)

    def steps(self, detector: Detector) -> Iterator[Self]:
        """Continue where it was; yields after each part that has been added."""
        for part in collect(detector, self.samples[self.done :]):
            self.parts.append(part)
            yield self
