"""The Train page's upload: what is taken, what can be taken out, what outlives a reload, and what is removed."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
from apptest import PNG, encoded, fine, said, start
from builders import encode, zipped
from streamlit.testing.v1 import AppTest
from test_train_page import TRAIN, drop, has, photos, press, runs, start_on_texture, widget

from nnet.data.ignoring import decode_ignore
from nnet.errors import NNetError
from nnet.runs import Runs, RunSpec
from nnet.runs.estimate import STAGES, TooSlow
from workbench.shared import visits
from workbench.train import estimates, uploads
from workbench.train import words as train_text

__all__ = ["runs"]
ESTIMATED = estimates.estimated  # which the fixture replaces
pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(120)]


def masks(count: int) -> list[tuple[str, bytes, str]]:
    """Black and white, without a name that says so."""
    shapes = [np.zeros((48, 64 + i), np.uint8) for i in range(count)]
    for shape in shapes:
        shape[8:20, 8:30] = 255
    return [(f"m{i}.png", encode(shape), PNG) for i, shape in enumerate(shapes)]


def with_region(at: AppTest) -> AppTest:
    fine(at.number_input(key="crop_left:").set_value(25.0).run())
    uploader = next(one for one in at.file_uploader if one.key == "ignore_file")
    fine(uploader.set_value(("mask.png", encode(np.eye(16, dtype=np.uint8) * 255), PNG)).run())
    return fine(at.text_input(key="run_name").set_value("Bracket 7").run())


def address(at: AppTest) -> dict[str, str]:
    found = {name: value if isinstance(value, str) else value[0] for name, value in at.query_params.items()}
    return {name: found[name] for name in ("upload", "form") if name in found}


def kept(runs: Runs) -> list[Path]:
    """The uploads on the disk."""
    return [path for path in (runs.root / ".uploads").iterdir() if uploads.find_upload(path.name)]


def test_a_reload_keeps_the_crop_box_the_ignore_mask_and_the_name(runs: Runs) -> None:
    at = with_region(drop(start(TRAIN), *photos(14)))
    again = start(TRAIN, **address(at))
    assert "14 photos" in said(again) and again.text_input(key="run_name").value == "Bracket 7"
    assert widget(again, "model.crop").value == "0.25,0,0.75,1"
    assert (decode_ignore(widget(again, "model.ignore").value) == np.eye(16, dtype=bool)).all()
    press(again, "reset_settings")
    fine(again.text_input(key="run_name").set_value("").run())
    assert "form" not in address(again)
    assert train_text.form_gone(shared=False) in said(start(TRAIN, train_part="new", form="0" * 24))


def test_one_wrong_zip_is_named_and_the_rest_is_taken(runs: Runs) -> None:
    table = zipped({"results.csv": b"a,b\n1,2\n"})
    more = zipped({f"more/{name}": content for name, content, _ in photos(3, 40)})
    at = drop(start(TRAIN), *photos(14), ("table.zip", table, "application/zip"), ("more.zip", more, "application/zip"))
    assert "17 photos" in said(at) and "Left out: table.zip holds no images" in said(at)
    assert "such a ZIP must be uploaded alone" not in said(at) and has(at, "start_training")
    drop(at, ("table.zip", table, "application/zip"))
    assert "17 photos" in said(at) and "holds no images" in said(at)


def test_one_picture_is_taken_out_and_the_rest_stays_with_the_region(runs: Runs) -> None:
    at = with_region(drop(start(TRAIN), *photos(14)))
    press(at, "take_out_one")
    box = next(one for one in at.selectbox if one.label == train_text.WHICH)
    assert "part3.png" in box.options and "good/part3.png" not in box.options
    box.select("part3.png")
    press(at, "take_out")
    assert "13 photos" in said(at) and widget(at, "model.crop").value == "0.25,0,0.75,1"
    assert widget(at, "model.ignore").value and not list(kept(runs)[0].rglob("part3.png"))
    assert not [one for one in at.selectbox if one.label == train_text.WHICH], "it was asked in a dialog"


def test_a_picture_unlike_all_others_is_shown_and_left_out_or_kept(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is taken out without a press. Here the two last of the pictures are strangers to the teacher."""

    def features(pixels: np.ndarray) -> np.ndarray:
        return np.stack([np.eye(8)[max(0, i - 13)] + 0.01 * np.sin(np.arange(8) + i) for i in range(len(pixels))])

    monkeypatch.setattr("nnet.analysis.strangers.mean_f3", features)
    at = drop(start(TRAIN), *photos(14), ("x.png", encoded(77, (70, 48)), PNG), ("y.png", encoded(78, (71, 48)), PNG))
    assert "2 good pictures look unlike all others" in said(at) and "16 photos" in said(at)
    press(at, "keep-good/y.png")
    assert "1 good picture looks unlike all others" in said(at) and not has(at, "leave_out-good/y.png")
    press(at, "leave_out-good/x.png")
    assert "15 photos" in said(at) and "unlike all others" not in said(at)


def test_how_the_files_lie_is_said_in_plain_words_and_an_upload_has_no_terms(runs: Runs, tmp_path: Path) -> None:
    at = drop(start(TRAIN), *photos(14))
    assert "Read as a folder of pictures." in said(at) and "icence" not in said(at) and "Terms of use" not in said(at)
    names = {f"train/good/{i}.png": encoded(i, (64 + i, 48)) for i in range(13)}
    layout = zipped({**names, "test/crack/a.png": encoded(50), "test/good/b.png": encoded(51)})
    at = drop(start(TRAIN), ("parts.zip", layout, "application/zip"))
    assert "one in test/ for each kind of defect" in said(at) and "CC BY" not in said(at)
    cells = SimpleNamespace(layout="ELPV", licence="CC BY-NC-SA 4.0.")
    assert train_text.data_facts(cells, is_own=False) == "Read as ELPV. Terms of use: CC BY-NC-SA 4.0."


def test_pictures_that_look_like_masks_are_counted_and_can_be_left_out(runs: Runs) -> None:
    at = drop(start(TRAIN), *photos(14), *masks(4))
    assert "4 good pictures look like masks or are blank" in said(at) and "18 photos" in said(at)
    press(at, "leave_out_masks")
    assert "14 photos" in said(at) and "look like masks" not in said(at)
    assert "14 good pictures look like masks" in said(drop(start(TRAIN), *masks(14)))


def test_what_cannot_be_read_is_not_counted_and_has_the_name_that_it_came_with(runs: Runs) -> None:
    cut = encoded(3, (900, 610))
    at = drop(start(TRAIN), *photos(14), ("huge.png", cut[: len(cut) // 2], PNG))
    assert "huge.png" in said(at) and "good/huge.png" not in said(at)
    assert at.dataframe[0].value["Images"].tolist() == [14] and "1 file cannot be read" in said(at)


def test_an_upload_leaves_the_disk_with_remove_all_unless_somebody_else_works_on_it(runs: Runs) -> None:
    at = drop(drop(start(TRAIN), *photos(14)), *photos(2, 30))
    assert len(kept(runs)) == 1, "the one before more was added is gone"
    other = start(TRAIN, **address(at))
    press(at, "remove_upload")
    assert len(kept(runs)) == 1 and "16 photos" in said(fine(other.run()))


def test_a_link_to_photos_that_somebody_removed_says_so(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    at = drop(start(TRAIN), *photos(14))
    link = address(at)
    own = visits._own
    other = start(TRAIN, **link)
    assert "14 photos" in said(other)
    monkeypatch.setattr(visits, "is_here", lambda session: session is own())  # the other tab is closed
    press(at, "remove_upload")
    assert not kept(runs)
    gone = start(TRAIN, train_part="new", **link)
    assert train_text.upload_gone(shared=False) in said(gone) and "unless somebody removes" in said(gone)
    assert "upload" not in address(gone)


def test_remove_all_removes_at_once_but_never_what_a_run_has(runs: Runs) -> None:
    at = drop(start(TRAIN), *photos(14))
    press(at, "start_training")
    at.segmented_control(key=next(c.key for c in at.segmented_control if c.label == "Part")).set_value("new")
    press(fine(at.run()), "remove_upload")
    assert not kept(runs) and len(list((runs.list()[0].path / "data").rglob("*.png"))) == 14


def test_several_sizes_are_spoken_of_where_a_region_makes_an_export_need_one(runs: Runs) -> None:
    at = drop(start(TRAIN), *photos(14))
    assert train_text.SEVERAL_SIZES not in said(at)
    fine(at.number_input(key="crop_left:").set_value(25.0).run())
    assert train_text.SEVERAL_SIZES in said(at)
    at = start_on_texture()
    fine(at.number_input(key="crop_left:").set_value(25.0).run())
    assert train_text.SEVERAL_SIZES not in said(at)


def test_what_stands_above_the_editors_of_a_region_stays_as_it_is(runs: Runs) -> None:
    def above(at: AppTest) -> list[tuple[str, str]]:
        every = [(one.type, str(getattr(one, "value", ""))) for one in at.main if hasattr(one, "type")]
        return every[: next(i for i, one in enumerate(every) if train_text.REGION_HELP in one[1])]

    at = drop(start(TRAIN), *photos(14))
    before = above(at)
    assert train_text.few(6, 14, 4) in said(at)
    fine(at.number_input(key="crop_left:").set_value(25.0).run())
    assert above(at) == before and train_text.NOT_FROM_ALL in said(at)
    assert next(button for button in at.button if button.key == "cross_calibrate").disabled


def test_an_estimate_that_took_too_long_names_the_training_beside_it(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(spec: object, upload: object) -> None:
        raise TooSlow("Choose a smaller size or batch.")

    monkeypatch.setattr(estimates, "_estimate", slow)
    spec = RunSpec("x", "synthetic:metal")
    with pytest.raises(NNetError, match="smaller size"):
        ESTIMATED(spec, None)
    busy = SimpleNamespace(list=lambda: [SimpleNamespace(name="Brackets", state="running")])
    monkeypatch.setattr(uploads, "runs", lambda: busy)
    with pytest.raises(NNetError, match="“Brackets” is training on this computer"):
        ESTIMATED(spec, None)


def test_an_estimate_tells_how_far_it_is_and_is_stopped_by_a_press(monkeypatch: pytest.MonkeyPatch) -> None:
    def page() -> None:
        import streamlit as st

        from nnet.runs import RunSpec
        from workbench.train import estimates

        if st.button("go"):
            estimates._estimate(RunSpec("x", "synthetic:metal"), None)

    seen = []

    def measuring(spec: object, folder: object, data: object, tick: Callable[[str], None]) -> None:
        for stage in STAGES:
            tick(stage)
            seen.append(stage)
            if stage == "network":
                st.stop()  # as Streamlit does when a button was pressed meanwhile

    monkeypatch.setattr(estimates, "estimate", measuring)
    at = AppTest.from_function(page, default_timeout=60).run()
    at.button[0].click().run()
    assert seen == ["start", "pictures", "network"]
    (bar,) = at.get("progress")
    assert bar.proto.text.startswith("Building the network") and bar.proto.value == round(100 * 2 / len(STAGES))
    at.button(key="stop_estimate").click().run()
    assert [toast.value for toast in at.toast] == [train_text.ESTIMATE_STOPPED] and not at.get("progress")
