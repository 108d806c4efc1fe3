"""The defect studio's parts: cut-paste, drawings from the browser, visibility and dose-response, charts and words."""

import base64
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from builders import encode, random_images
from PIL import Image

from nnet.analysis.visibility import MIN_RISE, Onset, coverage, is_visible, onset, peak, respond
from nnet.data import CutPaste, DataError, Defect, grey, normal_image, paint_defect, paste_patch
from nnet.detector import Detector
from nnet.expression import PRESETS, parse
from nnet.scoring import judge
from nnet.scoring.calibration import Reference
from workbench.inspect.defect import effect as studio_data
from workbench.inspect.defect import figures
from workbench.inspect.defect import recipe as studio_paint
from workbench.inspect.defect import words as studio_text
from workbench.inspect.defect.effect import Curves, Effect, Found
from workbench.inspect.defect.recipe import Drawn, Placed, alter, at_dose, damage
from workbench.shared import layer as drawn_layer
from workbench.shared.layer import LayerError, lay_over, read_layer


def noise(height: int = 60, width: int = 90, seed: int = 0) -> np.ndarray:
    """An image in which no two neighbouring pixels are alike."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def uri(content: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(content).decode()


def stroke(height: int = 60, width: int = 90, opacity: int = 255) -> np.ndarray:
    """A drawing: a black bar on nothing."""
    layer = np.zeros((height, width, 4), np.uint8)
    layer[20:30, 10:70, 3] = opacity
    return layer


# -------------------------------------------------------------------------------------------------------- cut-paste


def test_an_unturned_copy_repeats_its_patch_exactly_and_changes_nothing_else():
    image = noise(100, 120)
    cut = CutPaste(x=0.75, y=0.5, from_x=0.25, from_y=0.5, size=0.3)
    painted, mask = paste_patch(image, cut)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    assert mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()  # a full rectangle
    assert np.array_equal(painted[~mask], image[~mask])
    shift = 60  # half of the width lies between the two places
    assert np.array_equal(painted[mask], np.roll(image, shift, axis=1)[mask])
    diagonal = np.hypot(len(rows), len(columns))
    assert diagonal == pytest.approx(0.3 * 100, abs=3)


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0])
@pytest.mark.parametrize("place", [(0.0, 0.0), (1.0, 0.4), (0.5, 0.5)])
def test_a_copy_stays_inside_its_mask_and_the_image(angle: float, place: tuple[float, float]):
    image = noise()
    painted, mask = paste_patch(image, CutPaste(*place, 0.9, 0.1, 0.4, 1.0, angle, 3))
    changed = (painted != image).any(axis=-1)
    assert mask.any() and not changed[~mask].any() and changed[mask].mean() > 0.95
    ys, xs = np.nonzero(mask)
    reach = np.hypot(xs - (place[0] * 90 - 0.5), ys - (place[1] * 60 - 0.5)).max()
    assert reach <= 0.4 * 60 / 2 + 1.5


def test_a_turned_copy_of_an_even_patch_is_even():
    image = noise(80, 80)
    image[:40, :40] = (10, 120, 200)
    painted, mask = paste_patch(image, CutPaste(0.75, 0.75, 0.25, 0.25, 0.4, 1.0, 37.0))
    assert np.array_equal(np.unique(painted[mask], axis=0), [[10, 120, 200]])


def test_contrast_mixes_a_copy_with_what_lies_under_it():
    image = noise(80, 80)
    full, mask = paste_patch(image, CutPaste(0.7, 0.7, 0.3, 0.3, 0.3))
    half, same = paste_patch(image, CutPaste(0.7, 0.7, 0.3, 0.3, 0.3, contrast=0.5))
    assert np.array_equal(mask, same)
    assert np.abs(half[mask] - (image[mask].astype(float) + full[mask]) / 2).max() <= 0.5
    none, empty = paste_patch(image, CutPaste(contrast=0.0))
    assert np.array_equal(none, image) and not empty.any()


def test_copies_follow_their_seed_and_a_grey_image_stays_grey():
    image = np.repeat(noise(70, 70)[..., :1], 3, axis=2)
    masks = [paste_patch(image, CutPaste(size=0.5, seed=seed))[1] for seed in (1, 1, 2)]
    assert np.array_equal(masks[0], masks[1]) and not np.array_equal(masks[0], masks[2])
    painted, _ = paste_patch(image, CutPaste(size=0.5, angle=20.0))
    assert (painted[..., :1] == painted).all()


@pytest.mark.parametrize("wrong", [{"x": 1.2}, {"size": 0.0}, {"contrast": -0.1}, {"angle": float("nan")}])
def test_a_copy_out_of_range_is_refused(wrong: dict[str, float]):
    with pytest.raises(DataError):
        CutPaste(**wrong)


@pytest.mark.parametrize("image", [np.zeros((5, 5, 3)), np.zeros((5, 5), np.uint8), np.zeros((0, 5, 3), np.uint8)])
def test_a_copy_needs_an_image(image: np.ndarray):
    with pytest.raises(DataError, match="uint8"):
        paste_patch(image, CutPaste())


# --------------------------------------------------------------------------------------------------------- drawings


def test_the_mask_of_a_drawing_is_exactly_what_changes():
    image = noise()
    image[22:24, 15:20] = 0  # black drawn on black changes nothing
    painted, mask = lay_over(image, stroke())
    changed = (painted != image).any(axis=-1)
    assert np.array_equal(mask, changed)
    assert not mask[22:24, 15:20].any() and (painted[20:30, 10:70] == 0).all()


def test_the_opacity_of_a_drawing_and_its_strength_multiply():
    image = noise()
    layer = stroke(opacity=128)
    layer[..., :3] = 255
    painted, mask = lay_over(image, layer, 0.5)
    expected = image + 0.5 * (128 / 255) * (255.0 - image)
    assert np.abs(painted[mask] - expected[mask]).max() <= 0.501
    assert np.array_equal(mask, lay_over(image, layer, 1.0)[1])  # the place stays the same as the strength falls
    assert np.array_equal(lay_over(image, layer, 0.0)[0], image)


@pytest.mark.parametrize("strip", [2**22, 700])
def test_a_drawing_is_enlarged_to_a_larger_image(strip: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(grey, "_STRIP_PIXELS", strip)
    image = np.full((180, 270, 3), 100, np.uint8)
    painted, mask = lay_over(image, stroke())
    assert np.array_equal(mask, (painted != image).any(axis=-1))
    ys, xs = np.nonzero(mask)
    edges = (ys.min(), ys.max() + 1, xs.min(), xs.max() + 1)
    assert edges == pytest.approx((3 * 20, 3 * 30, 3 * 10, 3 * 70), abs=2)
    assert (painted[64:86, 34:206] == 0).all()


def test_a_drawing_is_read_as_it_was_sent():
    content = encode(stroke())
    assert read_layer(uri(content), (60, 90)) == content
    assert read_layer(uri(encode(np.zeros((60, 90, 4), np.uint8))), (60, 90)) is None
    image = noise()
    alteration = alter(image, Drawn(content))
    expected, mask = lay_over(image, stroke())
    assert np.array_equal(alteration.image, expected) and np.array_equal(alteration.mask, mask)
    assert alteration.changed == mask.sum()


def _bomb() -> bytes:
    """A PNG of a few bytes that claims 100,000 x 100,000 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


HOSTILE = {
    "none": (None, "no drawing"),
    "number": (7, "no drawing"),
    "object": ({"layer": "x"}, "no drawing"),
    "words": ("hello", "no drawing"),
    "script": ("data:text/html;base64,PHNjcmlwdD4=", "no drawing"),
    "no base64": ("data:image/png;base64,###", "cannot be read"),
    "umlaut": ("data:image/png;base64,ä", "cannot be read"),
    "empty": ("data:image/png;base64,", "cannot be read"),
    "too long": ("data:image/png;base64," + "A" * drawn_layer.MAX_LAYER_BYTES, "at most"),
    "cut off": (uri(encode(noise())[:2000]), "cannot be read|90 x 60"),
    "bomb": (uri(_bomb()), "100,000 x 100,000|cannot be read"),
    "other size": (uri(encode(stroke(61, 90))), "90 × 61"),
    "jpeg": (uri(encode(Image.new("RGB", (90, 60)), "JPEG")), "cannot be read"),
    "garbage": (uri(b"\x89PNG\r\n\x1a\n" + bytes(200)), "cannot be read"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_drawings_are_refused_in_a_sentence(name: str):
    written, words = HOSTILE[name]
    with pytest.raises(LayerError, match=words) as refused:
        read_layer(written, (60, 90))
    assert str(refused.value).endswith(".") and len(str(refused.value)) < 200


# ---------------------------------------------------------------------------------------------------------- recipes


@pytest.mark.parametrize("kind", studio_text.KINDS)
def test_a_placed_defect_is_what_nnet_paints(kind: str):
    image = normal_image("metal", seed=2, size=96)
    if kind == studio_paint.CUT_PASTE:
        recipe = Placed(CutPaste(0.4, 0.6, 0.8, 0.2, 0.3))
        expected = paste_patch(image, recipe.defect)
    else:
        recipe = Placed(Defect(kind, 0.4, 0.6, 0.3, 0.9))
        expected = paint_defect(image, recipe.defect)
    alteration = alter(image, recipe)
    assert recipe.kind == kind
    assert np.array_equal(alteration.image, expected[0]) and np.array_equal(alteration.mask, expected[1])
    changed = (alteration.image != image).any(axis=-1)
    assert alteration.changed == changed.sum() > 0 and not changed[~alteration.mask].any()


def test_a_dose_changes_one_thing_only():
    placed = Placed(Defect("hole", 0.3, 0.4, 0.2, 0.7, seed=5))
    assert at_dose(placed, "size", 0.5) == Placed(Defect("hole", 0.3, 0.4, 0.5, 0.7, seed=5))
    assert at_dose(placed, "contrast", 0.1) == Placed(Defect("hole", 0.3, 0.4, 0.2, 0.1, seed=5))
    assert at_dose(Drawn(b"x"), "contrast", 0.25) == Drawn(b"x", 0.25)
    assert Drawn(b"x").axes == ("contrast",)


# -------------------------------------------------------------------------------------- visibility and dose-response


def test_coverage_is_the_share_of_each_cell():
    mask = np.zeros((8, 8), bool)
    mask[:2, :2] = mask[4, 4] = True
    assert np.allclose(coverage(mask, (4, 4)), [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0.25, 0], [0, 0, 0, 0]])
    thin = np.zeros((1000, 1000), bool)
    thin[500, 500] = True
    assert np.count_nonzero(coverage(thin, (64, 64))) == 1  # however small, it is not lost


def test_a_peak_is_taken_inside_only():
    values = np.array([[[1.0, 9.0], [3.0, 2.0]]] * 2)
    inside = np.array([[True, False], [True, True]])
    assert peak(values, inside).tolist() == [3.0, 3.0]
    assert peak(values, np.zeros((2, 2), bool)).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("after", "before", "visible"),
    [(2.1, 0.0, True), (1.9, 0.0, False), (2.1, 2.05, False), (9.0, 2.5, True), (2.0, 0.0, False), (3.0, 4.0, False)],
)
def test_visible_means_above_the_normal_level_and_above_the_undamaged_image(after, before, visible):
    assert bool(is_visible(after, before, level=2.0)) == visible
    assert MIN_RISE == 0.1


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("0000", Onset(None, 0)),
        ("1111", Onset(1.0, 4)),
        ("0011", Onset(3.0, 2)),
        ("1011", Onset(3.0, 3)),
        ("0110", Onset(None, 2)),
        ("0001", Onset(4.0, 1)),
    ],
)
def test_the_onset_is_where_it_stays_visible(row: str, expected: Onset):
    assert onset(np.array([1.0, 2.0, 3.0, 4.0]), np.array([c == "1" for c in row])) == expected


def test_a_dose_response_holds_what_nnet_computes_image_by_image(detector: Detector):
    image = random_images(1)[0]
    recipe, doses, done = Placed(Defect("hole", 0.5, 0.5, 0.3, 0.9)), (0.1, 0.3, 0.5, 0.8, 1.0), []
    undamaged = detector.trace(image).maps
    response = respond(
        detector, undamaged, lambda dose: damage(image, at_dose(recipe, "size", dose)), doses, 2, done.append
    )
    assert done == [2, 4, 5]
    expression = PRESETS["paper"]
    scores = response.scores(expression, detector.config.model.size, detector.config.scoring.sigma)
    levels = {name: q["q99"] for name, q in detector.calibration.map_quantiles.items()}
    for index, dose in enumerate(doses):
        altered, mask = paint_defect(image, replace(recipe.defect, size=dose))
        alone = detector.trace(altered).maps
        assert scores[index] == pytest.approx(detector.score([altered])[0].value, rel=1e-4)
        inside = coverage(mask, alone["M1"].shape) > 0
        assert np.array_equal(response.inside[index], inside)
        for name in alone:
            after, before = response.peaks(parse(name))
            assert after[index] == pytest.approx(alone[name][inside].max(), rel=1e-3)
            assert before[index] == pytest.approx(undamaged[name][inside].max(), rel=1e-6)
            line = studio_data.line(response, parse(name), levels[name])
            assert line.visible[index] == is_visible(after[index], before[index], levels[name])
            assert line.after[index] == pytest.approx(after[index] / levels[name])
    factor = parse("M1+M6")
    level = studio_data.normal_level(detector.calibration, factor)
    maps = detector.calibration.maps
    assert level == pytest.approx(np.quantile(maps["M1"].astype(np.float32) + maps["M6"].astype(np.float32), 0.99))
    after, _ = response.peaks(factor)
    total = response.maps["M1"] + response.maps["M6"]
    assert after == pytest.approx([m[i].max() for m, i in zip(total, response.inside, strict=True)])


def test_curves_and_table_hold_the_whole_measurement(detector: Detector):
    image = random_images(1, seed=3)[0]
    recipe = Placed(Defect("stain", size=0.4))
    undamaged = detector.trace(image).maps
    response = respond(
        detector, undamaged, lambda dose: damage(image, at_dose(recipe, "contrast", dose)), (0.2, 0.6, 1.0)
    )
    judged = judge.judge(detector.calibration, undamaged, PRESETS["paper"])
    singles, factors = studio_data.parts(PRESETS["paper"], undamaged)
    levels = {p.text: studio_data.normal_level(detector.calibration, p) for p in (*singles, *factors)}
    settings = (detector.config.model.size, detector.config.scoring.sigma)
    curves = studio_data.curves(response, "contrast", 64, judged, settings, levels)
    assert [line.name for line in curves.maps] == ["M1", "M2", "M3", "M4", "M5", "M6"]
    assert [line.name for line in curves.factors] == ["M1+M6", "M2+M5", "M3+M4"]
    table = studio_data.table(curves)
    assert table["contrast"].tolist() == [0.2, 0.6, 1.0] and "pixels" not in table
    assert table["score"].tolist() == pytest.approx(curves.scores.tolist())
    assert table["anomalous"].tolist() == [s > judged.reference.threshold for s in curves.scores]
    assert table["M3+M4 with defect"].tolist() == pytest.approx(curves.factors[2].after.tolist())
    sized = studio_data.curves(response, "size", 64, judged, settings, levels)
    assert studio_data.table(sized)["pixels"].tolist() == pytest.approx([12.8, 38.4, 64.0])
    assert studio_data.parts(PRESETS["reverse"], undamaged)[1] == []  # single maps are no factors of their own


def test_overlap_counts_areas(detector: Detector):
    score = np.zeros((4, 4), np.float32)
    score[1:3, 1:3] = 1.0
    judged = judge.judge(detector.calibration, detector.trace(random_images(1)[0]).maps, parse("M1"))
    threshold = judged.reference.with_threshold(0.5)
    after = replace(judged, score=score, value=1.0, reference=threshold)
    before = replace(after, score=np.zeros_like(score), value=0.0)
    mask = np.zeros((8, 8), bool)
    mask[2:4, 2:8] = True  # 12 of 64 pixels, 8 of them flagged; 16 are flagged
    found = studio_data.found(coverage(mask, (4, 4)), before, after)
    assert (found.share, found.before) == (pytest.approx(8 / 12), 0.0)
    assert found.iou == pytest.approx(8 / (12 + 16 - 8)) and found.flagged == pytest.approx(0.25)
    assert studio_data.found(np.zeros((4, 4)), before, after).iou == 0.0


def test_an_effect_is_held_against_the_normal_level():
    before, after = np.zeros((4, 4), np.float32), np.zeros((4, 4), np.float32)
    before[0, 0], after[0, 0], after[3, 3] = 0.2, 0.9, 5.0
    mask = np.zeros((4, 4), bool)
    mask[0, :2] = True
    effect = studio_data.effect(parse("M1"), {"M1": before}, {"M1": after}, mask, 0.5)
    assert effect == Effect("M1", pytest.approx(0.4), pytest.approx(1.8), 0.5, True)
    assert effect.rise == pytest.approx(1.4)


# ------------------------------------------------------------------------------------------------ charts and words


def curves_of(axis: str, scores: list[float], visible: list[bool], undamaged: float = 0.1) -> Curves:
    doses = np.array([0.1, 0.2, 0.4])
    marks = np.array(visible)
    line = studio_data.Line("M3", np.array([0.5, 1.2, 0.0]), np.array([0.4, 0.4, 0.4]), marks, onset(doses, marks))
    pixels = doses * 200 if axis == "size" else None
    values = np.array(scores)
    return Curves(axis, doses, pixels, values, undamaged, 0.3, onset(doses, values > 0.3), (line,), ())


def test_the_score_chart_marks_threshold_undamaged_score_and_decision():
    figure = figures.scores_figure(curves_of("size", [0.1, 0.4, 0.0], [True] * 3), "scratch")
    assert list(figure.data[0].x) == [20, 40, 80]
    assert figure.data[0].y[2] > 0  # a logarithm of 0 does not exist
    assert figure.data[0].marker.color[0] == figure.data[0].marker.color[2] != figure.data[0].marker.color[1]
    assert sorted(shape.y0 for shape in figure.layout.shapes) == pytest.approx([0.1 / 0.3, 1])
    assert list(figure.data[0].y)[:2] == pytest.approx([0.1 / 0.3, 0.4 / 0.3])
    assert list(figure.data[0].customdata) == [0.1, 0.4, 0.0] and "score" in figure.data[0].hovertemplate
    assert figure.layout.xaxis.title.text == "length in pixels (logarithmic)"
    assert "× threshold" in figure.layout.yaxis.title.text
    contrast = figures.scores_figure(curves_of("contrast", [0.1, 0.4, 0.5], [True] * 3), "hole")
    assert list(contrast.data[0].x) == pytest.approx([10, 20, 40])
    assert contrast.layout.xaxis.title.text == "contrast in percent"


def test_the_line_chart_fills_the_dots_that_see_the_defect():
    figure = figures.lines_figure(curves := curves_of("size", [0.1] * 3, [False, True, False]), curves.maps, "stain")
    line = figure.data[0]
    hollow = line.marker.color[0]
    assert line.marker.color[2] == hollow != line.marker.color[1] == line.line.color
    assert list(line.y)[:2] == [0.5, 1.2] and line.y[2] > 0
    assert figure.layout.shapes[0].y0 == 1.0


def test_the_bars_of_effects_run_from_before_to_after():
    effects = [Effect("M1", 0.2, 3.0, 0.1, True), Effect("M2", 0.0, 0.5, 0.1, False)]
    bridges, before, visible, hidden = figures.effects_figure(effects).data
    assert list(before.y) == ["M1", "M2"] and before.x[0] == 0.2 and before.x[1] > 0
    assert bridges.x[:2] == (0.2, 3.0)
    assert (visible.x, visible.y) == ((3.0,), ("M1",)) and (hidden.x, hidden.y) == ((0.5,), ("M2",))
    assert visible.marker.color != hidden.marker.color


def test_the_outline_lies_around_the_defect_and_a_pair_shows_both_maps():
    image, mask = np.zeros((40, 60, 3), np.uint8), np.zeros((40, 60), bool)
    mask[10:20, 10:30] = True
    marked = figures.with_defect_outline(image, mask)
    drawn = marked.any(axis=-1)
    assert drawn.any() and not drawn[mask].any() and not image.any()
    from workbench.shared.pictures import map_scale

    low, high = np.zeros((8, 8), np.float32), np.full((8, 8), 2.0, np.float32)
    pair = figures.map_pair((low, high), 1.0, image.shape, mask, map_scale())
    left, right = pair[:, : pair.shape[1] // 2 - 4], pair[:, pair.shape[1] // 2 + 4 :]
    assert pair.shape[2] == 4 and left[2, 2, :3].sum() < right[2, -2, :3].sum()
    assert (pair[:, pair.shape[1] // 2, 3] == 0).all()  # a gap between them


def verdict(before: float, after: float, found: Found, maps: list[Effect]) -> str:
    reference = Reference(parse("M1"), np.array([0.1, 0.3]), 0.3, 1.0, 0.1)
    return studio_text.verdict("missing", before, after, reference, found, maps)


def test_the_verdict_says_what_happened_in_plain_words():
    seen = [Effect("M1", 0.2, 1.1, 1.0, True), Effect("M2", 0.5, 4.0, 1.0, True), Effect("M3", 0.5, 0.6, 1.0, False)]
    words = verdict(0.08, 0.41, Found(0.83, 0.0, 0.4, 0.1), seen)
    assert (
        "The missing piece raises the score from 0.27 × threshold to 1.4 × threshold, from normal to anomalous."
        in words
    )
    assert "It is found: 83 % of it lies in the flagged region." in words
    assert "M2 shows it most" in words and "0.50 → 4.0 times" in words and "visible to 2 of 3 maps" in words
    assert "found in part: 12 %" in verdict(0.08, 0.41, Found(0.12, 0.0, 0.1, 0.1), seen)
    assert "flagged region lies elsewhere" in verdict(0.4, 0.41, Found(0.0, 0.0, 0.0, 0.1), seen)
    missed = verdict(0.2, 0.1, Found(0.0, 0.0, 0.0, 0.0), [])
    assert "lowers the score from 0.67 × threshold to 0.33 × threshold, which is still normal" in missed
    assert "nothing in the picture scores above the threshold." in missed and "No map shows it." in missed
    assert "leaves the score at 0.67 × threshold" in verdict(0.2, 0.2, Found(0.0, 0.0, 0.0, 0.0), [])
    known = verdict(0.5, 0.6, Found(0.9, 0.8, 0.5, 0.2), seen)
    assert "It is found" not in known and "80 % of its place was flagged without it" in known
    assert "Before, 5 % of its place was flagged." in verdict(0.5, 0.6, Found(0.9, 0.05, 0.5, 0.2), seen)


@pytest.mark.parametrize(
    ("visible", "words"),
    [
        ([False, True, True], "**M3**: visible from a length of 40 px upwards."),
        ([True, True, True], "**M3**: visible at every size tested, starting at a length of 20 px."),
        ([True, False, True], "**M3**: visible from a length of 80 px upwards, and also at 1 smaller size."),
        ([False, True, False], "**M3**: visible at 1 of 3 sizes, but not at the largest."),
        ([False, False, False], "**M3**: never visible up to a length of 80 px."),
    ],
)
def test_each_map_gets_a_sentence_on_its_onset(visible: list[bool], words: str):
    curves = curves_of("size", [0.1, 0.4, 0.5], visible)
    assert studio_text.line_onset(curves, curves.maps[0], "scratch") == words


def test_the_score_gets_a_sentence_on_its_onset():
    assert studio_text.score_onset(curves_of("contrast", [0.1, 0.4, 0.5], [True] * 3), "hole") == (
        "**Score**: above the threshold from a contrast of 20 % upwards."
    )
    already = curves_of("contrast", [0.4, 0.4, 0.5], [True] * 3, undamaged=0.4)
    assert "even without the defect" in studio_text.score_onset(already, "hole")
