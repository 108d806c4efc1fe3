"""What the sections get."""

from __future__ import annotations

import os
from dataclasses import dataclass

from nnet.expression import Expression
from workbench.shared import chosen_picture
from workbench.shared.chosen_picture import Picture
from workbench.shared.resources import Model

_PACKAGED = {"ELPV monocrystalline": "elpv:mono", "ELPV polycrystalline": "elpv:poly"}
"""Data that comes in a package, by the name that checkpoints give it."""


@dataclass(frozen=True)
class Scene:
    """The chosen `model` and its own score, the `expression`."""

    model: Model
    expression: Expression

    @property
    def data(self) -> str:
        """The name of the data that the model was trained on."""
        return str(self._about.get("name", ""))

    @property
    def place(self) -> str:
        """Where that data lies, as for `nnet.data.open_dataset`; "" where it is not on this computer."""
        if self.data in _PACKAGED:
            return _PACKAGED[self.data]
        source = str(self._about.get("source", ""))
        is_there = source.startswith("synthetic:") or (os.path.isabs(source) and os.path.isdir(source))
        return source.partition(",")[0] if is_there else ""

    @property
    def _about(self) -> dict[str, object]:
        data = self.model.detector.checkpoint.about.get("data")
        return data if isinstance(data, dict) else {}

    @property
    def samples(self) -> list[tuple[Picture, bool]]:
        """The model's samples that are known to be good or defective, each with whether it is defective."""
        return [
            (picture, picture.is_defective)
            for picture in chosen_picture.sample_pictures().values()
            if picture.is_defective is not None
        ]
