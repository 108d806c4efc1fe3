"""Wording of the Watch page. Knows no Streamlit."""

import datetime
import shlex

from nnet.watch.journal import ANOMALOUS, NORMAL, OTHER_KIND, OTHER_SIZE, UNREADABLE, Entry
from nnet.watch.results import Results
from nnet.watch.settings import Settings
from nnet.watch.table import shown
from workbench.shared import units
from workbench.shared import words as shared_words

TITLE = "Watch"
ABOUT = "Judges every picture that arrives in a folder, such as a camera's, and shows the last ones."
EXAMPLE = (
    "How a scored picture will look: {sample}. Bright places are unlike the good parts that the model learnt; what is "
    "outlined lies above the threshold."
)
WATCH_THIS, WATCH_EXAMPLE = "Folder to watch", "/camera"
WATCH_HELP = (
    "A folder of the computer where the workbench runs, such as the one in which a camera puts its pictures. Every "
    "picture in it, and every one that arrives later, is judged once. Nothing in the folder is changed."
)
START, STARTING, STOP, ANOTHER = "Start watching", "Starting", "Stop watching", "Watch another folder"
AGAIN, LATELY = "Start again", "Watched lately"
AGAIN_HELP = (
    "Watches this folder again, with this model. What was judged already is not judged again, "
    "unless the model has got another threshold since."
)
OTHER_MODEL = "This folder was last watched with **{model}**."
ELSEWHERE = "On the command line, or on another computer"
HOW_TO = "`nnet watch` does the same without the workbench, with the model in use:"
NO_MODEL = "No model can be used yet. Train one to watch a folder with it."
NO_MODEL_HOW = "`nnet watch` does the same without the workbench; put the folder of your model in place of `MODEL`:"
THEN = "Put the camera's folder in place of `/camera`. To follow it here, name the folder after `--out`:"
AT_HAND_HOW = (
    "Set the environment variable `NNET_WATCH` to folders of results, separated as in `PATH`, before the workbench is "
    "started, and this page shows these alone."
)
LINE, FOLDER, FOLDER_EXAMPLE = "Line", "Folder of results", "/results"
FOLDER_HELP = "The folder after --out. It lies on the computer where the workbench runs, and no link names it."
DECISION = "Show"
DECISIONS = {
    "all": "All",
    ANOMALOUS: "Anomalous",
    OTHER_KIND: "Other kind",
    OTHER_SIZE: "Other size",
    UNREADABLE: "Unreadable",
}
RUNNING, STOPPED = "Running", "Not running"
NONE_YET = "No picture has been decided yet."
NONE_OF_THESE = "No picture has this decision."
NO_OVERLAY = "No overlay was kept."
LOOK_AGAIN = "The results cannot be read at the moment ({reason}). The page tries again by itself."
WAITING = "Waiting"
COUNTS = {NORMAL: "Normal", **{key: name for key, name in DECISIONS.items() if key != "all"}}
WAITING_HELP = (
    "Pictures in the folder that are not decided yet, among them those that are still being written. A file that "
    f"cannot be read is called unreadable once it has not changed for {Settings().patience:.0f} seconds, and is read "
    "again whenever it changes."
)
TREND_TITLE = "Scores of the last pictures"
TREND_HINT = (
    "Each dot is a picture; the line is the threshold. Look for dots that drift towards it: then the light, the camera "
    "or the part has changed."
)
TREND_X, TREND_Y = "picture", "times threshold"
TREND_TOLD = "%{customdata}<br>%{y:.3g} times the threshold<extra></extra>"
TABLE, TABLE_FILE = "All results (CSV)", "results.csv"


def with_model(name: str, alarms: float) -> str:
    """With what a folder is watched, how long, and what share of good parts its threshold flags by what is known."""
    return (
        f"With the model in use, **{units.plain(name)}**, until you stop it or the workbench ends. Expect it to call "
        f"about {units.percent(alarms)} of good parts anomalous."
    )


OTHER_THRESHOLD = (
    "Since this watcher was started, the model has got another threshold. The watcher still decides by the one before."
)
TAKE_UP = "Go on with the new threshold"
TAKE_UP_HELP = "Stops this watcher and starts another, which judges the pictures in the folder by the new threshold."


def command(checkpoint: str) -> str:
    """What starts a watcher with the model in this folder."""
    return f"python -m nnet watch \\\n    --checkpoint {shlex.quote(checkpoint)} \\\n    /camera --out /results"


def watched(folder: str, model: str) -> str:
    """A folder with the model that watches it, or did."""
    return f"{units.cut(folder)} · {model}"


def state(results: Results, model: str) -> str:
    """What the watcher is doing, in a sentence; `model` is what its model is called."""
    watched, model = units.plain(results.watched), units.plain(model)
    if not results.running:
        which = f"The watcher of {watched}, with the model {model}," if watched else "The watcher"
        return f"{which} is not running. Its results stay here; start the watcher again, and it goes on from them."
    if not watched:
        return "The watcher has just started."
    return f"The watcher scores what arrives in {watched}, with the model {model}."


def other_kinds(count: int) -> str:
    """What it means that pictures show another kind of part."""
    show, they = ("picture shows", "it") if count == 1 else ("pictures show", "them")
    called = "it is called" if count == 1 else "they are called"
    return (
        f"{count:,} {show} another kind of part than this model's, so that its score says nothing of {they}: {called} "
        f"neither normal nor anomalous. Show > {DECISIONS[OTHER_KIND]} lists {they}."
    )


def other_sizes(count: int) -> str:
    """What it means that pictures have another size."""
    have = "picture has another size" if count == 1 else "pictures have another size"
    return (
        f"{count:,} {have} than this model takes, and could not be scored. Each of them says which size was "
        f"expected and what to do; Show > {DECISIONS[OTHER_SIZE]} lists them."
    )


def decision(entry: Entry) -> str:
    """An entry's decision, with its score."""
    if entry.decision == OTHER_KIND:
        return shared_words.OTHER_KIND
    if entry.times_threshold is None:
        return COUNTS[entry.decision]
    return f"{COUNTS[entry.decision]}, {units.times(entry.times_threshold)} × threshold"


def facts(entry: Entry) -> str:
    """Name and time of an entry, and what was noted about it."""
    return units.plain(" · ".join(filter(None, (shown(entry.name), _time(entry.time), entry.note))))


def overlay_alt(entry: Entry) -> str:
    """What a screen reader says of an overlay."""
    return f"{shown(entry.name)} with its heatmap"


def _time(written: str) -> str:
    """ "29 Nov 10:23:05"; "" for a time that cannot be read."""
    try:
        moment = datetime.datetime.fromisoformat(written)
    except ValueError:
        return ""
    return f"{moment.day} {moment:%b %H:%M:%S}"
