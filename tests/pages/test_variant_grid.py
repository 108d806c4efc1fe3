"""Variants side by side: the numbers are nnet's, what is missing is said, and no control runs a network again."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from apptest import PNG, charts, component, encoded, fine, following, pressed, probed, start, tables, upload, words
from builders import tiny_config
from safetensors.numpy import load_file, save_file
from streamlit.testing.v1 import AppTest
from variant_builders import DATA, NAME, kept_study

from nnet import environment
from nnet.analysis.whatif import LABEL, WhatIf, intervene
from nnet.config import Config
from nnet.data.images import decode
from nnet.detector import Detector
from nnet.expression import PRESETS, parse
from nnet.model.teacher_weights import file_sha256
from nnet.presets import preset
from nnet.saved import kept_thresholds
from nnet.saved.formats import CONFIG, MAPS
from nnet.scoring.attribution import attribute
from nnet.scoring.attribution import normal_maps as summed_up
from nnet.scoring.calibration import Kept
from nnet.scoring.judge import judge
from nnet.scoring.regions import peak_pixel, pixel_to_cell
from nnet.studies.variants import STUDIES, VARIANTS, base_config
from workbench.ablations.results.folders import StudyModel
from workbench.ablations.variants import candidates, closer, figures
from workbench.ablations.variants import words as wording
from workbench.ablations.variants.candidates import MODEL, STUDY, WHATIF, Candidate
from workbench.shared import resources, sides, units
from workbench.shared import words as shared_words
from workbench.shared.model_list import ModelEntry

ABLATIONS = "pages/6_Ablations.py"
RD, KD, NNET = (f"s:{NAME}:{name}:{DATA}:0" for name in ("rd", "kd", "nnet"))

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, tiny_checkpoint: Path) -> Path:
    return kept_study(tmp_path_factory.mktemp("studies"), tiny_checkpoint)


@pytest.fixture
def kept(study: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The workbench knows the study."""
    monkeypatch.setenv(environment.STUDIES, str(study))
    return study


def opened(**address: str) -> AppTest:
    return start(ABLATIONS, part="grid", **address)


def tiles(at: AppTest) -> dict[str, dict]:
    """The pictures of the grid by title, as the browser gets them."""
    return {tile["title"]: tile for tile in component(at, "variants_grid")["tiles"]}


def tagged(detector: Detector, image: np.ndarray, expression: str | None = None) -> str:
    """The badge that a trained model's tile must have."""
    reference = detector.calibration.for_expression(expression or detector.config.scoring.expression)
    value = detector.score([image], expression)[0].value
    return tag(value, reference)


def tag(value: float, reference: object) -> str:
    return f"{units.times(value / reference.threshold)} × threshold, {shared_words.decision(reference, value).lower()}"


# -------------------------------------------------------------------------------------------------------- candidates


def found(*, studies: list[StudyModel] | None = None) -> dict[str, Candidate]:
    entries = {name: ModelEntry(name, Path(name), name.title(), "cells") for name in ("one", "two")}
    entries["bad"] = ModelEntry("bad", Path("bad"), "Bad", problem="config.json cannot be read")
    return candidates.candidates(entries, entries["two"], ("nfs", "forward"), studies or [])


def runs(*wanted: tuple[str, str, int]) -> list[StudyModel]:
    return [StudyModel("s", VARIANTS[name], data, seed, Path(f"{name}{seed}")) for name, data, seed in wanted]


def test_the_chosen_model_comes_first_with_its_what_ifs_and_damaged_ones_are_left_out():
    all_of_them = found(studies=runs(("rd", "cells", 0)))
    assert [(c.kind, c.name) for c in all_of_them.values()] == [
        (MODEL, "two"),
        (WHATIF, "nfs"),
        (WHATIF, "forward"),
        (STUDY, "rd"),
        (MODEL, "one"),
    ]
    assert all(key == one.key for key, one in all_of_them.items())
    assert candidates.first_choice(found()) == ["m:two", "w:nfs", "w:forward", "m:one"]
    assert candidates.first_choice(all_of_them) == ["m:two", "s:s:rd:cells:0"]


def test_names_say_what_tells_candidates_apart():
    titles = wording.titles(found(studies=runs(("rd", "cells", 0), ("rd", "tiles", 0), ("rd", "tiles", 1))).values())
    assert len(set(titles.values())) == len(titles)
    assert titles["s:s:rd:cells:0"] == "Baseline (RD) · cells" and "seed 1" in titles["s:s:rd:tiles:1"]
    assert titles["w:nfs"] == "What-if: Two without the memory"


def test_a_figure_takes_its_variants_from_one_training():
    several = runs(("kd", "cells", 1), ("kd", "tiles", 0), ("nnet", "tiles", 0), ("nnet", "cells", 1), ("rd", "x", 0))
    one = candidates.figure_choice(found(studies=several), ("kd", "nnet"), "cells")
    assert one == {"kd": "s:s:kd:cells:1", "nnet": "s:s:nnet:cells:1"}
    other = candidates.figure_choice(found(studies=several), ("kd", "nnet"), "")
    assert other == {"kd": "s:s:kd:tiles:0", "nnet": "s:s:nnet:tiles:0"}
    alone = candidates.figure_choice(found(), ("kd", "nnet"), "cells", {"nnet": "m:two"})
    assert alone == {"nnet": "m:two"}


@pytest.mark.parametrize("name", VARIANTS)
def test_settings_are_recognised_as_the_papers_variant(name: str):
    config = VARIANTS[name].config(base_config("small"))
    assert VARIANTS[candidates.variant_of(config)].config(config) == config
    if name in ("rd", "kd", "mf", "bd-kd", "bd-align", "bd", "nnet", "nnet-alpha-0.4", "nnet-beta-constant"):
        assert candidates.variant_of(config) == name


def test_settings_of_no_variant_are_not_taken_for_one():
    assert candidates.variant_of(preset("small").override({"loss.alpha": 0.7})) == ""
    assert candidates.variant_of(preset("small").override({"model.nfs": False})) == ""
    assert candidates.variant_of(Config()) == "nnet"


def test_what_a_model_lacks_cannot_be_left_out_as_a_what_if():
    assert candidates.possible_whatifs(tiny_config()) == ("nfs", "fpm", "forward")
    assert candidates.possible_whatifs(tiny_config(model__nfs=False, model__forward=False)) == ("fpm",)
    alone = tiny_config(model__reverse=False, model__ffc=False, model__fpm=False)
    assert "forward" not in candidates.possible_whatifs(alone)


def test_a_variant_has_its_rows_in_the_paper():
    places = candidates.places(["nnet"])
    assert {place.study.name for place in places} == set(STUDIES) - {"table5", "table6", "figure9"}
    twins = candidates.places(["nnet", "nnet-cosine"])
    assert [place.row.label for place in twins if place.study.name == "figure9"] == ["cosine"]
    table = closer.places_table(places)
    row = table[table["Source"] == "Table 4, row 5"].iloc[0]
    assert row["P-AP, published"] == "63.03" and "P-AP, measured" not in table.columns
    assert closer.places_table(candidates.places([])).empty


def test_differences_are_told_in_few_words():
    settings = sides.settings(tiny_config(), tiny_config(model__nfs=False, loss__alpha=0.4, train__seed=2))
    assert wording.differs(settings) == "without memory (NFS); α: 0.4; Seed: 2"
    tiled = sides.settings(tiny_config(), tiny_config(model__tile=64, model__overlap=8))
    assert wording.differs(tiled).startswith("Tiles (pixels of the picture, 0: none): 64; ")
    assert wording.differs([]) == "same settings as the reference"
    many = sides.settings(
        tiny_config(), tiny_config(model__nfs=False, model__fpm=False, model__size=96, loss__alpha=0.4, loss__delta=0.1)
    )
    assert wording.differs(many).endswith("; and 2 more, listed below")


def test_what_the_copier_follows_is_told_without_the_name_of_its_setting():
    settings = sides.settings(tiny_config(), tiny_config(model__forward_target="recalled"))
    assert wording.differs(settings) == "S₁ follows the memory's answer at the coarse scale"


def test_the_bars_of_a_pixel_add_up_to_its_log_score():
    values, normal = {"M1": 0.4, "M2": 0.2, "M3": 0.1}, {"M1": 0.1, "M2": 0.1, "M3": 0.2}
    one = attribute(parse("M1*M2*M3"), values, normal)
    other = attribute(parse("M1"), values, normal)
    figure = figures.shares_figure({"first": one, "second": other})
    bars = {bar.name: bar for bar in figure.data if bar.type == "bar"}
    assert list(bars) == ["M1", "M2", "M3"] and list(bars["M2"].y) == ["first"]
    assert sum(bar.x[0] for bar in bars.values()) == pytest.approx(np.log(0.4 * 0.2 * 0.1 / (0.1 * 0.1 * 0.2)))
    assert bars["M3"].x[0] < 0 and bars["M1"].x[1] == pytest.approx(np.log(4))


# -------------------------------------------------------------------------------------------------------------- page


def test_a_model_alone_stands_beside_what_ifs_on_it(detector: Detector, image: np.ndarray) -> None:
    at = opened()
    shown, trace = tiles(at), detector.trace(image)
    assert list(shown)[-1] == wording.ORIGINAL and len(shown) == 5
    assert shown["tiny"]["tag"] == tagged(detector, image) and shown["tiny"]["hint"] == wording.REFERENCE_TAG
    for name, part in (("nfs", "without_nfs"), ("fpm", "without_fpm"), ("forward", "without_forward")):
        result = intervene(detector, trace, WhatIf(**{part: True}))
        reference = detector.calibration.for_expression(result.expression)
        tile = shown[f"What-if: tiny {wording.WHATIF_WORDS[name]}"]
        assert tile["tag"] == tag(result.score, reference)
        assert tile["alarm"] == reference.is_anomalous(result.score)
    assert LABEL in words(at) and wording.WHATIF_NOTE in words(at)
    threshold = detector.calibration.for_expression().threshold
    np.testing.assert_allclose(probed(at, "variants_grid"), detector.score([image])[0].map / threshold, rtol=1e-3)


@pytest.mark.usefixtures("kept")
def test_variants_of_a_study_are_shown_with_their_own_thresholds(study: Path, image: np.ndarray) -> None:
    at = opened(variants="~".join((RD, KD, NNET)))
    shown = tiles(at)
    for title, key in (("Baseline (RD)", "rd"), ("Copier alone (KD)", "kd"), ("All parts (N-Net)", "nnet")):
        assert shown[title]["tag"] == tagged(Detector.load(study / "models" / key, "cpu"), image)
    grid = component(at, "variants_grid")
    assert (grid["hero"], grid["second"], grid["picked"]) == (0, 1, 1), "the reference, and what is looked at closely"
    grid = component(opened(variants="~".join((RD, KD, NNET)), reference=KD, variant=NNET), "variants_grid")
    assert (grid["hero"], grid["second"]) == (1, 2)
    grid = component(opened(variants=RD), "variants_grid")
    assert [grid["tiles"][grid[name]]["title"] for name in ("hero", "second")] == ["Baseline (RD)", wording.ORIGINAL]
    assert "with copier (S₁)" in shown["All parts (N-Net)"]["hint"]
    fine(at.segmented_control(key="grid_show").set_value("forward").run())
    shown = tiles(at)
    names = ["M6 · Baseline (RD)", "M6 · Copier alone (KD)", "M6 · All parts (N-Net)"]
    assert list(shown)[:3] == names and len(shown) == 9
    assert shown["M6 · Baseline (RD)"]["hint"] == wording.NO_MAP and shown["M6 · Baseline (RD)"]["base"] is None
    assert component(at, "variants_grid")["across"] == 3
    maps = Detector.load(study / "models" / "kd", "cpu").trace(image).maps
    level = Detector.load(study / "models" / "kd", "cpu").calibration.map_quantiles["M6"]["q99"]
    assert shown["M6 · Copier alone (KD)"]["tag"] == wording.peak_tag(float(maps["M6"].max()) / level)


@pytest.mark.usefixtures("kept")
def test_every_figure_of_the_paper_chooses_its_variants_or_says_what_trains_them(study: Path) -> None:
    at = pressed(opened(), "Figure 6")
    assert at.multiselect(key=following(at, "variants_chosen")).value == [KD, NNET]
    assert (at.session_state["grid_show"], at.session_state["grid_score"]) == ("forward", "forward")
    assert at.session_state["reference"] == KD and "Not trained here yet" not in at.info[0].value
    at = pressed(at, "Figure 5")
    assert at.multiselect(key=following(at, "variants_chosen")).value == [RD, NNET]
    at = pressed(at, "Figure 8")
    assert "python -m nnet ablate --study table6 --data PATH --keep first" in at.info[0].value
    assert "Baseline + projection, Two students by copying" in at.info[0].value
    assert at.multiselect(key=following(at, "variants_chosen")).value == [RD, NNET], "nothing to choose: the view stays"


def test_without_a_study_the_chosen_model_stands_in_for_n_net() -> None:
    at = pressed(opened(), "Figure 6")
    assert at.multiselect(key=following(at, "variants_chosen")).value == ["m:tiny"]
    said = at.info[0].value
    assert "For All parts (N-Net) the model of the sidebar stands in" in said and "--study figure6" in said


@pytest.mark.usefixtures("kept")
def test_the_difference_is_told_against_the_chosen_reference(study: Path, image: np.ndarray) -> None:
    at = opened(variants=f"{RD}~{NNET}", grid_show="difference", reference=NNET)
    shown = tiles(at)
    assert shown["All parts (N-Net)"]["hint"] == wording.REFERENCE_TAG
    assert "without copier (S₁)" in shown["Baseline (RD)"]["hint"]
    rd, nnet = (Detector.load(study / "models" / key, "cpu") for key in ("rd", "nnet"))
    np.testing.assert_allclose(
        probed(at, "variants_grid"), nnet.score([image])[0].map / nnet.calibration.for_expression().threshold, rtol=1e-3
    )
    first = shown["Baseline (RD)"]["base"]
    fine(at.selectbox(key="reference").set_value(RD).run())
    assert tiles(at)["Baseline (RD)"]["base"] != first and tiles(at)["Baseline (RD)"]["hint"] == wording.REFERENCE_TAG
    judged = [d.score([image])[0].value / d.calibration.for_expression().threshold for d in (rd, nnet)]
    assert units.times(max(judged)) in words(at) and units.times(min(judged)) in words(at)


@pytest.mark.usefixtures("kept")
def test_the_pixels_verdict_is_told_for_every_variant(study: Path, image: np.ndarray) -> None:
    at = opened(variants=f"{RD}~{KD}", normal="anywhere")
    detector = Detector.load(study / "models" / "rd", "cpu")
    x, y = peak_pixel(detector.score([image])[0].map, image.shape)
    assert (at.slider(key=following(at, "grid_x")).value, at.slider(key=following(at, "grid_y")).value) == (x, y)
    fine(at.slider(key=following(at, "grid_x")).set_value(7).run())
    assert at.session_state["pixel"] == f"7,{y}"
    trace = detector.trace(image)
    row, column = pixel_to_cell(7, y, trace.maps["M1"].shape, image.shape)
    values = {name: float(m[row, column]) for name, m in trace.maps.items()}
    expected = attribute(parse("M1*M2*M3"), values, summed_up(detector.calibration).everywhere)
    bars = {bar["name"]: bar for bar in charts(at)[0]["data"] if bar["type"] == "bar"}
    assert set(bars) == {f"M{i}" for i in range(1, 7)}
    assert bars["M1"]["y"] == ["Baseline (RD)"] and bars["M6"]["y"] == ["Copier alone (KD)"]
    assert bars["M2"]["x"][0] == pytest.approx(expected.maps["M2"].contribution, rel=1e-3)


@pytest.mark.usefixtures("kept")
def test_what_tells_a_variant_apart_stands_below(study: Path) -> None:
    at = opened(variants=f"{NNET}~{RD}~w:nfs")
    table, places = tables(at)
    assert {"model.forward", "model.fpm", "model.nfs", "model.ffc"} <= set(table["Path"])
    assert list(table.columns) == ["Setting", "All parts (N-Net)", "Baseline (RD)", "What it is", "Path"]
    row = places[places["Source"] == "Table 5, row 1"].iloc[0]
    assert (row["I-AUROC, published"], row["I-AUROC, measured"]) == ("98.62", "12.50")
    fine(at.pills(key="variant").set_value("w:nfs").run())
    assert at.query_params["variant"] in ("w:nfs", ["w:nfs"])
    assert f"{LABEL} Changed: without the memory (NFS): F′₃ = F₃." in at.info[0].value
    assert list(tables(at)[0]["Setting"]) == ["Memory (NFS)"]
    fine(at.pills(key="variant").set_value(NNET).run())
    assert wording.IS_REFERENCE in words(at)


@pytest.mark.usefixtures("kept")
def test_no_control_runs_a_network_again() -> None:
    at = opened(variants=f"{RD}~{NNET}~w:fpm")
    with (
        patch.object(Detector, "maps", side_effect=AssertionError),
        patch.object(Detector, "trace_batch", side_effect=AssertionError),
        patch.object(Detector, "replay", side_effect=AssertionError),
    ):
        fine(at.slider(key="opacity").set_value(30).run())
        for show in wording.SHOWS:
            fine(at.segmented_control(key="grid_show").set_value(show).run())
        fine(at.slider(key=following(at, "grid_y")).set_value(3).run())
        fine(at.selectbox(key="grid_score").set_value("reverse").run())
        fine(at.selectbox(key="reference").set_value(NNET).run())
    assert at.query_params["opacity"] in ("30", ["30"])


@pytest.mark.usefixtures("kept")
def test_uploaded_images_are_looked_at_too(study: Path) -> None:
    content = encoded(3)
    at = upload(opened(variants=f"{RD}~{KD}"), ("mine.png", content, PNG))
    pixels = decode(content, "mine.png").image
    assert at.subheader[0].value.replace("\\", "") == "mine.png"
    assert tiles(at)["Baseline (RD)"]["tag"] == tagged(Detector.load(study / "models" / "rd", "cpu"), pixels)


@pytest.mark.usefixtures("kept")
def test_variants_without_the_maps_of_a_score_say_so() -> None:
    at = opened(variants=f"{RD}~{KD}", grid_score="forward")
    assert tiles(at)["Baseline (RD)"]["hint"] == wording.NO_SCORE and tiles(at)["Copier alone (KD)"]["tag"]
    at = opened(variants=RD, grid_score="forward")
    assert any(wording.NONE_SCORED in warning.value for warning in at.warning)


def test_nothing_chosen_and_links_to_what_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    at = opened(variants="m:tiny~s:gone:rd:x:0", reference="nowhere", variant="nobody", grid_show="?")
    assert at.multiselect(key=following(at, "variants_chosen")).value == ["m:tiny"]
    assert list(tiles(at)) == ["tiny", wording.ORIGINAL]
    fine(at.multiselect(key=following(at, "variants_chosen")).set_value([]).run())
    assert any(wording.NOTHING_CHOSEN in info.value for info in at.info)
    fine(at.multiselect(key=following(at, "variants_chosen")).set_value(["w:nfs"]).run())
    assert list(tiles(at)) == ["What-if: tiny without the memory", wording.ORIGINAL]


def test_a_damaged_variant_is_left_out_and_the_others_go_on(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(study, tmp_path / NAME)
    (tmp_path / NAME / "models" / "kd" / "weights.safetensors").write_bytes(b"no weights")
    monkeypatch.setenv(environment.STUDIES, str(tmp_path / NAME))
    at = opened(variants=f"{RD}~{KD}")
    assert list(tiles(at)) == ["Baseline (RD)", wording.ORIGINAL]
    assert any(
        "Copier alone (KD) is left out" in w.value.replace("\\", "") and "damaged" in w.value for w in at.warning
    )


def test_models_of_the_same_weights_are_not_taken_for_one(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their settings, normal images and kept thresholds may differ."""
    for name in ("tiny", "twin", "strict"):
        shutil.copytree(tiny_checkpoint, tmp_path / name)
    maps = load_file(tmp_path / "twin" / MAPS)
    save_file({name: 2 * m for name, m in maps.items()}, tmp_path / "twin" / MAPS)
    config = json.loads((tmp_path / "twin" / CONFIG).read_text())
    config["sha256"][MAPS] = file_sha256(tmp_path / "twin" / MAPS)
    (tmp_path / "twin" / CONFIG).write_text(json.dumps(config))
    before = Detector.load(tmp_path / "strict", "cpu").calibration.for_expression()
    kept_thresholds.keep(tmp_path / "strict", before.expression.text, Kept(before.threshold / 2, "A strict line."))
    monkeypatch.setenv("NNET_CHECKPOINTS", str(tmp_path))
    chosen = "m:tiny~m:twin~m:strict"
    shown = tiles(opened(variants=chosen))
    assert len({shown[name]["base"] for name in ("tiny", "twin", "strict")}) == 3
    peaks = tiles(opened(variants=chosen, grid_show="forward"))
    assert peaks["M6 · tiny"]["tag"] == peaks["M6 · strict"]["tag"] != peaks["M6 · twin"]["tag"]
    assert peaks["M6 · tiny"]["base"] != peaks["M6 · twin"]["base"]
    at = opened(variants="m:tiny~m:twin", normal="anywhere")
    shares = [bar["x"] for bar in charts(at)[0]["data"] if bar["type"] == "bar"]
    assert all(one != other for one, other in shares)


def test_studies_are_read_again_when_they_change(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / NAME
    shutil.copytree(study, copy)
    monkeypatch.setenv(environment.STUDIES, os.pathsep.join((str(copy), str(tmp_path / "nothing"))))
    assert [m.variant.name for m in candidates.kept_models(tmp_path)] == ["rd", "nnet", "kd"]
    shutil.rmtree(copy / "models" / "kd")
    assert [m.variant.name for m in candidates.kept_models(tmp_path)] == ["rd", "nnet"]


def test_a_press_on_a_name_chooses_the_variant(detector: Detector, image: np.ndarray) -> None:
    at = opened(variant="w:fpm")
    data = component(at, "variants_grid")
    titles = [tile["title"] for tile in data["tiles"]]
    assert data["picked"] == titles.index("What-if: tiny without projections")
    assert [bool(tile["pick"]) for tile in data["tiles"]] == [True, True, True, True, False]


def test_judging_a_checkpoint_equals_judging_with_its_detector(tiny_checkpoint: Path, detector, image) -> None:
    model = resources.load_model("tiny", tiny_checkpoint, "cpu")
    maps = detector.trace(image).maps
    judged = judge(detector.checkpoint.calibration, maps, PRESETS["reverse"])
    expected = detector.score([image], "M1*M2*M3")[0]
    assert judged.value == pytest.approx(expected.value, rel=1e-4)
    assert judged.reference.threshold == model.detector.calibration.for_expression("M1*M2*M3").threshold
    one = Candidate("m:tiny", MODEL, "tiny", tiny_checkpoint, "tiny")
    levels = {name: q["q99"] for name, q in detector.calibration.map_quantiles.items()}
    variant = candidates.Variant(
        one, "tiny", detector.checkpoint, detector.config, maps, PRESETS["reverse"], judged, levels, "one"
    )
    np.testing.assert_allclose(sides.difference(variant.side, variant.side), 0)
    raised = replace(judged, score=judged.score + judged.reference.threshold)
    higher = candidates.Variant(
        one, "up", detector.checkpoint, detector.config, maps, PRESETS["reverse"], raised, levels, "up"
    )
    np.testing.assert_allclose(sides.difference(variant.side, higher.side), 1, rtol=1e-4)
