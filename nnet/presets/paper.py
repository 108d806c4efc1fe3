"""The paper's own network and training: every value as published, but for the learning rate.

    python -m nnet train --preset paper --data DATA --out OUT

For comparing with the paper on a GPU: WideResNet-50-2 at 256 pixels, 200 epochs. The teacher's ImageNet weights are
downloaded on first use. The learning rate, printed as 0.05, is 0.005; docs/choices.md says why, and how each value that
the paper leaves open was chosen. This preset has not been measured here; the paper's tables are in
nnet/studies/published.py.
"""

from nnet.config import Config

CONFIG = Config()
