"""Crop box, tiles, letterbox and ignore mask (`nnet.data.framing`) as tensor operations, for pictures of one size.

The windows of all pictures are one batch. Blending is linear along rows and columns alike, so that the windows' maps,
put side by side in their grid, become the picture's map by one matrix for the rows and one for the columns.
"""

import numpy as np
import torch
from torch import Tensor, nn

from nnet.data.framing import Frame, Span
from nnet.export.resizing import resized_always


class Windows(nn.Module):
    """The windows of pictures of a frame's size, and their maps as those of the pictures."""

    rows: Tensor
    columns: Tensor
    down: Tensor
    across: Tensor
    wanted: Tensor
    place: Tensor
    keep: Tensor

    def __init__(self, frame: Frame) -> None:
        super().__init__()
        self.size, self.count, self.grid = frame.framing.size, frame.count, (len(frame.rows), len(frame.columns))
        left, top, right, bottom = frame.box
        numbers = [row * self.grid[1] + column for row, column in frame.windows]
        place = np.full(self.grid[0] * self.grid[1], self.count)  # what is ignored gets the map of zeros after the last
        place[numbers] = np.arange(self.count)
        held = {
            "rows": _pixels(frame.rows, top, bottom),
            "columns": _pixels(frame.columns, left, right),
            "down": down(frame),
            "across": across(frame).T,
            "wanted": np.array(numbers),
            "place": place,
            "keep": frame.keep(frame.shape).astype(np.float32),
        }
        for name, array in held.items():
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(array)), persistent=False)

    def cut(self, images: Tensor) -> Tensor:
        """uint8 (N, H, W, 3) -> network inputs, float32 (N * count, size, size, 3), 0..255."""
        found = images.index_select(1, self.rows).index_select(2, self.columns)
        tiles = found.unflatten(1, (self.grid[0], -1)).unflatten(3, (self.grid[1], -1))  # (N, R, h, C, w, 3)
        every = tiles.permute(0, 1, 3, 2, 4, 5).flatten(1, 2)  # (N, R C, h, w, 3)
        return resized_always(every.index_select(1, self.wanted).flatten(0, 1), self.size)

    def blend(self, maps: dict[str, Tensor]) -> dict[str, Tensor]:
        """Each map (N * count, side, side) of the windows -> (N, h, w) of the pictures."""
        stacked = torch.stack(list(maps.values()), dim=1).unflatten(0, (-1, self.count))  # (N, count, 6, side, side)
        padded = torch.cat([stacked, torch.zeros_like(stacked[:, :1])], dim=1).index_select(1, self.place)
        laid = padded.unflatten(1, self.grid).permute(0, 3, 1, 4, 2, 5)  # (N, 6, R, side, C, side)
        whole = self.down @ laid.flatten(4, 5).flatten(2, 3) @ self.across * self.keep
        return dict(zip(maps, whole.unbind(1), strict=True))


def down(frame: Frame) -> np.ndarray:
    """(rows of the picture's map, windows below one another * side) float32."""
    return _weights(frame.rows, frame.shape[0], frame.framing.cells)


def across(frame: Frame) -> np.ndarray:
    """(columns of the picture's map, windows beside one another * side) float32."""
    return _weights(frame.columns, frame.shape[1], frame.framing.cells)


def _pixels(spans: tuple[Span, ...], first: int, stop: int) -> np.ndarray:
    """Which pixels the windows show along one axis, one after another; the box's border is repeated beyond it."""
    return np.concatenate([np.arange(span.start, span.stop).clip(first, stop - 1) for span in spans])


def _weights(spans: tuple[Span, ...], cells: int, side: int) -> np.ndarray:
    """(cells of the picture's map, windows * side) float32."""
    found = np.zeros((cells, len(spans), side), np.float32)
    for index, span in enumerate(spans):
        found[span.cells, index] = span.weights
    return found.reshape(cells, -1)
