"""The workbench's pages without a browser: opening one, what stands on it, and files to upload."""

import base64
import functools
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from builders import encode
from PIL import Image
from streamlit.runtime.scriptrunner import RerunData
from streamlit.testing.v1 import AppTest, local_script_runner
from waiting import until

from workbench.inspect.words import STRIP_TITLE

ROOT = Path(__file__).resolve().parents[2]
INSPECT = "pages/1_Inspect.py"
PNG, JPEG = "image/png", "image/jpeg"


def encoded(seed: int = 0, size: tuple[int, int] = (90, 60), format: str = "PNG") -> bytes:
    """An image file: a grey ramp with a bright patch whose place depends on the seed."""
    pixels = np.tile(np.linspace(40, 160, size[0]), (size[1], 1)).astype(np.uint8)
    left = 5 + 13 * seed % (size[0] - 20)
    pixels[10:25, left : left + 12] = 250
    return encode(Image.fromarray(pixels).convert("RGB"), format)


def start(page: str | None = None, **address: str) -> AppTest:
    """The app on a page, after its first run."""
    at = AppTest.from_file(str(ROOT / "Workbench.py"), default_timeout=120)
    for name, value in address.items():
        at.query_params[name] = value
    if page is not None:
        at.switch_page(page)
    return fine(at.run())


def fine(at: AppTest) -> AppTest:
    assert not at.exception, at.exception[0].message
    return at


def upload(at: AppTest, *files: tuple[str, bytes, str]) -> AppTest:
    at.file_uploader[0].set_value(list(files))
    return fine(at.run())


def charts(at: AppTest) -> list[dict]:
    """The Plotly figures of the page, in order."""
    return [json.loads(chart.proto.spec) for chart in at.get("plotly_chart")]


def go(at: AppTest, page: str) -> AppTest:
    """To another page by the sidebar, whose links have no parameters."""
    at.query_params.clear()
    at.switch_page(page)
    return fine(at.run())


def component(at: AppTest, key: str) -> dict:
    """What the component of this key sends to the browser."""
    found = [element for element in at.get("bidi_component") if element.proto.id.endswith(f"-{key}")]
    assert len(found) == 1, f"{len(found)} components of the key {key}"
    return json.loads(found[0].proto.json)


def pictures(at: AppTest) -> dict[str, dict]:
    """The three linked pictures of Inspect by title."""
    return {tile["title"]: tile for tile in component(at, "pictures")["tiles"]}


def probed(at: AppTest, key: str = "pictures") -> np.ndarray:
    """The values that are read under the pointer."""
    probe = component(at, key)["probe"]
    return np.frombuffer(base64.b64decode(probe["values"]), "<f4").reshape(probe["rows"], probe["columns"])


def circuit_maps(at: AppTest) -> dict[str, dict]:
    """The maps on the score circuit by name."""
    return {m["name"]: m for pair in component(at, "circuit")["pairs"] for m in pair["maps"]}


def shown_score(at: AppTest) -> str:
    """The score of the picture, which the strip's tooltip says."""
    told = next(one.proto.help for one in at.markdown if STRIP_TITLE in one.value)
    return re.match(r"Score (\S+), threshold", told)[1]


def words(at: AppTest) -> str:
    """All running text of the page."""
    kinds = (at.title, at.subheader, at.markdown, at.caption, at.warning, at.error, at.info)
    return "\n".join(element.value for kind in kinds for element in kind)


def said(at: AppTest) -> str:
    """The same without Markdown's backslashes."""
    return words(at).replace("\\", "")


def html(at: AppTest) -> str:
    return "\n".join(element.proto.body for element in at.get("html"))


def tables(at: AppTest) -> list[pd.DataFrame]:
    """The page's tables as they are read: what their Markdown escapes is as it was."""
    plain = [one.value.replace(r"\\(.)", r"\1", regex=True) for one in at.table]
    return [table.rename(columns=lambda name: name.replace("\\", "")) for table in plain]


def metrics(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


def address(at: AppTest, name: str) -> str | None:
    """What the address says of a name, or None."""
    value = at.query_params.get(name)
    return value[0] if isinstance(value, list) else value


def following(at: AppTest, name: str) -> str:
    """The key of a widget that something else sets, too (`controls.following`)."""
    return f"{name}_{at.session_state['following'][name][0]}"


def pressed(at: AppTest, label: str) -> AppTest:
    button = next(button for button in at.button if label in button.label)
    return fine(button.click().run())


def use_model(at: AppTest, name: str) -> AppTest:
    """Choose a model of whatever part in the sidebar's dialog."""
    fine(at.button(key="by_picture").click().run())
    return fine(at.button(key=f"use-{name}").click().run())


def heading(at: AppTest) -> str:
    """The title of the picture that is shown."""
    return at.subheader[0].value.replace("\\", "")


def copied(tiny_checkpoint: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the tiny checkpoint, with a fingerprint of its own, as the only one there is."""
    path = folder / "copy"
    shutil.copytree(tiny_checkpoint, path)
    config = json.loads((path / "config.json").read_text())
    config["about"]["copy"] = str(folder)
    (path / "config.json").write_text(json.dumps(config))
    monkeypatch.setenv("NNET_CHECKPOINTS", str(folder))
    return path


def take_away_dialog(checkpoint: str) -> None:
    """What the button opens, alone: without a browser, each run is one of the whole page, which closes a dialog."""
    from pathlib import Path

    import streamlit as st

    from workbench.shared import resources, take_away

    model = resources.load_model(Path(checkpoint).name, Path(checkpoint), "cpu")
    st.dialog("Take this model with you")(take_away._draw)(model)


def exported(at: AppTest) -> AppTest:
    """That dialog once the export has ended; in a browser it looks again by itself."""
    until(lambda: not any(button.key == "take_away_stop" for button in fine(at.run()).button))
    return at


def alone(at: AppTest) -> AppTest:
    """The page after its live part alone has run again, as a browser asks for it when a control in it was changed.

    Then nothing but that part stands on the page, unless the part has asked for the whole.
    """
    storage = at._fragment_storage
    parts = [one for one in storage._fragments if not storage.has_ancestor_in(one, storage._fragments)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(local_script_runner, "RerunData", functools.partial(RerunData, fragment_id_queue=parts))
        return fine(at.run())
