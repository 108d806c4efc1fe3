"""Take this model with you: the chosen model as a ZIP, made by `nnet export` in a process of its own.

In this process PyTorch would trace the network that other visitors are using at the same moment.
"""

import re
import shutil
import time
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from nnet.data import sizes
from nnet.data.archive import TemporaryFolder
from nnet.data.images import MIN_SIDE
from nnet.errors import NNetError
from nnet.export.opening import missing
from nnet.expression import ExpressionError
from nnet.runs.processes import launch
from nnet.scoring import judge
from workbench.shared import hosting, units
from workbench.shared import take_away_words as words
from workbench.shared.cache import BoundedCache
from workbench.shared.resources import Model

KEPT_BYTES = 2 * 2**30
"""Most bytes of ZIPs on the disk, for all visitors together; the paper's network takes some 600 MB."""
_POLL = 0.3
_ANOTHER = "another"
_LONGEST = 99_999  # pixels
_TOLD = re.compile(r"^ *(\d+)%  (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Packed:
    """A ZIP on the disk, which goes when this does."""

    owner: TemporaryFolder = field(default_factory=TemporaryFolder)

    @property
    def path(self) -> Path:
        return self.owner.path / "model.zip"

    @property
    def size(self) -> int:
        return self.path.stat().st_size


@st.cache_resource(max_entries=1, show_spinner=False)
def _packed() -> BoundedCache[tuple[str, str, str, str], Packed]:
    return BoundedCache(KEPT_BYTES, lambda packed: packed.size)


def button(model: Model) -> None:
    """The button in the sidebar, and what it opens. In a shared demo an export would take the others' processor."""
    if hosting.is_shared():
        return
    help = words.HELP if model.detector.framing.is_whole else f"{words.HELP} {words.LIMIT}"
    if st.sidebar.button(words.TITLE, "take_away", help, icon=":material/luggage:", width="stretch"):
        st.session_state.pop("take_away_score", None)
        _dialog(model)


@st.dialog(words.TITLE, width="medium")
def _dialog(model: Model) -> None:
    st.markdown(words.ABOUT)
    if not model.detector.framing.is_whole:
        st.info(words.LIMIT, icon=":material/aspect_ratio:")
    kind = st.radio(
        words.FORMAT, list(words.NAMES), format_func=words.NAMES.get, captions=list(words.PURPOSES.values()), key="take"
    )
    if package := missing(kind):
        st.warning(words.missing(kind, package), icon=":material/extension_off:")
        return
    size = _size(model, kind)
    expression = _expression(model)
    if expression is None:
        return
    name, key = words.file_name(model.name, kind), (model.key, kind, expression, size or "")
    packed, place = _packed().get(key), st.empty()
    wanted = packed is None and place.button(
        words.MAKE, "take_away_make", type="primary", icon=":material/folder_zip:", disabled=size is None
    )
    if wanted:
        try:
            packed = _packed().put(key, _pack(model, key, name))
            place.empty()  # it is made
        except (NNetError, OSError) as error:
            st.error(units.plain(words.FAILED.format(reason=str(error))), icon=":material/error:")
    if packed is not None:
        st.success(words.ready(kind, packed.size, several=" " in (size or "")), icon=":material/check:")
        st.download_button(
            words.DOWNLOAD,
            lambda: packed.path.read_bytes(),  # keeps the folder until then
            f"{name}.zip",
            "application/zip",
            key="take_away_zip",
            type="primary",
            icon=":material/download:",
            on_click="ignore",
        )
    st.caption(words.TERMS)


def _expression(model: Model) -> str | None:
    """What the score is made of: the model's own unless another one is written; None for one that cannot be."""
    own = model.detector.calibration.for_expression().expression.text
    with st.expander(words.OTHER_SCORE, icon=":material/functions:", expanded="take_away_score" in st.session_state):
        written = st.text_input(words.SCORE, own, key="take_away_score", help=words.SCORE_HELP)
    try:
        return judge.check(model.detector.config, written).text
    except ExpressionError as error:
        st.warning(units.plain(str(error)), icon=":material/edit:")
        return None


def _size(model: Model, kind: str) -> str | None:
    """Of the pictures to come, as `--size` takes it; "" for a model that takes any, None until it is given."""
    if model.detector.framing.is_whole:
        return ""
    about = model.detector.checkpoint.about
    if several := sizes.known(about):
        options = {one.text: one.told for one in several}  # the most frequent one stands first
        options[_ANOTHER] = words.ANOTHER_SIZE
        if kind != "web":
            options[" ".join(one.text for one in several)] = words.all_sizes(len(several))
        key, named = f"take_away_sizes-{model.key}-{kind == 'web'}", list(options)
        help = words.SIZES_HELP if kind == "web" else f"{words.SIZES_HELP} {words.ALL_HELP}"
        chosen = st.selectbox(words.SIZES, named, format_func=lambda one: options.get(one, one), key=key, help=help)
        if chosen != _ANOTHER:
            return chosen
    height, width = sizes.only(about) or (None, None)
    given = []
    for column, label, side in zip(st.columns(2), (words.WIDTH, words.HEIGHT), (width, height), strict=True):
        with column:
            side = side if side and MIN_SIDE <= side <= _LONGEST else None
            given.append(st.number_input(label, MIN_SIDE, _LONGEST, side, 1, key=f"take_away_size-{label}-{model.key}"))
    return None if None in given else f"{given[0]}x{given[1]}"


def _pack(model: Model, key: tuple[str, str, str, str], name: str) -> Packed:
    """Export and pack, with a bar that tells how far it is.

    Args:
        key: of `_packed`: besides the model its format, the score and the size of the pictures to come.

    Raises:
        NNetError: what `nnet export` said.
    """
    packed = Packed()
    folder, log = packed.owner.path / name, packed.owner.path / "log"
    path = str(model.detector.checkpoint.path.resolve())
    _, kind, expression, size = key
    wanted = ["--checkpoint", path, "--format", kind, "--score", expression]
    wanted += [*(("--size", *size.split()) if size else ()), "--out", str(folder)]
    bar = st.progress(0.0, words.STARTING)
    process = launch(["nnet", "export", *wanted], log)
    try:
        while process.poll() is None:
            time.sleep(_POLL)
            if told := _TOLD.findall(_read(log)):
                share, sentence = told[-1]
                bar.progress(int(share) / 100, sentence)  # also ends this when the visitor has gone on
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    bar.empty()
    if process.returncode:
        last = _read(log).strip().rsplit("\n", 1)[-1]
        raise NNetError(last.removeprefix("nnet: "))
    # Not compressed, since weights do not become smaller; and the clock may have gone back to before there were ZIPs.
    with zipfile.ZipFile(packed.path, "w", strict_timestamps=False) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder.parent))
    shutil.rmtree(folder)
    return packed


def _read(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")
