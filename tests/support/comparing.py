"""A chart as it is sent beside what Plotly itself makes of it."""

import base64
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import plotly.io

from workbench.shared.charts import Chart


def compared(sent: Callable[[Chart], dict[str, Any]]) -> Callable[[Chart], dict[str, Any]]:
    """The same method, which fails for a chart that Plotly refuses or has otherwise."""

    def to_dict(chart: Chart) -> dict[str, Any]:
        found = sent(chart)
        assert plain(found) == plain(chart.checked.to_dict())
        return found

    return to_dict


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
