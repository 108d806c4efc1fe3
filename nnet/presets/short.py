"""A training of fewer steps than it should have had, and what is said of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nnet.presets import PRESETS


@dataclass(frozen=True)
class Short:
    """A training of `steps` >= 0 optimiser steps, whose `preset` makes at least `least` (0: any number); or one that
    was ended early, of so many `planned` ones (0: it was not)."""

    steps: int
    least: int
    preset: str
    planned: int = 0

    @property
    def sentence(self) -> str:
        """What to think of the finished model, and what to do."""
        least = (
            f"the preset {self.preset.capitalize()} makes at least {self.least:,}" if self.steps < self.least else ""
        )
        if self.planned:
            return (
                f"Ended early, after {self.counted}{f'; {least}' if least else ''}. The model may have learnt too "
                "little to tell good parts from defects. Train again to the end before you rely on it."
            )
        return (
            f"Only {self.counted}: {least}. After fewer the model may have learnt too little to tell good parts from "
            "defects. Train again with more epochs before you rely on it."
        )

    @property
    def counted(self) -> str:
        """The steps with their noun: "48 steps", "48 of 480 planned steps"."""
        if self.planned:
            return f"{self.steps:,} of {self.planned:,} planned steps"
        return f"{self.steps:,} step{'' if self.steps == 1 else 's'}"


def ended_early(about: Mapping[str, Any]) -> Short | None:
    """A training that was ended early, by what the checkpoint says about itself; None of all others."""
    found = about.get("ended_early")
    return None if found is None else short(found["steps"], "", found["planned_steps"])


def short(steps: int | None, preset: str, planned: int = 0) -> Short | None:
    """A training of so many steps (None: not known), where they are fewer than the preset's least or than `planned`."""
    least = PRESETS[preset].train.min_steps if preset in PRESETS else 0
    if steps is None or steps >= max(least, planned):
        return None
    return Short(steps, least, preset, planned)
