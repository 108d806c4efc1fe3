"""What a threshold on the image score decides: thresholds to choose from, counts, and the worst images."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import streamlit as st

from nnet.analysis import near
from nnet.report.words import chance, is_chance
from nnet.saved.card import questions
from nnet.scoring.operating_point import for_best_f1, for_false_alarm_rate, for_miss_rate
from workbench.components import threshold_histogram
from workbench.evaluate import figures, words
from workbench.evaluate.scene import Scene
from workbench.evaluate.settings import AIM, CUT, CUT_OF, RATE
from workbench.shared import theme, units
from workbench.shared import words as shared_words

Counts = tuple[int, int, int, int]
"""Normal and let pass, normal but flagged, defective but let pass, defective and flagged."""
_STEPS = 200  # that a threshold can be set to, beside the special ones


# ----------------------------------------------------------------------------------------------- the chosen threshold


def aimed(scene: Scene, aim: str, rate: float = 0.0) -> float | None:
    """The threshold that an aim of `words.AIMS` gives; None where the visitor sets it by hand.

    Args:
        rate: the wanted miss or false alarm rate, 0..1.
    """
    scores, defective = scene.result.scores, scene.defective
    if aim == "own":
        return scene.own_threshold
    if aim == "f1":
        return for_best_f1(scores, defective)
    if aim in words.RATES:
        return (for_miss_rate if aim == "miss" else for_false_alarm_rate)(scores, defective, rate)
    return None


def steps(scene: Scene) -> list[float]:
    """The thresholds that the slider offers."""
    wanted = [aimed(scene, aim, RATE.value / 100) for aim in words.AIMS]
    return threshold_steps(scene.result.scores, [value for value in wanted if value is not None])


def cut(scene: Scene) -> float:
    """The threshold that is set, by hand or by the aim; also prepares the slider, see `settings.CUT`.

    It belongs to the model with its own threshold, the data and the score: where one of these is another than before,
    the model's own holds again.
    """
    before = st.session_state.get(CUT_OF, scene.decided_on)
    by_link = CUT_OF not in st.session_state
    st.session_state[CUT_OF] = scene.decided_on
    if before != scene.decided_on:
        CUT.forget()
        AIM.forget()
    aim, rate = AIM.remember(), RATE.remember()
    offered = steps(scene)

    def closest(value: float) -> float:
        return min(offered, key=lambda step: abs(step - value))

    def read(written: str) -> float:
        value = float(written)
        if not offered[0] / 2 <= value <= offered[-1] * 2:  # of another set, or never a score
            raise ValueError
        return closest(value)

    own = closest(scene.own_threshold)
    chosen = CUT.remember(own, read)
    if by_link and aim == "own" and chosen != own:  # a link need not say that it was set by hand
        AIM.set("hand")
        aim = AIM.remember()
    wanted = aimed(scene, aim, rate / 100)
    wanted = closest(chosen if wanted is None else wanted)  # the steps differ while more is measured
    if wanted != chosen:
        CUT.set(wanted)
    return CUT.remember(own, read)


def threshold_steps(scores: np.ndarray, special: Sequence[float]) -> list[float]:
    """Thresholds to choose from, rising: even on a logarithmic scale over the scores, and the special ones exactly."""
    positive = scores[scores > 0]
    low, high = (float(positive.min()), float(positive.max())) if len(positive) else (1e-6, 1.0)
    even = [float(f"{value:.4g}") for value in np.geomspace(low * 0.98, max(high * 1.02, low * 1.1), _STEPS)]
    return sorted({*even, *(float(value) for value in special if value > 0)})


def step_labels(steps: Sequence[float], own: float, *, is_kept: bool = False) -> dict[float, str]:
    """Each threshold as a multiple of the one in force, the model's `own` or a kept one, as short as it can be while
    all differ: the slider tells its steps apart by them."""

    def multiple(form: Callable[[float], str]) -> Callable[[float], str]:
        return lambda step: words.multiple(form(units.multiple(step, own)), is_kept=is_kept)

    labels: dict[float, str] = {}
    short = units.times, *(f"{{:.{digits}g}}".format for digits in range(3, 18))
    for form in (*map(multiple, short), "score {:.17g}".format):  # two scores may share a multiple
        # A form that only one step has is no other step's form with more digits either.
        shared = Counter(map(form, steps))
        labels |= {step: form(step) for step in steps if step not in labels and shared[form(step)] == 1}
    return labels


def is_chosen_here(scene: Scene, threshold: float) -> bool:
    """Whether a threshold was chosen by the defects of these very pictures, now or when it was kept."""
    if threshold != scene.own_threshold:
        return True
    kept = scene.reference.kept
    return kept is not None and kept.data == scene.pictures.hash


def doubts(scene: Scene) -> list[tuple[str, str]]:
    """What speaks against trusting the model: its result, how long it was trained, and its training pictures. Each in
    few words without a number, and in full as Markdown."""
    checkpoint, value = scene.model.detector.checkpoint, scene.result.overall.i_auroc
    where, short = scene.scored[0].intervals.get("i_auroc"), scene.short
    found = [] if short is None else [(shared_words.TRAINED_SHORT, short.sentence)]
    if value is not None and where is not None and is_chance(where):
        found.append((words.NOT_BETTER, chance(value, where)))
    return found + [(words.QUESTIONED, units.plain(question)) for question in questions(checkpoint.card)]


# ---------------------------------------------------------------------------------------------------- what it decides


def counts(scores: np.ndarray, defective: np.ndarray, threshold: float) -> Counts:
    """How many images a threshold decides how; an image is flagged if its score is above it."""
    return counts_at(scores, defective, [threshold])[0]


def counts_at(scores: np.ndarray, defective: np.ndarray, thresholds: Sequence[float]) -> list[Counts]:
    """`counts` at each of many thresholds, from one sort."""
    normal, defect = np.sort(scores[~defective]), np.sort(scores[defective])
    right, miss = (np.searchsorted(some, thresholds, side="right") for some in (normal, defect))
    return [
        (int(passed), len(normal) - int(passed), int(missed), len(defect) - int(missed))
        for passed, missed in zip(right, miss, strict=True)
    ]


def marks(counts: Counts) -> dict[str, tuple[float, float]]:
    """Where the ROC and the precision-recall curve over images are at a threshold, from the four counts."""
    right, alarm, miss, hit = counts
    recall = hit / (miss + hit)
    return {"roc": (alarm / (right + alarm), recall), "pr": (recall, hit / (alarm + hit) if alarm + hit else 1.0)}


def worst(scores: np.ndarray, defective: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Missed defective images, the lowest score first, and flagged normal ones, the highest first; as indices."""
    missed = np.flatnonzero(defective & (scores <= threshold))
    alarms = np.flatnonzero(~defective & (scores > threshold))
    return missed[np.argsort(scores[missed], kind="stable")], alarms[np.argsort(-scores[alarms], kind="stable")]


def misplaced(scene: Scene, threshold: float) -> np.ndarray:
    """Flagged defective images on which nothing is marked on or beside the known defect, the highest score first; as
    indices."""
    scores = scene.result.scores
    found = np.flatnonzero(near.misplaced(scores, scene.scored[0].near, threshold))
    return found[np.argsort(-scores[found], kind="stable")]


def galleries(scene: Scene, threshold: float) -> list[tuple[str, np.ndarray, str]]:
    """A title, the pictures by their indices, and what is said where there are none: of the misses, of the false
    alarms, and, where there are any, of those whose defect was found in the wrong place."""
    missed, alarms = worst(scene.result.scores, scene.defective, threshold)
    found = [(words.MISSES, missed, words.NO_MISSES), (words.ALARMS, alarms, words.NO_ALARMS)]
    elsewhere = misplaced(scene, threshold)
    return [*found, (words.MISPLACED_TITLE, elsewhere, "")] if len(elsewhere) else found


def histogram(
    scores: np.ndarray, defective: np.ndarray, labels: Mapping[float, str], threshold: float, own: tuple[str, float]
) -> dict[str, object]:
    """The histogram whose threshold is dragged, for `workbench.components.threshold_histogram.draw`.

    Args:
        labels: the thresholds to choose from, rising, with a text each.
        threshold: the one that is set.
        own: the model's, the unit of the axis, with the name of its line.
    """
    groups = (
        threshold_histogram.Group(words.NORMAL_IMAGES, theme.NORMAL, scores[~defective], "right"),
        threshold_histogram.Group(words.DEFECTIVE_IMAGES, theme.ANOMALOUS, scores[defective], "left"),
    )
    rising = sorted(labels)
    stops = [
        threshold_histogram.Stop(step, labels[step], *words.would_do(*four))
        for step, four in zip(rising, counts_at(scores, defective, rising), strict=True)
    ]
    return threshold_histogram.data(
        groups, figures.borders(scores), stops, threshold, label=words.HISTOGRAM_LABEL, reference=own
    )
