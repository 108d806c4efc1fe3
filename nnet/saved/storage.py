"""Atomic writes: a file is either the old one or the new one, never half of each, also after a power cut."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # who writes JSON alone, such as the queue of training runs, does without torch
    from torch import Tensor


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in place in one step."""
    # Two visitors of a server are two threads of one process.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        write(temporary)
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        error.filename, error.filename2 = str(path), None  # what people know, not the temporary file
        raise
    finally:
        with contextlib.suppress(OSError):  # its folder is none
            temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically."""

    def write(target: Path) -> None:
        target.write_text(text, encoding="utf-8", errors="replace")  # a path may hold what is no UTF-8

    write_atomically(path, write)


def write_json(path: Path, data: Any) -> None:
    """Write readable JSON atomically; NaN is refused."""
    write_text(path, json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_tensors(path: Path, tensors: dict[str, Tensor], metadata: dict[str, str] | None = None) -> None:
    """Write a safetensors file atomically."""
    from safetensors.torch import save_file

    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}

    def write(target: Path) -> None:
        save_file(plain, target, metadata)
        target.chmod(0o644)  # safetensors makes it readable for its owner alone

    write_atomically(path, write)
