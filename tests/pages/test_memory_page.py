"""The Memory page, driven without a browser: what is shown equals what `nnet` says, and every control changes it."""

import json
import re
import shutil
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from apptest import charts, encoded, fine, following, html, metrics, pressed, start, upload, words
from builders import tiny_config
from streamlit.testing.v1 import AppTest

from nnet.analysis import embedding, story
from nnet.analysis.atlas import from_tensors
from nnet.data.images import decode
from nnet.detector import Detector, Trace
from nnet.model.network import NNet
from nnet.saved import checkpoint as checkpoints
from nnet.scoring.calibration import Calibration
from nnet.training.state import load_history
from workbench.memory import colours, recall
from workbench.memory import words as memory_text
from workbench.memory.recall import Addressing
from workbench.shared import resources, samples, units
from workbench.shared import words as shared_words
from workbench.shared.resources import Model

MEMORY = "pages/2_Memory.py"
ADDRESSING, DISTANCES = 0, 1
RECALL, FORGET, MAPS, DISTANCE = "recall_pictures", "forget_pictures", "map_pictures", "distance_pictures"

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(240)]


@pytest.fixture
def trace(model: Model) -> Trace:
    """Of the first sample: the very trace that the app shows."""
    first = samples.collection().images[0]
    return resources.trace(model, resources.load_image(f"sample:{first.id}", first.title, first.sample))


def tiles(at: AppTest, key: str) -> dict[str, dict]:
    """The pictures of a group by title, as the browser gets them."""
    found = [element for element in at.get("bidi_component") if element.proto.id.endswith(f"-{key}")]
    return {tile["title"]: tile for tile in json.loads(found[0].proto.json)["tiles"]} if found else {}


def chosen(at: AppTest) -> tuple[int, int]:
    return at.slider(key="patch_row").value - 1, at.slider(key="patch_column").value - 1


def items_shown(at: AppTest) -> list[int]:
    """Numbers of the items on cards with a map, in order, from 0."""
    grids = (element.proto.body for element in at.get("html") if "% of this image" in element.proto.body)
    return [int(number) - 1 for number in re.findall(r">Item (\d+)", "".join(grids))]


# -------------------------------------------------------------------------------------------------------- headline


def test_the_page_says_how_the_memory_works_on_this_image(detector: Detector, trace: Trace) -> None:
    at = start(MEMORY)
    weights = trace.addressing.weights
    nats, per_patch = float(recall.entropy(weights).mean()), recall.effective_items(weights).mean()
    usual = load_history(detector.checkpoint.path)[-1]["items_per_query"]
    assert memory_text.headline(per_patch, 6, usual) in words(at)
    help = next(one.help for one in at.metric if one.label == memory_text.PER_PATCH)
    assert f"exp({nats:.2f}) = {np.exp(nats):.1f}" in help, "what the other mean is called, and why it is less"
    assert at.main.caption[0].value == memory_text.LEAD, "what it is comes first"
    atlas = from_tensors(checkpoints.load_atlas(detector.checkpoint))
    here = recall.usage(weights)
    here_evenly, in_training = (float(recall.effective_items(share)) for share in (here, atlas.usage))
    assert memory_text.in_training(in_training) in words(at)
    assert metrics(at)[memory_text.USED] == f"{int((here > 0).sum())} of 6"
    assert metrics(at)[memory_text.SPREAD] == f"{here_evenly:.0f}"
    assert metrics(at)["Items per patch"] == f"{per_patch:.1f}"
    assert metrics(at)["Dead items"] == str(int(atlas.dead.sum()))


def test_uploaded_images_are_shown_here_too(detector: Detector) -> None:
    content = encoded(4)
    at = upload(start(MEMORY), ("part.png", content, "image/png"))
    assert at.subheader[0].value == r"part\.png" or at.subheader[0].value == "part.png"
    expected = recall.effective_items(detector.trace(decode(content).image).addressing.weights)
    assert tiles(at, RECALL)["Items per patch"]["values"] == _flat(colours.per_patch_readings(expected))
    assert all(value.endswith(shared_words.UNIT) for value in tiles(at, RECALL)[memory_text.PICTURE]["values"])


def _flat(rows: list[list[str]]) -> list[str]:
    return [value for row in rows for value in row]


def test_the_image_chosen_on_another_page_is_shown() -> None:
    at = start("pages/1_Inspect.py", sample=samples.collection().images[2].id)
    fine(at.switch_page(MEMORY).run())
    assert samples.collection().images[2].title in at.subheader[0].value.replace("\\", "")


# ------------------------------------------------------------------------------------------------------- one patch


def test_the_most_conspicuous_patch_is_chosen_first_and_explained(detector: Detector, trace: Trace) -> None:
    at = start(MEMORY)
    score = detector.score([trace.image])[0]
    cells = recall.per_position(score.map, trace.addressing.weights.shape[:2])
    place = chosen(at)
    assert cells[place] == pytest.approx(cells.max(), rel=1e-4)
    for weights in (trace.addressing.raw[place], trace.addressing.weights[place]):
        assert f" {float(recall.effective_items(weights)):.1f} " in words(at)
    bars = {bar["name"]: bar for bar in charts(at)[ADDRESSING]["data"]}
    assert len(bars) == 2 and set(bars["after"]["x"]) == {"1", "2", "3", "4", "5", "6"}


@pytest.mark.parametrize("key", ["patch_row", "patch_column"])
def test_a_slider_chooses_another_patch(key: str, trace: Trace) -> None:
    at = start(MEMORY)
    before = charts(at)[ADDRESSING]
    other = 1 if at.slider(key=key).value > 1 else 2
    with patch.object(Detector, "trace_batch") as run, patch.object(Detector, "rebuild") as rebuild:
        fine(at.slider(key=key).set_value(other).run())
        assert not run.called and not rebuild.called
    assert charts(at)[ADDRESSING] != before
    row, column = chosen(at)
    assert f"Row {row + 1}, column {column + 1}:" in words(at)
    weight = trace.addressing.weights[row, column].max()
    assert f"weight {weight:.2f}" in html(at)
    assert at.query_params[key] in (str(other), [str(other)])


def test_a_link_opens_the_same_view() -> None:
    at = start(MEMORY, patch_row="2", patch_column="3", temperature="0.2", forget="2,4-5", atlas="similarity")
    assert chosen(at) == (1, 2)
    assert at.select_slider(key="temperature").value == 0.2
    assert at.multiselect(key=following(at, "forgotten")).value == [1, 3, 4]
    assert "Similarity of the items" in words(at)


@pytest.mark.parametrize(
    "address", [{"patch_row": "99"}, {"temperature": "hot"}, {"forget": "7"}, {"forget": "x"}, {"atlas": "moon"}]
)
def test_an_impossible_link_opens_the_usual_view(address: dict[str, str]) -> None:
    at = start(MEMORY, **address)
    assert memory_text.AS_TRAINED in words(at) and chosen(at) == chosen(start(MEMORY))


# ------------------------------------------------------------------------------------------------------ addressing


@pytest.mark.parametrize(("key", "value"), [("temperature", 0.5), ("shrink", 0.0)])
def test_a_slider_of_the_addressing_is_followed_and_only_what_comes_after_the_memory_runs(
    key: str, value: float, detector: Detector, trace: Trace
) -> None:
    at = start(MEMORY)
    with patch.object(Detector, "trace_batch") as run, patch.object(recall, "effect", wraps=recall.effect) as effect:
        fine(at.select_slider(key=key).set_value(value).run())
        assert not run.called and effect.call_count == 1
    trained = detector.config.model
    settings = {"temperature": trained.temperature, "shrink": trained.shrink} | {key: value}
    use = detector.address(trace.addressing.cosine, **settings)
    shown = tiles(at, RECALL)
    mixed = recall.effective_items(use.weights)
    assert shown["Items per patch"]["values"] == _flat(colours.per_patch_readings(mixed))
    most = use.weights.argmax(axis=-1)
    assert len(shown) == 3, "beside the large one there is room for two"
    used = tiles(at, "most_used")["Most used item"]
    assert used["values"] == _flat(colours.item_readings(most, use.weights.max(axis=-1)))
    recalled = np.ascontiguousarray(np.moveaxis(use.weights @ detector.memory, -1, 0))
    distance = recall.cosine_distance(trace.F[2], recalled)
    assert next(iter(tiles(at, DISTANCE).values()))["values"] == _flat(colours.readings(distance))
    assert "Changed" in words(at)


def test_every_number_says_to_which_addressing_it_belongs(detector: Detector, trace: Trace) -> None:
    at = start(MEMORY)
    assert memory_text.UNDER_CHANGED not in words(at)
    at = start(MEMORY, temperature="1.0", shrink="0.0")
    use = detector.address(trace.addressing.cosine, 1.0, 0.0)
    now, trained = (recall.effective_items(w).mean() for w in (use.weights, trace.addressing.weights))
    assert f"{now:.1f}" != f"{trained:.1f}"
    assert memory_text.now_recalled_from(now, trained, 6) in words(at)
    assert metrics(at)["Items per patch"] == f"{trained:.1f}"
    assert memory_text.NUMBERS_AS_TRAINED in [expander.label for expander in at.expander]
    assert words(at).count(memory_text.UNDER_CHANGED) == 3, "on Recall, Items and Forget"


def test_the_score_and_its_picture_follow_the_slider_that_was_moved(detector: Detector, trace: Trace) -> None:
    at = start(MEMORY)
    assert "Score now" not in metrics(at)
    fine(at.select_slider(key="temperature").set_value(0.3).run())
    use = detector.address(trace.addressing.cosine, 0.3, detector.config.model.shrink)
    assert_effect(at, detector, trace, use.weights)
    judged = recall.effect(
        detector, trace, np.ascontiguousarray(np.moveaxis(use.weights @ detector.memory, -1, 0))
    ).judged
    now, trained = (metrics(at)[name] for name in (memory_text.SCORE_NOW, memory_text.SCORE_TRAINED))
    assert memory_text.score_now(now, trained) in words(at)
    same = story.compared(judged.value, detector.score([trace.image])[0].value) == story.EQUAL
    assert (memory_text.HARDLY in words(at)) == same
    ratios = judged.reference.multiple(recall.per_position(judged.score, use.weights.shape[:2]))
    shown = tiles(at, RECALL)[memory_text.PICTURE]["values"]
    assert shown == _flat(colours.readings(ratios, memory_text.SCORE_READING, units.times))


def assert_effect(at: AppTest, detector: Detector, trace: Trace, weights: np.ndarray) -> None:
    """The page shows what `nnet` computes from these weights."""
    expected = recall.effect(detector, trace, np.ascontiguousarray(np.moveaxis(weights @ detector.memory, -1, 0)))
    now, trained = expected.judged, detector.score([trace.image])[0]
    assert metrics(at)["Score now"] == shared_words.relative(now.reference, now.value)
    assert metrics(at)["Score as trained"] == shared_words.relative(now.reference, trained.value)
    assert "what follows the memory ran" in words(at) and "rebuilder S₂" in words(at)
    assert set(tiles(at, MAPS)) == {f"{name} {when}" for name in trace.maps for when in ("as trained", "now")}
    assert len(tiles(at, FORGET)) == 4


def test_every_patch_mixes_all_items_at_a_press(detector: Detector, trace: Trace) -> None:
    at = fine(start(MEMORY).button(key="memory_mix_all").click().run())
    use = detector.address(trace.addressing.cosine, 1.0, 0.0)
    assert_effect(at, detector, trace, use.weights)
    mixed = recall.effective_items(use.weights)
    assert tiles(at, RECALL)["Items per patch"]["values"] == _flat(colours.per_patch_readings(mixed))
    assert at.button(key="memory_mix_all").disabled and memory_text.AS_TRAINED not in words(at)


def test_the_trained_addressing_is_marked_and_comes_back() -> None:
    at = start(MEMORY)
    assert "trained: 0.05" in html(at) and "trained: 1" in html(at) and memory_text.AS_TRAINED in words(at)
    before = tiles(at, RECALL)
    fine(at.select_slider(key="temperature").set_value(1.0).run())
    fine(at.select_slider(key="shrink").set_value(2.0).run())
    assert tiles(at, RECALL) != before and "trained: 0.05" in html(at)
    pressed(at, "Reset")
    assert tiles(at, RECALL) == before
    assert "temperature" not in at.query_params and "shrink" not in at.query_params


# -------------------------------------------------------------------------------------------------------- forgetting


def test_an_item_is_switched_off(detector: Detector, trace: Trace) -> None:
    at = start(MEMORY)
    fine(at.multiselect(key=following(at, "forgotten")).set_value([0, 3]).run())
    keep = np.array([False, True, True, False, True, True])
    model = detector.config.model
    use = detector.address(trace.addressing.cosine, model.temperature, model.shrink, keep)
    assert_effect(at, detector, trace, use.weights)
    recalled = np.ascontiguousarray(np.moveaxis(use.weights @ detector.memory, -1, 0))
    moved = recall.cosine_distance(trace.F3_recalled, recalled)
    assert metrics(at)["F′₃ moved by"] == units.number(float(moved.mean()))
    assert at.query_params["forget"] in ("1,4", ["1,4"])
    assert ">off<" in html(at)


def test_the_most_used_item_is_forgotten_and_brought_back(detector: Detector, trace: Trace) -> None:
    at = start(MEMORY)
    most = int(recall.usage(trace.addressing.weights).argmax())
    pressed(at, "(most used)")
    assert at.multiselect(key=following(at, "forgotten")).value == [most]
    pressed(at, "Bring all back")
    assert at.multiselect(key=following(at, "forgotten")).value == [] and "Score now" not in metrics(at)


def test_the_chosen_patchs_item_is_forgotten(trace: Trace) -> None:
    at = start(MEMORY)
    item = int(trace.addressing.weights[chosen(at)].argmax())
    pressed(at, "(this patch)")
    assert at.multiselect(key=following(at, "forgotten")).value == [item]


def test_all_but_the_most_used_items_are_forgotten(trace: Trace) -> None:
    at = start(MEMORY)
    fine(at.number_input(key="keep_items").set_value(2).run())
    pressed(at, "Forget all but these")
    kept = set(range(6)) - set(at.multiselect(key=following(at, "forgotten")).value)
    assert kept == set(recall.ranked(recall.usage(trace.addressing.weights))[:2].tolist())


def test_what_follows_the_memory_runs_once_for_each_addressing() -> None:
    at = start(MEMORY, forget="3")
    with patch.object(recall, "effect", wraps=recall.effect) as effect:
        fine(at.slider(key="patch_row").set_value(1).run())
        assert effect.call_count == 0, "a patch is no other addressing"
        fine(at.multiselect(key=following(at, "forgotten")).set_value([2, 4]).run())
        assert effect.call_count == 1
        fine(at.multiselect(key=following(at, "forgotten")).set_value([2]).run())
        assert effect.call_count == 1, "that one is known"


def test_nothing_can_be_recalled_with_every_item_off() -> None:
    at = start(MEMORY, forget="1-6")
    assert memory_text.ALL_OFF in words(at) and memory_text.AS_TRAINED in words(at)


# ------------------------------------------------------------------------------------------------ items on this image


def test_items_are_ordered_by_use_or_number_or_training(detector: Detector, trace: Trace) -> None:
    at = start(MEMORY)
    here = recall.usage(trace.addressing.weights)
    assert items_shown(at) == recall.ranked(here).tolist()
    fine(at.selectbox(key="items_order").set_value("number").run())
    assert items_shown(at) == list(range(6))
    fine(at.selectbox(key="items_order").set_value("training").run())
    atlas = from_tensors(checkpoints.load_atlas(detector.checkpoint))
    assert items_shown(at) == recall.ranked(atlas.usage).tolist()
    fine(at.multiselect(key=following(at, "items_only")).set_value([4]).run())
    assert items_shown(at) == [4]


def test_the_distance_is_given_for_normal_and_flagged_patches(detector: Detector, trace: Trace) -> None:
    at = start(MEMORY)
    distance = recall.cosine_distance(trace.F[2], trace.F3_recalled)
    score = detector.score([trace.image])[0].map
    cells = recall.per_position(score, distance.shape)
    flagged = cells > detector.calibration.for_expression().threshold
    means = [float(distance[mask].mean()) if mask.any() else None for mask in (~flagged, flagged)]
    assert memory_text.changed(*means, float(distance.mean()), None) in words(at)
    dots = {dots["name"]: dots["x"] for dots in charts(at)[DISTANCES]["data"]}
    assert "normal" in dots and "flagged" in dots


# ------------------------------------------------------------------------------------------------------------- atlas


def test_the_atlas_has_a_view_for_items_similarity_and_the_map(detector: Detector) -> None:
    at = start(MEMORY, atlas_layout="PCA")
    atlas = from_tensors(checkpoints.load_atlas(detector.checkpoint))
    assert f"{units.percent(float(atlas.usage.max()))} in training" in html(at)
    assert html(at).count(">dead<") >= int(atlas.dead.sum())
    fine(at.segmented_control(key="atlas").set_value("similarity").run())
    heatmap = charts(at)[-1]["data"][0]
    assert heatmap["type"] == "heatmap" and "Similarity of the items" in words(at)
    fine(at.segmented_control(key="atlas").set_value("map").run())
    names = [points["name"] for points in charts(at)[-1]["data"]]
    assert names == ["normal patch", "flagged patch", "memory item"]
    assert memory_text.MAP_TITLE.format(method="PCA") in words(at)


def test_the_layout_of_the_map_is_chosen() -> None:
    def upside_down(points: np.ndarray) -> np.ndarray:
        return -embedding.pca(points)[0]  # UMAP itself takes seconds; see the tests of the figures

    with patch.object(embedding, "embed", upside_down):
        at = start(MEMORY, atlas="map")
        before = charts(at)[-1]
        assert memory_text.MAP_TITLE.format(method="UMAP") in words(at)
        fine(at.segmented_control(key="atlas_layout").set_value("PCA").run())
    assert memory_text.MAP_TITLE.format(method="PCA") in words(at) and charts(at)[-1] != before


def test_the_atlas_is_ordered_by_number() -> None:
    at = start(MEMORY)
    before = html(at)
    fine(at.selectbox(key="atlas_order").set_value("number").run())
    assert html(at) != before


# --------------------------------------------------------------------------------------------- without memory or atlas


def test_a_checkpoint_without_an_atlas_says_so_and_shows_the_rest(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(tiny_checkpoint, bare)
    (bare / checkpoints.ATLAS).unlink()
    config = json.loads((bare / checkpoints.CONFIG).read_text())
    del config["sha256"][checkpoints.ATLAS]
    (bare / checkpoints.CONFIG).write_text(json.dumps(config))
    monkeypatch.setenv("NNET_CHECKPOINTS", str(tmp_path))
    at = start(MEMORY)
    assert memory_text.NO_ATLAS in [message.value for message in at.info]
    assert len(tiles(at, RECALL)) == 3 and metrics(at)["Dead items"] == "–"
    assert "Use in training" not in str(at.selectbox(key="items_order").options)


def test_a_model_without_a_memory_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tiny_config(model__nfs=False)
    normal = {name: np.random.default_rng(0).random((8, 64, 64)).astype(np.float16) for name in config.maps}
    calibration = Calibration(normal, config.model.size, config.scoring)
    about = {"teacher_origin": "random weights", "training_images": 8}
    checkpoints.save(tmp_path / "plain", NNet(config), config, calibration, None, about)
    monkeypatch.setenv("NNET_CHECKPOINTS", str(tmp_path))
    at = start(MEMORY)
    assert memory_text.NO_MEMORY in [message.value for message in at.info]
    assert not at.get("bidi_component")


def test_another_model_starts_with_its_own_trained_addressing(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tiny_checkpoint, tmp_path / "first")
    shutil.copytree(tiny_checkpoint, tmp_path / "second")
    path = tmp_path / "second" / checkpoints.CONFIG
    config = json.loads(path.read_text())
    config["config"]["model"]["temperature"] = 0.3
    path.write_text(json.dumps(config))
    monkeypatch.setenv("NNET_CHECKPOINTS", str(tmp_path))
    at = start(MEMORY)
    fine(at.multiselect(key=following(at, "forgotten")).set_value([1]).run())
    fine(at.selectbox(key="model").set_value("second").run())
    assert at.select_slider(key="temperature").value == 0.3 and "trained: 0.3" in html(at)
    assert memory_text.AS_TRAINED in words(at) and at.multiselect(key=following(at, "forgotten")).value == []


def test_settings_are_compared_as_numbers() -> None:
    assert Addressing(0.05, 1.0) == Addressing(0.05, 1) and Addressing(0.05, 1.0, (1,)) != Addressing(0.05, 1.0)
