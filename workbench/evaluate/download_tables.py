"""The tables that leave the page: scores, metrics, and subsets of the maps."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nnet.analysis.evaluation import Evidence, Result
from nnet.analysis.subsets import Attribution
from nnet.data import GOOD
from nnet.scoring.metric_names import SHORT_NAMES
from nnet.scoring.operating_point import for_best_f1
from workbench.evaluate import decisions, words
from workbench.evaluate.scene import Pictures


def scores(pictures: Pictures | Evidence, results: Sequence[Result], threshold: float) -> pd.DataFrame:
    """One row per image: key, label, each expression's score, and the first one's decision at the threshold."""
    columns = {"image": pictures.keys, "label": pictures.labels, "defective": pictures.defective.astype(int)}
    table = pd.DataFrame(columns)
    for result in results:
        table[f"score {result.expression}"] = result.scores
    table[f"anomalous at {threshold:.6g}"] = (results[0].scores > threshold).astype(int)
    return table.sort_values("image", kind="stable", ignore_index=True)


def metrics(pictures: Pictures | Evidence, results: Sequence[Result], threshold: float) -> pd.DataFrame:
    """One row per expression and defect type ("all" first), with every metric as a number 0..1, and of the first one
    the threshold with how many defective images it misses and normal ones it flags."""
    rows, labels = [], np.array(pictures.labels)
    for result in results:
        for kind, measured in (("all", result.overall), *result.by_type.items()):
            best = measured.i_f1
            which = np.isin(labels, (GOOD, kind)) | (kind == "all")
            _, alarms, missed, _ = decisions.counts(result.scores[which], pictures.defective[which], threshold)
            decided = (threshold, missed, alarms) if result is results[0] else (None,) * 3
            rows.append(
                {
                    "score": result.expression.text,
                    "defect type": kind,
                    "images": measured.images,
                    "defective images": measured.defective_images,
                    "images with pixels": measured.pixel_images,
                    "regions": measured.regions,
                    **{SHORT_NAMES[key]: getattr(measured, key) for key in words.METRICS},
                    words.BEST_F1: best and best.f1,
                    f"{words.BEST_F1} threshold": best and for_best_f1(result.scores[which], pictures.defective[which]),
                    **dict(zip(words.DECIDED_COLUMNS, decided, strict=True)),
                }
            )
    return pd.DataFrame(rows)


def subsets(found: Attribution, metric: str) -> pd.DataFrame:
    """The ranked subsets: rank, expression, a column of booleans per map, and the metrics."""
    return pd.DataFrame(
        {
            **dict(zip(words.SUBSET_COLUMNS, (rank, subset.expression.text), strict=True)),
            **{name: name in subset.maps for name in found.maps},
            **{SHORT_NAMES[key]: value for key, value in subset.values.items()},
        }
        for rank, subset in enumerate(found.ranked(metric), 1)
    )
