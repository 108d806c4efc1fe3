"""The files that users keep: their keys and the types of their values, as they were when the first users had them.

formats.json beside this file holds what is expected. A key may be added there; none may go or change its type, since
checkpoints, runs, studies and bundles are opened again by later versions.
"""

import dataclasses
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import encode, random_images, tiny_config
from bundles import pack

from nnet.detector import Detector
from nnet.runs import Exit, Runs, RunSpec, Status
from nnet.runs.layout import EXIT, SPEC, write_exit
from nnet.studies import COLUMNS, read_results
from nnet.studies.store import CSV
from nnet.training.loop import train

ROOT = Path(__file__).parents[2]
EXPECTED: dict[str, Any] = json.loads((Path(__file__).parent / "formats.json").read_text())
SHIPPED = sorted((ROOT / "checkpoints" / "studies").iterdir())


def shape(value: Any) -> Any:
    """The same structure with the names of types for values; of a list, what its first entry is."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def lost(expected: Any, found: Any, at: str = "") -> list[str]:
    """What is expected and is not there, or is of another type."""
    if isinstance(expected, dict) and isinstance(found, dict):
        gone = [f"{at}/{key} is missing" for key in expected.keys() - found.keys()]
        both = expected.keys() & found.keys()
        return gone + [one for key in both for one in lost(expected[key], found[key], f"{at}/{key}")]
    if isinstance(expected, list) and isinstance(found, list) and expected and found:
        return lost(expected[0], found[0], f"{at}/0")
    return [] if expected == found else [f"{at} was {expected} and is {found}"]


def read(path: Path) -> Any:
    """A JSON file's value; of JSON lines, the first one's."""
    text = path.read_text()
    return json.loads(text.splitlines()[0] if path.suffix == ".jsonl" else text)


@pytest.mark.parametrize("name", ["config.json", "calibration.json", "history.jsonl"])
def test_a_new_checkpoint_has_every_key_that_one_ever_had(trained_checkpoint: Path, name: str) -> None:
    assert lost(EXPECTED[f"checkpoint/{name}"], shape(read(trained_checkpoint / name))) == []


@pytest.mark.parametrize("name", ["config.json", "calibration.json", "history.jsonl", "metrics.json"])
def test_the_embedded_checkpoint_has_what_it_had(name: str) -> None:
    assert lost(EXPECTED[f"embedded/{name}"], shape(read(ROOT / "checkpoints" / "elpv-mono" / name))) == []


def test_a_new_checkpoint_has_every_array_that_one_ever_had(tmp_path: Path) -> None:
    from safetensors import safe_open

    train(tiny_config(train__epochs=1, model__teacher="resnet18"), random_images(14), tmp_path / "new", device="cpu")
    for name in ("weights", "normal_maps", "atlas"):
        with safe_open(tmp_path / "new" / f"{name}.safetensors", "np") as arrays:
            found = {key: list(arrays.get_slice(key).get_shape()) for key in arrays.keys()}  # noqa: SIM118
        assert found == EXPECTED[f"checkpoint/{name}.safetensors"]


def test_a_run_says_the_same_in_its_files(tmp_path: Path) -> None:
    run = Runs(tmp_path).create(RunSpec("A run", "synthetic:metal", tiny_config(), "small"))
    write_exit(run.path, Exit(1, "a reason", 1.5))
    assert lost(EXPECTED["run/run.json"], shape(read(run.path / SPEC))) == []
    assert lost(EXPECTED["run/exit.json"], shape(read(run.path / EXIT))) == []
    assert lost(EXPECTED["run/status.json"], shape(dataclasses.asdict(Status()))) == []


def test_a_bundle_has_every_member_and_key_that_one_ever_had(trained_checkpoint: Path) -> None:
    bundle = pack(Detector.load(trained_checkpoint, "cpu"), ("part.png", encode(random_images(1, 96, seed=3)[0])))
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        found = {name: shape(json.loads(archive.read(name))) for name in archive.namelist() if name.endswith(".json")}
        others = sorted(name for name in archive.namelist() if not name.endswith(".json"))
        with np.load(io.BytesIO(archive.read("values.npz")), allow_pickle=False) as arrays:
            values = {name: [str(arrays[name].dtype), list(arrays[name].shape)] for name in arrays.files}
    assert others == ["image.png", "original.png", "values.npz"]
    assert values == EXPECTED["bundle/values.npz"]
    assert {name: lost(EXPECTED[f"bundle/{name}"], of) for name, of in found.items()} == {name: [] for name in found}


def test_a_table_of_results_has_every_column_that_one_ever_had() -> None:
    assert [name for name in EXPECTED["study/results.csv"] if name not in COLUMNS] == []


@pytest.mark.parametrize("study", SHIPPED, ids=lambda path: path.name)
def test_the_shipped_studies_are_read(study: Path) -> None:
    expected = EXPECTED[f"shipped/{study.name}"]
    done = sorted((study / "done").glob("*.json"))
    assert {"rows": len(read_results(study / CSV)), "runs": len(done)} == expected
    for path in done:
        found = {**shape(read(path)), "scores": {}}
        replaced = ["/code_sha256 is missing"] if "numbers" in found else []
        assert lost(EXPECTED["study/done"], found) == replaced
