"""The Evaluate page without a browser: one pass per image, the numbers of `nnet`, and what every control does."""

import json
import os
import re
import shutil
from itertools import islice
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest
from apptest import address as written
from apptest import charts, component, fine, following, go, html
from apptest import start as on_page
from apptest import words as said
from builders import encode, files_of, random_images, write_category, zipped
from PIL import Image
from streamlit.testing.v1 import AppTest

from nnet.analysis import evaluation, kinds, subsets
from nnet.data import open_dataset
from nnet.detector import Detector
from nnet.expression import parse
from nnet.presets.short import Short
from nnet.report import words as report_words
from nnet.report.words import headline
from nnet.saved import kept_thresholds
from nnet.saved.checkpoint import add_kind
from nnet.scoring.calibration import Kept
from nnet.scoring.kind import Kind
from workbench.evaluate import cache, decisions, download, layouts, page, scene, words
from workbench.evaluate import measured as measured_module
from workbench.evaluate.scene import Scene
from workbench.inspect import words as inspect_words
from workbench.shared import pictures, units
from workbench.shared import words as shared_words
from workbench.shared.cache import BoundedCache
from workbench.shared.parts import Decided

ROOT = Path(__file__).resolve().parents[2]
PAGE, INSPECT = "pages/4_Evaluate.py", "pages/1_Inspect.py"

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def category(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_category(tmp_path_factory.mktemp("evaluate") / "bottle", train=4, good=6, dent=4, hole=3)


@pytest.fixture(autouse=True)
def configured(category: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links may name the test's own folders."""
    monkeypatch.setenv("NNET_DATA", os.pathsep.join((str(category.parent), str(tmp_path))))


@pytest.fixture
def own(tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The model "part", which a test may change: the only one besides runs, of which there are none."""
    monkeypatch.setenv("NNET_CHECKPOINTS", str(tmp_path / "models"))
    monkeypatch.setenv("NNET_RUNS", str(tmp_path / "runs"))
    return Path(shutil.copytree(tiny_checkpoint, tmp_path / "models" / "part"))


def start(**address: str) -> AppTest:
    """The page after its first run."""
    return on_page(PAGE, **address)


def measured(category: Path, **address: str) -> AppTest:
    """The page with a set that is measured."""
    at = start(evaluate_data="folder", evaluate_folder=str(category), **address)
    if any(b.key == "evaluate_start" for b in at.button):
        fine(at.button(key="evaluate_start").click().run())
    return at


# --------------------------------------------------------------------------------------------------------- measuring


def test_before_a_choice_the_page_says_what_to_do_and_measures_nothing() -> None:
    at = start()
    assert words.NOTHING_CHOSEN in said(at) and not charts(at)


def test_every_image_passes_through_the_network_once_and_the_table_holds_the_metrics(
    category: Path, detector: Detector
) -> None:
    seen = []
    real = Detector.maps_and_f3
    empty = {name: BoundedCache(8) for name in ("EVIDENCE", "SCORED", "INSPECTIONS", "PACES")}
    with (
        patch.multiple(cache, **empty),
        patch.object(Detector, "maps_and_f3", lambda self, images: seen.append(len(images)) or real(self, images)),
    ):
        at = start(evaluate_data="folder", evaluate_folder=str(category))
        assert "6 normal and 7 defective test images of 2 types (7 with a mask), 4 training images." in said(at)
        assert any("no problems found" in one.label for one in at.expander)
        tried = sum(seen)
        fine(at.button(key="evaluate_start").click().run())
        assert sum(seen) - tried == 13 and tried <= 1
        fine(at.selectbox(key="evaluate_score").set_value("M1*M2*M3").run())
        fine(at.text_input(key="evaluate_more").set_value("M1+M6").run())
        assert sum(seen) - tried == 13, "scores are worked out from the maps of the one pass"
    table = metrics_of(at)
    expected = evaluation.measure(detector, open_dataset(category), [parse(text) for text in work_expressions(table)])
    for name, shown in zip(work_expressions(table), table.itertuples(index=False), strict=True):
        values = expected["scores"][name]
        row = (values["p_ap"], values["p_auroc"], values["p_pro"], values["i_auroc"], values["i_ap"])
        assert tuple(cell.split()[0] for cell in shown[1:6]) == tuple(words.value(value) for value in row)
        assert all(re.search(r"\(0\.\d{3} to [01]\.\d{3}\)$", cell) for cell in shown[1:6])
    assert len(table) == 4 and table["Score"][0].endswith("M1*M2*M3")


def metrics_of(at: AppTest) -> pd.DataFrame:
    """The table of metrics, turned: a row for each score."""
    (table,) = (d.value for d in at.dataframe if "Metric" in d.value)
    return table.set_index("Metric").T.rename_axis("Score").reset_index()


def work_expressions(table: object) -> list[str]:
    return [name.rsplit(": ", 1)[-1] for name in table["Score"]]


def test_metrics_by_type_and_curves_over_images_and_pixels(category: Path) -> None:
    at = measured(category)
    types = next(d.value for d in at.dataframe if "Defect type" in d.value)
    assert list(types["Defect type"]) == ["dent", "hole"]
    assert len(charts(at)) == 2
    fine(at.segmented_control(key="level").set_value("pixels").run())
    assert len(charts(at)) == 3 and "pixels" in at.query_params["level"]


def test_each_type_of_defect_says_how_many_the_threshold_finds_and_the_headline_its_range(category: Path) -> None:
    at = measured(category, evaluate_part="threshold")
    for way, found in (("miss", ["4 of 4", "3 of 3"]), ("alarm", None)):
        aim(at, way, 0)
        open_part(at, "metrics")
        types = next(d.value for d in at.dataframe if "Defect type" in d.value)["Found"]
        assert found is None or list(types) == found
        assert at.subheader[0].value.startswith(f"{sum(int(one.split()[0]) for one in types)} of 7 defects found")
        open_part(at, "threshold")
    assert words.headline_help((38, 2, 23, 17)).startswith(
        "For all parts like these that means, with 95 %: 27 % to 59 % of the defects found, "
    )


def test_the_labelled_defect_of_a_miss_is_outlined(category: Path) -> None:
    cache.THUMBNAILS.drop(lambda _: True)
    with patch.object(pictures, "with_defect", wraps=pictures.with_defect) as outlined:
        at = measured(category, evaluate_part="threshold")
        fine(
            at.select_slider(key=following(at, "cut"))
            .set_value(component(at, "evaluate_histogram")["values"][-1])
            .run()
        )
    assert outlined.call_count == 7, "each of the defective pictures is missed there, and no good one has a defect"
    assert all(call.args[1][20:34, 10:30].all() for call in outlined.call_args_list)


def test_other_parts_than_the_models_are_named_before_they_are_measured(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_category(tmp_path / "nuts", train=4, good=5, dent=2)
    said_before = words.FOREIGN_BEFORE.format(kind=shared_words.OTHER_KIND)
    channels = kinds.kind_of(Detector.load(own, "cpu"), np.zeros((4, 64, 64, 3), np.uint8)).features.shape[1]
    add_kind(own, Kind(np.eye(channels, dtype=np.float32)[:4] + 0.001 * np.eye(channels, dtype=np.float32)[4]))
    for limit, is_told in ((0.01, True), (100.0, False)):
        monkeypatch.setattr(Kind, "limit", limit)
        monkeypatch.setattr(measured_module, "_FOREIGN", BoundedCache(4))
        at = start(model="part", evaluate_data="folder", evaluate_folder=str(root))
        assert has_start(at) and (said_before in said(at)) is is_told


def has_start(at: AppTest) -> bool:
    return any(button.key == "evaluate_start" for button in at.button)


def test_a_measurement_is_stopped_keeps_what_is_done_and_goes_on(category: Path, tmp_path: Path) -> None:
    root = tmp_path / "bottle"
    shutil.copytree(category, root)
    Image.fromarray(random_images(1, seed=9)[0]).save(root / "test" / "good" / "more.png")
    at = start(evaluate_data="folder", evaluate_folder=str(root))
    real = evaluation.collect
    with patch.object(evaluation, "collect", lambda d, samples, **o: iter([next(real(d, samples, **o))])):
        fine(at.button(key="evaluate_start").click().run())
    assert "8 of 14 so far" in said(at) and charts(at)
    assert at.button(key="evaluate_start").label.startswith(shared_words.CONTINUE)
    fine(at.button(key="evaluate_start").click().run())
    assert words.rests_on(7, 7, 14) in said(at)
    assert not any(b.key == "evaluate_start" for b in at.button)


def test_an_unreadable_image_is_named_and_the_others_are_measured(category: Path, tmp_path: Path) -> None:
    root = tmp_path / "bottle"
    shutil.copytree(category, root)
    (root / "test" / "hole" / "bad.png").write_bytes(b"no image")
    at = measured(root)
    assert (
        "Left out: 1 image" in said(at)
        and "bad" in said(at)
        and any("1 unreadable image;" in one.label for one in at.expander)
    )
    assert words.rests_on(6, 7, 13) in said(at)


# --------------------------------------------------------------------------------------------------------- threshold


def test_the_threshold_moves_the_line_and_the_counts_and_runs_nothing(category: Path) -> None:
    at = measured(category, evaluate_part="threshold")
    with patch.object(Detector, "maps_and_f3") as network, patch.object(evaluation, "score") as again:
        slider = at.select_slider(key=following(at, "cut"))
        before = line(at), html(at)
        fine(slider.set_value(slider.value).run())
        aim(at, "miss", 0)
        assert (line(at), html(at)) != before and words.NO_MISSES in said(at)
        assert float(written(at, "cut")) == line(at) == at.select_slider(key=following(at, "cut")).value
        aim(at, "alarm", 0)
        assert words.NO_ALARMS in said(at) and "False alarms: 0 of 6 normal images" in said(at)
        assert not network.called and not again.called


def aim(at: AppTest, way: str, rate: int | None = None) -> AppTest:
    """Let the threshold be set by what is wanted of it."""
    fine(at.selectbox(key=following(at, "aim")).set_value(way).run())
    return at if rate is None else fine(at.slider(key="rate").set_value(rate).run())


def line(at: AppTest) -> float:
    """The threshold at which the histogram's line stands."""
    shown = component(at, "evaluate_histogram")
    return shown["values"][shown["now"]]


def test_a_threshold_of_the_address_is_taken_over_by_line_slider_and_table(category: Path) -> None:
    at = measured(category, evaluate_part="threshold")
    shown = component(at, "evaluate_histogram")
    assert shown["values"] == [float(value) for value in shown["values"]] and len(shown["told"]) == len(shown["stops"])
    wanted = len(shown["values"]) // 3
    fine(at.select_slider(key=following(at, "cut")).set_value(shown["values"][wanted]).run())
    again = measured(category, evaluate_part="threshold", cut=written(at, "cut"))
    assert component(again, "evaluate_histogram")["now"] == wanted and html(again) == html(at)
    missed, alarms = (int(told.split()[0]) for told in component(again, "evaluate_histogram")["told"][wanted])
    assert words.decided(6 - alarms, alarms, missed, 7 - missed) in said(again)


def test_best_f1_is_reached_at_its_threshold(category: Path, detector: Detector) -> None:
    at = measured(category, evaluate_part="threshold")
    aim(at, "f1")
    shown, chosen = next(m.value for m in at.metric if m.label == "F1"), line(at)
    fine(at.segmented_control(key="evaluate_part").set_value("metrics").run())
    table = metrics_of(at)
    multiple = units.times(chosen / detector.calibration.for_expression().threshold)
    assert table["Best F1 at threshold"][0] == f"{shown} at {multiple} {units.TIMES}"


def test_another_score_starts_at_its_own_threshold(category: Path, detector: Detector) -> None:
    at = measured(category, evaluate_part="threshold", cut="1e9")
    aim(at, "alarm", 0)
    fine(at.selectbox(key="evaluate_score").set_value("M4*M5*M6").run())
    own = detector.calibration.for_expression("M4*M5*M6").threshold
    assert at.select_slider(key=following(at, "cut")).value == pytest.approx(own)


def test_the_threshold_of_this_page_and_the_multiple_of_inspect_are_two_settings(category: Path) -> None:
    at = measured(category, evaluate_part="threshold")
    aim(at, "miss", 0)
    chosen = at.select_slider(key=following(at, "cut")).value
    assert at.session_state["cut"] == chosen == float(written(at, "cut"))
    go(at, INSPECT)
    assert at.session_state["threshold"] == 1 and "threshold" not in at.query_params
    at.session_state["threshold"] = 1.5
    assert float(written(fine(at.run()), "threshold")) == 1.5
    go(at, PAGE)
    assert at.select_slider(key=following(at, "cut")).value == chosen == float(written(at, "cut"))
    assert "threshold" not in at.query_params
    assert go(at, INSPECT).session_state["threshold"] == 1.5


def test_the_slider_follows_when_its_threshold_is_kept(category: Path, own: Path) -> None:
    """The browser knows its steps by their labels, which are then multiples of another threshold."""
    at = measured(category, evaluate_part="threshold")
    aim(at, "miss", 0)
    fine(at.run())
    before = at.select_slider(key=following(at, "cut"))
    chosen = before.value
    fine(at.button(key="keep-evaluate").click().run())
    after = at.select_slider(key=following(at, "cut"))
    assert after.value == chosen and after.options != before.options
    assert after.key != before.key and str(after.proto.options[int(after.proto.default[0])]) in [
        words.multiple(one, is_kept=True) for one in ("1", "1.0")
    ]


def test_a_threshold_that_is_kept_brings_its_counts_and_is_spoken_of_on_both_pages(category: Path, own: Path) -> None:
    at = measured(category, evaluate_part="threshold", model="part")
    assert at.selectbox(key=following(at, "aim")).options[0] == words.AIMS["own"]
    rising = component(at, "evaluate_histogram")["values"]
    fine(at.select_slider(key=following(at, "cut")).set_value(rising[0]).run())
    assert shared_words.sorts_little(Decided((7, 7), (6, 6))) in said(at)
    fine(at.select_slider(key=following(at, "cut")).set_value(rising[-1]).run())
    assert shared_words.sorts_little(Decided((0, 7), (0, 6))) in said(at)
    fine(at.button(key="keep-evaluate").click().run())
    ((_, chosen),) = kept_thresholds.read(own).items()
    assert (chosen.pictures, chosen.above) == (6, 0)
    warned = f"{shared_words.KEPT} {shared_words.sorts_little(Decided((0, 7), (0, 6)))}"
    assert [one.value for one in (*at.warning, *at.toast) if "Kept" in one.value] == [warned, warned]
    assert not at.success
    assert "sorts little" not in said(fine(at.run())), "there is nothing to press"
    aims = at.selectbox(key=following(at, "aim"))
    assert aims.value == "own" and aims.options[0] == words.aims(chosen)["own"]
    assert shared_words.kept_threshold(chosen) in aims.help and "seen no defect" not in aims.help
    assert component(at, "evaluate_histogram")["reference"]["name"] == words.KEPT_THRESHOLD
    go(at, INSPECT)
    assert shared_words.kept_threshold(chosen) in said(at) and "The threshold rests on" not in said(at)
    assert shared_words.unproven_kept(chosen, None)[0] in said(at) and "on Evaluate" not in said(at)


def test_a_threshold_that_was_chosen_on_these_pictures_is_said_to_look_too_good_on_them(
    category: Path, own: Path, tmp_path: Path
) -> None:
    at = measured(category, evaluate_part="threshold", model="part")
    assert words.OPTIMISTIC not in said(at)
    aim(at, "miss", 0)
    assert words.OPTIMISTIC in said(at)
    fine(at.button(key="keep-evaluate").click().run())
    assert words.OPTIMISTIC in said(at), "it is the model's own now, but was chosen on the same pictures"
    assert any(one.value.startswith(shared_words.KEPT) for one in (*at.success, *at.warning))
    assert said(at).count("This model decides by a kept threshold") == 1
    other = write_category(tmp_path / "other", train=4, good=5, dent=5)
    assert words.OPTIMISTIC not in said(measured(other, model="part"))


def test_a_threshold_of_a_shipped_model_is_kept_in_a_copy_which_the_whole_page_then_is_about(
    category: Path, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_thresholds, "shipped", lambda found: found == own.resolve())
    at = measured(category, evaluate_part="threshold", model="part")
    aim(at, "miss", 0)
    wanted = line(at)
    fine(at.button(key="keep-evaluate").click().run())
    assert at.selectbox(key="model").value == "part-own-threshold"
    told = shared_words.KEPT_IN_COPY.format(name="part", copy="part-own-threshold")
    kept = [one.value.replace("\\", "") for one in (*at.success, *at.warning)]
    assert sum(one.startswith(told) for one in kept) == 1
    assert at.selectbox(key=following(at, "aim")).value == "own" and line(at) == wanted, "of the kept threshold"
    assert not any(button.key == "evaluate_start" for button in at.button), "nothing is measured again"


def test_a_model_that_speaks_against_itself_does_so_below_the_headline(
    category: Path, detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = measured(category)
    assert "Only 48 steps" not in said(at)
    short = Short(48, 600, "small")
    monkeypatch.setattr(scene, "of_checkpoint", lambda _: short)
    monkeypatch.setattr(decisions, "questions", lambda _: ["These photos are a series."])
    monkeypatch.setattr(decisions, "is_chance", lambda _: True)
    told = [one.value for one in fine(at.run()).markdown if one.value.startswith(":material/warning:")]
    assert told[0].endswith(f"{shared_words.TRAINED_SHORT} {words.NOT_BETTER} {words.QUESTIONED}")
    assert "Only 48 steps: the preset Small makes at least 600" in told[1], "with the metrics"
    assert report_words.CHANCE in told[2] and told[3].endswith("These photos are a series.")


def test_other_parts_than_the_models_are_called_so_beside_the_result_and_no_advice_is_given(
    category: Path, tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(shutil.copytree(tiny_checkpoint, tmp_path / "runs" / "part"))
    monkeypatch.setenv("NNET_RUNS", str(tmp_path / "runs"))
    foreign = words.foreign(6, 6, "").partition("**:")[0]
    monkeypatch.setattr(words, "advice", lambda *_: "An advice.")
    at = measured(category, evaluate_part="threshold", model="part")
    assert foreign not in said(at) and "An advice." in said(at)
    channels = kinds.kind_of(Detector.load(path, "cpu"), np.zeros((4, 64, 64, 3), np.uint8)).features.shape[1]
    add_kind(path, Kind(np.eye(channels, dtype=np.float32)[:4] + 0.001 * np.eye(channels, dtype=np.float32)[4]))
    monkeypatch.setattr(Kind, "limit", 0.01)
    at = measured(category, evaluate_part="threshold", model="part")
    assert [one.value for one in at.warning if foreign in one.value] and "An advice." not in said(at)
    aim(at, "miss", 0)
    assert words.KEEP_FOREIGN in said(at)
    at = start(model="part", evaluate_part="threshold")
    assert [one.value for one in at.warning if foreign in one.value], "what is kept tells it, too"
    assert "An advice." not in said(at)


def open_part(at: AppTest, part: str) -> AppTest:
    return fine(at.segmented_control(key="evaluate_part").set_value(part).run())


@pytest.mark.parametrize("way", ["alarm", "hand"])
def test_a_threshold_that_was_set_outlives_every_part_and_page(category: Path, way: str) -> None:
    at = open_part(measured(category), "threshold")  # first drawn after a run without its controls
    own = line(at)
    if way == "alarm":
        aim(at, "alarm", 20)
    else:
        far = component(at, "evaluate_histogram")["values"][-20]
        fine(at.select_slider(key=following(at, "cut")).set_value(far).run())
    chosen = line(at)
    assert chosen != own
    for part in ("report", "metrics", "images", "metrics", "threshold", "report", "metrics"):
        open_part(at, part)
        assert line(at) == chosen == float(written(at, "cut")), part
    go(at, INSPECT)
    open_part(go(at, PAGE), "threshold")
    assert (
        line(at) == chosen == at.select_slider(key=following(at, "cut")).value
        and at.selectbox(key=following(at, "aim")).value == way
    )
    if way == "alarm":
        at.slider(key="rate").set_value(0)
        assert line(fine(at.run())) != chosen and words.NO_ALARMS in said(at)
        chosen = line(at)
        assert line(open_part(open_part(at, "report"), "metrics")) == chosen


def test_a_threshold_is_dropped_with_its_model(
    category: Path, tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Undone, or another model chosen: a threshold is a score of one model, and nobody set it on the other."""
    own = Detector.load(tiny_checkpoint, "cpu").calibration.for_expression()
    kept_one, plain = (Path(shutil.copytree(tiny_checkpoint, tmp_path / "models" / name)) for name in ("kept", "plain"))
    kept_thresholds.keep(kept_one, own.expression.text, Kept(own.threshold * 0.9, "Chosen on a test."))
    monkeypatch.setenv("NNET_CHECKPOINTS", str(kept_one.parent))
    monkeypatch.setenv("NNET_RUNS", str(tmp_path / "runs"))
    at = measured(category, evaluate_part="threshold", model=kept_one.name)
    assert line(at) == pytest.approx(own.threshold * 0.9) and at.selectbox(key=following(at, "aim")).value == "own"
    fine(at.button(key="undo-evaluate").click().run())
    assert line(at) == pytest.approx(own.threshold) and at.selectbox(key=following(at, "aim")).value == "own"
    assert written(at, "cut") is None
    kept_thresholds.keep(kept_one, own.expression.text, Kept(own.threshold * 0.9, "Chosen on a test."))
    fine(at.run())
    aim(at, "miss", 0)
    at.session_state["model"] = plain.name
    fine(at.run())
    assert line(at) == pytest.approx(own.threshold) and at.selectbox(key=following(at, "aim")).value == "own"
    assert at.button(key="keep-evaluate").disabled


def test_weights_that_are_replaced_in_place_show_no_former_result(category: Path, own: Path) -> None:
    at = measured(category, model="part")
    weights = own / "weights.safetensors"
    former = weights.read_bytes()
    weights.write_bytes(former[:-1] + bytes([former[-1] ^ 1]))
    os.utime(weights, ns=(1, 1))
    at.run()
    assert not at.exception and "damaged or was replaced" in at.error[0].value and not at.metric
    weights.write_bytes(former)
    assert not fine(at.run()).error


def test_an_old_link_is_read_where_it_is_unambiguous_and_goes_nowhere_else(category: Path, detector: Detector) -> None:
    at = measured(category, evaluate_part="threshold")
    own = at.select_slider(key=following(at, "cut")).value
    aim(at, "miss", 0)
    chosen = at.select_slider(key=following(at, "cut")).value
    highest = component(at, "evaluate_histogram")["values"][-1]
    for address, expected in (
        ({"threshold": str(chosen)}, chosen),
        ({"threshold": str(chosen), "cut": str(own)}, own),  # the link is a new one
        ({"threshold": str(10 * highest)}, own),  # nothing that these images score
    ):
        at = measured(category, evaluate_part="threshold", **address)
        assert at.select_slider(key=following(at, "cut")).value == expected and "threshold" not in at.query_params
        assert go(at, INSPECT).session_state["threshold"] == 1


def test_the_report_is_made_without_a_session(category: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenes: list[Scene] = []
    monkeypatch.setitem(page._PARTS, "report", scenes.append)
    measured(category, evaluate_part="report")
    found = subsets.attribute(scenes[0].evidence)
    middle = float(np.median(scenes[0].result.scores))
    made = download.report(scenes[0], middle, found, "Brackets")
    wrong = len(decisions.misplaced(scenes[0], middle))
    assert headline(*decisions.counts(scenes[0].result.scores, scenes[0].defective, middle), wrong) in made
    wrong = sum(map(len, decisions.worst(scenes[0].result.scores, scenes[0].defective, middle)))
    for title, _, _ in report_words.CURVES.values():
        assert f'aria-label="{title}"' in made, "curves over pictures and over pixels"
    for name, value in found.shapley("p_ap").items():
        assert name in made and f"{100 * value:+.1f}" in made
    assert made.count("<figure>") >= wrong > 0 and open_dataset(category).content_hash() in made


def test_a_picture_of_the_gallery_opens_in_inspect(category: Path) -> None:
    at = measured(category, evaluate_part="threshold")
    aim(at, "alarm", 0)
    opener = next(b for b in at.button if (b.key or "").startswith("open-"))
    fine(opener.click().run())
    assert at.title[0].value == "Inspect"
    assert opener.key.removeprefix("open-") in at.subheader[0].value.replace("\\", "")
    assert inspect_words.BACK in [link.proto.label for link in at.get("page_link")], "the way back is in sight"


# ------------------------------------------------------------------------------------------------- images and maps


def test_images_in_the_plane_and_the_one_that_is_chosen(category: Path) -> None:
    at = measured(category, evaluate_part="images")
    one = charts(at)[0]
    fine(at.segmented_control(key="colour_by").set_value("type").run())
    assert {"normal", "dent", "hole"} <= {trace.get("name") for trace in charts(at)[0]["data"]}
    fine(at.segmented_control(key="features").set_value("peak").run())
    assert charts(at)[0] != one
    fine(at.selectbox(key="evaluate_image").set_value("test/hole/001.png").run())
    assert "test/hole/001.png: hole" in said(at).replace("\\", "")
    fine(at.button(key="open-picked").click().run())
    assert at.title[0].value == "Inspect"


def test_the_umap_waits_for_a_click_and_is_kept(category: Path) -> None:
    at = measured(category, evaluate_part="images", layout="umap")
    assert not charts(at)
    with patch.object(layouts, "embed", side_effect=lambda v: v[:, :2]) as embed:
        fine(next(b for b in at.button if b.label == words.UMAP_BUTTON).click().run())
        assert len(charts(at)) == 1
        fine(at.segmented_control(key="colour_by").set_value("score").run())
        assert embed.call_count == 1


def test_subsets_are_stopped_go_on_and_say_which_map_carries_the_result(category: Path, detector: Detector) -> None:
    expected = subsets.attribute(evaluation.gather(detector, open_dataset(category)))
    at = measured(category, evaluate_part="maps")
    real = subsets.measure_subsets
    with patch.object(subsets, "measure_subsets", lambda e, first: islice(real(e, first), 5)):
        fine(at.button(key="subsets_start").click().run())
    assert "5 of 63 subsets" in said(at) and not charts(at)
    fine(at.button(key="subsets_start").click().run())
    assert "63 of 63 subsets" in said(at) and len(charts(at)) == 1
    assert words.carries(expected.shapley("i_auroc"), "i_auroc") in said(at)
    fine(at.segmented_control(key="metric").set_value("p_ap").run())
    assert words.carries(expected.shapley("p_ap"), "p_ap") in said(at)
    ranked = next(d.value for d in at.dataframe if "Rank" in d.value)
    assert list(ranked["P-AP"]) == sorted(ranked["P-AP"], reverse=True) and len(ranked) == 63


# ------------------------------------------------------------------------------------------------------------- data


def test_without_masks_pixel_metrics_are_explained() -> None:
    at = start(evaluate_data="images")
    assert shared_words.IMAGES_NEEDED in said(at)
    for uploader, seed in zip(at.file_uploader, (5, 6), strict=True):
        images = enumerate(random_images(3, seed=seed))
        uploader.set_value([(f"part{i}.png", encode(image), "image/png") for i, image in images])
    fine(at.run())
    fine(at.button(key="evaluate_start").click().run())
    assert words.rests_on(3, 3, 6) in said(at) and words.NO_MASKS in said(at)
    table = metrics_of(at)
    assert set(table["P-AP"]) == {words.NOT_AVAILABLE}
    fine(at.segmented_control(key="evaluate_part").set_value("threshold").run())
    aim(at, "alarm", 0)
    fine(next(b for b in at.button if (b.key or "").startswith("open-")).click().run())
    assert at.title[0].value == "Inspect" and "part" in at.subheader[0].value


def test_a_file_that_is_no_image_is_named() -> None:
    at = start(evaluate_data="images")
    at.file_uploader[0].set_value([("broken.png", b"nothing", "image/png")])
    fine(at.run())
    assert "broken" in said(at)


def test_an_uploaded_zip_is_recognised(category: Path) -> None:
    at = start(evaluate_data="zip")
    assert at.expander[0].label == words.CHOOSE_DATA
    at.file_uploader[0].set_value([("bottle.zip", zipped(files_of(category, category.parent)), "application/zip")])
    fine(at.run())
    assert "**bottle** (MVTec AD): 6 normal and 7 defective test images" in said(at)
    assert at.expander[0].label == words.data_bar("bottle.zip")


def test_a_press_beside_the_title_opens_the_uploader_of_a_zip(category: Path) -> None:
    at = start()
    assert not at.file_uploader
    fine(at.button(key="own_zip").click().run())
    assert at.selectbox(key="evaluate_data").value == "zip" and written(at, "evaluate_data") == "zip"
    assert [one.label for one in at.file_uploader] == [shared_words.ZIP_LABEL] and at.expander[0].proto.expanded
    assert not [one for one in at.button if one.key == "own_zip"], "it is open"


def test_all_good_pictures_of_an_upload_without_a_split_are_tested() -> None:
    images = {"good": random_images(9, seed=21), "dent": random_images(3, seed=22)}
    files = {f"parts/{kind}/{i}.png": encode(image) for kind, some in images.items() for i, image in enumerate(some)}
    at = start(evaluate_data="zip")
    at.file_uploader[0].set_value([("parts.zip", zipped(files), "application/zip")])
    fine(at.run())
    assert "9 normal and 3 defective test images (0 with a mask), 0 training images" in said(at)
    assert words.ALL_TESTED in said(at)
    assert not any("held out" in one.value for one in at.main.caption), "the sidebar tells it of the model"
    fine(at.button(key="evaluate_start").click().run())
    assert words.rests_on(9, 3, 12) in said(at)


def test_what_is_wrong_with_a_set_is_said(tmp_path: Path) -> None:
    assert "not a folder" in start(evaluate_data="folder", evaluate_folder=str(tmp_path / "no")).error[0].value
    at = start(evaluate_data="zip")
    at.file_uploader[0].set_value([("parts.zip", b"no zip", "application/zip")])
    assert "parts.zip" in at.run().error[0].value.replace("\\", "")
    (tmp_path / "good").mkdir()
    Image.fromarray(random_images(1)[0]).save(tmp_path / "good" / "1.png")
    assert words.NEEDS_BOTH in said(start(evaluate_data="folder", evaluate_folder=str(tmp_path)))


def test_a_wrong_expression_is_explained_and_left_out(category: Path) -> None:
    at = measured(category, evaluate_more="M1*; M1")
    assert "Character 3" in said(at) and len(at.selectbox(key="evaluate_score").options) == 4


def test_nonsense_in_the_address_does_no_harm(category: Path) -> None:
    at = measured(category, evaluate_part="x", evaluate_score="y", threshold="z", cut="v", level="w")
    assert at.segmented_control(key="evaluate_part").value == "metrics" and charts(at)


# --------------------------------------------------------------------------------------------------------- downloads


def test_results_are_saved_into_a_checkpoint_beside_what_is_there(
    category: Path, tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tiny_checkpoint, tmp_path / "copy")
    monkeypatch.setenv("NNET_CHECKPOINTS", str(tmp_path))
    at = measured(category, evaluate_part="report")
    fine(next(b for b in at.button if b.label == "Save to the checkpoint").click().run())
    saved = json.loads((tmp_path / "copy" / "metrics.json").read_text())["evaluations"]
    assert list(saved) == [open_dataset(category).content_hash()] and at.success
    opens_on_the_stored_result(tmp_path / "copy", category)


def opens_on_the_stored_result(checkpoint: Path, category: Path) -> None:
    """The page shows it without measuring; its numbers are those of metrics.json, and its pictures are those there."""
    (values,) = json.loads((checkpoint / "metrics.json").read_text())["evaluations"].values()
    with patch.object(evaluation, "collect") as measuring:
        at = start()
        found = decisions_of(checkpoint)
        assert at.subheader[0].value == headline(*found)
        shown = metrics_of(at)
        for name, cells in zip(work_expressions(shown), shown.itertuples(index=False), strict=True):
            assert cells[4].split()[0] == words.value(values["scores"][name]["i_auroc"])
            assert cells[1].split()[0] == words.value(values["scores"][name]["p_ap"])
        fine(at.segmented_control(key="evaluate_part").set_value("threshold").run())
        aim(at, "alarm", 0)
        opener = next(b for b in at.button if (b.key or "").startswith("hero-"))
        assert not measuring.called
    the_report_needs_no_measuring(category)
    fine(at.segmented_control(key="evaluate_part").set_value("maps").run())
    assert "Measuring the 13 pictures once makes them, which takes a few seconds" in said(at)
    told = said(at).partition("what the stored scores say of the maps")[2]
    assert all(f"{found['i_auroc']:.3f}" in told for found in values["scores"].values())
    fine(next(b for b in at.button if b.label == words.OPEN_AND_MEASURE).click().run())
    assert not any(b.key == "evaluate_start" for b in at.button), "one press measures"
    assert words.MAPS_ABOUT in said(at) and "once makes them" not in said(at), "and the part has its maps"
    assert words.MEASURED_BEFORE in said(at)
    changed = category / opener.key.removeprefix("hero-")
    changed.write_bytes(encode(np.zeros((64, 64, 3), np.uint8)))
    again = aim(start(evaluate_part="threshold"), "alarm", 0)
    assert "not the picture that was measured" in said(again)


def the_report_needs_no_measuring(category: Path) -> None:
    """It is made without a session, at the visitor's threshold, and shows the pictures that are wrong there."""
    scenes: list[Scene] = []
    with patch.dict(page._PARTS, {"report": scenes.append}):
        start(evaluate_part="report")
    scores = scenes[0].result.scores
    middle = float(np.median(scores))
    made = download.report(scenes[0], middle, None, "Brackets")
    wrong = len(decisions.misplaced(scenes[0], middle))
    assert headline(*decisions.counts(scores, scenes[0].defective, middle), wrong) in made
    assert "data:image/" in made and open_dataset(category).content_hash() in made


def decisions_of(checkpoint: Path) -> tuple[int, int, int, int]:
    """The four counts at the model's own threshold, from scores.json."""
    (entry,) = json.loads((checkpoint / "scores.json").read_text())["sets"].values()
    calibration = Detector.load(checkpoint, "cpu").calibration
    scores = np.array(entry["scores"][calibration.settings.expression])
    return decisions.counts(scores, np.array(entry["labels"]) != "good", calibration.for_expression().threshold)
