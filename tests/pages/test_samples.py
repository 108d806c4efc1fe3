"""The sample images are those of the model in use."""

import json
import shutil
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from apptest import INSPECT, ROOT, component, fine, heading, start, use_model
from builders import encode, write_category
from streamlit.testing.v1 import AppTest

from nnet.detector import Detector
from workbench.home import demo
from workbench.shared import samples

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def tiny_checkpoint(trained_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that tells nothing of its data, beside one of synthetic washers; the first comes first in the list."""
    folder = tmp_path_factory.mktemp("two")
    for name, source, created in (
        ("plain", "the package elpv-dataset", "2030-01-01T00:00:00+00:00"),
        ("washers", "synthetic:washer, seed 0", "2020-01-01T00:00:00+00:00"),
    ):
        shutil.copytree(trained_checkpoint, folder / name)
        config = folder / name / "config.json"
        content = json.loads(config.read_text(encoding="utf-8"))
        content["about"] |= {"data": {"name": name, "source": source}, "created": created}
        config.write_text(json.dumps(content), encoding="utf-8")
    return folder / "plain"


def test_a_synthetic_model_has_test_images_of_its_own_data_every_kind_of_defect_first() -> None:
    found = samples.collection("synthetic:washer, seed 0")
    labels = [image.sample.label for image in found.images]
    assert found.name == "Synthetic washer" and len(labels) == 10
    assert len(set(labels[:5])) == 5 and "good" not in labels[:5] and labels[-4:] == ["good"] * 4
    assert all(image.sample.split == "test" for image in found.images)
    assert len({image.id for image in found.images}) == 10


def test_a_model_of_a_folder_has_its_images_and_none_of_a_folder_that_is_gone(tmp_path: Path) -> None:
    folder = write_category(tmp_path / "bolts")
    found = samples.collection(str(folder))
    assert found.images and all(Path(str(image.sample.key)).suffix for image in found.images)
    assert {image.sample.is_defective for image in found.images} == {True, False}
    for image in found.images:
        assert image.title == f"{Path(image.sample.key).name}: {image.sample.label}"
    assert found != samples.collection()
    for source in ("", str(tmp_path / "gone"), "bolts", "synthetic:nothing"):
        assert samples.collection(source).images == samples.collection().images


def test_a_model_of_a_zip_has_its_images_if_the_zip_is_not_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_category(tmp_path / "bolts")
    packed = shutil.make_archive(str(tmp_path / "box"), "zip", tmp_path / "bolts")
    found = samples.collection(packed)
    assert {image.sample.is_defective for image in found.images} == {True, False}
    assert found.images[0].sample.load().image.size
    monkeypatch.setattr(samples, "_ZIP_BYTES", 10)
    assert samples.collection(packed, 1).images == samples.collection().images


def test_changing_the_model_changes_the_samples_and_leaves_no_picture_of_the_other() -> None:
    cells, washers = samples.collection().images, samples.collection("synthetic:washer, seed 0").images
    at = start(INSPECT, sample=cells[1].id)
    assert heading(at) == cells[1].title
    at = use_model(at, "washers")
    assert heading(at) == washers[0].title and at.query_params["sample"] in (washers[0].id, [washers[0].id])
    at = use_model(at, "plain")
    assert heading(at) == cells[0].title


def test_an_image_of_the_former_models_data_is_left_with_it() -> None:
    at = start(INSPECT, model="washers", set="synthetic:washer", image="test/good/000.png")
    assert heading(at) == "test/good/000.png"
    at = use_model(at, "plain")
    assert heading(at) == samples.collection().images[0].title and "set" not in at.query_params
    other = start(INSPECT, model="washers", set="synthetic:metal", image="test/good/000.png")
    assert heading(use_model(other, "plain")) == "test/good/000.png", "an image of other data stays"


def test_inspect_opens_on_the_most_telling_picture_of_a_run(tiny_checkpoint: Path) -> None:
    images = samples.collection("synthetic:washer, seed 0").images
    detector = Detector.load(tiny_checkpoint.parent / "washers", "cpu")
    scores = [detector.score([image.sample.load().image])[0].value for image in images]
    at = AppTest.from_file(str(ROOT / "Workbench.py"), default_timeout=60)
    at.query_params["model"] = "washers"
    at.switch_page(INSPECT)
    at.session_state["wants_most_telling"] = True
    assert heading(fine(at.run())) == images[scores.index(max(scores))].title


def test_a_link_may_show_a_solar_cell_to_a_model_of_other_parts() -> None:
    cell = samples.collection().images[2]
    assert heading(start(INSPECT, model="washers", sample=cell.id)) == cell.title


def test_a_foreign_model_opens_no_folder_of_the_server(
    trained_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_category(tmp_path / "data" / "bolts")
    shutil.copytree(trained_checkpoint, tmp_path / "models" / "foreign")
    config = tmp_path / "models" / "foreign" / "config.json"
    content = json.loads(config.read_text(encoding="utf-8"))
    content["about"] |= {"data": {"name": "bolts", "source": str(data)}}
    config.write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setenv("NNET_CHECKPOINTS", str(tmp_path / "models"))
    assert heading(start(INSPECT)) == samples.collection().images[0].title
    monkeypatch.setenv("NNET_DATA", str(tmp_path / "data"))
    assert heading(start(INSPECT)) == samples.collection(str(data)).images[0].title


def test_a_drawing_on_a_sample_of_the_former_model_is_left_with_it() -> None:
    at = start()
    loaded = demo.good_part().load()
    sheet = np.full((*loaded.shown.shape[:2], 4), 255, np.uint8)
    at.session_state["drawings"] = OrderedDict({loaded.hash: encode(sheet)})
    fine(at.run())
    at.switch_page(INSPECT)
    assert heading(fine(at.run())).endswith("with your drawing")
    at = use_model(at, "washers")
    assert heading(at) == samples.collection("synthetic:washer, seed 0").images[0].title
    at.switch_page("Workbench.py")
    at.query_params.clear()
    assert component(fine(at.run()), "home_demo")["layer"] is None
