"""How numbers, sizes and times are written."""

import pytest

from workbench.shared import units


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0.2, "1 s"),
        (40, "40 s"),
        (89, "89 s"),
        (240, "4 min"),
        (6000, "1 h 40 min"),
        (7200, "2 h"),
        (86400 * 3, "3 days"),
    ],
)
def test_a_length_of_time(seconds: float, written: str) -> None:
    assert units.duration(seconds) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0.2, "a few seconds"),
        (8, "about 10 s"),
        (43, "about 40 s"),
        (125, "about 2 min"),
        (5900, "about 1 h 40 min"),
        (7300, "about 2 h"),
    ],
)
def test_an_estimated_length_of_time(seconds: float, written: str) -> None:
    assert units.about(seconds) == written


def test_progress_says_what_is_left_only_while_something_is_left() -> None:
    assert units.progress(1, 1, "image", "measured", 10) == "1 of 1 image measured"
    assert units.progress(40, 490, "image", "measured", 130) == "40 of 490 images measured, about 2 min left"


def test_one_sentence_alone_has_no_bullet() -> None:
    assert units.bullets(["a_b"]) == r"a\_b" and units.bullets(["a", "b"]) == "- a\n- b"


def test_multiples() -> None:
    assert [units.times(ratio) for ratio in (0.421, 3.14, 12.3, 1300)] == ["0.42", "3.1", "12", "1,300"]
    near = 1.04, 1.004, 0.9996, 1.0, 1.000002
    written = [units.times(ratio) for ratio in near]
    assert written == ["1.04", "1.004", "0.9996", "1.0", "1.000002"], "what lies above the threshold is not on it"


def test_symbols_have_their_indices_below_the_line() -> None:
    assert units.symbols("L_KD, F'_3 and SP_i; my_file") == (
        r"$L_{\mathrm{KD}}$, $F'_{\mathrm{3}}$ and $SP_{\mathrm{i}}$; my\_file"
    )
    assert units.symbols("S1, the copier, and FPM_S1") == "S₁, the copier, and FPM\\_S1"
    assert units.indices("L_align, F&#x27;_3, F_C_2") == "L<sub>align</sub>, F′<sub>3</sub>, F<sub>C</sub>_2"


def test_scales_in_words() -> None:
    said = [units.at_scales(scales) for scales in ((1, 2, 3), (), (2,), (1, 3))]
    assert said == ["at all three scales", "at no scale", "at scale 2", "at scales 1 and 3"]


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.5803, "0.58"), (0.0997, "0.10"), (2.74, "2.7"), (97.6, "98"), (99.7, "99.7"), (512.0, "512"), (0.0, "0.00")],
)
def test_a_number_in_large_type_has_two_digits(value: float, written: str) -> None:
    assert units.rough(value) == written
