"""The sizes of a model's pictures, and the script that takes several of them."""

import runpy
from pathlib import Path

import pytest

from nnet.data import sizes
from nnet.data.sizes import Size
from nnet.errors import NNetError
from nnet.export import several

STUB = """
import csv
def main(where, out):
    out.mkdir(parents=True)
    left = ""
    with (out / "scores.csv").open("w", newline="", encoding="utf-8-sig") as stream:
        table = csv.writer(stream)
        table.writerow(["image", "score"])
        for path in sorted(where.iterdir()):
            if path.stem == "{0}":
                table.writerow([path.name, "{1}"])
            else:
                left += f"Not scored: {{path.name}} has it, RGB; needed: {0}, 8 bits.\\n"
    return left
"""


def test_sizes_are_counted_the_most_frequent_first() -> None:
    shapes = [(30, 40), (90, 130), (90, 130), (20, 10)]
    kept = sizes.about(shapes)
    assert sizes.known(kept) == (Size(130, 90, 2), Size(10, 20, 1), Size(40, 30, 1))
    assert sizes.known(sizes.about([(9, 8)] * 3)) == () and sizes.about([(9, 8)] * 3) == {"picture": [9, 8]}
    assert Size(1920, 1080, 30).told == "1,920 x 1,080 (30 pictures)" and Size(1920, 1080).text == "1920x1080"
    assert sizes.read("1920x1080") == Size(1920, 1080)
    for written in ("1920", "0x0", "15x400", "\u0661\u0660\u0660x100", "9999999x9999999"):
        with pytest.raises(NNetError, match="the width first"):
            sizes.read(written)


def test_each_picture_is_scored_by_the_export_for_its_size(tmp_path: Path) -> None:
    for name, score in (("130x90", "1.5"), ("90x130", "0.5")):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / "score.py").write_text(STUB.format(name, score))
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / f"{name}.png").touch()
    (tmp_path / "in" / "other.png").touch()
    script = tmp_path / "models" / "score.py"
    script.write_text(Path(several.__file__).read_text())
    main = runpy.run_path(str(script))["main"]
    said = main(tmp_path / "in", tmp_path / "out")
    assert said == "Not scored: other.png has it, RGB; needed: 130x90 or 90x130, 8 bits.\n"
    table = (tmp_path / "out" / "scores.csv").read_text(encoding="utf-8-sig").split()
    assert table == ["image,score", "130x90.png,1.5", "90x130.png,0.5"]
    assert "lies among the pictures" in main(tmp_path / "in", tmp_path / "in" / "out")
