"""What of a picture becomes the network's input, and how the maps of the inputs become one map of the picture.

A picture may be cropped to a box, cut into overlapping tiles, padded to a square, and have areas that are ignored
(`nnet.config.ModelConfig`). Every input is a square window of the picture, or with `stretch` the whole box. Along each
axis a window has weights that fall to its neighbours' over the overlap and sum to 1; a tile's weights are the product
of both, so that they sum to 1 at every place and the picture's map has no seams. Outside of the box and where the
picture is ignored the map is 0.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from nnet.config import Config, ModelConfig
from nnet.crop import box_of
from nnet.data.errors import ImageError
from nnet.data.ignoring import decode_ignore
from nnet.data.images import MIN_SIDE, resize, stored_size
from nnet.data.sample import Sample

LARGE = 4
"""How many times as long as the input's side a picture is from which tiles are proposed."""
SMALLEST_TILE = 256
"""The tile that is proposed for small inputs."""
DEFECT = 18
"""A small defect in pixels, to say what becomes of it."""
SMALLEST_SHARE = 0.05
"""Least share of each side that a crop box leaves: the map of the whole picture has as many times more cells."""
_LEAST = 1e-6  # weight at a window's very border, where a neighbour without overlap begins


@dataclass(frozen=True)
class Span:
    """One window along one axis.

    Attributes:
        start, stop: in pixels of the picture; a window may reach beyond it, where its border is repeated.
        first: the first cell of the picture's map that the window reaches.
        weights: (cells of the picture's map, cells of the window's) float32: interpolation times the window's weight.
    """

    start: int
    stop: int
    first: int
    weights: np.ndarray

    @property
    def cells(self) -> slice:
        """The cells of the picture's map that it reaches."""
        return slice(self.first, self.first + len(self.weights))


@dataclass(frozen=True)
class Framing:
    """How every picture of a model is framed; see `nnet.config.ModelConfig` for the fields.

    Attributes:
        size: side of the network's input in pixels.
        cells: side of the maps of one input.
    """

    size: int
    cells: int
    tile: int = 0
    overlap: int = 32
    fit: str = "stretch"
    crop: str = ""
    ignore: str = ""

    @classmethod
    def of(cls, model: ModelConfig) -> Framing:
        """The framing that a configuration names."""
        return cls(model.size, model.map_size, model.tile, model.overlap, model.fit, model.crop, model.ignore)

    @property
    def is_whole(self) -> bool:
        """Whether every picture as a whole is squeezed into the input, as in the paper."""
        return self.tile == 0 and self.fit == "stretch" and not self.crop and not self.ignore

    @property
    def pixels(self) -> int:
        """Pixels of Score_p for each side of an input: with tiles as many as the maps have cells."""
        return self.cells if self.tile else self.size

    @property
    def blended_cells(self) -> int | None:
        """`cells` as `nnet.scoring.maps.score_maps` takes it: None where an input is the whole picture."""
        return None if self.is_whole else self.cells

    @property
    def ignored(self) -> np.ndarray | None:
        """What is ignored, bool (h, w) over the whole picture; None for nothing. Raises ImageError if it is damaged."""
        return decode_ignore(self.ignore) if self.ignore else None

    def seen(self, picture: Sequence[int], shown: Sequence[int]) -> np.ndarray | None:
        """What is looked at, bool of the `shown` height and width, of a picture of this shape; None where all of it is.

        Raises ImageError if the crop box lies outside of it.
        """
        return self.frame(*picture[:2]).keep((shown[0], shown[1])) if self.crop or self.ignore else None

    def frame(self, height: int, width: int) -> Frame:
        """The framing of a picture of this size. Raises ImageError if the crop box lies outside of it."""
        return _frame(self, height, width)


@dataclass(frozen=True, eq=False)
class Frame:
    """The framing of pictures of one size.

    Attributes:
        framing: of the model.
        height, width: of the picture.
        box: left, top, right and bottom of the crop box in its pixels.
        rows, columns: the windows along both axes.
    """

    framing: Framing
    height: int
    width: int
    box: tuple[int, int, int, int]
    rows: tuple[Span, ...]
    columns: tuple[Span, ...]

    @property
    def count(self) -> int:
        """Number of network inputs that the picture makes."""
        return len(self.windows)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the picture's maps."""
        return self.cells(self.framing.cells)

    @property
    def score_shape(self) -> tuple[int, int]:
        """Rows and columns of the picture's Score_p, as `nnet.scoring.maps.score_maps` makes it of its maps."""
        rows, columns = self.shape
        scale = self.framing.pixels / self.framing.cells
        return round(rows * scale), round(columns * scale)

    def cells(self, side: int) -> tuple[int, int]:
        """Rows and columns of the whole picture where each input has side x side cells."""
        return _cells(self.height, self.rows[0], side), _cells(self.width, self.columns[0], side)

    @cached_property
    def windows(self) -> tuple[tuple[int, int], ...]:
        """(row, column) in `rows` and `columns` of every window in which anything is looked at, row by row."""
        keep = self.keep(self.shape)
        every = ((r, c) for r in range(len(self.rows)) for c in range(len(self.columns)))
        return tuple((r, c) for r, c in every if keep[self.rows[r].cells, self.columns[c].cells].any())

    def keep(self, shape: tuple[int, int]) -> np.ndarray:
        """What is looked at, bool of this shape over the whole picture: inside of the box and not ignored."""
        left, top, right, bottom = self.box
        y, x = ((np.arange(cells) + 0.5) / cells for cells in shape)
        inside_y = (y * self.height >= top) & (y * self.height < bottom)
        inside_x = (x * self.width >= left) & (x * self.width < right)
        keep: np.ndarray = inside_y[:, None] & inside_x[None]
        if (ignored := self.framing.ignored) is not None:
            rows, columns = ((p * n).astype(int) for p, n in zip((y, x), ignored.shape, strict=True))
            keep = keep & ~ignored[np.ix_(rows, columns)]
        return keep

    def window(self, index: int) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of a window in the picture's pixels; it may reach beyond the picture."""
        row, column = self.windows[index]
        return self.columns[column].start, self.rows[row].start, self.columns[column].stop, self.rows[row].stop

    def cut(self, image: np.ndarray, index: int) -> np.ndarray:
        """The pixels of a picture (H, W, 3) or mask (H, W) in a window; beyond the crop box its border is repeated."""
        left, top, right, bottom = self.window(index)
        x0, y0, x1, y1 = self.box
        part = image[max(top, y0) : min(bottom, y1), max(left, x0) : min(right, x1)]
        missing = [(max(y0 - top, 0), max(bottom - y1, 0)), (max(x0 - left, 0), max(right - x1, 0)), (0, 0)][
            : image.ndim
        ]
        return np.pad(part, missing, mode="edge") if any(map(any, missing)) else part

    def inputs(self, image: np.ndarray, wanted: Sequence[int]) -> np.ndarray:
        """Some windows as network inputs, uint8 (len(wanted), size, size, 3)."""
        return np.stack([resize(np.ascontiguousarray(self.cut(image, i)), self.framing.size) for i in wanted])

    def blend(self, maps: np.ndarray) -> np.ndarray:
        """One map of the picture from those of its windows.

        Args:
            maps: (windows, C, side, side) float32, in the order of `windows`.

        Returns:
            (C, *cells(side)) float32; 0 outside of what is looked at.
        """
        _, channels, side, _ = maps.shape
        shape = self.cells(side)
        rows, columns = self.rows, self.columns
        if side != self.framing.cells:
            rows, columns = _axes(self.framing, self.height, self.width, self.box, side)
        whole = np.zeros((channels, *shape), np.float32)
        for tile, (r, c) in zip(maps, self.windows, strict=True):
            row, column = rows[r], columns[c]
            whole[:, row.cells, column.cells] += row.weights @ tile @ column.weights.T
        whole *= self.keep(shape)
        return whole

    def at(self, y: float, x: float) -> int:
        """The window in which a place of the picture (in pixels) lies deepest."""

        def margin(index: int) -> float:
            left, top, right, bottom = self.window(index)
            return min(x - left, right - x, y - top, bottom - y)

        return max(range(self.count), key=margin)


def without_framing(config: Config) -> Config:
    """The same settings for images that are network inputs already."""
    model = dataclasses.replace(config.model, tile=0, overlap=32, fit="stretch", crop="", ignore="")
    return dataclasses.replace(config, model=model)


@dataclass(frozen=True)
class Advice:
    """Why pictures should be cut into tiles.

    Attributes:
        height, width: of a picture in pixels.
        defect, shrunk: a small defect's diameter in the picture and in the network's input, in pixels.
        tile, overlap: what to set.
        count: how many inputs each picture then makes, and so about how many times longer it takes.
    """

    height: int
    width: int
    defect: int
    shrunk: float
    tile: int
    overlap: int
    count: int

    @property
    def sentence(self) -> str:
        """Why, how, and what it costs, for the command line."""
        return (
            f"Pictures of {self.width:,} x {self.height:,} pixels are much larger than the network's input: a pit of "
            f"{self.defect} pixels becomes {self.shrunk:.1f} pixels, and can be missed. Cut them into tiles with "
            f"--tile {self.tile} --overlap {self.overlap}: each then makes {self.count:,} inputs, so that training and "
            f"scoring take up to {self.count:,} times as long."
        )


def advice(framing: Framing, height: int, width: int) -> Advice | None:
    """Whether pictures of this size should be cut into tiles: they are over `LARGE` times as long as the input.

    Raises:
        ImageError: the crop box does not fit.
    """
    frame = framing.frame(height, width)
    side = max(span.stop - span.start for span in (*frame.rows, *frame.columns))
    if framing.tile or side <= LARGE * framing.size:
        return None
    tile = max(SMALLEST_TILE, framing.size)
    tiled = dataclasses.replace(framing, tile=tile, overlap=tile // 8)
    count = tiled.frame(height, width).count
    return Advice(height, width, DEFECT, DEFECT * framing.size / side, tile, tile // 8, count)


def advice_for(framing: Framing, samples: Sequence[Sample]) -> Advice | None:
    """`advice` for a data set, from the first picture whose size can be read; None where there is none."""
    for sample in samples[:8]:
        size = stored_size(sample.path) if sample.path else sample.load().image.shape[1::-1]
        if size is not None:
            with contextlib.suppress(ImageError):
                return advice(framing, size[1], size[0])
    return None


@lru_cache(maxsize=32)
def _frame(framing: Framing, height: int, width: int) -> Frame:
    box = _box(framing.crop, height, width)
    frame = Frame(framing, height, width, box, *_axes(framing, height, width, box, framing.cells))
    if not frame.windows:
        raise ImageError("The ignore mask covers all that the crop box leaves. Change one of the two.")
    return frame


def _box(crop: str, height: int, width: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom in pixels."""
    found = box_of(crop)
    if found is None:
        return 0, 0, width, height
    x, y, w, h = found
    if max(found) <= 1:
        x, w, y, h = x * width, w * width, y * height, h * height
    left, top, right, bottom = round(x), round(y), round(x + w), round(y + h)
    least = [max(MIN_SIDE, math.ceil(SMALLEST_SHARE * side)) for side in (width, height)]
    if right > width or bottom > height or right - left < least[0] or bottom - top < least[1]:
        raise ImageError(
            f"The crop box {crop} does not fit a picture of {width} x {height} pixels: expected a box inside of it of "
            f"at least {least[0]} x {least[1]} pixels. Give another box, or pictures of the size that it was made for."
        )
    return left, top, right, bottom


def _axes(
    framing: Framing, height: int, width: int, box: tuple[int, int, int, int], side: int
) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
    """The windows along both axes for maps with so many cells a side."""
    left, top, right, bottom = box
    square = max(right - left, bottom - top) if framing.fit == "letterbox" else 0
    found = []
    for length, start, stop in ((height, top, bottom), (width, left, right)):
        windows = list(_windows(start, stop, framing.tile or square, framing.overlap))
        found.append(tuple(_spans(length, windows, (start, stop), side)))
    return found[0], found[1]


def _windows(start: int, stop: int, side: int, overlap: int) -> Iterator[tuple[int, int]]:
    """Windows of this side, spread evenly over a stretch; one in its middle where it is shorter; 0 takes all of it."""
    length = stop - start
    if side == 0:
        yield start, stop
    elif length <= side:
        first = start - (side - length) // 2
        yield first, first + side
    else:  # rounded down, so that no two are further apart than they may be
        count = math.ceil((length - overlap) / (side - overlap))
        for first in np.linspace(start, stop - side, count).astype(int).tolist():
            yield first, first + side


def _spans(length: int, windows: Sequence[tuple[int, int]], inside: tuple[int, int], side: int) -> Iterator[Span]:
    """The windows with their weights, which sum to 1 at each cell of the picture's map that lies inside."""
    cells = max(1, round(length * side / (windows[0][1] - windows[0][0])))
    centres = (np.arange(cells) + 0.5) * length / cells
    shares = np.zeros((len(windows), cells))
    for index, (start, stop) in enumerate(windows):
        share = np.ones(cells)
        if index:
            share = np.minimum(share, _ramp(centres - start, windows[index - 1][1] - start))
        if index + 1 < len(windows):
            share = np.minimum(share, _ramp(stop - centres, stop - windows[index + 1][0]))
        shares[index] = share * ((centres >= start) & (centres < stop))
    shares *= (centres >= inside[0]) & (centres < inside[1])
    shares /= np.maximum(shares.sum(axis=0), _LEAST**2)
    for (start, stop), share in zip(windows, shares, strict=True):
        reached = np.flatnonzero(share)
        first, last = (int(reached[0]), int(reached[-1]) + 1) if len(reached) else (0, 0)
        yield Span(
            start, stop, first, _interpolation((centres[first:last] - start) / (stop - start), side, share[first:last])
        )


def _ramp(distance: np.ndarray, overlap: int) -> np.ndarray:
    return np.clip(distance / max(overlap, _LEAST), _LEAST, 1)


def _interpolation(places: np.ndarray, side: int, share: np.ndarray) -> np.ndarray:
    """(places, side) float32: linear interpolation of `side` cells at places 0..1, times each place's share."""
    position = np.clip(places * side - 0.5, 0, side - 1)
    lower = np.minimum(position.astype(int), max(side - 2, 0))
    rest = position - lower
    weights = np.zeros((len(places), side), np.float32)
    each = np.arange(len(places))
    weights[each, lower] = (1 - rest) * share
    weights[each, np.minimum(lower + 1, side - 1)] += rest * share
    return weights


def _cells(length: int, span: Span, side: int) -> int:
    return max(1, round(length * side / (span.stop - span.start)))
