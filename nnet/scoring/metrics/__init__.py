"""Exact image and pixel metrics of anomaly detection: AUROC, AP, PRO and the best F1, with their curves.

The paper reports P-AP, P-AUROC, P-PRO and I-AUROC (P: every pixel is a sample; I: every image is one).
All of them depend on one thing only: how many normal samples lie above, and level with, each value that a
defective sample takes. That `Ranking` is computed once, and each metric is then a sum over it:

* AUROC is the share of (defective, normal) pairs in the right order, a tie counting one half.
* PRO (Bergmann et al., "Uninformed Students", CVPR 2020) is the same sum with a pixel of region r weighing
  1 / (regions * pixels of r), cut at a false positive rate of 0.3 and divided by 0.3.
* AP is the mean, over defective samples, of the precision at that sample's value (no interpolation).

No grid of thresholds is involved, so nothing is approximated. Conventions, in every file here:

* Larger values are more anomalous. What is called a threshold of a curve or of the best F1 is the lowest value that is
  called defective there. A model's threshold is what values must exceed: `nnet.scoring.operating_point`.
* Equal values change sides together: one step of the PR curve, one straight (diagonal) piece of ROC and PRO.
  A constant map therefore has AUROC 0.5, AP equal to the share of defective pixels, and PRO 0.15.
* Regions are 8-connected components of one image's mask; regions that touch, even at a corner, are one.
* False positive rates divide by the normal pixels of all images, defect-free images included.
* Values must be finite. A metric that lacks the samples it needs raises `UndefinedMetricError`
  (`evaluate` gives None and says why instead).
"""

from nnet.scoring.metrics.areas import FPR_LIMIT, BestF1, Ranking, auroc, average_precision, best_f1, rank_scores
from nnet.scoring.metrics.curves import PrCurve, ProCurve, RocCurve
from nnet.scoring.metrics.dataset import Metrics, evaluate
from nnet.scoring.metrics.errors import MetricError, UndefinedMetricError
from nnet.scoring.metrics.pixels import ImageLabels, Mask, label_pixels, pro, pro_curve, rank_pixels

__all__ = [
    "FPR_LIMIT",
    "BestF1",
    "ImageLabels",
    "Mask",
    "MetricError",
    "Metrics",
    "PrCurve",
    "ProCurve",
    "Ranking",
    "RocCurve",
    "UndefinedMetricError",
    "auroc",
    "average_precision",
    "best_f1",
    "evaluate",
    "label_pixels",
    "pro",
    "pro_curve",
    "rank_pixels",
    "rank_scores",
]
