"""Pillow's antialiased bilinear resizing as tensor operations, for an exported graph that takes pictures of any size.

Pillow resizes 8-bit pictures in whole numbers: each output pixel is a sum of input pixels times weights of 22 bits
(Resample.c, PRECISION_BITS), along one axis and, rounded to 8 bits, along the other. The columns are first; from Pillow
13 on the rows are, where they shrink by more than twice as many pixels.

float32 holds whole numbers of 24 bits. So each weight is split into an upper and a lower half of 11 bits, whose sums
are exact: the result is Pillow's to the bit where a picture is at most 28 times as wide and high as the network's
input. Beyond, a pixel may differ by one grey level.
"""

import torch
from torch import Tensor

HALF = 2**11
"""Of a weight: 1.0 is HALF * HALF."""


def resized(images: Tensor, size: int, branches: bool = True) -> Tensor:
    """Pictures of any one size -> the network's, as Pillow's resize((size, size), BILINEAR).

    Args:
        images: uint8 (N, H, W, 3).
        branches: whether an exported graph may go round all this for pictures of the network's size. They come out as
            they are in any case.

    Returns:
        float32 (N, size, size, 3), whole numbers 0..255.
    """
    if not branches or not torch.compiler.is_compiling():  # outside of a graph torch.cond would compile first
        return _resized(images, size)
    height, width = _count(images.shape[1]), _count(images.shape[2])
    fits = ((height == size) & (width == size))[0]
    found: Tensor = torch.cond(fits, lambda i: _as_they_are(i, size), lambda i: _resized(i, size), (images,))
    return found


def resized_always(images: Tensor, size: int) -> Tensor:
    """`resized` for pictures whose size is known when the graph is made."""
    return images.float() if images.shape[1:3] == (size, size) else _resized(images, size)


def _as_they_are(images: Tensor, size: int) -> Tensor:
    """Pictures of the network's size; the indices give the result a shape that is known when the graph is made."""
    rows, columns = (torch.minimum(torch.arange(size), _count(side) - 1) for side in images.shape[1:3])
    return images.index_select(1, rows).index_select(2, columns).float()


def _resized(images: Tensor, size: int) -> Tensor:
    pixels = images.permute(0, 3, 1, 2).float()  # (N, 3, H, W)
    turned = pixels.transpose(2, 3)
    columns_first = _along_rows(_along_rows(pixels, size).transpose(2, 3), size)  # both (N, 3, size, size), transposed
    rows_first = _along_rows(_along_rows(turned, size).transpose(2, 3), size).transpose(2, 3)
    height, width = _count(pixels.shape[2]), _count(pixels.shape[3])
    is_tall = height - size > (2 * (width - size)).clamp_min(0)
    return torch.where(is_tall, rows_first, columns_first).permute(0, 3, 2, 1).contiguous()


def _along_rows(pixels: Tensor, size: int) -> Tensor:
    """(..., found) whole numbers 0..255 -> (..., size), the same after rounding."""
    upper, lower = _weights(pixels.shape[-1], size)
    high, low = pixels @ upper.T, pixels @ lower.T
    carried = torch.floor((low + HALF * HALF / 2) / HALF)
    return torch.floor((high + carried) / HALF).clamp(0, 255)


def _weights(found: int, size: int) -> tuple[Tensor, Tensor]:
    """Upper and lower half of each weight, two (size, found) float32.

    The weight of input pixel x for output pixel i is a triangle around i's centre, 1 - |x + 1/2 - (i + 1/2) W / S| / r
    with r = max(1, W / S), divided by the sum over x. Times 2 S r, all of it is whole numbers.
    """
    x, i = torch.arange(found), torch.arange(size)[:, None]
    width = _count(found)
    reach = 2 * torch.maximum(width, torch.full_like(width, size))
    triangle = (reach - ((2 * x + 1) * size - (2 * i + 1) * width).abs()).clamp_min(0)
    total = triangle.sum(1, keepdim=True)
    upper = triangle * HALF // total
    rest = triangle * HALF - upper * total
    lower = (2 * rest * HALF + total) // (2 * total)  # rounded
    return upper.float(), lower.float()


def _count(found: int) -> Tensor:
    """A number as a tensor (1,), also where it is not known when the graph is made."""
    return torch.arange(found)[-1:] + 1
