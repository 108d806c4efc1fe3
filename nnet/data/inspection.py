"""What a data set contains and what is wrong with it, found by reading every file once."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace

from nnet.data.depth import disagrees
from nnet.data.errors import DataError
from nnet.data.images import content_hash, opened
from nnet.data.masks import is_plain
from nnet.data.not_taken import counted
from nnet.data.sample import GOOD, Dataset, Sample
from nnet.errors import NNetError

SHOWN = 10  # files named per finding in the text form
_THREADS = 2
COLUMNS = ("split", "label", "images", "with mask", "size (w x h)", "mode")


@dataclass(frozen=True)
class Group:
    """The images of one split and label.

    Attributes:
        images: how many, readable or not.
        masks: how many have a mask file of their own.
        sizes: ((width, height), count), most frequent first.
        modes: (Pillow mode of the file, count), most frequent first; generated images are "RGB".
    """

    split: str
    label: str
    images: int
    masks: int
    sizes: tuple[tuple[tuple[int, int], int], ...]
    modes: tuple[tuple[str, int], ...]

    def size_text(self) -> str:
        """Such as "256 x 256" or "196 x 246 to 403 x 373 (12 sizes)": the smallest and largest by area."""
        by_area = sorted((size for size, _ in self.sizes), key=lambda size: (size[0] * size[1], size))
        named = [f"{width} x {height}" for width, height in by_area]
        if len(named) < 2:
            return "".join(named) or "-"
        return f"{named[0]} to {named[-1]} ({len(named)} sizes)"


@dataclass(frozen=True)
class Inspection:
    """The findings. Files are named by their sample's key, masks without an image by their path.

    Attributes:
        groups: by split and label.
        missing_masks: defective images without a mask, in a data set that has masks.
        unpaired_masks: masks without an image (of a data set opened with strict=False).
        bad_masks: (key, sentence) of masks that are unreadable or not of their image's size.
        empty_masks: defective images whose mask marks nothing; they count for image metrics only.
        marked_normals: normal images whose mask marks something.
        duplicates: (train key, test key) of images with the same pixels.
        unreadable: (key, sentence) of images that cannot be decoded.
        plain: images in a single shade, or only in black and white among photos: they may be blank, or masks.
        depths: sentences about images whose bit depth differs from that of the data set.
        questions: names shared by several images.
        not_taken: (path, why) of the files that are neither images nor masks.
        problems, notes: the data set's own.
    """

    name: str
    layout: str
    licence: str
    source: str
    groups: tuple[Group, ...]
    missing_masks: tuple[str, ...]
    unpaired_masks: tuple[str, ...]
    bad_masks: tuple[tuple[str, str], ...]
    empty_masks: tuple[str, ...]
    marked_normals: tuple[str, ...]
    duplicates: tuple[tuple[str, str], ...]
    unreadable: tuple[tuple[str, str], ...]
    plain: tuple[str, ...]
    depths: tuple[str, ...]
    questions: tuple[str, ...]
    not_taken: tuple[tuple[str, str], ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """True if nothing needs fixing before the data set can be used."""
        wrong = self.unpaired_masks or self.bad_masks or self.marked_normals or self.unreadable
        return not (wrong or self.questions or self.plain)

    def rows(self) -> list[dict[str, str | int]]:
        """The groups as table rows with the keys COLUMNS."""
        return [
            dict(zip(COLUMNS, (g.split, g.label, g.images, g.masks, g.size_text(), _modes(g)), strict=True))
            for g in self.groups
        ]

    def findings(self) -> list[tuple[str, tuple[str, ...]]]:
        """(headline, the files it is about) for everything worth knowing, errors first."""
        found = [
            ("name{s} shared by several images", self.questions),
            ("unreadable image{s}", tuple(sentence for _, sentence in self.unreadable)),
            ("image{s} in a single shade or only in black and white (blank images or masks?)", self.plain),
            ("image{s} with a different bit depth", self.depths),
            ("mask{s} without an image", self.unpaired_masks),
            ("unusable mask{s}", tuple(sentence for _, sentence in self.bad_masks)),
            ("normal image{s} with a mask that marks a defect", self.marked_normals),
            ("image{s} in both the training and the test set", tuple(f"{one} = {two}" for one, two in self.duplicates)),
            ("defective image{s} without a mask (counted in image metrics only)", self.missing_masks),
            ("defective image{s} with a mask that marks nothing (counted in image metrics only)", self.empty_masks),
        ]
        return [
            (f"{len(files)} {headline.format(s='' if len(files) == 1 else 's')}", files)
            for headline, files in found
            if files
        ]

    def text(self) -> str:
        """All of it for a terminal, without a final newline."""
        lines = [f"{self.name} ({self.layout})", f"source: {self.source}", f"licence: {self.licence}", ""]
        lines += _table([tuple(str(value) for value in row.values()) for row in self.rows()])
        for headline, files in self.findings():
            lines += ["", f"{headline}:", *(f"  {file}" for file in files[:SHOWN])]
            lines += [f"  and {len(files) - SHOWN} more"] if len(files) > SHOWN else []
        remarks = [*self.problems, *self.notes, *counted(self.not_taken)]
        lines += ["", *remarks] if remarks else []
        return "\n".join([*lines, "", "Nothing to fix." if self.ok else "Please fix the problems listed above."])

    def to_dict(self) -> dict[str, object]:
        """Plain lists, numbers and strings, for JSON."""
        return asdict(self) | {"ok": self.ok}


@dataclass(frozen=True)
class _Reading:
    size: tuple[int, int] | None = None
    mode: str = ""
    pixels: str = ""
    unreadable: str = ""
    bad_mask: str = ""
    marked: bool | None = None  # None where there is no mask to read
    plain: bool = False
    depth: str = ""


def inspect(dataset: Dataset, *, progress: Callable[[int, int], None] | None = None) -> Inspection:
    """Decode every image and every mask of `dataset` and list what was found.

    Args:
        progress: called with (images done, images in all) after each.
    """
    samples = dataset.samples
    readings = []
    with ThreadPoolExecutor(_THREADS) as pool:
        for reading in pool.map(_read, samples):
            readings.append(reading)
            if progress:
                progress(len(readings), len(samples))
    pairs = list(zip(samples, readings, strict=True))
    has_masks = any(sample.is_defective and sample.has_mask for sample in samples)
    return Inspection(
        name=dataset.name,
        layout=dataset.layout,
        licence=dataset.licence,
        source=dataset.source,
        groups=_groups(pairs),
        missing_masks=tuple(s.key for s in samples if has_masks and s.is_defective and not s.has_mask),
        unpaired_masks=tuple(str(path) for path in dataset.unpaired_masks),
        bad_masks=tuple((s.key, r.bad_mask) for s, r in pairs if r.bad_mask),
        empty_masks=tuple(s.key for s, r in pairs if s.is_defective and r.marked is False),
        marked_normals=tuple(s.key for s, r in pairs if s.is_normal and r.marked),
        duplicates=_duplicates(pairs),
        unreadable=tuple((s.key, r.unreadable) for s, r in pairs if r.unreadable),
        plain=_plain(pairs),
        depths=tuple(r.depth for _, r in pairs if r.depth),
        questions=dataset.questions,
        not_taken=dataset.not_taken,
        problems=dataset.problems,
        notes=dataset.notes,
    )


def _plain(pairs: list[tuple[Sample, _Reading]]) -> tuple[str, ...]:
    """Plain images, unless every readable one is: then that is what this data looks like."""
    readable = [(sample.key, reading.plain) for sample, reading in pairs if not reading.unreadable]
    return () if all(plain for _, plain in readable) else tuple(key for key, plain in readable if plain)


def _read(sample: Sample) -> _Reading:
    try:
        image = sample.load().image
    except NNetError as error:
        return _Reading(unreadable=str(error))
    height, width = image.shape[:2]
    found = _Reading(size=(width, height), mode=_mode(sample), pixels=content_hash(image))
    found = replace(found, plain=is_plain(image), depth=disagrees(sample))
    if sample.mask is None and sample.mask_loader is None:
        return found
    try:
        mask = sample.load_mask((height, width))
        return replace(found, marked=mask is not None and bool(mask.any()))
    except DataError as error:
        return replace(found, bad_mask=str(error))


def _mode(sample: Sample) -> str:
    if sample.path is None:
        return "RGB"
    try:
        with opened(sample.path) as picture:
            return picture.mode
    except Exception:  # it was readable a moment ago: somebody has replaced it since
        return ""


def _groups(pairs: list[tuple[Sample, _Reading]]) -> tuple[Group, ...]:
    """Train before validation before test, and the normal images before the defects."""
    order = ("train", "validation", "test")
    keys = {(order.index(s.split), s.label != GOOD, s.label): (s.split, s.label) for s, _ in pairs}
    groups = []
    for _, (split, label) in sorted(keys.items()):
        members = [(s, r) for s, r in pairs if (s.split, s.label) == (split, label)]
        groups.append(
            Group(
                split,
                label,
                len(members),
                sum(s.mask is not None or s.mask_loader is not None for s, _ in members),
                _ranked(r.size for _, r in members if r.size),
                _ranked(r.mode for _, r in members if r.mode),
            )
        )
    return tuple(groups)


def _ranked(values) -> tuple:
    """(value, count), most frequent first, equal counts by value."""
    return tuple(sorted(Counter(values).items(), key=lambda item: (-item[1], item[0])))


def _duplicates(pairs: list[tuple[Sample, _Reading]]) -> tuple[tuple[str, str], ...]:
    trained: dict[str, list[str]] = {}
    for sample, reading in pairs:
        if sample.split == "train" and reading.pixels:
            trained.setdefault(reading.pixels, []).append(sample.key)
    tested = [(s.key, r.pixels) for s, r in pairs if s.split == "test"]
    return tuple((key, test_key) for test_key, pixels in tested for key in trained.get(pixels, ()))


def _modes(group: Group) -> str:
    if len(group.modes) == 1:
        return group.modes[0][0]
    return ", ".join(f"{mode} ({count})" for mode, count in group.modes) or "-"


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    """Columns padded to their widest cell; numbers are right-aligned."""
    cells = [COLUMNS, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(COLUMNS))]
    numbers = (2, 3)
    return [
        "  ".join(
            cell.rjust(width) if index in numbers else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
