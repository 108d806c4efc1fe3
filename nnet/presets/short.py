"""A training of fewer steps than its preset lets any run be, and what is said of it."""

from dataclasses import dataclass

from nnet.presets import PRESETS


@dataclass(frozen=True)
class Short:
    """A training of `steps` >= 0 optimiser steps, whose `preset` makes at least `least`."""

    steps: int
    least: int
    preset: str

    @property
    def sentence(self) -> str:
        """What to think of the finished model, and what to do."""
        return (
            f"Only {self.counted}: the preset {self.preset.capitalize()} makes at least {self.least:,}. After fewer "
            "the model may have learnt too little to tell good parts from defects. Train again with more epochs before "
            "you rely on it."
        )

    @property
    def counted(self) -> str:
        """The steps with their noun: "48 steps"."""
        return f"{self.steps:,} step{'' if self.steps == 1 else 's'}"


def short(steps: int | None, preset: str) -> Short | None:
    """A training of so many steps (None: not known), where they are fewer than the preset's least."""
    least = PRESETS[preset].train.min_steps if preset in PRESETS else 0
    return Short(steps, least, preset) if steps is not None and steps < least else None
