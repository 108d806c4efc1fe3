"""The paper's resolution on a CPU, offline: the embedded teacher at 256 pixels, an hour or so on two cores.

    python -m nnet train --preset medium --data elpv:mono --out runs/elpv-medium

For defects that are too fine to be seen at 128 pixels. docs/default-model.md tells what it reached on solar cells and
on cogs.
"""

from nnet.config import Config, ModelConfig, TrainConfig
from nnet.presets.mobile import LOSS, TEACHER

CONFIG = Config(
    model=ModelConfig(size=256, **TEACHER), loss=LOSS, train=TrainConfig(epochs=6, min_steps=1200, schedule="cosine")
)
