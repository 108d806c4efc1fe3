"""Safetensors files: names, types and shapes are checked in the header, before an array takes any memory."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypedDict

import msgspec
import numpy as np
from msgspec import Meta

from nnet.errors import brief
from nnet.formats.files import MIB, FileFormat

if TYPE_CHECKING:  # who reads a training film does without torch
    from torch import Tensor

_HEADER = 16 * MIB
_NOTES = "__metadata__"
_ANY = (0, 2**40)
_BYTES = {"F16": 2, "BF16": 2, "F32": 4, "F64": 8, "I64": 8, "I32": 4, "U8": 1, "BOOL": 1}
_FLOATS = ("F16", "F32", "F64", "BF16")


class Array(NamedTuple):
    """What an array is to be.

    Attributes:
        types: safetensors' names of the allowed types.
        shape: its sides; a letter stands for a side that is the same wherever it occurs. None allows every shape.
        about: in words, for the documentation.
    """

    types: tuple[str, ...]
    shape: tuple[int | str, ...] | None
    about: str


class Found(NamedTuple):
    """The entry of an array in a header."""

    type: str
    shape: tuple[int, ...]


class _Entry(TypedDict):
    dtype: str
    shape: Annotated[list[Annotated[int, Meta(ge=0, le=2**40)]], Meta(max_length=8)]
    data_offsets: tuple[Annotated[int, Meta(ge=0)], Annotated[int, Meta(ge=0)]]


class Header(NamedTuple):
    """What a safetensors file says of itself: its `arrays` by name, and its `notes`."""

    arrays: dict[str, Found]
    notes: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Arrays(FileFormat):
    """A safetensors file.

    Attributes:
        arrays: pattern of the names (a regular expression) -> what these arrays are to be.
        limits: letter in a shape -> smallest and largest side.
        required: names that must be there.
        notes: type of what the file says about itself in words.
    """

    arrays: Mapping[str, Array]
    limits: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    notes: Any = dict[str, str]

    def header(self, path: Path, sides: Mapping[str, int] | None = None, names: Iterable[str] = ()) -> Header:
        """What stands in the file, without reading an array.

        Args:
            sides: letter in a shape -> the side that it has to be here.
            names: exactly those that must be there; () leaves that to `arrays` and `required`.

        Raises:
            FileNotFoundError: there is no such file.
            NNetError: the format's own error.
        """
        header = self._read_header(path)
        known = dict(sides or {})
        for name, found in header.arrays.items():
            self._check(path, name, found, known)
        expected = set(names) or set(self.required)
        if not expected <= set(header.arrays) or (names and expected != set(header.arrays)):
            said = (", ".join(sorted(some))[:300] or "no arrays" for some in (expected, header.arrays))
            raise self.damaged(path, "expected {}, but it holds {}".format(*said))
        return header

    def numpy(
        self, path: Path, sides: Mapping[str, int] | None = None, names: Iterable[str] = ()
    ) -> dict[str, np.ndarray]:
        """The arrays by name, finite where they are floats. Raises like `header`."""
        return self._loaded(path, self.header(path, sides, names), "np", lambda a: bool(np.isfinite(a).all()))

    def torch(self, path: Path, sides: Mapping[str, int] | None = None, names: Iterable[str] = ()) -> dict[str, Tensor]:
        """The tensors by name, finite where they are floats. Raises like `header`."""
        import torch

        return self._loaded(path, self.header(path, sides, names), "pt", lambda t: bool(torch.isfinite(t).all()))

    def _loaded(self, path: Path, header: Header, framework: str, is_finite: Any) -> dict[str, Any]:
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework) as stored:
                arrays = {name: stored.get_tensor(name) for name in header.arrays}
        except (SafetensorError, OSError) as error:
            raise self.damaged(path, f"it cannot be read ({brief(error)})") from error
        for name, array in arrays.items():
            if header.arrays[name].type in _FLOATS and not is_finite(array):
                raise self.damaged(path, f"{name} holds numbers that are not finite (NaN or infinity)")
        return arrays

    def _read_header(self, path: Path) -> Header:
        try:
            with self.opened(path) as stream:
                length = int.from_bytes(stream.read(8), "little")
                content = stream.read(length) if length <= _HEADER else b""
        except (FileNotFoundError, NotADirectoryError) as error:
            raise FileNotFoundError(error.errno, error.strerror, str(path)) from error
        except OSError as error:
            raise self.damaged(path, f"it cannot be read ({error.strerror or error})") from error
        try:
            found = msgspec.json.decode(content, type=dict[str, Any])
            notes = found.pop(_NOTES, None) or {}
            msgspec.convert(notes, self.notes)
            entries = msgspec.convert(found, dict[str, _Entry])
        except (ValueError, RecursionError) as error:
            raise self.damaged(path, "it does not begin as a safetensors file does") from error
        return Header({name: Found(e["dtype"], tuple(e["shape"])) for name, e in entries.items()}, notes)

    def _check(self, path: Path, name: str, found: Found, sides: dict[str, int]) -> None:
        expected = next((one for pattern, one in self.arrays.items() if re.fullmatch(pattern, name)), None)
        if expected is None:
            raise self.damaged(path, f"it holds an array {name[:80]!r}, which has no place there")
        if found.type not in expected.types:
            raise self.damaged(path, f"{name} was expected to be {' or '.join(expected.types)}, it is {found.type}")
        if math.prod(found.shape) * _BYTES[found.type] > self.most:
            raise self.damaged(path, f"{name} has the shape {found.shape}, which is too large")
        if expected.shape is None:
            return
        fits = len(found.shape) == len(expected.shape)
        for side, wanted in zip(found.shape, expected.shape, strict=False):
            least, most = self.limits.get(str(wanted), _ANY)
            known = sides.setdefault(wanted, side) if isinstance(wanted, str) else wanted
            fits = fits and least <= side <= most and side == known
        if not fits:
            letters = dict.fromkeys(one for one in expected.shape if isinstance(one, str))
            where = [self._side(one, sides.get(one, -1)) for one in letters]
            expectation = f"({', '.join(map(str, expected.shape))})" + (f" with {', '.join(where)}" if where else "")
            raise self.damaged(path, f"{name} was expected to have the shape {expectation}, it has {found.shape}")

    def _side(self, letter: str, side: int) -> str:
        """What a letter of a shape stands for, in words; `side` where it is settled."""
        least, most = self.limits.get(letter, _ANY)
        return f"{letter} = {side}" if least <= side <= most else f"{letter} from {least} to {most}"
