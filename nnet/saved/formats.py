"""The files of a checkpoint, and what may stand in them. No torch in here."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypeAlias, TypedDict

from msgspec import Meta

from nnet.formats import (
    GIB,
    KIB,
    MIB,
    Array,
    Arrays,
    Count,
    Document,
    Lines,
    Name,
    NotNegative,
    Number,
    Sentence,
    Sha256,
    Share,
    Text,
    Whole,
)
from nnet.saved.errors import CheckpointError
from nnet.scoring.kind import MOST

FORMAT = 1
CONFIG, WEIGHTS, MAPS, ATLAS = "config.json", "weights.safetensors", "normal_maps.safetensors", "atlas.safetensors"
CALIBRATION, HISTORY, METRICS, CARD = "calibration.json", "history.jsonl", "metrics.json", "card.md"
SCORES = "scores.json"
RESUME = "resume.safetensors"
KIND, KIND_FEATURES, DECISION = "kind.safetensors", "features", "decision.json"
LEVELS, EXTENTS = "level ", "extents"
MOST_THRESHOLD = 1e30
MOST_HELD_OUT = 256
"""Training keeps 64 held-out images at most. Each is enlarged to the size of the input when a threshold is found."""
_AGAIN = "Restore it from its source, or train the model again."

Settings: TypeAlias = dict[str, dict[str, bool | Whole | Number | Sentence | None]]
"""Section -> setting -> value, as `nnet.config.Config.to_dict` gives them and `Config.from_dict` checks them."""


class DataAccount(TypedDict, total=False):
    """The data set that a model was trained or measured on."""

    name: Sentence
    layout: Sentence
    source: Sentence
    licence: Sentence
    sha256: Name
    train_normal: Count
    test_normal: Count
    test_defective: Count
    bits: Annotated[int, Meta(ge=1, le=32)]


class EndedEarly(TypedDict):
    """How much of a training was made that was ended early, and how much was planned. `rate_was_falling`: its learning
    rate would have come down."""

    epochs: Count
    planned_epochs: Count
    steps: Count
    planned_steps: Count
    rate_was_falling: bool


class About(TypedDict):
    """Where a model comes from. `teacher_file` is the file of the teacher's weights where one was named. `picture` has
    the height and width of the pictures of a model that frames them, where all have one size, else `pictures` the most
    frequent sizes with their counts (`nnet.data.sizes`). `masks` says how masks of photos that EXIF turns were read
    where nothing tells."""

    teacher_origin: Sentence
    training_images: Count
    teacher_sha256: NotRequired[Sha256]
    teacher_file: NotRequired[Sentence | None]
    calibration_images: NotRequired[Count]
    cross_folds: NotRequired[Count]
    ended_early: NotRequired[EndedEarly]
    picture: NotRequired[tuple[Count, Count]]
    pictures: NotRequired[Annotated[list[tuple[Count, Count, Count]], Meta(max_length=100)]]
    device: NotRequired[Sentence]
    data: NotRequired[DataAccount | None]
    split_seed: NotRequired[Count]
    masks: NotRequired[Literal["shown", "stored"]]
    commit: NotRequired[Name]
    created: NotRequired[Name]
    versions: NotRequired[dict[Name, Name]]
    minutes: NotRequired[NotNegative]


Hashes = TypedDict(
    "Hashes",
    {
        "weights.safetensors": Sha256,
        "normal_maps.safetensors": Sha256,
        "atlas.safetensors": NotRequired[Sha256],
        "kind.safetensors": NotRequired[Sha256],
    },
)


class ConfigFile(TypedDict):
    """All settings, the SHA-256 of the files with arrays, and the model's origin."""

    format: Annotated[int, Meta(ge=1)]
    config: Settings
    sha256: Hashes
    about: About
    nnet: NotRequired[Name]


class Quantiles(TypedDict):
    q50: Number
    q95: Number
    q99: Number
    max: Number


class CalibrationFile(TypedDict):
    """The scores of the held-out normal images under the model's own expression."""

    expression: Sentence
    normal_images: Count
    threshold: Number
    threshold_quantile: Share
    scores: Annotated[list[Number], Meta(max_length=MOST_HELD_OUT)]
    score_quantiles: Quantiles
    pixel_median: Number
    map_quantiles: dict[Name, Quantiles]
    levels: NotRequired[dict[Name, Number]]


class BestF1(TypedDict):
    threshold: Number
    f1: Share
    precision: Share
    recall: Share


class Measured(TypedDict, total=False):
    """Metrics of one score expression (`nnet.scoring.metrics.Metrics`); null where one is undefined."""

    p_ap: Share | None
    p_auroc: Share | None
    p_pro: Share | None
    p_f1: BestF1 | None
    i_auroc: Share | None
    i_ap: Share | None
    i_f1: BestF1 | None
    images: Count
    defective_images: Count
    pixel_images: Count
    regions: Count
    notes: list[Sentence]
    by_type: dict[Sentence, Measured]
    commit: Name
    created: Name


Scores: TypeAlias = Annotated[dict[Sentence, Measured], Meta(min_length=1, max_length=10_000)]


class ImageSizes(TypedDict):
    smallest: tuple[Count, Count]
    largest: tuple[Count, Count]
    distinct: Count


class Subsets(TypedDict, total=False):
    """What each map contributes to a metric: metric -> map -> Shapley value (`nnet.analysis.subsets`)."""

    shapley: dict[Name, dict[Name, Number]]


class Evaluation(TypedDict):
    """What was measured later, on the data set with the SHA-256 that it stands under."""

    data: DataAccount
    scores: Scores
    weights_sha256: Name
    commit: NotRequired[Name]
    created: NotRequired[Name]
    size: NotRequired[Count]
    image_sizes: NotRequired[ImageSizes]
    left_out: NotRequired[Count]
    versions: NotRequired[dict[Name, Name]]
    subsets: NotRequired[Subsets]


class MetricsFile(TypedDict, total=False):
    """What training measured on its own data's test images, and below `evaluations` what was measured later."""

    data: DataAccount
    size: Count
    image_sizes: ImageSizes
    left_out: Count
    scores: Scores
    evaluations: dict[Name, Evaluation]


Interval: TypeAlias = tuple[Number, Number]


class PictureScores(TypedDict):
    """The image scores of a data set's labelled test pictures: of each its key, its label, and a score under each
    expression. `intervals`: expression -> metric -> where it lies with 95 % (`nnet.scoring.metrics.bootstrap`). `near`:
    expression -> the highest score on or beside the defect (`nnet.scoring.places`), null where none is known.
    `other_kind`: how many of the good pictures show another kind of part (`nnet.scoring.kind`)."""

    data: DataAccount
    weights_sha256: Name
    keys: Annotated[list[Sentence], Meta(min_length=1, max_length=1_000_000)]
    labels: Annotated[list[Sentence], Meta(min_length=1, max_length=1_000_000)]
    scores: Annotated[dict[Sentence, list[Number]], Meta(min_length=1, max_length=10_000)]
    intervals: NotRequired[dict[Sentence, dict[Name, Interval]]]
    near: NotRequired[dict[Sentence, list[Number | None]]]
    other_kind: NotRequired[Count]
    commit: NotRequired[Name]
    created: NotRequired[Name]


class ScoresFile(TypedDict):
    """By the SHA-256 of the data set. The metrics of the same pictures stand in metrics.json."""

    sets: dict[Name, PictureScores]


class Epoch(TypedDict):
    """A finished epoch: loss terms, beta, learning rate, pace and use of the memory (`nnet.training.loop`)."""

    epoch: Count
    loss: NotRequired[Number]
    L_RKD: NotRequired[Number]
    L_KD: NotRequired[Number]
    L_align: NotRequired[Number]
    L_query: NotRequired[Number]
    beta: NotRequired[Number]
    learning_rate: NotRequired[Number]
    seconds: NotRequired[NotNegative]
    images_per_second: NotRequired[NotNegative]
    items_per_query: NotRequired[NotNegative]
    items_used: NotRequired[NotNegative]
    items_dead: NotRequired[NotNegative]
    held_out_median: NotRequired[Number]
    held_out_high: NotRequired[Number]
    film_seconds: NotRequired[NotNegative]


class KeptThreshold(TypedDict):
    """A threshold that somebody chose for a score expression, and why; `data`: the SHA-256 of the data set that it was
    chosen on."""

    expression: Sentence
    threshold: Annotated[float, Meta(gt=0, le=MOST_THRESHOLD)]
    reason: Sentence
    created: NotRequired[Name]
    pictures: NotRequired[Count]
    above: NotRequired[Count]
    data: NotRequired[Name]


class DecisionFile(TypedDict):
    """Chosen thresholds, the newest last; of an expression the last one counts."""

    kept: Annotated[list[KeptThreshold], Meta(max_length=10_000)]


CONFIG_FORMAT = Document[ConfigFile](
    name=CONFIG,
    about="A checkpoint's settings and origin. It is written last: a folder without it is no checkpoint.",
    error=CheckpointError,
    remedy=_AGAIN,
    schema=ConfigFile,
    version=("format", FORMAT),
    newer="{path} has checkpoint format {found}; this version of N-Net reads format {version}. "
    "Update N-Net, or train the model again.",
)
CALIBRATION_FORMAT = Document[CalibrationFile](
    name=CALIBRATION,
    about="A readable account of the calibration; all of it can be computed again from the held-out images' maps.",
    error=CheckpointError,
    remedy="The model works without it. Delete the file, or restore it from its source.",
    schema=CalibrationFile,
)
METRICS_FORMAT = Document[MetricsFile](
    name=METRICS,
    about="Measured results, if there are any.",
    error=CheckpointError,
    remedy="Restore it, or delete it and measure the model again.",
    schema=MetricsFile,
    most=32 * MIB,
)
SCORES_FORMAT = Document[ScoresFile](
    name=SCORES,
    about="The scores of every picture that was measured, if any (`nnet.saved.kept_scores`).",
    error=CheckpointError,
    remedy="The model works without it. Delete the file, or measure the model again.",
    schema=ScoresFile,
    most=64 * MIB,
)
HISTORY_FORMAT = Lines[Epoch](
    name=HISTORY,
    about="One line per finished epoch. The last line may be half-written.",
    error=CheckpointError,
    remedy="The model is not affected. Delete the file, or restore it from its source.",
    schema=Epoch,
    most=16 * MIB,
    longest=16 * KIB,
)
CARD_FORMAT = Text(
    name=CARD,
    about="What a person should know before using the model, as Markdown.",
    error=CheckpointError,
    remedy="The model is not affected. Delete the file, or restore it from its source.",
)
WEIGHTS_FORMAT = Arrays(
    name=WEIGHTS,
    about="The network without its teacher.",
    error=CheckpointError,
    remedy=_AGAIN,
    most=4 * GIB,
    arrays={
        ".+": Array(("F16", "F32", "F64", "I64"), None, "a tensor of the network; matrices and kernels are float16")
    },
)
MAPS_FORMAT = Arrays(
    name=MAPS,
    about="The maps of the n held-out normal images, and what they were divided by, where they were.",
    error=CheckpointError,
    remedy=_AGAIN,
    most=GIB,
    arrays={
        "M[1-6]": Array(("F16",), ("n", "rows", "columns"), "a map of each image"),
        "level M[1-6]": Array(("F64",), (), "mean of the map before it was divided"),
        "extents": Array(("I64",), ("n", 2), "rows and columns that each picture's maps fill, where it is framed"),
    },
    limits={"n": (1, MOST_HELD_OUT), "rows": (1, 65536), "columns": (1, 65536)},
)
ATLAS_FORMAT = Arrays(
    name=ATLAS,
    about="What each of the N memory items stands for (`nnet.analysis.atlas`), where there is a memory.",
    error=CheckpointError,
    remedy="The model works without it. Restore it from its source, or train the model again.",
    most=4 * GIB,
    arrays={
        "usage": Array(("F32",), ("N",), "each item's share of all addressing weights"),
        "patches": Array(("U8",), ("N", "K", "side", "side", 3), "the training patches with the largest weight"),
        "weights": Array(("F32",), ("N", "K"), "their addressing weights"),
        "sources": Array(("I64",), ("N", "K", 3), "index of the image, and row and column in F_3"),
    },
    limits={"N": (2, 65536), "K": (1, 64), "side": (8, 256)},
    required=("usage", "patches", "weights", "sources"),
)
KIND_FORMAT = Arrays(
    name=KIND,
    about="The kind of part that the model knows (`nnet.scoring.kind`), if it was told.",
    error=CheckpointError,
    remedy="Restore it from its source, or let the model learn its kind of part again with nnet calibrate.",
    arrays={KIND_FEATURES: Array(("F16", "F32"), ("n", "C"), "F_3 averaged over each of n normal pictures")},
    limits={"n": (1, MOST), "C": (1, 65536)},
    required=(KIND_FEATURES,),
    most=64 * MIB,
)
DECISION_FORMAT = Document[DecisionFile](
    name=DECISION,
    about="Thresholds that somebody chose, with their reasons, if any (`nnet.saved.kept_thresholds`).",
    error=CheckpointError,
    remedy="Restore it, or remove it to undo its thresholds.",
    schema=DecisionFile,
)


class ResumeNotes(TypedDict):
    """Finished epochs, what the run must have in common to continue, and the state of the loss scaler as JSON."""

    epoch: Annotated[str, Meta(pattern="^[0-9]{1,9}$")]
    identity: Name
    scaler: Sentence


RESUME_FORMAT = Arrays(
    name=RESUME,
    about="Weights and optimiser after an epoch, while training is unfinished (`nnet.training.state`).",
    error=CheckpointError,
    remedy="Delete it to start the run again.",
    most=16 * GIB,
    arrays={
        "network/.+": Array(("F16", "F32", "F64", "I64", "BF16"), None, "a tensor of the network"),
        "adam/.+": Array(("F16", "F32", "F64", "I64", "BF16"), None, "a moment of Adam, or its count of steps"),
    },
    notes=ResumeNotes,
)
