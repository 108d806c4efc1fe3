"""A folder of training runs: make, list, start, cancel, resume, rename and delete them."""

import contextlib
import dataclasses
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO, TypeVar

from nnet.data.archive import ZipLimits
from nnet.errors import NNetError
from nnet.runs import cancelling, disk, finishing, layout, parts, queue, uploads
from nnet.runs.layout import RunError, RunSpec
from nnet.runs.locks import is_held, locked
from nnet.runs.run import RESUMABLE, Run, is_usable
from nnet.runs.state import state_of

T = TypeVar("T")


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
        paths = [path for path in queue.directories(self.root) if os.path.lexists(path / layout.SPEC)]
        waiting = queue.waiting(self.root)
        runs = [_read(path, waiting) for path in paths]
        runs.sort(key=lambda run: (run.spec.created if run.spec else "", run.id), reverse=True)
        if any(run.state == "queued" for run in runs):
            queue.ensure_supervisor(self.root)
        return runs

    def get(self, id: str) -> Run:
        """One run. Raises RunError if there is none of that name."""
        run = _read(self._path(id), queue.waiting(self.root))
        if run.state == "queued":
            queue.ensure_supervisor(self.root)
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
        return uploads.stage(self.root, files)

    def stage_zip(self, source: Path | BinaryIO, name: str, limits: ZipLimits | None = None) -> Path:
        """Unpack an uploaded ZIP safely and keep it as `stage` does.

        Args:
            limits: what it may hold; those of `nnet.data.extract_zip` unless given.

        Raises:
            nnet.data.DataError: no ZIP, a hostile one, or without images (see `nnet.data.extract_zip`).
        """
        return uploads.stage_zip(self.root, source, name, limits)

    def stage_changed(self, held: Path | None, change: Callable[[Path], T]) -> tuple[Path | None, T]:
        """Keep uploaded images after a change, as `stage` does; what is staged already stays as it is.

        Args:
            held: what is there already, or None.
            change: is given a folder with the same files, which it changes.

        Returns:
            The folder as it is after the change, or None if it is empty, and what `change` returned.
        """
        return uploads.stage_changed(self.root, held, change)

    def create(self, spec: RunSpec, upload: Path | None = None) -> Run:
        """Make a run directory; `start` puts it in the queue.

        Args:
            upload: what `stage` or `stage_zip` returned, where `spec.data` is "upload"; its files are kept in the run.

        Raises:
            RunError: an empty name, an upload without data (or the other way round), or too little room on the disk.
            nnet.errors.NNetError: settings from which no network can be built.
        """
        if (spec.data == layout.UPLOADED) != (upload is not None):
            raise RunError('Data "upload" needs uploaded images, and no other data takes them.')
        if upload is not None and not upload.is_dir():
            raise RunError("The uploaded images were kept for a day and are gone now. Upload them again.")
        need = spec.disk_bytes or disk.needed(spec.config)
        spec = dataclasses.replace(spec, name=_checked_name(spec.name), disk_bytes=need, created=layout.now())
        disk.require(need, self.root)
        self.root.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=".making-", dir=self.root))
        try:
            making.chmod(0o755)
            if upload is not None:
                uploads.copy_tree(upload, making / layout.DATA)
            layout.write_spec(making, spec)
            path = self._claim(making, _slug(spec.name))
        except BaseException:
            shutil.rmtree(making, ignore_errors=True)
            raise
        uploads.forget_old(self.root)
        return self.get(path.name)

    def rename(self, id: str, name: str) -> Run:
        """Give a run another name; its directory, and with it its id, stays. Allowed at any time."""
        path = self._path(id)
        layout.write_spec(path, dataclasses.replace(layout.read_spec(path), name=_checked_name(name)))
        return self.get(id)

    def delete(self, id: str, is_used: Callable[[Path], bool] = lambda folder: False) -> None:
        """Remove a run with everything in it, its model too; or a model that lies here without a run, such as a copy.

        What was staged for it goes, too, unless another run is made of the same pictures; that run has files of its
        own in any case.

        Args:
            is_used: whether somebody works on a folder of pictures, staged or in the run, who is not to lose it.

        Raises:
            RunError: there is neither; or it is running (cancel it first), or somebody works on its pictures.
        """
        is_model = Path(id).name == id and not id.startswith(".") and is_usable(self.root / id)
        path = self.root / id if is_model else self._path(id)
        with self._library():
            if is_held(path / layout.LOCK):
                raise RunError(f"{self.get(id).name} is running. Cancel it before you delete it.")
            if is_used(path / layout.DATA):
                raise RunError(
                    "Somebody is about to train on its pictures in another window. Start that training or close the "
                    "window, then delete it."
                )
            staged = [one for one in uploads.twins(self.root, path / layout.DATA) if not is_used(one)]
            if self._others_have(path):
                staged = []
            grave = Path(tempfile.mkdtemp(prefix=".deleted-", dir=self.root))
            path.rename(grave / path.name)  # in one step: never a half-deleted run
        for folder in (grave, *staged):
            shutil.rmtree(folder, ignore_errors=True)

    def shares_pictures(self, id: str) -> bool:
        """Whether another run is made of the same uploaded pictures, so that these stay when the run is deleted."""
        return self._others_have(self.root / id)

    # ------------------------------------------------------------------------------------------------ running

    def start(self, id: str) -> Run:
        """Put a run that was never started at the end of the queue.

        Raises:
            RunError: it was started before, or the disk is too full for it.
        """
        queue.enqueue(self._path(id), ("created",), "It was started before.")
        return self.get(id)

    def resume(self, id: str) -> Run:
        """Put a run that ended early at the end of the queue; it continues after its last finished epoch.

        Raises:
            RunError: it waits, runs, or is done, or the disk is too full for it.
        """
        queue.enqueue(self._path(id), RESUMABLE, "Only a cancelled, failed or lost run can be resumed.")
        return self.get(id)

    def cancel(self, id: str) -> Run:
        """Stop a run, in whatever phase it is, or take it out of the queue. The last finished epoch is kept.

        Returns once the process is gone: within two seconds, unless the system takes long to end it.

        Raises:
            RunError: it neither waits nor runs, or the process could not be ended.
        """
        cancelling.cancel(self._path(id), self.get(id).name)
        return self.get(id)

    def finish(self, id: str) -> Run:
        """End a training early: its last finished epoch becomes a model, calibrated and measured like any other.

        A run that ended early is put into the queue for it, as by `resume`. Asked twice, it does not matter.

        Raises:
            RunError: no epoch is finished yet; its training is over, or was never started; it belongs to a study.
        """
        path = self._path(id)
        if not finishing.ask(path, self.get(id).name):
            queue.enqueue(path, RESUMABLE, "Only a cancelled, failed or lost run can be finished.", to_finish=True)
        return self.get(id)

    # ------------------------------------------------------------------------------------------------ inside

    def _path(self, id: str) -> Path:
        path = self.root / id
        if Path(id).name != id or id.startswith(".") or not os.path.lexists(path / layout.SPEC):
            raise RunError(f"There is no run {id!r} in {self.root}. It may have been deleted.")
        return path

    def _others_have(self, path: Path) -> bool:
        own = parts.of_uploaded(path / layout.DATA)
        others = (other for other in queue.directories(self.root) if other != path)
        return bool(own) and any(parts.of_uploaded(other / layout.DATA) == own for other in others)

    def _library(self) -> contextlib.AbstractContextManager[None]:
        return locked(self.root / layout.LIBRARY_LOCK)

    def _claim(self, making: Path, slug: str) -> Path:
        """Give a finished new directory its name; the first free of NAME, NAME-2, NAME-3 ..."""
        with self._library():
            number = 1
            while (path := self.root / (slug if number == 1 else f"{slug}-{number}")).exists():
                number += 1
            making.rename(path)
            return path


def _read(path: Path, waiting: list[Path]) -> Run:
    try:
        spec, state, ending = layout.read_spec(path), state_of(path), layout.read_exit(path)
    except (NNetError, OSError) as error:
        return Run(path, None, "unreadable", problem=str(error))
    position = waiting.index(path) + 1 if state == "queued" and path in waiting else None
    try:
        return Run(path, spec, state, layout.read_status(path), ending, position)
    except NNetError as error:
        return Run(path, spec, state, None, ending, position, str(error))


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > 80:
        raise RunError(f"A run needs a name of 1 to 80 characters, but this one has {len(name)}.")
    return name


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:48] or "run"
