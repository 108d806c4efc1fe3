"""Charts of training runs, on numbers whose picture is known."""

from workbench.train import figures
from workbench.train.figures import Line


def test_a_curve_has_its_values_and_whole_epochs() -> None:
    lines = [Line("median", [3.0, 2.0, 1.0]), Line("high", [4.0, float("nan"), 2.0], dashed=True)]
    figure = figures.curve_figure([1, 2, 3], lines, log=True)
    assert list(figure.data[0].y) == [3.0, 2.0, 1.0] and figure.data[0].mode == "lines"
    assert figure.data[1].line.dash == "dash" and figure.data[1].connectgaps
    assert figure.layout.yaxis.type == "log" and {"1", "2"} <= set(figure.layout.yaxis.ticktext)
    assert figure.layout.xaxis.dtick == 1


def test_curves_beside_each_other_have_one_axis() -> None:
    ended = figures.curve_figure([1, 2, 3], [Line("L_align", [3.0, 2.0, 1.0])], last=40)
    assert list(ended.layout.xaxis.range) == [1, 40] and ended.layout.xaxis.dtick != 1
    assert figures.curve_figure([1], [Line("loss", [3.0])], last=1).layout.xaxis.range is None


def test_a_curve_of_few_epochs_shows_its_points() -> None:
    assert figures.curve_figure([1], [Line("loss", [3.0])]).data[0].mode == "lines+markers"
