"""What-ifs on the Ablations page: what is shown equals `nnet.analysis.whatif`, and no slider runs a network."""

from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from apptest import PNG, charts, component, encoded, fine, pressed, probed, start, tables, upload, words
from builders import random_images, tiny_config
from streamlit.testing.v1 import AppTest

from nnet.analysis.story import PARTS, leans_on
from nnet.analysis.whatif import LABEL, Donor, WhatIf, energy, intervene
from nnet.data import Sample
from nnet.detector import Detector
from nnet.expression import PRESETS
from nnet.training.loop import train
from workbench.ablations.variants.candidates import MODEL, WHATIF, Candidate
from workbench.ablations.whatif import figures
from workbench.ablations.whatif import rows as whatif_data
from workbench.ablations.whatif import section as interventions
from workbench.ablations.whatif import words as wording
from workbench.ablations.whatif.rows import KEPT, OTHER, OUT, Row
from workbench.shared import apart_words, samples, units
from workbench.shared.picture import Picture

ABLATIONS = "pages/6_Ablations.py"

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of plain forward distillation, "kd", and one that has no forward branch, "rd"."""
    folder = tmp_path_factory.mktemp("others")
    off = dict(model__nfs=False, model__ffc=False, model__fpm=False)
    changes = {"kd": dict(model__reverse=False, **off), "rd": dict(model__forward=False, **off)}
    for name, settings in changes.items():
        train(tiny_config(train__epochs=1, **settings), random_images(12, seed=3), folder / name, device="cpu")
    return folder


@pytest.fixture
def three(others: Path, monkeypatch: pytest.MonkeyPatch, tiny_checkpoint: Path) -> Path:
    """The workbench knows the tiny model, "kd" and "rd"."""
    monkeypatch.setenv("NNET_CHECKPOINTS", f"{tiny_checkpoint.parent}:{others}")
    return others


def opened(**address: str) -> AppTest:
    return start(ABLATIONS, part="whatif", **{"model": "tiny", **address})


def shown(at: AppTest) -> tuple[str, str]:
    """The scores in thresholds, as trained and after."""
    found = {metric.label: metric.value for metric in at.metric}
    return found[wording.BEFORE_METRIC], found[wording.AFTER_METRIC]


def expected(detector: Detector, image: np.ndarray, what: WhatIf) -> tuple[str, str]:
    result = intervene(detector, detector.trace(image), what)
    after = detector.calibration.for_expression(result.expression).threshold
    before = detector.calibration.for_expression().threshold
    return units.times(result.before / before), units.times(result.score / after)


# ---------------------------------------------------------------------------------------------------------- choices


def test_a_choice_says_what_is_changed_and_names_it_for_the_caches():
    choice = whatif_data.Choice(WhatIf(without_nfs=True, without_forward=True, rank=3))
    assert choice.name == "nfs,forward" and whatif_data.Choice(WhatIf(rank=3)).name == ""


def test_reasons_are_given_for_what_a_model_lacks():
    assert set(wording.reasons(tiny_config()).values()) == {""}
    lacking = wording.reasons(tiny_config(model__nfs=False, model__fpm=False, model__forward=False))
    assert [part for part, why in lacking.items() if why] == ["nfs", "fpm", "forward"]
    plain = wording.reasons(tiny_config(model__reverse=False, model__ffc=False, model__fpm=False))
    assert plain["out"] and plain["rank"] and not plain["forward"]


def test_a_forward_branch_is_taken_only_from_models_that_fit(others: Path, tiny_checkpoint: Path, tmp_path: Path):
    (tmp_path / "config.json").write_text("{")
    paths = {"kd": others / "kd", "rd": others / "rd", "self": tiny_checkpoint, "bad": tmp_path, "gone": tmp_path / "x"}
    found = {name: Candidate(name, MODEL, name, path, name) for name, path in paths.items()}
    found["w:nfs"] = Candidate("w:nfs", WHATIF, "nfs", others / "kd", "kd")
    config = Detector.load(tiny_checkpoint, "cpu").config
    assert list(whatif_data.donors(found, tiny_checkpoint, config)) == ["kd"]
    assert whatif_data.donors(found, tiny_checkpoint, config.override({"model.size": 96})) == {}


def test_what_is_known_of_a_picture():
    known = {image.sample.is_defective for image in samples.collection().images}
    assert known == {True, False}
    for one in samples.collection().images:
        assert isinstance(one.sample, Sample)
        assert Picture("k", one.title, one.sample).is_defective == one.sample.is_defective
    assert Picture("k", "mine.png", b"").is_defective is None


def test_the_summary_tells_defective_pictures_from_normal_ones():
    rows = [Row("a", True, 2, 4), Row("b", True, 4, 8), Row("c", True, 9, 9), Row("d", False, 0.5, 2)]
    defective, normal = (whatif_data.summary(r for r in rows if r.defective is kind) for kind in (True, False))
    assert (defective.count, defective.before, defective.after) == (3, 4, 8)
    assert (normal.flagged_before, normal.flagged_after) == (0, 1)
    said = wording.samples_summary(defective, normal)
    assert "3 defective pictures goes from 4.0 to 8.0" in said and "the number flagged from 0 to 1" in said
    assert "narrower" in said and "4.0 times the normal one, 8.0 times as trained" in said
    assert whatif_data.summary([]) is None and wording.samples_summary(None, None) == ""
    table = interventions.samples_table(rows)
    assert list(table["Change"]) == [2, 4, 0, 1.5] and list(table["Decision after"])[-1] == "Anomalous"
    assert table["Decision before"].iloc[-1] == "Normal" and list(table["Known as"])[::3] == ["defective", "normal"]


def test_the_charts_show_ranks_and_changes_as_they_are():
    figure = figures.rank_figure([3.0, 2.0, 1.5], np.array([0.5, 0.9, 1.0]), 2, 1.4)
    line, mark = figure.data
    assert list(line.x) == [1, 2, 3] and list(line.y) == [3, 2, 1.5]
    assert "90 %" in line.customdata[1] and (mark.x[0], mark.y[0]) == (2, 2.0)
    assert sorted(shape.y0 for shape in figure.layout.shapes) == [1.0, 1.4]
    rows = [Row("same", False, 0.5, 2), Row("same", True, 2, 4), Row("mine", None, 0, 1)]
    figure = figures.changes_figure(rows)
    filled = {t.name: t for t in figure.data if t.showlegend}
    assert set(filled) == {"defective", "normal", "not known"} and list(filled["defective"].x) == [4]
    (name,) = figures.changes_figure([Row("Cell 0007: functional, other layout", False, 1, 2)]).layout.yaxis.ticktext
    assert name == "Cell 0007: functional, other<br>layout", "wrapped, not cut"
    assert len(set(figure.layout.yaxis.categoryarray)) == 3 and figure.layout.yaxis.ticktext[0] == "same"


# -------------------------------------------------------------------------------------------------------------- page


def test_the_label_is_always_there_and_the_first_part_is_dropped(detector: Detector, image: np.ndarray) -> None:
    at = opened()
    assert LABEL in at.warning[0].value or any(LABEL in warning.value for warning in at.warning)
    assert at.toggle(key="whatif_nfs").value is True
    assert shown(at) == expected(detector, image, WhatIf(without_nfs=True))
    threshold = detector.calibration.for_expression().threshold
    result = intervene(detector, detector.trace(image), WhatIf(without_nfs=True))
    assert probed(at, "whatif_pictures").max() == pytest.approx(result.score / threshold, rel=1e-3)
    before, after, difference = component(at, "whatif_pictures")["tiles"]
    assert (before["title"], after["title"]) == (wording.BEFORE, wording.AFTER)
    assert shown(at)[1] in after["tag"] and difference["title"] == wording.DIFFERENCE_TITLE
    at = pressed(at, wording.RESET)
    assert any(wording.NOTHING in info.value for info in at.info) and not at.metric
    assert any(LABEL in warning.value for warning in at.warning)


def test_parts_are_combined_and_stand_in_the_address(detector: Detector, image: np.ndarray) -> None:
    at = opened(whatif_nfs="no", whatif_fpm="yes", whatif_truncate="yes", whatif_rank="2")
    assert shown(at) == expected(detector, image, WhatIf(without_fpm=True, rank=2))
    assert "without the projections" in words(at) and "rank 2" in words(at)
    fine(at.toggle(key="whatif_fpm").set_value(False).run())
    assert "whatif_fpm" not in at.query_params
    assert shown(at) == expected(detector, image, WhatIf(rank=2))


def test_without_the_forward_branch_it_says_why_sizes_cannot_be_compared(detector: Detector, image: np.ndarray) -> None:
    at = opened(whatif_nfs="no", whatif_forward="out")
    assert shown(at) == expected(detector, image, WhatIf(without_forward=True))
    own = detector.config.scoring.parsed
    assert any(info.value == wording.not_comparable(own, PRESETS["reverse"]) for info in at.info)
    peaks = next(c for c in charts(at) if any(t.get("name") == wording.AFTER for t in c["data"]))
    after = next(t for t in peaks["data"] if t.get("name") == wording.AFTER)
    assert list(after["y"]) == ["M1", "M2", "M3"]


def test_the_curve_over_ranks_is_computed_once_and_the_slider_runs_nothing(
    detector: Detector, image: np.ndarray
) -> None:
    at = opened(whatif_nfs="no", whatif_truncate="yes")
    trace = detector.trace(image)
    threshold = detector.calibration.for_expression().threshold
    curve = next(c for c in charts(at) if c["layout"]["xaxis"]["title"]["text"] == wording.RANK_AXIS)
    every = [intervene(detector, trace, WhatIf(rank=rank)).score / threshold for rank in (1, 2, 3, 4)]
    np.testing.assert_allclose(curve["data"][0]["y"], every, rtol=1e-3)
    with (
        patch.object(Detector, "maps", side_effect=AssertionError),
        patch.object(Detector, "trace_batch", side_effect=AssertionError),
        patch.object(Detector, "replay", side_effect=AssertionError),
    ):
        fine(at.slider(key="whatif_rank").set_value(3).run())
        fine(at.slider(key="opacity").set_value(20).run())
    assert shown(at)[1] == units.times(every[2])
    assert wording.RANK_KEPT.format(rank=3, highest=4, share=units.percent(float(energy(trace)[2]))) in words(at)
    assert len(at.dataframe) == 0, "at a rank, the other pictures wait for the button"
    fine(at.button(key="whatif_run").click().run())
    table = at.dataframe[0].value
    assert table["After"].iloc[0] == pytest.approx(every[2], rel=1e-3)


def test_all_samples_and_uploads_are_told_before_and_after(detector: Detector) -> None:
    at = upload(opened(), ("mine.png", encoded(2), PNG))
    table = at.dataframe[-1].value if "Known as" in at.dataframe[-1].value else at.dataframe[0].value
    images = samples.collection().images
    assert len(table) == len(images) + 1 and table["Known as"].iloc[-1] == wording.KINDS[None]
    threshold = detector.calibration.for_expression().threshold
    for row, one in list(zip(table.itertuples(), images, strict=False))[::4]:
        result = intervene(detector, detector.trace(one.sample.load().image), WhatIf(without_nfs=True))
        assert row.Before == pytest.approx(result.before / threshold, rel=1e-3)
        assert row.After == pytest.approx(result.score / threshold, rel=1e-3)
        assert row.Change == pytest.approx(row.After - row.Before)


def test_another_models_forward_branch_takes_its_place(three: Path, detector: Detector, image: np.ndarray) -> None:
    at = opened(whatif_nfs="no", whatif_forward=OTHER)
    assert at.selectbox(key="whatif_donor").options == ["kd"]
    donor = Donor("kd", Detector.load(three / "kd", "cpu"))
    assert shown(at) == expected(detector, image, WhatIf(forward_of=donor))
    assert "with S₁, the copier, of kd" in words(at)


def test_without_a_fitting_model_it_says_how_to_train_one() -> None:
    at = opened(whatif_forward=OTHER)
    assert at.segmented_control(key="whatif_forward").value == KEPT
    assert wording.NO_DONOR.format(command="python -m nnet ablate --study figure6 --data PATH --keep first") in words(
        at
    )


def test_parts_that_a_model_lacks_cannot_be_switched(three: Path) -> None:
    at = opened(model="rd", whatif_nfs="yes")
    assert at.toggle(key="whatif_nfs").disabled and at.toggle(key="whatif_fpm").disabled
    assert at.toggle(key="whatif_nfs").value is False and not at.toggle(key="whatif_truncate").disabled
    assert any(wording.NOTHING in info.value for info in at.info)
    at = opened(model="kd", whatif_forward=OUT)
    assert at.toggle(key="whatif_truncate").disabled and at.session_state["whatif_forward"] == KEPT


def test_one_table_says_what_the_score_is_without_each_part(detector: Detector) -> None:
    at = opened()
    expression, calibration = detector.config.scoring.parsed, detector.calibration
    trace = detector.trace(samples.collection().images[0].sample.load().image)
    assert said_twice(at, "this picture's score changes most"), "in its sentence, and beside the other experiments"
    rows = dict(zip(*(tables(at)[-1][column] for column in (wording.PARTS_COLUMN, wording.PARTS_HERE)), strict=True))
    assert [name for name in rows if name in detector.config.maps] == list(expression.maps)
    for what, key in ((WhatIf(), ""), (WhatIf(without_forward=True), "forward"), (WhatIf(without_nfs=True), "nfs")):
        found = intervene(detector, trace, what)
        multiple = calibration.for_expression(found.expression).multiple(found.score)
        assert rows[_read(wording.part_out(key))] == wording.flagged(multiple), key
    titles = [_read(title) for title in wording.PARTS_SAMPLES.values()]
    assert not set(titles) & set(tables(at)[-1])
    button = next(one for one in at.button if one.key == "parts_out")
    assert f"Ask the {len(samples.collection().images)} samples" in button.label
    at = button.click().run()
    asked = tables(at)[-1]
    for title, is_normal in zip(titles, (False, True), strict=True):
        count = sum(one.sample.is_normal is is_normal for one in samples.collection().images)
        assert all(told.endswith(f" of {count}") for told in asked[title])
    traces = {
        kind: [
            detector.trace(one.sample.load().image)
            for one in samples.collection().images
            if one.sample.is_normal is kind
        ]
        for kind in (True, False)
    }
    distances = leans_on(detector, traces[True], traces[False], expression).numbers
    told = dict(zip(asked[wording.PARTS_COLUMN], asked[wording.PARTS_APART], strict=True))
    for key, name in (("whole", ""), *((part, part) for part in PARTS)):
        still = wording.still_apart(distances[key], distances["whole"])
        assert told[_read(wording.part_out(name))] == still, "as on How it works"
    assert any("leans most on" in text or "none of them" in text for text in words(at).splitlines())
    assert list(tables(opened())[-1]) == list(asked), "once they were asked, they are known"


def said_twice(at: AppTest, sentence: str) -> bool:
    return sum(sentence in element.value for element in at.markdown) == 2


def _read(text: str) -> str:
    """A text as `tables` gives it."""
    return units.symbols(text).replace("\\", "")


def test_the_samples_say_which_part_helps() -> None:
    assert "the samples say" in wording.helps({}, 0)
    said = wording.helps({"": 4.0, "nfs": 2.0, "fpm": 5.0, "M1": 1.0}, 9)
    assert "only 2.00 (50\N{NO-BREAK SPACE}% of it) without one part" in said
    assert "**this network leans most on the memory, NFS**" in said
    assert apart_words.SWAPPED not in said
    assert "leans on none of them" in wording.helps({"": 4.0, "nfs": 3.9, "fpm": 5.0}, 9)
    swapped = wording.helps({"": 4.0, "reverse": 3.0, "fpm": -0.4}, 9)
    assert "(-10\N{NO-BREAK SPACE}%" in swapped and apart_words.SWAPPED in swapped


def test_how_long_the_samples_take_is_said_where_it_is_known() -> None:
    assert wording.ask(10, 0) == "Ask the 10 samples, too"
    assert wording.ask(1, 42) == "Ask the 1 sample, too (about 40 s)"


def test_the_part_that_changes_the_score_most_is_named() -> None:
    told = wording.changes_most({"": 8.0, "forward": 2.0, "nfs": 16.0, "M1": 0.1})
    assert wording.PARTS["forward"] in told and "**falls** from 8.0 to 2.0" in told
    assert "**rises** from 4.7 to 9.2" in wording.changes_most({"": 4.7, "forward": 9.2, "nfs": 4.8})
    assert "no part" in wording.changes_most({"": 8.0, "M1": 1.0})
