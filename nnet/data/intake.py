"""Files that somebody sends one by one, as good or as defective parts: sorted as those of a folder are.

Each becomes a picture, the mask of a picture (whichever of the two it was sent with), or is not taken, with the reason.
So what lies in the folder afterwards opens without a question: `nnet.data.open_dataset` to train on it,
`nnet.data.open_sent` to measure on it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nnet.data.folders import DEFECTIVE
from nnet.data.images import IMAGE_SUFFIXES, stored_size
from nnet.data.listing import walk_images
from nnet.data.masks import is_annotation, looks_like_mask
from nnet.data.names import safe_name
from nnet.data.not_taken import NO_FORMAT
from nnet.data.pairing import picture_name, sort_pictures
from nnet.data.sample import GOOD

LABELS = (GOOD, DEFECTIVE)
"""The folders of what was sent."""
EMPTY = "empty"
REPEATED = "the same picture was sent before"
UNREADABLE = "damaged, or not a picture"
NO_PICTURE = "a mask without its picture; send the picture first, or both together"
TWIN = "it has the name of another picture; name it NAME_mask if it is a mask, or give it another name"
TWO_MASKS = "another mask of the same picture; send only one"
_POLYGONS = ".json"


@dataclass(frozen=True)
class Contents:
    """How many pictures of good and of defective parts a folder of sent files holds, and how many masks of them."""

    good: int
    defective: int
    masks: int


def contents(folder: Path) -> Contents:
    """What has been sent so far."""
    good, defective = (sort_pictures(walk_images(folder / label)) for label in LABELS)
    return Contents(len(good.pictures), len(defective.pictures), len(good.masks) + len(defective.masks))


def take(folder: Path, sent: Sequence[tuple[str, str, bytes]]) -> tuple[tuple[str, str], ...]:
    """Add files to a folder of sent files, which is made if it is not there.

    Args:
        sent: label (of LABELS), name and content of each.

    Returns:
        (name, why) of the files that were not taken.
    """
    before = _Before(folder)
    refused: list[tuple[str, str]] = []
    new: dict[Path, str] = {}
    for label, given, content in sent:
        name = _plain_name(given)
        reason = before.refusal(name, content)
        path = None if reason else before.free(folder / label / name)
        if path is None:
            refused.append((name, reason or TWO_MASKS))
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        if path.suffix.lower() != _POLYGONS and stored_size(path) is None:
            path.unlink()
            refused.append((name, UNREADABLE))
            continue
        before.add(path, content)
        new[path] = name
    placed = {_beside_its_picture(folder, path): name for path, name in new.items()}
    return (*refused, *_refused_together(folder, placed))


class _Before:
    """Names and contents of what is there already."""

    def __init__(self, folder: Path) -> None:
        self._names: set[tuple[Path, str]] = set()
        self._contents: dict[str, set[str]] = {}
        for label in LABELS:
            place = folder / label
            for path in place.iterdir() if place.is_dir() else ():
                self.add(path, path.read_bytes())

    def add(self, path: Path, content: bytes) -> None:
        self._names.add((path.parent, path.name.casefold()))
        self._contents.setdefault(hashlib.sha256(content).hexdigest(), set()).add(path.name.casefold())

    def refusal(self, name: str, content: bytes) -> str:
        """Why a file is not taken, "" if it is. Masks may be equal, those of good parts always are."""
        suffix = PurePosixPath(name).suffix.lower()
        if not content:
            return EMPTY
        if suffix not in IMAGE_SUFFIXES | {_POLYGONS}:
            return NO_FORMAT
        same = self._contents.get(hashlib.sha256(content).hexdigest(), set())
        is_mask = picture_name(PurePosixPath(name).stem) is not None or suffix == _POLYGONS
        return REPEATED if name.casefold() in same or (same and not is_mask) else ""

    def free(self, path: Path) -> Path | None:
        """A path that nothing has yet: another picture of the name gets a number, another mask none."""
        candidate, number = path, 2
        while (candidate.parent, candidate.name.casefold()) in self._names:
            if picture_name(path.stem) is not None or path.suffix.lower() == _POLYGONS:
                return None
            candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
            number += 1
        return candidate


def _plain_name(given: str) -> str:
    name = safe_name(PurePosixPath(given.replace("\\", "/")).name or "image")
    return f"_{name}" if name.startswith(".") else name  # hidden files are not looked at


def _beside_its_picture(folder: Path, path: Path) -> Path:
    """Move a mask that was sent with the other label to its picture; returns where the file is now."""
    is_polygons = path.suffix.lower() == _POLYGONS
    wanted = picture_name(path.stem)
    if wanted is None and (is_polygons or looks_like_mask(path)):
        wanted = path.stem
    if wanted is None:
        return path
    for place in (path.parent, *(folder / label for label in LABELS if folder / label != path.parent)):
        if any(other != path and other.stem.casefold() == wanted.casefold() for other in walk_images(place)):
            target = place / path.name
            return path if target.exists() else path.rename(target)
    return path


def _refused_together(folder: Path, new: dict[Path, str]) -> list[tuple[str, str]]:
    """Remove, of new files, masks without a picture and those whose name is a question; (name, why) of each."""
    refused: list[tuple[str, str]] = []
    while unfit := dict(_unfit(folder, new)):
        for path, reason in unfit.items():
            path.unlink()
            refused.append((new.pop(path), reason))
    return refused


def _unfit(folder: Path, new: dict[Path, str]) -> list[tuple[Path, str]]:
    found: list[tuple[Path, str]] = []
    for label in LABELS:
        pictures = walk_images(folder / label)
        result = sort_pictures(pictures)
        found += [(path, NO_PICTURE) for path in result.strays]
        for group in result.contested:
            are_masks = any(picture_name(path.stem) is not None for path in group)
            found += [(path, TWO_MASKS if are_masks else TWIN) for path in group]
        masked = {path.with_suffix("") for path in result.pictures}
        polygons = (path for path in new if path.suffix.lower() == _POLYGONS and path.parent == folder / label)
        for path in polygons:
            if not is_annotation(path):
                found.append((path, NO_FORMAT))
            elif path.with_suffix("") not in masked:
                found.append((path, NO_PICTURE))
    return [(path, reason) for path, reason in found if path in new]
