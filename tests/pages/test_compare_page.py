"""Two checkpoints on one image: the numbers are nnet's, every control works, and what is missing is said."""

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from apptest import INSPECT, charts, fine, shown_score, start, tables, words
from builders import random_images, tiny_config
from streamlit.testing.v1 import AppTest

from nnet.detector import Detector
from nnet.expression import parse
from nnet.scoring.judge import judge
from nnet.scoring.maps import score_map
from nnet.training.loop import train
from workbench.inspect.compare import words as comparison_text
from workbench.shared import samples
from workbench.shared import sides as comparison_data
from workbench.shared import words as shared_words
from workbench.shared.sides import Side
from workbench.shared.sides_figures import peaks_figure

OTHER = "reverse-only"

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def other_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second checkpoint: no forward student, so no M4 to M6, and another input size."""
    path = tmp_path_factory.mktemp("others") / OTHER
    config = tiny_config(train__epochs=1, model__forward=False, model__nfs=False, model__size=96)
    train(config, random_images(12, 96, seed=4), path, device="cpu")
    return path


@pytest.fixture
def both(tiny_checkpoint: Path, other_checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = os.pathsep.join(str(path.parent) for path in (tiny_checkpoint, other_checkpoint))
    monkeypatch.setenv("NNET_CHECKPOINTS", folders)
    monkeypatch.setenv("NNET_CHECKPOINTS_ONLY", "1")


def sides(tiny: Path, other: Path, expression: str = "M1*M2*M3") -> list[Side]:
    """Both sides for the first sample, from nnet alone."""
    image = samples.collection().images[0].sample.load().image
    found = []
    for name, path in (("tiny", tiny), (OTHER, other)):
        detector = Detector.load(path, "cpu")
        maps = detector.trace(image).maps
        levels = {key: q["q99"] for key, q in detector.calibration.map_quantiles.items()}
        found.append(comparison_data.side(name, judge(detector.calibration, maps, parse(expression)), maps, levels))
    return found


def opened(**address: str) -> AppTest:
    return start(INSPECT, view="compare", score="reverse", **address)


def table(at: AppTest, column: str) -> object:
    return next(one for one in (*(frame.value for frame in at.dataframe), *tables(at)) if column in one)


# ----------------------------------------------------------------------------------------------------------- numbers


def test_scores_are_told_in_units_of_each_models_threshold(tiny_checkpoint: Path, other_checkpoint: Path) -> None:
    first, second = sides(tiny_checkpoint, other_checkpoint)
    for side, path in ((first, tiny_checkpoint), (second, other_checkpoint)):
        detector = Detector.load(path, "cpu")
        image = samples.collection().images[0].sample.load().image
        threshold = detector.calibration.for_expression("M1*M2*M3").threshold
        value = detector.score([image], "M1*M2*M3")[0].value
        assert side.relative == pytest.approx(value / threshold, rel=1e-5)
        maps = detector.trace(image).maps
        expected = score_map(maps, "M1*M2*M3", detector.config.model.size, 4.0) / threshold
        np.testing.assert_allclose(side.score, expected, rtol=1e-5)


def test_maps_of_two_sizes_are_compared_at_the_larger(tiny_checkpoint: Path, other_checkpoint: Path) -> None:
    first, second = sides(tiny_checkpoint, other_checkpoint)
    assert first.score.shape == (64, 64) and second.score.shape == (96, 96)
    values = comparison_data.difference(first, second)
    assert values.shape == (96, 96)
    np.testing.assert_allclose(comparison_data.difference(second, first), -values, atol=1e-6)
    np.testing.assert_array_equal(comparison_data.difference(second, second), 0)
    row, column = comparison_data.widest(values)
    assert abs(values[row, column]) == np.abs(values).max()


def test_settings_that_differ_are_named_with_their_values() -> None:
    first, second = tiny_config(), tiny_config(model__nfs=False, loss__alpha=0.5)
    found = comparison_data.settings(first, second)
    assert [(s.name, s.first, s.second) for s in found] == [("model.nfs", True, False), ("loss.alpha", 1.2, 0.5)]
    said = comparison_text.differences(found)
    assert "2 settings" in said and "Memory (NFS) (on and off)" in said and "α, weight of copying (1.2 and 0.5)" in said
    assert comparison_data.settings(first, first) == []
    assert comparison_text.differences([]) == comparison_text.SAME_SETTINGS


def test_the_peaks_chart_shows_both_models_and_the_maps_of_one(tiny_checkpoint: Path, other_checkpoint: Path) -> None:
    first, second = sides(tiny_checkpoint, other_checkpoint)
    lines, one, two = peaks_figure(first, second).data
    assert list(one.y) == ["M1", "M2", "M3", "M4", "M5", "M6"] and list(two.y) == ["M1", "M2", "M3"]
    np.testing.assert_allclose(one.x, [first.peaks[name] for name in one.y])
    assert list(lines.y).count("M1") == 2 and "M4" not in lines.y
    assert (one.name, two.name) == ("tiny", OTHER)


# ------------------------------------------------------------------------------------------------------------- page


@pytest.mark.usefixtures("both")
def test_both_answers_stand_side_by_side(tiny_checkpoint: Path, other_checkpoint: Path) -> None:
    at = opened()
    first, second = sides(tiny_checkpoint, other_checkpoint)
    shown = table(at, "Times threshold")
    assert list(shown["Model"]) == ["tiny", OTHER]
    np.testing.assert_allclose(shown["Score"], [first.judged.value, second.judged.value], rtol=1e-5)
    np.testing.assert_allclose(shown["Times threshold"], [first.relative, second.relative], rtol=1e-5)
    references = [side.judged.reference for side in (first, second)]
    decided = [shared_words.decision(r, side.judged.value) for r, side in zip(references, (first, second), strict=True)]
    assert list(shown["Decision"]) == decided
    assert comparison_text.answer(first, second)[:40] in words(at)
    assert list(table(at, "What it is")["Path"])[:3] == ["model.size", "model.forward", "model.nfs"]
    assert any("yaxis" in chart["layout"] and chart["data"][0]["mode"] == "lines" for chart in charts(at)[-1:])


@pytest.mark.usefixtures("both")
def test_swapping_exchanges_the_models() -> None:
    at = opened()
    before = table(at, "Times threshold")
    fine(at.button(key="swap").click().run())
    after = table(at, "Times threshold")
    assert list(after["Model"]) == [OTHER, "tiny"]
    np.testing.assert_allclose(after["Score"], before["Score"][::-1])
    assert at.query_params["model"] in (OTHER, [OTHER])


@pytest.mark.usefixtures("both")
def test_the_layout_and_the_wipe_are_in_the_address() -> None:
    at = opened(beside="beside", compare_wipe="30")
    assert at.session_state["beside"] == "beside"
    fine(at.segmented_control(key="beside").set_value("wipe").run())
    assert "beside" not in at.query_params and at.session_state["compare_wipe"] == 30
    fine(opened(against="no such model"))


@pytest.mark.usefixtures("both")
def test_a_moved_threshold_moves_both() -> None:
    plain, moved = table(opened(), "Times threshold"), table(opened(threshold="2"), "Times threshold")
    np.testing.assert_allclose(moved["Threshold"], 2 * plain["Threshold"])


@pytest.mark.usefixtures("both")
def test_a_map_that_the_second_model_lacks_is_named() -> None:
    at = start(INSPECT, view="compare")
    said = " ".join(warning.value.replace("\\", "") for warning in at.warning)
    assert OTHER in said and "M4, M5 and M6" in said and "choose another score" in said
    assert "model.forward" in list(table(at, "What it is")["Path"])


@pytest.mark.usefixtures("both")
def test_a_second_model_that_is_damaged_is_an_error_in_the_section_only(
    other_checkpoint: Path, tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.json").write_text("{")
    monkeypatch.setenv("NNET_CHECKPOINTS", os.pathsep.join((str(tiny_checkpoint.parent), str(tmp_path))))
    at = opened()
    assert any("broken" in error.value and "damaged" in error.value for error in at.error)
    assert shown_score(at), "the rest of the page goes on"


@pytest.mark.usefixtures("only_tiny")
def test_with_one_checkpoint_it_says_how_to_train_another() -> None:
    at = opened()
    assert any(comparison_text.EXAMPLE in info.value for info in at.info)


def test_the_same_weights_under_two_names_are_called_that(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tiny_checkpoint, tmp_path / "copy" / "twin")
    monkeypatch.setenv("NNET_CHECKPOINTS", os.pathsep.join((str(tiny_checkpoint.parent), str(tmp_path / "copy"))))
    monkeypatch.setenv("NNET_CHECKPOINTS_ONLY", "1")
    at = opened()
    assert comparison_text.SAME_WEIGHTS in words(at) and "equal everywhere" in words(at)
