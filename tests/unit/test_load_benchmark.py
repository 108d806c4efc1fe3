"""The check of the load benchmark: it fails when one session's picture shows in another."""

import io

import numpy as np
import pytest
from builders import encode
from PIL import Image

from benchmarks.load import COLOURS, Found, Held, mixed_up, picture_of, report, wrong_colour


@pytest.mark.parametrize("number", [0, 7, 100, 123])
def test_ones_own_picture_is_ones_own_and_no_one_elses(number: int) -> None:
    shown = np.asarray(Image.open(io.BytesIO(picture_of(number, 0))))
    reduced = encode(Image.fromarray(shown).resize((120, 80)), "JPEG", quality=80)
    small = np.asarray(Image.open(io.BytesIO(reduced)))
    assert wrong_colour(number, shown) == wrong_colour(number, small) == ""
    for other in range(1, COLOURS):
        assert f"session {number % COLOURS}" in wrong_colour(number + other, small)


def test_another_ones_file_name_is_noticed() -> None:
    assert mixed_up(3, b"...visitor-3-picture-1.png...") == ""
    assert "[4]" in mixed_up(3, b"...visitor-3-picture-1.png visitor-4-picture-1.png")


def test_the_report_names_what_went_wrong() -> None:
    found = Found({"upload": [1.0, 3.0]}, ["Session 1 was shown the picture of session 2."])
    said = "\n".join(report(found, [("before", Held(10**9, 17, 9, 2.5))]))
    assert (
        "| upload | 2 | 2.00 s |" in said
        and "| before | 1,000 MB | 17 | 9 | 2.5 s |" in said
        and found.wrong[0] in said
    )
