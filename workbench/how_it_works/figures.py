"""The tour's pictures: what a question measured, as colours. Knows no Streamlit."""

from __future__ import annotations

import numpy as np

from nnet.analysis.story import Finding
from workbench.shared import pictures

SIDE = 320
_EACH_OWN = pictures.Scale(0.0, 1.0, {}, "")
_TIMES_MEAN = pictures.Scale(0.0, 2.0, {}, "")


def unlike(shown: np.ndarray, finding: Finding) -> dict[str, np.ndarray]:
    """The picture, and the distances of its cells over it."""
    distances = finding.images["unlike"]
    largest = max(float(distances.max()), 1e-12)
    small = pictures.reduced(shown, SIDE)
    return {"picture": small, "unlike": pictures.overlay(small, distances / largest, _EACH_OWN, 0.75)}


def heatmaps(shown: np.ndarray, finding: Finding, *, calibrated: bool = True) -> dict[str, np.ndarray]:
    """Two heatmaps over the picture: with their thresholds in the middle of the colours, or up to their own peaks."""
    small = pictures.reduced(shown, SIDE)
    scale, edge = (pictures.calibrated_scale(1.0), 1.0) if calibrated else (_EACH_OWN, None)
    return {
        name: pictures.overlay(small, values, scale, 0.75 if calibrated else 1.0, edge)
        for name, values in finding.images.items()
    }


def strengths(finding: Finding) -> dict[str, np.ndarray]:
    """Variances along channels, each divided by its own mean, with their cells visible."""
    return {name: enlarged(pictures.colourised(values, _TIMES_MEAN)) for name, values in finding.images.items()}


def enlarged(tile: np.ndarray) -> np.ndarray:
    """A tile with its cells as squares."""
    factor = max(1, SIDE // len(tile))
    return tile.repeat(factor, axis=0).repeat(factor, axis=1)
