"""What can stand side by side on the Ablations page: models, a study's variants, and what-ifs on the chosen model, each
with what it makes of one image. Knows no Streamlit."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nnet.analysis.whatif import WhatIf
from nnet.config import Config
from nnet.expression import PRESETS, Expression
from nnet.saved.checkpoint import Checkpoint
from nnet.scoring.attribution import Attribution, NormalMaps, attribute
from nnet.scoring.judge import Judgement
from nnet.scoring.regions import pixel_to_cell
from nnet.settings import differences
from nnet.studies.store import StudyFolder
from nnet.studies.variants import STUDIES, VARIANTS, Row, Study
from workbench.ablations.results.folders import StudyModel, data_argument, study_folders, study_models
from workbench.shared import sides
from workbench.shared.sides import Side

if TYPE_CHECKING:
    from workbench.shared.model_list import ModelEntry

MODEL, STUDY, WHATIF = "model", "study", "whatif"
MOST = 8
"""Most variants side by side."""
WHATIFS: dict[str, WhatIf] = {
    "nfs": WhatIf(without_nfs=True),
    "fpm": WhatIf(without_fpm=True),
    "forward": WhatIf(without_forward=True),
}
"""The interventions on the chosen model that can stand beside trained variants."""
OWN = "own"
"""Of what each variant's score is made: its own expression, or else "forward" or "reverse": the maps of one branch."""


@dataclass(frozen=True)
class Candidate:
    """Something that can stand in the grid.

    `key` stands for it in the URL; `name` is of the model, of the variant in `VARIANTS`, or a key of WHATIFS; `path` is
    the checkpoint's directory, for a what-if that of the model that is changed; `title` is the model's or the study's.
    """

    key: str
    kind: str
    name: str
    path: Path
    title: str
    data: str = ""
    seed: int | None = None


@dataclass(frozen=True)
class Variant:
    """A candidate on one image under one kind of score.

    `checkpoint` and `config` are the trained ones; for a what-if, those of the untouched model with what it takes out
    switched off. `maps` are M1..M6 as far as it has them, each (64, 64), and `levels` the value of each that 99 % of
    the held-out normal images' pixels stay below. `expression` and judgement are None where maps for it are missing. A
    what-if is compared with the untouched model's reference for the same expression, since it has no normal images of
    its own. `maps_key` stands in the caches for all of these but the expression.
    """

    candidate: Candidate
    title: str
    checkpoint: Checkpoint
    config: Config
    maps: Mapping[str, np.ndarray]
    expression: Expression | None
    judged: Judgement | None
    levels: Mapping[str, float]
    maps_key: str

    @functools.cached_property
    def side(self) -> Side:
        """In units of its threshold, and each map's peak in normal levels. Only with a judgement."""
        assert self.judged is not None
        return sides.side(self.title, self.judged, self.maps, self.levels)


# ------------------------------------------------------------------------------------------------------- what there is


def candidates(
    models: Mapping[str, ModelEntry], chosen: ModelEntry, parts: Sequence[str], kept: Iterable[StudyModel]
) -> dict[str, Candidate]:
    """Everything that can stand in the grid by key: the chosen model, what-ifs on it, studies' variants, other models.

    Args:
        models: as the sidebar lists them, where one is `chosen`.
        parts: keys of WHATIFS that the chosen model allows.
        kept: checkpoints of studies.
    """
    usable = [chosen, *(entry for entry in models.values() if entry.name != chosen.name and not entry.problem)]
    first, *others = (Candidate(f"m:{e.name}", MODEL, e.name, e.path, e.title, e.data) for e in usable)
    whatifs = [Candidate(f"w:{part}", WHATIF, part, chosen.path, chosen.title, chosen.data) for part in parts]
    variants = [
        Candidate(
            f"s:{m.study}:{m.variant.name}:{m.data}:{m.seed}", STUDY, m.variant.name, m.path, m.study, m.data, m.seed
        )
        for m in kept
    ]
    return {one.key: one for one in (first, *whatifs, *variants, *others)}


def kept_models(root: Path, only_extra: bool = False) -> list[StudyModel]:
    """The checkpoints that all studies kept; folders that did not change since the last call are not read again.
    `root`: of the program; `only_extra`: leave out the studies below `root`."""
    folders = study_folders(root)
    if only_extra:
        folders = {name: folder for name, folder in folders.items() if not folder.is_relative_to(root.resolve())}
    return [m for name, folder in folders.items() for m in _kept(name, folder, _stamp(folder))]


def _stamp(folder: Path) -> tuple[int, ...]:
    """Changes when a run is added to a study's folder or a checkpoint is removed from it."""
    study = StudyFolder(folder)
    places = (study.done("x").parent, study.model("x").parent)
    return tuple(place.stat().st_mtime_ns if place.is_dir() else 0 for place in places)


@functools.lru_cache(maxsize=32)
def _kept(name: str, folder: Path, stamp: tuple[int, ...]) -> tuple[StudyModel, ...]:
    return tuple(study_models(name, folder))


def possible_whatifs(config: Config) -> tuple[str, ...]:
    """Keys of WHATIFS for the parts that a model has and can lose."""
    model = config.model
    has = {"nfs": model.nfs, "fpm": model.fpm, "forward": model.forward and model.reverse}
    return tuple(part for part in WHATIFS if has[part])


def first_choice(found: Mapping[str, Candidate]) -> list[str]:
    """What stands in the grid at first: the chosen model with the rows of Table 4, else with what-ifs on it."""
    first = next(iter(found.values()))
    rows = figure_choice(found, ("rd", "fpm", "mf", "bd", "nnet"), first.data)
    others = list(rows.values()) or [key for key, one in found.items() if one.kind in (WHATIF, MODEL)][1:5]
    return [first.key, *others]


def figure_choice(
    found: Mapping[str, Candidate], variants: Sequence[str], data: str, stand_in: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Variant -> key of the candidate that shows it, for those that there are: all of one study, data set and seed.

    The group with the most of them is taken; of equal ones that which was trained on `data`, then the lowest seed.

    Args:
        stand_in: for variants that the group lacks: variant -> key of another candidate.
    """
    groups: dict[tuple[str, str, int], dict[str, str]] = {}
    for one in found.values():
        if one.kind == STUDY and one.name in variants:
            groups.setdefault((one.title, one.data, one.seed or 0), {}).setdefault(one.name, one.key)
    rank = sorted(groups, key=lambda g: (-len(groups[g]), g[1] != data, g[2], g[0]))
    best = groups[rank[0]] if rank else {}
    complete = {**(stand_in or {}), **best}
    return {name: complete[name] for name in variants if name in complete}


_SWEPT = ("loss.distance", "loss.alpha", "loss.delta", "loss.beta_epochs", "model.ffc_blocks")


def same_parts(config: Config) -> str:
    """The name of the first variant in `VARIANTS` that is made of the same parts and losses, whatever their sizes."""
    return next((v.name for v in VARIANTS.values() if not differences(v.config(config), config)), "")


def variant_of(config: Config) -> str:
    """The name in `VARIANTS` that these settings are, also in what the figures vary; "" if they are none of them."""
    odd = {path for path in differences(config, Config()) if path in _SWEPT and path != "loss.beta_epochs"}
    if config.loss.beta_epochs is None and config.loss.beta_share is None:
        odd.add("loss.beta_epochs")
    for variant in VARIANTS.values():
        if odd <= set(variant.changes) and not differences(variant.config(config), config):
            return variant.name
    return ""


# ------------------------------------------------------------------------------------------------- on one image


def expression_for(config: Config, score: str) -> Expression | None:
    """The expression of a kind of score (OWN or a branch) for a model; None if it lacks maps for it."""
    if score == OWN:
        return config.scoring.parsed
    return PRESETS[score] if set(PRESETS[score].maps) <= set(config.maps) else None


def verdict(
    variant: Variant, normal: NormalMaps, x: int, y: int, shape: tuple[int, ...], by_place: bool
) -> tuple[Attribution, float]:
    """Why a pixel of the image scores what it scores, and the score there in the variant's thresholds.

    Args:
        normal: what its maps show on normal images; for a what-if, those of the untouched model.
        x, y: in pixels of the image.
        shape: the image's.
        by_place: compare with the same place in the normal images, not with all of them.
    """
    assert variant.expression is not None
    used = variant.expression.maps
    row, column = pixel_to_cell(x, y, variant.maps[used[0]].shape, shape)
    values = {name: float(variant.maps[name][row, column]) for name in used}
    levels = normal.levels(row, column, by_place)
    found = attribute(variant.expression, values, {name: levels[name][1] for name in used})
    return found, float(variant.side.score[pixel_to_cell(x, y, variant.side.score.shape, shape)])


# --------------------------------------------------------------------------------------------------- in the paper


@dataclass(frozen=True)
class Place:
    """A variant's row in the paper, with what a study measured for it: metric -> 0..1, or {} where there is none."""

    study: Study
    row: Row
    measured: Mapping[str, float]


def places(variants: Collection[str], result: Mapping[str, Any] | None = None) -> list[Place]:
    """The rows of all studies that a model is. `variants`: names in `VARIANTS`; several where they are one run;
    `result`: of the run, as `StudyFolder.result` gives it."""
    scores = (result or {}).get("scores", {})
    own = Config.from_dict(result["config"]).scoring.expression if result else ""
    return [
        Place(study, row, scores.get(row.expression or own, {}))
        for study in STUDIES.values()
        for row in study.rows
        if row.variant in variants
    ]


def result_of(candidate: Candidate) -> dict[str, Any] | None:
    """What a study measured of one of its variants; None for anything else."""
    if candidate.kind != STUDY:
        return None
    return StudyFolder(candidate.path.parent.parent).result(candidate.path.name)


def training_data(about: Mapping[str, Any]) -> str:
    """How `--data` takes the data that a model was trained on; "PATH" where only its owner knows."""
    data = about.get("data")
    return data_argument(str(data.get("name", "")) if isinstance(data, Mapping) else "")
