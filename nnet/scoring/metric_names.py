"""What each metric is called, everywhere: tables, cards, charts and the command line. All of them lie in 0..1."""

from __future__ import annotations

from typing import NamedTuple


class MetricName(NamedTuple):
    """A metric's `short` name, as the paper writes it (P: every pixel is a sample; I: every image is one), and its
    `long` one; `of_pixels`: whether it needs masks."""

    short: str
    long: str
    of_pixels: bool


METRIC_NAMES: dict[str, MetricName] = {
    "i_auroc": MetricName("I-AUROC", "image AUROC", False),
    "i_ap": MetricName("I-AP", "image average precision", False),
    "p_auroc": MetricName("P-AUROC", "pixel AUROC", True),
    "p_pro": MetricName("P-PRO", "per-region overlap up to a false positive rate of 0.3", True),
    "p_ap": MetricName("P-AP", "pixel average precision", True),
}
"""By the key in metrics.json and in the studies' tables, in the order of a table's columns."""
SHORT_NAMES = {key: name.short for key, name in METRIC_NAMES.items()}
"""Key -> short name."""
