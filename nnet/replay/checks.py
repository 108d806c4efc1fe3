"""Compare a replay bundle with itself and with a network that runs again; say what agrees and what does not.

How far two runs may differ depends on where they ran. On the same processor with the same versions and number of
threads nothing may differ. Elsewhere numbers are added in another order; docs/replay.md has the differences
that were measured, and the tolerances are a factor above them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nnet.data.images import content_hash, decode
from nnet.detector import TrainedModel
from nnet.errors import NNetError
from nnet.replay.bundle import Bundle
from nnet.replay.formats import ReplayError
from nnet.replay.packing import environment, stated_hashes
from nnet.saved.formats import MAPS, WEIGHTS
from nnet.scoring.maps import image_score, score_map
from nnet.units import SMALLEST

FLOAT32_TOLERANCE = 1e-4
"""Largest difference of a map (which reaches from 0 to 2) on another CPU or with other versions. Other instruction
sets and numbers of threads add up float32 numbers in another order; docs/replay.md has what that was measured to do."""
FLOAT16_TOLERANCE = 0.2
"""The same where a GPU took part, which computes with the 11 bits of float16. Wide: it finds another network or another
image, not a small change."""
ARITHMETIC = 1e-5
"""Relative difference of a score that is computed again from the same maps elsewhere: float32 has seven digits."""


@dataclass(frozen=True)
class Check:
    """One comparison with the bundle: its `name`, whether it `agrees`, and a sentence on what was found."""

    name: str
    agrees: bool
    detail: str


@dataclass(frozen=True, eq=False)
class Rerun:
    """The same image through the same checkpoint again: `maps` and `score` as now, and the `checks` against a bundle.

    `tolerance` is the largest difference of a map that counts as agreement, `why` says where it comes from.
    """

    maps: dict[str, np.ndarray]
    score: np.ndarray
    checks: tuple[Check, ...]
    tolerance: float
    why: str


def check(bundle: Bundle) -> tuple[Check, ...]:
    """What can be checked without the network: hashes, pixels, score from maps, numbers from score."""
    checks = (_files(bundle), _pixels(bundle), _uploaded(bundle), _score(bundle), _numbers(bundle))
    return tuple(found for found in checks if found is not None)


def _files(bundle: Bundle) -> Check:
    if bundle.damaged:
        return Check("Files", False, f"{', '.join(bundle.damaged)} differ from the manifest: changed after saving.")
    return Check("Files", True, f"All {bundle.members} files have the SHA-256 in the manifest.")


def _pixels(bundle: Bundle) -> Check:
    agrees = content_hash(bundle.image) == bundle.pixels_hash
    return Check("Pixels", agrees, "The image's pixels have the stored hash." if agrees else "The image was replaced.")


def _uploaded(bundle: Bundle) -> Check | None:
    if bundle.original is None:
        return None
    name, content = bundle.original
    try:
        agrees = content_hash(decode(content, name).image) == bundle.pixels_hash
    except NNetError as error:
        return Check("Uploaded file", False, f"The uploaded file can no longer be decoded: {error}")
    said = "decodes to the same pixels" if agrees else "decodes to other pixels here"
    return Check("Uploaded file", agrees, f"The file as uploaded {said}.")


def _score(bundle: Bundle) -> Check:
    again = score_map(bundle.maps, bundle.reference.expression, bundle.size, bundle.sigma)
    difference, allowed = _largest(again, bundle.score), ARITHMETIC * max(float(np.abs(again).max()), SMALLEST)
    detail = f"The score map computed from the stored maps differs by {_said(difference)}; {_said(allowed)} is allowed."
    return Check("Score from maps", bool(np.isfinite(again).all()) and difference <= allowed, detail)


def _numbers(bundle: Bundle) -> Check:
    """Score, percentile, p-value and decision follow from the stored score map and calibration."""
    value, reference = float(image_score(bundle.score)), bundle.reference
    expected = {
        "score": (bundle.value, value),
        "percentile": (bundle.percentile, reference.percentile(value)),
        "p-value": (bundle.p_value, reference.p_value(value)),
        "decision": (bundle.anomalous, reference.is_anomalous(value)),
    }
    # They are stored as written by Python, which keeps every digit.
    wrong = [name for name, (stored, found) in expected.items() if stored != found]
    if wrong:
        return Check("Numbers shown", False, f"The stored {', '.join(wrong)} do not follow from the stored score map.")
    return Check("Numbers shown", True, "Score, percentile, p-value and decision follow from the stored score map.")


def rerun(bundle: Bundle, detector: TrainedModel, maps: Mapping[str, np.ndarray] | None = None) -> Rerun:
    """Run the network again and compare.

    Args:
        detector: of the checkpoint with the bundle's weights hash.
        maps: its maps of the bundle's image where they are known already (from `Detector.trace`).

    Raises:
        ReplayError: the checkpoint is another one.
    """
    if detector.checkpoint.weights_hash != bundle.weights_hash:
        raise ReplayError(f"The checkpoint {detector.checkpoint.name} has different weights than the bundle's.")
    maps = dict(detector.trace(bundle.image).maps if maps is None else maps)
    score = score_map(maps, bundle.reference.expression, bundle.size, bundle.sigma)
    tolerance, why = expected_difference(bundle.model["environment"], environment(detector))
    checks = (
        Check("Weights", True, f"The checkpoint {detector.checkpoint.name} has the same weights (SHA-256)."),
        _teacher(bundle, detector),
        _calibration(bundle, detector),
        *_maps(bundle, maps, tolerance),
        _score_again(bundle, score, tolerance),
        _decision(bundle, score),
    )
    return Rerun(maps, score, checks, tolerance, why)


def expected_difference(then: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[float, str]:
    """The largest difference of a map that is no reason to worry, and why.

    Args:
        then, now: as `environment` gives them.
    """
    if now["kind"] != "cpu" or then["kind"] != "cpu":
        return FLOAT16_TOLERANCE, "A GPU took part, which computes with the 11 bits of float16."
    if different := _different(then, now):
        return FLOAT32_TOLERANCE, f"Not computed as it was then ({different}), so numbers are added in another order."
    return 0.0, "Same versions, processor and number of threads: every digit must agree."


def _different(then: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What differs between two environments, in words, or ""."""
    before, after = then.get("versions", {}), now["versions"]
    found = [f"{name} {before.get(name, '?')}, now {after[name]}" for name in after if after[name] != before.get(name)]
    found += [
        f"{key} {then.get(key)}, now {now[key]}"
        for key in ("processor", "instructions", "threads")
        if then.get(key) != now[key]
    ]
    return "; ".join(found)


def _teacher(bundle: Bundle, detector: TrainedModel) -> Check:
    same = bundle.model["teacher"]["sha256"] == detector.network.T.sha256()
    name = bundle.model["teacher"]["name"]
    detail = f"The teacher {name} has the same weights (SHA-256)."
    return Check(
        "Teacher", same, detail if same else f"The teacher {name} has different weights here than it had then."
    )


def _calibration(bundle: Bundle, detector: TrainedModel) -> Check:
    now, then = detector.calibration.for_expression(bundle.reference.expression), bundle.reference
    if now.n != then.n:
        return Check("Calibration", False, f"{then.n} held-out normal images then, {now.n} now.")
    difference = float(np.abs(now.scores - then.scores).max())
    allowed = ARITHMETIC * float(np.abs(now.scores).max())
    detail = f"The scores of {now.n} held-out normal images differ by {_said(difference)}; {_said(allowed)} is allowed."
    return Check("Calibration", difference <= allowed, detail)


def _maps(bundle: Bundle, maps: Mapping[str, np.ndarray], tolerance: float) -> list[Check]:
    checks = []
    for name, then in bundle.maps.items():
        if name not in maps or maps[name].shape != then.shape:
            checks.append(Check(name, False, "This checkpoint makes no such map now."))
            continue
        difference = _largest(maps[name], then)
        detail = f"Largest difference {_said(difference)} at a peak of {then.max():.3g}; {_said(tolerance)} is allowed."
        checks.append(Check(name, difference <= tolerance, detail))
    return checks


def _score_again(bundle: Bundle, score: np.ndarray, tolerance: float) -> Check:
    """The score has to lie within what maps that differ by the tolerance can give.

    Sums and products of numbers that are not negative grow with each of them, so the ends of the maps give its ends.
    """
    low, high = (
        float(image_score(score_map(maps, bundle.reference.expression, bundle.size, bundle.sigma)))
        for maps in (
            {name: np.maximum(m - tolerance, 0) for name, m in bundle.maps.items()},
            {name: np.maximum(m, 0) + tolerance for name, m in bundle.maps.items()},
        )
    )
    value = float(image_score(score))
    slack = ARITHMETIC * high if tolerance else 0.0
    agrees = low - slack <= value <= high + slack if tolerance else value == bundle.value
    detail = f"{bundle.value:.6g} then, {value:.6g} now, a difference of {_said(abs(value - bundle.value))}"
    allowed = f"; maps within their tolerance give {low:.6g} to {high:.6g}." if tolerance else "; none is allowed."
    return Check("Score", agrees, detail + allowed)


def _decision(bundle: Bundle, score: np.ndarray) -> Check:
    now = bundle.reference.is_anomalous(float(image_score(score)))
    names = {True: "anomalous", False: "normal"}
    detail = f"{names[bundle.anomalous].capitalize()} then, {names[now]} now, at the threshold of the bundle."
    return Check("Decision", now == bundle.anomalous, detail)


def _largest(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(np.asarray(a, np.float64) - b).max())


def _said(difference: float) -> str:
    return f"{difference:.1e}" if difference else "0"


def matching(bundle: Bundle, checkpoints: Sequence[Path]) -> Path | None:
    """Of these checkpoint directories the one with the bundle's weights; among several, with its calibration, too."""
    stated = [(path, stated_hashes(path)) for path in checkpoints]
    found = [(path, hashes) for path, hashes in stated if hashes.get(WEIGHTS) == bundle.weights_hash]
    calibration = bundle.model["checkpoint"].get("calibration_sha256")
    found.sort(key=lambda entry: entry[1].get(MAPS) != calibration)
    return found[0][0] if found else None


def no_checkpoint(bundle: Bundle) -> str:
    """The sentence for a bundle whose checkpoint is not here."""
    about = bundle.model["checkpoint"]
    return (
        f"The network was not run again: no checkpoint here has the weights {about['weights_sha256'][:12]}… of "
        f"“{about['name']}”. Put that checkpoint into runs/, or name it with --checkpoint, to compare."
    )
