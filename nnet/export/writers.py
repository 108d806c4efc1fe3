"""Write the graph as ONNX, OpenVINO or torch.export; `opening` opens what was written."""

import contextlib
import copy
import io
import logging
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from nnet.export.graph import Graph
from nnet.export.opening import INPUT, MODELS

OPSET = 20


def write(graph: Graph, kind: str, folder: Path) -> None:
    """Write the model's files of one format into a folder that exists."""
    writers = {"onnx": write_onnx, "openvino": _write_openvino, "torch": _write_torch, "web": write_onnx}
    with _quiet():
        writers[kind](graph, folder / MODELS[kind])


def write_onnx(graph: Graph, path: Path) -> None:
    """One self-contained file, with dynamic N and, but for the web page, height and width."""
    program = torch.onnx.export(
        graph,
        (graph.example(),),
        dynamo=True,
        input_names=[INPUT],
        output_names=list(graph.names),
        dynamic_shapes=_what_varies(graph),
        opset_version=OPSET,
        external_data=False,
        verbose=False,
    )
    assert program is not None  # it is None only for the older exporter
    program.save(path)


def _write_openvino(graph: Graph, path: Path) -> None:
    """By way of ONNX, without branches: behind an `If`, OpenVINO 2026.4 gives the first picture, and the first of every
    larger batch, wrong maps on a processor without AVX-512."""
    import openvino

    straight = copy.copy(graph)
    straight.branches = False

    with tempfile.TemporaryDirectory(dir=path.parent) as folder:  # goes with that one, whatever ends this
        onnx = Path(folder) / "model.onnx"
        write_onnx(straight, onnx)
        openvino.save_model(openvino.convert_model(onnx), path, compress_to_fp16=False)


def _write_torch(graph: Graph, path: Path) -> None:
    program = torch.export.export(graph, (graph.example(),), dynamic_shapes=_what_varies(graph), strict=False)
    torch.export.save(program, path)


def _what_varies(graph: Graph) -> dict[str, Any]:
    is_fixed = graph.inside or graph.frame is not None
    any_size = {} if is_fixed else {1: torch.export.Dim("height", min=2), 2: torch.export.Dim("width", min=2)}
    return {INPUT: {0: torch.export.Dim("N", min=1), **any_size}}


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporters report on themselves; what a person needs to know is in the check."""
    loggers = [logging.getLogger(name) for name in ("onnx_ir", "onnxscript")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
