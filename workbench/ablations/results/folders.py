"""The studies that the workbench can show: folders that `python -m nnet ablate` wrote. Knows no Streamlit."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nnet import environment
from nnet.data.elpv import KINDS
from nnet.data.synthetic import SYNTHETIC_KINDS
from nnet.studies.store import CSV, StudyFolder, default_folder
from nnet.studies.variants import VARIANTS, Variant
from workbench.shared import places

PACKAGED = {
    **{f"ELPV {title}": f"elpv:{kind}" for kind, title in KINDS.items()},
    **{f"synthetic {kind}": f"synthetic:{kind}" for kind in SYNTHETIC_KINDS},
}
"""Names of the data sets that come with the program, and how `--data` takes them."""
SHIPPED, EARLIER = Path("checkpoints/studies"), Path("out/ablations")
"""Below the program: the studies that come with it, and where earlier versions of the command wrote theirs."""
SHOWN_FIRST = "synthetic-cog-small"
"""Of these the one that is shown first: with masks, at the full length of its preset, with most tables whole."""
LONGER = {"synthetic-cog-small": "synthetic-cog-medium"}
"""Study -> one of the same kind of data with larger pictures and more steps, which takes too long for all variants."""


@dataclass(frozen=True)
class StudyModel:
    """A trained variant whose checkpoint a study kept: the study's folder, the variant (the first, where several are
    one run), the data set, the seed, and the checkpoint's directory."""

    study: str
    variant: Variant
    data: str
    seed: int
    path: Path


def study_folders(root: Path) -> dict[str, Path]:
    """All folders with a results table, name -> folder: those that come with the program first, then the command's
    own, those that were started from the page, and those of the environment variable NNET_STUDIES. Of two with one
    name the later has its parent in front. `root`: of the program."""
    shipped = sorted(
        (path.parent for path in (root / SHIPPED).glob(f"*/{CSV}")), key=lambda path: (path.name != SHOWN_FIRST, path)
    )
    started = sorted(path.parent for path in places.studies_folder().glob(f"*/{CSV}"))
    found = (*shipped, default_folder(), root / EARLIER, *started, *environment.folders(environment.STUDIES))
    return places.by_name(path for path in found if (path / CSV).is_file())


def data_argument(name: str) -> str:
    """How `--data` takes a data set of this name; "PATH" where only its owner knows."""
    return PACKAGED.get(name, "PATH")


def study_models(name: str, folder: Path) -> list[StudyModel]:
    """The variants of a study whose checkpoints are there, in the order of `VARIANTS`, data and seed."""
    kept = StudyFolder(folder).kept()
    results: list[dict[str, Any]] = [r for r in StudyFolder(folder).results() if r["key"] in kept]
    known = [(next((v for v in r["variants"] if v in VARIANTS), None), r) for r in results]
    order = list(VARIANTS)
    models = [
        StudyModel(name, VARIANTS[variant], r["data"], r["seed"], kept[r["key"]]) for variant, r in known if variant
    ]
    return sorted(models, key=lambda m: (m.data, order.index(m.variant.name), m.seed))
