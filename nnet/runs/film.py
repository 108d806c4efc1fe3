"""The training film: what the network thought of a few pinned images, every few epochs.

film/probes.json         [{"key", "kind", "caption"}]
film/probes.safetensors  "images" uint8 (n, size, size, 3), "masks" uint8 (n, size, size): 1 on the defect where known
film/frame-000012.safetensors  after epoch 12: M1..M6 float16 (n, 64, 64), "scores" (n,), "held_out" (m,) float32

Frames are written once and never changed, so a film can be watched while it is made. A run has it in full; a model that
is passed on may have a short one in its checkpoint (`SHORT`), with fewer images and frames and coarser maps.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, TypedDict

import numpy as np
from msgspec import Meta
from PIL import Image

from nnet.config import Config
from nnet.formats import GIB, MIB, Array, Arrays, Document, Sentence
from nnet.runs.layout import RunError
from nnet.saved.storage import write_json, write_tensors
from nnet.scoring.promise import conformal

FILM = "film"
"""Its folder, in a run's directory as in a checkpoint's."""
PROBES, IMAGES, FRAME = "probes.json", "probes.safetensors", "frame-{:06d}.safetensors"
MAX_FRAMES = 30
MOST_SHOWN = 100
"""Of a film that somebody else made; ours have fewer than twice `MAX_FRAMES`."""


class ProbeEntry(TypedDict):
    """A pinned image: its key in the data set, what is known of it, and that in words."""

    key: Sentence
    kind: Literal["normal", "defective", "painted"]
    caption: Sentence


_REMEDY = "The run and its model are not affected. Remove the folder film to go without the film."
_LIMITS = {"n": (1, 64), "size": (8, 1024), "side": (8, 512), "m": (0, 256)}
PROBES_FORMAT = Document[list[ProbeEntry]](
    name=f"{FILM}/{PROBES}",
    about="The training film's pinned images.",
    error=RunError,
    remedy=_REMEDY,
    schema=Annotated[list[ProbeEntry], Meta(max_length=64)],
)
IMAGES_FORMAT = Arrays(
    name=f"{FILM}/{IMAGES}",
    about="Their pixels, as the network gets them.",
    error=RunError,
    remedy=_REMEDY,
    most=GIB,
    arrays={
        "images": Array(("U8",), ("n", "size", "size", 3), "red, green and blue"),
        "masks": Array(("U8",), ("n", "size", "size"), "1 on the defect where it is known"),
    },
    limits=_LIMITS,
    required=("images", "masks"),
)
FRAME_FORMAT = Arrays(
    name=f"{FILM}/frame-*.safetensors",
    about="What the network said after an epoch.",
    error=RunError,
    remedy=_REMEDY,
    most=32 * MIB,
    arrays={
        "M[1-6]": Array(("F16",), ("n", "side", "side"), "a map of each pinned image"),
        "scores": Array(("F32",), ("n",), "the score of each"),
        "held_out": Array(("F32",), ("m",), "the scores of m held-out normal images, ascending"),
    },
    limits=_LIMITS,
    required=("scores", "held_out"),
)


@dataclass(frozen=True)
class Cut:
    """How much a film holds.

    Attributes:
        normal, defective: pinned images of each.
        frames: at the most, besides the first; None: `MAX_FRAMES` or so, evenly spaced.
        map_side, image_side: at the most, in cells and pixels; None keeps them as the network has them.
    """

    normal: int
    defective: int
    frames: int | None = None
    map_side: int | None = None
    image_side: int | None = None

    def has_frame(self, epoch: int, epochs: int) -> bool:
        """Whether there is a frame after `epoch` of `epochs`: before the first and after the last there always is. A
        short film has them close together early on, where most is learned."""
        if epoch in (0, epochs):
            return True
        if self.frames is None:
            return epoch % max(1, epochs // MAX_FRAMES) == 0
        return epoch in {round(epochs ** (i / (self.frames - 1))) for i in range(self.frames)}


HELD_OUT_KEY = "held-out "
"""How the key of a held-out image begins whose name is not kept; its number follows."""
FULL = Cut(3, 3)
SHORT = Cut(1, 2, 10, 32, 160)
"""Some 0.7 MB whatever the size of the network's input."""


@dataclass(frozen=True)
class Probe:
    """One pinned image.

    Attributes:
        key: of the sample in its data set.
        kind: "normal"; "defective", a real defect; or "painted", damage painted onto a normal image.
        caption: in words, such as "normal", "defective: crack" or "painted scratch on 0012.png".
        image: uint8 (size, size, 3), as the network gets it.
        mask: bool (size, size), True on the defect; None where it is not known.
    """

    key: str
    kind: str
    caption: str
    image: np.ndarray
    mask: np.ndarray | None = None


@dataclass(frozen=True)
class Frame:
    """What the network said after an epoch (0: before the first step).

    Attributes:
        epoch: finished epochs.
        scores: (n,) float32, Score_l of each probe under the run's expression.
        held_out: (m,) float32, Score_l of some held-out normal images, ascending.
        maps: name -> (n, h, w) float16, coarser in a short film.
    """

    epoch: int
    scores: np.ndarray
    held_out: np.ndarray
    maps: dict[str, np.ndarray]


class Film:
    """The film of a run or a model, to be looked at. Reads files, runs no network.

    Args:
        folder: film/ of a run or checkpoint.
        config: the run's settings.
    """

    def __init__(self, folder: Path, config: Config) -> None:
        self.folder = folder
        self.config = config

    @cached_property
    def probes(self) -> tuple[Probe, ...]:
        """The pinned images in order; () as long as the trainer has not chosen them."""
        return read_probes(self.folder)

    @property
    def epochs(self) -> list[int]:
        """Epochs that have a frame, ascending, the last `MOST_SHOWN`. Looks at the disk each time."""
        return sorted(epoch for epoch, _ in _frames(self.folder))[-MOST_SHOWN:]

    def frame(self, epoch: int) -> Frame:
        """The frame of an epoch. Raises FileNotFoundError if there is none, RunError if it is damaged."""
        sides = {"n": len(self.probes)}
        tensors = FRAME_FORMAT.numpy(
            self.folder / FRAME.format(epoch), sides, ("scores", "held_out", *self.config.maps)
        )
        scores, held_out = tensors.pop("scores"), tensors.pop("held_out")
        return Frame(epoch, scores, held_out, dict(sorted(tensors.items())))

    def scores(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Over all frames: epochs (e,), scores of the probes (e, n), scores of the held-out normals (e, m).

        Raises:
            RunError: a frame is damaged.
        """
        epochs, n = self.epochs, len(self.probes)
        found = [(frame.scores, frame.held_out) for frame in map(self.frame, epochs)]  # never the maps of all of them
        width = len(found[0][1]) if found else 0
        if any(len(held_out) != width for _, held_out in found):
            raise FRAME_FORMAT.damaged(self.folder, "its frames hold scores of different numbers of held-out images")
        return (
            np.array(epochs, int),
            np.array([scores for scores, _ in found], np.float32).reshape(len(epochs), n),
            np.array([held_out for _, held_out in found], np.float32).reshape(len(epochs), width),
        )

    def score_map(self, frame: Frame, probe: int) -> np.ndarray:
        """Score_p of one probe in a frame, (size, size) float32, smoothed, under the run's own expression."""
        from nnet.scoring.maps import score_map

        scoring = self.config.scoring
        maps = {name: m[probe] for name, m in frame.maps.items()}
        return score_map(maps, scoring.parsed, self.config.model.size, scoring.sigma)

    def level(self, frame: Frame) -> float:
        """What the threshold would be if training ended here: the quantile of the frame's held-out normal scores."""
        return float(conformal(frame.held_out, self.config.scoring.quantile)) if len(frame.held_out) else 0.0


def read_probes(folder: Path) -> tuple[Probe, ...]:
    """The pinned images in order; () where there are none yet.

    Raises:
        RunError: the files are damaged.
    """
    entries = PROBES_FORMAT.find(folder / PROBES)
    if not entries:
        return ()
    try:
        tensors = IMAGES_FORMAT.numpy(folder / IMAGES, {"n": len(entries)})
    except FileNotFoundError as error:
        raise IMAGES_FORMAT.damaged(folder / IMAGES, "it is missing") from error
    pairs = zip(entries, tensors["images"], tensors["masks"], strict=True)
    return tuple(
        Probe(e["key"], e["kind"], e["caption"], image, mask.astype(bool) if mask.any() else None)
        for e, image, mask in pairs
    )


def write_probes(folder: Path, probes: Sequence[Probe]) -> None:
    """Write the pinned images; probes.json comes last."""
    import torch

    folder.mkdir(parents=True, exist_ok=True)
    shape = probes[0].image.shape[:2]
    masks = [np.zeros(shape, np.uint8) if p.mask is None else p.mask.astype(np.uint8) for p in probes]
    tensors = {"images": np.stack([p.image for p in probes]), "masks": np.stack(masks)}
    write_tensors(folder / IMAGES, {name: torch.from_numpy(a) for name, a in tensors.items()})
    write_json(folder / PROBES, [{"key": p.key, "kind": p.kind, "caption": p.caption} for p in probes])


def reduced(probe: Probe, side: int | None) -> Probe:
    """The pinned image at `side` pixels at the most."""
    if side is None or probe.image.shape[0] <= side:
        return probe
    image = np.asarray(Image.fromarray(probe.image).resize((side, side), Image.Resampling.BOX))
    if probe.mask is None:
        return replace(probe, image=image)
    mask = np.asarray(Image.fromarray(probe.mask).resize((side, side), Image.Resampling.NEAREST), bool)
    return replace(probe, image=image, mask=mask)


def coarser(maps: np.ndarray, side: int | None) -> np.ndarray:
    """Maps (n, h, w) at `side` cells at the most, each the mean of what it covers; float16."""
    if side is None or maps.shape[1] <= side:
        return maps.astype(np.float16)
    small = [Image.fromarray(m.astype(np.float32)).resize((side, side), Image.Resampling.BOX) for m in maps]
    return np.stack([np.asarray(m) for m in small]).astype(np.float16)


def write_frame(folder: Path, frame: Frame) -> None:
    """Write one frame in one step."""
    import torch

    arrays = {**frame.maps, "scores": frame.scores, "held_out": np.sort(frame.held_out)}
    write_tensors(folder / FRAME.format(frame.epoch), {name: torch.from_numpy(a) for name, a in arrays.items()})


def drop_frames_after(folder: Path, epoch: int) -> None:
    """Remove frames of epochs that will be run again."""
    for number, path in _frames(folder):
        if number > epoch:
            path.unlink()


def _frames(folder: Path) -> Iterator[tuple[int, Path]]:
    """(epoch, file) of each frame, in no order."""
    for path in folder.glob("frame-*.safetensors"):
        found = re.fullmatch(r"frame-([0-9]{6,9})", path.stem, re.ASCII)
        if found and path.name == FRAME.format(epoch := int(found[1])):  # there is one name for each epoch
            yield epoch, path
