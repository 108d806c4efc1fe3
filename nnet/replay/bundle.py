"""Replay bundles: one result as a ZIP that anybody can open again, and whose numbers are then checked.

manifest.json     format, and size and SHA-256 of every other member
image.png         the decoded pixels, without loss
original.*        the file as it was uploaded, where there was one
values.npz        the score map and M1..M6, float32
calibration.json  scores of the held-out normal images under the expression, threshold, levels of each map
settings.json     expression, threshold, view, and the numbers that were shown
model.json        hashes of weights, calibration and teacher; settings; versions, device and date

Nothing in it is unpickled or run. `nnet.replay.checks` compares its numbers with the network's.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nnet.scoring.calibration import Reference


@dataclass(frozen=True, eq=False)
class Bundle:
    """One result, as it was stored.

    Attributes:
        title: of the image, for people.
        image: uint8 (H, W, 3).
        original: (file name, content) as uploaded, or None.
        maps: name -> float32 (h, w).
        score: float32 (size, size), smoothed.
        reference: the held-out normal images under the expression, with the threshold in use.
        size, sigma: side of the network input in pixels; of the Gaussian, in pixels of 256.
        value, percentile, p_value, anomalous: the numbers that were shown.
        pixels_hash: `nnet.data.images.content_hash` of the image.
        levels: of each map the value that 99 % of the held-out normal pixels stay below.
        view: settings of the display as text, as they are in the workbench's URL.
        model: contents of model.json.
        damaged: members whose SHA-256 is not the one in the manifest.
        members: number of members that the manifest lists.
    """

    title: str
    image: np.ndarray
    original: tuple[str, bytes] | None
    maps: dict[str, np.ndarray]
    score: np.ndarray
    reference: Reference
    size: int
    sigma: float
    value: float
    percentile: float
    p_value: float
    anomalous: bool
    pixels_hash: str
    levels: dict[str, float]
    view: dict[str, str]
    model: dict[str, Any]
    damaged: tuple[str, ...]
    members: int

    @property
    def weights_hash(self) -> str:
        """SHA-256 of the checkpoint's weights."""
        return self.model["checkpoint"]["weights_sha256"]

    @property
    def made(self) -> str:
        """When, by which version and on which device, in words."""
        at, machine = self.model["created"], self.model["environment"]
        version = machine["versions"].get("nnet", "?")
        return f"{at.replace('T', ' ').removesuffix('+00:00')} UTC by N-Net {version} on {machine['device']}"


def without_image(bundle: Bundle) -> Bundle:
    """The bundle without its pixels and the uploaded file, to be kept where memory is scarce."""
    return replace(bundle, image=np.empty((0, 0, 3), np.uint8), original=None)
