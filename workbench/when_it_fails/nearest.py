"""What a nearest-neighbour search on the teacher's features sees, by Euclidean distance and by cosine."""

import time

import numpy as np
import pandas as pd
import streamlit as st
import torch
from streamlit.delta_generator import DeltaGenerator

from nnet.analysis.failures import to_nearest
from nnet.data import Dataset, Sample
from nnet.errors import NNetError
from workbench.shared import datasets, pictures, resources, units
from workbench.when_it_fails import cache, words
from workbench.when_it_fails.scene import Scene, side_by_side

KNOWN, REFERENCE, VECTORS = 40, 12, 12_000
"""Good pictures that are searched, others that give the threshold, and most vectors of the search."""


_SEARCHES = ("euclidean", "cosine", "network")


def draw(scene: Scene) -> None:
    key = (scene.model.key, scene.place)
    found = cache.SEARCHED.get(key)
    if found is None:
        _least_seen(scene)
        st.markdown(words.NEAREST)
        dataset = _training_set(scene)
        if dataset is None:
            st.info(words.NO_TRAINING_SET, icon=":material/block:")
            return
        pace = sum(resources.trace(scene.model, scene.samples[0][0].load()).timings.values()) / 1000
        place = st.empty()
        label = words.search(pace * (KNOWN + REFERENCE + len(scene.samples)))
        if not place.button(label, icon=":material/search:", key="fails_search"):
            return
        found = cache.SEARCHED.of(key, lambda: _searched(scene, dataset, place))
        place.empty()
    _table(scene, found)
    _least_seen(scene)
    st.markdown(words.NEAREST)


def _least_seen(scene: Scene) -> None:
    """The defective sample that the network sees least of, and what it sees of it."""
    found = []
    for picture, is_defective in scene.samples:
        if is_defective:
            judged = resources.judgement(scene.model, picture.load(), scene.expression)
            found.append((judged.multiple, picture, judged))
    if not found:
        return
    ratio, picture, judged = min(found, key=lambda one: one[0])
    st.markdown(f"**{words.least_seen(picture.title, ratio)}**")
    small = picture.load().shown
    seen = pictures.heatmap(small, judged.score, judged.reference.threshold)
    side_by_side(((small, words.THE_SAMPLE), (seen, words.WHAT_IS_SEEN)))


def _training_set(scene: Scene) -> Dataset | None:
    try:
        dataset = datasets.opened(scene.place, scene.seed) if scene.place else None
    except NNetError:
        return None
    return dataset if dataset is not None and len(dataset.train) >= KNOWN + REFERENCE else None


def _searched(scene: Scene, dataset: Dataset, place: DeltaGenerator) -> dict[str, np.ndarray]:
    """Each sample's largest distance as a multiple of the threshold: "euclidean" and "cosine", (n,). Its progress
    stands in the empty `place`."""
    order = np.random.default_rng(0).permutation(len(dataset.train))[: KNOWN + REFERENCE]
    asked = [picture.source for picture, _ in scene.samples if isinstance(picture.source, Sample)]
    samples, cells, started = [*(dataset.train[i] for i in order), *asked], [], time.perf_counter()
    for done, sample in enumerate(samples):
        left = (time.perf_counter() - started) / done * (len(samples) - done) if done else None
        place.progress(done / len(samples), units.progress(done, len(samples), *words.COUNTED, left))
        cells.append(_cells(scene, sample))
    good, queries = cells[: len(order)], cells[len(order) :]
    known = torch.cat(good[:KNOWN])
    known = known[torch.from_numpy(np.random.default_rng(0).permutation(len(known))[:VECTORS])]
    found, level = {}, scene.model.detector.config.scoring.quantile
    for name, cosine in (("euclidean", False), ("cosine", True)):
        reference = [float(to_nearest(one, known, cosine=cosine).max()) for one in good[KNOWN:]]
        farthest = [float(to_nearest(one, known, cosine=cosine).max()) for one in queries]
        found[name] = units.multiple(np.array(farthest), float(np.quantile(reference, level)))
    return found


def _cells(scene: Scene, sample: Sample) -> torch.Tensor:
    """F_3 as (cells, C_3) on the CPU."""
    _, f3 = scene.model.detector.maps_and_f3([sample.load().image])
    return f3[0].flatten(1).T.float().cpu()


def _table(scene: Scene, found: dict[str, np.ndarray]) -> None:
    rows, seen, alarms = [], dict.fromkeys(_SEARCHES, 0), dict.fromkeys(_SEARCHES, 0)
    defective = 0
    for index, (picture, is_defective) in enumerate(scene.samples):
        judged = resources.judgement(scene.model, picture.load(), scene.expression)
        ratios = {name: float(values[index]) for name, values in found.items()}
        ratios["network"] = judged.multiple
        defective += is_defective
        for name, ratio in ratios.items():
            seen[name] += is_defective and ratio > 1
            alarms[name] += not is_defective and ratio > 1
        known = words.DEFECTIVE if is_defective else words.GOOD
        written = [f"{units.times(ratios[name])} {units.TIMES}" for name in ("network", "euclidean", "cosine")]
        rows.append((picture.title, known, *written))
    counts, wrong = ((one["euclidean"], one["cosine"], one["network"]) for one in (seen, alarms))
    st.markdown(f"**{words.seen_only(*counts, defective)}** {words.false_alarms(*wrong, len(rows) - defective)}")
    st.markdown(words.concluded(*counts, defective))
    st.dataframe(pd.DataFrame(rows, columns=list(words.COLUMNS)), hide_index=True, key="fails_nearest")
    st.caption(words.unit(scene.model.detector.config.scoring.quantile, REFERENCE))
