"""The metrics against closed forms, scikit-learn, and a literal PRO, and their properties on random data."""

import importlib
import json
import math
from itertools import pairwise
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from nnet.scoring import metrics
from nnet.scoring.metrics import MetricError, UndefinedMetricError, areas

CLOSE = {"rel": 0, "abs": 1e-9}


def made_up(seed, images=6, size=24, levels=None):
    """Smooth random maps that are higher on random rectangles; `levels` rounds them, which makes ties."""
    random = np.random.default_rng(seed)
    masks = np.zeros((images, size, size), dtype=bool)
    for mask in masks[1:]:
        for _ in range(random.integers(1, 4)):
            top, left = random.integers(0, size - 6, 2)
            height, width = random.integers(1, 7, 2)
            mask[top : top + height, left : left + width] = True
    noise = np.stack([ndimage.gaussian_filter(random.standard_normal((size, size)), 1.5) for _ in masks])
    maps = (noise * 4 + masks * random.uniform(0, 2)).astype(np.float32)
    if levels:
        maps = (np.round(maps * levels) / levels).astype(np.float32)
    return maps, masks


def literal_pro(maps, masks, limit=0.3):
    """PRO by its definition: at every distinct value as threshold, the overlap with every region, one by one."""
    regions = []
    for i, mask in enumerate(masks):
        labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
        regions += [(i, labels == r + 1) for r in range(count)]
    fprs, overlaps = [0.0], [0.0]
    for threshold in np.unique(maps)[::-1]:
        found = maps >= threshold
        fprs.append((found & ~masks).sum() / (~masks).sum())
        overlaps.append(np.mean([found[i][region].sum() / region.sum() for i, region in regions]))
    area = 0.0
    for (x0, x1), (y0, y1) in zip(pairwise(fprs), pairwise(overlaps), strict=True):
        if x0 >= limit:
            break
        if x1 > limit:
            x1, y1 = limit, y0 + (y1 - y0) * (limit - x0) / (x1 - x0)
        area += (x1 - x0) * (y0 + y1) / 2
    return area / limit


def sklearn_metrics() -> ModuleType:
    """Imported when it is used: it takes a second, which every test process would spend."""
    return importlib.import_module("sklearn.metrics")


def sklearn_best_f1(scores, labels):
    precision, recall, threshold = sklearn_metrics().precision_recall_curve(labels, scores)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-300)
    return f1[:-1].max(), threshold[f1[:-1] >= f1[:-1].max() - 1e-12].max()


# --- closed forms


def test_perfect_and_inverted_maps():
    mask = np.zeros((8, 8), dtype=bool)
    mask[2:4, 2:6] = True
    good, bad = mask.astype(np.float32), 1 - mask.astype(np.float32)
    labels = [1]
    perfect = metrics.evaluate([good], [mask], [1.0], labels)
    assert (perfect.p_ap, perfect.p_auroc, perfect.p_pro) == (1.0, 1.0, pytest.approx(1.0))
    assert (perfect.p_f1.f1, perfect.p_f1.threshold) == (1.0, 1.0)
    inverted = metrics.evaluate([bad], [mask], [1.0], labels)
    assert (inverted.p_auroc, inverted.p_pro) == (0.0, 0.0)
    assert inverted.p_ap == pytest.approx(8 / 64)


def test_constant_maps():
    mask = np.zeros((10, 10), dtype=bool)
    mask[:2, :5] = True
    result = metrics.evaluate([np.full((10, 10), 0.25)], [mask], [1.0], [1])
    assert result.p_auroc == pytest.approx(0.5)
    assert result.p_ap == pytest.approx(0.1)
    assert result.p_pro == pytest.approx(0.15)
    assert metrics.rank_pixels([np.zeros((10, 10))], [mask]).pro(1.0) == pytest.approx(0.5)
    assert result.p_f1.f1 == pytest.approx(2 * 0.1 / 1.1)
    assert result.p_f1.threshold == 0.25


def test_small_example_by_hand():
    scores, labels = [0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0]
    assert metrics.auroc(scores, labels) == pytest.approx(3 / 4)
    assert metrics.average_precision(scores, labels) == pytest.approx((1 + 2 / 3) / 2)
    best = metrics.best_f1(scores, labels)
    assert (best.threshold, best.f1, best.precision, best.recall) == (0.7, 0.8, pytest.approx(2 / 3), 1.0)


def test_every_region_weighs_the_same():
    """A region of 16 found at once and one of 1 that is never found: PRO 1/2 up to where the rest begins."""
    mask = np.zeros((1, 40, 40), dtype=bool)
    mask[0, :4, :4] = mask[0, 30, 30] = True
    maps = np.linspace(0.1, 0.2, 1600, dtype=np.float32).reshape(1, 40, 40)
    maps[0, :4, :4], maps[0, 30, 30] = 1, 0
    assert metrics.pro(maps, mask) == pytest.approx(0.5)
    assert metrics.rank_pixels(maps, mask).auroc() == pytest.approx(16 / 17)


def test_integration_stops_at_the_limit():
    """One defective pixel level with no other, above exactly 90 of 100 normal pixels: FPR 0.1 where it is found."""
    values = np.r_[np.arange(100), 89.5].reshape(1, 1, 101)
    mask = (values == 89.5).astype(np.uint8)
    assert metrics.pro(values, mask) == pytest.approx((0.3 - 0.1) / 0.3)
    assert metrics.pro(values, mask, limit=0.1) == pytest.approx(0.0)
    assert metrics.pro(values, mask, limit=1.0) == pytest.approx(metrics.auroc(values, mask))


def test_a_tie_across_the_limit_is_interpolated():
    values = np.r_[np.ones(6), np.zeros(5)].reshape(1, 1, 11)  # the defect is level with 5 of 10 normal pixels
    mask = np.zeros((1, 1, 11), dtype=bool)
    mask[0, 0, 0] = True
    assert metrics.pro(values, mask) == pytest.approx(0.3 * (0.3 / 0.5) / 2 / 0.3)
    assert metrics.pro(values, mask) == pytest.approx(literal_pro(values, mask), **CLOSE)


@pytest.mark.parametrize(("other", "regions"), [((1, 1), 1), ((1, 2), 2), ((0, 1), 1)])
def test_regions_that_touch_are_one(other, regions):
    mask = np.zeros((5, 5), dtype=bool)
    mask[0, 0] = mask[other] = True
    assert metrics.label_pixels([mask])[0].regions == regions


def test_regions_do_not_join_across_images():
    masks = np.ones((3, 4, 4), dtype=bool)
    masks[:, 0] = False
    assert metrics.rank_pixels(np.zeros((3, 4, 4)), masks).regions == 3


def test_false_positive_rate_counts_defect_free_images():
    mask = np.zeros((2, 4, 5), dtype=bool)
    mask[0, 0, :2] = True
    maps = np.zeros((2, 4, 5))
    maps[1] = 1  # every pixel of the normal image is above the defect: FPR 20/38
    assert metrics.rank_pixels(maps, mask).negatives == 38
    assert metrics.pro(maps, mask) == 0.0
    assert metrics.pro(maps, mask, limit=1.0) == pytest.approx((18 / 38) / 2)


# --- independent implementations


@pytest.mark.parametrize("levels", [None, 8, 1])
@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_scikit_learn_and_a_literal_pro(seed, levels):
    maps, masks = made_up(seed, levels=levels)
    image_scores, image_labels = maps.max(axis=(1, 2)), masks.any(axis=(1, 2))
    result = metrics.evaluate(maps, masks, image_scores, image_labels)
    flat, truth = maps.ravel(), masks.ravel()
    assert result.p_auroc == pytest.approx(sklearn_metrics().roc_auc_score(truth, flat), **CLOSE)
    assert result.p_ap == pytest.approx(sklearn_metrics().average_precision_score(truth, flat), **CLOSE)
    assert result.i_auroc == pytest.approx(sklearn_metrics().roc_auc_score(image_labels, image_scores), **CLOSE)
    assert result.i_ap == pytest.approx(sklearn_metrics().average_precision_score(image_labels, image_scores), **CLOSE)
    assert result.p_pro == pytest.approx(literal_pro(maps, masks), **CLOSE)
    for best, scores, labels in ((result.p_f1, flat, truth), (result.i_f1, image_scores, image_labels)):
        f1, threshold = sklearn_best_f1(scores, labels)
        assert best.f1 == pytest.approx(f1, **CLOSE)
        assert best.threshold == pytest.approx(threshold, **CLOSE)
        assert best.f1 == pytest.approx(sklearn_metrics().f1_score(labels, scores >= best.threshold), **CLOSE)


def test_many_pixels_negative_and_tied_values_too():
    random = np.random.default_rng(5)
    labels = random.random(400_000) < 0.01
    scores = (random.standard_normal(400_000) + labels).astype(np.float32)
    scores[::3] = np.round(scores[::3], 2)
    assert metrics.auroc(scores, labels) == pytest.approx(sklearn_metrics().roc_auc_score(labels, scores), **CLOSE)
    expected = sklearn_metrics().average_precision_score(labels, scores)
    assert metrics.average_precision(scores, labels) == pytest.approx(expected, **CLOSE)
    assert metrics.auroc(scores.astype(np.float64), labels) == pytest.approx(metrics.auroc(scores, labels), **CLOSE)


def test_sizes_may_differ():
    maps, masks = made_up(1)
    cut_maps = [maps[0], maps[1][:10], maps[2][:, :20], *maps[3:]]
    cut_masks = [masks[0], masks[1][:10], masks[2][:, :20], *masks[3:]]
    flat, truth = (np.concatenate([part.ravel() for part in parts]) for parts in (cut_maps, cut_masks))
    ranking = metrics.rank_pixels(cut_maps, cut_masks)
    assert ranking.auroc() == pytest.approx(sklearn_metrics().roc_auc_score(truth, flat), **CLOSE)


# --- curves


@pytest.mark.parametrize("levels", [None, 4])
def test_curves_are_those_of_the_metrics(levels):
    maps, masks = made_up(2, levels=levels)
    ranking = metrics.rank_pixels(maps, masks)
    roc, pr, pro = ranking.roc(), ranking.pr(), ranking.pro_curve()
    assert np.trapezoid(roc.tpr, roc.fpr) == pytest.approx(ranking.auroc(), **CLOSE)
    assert np.trapezoid(pro.overlap, pro.fpr) == pytest.approx(ranking.pro(1.0), **CLOSE)
    steps = np.diff(pr.recall) * pr.precision[1:]
    assert steps.sum() == pytest.approx(ranking.average_precision(), **CLOSE)
    assert (pr.recall[0], pr.precision[0], pr.threshold[0]) == (0, 1, np.inf)
    for curve, first, second in ((roc, roc.fpr, roc.tpr), (pro, pro.fpr, pro.overlap)):
        assert (first[0], second[0], curve.threshold[0]) == (0, 0, np.inf)
        assert (first[-1], second[-1], curve.threshold[-1]) == (1, pytest.approx(1), maps.min())
        assert (np.diff(first) >= 0).all() and (np.diff(second) >= 0).all() and (np.diff(curve.threshold) < 0).all()


def test_thresholds_give_the_points_of_the_curve():
    maps, masks = made_up(3, levels=3)
    ranking = metrics.rank_scores(maps, masks)
    roc, pr = ranking.roc(), ranking.pr()
    for fpr, tpr, threshold in zip(roc.fpr, roc.tpr, roc.threshold, strict=True):
        found = maps >= threshold
        assert (found & masks).sum() / masks.sum() == pytest.approx(tpr, **CLOSE)
        assert (found & ~masks).sum() / (~masks).sum() == pytest.approx(fpr, **CLOSE)
    for precision, threshold in zip(pr.precision[1:], pr.threshold[1:], strict=True):
        assert masks[maps >= threshold].mean() == pytest.approx(precision, **CLOSE)


def test_roc_is_the_polyline_of_scikit_learn():
    maps, masks = made_up(4)
    fpr, tpr, _ = sklearn_metrics().roc_curve(masks.ravel(), maps.ravel(), drop_intermediate=False)
    ours = metrics.rank_scores(maps, masks).roc()
    corners = {(x, y) for x, y in zip(ours.fpr.round(12), ours.tpr.round(12), strict=True)}
    assert corners <= set(zip(fpr.round(12), tpr.round(12), strict=True))
    inner = np.setdiff1d(fpr, ours.fpr)
    assert np.interp(inner, ours.fpr, ours.tpr) == pytest.approx(tpr[np.searchsorted(fpr, inner)], **CLOSE)


@pytest.mark.parametrize("kind", ["roc", "pr", "pro_curve"])
def test_thin_keeps_the_shape(kind):
    maps, masks = made_up(6, images=12, size=48)
    curve = getattr(metrics.rank_pixels(maps, masks), kind)()
    thin = curve.thin(200)
    names = [name for name in vars(curve) if name != "threshold"]
    x, y = (getattr(curve, name) for name in names)
    u, v = (getattr(thin, name) for name in names)
    assert len(u) == len(v) == len(thin.threshold) == 200 < len(x) // 2
    assert (u[0], v[0], u[-1], v[-1]) == (x[0], y[0], x[-1], y[-1])
    assert distances(x, y, u, v).max() < 0.005
    assert np.isin(thin.threshold, curve.threshold).all()


def distances(x, y, u, v):
    """Of each point (x, y) from the polyline (u, v)."""
    px, py, du, dv = x[:, None] - u[:-1], y[:, None] - v[:-1], np.diff(u), np.diff(v)
    along = np.clip((px * du + py * dv) / np.maximum(du**2 + dv**2, 1e-300), 0, 1)
    return np.hypot(px - along * du, py - along * dv).min(axis=1)


def test_thin_of_short_and_straight_curves():
    short = metrics.rank_scores([0.1, 0.9], [0, 1]).roc()
    assert len(short.thin(100).fpr) == len(short.fpr)
    long = metrics.RocCurve(np.linspace(0, 1, 1025), np.linspace(0, 1, 1025), np.linspace(1, 0, 1025))
    assert len(long.thin(100).fpr) == 2
    assert len(long.thin(2).fpr) == 2
    with pytest.raises(MetricError, match="at least 2"):
        long.thin(1)


# --- what is missing or wrong


def test_without_masks_only_image_metrics():
    result = metrics.evaluate(None, None, [0.1, 0.8, 0.3], [0, 1, 0])
    assert (result.i_auroc, result.i_ap, result.i_f1.f1) == (1.0, 1.0, 1.0)
    assert (result.p_ap, result.p_auroc, result.p_pro, result.p_f1, result.pixel_ranking) == (None,) * 5
    assert "no masks" in result.notes[0]
    json.dumps(result.to_dict(), allow_nan=False)


def test_images_without_mask_or_with_an_empty_one_count_as_images_only():
    maps, masks = made_up(7)
    scores, labels = maps.max(axis=(1, 2)), masks.any(axis=(1, 2))
    some = [None if i == 2 else np.zeros_like(mask) if i == 4 else mask for i, mask in enumerate(masks)]
    result = metrics.evaluate(maps, some, scores, labels)
    rest = [0, 1, 3, 5]
    assert result.p_pro == metrics.pro(maps[rest], masks[rest])
    assert result.p_auroc == metrics.auroc(maps[rest], masks[rest])
    assert result.i_auroc == metrics.auroc(scores, labels)
    assert (result.images, result.pixel_images) == (6, 4)
    assert "1 of 6 images have no mask" in result.notes[0]
    assert "masks mark nothing that is looked at" in result.notes[1] and result.notes[1].endswith("(4).")
    names = [f"{i}.png" for i in range(6)]
    assert metrics.evaluate(maps, some, scores, labels, names).notes[1].endswith("(4.png).")


def test_so_many_images_are_named():
    masks = [np.ones((4, 4), bool), *[np.zeros((4, 4), bool)] * 12]
    maps, names = np.random.default_rng(0).random((13, 4, 4)), [f"test/dent/{i:02}.png" for i in range(13)]
    (note,) = metrics.evaluate(maps, masks, np.arange(13.0), [True] * 13, names).notes[:1]
    assert f"({', '.join(names[1:11])} and others)" in note


def test_no_positives():
    maps, scores = np.random.default_rng(0).random((3, 4, 4)), [0.1, 0.2, 0.3]
    result = metrics.evaluate(maps, np.zeros((3, 4, 4)), scores, [0, 0, 0])
    assert [result.p_ap, result.p_auroc, result.p_pro, result.p_f1, result.i_auroc, result.i_ap] == [None] * 6
    assert len(result.notes) == 7 and all("no defective sample" in note for note in result.notes)
    for name in ("auroc", "average_precision", "best_f1", "roc", "pr"):
        with pytest.raises(UndefinedMetricError, match="no defective sample"):
            getattr(metrics.rank_scores(scores, [0, 0, 0]), name)()
    for function in (metrics.pro, metrics.pro_curve):
        with pytest.raises(UndefinedMetricError, match="no defective sample"):
            function(maps, np.zeros((3, 4, 4)))


def test_no_negatives():
    masks = np.ones((1, 3, 3), dtype=bool)
    result = metrics.evaluate(np.arange(9.0).reshape(1, 3, 3), masks, [1.0], [1])
    assert (result.p_auroc, result.p_pro, result.i_auroc) == (None, None, None)
    assert (result.p_ap, result.p_f1.f1, result.p_f1.threshold, result.i_ap) == (1.0, 1.0, 0.0, 1.0)
    with pytest.raises(UndefinedMetricError, match="no normal sample"):
        metrics.rank_scores([1, 2], [1, 1]).roc()
    with pytest.raises(UndefinedMetricError, match="without regions"):
        metrics.rank_scores([1, 2], [0, 1]).pro()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite(value):
    maps, masks = made_up(8)
    maps[3, 2, 2] = value
    scores, labels = np.arange(6.0), masks.any(axis=(1, 2))
    with pytest.raises(MetricError, match="map 3 must be finite numbers, but 1 of 576"):
        metrics.evaluate(maps, masks, scores, labels)
    with pytest.raises(MetricError, match="map 3 must be finite"):
        metrics.evaluate(maps, [None, None, None, *masks[3:]], scores, labels)
    metrics.evaluate(maps, [*masks[:3], None, *masks[4:]], scores, labels)  # a map without mask is not read
    with pytest.raises(MetricError, match="image scores must be finite"):
        metrics.evaluate(None, None, [0.0, value], [0, 1])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: metrics.evaluate(np.zeros((2, 4, 4)), np.zeros((3, 4, 4)), [1, 2], [0, 1]), "2 maps, 3 masks"),
        (lambda: metrics.evaluate(np.zeros((1, 4, 4)), np.zeros((1, 4, 5)), [1], [0]), r"\(4, 4\), its mask \(4, 5\)"),
        (lambda: metrics.evaluate(np.zeros((1, 4, 4)), np.full((1, 4, 4), 255), [1], [1]), "found 255"),
        (lambda: metrics.evaluate(np.zeros((1, 4, 4)), np.ones((1, 4, 4)), [1], [0]), "Image 0 is labelled normal"),
        (lambda: metrics.evaluate(np.zeros((1, 4, 4)), [np.zeros(4)], [1], [0]), r"must have the shape \(H, W\)"),
        (lambda: metrics.evaluate(None, np.zeros((1, 4, 4)), [1], [0]), "without maps"),
        (lambda: metrics.evaluate(None, None, [1, 2], [0]), "must both be"),
        (lambda: metrics.evaluate(None, None, [], []), "no scores"),
        (lambda: metrics.auroc([1, 2], [0, 2]), "found 2"),
        (lambda: metrics.auroc(["a", "b"], [0, 1]), "real numbers"),
        (lambda: metrics.auroc([1, 2], ["a", "b"]), "must be 0 and 1"),
        (lambda: metrics.auroc([1, 2], [0, 1, 1]), "same shape"),
        (lambda: metrics.pro(np.zeros((1, 4, 4)), np.eye(4)[None], limit=0), "0..1"),
        (lambda: metrics.pro(np.zeros((1, 4, 4)), [None]), "no image with a mask"),
    ],
)
def test_errors_are_told_in_words(call, words):
    with pytest.raises(MetricError, match=words):
        call()


# --- properties

small_values = st.integers(-4, 4)
cases = st.integers(1, 4).flatmap(
    lambda n: st.tuples(
        st.lists(st.lists(small_values, min_size=20, max_size=20), min_size=n, max_size=n),
        st.lists(st.lists(st.booleans(), min_size=20, max_size=20), min_size=n, max_size=n),
    )
)
quick = settings(max_examples=40, deadline=None, derandomize=True)


def arrays(case):
    maps, masks = (np.array(part).reshape(-1, 4, 5) for part in case)
    return maps.astype(np.float32) / 4, masks


def values_of(maps, masks):
    scores, labels = [float(np.max(m)) for m in maps], [bool(np.any(m)) for m in masks]
    result = metrics.evaluate(maps, masks, scores, labels)
    names = ("p_ap", "p_auroc", "p_pro", "i_auroc", "i_ap")
    values = {name: getattr(result, name) for name in names}
    values |= {"p_f1": result.p_f1 and result.p_f1.f1, "i_f1": result.i_f1 and result.i_f1.f1}
    return {name: math.nan if value is None else value for name, value in values.items()}


def same(first, second):
    return first == pytest.approx(second, nan_ok=True, **CLOSE)


@quick
@given(cases)
def test_literal_pro_on_random_data(case):
    maps, masks = arrays(case)
    if masks.any() and not masks.all():
        assert metrics.pro(maps, masks) == pytest.approx(literal_pro(maps, masks), **CLOSE)
        expected = sklearn_metrics().roc_auc_score(masks.ravel(), maps.ravel())
        assert metrics.auroc(maps, masks) == pytest.approx(expected, **CLOSE)


@quick
@given(cases, st.sampled_from([np.exp, np.arctan, lambda x: 3 * x - 7, lambda x: np.cbrt(x) * 1e6, np.float64]))
def test_monotone_transforms_change_nothing(case, transform):
    maps, masks = arrays(case)
    assert same(values_of(transform(maps), masks), values_of(maps, masks))


@quick
@given(cases, st.randoms(use_true_random=False))
def test_the_order_of_images_and_of_pixels_does_not_matter(case, random):
    maps, masks = arrays(case)
    order = random.sample(range(len(maps)), len(maps))
    assert same(values_of(maps[order], masks[order]), values_of(maps, masks))
    assert same(values_of(maps[:, ::-1, ::-1], masks[:, ::-1, ::-1]), values_of(maps, masks))
    pixels = random.sample(range(maps.size), maps.size)
    shuffled = metrics.rank_scores(maps.ravel()[pixels], masks.ravel()[pixels])
    original = metrics.rank_scores(maps, masks)
    assert shuffled.found.tolist() == original.found.tolist()
    assert shuffled.false.tolist() == original.false.tolist()


@quick
@given(cases)
def test_a_data_set_twice_has_the_same_metrics(case):
    maps, masks = arrays(case)
    assert same(values_of([*maps, *maps], [*masks, *masks]), values_of(maps, masks))


@quick
@given(cases)
def test_labelling_beforehand_changes_nothing(case):
    maps, masks = arrays(case)
    labels = masks.any(axis=(1, 2))
    before = metrics.evaluate(maps, metrics.label_pixels(masks), maps.max(axis=(1, 2)), labels)
    assert before.to_dict() == metrics.evaluate(maps, masks, maps.max(axis=(1, 2)), labels).to_dict()


@quick
@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1, max_size=30))
def test_keys_keep_the_order_of_floats(values):
    array = np.array(values, dtype=np.float32)
    keys = areas._order_keys(array)
    assert (areas._from_keys(keys) == array).all()
    assert ((keys[:, None] < keys) == (array[:, None] < array)).all()
    assert ((keys[:, None] == keys) == (array[:, None] == array)).all()
