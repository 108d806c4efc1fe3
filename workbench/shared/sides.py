"""Two checkpoints on one image: their scores in units of their own thresholds, and what tells them apart. Knows no
Streamlit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from nnet.config import Config
from nnet.saved.checkpoint import Checkpoint
from nnet.scoring.judge import Judgement
from nnet.scoring.overlay import enlarge
from nnet.settings import differences, fields
from nnet.units import multiple
from workbench.shared import setting_words, words


@dataclass(frozen=True)
class Side:
    """One of the two: its `name`, what it makes of the image, and each map's `peaks` in normal levels (`map_scale`)."""

    name: str
    judged: Judgement
    peaks: dict[str, float]

    @property
    def relative(self) -> float:
        """The image score in units of the model's own threshold; above 1 is anomalous."""
        return self.judged.multiple

    @property
    def score(self) -> np.ndarray:
        """The score map in units of the model's own threshold, float32 (size, size)."""
        return self.judged.reference.multiple(self.judged.score).astype(np.float32)


@dataclass(frozen=True)
class Difference:
    """A setting in which two models differ: its `name` (as `--set` takes it), both values, and what it `means`."""

    name: str
    first: object
    second: object
    means: str


def side(name: str, judged: Judgement, maps: Mapping[str, np.ndarray], levels: Mapping[str, float]) -> Side:
    """A model's side of the comparison.

    Args:
        judged: the image under this model.
        maps: M1..M6 as far as the model has them.
        levels: of each map the value that 99 % of the held-out normal images' pixels stay below.
    """
    return Side(name, judged, {key: multiple(float(m.max()), levels[key]) for key, m in maps.items()})


def difference(first: Side, second: Side) -> np.ndarray:
    """Second minus first in thresholds, float32, at the larger of the two inputs' sizes."""
    size = max(first.score.shape[0], second.score.shape[0])
    a, b = (one.score if one.score.shape[0] == size else enlarge(one.score, (size, size)) for one in (first, second))
    return b - a


def widest(values: np.ndarray) -> tuple[int, int]:
    """Row and column of the value farthest from 0."""
    row, column = np.unravel_index(int(np.abs(values).argmax()), values.shape)
    return int(row), int(column)


def settings(first: Config, second: Config) -> list[Difference]:
    """The settings in which two configurations differ, in their order."""
    means = {path: field.metadata["help"] for path, field in fields().items()}
    return [Difference(path, *values, means[path]) for path, values in differences(first, second).items()]


def training(first: Checkpoint, second: Checkpoint) -> list[Difference]:
    """What else the two were made from: data, numbers of images, teacher's weights, version; only what differs."""
    found = []
    for key, read in _ABOUT.items():
        values = read(first.about), read(second.about)
        if values[0] != values[1]:
            name, means = words.ORIGINS[key]
            found.append(Difference(name, *values, means))
    return found


def settings_table(rows: list[Difference], first: str, second: str) -> pd.DataFrame:
    """One row per setting: its name, its value in either model, what it means, and how `--set` calls it."""
    # Two checkpoints have different names, so that the columns have, too.
    return pd.DataFrame(
        [
            {
                words.SETTING: setting_words.title(row.name),
                first: setting_words.value(row.first, row.name),
                second: setting_words.value(row.second, row.name),
                words.MEANING: row.means,
                words.PATH: row.name if row.name in setting_words.TITLES else "",
            }
            for row in rows
        ]
    )


def _data(field: str) -> Callable[[Mapping[str, object]], object]:
    def read(about: Mapping[str, object]) -> object:
        data = about.get("data")
        return data.get(field) if isinstance(data, Mapping) else None

    return read


_ABOUT: dict[str, Callable[[Mapping[str, object]], object]] = {
    "data": _data("name"),
    "content": _data("sha256"),
    "training": lambda about: about.get("training_images"),
    "held out": lambda about: about.get("calibration_images"),
    "teacher": lambda about: about.get("teacher_origin"),
}
