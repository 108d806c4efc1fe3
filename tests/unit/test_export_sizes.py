"""The sizes of a model's pictures, and the script that takes several of them."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

from nnet.cli import main
from nnet.data import sizes
from nnet.data.sizes import Size
from nnet.errors import NNetError
from nnet.export import Check, folder, several
from nnet.saved.errors import CheckpointError
from nnet.saved.formats import CONFIG_FORMAT

STUB = """
import csv
def main(where, out):
    out.mkdir(parents=True)
    with (out / "scores.csv").open("w", newline="", encoding="utf-8-sig") as stream:
        table = csv.writer(stream)
        table.writerow(["image", "score"])
        for path in sorted(where.iterdir()):
            if path.stem == "{0}":
                table.writerow([path.name, "{1}"])
            else:
                yield f"Not scored: {{path.name}}", "broken" if path.stem == "broken" else "needed: {0}, 8 bits."
"""


def test_sizes_are_counted_the_most_frequent_first() -> None:
    shapes = [(30, 40), (90, 130), (90, 130), (20, 10)]
    kept = sizes.about(shapes)
    assert sizes.known(kept) == (Size(130, 90, 2), Size(10, 20, 1), Size(40, 30, 1))
    assert sizes.known(sizes.about([(9, 8)] * 3)) == () and sizes.about([(9, 8)] * 3) == {"picture": [9, 8]}
    every = [(60 + i, 80) for i in range(30)]
    assert len(sizes.known(sizes.about([*every, every[7]]))) == 30, "all of them can be chosen"
    assert sizes.known(sizes.about([*every, every[7]]))[0] == Size(80, 67, 2), "the part's own most frequent one first"
    assert Size(1920, 1080, 30).told == "1,920 x 1,080 (30 pictures)" and Size(1920, 1080).text == "1920x1080"
    assert sizes.read("1920x1080") == Size(1920, 1080)
    for written in ("1920", "0x0", "15x400", "\u0661\u0660\u0660x100", "9999999x9999999"):
        with pytest.raises(NNetError, match="the width first"):
            sizes.read(written)


@pytest.mark.parametrize("picture", [[0, 0], [0, 64], [2**53, 2**53], [4_000_001, 16], None])
def test_a_size_that_no_picture_can_have_is_passed_over(picture: list[int] | None) -> None:
    assert sizes.only({"picture": picture}) is None and sizes.only({}) is None
    assert sizes.known({"pictures": [[*(picture or (0, 0)), 3], [90, 130, 2]]}) == (Size(130, 90, 2),)
    assert sizes.only({"picture": [90, 130]}) == (90, 130)


@pytest.mark.parametrize("pictures", ["x", [1], [[1, 2]], [["a", 2, 3]], {"a": 1}, [[-1, 2, 3]], [[64, 64, 1]] * 1000])
def test_sizes_of_another_shape_are_refused_with_the_config(pictures: object) -> None:
    about = {"teacher_origin": "", "training_images": 1, "pictures": pictures}
    hashes = {"weights.safetensors": "0" * 64, "normal_maps.safetensors": "0" * 64}
    with pytest.raises(CheckpointError, match=r"damaged.*about\.pictures"):
        CONFIG_FORMAT.checked({"format": 1, "config": {}, "sha256": hashes, "about": about}, "config.json")


def test_ctrl_c_leaves_nothing_of_an_export_for_several_sizes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begun: list[str] = []

    def export(model: object, kind: str, out: Path, *_: object) -> object:
        begun.append(out.name)
        if len(begun) == 2:
            raise KeyboardInterrupt
        out.mkdir()
        (out / "model.onnx").touch()
        (out / "manifest.json").write_text('{"format": "onnx", "outputs": [], "input": {"pictures": [130, 90]}}')
        return SimpleNamespace(check=Check(1, {"M1": 0.0}, 0.0, 0, 0))

    model = SimpleNamespace(framing=SimpleNamespace(is_whole=False))
    monkeypatch.setattr("nnet.detector.Detector.load", lambda *_: model)
    monkeypatch.setattr("nnet.export.export", export, raising=False)
    command = ["export", "--checkpoint", "part", "--format", "onnx", "--out", str(tmp_path / "new" / "models")]
    assert main([*command, "--size", "130x90", "90x130"]) == 130
    assert begun == ["130x90", "90x130"] and not list(tmp_path.iterdir())
    assert capsys.readouterr().err.strip() == "nnet: interrupted. Nothing was written."


def test_the_folders_above_an_export_go_with_it_unless_something_is_in_them(tmp_path: Path) -> None:
    out = tmp_path / "a" / "b" / "out"
    with pytest.raises(KeyboardInterrupt), folder.beside(out) as temporary:
        (temporary / "half.onnx").touch()
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())
    with folder.beside(out) as temporary:
        (temporary / "whole").mkdir()
        folder.put(temporary / "whole", out)
    assert list((tmp_path / "a" / "b").iterdir()) == [out]


def test_each_picture_is_scored_by_the_export_for_its_size(tmp_path: Path) -> None:
    for name, score in (("130x90", "1.5"), ("90x130", "0.5")):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / "score.py").write_text(STUB.format(name, score))
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{name}.png").touch()
    for name in ("broken", "other"):
        (tmp_path / "in" / f"{name}.png").touch()
    script = tmp_path / "models" / "score.py"
    script.write_text(Path(several.__file__).read_text())
    score = runpy.run_path(str(script))["main"]
    said = score(tmp_path / "in", tmp_path / "out")
    assert said.split("\n") == [
        "Not scored: broken.png: broken",
        "Not scored: other.png: needed: 130x90 or 90x130, 8 bits.",
    ]
    table = (tmp_path / "out" / "scores.csv").read_text(encoding="utf-8-sig").split()
    assert table == ["image,score", "130x90.png,1.5", "90x130.png,0.5"]
    assert "lies among the pictures" in score(tmp_path / "in", tmp_path / "in" / "out")
