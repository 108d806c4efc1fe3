"""What-ifs on the chosen model: which can be chosen, and what they did to one picture and to several. Knows no
Streamlit."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from nnet.analysis.whatif import WhatIf, misfit
from nnet.config import Config
from nnet.errors import NNetError
from nnet.expression import Expression
from nnet.saved.formats import CONFIG, CONFIG_FORMAT
from workbench.ablations.variants.candidates import WHATIF, Candidate
from workbench.shared.sides import Side

if TYPE_CHECKING:
    from workbench.shared.resources import Model

KEPT, OUT, OTHER = "kept", "out", "other"
"""The forward branch: as trained, left out, or another model's."""
MOST_PICTURES = 24
"""Most pictures over which changes are shown: the samples, then the visitor's first ones."""


@dataclass(frozen=True)
class Choice:
    """What the visitor wants changed, and the model whose forward branch is taken for it, if one is."""

    what: WhatIf
    donor: Model | None = None

    @property
    def name(self) -> str:
        """Stands for it in the caches, without rank and donor; a single part as in `candidates.WHATIFS`."""
        what = self.what
        taken = {"nfs": what.without_nfs, "fpm": what.without_fpm, "forward": what.without_forward}
        return ",".join(part for part, out in taken.items() if out)


@dataclass(frozen=True)
class Change:
    """A picture before, under the model's own expression, and after, under what is left of it, each in units of the
    threshold of its expression; and whether both are of one expression, so that their sizes can be compared."""

    before: Side
    after: Side
    expression: Expression
    comparable: bool


@dataclass(frozen=True)
class Row:
    """One picture of several: `title`, whether it is `defective` (None: not known), and its scores in thresholds."""

    title: str
    defective: bool | None
    before: float
    after: float

    @property
    def change(self) -> float:
        """After minus before, in thresholds."""
        return self.after - self.before


@dataclass(frozen=True)
class Summary:
    """The rows of one kind: how many, median scores before and after, and how many were flagged before and after."""

    count: int
    before: float
    after: float
    flagged_before: int
    flagged_after: int


def summary(rows: Iterable[Row]) -> Summary | None:
    """What happened to rows together; None without any."""
    rows = list(rows)
    if not rows:
        return None
    return Summary(
        len(rows),
        median(row.before for row in rows),
        median(row.after for row in rows),
        sum(row.before > 1 for row in rows),
        sum(row.after > 1 for row in rows),
    )


# ------------------------------------------------------------------------------------------------------------- donors


def donors(found: Mapping[str, Candidate], chosen: Path, config: Config) -> dict[str, Candidate]:
    """The candidates whose forward branch fits a model, by key; the model itself is not among them.

    Args:
        found: all candidates.
        chosen: the model's directory.
        config: its settings.
    """
    others = {k: c for k, c in found.items() if c.kind != WHATIF and c.path.resolve() != chosen.resolve()}
    return {key: one for key, one in others.items() if _fits(one.path, config)}


def _fits(path: Path, config: Config) -> bool:
    try:
        theirs = _config(path, (path / CONFIG).stat().st_mtime_ns)
    except OSError:
        return False
    return theirs is not None and not misfit(config, theirs)


@functools.lru_cache(maxsize=512)
def _config(path: Path, stamp: int) -> Config | None:
    """The settings of a checkpoint, or None if they cannot be read. `stamp` is there for the cache."""
    try:
        return Config.from_dict(CONFIG_FORMAT.read(path / CONFIG)["config"])
    except (NNetError, FileNotFoundError):
        return None
