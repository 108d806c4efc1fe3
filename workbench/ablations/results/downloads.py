"""The results of a study as CSV files. Knows no Streamlit."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from nnet.scoring.metric_names import SHORT_NAMES
from nnet.studies import CLAIMS, Measured, Study, judge, summarise
from nnet.studies.claims import printed_difference
from nnet.studies.store import to_csv
from workbench.ablations.results.rows import Base, SpeedPoint


def study_csv(base: Base, study: Study) -> bytes:
    """One line per row of a study and metric: measured, difference to the baseline, and the paper's numbers."""
    lines = [
        {
            "study": study.name,
            "data": base.data,
            "preset": base.preset,
            "settings": base.settings,
            "row": row.label,
            "variant": row.variant,
            "metric": SHORT_NAMES[metric],
            **_numbers("measured", cell.value),
            **_numbers("delta", cell.delta),
            "seeds": " ".join(map(str, row.seeds)),
            "published": cell.published,
            "published_delta": cell.published_delta,
            **{name: value and value.mean for name, value in row.extras.items()},
        }
        for row in summarise(base.of(study), study)
        for metric, cell in row.cells.items()
    ]
    return _csv(lines)


def claims_csv(base: Base) -> bytes:
    """One line per claim, metric and comparison."""
    lines = [
        {
            "claim": claim.text,
            "source": claim.source,
            "study": claim.study,
            "row": claim.better,
            "against": other,
            "metric": SHORT_NAMES[metric],
            "data": base.data,
            "preset": base.preset,
            "settings": base.settings,
            "outcome": verdict.outcome,
            **_numbers("difference", verdict.differences.get(other)),
            "published_difference": printed_difference(claim, other, metric),
        }
        for claim in CLAIMS
        for metric in claim.metrics
        for verdict in [judge(base.rows, claim, metric)]
        for other in claim.others
    ]
    return _csv(lines)


def speed_csv(points: Sequence[SpeedPoint], metric: str) -> bytes:
    """One line per network of the chart of accuracy and speed."""
    lines = [
        {
            "network": point.label,
            "metric": SHORT_NAMES[metric],
            **_numbers("measured", point.quality),
            **_numbers("images_per_second", point.speed),
            "parameters": point.parameters,
        }
        for point in points
    ]
    return _csv(lines)


def rows_csv(base: Base, study: Study | None) -> bytes:
    """The rows of the results table themselves, with all columns; of one study, or of all."""
    return to_csv([row for row in base.raw if study is None or row["study"] == study.name]).encode()


def _numbers(name: str, value: Measured | None) -> dict[str, float | int | None]:
    if value is None:
        return {name: None, f"{name}_spread": None, f"{name}_seeds": 0}
    return {name: value.mean, f"{name}_spread": value.spread, f"{name}_seeds": value.n}


def _csv(lines: Sequence[Mapping[str, Any]]) -> bytes:
    stream = io.StringIO()
    pd.DataFrame(lines).to_csv(stream, index=False, float_format="%.6g", lineterminator="\n")
    return stream.getvalue().encode()
