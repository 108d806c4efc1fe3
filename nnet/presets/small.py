"""A first model within minutes on a CPU, offline: the embedded teacher at 128 pixels. The default everywhere.

    python -m nnet train --preset small --data elpv:mono --out runs/elpv-small

For trying things out, for small parts and for studies of many runs. docs/small.md tells what an earlier version of this
preset reached; the present one has yet to be measured with `python -m benchmarks.small_run`.
"""

from nnet.config import Config, ModelConfig, TrainConfig
from nnet.presets.mobile import LOSS, TEACHER

CONFIG = Config(
    model=ModelConfig(size=128, **TEACHER), loss=LOSS, train=TrainConfig(epochs=10, min_steps=600, schedule="cosine")
)
