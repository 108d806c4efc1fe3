"""Decoded and resized images in memory, as many as a stated budget allows."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from nnet.data.errors import DataError
from nnet.data.images import resize
from nnet.data.sample import Sample
from nnet.errors import NNetError

Item = TypeVar("Item")
Result = TypeVar("Result")
Progress = Callable[[int, int], None]
Skipped = list[tuple[Sample, str]]


class ImageCache:
    """Images by index, uint8 (size, size, 3), each decoded once as long as the budget lasts.

    The first images asked for stay in memory until the budget is used up; the others are decoded again each time.
    Nothing is thrown out to make room: when every image is read once per epoch in a new order, keeping a fixed part
    saves as many decodings as any other rule, and needs no bookkeeping. Safe to use from several threads.

    Args:
        samples: what to load.
        size: side in pixels.
        budget_bytes: most bytes of resized images to keep (3 * size * size each); 0 keeps none.
        workers: threads that decode.
    """

    def __init__(self, samples: Sequence[Sample], size: int, *, budget_bytes: int, workers: int = 2) -> None:
        if budget_bytes < 0 or size < 1:
            raise DataError(f"Expected a size of 1 or more and a budget of 0 or more, found {size} and {budget_bytes}.")
        self.samples = tuple(samples)
        self.size = size
        self.capacity = min(len(self.samples), budget_bytes // (3 * size * size))
        self._workers = max(1, workers)
        # The system hands out the pages of an empty array only when they are written.
        self._kept = np.empty((self.capacity, size, size, 3), np.uint8)
        self._slots: dict[int, int] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> np.ndarray:
        """One image, uint8 (size, size, 3), not to be written to. Raises DataError naming an unreadable file."""
        index = range(len(self))[index]
        slot = self._slots.get(index)
        if slot is not None:
            return self._kept[slot]
        return self._keep(index, _load(self.samples[index], self.size))

    def __iter__(self) -> Iterator[np.ndarray]:
        """All images in order, decoded a few ahead."""
        return self.stream(range(len(self)))

    def stream(self, indices: Sequence[int] | np.ndarray) -> Iterator[np.ndarray]:
        """The images of `indices` in that order, decoded a few ahead by the workers."""
        return ahead(self.__getitem__, indices, self._workers)

    def batch(self, indices: Sequence[int] | np.ndarray) -> np.ndarray:
        """The images of `indices` as one new array, uint8 (len(indices), size, size, 3)."""
        images = np.empty((len(indices), self.size, self.size, 3), np.uint8)
        for row, image in enumerate(self.stream(indices)):
            images[row] = image
        return images

    @property
    def kept(self) -> int:
        """How many images are in memory."""
        return len(self._slots)

    def without_unreadable(self, progress: Progress | None = None) -> tuple[ImageCache, Skipped]:
        """Decode every image once, and return a cache of those that can be read and the list of the others.

        What was decoded stays in memory as far as the budget goes.
        """
        results = ahead(self._try, range(len(self)), self._workers)
        skipped, readable = [], []
        for index, result in enumerate(results):
            if isinstance(result, DataError):
                skipped.append((self.samples[index], str(result)))
            else:
                readable.append(index)
            if progress:
                progress(index + 1, len(self))
        return self._only(readable), skipped

    def _only(self, indices: Sequence[int]) -> ImageCache:
        """A cache of these samples that takes over the images in memory."""
        budget = self.capacity * 3 * self.size**2
        cache = ImageCache([self.samples[i] for i in indices], self.size, budget_bytes=budget, workers=self._workers)
        # An unreadable image has no slot, so every slot in use goes over.
        cache._kept = self._kept
        cache._slots = {new: self._slots[old] for new, old in enumerate(indices) if old in self._slots}
        return cache

    def _try(self, index: int) -> np.ndarray | DataError:
        try:
            return self[index]
        except DataError as error:
            return error

    def _keep(self, index: int, image: np.ndarray) -> np.ndarray:
        with self._lock:
            if index not in self._slots and len(self._slots) < self.capacity:
                slot = len(self._slots)
                self._kept[slot] = image
                self._slots[index] = slot  # written last: a reader that finds the slot finds the image in it
        return image


def load_resized(
    samples: Sequence[Sample], size: int, *, budget_bytes: int, workers: int = 2, progress: Progress | None = None
) -> np.ndarray | ImageCache:
    """Decode and resize all samples, in their order, on several threads.

    Args:
        samples: what to load.
        size: side in pixels; the aspect ratio is not kept.
        budget_bytes: most bytes the images may take, 3 * size * size each.
        workers: threads that decode.
        progress: called with (images done, images in all) after each, from the calling thread.

    Returns:
        uint8 (n, size, size, 3) when all fit in the budget. Otherwise an ImageCache, with len(), indices, `batch`
        and iteration, that holds as many as fit and decodes the rest when asked.

    Raises:
        DataError: images cannot be decoded; the message names every one of them. Over the budget nothing is decoded
            yet, and a file raises when it is first asked for.
    """
    if len(samples) * 3 * size * size > budget_bytes:
        return ImageCache(samples, size, budget_bytes=budget_bytes, workers=workers)
    images, damaged = _load_all(samples, size, workers, progress)
    if damaged:
        raise all_of([error for _, error in damaged])
    return images


def load_readable(
    samples: Sequence[Sample], size: int, *, budget_bytes: int, workers: int = 2, progress: Progress | None = None
) -> tuple[np.ndarray | ImageCache, Skipped]:
    """`load_resized` of the images that can be decoded, and [(sample, sentence)] of the others."""
    if len(samples) * 3 * size * size > budget_bytes:
        return ImageCache(samples, size, budget_bytes=budget_bytes, workers=workers).without_unreadable(progress)
    images, damaged = _load_all(samples, size, workers, progress)
    return images, [(sample, str(error)) for sample, error in damaged]


def _load_all(
    samples: Sequence[Sample], size: int, workers: int, progress: Progress | None
) -> tuple[np.ndarray, list[tuple[Sample, DataError]]]:
    images = np.empty((len(samples), size, size, 3), np.uint8)
    damaged: list[tuple[Sample, DataError]] = []
    results = ahead(lambda sample: _try(sample, size), samples, workers)
    for index, (sample, result) in enumerate(zip(samples, results, strict=True)):
        if isinstance(result, np.ndarray):
            images[index - len(damaged)] = result  # closes the gaps, so that no second array is needed
        else:
            damaged.append((sample, result))
        if progress:
            progress(index + 1, len(samples))
    return images[: len(samples) - len(damaged)], damaged


def all_of(damaged: Sequence[DataError]) -> DataError:
    """One error for all files that cannot be decoded, so that they can be mended in one go."""
    if len(damaged) == 1:
        return damaged[0]
    lines = "".join(f"\n- {error}" for error in damaged)
    return DataError(f"{len(damaged):,} images cannot be read:{lines}")


def ahead(function: Callable[[Item], Result], items: Iterable[Item], workers: int) -> Iterator[Result]:
    """`map` on threads, in order and a few items ahead, so that results never pile up. Raises what `function` does.

    Left early, it waits for nothing: the garbage collector may be what leaves it, in a worker of another pool and in
    the middle of a decoding, and waiting there for a thread that waits for that decoding would never end.
    """
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(max(1, workers))
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > 2 * workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _load(sample: Sample, size: int) -> np.ndarray:
    """One image, uint8 (size, size, 3). Raises DataError naming the file."""
    try:
        return resize(sample.load().image, size)
    except NNetError as error:
        where = f" The file is {sample.path}." if sample.path else ""
        raise DataError(f"{error}{where}") from error


def _try(sample: Sample, size: int) -> np.ndarray | DataError:
    try:
        return _load(sample, size)
    except DataError as error:
        return error
