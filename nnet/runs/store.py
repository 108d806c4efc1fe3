"""A folder of training runs: make, list, start, cancel, resume, rename, duplicate and delete them."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import hashlib
import json
import os
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from nnet.data import Dataset, extract_zip, open_dataset
from nnet.errors import NNetError
from nnet.runs import disk, layout, processes
from nnet.runs.film import Film
from nnet.runs.layout import Exit, RunError, RunSpec, Status
from nnet.runs.locks import FileLock, is_held, locked
from nnet.saved.storage import read_notes, write_json

CHECKPOINT, HISTORY, RESUME = "config.json", "history.jsonl", "resume.safetensors"
LIBRARY_LOCK, SUPERVISOR_LOCK, SUPERVISOR_LOG = ".library.lock", ".supervisor.lock", ".supervisor.log"
LOOKED_AT = 0.1  # seconds; a lock that is only looked at is free again at once
UPLOADS = ".uploads"
UPLOAD_SECONDS = 24 * 3600.0
GRACE, PATIENCE = 1.2, 0.6  # seconds between the polite and the hard stop, and after it
LIVE = ("running", "stopping")
RESUMABLE = ("cancelled", "failed", "lost")
ENDED = ("done", *RESUMABLE)


@dataclass(frozen=True)
class Run:
    """A run as it stood on disk a moment ago.

    Attributes:
        path: its directory.
        spec: what is trained; None if run.json cannot be read.
        state: one of `nnet.runs.STATES`.
        status: what the trainer last said of itself, or None.
        exit: how the last attempt ended, or None.
        position: 1 for the next one in the queue; None for a run that does not wait.
        problem: why run.json cannot be read, or "".
    """

    path: Path
    spec: RunSpec | None
    state: str
    status: Status | None = None
    exit: Exit | None = None
    position: int | None = None
    problem: str = ""

    @property
    def id(self) -> str:
        """Name of the directory; never changes."""
        return self.path.name

    @property
    def name(self) -> str:
        """What people call it."""
        return self.spec.name if self.spec else self.id

    @property
    def reason(self) -> str:
        """Why it stands where it stands, in a sentence; "" where the state says it all."""
        if self.state == "unreadable":
            return self.problem
        if self.state == "lost":
            return "The training process is gone and left no word, as after a power cut. " + kept(self.path)
        return self.exit.reason if self.exit and self.state in ENDED else ""

    @property
    def model(self) -> Path | None:
        """The checkpoint to inspect and evaluate with; None unless the run is done."""
        return self.path if self.state == "done" and (self.path / CHECKPOINT).is_file() else None

    @property
    def can_resume(self) -> bool:
        """Whether `Runs.resume` goes on with it."""
        return self.state in RESUMABLE

    @property
    def kept_epochs(self) -> int:
        """Finished epochs that a resumed run does not repeat, as the state on disk stands."""
        return kept_epochs(self.path)

    @property
    def silent_seconds(self) -> float | None:
        """How long ago the trainer wrote its status, by the clock that never goes back; None unless it lives."""
        if self.state not in LIVE or self.status is None:
            return None
        return max(0.0, time.monotonic() - self.status.monotonic)

    def history(self) -> list[dict[str, Any]]:
        """One entry per finished epoch: epoch, loss terms, beta, learning_rate, items_*, images_per_second, and every
        few epochs held_out_median and held_out_high (`nnet.training.loop`). A half-written last line is left out."""
        entries = []
        with contextlib.suppress(OSError, ValueError):
            for line in (self.path / HISTORY).read_text(encoding="utf-8").splitlines():
                entries.append(json.loads(line))
        return entries

    def log_tail(self, lines: int = 20) -> str:
        """The last lines of the log; progress bars show only their last state."""
        try:
            with (self.path / layout.LOG).open("rb") as stream:
                stream.seek(max(0, stream.seek(0, os.SEEK_END) - 65536))
                text = stream.read().decode("utf-8", "replace")
        except OSError:
            return ""
        shown = [line.rpartition("\r")[2] for line in text.split("\n")]
        return "\n".join([line for line in shown if line.strip()][-lines:])

    def film(self) -> Film:
        """The training film; empty before the first frame. Raises RunError for an unreadable run."""
        if self.spec is None:
            raise RunError(self.problem)
        return Film(self.path / layout.FILM, self.spec.config)

    def dataset(self) -> Dataset:
        """Open the run's data. Raises nnet.data.DataError if it is gone or cannot be read."""
        if self.spec is None:
            raise RunError(self.problem)
        return open_data(self.spec, self.path / layout.DATA)


def open_data(spec: RunSpec, uploaded: Path) -> Dataset:
    """The data set of a run; `uploaded` is the folder to open where the data was uploaded."""
    source = uploaded if spec.data == layout.UPLOADED else spec.data
    dataset = open_dataset(source, seed=spec.config.train.seed)
    return dataclasses.replace(dataset, name=spec.name, source="uploaded images") if source is uploaded else dataset


def kept_epochs(path: Path) -> int:
    """Finished epochs in the saved state of an unfinished run; 0 where there is none that can be read."""
    try:
        return int(read_notes(path / RESUME)["epoch"])
    except (OSError, ValueError, KeyError):
        return 0


def kept(path: Path) -> str:
    """What a run that ended early keeps, in a sentence."""
    if (path / CHECKPOINT).is_file():
        return "The training itself was finished and is kept; resume measures the model."
    if epochs := kept_epochs(path):
        return f"What it learnt up to epoch {epochs:,} is kept; resume goes on from there."
    return "No epoch was finished; resume begins anew."


def is_usable(path: Path) -> bool:
    """Whether a checkpoint directory may be offered as a model: every one that is no run, and runs that are done.

    A run that failed or was cancelled while it measured its finished weights has a config.json already.
    """
    if not (path / CHECKPOINT).is_file():
        return False
    return not (path / layout.SPEC).exists() or _state(path) == "done"


def usable_checkpoints(folder: Path, depth: int = 3) -> Iterator[Path]:
    """The checkpoints that may be offered as models, in a folder and its subfolders down to `depth`, by name.

    Nothing for a folder that is not there or cannot be listed; inside a run nothing is looked for.
    """
    if is_usable(folder):
        yield folder
    elif depth and not (folder / layout.SPEC).exists():
        for child in _visible_folders(folder):
            yield from usable_checkpoints(child, depth - 1)


def _visible_folders(folder: Path) -> list[Path]:
    try:
        return sorted(child for child in folder.iterdir() if child.is_dir() and not child.name.startswith("."))
    except OSError:
        return []


class Runs:
    """All runs in a folder.

    Args:
        root: the folder, usually runs/; made when the first run is.
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root).resolve()

    # ------------------------------------------------------------------------------------------------ looking

    def list(self) -> list[Run]:
        """All runs, the newest first. Starts the supervisor again if runs wait and it is gone."""
        paths = [path for path in self._directories() if (path / layout.SPEC).exists()]
        tickets = sorted(t for t in map(layout.read_ticket, paths) if t is not None)
        runs = sorted((self._read(path, tickets) for path in paths), key=_age, reverse=True)
        if any(run.state == "queued" for run in runs):
            self.ensure_supervisor()
        return runs

    def get(self, id: str) -> Run:
        """One run. Raises RunError if there is none of that name."""
        path = self._path(id)
        tickets = sorted(t for t in map(layout.read_ticket, self._directories()) if t is not None)
        run = self._read(path, tickets)
        if run.state == "queued":
            self.ensure_supervisor()
        return run

    # ------------------------------------------------------------------------------------------------ making

    def stage(self, files: Iterable[tuple[str, bytes]]) -> Path:
        """Keep uploaded images on disk until a run is made of them, or a day; the same images give the same folder.

        Args:
            files: (name, content) of each; equal names are numbered.

        Returns:
            A folder that `nnet.data.open_dataset` opens, and `create` and `estimate` take.

        Raises:
            RunError: no files, or too little room on the disk.
        """
        files = [(PurePosixPath(name.replace("\\", "/")).name or "image", content) for name, content in files]
        if not files:
            raise RunError("There are no images to train on. Drop in photos of good parts.")
        digest = hashlib.sha256()
        for name, content in files:
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
        size = sum(len(content) for _, content in files)
        return self._staged(digest.hexdigest()[:24], lambda folder: _write_files(folder, files), size)

    def stage_zip(self, source: Path | BinaryIO, name: str) -> Path:
        """Unpack an uploaded ZIP safely and keep it as `stage` does.

        Raises:
            nnet.data.DataError: no ZIP, a hostile one, or without images (see `nnet.data.extract_zip`).
        """
        stream = source.open("rb") if isinstance(source, Path) else source
        stream.seek(0)
        key = hashlib.file_digest(stream, "sha256").hexdigest()[:24]
        return self._staged(key, lambda folder: extract_zip(stream, folder, name=name), 0)

    def create(self, spec: RunSpec, upload: Path | None = None) -> Run:
        """Make a run directory; `start` puts it in the queue.

        Args:
            upload: what `stage` or `stage_zip` returned, where `spec.data` is "upload"; its files are kept in the run.

        Raises:
            RunError: an empty name, an upload without data (or the other way round), or too little room on the disk.
            nnet.errors.NNetError: settings from which no network can be built.
        """
        if (spec.data == layout.UPLOADED) != (upload is not None):
            raise RunError('Uploaded images belong to data "upload", and it needs them.')
        if upload is not None and not upload.is_dir():
            raise RunError("The uploaded images are no longer kept, since that was over a day ago. Drop them in again.")
        need = spec.disk_bytes or disk.needed(spec.config)
        spec = dataclasses.replace(spec, name=_checked_name(spec.name), disk_bytes=need, created=_now())
        disk.require(need, self.root)
        self.root.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=".making-", dir=self.root))
        try:
            making.chmod(0o755)
            if upload is not None:
                _copy_tree(upload, making / layout.DATA)
            layout.write_spec(making, spec)
            path = self._claim(making, _slug(spec.name))
        except BaseException:
            shutil.rmtree(making, ignore_errors=True)
            raise
        self._forget_old_uploads()
        return self.get(path.name)

    def duplicate(self, id: str, name: str, changes: dict[str, Any] | None = None, **spec: Any) -> Run:
        """A new run like another one, not started.

        Args:
            changes: settings by path, as for `Config.override`.
            spec: other fields of `RunSpec` to replace.

        Raises:
            RunError: unknown or unreadable run.
            nnet.config.ConfigError: a setting is out of range.
        """
        old = self._readable(id)
        config = old.spec.config.override(changes or {})
        needs = {"memory_bytes": None, "disk_bytes": None}
        new = dataclasses.replace(old.spec, **{"name": name, "config": config, **needs, **spec})
        upload = old.path / layout.DATA if new.data == layout.UPLOADED else None
        return self.create(new, upload)

    def rename(self, id: str, name: str) -> Run:
        """Call a run otherwise; its directory, and with it its id, stays. Allowed at any time."""
        run = self._readable(id)
        layout.write_spec(run.path, dataclasses.replace(run.spec, name=_checked_name(name)))
        return self.get(id)

    def delete(self, id: str) -> None:
        """Remove a run with everything in it, its model too.

        Raises:
            RunError: it is running; cancel it first.
        """
        path = self._path(id)
        with self._library():
            if is_held(path / layout.LOCK):
                raise RunError(f"{self.get(id).name} is running. Cancel it before you delete it.")
            grave = Path(tempfile.mkdtemp(prefix=".deleted-", dir=self.root))
            path.rename(grave / path.name)  # in one step: never a half-deleted run
        shutil.rmtree(grave, ignore_errors=True)

    # ------------------------------------------------------------------------------------------------ running

    def start(self, id: str) -> Run:
        """Put a run that was never started at the end of the queue.

        Raises:
            RunError: it was started before, or the disk is too full for it.
        """
        return self._enqueue(id, ("created",), "It was started before.")

    def resume(self, id: str) -> Run:
        """Put a run that ended early at the end of the queue; it goes on after its last finished epoch.

        Raises:
            RunError: it waits, runs, or is done, or the disk is too full for it.
        """
        return self._enqueue(id, RESUMABLE, "Only a cancelled, failed or lost run can be resumed.")

    def cancel(self, id: str) -> Run:
        """Stop a run, in whatever phase it is, or take it out of the queue. The last finished epoch is kept.

        Returns within two seconds; then the process is gone.

        Raises:
            RunError: it neither waits nor runs, or the process could not be ended.
        """
        path = self._path(id)
        with self._library():
            if layout.read_ticket(path) is not None and not is_held(path / layout.LOCK):
                (path / layout.QUEUED).unlink(missing_ok=True)
                layout.write_exit(path, Exit(layout.CANCELLED, "It was taken out of the queue.", time.time()))
                return self.get(id)
        if not is_held(path / layout.LOCK):
            raise RunError(f"{self.get(id).name} is not running, so there is nothing to cancel.")
        write_json(path / layout.STOP, {"wall": time.time()})
        self._end_trainer(path)
        with self._library():
            if layout.read_ticket(path) is None and not is_held(path / layout.LOCK):  # nobody has resumed it since
                layout.write_exit(path, Exit(layout.CANCELLED, f"It was cancelled. {kept(path)}", time.time()))
        return self.get(id)

    def ensure_supervisor(self) -> None:
        """Start the process that works the queue off, unless one is there."""
        lock = FileLock(self.root / SUPERVISOR_LOCK)
        if is_held(lock.path) or not lock.take(timeout=LOOKED_AT):
            return
        # The new process gets the lock with it: however slowly it starts, nobody starts a second one meanwhile.
        command = ["nnet.runs", "supervise", str(self.root), str(lock.fd)]
        try:
            processes.reap(processes.launch(command, self.root / SUPERVISOR_LOG, fds=(lock.fd,)))
        finally:
            lock.release()

    # ------------------------------------------------------------------------------------------------ inside

    def _directories(self) -> list[Path]:
        if not self.root.is_dir():
            return []
        return [path for path in self.root.iterdir() if path.is_dir() and not path.name.startswith(".")]

    def _path(self, id: str) -> Path:
        path = self.root / id
        if Path(id).name != id or id.startswith(".") or not (path / layout.SPEC).exists():
            raise RunError(f"There is no run {id!r} in {self.root}. It may have been deleted.")
        return path

    def _readable(self, id: str) -> Run:
        run = self.get(id)
        if run.spec is None:
            raise RunError(run.problem)
        return run

    def _read(self, path: Path, tickets: list[int]) -> Run:
        try:
            spec = layout.read_spec(path)
        except NNetError as error:
            return Run(path, None, "unreadable", problem=str(error))
        state = _state(path)
        ticket = layout.read_ticket(path)
        position = tickets.index(ticket) + 1 if state == "queued" and ticket in tickets else None
        return Run(path, spec, state, layout.read_status(path), layout.read_exit(path), position)

    def _library(self) -> contextlib.AbstractContextManager[None]:
        return locked(self.root / LIBRARY_LOCK)

    def _claim(self, making: Path, slug: str) -> Path:
        """Give a finished new directory its name; the first free of NAME, NAME-2, NAME-3 ..."""
        with self._library():
            number = 1
            while (path := self.root / (slug if number == 1 else f"{slug}-{number}")).exists():
                number += 1
            making.rename(path)
            return path

    def _enqueue(self, id: str, allowed: tuple[str, ...], otherwise: str) -> Run:
        path = self._path(id)
        with self._library():
            run = self.get(id) if _state(path) != "queued" else None
            if run is None or run.state not in allowed:
                state = run.state if run else "queued"
                raise RunError((run.problem if run else "") or f"{id} is {state}. {otherwise}")
            if run.spec.disk_bytes:
                disk.require(disk.left_to_write(run.spec.disk_bytes, path), path)
            for name in (layout.EXIT, layout.STOP):
                (path / name).unlink(missing_ok=True)
            tickets = [t for t in map(layout.read_ticket, self._directories()) if t is not None]
            write_json(path / layout.QUEUED, {"ticket": max(tickets, default=0) + 1})
        self.ensure_supervisor()
        return self.get(id)

    def _end_trainer(self, path: Path) -> None:
        """Wait until the run's lock is free and its process gone; ask once, and kill after GRACE seconds.

        The process is looked for again and again: one that is just being started may not have written its pid yet.
        """
        started, asked = time.monotonic(), None
        while (process := _trainer(path)) is not None or is_held(path / layout.LOCK):
            passed = time.monotonic() - started
            if passed > GRACE + PATIENCE:
                raise RunError(f"The training process of {path.name} does not end. Try again in a moment.")
            if process is not None and passed > GRACE:
                processes.signal_group(*process, signal.SIGKILL)
            elif process is not None and process != asked:
                processes.signal_group(*process, signal.SIGTERM)
                asked = process
            time.sleep(processes.POLL)

    def _staged(self, key: str, fill: Any, size: int) -> Path:
        folder = self.root / UPLOADS
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / key
        if target.is_dir():
            os.utime(target)
            return target
        disk.require(size, folder, "The images need")
        making = Path(tempfile.mkdtemp(prefix=".making-", dir=folder))
        try:
            fill(making)
            making.chmod(0o755)
            with contextlib.suppress(OSError):  # another session was faster with the same images
                making.rename(target)
        finally:
            shutil.rmtree(making, ignore_errors=True)
        return target

    def _forget_old_uploads(self) -> None:
        """And what a program left that died while it made or deleted a run."""
        folder = self.root / UPLOADS
        uploads = folder.iterdir() if folder.is_dir() else ()
        for path in (*uploads, *self.root.glob(".making-*"), *self.root.glob(".deleted-*")):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > UPLOAD_SECONDS:
                    shutil.rmtree(path, ignore_errors=True)


def _state(path: Path) -> str:
    """The state from lock and files; see `nnet.runs`."""
    for _ in range(2):
        if is_held(path / layout.LOCK):
            return "stopping" if (path / layout.STOP).exists() else "running"
        if ending := _ending(path):
            return ending
        if layout.read_ticket(path) is not None:
            return "queued"
        if not (path / layout.LOCK).exists():
            return "created"
    # Looked twice, since it might have ended between the two looks.
    if processes.is_alive(*layout.read_supervisor(path)):  # which is about to say how the trainer ended
        return "stopping" if (path / layout.STOP).exists() else "running"
    return _ending(path) or "lost"


def _ending(path: Path) -> str:
    """The state that exit.json says, "" without one."""
    ending = layout.read_exit(path)
    names = {0: "done", layout.CANCELLED: "cancelled"}
    return "" if ending is None else names.get(ending.code, "failed")


def _trainer(path: Path) -> tuple[int, str] | None:
    """(pid, start time) of the run's trainer if it lives; whoever starts one writes them into the lock file."""
    trainer = layout.read_trainer(path)
    return trainer if processes.is_alive(*trainer) else None


def _age(run: Run) -> tuple[str, str]:
    return (run.spec.created if run.spec else "", run.id)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 80:
        raise RunError(f"A run needs a name of 1 to 80 characters, found {len(name)}.")
    return name


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:48] or "run"


def _write_files(folder: Path, files: list[tuple[str, bytes]]) -> None:
    for name, content in files:
        path, number = folder / name, 2
        while path.exists():
            path = folder / f"{Path(name).stem}-{number}{Path(name).suffix}"
            number += 1
        path.write_bytes(content)


def _copy_tree(source: Path, target: Path) -> None:
    """Hard links where the file system has them: the same images in two runs take their room once."""
    try:
        shutil.copytree(source, target, copy_function=os.link)
    except (OSError, shutil.Error):
        shutil.rmtree(target, ignore_errors=True)
        size = sum(file.stat().st_size for file in source.rglob("*") if file.is_file())
        disk.require(size, target.parent, "The images need")
        shutil.copytree(source, target)
