"""Wording of the sidebar's choice of a model."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING

from workbench.shared import units

if TYPE_CHECKING:
    from workbench.shared.model_list import ModelEntry


CHOOSE, USE, BY_PICTURE = "Choose a model by its part", "Use this model", "All models"


def threshold(held_out: int) -> str:
    """What a model's threshold rests on."""
    return f"Threshold from {units.plural(held_out, 'held-out image')}"


def date(written: str) -> str:
    """The day of an ISO 8601 time: "23 Nov 2026"; "" for one that cannot be read."""
    try:
        day = datetime.datetime.fromisoformat(written)
    except ValueError:
        return ""
    return f"{day.day} {day:%b %Y}"


def headline_metric(value: float | None) -> str:
    """The one number by which models are compared at a glance, "" without labelled test images."""
    return "" if value is None else f"I-AUROC {value:.3f}"


def model_labels(entries: Mapping[str, ModelEntry]) -> dict[str, str]:
    """Each model in the list, by name: "Brackets · I-AUROC 0.943"; where two are called alike, with their names."""
    titles = [entry.title for entry in entries.values()]
    return {
        name: " · ".join(
            filter(
                None,
                (
                    entry.title,
                    name if titles.count(entry.title) > 1 else "",
                    "damaged" if entry.problem else headline_metric(entry.i_auroc),
                ),
            )
        )
        for name, entry in entries.items()
    }


def model_lines(entry: ModelEntry) -> list[str]:
    """What is known of the chosen model before it is loaded: data, teacher and size, date and headline metric."""
    if entry.problem:
        return [units.plain(entry.problem)]
    images = "" if entry.training_images is None else units.plural(entry.training_images, "training image")
    lines = [
        (f"Data: {units.plain(entry.data)}" if entry.data else "", images),
        (f"Teacher: {units.plain(entry.teacher)}", units.pixels(entry.size, entry.size) if entry.size else ""),
        (headline_metric(entry.i_auroc) or "Not measured: no labelled test images", date(entry.created)),
    ]
    return [" · ".join(filter(None, line)) for line in lines if any(line)]


def other_models(count: int) -> str:
    """The way out when a model cannot be used."""
    if count < 1:
        return ""
    return f"Or choose {'the other model' if count == 1 else f'one of {count:,} other models'} in the sidebar."
