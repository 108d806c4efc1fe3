"""What every data set is made of: samples that are read only when asked for, and the set that holds them."""

import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from nnet.data.errors import DataError
from nnet.data.images import MOST_BYTES, QUARTER_TURNS, Decoded, content_hash, decode, turned
from nnet.data.masks import read_mask
from nnet.formats.files import size_of

GOOD = "good"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Sample:
    """One image of a data set, with its label and, where there is one, its mask. Nothing is held in memory.

    Attributes:
        key: stable name inside the data set (a relative path with forward slashes), unique in it.
        path: the image file, or None for a generated image.
        label: "good", a defect type, or "unknown".
        split: "train", "test", or "validation" for a normal image that is only to be calibrated with.
        mask: the mask file (or a folder of masks to be united, or LabelMe's polygons), or None.
        loader: makes the image where there is no file.
        mask_loader: makes the mask where there is no file.
        owner: whatever must outlive the sample, such as the temporary folder of an unpacked ZIP.
        bits: how many bits of deeper grey values are used; None to decide by the file alone.
        mask_turn: the EXIF orientation by which the mask is turned with its image (`nnet.data.turned_masks`), or 1.
    """

    key: str
    path: Path | None
    label: str
    split: str
    mask: Path | None = None
    loader: Callable[[], Decoded] | None = field(default=None, repr=False, compare=False)
    mask_loader: Callable[[], np.ndarray] | None = field(default=None, repr=False, compare=False)
    owner: object = field(default=None, repr=False, compare=False)
    bits: int | None = None
    mask_turn: int = 1

    @property
    def is_normal(self) -> bool:
        """True for a defect-free image."""
        return self.label == GOOD

    @property
    def is_defective(self) -> bool:
        """True for an image labelled with a defect; False for a normal one and for one without a label."""
        return self.label not in (GOOD, UNKNOWN)

    @property
    def has_mask(self) -> bool:
        """True when pixel ground truth exists: a mask, or the knowledge that the image is normal."""
        return self.is_normal or self.mask is not None or self.mask_loader is not None

    def load(self) -> Decoded:
        """Decode the image: uint8 (H, W, 3) and notes. Raises ImageError for a file that is unreadable or gone."""
        if self.loader is not None:
            return self.loader()
        if self.path is None:
            raise DataError(f"The sample {self.key} has neither a file nor a loader; give it one of them.")
        return decode(self.path, self.key, self.bits)

    def load_mask(self, shape: tuple[int, int] | None = None) -> np.ndarray | None:
        """Pixel ground truth, bool (H, W), True on the defect; None when it is not known.

        A normal image without a mask file gives an all-False array. So does a defective image whose mask is empty:
        it counts for image metrics only. `shape` is the (H, W) of the decoded image where the caller knows it,
        which spares a second decoding.

        Raises:
            DataError: the mask is unreadable, or its size is not the image's; the message names the file.
        """
        if not self.has_mask:
            return None
        if self.mask_loader is not None:
            return self.mask_loader()
        height, width = shape or self.load().image.shape[:2]
        if self.mask is None:
            return np.zeros((height, width), dtype=bool)
        try:
            if self.mask_turn in QUARTER_TURNS:
                height, width = width, height
            return turned(read_mask(self.mask, (height, width)), self.mask_turn)
        except DataError as error:
            raise DataError(f"{error} It belongs to the image {self.key}.") from error

    def file_hash(self) -> str:
        """SHA-256 of the image file's bytes, or of the pixels of a generated image, in hex."""
        return hash_file(self.path, MOST_BYTES) if self.path is not None else content_hash(self.load().image)

    def mask_hash(self) -> str:
        """SHA-256 of the mask (of its files' bytes, or of the generated pixels), "" without one."""
        found = self._mask_hash()
        return f"{found} turned {self.mask_turn}" if self.mask_turn != 1 else found

    def _mask_hash(self) -> str:
        if self.mask_loader is not None:
            return hashlib.sha256(np.packbits(self.mask_loader()).tobytes()).hexdigest()
        if self.mask is None:
            return ""
        if self.mask.is_dir():
            parts = sorted(
                f"{part.name}:{hash_file(part, MOST_BYTES)}" for part in self.mask.iterdir() if part.is_file()
            )
            return hashlib.sha256("\n".join(parts).encode()).hexdigest()
        return hash_file(self.mask, MOST_BYTES)


@dataclass(frozen=True)
class Dataset:
    """An opened data set. The samples are in a stable order: by split, label and file name.

    Attributes:
        name: short name for titles.
        layout: how it was recognised, such as "plain folder", "MVTec AD", "VisA", "ELPV" or "synthetic"
            (a ZIP has the layout of what it holds).
        train: normal samples only; those for calibration alone ("validation") come last.
        test: normal and defective samples; may be empty.
        licence: the data's terms as far as they are known, one sentence.
        source: where it was read from.
        problems: sentences on what should be fixed.
        notes: sentences on what was decided while opening.
        drawn: which of the notes says that the normal test images were drawn by a seed; "" where the data says itself
            what is tested.
        unpaired_masks: masks without an image; only when opened with strict=False, else they are an error.
        questions: sentences on names that several images share; as for `unpaired_masks`.
        left: file -> why it is not taken, for images that the layout has no place for; "" for a mask or a table.
        unsettled_masks: keys of images whose masks are not used until somebody says how they are turned
            (`nnet.data.turned_masks`).
        not_taken: (path inside the data set, why) of every file that is neither an image nor a mask of one.
        bits: how many bits of its files' grey values are used, or None where they have 8.
    """

    name: str
    layout: str
    train: tuple[Sample, ...]
    test: tuple[Sample, ...]
    licence: str
    source: str
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unpaired_masks: tuple[Path, ...] = ()
    questions: tuple[str, ...] = ()
    left: Mapping[Path, str] = field(default_factory=dict, repr=False)
    not_taken: tuple[tuple[str, str], ...] = ()
    bits: int | None = None
    unsettled_masks: tuple[str, ...] = ()
    drawn: str = ""

    @property
    def samples(self) -> tuple[Sample, ...]:
        """Train, then test."""
        return self.train + self.test

    @property
    def validation(self) -> int:
        """How many of the training images, the last ones, are for calibration only."""
        return sum(sample.split == "validation" for sample in self.train)

    def defect_types(self) -> tuple[str, ...]:
        """The sorted labels of the defective test samples."""
        return tuple(sorted({sample.label for sample in self.test if sample.is_defective}))

    def content_hash(self) -> str:
        """SHA-256 hex over every sample's key, split, label, image and mask; the order does not matter.

        Reads every file once. Where the data set lies, and the files' dates, do not enter.
        """
        lines = sorted(
            "\0".join((sample.key, sample.split, sample.label, sample.file_hash(), sample.mask_hash()))
            for sample in self.samples
        )
        return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def hash_file(path: Path, most: int | None = None) -> str:
    """SHA-256 of a file's bytes in hex.

    Args:
        most: bytes that it may have.

    Raises:
        DataError: naming a file that cannot be read, or is larger.
    """
    try:
        with path.open("rb") as stream:
            if most is not None and (found := os.fstat(stream.fileno()).st_size) > most:
                raise DataError(
                    f"{path} has {size_of(found)}, but the largest picture has {size_of(most)}. Take it out of the "
                    "folder, or make it smaller."
                )
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path} could not be read: {error.strerror or error}.") from error
