"""Which device and which number format to compute with: chosen by capability, not by habit."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from nnet.errors import NNetError

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


class DeviceError(NNetError, ValueError):
    """The device asked for is not there."""


def choose_device(name: str = "auto") -> torch.device:
    """ "auto" takes a CUDA GPU, then Apple's GPU, then the CPU; any other name is PyTorch's own ("cpu", "cuda:1").

    Raises:
        DeviceError: the name is unknown, or this machine lacks the device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise DeviceError(f"There is no device {name!r} on this computer. Use auto or cpu.") from error
    return device


def training_dtype(device: torch.device, precision: str = "auto") -> torch.dtype:
    """The number format of convolutions and matrix products in training.

    "auto": on a GPU bfloat16, or float16 where it has no bfloat16; on a CPU bfloat16 only with AMX tiles. Without
    bf16 instructions a CPU emulates it, 10 to 100 times slower than float32, and AVX-512's gain too little to change
    the results for (benchmarks/speed.py).
    """
    if precision != "auto":
        return DTYPES[precision]
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16
    if device.type == "cpu" and getattr(torch.cpu, "_is_amx_tile_supported", lambda: False)():
        return torch.bfloat16
    return torch.float32


def inference_dtype(device: torch.device) -> torch.dtype:
    """float16 on a CUDA GPU (its 11 bits of precision keep scores closer to float32 than bfloat16's 8), else float32.

    A score must not depend on which CPU computed it: it is compared with a calibration from another machine.
    """
    return torch.float16 if device.type == "cuda" else torch.float32


def autocast(device: torch.device, dtype: torch.dtype) -> contextlib.AbstractContextManager[object]:
    """Mixed precision on `device`, or nothing for float32."""
    return contextlib.nullcontext() if dtype is torch.float32 else torch.autocast(device.type, dtype)


class _InFloat32(nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            return super().forward(x.float())


def keep_depthwise_in_float32(network: nn.Module, device: torch.device, dtype: torch.dtype) -> None:
    """Let the depthwise convolutions of `network` compute in float32 inside a CPU's bfloat16 autocast.

    AMX multiplies matrices; a depthwise convolution is none, and its bfloat16 gradient is several times slower than its
    float32 one, so slow that it takes back half of what the others gain. Weights and their names stay as they are.
    """
    if device.type != "cpu" or dtype is not torch.bfloat16:
        return
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.groups == module.in_channels > 1:
            kind = type(module)
            module.__class__ = type(f"Float32{kind.__name__}", (_InFloat32, kind), {})


def prepare_gpu(device: torch.device) -> None:
    """Let cuDNN try out its algorithms for shapes that stay the same over a training; nothing elsewhere.

    What is left in float32 beside autocast is small, and stays exact: TF32 is left off.
    """
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True


LIGHT = 3e11
"""Weights x input pixels of a pass up to which one thread is as fast as all of them (docs/export.md, Speed)."""


@contextlib.contextmanager
def threads_for(device: torch.device, work: float) -> Iterator[None]:
    """Let PyTorch compute on one thread within the block if the pass is a light one, on a CPU.

    Handing out the many small operations and waiting for the last of the threads takes longer than it saves, and twice
    the processor time; most of all where another program or visitor needs the other core.

    Args:
        work: the network's weights times the pixels of all inputs, which grows as the multiplications do.
    """
    before = torch.get_num_threads()
    if device.type != "cpu" or work > LIGHT or before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def describe(device: torch.device) -> str:
    """The device in words, e.g. "NVIDIA RTX 4090" or "CPU, 8 threads"."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple GPU"
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads > 1 else ''}"


def available_memory() -> int:
    """Bytes of main memory that can be taken now without swapping; 4 GiB where the system does not tell."""
    meminfo = Path("/proc/meminfo")
    if meminfo.is_file():
        for line in meminfo.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    with contextlib.suppress(ValueError, OSError, AttributeError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")
    return 4 * 1024**3
