"""What each metric is called and what it means, everywhere: tables, cards, charts and the command line. All of them lie
in 0..1."""

from collections.abc import Iterable
from typing import NamedTuple


class MetricName(NamedTuple):
    """A metric's `short` name, as the paper writes it (P: every pixel is a sample; I: every image is one), and its
    `meaning` in a sentence."""

    short: str
    meaning: str


METRIC_NAMES: dict[str, MetricName] = {
    "i_auroc": MetricName(
        "I-AUROC",
        "The share of pairs of a normal and a defective image in which the defective one scores higher; 0.5 is chance.",
    ),
    "i_ap": MetricName("I-AP", "The area under the precision-recall curve over images."),
    "p_auroc": MetricName("P-AUROC", "The area under the ROC curve over pixels; it needs masks of the defects."),
    "p_pro": MetricName(
        "P-PRO",
        "The mean overlap with the defective regions, each counting equally, up to a false positive rate of 0.3; it "
        "needs masks of the defects.",
    ),
    "p_ap": MetricName("P-AP", "The area under the precision-recall curve over pixels; it needs masks of the defects."),
}
"""By the key in metrics.json and in the studies' tables, in the order of a table's columns."""
SHORT_NAMES = {key: name.short for key, name in METRIC_NAMES.items()}
"""Key -> short name."""


def meanings(keys: Iterable[str] = METRIC_NAMES) -> str:
    """What some metrics mean, a sentence each with its short name in front."""
    return " ".join(f"{METRIC_NAMES[key].short}: {METRIC_NAMES[key].meaning}" for key in keys)
