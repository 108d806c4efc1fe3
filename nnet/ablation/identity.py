"""When a run counts as done: the same settings, the same data and the same code. No torch in here.

A run's key has two halves. The first is a hash over its settings (with the seed), the contents of its data and, where a
file of teacher weights was given, that file. The second is a hash over the source code that decides its numbers, with
comments and docstrings taken out: a better sentence does not make hours of training worthless, a changed line does.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import io
import json
import tokenize
from pathlib import Path

import nnet
from nnet.config import Config

CODE = (
    "backbone.py", "blocks.py", "calibration.py", "checkpoint.py", "decoder.py", "detector.py", "device.py",
    "distributed.py", "evaluation.py", "expression.py", "features.py", "ffc.py", "fpm.py", "images.py",
    "losses.py", "maps.py", "metrics.py", "network.py", "nfs.py", "pipeline.py", "training.py", "weights.py", "data",
)  # fmt: skip
"""Files and folders of nnet/ with a say in a run's numbers."""

BYSTANDERS = (
    "__init__.py", "atlas.py", "card.py", "compat.py", "config.py", "errors.py", "provenance.py", "storage.py",
    "tensorboard.py",
)  # fmt: skip
"""What training imports without changing its numbers. The values of config.py are part of the key by themselves."""


def run_identity(config: Config, data_sha256: str, weights_sha256: str = "") -> str:
    """First half of a run's key: SHA-256 in hex over settings, data and a given file of teacher weights."""
    return config_hash(config, data_sha256, weights_sha256)


def config_hash(config: Config, *more: str) -> str:
    """SHA-256 in hex over all settings, and over more texts if there are any."""
    return hashlib.sha256(json.dumps([config.to_dict(), *more], sort_keys=True).encode()).hexdigest()


@functools.cache
def code_hash(root: Path | None = None) -> str:
    """Second half of a run's key: SHA-256 in hex over the statements of `CODE`.

    Args:
        root: the folder of the package; by default the one that is running.
    """
    folder = Path(nnet.__file__).parent if root is None else root
    digest = hashlib.sha256()
    for path in code_files(folder):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{statements(path.read_text('utf-8'))}\0".encode())
    return digest.hexdigest()


def code_files(folder: Path) -> list[Path]:
    """The source files that `CODE` names, sorted."""
    named = (folder / name for name in CODE)
    return sorted(file for path in named for file in (path.rglob("*.py") if path.is_dir() else (path,)))


def statements(source: str) -> str:
    """Python source without comments, docstrings and empty lines. Positions decide, so any Python version agrees."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        for text in _loose_strings(node):
            lines[text.lineno - 1 : text.end_lineno] = [""] * (text.end_lineno - text.lineno + 1)
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _loose_strings(node: ast.AST) -> list[ast.Expr]:
    """Docstrings, and strings that stand for themselves below an attribute."""
    body = getattr(node, "body", None)
    if not isinstance(body, list):
        return []
    return [
        child
        for child in body
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant) and isinstance(child.value.value, str)
    ]
