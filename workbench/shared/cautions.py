"""What to know of a finished model before it is trusted, from its files alone: nothing is loaded for it."""

from nnet.errors import NNetError
from nnet.runs.length import too_short
from nnet.saved import kept_thresholds
from nnet.saved.formats import CALIBRATION, CALIBRATION_FORMAT
from workbench.shared import words
from workbench.shared.model_list import ModelEntry


def of(entry: ModelEntry) -> list[str]:
    """What its threshold promises, and whether it was trained for fewer steps than planned or than its preset makes."""
    try:
        return [*filter(None, (_threshold(entry), _few_steps(entry)))]
    except (NNetError, OSError):  # what shows the file itself says so
        return []


def _threshold(entry: ModelEntry) -> str:
    from nnet.scoring.promise import promise  # not among what a page shows first

    found = CALIBRATION_FORMAT.find(entry.path / CALIBRATION)
    if found is None:
        return ""
    kept = kept_thresholds.read(entry.path).get(found["expression"])
    scores, threshold = found["scores"], found["threshold"] if kept is None else kept.threshold
    if not scores:
        return "" if kept is None else words.kept_threshold(kept)
    above = sum(score > threshold for score in scores)
    said = promise(len(scores), above, drawn=threshold in scores, folds=entry.folds)
    return words.promise(said) if kept is None else words.kept_threshold(kept, said)


def _few_steps(entry: ModelEntry) -> str:
    found = too_short(entry.path, entry.steps, entry.planned_steps)
    return "" if found is None else found.sentence
