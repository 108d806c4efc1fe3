"""What every page has in common. Any page may be the first one visited, so each begins with `page`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from PIL import Image

import nnet
from nnet.errors import NNetError
from workbench import figures, resources, state, text
from workbench.resources import Model

# Streamlit's buttons are 32 to 40 pixels high, which is little for a finger; its theme has no setting for that.
_FINGER_STYLE = """<style>@media (pointer: coarse) {
    .stMain button, .stMain [role="combobox"], .stSidebar a { min-height: 44px; }
}</style>"""


@contextmanager
def page(title: str) -> Iterator[Model]:
    """Configure a page, draw its sidebar and footer, and hand over the chosen model.

    Without a usable model, and for every error that is written for people, the page says what to do instead of
    failing.
    """
    name = title if title == text.PRODUCT else f"{title} · {text.PRODUCT}"
    # A named icon would be fetched from the internet.
    st.set_page_config(page_title=name, page_icon=Image.fromarray(figures.icon()), layout="wide")
    st.html(_FINGER_STYLE)
    try:
        yield _chosen_model()
    except NNetError as error:
        st.error(text.plain(str(error)), icon=":material/error:")
        st.stop()
    finally:
        _footer()


def _chosen_model() -> Model:
    """The sidebar: which model, on which device. Stops the page with a message if there is none."""
    paths = resources.checkpoint_paths()
    if not paths:
        st.title(text.PRODUCT)
        st.warning(text.NO_CHECKPOINT, icon=":material/model_training:")
        st.stop()
    with st.sidebar:
        state.remember("model", next(iter(paths)), state.one_of(paths))
        name = st.selectbox("Model", list(paths), key="model", help=text.MODEL_HELP)
        device = _chosen_device()
        model = resources.load_model(name, paths[name], device)
        st.caption(" · ".join([*text.model_facts(model.detector.checkpoint), f"runs on {model.detector.device_name}"]))
    if model.detector.config.model.teacher_weights == "random":
        st.warning(text.RANDOM_TEACHER, icon=":material/casino:")
    return model


def _chosen_device() -> str:
    devices = resources.devices()
    if len(devices) == 1:
        return devices[0]
    state.remember("device", devices[0], state.one_of(devices))
    return st.selectbox("Device", devices, key="device")


def _footer() -> None:
    st.space("small")
    st.caption(f"N-Net {nnet.__version__}. {text.PAPER} Pictures never leave the machine this runs on.")
