"""Open an exported model, and say what its format needs. Without PyTorch, but for the format `torch`."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypedDict, cast

import numpy as np

from nnet.export.errors import ExportError
from nnet.formats import MIB, Document, Name

INPUT = "images"
"""Name of the only input: uint8 (N, height, width, 3), RGB, any N of at least 1; for the web page both are `size`."""
Run = Callable[[np.ndarray], dict[str, np.ndarray]]
"""uint8 pictures in as INPUT says, the named outputs out."""

MANIFEST = "manifest.json"
MODELS = {"onnx": "model.onnx", "openvino": "model.xml", "torch": "model.pt2", "web": "model.onnx"}
"""Name of the model's file by format."""


class ManifestFile(TypedDict):
    """What every export says; `nnet.export.manifest` has the rest."""

    format: Literal["onnx", "openvino", "torch", "web"]
    outputs: dict[Name, Any] | list[Name]


MANIFEST_FORMAT = Document[ManifestFile](
    name=MANIFEST,
    about="Of an exported model: what goes in, what comes out, what the numbers mean and where they come from.",
    error=ExportError,
    remedy="Give a folder that nnet export wrote.",
    schema=ManifestFile,
    most=16 * MIB,
)
INSTALL = 'pip install "nnet-workbench[export]", or in a checkout pip install ".[export]"'
"""What to type where a format's packages are missing."""

_NEEDS = {
    "onnx": ("onnx", "onnxscript", "onnxruntime"),
    "openvino": ("onnx", "onnxscript", "openvino"),
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


def open_export(folder: Path, threads: int | None = None) -> Run:
    """The exported model in a folder, ready to run on the CPU.

    Args:
        folder: what `nnet export` wrote.
        threads: how many to use; None leaves it to the runtime. For `torch` it is PyTorch's own number for the process.

    Raises:
        ExportError: no export, or the package that runs it is missing.
    """
    manifest = read_manifest(folder)
    kind, names = manifest["format"], list(manifest["outputs"])
    path = folder / MODELS[kind]
    if kind == "torch":
        return _torch_runner(path, threads)
    return _openvino_runner(path, names, threads) if kind == "openvino" else _onnx_runner(path, names, threads)


def exports_in(folder: Path) -> list[Path]:
    """The folders of exports for several sizes of pictures, in the order of their names; [] if there are none."""
    return sorted(path.parent for path in folder.glob(f"*/{MANIFEST}"))


def read_manifest(folder: Path) -> dict[str, Any]:
    """What an export says of itself (`nnet.export.manifest`).

    Raises:
        ExportError: the folder is no export, or its model is missing.
    """
    try:
        manifest = cast(dict[str, Any], MANIFEST_FORMAT.read(folder / MANIFEST))
    except FileNotFoundError as error:
        if several := exports_in(folder):
            raise ExportError(
                f"{folder} holds an export for each of several sizes of pictures. Name one of its folders: "
                f"{', '.join(one.name for one in several)}."
            ) from error
        raise ExportError(
            f"{folder} is not an exported model: {MANIFEST} is missing. Name a folder of nnet export."
        ) from error
    path = folder / MODELS[manifest["format"]]
    if not path.is_file():
        raise ExportError(f"{folder} is incomplete: {path.name} is missing. Export the model again.")
    return manifest


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
    torch = _module("torch")
    if threads:
        torch.set_num_threads(threads)
    module = torch.export.load(path).module()

    def run(images: np.ndarray) -> dict[str, np.ndarray]:
        with torch.inference_mode():
            return {name: value.numpy() for name, value in module(torch.from_numpy(images)).items()}

    return run


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ExportError(f"The package {name} runs this model and is not installed: pip install {name}") from error
