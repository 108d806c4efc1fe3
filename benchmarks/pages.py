"""How long the server works for each changed control of Inspect, Memory, Projection and Ablations, and until the first
heatmap.

    python -m benchmarks.pages [--image FILE] [--only PAGE] [--rounds 6] > table.md

Each control is changed in a page that is already drawn, through Streamlit's own test client (AppTest), and the network
must not run again. On Inspect and Memory only the live part of the page runs, as in the browser; elsewhere it is the
whole page. Two times are taken of that run, with what Streamlit does before the page's first line: the processor time
of its thread, which is the server's work and hardly depends on what else the machine does, and the time that passes. An
unchanged page is run as a whole and timed as well, in the first row of each view. On Projection the browser runs less,
so that its times here are an upper bound.

Home's demo answers each stroke: that time is everything from the drawing's arrival to the heatmap, score and six maps
that are sent back, network included.

The living N answers a press at once, since what happens without each part is sent with it; its times are those of
drawing it for a picture that was never seen, and with other tiles. So is that of the table "take a part out".

A change of image is no change of control: "first heatmap" is decoding, network and score of an image that was never
seen, with the model loaded.
"""

import argparse
import io
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
import streamlit as st
import torch
from PIL import Image, ImageDraw
from streamlit.runtime.scriptrunner import RerunData
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.testing.v1 import AppTest, local_script_runner

from nnet.expression import Expression
from nnet.scoring import judge
from workbench.home import demo
from workbench.home.scene import Scene
from workbench.shared import drawings, layer, living_network, resources, samples

ROOT = Path(__file__).resolve().parent.parent
TARGET = 100  # milliseconds
INSPECT, MEMORY, PROJECTION, ABLATIONS = "1_Inspect", "2_Memory", "3_Projection", "6_Ablations"


@dataclass(frozen=True)
class View:
    """A page at an address, and its controls: key of the widget or setting -> values that it takes in turn.

    Of one that `is_live` a part runs alone when a control changes.
    """

    page: str
    title: str
    controls: dict[str, Sequence[object]]
    address: dict[str, str] = field(default_factory=dict)

    @property
    def is_live(self) -> bool:
        return self.page in (INSPECT, MEMORY)


EXPRESSIONS = ("M1*M2*M3", "M1+M6", "M3", "(M1+M6)*M3", "M2*M5", "M1+M2+M3")
COMMON: dict[str, Sequence[object]] = {
    "opacity": (10, 25, 40, 55, 85, 100),
    "colours": ("viridis", "cividis", "magma", "inferno"),
    "scale": ("own", "fixed"),
    "outline": (False, True),
    "score": ("reverse", "forward", "paper"),
    "expression": EXPRESSIONS,
    "pixel": ("10,10", "100,150", "200,40", "50,250", "150,150", "290,20"),
    "threshold": (0.5, 0.7, 1.4, 2.0, 3.0, 1.0),
}
VIEWS = [
    View(INSPECT, "Pixel verdict", {**COMMON, "normal": ("anywhere", "place")}, {"view": "pixel"}),
    View(
        INSPECT,
        "Threshold and regions",
        {"threshold": COMMON["threshold"], "score": COMMON["score"]},
        {"view": "regions"},
    ),
    View(INSPECT, "S1 against S2", {"wipe": (20, 35, 65, 80), "opacity": COMMON["opacity"]}, {"view": "students"}),
    View(
        INSPECT,
        "Make your own defect",
        {"studio_show": ("plain", "before", "heatmap"), "studio_edge": (False, True), "opacity": COMMON["opacity"]},
        {"view": "defect", "sample": "cell1154"},
    ),
    View(INSPECT, "Replay bundle", {"opacity": COMMON["opacity"]}, {"view": "replay"}),
    View(
        MEMORY,
        "Memory",
        {
            "temperature": (0.02, 0.03, 0.07, 0.1, 0.2, 0.5),
            "shrink": (0.25, 0.5, 0.75, 1.5, 2.0, 3.0),
            "patch_row": (1, 2, 3, 5, 6, 7),
            "patch_column": (1, 2, 3, 5, 6, 7),
            "items_order": ("number", "training", "here"),
            "atlas": ("similarity", "items"),
            "atlas_order": ("number", "here", "training"),
        },
        {"atlas_layout": "PCA"},
    ),
    View(PROJECTION, "Good parts", {"side": ("student", "teacher"), "stage": ("2", "3", "1")}),
    View(
        PROJECTION,
        "Figure 7",
        {"side": ("student", "teacher"), "way": ("linear", "relative", "log")},
        {"part": "figure7"},
    ),
    View(
        PROJECTION,
        "Gates and channels",
        {"stage": ("2", "3", "1"), "side": ("student", "teacher"), "channel": (1, 2, 3, 4, 5, 6)},
        {"part": "gates"},
    ),
    View(
        PROJECTION,
        "Features",
        {"stage": ("2", "3", "1"), "vectors": ("raw", "unit"), "blend": (10, 20, 35, 65, 80, 95)},
        {"part": "features"},
    ),
    View(
        ABLATIONS,
        "Results",
        {
            "results_view": ("table4", "table7", "figure6", "figure4", "published", "claims"),
            "results_metric": ("i_auroc", "p_ap"),
        },
    ),
    View(
        ABLATIONS,
        "Side by side",
        {
            "grid_show": ("reverse", "forward", "maps", "difference", "score"),
            "grid_score": ("reverse", "forward", "own"),
            "opacity": COMMON["opacity"],
            "colours": COMMON["colours"],
            "pixel": COMMON["pixel"],
        },
        {"part": "grid"},
    ),
    View(
        ABLATIONS,
        "What if",
        {"opacity": COMMON["opacity"], "colours": COMMON["colours"], "pixel": COMMON["pixel"]},
        {"part": "whatif"},
    ),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image", type=Path, metavar="FILE", help="an image to upload; default: the first sample")
    parser.add_argument("--only", default="", help="part of a page's name or a view's title")
    parser.add_argument("--rounds", type=int, default=6, help="changes per control")
    options = parser.parse_args()
    torch.set_num_threads(1)  # so that the thread's time is all of the work
    ScriptRunner._run_script = _timed_script  # type: ignore[method-assign]
    print(f"{samples.collection().name if options.image is None else options.image.name}\n")
    print(f"| view | control | median ms | worst ms | median passed ms | over {TARGET} ms |\n|---|---|---|---|---|---|")
    for view in VIEWS:
        if options.only.lower() in f"{view.page} {view.title}".lower():
            for row in _view(view, options.image, options.rounds):
                print(f"| {' | '.join(row)} |", flush=True)
    if not options.only:
        _first_heatmap()
    if options.only.lower() in "home":
        _strokes()
    if options.only.lower() in "network":
        _networks()


def _view(view: View, image: Path | None, rounds: int) -> Iterator[tuple[str, ...]]:
    at = AppTest.from_file(str(ROOT / "Workbench.py"), default_timeout=300)
    for name, value in view.address.items():
        at.query_params[name] = value
    at.switch_page(f"pages/{view.page}.py")
    _run(at)
    if image is not None:
        at.file_uploader[0].set_value((image.name, image.read_bytes(), "image/png"))
        _run(at)
    _run(at)
    name = f"{view.page.partition('_')[2]}, {view.title}"
    yield _row(name, "(nothing changed)", [_timed(at) for _ in range(rounds)])
    for key, values in view.controls.items():
        if key == "expression":
            _set(at, "score", "own")
            _run(at)
        if not _known(at, key):
            print(f"{name}: no control {key} here", file=sys.stderr)
            continue
        times = []
        for index in range(rounds):
            _set(at, key, values[index % len(values)])
            with _part(at) if view.is_live else nullcontext():
                times.append(_timed(at))
        yield _row(name, key, times)


def _row(view: str, control: str, times: list[tuple[float, float]]) -> tuple[str, ...]:
    worked, passed = ([1000 * t for t in column] for column in zip(*times, strict=True))
    median, worst = statistics.median(worked), max(worked)
    over = "worst only" if median <= TARGET < worst else "yes" if median > TARGET else ""
    return view, control, f"{median:.0f}", f"{worst:.0f}", f"{statistics.median(passed):.0f}", over


def _known(at: AppTest, key: str) -> bool:
    return key in at.session_state


def _set(at: AppTest, key: str, value: object) -> None:
    """Change a widget by its key, or the setting that a click in a component would change."""
    for kind in (
        "slider",
        "select_slider",
        "segmented_control",
        "selectbox",
        "toggle",
        "checkbox",
        "number_input",
        "text_input",
    ):
        for widget in at.get(kind):
            if widget.key == key:
                widget.set_value(value)
                return
    at.session_state[key] = value


def _run(at: AppTest) -> None:
    at.run()
    if at.exception:
        sys.exit(f"The page failed: {at.exception[0].message}")


_SPENT: list[tuple[float, float]] = []
_script = ScriptRunner._run_script


def _timed_script(runner: ScriptRunner, asked: RerunData) -> None:
    """What runs a page's script, or a part of it, with a stopwatch."""
    worked, passed = time.thread_time(), time.perf_counter()
    try:
        _script(runner, asked)
    finally:
        _SPENT.append((time.thread_time() - worked, time.perf_counter() - passed))


@contextmanager
def _part(at: AppTest) -> Iterator[None]:
    """Let the next run be one of the page's live part alone, as a browser asks for it."""
    storage = at._fragment_storage
    parts = [one for one in storage._fragments if not storage.has_ancestor_in(one, storage._fragments)]
    with patch.object(local_script_runner, "RerunData", partial(RerunData, fragment_id_queue=parts)):
        yield


def _timed(at: AppTest) -> tuple[float, float]:
    """Seconds that the script's thread worked, and seconds that passed."""
    _SPENT.clear()
    _run(at)
    return _SPENT[-1]


# -------------------------------------------------------------------------------------------------- first heatmap


def _first_heatmap() -> None:
    """Decoding, network and score of images that were never seen."""
    print("\n| image | decode ms | network ms | score and decision ms | in all ms |\n|---|---|---|---|---|")
    name, path = next(iter(resources.checkpoint_paths().items()))
    model = resources.load_model(name, path, "cpu")
    expression = next(iter(judge.presets(model.detector.config).values()))
    for title, contents in {"300 × 300 PNG": _files(300, 300), "4000 × 3000 JPEG": _files(4000, 3000)}.items():
        rows = [_stages(model, title, content, expression) for content in contents]
        medians = [1000 * statistics.median(column) for column in zip(*rows, strict=True)]
        print(f"| {title} | {' | '.join(f'{value:.0f}' for value in (*medians, sum(medians)))} |")


def _strokes(count: int = 10) -> None:
    """What Home's demo answers to strokes that were never drawn before, with as many threads as there are cores."""
    torch.set_num_threads(os.cpu_count() or 1)
    print("\n| Home | worked ms | passed ms | worst passed ms |\n|---|---|---|---|")
    name, path = next(iter(resources.checkpoint_paths().items()))
    model = resources.load_model(name, path, "cpu")
    picture = demo.good_part()
    loaded = picture.load()
    expression = next(iter(judge.presets(model.detector.config).values()))
    for title, ends in (("stroke that goes on", False), ("stroke, when it ends", True)):
        times = []
        for number in range(count + 1):
            written = layer.uri(_stroke(loaded.shown.shape[:2], number))
            worked, passed = time.process_time(), time.perf_counter()
            drawn = layer.read_layer(written, loaded.shown.shape[:2])
            now = drawings.altered(loaded, drawn)
            demo.seen(Scene(model, expression, picture, loaded, drawn, now, None if ends else now, True))
            times.append((1000 * (time.process_time() - worked), 1000 * (time.perf_counter() - passed)))
        works, passes = zip(*times[1:], strict=True)
        print(f"| {title} | {statistics.median(works):.0f} | {statistics.median(passes):.0f} | {max(passes):.0f} |")


def _networks(count: int = 5) -> None:
    """The living N of pictures that were never seen, the network without each part included; the same picture with
    other tiles; and the table of the score without each part. With as many threads as there are cores."""
    torch.set_num_threads(os.cpu_count() or 1)
    print("\n| network | worked ms | passed ms | worst passed ms |\n|---|---|---|---|")
    name, path = next(iter(resources.checkpoint_paths().items()))
    model = resources.load_model(name, path, "cpu")
    expression = next(iter(judge.presets(model.detector.config).values()))
    files = _files(300, 300, 2 * count + 1)
    pictures = [resources.load_image(f"network{number}", "", content) for number, content in enumerate(files)]
    living_network.of(model, pictures.pop(), expression)  # fits the colours, once for each model
    asked: dict[str, list[Callable[[], object]]] = {
        "drawing of a new picture": [partial(living_network.of, model, one, expression) for one in pictures[:count]],
        "other tiles": [
            partial(living_network.of, model, one, expression, tiles)
            for one, tiles in zip(pictures, ("mean", *map(str, range(1, count))), strict=False)
        ],
        "table of a new picture": [partial(living_network.without, model, one, expression) for one in pictures[count:]],
    }
    for title, calls in asked.items():
        times = []
        for call in calls:
            worked, passed = time.process_time(), time.perf_counter()
            call()
            times.append((1000 * (time.process_time() - worked), 1000 * (time.perf_counter() - passed)))
        works, passes = zip(*times, strict=True)
        print(f"| {title} | {statistics.median(works):.0f} | {statistics.median(passes):.0f} | {max(passes):.0f} |")


def _stroke(shape: tuple[int, int], number: int) -> bytes:
    """A drawing as a PNG file: a black line, each another."""
    sheet = Image.new("RGBA", shape[::-1])
    ends = np.random.default_rng(number).uniform(0.1, 0.9, (2, 2)) * shape[::-1]
    ImageDraw.Draw(sheet).line([tuple(end) for end in ends], (0, 0, 0, 217), max(2, min(shape) // 45))
    stream = io.BytesIO()
    sheet.save(stream, "PNG")
    return stream.getvalue()


def _stages(model: resources.Model, title: str, content: bytes, expression: Expression) -> list[float]:
    loaded = []
    steps: list[Callable[[], object]] = [
        lambda: loaded.append(resources.load_image(f"{title}{hash(content)}", title, content)),
        lambda: resources.trace(model, loaded[0]),
        lambda: resources.judgement(model, loaded[0], expression),
    ]
    found = []
    for step in steps:
        started = time.process_time()
        step()
        found.append(time.process_time() - started)
    return found


def _files(width: int, height: int, count: int = 5) -> list[bytes]:
    """Image files of smooth noise, each another."""
    contents = []
    for seed in range(count):
        coarse = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
        stream = io.BytesIO()
        picture = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
        picture.save(stream, "PNG" if width < 1000 else "JPEG")
        contents.append(stream.getvalue())
    return contents


if __name__ == "__main__":
    st.cache_data.clear()
    main()
