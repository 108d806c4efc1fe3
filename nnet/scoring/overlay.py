"""Paint an anomaly score over its image: the one way in which heatmaps are drawn, on the command line and on pages."""

import io
from functools import cache

import numpy as np
from PIL import Image
from scipy import ndimage

# Perceptually uniform, readable in print and with every common kind of colour blindness; cividis was made for it.
# The equally spaced colours between which each runs straight are Plotly's, so that pictures look like the charts.
_STOPS = {
    "inferno": "000004 1b0c41 4a0c6b 781c6d a52c60 cf4446 ed6925 fb9b06 f7d13d fcffa4",
    "viridis": "440154 482878 3e4989 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725",
    "cividis": "00224e 123570 3b496c 575d6d 707173 8a8678 a59c74 c3b369 e1cc55 fee838",
    "magma": "000004 180f3d 440f76 721f81 9e2f7f cd4071 f1605d fd9668 feca8d fcfdbf",
}
COLOUR_MAPS = tuple(_STOPS)
LEVELS = 256
OUTLINE = (255, 255, 255)


def overlay(
    image: np.ndarray,
    score: np.ndarray,
    colour_range: tuple[float, float],
    opacity: float = 0.7,
    colour_map: str = "inferno",
    edge: float | None = None,
) -> np.ndarray:
    """The image with its score in colour on top, uint8 (H, W, 3).

    Args:
        image: uint8 (H, W, 3).
        score: (h, w) float; brought to the image's size by bilinear interpolation.
        colour_range: scores at the cold and at the hot end of the scale (`Reference.colour_range`).
        opacity: 0..1, reached at the middle of the scale, where the threshold is. Colder pixels are more
            transparent in proportion, so that a normal image looks like itself.
        colour_map: one of COLOUR_MAPS.
        edge: outline the regions whose score lies above this value, holes in them dashed; None draws no outline.
    """
    values = enlarge(score, image.shape[:2])
    position = relative(values, colour_range)
    alpha = (opacity * np.minimum(1, 2 * position))[..., None]
    # (1 - alpha) * image + alpha * colour, in place, which takes half the time on a large picture.
    mixed = paint(position, colour_map).astype(np.float32)
    mixed -= image
    mixed *= alpha
    mixed += image
    painted = np.rint(mixed, out=mixed).astype(np.uint8)
    if edge is not None:
        painted[marked_edge(values > edge, score > edge, max(1, round(max(image.shape[:2]) / 400)))] = OUTLINE
    return painted


def hatched(image: np.ndarray, seen: np.ndarray | None) -> np.ndarray:
    """A picture, uint8 (H, W, 3), hatched where `seen`, bool (H, W), says that nothing is looked at; None: all is."""
    if seen is None:
        return image
    y, x = np.ogrid[: image.shape[0], : image.shape[1]]
    width = max(3, max(image.shape[:2]) // 80)
    stripes = np.where((x + y) // width % 3 == 0, 96, 24).astype(np.uint8)[..., None]
    return np.where(seen[..., None], image, image // 3 + stripes).astype(np.uint8)


def relative(score: np.ndarray, colour_range: tuple[float, float]) -> np.ndarray:
    """Position of each score on the colour scale, 0..1, values beyond the ends clipped; float32."""
    low, high = colour_range
    span = max(high - low, float(np.finfo(np.float32).tiny))
    position: np.ndarray = np.clip((np.asarray(score, np.float32) - low) / span, 0, 1)
    return position


def paint(position: np.ndarray, colour_map: str = "inferno") -> np.ndarray:
    """Colours (..., 3) uint8 of positions 0..1."""
    colours: np.ndarray = colour_table(colour_map).take(np.rint(position * (LEVELS - 1)).astype(np.uint8), axis=0)
    return colours


def enlarge(score: np.ndarray, shape: tuple[int, int], part: tuple[int, int, int, int] | None = None) -> np.ndarray:
    """A score map brought to (height, width) by bilinear interpolation, float32.

    Args:
        part: left, top, width and height of the part of the enlarged map that is wanted, without making the rest.
    """
    picture = Image.fromarray(np.ascontiguousarray(score, np.float32))
    left, top, width, height = part or (0, 0, *shape[::-1])
    across, down = score.shape[1] / shape[1], score.shape[0] / shape[0]
    box = (left * across, top * down, (left + width) * across, (top + height) * down)
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR, box if part else None))


def outline(mask: np.ndarray, thickness: int = 1) -> np.ndarray:
    """The border of a region just outside it, bool (H, W); `thickness` in pixels."""
    grown = mask.copy()
    for _ in range(thickness):
        padded = np.pad(grown, 1)
        grown = padded[1:-1, 1:-1] | padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:]
    border: np.ndarray = grown & ~mask
    return border


def marked_edge(mask: np.ndarray, cells: np.ndarray, thickness: int = 1) -> np.ndarray:
    """The border of what is marked, bool (H, W), so that inside and outside are told apart however much is marked: a
    region that reaches the picture's own edge is closed along it, and a hole in a region is dashed.

    Args:
        mask: bool (H, W), True on what is marked.
        cells: the same in the cells of the score, bool (h, w), in which holes are looked for.
        thickness: in pixels.
    """
    border = outline(mask, thickness)
    frame = np.zeros_like(mask)
    frame[:thickness] = frame[-thickness:] = frame[:, :thickness] = frame[:, -thickness:] = True
    border |= frame & mask
    holes = ndimage.binary_fill_holes(cells) & ~cells
    if holes.any():
        around = Image.fromarray(ndimage.binary_dilation(holes, np.ones((3, 3))))
        within = np.asarray(around.resize(mask.shape[::-1], Image.Resampling.NEAREST))
        y, x = np.ogrid[: mask.shape[0], : mask.shape[1]]
        dash = 4 * thickness
        border &= ~within | ((x // dash + 2 * (y // dash)) % 4 < 2)  # dashes lines of any direction
    return border


def stops(name: str) -> tuple[tuple[int, int, int], ...]:
    """The colours, equally spaced, between which a colour map runs straight.

    Raises:
        KeyError: no colour map has that name.
    """
    return tuple((red, green, blue) for red, green, blue in map(bytes.fromhex, _STOPS[name].split()))


@cache
def colour_table(name: str) -> np.ndarray:
    """A colour map as 256 colours from low to high, uint8 (256, 3), read-only."""
    anchors = np.array(stops(name), np.float64)
    at = np.linspace(0, len(anchors) - 1, LEVELS)
    table = np.stack([np.interp(at, np.arange(len(anchors)), channel) for channel in anchors.T], axis=1)
    colours: np.ndarray = np.rint(table).astype(np.uint8)
    colours.flags.writeable = False
    return colours


def to_png(image: np.ndarray, level: int = 6) -> bytes:
    """PNG file of a uint8 (H, W, 3) image; `level` 1 is fast, 9 is small."""
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(stream, "PNG", compress_level=level)
    return stream.getvalue()
