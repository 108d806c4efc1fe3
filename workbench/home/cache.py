"""What the home page keeps: pictures with a drawing on them, for all sessions together."""

from __future__ import annotations

import hashlib

import numpy as np

from nnet.expression import Expression
from nnet.scoring import judge
from nnet.scoring.judge import Judgement
from workbench.shared import pictures
from workbench.shared.cache import BoundedCache
from workbench.shared.layer import decoded, lay_over
from workbench.shared.resources import MEBIBYTE, Loaded, Model

ALTERED: BoundedCache[str, Loaded] = BoundedCache(64 * MEBIBYTE, lambda one: one.image.nbytes + one.shown.nbytes)


def altered(loaded: Loaded, layer: bytes | None) -> Loaded:
    """A picture with a drawing on it; the picture itself without one."""
    if layer is None:
        return loaded
    key = f"{loaded.hash}+{hashlib.sha256(layer).hexdigest()}"
    return ALTERED.of(key, lambda: _drawn_on(loaded, layer, key))


def _drawn_on(loaded: Loaded, layer: bytes, key: str) -> Loaded:
    image = lay_over(loaded.image, decoded(layer))[0]
    image.flags.writeable = False
    return Loaded(image, pictures.reduced(image), key, loaded.notes, 0.0)


def live_judgement(model: Model, live: Loaded, expression: Expression) -> tuple[Judgement, dict[str, np.ndarray]]:
    """Score and maps of a stroke that has not ended: by the fast way, and not kept."""
    maps = {name: m[0].cpu().numpy() for name, m in model.detector.maps([live.image]).items()}
    return judge.judge(model.detector.calibration, maps, expression), maps
