"""Which data sets a link may name, and how.

A link holds no path. It names a data set that has a name of its own (synthetic:metal), or one by a key
(data-3f2a91c04b7d8e55) that means something in two cases: the data set lies in a folder that NNET_DATA lists, or this
visitor has opened it before, in the same visit. Whatever else a link says opens nothing.

>>> FOLDER = Setting("evaluate", "evaluate_folder", "", from_link, link=key_of)                        # doctest: +SKIP
>>> path = remember(FOLDER)                                                                            # doctest: +SKIP
"""

import hashlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import streamlit as st

from nnet import environment
from nnet.data import DataError
from nnet.data.folders import is_category, is_plain
from nnet.data.listing import budget, list_archives, subfolders
from nnet.data.names import shown_text
from nnet.data.visa import visa_categories
from workbench.shared import words
from workbench.shared.settings import Setting

NAMED = ("elpv", "synthetic")
"""How the specification of a data set with a name of its own begins."""
MOST_LISTED = 200
_LONGEST_NAME, _DEPTH, _ENTRIES, _SECONDS = 60, 3, 50_000, 5.0
_ADMITTED, _EVALUATED = "admitted_data", "evaluated_data"


def key_of(spec: str) -> str:
    """How a link names a data set: a name as it is, a path by a hash."""
    if not spec or spec.partition(":")[0] in NAMED:
        return spec
    return f"data-{hashlib.sha256(spec.encode('utf-8', 'surrogateescape')).hexdigest()[:16]}"


def admit(spec: str) -> None:
    """Let links of this visit name a data set that the visitor opened, or that we made for him."""
    st.session_state.setdefault(_ADMITTED, {})[key_of(spec)] = spec


def note_evaluated(spec: str) -> None:
    """Evaluate shows an image of this data set on another page, which offers the way back."""
    st.session_state[_EVALUATED] = spec


def is_evaluated(spec: str) -> bool:
    """Whether it is the data set of which Evaluate showed an image last."""
    return spec == st.session_state.get(_EVALUATED)


def from_link(written: str) -> str:
    """The data set that a link means, as `nnet.data.open_dataset` takes it.

    A path is read only if this visitor typed it, or from an older link if it lies in a folder of NNET_DATA.

    Raises:
        ValueError: it means nothing here.
    """
    if not written or (written.partition(":")[0] in NAMED and len(written) <= _LONGEST_NAME):
        return written
    known: dict[str, str] = {**configured(), **st.session_state.get(_ADMITTED, {})}
    if written in known:
        return known[written]
    if written in known.values() or is_configured(Path(written)):
        return written
    raise ValueError(f"{written} is no data set that a link may name")


def remember(setting: Setting[str]) -> str:
    """Call it right before the widget in which a path is typed; says so where a link names what is not open here."""
    linked = st.query_params.get(setting.name, "")
    if setting.key in st.session_state:
        linked = ""  # what was typed since counts
        admit(st.session_state[setting.key])
    path = setting.remember()
    if linked and not path:
        st.warning(words.NOT_OPEN_HERE, icon=":material/link_off:")
    return path


# ------------------------------------------------------------------------------------------------ configured data


def roots() -> tuple[Path, ...]:
    """The folders of NNET_DATA."""
    return tuple(path.absolute() for path in environment.folders(environment.DATA))


def configured() -> dict[str, str]:
    """The data sets in the folders of NNET_DATA, by key; at most `MOST_LISTED`, looked for once a minute."""
    return _listed(found) if (found := roots()) else {}


def labels() -> dict[str, str]:
    """The same with what the visitor reads: each path from the name of its folder of NNET_DATA on."""
    return {key: _label(Path(path)) for key, path in configured().items()}


def _label(path: Path) -> str:
    root = next(root for root in roots() if path.is_relative_to(root))
    return shown_text(path.relative_to(root.parent).as_posix())


@st.cache_data(ttl=60, show_spinner=False)
def _listed(roots: tuple[Path, ...]) -> dict[str, str]:
    with budget(_ENTRIES, _SECONDS):
        found = (path for root in roots for path in _data_sets(root, _DEPTH) if is_configured(path))
        return {key_of(str(path)): str(path) for path in islice(found, MOST_LISTED)}


def _data_sets(folder: Path, depth: int) -> Iterator[Path]:
    """Data sets in a folder and in folders in it; what cannot be read is passed over."""
    try:
        children, archives = subfolders(folder), list_archives(folder)
        categories = visa_categories(folder)
        is_data_set = not categories and (is_category(folder) or is_plain(folder))
    except (DataError, OSError):
        return
    if is_data_set:
        yield folder
    elif categories:
        yield from (child for child in children if child.name in categories)
    else:
        yield from archives
        for child in children if depth else ():
            yield from _data_sets(child, depth - 1)


def is_configured(path: Path) -> bool:
    """Whether a path lies in a folder of NNET_DATA, also after links were followed. Others are not looked at."""
    inside = [root for root in roots() if ".." not in path.parts and path.is_relative_to(root)]
    try:
        return any(path.resolve().is_relative_to(root.resolve()) for root in inside)
    except OSError:
        return False
