"""The kind of part that a model knows, from normal pictures."""

from collections.abc import Sequence

import numpy as np
import torch

from nnet.analysis.evaluation import Evidence
from nnet.data import Sample
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


def kind_of_pictures(detector: Detector, samples: Sequence[Sample]) -> Kind | None:
    """`kind_of` for a model that frames its pictures (`nnet.data.framing`), from whole ones.

    Raises:
        nnet.errors.NNetError: one cannot be read.
    """
    which = kind.chosen(len(samples))
    if len(which) < kind.LEAST:
        return None
    return as_stored([detector.score([samples[i].load().image])[0].features for i in which])


def other_good(kind: Kind | None, evidence: Evidence) -> int | None:
    """How many of the good pictures that were measured show another kind of part; None for a model that knows none."""
    if kind is None:
        return None
    return sum(kind.is_other(features) for features in evidence.embeddings["image"][~evidence.defective])


def as_stored(features: Sequence[np.ndarray]) -> Kind:
    """A kind from each picture's mean F_3 (C,), rounded as it is stored."""
    return Kind(np.stack(features).astype(np.float16).astype(np.float32))
