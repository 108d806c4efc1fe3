"""What to know of a finished model before it is trusted, from its files alone: nothing is loaded for it."""

from nnet.errors import NNetError
from nnet.runs.length import too_short
from nnet.saved import kept_thresholds
from nnet.saved.formats import CALIBRATION, CALIBRATION_FORMAT
from workbench.shared import model_words, parts, words
from workbench.shared.model_list import ModelEntry
from workbench.shared.parts import Decided


def of(entry: ModelEntry) -> list[str]:
    """What its threshold promises, and whether it was trained for fewer steps than planned or than its preset makes."""
    try:
        return [*filter(None, (_threshold(entry), _few_steps(entry)))]
    except (NNetError, OSError):  # what shows the file itself says so
        return []


def tried(entry: ModelEntry) -> tuple[Decided | None, str]:
    """What the threshold in force decided on test pictures, None where none were measured; and what they are called, ""
    for the model's own."""
    if (found := parts.decided(entry)) is not None or not entry.measured_on:
        return found, ""
    return parts.measured(entry), model_words.pictures_of(entry.measured_on)


def brief(entry: ModelEntry) -> list[tuple[str, str]]:
    """What speaks against relying on a model, in few words without a number, and in full: that it was trained for few
    steps, and that it missed many defects."""
    found, where = tried(entry)
    try:
        few = _few_steps(entry)
    except (NNetError, OSError):  # what shows the file itself says so
        few = ""
    said = [(words.TRAINED_SHORT, few)] if few else []
    if found is not None and (missed := words.misses_many(found)):
        said.append((missed, words.tried(None, found, where)))
    return said


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
