"""What all tests of pages share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from comparing import compared
from lighter import small_synthetic_sets

from nnet import environment
from nnet.data import elpv
from nnet.detector import Detector
from nnet.runs import Runs
from workbench.shared import charts, resources, samples
from workbench.shared.resources import Model

__all__ = ["small_synthetic_sets"]


@pytest.fixture(scope="session", autouse=True)
def charts_as_plotly_has_them() -> Iterator[None]:
    """Charts are sent as they were written. Here each one is made by Plotly, too, and has to be the same."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(charts.Chart, "to_dict", compared(charts.Chart.to_dict))
        yield


@pytest.fixture
def model(tiny_checkpoint: Path) -> Model:
    """The very model that the app uses: a teacher with random weights has others each time it is loaded."""
    return resources.load_model("tiny", tiny_checkpoint, "cpu")


@pytest.fixture
def detector(model: Model) -> Detector:
    return model.detector


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """An empty folder of runs, in which nothing is really started."""
    monkeypatch.setenv(environment.RUNS, str(tmp_path / "runs"))
    monkeypatch.setenv(environment.MACHINE, str(tmp_path / "slots"))  # nor does it wait for what this computer trains
    monkeypatch.setattr("nnet.runs.queue.ensure_supervisor", lambda root: None)
    return Runs(tmp_path / "runs")


@pytest.fixture(scope="module")
def few_solar_cells() -> Iterator[None]:
    """Train and Evaluate read every picture of a set before it is used. Here ELPV has a twentieth of its cells, and
    those that are shown to visitors."""
    every = elpv.read_labels

    def few(path: Path) -> list[tuple[str, float, str]]:
        rows = every(path)
        return [row for at, row in enumerate(rows) if at % 20 == 0 or Path(row[0]).stem in elpv.SHOWN]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(elpv, "read_labels", few)
        yield
    samples.collection.cache_clear()
