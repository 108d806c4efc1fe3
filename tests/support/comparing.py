"""A chart as it is sent beside what Plotly itself makes of it."""

import base64
import json
from collections.abc import Callable, Hashable, Mapping
from typing import Any

import numpy as np
import plotly.io

from workbench.shared.charts import Chart


def compared(sent: Callable[[Chart], dict[str, Any]]) -> Callable[[Chart], dict[str, Any]]:
    """The same method, which fails for a chart that Plotly refuses or has otherwise.

    A chart that differs from an earlier one by numbers in its arrays alone is not made again: Plotly takes far longer
    for it than the page does for everything.
    """
    agreed: set[Hashable] = set()

    def to_dict(chart: Chart) -> dict[str, Any]:
        found = sent(chart)
        kind = likeness(chart._written)
        if kind not in agreed:
            assert plain(found) == plain(chart.checked.to_dict())
            agreed.add(kind)
        return found

    return to_dict


def likeness(value: Any) -> Hashable:
    """The same for what is written alike, but for the finite numbers in arrays of one type and shape."""
    if isinstance(value, Mapping):
        return tuple((name, likeness(one)) for name, one in value.items())
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return value.dtype.str, value.shape, bool(np.isfinite(value).all())
    if isinstance(value, list | tuple | np.ndarray):
        return type(value), tuple(map(likeness, value))
    return type(value), value


def plain(figure: dict[str, Any]) -> Any:
    """What the browser reads, with the numbers of arrays as lists, and without what is empty: Plotly leaves it out."""
    return json.loads(plotly.io.to_json(figure, validate=False), object_hook=_numbers)


def _numbers(value: dict[str, Any]) -> Any:
    if "bdata" not in value:
        return {name: one for name, one in value.items() if one not in ([], {})}
    numbers = np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"])
    shape = [int(side) for side in value.get("shape", str(len(numbers))).split(",")]
    # JSON has no number for what is not finite.
    return np.where(np.isfinite(numbers), numbers.astype(object), None).reshape(shape).tolist()
