"""An exported model says what the original says, also where neither torch nor nnet can be imported."""

import csv
import json
import logging
import re
import shutil
import subprocess
import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from builders import random_images, tiny_config
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from PIL import Image
from watched import put, rows

from nnet import cli
from nnet.config import Config
from nnet.detector import Detector, TrainedModel
from nnet.export import Check, ExportError, checking, export, folder, open_export, opening, writers
from nnet.export.graph import Graph, float32_below
from nnet.model.network import NNet
from nnet.saved.checkpoint import Checkpoint
from nnet.scoring.calibration import calibrate

pytestmark = pytest.mark.skipif(
    not all(map(find_spec, ("onnxruntime", "onnxscript"))), reason="the extra [export] is not installed"
)

# Run before the script: whoever imports one of these fails, as on a machine without them.
WITHOUT = """
import runpy, sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "torchvision", "timm", "nnet", "onnx"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
script, *sys.argv[1:] = sys.argv[1:]
runpy.run_path(script, run_name="__main__")
"""


WITH_THESE_ALONE = """
import sys
missing, *arguments = sys.argv[1:]
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in missing.split():
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
from nnet.cli import main
sys.exit(main(arguments))
"""


def not_installed_on_the_line() -> str:
    """Modules of this environment that neither docs/deploy.md's command for the line brings nor these packages need."""
    text = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text()
    waiting, brought = re.findall(r"nnet_workbench-\S+ && pip install (.+)", text)[0].split(), {"nnet-workbench"}
    while waiting:
        brought.add(name := canonicalize_name(waiting.pop()))
        needs = [Requirement(line) for line in metadata.requires(name) or ()]
        waiting += [one.name for one in needs if one.marker is None or one.marker.evaluate({"extra": ""})]
    owners = metadata.packages_distributions()
    return " ".join(one for one, of in owners.items() if not brought & {canonicalize_name(name) for name in of})


def untrained(config: Config) -> TrainedModel:
    """A model with random weights and made-up calibration: enough to compare two ways to compute it."""
    network = NNet(config).eval().requires_grad_(False)
    maps = Detector(network, config, "cpu").maps(list(random_images(4, config.model.size, seed=3)))
    calibration = calibrate(maps, config.model.size, config.scoring)
    return TrainedModel(network, Checkpoint(Path("untrained"), config, "0" * 64, calibration, {}), "cpu")


@pytest.fixture(scope="module")
def exported(tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exports") / "onnx"
    assert cli.main(["export", "--checkpoint", str(tiny_checkpoint), "--format", "onnx", "--out", str(out)]) == 0
    return out


@pytest.mark.long
def test_the_manifest_tells_what_the_numbers_mean_and_lists_every_file(exported, detector):
    manifest = json.loads((exported / "manifest.json").read_text())
    reference = detector.calibration.for_expression()
    assert manifest["threshold"] == reference.threshold and manifest["expression"] == reference.expression.text
    assert manifest["calibration"]["percentiles"]["100"] == reference.scores.max()
    assert manifest["check"]["score"] <= checking.LIMIT and manifest["check"]["decisions"] == 0
    present = {path.name for path in exported.iterdir()} - {"manifest.json"}
    assert present == set(manifest["files"]) == {"model.onnx", "score.py"}
    assert not list(exported.parent.glob(".onnx*")), "a temporary folder stayed"


@pytest.mark.long
@pytest.mark.parametrize("count", [1, 3])
def test_any_number_of_pictures_goes_in_and_the_documented_shapes_come_out(exported, detector, count):
    images = random_images(count, seed=7)
    found = open_export(exported, threads=1)(images)
    manifest = json.loads((exported / "manifest.json").read_text())
    for name, stated in manifest["outputs"].items():
        shape = [count if side == "N" else side for side in stated["shape"]]
        assert (list(found[name].shape), str(found[name].dtype)) == (shape, stated["dtype"])
    for score, value in zip(detector.score(list(images)), found["score"], strict=True):
        assert value == pytest.approx(score.value, abs=1e-3 * manifest["threshold"])


@pytest.mark.long
@pytest.mark.parametrize("shape", [(2, 150, 90), (1, 48, 200), (1, 40, 40), (1, 333, 70)])
def test_pictures_of_any_size_give_the_originals_scores(exported, detector, shape):
    images = np.random.default_rng(5).integers(0, 256, (*shape, 3), dtype=np.uint8)
    found = open_export(exported, threads=1)(images)
    threshold = detector.calibration.for_expression().threshold
    for score, heat, value in zip(detector.score(list(images)), found["score_map"], found["score"], strict=True):
        assert np.abs(heat - score.map).max() < 1e-3 * threshold
        assert value == pytest.approx(score.value, abs=1e-3 * threshold)


@pytest.mark.long
def test_the_script_scores_a_folder_where_torch_and_nnet_are_missing(exported, detector, tmp_path):
    pictures, out = tmp_path / "pictures", tmp_path / "out"
    (pictures / "deep").mkdir(parents=True)
    Image.fromarray(random_images(1, 80, seed=4)[0]).save(pictures / "a.png")
    Image.fromarray(random_images(1, 120, seed=5)[0][:90]).save(pictures / "deep" / "b.png")
    command = [sys.executable, "-c", WITHOUT, str(exported / "score.py"), str(pictures), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader((out / "scores.csv").open(encoding="utf-8-sig")))
    assert [Path(row["image"]).name for row in rows] == ["a.png", "b.png"]
    threshold = detector.calibration.for_expression().threshold
    for row in rows:
        picture = np.asarray(Image.open(row["image"]))
        value = detector.score([picture])[0].value
        assert float(row["score"]) == pytest.approx(value, abs=1e-3 * threshold, rel=1e-5)
        assert bool(int(row["anomalous"])) == (value > threshold)
    with Image.open(out / "deep_b.png_overlay.png") as overlay:
        assert overlay.size == (120, 90)


@pytest.mark.long
def test_an_exported_model_decides_as_the_checkpoint_with_the_packages_of_the_line(exported, tiny_checkpoint, tmp_path):
    for grey in (20, 120, 240):
        put(tmp_path / "in", f"{grey}.png", grey)
    watch = [str(tmp_path / "in"), "--once", "--interval", "0", "--out"]
    missing = not_installed_on_the_line()
    assert "torch" in missing.split()
    command = [sys.executable, "-c", WITH_THESE_ALONE, missing, "watch", "--export", exported, *watch, tmp_path / "a"]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    original = ["--checkpoint", str(tiny_checkpoint), "--device", "cpu"]
    assert cli.main(["watch", *original, *watch, str(tmp_path / "b")]) == 0
    for found, wanted in zip(rows(tmp_path / "a"), rows(tmp_path / "b"), strict=True):
        assert (found["name"], found["decision"]) == (wanted["name"], wanted["decision"])
        assert float(found["x_threshold"]) == pytest.approx(float(wanted["x_threshold"]), abs=1e-3)
        assert (tmp_path / "a" / found["overlay"]).is_file()


@pytest.mark.long
def test_what_does_not_go_with_an_exported_model_is_said(exported, tmp_path, capsys):
    put(tmp_path / "in", "a.png")
    command = ["watch", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--once", "--interval", "0", "--export"]
    assert cli.main([*command, str(exported), "--score", "M1"]) == 1
    assert "export the model with another --score" in capsys.readouterr().err
    assert cli.main([*command, str(tmp_path)]) == 1
    assert "is not an exported model" in capsys.readouterr().err


@pytest.mark.parametrize("script", ["standalone.py", "several.py"])
def test_the_script_says_what_it_takes(script, tmp_path):
    shutil.copy(Path(folder.__file__).with_name(script), tmp_path)
    for given in ([], [str(tmp_path)], ["a", "b", "c"]):
        ended = subprocess.run([sys.executable, tmp_path / script, *given], capture_output=True, text=True)
        assert (ended.returncode, ended.stdout) == (1, "")
        assert ended.stderr == "Usage: IN OUT\n", "no traceback"


def test_the_script_is_at_most_forty_lines_long():
    assert len((Path(folder.__file__).parent / "standalone.py").read_text().splitlines()) <= 40


@pytest.mark.slow
def test_another_expression_brings_its_own_threshold_and_torch_needs_no_extra(tiny_checkpoint, tmp_path):
    model = Detector.load(tiny_checkpoint, "cpu")
    done = export(model, "torch", tmp_path / "out", "M1*M2")
    assert done.check.score <= checking.LIMIT
    assert open_export(done.folder)(random_images(2))["threshold"] == pytest.approx(
        model.calibration.for_expression("M1*M2").threshold, rel=1e-6
    )


@pytest.mark.slow
def test_openvino_says_the_same(tiny_checkpoint, tmp_path):
    pytest.importorskip("openvino")
    model = Detector.load(tiny_checkpoint, "cpu")
    done = export(model, "openvino", tmp_path / "out")
    assert done.check.score <= checking.LIMIT and not done.check.decisions
    run, limit = open_export(done.folder), checking.LIMIT * model.calibration.for_expression().threshold
    for count in (1, 2, 5):  # the first picture and the first larger batches are right, too
        images = random_images(count, model.config.model.size)
        for score, value in zip(model.score(list(images)), run(images)["score"], strict=True):
            assert value == pytest.approx(score.value, abs=limit)


@pytest.mark.slow
def test_the_papers_teacher_is_exported(tmp_path):
    model = untrained(tiny_config(model__teacher="wide_resnet50_2"))
    assert export(model, "onnx", tmp_path / "out").check.score <= checking.LIMIT


@pytest.mark.long
def test_a_model_that_differs_is_not_written_and_an_older_export_stays(tiny_checkpoint, tmp_path, monkeypatch):
    out = tmp_path / "out"
    out.mkdir()
    (out / "manifest.json").write_text("{}")
    monkeypatch.setattr(folder.checking, "compare", lambda *_: Check(3, {"M1": 0.1}, 0.002, 0, 0))
    monkeypatch.setattr(folder.writers, "write", lambda graph, kind, where: (where / opening.MODELS[kind]).touch())
    monkeypatch.setattr(folder.opening, "open_export", lambda where: None)
    with pytest.raises(ExportError, match=r"0\.002 of the threshold, where at most 0\.001"):
        export(Detector.load(tiny_checkpoint, "cpu"), "torch", out)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert [path.name for path in out.iterdir()] == ["manifest.json"]


def test_remarks_of_the_exporters_are_not_told(caplog):
    with writers._quiet():
        for name in ("onnx_ir.passes", "onnxscript"):
            logging.getLogger(name).warning("Skipped something")
    assert not caplog.records


def test_a_folder_that_holds_something_else_is_left_alone(tiny_checkpoint, tmp_path):
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(ExportError, match="holds something other than an export"):
        export(Detector.load(tiny_checkpoint, "cpu"), "torch", tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def test_a_missing_package_is_named_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ExportError, match=r'onnxruntime.*pip install "\.\[export\]"'):
        opening.require("onnx")


@pytest.mark.parametrize("shift", [0.1, np.inf, np.nan])
def test_a_score_that_is_another_in_one_picture_is_a_difference_and_no_tie(detector, shift):
    reference = detector.calibration.for_expression()
    original = Graph(detector, reference).eval()

    def shifted(images: np.ndarray) -> dict[str, np.ndarray]:
        found = checking._original(original, images)
        if (images == odd).all():
            found["score"] = found["score"] + shift * reference.threshold
        return found

    odd, *others = random_images(3)[:, None]
    check = checking.compare(detector, reference, shifted, [odd, *others])
    assert check.score == pytest.approx(0.1 if shift == 0.1 else np.inf, rel=1e-3) and check.ties == 0
    with pytest.raises(ExportError, match="scores differ by up to"):
        checking.require_same(check, "torch")


def test_a_model_that_decides_otherwise_is_refused_however_near_its_scores_are():
    checking.require_same(Check(3, {"M1": 0.0}, checking.LIMIT, 0, 1), "torch")
    with pytest.raises(ExportError, match="the number of decisions that differ is 1"):
        checking.require_same(Check(3, {"M1": 0.0}, 0.0, 1, 0), "torch")


@pytest.mark.parametrize("threshold", [0.1, 1 / 3, 0.5, 1e-9])
def test_rounding_the_threshold_changes_no_decision(threshold):
    near = np.float32(threshold)
    for value in (near, np.nextafter(near, np.float32(-1)), np.nextafter(near, np.float32(1))):
        assert (value > np.float32(float32_below(threshold))) == (float(value) > threshold)
