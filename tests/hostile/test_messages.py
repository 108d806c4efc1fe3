"""What a browser can send in the place of our own components: anything at all. It is taken over only if it is of the
kind that they send, and nothing else happens otherwise."""

import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import streamlit as st

from workbench.components import (
    burst_camera,
    defect_canvas,
    linked_pictures,
    network,
    score_circuit,
    threshold_histogram,
    training_film,
    wipe,
)
from workbench.inspect import settings
from workbench.shared import resources

SHEET = defect_canvas.Sheet("", "", 8, 8, 1.0)
PAIR = wipe.Pair("", "", ("", ""), 50, 1.0, "")
REELS = training_film.Reels("", (0, 1), ("", ""), ("", ""), (), ())
CARD = network.Card("", "", (), "pages/2_Memory.py", "", "")
NETWORK = network.Network("", "", {"memory": CARD}, {}, "", False, "", 1, ())
RESULT = score_circuit.Result(np.zeros((2, 2, 3), np.uint8), "", "", "")
DIAGRAM = score_circuit.Diagram((), (), RESULT, None, "", (0.5, 0.5), 1.0)
PICTURES = linked_pictures.Pictures([linked_pictures.Tile("a")], (4, 4), (0, 0), (4, 4, 3), "")
SEEN = defect_canvas.Seen("", "", False, "", "", "", "", ())
DATA_URI = "data:image/png;base64,AAAA"
PHOTO = {"name": "a.jpg", "content": "data:image/jpeg;base64,AAAA"}


def _painter(taken: Callable[..., object]) -> None:
    defect_canvas.painter("c", SHEET, None, taken, label="", hint="")


def _placer(taken: Callable[..., object]) -> None:
    defect_canvas.placer("c", SHEET, {}, 0.1, taken, label="", hint="")


def _cropper(taken: Callable[..., object]) -> None:
    defect_canvas.cropper("c", SHEET, (0, 0, 1, 1), 0.05, taken, label="", hint="")


def _demo(taken: Callable[..., object]) -> None:
    defect_canvas.demo("c", SHEET, None, SEEN, defect_canvas.DemoCalls(taken, taken, taken))


COMPONENTS: dict[str, tuple[Any, str, Callable[[Callable[..., object]], object]]] = {
    "circuit": (score_circuit, "_mount", lambda taken: score_circuit.draw("c", DIAGRAM, "", taken)),
    "pictures": (linked_pictures, "_mount", lambda taken: linked_pictures.show("c", PICTURES, taken, taken)),
    "wipe": (wipe, "_mount", lambda taken: wipe.wipe("c", PAIR, taken)),
    "film": (training_film, "_mount", lambda taken: training_film.film("c", REELS, None, taken, label="")),
    "threshold": (threshold_histogram, "_mount", lambda taken: threshold_histogram.draw("c", {}, taken)),
    "network": (network, "_mount", lambda taken: network.draw("c", NETWORK, taken, taken)),
    "camera": (burst_camera, "_mount", lambda taken: burst_camera.burst_camera("c", taken)),
    "painter": (defect_canvas, "_paint", _painter),
    "placer": (defect_canvas, "_place", _placer),
    "cropper": (defect_canvas, "_crop", _cropper),
    "demo": (defect_canvas, "_demo", _demo),
}
MEANT: dict[tuple[str, str], tuple[object, tuple[object, ...]]] = {
    ("circuit", "edit"): ({"change": "map", "target": "M1"}, ("map", "M1")),
    ("pictures", "cell"): ([3, 2], (3, 2)),
    ("pictures", "tile"): (0, (0,)),
    ("wipe", "position"): (30, (30,)),
    ("film", "epoch"): (-1, (None,)),
    ("threshold", "threshold"): (2, (2.0,)),
    ("network", "visit"): ("pages/2_Memory.py", ("pages/2_Memory.py",)),
    ("network", "tiles"): ("mean", ("mean",)),
    ("camera", "photo"): (PHOTO["content"], (b"\0\0\0",)),
    ("painter", "layer"): (DATA_URI, (DATA_URI,)),
    ("placer", "place"): ({"which": "to", "x": 1, "y": 0.5}, ({"which": "to", "x": 1.0, "y": 0.5},)),
    ("cropper", "box"): ([0, 0.25, 1, 1], ((0.0, 0.25, 1.0, 1.0),)),
    ("demo", "layer"): ({"layer": DATA_URI, "done": False}, (DATA_URI, False)),
    ("demo", "press"): ("good", ("good",)),
    ("demo", "photo"): (PHOTO, (PHOTO["name"], PHOTO["content"])),
}
"""(component, report) -> what our own script sends, and what is taken over."""
HUGE = 10**400  # no float can hold it
NONSENSE = (
    *(True, 1.5, 7, -7, HUGE, 1e308, math.nan, math.inf, "", "x", "9" * 5000, "\ud800", "a\0b", [], [1], [[]], {}),
    *([HUGE] * 2, [-1, 0], [None] * 2, [0.5] * 2, [math.nan] * 4, ["a"] * 4, [HUGE] * 4, [0.5] * 5, {"change": "map"}),
    *({"change": [], "target": {}}, {"change": None, "target": 1}, {"which": [], "x": 0, "y": 0}, {"which": "to"}),
    *({"which": "to", "x": math.nan, "y": HUGE}, {"layer": 5}, {"layer": "", "done": []}, {"name": 5, "content": 5}),
    *({"name": None, "content": None}, {"name": {}, "content": ""}),
)


def reports(name: str, monkeypatch: pytest.MonkeyPatch, taken: Callable[..., object]) -> dict[str, Callable[[], None]]:
    """The callbacks of a component by what they are told of."""
    module, mount, draw = COMPONENTS[name]
    found: dict[str, Any] = {}
    monkeypatch.setattr(module, mount, lambda **given: found.update(given))
    draw(taken)
    return {key[3:-7]: act for key, act in found.items() if key.startswith("on_")}


@pytest.mark.parametrize("name", COMPONENTS)
def test_only_what_our_own_script_sends_is_taken_over(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[object, ...]] = []
    for report, act in reports(name, monkeypatch, lambda *given: said.append(given)).items():
        sent, expected = MEANT[name, report]
        st.session_state["c"] = SimpleNamespace(**{report: sent})
        act()
        assert said == [expected]
        said.clear()
        for nonsense in NONSENSE:
            st.session_state["c"] = SimpleNamespace(**{report: nonsense})
            act()  # raises nothing
            for found in said:
                assert len(found) == len(expected)
                assert all(
                    type(one) is type(other) for one, other in zip(found, expected, strict=True) if other is not None
                )
                assert not any(isinstance(one, float) and not math.isfinite(one) for one in found)
            said.clear()


def test_the_drawing_leads_only_to_pages_of_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    visited: list[object] = []
    visit = reports("network", monkeypatch, visited.append)["visit"]
    for page in ("pages/4_Evaluate.py", "../x.py", "", "pages/2_Memory.py"):
        st.session_state["c"] = SimpleNamespace(visit=page)
        visit()
    assert visited == ["pages/2_Memory.py"]


def test_a_change_of_the_circuit_that_there_is_not_changes_nothing(tiny_checkpoint: Path) -> None:
    model = resources.load_model("tiny", tiny_checkpoint, "cpu")
    settings.remember_expression(model)
    before = settings.EXPRESSION.value
    for change, target in (("x", "M1"), ("map", "M9"), ("inner", "5"), ("inner", "x"), ("outer", "9" * 5000), ("", "")):
        settings.circuit_edited(model, change, target)
    assert settings.EXPRESSION.value == before
