"""Write the graph as ONNX, OpenVINO or torch.export, and open what was written."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from nnet.export.errors import ExportError
from nnet.export.graph import INPUT, Graph

Run = Callable[[np.ndarray], dict[str, np.ndarray]]
"""uint8 (N, size, size, 3) in, the named outputs out."""

OPSET = 20
MANIFEST = "manifest.json"
MODELS = {"onnx": "model.onnx", "openvino": "model.xml", "torch": "model.pt2", "web": "model.onnx"}
"""Name of the model's file by format."""

INSTALL = 'pip install "nnet-workbench[export]", or in a checkout pip install ".[export]"'
"""What to type where a format's packages are missing."""

_NEEDS = {
    "onnx": ("onnx", "onnxscript", "onnxruntime"),
    "openvino": ("openvino",),
    "torch": (),
    "web": ("onnx", "onnxscript", "onnxruntime"),
}


def require(kind: str) -> None:
    """Refuse a format whose packages are missing.

    Raises:
        ExportError: with what to install.
    """
    for package in _NEEDS[kind]:
        try:
            importlib.import_module(package)
        except ImportError as error:
            raise ExportError(
                f"The format {kind} needs the package {package}, which is not installed. "
                f"Install what exports need: {INSTALL}"
            ) from error


def missing(kind: str) -> str:
    """Name of a package that a format needs and that is not installed, or ""; imports nothing."""
    return next((package for package in _NEEDS[kind] if importlib.util.find_spec(package) is None), "")


def write(graph: Graph, kind: str, folder: Path) -> None:
    """Write the model's files of one format into a folder that exists."""
    writers = {"onnx": write_onnx, "openvino": _write_openvino, "torch": _write_torch, "web": write_onnx}
    with _quiet():
        writers[kind](graph, folder / MODELS[kind])


def write_onnx(graph: Graph, path: Path) -> None:
    """One self-contained file, with dynamic N."""
    program = torch.onnx.export(
        graph,
        (graph.example(),),
        dynamo=True,
        input_names=[INPUT],
        output_names=list(graph.names),
        dynamic_shapes=_any_batch(),
        opset_version=OPSET,
        external_data=False,
        verbose=False,
    )
    assert program is not None  # it is None only for the older exporter
    program.save(path)


def open_export(folder: Path, threads: int | None = None) -> Run:
    """The exported model in a folder, ready to run on the CPU.

    Args:
        folder: what `nnet export` wrote.
        threads: how many to use; None leaves it to the runtime. For `torch` it is PyTorch's own number for the process.

    Raises:
        ExportError: no export, or the package that runs it is missing.
    """
    kind, names = _described(folder)
    path = folder / MODELS[kind]
    if kind == "torch":
        return _torch_runner(path, threads)
    return _openvino_runner(path, names, threads) if kind == "openvino" else _onnx_runner(path, names, threads)


def _described(folder: Path) -> tuple[str, list[str]]:
    """The format and the outputs' names, from the manifest."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        kind, names = manifest["format"], list(manifest["outputs"])
        path = folder / MODELS[kind]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ExportError(
            f"{folder} is no exported model: {MANIFEST} is missing or damaged. Give a folder that nnet export wrote."
        ) from error
    if not path.is_file():
        raise ExportError(f"{folder} is incomplete: {path.name} is missing. Export the model again.")
    return kind, names


def _onnx_runner(path: Path, names: list[str], threads: int | None) -> Run:
    runtime = _module("onnxruntime")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda images: dict(zip(names, session.run(names, {INPUT: images}), strict=True))


def _openvino_runner(path: Path, names: list[str], threads: int | None) -> Run:
    openvino = _module("openvino")
    # By default OpenVINO computes in bfloat16 or float16 where the processor can, which moves scores by per cents.
    settings = {"INFERENCE_PRECISION_HINT": "f32", **({"INFERENCE_NUM_THREADS": threads} if threads else {})}
    compiled = openvino.compile_model(str(path), "CPU", settings)

    def run(images: np.ndarray) -> dict[str, np.ndarray]:
        found = compiled({INPUT: images})
        return {name: np.array(found[name]) for name in names}

    return run


def _torch_runner(path: Path, threads: int | None) -> Run:
    if threads:
        torch.set_num_threads(threads)
    module = torch.export.load(path).module()

    def run(images: np.ndarray) -> dict[str, np.ndarray]:
        with torch.inference_mode():
            return {name: value.numpy() for name, value in module(torch.from_numpy(images)).items()}

    return run


def _write_openvino(graph: Graph, path: Path) -> None:
    import openvino

    model = openvino.convert_model(_program(graph))
    model.inputs[0].set_names({INPUT})
    for output, name in zip(model.outputs, graph.names, strict=True):
        output.set_names({name})
    openvino.save_model(model, path, compress_to_fp16=False)


def _write_torch(graph: Graph, path: Path) -> None:
    torch.export.save(_program(graph), path)


def _program(graph: Graph) -> torch.export.ExportedProgram:
    return torch.export.export(graph, (graph.example(),), dynamic_shapes=_any_batch(), strict=False)


def _any_batch() -> dict[str, Any]:
    return {INPUT: {0: torch.export.Dim("N", min=1)}}


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ExportError(f"The package {name} runs this model and is not installed: pip install {name}") from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporters report on themselves; what a person needs to know is in the check."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
