"""Pictures, charts and wording as plain functions on known arrays."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image

from nnet.expression import parse
from nnet.scoring import overlay
from nnet.scoring.calibration import Reference
from workbench.shared import navigation, pictures, theme, units, words

RED = np.full((8, 8, 3), (200, 0, 0), np.uint8)


def step(low: float = 0.0, high: float = 2.0, side: int = 8) -> np.ndarray:
    """A map whose left half is `low` and whose right half is `high`."""
    values = np.full((side, side), low, np.float32)
    values[:, side // 2 :] = high
    return values


def reference(scores: list[float], threshold: float = 1.0, quantile: float = 0.95) -> Reference:
    return Reference(parse("M1"), np.sort(np.array(scores, float)), threshold, quantile, 0.1)


# ------------------------------------------------------------------------------------------------------- colours


def test_colour_maps_run_from_dark_to_light_without_a_step_back() -> None:
    for name in theme.COLOUR_MAPS:
        table = overlay.colour_table(name).astype(float)
        lightness = table @ (0.2126, 0.7152, 0.0722)
        assert table.shape == (256, 3)
        assert np.all(np.diff(lightness[::5]) > 0), name  # in single steps rounding to 8 bits shows


def test_the_charts_use_the_same_colours_as_the_pictures() -> None:
    for name in theme.COLOUR_MAPS:
        scale = theme.plotly_scale(name)
        assert scale[0][0] == 0 and scale[-1][0] == 1
        for end, row in ((0, 0), (-1, 255)):
            assert scale[end][1] == "rgb({}, {}, {})".format(*overlay.colour_table(name)[row])


def test_the_calibrated_scale_has_the_threshold_in_the_middle() -> None:
    scale = pictures.calibrated_scale(0.8)
    assert scale.position(np.array([-1, 0, 0.8, 1.6, 9])).tolist() == pytest.approx([0, 0, 0.5, 1, 1])
    assert [label for label in scale.ticks.values()] == ["0", "threshold", "≥ 2 × threshold"]


def test_the_own_scale_spans_the_image() -> None:
    scale = pictures.own_scale(step(0.25, 0.75), 0.5)
    assert (scale.low, scale.high) == (0.25, 0.75)
    low, own, high = scale.ticks.values()
    assert (low, high) == ("0.50", "1.5 × threshold") and "own" in own


def test_an_own_scale_of_a_constant_map_does_not_divide_by_zero() -> None:
    scale = pictures.own_scale(np.ones((4, 4), np.float32), 0.0)
    assert np.isfinite(pictures.colourised(np.ones((4, 4)), scale)).all()
    assert "nan" not in pictures.colour_bar(scale)


def test_colourised_takes_first_middle_and_last_colour() -> None:
    table = overlay.colour_table("viridis")
    found = pictures.colourised(np.array([0.0, 1.0, 2.0]), pictures.calibrated_scale(1.0, "viridis"))
    assert found.tolist() == [table[0].tolist(), table[128].tolist(), table[255].tolist()]


# ------------------------------------------------------------------------------------------------------ pictures


def test_an_overlay_of_opacity_0_is_the_image() -> None:
    assert np.array_equal(pictures.overlay(RED, step(), pictures.calibrated_scale(1.0), 0.0), RED)


def test_an_overlay_leaves_a_score_of_0_alone_and_covers_a_high_one() -> None:
    scale = pictures.calibrated_scale(1.0)
    found = pictures.overlay(RED, step(0, 2), scale, 1.0)
    assert found[0, 0].tolist() == [200, 0, 0]
    assert found[0, -1].tolist() == overlay.colour_table("inferno")[255].tolist()


def test_an_overlay_mixes_by_opacity_from_the_threshold_on() -> None:
    found = pictures.overlay(RED, np.full((8, 8), 1.0), pictures.calibrated_scale(1.0), 0.5)
    expected = np.rint(0.5 * np.array([200, 0, 0]) + 0.5 * overlay.colour_table("inferno")[128])
    assert np.abs(found[4, 4] - expected).max() <= 1


def test_an_overlay_outlines_what_lies_above_the_edge() -> None:
    inside = np.zeros((9, 9), np.float32)
    inside[3:6, 3:6] = 2
    found = pictures.overlay(np.zeros((9, 9, 3), np.uint8), inside, pictures.calibrated_scale(1.0), 0.0, edge=1.0)
    white = (found == 255).all(axis=-1)
    assert white.sum() == 12  # the four sides of a 3 x 3 square; corners touch it only diagonally
    assert not white[3:6, 3:6].any()


def drawn(score: np.ndarray, side: int = 240) -> np.ndarray:
    black = np.zeros((side, side, 3), np.uint8)
    found = pictures.overlay(black, score.astype(np.float32), pictures.calibrated_scale(1.0), 0.0, edge=1.0)
    return (found == 255).all(axis=-1)


def test_a_hole_in_what_is_marked_is_dashed_and_the_region_is_closed_along_the_picture() -> None:
    island = np.full((24, 24), 2.0)
    island[8:16, 8:16] = 0.0  # most of the picture is above the threshold
    white, region = drawn(island), drawn(2.0 - island)
    assert white[0].all() and white[-1].all() and white[:, 0].all() and white[:, -1].all()
    inner, outer = white[40:200, 40:200].sum(), region[40:200, 40:200].sum()
    assert 0.3 * outer < inner < 0.7 * outer, "half of a closed line"
    assert not region[0].any(), "a region in the middle has a line of its own alone"
    bay = np.full((24, 24), 2.0)
    bay[8:16, 8:] = 0.0  # open to the side, so no hole
    assert drawn(bay)[90:150, 70:90].any(axis=1).all()


def test_outline_of_nothing_is_nothing() -> None:
    assert not overlay.outline(np.zeros((5, 5), bool), 3).any()


def test_an_overlay_keeps_size_and_proportions_of_any_image() -> None:
    image = np.zeros((30, 70, 3), np.uint8)
    assert pictures.overlay(image, step(side=64), pictures.calibrated_scale(1.0), 0.7).shape == (30, 70, 3)


def test_reduced_bounds_the_longest_side_only() -> None:
    assert pictures.reduced(np.zeros((100, 400, 3), np.uint8), 200).shape == (50, 200, 3)
    small = np.zeros((10, 20, 3), np.uint8)
    assert pictures.reduced(small, 200) is small


def test_stretched_interpolates_between_cells() -> None:
    assert overlay.enlarge(np.array([[0, 1]], np.float32), (1, 4)).tolist() == [[0, 0.25, 0.75, 1]]


def test_pictures_of_a_gallery_are_squares_with_transparent_edges() -> None:
    picture = np.full((2, 5, 3), 9, np.uint8)
    square = pictures.squared(picture)
    assert square.shape == (5, 5, 4) and (square[1:3, :, :3] == 9).all()
    assert square[..., 3].sum() == 255 * 10 and (square[1:3, :, 3] == 255).all()
    assert pictures.squared(picture[:, :2]).shape == (2, 2, 4)


def test_a_thumbnail_shows_the_whole_picture() -> None:
    """The hot place of a tall part may lie at its very end."""
    tall = np.zeros((40, 10, 3), np.uint8)
    tall[-4:] = 255
    small = pictures.thumbnail(tall, 20)
    assert small.shape == (20, 20, 4) and small[-1, 10, 0] > 250 and small[0, 10, 3] == 255 and small[0, 0, 3] == 0


def test_a_part_of_an_enlarged_map_is_cut_from_the_whole() -> None:
    score = np.random.default_rng(0).random((40, 56)).astype(np.float32)
    whole = overlay.enlarge(score, (300, 210))
    for left, top, side in ((0, 0, 42), (160, 250, 50), (75, 133, 1)):
        part = overlay.enlarge(score, (300, 210), (left, top, side, side))
        assert np.allclose(part, whole[top : top + side, left : left + side], atol=1e-5)


def test_a_map_tile_has_the_images_proportions_and_the_calibrated_colours() -> None:
    tile = pictures.map_tile(np.full((4, 4), 0.3), 0.15, (100, 50, 3), pictures.map_scale())
    assert tile.shape == (320, 160, 3)
    assert (tile == overlay.colour_table("inferno")[255]).all()  # twice the normal level ends the scale


def test_a_map_sheet_holds_every_tile() -> None:
    tiles = {f"M{i}": np.full((20, 20, 3), 10 * i, np.uint8) for i in range(1, 7)}
    sheet = pictures.map_sheet(tiles)
    assert sheet.shape == (12 + 2 * (20 + 30 + 12), 12 + 3 * (20 + 12), 3)
    for value in (10, 20, 30, 40, 50, 60):
        assert (sheet == value).all(axis=-1).sum() >= 400


# -------------------------------------------------------------------------------------------------------- charts


def test_pointer_positions_are_pixels_of_the_image_as_given() -> None:
    figure = pictures.picture_figure(RED, (100, 400, 3), step(side=4))
    heatmap = figure.data[0]
    assert (heatmap.x0, heatmap.dx, heatmap.y0, heatmap.dy) == (50, 100, 12.5, 25)
    assert tuple(figure.layout.xaxis.range) == (0, 400)
    assert tuple(figure.layout.yaxis.range) == (100, 0)
    assert heatmap.opacity == 0
    assert np.array_equal(heatmap.z, step(side=4))


def test_the_picture_lies_under_the_whole_chart() -> None:
    layer = pictures.picture_figure(RED, (8, 8, 3), step()).layout.images[0]
    assert (layer.x, layer.y, layer.sizex, layer.sizey) == (0, 0, 8, 8)
    assert layer.source == pictures.data_uri(RED)


def test_the_map_chart_uses_the_scale() -> None:
    heatmap = pictures.map_figure(step(), (8, 8), pictures.calibrated_scale(0.5, "cividis")).data[0]
    assert (heatmap.zmin, heatmap.zmax) == (0, 1)
    assert heatmap.colorscale[0][1] == "rgb(0, 34, 78)"


def test_a_drag_scrolls_on_a_touch_screen() -> None:
    assert pictures.map_figure(step(), (8, 8), pictures.calibrated_scale(1), touch=True).layout.dragmode is False
    assert pictures.map_figure(step(), (8, 8), pictures.calibrated_scale(1)).layout.dragmode == "zoom"


def test_very_long_images_stay_on_the_page() -> None:
    assert pictures.picture_height((10_000, 100)) == 480
    assert pictures.picture_height((100, 10_000)) == 160


def test_timings_chart_has_a_bar_per_stage_in_order() -> None:
    bar = pictures.timings_figure({"resize": 1.0, "teacher": 20.0}).data[0]
    assert bar.y == ("resize", "teacher") and bar.x == (1.0, 20.0)
    assert bar.text == ("1.0 ms", "20 ms")


def test_every_chart_has_units() -> None:
    assert pictures.timings_figure({"a": 1.0}).layout.xaxis.title.text == "milliseconds"


def test_colour_bar_places_its_ticks() -> None:
    bar = pictures.colour_bar(pictures.calibrated_scale(0.5))
    for expected in ("left:0.0%", "left:50.0%", "left:100.0%", ">threshold<"):
        assert expected in bar


# --------------------------------------------------------------------------------------------------------- bytes


def test_png_and_data_uri_hold_the_same_pixels() -> None:
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(pictures.png(image)))), image)
    assert pictures.data_uri(image).startswith("data:image/png;base64,")


def test_a_large_picture_goes_to_the_browser_as_a_jpeg_without_visible_loss() -> None:
    ramp = np.linspace(0, 255, 500 * 400).reshape(400, 500, 1).repeat(3, axis=2).astype(np.uint8)
    head, _, encoded = pictures.data_uri(ramp).partition(",")
    assert head == "data:image/jpeg;base64"
    shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(encoded)))).astype(int)
    assert shown.shape == ramp.shape and np.abs(shown - ramp).mean() < 1


def test_pictures_of_the_same_bytes_in_another_shape_are_told_apart() -> None:
    first, second = np.zeros((4, 6, 3), np.uint8), np.zeros((6, 4, 3), np.uint8)
    assert pictures.data_uri(first) != pictures.data_uri(second)
    assert pictures.data_uri(first) is pictures.data_uri(first.copy()), "encoded once"


def test_npz_holds_exact_arrays_and_needs_no_unpickling() -> None:
    content = pictures.npz({"score": step(0.1, 0.7)}, {"image": "part ü.png", "threshold": 0.5})
    with np.load(io.BytesIO(content), allow_pickle=False) as read:
        assert np.array_equal(read["score"], step(0.1, 0.7))
        assert json.loads(str(read["about"])) == {"image": "part ü.png", "threshold": 0.5}


def test_the_icon_is_dark_with_a_bright_spot() -> None:
    icon = np.asarray(Image.open(navigation.ICON))
    assert icon.shape == (64, 64, 3) and icon[-1, 0].max() < 40 and icon.max() > 200


# ------------------------------------------------------------------------------------------------------- wording


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.8859, "0.886"),
        (3.2, "3.20"),
        (12.34, "12.3"),
        (123.4, "123"),
        (12345.6, "12,346"),
        (0, "0.00"),
        (0.000045, "4.5e-05"),
    ],
)
def test_numbers(value: float, expected: str) -> None:
    assert units.number(value) == expected


def test_units() -> None:
    shares = {0.95: "95 %", 0.024: "2.4 %", 0.0031: "0.31 %", 1: "100 %", 0.05: "5 %", 0.07: "7 %", 4e-5: "0.004 %"}
    assert {share: units.percent(share) for share in (*shares, 0)} == shares | {0: "0 %"}
    assert [units.milliseconds(value) for value in (0.42, 48.3, 1300)] == ["0.4 ms", "48 ms", "1.3 s"]
    sizes = [units.data_size(value) for value in (812_000, 1_400_000, 40_000_000, 19_118_000_000)]
    assert sizes == ["812 kB", "1.4 MB", "40 MB", "19.1 GB"]


def test_verdicts() -> None:
    normals = reference([0.1, 0.2, 0.3])
    assert words.verdict(normals, 2.0) == "Anomalous: scores higher than all 3 held-out normal images."
    assert words.verdict(normals, 0.25) == "Normal: scores higher than 2 of the 3 held-out normal images."
    assert words.verdict(normals, 0.05) == "Normal: scores no higher than any of the 3 held-out normal images."


def test_the_p_value_is_explained_with_its_number() -> None:
    normals = reference([0.1] * 39)
    assert "2.5 %" in words.p_value(normals, 2.0) and "strongest" in words.p_value(normals, 2.0)
    assert "100 %" in words.p_value(normals, 0.0) and "nothing unusual" in words.p_value(normals, 0.0)


def test_the_threshold_says_what_it_stands_for() -> None:
    assert words.threshold(reference([0.1] * 20, 0.886)).startswith("The threshold is the score that 95 %")


def test_file_names_are_shown_as_they_are() -> None:
    assert units.plain("a*b_[c](d).png") == r"a\*b\_\[c\]\(d\).png"
