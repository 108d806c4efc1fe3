"""The expression language means what Python's arithmetic means, and refuses everything else in plain words."""

import pickle
import time
from fractions import Fraction
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnet.errors import NNetError
from nnet.expression import (
    MAX_DEPTH,
    MAX_LENGTH,
    PRESETS,
    Expression,
    ExpressionError,
    MissingMapError,
    for_maps,
    parse,
)

NAMES = ("M1", "M2", "M3", "M4", "M5", "M6")
PAPER = "(M1+M6)*(M2+M5)*(M3+M4)"

# Random texts that follow the grammar, redundant parentheses included.
texts = st.recursive(
    st.sampled_from(NAMES),
    lambda inner: st.one_of(
        st.builds("{}+{}".format, inner, inner),
        st.builds("{}*{}".format, inner, inner),
        st.builds("({})".format, inner),
    ),
    max_leaves=16,
).filter(lambda text: len(text) <= MAX_LENGTH)

reproducible = settings(deadline=None, database=None, derandomize=True)
floats = st.floats(-1e6, 1e6, allow_subnormal=False)


def by_python(text, values):
    """The value of an expression by Python's own arithmetic."""
    return eval(text, {"__builtins__": {}}, dict(values))


def error(text):
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    return caught.value


# ------------------------------------------------------------------------------------------------------- meaning


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("M1", "M1"),
        ("((M4))", "M4"),
        (PAPER, PAPER),
        (" ( m1 + M6 )\tx (M2+m5)\n\u00d7 (M3+M4) ", PAPER),
        ("(M1+M6)\u00b7(M2+M5)x(M3+M4)", PAPER),
        ("M1xM2", "M1*M2"),
        ("M1+M2*M3", "M1+M2*M3"),
        ("(M1+M2)*M3", "(M1+M2)*M3"),
        ("M1+(M2*M3)", "M1+M2*M3"),
        ("M1+(M2+(M3+M4))", "M1+M2+M3+M4"),
        ("M1*(M2*(M3*(M4+M5)))", "M1*M2*M3*(M4+M5)"),
        ("M3+M1+M3", "M3+M1+M3"),
    ],
)
def test_canonical_text(text, canonical):
    assert parse(text).text == str(parse(text)) == canonical
    assert parse(text) == parse(canonical)


def test_different_expressions_are_not_equal():
    assert len({parse(text) for text in ("M1+M2", "M2+M1", "M1*M2", "M1", "(M1)", "M1+M2*M3", "(M1+M2)*M3")}) == 6


def test_maps_are_sorted_and_distinct():
    assert parse("M6*(M2+M6)+M1").maps == ("M1", "M2", "M6")


@pytest.mark.parametrize(
    ("text", "factors"),
    [
        (PAPER, ("M1+M6", "M2+M5", "M3+M4")),
        ("M1*(M2*M3)", ("M1", "M2", "M3")),
        ("M1+M2*M3", ("M1+M2*M3",)),
        ("M5", ("M5",)),
    ],
)
def test_factors(text, factors):
    assert tuple(factor.text for factor in parse(text).factors) == factors


def test_precedence_and_order():
    assert parse("M1+M2*M3").evaluate({"M1": 1, "M2": 2, "M3": 3}) == 7
    assert parse("(M1+M2)*M3").evaluate({"M1": 1, "M2": 2, "M3": 3}) == 9
    assert parse("M1+M2+M3").evaluate({"M1": "a", "M2": "b", "M3": "c"}) == "abc"


def test_evaluates_arrays_without_changing_them():
    rng = np.random.default_rng(0)
    maps = {name: rng.random((4, 5), dtype=np.float32) for name in NAMES}
    before = {name: values.copy() for name, values in maps.items()}
    value = parse(PAPER).evaluate(MappingProxyType(maps))
    m1, m2, m3, m4, m5, m6 = maps.values()
    assert np.array_equal(value, (m1 + m6) * (m2 + m5) * (m3 + m4)) and value.dtype == np.float32
    assert all(np.array_equal(maps[name], before[name]) for name in NAMES)


def test_evaluates_tensors():
    torch = pytest.importorskip("torch")
    maps = {name: torch.full((2, 3), float(index)) for index, name in enumerate(NAMES, start=1)}
    assert torch.equal(parse(PAPER).evaluate(maps), torch.full((2, 3), 343.0))


def test_a_missing_map_is_named():
    with pytest.raises(MissingMapError) as caught:
        parse("M1*M4+M6").evaluate({"M1": 1.0, "M2": 2.0, "M3": 3.0})
    message = str(caught.value)
    assert "M1*M4+M6 needs M4 and M6" in message and "only M1, M2 and M3 exist" in message
    with pytest.raises(MissingMapError, match="no map exists"):
        parse("M1").evaluate({})
    with pytest.raises(MissingMapError, match="only M2 exists here"):
        parse("M1").evaluate({"M2": 1.0, "mask": 2.0})


def test_expressions_are_values():
    expression = parse(PAPER)
    assert pickle.loads(pickle.dumps(expression)) == expression
    assert hash(parse("m1 x m2")) == hash(parse("M1*M2"))
    with pytest.raises(AttributeError):
        expression.sign = "+"


# ------------------------------------------------------------------------------------- presets and existing maps


def test_presets_are_canonical_and_in_order():
    assert list(PRESETS) == ["paper", "reverse", "forward"]
    assert [preset.text for preset in PRESETS.values()] == [PAPER, "M1*M2*M3", "M4*M5*M6"]


@pytest.mark.parametrize(
    ("available", "text"),
    [
        (NAMES, PAPER),
        (reversed(NAMES), PAPER),
        (("M1", "M2", "M3"), PRESETS["reverse"].text),
        (("M1", "M6"), "M1+M6"),
        (("M4",), "M4"),
        (("M1", "M2", "M3", "M4", "other"), "M1*M2*(M3+M4)"),
    ],
)
def test_expression_for_the_maps_that_exist(available, text):
    assert for_maps(available) == parse(text)


def test_forward_maps_alone_multiply_as_the_preset_does():
    values = dict(zip(NAMES, (2, 3, 5, 7, 11, 13), strict=True))
    assert for_maps(("M4", "M5", "M6")).evaluate(values) == PRESETS["forward"].evaluate(values)


@pytest.mark.parametrize("available", [(), ("M7", "m1")])
def test_no_expression_without_maps(available):
    with pytest.raises(MissingMapError, match="M1 to M6 is needed"):
        for_maps(available)


# -------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ("M7", 0, '"M7" does not exist'),
        ("M1+m0", 3, '"m0" does not exist'),
        ("M1*M12", 3, '"M12" does not exist'),
        ("M1 M2", 3, "follows without a sign"),
        ("(M1 M2)", 4, "follows without a sign"),
        ("M1(M2)", 2, "follows without a sign"),
        ("()", 1, 'a map (M1 to M6) or "(" was expected'),
        ("+M1", 0, "was expected"),
        ("M1++M2", 3, "was expected"),
        ("M1**M2", 3, "was expected"),
        ("x", 0, '"x" stands where a map'),
        ("M1+", 2, '"+" ends the expression'),
        ("M1 \u00d7 ", 3, '"\u00d7" (MULTIPLICATION SIGN) ends the expression'),
        ("M1+(", 3, '"(" ends the expression'),
        ("(M1", 0, "never closed"),
        ("M2*((M1+M3)", 3, "never closed"),
        ("((M1", 1, "never closed"),
        ("M1)", 2, "never opened"),
        ("M", 0, '"M" is not part of an expression'),
        ("M 1", 0, '"M" is not part of an expression'),
        ("2*M1", 0, '"2" is not part'),
        ("M1-M2", 2, '"-" is not part'),
        ("M1^M2", 2, '"^" is not part'),
        ("M1, M2", 2, '"," is not part'),
        ("exp(M1)", 0, '"exp" is not part'),
        ("max(M1)", 0, '"max" is not part'),
        ("M1e5", 2, '"e5" is not part'),
        ("__import__('os').system('ls')", 0, '"__import__" is not part'),
        ("M1.real", 2, '"." is not part'),
        ("M1\0", 2, "invisible character U+0000"),
        ("M1\u200b", 2, "invisible character ZERO WIDTH SPACE"),
        ("M1\ud800", 2, "invisible character U+D800"),
        ("\u039c1", 0, "GREEK CAPITAL LETTER MU"),
        ("\u041c1", 0, "CYRILLIC CAPITAL LETTER EM"),
        ("\uff2d1", 0, "FULLWIDTH LATIN CAPITAL LETTER M"),
        ("M1\uff0bM2", 2, "FULLWIDTH PLUS SIGN"),
        ("M\u0661", 0, '"M" is not part'),
        ("M1\u0662", 2, "ARABIC-INDIC DIGIT TWO"),
        ("M1\u00b2", 2, "SUPERSCRIPT TWO"),
    ],
)
def test_errors_point_at_the_character(text, position, words):
    caught = error(text)
    assert caught.position == position and words in str(caught)
    assert str(caught).startswith(f"Character {position + 1}: ") and str(caught).endswith(".")
    line, caret = caught.caret.split("\n")
    assert len(line) == len(text) and line.isprintable()
    assert caret == " " * position + "^"


@pytest.mark.parametrize("text", ["", " ", "\n\t\u00a0"])
def test_empty_text(text):
    caught = error(text)
    assert "is empty" in str(caught) and caught.position is None and caught.caret == ""


@pytest.mark.parametrize("value", [None, 5, b"M1", ["M1"]])
def test_only_text_is_read(value):
    assert type(value).__name__ in str(error(value))


def test_error_classes():
    assert issubclass(ExpressionError, NNetError) and issubclass(ExpressionError, ValueError)
    assert issubclass(MissingMapError, ExpressionError)
    caught = pickle.loads(pickle.dumps(error("M1 M2")))
    assert caught.caret == "M1 M2\n   ^" and "follows" in str(caught)


def test_length_limit():
    longest = "M1" + "+M1" * 66
    assert len(longest) == MAX_LENGTH and parse(longest).text == longest
    assert f"201 characters, but at most {MAX_LENGTH}" in str(error(longest + " "))


def test_depth_limit():
    deepest = "(" * MAX_DEPTH + "M1" + ")" * MAX_DEPTH
    assert parse(deepest) == parse("M1")
    assert error(f"({deepest})").position == MAX_DEPTH
    assert parse(deepest + "+" + deepest).text == "M1+M1"


@pytest.mark.parametrize(
    "text",
    ["(" * 10**7, "(" * MAX_LENGTH, "M1+" * 10**6, "M" * 10**6, "M1" * 100, " " * 10**7, "_" * MAX_LENGTH, "9" * 199],
    ids=lambda text: f"{text[:3]}x{len(text)}",
)
def test_hostile_texts_are_refused_at_once(text):
    start = time.perf_counter()
    message = str(error(text))
    assert time.perf_counter() - start < 0.1
    assert len(message) < 200


# ----------------------------------------------------------------------------------------------------- properties


@reproducible
@given(texts, st.lists(floats, min_size=6, max_size=6))
def test_value_is_pythons_value(text, values):
    maps = dict(zip(NAMES, values, strict=True))
    expression = parse(text)
    assert expression.evaluate(maps) == by_python(expression.text, maps)  # bit for bit
    exact = {name: Fraction(value) for name, value in maps.items()}
    assert expression.evaluate(exact) == by_python(text, exact)  # dropping parentheses changed no value


@reproducible
@given(texts)
def test_text_round_trips_and_is_minimal(text):
    expression = parse(text)
    assert parse(expression.text) == expression
    assert parse(expression.text).text == expression.text
    assert len(expression.text) <= len(text)
    assert_no_parenthesis_is_spare(expression)


def assert_no_parenthesis_is_spare(expression):
    """Leaving out any one pair of parentheses gives another expression."""
    stack = []
    for index, char in enumerate(expression.text):
        if char == "(":
            stack.append(index)
        elif char == ")":
            start = stack.pop()
            shorter = expression.text[:start] + expression.text[start + 1 : index] + expression.text[index + 1 :]
            assert parse(shorter) != expression


@reproducible
@given(texts, st.data())
def test_white_space_case_and_signs_do_not_matter(text, data):
    spelled = {"*": "*x\u00d7\u00b7", "M": "Mm"}
    varied = "".join(data.draw(st.sampled_from(spelled.get(char, char))) for char in text)
    spaced = varied.replace("+", " + ").replace("(", "( ").replace(")", "\t)")
    assert parse(varied) == parse(text)
    if len(spaced) <= MAX_LENGTH:
        assert parse(spaced) == parse(text)


@reproducible
@given(texts)
def test_factors_multiply_to_the_whole(text):
    expression = parse(text)
    product = Expression("*", expression.factors).text if len(expression.factors) > 1 else expression.factors[0].text
    assert product == expression.text
    assert all(factor.sign != "*" for factor in expression.factors)


@reproducible
@given(st.one_of(st.text(max_size=MAX_LENGTH + 5), st.text("M123456+*x() 07\u00d7", max_size=MAX_LENGTH + 5)))
def test_any_text_is_parsed_or_refused(text):
    try:
        expression = parse(text)
    except ExpressionError as caught:
        assert str(caught).endswith(".") and len(str(caught)) < 200
        assert caught.position is None or 0 <= caught.position < len(text)
    else:
        assert parse(expression.text) == expression
        assert set(expression.maps) <= set(NAMES)
