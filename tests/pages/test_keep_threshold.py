"""The press that keeps a threshold, and the one that undoes it."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from apptest import INSPECT, fine, start
from apptest import words as said
from streamlit.testing.v1 import AppTest

from nnet.detector import Detector
from nnet.expression import read
from nnet.saved import kept_thresholds
from nnet.scoring.calibration import Kept, Reference
from workbench.inspect import words as inspect_words
from workbench.shared import model_words, parts, resources, words


def page(folder: str) -> None:
    """A page with nothing but the buttons."""
    from pathlib import Path
    from types import SimpleNamespace

    import numpy as np

    from nnet.expression import read
    from nnet.saved import kept_thresholds
    from nnet.scoring.calibration import Kept, Reference
    from workbench.shared import keep_threshold

    path = Path(folder)
    model = SimpleNamespace(detector=SimpleNamespace(checkpoint=SimpleNamespace(path=path)))
    own = Reference(read("M1"), np.array([0.5, 1.0]), 1.0, 1.0, 0.1)
    found = kept_thresholds.read(path).get("M1")
    reference = own if found is None else own.with_threshold(found.threshold, found)
    keep_threshold.draw(model, reference, Kept(2.0, "Chosen on a test."), "test")  # type: ignore[arg-type]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "part").mkdir()
    return tmp_path / "part"


def test_a_threshold_is_kept_with_a_press_and_undone_with_another(model):
    at = AppTest.from_function(page, args=(str(model),), default_timeout=60).run()
    assert not at.exception and [button.key for button in at.button] == ["keep-test"]
    at.button(key="keep-test").click().run()
    assert kept_thresholds.read(model)["M1"].reason == "Chosen on a test."
    assert [one.value for one in (*at.success, *at.toast)] == [words.KEPT, words.KEPT], "one confirmation"
    assert at.button(key="keep-test").disabled
    at.button(key="undo-test").click().run()
    assert kept_thresholds.read(model) == {}
    assert [one.value for one in (*at.success, *at.toast)] == [words.UNDONE, words.UNDONE], "in passing, too"


def test_a_model_that_came_with_the_workbench_is_kept_in_a_copy(model, monkeypatch, tmp_path):
    monkeypatch.setenv("NNET_RUNS", str(tmp_path / "runs"))
    monkeypatch.setattr(kept_thresholds, "shipped", lambda path: True)
    at = AppTest.from_function(page, args=(str(model),), default_timeout=60).run()
    at.button(key="keep-test").click().run()
    assert kept_thresholds.read(model) == {}
    assert kept_thresholds.read(tmp_path / "runs" / "part-own-threshold")["M1"].threshold == 2.0
    assert "came with the workbench" in at.success[0].value
    assert at.session_state["model"] == "part-own-threshold", "the page goes on with the copy"


def test_what_was_measured_stays_when_a_threshold_is_kept(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(shutil.copytree(tiny_checkpoint, tmp_path / "copy"))
    monkeypatch.setenv("NNET_RUNS", str(tmp_path / "runs"))
    before = resources.load_model("copy", path, "cpu")
    kept_thresholds.keep(
        path, before.detector.config.scoring.parsed.text, kept_thresholds.Kept(3.0, "Chosen on a test.")
    )
    after = resources.load_model("copy", path, "cpu")
    assert after.key != before.key and after.network_key == before.network_key
    assert after.decision_key != before.decision_key and after.key == f"{after.decision_key}@cpu"
    assert after.detector.calibration.for_expression().threshold == 3.0
    kept_thresholds.undo(path, before.detector.config.scoring.parsed.text)
    assert resources.load_model("copy", path, "cpu").network_key == before.network_key


def test_of_a_threshold_that_somebody_kept_nobody_says_that_few_good_pictures_lie_above_it() -> None:
    scores = np.linspace(0.5, 1.0, 8)
    own = Reference(read("M1"), scores, 0.95, 7 / 8, 0.1)
    assert inspect_words.above(own).endswith(inspect_words.FEW_ABOVE)
    kept = own.with_threshold(0.4, Kept(0.4, "A trial"))
    assert inspect_words.above(kept) == inspect_words.ABOVE.format(over=8, pictures="8 good pictures")
    assert inspect_words.FEW_ABOVE not in inspect_words.above(own.with_threshold(0.6)), "nor of one moved so far"


def test_inspect_keeps_a_threshold_that_was_moved(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(shutil.copytree(tiny_checkpoint, tmp_path / "models" / "part"))
    monkeypatch.setenv("NNET_CHECKPOINTS", str(path.parent))
    monkeypatch.setenv("NNET_CHECKPOINTS_ONLY", "1")
    monkeypatch.setenv("NNET_RUNS", str(tmp_path / "runs"))
    at = start(INSPECT, view="regions", threshold="1.5")
    assert model_words.KEPT_THRESHOLD not in in_sidebar(at)
    fine(at.button(key="keep-inspect").click().run())
    assert model_words.KEPT_THRESHOLD in in_sidebar(at)
    ((expression, chosen),) = kept_thresholds.read(path).items()
    reference = resources.load_model("part", path, "cpu").detector.calibration.for_expression(expression)
    assert reference.threshold == chosen.threshold
    assert at.session_state["threshold"] == 1, "it is not to be multiplied once more"
    assert "Set by hand on Inspect." in said(at) and "The threshold rests on" not in said(at)
    assert f"It flags {reference.promise.above} of {reference.n} held-out good pictures." in said(at)
    fine(at.button(key="this_part").click().run())
    table = next(one.value for one in at.dataframe if "At its threshold" in one.value.columns)
    assert table["At its threshold"][0].startswith(model_words.KEPT_HERE) and "Threshold" not in table.columns
    assert f"It flags {reference.promise.above} of {reference.n} held-out good pictures." in said(at)
    at = start(INSPECT)
    fine(at.button(key="undo-inspect").click().run())
    assert model_words.KEPT_THRESHOLD not in in_sidebar(at)
    kept_thresholds.keep(path, expression, Kept(chosen.threshold, "A trial.", pictures=40, above=27))
    at = start(INSPECT)
    assert ":material/warning: The kept threshold flagged 27 of 40 good parts" in said(at)
    assert any("× the kept threshold" in one.label for one in at.expander), "its unit is another one than before"
    assert "which flagged 27 of 40 good parts" in in_sidebar(at)


def in_sidebar(at: AppTest) -> str:
    """What is said below the model that is chosen."""
    return " ".join(one.value for one in at.sidebar.caption)


def test_inspect_warns_before_most_known_defects_are_let_pass(only_tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float | None] = []

    def decided(entry: object, threshold: float | None = None) -> parts.Decided:
        asked.append(threshold)
        return parts.Decided((3, 10), (0, 5))

    monkeypatch.setattr(parts, "decided", decided)
    warning = words.sorts_little(parts.Decided((3, 10), (0, 5)), inspect_words.ON_TEST_PICTURES)
    own = resources.load_model("tiny", only_tiny, "cpu").detector.calibration.for_expression().threshold
    assert warning not in said(start(INSPECT))
    assert warning in said(start(INSPECT, view="regions", threshold="1.5"))
    assert any(threshold is not None and threshold > own for threshold in asked)


def test_that_it_is_being_done_is_told_before_it_is_done(model, monkeypatch):
    told: list[str] = []

    class Toast:
        def toast(self, said: str, **_: object) -> None:
            told.append(said)

    monkeypatch.setattr(st, "toast", lambda said, **_: told.append(said) or Toast())
    monkeypatch.setattr(kept_thresholds, "keep", lambda *_: told.append("done"))
    at = AppTest.from_function(page, args=(str(model),), default_timeout=60).run()
    at.button(key="keep-test").click().run()
    assert told == [words.KEEPING, "done", words.KEPT]


def test_a_failure_is_told_at_once_too(model, monkeypatch):
    def full(*_: object) -> None:
        raise OSError("The disk is full.")

    monkeypatch.setattr(kept_thresholds, "keep", full)
    at = AppTest.from_function(page, args=(str(model),), default_timeout=60).run()
    at.button(key="keep-test").click().run()
    assert at.toast[-1].value == words.NOT_KEPT and "disk is full" in at.error[0].value


def test_the_network_is_not_loaded_again_for_another_threshold(tiny_checkpoint: Path, tmp_path: Path, monkeypatch):
    path = Path(shutil.copytree(tiny_checkpoint, tmp_path / "part"))
    first = resources.load_model("part", path, "cpu").detector
    own = first.calibration.for_expression()
    monkeypatch.setattr(Detector, "load", lambda *_: pytest.fail("it was loaded again"))
    kept_thresholds.keep(path, own.expression.text, Kept(3 * own.threshold, "Chosen on a test."))
    second = resources.load_model("part", path, "cpu").detector
    assert second.calibration.for_expression().threshold == 3 * own.threshold
    assert first.calibration.for_expression().threshold == own.threshold and second.network is first.network
    kept_thresholds.undo(path, own.expression.text)
    assert resources.load_model("part", path, "cpu").detector.calibration.for_expression().kept is None
