"""Where the workbench's files are. Knows no Streamlit and no torch."""

import os
from collections.abc import Iterable
from pathlib import Path

from nnet import environment

_PACKAGE = Path(__file__).resolve().parents[1]
_IS_INSTALLED = (_PACKAGE / "app").is_dir()

APP = _PACKAGE / "app" if _IS_INSTALLED else _PACKAGE.parent
"""The folder of Workbench.py, pages/ and checkpoints/: the checkout, or workbench/app of an installed package."""
RUNS = Path.cwd() / "runs" if _IS_INSTALLED else APP / "runs"
"""Where training runs go unless NNET_RUNS names another folder: runs/ in the checkout, or for an installed package in
the folder where the workbench was started."""


def runs_folder() -> Path:
    """The folder of training runs."""
    return Path(os.environ.get(environment.RUNS) or RUNS).expanduser()


def studies_folder() -> Path:
    """The folder of the studies that were started from the Ablations page."""
    return runs_folder() / "studies"


def watched_folders() -> dict[str, Path]:
    """The folders of results that the environment lists, by name; a second one of a name by its path."""
    found: dict[str, Path] = {}
    for path in environment.folders(environment.WATCH):
        found[path.name if path.name not in found else str(path)] = path
    return found


def by_name(paths: Iterable[Path]) -> dict[str, Path]:
    """Folders by name, each once; of two with one name the later has its parent in front."""
    names: dict[str, Path] = {}
    for path in dict.fromkeys(path.resolve() for path in paths):
        names.setdefault(path.name if path.name not in names else f"{path.parent.name}/{path.name}", path)
    return names
