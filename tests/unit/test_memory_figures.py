"""The Memory page's numbers, pictures and charts on known arrays."""

import math

import numpy as np
import plotly.graph_objects as go
import pytest
import torch
from builders import random_images

from nnet.analysis.atlas import PATCH_SIDE, PATCHES, Atlas, mosaic
from nnet.detector import Detector
from nnet.expression import parse
from nnet.model import nfs
from nnet.scoring.calibration import Reference
from nnet.scoring.judge import Judgement
from workbench.memory import cards, colours, figures, likeness, recall, words
from workbench.memory.cards import Card
from workbench.memory.recall import Addressing


def atlas(items: int = 3) -> Atlas:
    """Patches of one grey each: item i has grey 60 i."""
    greys = (60 * np.arange(items)).astype(np.uint8)
    patches = np.broadcast_to(greys[:, None, None, None, None], (items, PATCHES, PATCH_SIDE, PATCH_SIDE, 3))
    usage = np.array([0.7, 0.299, 0.001][:items], np.float32)
    return Atlas(usage, patches.copy(), np.ones((items, PATCHES), np.float32), np.zeros((items, PATCHES, 3), np.int64))


def judged(score: np.ndarray, threshold: float = 1.0) -> Judgement:
    return Judgement(score, float(score.max()), Reference(parse("M1"), np.array([0.5]), threshold, 0.95, 0.1))


# ------------------------------------------------------------------------------------------------------- numbers


def test_entropy_of_known_weights() -> None:
    weights = np.array([[[1, 0, 0, 0], [0.25, 0.25, 0.25, 0.25], [0.5, 0.5, 0, 0]]], np.float32)
    np.testing.assert_allclose(recall.entropy(weights), [[0, math.log(4), math.log(2)]], atol=1e-6)
    np.testing.assert_allclose(recall.effective_items(weights), [[1, 4, 2]], rtol=1e-6)


def test_entropy_agrees_with_nnet() -> None:
    weights = np.random.default_rng(0).dirichlet(np.ones(7), (5, 4)).astype(np.float32)
    expected = nfs.entropy(torch.from_numpy(weights)).numpy()
    np.testing.assert_allclose(recall.entropy(weights), expected, rtol=1e-5)


def test_usage_is_the_mean_weight_of_each_item() -> None:
    weights = np.array([[[1, 0], [0.5, 0.5]], [[0, 1], [0, 1]]], float)
    np.testing.assert_allclose(recall.usage(weights), [0.375, 0.625])


def test_cosine_distance_of_known_vectors() -> None:
    a = np.array([[[1.0, 1.0, 1.0]], [[0.0, 0.0, 0.0]]])  # (2, 1, 3)
    b = np.array([[[5.0, 0.0, -2.0]], [[0.0, 3.0, 0.0]]])
    np.testing.assert_allclose(recall.cosine_distance(a, b), [[0, 1, 2]])


def test_a_position_is_flagged_when_one_of_its_pixels_passes_the_threshold() -> None:
    score = np.zeros((8, 8), np.float32)
    score[5, 2] = 1.5
    flagged = recall.flagged(judged(score), (4, 4))
    assert flagged.shape == (4, 4) and np.argwhere(flagged).tolist() == [[2, 1]]
    assert recall.per_position(score, (4, 4))[2, 1] == 1.5


def test_cells_of_uneven_size_cover_all_pixels() -> None:
    score = np.arange(49, dtype=np.float32).reshape(7, 7)
    cells = recall.per_position(score, (3, 3))
    assert cells[-1, -1] == 48 and cells.shape == (3, 3)


@pytest.mark.parametrize(
    ("items", "written"), [((), ""), ((0,), "1"), ((0, 1, 2, 8), "1-3,9"), ((4, 2), "3,5"), (tuple(range(6)), "1-6")]
)
def test_items_are_written_and_read(items: tuple[int, ...], written: str) -> None:
    assert recall.items_to_text(items) == written
    assert recall.items_from_text(written, 9) == tuple(sorted(items))


@pytest.mark.parametrize("written", ["0", "10", "3-2", "a", "1;2", "-1", "1-99"])
def test_impossible_items_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match="expected item numbers"):
        recall.items_from_text(written, 9)


def test_similar_items_stand_side_by_side() -> None:
    generator = np.random.default_rng(1)
    centres = np.eye(3, 8)
    groups = np.array([0, 1, 2, 0, 1, 2, 0, 1, 2])
    memory = centres[groups] + 0.01 * generator.normal(size=(9, 8))
    cosines = likeness.similarity(memory)
    np.testing.assert_allclose(np.diag(cosines), 1, rtol=1e-5)
    order = likeness.clustered_order(cosines)
    assert sorted(order) == list(range(9))
    assert (np.diff(groups[order]) != 0).sum() == 2


def test_two_items_keep_their_order() -> None:
    assert likeness.clustered_order(np.ones((2, 2))).tolist() == [0, 1]


def test_pca_shows_the_largest_direction_and_is_repeatable() -> None:
    memory = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
    queries = np.array([[1, 0.9], [0, 0.1], [0, 0]], np.float32).reshape(3, 1, 2)
    first = likeness.embed(memory, queries, np.ones(2), "PCA")
    again = likeness.embed(memory, queries, np.ones(2), "PCA")
    assert np.array_equal(first.items, again.items) and first.method == "PCA" and first.notes == ()
    gaps = np.linalg.norm(first.items[:, None] - first.queries[None], axis=-1)
    assert gaps[0].max() < gaps[1].min()


def test_too_few_points_for_umap_become_a_pca_with_a_note() -> None:
    memory, queries = np.eye(6, 8, dtype=np.float32), np.ones((8, 2, 2), np.float32)
    embedding = likeness.embed(memory, queries, np.ones(6), "UMAP")
    assert embedding.method == "PCA" and "too few for UMAP" in embedding.notes[0]
    assert embedding.items.shape == (6, 2) and embedding.queries.shape == (4, 2)


@pytest.mark.slow
def test_umap_is_the_same_every_time_and_keeps_groups_together() -> None:
    generator = np.random.default_rng(2)
    centres = np.eye(2, 16)
    memory = (centres[np.arange(16) % 2] + 0.05 * generator.normal(size=(16, 16))).astype(np.float32)
    queries = (centres[np.arange(16) // 8] + 0.05 * generator.normal(size=(16, 16))).T.reshape(16, 4, 4)
    first = likeness.embed(memory, queries.astype(np.float32), np.ones(16), "UMAP")
    again = likeness.embed(memory, queries.astype(np.float32), np.ones(16), "UMAP")
    assert first.method == "UMAP" and np.array_equal(first.items, again.items)
    nearest = np.linalg.norm(first.queries[:, None] - first.items[None], axis=-1).argmin(axis=1)
    assert (nearest % 2 == np.arange(16) // 8).all()


def test_many_points_are_thinned_out_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "EMBEDDED_ITEMS", 3)
    monkeypatch.setattr(likeness, "EMBEDDED_QUERIES", 4)
    queries = np.random.default_rng(0).normal(size=(8, 3, 3)).astype(np.float32)
    embedding = likeness.embed(np.eye(5, 8, dtype=np.float32), queries, np.array([1, 5, 2, 4, 3]), "PCA")
    assert embedding.which.tolist() == [1, 3, 4] and len(embedding.where) <= 4
    assert words.some_shown((3, 5), (3, 9)) in embedding.notes


def test_a_mosaic_shows_the_recalled_items() -> None:
    weights = np.zeros((2, 3, 3), np.float32)
    weights[..., 1] = 1
    picture = mosaic(weights, atlas())
    assert picture.shape == (26, 39, 3) and (picture == 60).all()
    weights[:] = (0.5, 0, 0.5)
    assert (mosaic(weights, atlas()) == 60).all()


def test_recall_and_effect_agree_with_nnet(tiny_checkpoint) -> None:
    detector = Detector.load(tiny_checkpoint, "cpu")
    trace = detector.trace(random_images(1)[0])
    same = recall.recall(detector, trace, recall.trained(detector))
    np.testing.assert_allclose(same.recalled, trace.F3_recalled, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(same.distance, recall.as_trained(trace).distance, atol=1e-4)
    without = recall.recall(detector, trace, Addressing(0.05, 1.0, (0, 2)))
    assert without.use.weights[..., [0, 2]].max() == 0
    effect = recall.effect(detector, trace, without.recalled)
    expected = detector.rebuild(trace, without.recalled).maps
    assert all(np.array_equal(effect.maps[name], m) for name, m in expected.items())
    assert effect.judged.value == effect.judged.score.max() and effect.nbytes > 0


# ------------------------------------------------------------------------------------------------------ pictures


def test_weights_are_clear_at_zero_and_grow_with_their_root() -> None:
    cells = cards.weight_cells(np.array([[0, 0.25, 1]], np.float32))
    assert cells.shape == (1, 3, 4) and len(np.unique(cells[..., :3].reshape(-1, 3), axis=0)) == 1
    assert cells[0, :, 3].tolist() == [0, 121, 242]
    assert "0.25" in cards.weight_bar()


@pytest.mark.parametrize(("largest", "top"), [(0.0, 0.02), (0.05, 0.1), (0.3, 0.5), (1.2, 2.0)])
def test_the_scale_of_a_change_grows_in_steps(largest: float, top: float) -> None:
    assert colours.change_scale(np.array([0, largest])).high == top


def test_only_flagged_cells_are_coloured() -> None:
    cells = colours.flagged_cells(np.array([[True, False]]))
    assert cells[0, 0, 3] > 0 and cells[0, 1].tolist() == [0, 0, 0, 0]


def test_a_strip_has_its_patches_in_order() -> None:
    drawn = cards.strip(atlas().patches[:, 0], gap=2)
    assert drawn.shape == (PATCH_SIDE, 3 * PATCH_SIDE + 4, 4)
    assert drawn[0, 0].tolist() == [0, 0, 0, 255] and drawn[0, -1].tolist() == [120, 120, 120, 255]
    assert drawn[0, PATCH_SIDE, 3] == 0


def test_items_far_apart_have_different_colours() -> None:
    painted = colours.item_colours(np.array([0, 0.5, 0.501, 1]))
    gaps = np.abs(np.diff(painted.astype(int), axis=0)).sum(axis=1)
    assert gaps[1] < 10 < min(gaps[0], gaps[2])


def test_scales_are_fixed_by_the_number_of_items() -> None:
    scale = colours.per_patch_scale(100)
    assert (scale.low, scale.high) == (0, math.log(100)) and list(scale.ticks.values()) == ["1 item", "10", "all 100"]


def test_cards_hold_pictures_and_facts_and_no_foreign_markup() -> None:
    cells = np.zeros((2, 2, 4), np.uint8)
    card = Card("<b>", ("3 < 4",), 'say "x"', "data:image/jpeg;base64,", cells, cells, 1.0, "dead", True)
    html = cards.cards([card, Card("Item 2")], 120, 1.5)
    assert "<b>" not in html and "&lt;b&gt;" in html and "3 &lt; 4" in html and "&#34;x&#34;" in html
    assert html.count("<img") == 3 and "aspect-ratio:1.5" in html and "width:50.0%" in html and ">dead<" in html


def test_a_mark_stands_at_its_place() -> None:
    mark = cards.slider_mark(0.25, "trained: 0.05")
    assert "--at:25.00%" in mark and "trained: 0.05" in mark


# -------------------------------------------------------------------------------------------------------- charts


def traces(figure: go.Figure) -> dict[str, object]:
    return {trace.name: trace for trace in figure.data}


def test_addressing_shows_the_largest_items_before_and_after() -> None:
    raw, weights = np.array([0.1, 0.6, 0.3, 0.0]), np.array([0.0, 2 / 3, 1 / 3, 0.0])
    figure = figures.addressing_figure(raw, weights, 0.25, count=3)
    shown = traces(figure)
    assert list(shown["after"].x) == ["2", "3", "1"]
    np.testing.assert_allclose(shown["before shrinkage"].y, [0.6, 0.3, 0.1])
    np.testing.assert_allclose(shown["after"].y, [2 / 3, 1 / 3, 0])
    assert figure.layout.shapes[0].y0 == 0.25
    assert figure.layout.xaxis.title.text == "memory item" and "weight" in figure.layout.yaxis.title.text


def test_usage_compares_the_image_with_the_training_set() -> None:
    here = np.array([0.2, 0.3, 0.5])
    figure = figures.usage_figure(here, atlas())
    shown = traces(figure)
    np.testing.assert_allclose(shown["training set"].y, [70, 29.9, 0.1], rtol=1e-5)
    np.testing.assert_allclose(shown["this image"].y, [20, 30, 50])
    assert "dead" in shown["training set"].customdata[2][1] and figure.layout.shapes[0].y0 == pytest.approx(100 / 3)
    alone = figures.usage_figure(here, None)
    assert len(alone.data) == 1 and list(alone.data[0].customdata) == [3, 2, 1]


def test_distances_have_a_row_each_with_its_mean() -> None:
    distance, flagged = np.array([[0.1, 0.3], [0.6, 0.8]]), np.array([[False, False], [True, True]])
    shown = traces(figures.distances_figure(distance, flagged))
    assert sorted(shown["normal"].x) == [0.1, 0.3] and sorted(shown["flagged"].x) == [0.6, 0.8]
    assert shown["mean of normal"].x[0] == pytest.approx(0.2) and shown["mean of flagged"].x[0] == pytest.approx(0.7)
    assert "mean of flagged" not in traces(figures.distances_figure(distance, np.zeros((2, 2), bool)))


def test_the_similarity_matrix_names_its_items() -> None:
    figure = figures.similarity_figure(np.array([4, 1]), np.array([[1, -0.2], [-0.2, 1]], np.float32))
    heatmap = figure.data[0]
    assert heatmap.customdata[0][1].tolist() == [2, 5] and heatmap.zmin == pytest.approx(-0.2) and heatmap.zmax == 1


def test_the_map_tells_normal_flagged_and_dead_apart() -> None:
    queries = np.arange(12, dtype=np.float32).reshape(3, 2, 2)
    embedding = likeness.embed(np.eye(3, dtype=np.float32), queries, np.ones(3), "PCA")
    flagged = np.array([[False, True], [False, False]])
    figure = figures.embedding_figure(embedding, flagged, atlas().usage, atlas().dead)
    shown = traces(figure)
    assert len(shown["normal patch"].x) == 3 and len(shown["flagged patch"].x) == 1
    assert shown["flagged patch"].customdata.tolist() == [[1, 2]]
    assert list(shown["memory item"].marker.symbol) == ["diamond", "diamond", "diamond-open"]
    sizes = shown["memory item"].marker.size
    assert sizes[0] > sizes[1] > sizes[2]


# --------------------------------------------------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("per_patch", "usual", "expected"),
    [
        (80, 75.0, "nearly uniform"),
        (7, 2.0, "mix more than usual"),
        (2, 2.1, "much like the normal ones"),
        (1, 3.0, "fewer than usual"),
        (7, None, ""),
    ],
)
def test_the_headline_compares_with_training(per_patch: float, usual: float | None, expected: str) -> None:
    sentence = words.headline(per_patch, 100, usual)
    assert expected in sentence and "nats" not in sentence
    assert f"{per_patch:.1f}" not in sentence, "the number of items stands below its own name alone"
    assert ("On the training" in sentence) == (usual is not None and per_patch < 70)


@pytest.mark.parametrize(
    ("means", "expected"),
    [
        ((0.1, 0.4), "4.0 times as far"),
        ((0.2, 0.2), "about as far"),
        ((0.4, 0.1), "less far"),
        ((0.2, None), "No patch"),
        ((None, 0.2), "Every patch"),
    ],
)
def test_what_memory_changed_is_said_either_way(means: tuple[float | None, float | None], expected: str) -> None:
    assert expected in words.changed(*means, 0.2, None)


def test_a_memory_that_moves_most_good_patches_further_than_nearly_all_as_trained_no_longer_knows_them() -> None:
    trained = np.linspace(0, 1, 101)  # 95 of 100 lie within 0.95
    assert recall.forgotten(trained, trained + 0.44) is None  # the median, 0.94, still does
    assert recall.forgotten(trained, trained + 0.46) == pytest.approx((0.95, 0.96))
    assert recall.forgotten(trained[:0], trained[:0]) is None
    said = words.changed(0.4, 0.5, 0.45, (0.95, 0.96))
    assert "95 % of the normal ones by less than 0.950, now the median one by 0.960" in said
    assert "no longer knows the good patches" in said


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (2.0, 2.001, "hardly changes. The decision stays"),
        (2.0, 0.5, "falls by 75 %. The image no longer counts"),
        (0.5, 2.0, "rises by 300 %. The image now counts"),
        (2.0, 3.0, "rises by 50 %. The decision stays"),
    ],
)
def test_what_forgetting_did_is_said(before: float, after: float, expected: str) -> None:
    assert expected in words.forgotten(before, after, 1.0, 0.1)


def test_settings_name_only_what_differs() -> None:
    trained = Addressing(0.05, 1.0)
    assert words.changed_addressing(trained, trained) == ""
    said = words.changed_addressing(Addressing(0.1, 1.0, (3,)), trained)
    assert said == ":violet-badge[Changed] temperature 0.1 (trained 0.05), 1 item switched off"


def test_the_decoders_time_is_the_sum_of_its_stages() -> None:
    said = words.ran({"transfer": 0.01, "fusion": 2.0, "rebuilder S₂": 3.0})
    assert "ran: 5.0 ms (" in said and "rebuilder S₂ 3.0 ms" in said and "transfer" not in said
