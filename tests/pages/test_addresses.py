"""Every parameter of every page's address: a link that was saved once must open the same view in every later version.

A parameter is opened with a legal value, which must arrive in its control and stay in the address, and with an illegal
one, which must neither arrive nor be an error.
"""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest
from apptest import ROOT, fine
from apptest import address as written
from builders import write_category
from run_builders import finish, make_run, write_film
from streamlit.testing.v1 import AppTest
from touring import FirstTwo, controls

from nnet.runs import Runs
from workbench.shared import known_data, samples

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("workbench", "few_solar_cells")]

CATEGORY, RUN = "{category}", "{run}"
"""In a value: the folder of the test set, and the name of the run in its address."""


@dataclass(frozen=True)
class Parameter:
    """A name in the address of a page.

    Attributes:
        page: file name without ".py"; "" is the home page.
        name: as links have it. One that has a new name by now is still read under this one.
        value: a legal one that is not the default.
        beside: what else the address must say for the value to be of use.
        now: the name that the address has in its stead today, and the key of the control.
        shown: what the control of this name has then; None if no control has the name.
        illegal: a value that must be ignored; None where every text is legal.
    """

    page: str
    name: str
    value: str
    shown: object = None
    beside: dict[str, str] = field(default_factory=dict)
    now: str = ""
    illegal: str | None = "nonsense"


INSPECT, MEMORY, PROJECTION = "pages/1_Inspect.py", "pages/2_Memory.py", "pages/3_Projection.py"
EVALUATE, TRAIN, ABLATIONS = "pages/4_Evaluate.py", "pages/5_Train.py", "pages/6_Ablations.py"
TOUR, FAILS = "pages/7_How_it_works.py", "pages/8_When_it_fails.py"
MEASURED = {"evaluate_data": "folder", "evaluate_folder": CATEGORY}
IMAGES = MEASURED | {"evaluate_part": "images"}
MAPS = MEASURED | {"evaluate_part": "maps"}
DEFECT, COMPARE, ATLAS = {"view": "defect"}, {"view": "compare"}, {"atlas": "map"}
GATES, FEATURES = {"part": "gates"}, {"part": "features"}
GRID, WHATIF = {"part": "grid"}, {"part": "whatif"}
FILM = {"train_part": "runs", "run": RUN, "train_view": "film"}

LAST_SAMPLE = samples.collection().images[-1].id

PARAMETERS = [
    Parameter("Workbench.py", "model", "second", "second"),
    Parameter("Workbench.py", "sample", LAST_SAMPLE, illegal=None),
    Parameter(INSPECT, "model", "second", "second"),
    Parameter(INSPECT, "sample", LAST_SAMPLE, illegal=None),
    Parameter(INSPECT, "opacity", "40", 40, illegal="101"),
    Parameter(INSPECT, "colours", "viridis", "viridis"),
    Parameter(INSPECT, "scale", "own", "own"),
    Parameter(INSPECT, "outline", "no", False),
    Parameter(INSPECT, "view", "regions", "regions"),
    Parameter(INSPECT, "score", "reverse", "reverse"),
    Parameter(INSPECT, "expression", "M1*M2", "M1*M2", {"score": "own"}, illegal=None),
    Parameter(INSPECT, "threshold", "1.5", illegal="nan"),
    Parameter(INSPECT, "pixel", "12,30", illegal="12,3000"),
    Parameter(INSPECT, "normal", "anywhere", "anywhere"),
    Parameter(INSPECT, "wipe", "30", None, {"view": "students"}, illegal="-1"),
    Parameter(INSPECT, "against", "third", "third", COMPARE),
    Parameter(INSPECT, "beside", "beside", "beside", COMPARE),
    Parameter(INSPECT, "compare_wipe", "30", None, COMPARE, illegal="101"),
    Parameter(INSPECT, "studio", "draw", "draw", DEFECT),
    Parameter(INSPECT, "defect", "hole", "hole", DEFECT),
    Parameter(INSPECT, "defect_x", "25.0", 25.0, DEFECT, illegal="101"),
    Parameter(INSPECT, "defect_y", "75.0", 75.0, DEFECT, illegal="-1"),
    Parameter(INSPECT, "studio_show", "plain", "plain", DEFECT),
    Parameter(INSPECT, "studio_edge", "no", False, DEFECT),
    Parameter(INSPECT, "dose", "contrast", "contrast", DEFECT),
    Parameter(MEMORY, "temperature", "0.1", 0.1, illegal="0.123"),
    Parameter(MEMORY, "shrink", "0.5", 0.5, illegal="7"),
    Parameter(MEMORY, "patch_row", "2", 2, illegal="99"),
    Parameter(MEMORY, "patch_column", "2", 2, illegal="0"),
    Parameter(MEMORY, "forget", "2", illegal="99"),
    Parameter(MEMORY, "only_items", "3", illegal="99"),
    Parameter(MEMORY, "items_order", "number", "number"),
    Parameter(MEMORY, "atlas_order", "number", "number"),
    Parameter(MEMORY, "keep_items", "3", 3, illegal="0"),
    Parameter(MEMORY, "atlas", "similarity", "similarity"),
    Parameter(MEMORY, "atlas_layout", "PCA", "PCA", ATLAS, illegal="none"),
    Parameter(PROJECTION, "part", "gates", "gates"),
    Parameter(PROJECTION, "side", "student", "student"),
    Parameter(PROJECTION, "way", "relative", "relative", {"part": "figure7"}),
    Parameter(PROJECTION, "stage", "2", "2", GATES),
    Parameter(PROJECTION, "channel", "5", 5, GATES, illegal="9999"),
    Parameter(PROJECTION, "vectors", "raw", "raw", FEATURES),
    Parameter(PROJECTION, "blend", "55", 55, FEATURES, illegal="101"),
    Parameter(PROJECTION, "umap", "yes", True, FEATURES),
    Parameter(PROJECTION, "data", "synthetic", "synthetic", {"part": "data"}),
    Parameter(PROJECTION, "folder", CATEGORY, CATEGORY, {"part": "data", "data": "folder"}, illegal=None),
    Parameter(EVALUATE, "evaluate_data", "folder", "folder"),
    Parameter(EVALUATE, "evaluate_folder", CATEGORY, CATEGORY, {"evaluate_data": "folder"}, illegal=None),
    Parameter(EVALUATE, "evaluate_part", "threshold", "threshold", MEASURED),
    Parameter(EVALUATE, "evaluate_score", "M1*M2*M3", "M1*M2*M3", MEASURED),
    Parameter(EVALUATE, "evaluate_more", "M2", "M2", MEASURED, illegal=None),
    Parameter(EVALUATE, "level", "pixels", "pixels", MEASURED),
    Parameter(EVALUATE, "layout", "umap", "umap", IMAGES),
    Parameter(EVALUATE, "features", "peak", "peak", IMAGES),
    Parameter(EVALUATE, "colour_by", "type", "type", IMAGES),
    Parameter(EVALUATE, "metric", "p_ap", None, MAPS, illegal=None),
    Parameter(TRAIN, "train_part", "new"),
    Parameter(TRAIN, "source", "path", "path", {"train_part": "new"}),
    Parameter(TRAIN, "path", CATEGORY, CATEGORY, {"train_part": "new", "source": "path"}, illegal=None),
    Parameter(TRAIN, "cells", "elpv:poly", "elpv:poly", {"train_part": "new", "source": "elpv"}),
    Parameter(TRAIN, "texture", "fabric", "fabric", {"train_part": "new", "source": "synthetic"}),
    Parameter(TRAIN, "preset", "paper", "paper", {"train_part": "new"}),
    Parameter(TRAIN, "run", RUN, None, {"train_part": "runs"}, illegal=None),
    Parameter(TRAIN, "train_view", "settings", "settings", {"train_part": "runs"}),
    Parameter(TRAIN, "probe", "2", 2, FILM, illegal="9"),
    Parameter(TRAIN, "film_scale", "each", "each", FILM),
    Parameter(TOUR, "step", "4", 4, illegal="10"),
    Parameter(TOUR, "picked", "-b", None),
    Parameter(TOUR, "on", "cell0514", "cell0514", {"sample": "cell0384"}),
    Parameter(TOUR, "damage", "hole", "hole", {"step": "4"}),
    Parameter(TOUR, "present", "yes", True),
    Parameter(FAILS, "fails_part", "stranger", "stranger"),
    Parameter(FAILS, "fails_cause", "small", "small"),
    Parameter(FAILS, "fails_contrast", "60", 60, {"fails_part": "scratch"}, illegal="101"),
    Parameter(ABLATIONS, "part", "whatif", "whatif", now="ablations_part"),
    Parameter(ABLATIONS, "results_from", "magnetic-tile-small", "magnetic-tile-small"),
    Parameter(ABLATIONS, "results_view", "table4", "table4"),
    Parameter(ABLATIONS, "results_metric", "i_auroc", "i_auroc", illegal="i_none"),
    Parameter(ABLATIONS, "results_table", "table1", "table1", {"results_view": "published"}),
    Parameter(ABLATIONS, "grid_show", "maps", "maps", GRID),
    Parameter(ABLATIONS, "grid_score", "reverse", "reverse", GRID),
    Parameter(ABLATIONS, "figure", "Figure 5", None, GRID),
    Parameter(ABLATIONS, "whatif_nfs", "no", False, WHATIF),
    Parameter(ABLATIONS, "whatif_fpm", "yes", True, WHATIF),
    Parameter(ABLATIONS, "whatif_truncate", "yes", True, WHATIF),
    Parameter(ABLATIONS, "whatif_rank", "3", 3, WHATIF | {"whatif_truncate": "yes"}, illegal="99"),
    Parameter(ABLATIONS, "whatif_forward", "out", "out", WHATIF),
]

SIDE_BY_SIDE = {
    *("opacity", "colours", "scale", "outline", "defect_x", "defect_y", "studio_show", "studio_edge"),
    *("temperature", "shrink", "patch_row", "patch_column", "items_order", "atlas_order", "keep_items"),
    *("side", "way", "stage", "channel", "vectors", "blend", "umap", "evaluate_more", "level", "features", "colour_by"),
    *("probe", "film_scale", "grid_show", "grid_score", "whatif_nfs", "whatif_fpm", "whatif_truncate"),
}
"""Parameters that neither hide nor change one another."""


@pytest.fixture(scope="module")
def workbench(trained_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The workbench knows three models and a finished run."""
    folder = tmp_path_factory.mktemp("three")
    for model in ("first", "second", "third"):
        shutil.copytree(trained_checkpoint, folder / model)
    runs = Runs(tmp_path_factory.mktemp("runs"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("NNET_DATA", str(tmp_path_factory.getbasetemp()))
        patched.setenv("NNET_CHECKPOINTS", str(folder))
        patched.setenv("NNET_CHECKPOINTS_ONLY", "1")
        patched.setenv("NNET_RUNS", str(runs.root))
        patched.setitem(sys.modules, "umap", SimpleNamespace(UMAP=FirstTwo))
        run = make_run(runs, "Known")
        write_film(run)
        finish(run, trained_checkpoint)
        make_run(runs, "Other")
        yield


@pytest.fixture(scope="module")
def category(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small test set with masks."""
    return write_category(tmp_path_factory.mktemp("data") / "bottle")


def opened(page: str, address: dict[str, str], category: Path) -> AppTest:
    """A page by a link. The test set of Evaluate is measured where the link names it."""
    at = AppTest.from_file(str(ROOT / "Workbench.py"), default_timeout=200)
    for name, value in address.items():
        at.query_params[name] = value.format(category=category, run="known")
    at.switch_page(page)
    fine(at.run())
    for button in at.button:
        if button.key == "evaluate_start" and "evaluate_folder" in address:
            fine(button.click().run())
    assert [one.value for one in at.error] == []
    return at


def links() -> list[list[Parameter]]:
    """What one link can hold at once: the parameters of SIDE_BY_SIDE, by page and what is beside; others alone."""
    found: dict[object, list[Parameter]] = {}
    for one in PARAMETERS:
        key = (one.page, frozenset(one.beside.items())) if one.name in SIDE_BY_SIDE else (one.page, one.name)
        found.setdefault(key, []).append(one)
    return list(found.values())


def named(some: list[Parameter]) -> str:
    return f"{some[0].page.split('_')[-1].removesuffix('.py')}-{'-'.join(one.name for one in some)}"


@pytest.mark.parametrize("some", links(), ids=named)
def test_parameters_arrive_and_stay(some: list[Parameter], category: Path) -> None:
    at = opened(some[0].page, {**some[0].beside, **{one.name: one.value for one in some}}, category)
    for one in some:
        value = one.value.format(category=category, run="known")
        arrived = (written(at, one.name), written(at, one.now))
        if arrived == (None, None):  # an address leaves out what stands there anyway, such as the highest score's patch
            anyway = controls(opened(one.page, one.beside, category))
            assert anyway[one.name].value == one.shown is not None, one.name
        else:
            assert value in arrived or (CATEGORY in one.value and known_data.key_of(value) in arrived), one.name
        if one.shown is not None:
            found = controls(at)
            shown = one.shown.format(category=category) if isinstance(one.shown, str) else one.shown
            assert shown in [found[key].value for key in (one.name, one.now) if key in found], one.name


def test_illegal_values_are_ignored(category: Path) -> None:
    together: dict[tuple[str, frozenset], list[Parameter]] = {}
    for one in PARAMETERS:
        if one.illegal is not None:
            together.setdefault((one.page, frozenset(one.beside.items())), []).append(one)
    for (page, beside), some in together.items():
        at = opened(page, {**dict(beside), **{one.name: one.illegal for one in some if one.illegal}}, category)
        left = {name: written(at, name) for one in some for name in (one.name, one.now)}
        assert [one.name for one in some if one.illegal in (left[one.name], left[one.now])] == [], page
