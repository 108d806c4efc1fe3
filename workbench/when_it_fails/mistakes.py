"""The worst misses and false alarms, with what could be measured of the cause."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st
import torch

from nnet.analysis import evaluation
from nnet.analysis.failures import causes
from nnet.data import Dataset, Sample
from nnet.errors import NNetError
from nnet.scoring import judge
from nnet.scoring.maps import image_score, score_maps
from workbench.shared import controls, datasets, measuring, pictures, resources, units
from workbench.shared.measuring import Run, Says
from workbench.when_it_fails import cache, words
from workbench.when_it_fails.scene import Scene
from workbench.when_it_fails.settings import CAUSE

SHOWN, SIDE, PARTS = 8, 220, "fails_parts"


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
    for title, none, found in ((words.MISSED, words.NONE_MISSED, missed), (words.ALARMED, words.NONE_ALARMED, alarms)):
        st.subheader(title, anchor=False)
        _gallery(scene, found, wanted, none)
    if dataset is None:
        st.caption(words.NO_TEST_SET.format(data=units.plain(scene.data or "?")))
    elif evidence is None:
        st.caption(words.OF_SAMPLES)
        _offer(scene, dataset)


def _gallery(scene: Scene, found: Sequence[Judged], wanted: str, none: str) -> None:
    detector = scene.model.detector
    highest = {name: levels["max"] for name, levels in detector.calibration.map_quantiles.items()}
    shown = 0
    with st.container(horizontal=True, gap="small"):
        for one in found:
            if shown == SHOWN:
                break
            image = one.load()
            verdict = judge.judge(detector.calibration, one.maps, scene.expression)
            holds = causes(image, one.maps, verdict.score, highest)
            if wanted != "all" and wanted not in (holds or ("",)):
                continue
            shown += 1
            threshold = verdict.reference.threshold
            scale = pictures.calibrated_scale(threshold)
            small = pictures.reduced(image, SIDE)
            tile = pictures.overlay(small, verdict.score, scale, 0.65, threshold)
            caption = words.caption(one.ratio, holds)
            st.image(tile, caption, width=SIDE, alt=caption)
    if not shown:
        st.caption(none)


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
        dataset = datasets.opened(scene.place)
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
