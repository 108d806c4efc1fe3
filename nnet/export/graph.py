"""The trained network as one function of pixels: what every export format holds, from the image to the decision."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from nnet.data.framing import Frame
from nnet.detector import TrainedModel
from nnet.export.framed import Windows
from nnet.export.resizing import resized
from nnet.scoring.calibration import Reference
from nnet.scoring.maps import anomaly_maps, divided, image_score, score_maps, to_common_size


class Graph(nn.Module):
    """uint8 pixels in; M1..M6, the score map, the score, the threshold and the decision out.

    Args:
        model: the trained model; its network is used as it is.
        reference: expression and threshold.
        inside: for the web page, which cuts, resizes and blends by itself: give "addressing", "F1", ..., "SP3", too, as
            far as the network has them, and take pictures of the network's size alone.
        frame: of a model that frames its pictures; they are then all of this frame's size.

    Attributes:
        branches: as for `nnet.export.resizing.resized`.
    """

    limit: Tensor

    def __init__(
        self, model: TrainedModel, reference: Reference, inside: bool = False, frame: Frame | None = None
    ) -> None:
        super().__init__()
        self.network, self.config, self.inside = model.network, model.config, inside
        self.frame, self.windows = frame, None if frame is None or inside else Windows(frame)
        self.pixels, self.cells = model.framing.pixels, model.framing.blended_cells
        self.levels, self.branches = model.levels, True
        self.expression = reference.expression
        # Not called "threshold": the exporter to ONNX does not bear a buffer and an output of one name.
        self.register_buffer("limit", torch.tensor(float32_below(reference.threshold)), persistent=False)

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """images (N, H, W, 3) uint8, all of one size -> a tensor for each of `names`.

        M1..M6 (N, 64, 64), score_map (N, size, size), score (N,), threshold (), all float32; anomalous (N,) bool.
        With a frame the maps have `Frame.shape`, and score_map `Frame.score_shape`.
        """
        if self.windows is not None:
            maps, _ = self.look(self.windows.cut(images))
            return self.judge(self.windows.blend(maps))
        size = self.config.model.size
        maps, out = self.look(images.float() if self.inside else resized(images, size, self.branches))
        return {**self.judge(maps), **(self._inside(out) if self.inside else {})}

    def look(self, pixels: Tensor) -> tuple[dict[str, Tensor], Any]:
        """M1..M6 of network inputs and the network's outputs, from float32 pixels (N, size, size, 3), 0..255."""
        out = self.network(pixels.permute(0, 3, 1, 2) / 255)
        native = divided(anomaly_maps(out, self.config.loss.distance), self.levels)
        return to_common_size(native, self.config.model.map_size), out

    def judge(self, maps: dict[str, Tensor]) -> dict[str, Tensor]:
        """The maps of pictures, and what follows from them."""
        scores = score_maps(maps, self.expression, self.pixels, self.config.scoring.sigma, self.cells)
        score = image_score(scores)
        threshold = self.limit.clone()
        return {**maps, "score_map": scores, "score": score, "threshold": threshold, "anomalous": score > threshold}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the outputs, in order."""
        return tuple(self.outputs())

    def outputs(self) -> dict[str, Tensor]:
        """The outputs for the example, by name."""
        with torch.no_grad():
            found: dict[str, Tensor] = self(self.example())
            return found

    def example(self) -> Tensor:
        """Two black images; of one alone the exporters would take N to be always 1, and of a square H to be W."""
        height = width = self.config.model.size
        if self.frame is not None and not self.inside:
            height, width = self.frame.height, self.frame.width
        elif not self.inside:
            height, width = height + 1, width + 2
        return torch.zeros(2, height, width, 3, dtype=torch.uint8)

    def _inside(self, out: Any) -> dict[str, Tensor]:
        found = {} if out.addressing is None else {"addressing": out.addressing.weights}
        for symbol in ("F", "P", "D", "SP"):
            features = getattr(out, symbol)
            found |= {} if features is None else {f"{symbol}{i}": f for i, f in enumerate(features, 1)}
        return found


def float32_below(threshold: float) -> float:
    """The largest float32 that is not above a threshold: a float32 score lies above both, or above neither."""
    near = np.float32(threshold)
    return float(near if float(near) <= threshold else np.nextafter(near, np.float32(-np.inf)))
