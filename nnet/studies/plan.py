"""What a study asks for, and what of it is still to be done."""

import functools
import json
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnet.config import Config
from nnet.data import Dataset, open_dataset
from nnet.data.names import local_path
from nnet.data.sample import hash_file
from nnet.presets import preset
from nnet.settings import differences
from nnet.studies.identity import NUMBERS, config_hash, numbers_of
from nnet.studies.store import ALL_DEFECTS, Job, StudyFolder, result_rows
from nnet.studies.variants import STUDIES, VARIANTS, Study, StudyError, Variant

NAMED_DATA = ("elpv", "synthetic")
SHORT_IDENTITY = 20


@dataclass(frozen=True)
class Source:
    """A data set of a study.

    Attributes:
        spec: as for `open_dataset`; a path is absolute.
        dataset: opened.
        sha256: of its contents.
    """

    spec: str
    dataset: Dataset
    sha256: str


@dataclass(frozen=True)
class Request:
    """What a study shall be.

    Attributes:
        studies: see `nnet.studies.variants.select`.
        sources: data sets; one given twice counts once.
        seeds: of training.
        base: see `nnet.studies.variants.base_config`.
        preset_name: of the preset, for the table.
        split_seed: of the data sets.
        device, weights_file: of the runs.
        keep: which checkpoints stay: "all", "first" (those of the first seed) or "none".
        command: that asks for all this, for the card.
    """

    studies: Sequence[Study]
    sources: Sequence[Source]
    seeds: Sequence[int]
    base: Config
    preset_name: str = ""
    split_seed: int = 0
    device: str = "auto"
    weights_file: Path | None = None
    keep: str = "first"
    command: str = ""


@dataclass(frozen=True)
class Plan:
    """Every run of some studies, each once.

    Attributes:
        studies: what was asked for.
        sources: the data sets.
        seeds: of training.
        base: the settings that all variants share.
        jobs: all runs, in the order in which they are best made: seed by seed, so that a first comparison comes early.
        finished: key of a job -> key of the finished run that stands for it.
    """

    studies: tuple[Study, ...]
    sources: tuple[Source, ...]
    seeds: tuple[int, ...]
    base: Config
    jobs: tuple[Job, ...]
    finished: dict[str, str]

    @property
    def missing(self) -> tuple[Job, ...]:
        """The runs that are still to be made."""
        return tuple(job for job in self.jobs if job.key not in self.finished)

    def images(self, job: Job) -> tuple[int, int]:
        """Normal training images and labelled test images of a job's data set."""
        dataset = next(source.dataset for source in self.sources if source.sha256 == job.data_sha256)
        return len(dataset.train), sum(s.is_normal or s.is_defective for s in dataset.test)


def open_source(spec: str, split_seed: int) -> Source:
    """Open a data set and see that something can be measured on it.

    Raises:
        nnet.data.DataError: it cannot be opened.
        StudyError: it has no normal training images, or no normal and defective test images.
    """
    name = spec.partition(":")[0]
    absolute = spec if name in NAMED_DATA else str(local_path(spec).resolve())
    dataset = open_dataset(absolute, seed=split_seed)
    tested = any(s.is_normal for s in dataset.test) and any(s.is_defective for s in dataset.test)
    if not dataset.train or not tested:
        raise StudyError(
            f"{spec} has {len(dataset.train)} normal training images and {len(dataset.test)} test images. A study "
            "needs normal images to train on, and normal and defective ones to measure on."
        )
    return Source(absolute, dataset, dataset.content_hash())


def make_plan(request: Request, folder: StudyFolder, *, any_code: bool = False) -> Plan:
    """Work out the runs that are asked for, and which of them are done.

    Args:
        request: what is asked for.
        folder: where results are.
        any_code: count runs as done that a version with other numbers made.

    Raises:
        nnet.config.ConfigError: a variant's settings are not possible on this base.
        nnet.data.DataError: the file of teacher weights cannot be read.
    """
    sources = tuple({source.sha256: source for source in request.sources}.values())
    weights = "" if request.weights_file is None else hash_file(request.weights_file)
    jobs: list[Job] = []
    for seed in request.seeds:
        seeded = request.base.override({"train.seed": seed})
        for source in sources:
            jobs += [_job(request, source, config, seeded, weights) for config in _configs(request.studies, seeded)]
    finished = _finished(jobs, folder, any_code)
    return Plan(tuple(request.studies), sources, tuple(request.seeds), request.base, tuple(jobs), finished)


def _job(request: Request, source: Source, config: Config, seeded: Config, weights: str) -> Job:
    """A training with these settings; `seeded` is the base under its seed, `weights` the hash of given weights."""
    variants, seed = _same(config, seeded), config.train.seed
    identity = config_hash(config, source.sha256, weights)
    return Job(
        key=f"{identity[:SHORT_IDENTITY]}-{NUMBERS}",
        identity=identity,
        numbers=NUMBERS,
        variants=tuple(variant.name for variant in variants),
        config=config.to_dict(),
        preset=request.preset_name,
        settings=settings_text(request.base, request.preset_name),
        data=source.spec,
        data_sha256=source.sha256,
        split_seed=request.split_seed,
        expressions=_expressions(variants, seeded),
        device=request.device,
        weights_file=None if request.weights_file is None else str(request.weights_file.resolve()),
        command=request.command,
        keep=request.keep == "all" or (request.keep == "first" and seed == request.seeds[0]),
    )


def command(
    studies: Iterable[str],
    data: Iterable[str],
    seeds: int,
    preset_name: str,
    changes: Iterable[str],
    split_seed: int = 0,
) -> str:
    """The command that asks for all this, as one would type it, for the card; only what decides the results."""
    # A folder goes by its name: where it lies on this computer says nothing to others.
    names = [spec if spec.partition(":")[0] in NAMED_DATA else Path(spec).name for spec in data]
    words = ["python -m nnet ablate --study", *studies, "--data", *map(shlex.quote, names)]
    words += ["--seeds", str(seeds), "--preset", preset_name]
    words += [word for change in changes for word in ("--set", shlex.quote(change))]
    return " ".join([*words, *(["--split-seed", str(split_seed)] if split_seed else [])])


def table(folder: StudyFolder) -> list[dict[str, Any]]:
    """The rows of the results table: every finished run of the folder, and of each the newest where several exist.

    Runs of earlier commands (other studies, data, presets or seeds) stay in the table.
    """
    rows: list[dict[str, Any]] = []
    for result in _newest(folder.results()):
        rows += result_rows(result, [VARIANTS[name] for name in result["variants"] if name in VARIANTS])
    order = {name: number for number, name in enumerate(STUDIES)}
    labels = {(s.name, row.label): number for s in STUDIES.values() for number, row in enumerate(s.rows)}
    return sorted(
        rows,
        key=lambda r: (
            order[r["study"]],
            r["data"],
            r["preset"],
            r["settings"],
            labels[r["study"], r["row"]],
            r["seed"],
            r["defect"] != ALL_DEFECTS,
            r["defect"],
            r["key"],
        ),
    )


def settings_text(base: Config, preset_name: str) -> str:
    """In what a study's base differs from its preset, such as "loss.beta_epochs=1 train.epochs=9"; "" if in nothing."""
    if not preset_name:
        return ""
    changed = differences(base, preset(preset_name).override({"train.seed": base.train.seed}))
    return " ".join(f"{path}={json.dumps(value)}" for path, (value, _) in sorted(changed.items()))


def _configs(studies: Iterable[Study], base: Config) -> list[Config]:
    """The settings of the studies' variants, each once, in the studies' order."""
    names = dict.fromkeys(row.variant for study in studies for row in study.rows)
    configs = (VARIANTS[name].config(base) for name in names)
    return list({config_hash(config): config for config in configs}.values())


def _same(config: Config, base: Config) -> list[Variant]:
    """All variants that have these settings on this base, also those of studies that were not asked for."""
    return [VARIANTS[name] for name, found in _every_config(base).items() if found == config]


@functools.lru_cache(maxsize=4)  # every job of a seed asks for the same
def _every_config(base: Config) -> dict[str, Config]:
    """The settings of every variant on this base, by its name."""
    return {name: variant.config(base) for name, variant in VARIANTS.items()}


def _expressions(variants: Iterable[Variant], base: Config) -> tuple[str, ...]:
    """What any of these variants wants measured, whichever study runs first."""
    return tuple(dict.fromkeys(text for variant in variants for text in variant.expressions(base)))


def _finished(jobs: Iterable[Job], folder: StudyFolder, any_code: bool) -> dict[str, str]:
    done = [result for result in folder.results() if any_code or numbers_of(result) == NUMBERS]
    by_identity = {result["identity"]: result["key"] for result in sorted(done, key=lambda r: r["created"])}
    return {job.key: by_identity[job.identity] for job in jobs if job.identity in by_identity}


def _newest(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One result per identity: the newest of this version's numbers, else the newest."""
    best: dict[str, dict[str, Any]] = {}
    for result in sorted(results, key=lambda r: (numbers_of(r) == NUMBERS, r["created"])):
        best[result["identity"]] = result
    return list(best.values())
