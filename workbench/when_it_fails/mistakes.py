"""The worst misses and false alarms, with what could be measured of the cause."""

import operator
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st
import torch

from nnet.analysis import evaluation, stored
from nnet.analysis.failures import causes
from nnet.data import GOOD, Dataset, Sample
from nnet.errors import NNetError
from nnet.saved.errors import CheckpointError
from nnet.scoring import judge
from nnet.scoring.judge import Judgement
from nnet.scoring.maps import image_score, score_maps
from workbench.shared import controls, datasets, film_figures, measuring, pictures, resources, units
from workbench.shared.measuring import Run, Says
from workbench.shared.picture import Picture
from workbench.when_it_fails import cache, six_maps, words
from workbench.when_it_fails.scene import Scene
from workbench.when_it_fails.settings import CAUSE

SHOWN, CLOSEST, TRIED, SIDE_OF_WORST, PARTS = 7, 3, 24, 424, "fails_parts"
"""Pictures of a gallery, of those that came closest, how many mistakes of a kind are looked at for causes, the side
of the first, and a key of the session."""
_ROW, _LEAST = 6, 105
"""Small pictures in a row, and their least width: three stand side by side on a phone."""
Maps = dict[str, np.ndarray]
_RATIO = operator.attrgetter("ratio")


@dataclass(frozen=True)
class Judged:
    """A picture that was judged.

    Attributes:
        load: gives its pixels.
        maps: gives its maps; of a result that the model keeps the network is run only for those that are shown.
        outline: gives the mask of its defect, or None where nobody drew one.
        defective: what it is known as.
        ratio: of its score to the threshold.
        kind: what its defect is called, where somebody wrote that down.
    """

    load: Callable[[], np.ndarray]
    maps: Callable[[], Maps]
    outline: Callable[[], np.ndarray | None]
    defective: bool
    ratio: float
    kind: str = ""


Looked = tuple[Judged, Judgement, tuple[str, ...]]
"""A mistake with its judgement and its causes."""


def draw(scene: Scene) -> None:
    dataset = _test_set(scene)
    evidence = cache.EVIDENCE.get((scene.model.key, scene.place))
    kept = _kept(scene) if evidence is None else {}
    judged = _judged(scene, dataset, evidence, kept)
    counted = [(defective, ratio) for defective, ratio in kept.values()] or [(o.defective, o.ratio) for o in judged]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{_count(counted)}**", width="content")
        if any(one and ratio <= 1 for one, ratio in counted):
            icon, where = ":material/arrow_forward:", {"evaluate_part": "threshold"}
            st.page_link("pages/4_Evaluate.py", label=words.FIND_MORE, icon=icon, query_params=where)
    defective = sorted((one for one in judged if one.defective), key=_RATIO)
    good = sorted((one for one in judged if not one.defective), key=_RATIO, reverse=True)
    whole = len(judged) == len(counted)
    missed, alarms = [one for one in defective if one.ratio <= 1], [one for one in good if one.ratio > 1]
    if missed:
        seen = _visible(missed)
        _first(scene, seen or missed[0], words.WORST if seen is None else words.missed_one(seen.kind))
    else:
        _closest(scene, defective, words.NONE_MISSED[whole])
    looked = _look(scene, [*missed[:TRIED], *alarms[:TRIED]])
    of_missed, of_alarms = looked[: len(missed[:TRIED])], looked[len(missed[:TRIED]) :]
    wanted = _cause(scene, looked)
    if missed:
        _gallery(of_missed, wanted, words.MISSED, led=True)
    if alarms:
        _gallery(of_alarms, wanted, words.ALARMED)
    else:
        _closest(scene, good, words.NONE_ALARMED[whole])
    if dataset is None:
        st.caption((words.KEPT_ELSEWHERE if kept else words.NO_TEST_SET).format(data=units.plain(scene.data or "?")))
    elif kept:
        st.caption(words.KEPT)
    elif evidence is None:
        st.caption(words.OF_SAMPLES)
        _offer(scene, dataset)


def _judged(
    scene: Scene, dataset: Dataset | None, evidence: evaluation.Evidence | None, kept: Mapping[str, tuple[bool, float]]
) -> list[Judged]:
    """All that can be shown: the measured pictures, else those of the kept result, else the samples."""
    if dataset is None:
        return _of_samples(scene)
    if evidence is not None:
        return _of(scene, dataset, evidence)
    samples, kinds = {sample.key: sample for sample in dataset.test}, _kinds(scene)
    found = [
        _of_sample(samples[key], partial(_maps, scene, samples[key]), ratio, kinds.get(key, ""))
        for key, (_, ratio) in kept.items()
        if key in samples
    ]
    return found or _of_samples(scene)


def _kept(scene: Scene) -> dict[str, tuple[bool, float]]:
    """What the checkpoint keeps of its own test: of each picture whether it is defective, and its ratio."""
    checkpoint = scene.model.detector.checkpoint
    try:
        found = stored.read(checkpoint)[:1]
    except CheckpointError:
        return {}
    reference = scene.model.detector.calibration.for_expression(scene.expression)
    return {
        key: (label != GOOD, reference.multiple(float(score)))
        for one in found
        for result in one.results
        if result.expression == scene.expression
        for key, label, score in zip(one.keys, one.labels, result.scores, strict=True)
    }


def _count(judged: Sequence[tuple[bool, float]]) -> str:
    defective = sum(one for one, _ in judged)
    missed = sum(one and ratio <= 1 for one, ratio in judged)
    alarms = sum(not one and ratio > 1 for one, ratio in judged)
    return words.found(defective, missed, len(judged) - defective, alarms)


def _cause(scene: Scene, looked: Sequence[Looked]) -> str:
    """The cause that is asked for, "all" for any: of those that some mistake has, each with their number."""
    counts, cause = Counter(cause for _, _, holds in looked for cause in holds or ("",)), CAUSE.remember()
    offered = {key: name for key, name in words.CAUSE_NAMES.items() if counts[key] or key == cause}
    names = {key: words.counted(name, counts[key]) for key, name in offered.items()}
    if not names:
        return "all"
    helped = words.how_measured(scene.model.detector.config.model.size, TRIED)
    return (
        controls.choose(
            CAUSE, {"all": words.EVERY} | names, label=words.CAUSE.format(count=len(looked)), help=helped, kind="pills"
        )
        or cause
    )


def _look(scene: Scene, found: Sequence[Judged]) -> list[Looked]:
    """Each with its judgement and its causes."""
    highest = {name: levels["max"] for name, levels in scene.model.detector.calibration.map_quantiles.items()}
    place, looked = st.empty(), []
    for index, one in enumerate(found):
        place.progress(index / len(found), words.LOOKING)
        maps = one.maps()
        verdict = _verdict(scene, maps)
        looked.append((one, verdict, causes(one.load(), maps, verdict.score, highest)))
    place.empty()
    return looked


def _gallery(looked: Sequence[Looked], wanted: str, title: str, *, led: bool = False) -> None:
    """The mistakes that have a cause, the worst one large, unless one of them is so already (`led`), and more below."""
    st.subheader(title, anchor=False)
    of_cause = [each for each in looked if wanted == "all" or wanted in (each[2] or ("",))]
    if not of_cause:
        st.caption(words.NONE_OF_CAUSE)
    shown = [(one, verdict, words.caption(one.ratio, holds)) for one, verdict, holds in of_cause[: SHOWN - led]]
    _pictures(shown, led=led)


def _closest(scene: Scene, found: Sequence[Judged], none: str) -> None:
    """Where there is no mistake of a kind, the pictures that came closest to it."""
    st.subheader(words.closest(none) if found else f"{none}.", anchor=False)
    _pictures([(one, _verdict(scene, one.maps()), words.multiple(one.ratio)) for one in found[:CLOSEST]])


def _pictures(shown: list[tuple[Judged, Judgement, str]], *, led: bool = False) -> None:
    if shown and not led:
        _large(*shown.pop(0))
    with st.container(width=2 * SIDE_OF_WORST + 16), st.grid(_ROW, min_column_width=_LEAST, gap="small") as grid:
        for one in shown:
            with grid.cell():
                _picture(*one, short=True)


def _visible(missed: Sequence[Judged]) -> Judged | None:
    """Of these, the worst first, one whose defect a person can see: it has a name, or it has the largest outline."""
    if named := next((one for one in missed if one.kind), None):
        return named
    outlines = [(mask.mean(), one) for one in missed[:TRIED] if (mask := one.outline()) is not None]
    return max(outlines, key=operator.itemgetter(0))[1] if outlines else None


def _first(scene: Scene, one: Judged, title: str) -> None:
    """A miss large, and its six maps, of which one sees what each scale made of it."""
    st.subheader(title, anchor=False)
    maps = one.maps()
    _large(one, _verdict(scene, maps), words.multiple(one.ratio))
    with st.container(width=2 * SIDE_OF_WORST + 16):
        six_maps.draw(scene, maps, one.load().shape)


def _verdict(scene: Scene, maps: Maps) -> Judgement:
    return judge.judge(scene.model.detector.calibration, maps, scene.expression)


def _large(one: Judged, verdict: Judgement, caption: str) -> None:
    """The picture as it is, its defect outlined where somebody drew it, and the heatmap beside it."""
    mask = one.outline() if one.defective else None
    plain = pictures.reduced(one.load(), SIDE_OF_WORST)
    before = words.BESIDE if not one.defective else words.OUTLINED if mask is not None else words.NOT_OUTLINED
    with st.container(horizontal=True, gap="small"):
        with st.container(width=SIDE_OF_WORST):
            st.image(plain if mask is None else film_figures.outlined(plain, mask), before, width="stretch", alt=before)
        with st.container(width=SIDE_OF_WORST):
            _picture(one, verdict, caption)


def _picture(one: Judged, verdict: Judgement, caption: str, *, short: bool = False) -> None:
    """The heatmap above its caption; with the score alone below it where there is little room (`short`)."""
    small = pictures.reduced(one.load(), SIDE_OF_WORST)
    marked = pictures.heatmap(small, verdict.score, verdict.reference.threshold)
    below = words.multiple_short(one.ratio) if short else caption
    st.image(marked, below, width="stretch", alt=units.text(caption))


def _of_samples(scene: Scene) -> list[Judged]:
    found = []
    for picture, defective in scene.samples:
        loaded = picture.load()
        maps = resources.trace(scene.model, loaded).maps
        outline = partial(_mask, picture.source) if isinstance(picture.source, Sample) else lambda: None
        image = partial(np.asarray, loaded.image)
        ratio = _verdict(scene, maps).multiple
        kind = _kind(picture) if defective else ""
        found.append(Judged(image, partial(dict, maps), outline, defective, ratio, kind))
    return found


def _kind(picture: Picture) -> str:
    """What the defect of a sample is called: "faint chip" of "Cell 1589: faint chip"."""
    return picture.title.rpartition(": ")[2]


def _kinds(scene: Scene) -> dict[str, str]:
    """What the defects of the samples are called, by the samples' keys in their data."""
    return {
        picture.source.key: _kind(picture)
        for picture, defective in scene.samples
        if defective and isinstance(picture.source, Sample)
    }


def _mask(sample: Sample) -> np.ndarray | None:
    mask = sample.load_mask()
    return mask if mask is not None and mask.any() else None


def _of_sample(sample: Sample, maps: Callable[[], Maps], ratio: float, kind: str) -> Judged:
    return Judged(partial(_pixels, sample), maps, partial(_mask, sample), sample.is_defective, ratio, kind)


def _maps(scene: Scene, sample: Sample) -> Maps:
    key = (scene.model.key, scene.place, sample.key)
    detector = scene.model.detector
    return cache.MAPS.of(key, lambda: {n: m[0].cpu().numpy() for n, m in detector.maps([_pixels(sample)]).items()})


def _of(scene: Scene, dataset: Dataset, evidence: evaluation.Evidence) -> list[Judged]:
    samples, kinds = {sample.key: sample for sample in dataset.test}, _kinds(scene)
    reference = scene.model.detector.calibration.for_expression(scene.expression)
    together = {name: torch.from_numpy(m) for name, m in evidence.maps.items()}
    scores = image_score(score_maps(together, scene.expression, evidence.size, evidence.sigma)).numpy()
    return [
        _of_sample(
            samples[key],
            partial(_measured, evidence, index),
            reference.multiple(float(scores[index])),
            kinds.get(key, ""),
        )
        for index, key in enumerate(evidence.keys)
    ]


def _measured(evidence: evaluation.Evidence, index: int) -> Maps:
    return {name: m[index] for name, m in evidence.maps.items()}


def _pixels(sample: Sample) -> np.ndarray:
    return sample.load().image


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
