"""The members of a replay bundle, and what may stand in them."""

from typing import Annotated, NotRequired, TypeAlias, TypedDict

from msgspec import Meta

from nnet.errors import NNetError
from nnet.formats import MIB, Count, Document, FileFormat, Name, Number, Sentence, Share
from nnet.saved.formats import MOST_HELD_OUT, DataAccount, Settings

FORMAT, VERSION = "nnet-replay", 1
MANIFEST, IMAGE, VALUES = "manifest.json", "image.png", "values.npz"
CALIBRATION, SETTINGS, MODEL = "calibration.json", "settings.json", "model.json"
ORIGINAL = "original"
MAP_SIDES, SCORE_SIDES = (8, 512), (8, 1024)
"""Smallest and largest side of a map and of the score map, as in `nnet.config`."""
LOWEST, HIGHEST = -1e-3, 1e6
"""What a map's values lie between: they are distances, up to rounding."""
_REFUSED = "It is refused; save the bundle again from the Inspect page."
Short: TypeAlias = Annotated[str, Meta(max_length=500)]


class ReplayError(NNetError):
    """A file that is not a replay bundle, or one that is damaged or altered and cannot be read."""


class Member(TypedDict):
    sha256: Name
    bytes: NotRequired[Count]


class ManifestFile(TypedDict):
    """Every other member with its size and SHA-256."""

    format: Name
    version: Count
    members: Annotated[dict[Name, Member], Meta(max_length=16)]
    nnet: NotRequired[Name]


class SettingsFile(TypedDict):
    """What was chosen, and the numbers that were shown."""

    title: Short
    pixels_sha256: Short
    original: NotRequired[Short | None]
    expression: Short
    size: Annotated[int, Meta(ge=SCORE_SIDES[0], le=SCORE_SIDES[1])]
    sigma: Annotated[float, Meta(ge=0, le=64)]
    threshold: Number
    score: Number
    percentile: Annotated[float, Meta(ge=0, le=100)]
    p_value: Share
    anomalous: bool
    view: Annotated[dict[Short, Short], Meta(max_length=64)]


class BundleCalibration(TypedDict):
    """The held-out normal images under the expression: their scores, ascending, and the level of each map."""

    expression: Short
    scores: Annotated[list[Number], Meta(min_length=1, max_length=MOST_HELD_OUT)]
    threshold_quantile: Share
    pixel_median: Number
    map_levels: dict[Name, Number]


class CheckpointAccount(TypedDict):
    name: Short
    weights_sha256: Short
    calibration_sha256: NotRequired[Short]
    data: NotRequired[DataAccount | None]
    created: NotRequired[Short | None]


class TeacherAccount(TypedDict):
    name: Short
    sha256: Short
    origin: NotRequired[Sentence | None]


class Environment(TypedDict):
    """What affects the last digits of a number."""

    device: Short
    kind: Short
    versions: dict[Name, Short]
    processor: NotRequired[Short]
    instructions: NotRequired[Short]
    threads: NotRequired[Count]


class ModelFile(TypedDict):
    """What made the maps, and where."""

    checkpoint: CheckpointAccount
    teacher: TeacherAccount
    environment: Environment
    created: Short
    config: NotRequired[Settings]
    commit: NotRequired[Short]


MANIFEST_FORMAT = Document[ManifestFile](
    name=MANIFEST,
    about="Of a replay bundle: what is in it.",
    error=ReplayError,
    remedy=_REFUSED,
    schema=ManifestFile,
    version=("version", VERSION),
    newer="{path} is of a replay bundle of version {found}; this N-Net reads version {version}. Update N-Net.",
)
SETTINGS_FORMAT = Document[SettingsFile](
    name=SETTINGS,
    about="Of a replay bundle: expression, threshold, view, and the numbers that were shown.",
    error=ReplayError,
    remedy=_REFUSED,
    schema=SettingsFile,
)
CALIBRATION_FORMAT = Document[BundleCalibration](
    name=CALIBRATION,
    about="Of a replay bundle: what the score is compared with.",
    error=ReplayError,
    remedy=_REFUSED,
    schema=BundleCalibration,
    most=16 * MIB,
)
MODEL_FORMAT = Document[ModelFile](
    name=MODEL,
    about="Of a replay bundle: hashes of weights, calibration and teacher; settings; versions, device and date.",
    error=ReplayError,
    remedy=_REFUSED,
    schema=ModelFile,
)
VALUES_FORMAT = FileFormat(
    name=VALUES,
    about="Of a replay bundle: an NPZ with the score map `score` (size, size) and M1 to M6 (side, side), float32. "
    f"Maps have sides from {MAP_SIDES[0]} to {MAP_SIDES[1]} and values from 0 to {HIGHEST:,.0f}.",
    error=ReplayError,
    remedy=_REFUSED,
    most=64 * MIB,
)
IMAGE_FORMAT = FileFormat(
    name=IMAGE,
    about="Of a replay bundle: the decoded pixels. The file as it was uploaded may lie beside it as `original.*`.",
    error=ReplayError,
    remedy=_REFUSED,
    most=256 * MIB,
)
MEMBERS = {
    format.name: format
    for format in (MANIFEST_FORMAT, SETTINGS_FORMAT, CALIBRATION_FORMAT, MODEL_FORMAT, VALUES_FORMAT, IMAGE_FORMAT)
}
