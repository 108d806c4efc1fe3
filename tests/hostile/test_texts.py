"""Texts of others: what a stranger wrote is shown as it is, and makes nothing of itself."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import hostile
import pytest
from apptest import ROOT, encoded, fine
from google.protobuf.json_format import MessageToDict
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block
from touring import FirstTwo, choose, controls

from workbench.shared import known_data, units

pytestmark = pytest.mark.timeout(300)
PAGES: dict[str, dict[str, str]] = {
    "Workbench.py": {},
    "pages/1_Inspect.py": {"set": "{key}", "image": f"test/{hostile.NAME}/{hostile.NAME}0.png"},
    "pages/2_Memory.py": {},
    "pages/3_Projection.py": {"part": "data", "data": "{key}"},
    "pages/4_Evaluate.py": {"evaluate_data": "{key}"},
    "pages/5_Train.py": {"train_part": "runs"},
    "pages/6_Ablations.py": {"results_from": hostile.NAME},
    "pages/7_How_it_works.py": {},
    "pages/8_When_it_fails.py": {},
    "pages/9_Watch.py": {},
}
MARKDOWN = {"body", "label", "help", "caption", "text", "content", "errorMessage"}
"""Fields that the browser draws as Markdown."""
IN_HTML = ("<img src=evil", "<img src='http")
PLAIN_TYPES = {"code", "text", "arrow_data_frame", "json", "plotly_chart", "bidi_component", "selectbox", "text_input"}
"""Elements whose texts it shows as they are; the label and the help of a control are words of ours."""


@pytest.fixture(scope="module")
def workbench(trained_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A workbench full of hostile texts; yields the key of its data set."""
    environment = hostile.workbench(tmp_path_factory.mktemp("hostile"), trained_checkpoint)
    with pytest.MonkeyPatch.context() as patched:
        for name, value in environment.items():
            patched.setenv(name, value)
        patched.setitem(sys.modules, "umap", SimpleNamespace(UMAP=FirstTwo))
        yield known_data.key_of(str(Path(environment["NNET_DATA"]) / hostile.NAME))


def opened(page: str, key: str, **more: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "Workbench.py"), default_timeout=200)
    for name, value in {**PAGES[page], **more}.items():
        at.query_params[name] = value.format(key=key)
    at.switch_page(page)
    return fine(at.run())


def drawn(at: AppTest) -> Iterator[tuple[str, str]]:
    """(kind of element, text) of everything that the browser draws as Markdown or HTML."""

    def texts(value: object, name: str = "") -> Iterator[str]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from texts(inner, key)
        elif isinstance(value, list):
            for inner in value:
                yield from texts(inner, name)
        elif isinstance(value, str) and name in MARKDOWN:
            yield value

    def walk(node: object) -> Iterator[tuple[str, str]]:
        proto = getattr(node, "proto", None)
        if proto is not None and node.type not in PLAIN_TYPES:
            yield from ((node.type, text) for text in texts(MessageToDict(proto)))
        if isinstance(node, Block):
            for child in node.children.values():
                yield from walk(child)

    yield from walk(at._tree)


def rendered(at: AppTest) -> list[str]:
    """What would be drawn of the hostile texts."""
    return [
        f"{kind}: {text}"
        for kind, text in drawn(at)
        if any(part in text for part in (IN_HTML if kind == "html" else hostile.RENDERED))
    ]


def labels(at: AppTest) -> list[str]:
    """Of the pictures: what a screen reader says, which is no Markdown."""
    return [picture.alt for element in at.get("image") for picture in element.proto.imgs]


@pytest.mark.parametrize("page", PAGES)
def test_no_text_of_others_is_rendered(page: str, workbench: str) -> None:
    at = opened(page, workbench)
    assert rendered(at) == []
    assert not [label for label in labels(at) if re.search(r"\\[!*_\[:$<`]", label)]
    assert any("evil" in text for _, text in drawn(at)), "nothing of the hostile texts is shown, so nothing was tested"


def test_a_picture_of_any_name_is_only_named(workbench: str) -> None:
    at = opened("pages/1_Inspect.py", workbench)
    files = [(f"{hostile.NAME}.png", encoded(), "image/png"), (f"{hostile.NAME}.txt", b"no picture", "text/plain")]
    at.file_uploader[0].set_value(files)
    fine(fine(at.run()).run())
    assert rendered(at) == [] and "evil" in at.subheader[0].value


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_no_text_of_others_is_rendered_in_any_part(page: str, workbench: str) -> None:
    at = opened(page, workbench)
    for key, widget in controls(at).items():
        if widget.type in ("button_group", "selectbox") and key not in ("device", "evaluate_data", "data"):
            for option in list(widget.options)[:8]:
                at = opened(page, workbench)
                if key in controls(at):
                    choose(controls(at)[key], option)
                    fine(at.run())
                    assert rendered(at) == [], f"{key} = {option}"


@pytest.mark.slow
@pytest.mark.parametrize("view", ["film", "curves", "log", "settings", "card"])
def test_no_text_of_a_run_is_rendered(view: str, workbench: str) -> None:
    for run in ("x-http-evil-red-z-q-y-http-evil-img-src-evil-c-b", "failed-x-http-evil-red-z-q-y-http-evil-img-src-e"):
        assert rendered(opened("pages/5_Train.py", workbench, run=run, train_view=view)) == []


@pytest.mark.parametrize("address", ["see https://a.example/x", "www.a.example", "me@a.example"])
def test_an_address_is_taken_apart_so_that_it_is_no_link(address: str) -> None:
    shown = units.plain(address)
    assert "\N{WORD JOINER}" in shown and shown.replace("\N{WORD JOINER}", "").replace("\\", "") == address
    assert not re.search(r"https?:/|www\.|\w@\w", shown.replace("\\", ""))


def test_a_card_keeps_its_form_and_loses_its_tricks() -> None:
    shown = units.card(
        f"# Title\n\n- **Data**: `a`\n\n| a | b |\n|---|---|\n| 1 | {hostile.TEXT} |\n> note {hostile.TEXT}"
    )
    lines = shown.splitlines()
    assert lines[0] == "# Title" and lines[2] == "- Data\\: a" and lines[5] == "|---|---|" and lines[4] == "| a | b |"
    assert lines[7].startswith("> note \\!\\[x\\]\\(http\\:\N{WORD JOINER}//evil") and lines[6].count("|") == 3
    assert not any(part in shown for part in hostile.RENDERED)
