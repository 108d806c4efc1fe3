"""Time, memory and accuracy of nnet.scoring.metrics beside other implementations, on the same seeded maps in one run.

    python benchmarks/metrics.py [--anomalib-python PATH] [--images 117] [--rounds 3] [--threads 1]

Contenders:
    evaluate          nnet.scoring.metrics.evaluate: seven metrics, image metrics included
    evaluate/labelled the same with regions found beforehand, as when several score expressions are compared
    plain sort        float64 NumPy, one argsort of all pixels; also the reference for the errors
    loop              PRO with 200 evenly spaced thresholds, regions labelled at each one, as often published
    loop, hoisted     the same, regions labelled once
    anomalib          AUPRO, AUROC and F1Max, if the Python given with --anomalib-python (default: this one) has it

Every contender runs in its own process, in turn, `rounds` times. A process loads the maps, makes one call whose peak
memory above the start is measured (Linux: VmHWM), then times further calls and reports the fastest. Slow contenders
are timed in that first call only. Times are core seconds (process time), so that other work on the machine matters
less than to a clock on the wall. The table shows medians over the rounds and, as ratio, the time divided by that of
`evaluate` in the same round (lowest to highest).
"""

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from scipy import ndimage

LIMIT = 0.3
SLOW = 3.0  # seconds after which a call is not repeated
REPEATS = 5
Values = dict[str, float]


def make_data(images: int, size: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Smoothed anomaly maps (N, size, size) float32 in 0..1, and masks of up to four ellipses; one in four is empty."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size]
    maps, masks = np.empty((images, size, size), np.float32), np.zeros((images, size, size), bool)
    for i in range(images):
        for _ in range(random.integers(1, 5) if i % 4 else 0):
            centre, radii = random.integers(0, size, 2), random.integers(4, 28, 2)
            masks[i] |= ((rows - centre[0]) / radii[0]) ** 2 + ((columns - centre[1]) / radii[1]) ** 2 < 1
        noise = ndimage.gaussian_filter(random.standard_normal((size, size)), 4) * 16
        defect = ndimage.gaussian_filter(masks[i].astype(float), 6) * random.uniform(1, 6)
        maps[i] = 1 / (1 + np.exp(-noise - defect))
    return maps, masks


def run_evaluate(maps: np.ndarray, masks: np.ndarray) -> Values:
    from nnet.scoring.metrics import evaluate

    result = evaluate(maps, masks, maps.max(axis=(1, 2)), masks.any(axis=(1, 2)))
    return {"pro": result.p_pro, "auroc": result.p_auroc, "f1": result.p_f1.f1}


def run_evaluate_labelled(maps: np.ndarray, masks: np.ndarray) -> Callable[[], Values]:
    from nnet.scoring.metrics import evaluate, label_pixels

    regions, labels = label_pixels(masks), masks.any(axis=(1, 2))

    def call() -> Values:
        result = evaluate(maps, regions, maps.max(axis=(1, 2)), labels)
        return {"pro": result.p_pro, "auroc": result.p_auroc, "f1": result.p_f1.f1}

    return call


def run_plain_sort(maps: np.ndarray, masks: np.ndarray) -> Values:
    """One argsort, cumulative sums in float64, the textbook formulas."""
    weights = np.zeros(masks.shape)
    regions = 0
    for weight, mask in zip(weights, masks, strict=True):
        labels, count = ndimage.label(mask, structure=np.ones((3, 3)))
        weight[mask] = 1 / np.bincount(labels[mask], minlength=1)[labels[mask]]
        regions += count
    order = np.argsort(-maps.ravel(), kind="stable")
    values, truth = maps.ravel()[order], masks.ravel()[order]
    last = np.r_[values[1:] != values[:-1], True]
    found, false = np.r_[0, np.cumsum(truth)[last]], np.r_[0, np.cumsum(~truth)[last]]
    overlap = np.r_[0, np.cumsum(weights.ravel()[order])[last] / regions]
    fpr, tpr = false / false[-1], found / found[-1]
    inside = np.searchsorted(fpr, LIMIT, side="right")
    x, y = np.r_[fpr[:inside], LIMIT], np.r_[overlap[:inside], np.interp(LIMIT, fpr, overlap)]
    f1 = 2 * found / (found + false + found[-1])
    return {"pro": np.trapezoid(y, x) / LIMIT, "auroc": np.trapezoid(tpr, fpr), "f1": f1.max()}


def run_loop(maps: np.ndarray, masks: np.ndarray, hoisted: bool = False) -> Values:
    """PRO as published in many repositories: thresholds, then images, then regions."""
    labelled = [ndimage.label(mask, structure=np.ones((3, 3))) for mask in masks] if hoisted else None
    fprs, pros = [], []
    for threshold in np.linspace(maps.min(), maps.max(), 200):
        binary = maps > threshold
        overlaps = []
        for i, mask in enumerate(masks):
            labels, _ = labelled[i] if labelled else ndimage.label(mask, structure=np.ones((3, 3)))
            for r, box in enumerate(ndimage.find_objects(labels), start=1):
                region = labels[box] == r
                overlaps.append(binary[i][box][region].sum() / region.sum())
        fprs.append((binary & ~masks).sum() / (~masks).sum())
        pros.append(np.mean(overlaps))
    fprs, pros = np.array(fprs)[::-1], np.array(pros)[::-1]
    inside = fprs < LIMIT
    return {"pro": np.trapezoid(pros[inside], fprs[inside] / fprs[inside].max())}


def run_loop_hoisted(maps: np.ndarray, masks: np.ndarray) -> Values:
    return run_loop(maps, masks, hoisted=True)


def run_anomalib(maps: np.ndarray, masks: np.ndarray, names: tuple[str, ...]) -> Callable[[], Values]:
    """The torchmetrics classes behind anomalib's metrics, without the unpacking of its batches."""
    import torch

    from nnet.model.compat import declare_torchvision_operators

    declare_torchvision_operators()
    from anomalib.metrics.aupro import _AUPRO
    from anomalib.metrics.auroc import _AUROC
    from anomalib.metrics.f1_score import _F1Max

    kinds = {"pro": _AUPRO, "auroc": _AUROC, "f1": _F1Max}
    scores, labels = torch.from_numpy(maps), torch.from_numpy(masks).int()

    def call() -> Values:
        values = {}
        for name in names:
            metric = kinds[name]()
            metric.update(scores, labels)
            values[name] = float(metric.compute())
        return values

    return call


CONTENDERS: dict[str, Callable] = {
    "evaluate": run_evaluate,
    "evaluate/labelled": run_evaluate_labelled,
    "plain sort": run_plain_sort,
    "loop": run_loop,
    "loop, hoisted": run_loop_hoisted,
    "anomalib AUPRO": lambda maps, masks: run_anomalib(maps, masks, ("pro",)),
    "anomalib AUROC": lambda maps, masks: run_anomalib(maps, masks, ("auroc",)),
    "anomalib F1Max": lambda maps, masks: run_anomalib(maps, masks, ("f1",)),
    "anomalib, all 3": lambda maps, masks: run_anomalib(maps, masks, ("pro", "auroc", "f1")),
}
PREPARED = {"evaluate/labelled", *(name for name in CONTENDERS if name.startswith("anomalib"))}


def memory(field: str) -> float:
    """VmRSS or VmHWM of this process in MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    raise SystemExit(f"/proc/self/status has no {field}; this benchmark reads memory the Linux way.")


def measure(name: str, data: str) -> None:
    """Run one contender in this process and print its figures as JSON."""
    with np.load(data) as file:
        maps, masks = file["maps"], file["masks"]
    contender = CONTENDERS[name]
    small = maps[:4], masks[:4]
    if name in PREPARED:
        contender(*small)()  # imports and first-call costs
        call = contender(maps, masks)
    else:
        contender(*small)
        call = partial(contender, maps, masks)
    Path("/proc/self/clear_refs").write_text("5")  # VmHWM starts afresh
    before = memory("VmRSS")
    seconds, values = timed(call)
    peak = memory("VmHWM") - before
    for _ in range(0 if seconds > SLOW else REPEATS):
        seconds = min(seconds, timed(call)[0])
    print(json.dumps({"seconds": seconds, "peak": peak, "values": {key: float(v) for key, v in values.items()}}))


def timed(call: Callable[[], Values]) -> tuple[float, Values]:
    start = time.process_time()
    values = call()
    return time.process_time() - start, values


def run_apart(name: str, data: Path, python: str, threads: int) -> dict:
    """`measure` in a process of its own."""
    root = str(Path(__file__).resolve().parents[1])
    environment = os.environ | {"PYTHONPATH": root, "OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    command = [python, __file__, "--measure", name, "--data", str(data)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def has_anomalib(python: str) -> bool:
    if python == sys.executable:
        return importlib.util.find_spec("anomalib") is not None
    code = "import importlib.util, sys; sys.exit(importlib.util.find_spec('anomalib') is None)"
    return subprocess.run([python, "-c", code], check=False).returncode == 0


def report(results: dict[str, list[dict]]) -> None:
    """The table: medians over the rounds, ratios within a round, errors against the plain float64 sort."""
    reference = results["plain sort"][0]["values"]
    heads = "".join(f"{name:>12}{'error':>9}" for name in reference)
    print(f"{'':18}{'core s':>9}{'peak MiB':>10}   {'ratio':>14}  {heads}")
    for name, rounds in results.items():
        ratios = [a["seconds"] / b["seconds"] for a, b in zip(rounds, results["evaluate"], strict=True)]
        cells = ""
        for metric, exact in reference.items():
            value = rounds[0]["values"].get(metric)
            cells += " " * 21 if value is None else f"{value:12.8f}{abs(value - exact):9.0e}"
        seconds = statistics.median(r["seconds"] for r in rounds)
        peak = statistics.median(r["peak"] for r in rounds)
        print(f"{name:18}{seconds:9.3f}{peak:10.0f}   {min(ratios):6.1f} - {max(ratios):5.1f}  {cells}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--anomalib-python", default=sys.executable, help="a Python that has anomalib installed")
    parser.add_argument("--images", type=int, default=117)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--data", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, options.data)
        return
    names = [name for name in CONTENDERS if not name.startswith("anomalib") or has_anomalib(options.anomalib_python)]
    results: dict[str, list[dict]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.npz"
        maps, masks = make_data(options.images, options.size)
        np.savez(data, maps=maps, masks=masks)
        print(f"{len(maps)} maps of {options.size} x {options.size}, {masks.mean():.1%} defective pixels")
        for _ in range(options.rounds):
            for name in names:
                python = options.anomalib_python if name.startswith("anomalib") else sys.executable
                results[name].append(run_apart(name, data, python, options.threads))
    report(results)


if __name__ == "__main__":
    main()
