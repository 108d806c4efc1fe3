"""What the home page computes for a stroke that goes on."""

import numpy as np

from nnet.expression import Expression
from nnet.scoring import judge
from nnet.scoring.judge import Judgement
from workbench.shared.resources import Loaded, Model


def live_judgement(model: Model, live: Loaded, expression: Expression) -> tuple[Judgement, dict[str, np.ndarray]]:
    """Score and maps of a stroke that has not ended: by the fast way, and not kept."""
    maps = {name: m[0].cpu().numpy() for name, m in model.detector.maps([live.image]).items()}
    return judge.judge(model.detector.calibration, maps, expression), maps
