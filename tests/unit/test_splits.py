"""Which data a model is measured on."""

from types import SimpleNamespace

import pytest

from nnet.cli import evaluate
from nnet.data import open_dataset


def checkpoint(seed: int, drawn: int, about: dict[str, object]) -> SimpleNamespace:
    data = open_dataset("synthetic", seed=drawn)
    known = {"name": data.name, "sha256": data.content_hash()}
    return SimpleNamespace(
        name="m", about={"data": known, **about}, config=SimpleNamespace(train=SimpleNamespace(seed=seed))
    )


@pytest.fixture(autouse=True)
def small_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    from nnet.data import opening
    from nnet.data.synthetic import open_synthetic

    def few(kind: str, *, seed: int):
        return open_synthetic(kind, seed=seed, size=32, train=2, test_good=1, per_defect=1)

    monkeypatch.setattr(opening, "open_synthetic", few)


@pytest.mark.parametrize(("seed", "drawn", "about"), [(1, 1, {}), (1, 0, {}), (3, 7, {"split_seed": 7})])
def test_a_model_is_measured_on_the_split_that_it_was_trained_on(seed, drawn, about, capsys):
    model = checkpoint(seed, drawn, about)
    assert evaluate.opened("synthetic", model).content_hash() == model.about["data"]["sha256"]
    assert capsys.readouterr().err == ""


def test_another_split_of_the_same_data_is_measured_with_a_warning(capsys):
    found = evaluate.opened("synthetic", checkpoint(1, 5, {}))
    assert found.source.endswith("seed 1")
    assert "another split" in capsys.readouterr().err


def test_other_data_is_measured_without_a_word(capsys):
    evaluate.opened("synthetic:wood", checkpoint(1, 0, {}))
    assert capsys.readouterr().err == ""
