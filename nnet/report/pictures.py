"""The report's pictures: the worst and a few ordinary ones, each beside its heat map, as files inside the page."""

import base64
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from nnet.analysis.near import misplaced
from nnet.analysis.stored import Stored
from nnet.data import Dataset
from nnet.data.errors import ImageError
from nnet.data.framing import Framing
from nnet.detector import TrainedModel
from nnet.errors import NNetError
from nnet.report import words
from nnet.scoring.judge import Judgement, judge
from nnet.scoring.overlay import hatched, overlay
from nnet.units import SMALLEST, multiple

Look = Callable[[int], tuple[np.ndarray, Judgement]]
"""From a picture's index to its pixels, uint8 (H, W, 3), and its judgement. May raise nnet.errors.NNetError."""

SIDE = 300
"""Longest side of a picture in the report, in pixels."""
_WRONG, _RIGHT = 8, 2  # most pictures of each group
_SAME = 0.05  # how far a score may be from the stored one where another computer measured it, as a share


@dataclass(frozen=True)
class Shown:
    """A picture and its heat map as data URIs, or "" with the reason in `caption`."""

    picture: str
    heat: str
    caption: str


@dataclass(frozen=True)
class Group:
    """Pictures that were decided alike, or the sentence that there are `none`."""

    title: str
    pictures: tuple[Shown, ...]
    none: str


def chosen(scores: np.ndarray, defective: np.ndarray, threshold: float) -> dict[str, tuple[np.ndarray, int]]:
    """Which pictures are shown of each group of `words.GROUPS`, by their indices, and of how many."""
    flagged, rising = scores > threshold, np.argsort(scores, kind="stable")
    members: Mapping[str, np.ndarray] = {
        "misses": rising[(defective & ~flagged)[rising]],
        "alarms": rising[::-1][(~defective & flagged)[rising[::-1]]],
        "found": rising[(defective & flagged)[rising]],
        "passed": rising[(~defective & ~flagged)[rising]],
    }
    wrong = ("misses", "alarms")
    return {
        name: (found[:_WRONG] if name in wrong else _ordinary(found, _RIGHT), len(found))
        for name, found in members.items()
    }


def _ordinary(found: np.ndarray, most: int) -> np.ndarray:
    """Some that stand evenly in their order, without both ends."""
    if not len(found):
        return found
    return found[np.unique(np.linspace(0, len(found) - 1, most + 2)[1:-1].round().astype(int))]


def groups(stored: Stored, threshold: float, own: float, look: Look, framing: Framing) -> list[Group]:
    """All groups of pictures.

    Args:
        threshold: on the first score of `stored`.
        own: the model's own threshold for it.
        framing: of the model; what it does not look at is hatched.
    """
    first, defective = stored.results[0], stored.defective
    scores, near = first.scores, stored.near.get(first.expression.text)
    notes = [f", {words.WRONG_PLACE}" if wrong else "" for wrong in misplaced(scores, near, threshold)]
    return [
        Group(
            words.group(words.GROUPS[name], len(which), total),
            tuple(_shown(stored, int(i), own, look, framing, notes[i]) for i in which),
            words.NONE[name],
        )
        for name, (which, total) in chosen(scores, defective, threshold).items()
    ]


def _shown(stored: Stored, index: int, own: float, look: Look, framing: Framing, note: str) -> Shown:
    key, label = stored.keys[index], stored.labels[index]
    try:
        image, judged = look(index)
    except NNetError as error:
        return Shown("", "", words.NOT_SHOWN.format(key=key, why=str(error)))
    small = _reduced(image)
    small = hatched(small, framing.seen(image.shape, small.shape))
    heat = overlay(small, judged.score, judged.reference.colour_range, 0.65, edge=judged.reference.threshold)
    score = words.against(multiple(float(stored.results[0].scores[index]), own))
    return Shown(_uri(small), _uri(heat), f"{key}, {label}, {score}{note}")


def region(framing: Framing, picture: Sequence[int] | None) -> str:
    """What of a picture is looked at, as a drawing; "" where all of it is, or where the pictures' size is not known.

    Args:
        picture: height and width of the pictures; without them the mask's proportions are taken.
    """
    shape = picture or (framing.ignored.shape if framing.ignored is not None else None)
    if shape is None or not (framing.crop or framing.ignore):
        return ""
    scale = SIDE / max(shape)
    blank = np.full((max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale)), 3), 235, np.uint8)
    try:
        return _uri(hatched(blank, framing.seen(shape, blank.shape)))
    except ImageError:  # a box in pixels, of a model that does not name the size of its pictures
        return ""


def _reduced(image: np.ndarray) -> np.ndarray:
    picture = Image.fromarray(image)
    picture.thumbnail((SIDE, SIDE))
    return np.asarray(picture)


def _uri(image: np.ndarray) -> str:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=88)
    return f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode()}"


def looking(model: TrainedModel, dataset: Dataset, stored: Stored) -> Look:
    """Looks at the pictures of a data set; the network runs for each."""
    samples, first = {sample.key: sample for sample in dataset.test}, stored.results[0]

    def look(index: int) -> tuple[np.ndarray, Judgement]:
        sample = samples.get(key := stored.keys[index])
        if sample is None:
            raise NNetError(words.GONE.format(key=key, data=dataset.name))
        image = sample.load().image
        maps = {name: found[0].cpu().numpy() for name, found in model.maps([image]).items()}
        judged = judge(model.calibration, maps, first.expression)
        if abs(judged.value - (known := float(first.scores[index]))) > _SAME * max(known, SMALLEST):
            raise NNetError(words.DIFFERS.format(key=key))
        return image, judged

    return look
