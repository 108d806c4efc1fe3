"""Links that anyone can write: what they name, how long and how deep they are, and that none of them opens a path."""

import importlib
import os
import pkgutil
import random
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from apptest import INSPECT, ROOT, fine, start
from apptest import words as said
from builders import encode, write_category
from hypothesis import given
from hypothesis import settings as checks
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

import workbench
from nnet.data import DataError, categories, open_dataset
from nnet.data.listing import budget, walk_images
from nnet.expression import MAX_LENGTH, Expression, ExpressionError, parse
from workbench.shared import datasets, known_data, settings, words

checking = checks(deadline=None, max_examples=50, derandomize=True)
PROJECTION, EVALUATE = "pages/3_Projection.py", "pages/4_Evaluate.py"
TRAIN, ABLATIONS = "pages/5_Train.py", "pages/6_Ablations.py"
PATHS = ("/etc", "/proc/self", "/", "..", "../../etc", "~nobody/x", "~root", "file:///etc", "data-0123456789abcdef")
FOLDERS = {
    PROJECTION: ("folder", {"part": "data", "data": "folder"}),
    EVALUATE: ("evaluate_folder", {"evaluate_data": "folder"}),
    TRAIN: ("path", {"train_part": "new", "source": "path"}),
    ABLATIONS: ("start_path", {"ablations_part": "start", "start_data": "folder"}),
}
MONSTERS = ("9" * 5000, "(" * 2000 + ")" * 2000, "M1+" * 3000, ",".join("1" * 2000), "x" * 200_000, "a\0b", "[" * 21)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, only_tiny: Path, tmp_path: Path) -> list[str]:
    """The paths that the workbench opened as data sets."""
    monkeypatch.setenv("NNET_RUNS", str(tmp_path / "runs"))
    found: list[str] = []

    def opening(spec: str, **options: object):
        found.append(str(spec))
        return open_dataset(spec, **options)

    for module in ("workbench.shared.datasets", "workbench.train.looking"):
        monkeypatch.setattr(f"{module}.open_dataset", opening)
    datasets._STORE.drop(lambda _: True)
    return found


def address(at: AppTest) -> str:
    return "&".join(f"{name}={value}" for name, value in at.query_params.items())


# ----------------------------------------------------------------------------------------- what a link may name


@pytest.mark.parametrize("path", PATHS)
def test_a_link_is_no_way_to_a_path(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NNET_DATA", raising=False)
    with pytest.raises(ValueError, match="no data set that a link may name"):
        known_data.from_link(path)
    monkeypatch.setenv("NNET_DATA", str(tmp_path))
    for written in (path, f"{tmp_path}/{path}", f"{tmp_path}/../{tmp_path.name}"):
        if ".." in written or not written.startswith(str(tmp_path)):
            with pytest.raises(ValueError, match="no data set"):
                known_data.from_link(written)


@checking
@given(st.text(max_size=60))
def test_no_text_at_all_is_a_path(written: str) -> None:
    try:
        found = known_data.from_link(written)
    except ValueError:
        return
    assert not found or found.partition(":")[0] in known_data.NAMED


def test_a_link_to_a_picture_at_a_path_says_so_and_opens_nothing(opened: list[str]) -> None:
    at = start(INSPECT, set="/etc", image="hostname")
    assert any(one.value.startswith(words.NOT_OPEN_HERE) for one in at.warning) and not opened
    assert "/etc" not in address(at) and "/etc" not in said(at)


@pytest.mark.parametrize("page", FOLDERS)
def test_a_link_to_a_folder_says_so_and_opens_nothing(page: str, opened: list[str]) -> None:
    name, beside = FOLDERS[page]
    at = start(page, **beside, **{name: "/etc"})
    assert words.NOT_OPEN_HERE in [one.value for one in at.warning] and not opened
    assert at.text_input(key=name).value == "" and "/etc" not in address(at)


def test_what_a_visitor_types_stays_in_his_visit(opened: list[str], tmp_path: Path) -> None:
    folder = write_category(tmp_path / "bottle")
    at = start(EVALUATE, evaluate_data="folder")
    fine(at.text_input(key="evaluate_folder").set_value(str(folder)).run())
    assert set(opened) == {str(folder)} and str(tmp_path) not in address(at)
    key = at.query_params["evaluate_folder"]
    key = key[0] if isinstance(key, list) else key
    fine(at.switch_page(INSPECT).run())
    fine(at.switch_page(EVALUATE).run())
    assert at.text_input(key="evaluate_folder").value == str(folder)  # it outlives the page switch
    opened.clear()
    other = start(EVALUATE, evaluate_data="folder", evaluate_folder=key)
    assert words.NOT_OPEN_HERE in [one.value for one in other.warning] and not opened


def test_configured_data_is_offered_and_linked(
    opened: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_category(tmp_path / "sets" / "parts" / "bottle")
    (tmp_path / "sets" / "way out").symlink_to("/etc")
    monkeypatch.setenv("NNET_DATA", os.pathsep.join((str(tmp_path / "sets"), str(tmp_path / "missing"))))
    key = known_data.key_of(str(folder))
    assert known_data.labels() == {key: "sets/parts/bottle"}
    at = start(INSPECT, set=key, image="test/dent/000.png")
    assert at.subheader[0].value.replace("\\", "") == "test/dent/000.png" and opened == [str(folder)]
    assert start(EVALUATE, evaluate_data=key).selectbox(key="evaluate_data").value == key
    old = start(INSPECT, set=str(folder), image="test/dent/000.png")
    assert known_data.key_of(str(folder)) in address(old) and str(tmp_path) not in address(old)
    with pytest.raises(ValueError, match="no data set"):
        known_data.from_link(str(tmp_path / "sets" / "way out"))


def _bundle() -> None:
    import streamlit as st

    from workbench.projection.settings import FOLDER
    from workbench.shared import known_data, settings

    settings.show_view("projection", {"folder": "/etc", "blend": "9" * 5000})
    st.session_state["found"] = known_data.remember(FOLDER), st.query_params.to_dict()


def test_a_view_from_a_bundle_names_no_path_either() -> None:
    assert fine(AppTest.from_function(_bundle).run()).session_state["found"] == ("", {})


# ---------------------------------------------------------------------------------------------------- the bounds


@pytest.mark.parametrize("monster", MONSTERS, ids=lambda text: f"{text[:3]!r}x{len(text)}")
def test_what_no_link_of_ours_says_is_out_of_bounds(monster: str) -> None:
    assert not settings.within_bounds(monster)


@pytest.mark.parametrize(
    "usual", ["(M1+M6)*(M2+M5)*(M3+M4)", ",".join(map(str, range(1, 1800, 2))), "test/ü/部品 (1).png", "0.25", ""]
)
def test_what_a_link_of_ours_says_is_within_bounds(usual: str) -> None:
    assert settings.within_bounds(usual)


for _found in pkgutil.walk_packages(workbench.__path__, "workbench."):
    if _found.name.endswith("settings"):
        importlib.import_module(_found.name)


@checking
@given(st.text(max_size=300))
def test_every_setting_reads_any_text_or_refuses_it(written: str) -> None:
    assert len({setting.page for setting in settings.declared().values()}) > 8
    for setting in settings.declared().values():
        try:
            setting.read(written)
        except (ValueError, KeyError):
            continue


@checking
@given(st.text(st.sampled_from("M123456+*x·() ,;m09é\u0661\u200b"), max_size=2 * MAX_LENGTH))
def test_an_expression_is_read_or_refused_in_a_short_sentence(written: str) -> None:
    try:
        found = parse(written)
    except ExpressionError as error:
        assert len(str(error)) < 300
    else:
        assert isinstance(found, Expression) and parse(found.text) == found


def visited(page: str, monster: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "Workbench.py"), default_timeout=60)
    names = [*settings.declared(), "set", "image", "sample", "run", "epoch", "upload"]
    # Streamlit itself leaves out addresses of more than half a million characters.
    for name in random.Random(page).sample(names, min(len(names), 500_000 // len(quote(monster)))):
        at.query_params[name] = monster
    at.switch_page(page)
    fine(at.run())
    assert not at.error
    # What is within bounds may stay in the address of a page that has no such setting.
    assert settings.within_bounds(monster) or (monster not in said(at) and monster not in address(at))
    return at


def test_a_link_out_of_bounds_is_left_out_with_a_sentence(opened: list[str]) -> None:
    at = visited(INSPECT, "9" * 41)
    assert words.LINK_CUT in [one.value for one in at.warning] and not opened


def test_thousands_of_parameters_are_left_out(opened: list[str]) -> None:
    at = start(INSPECT, **{f"p{number}": "1" for number in range(150)}, opacity="40")
    assert words.LINK_CUT in [one.value for one in at.warning] and "p1=" not in address(at)


@pytest.mark.slow
@pytest.mark.parametrize("page", ["Workbench.py", *(f"pages/{path.name}" for path in (ROOT / "pages").glob("*.py"))])
def test_no_page_is_hung_or_broken_by_a_link(page: str, opened: list[str]) -> None:
    for monster in (
        *MONSTERS,
        "9" * 40,
        "((((((((((((((((((((",
        "nan",
        "-1",
        "1e308",
        "\u0661",
        "a,b",
        "~nobody",
        "é" * 3999,
    ):
        visited(page, monster)
    assert not opened


# ------------------------------------------------------------------------------------------------ scanning folders


def test_a_scan_ends_with_its_budget_and_says_where(tmp_path: Path) -> None:
    folder = write_category(tmp_path / "bottle")
    with budget(1000, 60):
        open_dataset(folder)
    with budget(10, 60), pytest.raises(DataError, match=r"Reading stopped at .*bottle.* after 11 files"):
        open_dataset(folder)
    with budget(1000, 0), pytest.raises(DataError, match="Name a folder nearer to its images"):
        open_dataset(folder)


def test_a_scan_can_be_stopped_and_taken_up_again(
    opened: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(write_category(tmp_path / "bottle"))
    at = start(EVALUATE, evaluate_data="folder")
    at.session_state["stopped_data"] = {folder}  # as a press on "Stop reading" leaves it
    fine(at.text_input(key="evaluate_folder").set_value(folder).run())
    assert words.STOPPED in [one.value for one in at.info] and not opened
    fine(at.button(key="read_after_all").click().run())
    assert opened == [folder] and words.STOPPED not in [one.value for one in at.info]


def test_a_long_scan_shows_how_far_it_is_and_a_button(
    opened: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nnet.data.listing._TICK_SECONDS", -1.0)
    shown: list[str] = []
    monkeypatch.setattr(words, "seen", lambda count: shown.append(str(count)) or words.STOPPED)
    folder = str(write_category(tmp_path / "bottle"))
    at = start(EVALUATE, evaluate_data="folder")
    fine(at.text_input(key="evaluate_folder").set_value(folder).run())
    assert len(shown) > 20 and opened == [folder]


def test_folders_inside_one_another_without_end_are_refused(tmp_path: Path) -> None:
    here, root = os.getcwd(), tmp_path / "parts"
    (root / "good").mkdir(parents=True)
    picture = encode(np.zeros((32, 32, 3), np.uint8))
    (root / "good" / "a.png").write_bytes(picture)
    os.chdir(root / "good")
    try:  # a path as long as the whole would be refused by the system
        for _ in range(sys.getrecursionlimit() + 100):
            os.mkdir("d")
            os.chdir("d")
        Path("b.png").write_bytes(picture)
    finally:
        os.chdir(here)
    try:
        assert len(walk_images(root)) == 2
        for look in (open_dataset, categories):
            with budget(10_000, 60):
                try:
                    look(str(root))
                except DataError as error:
                    assert "inside one another" in str(error)
    finally:
        subprocess.run(["rm", "-rf", root / "good" / "d"], check=True)  # Python, and so pytest, cannot
