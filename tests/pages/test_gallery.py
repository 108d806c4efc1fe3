"""The gallery of many uploads: sorted both ways, filtered, paged; its view in the address."""

from pathlib import Path

import numpy as np
import pytest
from apptest import INSPECT, PNG, encoded, fine, heading, start, upload
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Expander

from nnet.data.images import decode
from nnet.detector import Detector
from nnet.expression import parse
from nnet.scoring.calibration import Reference
from workbench.shared import gallery
from workbench.shared.picture import Picture
from workbench.shared.resources import Tile

NAMES = ("b10.png", "b2.png", "a.png", "C.png")

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(120)]


def four(**address: str) -> AppTest:
    return upload(start(INSPECT, **address), *((n, encoded(i), PNG) for i, n in enumerate(NAMES)))


def order(at: AppTest) -> list[str]:
    """The names in the table, which has the order of the row."""
    return list(next(frame.value for frame in at.dataframe if "Percentile" in frame.value.columns)["Image"])


def in_row(at: AppTest) -> list[str]:
    return [button.help.split(": ")[0] for button in at.button if (button.key or "").startswith("choose-")]


def scores(tiny: Path) -> dict[str, float]:
    images = [decode(encoded(i)).image for i in range(len(NAMES))]
    found = Detector.load(tiny, "cpu").score(images)
    return dict(zip(NAMES, [score.value for score in found], strict=True))


def test_it_is_sorted_by_score_name_and_order_added_both_ways(tiny_checkpoint: Path) -> None:
    at, known = four(), scores(tiny_checkpoint)
    by_score = sorted(NAMES, key=known.get, reverse=True)
    expected = {"score": by_score, "name": ["a.png", "b2.png", "b10.png", "C.png"], "added": list(NAMES)}
    for by, names in expected.items():
        fine(at.selectbox(key="sort").set_value(by).run())
        fine(at.toggle(key="rising").set_value(False).run())
        assert order(at) == in_row(at) == names, by
        fine(at.toggle(key="rising").set_value(True).run())
        assert order(at) == in_row(at) == names[::-1], by
    assert at.query_params["sort"] in ("added", ["added"]) and at.query_params["rising"] in ("yes", ["yes"])


def test_of_several_that_come_at_once_the_most_anomalous_opens_and_one_that_is_chosen_outlives_a_reload(
    tiny_checkpoint: Path,
) -> None:
    rising = sorted(enumerate(NAMES), key=lambda one: scores(tiny_checkpoint)[one[1]])
    at = upload(start(INSPECT), *((name, encoded(i), PNG) for i, name in rising))
    assert heading(at) == rising[-1][1]
    second = rising[1][1]
    other = next(one for one in at.button if (one.key or "").startswith("choose-") and one.help.startswith(second))
    fine(other.click().run())
    assert heading(at) == second
    assert heading(fine(at.run())) == second, "only what has just come is opened by itself"
    del at.session_state["chosen_picture"]  # what a reload forgets
    assert heading(fine(at.run())) == second
    assert heading(upload(at, *((f"later{i}.png", encoded(i + 8), PNG) for i in range(2)))).startswith("later")


def test_equal_percentiles_are_sorted_by_name() -> None:
    reference = Reference(parse("M1"), np.array([1.0, 2.0]), 2.0, 0.5, 1.0)
    pictures = [Picture(name, name, b"") for name in ("z", "a", "m")]
    tiles = {"z": Tile(3.0, ""), "a": Tile(5.0, ""), "m": Tile(1.5, "")}
    found = gallery.arranged(pictures, tiles, reference, "percentile", rising=True)
    assert [picture.key for picture in found] == ["m", "a", "z"]


def test_only_the_anomalous_ones_are_shown(tiny_checkpoint: Path) -> None:
    known = sorted(scores(tiny_checkpoint).items(), key=lambda entry: -entry[1])
    limit = Detector.load(tiny_checkpoint, "cpu").calibration.for_expression().threshold
    middle = (known[1][1] + known[2][1]) / 2  # two above, two below
    at = four(threshold=f"{middle / limit:.6f}", flagged_only="yes")
    assert order(at) == [name for name, _ in known[:2]]
    for told in ("2 of 4 anomalous", "your 4 pictures, 2 anomalous"):
        assert any(told in expander.label for expander in at.expander)
    fine(at.toggle(key="flagged_only").set_value(False).run())
    assert len(order(at)) == 4 and "flagged_only" not in at.query_params


def test_with_nothing_anomalous_the_filter_says_so() -> None:
    at = four(threshold="1000000", flagged_only="yes")
    assert any("Anomalous only" in info.value for info in at.info) and in_row(at) == []


def test_a_large_gallery_is_paged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gallery, "_PAGE", 3)
    at = four(sort="added")
    assert in_row(at) == list(NAMES[:3])
    at.session_state["shelf_page"] = 2
    assert in_row(fine(at.run())) == list(NAMES[3:])
    assert order(at) == list(NAMES), "the table holds them all"


def bar(at: AppTest) -> int:
    """Which box the bar of pictures is, by the end of its key; each is closed until the visitor opens it."""
    box = next(one for one in at.get_by_key("picture_bar") if one.type == "expander")
    assert isinstance(box, Expander) and not box.proto.expanded
    return "picture_bar_closings" in at.session_state and at.session_state["picture_bar_closings"]


def test_the_bar_counts_own_pictures_and_says_whether_the_one_shown_is_among_them() -> None:
    at = four()
    among, counted = "choose among your", f"your {len(NAMES)} pictures"
    (table,) = (one.label for one in at.expander if "table of all results" in one.label)
    anomalous = table.split()[0]
    assert any(f"{among} {len(NAMES)} pictures, {anomalous} anomalous" in one.label for one in at.expander)
    fine(at.segmented_control(key="shelf").set_value("samples").run())
    labels = [expander.label for expander in at.expander]
    assert any(f"go back to {counted}" in label for label in labels), "they are not forgotten"
    assert not any(among in label for label in labels), "a sample is none of them"


def test_the_bar_closes_when_an_upload_is_shown_and_not_when_one_is_chosen() -> None:
    at = start(INSPECT)
    assert bar(at) == 0
    assert bar(upload(at, ("a.png", encoded(0), PNG))) == 1
    assert bar(upload(at, ("b.png", b"no picture", PNG))) == 1, "there is nothing new to see"
    assert bar(upload(at, ("b.png", encoded(1), PNG), ("c.png", encoded(2), PNG))) == 2
    assert any("choose among your 3 pictures" in expander.label for expander in at.expander)
    other = next(button for button in at.button if (button.key or "").startswith("choose-"))
    assert bar(fine(other.click().run())) == 2


def test_the_bar_that_is_kept_open_stays_so() -> None:
    at = fine(start(INSPECT).toggle(key="picture_bar_kept_open").set_value(True).run())
    assert bar(upload(at, ("a.png", encoded(0), PNG))) == 0
