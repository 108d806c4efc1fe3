"""A tour: every control of every page is moved, the other pages are visited, and everything is as it was on return.

One visitor opens the pages one after the other. On each, the settings must be those of a visitor who has seen no other
page; then every control of every section is set to another legal value; when all pages have been seen, each must
still have what was set on it.
"""

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest
from apptest import ROOT, fine
from builders import write_category
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Widget
from touring import FirstTwo, choose, controls, name

from workbench.shared.words import HOST_PAGE

pytestmark = [pytest.mark.long, pytest.mark.timeout(240)]

# All but the one that only the host of a shared demo is shown.
PAGES = (
    "Workbench.py",
    *sorted(
        f"pages/{path.name}" for path in (ROOT / "pages").glob("*.py") if path.stem != HOST_PAGE
    ),  # for hosts alone
)
SECTIONS = re.compile(r"(^|_)(part|view)$|^(atlas|studio)$")
"""Keys of the controls that open a part of a page."""
SHARED = {"model", "device", "present", "opacity", "colours", "normal", "pixel_x", "pixel_y", "grid_x", "grid_y"}
"""Keys of settings that are meant to be the same on several pages."""
MOMENTARY = {"inspect_camera_on", "train_camera_on", "picture_bar_kept_open"}
LEFT_ALONE = {"model", "device", "run_device", "evaluate_data", "evaluate_folder", "set:model.reverse", *MOMENTARY}
"""Keys that are not moved: what computes, the data set that the Evaluate page has measured, the second of two branches
of which one must be on, and what ends when its page is left: a camera, and that the picture bar is kept open."""
TEXTS = {
    "expression": "M1*M2",
    "evaluate_more": "M2",
    "folder": "",
    "path": "",
    "run_name": "Another",
    "run_weights": "",
    "start_path": "",
    "watch_folder": "",
    "watch_path": "",
    "start_changes": "train.epochs=2",
    "set:model.crop": "",
    "set:model.ignore": "",
    "set:score.expression": "M1*M2*M3",
}
"""Another legal value for each text; "" where only a file that is there, or what fits the pictures, would be legal."""
NUMBERS = {"set:train.adam_beta2": 0.9, "set:model.tile": 64, "set:model.overlap": 16, "set:train.cross_folds": 2}
"""Another legal value for a number with bounds that the control does not know of."""

Settings = dict[tuple[str, ...], dict[str, object]]
"""Per section of a page, as the values that lead to it: the value of each control by key."""
FIRST = ("as it was found",)


def _next_option(widget: Widget) -> None:
    shown = [str(option) for option in widget.options]
    now = re.sub(r"^:material/\w+: ", "", str(widget.format_func(widget.value)))
    others = [option for option in shown if option != now]
    if others:
        choose(widget, others[0])


def _next_number(widget: Widget) -> None:
    step = widget.step or 1
    up = NUMBERS.get(name(widget), widget.value + step)
    widget.set_value(up if widget.max is None or up <= widget.max else widget.value - step)


def move(widget: Widget) -> None:
    """Give the control another legal value."""
    if widget.type in ("toggle", "checkbox"):
        widget.set_value(not widget.value)
    elif widget.type in ("slider", "number_input"):
        _next_number(widget)
    elif widget.type in ("text_input", "text_area"):
        widget.set_value(TEXTS[name(widget)])
    elif widget.type == "multiselect":
        widget.set_value(widget.value[1:] if widget.value else [widget.options[0]])
    elif widget.type == "button_group" and isinstance(widget.value, list):
        choose(widget, *[widget.options[i] for i in widget.indices[:-1] or [0]])
    else:
        _next_option(widget)


@dataclass
class Visit:
    """A visitor, and what went wrong on the way."""

    at: AppTest
    complaints: list[str] = field(default_factory=list)

    def run(self, doing: str) -> None:
        """Run the page."""
        self.at.run()
        self.complaints += [f"{doing}: {one.message}" for one in self.at.exception]
        self.complaints += [f"{doing}: an error box says {one.value}" for one in self.at.error]

    def go(self, page: str) -> None:
        """Open a page by its link, which has no settings in it."""
        self.at.query_params.clear()
        self.at.switch_page(page)
        self.run(f"opening {page}")

    def walk(self, page: str, each: Callable[[tuple[str, ...]], None]) -> None:
        """Open every section of the page that is open, and the sections in it."""
        self._walk(page, each, (), frozenset())

    def _walk(self, page: str, each: Callable[[tuple[str, ...]], None], at: tuple[str, ...], done: frozenset) -> None:
        found = [(key, w) for key, w in controls(self.at).items() if SECTIONS.search(key) and key not in done]
        if not found:
            each(at)
            return
        key, widget = found[0]
        for option in list(widget.options):
            choose(controls(self.at)[key], option)
            self.run(f"{page}: choosing {option}")
            self._walk(page, each, (*at, option), done | {key})

    def settings(self, page: str) -> Settings:
        """The values of all controls in all sections, and before them what stood first."""
        found: Settings = {FIRST: self.values()}
        self.walk(page, lambda section: found.update({section: self.values()}))
        return found

    def values(self) -> dict[str, object]:
        return {key: widget.value for key, widget in controls(self.at).items()}

    def move_all(self, page: str) -> None:
        """Move every control of every section once."""
        moved = {*LEFT_ALONE}

        def each(section: tuple[str, ...]) -> None:
            for _ in range(100):
                left = [
                    (key, w) for key, w in controls(self.at).items() if key not in moved and not SECTIONS.search(key)
                ]
                if not left:
                    return
                key, widget = left[0]
                moved.add(key)
                move(widget)
                self.run(f"{page}, {' > '.join(section)}: moving {key}")

        self.walk(page, each)


def differences(page: str, before: Settings, after: Settings) -> Iterator[tuple[str, str]]:
    """(key, sentence) for each setting that is another one."""
    for section in before.keys() | after.keys():
        old, new = before.get(section, {}), after.get(section, {})
        for key in (old.keys() | new.keys()) - SHARED:
            if old.get(key) != new.get(key):
                where = f"{page}, {' > '.join(section)}"
                yield key, f"{where}: {key} was {old.get(key)!r} and is {new.get(key)!r}"


@dataclass
class Tour:
    """What a tour over all pages has found."""

    complaints: list[str]
    not_its_own: list[tuple[str, str]]
    """Settings that were not at their default on the first visit, though only other pages had been seen."""
    not_kept: list[tuple[str, str]]
    """Settings that were others on the return."""


@pytest.fixture(scope="module")
def two_models(trained_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The workbench knows two models, so that they can be compared."""
    folder = tmp_path_factory.mktemp("two")
    for model in ("first", "second"):
        shutil.copytree(trained_checkpoint, folder / model)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("NNET_CHECKPOINTS", str(folder))
        patched.setenv("NNET_CHECKPOINTS_ONLY", "1")
        patched.setenv("NNET_RUNS", str(tmp_path_factory.mktemp("runs")))
        patched.setitem(sys.modules, "umap", SimpleNamespace(UMAP=FirstTwo))
        yield


@pytest.fixture(scope="module")
def category(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small test set with masks."""
    return write_category(tmp_path_factory.mktemp("data") / "bottle")


def visitor() -> Visit:
    """Somebody who has just opened the workbench."""
    return Visit(fine(AppTest.from_file(str(ROOT / "Workbench.py"), default_timeout=200).run()))


def prepare(visit: Visit, page: str, category: Path) -> None:
    """Open a page with what its sections need: on Evaluate, a test set that is measured."""
    visit.go(page)
    if "Evaluate" in page and visit.at.selectbox(key="evaluate_data").value != "folder":
        visit.at.selectbox(key="evaluate_data").set_value("folder")
        visit.run("choosing a folder")
        visit.at.text_input(key="evaluate_folder").set_value(str(category))
        visit.run("naming the folder")
        start = [button for button in visit.at.button if button.key == "evaluate_start"]
        if start:
            start[0].click()
            visit.run("measuring")


@pytest.fixture(scope="module", params=["as listed", pytest.param("the other way round", marks=pytest.mark.slow)])
def tour(request: pytest.FixtureRequest, two_models: None, category: Path) -> Tour:
    """All pages after each other, and back to each."""
    pages = PAGES if request.param == "as listed" else PAGES[::-1]
    visit = visitor()
    found = Tour(visit.complaints, [], [])
    moved: dict[str, Settings] = {}
    for page in pages:
        alone = visitor()
        prepare(alone, page, category)
        own = alone.settings(page)
        prepare(visit, page, category)
        found.not_its_own += differences(page, own, visit.settings(page))
        visit.move_all(page)
        moved[page] = visit.settings(page)
    for page in pages:
        visit.go(page)
        last = list(moved[page].values())[-1]
        opened = {key: value for key, value in visit.values().items() if SECTIONS.search(key) and key in last}
        found.not_kept += differences(page, {FIRST: {key: last[key] for key in opened}}, {FIRST: opened})
        now = visit.settings(page)
        found.not_kept += differences(page, moved[page] | {FIRST: {}}, now | {FIRST: {}})
    return found


def test_nothing_breaks_on_the_way(tour: Tour) -> None:
    assert tour.complaints == []


def test_a_page_has_settings_of_its_own_and_keeps_them(tour: Tour) -> None:
    assert [sentence for _, sentence in tour.not_its_own] == []
    assert [sentence for _, sentence in tour.not_kept] == []
