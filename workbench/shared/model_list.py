"""The models that the sidebar offers, with what is worth knowing before one is loaded. Reads small files only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from nnet.config import Config
from nnet.errors import NNetError
from nnet.runs import parts
from nnet.runs.layout import SPEC, read_spec, title_of
from nnet.runs.length import planned_steps, trained_steps
from nnet.saved.checkpoint import bits_of, read_config, read_metrics
from nnet.saved.formats import CONFIG, METRICS
from workbench.shared import model_data, resources, words

_KEPT = 256


@dataclass(frozen=True)
class ModelEntry:
    """A model as its files tell it, not loaded and not verified.

    Attributes:
        name: stands for it in the address and in `resources.checkpoint_paths`.
        path: its directory.
        title: what people call it.
        data: name of its training data, or "".
        source: where that data lies (`nnet.data.Dataset.source`), or "".
        teacher: name of the architecture, or "".
        size: side of the network input in pixels, or None.
        training_images: how many, or None.
        created: ISO 8601, or "".
        i_auroc: image AUROC of the model's own score on labelled test images, 0..1, or None.
        measured_on: the account of the data that this was measured on, where that is not its own; else {}.
        problem: why it cannot be used, or "".
        seed: by which its test images were drawn.
        bits: how many bits of deeper grey values it was trained with, or None.
        part: key of its part (`nnet.runs.parts`), "" where nothing says which.
        account: what it says about its data (`nnet.analysis.evaluation.describe`).
        held_out: how many further good pictures its threshold was found on, or None.
        folds: of a cross-calibration, how many light models found the threshold; else 0.
        steps: how many optimiser steps it was trained for, or None.
        planned_steps: how many were planned, of a training that was ended early; else 0.
        masks: how masks of photos that EXIF turns were read, "" where that was not asked.
    """

    name: str
    path: Path
    title: str
    data: str = ""
    teacher: str = ""
    size: int | None = None
    training_images: int | None = None
    created: str = ""
    i_auroc: float | None = None
    problem: str = ""
    source: str = ""
    bits: int | None = None
    seed: int = 0
    part: str = ""
    account: Mapping[str, Any] = field(default_factory=dict, compare=False)
    masks: str = ""
    held_out: int | None = None
    measured_on: Mapping[str, Any] = field(default_factory=dict, compare=False)
    steps: int | None = None
    planned_steps: int = 0
    folds: int = 0

    @property
    def place(self) -> str:
        """Where its data lies, as for `nnet.data.open_dataset`; "" where it is not at hand."""
        return model_data.place(self.path, self.account)


def entries() -> dict[str, ModelEntry]:
    """All models by name: the embedded default first, then the newest first."""
    found = [_entry(name, path, _stamp(path)) for name, path in resources.checkpoint_paths().items()]
    found.sort(key=lambda entry: entry.created, reverse=True)
    found.sort(key=lambda entry: entry.path != resources.DEFAULT_CHECKPOINT)
    return {entry.name: entry for entry in found}


def called(name: str) -> str:
    """What a model is called where it stands alone: its title, with its name where another has the same title."""
    known = entries()
    if name not in known:
        return name
    title = known[name].title
    return title if sum(one.title == title for one in known.values()) == 1 else f"{title} · {name}"


def called_by_path(path: str) -> str:
    """As `called`, of a model that is named by its folder, such as by a watcher; an unknown one by its path."""
    return next((called(name) for name, known in resources.checkpoint_paths().items() if str(known) == path), path)


def _stamp(path: Path) -> tuple[int, ...]:
    """Changes when one of the files that are read does."""
    stamps = []
    for name in (CONFIG, METRICS, SPEC):
        try:
            stamps.append((path / name).stat().st_mtime_ns)
        except OSError:
            stamps.append(0)
    return tuple(stamps)


@lru_cache(maxsize=_KEPT)
def _entry(name: str, path: Path, stamp: tuple[int, ...]) -> ModelEntry:
    """`stamp` is there for the cache."""
    try:
        data = read_config(path)
        config, about = Config.from_dict(data["config"]), data["about"]
        i_auroc, measured_on = _measured(read_metrics(path), config, data["sha256"]["weights.safetensors"])
        own = about.get("data") or {}
        return ModelEntry(
            name,
            path,
            title_of(path),
            words.data_name(about),
            config.model.teacher,
            config.model.size,
            about["training_images"],
            about.get("created", ""),
            i_auroc,
            source=words.data_source(about),
            bits=bits_of(about),
            seed=about.get("split_seed", config.train.seed),
            part=_part(path, about),
            account=own,
            masks=about.get("masks", ""),
            held_out=None if about.get("cross_folds") else about.get("calibration_images"),
            measured_on={} if measured_on.get("sha256") == own.get("sha256") else measured_on,
            folds=about.get("cross_folds") or 0,
            steps=trained_steps(path, config, about),
            planned_steps=planned_steps(about),
        )
    except NNetError as error:
        return ModelEntry(name, path, title_of(path), problem=str(error), part=_part(path, {}))


def _part(path: Path, about: Mapping[str, Any]) -> str:
    """Of a run, what the run says: its data may have been uploaded, or the run be of another part."""
    try:
        if (path / SPEC).exists():
            return parts.of_run(read_spec(path), path)
    except (NNetError, OSError):  # the list of runs says why
        pass
    return parts.of_account(about.get("data") or {})


def _measured(metrics: Mapping[str, Any], config: Config, weights: str) -> tuple[float | None, Mapping[str, Any]]:
    """I-AUROC on the model's own test images, with {}; else on the data that was measured last, with the account of
    that; (None, {}) without results. Of the model's own expression, else of the first one measured."""
    later = [one for one in metrics.get("evaluations", {}).values() if one["weights_sha256"] == weights]
    later.sort(key=lambda one: one.get("created", ""), reverse=True)
    for entry in (metrics, *later):
        scores = entry.get("scores") or {}
        own = scores.get(config.score.expression) or scores.get(config.score.parsed.text)
        found: Mapping[str, Any] = own or next(iter(scores.values()), {})
        if found.get("i_auroc") is not None:
            return found["i_auroc"], {} if entry is metrics else entry["data"]
    return None, {}
