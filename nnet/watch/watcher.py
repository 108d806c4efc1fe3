"""The watcher: looks at the folder again and again, and scores what is complete and not yet in the journal."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import heapq
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import NamedTuple

from nnet.data.images import Decoded, ImageError, decode
from nnet.runs.locks import FileLock
from nnet.saved.storage import write_atomically, write_json
from nnet.scoring.overlay import overlay, to_png
from nnet.scoring.unfamiliar import share_above, unfamiliar
from nnet.units import duration, times
from nnet.watch.folder import OVERLAYS, Folder, Found, check, read
from nnet.watch.journal import (
    ANOMALOUS,
    JOURNAL,
    NEVER_READ,
    NORMAL,
    OTHER_KIND,
    OTHER_SIZE,
    UNREADABLE,
    Entry,
    Journal,
    Stamp,
    WatchError,
)
from nnet.watch.judges import Judge, Judged
from nnet.watch.look import Backlog, Look
from nnet.watch.settings import Settings
from nnet.watch.table import TABLE, Table, shown

LOCK, STATUS = "lock", "status.json"
BATCH = 8
BATCH_BYTES = 256 * 2**20
"""Most bytes of decoded pictures that are scored together, unless one alone is larger."""
BACKLOG = 1000
"""Most pictures that are taken between two looks at the folder; the oldest come first."""
MOST_REMEMBERED = 20_000
"""Most incomplete pictures that are remembered from one look to the next; others wait until there is room."""
STEM_BYTES = 180
REPORT_SECONDS = 10.0


class _Seen(NamedTuple):
    """An incomplete picture: its stamp, since when it has it, and whether reading was tried."""

    stamp: Stamp
    since: float
    tried: bool


_DEFAULTS = Settings()
_OTHER_KIND = "It looks different from all that the model knows, so that the score says nothing."


class Watcher:
    """Scores what arrives in a folder; a context manager that holds the lock on the results.

    Args:
        folder: to watch.
        out: for the results; made if it does not exist.
        judge: scores the pictures.
        settings: how to watch.
        say: told each decision and each problem, a sentence or a line of a table.
        clock: seconds that never go back.

    Raises:
        WatchError: there is no such folder; another watcher writes there; the results are another model's.
    """

    def __init__(
        self,
        folder: Path,
        out: Path,
        judge: Judge,
        settings: Settings = _DEFAULTS,
        say: Callable[[str], None] = print,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._judge, self._settings, self._say, self._clock = judge, settings, say, clock
        self._out = out
        check(folder, out)
        self._lock = FileLock(out / LOCK)
        try:
            is_taken = self._lock.take()
        except OSError as error:
            raise WatchError(f"Nothing can be written to {out} ({error.strerror}). Choose another folder.") from error
        if not is_taken:
            raise WatchError(f"Another nnet watch writes to {out}. Stop it, or choose another folder for the results.")
        try:
            self._open(folder)
        except BaseException:
            self._lock.release()
            raise
        self._seen: dict[str, _Seen] = {}
        self._closed: set[str] = set()
        self._problem = ""
        self._status: dict[str, object] = {}
        self._backlog = Backlog()
        self._is_first = True

    def _open(self, folder: Path) -> None:
        for left_over in (*self._out.glob(".*.tmp"), *(self._out / OVERLAYS).rglob(".*.tmp")):  # a kill's
            left_over.unlink(missing_ok=True)
        self._journal = Journal(self._out / JOURNAL)
        if self._journal.claim("model", self._judge.identity) != self._judge.identity:
            raise WatchError(
                f"{self._out} holds results of another model, score or threshold. "
                "Choose another folder for the results."
            )
        self._table = Table(self._out / TABLE, self._journal)
        with contextlib.suppress(OSError):  # the disk is full: the first look tells
            self._table.catch_up()
        self._folder = Folder(folder, self._out)

    def __enter__(self) -> Watcher:
        return self

    def __exit__(self, *_: object) -> None:
        self._journal.close()
        self._lock.release()

    def run(self, stopped: Callable[[float], bool], interval: float, once: bool = False) -> Look:
        """Look until `stopped`, which waits for so many seconds or until it is true.

        Args:
            interval: seconds between two looks.
            once: two looks only, so that a file that is still being written is told from a complete one.

        Returns:
            Look: everything that was decided, and how many pictures are left.
        """
        total = Look()
        last = False
        while True:
            look = self.look(stopped, last)
            total.scored += look.scored
            total.other_kind += look.other_kind
            total.other_size += look.other_size
            total.unreadable += look.unreadable
            total.waiting, total.problem = look.waiting, look.problem
            if once and (look.problem or (last and not look.due) or not look.waiting):
                return total
            if stopped(0.0 if look.due else interval):
                return total
            last = last or (once and not look.due)

    def look(self, stopped: Callable[[float], bool] = lambda _: False, last: bool = False) -> Look:
        """Look at the folder once, and score what is due.

        Args:
            stopped: told 0.0 between pictures; true ends the look early.
            last: there will be no other look, so a file that does not decode is called unreadable at once.
        """
        look = Look()
        try:
            self._table.catch_up()
            due = self._due(look, stopped)
        except OSError as error:
            look.problem = f"{error.filename or self._out}: {error.strerror or error}"
        except WatchError as error:
            look.problem = str(error)
        else:
            self._begin(look)
            look.problem = self._take(due, look, stopped, last)
        self._tell(look)
        return look

    # ------------------------------------------------------------------------------------------ what is to be done

    def _due(self, look: Look, stopped: Callable[[float], bool]) -> list[Found]:
        """The complete pictures that are not in the journal, the oldest first, as many as fit into a look."""
        before, self._seen = self._seen, {}
        ranked: list[tuple[int, float, str, Found]] = []
        fresh = 0
        try:
            for found in self._folder.walk(stopped):
                rank = self._rank(found, before.pop(found.name, None), look)
                if rank is not None:
                    fresh += rank[0] == 0
                    ranked.append((*rank, found.name, found))
                if len(ranked) > 2 * BACKLOG:
                    ranked = heapq.nsmallest(BACKLOG, ranked)
        except (OSError, WatchError):
            self._seen = before | self._seen
            raise
        if self._folder.was_stopped:
            self._seen = before | self._seen
            return []
        self._is_first = False
        look.due = max(0, fresh - BACKLOG)
        for name in before:
            if any(name.startswith(closed) for closed in self._folder.closed):
                self._seen[name] = before[name]
            else:
                self._say(f"{shown(name)} vanished before it could be scored.")
        return [found for *_, found in heapq.nsmallest(BACKLOG, ranked)]

    def _rank(self, found: Found, seen: _Seen | None, look: Look) -> tuple[int, float] | None:
        """When a picture's turn comes, the smallest first; None for one that is decided or not complete."""
        known = self._journal.latest(found.name)
        if known is not None and known.stamp == found.stamp:
            if known.sha256:
                return None
            look.waiting += 1
            return 2, random.random()  # it could not be read; of many such each gets its turn
        look.waiting += 1
        is_same = seen is not None and seen.stamp == found.stamp
        if seen is not None and is_same:
            self._seen[found.name] = seen
        elif len(self._seen) < MOST_REMEMBERED:
            self._seen[found.name] = _Seen(found.stamp, self._clock() - self._age(found), False)
        if not is_same and not found.was_moved_in:
            return None
        return int(is_same and seen is not None and seen.tried), found.stamp.mtime

    def _age(self, found: Found) -> float:
        """For how many seconds a file has not changed. Its own times are asked of what lay there before the watcher was
        started alone: on a share, another computer's clock may have set them."""
        return max(0.0, time.time() - found.stamp.ctime / 1e9) if self._is_first else 0.0

    # --------------------------------------------------------------------------------------------------- doing it

    def _take(self, due: Sequence[Found], look: Look, stopped: Callable[[float], bool], last: bool) -> str:
        """Score what is due; the problem that ended it, or ""."""
        try:
            for batch in self._read(due, look, last):
                judged = self._judge.judge([decoded.image for _, decoded, _ in batch])
                for (found, decoded, sha256), result in zip(batch, judged, strict=True):
                    self._score(found, decoded, sha256, result)
                    look.scored += 1
                    look.other_kind += result.is_other_kind
                    self._finish(found, look)
                if stopped(0.0):
                    break
        except OSError as error:  # of the results; those of the pictures are dealt with
            return f"{error.filename or self._out}: {error.strerror or error}"
        return ""

    def _read(self, due: Sequence[Found], look: Look, last: bool) -> Iterator[list[tuple[Found, Decoded, str]]]:
        """The pictures in batches, with the hashes of their files; what cannot be read is dealt with on the way."""
        batch: list[tuple[Found, Decoded, str]] = []
        for found in due:
            if (decoded := self._decoded(found, look, last)) is not None:
                batch.append((found, *decoded))
            if len(batch) == BATCH or sum(one.image.nbytes for _, one, _ in batch) >= BATCH_BYTES:
                yield batch
                batch = []
        if batch:
            yield batch

    def _decoded(self, found: Found, look: Look, last: bool) -> tuple[Decoded, str] | None:
        try:
            content = read(found)
        except FileNotFoundError:  # the next look says so
            return None
        except ImageError as error:
            self._refuse(found, NEVER_READ, str(error), look, last)
            return None
        except OSError as error:
            self._refuse(found, "", f"It cannot be read ({error.strerror}); it is tried again.", look, last)
            return None
        if content is None:  # it is still being written
            return None
        sha256 = hashlib.sha256(content).hexdigest()
        known = self._journal.latest(found.name)
        if known is not None and known.sha256 == sha256:
            self._journal.restamp(known.number, found.stamp)
            self._finish(found, look)
            return None
        try:
            decoded = decode(content, found.name, self._judge.bits)
        except ImageError as error:
            self._refuse(found, sha256, str(error), look, last)
            return None
        try:
            self._judge.require_fit(*decoded.image.shape[:2])
        except ImageError as error:  # it is whole, so there is nothing to wait for
            self._enter(Entry(found.name, found.stamp, sha256, _now(), None, None, OTHER_SIZE, note=str(error)))
            look.other_size += 1
            self._finish(found, look)
            return None
        return decoded, sha256

    def _refuse(self, found: Found, sha256: str, reason: str, look: Look, last: bool) -> None:
        """Enter a picture that cannot be read, once its time is up; once only, if it is tried again."""
        known = self._journal.latest(found.name)
        seen = self._seen.get(found.name)
        if known is not None and (known.decision, known.sha256, known.note) == (UNREADABLE, sha256, reason):
            if known.stamp != found.stamp:
                self._journal.restamp(known.number, found.stamp)
        elif last or (seen is not None and self._clock() - seen.since >= self._settings.patience):
            self._enter(Entry(found.name, found.stamp, sha256, _now(), None, None, UNREADABLE, note=reason))
            look.unreadable += 1
        else:
            if seen is not None:
                self._seen[found.name] = seen._replace(tried=True)
            return
        if sha256:
            self._finish(found, look)

    def _score(self, found: Found, decoded: Decoded, sha256: str, judged: Judged) -> None:
        """Overlay, journal, table, in this order: see `nnet.watch`."""
        threshold = self._judge.threshold
        decision = OTHER_KIND if judged.is_other_kind else ANOMALOUS if judged.is_anomalous else NORMAL
        place = ""
        if self._settings.overlays in ("all", decision):
            place = _place(found.name, sha256)
            heat = overlay(decoded.image, judged.map, (0.0, 2 * threshold), edge=threshold)
            picture = to_png(decoded.image if judged.is_other_kind else heat)
            (self._out / place).parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._out / place, lambda path: _write(path, picture))
        said = _OTHER_KIND if judged.is_other_kind else unfamiliar(share_above(judged.map, threshold))
        note = " ".join(filter(None, (said, *decoded.notes)))
        self._enter(Entry(found.name, found.stamp, sha256, _now(), judged.value, threshold, decision, place, note))

    def _enter(self, entry: Entry) -> None:
        self._journal.add(entry)
        self._table.catch_up()
        score = "" if entry.times_threshold is None else f"{times(entry.times_threshold)} × threshold, "
        self._say(f"{shown(entry.name)}: {score}{entry.decision}{f'. {entry.note}' if entry.note else ''}")

    # ------------------------------------------------------------------------------------------------- telling it

    def _begin(self, look: Look) -> None:
        """Begin to tell the progress if many pictures wait."""
        if look.waiting > BATCH and not self._backlog.total:
            now = self._clock()
            self._backlog = Backlog(now, now, 0, look.waiting)
            self._say(f"{look.waiting:,} pictures wait.")

    def _finish(self, found: Found, look: Look) -> None:
        """A picture is decided."""
        self._seen.pop(found.name, None)
        look.waiting -= 1
        backlog, now = self._backlog, self._clock()
        backlog.done += 1
        if backlog.total and now - backlog.told >= REPORT_SECONDS:
            backlog.told = now
            left = (now - backlog.started) / backlog.done * look.waiting
            total = backlog.done + look.waiting
            self._say(f"{backlog.done:,} of {total:,} pictures are done, about {duration(left)} left.")
            self._note(look)

    def _tell(self, look: Look) -> None:
        """Say what is new about the folders, once, and leave the status for the app."""
        if not look.waiting:
            self._backlog = Backlog()
        for inside, why in self._folder.closed.items():
            if inside not in self._closed:
                self._say(f"The subfolder {shown(inside)} cannot be listed ({why}); it is tried again.")
        self._closed = set(self._folder.closed)
        if look.problem != self._problem:
            again = "Nothing is lost; it is tried again." if look.problem else "The watcher works again."
            self._say(f"{look.problem}. {again}" if look.problem else again)
        self._problem = look.problem
        self._note(look)

    def _note(self, look: Look) -> None:
        status = {
            "folder": str(self._folder.root.resolve()),
            "model": self._judge.name,
            "expression": self._judge.expression,
            "threshold": self._judge.threshold,
            "waiting": look.waiting,
            "problem": look.problem,
        }
        if status != self._status:
            self._status = status
            with contextlib.suppress(OSError):  # the disk is full, which is told
                write_json(self._out / STATUS, status)


def _place(name: str, sha256: str) -> str:
    """Where an overlay goes: the same place whenever the same picture is scored, whatever is on the disk by then."""
    *folders, file = name.split("/")
    stem = shown(PurePath(file).stem).encode()[:STEM_BYTES].decode(errors="ignore")
    return "/".join((OVERLAYS, *map(shown, folders), f"{stem}-{sha256[:12]}.png"))


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _now() -> str:
    return datetime.datetime.now().astimezone().isoformat(timespec="milliseconds")
