"""No choice is made on what is reported."""

import pytest

from nnet.data import Dataset, Sample
from nnet.studies import StudyError
from nnet.studies.protocol import HALVES, half

SERIES = [f"exp{i}" for i in range(7)]


def tiles(*names: str) -> Dataset:
    test = [Sample(f"test/{kind}/{name}_num_1.jpg", None, kind, "test") for kind in ("good", "crack") for name in names]
    return Dataset(
        "tiles", "MVTec AD", (Sample("train/good/exp1_num_2.jpg", None, "good", "train"),), tuple(test), "", ""
    )


def test_the_halves_are_as_written_down_and_share_no_series():
    assert HALVES == {"development": ("exp1", "exp3", "exp5"), "report": ("exp0", "exp2", "exp4", "exp6")}
    assert sorted(series for some in HALVES.values() for series in some) == SERIES


def test_every_test_image_is_in_one_half_and_training_images_in_both():
    whole = tiles(*SERIES)
    development, report = half(whole, "development"), half(whole, "report")
    assert {s.key for s in development.test} | {s.key for s in report.test} == {s.key for s in whole.test}
    assert len(development.test) == 6 and len(report.test) == 8
    assert development.train == report.train == whole.train


def test_other_data_and_other_halves_are_refused():
    with pytest.raises(StudyError, match="no half 'test'"):
        half(tiles("exp1"), "test")
    with pytest.raises(StudyError, match="no known series"):
        half(tiles("exp1", "000"), "report")
