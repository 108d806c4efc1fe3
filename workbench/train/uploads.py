"""What the Train page works with: uploads on disk, what a data set holds, estimates, and the pictures of a film.

Uploaded photos go to disk at once (`nnet.runs.Runs.stage` keeps them a day), so that neither an error nor a closed
browser loses them. The caches state their bounds here.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import numpy as np
import streamlit as st

from nnet.config import Config
from nnet.data import DataError, Dataset, Inspection, Sample, inspect, open_dataset
from nnet.data.images import IMAGE_SUFFIXES
from nnet.data.listing import subfolders, walk_images
from nnet.errors import NNetError
from nnet.runs import Estimate, Film, Frame, Run, Runs, RunSpec, estimate
from nnet.training.events import TrainingError
from nnet.training.schedule import epochs, split_normals, steps_per_epoch
from workbench.components.training_film import Reel, Reels
from workbench.shared import pictures, resources
from workbench.shared.resources import BoundedCache
from workbench.train import figures, words

UPLOADED = "upload"
GOOD, DEFECTIVE = "good", "defective"
"""Folders of an upload of single images; `nnet.data.open_dataset` knows what they mean."""
UPLOADS = ".uploads"
PREVIEWS = 6
"""Small pictures of good and of defective images each."""
FINDINGS = 16
"""Most data sets whose inspection is kept."""
ARCHIVES = 2
"""Most ZIPs on this machine that stay unpacked in a temporary folder."""
ESTIMATES = 32
"""Most estimates kept; one is good for ESTIMATE_SECONDS, since memory and disk change."""
ESTIMATE_SECONDS = 300
SCORE_MAP_BYTES = 32 * resources.MEBIBYTE
"""Most memory for the films' score maps, 64 kB each."""
FILM_BYTES = 64 * resources.MEBIBYTE
"""Most memory for films of all sessions together; one takes some 0.5 to 2 MB."""


def runs() -> Runs:
    """The folder of runs that this workbench shows."""
    return Runs(resources.runs_folder())


# ------------------------------------------------------------------------------------------------------- uploads


@dataclass(frozen=True)
class Upload:
    """Uploaded images on disk.

    Attributes:
        folder: what `nnet.data.open_dataset`, `Runs.create` and `estimate` take.
        good, defective: numbers of images.
        is_layout: it was a ZIP with folders of its own, to which nothing can be added.
    """

    folder: Path
    good: int = 0
    defective: int = 0
    is_layout: bool = False


def read_upload(folder: Path) -> Upload:
    """An upload as it lies on disk."""
    if {child.name for child in subfolders(folder)} - {GOOD, DEFECTIVE} or _loose(folder):
        return Upload(folder, len(walk_images(folder)), 0, is_layout=True)
    return Upload(folder, len(walk_images(folder / GOOD)), len(walk_images(folder / DEFECTIVE)))


def _loose(folder: Path) -> bool:
    return any(child.is_file() and child.suffix.lower() in IMAGE_SUFFIXES for child in folder.iterdir())


def find_upload(key: str) -> Path | None:
    """The folder of an upload by the key in the address, or None if it is gone."""
    folder = runs().root / UPLOADS / key
    return folder if key and PurePosixPath(key).name == key and not key.startswith(".") and folder.is_dir() else None


def take_in(
    held: Upload | None, good: Sequence[tuple[str, bytes]], defective: Sequence[tuple[str, bytes]]
) -> tuple[Upload | None, list[str]]:
    """Add files to an upload.

    Args:
        held: what is there already, or None. It is not changed.
        good, defective: (name, content) of the new files; one ZIP may come as the only file of all.

    Returns:
        The upload with the new files, and sentences on files that were left out.

    Raises:
        NNetError: a ZIP beside other files, a ZIP that is refused, or too little room on the disk. Nothing is lost.
    """
    zips = [file for file in (*good, *defective) if _is_zip(*file)]
    if zips:
        return _take_zip(held, zips, len(good) + len(defective)), []
    files, notes = _new_files(held, {GOOD: good, DEFECTIVE: defective})
    if not files:
        return held, notes
    if held is not None and held.is_layout:
        raise NNetError(
            "A ZIP is in hand already, and single images cannot be added to it. Put them into the ZIP, or remove it "
            "first."
        )
    with _temporary() as stream:
        _write_zip(stream, held, files)
        return read_upload(runs().stage_zip(stream, "The upload")), notes


def _is_zip(name: str, content: bytes) -> bool:
    return name.lower().endswith(".zip") or content[:4] == b"PK\x03\x04"


def _take_zip(held: Upload | None, zips: Sequence[tuple[str, bytes]], count: int) -> Upload:
    if held is not None or count > 1:
        raise NNetError(
            f"{zips[0][0]} is a ZIP and has to come alone. Put all images into one ZIP, with good/ and a folder for "
            "each kind of defect, or drop the images themselves."
        )
    name, content = zips[0]
    with _temporary() as stream:
        stream.write(content)
        return read_upload(runs().stage_zip(stream, name))


def _temporary() -> BinaryIO:
    """A file without a name beside the uploads, where there is room for them."""
    folder = runs().root / UPLOADS
    folder.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryFile(dir=folder)


def _new_files(
    held: Upload | None, parts: dict[str, Sequence[tuple[str, bytes]]]
) -> tuple[dict[str, bytes], list[str]]:
    """The files to add by their path in the upload, and sentences on the others."""
    taken, seen = _held_files(held)
    files: dict[str, bytes] = {}
    foreign, repeated, empty = [], [], []
    for folder, given in parts.items():
        for name, content in given:
            name = PurePosixPath(name.replace("\\", "/")).name
            digest = hashlib.sha256(content).hexdigest()
            if PurePosixPath(name).suffix.lower() not in IMAGE_SUFFIXES:
                foreign.append(name)
            elif not content:
                empty.append(name)
            elif digest in seen:
                repeated.append(name)
            else:
                seen.add(digest)
                path = _free_path(f"{folder}/{name}", taken)
                taken.add(path.lower())
                files[path] = content
    reasons = {
        "no images by their name": foreign,
        "empty": empty,
        "since the same picture is in hand already": repeated,
    }
    return files, [words.left_out(names, reason) for reason, names in reasons.items() if names]


def _held_files(held: Upload | None) -> tuple[set[str], set[str]]:
    """Paths (in lower case) and content hashes of what is in hand."""
    if held is None or held.is_layout:
        return set(), set()
    paths = walk_images(held.folder)
    names = {path.relative_to(held.folder).as_posix().lower() for path in paths}
    return names, {hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def _free_path(path: str, taken: set[str]) -> str:
    found, candidate, number = PurePosixPath(path), path, 2
    while candidate.lower() in taken:
        candidate = f"{found.parent}/{found.stem}-{number}{found.suffix}"
        number += 1
    return candidate


def _write_zip(stream: BinaryIO, held: Upload | None, files: dict[str, bytes]) -> None:
    """Everything in one ZIP without dates, so that the same images always give the same one."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for path in walk_images(held.folder) if held else ():
            archive.writestr(zipfile.ZipInfo(path.relative_to(held.folder).as_posix()), path.read_bytes())
        for path, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(path), content)


# ---------------------------------------------------------------------------------------------------------- data


@dataclass(frozen=True)
class Choice:
    """Which images a model is to learn: `data` as in `nnet.runs.RunSpec`, and the `upload` folder it may need."""

    data: str
    upload: Path | None = None

    def open(self, seed: int) -> Dataset:
        """Open the data set. Raises nnet.data.DataError with a sentence."""
        if self.upload is None:
            archive = _archive(self.data)
            if archive is None:
                return open_dataset(self.data, seed=seed)
            facts = archive.stat()
            return _unpacked(self.data, seed, (facts.st_mtime_ns, facts.st_size))
        try:
            dataset = open_dataset(self.upload, seed=seed)
        except DataError as error:  # the visitor knows the upload, not where it lies
            raise DataError(str(error).replace(str(self.upload.resolve()), "the upload")) from error
        return dataclasses.replace(dataset, name="your photos", source="uploaded images")


def _archive(data: str) -> Path | None:
    """The ZIP file that a path on this machine leads into, or None."""
    path = Path(data)
    if not path.is_absolute():  # a set's name
        return None
    return next((part for part in (path, *path.parents) if os.path.isfile(part)), None)


@st.cache_resource(max_entries=ARCHIVES, show_spinner="Unpacking the ZIP…")
def _unpacked(data: str, seed: int, stamp: tuple[int, int]) -> Dataset:
    """A data set in a ZIP, unpacked once and again when the file changed (`stamp`)."""
    return open_dataset(data, seed=seed)


@dataclass(frozen=True)
class Found:
    """What a data set holds.

    Attributes:
        name: of the data set.
        inspection: see `nnet.data.inspect`.
        same: groups of good training images that are the same file.
        usable: good training images that can be read.
        tested, defective: readable labelled test images, and how many of them are defective.
        good_pictures, defective_pictures: (name, small picture as a data URI) of some.
    """

    name: str
    inspection: Inspection
    same: tuple[tuple[str, ...], ...]
    usable: int
    tested: int
    defective: int
    good_pictures: tuple[tuple[str, str], ...]
    defective_pictures: tuple[tuple[str, str], ...]


@st.cache_resource(max_entries=1, show_spinner=False)
def _findings() -> BoundedCache[str, Found]:
    return BoundedCache(FINDINGS, lambda found: 1)


def look(choice: Choice, seed: int, progress: Callable[[int, int], None]) -> Found:
    """Read every image of a data set once and say what was found; kept until a file changes.

    Raises:
        nnet.data.DataError: it cannot be opened.
    """
    dataset = choice.open(seed)
    key = _listing(dataset)
    cache = _findings()
    return cache.get(key) or cache.put(key, _found(dataset, progress))


def _listing(dataset: Dataset) -> str:
    """Stands for the files of a data set as they are now."""
    lines = [dataset.name, dataset.source]
    for sample in dataset.samples:
        try:
            facts = sample.path.stat() if sample.path else None
        except OSError:
            facts = None
        lines.append(f"{sample.key}\0{sample.split}\0{(facts.st_size, facts.st_mtime_ns) if facts else ''}")
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def _found(dataset: Dataset, progress: Callable[[int, int], None]) -> Found:
    inspection = inspect(dataset, progress=progress)
    bad = {key for key, _ in inspection.unreadable}
    train = [sample for sample in dataset.train if sample.key not in bad]
    tested = [s for s in dataset.test if s.key not in bad and (s.is_normal or s.is_defective)]
    defective = [sample for sample in tested if sample.is_defective]
    return Found(
        dataset.name,
        inspection,
        same_files(dataset.train),
        len(train),
        len(tested),
        len(defective),
        tuple(_pictures(train)),
        tuple(_pictures(defective)),
    )


def _pictures(samples: Sequence[Sample]) -> Iterator[tuple[str, str]]:
    """Small pictures of samples that stand evenly over the list."""
    for index in np.unique(np.linspace(0, len(samples) - 1, min(PREVIEWS, len(samples))).round().astype(int)):
        image = samples[index].load().image
        yield samples[index].key, pictures.data_uri(pictures.thumbnail(pictures.reduced(image, 480), 120))


def same_files(samples: Sequence[Sample]) -> tuple[tuple[str, ...], ...]:
    """Keys of samples whose files are equal byte for byte, in groups of two and more."""
    by_size: dict[int, list[Sample]] = defaultdict(list)
    for sample in samples:
        if sample.path is not None and sample.path.is_file():
            by_size[sample.path.stat().st_size].append(sample)
    groups: dict[str, list[str]] = defaultdict(list)
    for members in by_size.values():
        if len(members) > 1:
            for sample in members:
                groups[sample.file_hash()].append(sample.key)
    return tuple(tuple(keys) for keys in groups.values() if len(keys) > 1)


def split(found: Found, config: Config) -> tuple[int, int]:
    """Numbers of images to learn from and of held-out good ones.

    Raises:
        TrainingError: too few, in a sentence with what to do.
    """
    if not found.usable:
        raise TrainingError(f"{found.name} holds no good image that can be read. Add photos of good parts.")
    trained_on, held_out = split_normals(found.usable, config.train)
    return len(trained_on), len(held_out)


def length(config: Config, images: int) -> tuple[int, int]:
    """Epochs and optimiser steps of a run on so many images."""
    count = epochs(config.train, images)
    return count, count * steps_per_epoch(config.train, images)


# ------------------------------------------------------------------------------------------------------ estimate


@st.cache_data(max_entries=ESTIMATES, ttl=ESTIMATE_SECONDS, show_spinner=False)
def _estimate(_spec: RunSpec, _upload: Path | None, key: str) -> Estimate:
    """`key` is there for the cache."""
    return estimate(_spec, resources.runs_folder(), _upload)


def estimate_key(spec: RunSpec, upload: Path | None) -> str:
    """Stands for everything that an estimate depends on."""
    known = dataclasses.replace(spec, name="", created="", memory_bytes=None, disk_bytes=None, tensorboard=False)
    return json.dumps([known.to_dict(), str(upload), str(resources.runs_folder())], sort_keys=True)


def estimated(spec: RunSpec, upload: Path | None) -> Estimate:
    """Time, memory and disk of a run, measured in a process of its own unless that was done a moment ago.

    Raises:
        nnet.errors.NNetError: it cannot be trained, in a sentence.
    """
    key = estimate_key(spec, upload)
    found = _estimate(spec, upload, key)
    if found.refusals or found.warnings:  # the visitor makes room, and wants to be judged by that
        _estimate.clear(spec, upload, key)
    return found


def with_needs(spec: RunSpec, found: Estimate) -> RunSpec:
    """The run's settings with what the estimate expects it to take of memory, by which the queue shares a GPU, and of
    the disk."""
    return dataclasses.replace(spec, memory_bytes=found.memory_bytes, disk_bytes=found.disk_bytes)


# ---------------------------------------------------------------------------------------------------------- film


@st.cache_resource(max_entries=1, show_spinner=False)
def _films() -> BoundedCache[tuple[object, ...], Reels]:
    return BoundedCache(FILM_BYTES, lambda reels: reels.nbytes)


def reels(run: Run, film: Film, epochs: Sequence[int], probe: int, scale: str) -> Reels:
    """The film of one pinned image, made anew only when there are new frames.

    Args:
        scale: a key of `train_text.FILM_SCALES`.
    """
    newest = (film.folder / f"frame-{epochs[-1]:06d}.safetensors").stat().st_mtime_ns
    key = (str(run.path), run.spec.created if run.spec else "", tuple(epochs), newest, probe, scale)
    cache = _films()
    return cache.get(key) or cache.put(key, _reels(film, epochs, probe, scale, key))


@st.cache_resource(max_entries=1, show_spinner=False)
def _score_maps() -> BoundedCache[tuple[object, ...], np.ndarray]:
    return BoundedCache(SCORE_MAP_BYTES, lambda score: score.nbytes)


def _judged(film: Film, frame: Frame, probe: int) -> np.ndarray:
    """Score_p of a pinned image in a frame at the film's size. A frame is never changed, but a resumed run makes some
    anew."""
    path = film.folder / f"frame-{frame.epoch:06d}.safetensors"
    cache, key = _score_maps(), (str(path), path.stat().st_mtime_ns, probe)
    if (known := cache.get(key)) is not None:
        return known
    return cache.put(key, figures.resized(film.score_map(frame, probe), figures.HEAT_SIDE))


def _reels(film: Film, epochs: Sequence[int], probe: int, scale: str, key: tuple[object, ...]) -> Reels:
    frames = [film.frame(epoch) for epoch in epochs]
    probes = film.probes
    levels = [film.level(frame) or float(frame.scores.max()) for frame in frames]
    judged = np.stack([_judged(film, frame, probe) for frame in frames])
    by_frame = levels if scale == "each" else [levels[-1]] * len(frames)
    heat = [pictures.calibrated_scale(level) for level in by_frame]
    normal = [index for index, one in enumerate(probes) if one.kind == "normal"]
    of_maps = [figures.map_levels(frame.maps, normal) for frame in frames]
    map_scale = pictures.map_scale()
    small = []
    for name in frames[-1].maps:
        by_map = [found[name] if scale == "each" else of_maps[-1][name] for found in of_maps]
        values = np.stack(
            [
                np.asarray(frame.maps[name][probe], np.float32) / level
                for frame, level in zip(frames, by_map, strict=True)
            ]
        )
        small.append(Reel(name, strip=figures.strip(values, [map_scale] * len(frames), values.shape[1])))
    photo = figures.photo_uri(figures.outlined(probes[probe].image, probes[probe].mask))
    plain = figures.photo_uri(probes[probe].image)
    strip = figures.strip(judged, heat, figures.HEAT_SIDE, 0.75)
    return Reels(
        hashlib.sha256(repr(key).encode()).hexdigest(),
        tuple(epochs),
        tuple(words.epoch_title(epoch) for epoch in epochs),
        tuple(words.frame_line(frame, probe, level) for frame, level in zip(frames, levels, strict=True)),
        (Reel("Pinned image", photo), Reel("Where it is unlike the good ones", plain, strip)),
        tuple(small),
    )
