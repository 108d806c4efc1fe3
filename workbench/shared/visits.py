"""Who is here: the sessions of each visitor, what they hold, and that it goes when they go.

A visit is a browser; its tabs share it. With the last of its sessions goes the folder with its uploads, runs and
models. Streamlit keeps the sessions of closed tabs for a while and then drops them without removing what they uploaded:
`left` says which ones are to be closed for good.
"""

from __future__ import annotations

import contextlib
import copy
import ctypes
import gc
import itertools
import re
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from nnet.errors import NNetError
from workbench.shared import hosting, places
from workbench.shared import hosting_words as words

T = TypeVar("T")
COOKIE = "nnet_visit"
"""The browser's mark, which the doorman gives it."""
TAB_COOKIE = "nnet_tab"
"""The tab's mark, which our script tells when it connects (tab.js)."""
HOST_COOKIE = "nnet_host"
GRACE = 120.0
"""Seconds for which a session without its browser is kept: a network that fails for a moment loses nothing."""
_SESSION = "visit_session"
_M_ARENA_MAX = -8  # of malloc.h
_TAB = re.compile(r"[0-9a-f]{32}")
_lock = threading.RLock()
_numbers = itertools.count(1)


class Refused(NNetError):
    """A visitor wants more than the host allows; the message says what and what to do."""


@dataclass(eq=False)
class Visit:
    """A visitor: his `number`, when he came (`since`, UNIX time), and his `folder`, made once something is in it."""

    number: int
    since: float
    folder: Path
    sessions: list[Session] = field(default_factory=list)

    @property
    def held(self) -> int:
        """Bytes of his uploads."""
        return sum(sum(session.held.values()) for session in list(self.sessions))


@dataclass(eq=False)
class Session:
    """A tab since its page was loaded: the page it shows, when it was last used (monotonic seconds), the bytes of its
    uploads by kind, the folder of uploads that it works on, what is done when it has gone, the mark of its `tab`, ""
    for none, and what is `kept` when it is loaded again."""

    visit: Visit
    id: str
    tab: str = ""
    page: str = ""
    seen: float = 0.0
    held: dict[str, int] = field(default_factory=dict)
    upload: Path | None = None
    gone_since: float | None = None
    leaves: dict[str, Callable[[], None]] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)
    is_sent_away: bool = False


_visits: dict[str, Visit] = {}  # by the browser's mark


# -------------------------------------------------------------------------------------------------------- coming in


def enter(page: str) -> None:
    """Note that the session at hand shows a page.

    Raises:
        Refused: there is no room for one more visitor.
    """
    _own().page = page
    seen()


def seen() -> None:
    """Note that the session at hand is being used."""
    _own().seen = time.monotonic()


def page() -> str:
    """The page that the session at hand shows."""
    return _own().page


def is_host() -> bool:
    """Whether the session at hand is the host's."""
    return hosting.is_shared() and hosting.is_proof(_cookie(HOST_COOKIE), hosting.HOST)


def number() -> int:
    """The number of the visitor at hand."""
    return _own().visit.number


def _own() -> Session:
    """The session at hand, noted when it comes first."""
    if _SESSION in st.session_state:
        return st.session_state[_SESSION]
    context = get_script_run_ctx()
    id = context.session_id if context is not None else secrets.token_hex(8)
    mark = _cookie(COOKIE) or id
    with _lock:
        visit = _visits.get(mark)
        if visit is None:
            visit = _new_visit()
            _visits[mark] = visit
        tab = _cookie(TAB_COOKIE)
        session = Session(visit, id, tab if _TAB.fullmatch(tab) else "")
        visit.sessions.append(session)
    st.session_state[_SESSION] = session
    return session


def _new_visit() -> Visit:
    limits = hosting.current()
    if limits.is_shared and not is_host():
        if len(_visits) >= limits.visitors:
            raise Refused(words.full(limits.visitors))
        if memory() > limits.memory_bytes:
            raise Refused(words.NO_MEMORY)
    folder = Path(limits.folder) / secrets.token_hex(8) if limits.is_shared else places.runs_folder()
    return Visit(next(_numbers), time.time(), folder)


def _cookie(name: str) -> str:
    found = st.context.cookies.get(name)
    return found if isinstance(found, str) else ""


# ----------------------------------------------------------------------------------------------------------- folders


def runs_folder() -> Path:
    """The folder of runs of the visitor at hand; without others, the one of this workbench."""
    return _own().visit.folder if hosting.is_shared() else places.runs_folder()


def remove(folder: Path) -> None:
    """End what runs in a visitor's folder and remove it."""
    if folder.is_dir():
        from nnet.runs import Runs

        for run in Runs(folder).list():
            cancel(folder, run.id)
        shutil.rmtree(folder, ignore_errors=True)


def cancel(folder: Path, id: str) -> None:
    """Stop a run if it waits or runs."""
    from nnet.runs import Runs

    try:
        Runs(folder).cancel(id)
    except (NNetError, OSError):  # it has ended
        return


def remove_all() -> None:
    """Remove the folders of all visitors, when the server ends."""
    if folder := hosting.current().folder:
        for path in Path(folder).glob("*"):
            remove(path)
        shutil.rmtree(folder, ignore_errors=True)


# ---------------------------------------------------------------------------------------------------------- uploads


def hold(kind: str, count: int, what: str = "") -> None:
    """Note that the uploads of one kind of the session at hand take `count` bytes in all, from now on.

    Args:
        what: is being added, for the message.

    Raises:
        Refused: that is more than the visitor, or all of them together, may have. Nothing is noted then.
    """
    limits, session = hosting.current(), _own()
    with _lock:
        more = count - session.held.get(kind, 0)
        if limits.is_shared and more > 0:
            if session.visit.held + more > limits.upload_bytes:
                raise Refused(words.own_uploads(limits.upload_bytes, what))
            if not have_room(more):
                raise Refused(words.all_uploads(limits.all_upload_bytes))
        session.held[kind] = count


def over_reload(name: str, make: Callable[[], T]) -> T:
    """What the session at hand keeps under a name: what the same tab kept before its page was loaded again, as long as
    that session is kept (GRACE), else what `make` makes. What it held under that name, and what was to be done at its
    end, moves with it.

    Nobody else comes by it: the mark of a tab cannot be guessed, in a shared demo it must be the same browser's, too,
    and a session that a browser shows gives nothing away.
    """
    own = _own()
    with _lock:
        if name not in own.kept:
            before = _before_reload(own)
            if before is None or name not in before.kept:
                own.kept[name] = make()
            else:
                own.kept[name] = copy.copy(before.kept.pop(name))
                own.held[name] = before.held.pop(name, 0)
                before.leaves.pop(name, None)
        found: T = own.kept[name]
    return found


def _before_reload(own: Session) -> Session | None:
    every = [session for visit in everybody() for session in visit.sessions]
    found = [
        one
        for one in every
        if own.tab and one is not own and one.tab == own.tab and not one.is_sent_away and not is_here(one)
        if one.visit is own.visit or not hosting.is_shared()
    ]
    return max(found, key=lambda one: one.seen, default=None)


def work_on(upload: Path | None) -> None:
    """Note the folder of uploads that the session at hand works on."""
    _own().upload = upload


def others_work_on(upload: Path) -> bool:
    """Whether another session that a browser shows works on a folder of uploads."""
    own = _own()
    sessions = [session for visit in everybody() for session in list(visit.sessions)]
    return any(one is not own and one.upload == upload and is_here(one) for one in sessions)


def at_end(name: str, act: Callable[[], None]) -> None:
    """Do this when the session at hand has gone; once for each name."""
    _own().leaves[name] = act


def have_room(more: int) -> bool:
    """Whether the uploads of all visitors may take so many bytes more."""
    limits = hosting.current()
    held = sum(visit.held for visit in everybody())
    return held + more <= limits.all_upload_bytes and memory() <= limits.memory_bytes


def memory() -> int:
    """Resident bytes of this process; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except (OSError, ValueError):
        return 0
    return pages * 4096


# ----------------------------------------------------------------------------------------------------- looking after


def send_away(number: int) -> None:
    """Close the pages of a visitor and forget what is his. A callback of the host's page."""
    for visit in everybody():
        if visit.number == number:
            for session in visit.sessions:
                session.is_sent_away = True


def everybody() -> list[Visit]:
    """All visitors, the first one first."""
    with _lock:
        return sorted(_visits.values(), key=lambda visit: visit.number)


def is_here(session: Session) -> bool:
    """Whether a browser shows it."""
    return not Runtime.exists() or bool(Runtime.instance().is_active_session(session.id))


def left() -> Iterator[Session]:
    """The sessions to be closed, by the thread of the event loop: those whose browsers have been gone for GRACE
    seconds, and those that the host sends away."""
    now = time.monotonic()
    for session in [session for visit in everybody() for session in visit.sessions]:
        if session.is_sent_away:
            yield session
        elif is_here(session):
            session.gone_since = None
        elif session.gone_since is None:
            session.gone_since = now
        elif now - session.gone_since > GRACE:
            yield session


def close(session: Session) -> None:
    """Forget a session that has been closed, and with the last one of a shared demo's visitor all that is his.

    It may take seconds, which the loop of events has not: for another thread.
    """
    with _lock:
        visit = session.visit
        session.held.clear()
        if session in visit.sessions:
            visit.sessions.remove(session)
        if is_last := not visit.sessions:
            for mark in [mark for mark, one in _visits.items() if one is visit]:
                del _visits[mark]
    for leave in session.leaves.values():
        leave()
    session.leaves.clear()
    session.kept.clear()
    if is_last and hosting.is_shared():
        remove(visit.folder)


def keep_memory_together() -> None:
    """Let all threads take memory from two places, before most of them begin.

    Every page is drawn by a thread of its own, and glibc gives each the next of 8 arenas for each core: what closed
    sessions leave is then scattered over all of them, and grew by 130 MB over 300 sessions (docs/load.md).
    """
    with contextlib.suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def give_back_memory() -> None:
    """Collect what closed sessions left, and return it to the system, which glibc does not do by itself."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def folders() -> list[Path]:
    """The folders of visitors that are there."""
    root = Path(hosting.current().folder)
    return [path for path in root.iterdir() if path.is_dir()] if hosting.current().folder and root.is_dir() else []
