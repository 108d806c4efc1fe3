"""Pictures per second of the score path and of the exported model, side by side in one run.

    python -m benchmarks.export [--cases embedded lite0-256 wide-256] [--threads 1 2] [--batches 1 8] [--rounds 5]
        [--formats onnx int8 openvino] [--compile] [--anomalib] [--exports DIR] [--write docs/export.md]

Cases: the embedded model (EfficientNet-Lite0 at 128), the same teacher at 256, and WideResNet-50-2 at 256 with the
paper's settings; the latter two have random weights, which cost as much as trained ones.

Every variant gets decoded pictures of the network's size and gives maps, score and decision; anomalib's reverse
distillation, with the same teacher, gives its map and its score. Each is timed once per round, in turn, so that other
work on the machine hits all of them alike; the table has the median over the rounds, and its ratio to the first column.
int8 is ONNX Runtime's static quantisation of the convolutions, on the pictures that the case is calibrated with; what
that does to decisions and to the image AUROC is measured on the embedded model's test pictures.

Needs the extra `export`. --compile needs a C++ compiler, and --anomalib the package of that name.
"""

import argparse
import os
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from nnet.config import Config
from nnet.data.elpv import open_elpv
from nnet.data.images import resize
from nnet.detector import Detector, TrainedModel
from nnet.export import writers
from nnet.export.graph import Graph
from nnet.export.opening import INPUT, MANIFEST, MODELS, Run, open_export
from nnet.model.compat import declare_torchvision_operators
from nnet.model.inputs import to_network_input
from nnet.model.network import NNet
from nnet.presets import preset
from nnet.saved.checkpoint import Checkpoint
from nnet.saved.storage import write_json
from nnet.scoring.calibration import calibrate

Score = Callable[[np.ndarray], object]
EMBEDDED = Path(__file__).parents[1] / "checkpoints" / "elpv-mono"
BEGIN, END = "<!-- benchmarks/export.py -->\n", "<!-- end -->\n"
CALIBRATED_WITH = 64
TURN = 0.5  # seconds that a variant is timed for in each round, so that short calls are not at the mercy of one tick
KINDS = ("onnx", "int8", "openvino")
RANDOM = {"model.teacher_weights": "random"}
CONFIGS: dict[str, Callable[[], Config]] = {
    "lite0-256": lambda: preset("medium").override(RANDOM),
    "wide-256": lambda: preset("paper").override(RANDOM),
    "toy": lambda: preset("small").override({**RANDOM, "model.teacher": "resnet18", "model.size": 64}),
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", nargs="+", choices=["embedded", *CONFIGS], default=["embedded", *CONFIGS][:3])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--rounds", type=int, default=5, help="0 only writes the exports (default: %(default)s)")
    parser.add_argument("--formats", nargs="*", choices=KINDS, default=KINDS)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--anomalib", action="store_true")
    parser.add_argument(
        "--exports", type=Path, metavar="DIR", help="keep the exports there, and take those that are there"
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the tables between the marks in this file")
    options = parser.parse_args(arguments)
    lines: list[str] = []
    for name in options.cases:
        with tempfile.TemporaryDirectory() as temporary:
            folder = (options.exports or Path(temporary)) / name
            folder.mkdir(parents=True, exist_ok=True)
            case = Case(name, folder)
            for kind in (kind for kind in options.formats if kind not in case.kinds):
                try:
                    case.export(kind)
                except Exception as error:  # one format that fails must not cost the hour that the others take
                    shutil.rmtree(case.folder / kind, ignore_errors=True)
                    lines += [f"{case.title}: {kind} is left out ({error}).", ""]
            if options.rounds:
                lines += [*measured(case, options), ""]
            if name == "embedded" and {"onnx", "int8"} <= set(case.kinds):
                lines += [what_int8_changes(case), ""]
        print("\n".join(lines[-12:]), flush=True)
    if options.write:
        write(options.write, "\n".join(lines))


@dataclass
class Case:
    """A model, and the folder that its exports go to."""

    name: str
    folder: Path

    def __post_init__(self) -> None:
        self.model = self.load()
        self.config = self.model.config
        self.size = self.config.model.size

    @property
    def title(self) -> str:
        return f"{self.config.model.teacher} at {self.size} pixels"

    @property
    def kinds(self) -> list[str]:
        """The formats that were written."""
        return [kind for kind in KINDS if (self.folder / kind / MANIFEST).is_file()]

    def load(self) -> TrainedModel:
        """The model anew."""
        if self.name == "embedded":
            return Detector.load(EMBEDDED, "cpu")
        config = CONFIGS[self.name]()
        torch.manual_seed(0)
        network = NNet(config).eval().requires_grad_(False)
        maps = Detector(network, config, "cpu").maps(list(noise(4, config.model.size)))
        calibration = calibrate(maps, config.model.size, config.scoring)
        return TrainedModel(network, Checkpoint(Path(self.name), config, "0" * 64, calibration, {}), "cpu")

    def export(self, kind: str) -> None:
        """Write a format into its folder; int8 is made from ONNX, which must be there."""
        folder = self.folder / kind
        folder.mkdir()
        graph = Graph(self.model, self.model.calibration.for_expression()).eval()
        if kind == "int8":
            quantise(self.folder / "onnx" / MODELS["onnx"], folder / MODELS["onnx"], self.typical())
        else:
            writers.write(graph, kind, folder)
        described = "onnx" if kind == "int8" else kind
        write_json(folder / MANIFEST, {"format": described, "outputs": graph.names})

    def typical(self) -> np.ndarray:
        """Normal pictures, uint8 (n, size, size, 3): of the embedded model's own data, else noise."""
        if self.name != "embedded":
            return noise(8, self.size)
        return np.stack([resize(one.load().image, self.size) for one in open_elpv("mono").train[:CALIBRATED_WITH]])

    def variants(self, threads: int, options: argparse.Namespace) -> Iterator[tuple[str, Score | Run]]:
        """What is compared, by name. The second is what the app does."""
        plain, app = self.load(), self.load()
        yield "PyTorch, batch norm not folded", in_place_of_folded(plain, plain.network)
        yield "PyTorch, as the app", lambda images: app.score(list(images))
        if options.compile:
            torch.compiler.reset()  # a function that has been compiled eight times is compiled no more
            third = self.load()
            yield "torch.compile", in_place_of_folded(third, torch.compile(third.network, dynamic=False))
        for kind in self.kinds:
            yield (
                {"onnx": "ONNX Runtime", "int8": "the same, int8", "openvino": "OpenVINO"}[kind],
                open_export(self.folder / kind, threads),
            )
        if options.anomalib:
            yield "anomalib's reverse distillation", reverse_distillation(self.config, self.model)


def measured(case: Case, options: argparse.Namespace) -> list[str]:
    """A table for one case, in Markdown: a row per number of threads and batch."""
    rows: list[list[str]] = []
    names: list[str] = []
    load = os.getloadavg()[0]
    for threads in options.threads:
        torch.set_num_threads(threads)
        variants = dict(case.variants(threads, options))
        names = list(variants)
        for batch in options.batches:
            rates = pictures_per_second(variants, noise(batch, case.size), options.rounds)
            first = next(iter(rates.values()))
            cells = [f"{rate:.1f} ({rate / first:.2f})" for rate in rates.values()]
            rows.append([str(threads), str(batch), *cells])
    head = ["threads", "batch", *names]
    table = [head, ["---"] * len(head), *rows]
    about = (
        f"**{case.title}**, pictures per second and their ratio to the first. {os.cpu_count()} cores with "
        f"{torch.backends.cpu.get_cpu_capability()}; the machine's load was {load:.1f} before."
    )
    return [about, "", *(f"| {' | '.join(row)} |" for row in table)]


def pictures_per_second(variants: dict[str, Score | Run], images: np.ndarray, rounds: int) -> dict[str, float]:
    """The median of each, taken in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in variants}
    repeats: dict[str, int] = {}
    for name, work in variants.items():
        work(images)  # what is compiled or allocated at the first call is not part of any later one
        start = time.perf_counter()
        work(images)
        repeats[name] = max(1, round(TURN / (time.perf_counter() - start)))
    for _ in range(rounds):
        for name, work in variants.items():
            start = time.perf_counter()
            for _ in range(repeats[name]):
                work(images)
            seconds[name].append((time.perf_counter() - start) / repeats[name])
    return {name: len(images) / statistics.median(each) for name, each in seconds.items()}


def what_int8_changes(case: Case) -> str:
    """Image AUROC and decisions of both on the embedded model's test pictures, in a sentence."""
    from sklearn.metrics import roc_auc_score

    test = open_elpv("mono").test
    labels = [one.is_defective for one in test]
    scores: dict[str, list[float]] = {"onnx": [], "int8": []}
    flagged: dict[str, list[bool]] = {"onnx": [], "int8": []}
    for kind, found in scores.items():
        run = open_export(case.folder / kind)
        for start in range(0, len(test), 8):
            images = np.stack([resize(one.load().image, case.size) for one in test[start : start + 8]])
            answer = run(images)
            found += answer["score"].tolist()
            flagged[kind] += answer["anomalous"].tolist()
    before, after = (roc_auc_score(labels, found) for found in scores.values())
    other = sum(a != b for a, b in zip(*flagged.values(), strict=True))
    return (
        f"int8 on the {len(test)} test pictures of {case.title}: image AUROC {before:.3f} becomes {after:.3f}, and "
        f"{other} decisions are others."
    )


def quantise(source: Path, target: Path, images: np.ndarray) -> None:
    """Static quantisation of the convolutions; what resizes, compares and smooths stays in float32."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self._rest = iter({INPUT: image[None]} for image in images)

        def get_next(self) -> Any:
            return next(self._rest, None)

    quantize_static(
        str(source),
        str(target),
        Reader(),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=["Conv"],
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )


def reverse_distillation(config: Config, model: TrainedModel) -> Score:
    """anomalib's model with the same teacher and random weights, from uint8 pictures to its map and score."""
    declare_torchvision_operators()
    from anomalib.models.image.reverse_distillation.anomaly_map import AnomalyMapGenerationMode
    from anomalib.models.image.reverse_distillation.torch_model import ReverseDistillationModel

    from benchmarks.peers_anomalib import build_rd, untrained_timm
    from nnet.model.teacher_weights import architecture_of

    teacher, size = config.model.teacher, config.model.size
    with untrained_timm():
        if "resnet" in teacher:
            add, layers = AnomalyMapGenerationMode.ADD, ["layer1", "layer2", "layer3"]
            theirs = ReverseDistillationModel(teacher, (size, size), layers, add, pre_trained=False).eval()
        else:  # it has no decoder for other teachers; benchmarks.peers says what takes its place
            theirs = build_rd(architecture_of(teacher), size, config.score.sigma * size / 256).eval()
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (model.network.T.mean, model.network.T.std))

    def score(images: np.ndarray) -> object:
        with torch.inference_mode():
            return theirs(((to_network_input(images, torch.device("cpu")) - mean) / std).contiguous())

    return score


def in_place_of_folded(model: TrainedModel, network: Callable[..., object]) -> Score:
    """The score path with this network in place of the folded one."""
    model.__dict__["_fast"] = network
    return lambda images: model.score(list(images))


def noise(count: int, size: int) -> np.ndarray:
    """uint8 (count, size, size, 3)."""
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


def write(file: Path, text: str) -> None:
    """Put the tables between the marks, in place of those with the same titles; the others stay.

    Raises:
        ValueError: the file has no marks.
    """
    before, begin, rest = file.read_text(encoding="utf-8").partition(BEGIN)
    held, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{file} has no lines {BEGIN.strip()} and {END.strip()}.")
    tables = "\n\n".join((_by_title(held) | _by_title(text)).values())
    file.write_text(f"{before}{BEGIN}\n{tables}\n\n{END}{after}", encoding="utf-8")


def _by_title(text: str) -> dict[str, str]:
    """A title in bold -> it and what follows it, up to the next one."""
    return {each.split("**")[1]: each.strip() for each in re.split(r"^(?=\*\*)", text, flags=re.MULTILINE)[1:]}


if __name__ == "__main__":
    main()
