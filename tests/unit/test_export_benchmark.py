"""The benchmark of the score path runs from end to end, at toy size."""

import re
from pathlib import Path

import numpy as np
import pytest

from benchmarks import export
from nnet.export import open_export

TOY = ["--cases", "toy", "--threads", "1", "--batches", "2", "--rounds", "1"]


def cells(text: str) -> dict[str, str]:
    head, _, row = (line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|"))
    return dict(zip(head, row, strict=True))


def test_the_table_goes_between_the_marks(tmp_path: Path) -> None:
    file = tmp_path / "export.md"
    held = "**resnet18 at 64 pixels**, an earlier table\n\n**another at 256 pixels**, of another day\n"
    file.write_text(f"before\n{export.BEGIN}{held}{export.END}after\n")
    export.main([*TOY, "--formats", "--write", str(file)])
    written = file.read_text()
    assert written.startswith("before\n") and written.endswith("after\n") and "earlier" not in written
    assert "**another at 256 pixels**, of another day\n" in written
    found = cells(written)
    assert (found["threads"], found["batch"]) == ("1", "2")
    for name in ("PyTorch, batch norm not folded", "PyTorch, as the app"):
        assert re.fullmatch(r"[\d.]+ \([\d.]+\)", found[name])


def test_a_file_without_marks_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("mine")
    with pytest.raises(ValueError, match="has no lines"):
        export.write(tmp_path / "notes.md", "table")
    assert (tmp_path / "notes.md").read_text() == "mine"


@pytest.mark.slow
def test_every_runtime_has_its_column_and_int8_stays_near(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("openvino")
    export.main(TOY)
    assert {"ONNX Runtime", "the same, int8", "OpenVINO"} <= set(cells(capsys.readouterr().out))
    case = export.Case("toy", tmp_path)
    for kind in ("onnx", "int8"):
        case.export(kind)
    images = export.noise(3, case.size)
    exact, rounded = (open_export(tmp_path / kind)(images)["score"] for kind in ("onnx", "int8"))
    assert not np.array_equal(exact, rounded) and np.allclose(exact, rounded, rtol=0.5)
