"""Where the workbench's files are. Knows no Streamlit and no torch."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_IS_INSTALLED = (_PACKAGE / "app").is_dir()

APP = _PACKAGE / "app" if _IS_INSTALLED else _PACKAGE.parent
"""The folder of Workbench.py, pages/ and checkpoints/: the checkout, or workbench/app of an installed package."""
RUNS = Path.cwd() / "runs" if _IS_INSTALLED else APP / "runs"
"""Where training runs go unless NNET_RUNS names another folder: runs/ in the checkout, or for an installed package in
the folder where the workbench was started."""
