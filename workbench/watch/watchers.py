"""The watchers that were started from the page: each a thread of this process, with the model that the pages use.

A watcher ends when it is told to, or with the workbench; whenever that is, nothing is lost (`nnet.watch`), and it goes
on from its results when it is started again. It belongs to no session and knows no Streamlit.
"""

import hashlib
import re
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from nnet.errors import NNetError
from nnet.watch.folder import check
from nnet.watch.journal import WatchError
from nnet.watch.judges import CheckpointJudge, Judge
from nnet.watch.results import status
from nnet.watch.watcher import STATUS, Watcher
from workbench.shared import resources
from workbench.shared.resources import Model

WATCHED = ".watched"
"""Folder of the results, in the folder of runs, where it is not searched for models."""
INTERVAL = 1.0
"""Seconds between two looks at the folder."""
_LONGEST = 40
_every: dict[Path, "Watching"] = {}
_turn = threading.Lock()


@dataclass
class Watching:
    """A watcher: the `folder` that it watches, `out` with its results, its `model`, whether it `began`, and the
    `problem` that ended it, or ""."""

    folder: Path
    out: Path
    model: Model = field(repr=False)
    began: bool = False
    problem: str = ""
    _stop: threading.Event = field(default_factory=threading.Event, repr=False)
    _open: threading.Event = field(default_factory=threading.Event, repr=False)
    _thread: threading.Thread | None = field(default=None, repr=False)

    @property
    def is_alive(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def begin(self, judge: Judge) -> None:
        """Start it, and wait until it has opened its results or says why it cannot."""
        self._thread = threading.Thread(target=self._work, args=(judge,), name=f"watch {self.out.name}", daemon=True)
        self._thread.start()
        self._open.wait()

    @property
    def is_outdated(self) -> bool:
        """Whether its model has got another threshold since."""
        try:
            return resources.checkpoint_fingerprint(self.model.detector.checkpoint.path) != self.model.decision_key
        except (NNetError, OSError):  # the model is gone, and the watcher goes on with what it has
            return False

    def stop(self) -> None:
        """End it after the picture in work. Returns once it has ended."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _work(self, judge: Judge) -> None:
        try:
            with Watcher(self.folder, self.out, judge, say=lambda _: None) as watcher:
                self.began = True
                self._open.set()
                watcher.run(self._stop.wait, INTERVAL)
        except (NNetError, OSError) as error:
            self.problem = str(error)
        except Exception as error:  # nobody else sees what ends a thread
            self.problem = f"{type(error).__name__}: {error}"
        finally:
            self._open.set()


class Earlier(NamedTuple):
    """What was watched from the page: the `folder` and the directory of the `model`, as the results name them."""

    folder: str
    model: str


def earlier() -> list[Earlier]:
    """Each folder with each model that watched it, the latest first."""
    found = {path.parent: path.stat().st_mtime_ns for path in (resources.runs_folder() / WATCHED).glob(f"*/{STATUS}")}
    latest = (before(out) for out in sorted(found, key=lambda out: found[out], reverse=True))
    return list(dict.fromkeys(one for one in latest if one is not None))


def before(out: Path) -> Earlier | None:
    """What was watched with these results; None where they do not say."""
    told = status(out)
    folder, model = told.get("folder", ""), told.get("model", "")
    return Earlier(folder, model) if folder and model else None


def running() -> list[Watching]:
    """Those that run, in the order in which they were started."""
    with _turn:
        return [one for one in _every.values() if one.is_alive]


def problem(out: Path) -> str:
    """Why the watcher of these results ended by itself, or ""."""
    with _turn:
        one = _every.get(out)
    return "" if one is None else one.problem


def results_of(model: Model, folder: Path) -> Path:
    """Where the results of watching a folder go. Another model or threshold has another place, since its decisions are
    other ones."""
    stands_for = f"{folder.resolve()}\0{model.decision_key}"
    short = hashlib.sha256(stands_for.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    name = re.sub(r"[^A-Za-z0-9]+", "-", folder.name)[:_LONGEST].strip("-") or "folder"
    return resources.runs_folder() / WATCHED / f"{name}-{short}"


def start(model: Model, folder: Path) -> Watching:
    """Watch a folder with a model, unless that is done already.

    Raises:
        nnet.errors.NNetError: there is no such folder, or its results cannot be written; in a sentence.
    """
    out = results_of(model, folder)
    with _turn:
        known = _every.get(out)
        if known is not None and known.is_alive:
            return known
        check(folder, out)
        one = _every[out] = Watching(folder.resolve(), out, model)
        one.begin(CheckpointJudge.of(model.detector))
    if not one.began:
        raise WatchError(one.problem)
    return one


def take_up(out: Path) -> Path:
    """Let another watcher take the place of this one, with the threshold that its model has now; its results' place.

    Raises:
        nnet.errors.NNetError: as `start`.
    """
    with _turn:
        one = _every[out]
    path = one.model.detector.checkpoint.path
    model = resources.load_model(one.model.name, path, str(one.model.detector.device))
    one.stop()
    return start(model, one.folder).out


def stop(out: Path) -> None:
    """Stop the watcher of these results, if it is one of these."""
    with _turn:
        one = _every.get(out)
    if one is not None:
        one.stop()
