"""A finished evaluation as a checkpoint keeps it: metrics in metrics.json, the score of every picture in scores.json.

`account` makes both from what was measured; `read` puts them together again, so that a result can be shown, and a
threshold chosen on it, without running a network.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np

from nnet.analysis.evaluation import Evidence, Result, default_expressions, gather, pixel_scores, results, score
from nnet.analysis.framed import looked_at, masks_looked_at
from nnet.analysis.kinds import other_good
from nnet.analysis.near import near_defects
from nnet.data import GOOD, Dataset
from nnet.detector import TrainedModel
from nnet.expression import Expression, parse
from nnet.saved import kept_scores
from nnet.saved.checkpoint import Checkpoint, read_metrics
from nnet.saved.formats import PictureScores
from nnet.saved.provenance import provenance
from nnet.scoring.metrics import BestF1, Metrics, rank_scores
from nnet.scoring.metrics.bootstrap import Interval, image_intervals, pixel_intervals

Intervals = dict[str, Interval]
"""By the name of the metric, "i_auroc"."""
Known = Mapping[str, tuple[Intervals, np.ndarray | None]]
"""By expression, what `intervals` and `nnet.analysis.near.near_defects` say."""


@dataclass(frozen=True, eq=False)
class Stored:
    """What a checkpoint knows of one data set.

    Attributes:
        data: its account (`nnet.analysis.evaluation.describe`).
        created: when it was measured (ISO 8601), or "".
        keys, labels: of the pictures; the label of a normal one is "good".
        results: of each expression, the model's own first.
        intervals: expression -> metric -> where it lies with 95 %.
        near: expression -> the highest score on or beside each picture's defect, (n,) with NaN where none is known.
        image_sizes: of the pictures, as in metrics.json; {} where they are not known.
        other_kind: how many of the good pictures show another kind of part than the model's; None where that is not
            known.
        shapley: metric -> map -> what the map contributes to it; {} where that is not known.
    """

    data: dict[str, Any]
    created: str
    keys: tuple[str, ...]
    labels: tuple[str, ...]
    results: tuple[Result, ...]
    intervals: dict[str, Intervals]
    near: Mapping[str, np.ndarray] = field(default_factory=dict)
    image_sizes: Mapping[str, Any] = field(default_factory=dict)
    shapley: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    other_kind: int | None = None

    @property
    def defective(self) -> np.ndarray:
        """Which pictures are defective, bool (n,)."""
        return np.array([label != GOOD for label in self.labels], bool)

    @property
    def sha256(self) -> str:
        """Of the data set's contents."""
        return str(self.data["sha256"])


def measured(
    detector: TrainedModel,
    dataset: Dataset,
    expressions: Sequence[Expression] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[dict[str, Any], PictureScores]:
    """As `nnet.analysis.evaluation.measure`, with what scores.json is to hold.

    Raises:
        nnet.errors.NNetError: as there.
    """
    evidence = gather(detector, dataset, expressions, progress)
    found = [score(evidence, one) for one in expressions or default_expressions(detector)]
    return account(dataset, evidence, found, detector.checkpoint)


def account(
    dataset: Dataset, evidence: Evidence, found: Sequence[Result], checkpoint: Checkpoint, known: Known | None = None
) -> tuple[dict[str, Any], PictureScores]:
    """What metrics.json and scores.json are to hold of an evaluation.

    Args:
        known: where it is worked out already.
    """
    written = results(dataset, evidence, found)
    origin = provenance()
    known = _known(evidence, found) if known is None else known
    entry = {
        "data": written["data"],
        "weights_sha256": checkpoint.weights_hash,
        "keys": list(evidence.keys),
        "labels": list(evidence.labels),
        "scores": {one.expression.text: [_short(value) for value in one.scores] for one in found},
        "near": {
            text: [None if np.isnan(value) else _short(value) for value in values]
            for text, (_, values) in known.items()
            if values is not None
        },
        "intervals": {text: where for text, (where, _) in known.items()},
        **({} if (others := other_good(checkpoint.kind, evidence)) is None else {"other_kind": others}),
        "commit": origin["commit"],
        "created": origin["created"],
    }
    return written, cast(PictureScores, entry)


def _known(evidence: Evidence, found: Sequence[Result]) -> Known:
    return {one.expression.text: (intervals(evidence, one), near_defects(evidence, one.expression)) for one in found}


def _short(value: float) -> float:
    return float(f"{value:.9g}")


def result(dataset: Dataset, evidence: Evidence, found: Sequence[Result], known: Known | None = None) -> Stored:
    """What was measured just now, as `read` gives it once it is kept; `known` as for `account`."""
    written, known = results(dataset, evidence, found), _known(evidence, found) if known is None else known
    return Stored(
        written["data"],
        str(provenance()["created"]),
        evidence.keys,
        evidence.labels,
        tuple(found),
        {text: where for text, (where, _) in known.items()},
        {text: values for text, (_, values) in known.items() if values is not None},
        image_sizes=written["image_sizes"],
    )


def intervals(evidence: Evidence, found: Result) -> Intervals:
    """Where each metric of a result lies with 95 % (`nnet.scoring.metrics.bootstrap`)."""
    of_images = image_intervals(found.scores, evidence.defective)
    if not evidence.has_masks:
        return of_images
    exact = {name: getattr(found.overall, name) for name in ("p_auroc", "p_pro", "p_ap")}
    pixels, every = pixel_scores(evidence, found.expression), range(len(evidence))
    seen, masks = looked_at(evidence, pixels, every), masks_looked_at(evidence, every)
    return of_images | pixel_intervals(seen, masks, evidence.defective, exact)


def read(checkpoint: Checkpoint) -> list[Stored]:
    """The evaluations of this model that can be shown picture by picture: on its own data first, then the newest.

    Raises:
        nnet.saved.errors.CheckpointError: a file is damaged.
    """
    metrics = read_metrics(checkpoint.path)
    own = metrics.get("data", {}).get("sha256")
    found = []
    for data, entry in kept_scores.read(checkpoint.path, checkpoint.weights_hash).items():
        trained, later = metrics if data == own else {}, metrics.get("evaluations", {}).get(data, {})
        values = {**trained.get("scores", {}), **later.get("scores", {})}
        if stored := _together(data, entry, values, checkpoint.config.scoring.parsed.text):
            sizes = later.get("image_sizes") or trained.get("image_sizes") or {}
            found.append(replace(stored, image_sizes=sizes, shapley=later.get("subsets", {}).get("shapley", {})))
    found.sort(key=lambda one: one.created, reverse=True)
    return sorted(found, key=lambda one: one.sha256 != (checkpoint.about.get("data") or {}).get("sha256"))


def _together(sha256: str, entry: PictureScores, metrics: Mapping[str, Mapping[str, Any]], first: str) -> Stored | None:
    """One set's scores and metrics; None if no expression has both."""
    texts = sorted((text for text in entry["scores"] if text in metrics), key=lambda text: text != first)
    labels = tuple(entry["labels"])
    return (
        Stored(
            {**entry["data"], "sha256": sha256},
            entry.get("created", ""),
            tuple(entry["keys"]),
            labels,
            tuple(_result(text, np.array(entry["scores"][text], float), labels, metrics[text]) for text in texts),
            {text: dict(of) for text, of in entry.get("intervals", {}).items()},
            {text: np.array(values, float) for text, values in entry.get("near", {}).items()},
            other_kind=entry.get("other_kind"),
        )
        if texts
        else None
    )


def _result(text: str, scores: np.ndarray, labels: Sequence[str], values: Mapping[str, Any]) -> Result:
    kinds = values.get("by_type", {})
    by_type = {
        kind: _metrics(scores[which := np.isin(labels, (GOOD, kind))], np.array(labels)[which], of)
        for kind, of in kinds.items()
        if kind in labels
    }
    return Result(parse(text), scores, _metrics(scores, np.array(labels), values), by_type)


def _metrics(scores: np.ndarray, labels: np.ndarray, values: Mapping[str, Any]) -> Metrics:
    """The metrics as they were written; what stands in no file follows from the scores."""
    ranking = rank_scores(scores, labels != GOOD)
    return Metrics(
        p_ap=values.get("p_ap"),
        p_auroc=values.get("p_auroc"),
        p_pro=values.get("p_pro"),
        p_f1=_best(values.get("p_f1")),
        i_auroc=values.get("i_auroc"),
        i_ap=values.get("i_ap"),
        i_f1=_best(values.get("i_f1")),
        image_ranking=ranking,
        pixel_ranking=None,
        images=len(scores),
        defective_images=ranking.positives,
        pixel_images=values.get("pixel_images", 0),
        regions=values.get("regions", 0),
        notes=tuple(values.get("notes", ())),
    )


def _best(found: Mapping[str, float] | None) -> BestF1 | None:
    return None if found is None else BestF1(found["threshold"], found["f1"], found["precision"], found["recall"])
