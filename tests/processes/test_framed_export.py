"""The export of models with tiles, letterbox, crop box or ignore mask decides as they do."""

import csv
import json
import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from builders import random_images, tiny_config
from PIL import Image

from nnet.cli import main
from nnet.data.errors import ImageError
from nnet.data.framing import Framing
from nnet.data.ignoring import encode_ignore
from nnet.detector import Detector, TrainedModel
from nnet.export import Check, ExportError, checking, export, open_export
from nnet.export.graph import Graph
from nnet.model.network import NNet
from nnet.saved.checkpoint import Checkpoint
from nnet.scoring.calibration import calibrate_framed
from nnet.watch.judges import ExportJudge
from nnet.watch.judges import exported as exported_judge

HEIGHT, WIDTH = 90, 130


def a_mask() -> str:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[:60, :70] = True  # with tiles of 40 in it one tile is never looked at
    return encode_ignore(mask)


WAYS = {
    "crop": {"model__crop": "0.1,0.2,0.6,0.7"},
    "crop in pixels": {"model__crop": "11,7,70,64"},
    "ignore": {"model__ignore": a_mask()},
    "letterbox": {"model__fit": "letterbox"},
    "letterbox of a box": {"model__fit": "letterbox", "model__crop": "0.5,0,0.5,1"},
    "tiles": {"model__tile": 40, "model__overlap": 12, "model__ignore": a_mask(), "model__crop": "5,0,120,90"},
    "tiles of the input's size": {"model__tile": 64, "model__overlap": 8},
}


# Exporters take half as long for it; test_export.py writes the whole network.
REVERSE_ALONE = {"model__forward": False, "model__fpm": False, "model__ffc": False}


def a_model(name: str, picture: tuple[int, int] | None = (HEIGHT, WIDTH), **changes: object) -> TrainedModel:
    """Random weights, and a calibration from four pictures."""
    config = tiny_config(model__map_size=16, score__levels=True, **WAYS[name], **changes)
    torch.manual_seed(0)
    network = NNet(config).eval().requires_grad_(False)
    bare = Detector(network, config, "cpu")
    found = [{k: m[0] for k, m in bare.maps([image]).items()} for image in pictures(4, 3)]
    calibration = calibrate_framed(found, Framing.of(config.model), config.scoring)
    about = {} if picture is None else {"picture": list(picture)}
    return TrainedModel(network, Checkpoint(Path("part"), config, "0" * 64, calibration, about), "cpu")


def pictures(count: int, seed: int = 0) -> list[np.ndarray]:
    return [np.ascontiguousarray(image[:HEIGHT, :WIDTH]) for image in random_images(count, 192, seed)]


@pytest.mark.parametrize("name", WAYS)
def test_the_graph_computes_what_the_model_does(name: str) -> None:
    model = a_model(name)
    reference = model.calibration.for_expression()
    graph = Graph(model, reference, frame=model.framing.frame(HEIGHT, WIDTH)).eval()
    images = pictures(2, 7)
    with torch.inference_mode():
        found = graph(torch.from_numpy(np.stack(images)))
    for i, score in enumerate(model.score(images)):
        np.testing.assert_allclose(found["score_map"][i].numpy(), score.map, atol=1e-3 * reference.threshold)
        assert float(found["score"][i]) == pytest.approx(score.value, abs=1e-3 * reference.threshold)
        assert bool(found["anomalous"][i]) == (score.value > reference.threshold)


def test_the_check_compares_with_windows_that_the_graph_did_not_cut() -> None:
    model = a_model("tiles", **REVERSE_ALONE)
    frame, reference = model.framing.frame(HEIGHT, WIDTH), model.calibration.for_expression()
    graph = Graph(model, reference, frame=frame).eval()

    def run(images: np.ndarray) -> dict[str, np.ndarray]:
        with torch.inference_mode():
            return {name: value.numpy() for name, value in graph(torch.from_numpy(images)).items()}

    batches = checking.framed_pictures(frame, pictures(1))
    check = checking.compare(model, reference, run, batches, frame=frame)
    assert check.score <= checking.LIMIT and not check.decisions and check.pictures >= 4
    graph.windows.rows = (graph.windows.rows - 3).clamp(0)  # cut a little higher
    assert checking.compare(model, reference, run, batches, frame=frame).score > checking.LIMIT


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[TrainedModel, Path, Check]:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    model, out = a_model("tiles", **REVERSE_ALONE), tmp_path_factory.mktemp("framed") / "onnx"
    return model, out, export(model, "onnx", out).check


@pytest.mark.long
def test_onnx_holds_region_and_tiles_and_its_manifest_names_them(exported: tuple[TrainedModel, Path, Check]) -> None:
    model, out, check = exported
    frame = model.framing.frame(HEIGHT, WIDTH)
    manifest = json.loads((out / "manifest.json").read_text())
    assert check.score <= checking.LIMIT and not check.decisions
    assert manifest["input"]["shape"] == ["N", HEIGHT, WIDTH, 3]
    region = manifest["region"]
    assert region["picture"] == {"width": WIDTH, "height": HEIGHT} and region["tiles"] == {"side": 40, "overlap": 12}
    assert region["box"] == {"left": 5, "top": 0, "right": 125, "bottom": 90} and region["in_graph"]
    assert region["inputs_per_picture"] == frame.count < len(frame.rows) * len(frame.columns)
    images = pictures(3, 9)
    found = open_export(out, threads=1)(np.stack(images))
    for i, score in enumerate(model.score(images)):
        assert found["score"][i] == pytest.approx(score.value, abs=1e-3 * manifest["threshold"])


@pytest.mark.long
def test_script_and_watch_score_as_the_model_does(
    exported: tuple[TrainedModel, Path, Check], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, out, _ = exported
    images = pictures(2, 5)
    (tmp_path / "in").mkdir()
    for i, image in enumerate(images):
        Image.fromarray(image).save(tmp_path / "in" / f"{i}.png")
    monkeypatch.setattr("sys.argv", ["score.py", str(tmp_path / "in"), str(tmp_path / "out")])
    Image.fromarray(images[0][:-1]).save(tmp_path / "in" / "0-cut.png")  # the others are scored all the same
    with pytest.raises(SystemExit, match=r"Not scored: \S+0-cut.png: \(130, 89\) pixels, RGB; needed: \[130, 90\]"):
        runpy.run_path(str(out / "score.py"), run_name="__main__")
    rows = list(csv.DictReader((tmp_path / "out" / "scores.csv").open(encoding="utf-8-sig")))
    judge, reference = ExportJudge(out), model.calibration.for_expression()
    judge.require_fit(HEIGHT, WIDTH)
    for row, judged, score in zip(rows, judge.judge(images), model.score(images), strict=True):
        assert float(row["score"]) == pytest.approx(score.value, abs=1e-3 * reference.threshold)
        assert judged.value == pytest.approx(score.value, abs=1e-3 * reference.threshold)
        assert bool(int(row["anomalous"])) == judged.is_anomalous == (score.value > reference.threshold)
        assert judged.map.shape == score.map.shape
    with pytest.raises(ImageError, match="for pictures of 130 x 90 pixels, but this one has 90 x 130"):
        judge.require_fit(WIDTH, HEIGHT)


@pytest.mark.long
def test_torch_holds_a_crop_box_and_another_expression_with_its_threshold(tmp_path: Path) -> None:
    model = a_model("crop", **REVERSE_ALONE)
    done = export(model, "torch", tmp_path / "out", "M1*M2")
    assert done.check.score <= checking.LIMIT and not done.check.decisions
    assert open_export(done.folder)(np.stack(pictures(2)))["threshold"] == pytest.approx(
        model.calibration.for_expression("M1*M2").threshold, rel=1e-6
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("kind", ["onnx", "openvino", "torch"])
def test_every_format_holds_every_way(name: str, kind: str, tmp_path: Path) -> None:
    for package in {"onnx": ("onnxruntime", "onnxscript"), "openvino": ("openvino",), "torch": ()}[kind]:
        pytest.importorskip(package)
    done = export(a_model(name), kind, tmp_path / "out")
    assert done.check.score <= checking.LIMIT and not done.check.decisions


def test_what_an_export_needs_and_cannot_do_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as smaller:
        smaller.setattr("nnet.export.web.MOST_NORMALS", 1000)
        with pytest.raises(ExportError, match=r"which every visitor would download; a page has at most"):
            export(a_model("tiles"), "web", tmp_path / "out")
    unknown = a_model("crop", None)
    with pytest.raises(ExportError, match="--size WIDTHxHEIGHT"):
        export(unknown, "torch", tmp_path / "out")
    with pytest.raises(ExportError, match=r"for pictures of 50 x 40 pixels, but one to compare on has 130 x 90"):
        checking.framed_pictures(replace(unknown.framing).frame(40, 50), pictures(1))
    command = [
        "export",
        "--checkpoint",
        str(tmp_path),
        "--format",
        "torch",
        "--out",
        str(tmp_path / "o"),
        "--size",
        "9",
    ]
    assert main(command) == 1
    assert "Write it as 1920x1080" in capsys.readouterr().err


@pytest.mark.slow
def test_several_sizes_get_a_folder_each_and_the_script_chooses_by_the_pictures_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    model, out = a_model("letterbox", None, **REVERSE_ALONE), tmp_path / "models"
    monkeypatch.setattr("nnet.detector.Detector.load", lambda *_: model)
    command = ["export", "--checkpoint", "part", "--format", "onnx", "--out", str(out)]
    model.checkpoint.about["pictures"] = [[HEIGHT, WIDTH, 9], [WIDTH, HEIGHT, 1]]
    assert main(command) == 1
    said = capsys.readouterr().err
    assert "130 x 90 (9 pictures), 90 x 130 (1 picture)" in said and "--size 130x90 90x130" in said
    assert main([*command, "--size", "130x90", "90x130"]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["130x90", "90x130", "score.py"]
    with pytest.raises(ExportError, match=r"for each of several sizes of pictures.* 130x90, 90x130"):
        open_export(out)
    wide, high = pictures(1, 5)[0], np.ascontiguousarray(pictures(1, 6)[0].transpose(1, 0, 2))
    (tmp_path / "in").mkdir()
    for name, image in (("wide", wide), ("high", high), ("small", wide[:50])):
        Image.fromarray(image).save(tmp_path / "in" / f"{name}.png")
    monkeypatch.setattr("sys.argv", ["score.py", str(tmp_path / "in"), str(tmp_path / "out")])
    with pytest.raises(SystemExit, match=r"Not scored: \S+small.png: \(130, 50\) .* needed: 130x90 or 90x130") as left:
        runpy.run_path(str(out / "score.py"), run_name="__main__")
    assert str(left.value).count("Not scored") == 1
    rows = list(csv.DictReader((tmp_path / "out" / "scores.csv").open(encoding="utf-8-sig")))
    assert [Path(row["image"]).name for row in rows] == ["high.png", "wide.png"]
    limit = 1e-3 * model.calibration.for_expression().threshold
    for row, score in zip(rows, [*model.score([high]), *model.score([wide])], strict=True):
        assert float(row["score"]) == pytest.approx(score.value, abs=limit)
    for judged, score in zip(exported_judge(out).judge([high, wide]), model.score([high, wide]), strict=True):
        assert judged.value == pytest.approx(score.value, abs=limit)
    assert main([*command, "--size", "130x90"]) == 1 and "something other than an export" in capsys.readouterr().err
