"""Pictures among those to learn from that show another kind of part than all others.

Much as a model asks it of a picture to be judged (`nnet.scoring.kind`), it is asked here of each picture and the others
of its set, before anything is trained: only the teacher is needed, the small one that comes with N-Net. docs/kind.md
says how often it is right.
"""

import functools
from collections.abc import Sequence

import numpy as np
import torch

from nnet.data import Sample, load_readable
from nnet.model.backbone import Teacher
from nnet.model.inputs import batches, take, to_network_input
from nnet.presets.small import CONFIG
from nnet.scoring import kind
from nnet.scoring.doubts import spread

MOST = 256
"""Most pictures that are compared, spread over the list; among more, a stranger can be missed."""
BATCH = 16


def strangers(samples: Sequence[Sample]) -> list[Sample]:
    """Those that look unlike all others, in their order; pictures that cannot be read are passed over.

    Raises:
        nnet.model.teacher_weights.WeightsError: the teacher's weights are missing.
    """
    some = [samples[i] for i in spread(len(samples), MOST)] if samples else []
    if len(some) < kind.OTHERS + 1:
        return []
    size = CONFIG.model.size
    images, skipped = load_readable(some, size, budget_bytes=3 * size * size * len(some))
    gone = {id(sample) for sample, _ in skipped}
    read = [sample for sample in some if id(sample) not in gone]
    pixels = take(images, np.arange(len(read)))
    return [read[i] for i in kind.strangers(mean_f3(pixels))] if read else []


def mean_f3(pixels: np.ndarray) -> np.ndarray:
    """F_3 of the small teacher, averaged over each of n pictures, uint8 (n, size, size, 3) -> float32 (n, C_3)."""
    teacher = _teacher()
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (teacher.mean, teacher.std))
    found = []
    for part in batches(len(pixels), BATCH):
        images = to_network_input(pixels[part], torch.device("cpu"))
        found.append(teacher((images - mean) / std)[2].mean(dim=(2, 3)))
    return torch.cat(found).numpy()


@functools.cache
def _teacher() -> Teacher:
    model = CONFIG.model
    return Teacher(model.teacher, features=model.features)
