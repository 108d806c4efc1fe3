"""Which files of a folder are pictures, and which are masks of one of them: by name, and by content in doubt.

A name with a twin is never two pictures. NAME_mask, NAME-GT, mask_NAME and the like beside NAME are its mask, NAME.json
may hold its polygons, and of NAME.jpg and NAME.png the one that is black and white is the mask; else it is a question.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from nnet.data.errors import DataError
from nnet.data.masks import is_annotation, looks_like_mask

_WORDS = "(?:gt|ground[ _-]?truth|masks?|seg|segmentation|labels?)"
_AFTER = re.compile(rf"(.+?)[ _.-]{_WORDS}", re.IGNORECASE)
_BEFORE = re.compile(rf"{_WORDS}[ _.-](.+)", re.IGNORECASE)
_MANY = 5  # files named in a sentence


@dataclass
class Sorted:
    """The files of some folders.

    Attributes:
        pictures: in the order given.
        masks: picture -> its mask beside it.
        strays: masks without a picture.
        questions: sentences on names that several pictures share; they must be answered before anything is done.
        contested: the files that each question is about.
    """

    pictures: list[Path] = field(default_factory=list)
    masks: dict[Path, Path] = field(default_factory=dict)
    strays: list[Path] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    contested: list[tuple[Path, ...]] = field(default_factory=list)


def picture_name(name: str) -> str | None:
    """The name of the picture whose mask goes by this name (both without ending): "01" for "01_GT"; None for others."""
    path = PurePosixPath(name)
    found = _AFTER.fullmatch(path.name) or _BEFORE.fullmatch(path.name)
    return path.with_name(found[1]).as_posix() if found else None


def sort_pictures(paths: Sequence[Path]) -> Sorted:
    """Tell pictures and masks apart, folder by folder; what is no mask of a picture beside it stays a picture."""
    found = Sorted()
    folders: dict[Path, list[Path]] = defaultdict(list)
    for path in paths:
        folders[path.parent].append(path)
    for files in folders.values():
        _sort_folder(files, found)
    masks = {*found.masks.values(), *found.strays}
    found.pictures = [path for path in paths if path not in masks]
    for picture in found.pictures:
        annotation = picture.with_suffix(".json")
        if picture not in found.masks and is_annotation(annotation):
            found.masks[picture] = annotation
    return found


def _sort_folder(files: Sequence[Path], found: Sorted) -> None:
    by_name: dict[str, list[Path]] = defaultdict(list)
    for path in files:
        by_name[path.stem.casefold()].append(path)
    of_picture: dict[str, list[Path]] = defaultdict(list)
    for name in list(by_name):
        wanted = picture_name(name)
        if wanted is None:
            continue
        if wanted in by_name:
            of_picture[wanted] += by_name.pop(name)
        elif all(map(looks_like_mask, by_name[name])):
            found.strays += by_name.pop(name)
    for name, twins in by_name.items():
        pictures, masks = twins, of_picture[name]
        if len(twins) > 1 and not masks:
            pictures = [path for path in twins if not looks_like_mask(path)] or twins
            masks = [path for path in twins if path not in pictures]
        if len(pictures) == 1 and len(masks) == 1:
            found.masks[pictures[0]] = masks[0]
        elif len(pictures) != 1 or masks:
            found.questions.append(_question(twins[0].stem, pictures, masks))
            found.contested.append(tuple(masks if len(masks) > 1 else pictures))


def _question(name: str, pictures: Sequence[Path], masks: Sequence[Path]) -> str:
    if len(masks) > 1:
        several = ", ".join(map(str, masks[:_MANY]))
        return f"Two masks match the image {name}: {several}. Keep one of them."
    several = ", ".join(map(str, pictures[:_MANY]))
    count = "Two" if len(pictures) == 2 else str(len(pictures))
    return (
        f"{count} images have the name {name}: {several}. If one is a mask, name it {name}_mask; if they are pictures, "
        "give them different names."
    )


def pair_masks(
    images: Sequence[tuple[str, Path]], masks: Iterable[tuple[str, Path]]
) -> tuple[dict[str, Path], list[Path]]:
    """Give each image its mask from other folders by name, whatever the case: NAME_mask and the like, or NAME itself.

    Args:
        images: (name without suffix, file) of one defect type.
        masks: (name without suffix, file or folder) of the same defect type.

    Returns:
        {image name: mask}, and the masks that belong to no image, sorted.

    Raises:
        DataError: two images or two masks answer to one name.
    """
    answers: dict[str, list[Path]] = defaultdict(list)
    every: dict[str, Path] = {}
    for name, path in masks:
        if name in every:
            raise DataError(f"Two masks have the name {name}: {every[name]} and {path}; rename one of them.")
        every[name] = path
        for answer in {name.casefold(), (picture_name(name) or name).casefold()}:
            answers[answer].append(path)
    paired: dict[str, Path] = {}
    for name, _ in images:
        found = answers.get(name.casefold(), [])
        if len(found) > 1:
            raise DataError(f"Two masks match the image {name}: {found[0]} and {found[1]}; keep one.")
        if found:
            paired[name] = found[0]
    used = set(paired.values())
    return paired, sorted(path for path in every.values() if path not in used)
