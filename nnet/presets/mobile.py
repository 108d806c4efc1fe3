"""What the presets for short trainings on a CPU share; docs/choices.md gives the reasons."""

from typing import Any

from nnet.config import LossConfig

TEACHER: dict[str, Any] = {"teacher": "efficientnet_lite0", "features": "activated", "temperature": 0.02}
"""Settings of the network with the teacher whose weights come with the program."""

LOSS = LossConfig(moves_teacher=False, beta_share=0.1)
