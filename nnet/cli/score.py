"""nnet score: score images, and write overlays, raw maps and a table."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from nnet.cli.shared import add_checkpoint, add_device
from nnet.data.images import IMAGE_SUFFIXES, Decoded, ImageError, decode

if TYPE_CHECKING:  # torch is loaded only to score
    from nnet.detector import Detector
    from nnet.scoring.calibration import Reference

HELP = "score images: overlays, raw maps and a table"
BATCH = 8


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE_OR_FOLDER")
    add_checkpoint(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the results")
    parser.add_argument("--score", metavar="EXPR", help="an expression such as M1*M2*M3; default: the model's own")
    add_device(parser)


def run(options: argparse.Namespace) -> int:
    """Score all images; 1 if some could not be read."""
    from nnet.detector import Detector

    paths = list(_image_paths(options.images))
    detector = Detector.load(options.checkpoint, options.device, options.teacher_weights)
    assert detector.calibration is not None  # every checkpoint has one
    if detector.config.model.teacher_weights == "random":
        print("This model's teacher has random weights, so its scores mean nothing.", file=sys.stderr)
    reference = detector.calibration.for_expression(options.score)
    options.out.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    taken: set[str] = set()
    failures = 0
    for start in tqdm(range(0, len(paths), BATCH), desc="Scoring", unit="batch"):
        images = []
        for path in paths[start : start + BATCH]:
            try:
                images.append((path, decode(path)))
            except ImageError as error:
                failures += 1
                print(f"nnet: {error}", file=sys.stderr)
        rows += _score_batch(detector, reference, images, options, taken)
    _write_table(options.out / "scores.csv", rows)
    print(f"{len(rows)} image{'' if len(rows) == 1 else 's'} scored, {failures} left out; results in {options.out}")
    return 1 if failures else 0


def _image_paths(given: Sequence[Path]) -> Iterator[Path]:
    for path in given:
        if not path.is_dir():
            yield path
            continue
        found = sorted(p for p in path.rglob("*") if p.suffix.lower() in IMAGE_SUFFIXES and p.is_file())
        if not found:
            raise ImageError(f"{path} holds no images. Expected files ending in {', '.join(sorted(IMAGE_SUFFIXES))}.")
        yield from found


def _score_batch(
    detector: Detector,
    reference: Reference,
    images: list[tuple[Path, Decoded]],
    options: argparse.Namespace,
    taken: set[str],
) -> Iterator[dict[str, Any]]:
    from nnet.scoring.overlay import overlay, to_png

    if not images:
        return
    scores = detector.score([decoded.image for _, decoded in images], reference.expression)
    for (path, decoded), score in zip(images, scores, strict=True):
        stem = _free_stem(path.stem, taken)
        picture = overlay(decoded.image, score.map, reference.colour_range, edge=reference.threshold)
        (options.out / f"{stem}_overlay.png").write_bytes(to_png(picture))
        np.savez_compressed(options.out / f"{stem}_map.npz", score=score.map)
        yield {
            "image": str(path),
            "score": f"{score.value:.6g}",
            "threshold": f"{reference.threshold:.6g}",
            "anomalous": int(reference.is_anomalous(score.value)),
            "percentile_among_normals": f"{reference.percentile(score.value):.1f}",
            "p_value": f"{reference.p_value(score.value):.4f}",
            "overlay": f"{stem}_overlay.png",
            "map": f"{stem}_map.npz",
            "notes": " ".join(decoded.notes),
        }


def _free_stem(stem: str, taken: set[str]) -> str:
    """A name for the results; two images of one name must not overwrite each other's."""
    candidate, number = stem, 1
    while candidate in taken:
        number += 1
        candidate = f"{stem}_{number}"
    taken.add(candidate)
    return candidate


def _write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]) if rows else ["image", "score"])
        writer.writeheader()
        writer.writerows(rows)
