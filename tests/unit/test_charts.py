"""The look that all charts share."""

from base64 import b64encode

import numpy as np
import plotly.io
import pytest
from comparing import compared, plain

from workbench.shared import charts


def test_a_chart_is_clear_and_leaves_room_for_its_legend() -> None:
    bars = {"type": "bar", "x": [1, 2], "y": [3, 4]}
    plain = charts.chart([bars], 240, x={"title": {"text": "epoch"}})
    legend = charts.chart([bars], 240, x={}, y=charts.names_axis(), legend=True, left=50, bargap=0.1)
    assert plain.layout.paper_bgcolor == plain.layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert (plain.layout.height, plain.layout.showlegend, plain.layout.dragmode) == (240, False, False)
    assert plain.layout.xaxis.title.text == "epoch"
    assert legend.layout.margin.t > plain.layout.margin.t and legend.layout.margin.l == 50
    assert legend.layout.bargap == 0.1 and legend.layout.yaxis.autorange == "reversed"


def test_a_level_crosses_the_whole_chart() -> None:
    across, up = charts.level(1.5, "#888888"), charts.level(2, "#888888", "y", "dash")
    assert (across["x0"], across["x1"], across["y0"], across["y1"], across["yref"]) == (1.5, 1.5, 0, 1, "paper")
    assert (up["y0"], up["y1"], up["xref"], up["line"]["dash"]) == (2, 2, "paper", "dash")


def test_a_chart_is_sent_as_it_was_written_and_as_plotly_has_it() -> None:
    values = np.array([[1, np.nan], [0.5, 3]], np.float32)
    more = {"x": np.arange(2), "customdata": [1.5, None], "hovertemplate": None}
    figure = charts.chart([charts.heatmap(z=values, **more)], 240, x={"range": np.array([0.0, 2.0])}, shapes=[])
    sent = figure.to_dict()
    assert plain(sent) == plain(figure.checked.to_dict()) and "hovertemplate" not in sent["data"][0]
    assert sent["data"][0]["z"] == {"dtype": "f4", "bdata": b64encode(values.tobytes()).decode(), "shape": "2, 2"}
    assert sent["layout"]["template"] == plotly.io.templates[plotly.io.templates.default].to_plotly_json()


@pytest.mark.parametrize("trace", [{"marker_color": "red"}, {"colour": "red"}, {"mode": "sideways"}])
def test_what_plotly_does_not_know_or_writes_otherwise_is_found_by_the_tests_of_pages(trace: dict) -> None:
    figure = charts.chart([charts.scatter(x=[1], y=[2], **trace)], 240, x={})
    with pytest.raises((AssertionError, ValueError)):
        compared(charts.Chart.to_dict)(figure)
