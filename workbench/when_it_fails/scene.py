"""What the sections get, and how they show pictures beside each other."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import streamlit as st

from nnet.expression import Expression
from workbench.shared import chosen_picture, model_data, units
from workbench.shared.picture import Picture
from workbench.shared.resources import Model

SIDE = 420
"""Of a picture in pixels."""


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
        return model_data.place(self.model.detector.checkpoint.path, self._about)

    @property
    def seed(self) -> int:
        """By which the pictures that the model was tested on were drawn from it."""
        checkpoint = self.model.detector.checkpoint
        return int(checkpoint.about.get("split_seed", checkpoint.config.train.seed))

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


def side_by_side(shown: Iterable[tuple[np.ndarray, str]]) -> None:
    """Each picture above its caption."""
    with st.container(horizontal=True, gap="medium"):
        for picture, caption in shown:
            with st.container(width=SIDE):
                st.image(picture, caption, width="stretch", alt=units.text(caption))
