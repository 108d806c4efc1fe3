"""Connected regions of a score map above a threshold, measured in pixels of the image."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

_WITH_CORNERS = np.ones((3, 3), int)


@dataclass(frozen=True)
class Region:
    """One connected region above the threshold. Coordinates are pixels of the image, x to the right and y down.

    Attributes:
        peak: its highest score.
        x, y: the pixel that holds the middle of the cell with that score.
        area: in square pixels of the image.
        share: of the image's area, 0..1.
        top_x: middle of its topmost cells; with `top`, a point on its edge where a label can stand.
        left, top, right, bottom: the box around it; the first pixel reaches from 0 to 1, so the box's width is
            right - left.
    """

    peak: float
    x: int
    y: int
    area: float
    share: float
    top_x: int
    left: int
    top: int
    right: int
    bottom: int


def find_regions(score: np.ndarray, threshold: float, shape: tuple[int, ...]) -> list[Region]:
    """The regions where the score lies above the threshold, the highest peak first.

    Cells that touch, be it at a corner, belong together, as in `nnet.scoring.metrics`.

    Args:
        score: (h, w), covers the whole image.
        threshold: values must be larger.
        shape: (H, W, ...) of the image.
    """
    labels, _ = ndimage.label(score > threshold, structure=_WITH_CORNERS)
    boxes = enumerate(ndimage.find_objects(labels), 1)
    found = [_measure(score, labels[box] == number, box, shape) for number, box in boxes]
    return sorted(found, key=lambda region: region.peak, reverse=True)


def _measure(score: np.ndarray, inside: np.ndarray, box: tuple[slice, slice], shape: tuple[int, ...]) -> Region:
    """The region of the cells `inside` the box, which are booleans of the box's shape."""
    rows, columns = box
    values = np.where(inside, score[box], -np.inf)
    row, column = np.unravel_index(int(values.argmax()), values.shape)
    share = float(inside.sum()) / score.size
    tall, wide = shape[0] / score.shape[0], shape[1] / score.shape[1]  # image pixels per cell
    x, y = cell_to_pixel(rows.start + int(row), columns.start + int(column), score.shape, shape)
    topmost = columns.start + float(np.mean(np.flatnonzero(inside[0]))) + 0.5
    return Region(
        peak=float(values.max()),
        x=x,
        y=y,
        area=share * shape[0] * shape[1],
        share=share,
        top_x=int(topmost * wide),
        left=round(columns.start * wide),
        top=round(rows.start * tall),
        right=round(columns.stop * wide),
        bottom=round(rows.stop * tall),
    )


def cell_to_pixel(row: int, column: int, grid: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, int]:
    """x and y of the image pixel in the middle of a cell.

    Args:
        grid: (h, w, ...) of the array that covers the image.
        shape: (H, W, ...) of the image.
    """
    return int((column + 0.5) * shape[1] / grid[1]), int((row + 0.5) * shape[0] / grid[0])


def pixel_to_cell(x: int, y: int, grid: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, int]:
    """Row and column of the cell under the middle of an image pixel; the arguments are as in `cell_to_pixel`."""
    row, column = int((y + 0.5) * grid[0] / shape[0]), int((x + 0.5) * grid[1] / shape[1])
    return min(max(row, 0), grid[0] - 1), min(max(column, 0), grid[1] - 1)


def peak_pixel(score: np.ndarray, shape: tuple[int, ...]) -> tuple[int, int]:
    """x and y of the image pixel in the middle of the cell with the highest score."""
    row, column = np.unravel_index(int(score.argmax()), score.shape)
    return cell_to_pixel(int(row), int(column), score.shape, shape)
