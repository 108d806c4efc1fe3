"""Wording of the part that starts a study. No Streamlit."""

from collections.abc import Mapping

from nnet.studies import STUDIES
from nnet.studies.plan import Plan
from nnet.studies.running import DONE, FAILED, RUNNING, WAITING
from nnet.training.events import title_of
from workbench.ablations.results.words import study_name
from workbench.ablations.start.studies import Standing
from workbench.shared import units
from workbench.shared.words import DATA_NAMES

ABOUT = (
    "Train the networks of one of the paper's tables or figures on your own data. Training runs in the background and "
    "continues when you close the browser; each network appears in the results as soon as it is measured."
)
STARTED = "Started studies"
STUDY_LABEL, PRESET_LABEL = "Study", "Preset"
DATA = {
    "path": DATA_NAMES["folder"],
    **{name: title for name, title in DATA_NAMES.items() if name not in ("none", "own", "folder", "images")},
}
"""One's own data first; single images do not make a study."""
DATA_HELP = (
    "A study needs good images to learn from, and both good and defective images to measure on: a category in the "
    "layout of MVTec AD or VisA, or folders such as good/ and scratch/. With masks, pixel metrics are measured, too."
)
PRESET_HELP = "small trains everywhere in minutes; paper is the paper's network, which needs a GPU."
SEEDS_LABEL = "Seeds"
SEEDS_HELP = (
    "Each network is trained once with each seed. One seed decides nothing: a claim is checked by the spread over "
    "the seeds."
)
CHANGES_LABEL, CHANGES_PLACEHOLDER = "Other settings", "train.epochs=10 model.size=128"
CHANGES_HELP = "For all networks of the study, as SECTION.FIELD=VALUE separated by spaces, like --set of the command."
START, ESTIMATE = "Start", "Estimate first"
ESTIMATE_HELP = "Reads the data and makes a few training steps of each kind of network, which takes a minute or less."
PLANNING, ESTIMATING = "Reading the data…", "Making a few training steps of each kind of network…"
NO_DATA = "Choose data to start."
NONE_STARTED = "No study has been started here yet."
ALL_DONE = "All networks of this study are trained on this data already. The results show them."
STALE = "The choice has changed since the estimate. Estimate again, or start."
CANCEL, RESUME, CANCEL_ALL, RESUME_ALL = "Cancel this run", "Resume this run", "Cancel all", "Resume all"
SHOW_RESULTS = "Show the results"
WATCH_LABEL, RUN_LABEL = "Started study", "Run"
LOG = "Log"
NOTHING_PRINTED = "Nothing has been printed yet."
ICONS = {DONE: "✓", RUNNING: "▶", WAITING: "…", FAILED: "✗"}
_STATES = {DONE: "done", RUNNING: "running", WAITING: "waiting", FAILED: "stopped"}


STUDY_TITLES = {name: f"{study_name(study)} · {study.title}" for name, study in STUDIES.items()}


def estimate(plan: Plan, seconds: float, at_once: int) -> str:
    """What there is to do, and how long it takes."""
    done = len(plan.jobs) - len(plan.missing)
    counted = units.plural(len(plan.missing), "training")
    if done:
        counted += f"; {done:,} of {len(plan.jobs):,} are done already"
    together = min(at_once, len(plan.missing))
    side = "one after the other" if together == 1 else f"{together} at once"
    return f"{counted}. Made {side}, they take {units.about(seconds)} on this computer."


def summary(counts: Mapping[str, int]) -> str:
    """How far a study is."""
    total = sum(counts.values())
    parts = [f"{counts[state]:,} {name}" for state, name in _STATES.items() if counts[state]]
    return f"{units.plural(total, 'training')}: {', '.join(parts)}." if total else "No training yet."


def run_line(one: Standing) -> dict[str, str]:
    """A run as a row of the table."""
    run = one.run
    at = run.status if one.state == RUNNING else None
    phase = f"{title_of(at.phase)} {one.progress:.0%}" if at else ""
    queue = f"place {run.position} in the queue" if run.position else ""
    return {
        "Run": run.name,
        "State": "stopping" if run.state == "stopping" else _STATES[one.state],
        "Progress": phase or queue or (run.reason if one.state == FAILED else ""),
    }


FOLDER = "Folder: {path}"
