"""Studies that are started from the page: what is asked for, and how far their runs are. Knows no Streamlit.

Each is a folder like those of `python -m nnet ablate`, below the folder of training runs. All studies of one data set
and one preset share a folder, so that a network that stands in several tables is trained once.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nnet.cli.shared import assignment
from nnet.runs import Run
from nnet.runs.uploads import copy_tree
from nnet.studies import base_config, running, select
from nnet.studies.estimate import estimate, whole_seconds
from nnet.studies.plan import Plan, Request, Source, command, make_plan, open_source
from nnet.studies.running import DONE, FAILED, RUNNING, WAITING
from nnet.studies.store import StudyFolder
from workbench.ablations.results import rows
from workbench.shared import places

UPLOADED = "data"
"""Folder of a study for images that were uploaded for it."""


@dataclass(frozen=True)
class Wish:
    """What the visitor asks for.

    `data` is as for `nnet.data.open_dataset`; `upload` is the name of uploaded data, which lies in `data` during the
    visit, or "" for data that stays. `seeds` counts from 0; `changes` are as for --set, separated by spaces.
    """

    study: str
    data: str
    upload: str
    preset: str
    seeds: int
    changes: str


@dataclass(frozen=True)
class Standing:
    """A run of a started study, as a line of its table: its state (WAITING, RUNNING, DONE or FAILED), and the share of
    the present phase that is done, 0..1."""

    run: Run
    state: str
    progress: float

    @property
    def can_cancel(self) -> bool:
        return self.run.state in ("queued", "running")


def plan_of(wish: Wish) -> tuple[Plan, StudyFolder]:
    """The runs that a wish needs, and the folder where they are or will be.

    Raises:
        nnet.errors.NNetError: the data or the settings do not do, in a sentence.
    """
    base = base_config(wish.preset, dict(map(assignment, wish.changes.split())))
    source = open_source(wish.data, 0)
    name = Path(wish.upload).stem if wish.upload else source.dataset.name
    folder = StudyFolder(places.studies_folder() / f"{rows.slug(name)}-{wish.preset}-{source.sha256[:6]}")
    if wish.upload and not (kept := folder.root / UPLOADED / rows.slug(name)).exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        copy_tree(Path(wish.data), kept)
    if wish.upload:
        source = Source(str(kept), source.dataset, source.sha256)
    request = Request(
        select([wish.study]),
        [source],
        range(wish.seeds),
        base,
        preset_name=wish.preset,
        command=command([wish.study], [wish.upload or wish.data], wish.seeds, wish.preset, wish.changes.split()),
    )
    return make_plan(request, folder), folder


def expected(plan: Plan, folder: StudyFolder) -> tuple[float, int]:
    """How many seconds the missing runs will take, from finished ones or from a few training steps; and how many of
    them run at once.

    Raises:
        nnet.errors.NNetError: the runs would fail for the same reason.
    """
    own = running.share_of_this_computer()
    return whole_seconds(estimate(plan, folder.results(), own), own.jobs), own.jobs


def started() -> dict[str, StudyFolder]:
    """The studies that were started from the page, by name, the newest first."""
    root = places.studies_folder()
    found = [path for path in root.iterdir() if (path / "models").is_dir()] if root.is_dir() else []
    found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    return {path.name: StudyFolder(path) for path in found}


def standings(folder: StudyFolder) -> list[Standing]:
    """All runs of a study in the order in which they were asked for."""
    found = []
    for run in sorted(folder.runs.list(), key=lambda run: run.spec.created if run.spec else ""):
        standing = running.standing(folder, run.id)
        found.append(Standing(run, standing.state, standing.share))
    return found


def counts(found: Sequence[Standing]) -> Counter[str]:
    """State -> number of runs."""
    return Counter({state: 0 for state in (DONE, RUNNING, WAITING, FAILED)}) + Counter(one.state for one in found)
