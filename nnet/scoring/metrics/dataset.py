"""All metrics of one score on one data set, with a sentence for each that is undefined."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nnet.scoring.metrics.areas import BestF1, Ranking, rank_scores
from nnet.scoring.metrics.checks import as_binary, as_floats, check_finite, check_lengths
from nnet.scoring.metrics.errors import MetricError, UndefinedMetricError
from nnet.scoring.metrics.pixels import ImageLabels, Mask, label_pixels, rank_pixels

T = TypeVar("T")
SHOWN, LONGEST = 10, 200
"""Images that a note names, and characters of a name: what is stored has bounds."""


@dataclass(frozen=True, eq=False)
class Metrics:
    """The metrics of one score expression on one data set; None where one is undefined, with the reason in `notes`.

    p_ap, p_auroc, p_pro, p_f1: over the pixels of the images that count for pixel metrics.
    i_auroc, i_ap, i_f1: over all images.
    image_ranking, pixel_ranking: give the full curves (`.roc()`, `.pr()`, `.pro_curve()`); None without pixel labels.
    images, defective_images, pixel_images, regions: counts.
    notes: sentences on what was left out or is undefined.
    """

    p_ap: float | None
    p_auroc: float | None
    p_pro: float | None
    p_f1: BestF1 | None
    i_auroc: float | None
    i_ap: float | None
    i_f1: BestF1 | None
    image_ranking: Ranking
    pixel_ranking: Ranking | None
    images: int
    defective_images: int
    pixel_images: int
    regions: int
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, object]:
        """Everything but the rankings, ready for JSON."""
        plain = {name: value for name, value in vars(self).items() if not name.endswith("_ranking")}
        plain |= {name: vars(value) for name, value in plain.items() if isinstance(value, BestF1)}
        return plain | {"notes": list(self.notes)}


def evaluate(
    maps: Sequence[ArrayLike] | None,
    masks: Sequence[Mask] | None,
    image_scores: ArrayLike,
    image_labels: ArrayLike,
    names: Sequence[str] = (),
) -> Metrics:
    """All metrics of a data set.

    Args:
        maps: one (H, W) array of finite numbers per image; only those of images with a mask are read. None is allowed
            when `masks` is None.
        masks: one per image, (H, W) bool or 0/1, None for an image without pixel labels, or `label_pixels(masks)`;
            None: image metrics only. A defective image whose mask is empty counts for image metrics only (noted).
        image_scores: (N,) finite numbers, larger is more anomalous.
        image_labels: (N,) bool or 0/1, 1: defective.
        names: what the notes call the images; without them, their numbers from 0.

    Raises MetricError, in words for the user, for anything that does not fit: lengths, shapes, NaN or infinite
    values, masks that are not 0/1, a normal image with defective pixels. Undefined metrics are None, with a note.
    """
    scores, labels = _image_samples(image_scores, image_labels)
    images = rank_scores(scores, labels)
    if masks is None:
        return _metrics(images, None, 0, ["There are no masks, so there are no pixel metrics."])
    if maps is None:
        raise MetricError("Masks were given without maps; pass the anomaly maps, or masks=None for image metrics only.")
    check_lengths(maps=maps, masks=masks, image_scores=scores)
    regions = label_pixels(masks)
    usable, unlabelled, empty = _split(regions, labels)
    pixels = rank_pixels(maps, [regions[i] if i in usable else None for i in range(len(maps))]) if usable else None
    of_empty = [names[i] if names else str(i) for i in empty]
    return _metrics(images, pixels, len(usable), _omissions(len(unlabelled), of_empty, len(labels)))


def _image_samples(scores: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
    scores, labels = as_floats(scores, "The image scores"), as_binary(labels, "The image labels")
    if scores.ndim != 1 or scores.shape != labels.shape:
        raise MetricError(f"Image scores and labels must both be (N,); they are {scores.shape} and {labels.shape}.")
    check_finite(scores, "The image scores")
    return scores, labels


def _split(regions: Sequence[ImageLabels | None], labels: NDArray[np.bool_]) -> tuple[set[int], list[int], list[int]]:
    """Images that count for pixel metrics, those without a mask, and defective ones with an empty mask.

    Raises MetricError where a label contradicts its mask.
    """
    usable, unlabelled, empty = set(), [], []
    for i, (region, defective) in enumerate(zip(regions, labels, strict=True)):
        if region is None:
            unlabelled.append(i)
        elif defective and not region.regions:
            empty.append(i)
        elif region.regions and not defective:
            raise MetricError(
                f"Image {i} is labelled normal, but its mask has {len(region.index)} defective pixels. "
                "Correct the label or the mask."
            )
        else:
            usable.add(i)
    return usable, unlabelled, empty


def _omissions(unlabelled: int, empty: Sequence[str], images: int) -> list[str]:
    """A sentence for each reason why images do not count for pixel metrics."""
    notes = []
    if unlabelled:
        notes.append(f"{unlabelled} of {images} images have no mask and count for image metrics only.")
    if empty:
        shown = ", ".join(name[-LONGEST:] for name in empty[:SHOWN]) + (" and others" if len(empty) > SHOWN else "")
        notes.append(
            f"{len(empty)} of {images} images are defective, but their masks mark nothing that is looked at: they are "
            "empty, or what they mark lies outside of the crop box or is ignored. They count for image metrics only "
            f"({shown})."
        )
    return notes


def _metrics(images: Ranking, pixels: Ranking | None, pixel_images: int, omissions: Iterable[str]) -> Metrics:
    notes = list(omissions)
    return Metrics(
        p_ap=_defined("P-AP", None if pixels is None else pixels.average_precision, notes),
        p_auroc=_defined("P-AUROC", None if pixels is None else pixels.auroc, notes),
        p_pro=_defined("P-PRO", None if pixels is None else pixels.pro, notes),
        p_f1=_defined("Best pixel F1", None if pixels is None else pixels.best_f1, notes),
        i_auroc=_defined("I-AUROC", images.auroc, notes),
        i_ap=_defined("I-AP", images.average_precision, notes),
        i_f1=_defined("Best image F1", images.best_f1, notes),
        image_ranking=images,
        pixel_ranking=pixels,
        images=images.positives + images.negatives,
        defective_images=images.positives,
        pixel_images=pixel_images,
        regions=pixels.regions if pixels else 0,
        notes=tuple(notes),
    )


def _defined(name: str, metric: Callable[[], T] | None, notes: list[str]) -> T | None:
    """The metric's value, or None and one more of the `notes`."""
    if metric is None:
        return None
    try:
        return metric()
    except UndefinedMetricError as reason:
        notes.append(f"{name}: {reason}")
        return None
