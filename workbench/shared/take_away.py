"""Take this model with you: the chosen model as a ZIP, made by `nnet export` in a process of its own.

In this process PyTorch would trace the network that other visitors are using at the same moment.
"""

import re
import shutil
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import streamlit as st

from nnet.data import sizes
from nnet.data.archive import TemporaryFolder
from nnet.data.images import MIN_SIDE
from nnet.errors import NNetError
from nnet.export import stages
from nnet.export.opening import missing
from nnet.expression import ExpressionError
from nnet.runs.processes import launch
from nnet.scoring import judge
from workbench.shared import dialogs, hosting, keep_threshold, model_list, resources, units, visits
from workbench.shared import take_away_words as words
from workbench.shared import words as shared_words
from workbench.shared.cache import BoundedCache
from workbench.shared.model_list import ModelEntry
from workbench.shared.resources import Model
from workbench.shared.settings import DEVICE

KEPT_BYTES = 2 * 2**30
"""Most bytes of ZIPs on the disk, for all visitors together; the paper's network takes some 600 MB."""
_POLL = 1.0
_ANOTHER, _WORK, _SAID = "another", "take_away_work", "take_away_said"
_NEWS = "take_away_news"  # key and name of the model of an export that has ended while its dialog was closed
_LONGEST = 99_999  # pixels
_TOLD = re.compile(r"^ *(\d+)%  (.+)$", re.MULTILINE)
_LAST: BoundedCache[str, float] = BoundedCache(64)
"""How many seconds the last export of a kind took since the workbench was started."""
_USUAL = 100.0
"""Seconds for the first one: the embedded model's on two cores."""


@dataclass
class Pace:
    """How far an export is. Its process tells the stages, of which writing takes most and says nothing: while it goes
    on, the bar follows the clock, by what the last one of the `kind` took here, and waits before the next stage.

    Attributes:
        since: when it began, by the monotonic clock.
    """

    kind: str
    since: float = field(default_factory=lambda: time.monotonic())
    _stage: str = ""
    _stage_since: float = 0.0

    def told(self, lines: Sequence[tuple[str, str]]) -> tuple[float, str]:
        """The share that is done, 0..1, and a sentence.

        Args:
            lines: what the process told so far: per cent and sentence.
        """
        now, last = time.monotonic(), _LAST.get(self.kind)
        share, stage = (int(lines[-1][0]) / 100, lines[-1][1]) if lines else (0.0, words.STARTING)
        if stage != self._stage:
            self._stage, self._stage_since = stage, now
        if stage == stages.TOLD_WRITING:
            spent = (now - self._stage_since) / (stages.COMPARING * (last or _USUAL))
            share += (stages.COMPARING - share) * min(spent, 0.97)
        return share, words.working(stage, now - self.since, last)

    def done(self) -> None:
        """Keep what it took, for the next one."""
        _LAST.put(self.kind, time.monotonic() - self.since)


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


Key = tuple[str, str, str, str]
"""Of `_packed`: the model, its format, the score and the size of the pictures to come."""


@st.cache_resource(max_entries=1, show_spinner=False)
def _packed() -> BoundedCache[Key, Packed]:
    return BoundedCache(KEPT_BYTES, lambda packed: packed.size)


class Work:
    """An export that has been started: its `key`, the model's `name`, its `log`, its `pace`, whether it `has_ended`."""

    def __init__(self, model: Model, key: Key) -> None:
        """Start it. Raises OSError."""
        self.key, self.name, self._packed, self.has_ended = key, model.name, Packed(), False
        _, kind, expression, size = key
        owner, config = self._packed.owner.path, model.detector.config.model
        self._folder, self.log = owner / words.file_name(model.name, kind), owner / "log"
        self.pace = Pace(f"{kind} {config.teacher} {config.size} {size}")
        wanted = ["--checkpoint", str(model.detector.checkpoint.path.resolve()), "--format", kind]
        wanted += ["--score", expression, *(("--size", *size.split()) if size else ()), "--out", str(self._folder)]
        self._process = launch(["nnet", "export", *wanted], self.log)

    def look(self) -> None:
        """If it is done, pack what it has written.

        Raises:
            NNetError: what `nnet export` said.
            OSError: it cannot be packed.
        """
        if self._process.poll() is None:
            return
        self.has_ended = True
        if self._process.returncode:
            last = _read(self.log).strip().rsplit("\n", 1)[-1]
            raise NNetError(last.removeprefix("nnet: "))
        self.pace.done()
        # Not compressed, since weights do not become smaller; the clock may have gone back to before there were ZIPs.
        with zipfile.ZipFile(self._packed.path, "w", strict_timestamps=False) as archive:
            for file in sorted(self._folder.rglob("*")):
                archive.write(file, file.relative_to(self._folder.parent))
        shutil.rmtree(self._folder)
        _packed().put(self.key, self._packed)
        del self._packed  # it goes when there is no more room for it

    def stop(self) -> None:
        """End it at once, and leave nothing of what it has not finished."""
        if not self.has_ended:
            self._process.kill()
            self._process.wait()
            self._packed.owner.remove()


def button(entry: ModelEntry | None) -> None:
    """The button in the sidebar of every page, what it opens, and below it what an export does whose dialog was closed.
    In a shared demo an export would take the others' processor."""
    if hosting.is_shared() or entry is None or entry.problem:
        return
    with st.sidebar:
        if st.button(words.TITLE, "take_away", words.HELP, icon=":material/luggage:", width="stretch"):
            for former in ("take_away_score", _SAID, _NEWS):
                st.session_state.pop(former, None)
            _dialog(entry)
        elif _WORK in st.session_state:
            st.fragment(run_every=_POLL)(_sign)()
        else:
            _sign()


def _sign() -> None:
    """How far an export is, or once what came of it, until the dialog is opened again."""
    was_working = _WORK in st.session_state
    if (work := _current()) is not None:
        share, sentence = work.pace.told(_TOLD.findall(_read(work.log)))
        st.progress(
            share,
            words.SIGN.format(
                format=words.NAMES[work.key[1]], model=units.plain(model_list.called(work.name)), stage=sentence
            ),
        )
    if (news := st.session_state.get(_NEWS)) is None:
        return
    key, name = news
    if (packed := _packed().get(key)) is not None:
        ready = words.READY_SIGN.format(format=words.NAMES[key[1]], model=units.plain(model_list.called(name)))
        if was_working:  # the sidebar may be scrolled, or closed
            st.toast(ready, icon=":material/folder_zip:")
        st.markdown(ready)
        _download(packed, key, name, "take_away_ready")
    elif (said := st.session_state.get(_SAID)) is not None:
        st.error(units.plain(said[1]), icon=":material/error:")


def _current() -> Work | None:
    """The export that goes on. What has come of one that has ended since is noted."""
    work: Work | None = st.session_state.get(_WORK)
    if work is None:
        return None
    try:
        work.look()
    except (NNetError, OSError) as error:
        st.session_state[_SAID] = False, words.FAILED.format(reason=str(error))
    if not work.has_ended:
        return work
    st.session_state.pop(_WORK, None)
    st.session_state[_NEWS] = work.key, work.name
    return None


@dialogs.dialog(words.TITLE, width="medium", on_dismiss="rerun")
def _dialog(entry: ModelEntry) -> None:
    devices = resources.devices()
    device = DEVICE.value if DEVICE.value in devices else devices[0]
    try:
        with st.spinner(shared_words.LOADING_MODEL):
            model = resources.load_model(entry.name, entry.path, device)
    except NNetError as error:
        st.error(units.plain(str(error)), icon=":material/error:")
    else:
        _draw(model)


def _draw(model: Model) -> None:
    """What the dialog holds."""
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
    keep_threshold.warn(model.detector.calibration.for_expression(expression))
    key = model.key, kind, expression, size or ""
    if _WORK in st.session_state:  # a press in a dialog waits for its run to end, so that no run waits for an export
        st.fragment(run_every=_POLL)(_making)(model, key, can=size is not None)
    else:
        _making(model, key, can=size is not None)
    st.caption(words.TERMS)


def _making(model: Model, key: Key, *, can: bool) -> None:
    """The button, what is under way, or what has come of it; `can`: whether all that it takes is given."""
    work = _current()
    st.session_state.pop(_NEWS, None)  # it is told here
    if (said := st.session_state.get(_SAID)) is not None:
        is_wanted, text = said
        tell, icon = (st.info, ":material/stop_circle:") if is_wanted else (st.error, ":material/error:")
        tell(units.plain(text), icon=icon)
    packed = _packed().get(key)
    if work is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            share, sentence = work.pace.told(_TOLD.findall(_read(work.log)))
            st.progress(share, f"{words.NAMES[work.key[1]]}: {sentence}")
            st.button(words.STOP, "take_away_stop", icon=":material/stop:", on_click=_stop)
    elif packed is None:
        icon, label = ":material/folder_zip:", words.MAKE
        st.button(label, "take_away_make", None, _begin, (model, key), type="primary", icon=icon, disabled=not can)
    if packed is not None:
        st.success(words.ready(key[1], packed.size, several=" " in key[3]), icon=":material/check:")
        _download(packed, key, model.name, "take_away_zip")


def _download(packed: Packed, key: Key, name: str, place: str) -> None:
    st.download_button(
        words.DOWNLOAD,
        lambda: packed.path.read_bytes(),  # keeps the folder until then
        f"{words.file_name(name, key[1])}.zip",
        "application/zip",
        key=place,
        type="primary",
        icon=":material/download:",
        on_click="ignore",
    )


def _begin(model: Model, key: Key) -> None:
    """A callback."""
    if _WORK in st.session_state:  # pressed twice
        return
    st.session_state.pop(_SAID, None)
    try:
        work = st.session_state[_WORK] = Work(model, key)
        visits.at_end(_WORK, work.stop)
    except OSError as error:
        st.session_state[_SAID] = False, words.FAILED.format(reason=str(error))


def _stop() -> None:
    """A callback."""
    if (work := st.session_state.pop(_WORK, None)) is not None:
        work.stop()
        st.session_state[_SAID] = True, words.STOPPED


def _expression(model: Model) -> str | None:
    """What the score is made of: the model's own unless another one is written; None for one that cannot be."""
    own = model.detector.calibration.for_expression().expression.text
    is_other = st.session_state.get("take_away_score", own) != own
    with st.expander(words.OTHER_SCORE, icon=":material/functions:", expanded=is_other):
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


def _read(log: Path) -> str:
    return log.read_text(encoding="utf-8", errors="replace")
