"""Every file of a data set is an image, a mask of one, or named with the reason why it is not taken."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from nnet.data.images import IMAGE_SUFFIXES
from nnet.data.listing import LEFT_FORMAT, LEFT_PACKED, is_ignored
from nnet.data.sample import Dataset

NO_FORMAT = "not a kind of picture that is read"
NO_PLACE = "in no folder that is used"
_KINDS = 6  # endings named for each reason


def account(root: Path, dataset: Dataset) -> tuple[tuple[str, str], ...]:
    """(path inside `root`, why) of every visible file that is neither an image of `dataset` nor a mask of one."""
    root = root.resolve()
    used = {path for sample in dataset.samples for path in (sample.path, sample.mask) if path}
    used |= {*dataset.unpaired_masks}
    found = []
    for path in _files(root):
        if path in used or path.parent in used or (path in dataset.left and not dataset.left[path]):
            continue
        kind = NO_PLACE if path.suffix.lower() in IMAGE_SUFFIXES else NO_FORMAT
        found.append((path.relative_to(root).as_posix(), dataset.left.get(path, kind)))
    return tuple(sorted([*found, *((name, NO_FORMAT) for name in left_packed(root))]))


def counted(not_taken: Sequence[tuple[str, str]]) -> list[str]:
    """A sentence for each reason: "3 files were not taken, because they are ...: .mp4 2, .txt 1." """
    reasons: dict[str, list[str]] = {}
    for name, reason in not_taken:
        reasons.setdefault(reason, []).append(name)
    return [_sentence(reason, names) for reason, names in reasons.items()]


def _sentence(reason: str, names: list[str]) -> str:
    kinds = Counter(PurePosixPath(name).suffix.lower() or "without an ending" for name in names).most_common()
    shown = ", ".join(f"{kind} {count:,}" for kind, count in kinds[:_KINDS])
    more = f" and {len(kinds) - _KINDS} more kinds" if len(kinds) > _KINDS else ""
    if len(names) == 1:
        return f"1 file was not taken ({reason}): {names[0]}."
    return f"{len(names):,} files were not taken ({reason}): {shown}{more}."


def _files(root: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not is_ignored(name)]
        yield from (Path(place, name) for name in names if not is_ignored(name))


def left_packed(root: Path) -> list[str]:
    """What stayed in the ZIP from which `root`, or a folder around it, was unpacked.

    Raises:
        DataError: the list is damaged.
    """
    for place in (root, *root.parents[:3]):
        try:
            names = LEFT_FORMAT.content(place / LEFT_PACKED).decode("utf-8", "surrogateescape").splitlines()
        except FileNotFoundError:
            continue
        inside, paths = root.relative_to(place), map(PurePosixPath, names)
        return [path.relative_to(inside).as_posix() for path in paths if path.is_relative_to(inside)]
    return []
