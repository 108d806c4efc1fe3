"""From decoded images to batches that the network takes."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import torch
from torch import Tensor


class LazyImages(Protocol):
    """Images that are decoded when asked for (`nnet.data.ImageCache`)."""

    def __len__(self) -> int: ...
    def batch(self, indices: np.ndarray) -> np.ndarray: ...


Images = np.ndarray | LazyImages


def take(images: Images, indices: np.ndarray) -> np.ndarray:
    """Some of the images, uint8 (len(indices), size, size, 3)."""
    return images[indices] if isinstance(images, np.ndarray) else images.batch(indices)


def to_network_input(images: np.ndarray, device: torch.device) -> Tensor:
    """uint8 images (B, size, size, 3) -> float32 (B, 3, size, size) in 0..1, channels last, on `device`."""
    pixels = torch.from_numpy(images)
    if device.type == "cuda":
        pixels = pixels.pin_memory()
    return pixels.to(device, non_blocking=True).permute(0, 3, 1, 2).float().div_(255)


def batches(count: int, size: int) -> Iterator[slice]:
    """Consecutive slices of at most `size` that cover range(count)."""
    return (slice(start, min(start + size, count)) for start in range(0, count, size))
