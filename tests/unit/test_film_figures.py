"""Pictures and the chart of a training film, on arrays whose picture is known."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from nnet.scoring.overlay import paint
from workbench.shared import film_figures as figures
from workbench.shared import pictures, theme


def decoded(uri: str, mode: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert(mode))


def test_the_score_chart_draws_kinds_apart_and_the_chosen_probe_on_top() -> None:
    epochs, scores = np.array([0, 1]), np.array([[2.0, 3.0], [0.0, 4.0]], np.float32)
    held_out, levels = np.array([[1.0, 2.0], [0.5, 1.0]], np.float32), np.array([1.9, 0.9])
    figure = figures.scores_figure(epochs, scores, ["normal", "defective"], ["<good>", "crack"], held_out, levels, 0)
    low, high, level, other, chosen = figure.data
    assert level.y[-1] == 1, "the unit is the last threshold"
    assert [0.9 * v for v in (*low.y, *high.y, *level.y)] == pytest.approx([1.0, 0.5, 2.0, 1.0, 1.9, 0.9])
    assert other.name == "crack" and other.line.color == theme.ANOMALOUS
    assert chosen.line.color == theme.NORMAL and chosen.line.width > other.line.width
    assert [0.9 * v for v in chosen.y] == pytest.approx([2.0, 0.25])  # 0 has no logarithm: half the lowest positive
    assert list(chosen.customdata) == [2.0, 0.0], "the pointer is told the scores themselves"
    assert "&lt;good&gt;" in chosen.hovertemplate


def test_without_held_out_scores_the_probes_stand_alone() -> None:
    figure = figures.scores_figure(
        np.array([0]), np.ones((1, 1), np.float32), ["painted"], ["scratch"], np.zeros((1, 0)), np.zeros(1), 0
    )
    assert len(figure.data) == 1 and figure.data[0].line.color == figures.PAINTED


def test_a_strip_holds_its_frames_below_each_other_in_the_scales_colours() -> None:
    values = np.stack([np.zeros((4, 4)), np.ones((4, 4)), np.full((4, 4), 2.0)]).astype(np.float32)
    scale = pictures.Scale(0.0, 2.0, {}, "")
    strip = decoded(figures.strip(values, [scale] * 3, 4), "RGB")
    assert strip.shape == (12, 4, 3)
    for frame, position in enumerate((0.0, 0.5, 1.0)):
        expected = paint(np.array([[position]], np.float32), scale.colour_map)[0, 0]
        assert np.abs(strip[4 * frame + 1, 1].astype(int) - expected).max() <= 3  # 256 steps of the scale


def test_frames_over_a_photo_are_clearer_where_nothing_is_wrong() -> None:
    values = np.stack([np.zeros((2, 2)), np.full((2, 2), 0.5), np.ones((2, 2))]).astype(np.float32)
    strip = decoded(figures.strip(values, [pictures.Scale(0.0, 1.0, {}, "")] * 3, 4, 0.8), "RGBA")
    assert strip.shape == (12, 4, 4)
    assert [int(strip[row, 0, 3]) for row in (0, 5, 10)] == [0, 204, 204]


def test_each_frame_may_have_a_scale_of_its_own() -> None:
    values = np.stack([np.ones((2, 2)), np.full((2, 2), 10.0)]).astype(np.float32)
    scales = [pictures.calibrated_scale(1.0), pictures.calibrated_scale(10.0)]
    strip = decoded(figures.strip(values, scales, 2), "RGB")
    assert (strip[0] == strip[2]).all()


def test_the_level_of_maps_comes_from_the_normal_images() -> None:
    maps = {"M1": np.stack([np.full((8, 8), 0.2), np.full((8, 8), 0.9)]).astype(np.float16)}
    assert figures.map_levels(maps, [0])["M1"] == pytest.approx(0.2, abs=1e-3)
    assert figures.map_levels(maps, [])["M1"] == pytest.approx(0.9, abs=1e-3)


def test_a_known_defect_is_outlined_and_an_unknown_one_changes_nothing() -> None:
    image, mask = np.full((40, 40, 3), 90, np.uint8), np.zeros((40, 40), bool)
    mask[10:20, 10:20] = True
    assert figures.outlined(image, None) is image
    changed = (figures.outlined(image, mask) != 90).any(axis=2)
    scale = figures.PHOTO_SIDE / 40
    inside, below = slice(int(12 * scale), int(18 * scale)), slice(int(22 * scale), None)
    assert changed.any() and not changed[inside, inside].any() and not changed[below].any()


def test_the_colour_key_names_what_is_drawn() -> None:
    names = {name: name for name in ("normal", "defective", "painted", "range", "threshold")}
    key = figures.colour_key(["normal", "painted"], names, True)
    assert "painted" in key and "defective" not in key and "threshold" in key
    assert "threshold" not in figures.colour_key(["normal"], names, False)
