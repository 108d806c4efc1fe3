"""The package as others install it: a wheel in an environment of its own, far from the checkout."""

import csv
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from builders import random_images
from PIL import Image

import nnet

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheel and the sdist, by suffix."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return {path.suffix: path for path in out.iterdir()}


@pytest.fixture(scope="module")
def installed(built: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment that holds the wheel and, of this one, the packages of others."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, with_pip=False)
    paths = sysconfig.get_paths("venv", vars={"base": str(home), "platbase": str(home)})
    # A path in a .pth file makes packages visible, but not what other .pth files there add, such as this checkout.
    (Path(paths["purelib"]) / "packages_of_others.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    pip = [sys.executable, "-m", "pip", "--python", str(Path(paths["scripts"]) / "python"), "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", str(built[".whl"])], check=True)
    return Path(paths["scripts"])


def run(command: Sequence[object], folder: Path) -> str:
    done = subprocess.run([str(word) for word in command], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_installed_nnet_scores_an_image_with_the_embedded_model(installed, tmp_path):
    where = "import nnet, workbench.shared.places as p; print(nnet.__file__, p.APP, sep='\\n')"
    package, app = map(Path, run([installed / "python", "-c", where], tmp_path).split())
    assert installed.parent in package.parents and app.parent.parent == package.parents[1]
    Image.fromarray(random_images(1)[0]).save(tmp_path / "part.png")
    command = [
        installed / "nnet",
        "score",
        "--checkpoint",
        app / "checkpoints" / "elpv-mono",
        "part.png",
        "--out",
        "out",
    ]
    run(command, tmp_path)
    with open(tmp_path / "out" / "scores.csv", newline="", encoding="utf-8-sig") as file:
        (row,) = csv.DictReader(file)
    assert float(row["score"]) > 0


def test_the_installed_workbench_knows_its_pages_and_models(installed, tmp_path):
    assert "--port" in run([installed / "nnet-workbench", "--help"], tmp_path)
    script = (
        "from streamlit.testing.v1 import AppTest; from workbench.shared import places, resources;"
        "at = AppTest.from_file(str(places.APP / 'Workbench.py'), default_timeout=120).run();"
        "print(len(at.exception), resources.runs_folder(), *resources.checkpoint_paths())"
    )
    errors, runs, first, *_ = run([installed / "python", "-c", script], tmp_path).split()
    assert errors == "0" and first == "elpv-mono" and Path(runs) == tmp_path / "runs"


def test_the_distributions_hold_what_they_need_and_no_more(built):
    with zipfile.ZipFile(built[".whl"]) as wheel:
        names = wheel.namelist()
    about = f"nnet_workbench-{nnet.__version__}.dist-info"
    assert {name.split("/")[0] for name in names} == {"nnet", "workbench", about}
    assert not [name for name in names if "__pycache__" in name or "test" in name.split("/")[0]]
    pages = {path.name for path in (ROOT / "pages").glob("*.py")}
    assert pages == {Path(name).name for name in names if name.startswith("workbench/app/pages/")}
    sources = {path.relative_to(ROOT).as_posix() for folder in ("nnet", "workbench") for path in _files(ROOT / folder)}
    assert sources <= set(names)
    with tarfile.open(built[".gz"]) as sdist:
        tops = {name.split("/")[1] for name in sdist.getnames() if "/" in name}
    assert {"nnet", "workbench", "pages", "Workbench.py", "tests", "pyproject.toml", "LICENSE"} <= tops
    assert not tops & {".venv", "runs", "out", ".git", ".ci"}


def _files(folder: Path) -> list[Path]:
    """Modules, scripts, styles and templates."""
    return [path for path in folder.rglob("*") if path.suffix in (".py", ".js", ".css", ".jinja")]
