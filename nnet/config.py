"""Every setting of N-Net, as frozen dataclasses. Nothing here imports torch, so reading a configuration is instant.

Each field carries in its metadata a sentence of help and the source of its default: the section or table of
the paper, or "choice" with the reason where the paper leaves the value open.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import re
import typing
from dataclasses import dataclass
from typing import Any

import msgspec

from nnet.crop import box_of
from nnet.errors import NNetError
from nnet.expression import PRESETS as SCORE_PRESETS
from nnet.expression import Expression, for_maps, parse

DISTANCES, SCHEDULES = ("cosine", "l1", "l2"), ("constant", "cosine")
FEATURES, TARGETS = ("stages", "activated"), ("original", "recalled")
INITIALISATIONS, PRECISIONS = ("pytorch", "kaiming"), ("auto", "float32", "bfloat16", "float16")
FITS, MOST_IGNORE = ("stretch", "letterbox"), 10_000  # characters of ModelConfig.ignore
_NEVER = object()  # equal to no value


class ConfigError(NNetError, ValueError):
    """A setting has a value that the network cannot be built or trained with."""


def setting(default: Any, help: str, source: str, **legacy: Any) -> Any:
    """A dataclass field with its documentation and the source of its default.

    `legacy=` is what a configuration means that was written before the field existed. A field with this value is left
    out of the hashes of configurations, so that those of earlier runs stay what they were.
    """
    return dataclasses.field(default=default, metadata={"help": help, "source": source, **legacy})


@dataclass(frozen=True)
class ModelConfig:
    """What the network is made of. A part that is switched off has no parameters and costs nothing."""

    teacher: str = setting(
        "wide_resnet50_2",
        "Frozen teacher T: any timm architecture with stages at stride 4, 8 and 16.",
        "paper, section 4.1(2)",
    )
    teacher_weights: str = setting(
        "pretrained",
        "'pretrained' looks up the ImageNet weights; 'random' is for tests only: such a model detects nothing.",
        "paper, section 3.2: the teacher is pretrained and frozen",
    )
    features: str = setting(
        "stages",
        "Features of a teacher that is no ResNet: stages, the linear outputs of its stages, or activated, what its "
        "last block of each stage holds after the activation. With a ResNet both are the same.",
        "paper, section 4.1(2): the outputs of a ResNet's stages, which follow a ReLU; see docs/choices.md",
        legacy="stages",
    )
    size: int = setting(256, "Side of the square network input, in pixels; a multiple of 32.", "paper, section 4.1(2)")
    forward: bool = setting(True, "S1, the copier, and its maps M4 to M6.", "paper, section 3.2; Table 4 (BD)")
    reverse: bool = setting(
        True, "S2, the rebuilder, and its maps M1 to M3. Off: S1 alone, plain distillation.", "paper, Figure 6"
    )
    fpm: bool = setting(True, "Projections (FPM), one per scale and side.", "paper, Figure 3a; Table 4")
    forward_target: str = setting(
        "original",
        "Where S1's target P_3 comes from: original, the teacher's F_3, or recalled, the memory's F'_3.",
        "paper, section 3.2: the forward branch adapts the original-domain features F_i; see docs/choices.md",
        legacy="recalled",
    )
    fpm_reduction: int = setting(
        16,
        "r: a projection (FPM) squeezes C channels to C/r (never below 8).",
        "choice: open in the paper; coordinate attention has 32; 16 suits teachers with few channels",
    )
    nfs: bool = setting(True, "Memory (NFS): answers F_3 with good patches.", "paper, section 3.3; Table 5")
    memory_items: int = setting(
        100, "N: number of memory items.", "choice: open in the paper; see docs/memory.md for the measurements"
    )
    temperature: float = setting(
        0.05,
        "Softmax temperature of the addressing over cosine similarities; 1 is the plain softmax of MemAE.",
        "choice: with 1 the addressing is nearly uniform; see docs/memory.md",
    )
    shrink: float = setting(
        1.0,
        "Hard shrinkage threshold in units of 1/N: weights below shrink/N become 0.",
        "choice: MemAE (ICCV 2019) recommends 1/N to 3/N",
    )
    ffc: bool = setting(
        True, "Fusion (FFC) of all scales, 1x1 mixing (Eq. 6). Off: the baseline's plain bottleneck.", "paper, Table 5"
    )
    ffc_blocks: int = setting(4, "L: blocks that compress F_E to the code, F_C.", "paper, section 4.1(2), Figure 10a")
    initialisation: str = setting(
        "pytorch",
        "First weights of what is trained: pytorch, the libraries' defaults, or kaiming, as in the precedents' code.",
        "choice: open in the paper; see docs/choices.md",
        legacy="pytorch",
    )
    map_size: int = setting(64, "Side to which M1..M6 are resized by bilinear interpolation.", "paper, section 3.4")
    tile: int = setting(
        0,
        "Side of the square tiles that a picture is cut into, in its own pixels; 0 takes every picture as a whole.",
        "choice: 0 as in the paper; see docs/large-pictures.md",
        legacy=0,
    )
    overlap: int = setting(32, "Least overlap of tiles, in the picture's pixels.", "choice: a tile's eighth", legacy=32)
    fit: str = setting(
        "stretch",
        "What becomes of a picture that is not square, without tiles: stretch, or letterbox, which repeats its border.",
        "paper, section 4.1(2): every image becomes 256 x 256",
        legacy="stretch",
    )
    crop: str = setting(
        "",
        "Part of every picture to look at, X,Y,W,H: shares of its sides if none is above 1, else pixels. Empty: all.",
        "choice",
        legacy="",
    )
    ignore: str = setting(
        "",
        "Areas never looked at: a small PNG in base64, white on them, as nnet train --ignore FILE makes it.",
        "choice",
        legacy="",
    )

    def __post_init__(self) -> None:
        _require(self.forward or self.reverse, "model.forward, model.reverse", "at least one on", "both off")
        _require(self.reverse or not self.ffc, "model.ffc", "off without S2, the rebuilder (model.reverse)", "on")
        # timm takes names of hubs and folders, too ("hf-hub:...", "local-dir:..."): a file may not send it there.
        _require(re.fullmatch(r"[\w.-]{1,100}", self.teacher), "model.teacher", "an architecture of timm", self.teacher)
        _one_of("model.teacher_weights", ("pretrained", "random"), self.teacher_weights)
        _one_of("model.features", FEATURES, self.features)
        _one_of("model.forward_target", TARGETS, self.forward_target)
        _one_of("model.initialisation", INITIALISATIONS, self.initialisation)
        fits = 64 <= self.size <= 1024 and self.size % 32 == 0
        _require(fits, "model.size", "a multiple of 32 from 64 to 1024", self.size)
        _require(self.fpm_reduction >= 1, "model.fpm_reduction", "at least 1", self.fpm_reduction)
        _require(2 <= self.memory_items <= 65536, "model.memory_items", "2 to 65536", self.memory_items)
        _require(0 < self.temperature <= 10, "model.temperature", "above 0, at most 10", self.temperature)
        _require(0 <= self.shrink < self.memory_items, "model.shrink", "from 0 up to below memory_items", self.shrink)
        _require(1 <= self.ffc_blocks <= 16, "model.ffc_blocks", "1 to 16", self.ffc_blocks)
        _require(8 <= self.map_size <= 512, "model.map_size", "8 to 512", self.map_size)
        _require(self.tile == 0 or 32 <= self.tile <= 8192, "model.tile", "0, or 32 to 8192", self.tile)
        _require(0 <= self.overlap <= (self.tile or 8192) // 2, "model.overlap", "0 to half of a tile", self.overlap)
        _one_of("model.fit", FITS, self.fit)
        _require(self.crop == "" or box_of(self.crop), "model.crop", "X,Y,W,H, or nothing", self.crop)
        _require(len(self.ignore) <= MOST_IGNORE, "model.ignore", "a small PNG in base64", f"{self.ignore[:40]}...")


@dataclass(frozen=True)
class LossConfig:
    """The terms of Eq. (7) and their weights."""

    kd: bool = setting(True, "Copying, L_KD: distil P_i into SP_i (Eq. 1).", "paper, Table 6")
    align: bool = setting(True, "Aligning, L_align: align SF_i with P_i early in training (Eq. 3).", "paper, Table 6")
    distance: str = setting("cosine", "Distance of all feature comparisons: cosine, l1 or l2.", "paper, Figure 9")
    moves_teacher: bool = setting(
        True,
        "L_KD and L_align also train the teacher's projections (and the memory, if P_3 is recalled). Off: only S1's.",
        "paper, section 3.2 and Eq. (7), by implication: S2 has to keep the FPM from a trivial solution",
        legacy=True,
    )
    alpha: float = setting(1.2, "Weight of L_KD.", "paper, section 4.1(2), Figure 10c")
    beta: float = setting(1.0, "Weight of L_align while it is on.", "paper, section 4.1(2)")
    beta_epochs: int | None = setting(
        20, "Epochs during which beta applies; after them it is 0. none keeps it constant.", "paper, Figure 10d"
    )
    beta_share: float | None = setting(
        None,
        "Share of all steps during which beta applies, whatever the number of epochs; none counts beta_epochs instead.",
        "paper, section 4.1(2): 20 of 200 epochs are 0.1; see docs/choices.md",
        legacy=None,
    )
    delta: float = setting(0.002, "Weight of the query entropy L_query (Eq. 5).", "paper, section 4.1(2), Figure 10b")

    def __post_init__(self) -> None:
        _one_of("loss.distance", DISTANCES, self.distance)
        for name in ("alpha", "beta", "delta"):
            found = getattr(self, name)
            _require(0 <= found < math.inf, f"loss.{name}", "a finite number of at least 0", found)
        if self.beta_epochs is not None:
            _require(self.beta_epochs >= 0, "loss.beta_epochs", "at least 0, or none", self.beta_epochs)
        if self.beta_share is not None:
            _require(0 <= self.beta_share <= 1, "loss.beta_share", "0 to 1, or none", self.beta_share)


@dataclass(frozen=True)
class TrainConfig:
    """How the network is trained."""

    epochs: int = setting(200, "Passes over the training images.", "paper, section 4.1(2)")
    min_steps: int = setting(
        0,
        "Minimum number of optimiser steps: with few images, epochs are added until it is reached; 0 adds none.",
        "choice: 30 images make 3 steps an epoch, and no network learns from 90 steps",
    )
    batch_size: int = setting(16, "Images per step.", "paper, section 4.1(2)")
    learning_rate: float = setting(
        0.005,
        "Adam's learning rate.",
        "the paper prints 0.05; 0.005 is what the reverse-distillation work it builds on uses (see docs/choices.md)",
    )
    schedule: str = setting(
        "constant", "constant, or cosine: one warm-up of 5 % and a cosine to 2 %.", "paper: no schedule is mentioned"
    )
    adam_beta1: float = setting(0.5, "Adam's first moment decay.", "paper, section 4.1(2)")
    adam_beta2: float = setting(0.999, "Adam's second moment decay.", "paper, section 4.1(2)")
    calibration_share: float = setting(
        0.1,
        "Share of the normal images kept out of training for calibration (at least 8 images, at most 64). With 0 all "
        "are trained on, as in the paper, and the threshold comes from training images, which score too low.",
        "choice: a threshold needs normal images that the network was not trained on",
    )
    cross_folds: int = setting(0, "Light models that find the threshold; see docs/choices.md.", "choice", legacy=0)
    seed: int = setting(0, "Seed of the initialisation, the split and the order of the images.", "choice")
    precision: str = setting("auto", "auto picks by capability: bf16 or fp16 on a GPU, float32 on a CPU.", "choice")
    cache_gb: float = setting(
        4.0,
        "Memory that cached teacher features may take; beyond that, they are computed again in every epoch.",
        "choice",
    )

    def __post_init__(self) -> None:
        _require(self.epochs >= 1, "train.epochs", "at least 1", self.epochs)
        _require(self.min_steps >= 0, "train.min_steps", "at least 0", self.min_steps)
        _require(self.batch_size >= 2, "train.batch_size", "at least 2 (batch normalisation)", self.batch_size)
        _require(0 < self.learning_rate <= 1, "train.learning_rate", "above 0, at most 1", self.learning_rate)
        _one_of("train.schedule", SCHEDULES, self.schedule)
        _require(0 <= self.adam_beta1 < 1, "train.adam_beta1", "from 0 to below 1", self.adam_beta1)
        _require(0 <= self.adam_beta2 < 1, "train.adam_beta2", "from 0 to below 1", self.adam_beta2)
        _require(0 <= self.calibration_share < 1, "train.calibration_share", "0 to below 1", self.calibration_share)
        _require(self.cross_folds in (0, *range(2, 17)), "train.cross_folds", "0, or 2 to 16", self.cross_folds)
        _require(0 <= self.seed < 2**31, "train.seed", "0 to 2147483647", self.seed)
        _one_of("train.precision", PRECISIONS, self.precision)
        _require(0 <= self.cache_gb < math.inf, "train.cache_gb", "a finite number of at least 0", self.cache_gb)


@dataclass(frozen=True)
class ScoreConfig:
    """How maps become a score, and a score a decision."""

    expression: str = setting(SCORE_PRESETS["paper"].text, "Score_p as an expression over M1..M6.", "paper, Eq. (8)")
    levels: bool = setting(
        False,
        "Divide each map by its mean on the held-out normal images before the score is made of them.",
        "paper, Eq. (8): the maps as they are; see docs/choices.md",
        legacy=False,
    )
    sigma: float = setting(
        4.0,
        "Standard deviation of the Gaussian, in pixels of a 256-pixel input (scaled with the size).",
        "paper, section 4.1(2); reverse distillation, on which it builds, smooths at input resolution",
    )
    quantile: float = setting(
        0.95,
        "Quantile of the held-out normal images' scores that serves as the decision threshold.",
        "choice: one normal image in twenty is flagged when no defect is known",
    )

    def __post_init__(self) -> None:
        _require(0 <= self.sigma <= 64, "score.sigma", "0 to 64", self.sigma)
        _require(0 < self.quantile <= 1, "score.quantile", "above 0, at most 1", self.quantile)

    @property
    def parsed(self) -> Expression:
        """The expression; raises nnet.expression.ExpressionError if it is malformed."""
        return parse(self.expression)


@dataclass(frozen=True)
class Config:
    """All settings of one model; saved beside its weights as config.json."""

    model: ModelConfig = dataclasses.field(default_factory=ModelConfig)
    loss: LossConfig = dataclasses.field(default_factory=LossConfig)
    train: TrainConfig = dataclasses.field(default_factory=TrainConfig)
    score: ScoreConfig = dataclasses.field(default_factory=ScoreConfig)

    def __post_init__(self) -> None:
        trained = self.loss.kd or self.loss.align or not self.model.forward
        expected = "at least one on while S1, the copier, is on (or model.forward off)"
        _require(trained, "loss.kd, loss.align", expected, "both off")
        moved = self.model.reverse or not self.model.fpm or self.loss.moves_teacher
        _require(moved, "loss.moves_teacher", "on where no S2 trains the teacher's projections (model.fpm)", "off")
        self.require_loss(self.train.epochs)

    def require_loss(self, epochs: int) -> None:
        """Refuse settings that leave nothing to train in some of so many epochs.

        Raises:
            ConfigError: L_align is the only loss, and ends before.
        """
        lasting = self.model.reverse or self.model.nfs or self.loss.kd
        found: float | None = self.loss.beta_epochs
        name, whole = "loss.beta_epochs", f"none or at least the {epochs} epochs"
        ends = (epochs if found is None else found) < epochs
        if self.loss.beta_share is not None:
            name, found, whole, ends = "loss.beta_share", self.loss.beta_share, "1", self.loss.beta_share < 1
        if not lasting and (self.loss.beta == 0 or ends):
            raise ConfigError(
                "With loss.kd, model.reverse and model.nfs off, L_align is the only loss, so nothing would be left to "
                f"train when it is off: expected loss.beta above 0, found {self.loss.beta:g}, and {name} {whole}, "
                f"found {found}. Or turn loss.kd on."
            )

    @property
    def maps(self) -> tuple[str, ...]:
        """Names of the maps that this network yields, in order."""
        reverse = ("M1", "M2", "M3") if self.model.reverse else ()
        return reverse + (("M4", "M5", "M6") if self.model.forward else ())

    @property
    def scoring(self) -> ScoreConfig:
        """The score settings with an expression over maps that exist: what a part that is off would supply is left out.

        Raises:
            nnet.expression.ExpressionError: the expression is malformed.
        """
        if set(self.score.parsed.maps) <= set(self.maps):
            return self.score
        return dataclasses.replace(self.score, expression=for_maps(self.maps).text)

    def to_dict(self) -> dict[str, dict[str, Any]]:
        return dataclasses.asdict(self)

    def to_hash(self) -> dict[str, dict[str, Any]]:
        """`to_dict` without the later fields that have their earlier meaning: what hashes of settings are made of."""
        return {
            section.name: {
                f.name: getattr(getattr(self, section.name), f.name)
                for f in dataclasses.fields(getattr(self, section.name))
                if f.metadata.get("legacy", _NEVER) != getattr(getattr(self, section.name), f.name)
            }
            for section in dataclasses.fields(self)
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Config:
        """Inverse of `to_dict`. Unknown sections or fields are refused.

        Missing fields are taken to be from before they existed and have the meaning of that time, else their defaults.
        """
        sections = {f.name: f.default_factory for f in dataclasses.fields(cls)}
        _known(data, sections, "configuration")
        return cls(**{name: _section(make, name, data.get(name, {})) for name, make in sections.items()})

    def override(self, values: dict[str, Any]) -> Config:
        """A copy with settings named by path replaced, e.g. {"model.size": 128, "train.epochs": 10}."""
        data = self.to_dict()
        for path, value in values.items():
            section, _, name = path.partition(".")
            _known({section: 0}, data, "configuration")
            _known({name: 0}, data[section], section)
            data[section][name] = value
        return Config.from_dict(data)


def _require(condition: object, field: str, expected: str, found: object) -> None:
    if not condition:
        raise ConfigError(f"{field}: expected {expected}, found {found!r}.")


def _one_of(field: str, allowed: tuple[str, ...], found: str) -> None:
    _require(found in allowed, field, " or ".join(allowed), found)


def _known(data: dict[str, Any], allowed: dict[str, Any], where: str) -> None:
    if not isinstance(data, dict):
        raise ConfigError(f"{where}: expected settings by name, found {data!r}."[:300])
    if unknown := [key for key in data if key not in allowed]:
        raise ConfigError(f"Unknown setting {unknown[0]!r} in {where}. Known are: {', '.join(allowed)}.")


def _section(make: Any, name: str, values: dict[str, Any]) -> Any:
    fields = {f.name: f for f in dataclasses.fields(make)}
    _known(values, fields, name)
    hints = _hints(make)
    values = {name: f.metadata["legacy"] for name, f in fields.items() if "legacy" in f.metadata} | values
    return make(**{key: _typed(value, hints[key], f"{name}.{key}") for key, value in values.items()})


# Working out the annotations of a section takes most of the time of `override`, of which a study makes thousands.
_hints = functools.cache(typing.get_type_hints)


def _typed(value: Any, kind: Any, path: str) -> Any:
    """Check a value from JSON against the field's annotation; an int is accepted where a float is expected."""
    try:
        return msgspec.convert(value, kind)
    except ValueError as error:
        expected = " or ".join(k.__name__ for k in typing.get_args(kind) or (kind,))
        raise ConfigError(f"{path}: expected {expected}, found {value!r} ({type(value).__name__}).") from error
