"""nnet score: score images, and write overlays, raw maps and a table."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from nnet.cli.shared import add_checkpoint, add_device, threshold
from nnet.data.folders import MASK_NAMES
from nnet.data.images import IMAGE_SUFFIXES, Decoded, ImageError, decode
from nnet.data.names import safe_name
from nnet.data.pairing import sort_pictures
from nnet.saved.spreadsheet import to_csv

if TYPE_CHECKING:  # torch is loaded only to score
    from nnet.detector import TrainedModel
    from nnet.scoring.calibration import Reference

HELP = "score images: overlays, raw maps and a table"
BATCH = 8


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("images", nargs="+", type=Path, metavar="IMAGE_OR_FOLDER")
    add_checkpoint(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the results")
    parser.add_argument("--score", metavar="EXPR", help="an expression such as M1*M2*M3; default: the model's own")
    parser.add_argument(
        "--threshold", type=threshold, metavar="X", help="decide by this one; nnet calibrate --threshold X keeps it"
    )
    add_device(parser)


def run(options: argparse.Namespace) -> int:
    """Score all images; 1 if some could not be read."""
    from nnet.detector import Detector

    paths = list(_image_paths(options.images))
    detector = Detector.load(options.checkpoint, options.device, options.teacher_weights)
    if detector.config.model.teacher_weights == "random":
        print("This model's teacher has random weights, so its scores mean nothing.", file=sys.stderr)
    reference = detector.calibration.for_expression(options.score)
    if options.threshold is not None:
        reference = reference.with_threshold(options.threshold)
    options.out.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    taken: set[str] = set()
    failures = 0
    for start in tqdm(range(0, len(paths), BATCH), desc="Scoring", unit="batch"):
        images = []
        for path in paths[start : start + BATCH]:
            try:
                images.append((path, _decoded(path, detector)))
            except ImageError as error:
                failures += 1
                print(f"nnet: {error}", file=sys.stderr)
        rows += _score_batch(detector, reference, images, options, taken)
    (options.out / "scores.csv").write_bytes(to_csv(list(rows[0]) if rows else ["image", "score"], rows))
    flagged = sum(row["anomalous"] for row in rows)
    scored = f"{len(rows)} image{'' if len(rows) == 1 else 's'} scored"
    print(f"{scored}, {flagged} of them anomalous, {failures} left out; results in {options.out}")
    return 1 if failures else 0


def _image_paths(given: Sequence[Path]) -> Iterator[Path]:
    for path in given:
        if not path.is_dir():
            yield path
            continue
        every = sort_pictures(sorted(p for p in path.rglob("*") if p.suffix.lower() in IMAGE_SUFFIXES and p.is_file()))
        found = [picture for picture in every.pictures if picture.parent.name.lower() not in MASK_NAMES]
        if masks := len(every.masks) + len(every.strays) + len(every.pictures) - len(found):
            print(f"nnet: {masks} masks in {path} are not scored.", file=sys.stderr)
        if not found:
            raise ImageError(f"{path} holds no images. Expected files ending in {', '.join(sorted(IMAGE_SUFFIXES))}.")
        yield from found


def _decoded(path: Path, detector: TrainedModel) -> Decoded:
    """A picture that the model can score. Raises ImageError naming the file."""
    decoded = decode(path, bits=detector.checkpoint.bits)
    try:
        detector.framing.frame(*decoded.image.shape[:2])
    except ImageError as error:
        raise ImageError(f"{path.name} cannot be scored. {error}") from error
    return decoded


def _score_batch(
    detector: TrainedModel,
    reference: Reference,
    images: list[tuple[Path, Decoded]],
    options: argparse.Namespace,
    taken: set[str],
) -> Iterator[dict[str, Any]]:
    from nnet.scoring.overlay import hatched, overlay, to_png
    from nnet.scoring.unfamiliar import share_above, unfamiliar

    if not images:
        return
    kind = detector.checkpoint.kind
    scores = detector.score([decoded.image for _, decoded in images], reference.expression)
    for (path, decoded), score in zip(images, scores, strict=True):
        stem = _free_stem(safe_name(path.stem), taken)
        is_other = kind is not None and kind.is_other(score.features)
        caution = "" if is_other else unfamiliar(share_above(score.map, reference.threshold))
        shown = hatched(decoded.image, detector.framing.seen(decoded.image.shape, decoded.image.shape))
        picture = overlay(shown, score.map, reference.colour_range, edge=reference.threshold)
        (options.out / f"{stem}_overlay.png").write_bytes(to_png(picture))
        _save_map(options.out / f"{stem}_map.npz", score.map, decoded.image.shape)
        yield {
            "image": str(path),
            "score": f"{score.value:.6g}",
            "threshold": f"{reference.threshold:.6g}",
            "anomalous": int(reference.is_anomalous(score.value)),
            "percentile_among_normals": f"{reference.percentile(score.value):.1f}",
            "p_value": f"{reference.p_value(score.value):.4f}",
            "other_kind": "" if kind is None else int(is_other),
            "overlay": f"{stem}_overlay.png",
            "map": f"{stem}_map.npz",
            "notes": " ".join(filter(None, (caution, *decoded.notes))),
        }


def _free_stem(name: str, taken: set[str]) -> str:
    """A name for the results that no other image's differs from by case alone: some file systems hold them for one. It
    leaves room for the endings."""
    candidate, number = name, 1
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{name}_{number}"
    taken.add(candidate.casefold())
    return candidate


def _save_map(path: Path, score: np.ndarray, shape: tuple[int, ...]) -> None:
    """Write the score (size, size), and which of the image's pixels it covers.

    "image_size" is the image's [height, width]. "to_image" (2, 3) takes the column, the row and 1 of a place in it,
    whose first cell reaches from 0 to 1, to x and y in the image.
    """
    height, width = shape[:2]
    to_image = np.array([[width / score.shape[1], 0, 0], [0, height / score.shape[0], 0]])
    np.savez_compressed(path, score=score, image_size=np.array([height, width]), to_image=to_image)
