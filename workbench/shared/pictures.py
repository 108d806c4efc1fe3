"""Pictures as plain functions: arrays in; RGB arrays, zoomable Plotly pictures, HTML, PNG or NPZ bytes out.

Nothing here knows Streamlit, so that all of it serves in a test or a notebook as well. Conventions: images are uint8
(H, W, 3); score maps are float32 (h, w) of the network's input size and cover the whole image; coordinates are pixels
of the image as given, x to the right and y down, the first pixel reaching from 0 to 1.
"""

import base64
import hashlib
import html
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from PIL import Image, ImageColor, ImageDraw, ImageFont

from nnet.scoring.overlay import outline, paint, relative
from nnet.scoring.overlay import overlay as nnet_overlay
from nnet.scoring.overlay import to_png as png
from workbench.shared import charts, theme, units, words
from workbench.shared.cache import BoundedCache

DISPLAY_SIDE = 900
"""Longest side of a picture sent to the browser, in pixels; hover values and downloads keep full precision."""
DOWNLOAD_SIDE = 4096
"""Longest side of a downloaded picture; larger images are reduced to it."""

PNG_PIXELS = 160_000
"""Most pixels of a picture that goes to the browser as PNG. Of a photo on the whole screen a PNG takes 100 ms to make
and 1.5 MB, a JPEG without visible loss 10 ms and 0.2 MB. Downloads are PNG always."""
ENCODED_BYTES = 48 * 2**20
"""Most memory for pictures as text."""
_ENCODED: BoundedCache[bytes, str] = BoundedCache(ENCODED_BYTES, len)

_PICTURE_WIDTH = 330  # what a third of a wide page gives a picture; decides its height only
_PICTURE_HEIGHTS = (160, 480)


@dataclass(frozen=True)
class Scale:
    """How values become colours.

    Attributes:
        low, high: values of the first and the last colour; values outside take these.
        ticks: value -> label, for the colour bar.
        title: what the values are, with their unit.
        colour_map: a name of `theme.COLOUR_MAPS`.
    """

    low: float
    high: float
    ticks: Mapping[float, str]
    title: str
    colour_map: str = theme.DEFAULT_COLOUR_MAP

    def position(self, values: np.ndarray) -> np.ndarray:
        """0 at `low`, 1 at `high`, clipped; float32."""
        return relative(values, (self.low, self.high))


def calibrated_scale(threshold: float, colour_map: str = theme.DEFAULT_COLOUR_MAP) -> Scale:
    """The fixed scale of Score_p: 0 to twice the threshold, which lies in the middle."""
    ticks = dict(zip((0.0, threshold, 2 * threshold), words.threshold_ticks(), strict=True))
    return Scale(0.0, 2 * threshold, ticks, words.SCORE_SCALE, colour_map)


def own_scale(score: np.ndarray, threshold: float, colour_map: str = theme.DEFAULT_COLOUR_MAP) -> Scale:
    """The range of one image alone: shows faint structure, but makes every image, also a good one, reach the top."""
    low, high = float(score.min()), float(score.max())
    middle = (low + high) / 2
    first, last = (units.multiple(end, threshold) for end in (low, high))
    ticks = {low: units.times(first), middle: words.OWN_RANGE, high: words.against_threshold(last)}
    return Scale(low, high, ticks, words.SCORE_SCALE, colour_map)


# ---------------------------------------------------------------------------------------------------- RGB arrays


def fitted(shape: tuple[int, ...], limit: int) -> tuple[int, int]:
    """(height, width) of an image of `shape` after reducing its longest side to at most `limit`."""
    height, width = shape[:2]
    factor = min(1.0, limit / max(height, width))
    return max(1, round(height * factor)), max(1, round(width * factor))


def reduced(image: np.ndarray, limit: int = DISPLAY_SIDE) -> np.ndarray:
    """The image with its longest side at most `limit` pixels; the same array where it already fits."""
    height, width = fitted(image.shape, limit)
    if (height, width) == image.shape[:2]:
        return image
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS))


def colourised(values: np.ndarray, scale: Scale) -> np.ndarray:
    """Values of any shape as colours, uint8 (..., 3)."""
    return paint(scale.position(values), scale.colour_map)


def overlay(
    image: np.ndarray, score: np.ndarray, scale: Scale, opacity: float, edge: float | None = None
) -> np.ndarray:
    """The image with the score's colours on it, uint8 in the image's size; see `nnet.scoring.overlay.overlay`."""
    return nnet_overlay(image, score, (scale.low, scale.high), opacity, scale.colour_map, edge)


def with_defect(image: np.ndarray, mask: np.ndarray, least: int = 1) -> np.ndarray:
    """The image with a line around a defect in `theme.DEFECT`, uint8 in the image's size.

    Args:
        mask: bool (h, w) of any size, True on the defect.
        least: thickness of the line in pixels, or more in a large image.
    """
    height, width = image.shape[:2]
    inside = np.asarray(Image.fromarray(mask).resize((width, height), Image.Resampling.NEAREST))
    thickness = max(least, round(max(height, width) / 300))
    found = image.copy()
    found[outline(inside, 2 * thickness)] = 0  # told apart from every colour below it
    found[outline(inside, thickness)] = ImageColor.getrgb(theme.DEFECT)
    return found


def heatmap(image: np.ndarray, score: np.ndarray, threshold: float, opacity: float = 0.65) -> np.ndarray:
    """The image with Score_p on its fixed scale, uint8 in the image's size; what exceeds the threshold is outlined."""
    return overlay(image, score, calibrated_scale(threshold), opacity, threshold)


def map_scale(colour_map: str = theme.DEFAULT_COLOUR_MAP) -> Scale:
    """The one scale of M1..M6, each first divided by its own 99 % quantile on held-out normal images."""
    return Scale(0.0, 2.0, dict(zip((0.0, 1.0, 2.0), words.MAP_TICKS, strict=True)), words.MAP_SCALE, colour_map)


def map_tile(
    values: np.ndarray, normal_level: float, shape: tuple[int, ...], scale: Scale, side: int = 320
) -> np.ndarray:
    """One of M1..M6 as a picture in the image's proportions, `side` pixels on its longest side, cells left visible.

    Args:
        values: (h, w).
        normal_level: what counts as 1, see `map_scale`.
        shape: the image's.
    """
    height, width = (max(1, round(side * length / max(shape[:2]))) for length in shape[:2])
    colours = Image.fromarray(colourised(units.multiple(values, normal_level), scale))
    return np.asarray(colours.resize((width, height), Image.Resampling.NEAREST))


def map_sheet(tiles: Mapping[str, np.ndarray]) -> np.ndarray:
    """Tiles of one size side by side, three in a row, each with its name above it, on white."""
    height, width = next(iter(tiles.values())).shape[:2]
    margin, heading = 12, 30
    columns = min(3, len(tiles))
    rows = math.ceil(len(tiles) / columns)
    size = (margin + columns * (width + margin), margin + rows * (height + heading + margin))
    sheet = Image.new("RGB", size, "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(18)
    for index, (name, tile) in enumerate(tiles.items()):
        x = margin + index % columns * (width + margin)
        y = margin + index // columns * (height + heading + margin)
        draw.text((x, y), name, "black", font)
        sheet.paste(Image.fromarray(tile), (x, y + heading))
    return np.asarray(sheet)


def thumbnail(image: np.ndarray, side: int = 160) -> np.ndarray:
    """The whole image in the middle of a transparent square of `side` x `side` pixels: a defect may lie at its end."""
    longest = max(image.shape[:2])
    height, width = (max(1, round(length * side / longest)) for length in image.shape[:2])
    return squared(np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS)))


def squared(picture: np.ndarray) -> np.ndarray:
    """An RGB picture (H, W, 3) in the middle of a transparent square, RGBA uint8 with the longer side of both."""
    height, width = picture.shape[:2]
    side = max(height, width)
    made = np.zeros((side, side, 4), np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    made[top : top + height, left : left + width] = np.dstack([picture, np.full((height, width), 255, np.uint8)])
    return made


# -------------------------------------------------------------------------------------------------------- charts


def layer_below(source: str, shape: tuple[int, ...]) -> dict[str, object]:
    """Plotly's layout image: a data URI under the traces, stretched to one unit per pixel of an image of that shape."""
    return {
        "source": source,
        "xref": "x",
        "yref": "y",
        "x": 0,
        "y": 0,
        "sizex": shape[1],
        "sizey": shape[0],
        "sizing": "stretch",
        "layer": "below",
    }


def picture_figure(image: np.ndarray, shape: tuple[int, ...], score: np.ndarray, *, touch: bool = False) -> go.Figure:
    """A zoomable picture that tells position and score under the pointer.

    Args:
        image: what is shown, uint8, any size.
        shape: (H, W, ...) of the image as given, whose pixels the axes count.
        score: the score map under the pointer.
        touch: a drag scrolls the page instead of zooming.
    """
    below = layer_below(data_uri(image), shape)
    return charts.Chart([_hover_layer(score, shape, opacity=0)], _picture_layout(shape, touch) | {"images": [below]})


def map_figure(
    score: np.ndarray,
    shape: tuple[int, ...],
    scale: Scale,
    *,
    touch: bool = False,
    told: Mapping[str, object] | None = None,
    over: Sequence[Mapping[str, object]] = (),
    height: int | None = None,
) -> go.Figure:
    """A map itself, as zoomable as the pictures beside it; see `picture_figure`. `colour_bar` goes with it.

    Args:
        told: what to tell under the pointer instead of the score, as Plotly takes it.
        over: further traces.
        height: in pixels, where not `picture_height`.
    """
    colours = {"zmin": scale.low, "zmax": scale.high, "colorscale": theme.plotly_scale(scale.colour_map)}
    layout = _picture_layout(shape, touch) | ({} if height is None else {"height": height})
    return charts.Chart([_hover_layer(score, shape, **colours) | dict(told or {}), *over], layout)


def _hover_layer(score: np.ndarray, shape: tuple[int, ...], **options: object) -> dict[str, object]:
    cell_height, cell_width = shape[0] / score.shape[0], shape[1] / score.shape[1]
    return {
        "type": "heatmap",
        "z": np.asarray(score, np.float32),
        "x0": cell_width / 2,
        "dx": cell_width,
        "y0": cell_height / 2,
        "dy": cell_height,
        "showscale": False,
        "hovertemplate": words.SCORE_TOLD,
        **options,
    }


def picture_height(shape: tuple[int, ...]) -> int:
    """Height in pixels of a picture of this shape."""
    low, high = _PICTURE_HEIGHTS
    return int(np.clip(round(_PICTURE_WIDTH * shape[0] / shape[1]), low, high))


def _picture_layout(shape: tuple[int, ...], touch: bool) -> dict[str, object]:
    axis = {"visible": False, "constrain": "domain", "zeroline": False, "showgrid": False}
    return charts.CLEAR | {
        "xaxis": {"range": [0, shape[1]], "constraintoward": "left", **axis},  # below its title, over its scale
        "yaxis": {"range": [shape[0], 0], "scaleanchor": "x", "constraintoward": "top", **axis},
        "height": picture_height(shape),
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "dragmode": False if touch else "zoom",
        "uirevision": "stay",  # a moved slider keeps the zoom
    }


def timings_figure(timings: Mapping[str, float]) -> go.Figure:
    """Milliseconds per stage as bars, in the order in which they ran."""
    stages, values = list(timings), list(timings.values())
    bars = charts.bar(
        x=values,
        y=stages,
        orientation="h",
        marker={"color": theme.NORMAL, "line": {"width": 0}},
        text=[units.milliseconds(value) for value in values],
        textposition="outside",
        cliponaxis=False,
        hovertemplate=words.STAGE_TOLD,
    )
    axis = charts.axis(words.STAGES_AXIS, range=[0, 1.22 * max(values, default=1)])
    return charts.chart([bars], 60 + 26 * len(stages), x=axis, y=charts.names_axis())


def colour_bar(scale: Scale) -> str:
    """A scale as a horizontal bar with its ticks below: HTML that takes the page's own text colour."""
    ticks = "".join(_tick(float(scale.position(np.asarray(value))), label) for value, label in scale.ticks.items())
    return _bar(words.scale_label(scale.title), theme.css_gradient(scale.colour_map), ticks)


def _tick(position: float, label: str) -> str:
    end = {0.0: ' class="nn-low"', 1.0: ' class="nn-high"'}.get(position, "")
    return f'<span{end} style="left:{100 * position:.1f}%">{label}</span>'


# --------------------------------------------------------------------------------------------------------- bytes


def data_uri(image: np.ndarray) -> str:
    """An image as text that a browser takes in place of an address: PNG, or JPEG if it has over PNG_PIXELS.

    The last ones are kept, since most pictures of a page stay the same when a control changes.
    """
    image = np.ascontiguousarray(image)
    key = hashlib.blake2b(image.data, person=str(image.shape).encode()[:16]).digest()
    return _ENCODED.of(key, lambda: _encoded(image))


def forget_encoded() -> None:
    """Forget all pictures as text, which are made again in milliseconds: they do not say whose they are."""
    _ENCODED.drop(lambda _: True)


def _encoded(image: np.ndarray) -> str:
    if image.shape[0] * image.shape[1] <= PNG_PIXELS:
        return "data:image/png;base64," + base64.b64encode(png(image, level=1)).decode()
    return photo_uri(image)


def photo_uri(image: np.ndarray) -> str:
    """The same for pictures that are only looked at, as JPEG: a fraction of PNG's time and size, colours unreduced."""
    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(stream, "JPEG", quality=92, subsampling=0)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()


def npz(arrays: Mapping[str, np.ndarray], about: Mapping[str, object]) -> bytes:
    """Arrays as a compressed NPZ file that needs no unpickling; `about` goes in as JSON text under that name."""
    stream = io.BytesIO()
    everything = {**arrays, "about": np.array(json.dumps(about, ensure_ascii=False))}
    np.savez_compressed(stream, **everything)  # type: ignore[arg-type]  # numpy's stub takes them for its options
    return stream.getvalue()


def gradient_bar(gradient: str, ticks: Sequence[str]) -> str:
    """A CSS gradient as a horizontal bar with three ticks below: HTML like `colour_bar`."""
    places = zip((0.0, 0.5, 1.0), ticks, strict=True)
    written = "".join(_tick(position, html.escape(label)) for position, label in places)
    return _bar(words.COLOUR_SCALE, gradient, written)


def _bar(label: str, gradient: str, ticks: str) -> str:
    return (
        f'<div class="nn-bar" role="img" aria-label="{html.escape(label)}">'
        f'<div style="background:{gradient}"></div><div>{ticks}</div></div>'
    )
