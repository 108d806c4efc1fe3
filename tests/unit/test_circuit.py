"""The score as a circuit: expressions to and from two levels, clicks on the diagram, and the presets."""

from itertools import product

import pytest
from builders import tiny_config

from nnet.expression import PRESETS, ExpressionError, parse
from nnet.saved import checkpoint as checkpoints
from nnet.scoring import circuit, judge
from nnet.scoring.circuit import Circuit, read
from nnet.scoring.maps import BRANCHES

PAPER = PRESETS["paper"]
# Powers of different primes: two expressions have the same value only if they say the same.
VALUES = {"M1": 2.0, "M2": 3.0, "M3": 5.0, "M4": 7.0, "M5": 11.0, "M6": 13.0}


def test_the_papers_score_is_a_circuit_with_all_six_maps() -> None:
    found = read(PAPER)
    assert found == Circuit(frozenset(VALUES), ("+", "+", "+"), ("*", "*"))
    assert found.expression == PAPER


@pytest.mark.parametrize(
    ("written", "inner", "outer"),
    [
        ("M1*M2*M3", "+++", "**"),
        ("M1*M6*M2*M5*M3*M4", "***", "**"),
        ("(M6+M1)*(M5+M2)+M4*M3", "++*", "*+"),
        ("M3*M4+M2*M5+M1+M6", "+**", "++"),
        ("M1+M3", "+++", "*+"),
        ("M4", "+++", "**"),
    ],
)
def test_signs_are_read_in_any_order_of_the_parts(written: str, inner: str, outer: str) -> None:
    found = read(parse(written))
    assert (found.inner, found.outer) == (tuple(inner), tuple(outer))
    assert found.used == set(parse(written).maps)
    assert found.expression.evaluate(VALUES) == parse(written).evaluate(VALUES)


@pytest.mark.parametrize("written", ["M1*M2+M6*M5", "(M1+M2)*M3", "M1*M1", "(M1+M2+M3)*(M4+M5+M6)", "M1+M6*M2"])
def test_other_forms_are_no_circuit(written: str) -> None:
    assert read(parse(written)) is None


def test_every_circuit_is_read_back_as_what_it_computes() -> None:
    everything = frozenset(VALUES)
    for inner, outer in product(product("+*", repeat=3), product("+*", repeat=2)):
        made = Circuit(everything, inner, outer)
        assert read(made.expression).expression.evaluate(VALUES) == made.expression.evaluate(VALUES)
        assert read(made.expression).expression == made.expression


def test_a_sign_without_effect_says_so() -> None:
    found = Circuit(frozenset(("M2", "M5", "M4")))
    assert [found.has_inner(i) for i in range(3)] == [False, True, False]
    assert [found.has_outer(i) for i in range(2)] == [False, True]
    bridged = Circuit(frozenset(("M1", "M4")))
    assert [bridged.has_outer(i) for i in range(2)] == [False, True]
    assert bridged.expression.text == "M1*M4" and bridged.outer_flipped(1).expression.text == "M1+M4"


@pytest.mark.parametrize(
    ("change", "target", "expected"),
    [
        ("map", "M6", "M1*(M2+M5)*(M3+M4)"),
        ("only", "M3", "M3"),
        ("inner", "0", "M1*M6*(M2+M5)*(M3+M4)"),
        ("outer", "1", "(M1+M6)*(M2+M5)+M3+M4"),
    ],
)
def test_a_click_changes_the_expression_and_a_second_one_changes_it_back(
    change: str, target: str, expected: str
) -> None:
    assert circuit.edit(PAPER, change, target) == parse(expected)
    if change != "only":
        assert circuit.edit(parse(expected), change, target) == PAPER


def test_the_last_map_stays() -> None:
    assert circuit.edit(parse("M2"), "map", "M2") is None


def test_other_forms_lose_and_regain_a_map_without_being_rearranged() -> None:
    assert circuit.toggle_map(parse("M1*M2+M6*M5"), "M6") == parse("M1*M2+M5")
    assert circuit.toggle_map(parse("(M1+M2)*M3"), "M4") == parse("(M1+M2)*(M3+M4)")
    assert circuit.toggle_map(parse("(M1+M2)*(M3+M4)"), "M4") == parse("(M1+M2)*M3")
    assert circuit.toggle_map(parse("M1*M1"), "M3") == parse("M1*M1*M3")


@pytest.mark.parametrize(("change", "target"), [("map", "M7"), ("inner", "3"), ("outer", "2"), ("paint", "0")])
def test_a_click_that_cannot_be_is_refused(change: str, target: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        circuit.edit(PAPER, change, target)


def test_a_sign_of_another_form_cannot_be_flipped() -> None:
    with pytest.raises(ValueError, match="inner"):
        circuit.edit(parse("M1*M2+M6*M5"), "inner", "0")


def test_an_expression_that_would_become_too_long_is_an_error() -> None:
    long = "+".join(["M1*M1"] * 33)
    with pytest.raises(ExpressionError, match="at most 200"):
        circuit.toggle_map(parse(long), "M6")


def test_maps_are_set_all_at_once() -> None:
    assert circuit.with_maps_used(PAPER, ["M1", "M2", "M3"]) == PRESETS["reverse"]
    assert circuit.with_maps_used(parse("M1+M2"), ["M2", "M5"]) == parse("M2+M5")
    assert circuit.with_maps_used(PAPER, []) is None


def test_presets_are_those_of_the_model_and_single_scales(tiny_checkpoint: object) -> None:
    found = circuit.presets(checkpoints.load(tiny_checkpoint).config)
    assert {name: found[name] for name in PRESETS} == PRESETS
    assert list(found) == ["paper", *BRANCHES, *circuit.SCALES], "the copier's before the rebuilder's"
    assert [found[scale].text for scale in circuit.SCALES] == ["M1+M6", "M2+M5", "M3+M4"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"model__forward": False}, {"reverse": "M1*M2*M3"}),
        ({"model__reverse": False, "model__ffc": False, "model__fpm": False}, {"forward": "M6*M5*M4"}),
        ({"score__expression": "(M3+M4)*(M6+M1)*(M2+M5)"}, {"paper": "(M3+M4)*(M6+M1)*(M2+M5)"}),
        ({"score__expression": "M6+M1"}, {"model": "M6+M1", "paper": PAPER.text}),
    ],
    ids=["reverse", "forward", "paper in another order", "one scale"],
)
def test_no_score_is_offered_twice_in_another_order(changes: dict, expected: dict) -> None:
    config = tiny_config(**changes)
    found = judge.presets(config)
    assert {name: one.text for name, one in list(found.items())[: len(expected)]} == expected
    offered = list(circuit.presets(config).values())
    values = [one.evaluate({name: VALUES[name] for name in one.maps}) for one in offered]
    assert len(set(values)) == len(offered), offered
