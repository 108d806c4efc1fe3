"""The caches that all pages share: models, images, traces, anomaly maps and gallery tiles. Each states its bound here.

A model is known by its fingerprint (of config.json, which holds the hash of its weights) and device, an image by the
hash of its pixels. What is cached is shared by all sessions and never changed.
"""

import dataclasses
import hashlib
import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakValueDictionary

import numpy as np
import streamlit as st
import torch

from nnet import environment
from nnet.data import Sample
from nnet.data.images import MIN_SIDE, content_hash, decode
from nnet.detector import Detector, Trace, TrainedModel
from nnet.errors import NNetError
from nnet.expression import Expression
from nnet.runs import usable_checkpoints
from nnet.saved import kept_thresholds
from nnet.saved.formats import ATLAS, CONFIG, CONFIG_FORMAT, DECISION, DECISION_FORMAT, KIND, MAPS, WEIGHTS
from nnet.scoring import judge
from nnet.scoring.attribution import NormalMaps
from nnet.scoring.attribution import normal_maps as summed_up
from nnet.scoring.judge import Judgement
from workbench.shared import cache, pictures, places, words
from workbench.shared.cache import BoundedCache
from workbench.shared.together import Together
from workbench.shared.visits import runs_folder as runs_folder

DEFAULT_CHECKPOINT = places.APP / "checkpoints" / "elpv-mono"

MODELS = 3
"""Most models kept loaded. The default one takes some 50 MB, the paper's some 800 MB."""
MEBIBYTE = 2**20
TRACE_BYTES = 512 * MEBIBYTE
"""Most memory for traces of all sessions together: some 12 of the paper's network, over 100 of the default one."""
IMAGE_BYTES = 256 * MEBIBYTE
"""Most memory for decoded images of all sessions together."""
MAP_BYTES = 128 * MEBIBYTE
"""Most memory for the anomaly maps of images in galleries: over 1,000 images at 98 kB each."""
FEATURES = 5000
"""Most images whose mean features are kept, up to 4 kB each."""
TILES = 5000
"""Most gallery tiles (score and small overlay, some 20 kB each)."""
BATCH = 8
"""Images per forward pass of a gallery, and of visitors who ask at the same time."""
JUDGEMENT_BYTES = 64 * MEBIBYTE
"""Most memory for score maps: over 200 of 256 x 256."""
PICTURE_BYTES = 64 * MEBIBYTE
"""Most memory for pictures that are ready for the browser, so that a click sends what is there: some 200 at 300 kB."""


@dataclass(frozen=True)
class Loaded:
    """A decoded image: `image` uint8 (H, W, 3), `shown` the same at a size for the browser, the `hash` of its pixels,
    `notes` on what was changed while decoding (sentences), how long decoding took in `milliseconds`, and whether the
    visitor drew on it."""

    image: np.ndarray
    shown: np.ndarray
    hash: str
    notes: tuple[str, ...]
    milliseconds: float
    is_drawn_on: bool = False


@dataclass(frozen=True)
class Tile:
    """An image in a gallery: its image `score`, a small overlay as a data URI in `picture`, and whether it `is_other`,
    which means that it shows another kind of part and is not judged.

    Given as bytes, Streamlit would decode and encode every tile again each time the page runs.
    """

    score: float
    picture: str
    is_other: bool = False


_loaded: WeakValueDictionary[tuple[str, str, str, object], TrainedModel] = WeakValueDictionary()
"""The loaded models by path, device, network and its files, as long as something else holds them."""
_AND_DECISION = "+"  # in a fingerprint, before that of the thresholds that somebody kept


@dataclass(frozen=True)
class Model:
    """A loaded `detector` under its `name`, with the `key` that stands for it in the caches."""

    detector: TrainedModel
    name: str
    key: str

    @property
    def decision_key(self) -> str:
        """Stands for the network and its threshold, on whatever device."""
        return self.key.rpartition("@")[0]

    @property
    def network_key(self) -> str:
        """Stands for the network alone: what it measured stays when somebody keeps another threshold."""
        fingerprint, at, device = self.key.rpartition("@")
        return f"{fingerprint.partition(_AND_DECISION)[0]}{at}{device}"


class _Stores:
    """The byte-bounded caches of the server process."""

    def __init__(self) -> None:
        self.images: BoundedCache[str, Loaded] = BoundedCache(
            IMAGE_BYTES, lambda loaded: loaded.image.nbytes + loaded.shown.nbytes
        )
        self.traces: BoundedCache[tuple[str, str], Trace] = BoundedCache(TRACE_BYTES, lambda trace: trace.nbytes)
        self.maps: BoundedCache[tuple[str, str], dict[str, np.ndarray]] = BoundedCache(
            MAP_BYTES, lambda maps: sum(m.nbytes for m in maps.values())
        )
        self.features: BoundedCache[tuple[str, str], np.ndarray] = BoundedCache(FEATURES)
        self.judgements: BoundedCache[tuple[str, str, Expression], Judgement] = BoundedCache(
            JUDGEMENT_BYTES, lambda judged: judged.score.nbytes
        )
        self.levels: BoundedCache[str, dict[str, float]] = BoundedCache(MODELS)
        self.pictures: BoundedCache[tuple[object, ...], str] = BoundedCache(PICTURE_BYTES, len)
        self.normal_maps: BoundedCache[str, NormalMaps] = BoundedCache(MODELS)
        self.tiles: BoundedCache[tuple[str, str, Expression | None], Tile] = BoundedCache(TILES)
        self.passes: Together[np.ndarray, Trace] = Together(BATCH)


@st.cache_resource(max_entries=1, show_spinner=False)
def stores() -> _Stores:
    """The one set of caches."""
    return _Stores()


# -------------------------------------------------------------------------------------------------------- models


def only_extra() -> bool:
    """Whether the workbench is told to know no other models than those of the environment variables."""
    return os.environ.get(environment.CHECKPOINTS_ONLY, "") in ("1", "true", "yes")


def checkpoint_paths() -> dict[str, Path]:
    """All models that can be chosen, name -> directory, the embedded default first.

    Looked for in checkpoints/ beside this program, in the folder of runs and in the folders of NNET_CHECKPOINTS; of
    runs only those that are done (`nnet.runs.usable_checkpoints`). Names that occur twice get their folder's name in
    front.
    """
    folders = environment.folders(environment.CHECKPOINTS)
    if not only_extra():
        folders = [places.APP / "checkpoints", runs_folder(), *folders]
    elif os.environ.get(environment.RUNS):
        folders = [*folders, runs_folder()]
    found = (path.resolve() for folder in folders for path in usable_checkpoints(folder))
    return places.by_name(sorted(found, key=lambda path: path != DEFAULT_CHECKPOINT))


def name_of(path: Path) -> str:
    """What a model is called in the sidebar's list, by its directory."""
    return next((name for name, known in checkpoint_paths().items() if known == path.resolve()), path.name)


def devices() -> list[str]:
    """Devices to choose from, the best first."""
    cuda = [f"cuda:{index}" for index in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    return [*cuda, *(["mps"] if torch.backends.mps.is_available() else []), "cpu"]


def checkpoint_fingerprint(path: Path) -> str:
    """What changes when a checkpoint does. Raises CheckpointError or FileNotFoundError if it cannot be read."""
    decision = path / DECISION
    own = hashlib.sha256(CONFIG_FORMAT.content(path / CONFIG)).hexdigest()
    if not decision.exists():
        return own
    return f"{own}{_AND_DECISION}{hashlib.sha256(DECISION_FORMAT.content(decision)).hexdigest()}"


def tensor_files(path: Path) -> tuple[tuple[int, int], ...]:
    """Sizes and dates (nanoseconds) of the files whose hashes config.json states: when one of them is replaced, they
    have to be verified again."""
    found = []
    for name in (WEIGHTS, MAPS, ATLAS, KIND):
        try:
            at = (path / name).stat()
        except OSError:
            found.append((-1, -1))
        else:
            found.append((at.st_size, at.st_mtime_ns))
    return tuple(found)


def model_key(fingerprint: str, device: str) -> str:
    """What stands for a checkpoint on a device in the caches."""
    return f"{fingerprint}@{device}"


def load_model(name: str, path: Path, device: str) -> Model:
    """The model of a checkpoint directory, loaded once and again when its files changed.

    Raises:
        nnet.errors.NNetError: no checkpoint, damaged, teacher weights missing, no such device; in a sentence.
    """
    with explained(name):
        fingerprint = checkpoint_fingerprint(path)
        detector = _detector(str(path), device, fingerprint, tensor_files(path))
        return Model(detector, name, model_key(fingerprint, device))


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Whatever goes wrong when a checkpoint of this name is read becomes an NNetError with a sentence."""
    try:
        yield
    except OSError as error:
        raise NNetError(words.CHECKPOINT_UNREADABLE.format(name=name, reason=error.strerror)) from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        if isinstance(error, NNetError):  # says it better itself
            raise
        raise NNetError(words.CHECKPOINT_DAMAGED.format(name=name, reason=error)) from error


@st.cache_resource(max_entries=MODELS, show_spinner=words.LOADING_MODEL)
def _detector(path: str, device: str, fingerprint: str, files: object) -> TrainedModel:
    """`fingerprint` and `files` are there for the cache: a replaced checkpoint is another entry."""
    network = path, device, fingerprint.partition(_AND_DECISION)[0], files
    if (loaded := _loaded.get(network)) is not None:  # somebody keeps another threshold
        detector = _loaded[network] = loaded.deciding_by(kept_thresholds.read(Path(path)))
        return detector
    detector = _loaded[network] = Detector.load(path, device)
    # The first pass through a network is many times slower than the next, since the kernels are prepared in it: it
    # belongs to loading, not to the visitor's first picture.
    detector.unframed.trace(np.zeros((MIN_SIDE, MIN_SIDE, 3), np.uint8))
    return detector


# -------------------------------------------------------------------------------------------------------- images


def load_image(key: str, name: str, source: bytes | Sample, bits: int | None = None) -> Loaded:
    """Decode an image once.

    Args:
        key: stands for the content, in the cache.
        name: for messages.
        source: an image file's content, or a data set's sample.
        bits: of a content's deeper grey values, as for `decode`; a sample has its data set's.

    Raises:
        nnet.errors.NNetError: it cannot be used; one sentence that names the file.
    """

    def read() -> Loaded:
        started = time.perf_counter()
        decoded = decode(source, name, bits) if isinstance(source, bytes) else source.load()
        passed = 1000 * (time.perf_counter() - started)
        decoded.image.flags.writeable = False
        shown = pictures.reduced(decoded.image)
        return Loaded(decoded.image, shown, content_hash(decoded.image), decoded.notes, passed)

    return stores().images.of(key, read)


def forget(keys: Collection[str]) -> None:
    """Drop everything that was kept of images, when the only visitor who had them has gone.

    Args:
        keys: what their keys for `load_image` begin with, up to a "#".
    """
    names = set(keys)
    while gone := stores().images.drop(lambda key: not names.isdisjoint(cache.names(key))):
        names.update(loaded.hash for loaded in gone)
    cache.drop_everywhere(names)
    pictures.forget_encoded()


def trace(model: Model, loaded: Loaded) -> Trace:
    """Everything the network computes for an image; runs it only the first time.

    Of a model that frames its pictures the maps are those of the whole picture, and all else is that of the network's
    input under its largest score.
    """
    key, detector = (loaded.hash, model.key), model.detector

    def run() -> Trace:
        if not detector.framing.is_whole:
            whole = judgement(model, loaded, detector.config.scoring.parsed)
            part, window = detector.inside(loaded.image, whole.score)
            found = detector.unframed.trace(part)
            return dataclasses.replace(found, image=loaded.image, maps=maps_of(model, loaded), window=window)
        result = stores().passes.ask(model.key, loaded.image, detector.trace_batch)
        stores().maps.put(key, result.maps)
        return result

    return stores().traces.of(key, run)


def judgement(model: Model, loaded: Loaded, expression: Expression) -> Judgement:
    """An image's score under an expression, from its trace; see `nnet.scoring.judge.judge`."""
    key = (loaded.hash, model.key, expression)
    return stores().judgements.of(
        key, lambda: judge.judge(model.detector.calibration, maps_of(model, loaded), expression)
    )


def maps_of(model: Model, loaded: Loaded) -> dict[str, np.ndarray]:
    """M1..M6 of a whole picture, each float32 (h, w)."""
    if model.detector.framing.is_whole:
        return trace(model, loaded).maps
    compute_maps(model, [loaded])
    return known_maps(model, loaded) or {n: m[0].numpy() for n, m in model.detector.maps([loaded.image]).items()}


def features_of(model: Model, loaded: Loaded) -> np.ndarray:
    """The mean of F_3 over a whole picture, float32 (C_3,)."""

    def make() -> np.ndarray:
        if model.detector.framing.is_whole:
            return trace(model, loaded).F[2].astype(np.float32).mean(axis=(1, 2))
        return model.detector.score([loaded.image])[0].features

    return stores().features.of((loaded.hash, model.key), make)


def inside(model: Model, loaded: Loaded) -> Loaded:
    """What a model that frames its pictures sees where a picture's score is largest; for `looked_into`."""

    def cut() -> Loaded:
        whole = judgement(model, loaded, model.detector.config.scoring.parsed)
        part, window = model.detector.inside(loaded.image, whole.score)
        part.flags.writeable = False
        notes = (*loaded.notes, words.inside_of(window, loaded.image.shape))
        return Loaded(part, pictures.reduced(part), content_hash(part), notes, loaded.milliseconds)

    return stores().images.of(f"{loaded.hash}@{model.key}#inside", cut)


def looked_into(model: Model) -> Model:
    """The same model for pictures that `inside` gives: each is one input of the network as a whole."""
    return Model(model.detector.unframed, model.name, f"{model.key}#inside")


def normal_levels(model: Model) -> dict[str, float]:
    """For each of M1..M6 the value that 99 % of the held-out normal images' pixels stay below."""

    def make() -> dict[str, float]:
        return {name: levels["q99"] for name, levels in model.detector.calibration.map_quantiles.items()}

    return stores().levels.of(model.key, make)


def photo(key: tuple[object, ...], make: Callable[[], np.ndarray]) -> str:
    """A picture as a data URI (see `figures.photo_uri`), made only if it is not there yet.

    Args:
        key: everything that the picture depends on.
        make: gives the RGB array.
    """
    return stores().pictures.of(key, lambda: pictures.photo_uri(make()))


def normal_maps(model: Model) -> NormalMaps:
    """What each of M1..M6 shows on the held-out normal images, over all places and at each; some 300 kB per model."""
    return stores().normal_maps.of(model.key, lambda: summed_up(model.detector.calibration))


def known_maps(model: Model, loaded: Loaded) -> dict[str, np.ndarray] | None:
    """M1..M6 of an image if they have been computed, each float32 (64, 64)."""
    return stores().maps.get((loaded.hash, model.key))


def compute_maps(model: Model, images: Sequence[Loaded]) -> None:
    """Compute and keep M1..M6 of up to BATCH images that have none yet, for a gallery; lighter than a trace each."""
    images = [loaded for loaded in images if known_maps(model, loaded) is None]
    if not images:
        return
    if not model.detector.framing.is_whole and len(images) > 1:  # their maps may have several sizes
        for loaded in images:
            compute_maps(model, [loaded])
        return
    computed, f3 = model.detector.maps_and_f3([loaded.image for loaded in images])
    maps = {name: m.cpu().numpy() for name, m in computed.items()}
    features = f3.float().mean(dim=(2, 3)).cpu().numpy()
    for index, loaded in enumerate(images):
        stores().maps.put((loaded.hash, model.key), {name: m[index].copy() for name, m in maps.items()})
        stores().features.put((loaded.hash, model.key), features[index].copy())
