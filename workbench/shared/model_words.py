"""Wording of the sidebar's choice of a model."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.shared import units

if TYPE_CHECKING:
    from nnet.runs import Run
    from nnet.scoring.calibration import Kept
    from workbench.shared.model_list import ModelEntry
    from workbench.shared.parts import Decided


CHOOSE, USE, ALL_PARTS, THIS_PART = "Choose a part", "Use this model", "All parts", "This part"
PART_NAME, TRAIN_AGAIN = "Name of the part", "Train again on this part"
DELETE_ONE, WHICH_ONE, DELETE_IT = "Delete a model or run", "Which one", "Delete it"
EVALUATE_PART = "Evaluate on its pictures"
NOT_AT_HAND = (
    "The pictures of this part are not on this computer, so that it can be neither measured nor trained again."
)


def deleting(title: str, *, film: bool, photos: bool, shares: bool, model: bool = True) -> str:
    """What goes with a model or run that is deleted, and what stays.

    Args:
        film, photos: whether it has a film of its training, and pictures that were uploaded.
        shares: whether another run is made of the same uploaded pictures.
        model: whether it has a model.
    """
    own = photos and not shares
    goes = [
        "its model, results and kept thresholds" if model else "its log",
        *(["its training film"] * film),
        *(["its uploaded photos"] * own),
    ]
    listed = ", ".join(goes[:-1]) + f" and {goes[-1]}" if len(goes) > 1 else goes[0]
    stay = ["The other models and runs of the part stay"]
    if photos and shares:
        stay.append("and so do the uploaded photos, of which another run is made")
    elif not photos:
        stay.append("and so does the data that it was trained on")
    return (
        f"This removes **{title}** from the disk with {listed}. {', '.join(stay)}. Links to it open nothing then. It "
        "cannot be undone."
    )


KEEP_USING = "Go on with it"
UPLOADS_STAY = (
    "Your uploaded pictures are now judged by a model that learnt other parts, so its scores mean little for them."
)


def replaced(gone: str, part: str, now: str, other: str) -> str:
    """Which model is in use since the one before was deleted. `other`: the part of the new one if it is another."""
    of = f"It is of another part, **{other}**" if other else "It is of the same part"
    return f"The model in use, **{gone}** of **{part}**, was deleted. In use is now **{now}**. {of}."


KEPT_HERE = "Kept threshold"
"""In the table of a part; the reason stands below it."""
RUN_STATES = {
    "created": "Not started",
    "queued": "Waiting",
    "running": "Training",
    "stopping": "Stopping",
    "done": "Done",
    "cancelled": "Cancelled",
    "failed": "Failed",
    "lost": "Lost",
    "unreadable": "Damaged",
}
"""What is said of a run in each of its states (`nnet.runs.layout.STATES`)."""
TRAIN_ON_IT, SEE_RUN = "Train on its pictures", "See its training"
NO_MODEL = {
    "created": "It has no model yet: its training was never started.",
    "queued": "It has no model yet: its training waits for its turn.",
    "running": "It has no model yet: its training is under way.",
    "stopping": "It has no model yet: its training is being stopped.",
    "done": "Its training is done, but its model is no longer here.",
    "cancelled": "It has no model yet: its training was cancelled.",
    "failed": "It has no model yet: its training failed.",
    "lost": "It has no model yet: its training ended without a message.",
    "unreadable": "It has no model: the files of its training are damaged.",
}
"""What is said of a part without a model, by the state of its newest run."""
COLUMNS = ("Model or run", "Made", "State", "Result", "At its threshold", "Measured on")
NOT_MEASURED = "Not measured yet; Evaluate does it"
OWN_TEST_PICTURES = "its own test pictures"


def holds(counts: Mapping[str, Any]) -> str:
    """How many pictures a part has: "Pictures: 52 good, 30 defective, 4 unlabelled"; "" where nothing says so."""
    numbers = {
        "good": counts.get("train_normal", 0) + counts.get("test_normal", 0),
        "defective": counts.get("test_defective", 0),
        "unlabelled": counts.get("unlabelled", 0),
    }
    said = [f"{count:,} {kind}" for kind, count in numbers.items() if count]
    return f"Pictures: {', '.join(said)}" if said else ""


def more(models: int, runs: int) -> str:
    """What is not named under a part's picture, or ""."""
    said = [units.plural(models, "more model") if models > 0 else "", units.plural(runs, "run") if runs else ""]
    without = " without a model" if runs else ""
    return f"{' and '.join(filter(None, said))}{without}" if any(said) else ""


def model_row(entry: ModelEntry, decided: Decided | None, *, is_kept: bool = False) -> dict[str, str]:
    """A model in the table of its part; `is_kept`: somebody keeps its threshold."""
    state = "Damaged" if entry.problem else "Model"
    found = ": ".join(filter(None, (KEPT_HERE if is_kept else "", at_its_threshold(decided))))
    metric = headline_metric(entry.i_auroc)
    metric = ", ".join(filter(None, (metric, trained(entry)))) if metric else NOT_MEASURED
    data = pictures_of(entry.measured_on) if entry.measured_on else OWN_TEST_PICTURES
    on = "" if entry.i_auroc is None else data
    cells = entry.title, date(entry.created), state, metric, found, on
    return dict(zip(COLUMNS, cells, strict=True))


def pictures_of(account: Mapping[str, Any]) -> str:
    """The test pictures of a data set: "brackets.zip (20 good, 30 defective)"."""
    numbers = f"{account.get('test_normal', 0):,} good, {account.get('test_defective', 0):,} defective"
    return f"{units.cut(str(account.get('name', '')), 60)} ({numbers})"


def run_row(run: Run) -> dict[str, str]:
    """A run without a model in the table of its part."""
    made = date(run.spec.created) if run.spec else ""
    return dict(zip(COLUMNS, (run.name, made, RUN_STATES[run.state], "", "", ""), strict=True))


def at_its_threshold(decided: Decided | None) -> str:
    """What a model does at its threshold: "27 of 30 found, 3 of 20 flagged"; "" where it is not known."""
    if decided is None:
        return ""
    (found, defective), (flagged, good) = decided.found, decided.flagged
    elsewhere = f" ({decided.elsewhere:,} in the wrong place)" if decided.elsewhere else ""
    return f"{found:,} of {defective:,} found{elsewhere}, {flagged:,} of {good:,} flagged"


def date(written: str) -> str:
    """The day of an ISO 8601 time: "23 Nov 2026"; "" for one that cannot be read."""
    try:
        day = datetime.datetime.fromisoformat(written)
    except ValueError:
        return ""
    return f"{day.day} {day:%b %Y}"


def moment(written: str) -> str:
    """Day and time of day of an ISO 8601 time, by this computer's clock: "23 Nov 2026, 14:05"; "" for one that cannot
    be read."""
    try:
        there = datetime.datetime.fromisoformat(written).astimezone()
    except (ValueError, OverflowError):
        return ""
    return f"{there.day} {there:%b %Y, %H:%M}"


def headline_metric(value: float | None) -> str:
    """The one number by which models are compared at a glance, "" without labelled test images."""
    return "" if value is None else f"I-AUROC {value:.3f}"


def trained(entry: ModelEntry) -> str:
    """How large and how long, without which no result says much: "256 \N{MULTIPLICATION SIGN} 256 px, 1,200 steps"."""
    size = units.pixels(entry.size, entry.size) if entry.size else ""
    steps = units.plural(entry.steps, "step") if entry.steps else ""
    if entry.steps and entry.planned_steps:
        steps = f"{entry.steps:,} of {entry.planned_steps:,} planned steps"
    return ", ".join(filter(None, (size, steps)))


def setup(entry: ModelEntry) -> str:
    """A model by its name, and what it was trained on, how large and how long."""
    images = "" if entry.training_images is None else units.plural(entry.training_images, "good picture")
    data = f"{images} of {units.plain(entry.data)}" if images and entry.data else images
    facts = ", ".join(filter(None, (trained(entry), data)))
    return f"{units.plain(entry.title)} ({facts})" if facts else units.plain(entry.title)


def model_labels(entries: Mapping[str, ModelEntry]) -> dict[str, str]:
    """Each model in the list, by name: "Brackets · I-AUROC 0.943"; where two are called alike, with their names."""
    titles = [entry.title for entry in entries.values()]
    return {
        name: " · ".join(
            filter(
                None,
                (
                    entry.title,
                    name if titles.count(entry.title) > 1 else "",
                    "damaged" if entry.problem else headline_metric(entry.i_auroc),
                ),
            )
        )
        for name, entry in entries.items()
    }


def newest(title: str) -> str:
    """The button that leads to the model that was trained last, where that is of another part than the one in use."""
    return f"Newest: {units.plain(units.cut(title, 40))}"


KEPT_THRESHOLD = "a kept threshold decides"


def model_lines(entry: ModelEntry, kept: Kept | None = None) -> list[str]:
    """What is known of the chosen model before it is loaded: data, teacher and size, date and headline metric.

    Args:
        kept: the threshold that somebody keeps instead of the one that was found on the held-out pictures.
    """
    if entry.problem:
        return [units.plain(entry.problem)]
    images = "" if entry.training_images is None else units.plural(entry.training_images, "training image")
    held = f"{entry.held_out:,} held out for the threshold" if images and entry.held_out else ""
    held = held if kept is None else _kept_threshold(kept)
    lines = [
        (f"Data: {units.plain(entry.data)}" if entry.data else "", images, held),
        (f"Teacher: {units.plain(entry.teacher)}", trained(entry)),
        (measured(entry), date(entry.created)),
    ]
    return [" · ".join(filter(None, line)) for line in lines if any(line)]


def _kept_threshold(kept: Kept) -> str:
    """That it decides, and how many good parts it flags where that is most of them."""
    if 2 * kept.above <= kept.pictures:
        return KEPT_THRESHOLD
    return f"{KEPT_THRESHOLD}, which flagged {kept.above:,} of {units.plural(kept.pictures, 'good part')}"


def measured(entry: ModelEntry) -> str:
    """The headline metric, and on what, where that is not the model's own test pictures."""
    on = f" on {units.plain(pictures_of(entry.measured_on))}" if entry.measured_on else ""
    return f"{headline_metric(entry.i_auroc)}{on}" if entry.i_auroc is not None else NOT_MEASURED


def other_models(count: int) -> str:
    """The way out when a model cannot be used."""
    if count < 1:
        return ""
    return f"Or choose {'the other model' if count == 1 else f'one of {count:,} other models'} in the sidebar."
