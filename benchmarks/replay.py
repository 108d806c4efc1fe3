"""How far the maps of one image differ between machines, which decides the tolerances of `nnet.replay.checks`.

    python -m benchmarks.replay [CHECKPOINT]

Each setting runs in a process of its own, over the workbench's sample images. Other processors are stood in for by
other instruction sets and numbers of threads, a GPU by rounding every weight and every layer's output to float16, which
is what automatic mixed precision does there.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from nnet.detector import Detector
from workbench.shared import samples

ROOT = Path(__file__).resolve().parent.parent
OLD = {"ONEDNN_MAX_CPU_ISA": "SSE41", "ATEN_CPU_CAPABILITY": "default"}
SETTINGS: dict[str, tuple[int, dict[str, str], bool]] = {
    "1 thread": (1, {}, False),
    "1 thread, again": (1, {}, False),
    "2 threads": (2, {}, False),
    "SSE 4.1 instead of this CPU's instructions": (1, OLD, False),
    "float16 as on a GPU, emulated": (1, {}, True),
}


def main(checkpoint: Path) -> None:
    print(f"{checkpoint.name}, instructions of this CPU: {torch.backends.cpu.get_cpu_capability()}")
    print("| setting | largest difference of a map | 99 % of values differ by less than |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        files = {name: _run(name, checkpoint, Path(folder, f"{i}.npy")) for i, name in enumerate(SETTINGS)}
        first, *others = files.values()
        for name, values in zip(list(files)[1:], others, strict=True):
            difference = np.abs(values - first)
            print(f"| {name} | {difference.max():.1e} | {np.quantile(difference, 0.99):.1e} |")


def _run(name: str, checkpoint: Path, target: Path) -> np.ndarray:
    command = [sys.executable, "-m", "benchmarks.replay", str(checkpoint), name, str(target)]
    environment = os.environ | SETTINGS[name][1]
    subprocess.run(command, check=True, env=environment, cwd=ROOT)
    return np.load(target)


def measure(checkpoint: Path, name: str, target: Path) -> None:
    """Write the maps of all images, (images, maps, 64, 64)."""
    threads, _, half = SETTINGS[name]
    torch.set_num_threads(threads)
    detector = Detector.load(checkpoint, "cpu")
    if half:
        _round(detector)
    maps = [list(detector.trace(image).maps.values()) for image in _images()]
    np.save(target, np.array(maps))


def _round(detector: Detector) -> None:
    def rounded(_module: object, _inputs: object, output: object) -> object:
        return output.half().float() if torch.is_tensor(output) else output

    for module in detector.network.modules():
        if not list(module.children()):
            for parameter in module.parameters(recurse=False):
                if parameter.ndim > 1:
                    parameter.data = parameter.data.half().float()
            module.register_forward_hook(rounded)


def _images() -> list[np.ndarray]:
    return [image.sample.load().image for image in samples.collection().images]


if __name__ == "__main__":
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "checkpoints" / "elpv-mono"
    if len(sys.argv) == 4:
        measure(given, sys.argv[2], Path(sys.argv[3]))
    else:
        main(given)
