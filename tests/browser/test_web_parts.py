"""The web export's own code, part by part, against the package it mirrors. Needs a browser, but no model."""

import base64
import itertools
import random
from collections.abc import Iterator

import numpy as np
import pytest
from serving import static

from nnet.config import ScoreConfig
from nnet.data.framing import Framing
from nnet.data.ignoring import encode_ignore
from nnet.data.images import resize
from nnet.export import web
from nnet.export.framed import across, down
from nnet.export.web import SOURCES
from nnet.expression import ExpressionError, parse
from nnet.scoring import circuit
from nnet.scoring.calibration import Calibration
from nnet.scoring.maps import MAP_NAMES, enlargement, score_map

WRONG = (
    "",
    "  ",
    "M1+",
    "*M1",
    "(M1",
    "M1)",
    "M1 M2",
    "M7",
    "m12",
    "M",
    "M1+(M2*",
    "()",
    "M1++M2",
    "abc",
    "M1^2",
    "1",
    "a_b",
)
WRITTEN = (
    "M1",
    "m1 x M2",
    "M1×M2·M3",
    "((M1))",
    "M1+(M2+M3)",
    "(M1*M2)*M3",
    "M1*(M2+M3)*M4",
    " M6\t+\nM5 ",
    "M1\u00a0+M2",
)


@pytest.fixture(scope="module")
def page(browser: object) -> Iterator[object]:
    """An empty page of the export's address, which can import its modules."""
    with static(SOURCES) as address:
        opened = browser.new_context().new_page()
        opened.goto(f"{address}/words.js")
        yield opened
        opened.close()


def on(page: object, module: str, code: str, argument: object) -> object:
    return page.evaluate(f"async (given) => {{ const its = await import('/{module}.js'); {code} }}", argument)


def random_texts(count: int) -> list[str]:
    draw = random.Random(7)
    symbols = [*MAP_NAMES, "+", "*", "x", "(", ")", " ", "m3", "M0", "7", "(M1+M2)", "*M4"]
    return ["".join(draw.choices(symbols, k=draw.randint(1, 12))) for _ in range(count)]


def read(text: str) -> list[object]:
    try:
        return [parse(text).text, list(parse(text).maps)]
    except ExpressionError as error:
        return [str(error), error.position]


def test_every_expression_is_read_as_in_python_with_the_same_sentences(page):
    deep = ["(" * depth + "M1" + ")" * depth for depth in (20, 21)]
    texts = [*WRONG, *WRITTEN, *deep, "M1+" * 66 + "M1", "M1+" * 67 + "M1", *random_texts(2000)]
    code = """return given.map((text) => {
        try { const found = its.parse(text); return [its.write(found), its.mapsOf(found)]; }
        catch (error) { return [error.message, error.position]; }
    })"""
    for text, found in zip(texts, on(page, "expression", code, texts), strict=True):
        assert found == read(text), text


def test_foreign_characters_are_refused_at_the_same_place(page):
    texts = ["M1+é", "М1", "M1\u200b", "M1 ÷ M2", "😀M1", "M1+😀", "\ufeffM1", "M١"]
    code = (
        "return given.map((text) => { try { its.parse(text); return -1; } catch (error) { return error.position; } })"
    )
    assert on(page, "expression", code, texts) == [read(text)[1] for text in texts]


def test_every_press_on_the_circuit_gives_what_it_gives_in_the_app(page):
    presses = [
        *itertools.product(("map", "only"), MAP_NAMES),
        *(("inner", i) for i in range(3)),
        ("outer", 0),
        ("outer", 1),
    ]
    texts = [
        "(M1+M6)*(M2+M5)*(M3+M4)",
        "M1*M2*M3",
        "M1+M6",
        "M4",
        "M3*M1",
        "(M5+M2)*M1+M4*M3",
        "M1*M1",
        "M1*M2+M6*M5*M3",
    ]
    code = """const { parse } = await import('/expression.js');
        return given.map(([text, change, target]) => {
            const expression = parse(text);
            if (change.endsWith('er') && !its.circuitOf(expression)) return 'no circuit';
            return its.edit(expression, change, target);
        })"""
    asked = [[text, change, target] for text in texts for change, target in presses]
    for (text, change, target), found in zip(asked, on(page, "circuit", code, asked), strict=True):
        expression = parse(text)
        if change in ("inner", "outer") and circuit.read(expression) is None:
            assert found == "no circuit"
        else:
            edited = circuit.edit(expression, change, str(target))
            assert found == (edited and edited.text), (text, change, target)


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [(300, 300, 128), (128, 128, 128), (37, 211, 64), (64, 500, 128), (5, 3, 32), (1, 1, 8), (480, 270, 64)],
)
def test_pictures_are_resized_to_the_bit_as_by_the_package(page, height, width, size):
    image = np.random.default_rng(height + width).integers(0, 256, (height, width, 3), np.uint8)
    pixels = np.dstack([image, np.full((height, width), 255, np.uint8)])
    code = """const pixels = Uint8Array.from(atob(given.pixels), (char) => char.charCodeAt(0));
        return Array.from(its.resize(pixels, given.width, given.height, given.size))"""
    given = {"pixels": base64.b64encode(pixels.tobytes()).decode(), "width": width, "height": height, "size": size}
    found = np.array(on(page, "resample", code, given), np.uint8).reshape(size, size, 3)
    np.testing.assert_array_equal(found, resize(image, size))


@pytest.mark.parametrize("expression", ["(M1+M6)*(M2+M5)*(M3+M4)", "M1*M2*M3", "M4", "M1*M1+M2"])
def test_score_and_threshold_are_the_packages(page, expression):
    generator = np.random.default_rng(3)
    cells, size, settings = 16, 32, ScoreConfig()
    normals = {name: generator.random((5, cells, cells)).astype(np.float16) for name in MAP_NAMES}
    maps = {name: generator.random((cells, cells)).astype(np.float32) for name in MAP_NAMES}
    code = """const { parse } = await import('/expression.js'), wide = (list) => Float32Array.from(list);
        const arrays = (maps) => Object.fromEntries(Object.entries(maps).map(([name, list]) => [name, wide(list)]));
        const halves = Object.entries(given.normals).map(([name, bits]) => [name, its.fromHalf(bits)]);
        const area = given.cells[0] ** 2, normals = [0, 1, 2, 3, 4].map((i) => Object.fromEntries(
            halves.map(([name, values]) => [name, values.subarray(i * area, (i + 1) * area)])));
        const scorer = new its.Scorer({ ...given, enlargement: wide(given.enlargement), normals });
        const expression = parse(given.expression), { map, value } = scorer.score(expression, arrays(given.maps));
        return { map: Array.from(map), value, ...scorer.reference(expression) }"""
    given = {
        "enlargement": 2 * enlargement(cells, size, settings.sigma).flatten().tolist(),
        "normals": {name: m.view(np.uint16).flatten().tolist() for name, m in normals.items()},
        "maps": {name: m.flatten().tolist() for name, m in maps.items()},
        "cells": [cells, cells], "shape": [size, size], "quantile": settings.quantile, "expression": expression,
    }  # fmt: skip
    found = on(page, "score", code, given)
    reference = Calibration(normals, size, settings).for_expression(expression)
    expected = score_map(maps, expression, size, settings.sigma)
    np.testing.assert_allclose(np.reshape(found["map"], (size, size)), expected, rtol=1e-5)
    np.testing.assert_allclose(found["value"], expected.max(), rtol=1e-5)
    np.testing.assert_allclose(found["scores"], reference.scores, rtol=1e-5)
    np.testing.assert_allclose(found["threshold"], reference.threshold, rtol=1e-5)


def test_a_score_at_the_threshold_is_normal_as_in_the_package(page, detector):
    chosen = detector.calibration.for_expression().with_threshold(0.4)
    values = [0.4, float(np.nextafter(0.4, 1)), float(np.nextafter(0.4, 0))]
    found = on(page, "score", "return given.map((value) => its.isAnomalous(value, 0.4));", values)
    assert found == [chosen.is_anomalous(value) for value in values] == [False, True, False]


@pytest.mark.parametrize(
    "ways",
    [
        {"crop": "11,7,70,64"},
        {"crop": "0.5,0,0.5,1", "fit": "letterbox"},
        {"fit": "letterbox"},
        {"ignore": True},
        {"tile": 40, "overlap": 12},
        {"tile": 40, "overlap": 12, "ignore": True, "crop": "5,0,120,90"},
    ],
)
def test_windows_are_cut_blended_and_scored_as_by_the_package(page, ways):
    side, size, settings = 16, 64, ScoreConfig()
    mask = np.zeros((90, 130), bool)
    mask[:60, :70] = True
    framing = Framing(size, side, **(ways | ({"ignore": encode_ignore(mask)} if "ignore" in ways else {})))
    frame, generator = framing.frame(90, 130), np.random.default_rng(2)
    image = generator.integers(0, 256, (90, 130, 3), np.uint8)
    tiles = generator.random((frame.count, len(MAP_NAMES), side, side)).astype(np.float32)
    left_out = len(frame.rows) * len(frame.columns) - frame.count
    assert (frame.count > 1) == ("tile" in ways) and (left_out > 0) == ({"tile", "ignore"} <= {*ways})
    code = """const { resize } = await import('/resample.js'), { Scorer } = await import('/score.js');
        const { parse } = await import('/expression.js'), wide = (list) => Float32Array.from(list);
        const region = new its.Region(given.region, given.side, wide(given.values));
        const pixels = Uint8Array.from(atob(given.pixels), (char) => char.charCodeAt(0));
        const parts = region.cut({ pixels, width: given.region.width, height: given.region.height });
        const spread = ([name, maps]) => [name, region.spread(maps.map(wide))];
        const maps = Object.fromEntries(Object.entries(given.maps).map(spread));
        const scorer = new Scorer({ enlargement: wide(given.enlargement), shape: given.region.score, quantile: 1,
            cells: given.region.cells, normals: [maps], ignores: true });
        const { map, value } = scorer.score(parse(given.expression), maps);
        const inputs = parts.map((part) => Array.from(resize(part.pixels, part.width, part.height, given.size)));
        return { inputs, M1: Array.from(maps.M1), map: Array.from(map), value }"""
    matrices = [
        enlargement(found, framing.pixels, settings.sigma, side=wanted).flatten().tolist()
        for found, wanted in zip(frame.shape, frame.score_shape, strict=True)
    ]
    values = [array.astype(float).flatten().tolist() for array in (down(frame), across(frame), frame.keep(frame.shape))]
    pixels = np.dstack([image, np.full((90, 130), 255, np.uint8)])
    given = {
        "region": web._region(frame), "side": side, "size": size, "values": list(itertools.chain(*values)),
        "pixels": base64.b64encode(pixels.tobytes()).decode(), "enlargement": list(itertools.chain(*matrices)),
        "maps": {name: tiles[:, i].reshape(frame.count, -1).tolist() for i, name in enumerate(MAP_NAMES)},
        "expression": settings.expression,
    }  # fmt: skip
    found = on(page, "region", code, given)
    inputs = np.reshape(found["inputs"], (frame.count, size, size, 3))
    np.testing.assert_array_equal(inputs, frame.inputs(image, range(frame.count)))
    maps = dict(zip(MAP_NAMES, frame.blend(tiles), strict=True))
    np.testing.assert_allclose(np.reshape(found["M1"], frame.shape), maps["M1"], atol=1e-6)
    expected = score_map(maps, settings.expression, framing.pixels, settings.sigma, framing.blended_cells)
    np.testing.assert_allclose(np.reshape(found["map"], frame.score_shape), expected, rtol=1e-4, atol=1e-6)
    assert found["value"] == pytest.approx(float(expected.max()), rel=1e-5)
