"""The files of a study that are read again, and what may stand in them."""

from typing import Annotated, NotRequired, TypeAlias, TypedDict

from msgspec import Meta

from nnet.formats import MIB, Count, Document, FileFormat, Name, NotNegative, Sentence
from nnet.saved.formats import Scores, Settings
from nnet.studies.variants import StudyError

FORMAT = 1
DONE, CSV = "done", "results.csv"
Key: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
"""It names files, so it may not lead out of the folder."""


class DoneFile(TypedDict):
    """A finished run of a study; its fields are columns of results.csv or of `Job`."""

    format: Annotated[int, Meta(ge=1)]
    key: Key
    identity: Name
    config: Settings
    seed: Count
    preset: Name
    settings: Sentence
    variants: list[Name]
    data: Sentence
    data_sha256: Name
    scores: Scores
    threads: Count
    engine: Name
    seconds_run: NotNegative
    created: Name
    source: NotRequired[Sentence]
    split_seed: NotRequired[Count]
    numbers: NotRequired[Count]
    maps: NotRequired[Sentence]
    epochs: NotRequired[Count]
    steps: NotRequired[Count]
    training_images: NotRequired[Count]
    seconds_training: NotRequired[NotNegative]
    training_images_per_second: NotRequired[NotNegative | None]
    images_per_second: NotRequired[NotNegative | None]
    parameters: NotRequired[Count]
    parameters_trained: NotRequired[Count]
    device: NotRequired[Sentence]
    jobs: NotRequired[Count]
    config_sha256: NotRequired[Name]
    commit: NotRequired[Name]
    nnet: NotRequired[Name]
    torch: NotRequired[Name]
    versions: NotRequired[dict[Name, Name]]


_AGAIN = "Restore it, or remove it: the study's command then makes this run again."
DONE_FORMAT = Document[DoneFile](
    name=f"{DONE}/KEY.json",
    about="A finished run of a study. Never changed.",
    error=StudyError,
    remedy=_AGAIN,
    schema=DoneFile,
    version=("format", FORMAT),
    most=32 * MIB,
)
CSV_FORMAT = FileFormat(
    name=CSV,
    about="The table of a study: a row per study, row, data set, seed and kind of defect.",
    error=StudyError,
    remedy="Run the study's command again; it writes the table again from the finished runs.",
    most=16 * MIB,
)
