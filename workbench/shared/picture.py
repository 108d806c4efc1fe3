"""A picture that can be shown, whatever it came from."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from nnet.data import Sample
from nnet.errors import NNetError
from workbench.shared import drawings, resources
from workbench.shared.resources import Loaded

SAMPLE_PREFIX = "sample:"
BITS, INTO = "upload_bits", "looked_into"
"""Keys in the session: how many bits of deeper grey values uploads are read with, and the model whose input every
picture is cut down to; see `workbench.shared.chosen_picture`."""


@dataclass(frozen=True)
class Picture:
    """An image that can be shown: `key` unique in the session, `title` for people, `source` its content.

    `known` says what is known about it beforehand ("" for an upload). An image of a data set has in `data` the set's
    specification and its key there, and a `version` that tells two contents of one file apart.
    """

    key: str
    title: str
    source: "bytes | Sample | Drawn"
    known: str = ""
    data: tuple[str, str] | None = None
    version: str = ""

    @property
    def is_sample(self) -> bool:
        """Whether it is one of the sample images rather than an upload."""
        return self.key.startswith(SAMPLE_PREFIX)

    @property
    def is_drawn(self) -> bool:
        """Whether it is another picture with what the visitor drew on it."""
        return isinstance(self.source, Drawn)

    @property
    def base(self) -> "Picture":
        """The picture without the visitor's drawing."""
        return self.source.on if isinstance(self.source, Drawn) else self

    @property
    def layer(self) -> bytes:
        """What the visitor drew on it, a PNG file; b"" where nothing is."""
        return self.source.layer if isinstance(self.source, Drawn) else b""

    def fits(self) -> bool:
        """Whether the drawing is on what the model in use sees of the picture."""
        source = self.source
        return not isinstance(source, Drawn) or bool(source.part) or self.version.startswith(source.on.load().hash)

    @property
    def is_defective(self) -> bool | None:
        """Whether it shows a defect, as far as that is known beforehand; None where it is not."""
        if not isinstance(self.source, Sample) or not (self.source.is_normal or self.source.is_defective):
            return None
        return self.source.is_defective

    @property
    def is_from_data(self) -> bool:
        """Whether it is an image of a data set that was sent from another page or a link."""
        return self.data is not None

    @property
    def content_key(self) -> str:
        """Stands for the content in caches that all sessions share."""
        return f"{self.key}@{self.version}" if self.version else self.key

    @property
    def id(self) -> str:
        """What a link calls a sample."""
        return self.key.removeprefix(SAMPLE_PREFIX)

    @property
    def stem(self) -> str:
        """The name of the file it came from, or its title, as the beginning of a file name."""
        name = self.id if self.is_sample else self.title.rsplit(".", 1)[0]
        if self.is_sample and isinstance(self.source, Sample) and self.source.path is not None:
            name = self.source.key.rsplit("/", 1)[-1].rsplit(".", 1)[0]
        return "".join(c if c.isalnum() or c in "-_." else "_" for c in name)[:80] or "image"

    @property
    def short(self) -> str:
        """A name for a narrow button: of an image in folders only the last folder and its own."""
        if not self.is_from_data:
            return self.stem
        return "/".join(self.title.rsplit(".", 1)[0].split("/")[-2:])

    def load(self) -> Loaded:
        """The pixels. Raises nnet.errors.NNetError with a sentence when they cannot be used."""
        if isinstance(self.source, Sample):
            return resources.load_image(self.content_key, self.title, self.source)
        source = self.source
        if isinstance(source, Drawn):
            if not source.part:
                return drawings.altered(source.on.load(), source.layer)
            source = source.part
        bits, into = st.session_state.get(BITS), st.session_state.get(INTO)
        loaded = resources.load_image(f"{self.content_key}#{bits}", self.title, source, bits)
        return loaded if into is None else resources.inside(into, loaded)


@dataclass(frozen=True)
class Drawn:
    """The picture that a drawing is `on`, the `layer` with it, a PNG file; and where the model looks into a part of the
    picture alone, that `part` with the drawing, a PNG file, too."""

    on: Picture
    layer: bytes
    part: bytes = b""


def defect_of(source: object, shape: tuple[int, ...]) -> np.ndarray | None:
    """Where the defect of an image of a data set lies, bool (h, w), True on it; None where that is not known.

    Args:
        source: of a picture.
        shape: of the image.
    """
    if not (isinstance(source, Sample) and source.is_defective and source.has_mask):
        return None
    try:
        mask = source.load_mask((shape[0], shape[1]))
    except NNetError:  # measuring names it
        return None
    return mask if mask is not None and mask.any() else None
