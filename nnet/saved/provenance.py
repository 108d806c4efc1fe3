"""Where a result comes from: versions, commit and date, so that a number can be traced to the code that made it."""

import datetime
import platform
import subprocess
from importlib import metadata
from pathlib import Path

import nnet

_PACKAGES = ("torch", "torchvision", "timm", "numpy", "pillow", "scikit-learn", "safetensors")


def provenance() -> dict[str, object]:
    """Commit, UTC date and versions of everything that affects the numbers."""
    return {
        "commit": commit(),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Versions of everything that affects the numbers, by package."""
    packages = {name: metadata.version(name) for name in _PACKAGES}
    return {"nnet": nnet.__version__, "python": platform.python_version(), **packages}


def commit() -> str:
    """The commit of the checkout that the code runs from, with "+changes" if files differ; or "unknown"."""
    root = Path(nnet.__file__).parents[1]
    if not (root / ".git").exists():
        return "unknown"
    try:
        head = _git(root, "rev-parse", "HEAD")
        return head + ("+changes" if _git(root, "status", "--porcelain", "--untracked-files=no", "--", "nnet") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
