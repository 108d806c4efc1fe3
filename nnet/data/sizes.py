"""Sizes of the pictures that a model with crop box, ignore mask, tiles or letterbox was trained on: its export is for
pictures of one size, or has a folder for each of several."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from nnet.data.images import MAX_PIXELS, MIN_SIDE
from nnet.errors import NNetError

MOST = 100
"""Sizes that a checkpoint keeps, the most frequent ones."""


class Size(NamedTuple):
    """`width` and `height` in pixels, and how many pictures the model was trained and calibrated on that have it."""

    width: int
    height: int
    pictures: int = 0

    @property
    def text(self) -> str:
        """As `--size` takes it, and as the folder of its export is called."""
        return f"{self.width}x{self.height}"

    @property
    def told(self) -> str:
        """For people: "1,920 x 1,080 (30 pictures)"."""
        return f"{self.width:,} x {self.height:,} ({self.pictures:,} {'picture' if self.pictures == 1 else 'pictures'})"


def about(shapes: Iterable[tuple[int, int]]) -> dict[str, Any]:
    """What a checkpoint keeps of the heights and widths of its pictures, for `known`."""
    counted = sorted(Counter(shapes).items(), key=lambda found: (-found[1], found[0]))
    if len(counted) == 1:
        return {"picture": list(counted[0][0])}
    return {"pictures": [[*shape, count] for shape, count in counted[:MOST]]} if counted else {}


def known(kept: Mapping[str, Any]) -> tuple[Size, ...]:
    """The sizes by what a checkpoint keeps, the most frequent first; () where it names none or one only."""
    return tuple(Size(w, h, count) for h, w, count in kept.get("pictures", ()) if _can_be(h, w))


def only(kept: Mapping[str, Any]) -> tuple[int, int] | None:
    """Height and width, where a checkpoint names one size that a picture can have."""
    height, width = kept.get("picture") or (0, 0)
    return (height, width) if _can_be(height, width) else None


def _can_be(height: int, width: int) -> bool:
    return min(height, width) >= 1 and height * width <= MAX_PIXELS


def read(text: str) -> Size:
    """1920x1080. Raises NNetError for no size."""
    found = re.fullmatch(r"(\d{1,6})x(\d{1,6})", text, re.ASCII)
    if found is None or min(int(side) for side in found.groups()) < MIN_SIDE:
        raise NNetError(f"--size {text} is no size of a picture. Write it as 1920x1080, the width first.")
    return Size(int(found[1]), int(found[2]))
