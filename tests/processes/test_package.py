"""Properties of the package as a whole."""

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import nnet
from nnet.model import compat
from nnet.scoring.overlay import COLOUR_MAPS, colour_table, overlay, relative

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "nnet").rglob("*.py"))


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


def test_nnet_imports_nothing_of_the_user_interface():
    forbidden = {"streamlit", "workbench", "pages", "pandas", "plotly"}
    assert {path: found for path in MODULES if (found := imported(path) & forbidden)} == {}


def loaded_after(code: str) -> set[str]:
    script = f"import sys; {code}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_reading_a_configuration_needs_no_torch():
    assert "torch" not in loaded_after("import nnet, nnet.config")


def test_the_whole_package_runs_without_streamlit_and_looks_without_the_compiler():
    modules = loaded_after(
        "import nnet.cli, nnet.training.pipeline, nnet.detector, nnet.training.loop, nnet.model.backbone as backbone; "
        "nnet.detector.Detector.load('checkpoints/elpv-mono', 'cpu'); backbone._stage_indices('resnet18')"
    )
    assert "streamlit" not in modules and "torch" in modules
    assert "torch._dynamo" not in modules, "it takes a third of the time to the first heatmap"


def test_the_public_names_exist():
    assert all(getattr(nnet, name) is not None for name in nnet.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = nnet.nonsense


def test_weights_are_read_as_tensors_only():
    readers = ("torch.load", "pickle.load", "pickle.loads")
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if any(reader in text for reader in readers) else ():
            if isinstance(node, ast.Call) and ast.unparse(node.func) in readers:
                assert "weights_only=True" in ast.unparse(node), path


def test_timm_can_be_imported_with_any_build_of_torchvision():
    assert "tf_efficientnet_lite0" in compat.import_timm().list_models()


@pytest.mark.parametrize("name", ["_C", "_C_stable"])
def test_operators_that_torchvision_brings_are_not_declared_again(name, tmp_path, monkeypatch):
    (tmp_path / f"{name}.so").touch()
    loaded = []
    package = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: package)
    monkeypatch.setattr(torch.ops, "load_library", loaded.append)
    assert compat._compiled_operators_load() and loaded == [str(tmp_path / f"{name}.so")]


_COMPILER = """
import sys, torch
from nnet.model.compat import import_timm
import_timm()
assert "torch._dynamo" not in sys.modules
assert torch.compile(lambda x: 2 * x, backend="eager")(torch.ones(2)).tolist() == [2, 2]
assert hasattr(sys.modules["torch._dynamo"], "convert_frame"), "the stand-in is still there"
"""


@pytest.mark.long
def test_the_compiler_is_there_when_it_is_asked_for():
    subprocess.run([sys.executable, "-c", _COMPILER], cwd=ROOT, check=True)


def test_the_overlay_leaves_cold_pixels_and_paints_hot_ones():
    image = np.full((8, 8, 3), 100, np.uint8)
    score = np.zeros((8, 8), np.float32)
    score[:, 4:] = 2.0
    painted = overlay(image, score, (0.0, 2.0), opacity=1.0)
    assert (painted[:, 0] == 100).all()
    assert (painted[:, 7] == colour_table("inferno")[-1]).all()
    assert (overlay(image, score, (0.0, 2.0), opacity=0.0) == image).all()


def test_an_empty_colour_range_paints_nothing():
    assert relative(np.ones((2, 2)), (1.0, 1.0)).max() == 0


@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_colour_maps_grow_lighter_all_the_way(name):
    lightness = colour_table(name).astype(float) @ [0.299, 0.587, 0.114]
    assert (np.diff(lightness) > -0.5).all() and lightness[-1] - lightness[0] > 120
