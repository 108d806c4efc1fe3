"""The look that all charts share."""

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
