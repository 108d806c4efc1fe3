"""What the Evaluate page computes and keeps. One forward pass per image; all else works on what that pass left."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from nnet.analysis import evaluation, subsets
from nnet.analysis.evaluation import Collecting, Evidence, Result
from nnet.analysis.projection import embed, in_mixed_order
from nnet.analysis.subsets import Attribution
from nnet.data import Inspection
from nnet.scoring import judge
from nnet.scoring.metrics import Ranking
from workbench.components import threshold_histogram
from workbench.evaluate import figures, words
from workbench.evaluate.figures import Line
from workbench.shared import pictures, resources, text, theme
from workbench.shared.resources import BoundedCache, Loaded, Model

if TYPE_CHECKING:
    from workbench.evaluate.choice import Chosen

EVIDENCE_BYTES = 768 * resources.MEBIBYTE
"""Most memory for the maps of measured sets: some 8,000 images."""
RESULT_BYTES = 64 * resources.MEBIBYTE
"""Most memory for results: scores and thinned curves, some 100 kB an expression."""
INSPECTIONS = 8
ATTRIBUTIONS = 32
EMBEDDINGS = 64
"""Most layouts of images kept, 8 bytes an image."""
THUMBNAILS = 2000
"""Most gallery pictures kept, some 20 kB each."""
CURVE_POINTS = 400
"""Most points of a drawn curve; metrics use all."""
UMAP_IMAGES = 3000
"""Most images in a UMAP."""
THUMB_SIDE = 240

_RUNS, _SUBSETS = "evaluate_runs", "evaluate_subsets"
_PRE_THINNED = 20_000


@dataclass(frozen=True)
class Scored:
    """One expression's `result` without its rankings, and its drawn `curves`: "roc" and "pr" over images, and
    "pixel_roc", "pixel_pr" and "pro" over pixels where there are masks."""

    result: Result
    curves: dict[str, Line]

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays."""
        lines = sum(c.x.nbytes + c.y.nbytes + c.threshold.nbytes for c in self.curves.values())
        return lines + self.result.scores.nbytes


@dataclass
class Run:
    """One visitor's measuring of one set, under way or stopped; it goes on where it was."""

    collecting: Collecting
    active: bool = False
    seconds: float = 0.0

    @property
    def pace(self) -> float | None:
        """Seconds per image so far."""
        return self.seconds / self.collecting.done if self.collecting.done else None


@dataclass
class SubsetRun:
    """The same for scoring all subsets of the maps."""

    found: list[subsets.Subset] = field(default_factory=list)
    active: bool = False
    seconds: float = 0.0


class _Stores:
    def __init__(self) -> None:
        self.evidence: BoundedCache[tuple, Evidence] = BoundedCache(EVIDENCE_BYTES, lambda e: e.nbytes)
        self.scored: BoundedCache[tuple, Scored] = BoundedCache(RESULT_BYTES, lambda s: s.nbytes)
        self.inspections: BoundedCache[str, Inspection] = BoundedCache(INSPECTIONS, lambda _: 1)
        self.attributions: BoundedCache[tuple, Attribution] = BoundedCache(ATTRIBUTIONS, lambda _: 1)
        self.layouts: BoundedCache[tuple, tuple] = BoundedCache(EMBEDDINGS, lambda _: 1)
        self.thumbnails: BoundedCache[tuple, str] = BoundedCache(THUMBNAILS, lambda _: 1)
        self.paces: BoundedCache[str, float] = BoundedCache(resources.MODELS, lambda _: 1)


@st.cache_resource(max_entries=1, show_spinner=False)
def stores() -> _Stores:
    """The page's caches, shared by all sessions, keyed by model and content hash."""
    return _Stores()


# -------------------------------------------------------------------------------------------------------- measuring


def run(model: Model, chosen: Chosen) -> Run:
    """The visitor's run on this set with this model."""
    runs: dict[tuple, Run] = st.session_state.setdefault(_RUNS, {})
    key = (model.key, chosen.hash)
    if key not in runs:
        for old in [k for k in runs if not runs[k].active][:-2]:  # one visitor keeps few unfinished ones
            del runs[old]
        runs[key] = Run(Collecting(in_mixed_order(chosen.dataset.test)))
    return runs[key]


def steps(model: Model, chosen: Chosen, current: Run) -> Iterator[None]:
    """Go on with a run until it is complete; a complete one is shared with everybody."""
    started = time.perf_counter()
    for _ in current.collecting.steps(model.detector):
        current.seconds += time.perf_counter() - started
        stores().paces.put(model.key, current.pace)
        yield
        started = time.perf_counter()
    if current.collecting.complete:
        stores().evidence.put((model.key, chosen.hash), evaluation.join(current.collecting.parts))
        st.session_state[_RUNS].pop((model.key, chosen.hash), None)


def evidence(model: Model, chosen: Chosen) -> Evidence | None:
    """What is known so far: of the whole set if anybody measured it, else of the visitor's own run."""
    if (found := stores().evidence.get((model.key, chosen.hash))) is not None:
        return found
    parts = run(model, chosen).collecting.parts
    return evaluation.join(parts) if parts else None


def pace(model: Model, chosen: Chosen) -> float:
    """About how many seconds one image takes: as measured before, else by trying one."""
    cache = stores().paces
    if (found := cache.get(model.key)) is not None:
        return found
    started = time.perf_counter()
    next(evaluation.collect(model.detector, run(model, chosen).collecting.samples[:1]))
    return cache.put(model.key, time.perf_counter() - started)


# ----------------------------------------------------------------------------------------------------------- scores


def scored(model: Model, chosen: Chosen, found: Evidence, expression: str) -> Scored:
    """An expression's metrics and curves; runs no network."""
    cache, key = stores().scored, (model.key, chosen.hash, len(found), expression)
    return cache.get(key) or cache.put(key, _scored(evaluation.score(found, expression)))


def _scored(result: Result) -> Scored:
    images, pixels = result.overall.image_ranking, result.overall.pixel_ranking
    curves = {"roc": _roc(result.expression, images), "pr": _pr(result.expression, images)}
    if pixels is not None and pixels.positives and pixels.negatives:
        curves |= {"pixel_roc": _roc(result.expression, pixels), "pixel_pr": _pr(result.expression, pixels)}
        if pixels.regions:
            curve = pixels.pro_curve()
            curves["pro"] = _line(result.expression, curve.fpr, curve.overlap, curve)
    # The rankings hold an entry for every defective pixel; what is kept are numbers and drawn curves.
    light = {"image_ranking": None, "pixel_ranking": None}
    overall = type(result.overall)(**{**vars(result.overall), **light})
    by_type = {kind: type(m)(**{**vars(m), **light}) for kind, m in result.by_type.items()}
    return Scored(Result(result.expression, result.scores, overall, by_type), curves)


def _roc(name: str, ranking: Ranking) -> Line:
    curve = ranking.roc()
    return _line(name, curve.fpr, curve.tpr, curve)


def _pr(name: str, ranking: Ranking) -> Line:
    curve = ranking.pr()
    return _line(name, curve.recall, curve.precision, curve)


def _line(name: str, x: np.ndarray, y: np.ndarray, curve: object) -> Line:
    """A curve with few enough points to draw; a long one is first cut to every k-th point, ends kept."""
    keep = np.arange(len(x))
    if len(x) > _PRE_THINNED:
        keep = np.unique(np.linspace(0, len(x) - 1, _PRE_THINNED).astype(int))
    names = [n for n in vars(curve) if n != "threshold"]
    short = type(curve)(**{n: getattr(curve, n)[keep] for n in (*names, "threshold")}).thin(CURVE_POINTS)
    return Line(name, *(np.asarray(getattr(short, n), float) for n in (*names, "threshold")))


def threshold_steps(scores: np.ndarray, special: Sequence[float], count: int = 200) -> list[float]:
    """Thresholds to choose from, rising: even on a logarithmic scale over the scores, and the special ones exactly."""
    positive = scores[scores > 0]
    low, high = (float(positive.min()), float(positive.max())) if len(positive) else (1e-6, 1.0)
    even = [float(f"{value:.4g}") for value in np.geomspace(low * 0.98, max(high * 1.02, low * 1.1), count)]
    return sorted({*even, *(float(value) for value in special if value > 0)})


def step_labels(steps: Sequence[float]) -> dict[float, str]:
    """A text for each threshold, as short as it can be while all differ: the slider tells its steps apart by them."""
    labels: dict[float, str] = {}
    for form in (text.number, *(f"{{:.{digits}g}}".format for digits in range(4, 18))):
        # A form that only one step has is no other step's form with more digits either.
        shared = Counter(map(form, steps))
        labels |= {step: form(step) for step in steps if step not in labels and shared[form(step)] == 1}
    return labels


def counts(scores: np.ndarray, defective: np.ndarray, threshold: float) -> tuple[int, int, int, int]:
    """Normal and let pass, normal but flagged, defective but let pass, defective and flagged; flagged is >=."""
    flagged = scores >= threshold
    alarm, hit = int(np.sum(flagged & ~defective)), int(np.sum(flagged & defective))
    return int(np.sum(~defective)) - alarm, alarm, int(np.sum(defective)) - hit, hit


def counts_at(scores: np.ndarray, defective: np.ndarray, thresholds: Sequence[float]) -> list[tuple[int, ...]]:
    """`counts` at each of many thresholds, from one sort."""
    normal, defect = np.sort(scores[~defective]), np.sort(scores[defective])
    right, miss = (np.searchsorted(some, thresholds, side="left") for some in (normal, defect))
    return [tuple(map(int, four)) for four in zip(right, len(normal) - right, miss, len(defect) - miss, strict=True)]


def histogram(
    scores: np.ndarray,
    defective: np.ndarray,
    steps: Sequence[float],
    labels: Mapping[float, str],
    threshold: float,
    own: float,
) -> dict[str, object]:
    """The histogram whose threshold is dragged along `steps`, for `workbench.components.threshold_histogram.draw`.

    Args:
        labels: a text for each step.
        threshold: the one that is set.
        own: the model's own, drawn as a second line.
    """
    groups = (
        threshold_histogram.Group(words.NORMAL_IMAGES, theme.NORMAL, scores[~defective], "right"),
        threshold_histogram.Group(words.DEFECTIVE_IMAGES, theme.ANOMALOUS, scores[defective], "left"),
    )
    stops = [
        threshold_histogram.Stop(step, labels[step], *words.would_do(*four))
        for step, four in zip(steps, counts_at(scores, defective, steps), strict=True)
    ]
    return threshold_histogram.data(
        groups,
        figures.borders(scores),
        stops,
        threshold,
        label=words.HISTOGRAM_LABEL,
        reference=(words.own_threshold(own), own),
    )


def marks(counts: tuple[int, int, int, int]) -> dict[str, tuple[float, float]]:
    """Where the ROC and the precision-recall curve over images stand, from the four counts."""
    right, alarm, miss, hit = counts
    recall = hit / (miss + hit)
    return {"roc": (alarm / (right + alarm), recall), "pr": (recall, hit / (alarm + hit) if alarm + hit else 1.0)}


def worst(scores: np.ndarray, defective: np.ndarray, threshold: float) -> tuple[np.ndarray, np.ndarray]:
    """Missed defective images, the lowest score first, and flagged normal ones, the highest first; as indices."""
    missed = np.flatnonzero(defective & (scores < threshold))
    alarms = np.flatnonzero(~defective & (scores >= threshold))
    return missed[np.argsort(scores[missed], kind="stable")], alarms[np.argsort(-scores[alarms], kind="stable")]


# ---------------------------------------------------------------------------------------------------------- pictures


def thumbnail(model: Model, chosen: Chosen, found: Evidence, index: int, expression: str, square: bool = False) -> str:
    """A small picture of an image with its heatmap, as a data URI, from the maps that are there.

    Args:
        square: with transparent edges, so that pictures of all proportions stand in line.

    Raises:
        nnet.errors.NNetError: the image cannot be read any more.
    """
    cache, key = stores().thumbnails, (model.key, chosen.hash, found.keys[index], expression, square)
    if (kept := cache.get(key)) is not None:
        return kept
    picture = _thumbnail(model, chosen, found, index, expression)
    return cache.put(key, pictures.data_uri(squared(picture) if square else picture))


def _thumbnail(model: Model, chosen: Chosen, found: Evidence, index: int, expression: str) -> np.ndarray:
    sample = next(s for s in chosen.dataset.test if s.key == found.keys[index])
    image = pictures.reduced(sample.load().image, THUMB_SIDE)
    judged = judge.judge(model.detector.calibration, {name: m[index] for name, m in found.maps.items()}, expression)
    scale = pictures.calibrated_scale(judged.reference.threshold)
    return pictures.overlay(image, judged.score, scale, 0.65, judged.reference.threshold)


def squared(picture: np.ndarray) -> np.ndarray:
    """An RGB picture (H, W, 3) in the middle of a transparent square, RGBA uint8 with the longer side of both."""
    height, width = picture.shape[:2]
    side = max(height, width)
    made = np.zeros((side, side, 4), np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    made[top : top + height, left : left + width] = np.dstack([picture, np.full((height, width), 255, np.uint8)])
    return made


def loaded(chosen: Chosen, key: str) -> Loaded:
    """The pixels of one image of the set."""
    sample = next(s for s in chosen.dataset.test if s.key == key)
    return resources.load_image(f"evaluate:{chosen.hash}:{key}", key, sample)


# -------------------------------------------------------------------------------------------------------- embeddings


def known_layout(model: Model, chosen: Chosen, found: Evidence, method: str, source: str) -> tuple | None:
    """A layout that has been computed before, see `layout`."""
    return stores().layouts.get((model.key, chosen.hash, len(found), method, source))


def layout(model: Model, chosen: Chosen, found: Evidence, method: str, source: str) -> tuple:
    """Images in the plane.

    Args:
        method: "pca" or "umap".
        source: a name of `nnet.analysis.evaluation.EMBEDDINGS`.

    Returns:
        Indices of the images laid out (k,), points (k, 2), and the share of the variance that PCA shows (or None).

    Raises:
        nnet.errors.NNetError: too few images for a UMAP, or its package is missing.
    """
    if (kept := known_layout(model, chosen, found, method, source)) is not None:
        return kept
    which = np.arange(len(found))
    if method == "umap" and len(which) > UMAP_IMAGES:
        which = np.sort(np.random.default_rng(0).choice(len(which), UMAP_IMAGES, replace=False))
    vectors = found.embeddings[source][which]
    made = (which, embed(vectors), None) if method == "umap" else (which, *pca(vectors))
    return stores().layouts.put((model.key, chosen.hash, len(found), method, source), made)


def pca(vectors: np.ndarray) -> tuple[np.ndarray, float]:
    """The plane of largest variance: points (n, 2) and the share of the variance that it holds, 0..1."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0)
    u, s, vt = np.linalg.svd(centred, full_matrices=False)
    # A direction and its opposite are equally good: the largest entry shall be positive.
    sign = np.sign(vt[np.arange(len(vt)), np.abs(vt).argmax(axis=1)])
    points = np.zeros((len(vectors), 2))
    rank = min(2, len(s))
    points[:, :rank] = (u * s * sign)[:, :rank]
    return points, float((s[:2] ** 2).sum() / max((s**2).sum(), 1e-30))


# ---------------------------------------------------------------------------------------------------------- subsets


def subset_run(model: Model, chosen: Chosen, found: Evidence) -> SubsetRun:
    """The visitor's scoring of the subsets."""
    runs: dict[tuple, SubsetRun] = st.session_state.setdefault(_SUBSETS, {})
    return runs.setdefault((model.key, chosen.hash, len(found)), SubsetRun())


def subset_steps(model: Model, chosen: Chosen, found: Evidence, current: SubsetRun) -> Iterator[None]:
    """Go on scoring subsets; a complete result is shared with everybody."""
    started = time.perf_counter()
    for subset in subsets.measure_subsets(found, len(current.found)):
        current.found.append(subset)
        current.seconds += time.perf_counter() - started
        yield
        started = time.perf_counter()
    result = attribution(model, chosen, found)
    if result is not None and result.complete:
        stores().attributions.put((model.key, chosen.hash, len(found)), result)


def attribution(model: Model, chosen: Chosen, found: Evidence) -> Attribution | None:
    """All subsets that are known so far, or None."""
    if (known := stores().attributions.get((model.key, chosen.hash, len(found)))) is not None:
        return known
    current = subset_run(model, chosen, found)
    if not current.found:
        return None
    return Attribution(tuple(sorted(found.maps)), tuple(current.found), subsets.empty_values(found))


def subset_pace(found: Evidence) -> float:
    """About how many seconds one subset takes, from its size: measured as some 60 ns a pixel with masks."""
    pixels = len(found) * found.size**2
    return pixels * (6e-8 if found.has_masks else 2e-8)
