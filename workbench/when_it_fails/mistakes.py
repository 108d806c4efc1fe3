"""The worst misses and false alarms, with what could be measured of the cause."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Literal

import numpy as np
import streamlit as st
import torch

from nnet.analysis import evaluation
from nnet.analysis.failures import causes
from nnet.data import Dataset, Sample
from nnet.errors import NNetError
from nnet.scoring import judge
from nnet.scoring.judge import Judgement
from nnet.scoring.maps import image_score, score_maps
from workbench.shared import controls, datasets, measuring, pictures, resources, units
from workbench.shared.measuring import Run, Says
from workbench.when_it_fails import cache, words
from workbench.when_it_fails.scene import Scene
from workbench.when_it_fails.settings import CAUSE

SHOWN, SIDE, SIDE_OF_WORST, PARTS = 7, 132, 440, "fails_parts"


@dataclass(frozen=True)
class Judged:
    """A picture that was judged: its `maps`, how to `load` it, whether it is `defective`, and the `ratio` of its score
    to the threshold."""

    maps: dict[str, np.ndarray]
    load: Callable[[], np.ndarray]
    defective: bool
    ratio: float


def draw(scene: Scene) -> None:
    dataset = _test_set(scene)
    evidence = cache.EVIDENCE.get((scene.model.key, scene.place))
    judged = _of_samples(scene) if evidence is None or dataset is None else _of(scene, dataset, evidence)
    missed = sorted((one for one in judged if one.defective and one.ratio <= 1), key=lambda one: one.ratio)
    alarms = sorted((one for one in judged if not one.defective and one.ratio > 1), key=lambda one: -one.ratio)
    defective = sum(one.defective for one in judged)
    st.markdown(f"**{words.found(defective, len(missed), len(judged) - defective, len(alarms))}**")
    names = {"all": words.EVERY} | words.CAUSE_NAMES
    cause = CAUSE.remember()
    wanted = controls.choose(CAUSE, names, label=words.CAUSE, help=words.HOW_MEASURED, kind="pills") or cause
    nearly_missed = min((one for one in judged if one.defective), key=_ratio_of, default=None)
    nearly_alarmed = max((one for one in judged if not one.defective), key=_ratio_of, default=None)
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(words.MISSED, anchor=False)
        _gallery(scene, missed, wanted, words.NONE_MISSED, nearly_missed)
    with right:
        st.subheader(words.ALARMED, anchor=False)
        _gallery(scene, alarms, wanted, words.NONE_ALARMED, nearly_alarmed)
    if dataset is None:
        st.caption(words.NO_TEST_SET.format(data=units.plain(scene.data or "?")))
    elif evidence is None:
        st.caption(words.OF_SAMPLES)
        _offer(scene, dataset)


def _gallery(scene: Scene, found: Sequence[Judged], wanted: str, none: str, closest: Judged | None) -> None:
    """The worst one large, and more of them below; the one that came closest where there is none at all."""
    shown = list(islice(_of_cause(scene, found, wanted), SHOWN))
    if not found and closest is not None:
        verdict = judge.judge(scene.model.detector.calibration, closest.maps, scene.expression)
        shown = [(closest, verdict, f"{none} {words.closest(closest.ratio)}")]
    elif not shown:
        st.caption(none)
    if shown:
        with st.container(width=SIDE_OF_WORST):
            _picture(*shown[0], "stretch")
    with st.container(horizontal=True, gap="small"):
        for one in shown[1:]:
            _picture(*one, SIDE)


def _of_cause(scene: Scene, found: Sequence[Judged], wanted: str) -> Iterator[tuple[Judged, Judgement, str]]:
    """The ones that have a cause, or all, each with its judgement and what is written below it."""
    detector = scene.model.detector
    highest = {name: levels["max"] for name, levels in detector.calibration.map_quantiles.items()}
    for one in found:
        verdict = judge.judge(detector.calibration, one.maps, scene.expression)
        holds = causes(one.load(), one.maps, verdict.score, highest)
        if wanted == "all" or wanted in (holds or ("",)):
            yield one, verdict, words.caption(one.ratio, holds)


def _picture(one: Judged, verdict: Judgement, caption: str, width: int | Literal["stretch"]) -> None:
    threshold = verdict.reference.threshold
    small = pictures.reduced(one.load(), SIDE_OF_WORST)
    marked = pictures.overlay(small, verdict.score, pictures.calibrated_scale(threshold), 0.65, threshold)
    st.image(marked, caption, width=width, alt=caption)


def _ratio_of(one: Judged) -> float:
    return one.ratio


def _of_samples(scene: Scene) -> list[Judged]:
    found = []
    for picture, defective in scene.samples:
        loaded = picture.load()
        maps = resources.trace(scene.model, loaded).maps
        found.append(Judged(maps, partial(_shown, loaded), defective, _ratio(scene, maps)))
    return found


def _shown(loaded: resources.Loaded) -> np.ndarray:
    return loaded.image


def _of(scene: Scene, dataset: Dataset, evidence: evaluation.Evidence) -> list[Judged]:
    samples = {sample.key: sample for sample in dataset.test}
    reference = scene.model.detector.calibration.for_expression(scene.expression)
    together = {name: torch.from_numpy(m) for name, m in evidence.maps.items()}
    scores = image_score(score_maps(together, scene.expression, evidence.size, evidence.sigma)).numpy()
    return [
        Judged(
            {name: m[index] for name, m in evidence.maps.items()},
            partial(_pixels, samples[key]),
            samples[key].is_defective,
            float(scores[index]) / max(reference.threshold, 1e-12),
        )
        for index, key in enumerate(evidence.keys)
    ]


def _pixels(sample: Sample) -> np.ndarray:
    return sample.load().image


def _ratio(scene: Scene, maps: dict[str, np.ndarray]) -> float:
    verdict = judge.judge(scene.model.detector.calibration, maps, scene.expression)
    return verdict.value / max(verdict.reference.threshold, 1e-12)


def _test_set(scene: Scene) -> Dataset | None:
    """The data that the model was trained on, if it is here and its test pictures are labelled."""
    if not scene.place:
        return None
    try:
        dataset = datasets.opened(scene.place, scene.seed)
    except NNetError:
        return None
    return dataset if evaluation.can_be_measured(dataset) else None


def _offer(scene: Scene, dataset: Dataset) -> None:
    """Score all test pictures, with progress; what is done is kept when the visitor stops."""
    samples = evaluation.labelled(dataset)
    key = (scene.model.key, scene.place)
    parts: dict[tuple[str, str], tuple[Run, list[evaluation.Evidence]]] = st.session_state.setdefault(PARTS, {})
    run, done = parts.setdefault(key, (Run(len(samples)), []))

    def steps() -> Iterator[int]:
        for part in evaluation.collect(scene.model.detector, samples[run.done :]):
            done.append(part)
            yield run.done + len(part.keys) + len(part.problems)
        cache.EVIDENCE.put(key, evaluation.join(done))
        parts.pop(key)

    title = words.SCORE_ALL.format(pictures=units.plural(len(samples), "test picture"))
    pace = sum(resources.trace(scene.model, scene.samples[0][0].load()).timings.values()) / 1000
    measuring.measure("fails", run, steps, Says(title, words.PICTURE, words.SCORED), lambda: pace)
