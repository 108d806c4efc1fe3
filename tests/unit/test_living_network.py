"""The network as parts, their colours, and the drawing of both."""

import re
from dataclasses import replace
from itertools import combinations, pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from builders import tiny_config

from nnet.analysis.anatomy import FeatureColours, FeatureRanges, anatomy, stages, upstream
from nnet.detector import Detector, Trace
from nnet.expression import PRESETS, parse
from nnet.model.network import NNet
from nnet.scoring import circuit
from nnet.scoring.maps import MAP_NAMES
from workbench.components.network import drawing, words
from workbench.components.network.layout import tall, wide
from workbench.how_it_works import diagram

SVG = "{http://www.w3.org/2000/svg}"
TARGETS = {"model__forward_target": "original"}, {"model__forward_target": "recalled"}
WITHOUT = (
    {"model__forward": False},
    {"model__fpm": False},
    {"model__nfs": False},
    {"model__reverse": False, "model__ffc": False, "loss__moves_teacher": True},
)
SHARES = np.linspace(0, 1, 40)[:, None]
PAPER = circuit.read(PRESETS["paper"])


def traced(image: np.ndarray, **changes: object) -> Trace:
    torch.manual_seed(0)
    config = tiny_config(**changes)
    return Detector(NNet(config), config, "cpu").trace(image)


@pytest.fixture(scope="module")
def trace(image: np.ndarray) -> Trace:
    return traced(image)


def test_every_part_comes_after_what_it_sees(trace: Trace) -> None:
    parts = anatomy(trace, MAP_NAMES)
    seen: set[str] = set()
    for name, part in parts.items():
        assert set(part.sees) <= seen
        seen.add(name)
    third = "P'_3" if "P'_3" in parts else "P_3"
    assert parts["F_C"].sees == ("P_1", "P_2", third) and parts["M1"].sees == ("F_1", "D_1")
    assert parts["M6"].sees == ("P_1", "SP_1") and parts["score"].sees == MAP_NAMES


@pytest.mark.parametrize("changes", [*TARGETS, *WITHOUT], ids=str)
def test_no_part_is_lit_before_one_that_it_sees(image: np.ndarray, changes: dict[str, object]) -> None:
    trace = traced(image, **changes)
    parts = anatomy(trace, trace.native_maps)
    order = stages(parts)
    assert sorted(name for names in order for name in names) == sorted(parts)
    assert order[0] == ("picture",) and order[-1] == ("score",)
    lit: set[str] = set()
    for names in order:
        lit.update(names)
        assert all(set(parts[name].sees) <= lit for name in names)
    said = words.stages(parts)
    assert [names for names, _, _ in said] == list(order) and len({name for _, name, _ in said}) == len(said)


def test_the_wave_runs_through_a_stage_in_the_order_in_which_its_parts_see_one_another(trace: Trace) -> None:
    parts = anatomy(trace, MAP_NAMES)
    labels = drawing.Labels("N", dict.fromkeys(parts, "-"), {}, {}, {}, "7.4")
    root = ElementTree.fromstring(drawing.drawings(parts, {}, PAPER, labels)[0])
    rank = {
        group.get("data-name"): group.get("style") for group in root.iter(f"{SVG}g") if group.get("class") == "part"
    }
    for chain in (("F_1", "F_2", "F_3"), ("SF_1", "SF_2", "SF_3"), ("D_3", "D_2", "D_1")):
        assert [rank[name] for name in chain] == ["--rank:0", "--rank:1", "--rank:2"]
    assert {rank[name] for name in (*MAP_NAMES, "score")} == {"--rank:0"}


def test_s2_never_sees_the_picture_but_through_the_code(trace: Trace) -> None:
    parts = anatomy(trace, MAP_NAMES)
    assert "F_C" in upstream(parts, "D_1") and not {"SF_1", "SP_1"} & upstream(parts, "D_1")
    assert not {"memory", "D_3"} & upstream(parts, "M6")


def test_where_s1_is_compared_with_the_original_both_targets_are_there(image: np.ndarray) -> None:
    parts = anatomy(traced(image, model__forward_target="original"), MAP_NAMES)
    assert parts["P_3"].sees == ("F_3",) and parts["P'_3"].sees == ("F'_3",)
    rows, columns = parts["P_3"].gates
    assert rows.shape == columns.shape == parts["P'_3"].gates[0].shape and not np.array_equal(
        rows, parts["P'_3"].gates[0]
    )
    assert {name: words.sentence(parts[name], parts) for name in words.THIRD} == words.THIRD
    assert parts["M4"].sees == ("P_3", "SP_3") and parts["F_C"].sees == ("P_1", "P_2", "P'_3")
    assert not {"memory", "P'_3"} & upstream(parts, "M4")
    recalled = anatomy(traced(image, model__forward_target="recalled"), MAP_NAMES)
    assert "P'_3" not in recalled and recalled["P_3"].sees == ("F'_3",)
    assert words.sentence(recalled["P_3"], recalled) == words.RECALLED
    assert "memory" in upstream(recalled, "M4")
    plain = anatomy(traced(image, model__forward_target="original", model__fpm=False), MAP_NAMES)
    assert plain["M4"].sees == ("F_3", "SF_3") and plain["F_C"].sees == ("F_1", "F_2", "F'_3")


def test_a_projection_says_whose_it_is(trace: Trace) -> None:
    parts = anatomy(trace, MAP_NAMES)
    said = {name: words.sentence(parts[name], parts) for name in ("P_1", "SP_1")}
    assert "teacher's F₁" in said["P_1"] and "S₁'s SP₁" in said["P_1"]
    assert "S₁'s SF₁" in said["SP_1"] and "teacher's P₁" in said["SP_1"]


def test_each_step_of_the_tour_lights_parts_that_there_are(image: np.ndarray) -> None:
    parts = anatomy(traced(image, model__forward_target="original"), MAP_NAMES)
    assert set().union(*diagram.PARTS.values()) <= set(parts)
    assert {"F_1", "SF_1", "D_1"} <= set(diagram.PARTS[2]), "the teacher whom they copy, too"
    assert diagram.PARTS[5] == ("F_3", "memory", "F'_3")
    for step in (3, 6):
        assert "P'_3" not in diagram.PARTS[step], "it goes on to S2"


@pytest.mark.parametrize("changes", WITHOUT, ids=lambda changes: next(iter(changes)))
def test_a_part_that_the_network_lacks_is_missing(image: np.ndarray, changes: dict[str, object]) -> None:
    missing = {
        "model__forward": {"SF_1", "SP_1", "M4"},
        "model__fpm": {"P_1", "SP_1"},
        "model__nfs": {"memory", "F'_3"},
        "model__reverse": {"F_C", "D_1", "M1"},
    }[next(iter(changes))]
    trace = traced(image, **changes)
    parts = anatomy(trace, trace.native_maps)
    assert not missing & set(parts)
    assert all(set(part.sees) <= set(parts) for part in parts.values())
    colours = FeatureColours([trace])
    for part in parts.values():
        if part.is_features:
            assert colours.paint(part).shape == (*part.values.shape[1:], 3)


def test_one_colour_is_one_direction_whatever_the_picture(trace: Trace, image: np.ndarray) -> None:
    colours = FeatureColours([trace])
    part = anatomy(trace, ())["F_1"]
    louder = replace(part, values=3 * part.values)
    np.testing.assert_array_equal(colours.paint(louder), colours.paint(part))
    rebuilt = replace(anatomy(trace, ())["D_1"], values=part.values)  # S2 that rebuilds exactly has T's colours
    np.testing.assert_array_equal(colours.paint(rebuilt), colours.paint(part))
    for name in ("SF_1", "P_1", "SP_1"):  # all of a row, whether before the gates or behind them
        alike = replace(anatomy(trace, ())[name], values=part.values)
        np.testing.assert_array_equal(colours.paint(alike), colours.paint(part))
    half = replace(part, values=part.values[:, :, : part.values.shape[2] // 2])
    np.testing.assert_array_equal(colours.paint(half), colours.paint(part)[:, : half.values.shape[2]])


def test_a_channel_and_the_mean_have_a_range_of_their_own_for_each_part(trace: Trace) -> None:
    parts, ranges = anatomy(trace, ()), FeatureRanges([trace])
    for name in ("F_1", "D_1", "F_C"):
        part = parts[name]
        values, found = ranges.of(part, 1)
        np.testing.assert_array_equal(values, part.values[1])
        np.testing.assert_allclose(found, np.quantile(part.values[1], (0.01, 0.99)), atol=1e-5)
        mean, found = ranges.of(part, None)
        np.testing.assert_allclose(mean, part.values.mean(axis=0), atol=1e-6)
        np.testing.assert_allclose(found, np.quantile(mean, (0.01, 0.99)), atol=1e-5)
        louder = replace(part, values=3 * part.values)
        assert ranges.of(louder, None)[1] == tuple(found), "the same for every picture"
        assert ranges.of(part, len(part.values)) is None


def test_the_drawing_says_what_its_tiles_show(trace: Trace) -> None:
    parts = anatomy(trace, MAP_NAMES)
    labels = drawing.Labels("N", dict.fromkeys(parts, "-"), {}, {}, {}, "7.4")
    plain = drawing.drawings(parts, {}, PAPER, labels)
    scaled = drawing.drawings(
        parts, {}, PAPER, replace(labels, scale=(words.tiles_of(5), "viridis", *words.SCALE_ENDS))
    )
    for before, after in zip(plain, scaled, strict=True):
        assert "Channel 5 of each tile" in after and words.SCALE_ENDS[1] in after and "Channel" not in before
        width, height = map(float, ElementTree.fromstring(after).get("viewBox").split()[2:])
        bars = [bar for bar in ElementTree.fromstring(after).find(f"{SVG}g[@class='scale']").iter(f"{SVG}rect")]
        assert len(bars) > 8 and all(float(bar.get("y")) + 12 < height and float(bar.get("x")) < width for bar in bars)


def test_a_map_has_no_channels_to_paint(trace: Trace) -> None:
    parts = anatomy(trace, MAP_NAMES)
    with pytest.raises(ValueError, match="M1 has no channels"):
        FeatureColours([trace]).paint(parts["M1"])


@pytest.mark.parametrize("changes", [*TARGETS, *WITHOUT], ids=str)
@pytest.mark.parametrize("layout", [wide, tall])
def test_no_two_parts_overlap_and_all_are_inside(image: np.ndarray, layout, changes: dict[str, object]) -> None:
    trace = traced(image, **changes)
    made = layout(anatomy(trace, trace.native_maps))
    for one, other in combinations(made.boxes.values(), 2):
        apart_x = one.x + one.width <= other.x or other.x + other.width <= one.x
        apart_y = one.y + one.height <= other.y or other.y + other.height <= one.y
        assert apart_x or apart_y
    for box in made.boxes.values():
        assert box.x >= 0 and box.y >= 0 and box.x + box.width <= made.width and box.y + box.height <= made.height


@pytest.mark.parametrize(("index", "layout"), [(0, wide), (1, tall)], ids=["N", "phone"])
@pytest.mark.parametrize("changes", [*TARGETS, *WITHOUT[1:3]], ids=str)
def test_no_way_runs_under_a_part_that_it_does_not_belong_to(
    image: np.ndarray, changes: dict[str, object], index: int, layout
) -> None:
    trace = traced(image, **changes)
    parts = anatomy(trace, MAP_NAMES)
    labels = drawing.Labels(
        "N", dict.fromkeys(parts, "-"), words.LANES, words.captions(parts), words.rows(parts), "7.4"
    )
    root = ElementTree.fromstring(drawing.drawings(parts, {}, PAPER, labels)[index])
    boxes = layout(parts).boxes
    left, _, width, _ = map(float, root.get("viewBox").split())
    for path in root.iter(f"{SVG}path"):
        ends = {path.get("data-from"), path.get("data-to")}
        for x, y in points(path.get("d")):
            assert left < x < left + width, ends
            under = [
                name
                for name, box in boxes.items()
                if name not in ends and box.x < x < box.x + box.width and box.y < y < box.y + box.height
            ]
            assert not under, (ends, under)


def points(way: str) -> list[tuple[float, float]]:
    """Points along a path of straight lines and Bezier curves."""
    found, at = [], np.zeros(2)
    for kind, written in re.findall(r"([MLHVQC])([^MLHVQC]*)", way):
        numbers = [float(number) for number in written.split()]
        if kind in "HV":
            numbers = [numbers[0], at[1]] if kind == "H" else [at[0], numbers[0]]
        corners = [at, *np.reshape(numbers, (-1, 2))] if kind != "M" else [np.array(numbers)]
        level = [np.asarray(corner)[None] for corner in corners]
        while len(level) > 1:
            level = [(1 - SHARES) * one + SHARES * other for one, other in pairwise(level)]
        found += [tuple(point) for point in np.broadcast_to(level[0], (len(SHARES), 2))]
        at = corners[-1]
    return found


def captions(root: ElementTree.Element, size: float) -> dict[str, tuple[float, float, float, float]]:
    """Left, top, right and bottom of what stands below each part of the N, written `size` high: some 0.6 of that a
    capital, 0.5 any other letter."""
    found = {}
    groups = (group for group in root.iter(f"{SVG}g") if group.get("class") == "part")
    for group in (one for one in groups if one.get("data-name") != "score"):
        text = group.find(f"{SVG}text")
        said, x, y = "".join(text.itertext()), float(text.get("x")), float(text.get("y"))
        width = size * sum(0.6 if letter.isupper() else 0.5 for letter in said)
        left = x - width if text.get("text-anchor") == "end" else x
        has_index = text.find(f"{SVG}tspan") is not None
        found[group.get("data-name")] = left, y, left + width, y + size * (1.03 if has_index else 0.75)
    return found


@pytest.mark.parametrize("changes", [*TARGETS, *WITHOUT[1:3]], ids=str)
def test_in_a_small_drawing_captions_run_into_no_part_and_no_way(image: np.ndarray, changes: dict[str, object]) -> None:
    parts = anatomy(traced(image, **changes), MAP_NAMES)
    labels = drawing.Labels(
        "N", dict.fromkeys(parts, "-"), words.LANES, words.captions(parts), words.rows(parts), "7.4"
    )
    root = ElementTree.fromstring(drawing.drawings(parts, {}, PAPER, labels)[0])
    ways = [(path.get("data-from"), path.get("data-to"), points(path.get("d"))) for path in root.iter(f"{SVG}path")]
    for name, (left, top, right, bottom) in captions(root, drawing.LARGEST_FONT).items():
        assert top >= wide(parts).boxes[name].y + wide(parts).boxes[name].height + 3, f"{name}: in its own frame"
        for other, box in wide(parts).boxes.items():
            beside = right <= box.x - 3 or left >= box.x + box.width + 3
            assert beside or bottom <= box.y - 3 or top >= box.y + box.height, f"{name} runs into {other}"
        for start, end, way in ways:
            through = [(x, y) for x, y in way if left < x < right and top < y < bottom]
            assert not through, f"{name} runs into the way from {start} to {end} at {through[0]}"
        assert bottom <= float(root.get("viewBox").split()[3])


@pytest.mark.parametrize("score", [PAPER, circuit.read(parse("M1*M4")), None], ids=["paper", "two maps", "no circuit"])
def test_the_drawing_has_each_part_once_and_leads_from_the_picture_to_the_score(trace: Trace, score) -> None:
    used = MAP_NAMES if score in (PAPER, None) else ("M1", "M4")
    parts = anatomy(trace, used)
    spoken = {name: f"{words.spoken(part)} <&" for name, part in parts.items()}  # words are escaped
    labels = drawing.Labels("N", spoken, words.LANES, words.captions(parts), words.rows(parts), "7.4 & more")
    for text in drawing.drawings(parts, {"picture": "data:,"}, score, labels):
        root = ElementTree.fromstring(text)
        drawn = [group.get("data-name") for group in root.iter(f"{SVG}g") if group.get("class") == "part"]
        assert sorted(drawn) == sorted(parts)
        ways = {(one, path.get("data-to")) for path in root.iter(f"{SVG}path") for one in path.get("data-from").split()}
        assert ways == {(seen, part.name) for part in parts.values() for seen in part.sees}
        signs = [text.text for text in root.iter(f"{SVG}text") if text.text in ("+", "\N{MULTIPLICATION SIGN}")]
        assert len(signs) == {PAPER: 4, None: 0}.get(score, 1)


@pytest.mark.parametrize("index", [0, 1], ids=["N", "phone"])
def test_every_sign_lies_on_the_ways_of_what_it_joins(trace: Trace, index: int) -> None:
    parts = anatomy(trace, MAP_NAMES)
    labels = drawing.Labels("N", dict.fromkeys(parts, "-"), {}, {}, {}, "7.4")
    root = ElementTree.fromstring(drawing.drawings(parts, {}, PAPER, labels)[index])
    ways = [(path.get("data-from").split(), points(path.get("d"))) for path in root.iter(f"{SVG}path")]
    joined = {}
    for sign in (group for group in root.iter(f"{SVG}g") if group.get("class") == "about"):
        ring = sign.find(f"{SVG}circle")
        x, y, radius = (float(ring.get(name)) for name in ("cx", "cy", "r"))
        touch = {end: [] for end in ("in", "out")}
        for names, way in ways:
            for end, point in (("out", way[0]), ("in", way[-1])):
                if abs(np.hypot(point[0] - x, point[1] - y) - radius) < 0.1:
                    touch[end].append(set(names))
        assert len(touch["out"]) == 1 and set().union(*touch["in"]) == touch["out"][0], "what comes in goes on"
        joined[(x, y)] = sign.find(f"{SVG}text").text, sorted(sorted(names) for names in touch["in"])
    pairs = [["M1", "M6"], ["M2", "M5"], ["M3", "M4"]]
    assert sorted(joined.values()) == sorted(
        [("\N{MULTIPLICATION SIGN}", pairs), *(("+", [[one], [other]]) for one, other in pairs)]
    )


def test_where_the_signs_between_scales_differ_none_is_drawn(trace: Trace) -> None:
    parts = anatomy(trace, MAP_NAMES)
    labels = drawing.Labels("N", dict.fromkeys(parts, "-"), {}, {}, {}, "7.4")
    for text in drawing.drawings(parts, {}, circuit.read(parse("(M1+M6)*(M2+M5)+(M3+M4)")), labels):
        assert 'class="about"' not in text


def test_every_part_has_a_title_and_a_sentence(trace: Trace) -> None:
    for part in anatomy(trace, MAP_NAMES).values():
        assert words.name(part) and words.sentence(part).endswith(".")
        assert (part.values is None) == (not words.facts(part))
