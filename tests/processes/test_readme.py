"""The README's commands, run as they stand: only training is made small."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from builders import write_images

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SMALL = ["--teacher", "test_resnet", "--random-teacher", "--size", "64", "--epochs", "1", "--batch-size", "4"]


def commands(start: str) -> list[list[str]]:
    blocks = re.findall(r"^```bash\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines() if line.startswith(start)]
    return [re.findall(r'"[^"]*"|\S+', line) for line in lines]


@pytest.fixture
def photos(tmp_path, monkeypatch) -> Path:
    """A user's folder with photos of good parts and a few new ones, and nothing else."""
    write_images(tmp_path / "photos", {"good": 14, "new": 2})
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


@pytest.mark.slow
def test_the_nnet_commands_do_what_they_say(photos):
    found = commands("python -m nnet")
    assert {words[3] for words in found} == {"data", "train", "score", "info"}
    for words in found:
        words = [sys.executable, *(word.strip('"') for word in words[1:])] + (SMALL if words[3] == "train" else [])
        done = subprocess.run(words, cwd=photos, capture_output=True, text=True)
        assert done.returncode == 0, f"{words}: {done.stderr}"
    assert (photos / "results" / "scores.csv").is_file() and (photos / "runs" / "my-part" / "card.md").is_file()


def test_the_make_targets_exist():
    found = commands("make")
    assert ["make", "demo"] in found and ["make", "test"] in found
    for words in found:
        subprocess.run(["make", "--dry-run", *words[1:]], cwd=ROOT, check=True, capture_output=True)


def test_the_numbers_of_the_embedded_models_are_their_own():
    def scores(name: str) -> dict[str, dict[str, float]]:
        return json.loads((ROOT / "checkpoints" / name / "metrics.json").read_text(encoding="utf-8"))["scores"]

    for values in scores("elpv-mono").values():
        assert f"| {values['i_auroc']:.4f} | {values['i_ap']:.4f} |" in README
    document = (ROOT / "docs" / "default-model.md").read_text(encoding="utf-8")
    for values in scores("synthetic-cog").values():
        assert " | ".join(f"{values[name]:.4f}" for name in ("i_auroc", "p_auroc", "p_pro", "p_ap")) in document
    own = next(iter(scores("synthetic-cog").values()))
    told = (
        f"{title} {own[name]:.4f}"
        for title, name in zip(
            ("I-AUROC", "P-AUROC", "P-PRO", "P-AP"), ("i_auroc", "p_auroc", "p_pro", "p_ap"), strict=True
        )
    )
    assert all(words in README for words in told)


@pytest.mark.parametrize("document", sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")]), ids=lambda p: p.name)
def test_links_and_pictures_lead_somewhere(document):
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text(encoding="utf-8"))
    missing = [target for target in targets if not (document.parent / target).exists()]
    assert not missing
