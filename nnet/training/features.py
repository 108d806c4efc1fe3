"""The training images and the teacher's features of them, computed once and reused in every epoch.

No augmentation is used (paper, section 4.1), so F_1..F_3 of an image never change during training.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from nnet.config import Config
from nnet.device import autocast
from nnet.model.inputs import Images, batches, take, to_network_input
from nnet.model.network import NNet

Progress = Callable[[int, int], None]
KMEANS_SAMPLE = 20_000


class FeatureCache:
    """Teacher features of all images: on the GPU if they fit there, else in main memory, else computed on demand.

    Args:
        network: supplies the teacher.
        images: uint8 (n, size, size, 3), or images decoded on demand.
        rows: indices of the images to serve; the indices of `batch` count these.
        budget: bytes that the features may take in main memory; on a GPU at most half of what is free there.
        device, dtype: where and how the teacher computes; features are stored in `dtype`.
        progress: called with (done, all) images while the cache is filled.
    """

    def __init__(
        self,
        network: NNet,
        images: Images,
        rows: np.ndarray,
        budget: int,
        device: torch.device,
        dtype: torch.dtype,
        progress: Progress | None = None,
    ) -> None:
        self.network, self.images, self.rows = network, images, rows
        self.device, self.dtype = device, dtype
        probe = self._compute(np.arange(1))
        self.bytes_per_image = sum(f.numel() * dtype.itemsize for f in probe)
        needed = self.bytes_per_image * len(rows)
        # Gathered in main memory and copied, a step's features would take longer than the teacher takes for them.
        self.on_device = device.type == "cuda" and needed <= torch.cuda.mem_get_info(device)[0] // 2
        self.fits = self.on_device or needed <= budget
        self._stored = self._fill(probe, progress) if self.fits else None

    def batch(self, indices: np.ndarray) -> tuple[Tensor, list[Tensor]]:
        """Images (B, 3, size, size) in 0..1 and their F_1..F_3, on the device."""
        images = self._input(indices)
        if self._stored is None:
            return images, self._teach(images)
        chosen = torch.from_numpy(indices).to(self._stored[0].device)
        rows = (stored[chosen].to(self.device, non_blocking=True) for stored in self._stored)
        return images, [row.permute(0, 3, 1, 2) for row in rows]

    def sample_f3(self, count: int, generator: np.random.Generator) -> Tensor:
        """About `count` vectors of F_3, (count, C) float32, drawn from up to 64 random images."""
        chosen = generator.choice(len(self.rows), min(64, len(self.rows)), replace=False)
        f3 = torch.cat([self.batch(chosen[part])[1][2].float().cpu() for part in batches(len(chosen), 16)])
        vectors = f3.permute(0, 2, 3, 1).reshape(-1, f3.shape[1])  # (images * H * W, C)
        picked = generator.choice(len(vectors), min(count, len(vectors)), replace=False)
        return vectors[torch.from_numpy(picked)]

    def _teach(self, images: Tensor) -> list[Tensor]:
        with autocast(self.device, self.dtype):
            return self.network.T(self.network.normalise(images))

    def _input(self, indices: np.ndarray) -> Tensor:
        return to_network_input(take(self.images, self.rows[indices]), self.device)

    def _compute(self, indices: np.ndarray) -> list[Tensor]:
        return self._teach(self._input(indices))

    def _fill(self, probe: list[Tensor], progress: Progress | None) -> list[Tensor]:
        n = len(self.rows)
        shapes = [(n, f.shape[2], f.shape[3], f.shape[1]) for f in probe]  # (n, H, W, C): channels last
        where = self.device if self.on_device else "cpu"
        stored = [torch.empty(shape, dtype=self.dtype, device=where) for shape in shapes]
        for part in batches(n, 16):
            for target, f in zip(stored, self._compute(np.arange(n)[part]), strict=True):
                target[part] = f.permute(0, 2, 3, 1)
            if progress:
                progress(part.stop, n)
        return stored


def memory_centres(features: FeatureCache, config: Config) -> Tensor:
    """Where the memory starts, (N, C) float32: k-means centres of F_3's directions, scaled back to the features' mean
    length. Every item starts in use."""
    from sklearn.cluster import MiniBatchKMeans

    items, seed = config.model.memory_items, config.train.seed
    vectors = features.sample_f3(max(KMEANS_SAMPLE, 4 * items), np.random.default_rng([seed, 2]))
    directions = nn.functional.normalize(vectors, dim=1)
    items_found = min(items, len(vectors))
    clusters = MiniBatchKMeans(items_found, random_state=seed, n_init=1, batch_size=4096)
    centres = torch.from_numpy(clusters.fit(directions.numpy()).cluster_centers_).float()
    centres = centres.repeat(math.ceil(items / items_found), 1)[:items]
    return centres * vectors.norm(dim=1).mean()
