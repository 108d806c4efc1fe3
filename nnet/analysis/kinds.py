"""The kind of part that a model knows, from normal pictures."""

from __future__ import annotations

import torch

from nnet.detector import Detector
from nnet.model.inputs import Images, batches, take
from nnet.scoring import kind
from nnet.scoring.kind import Kind

BATCH = 8


def kind_of(detector: Detector, images: Images) -> Kind | None:
    """What a model's parts look like to its teacher, from normal images, uint8 (n, size, size, 3).

    Whether the network was trained on them does not matter, since the teacher was not. None for too few.
    """
    which = kind.chosen(len(images))
    if len(which) < kind.LEAST:
        return None
    parts = [
        detector.maps_and_f3(list(take(images, which[part])))[1].float().mean(dim=(2, 3)).cpu()
        for part in batches(len(which), BATCH)
    ]
    # Rounded as it is stored, so that the model in memory equals the one that is loaded.
    return Kind(torch.cat(parts).half().float().numpy())
