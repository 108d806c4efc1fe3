"""Who scores the pictures: a model, from a checkpoint or as `nnet export` wrote it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from nnet.crop import in_words
from nnet.data.errors import ImageError
from nnet.data.images import resize
from nnet.export.errors import ExportError
from nnet.export.opening import MANIFEST, exports_in, open_export, read_manifest

if TYPE_CHECKING:  # an export needs no torch
    from nnet.detector import TrainedModel


class Judged(NamedTuple):
    """The score of each pixel, (h, w) float32; the image score; whether it lies above the threshold; and whether the
    picture shows another kind of part than the model's, as far as it knows its kind."""

    map: np.ndarray
    value: float
    is_anomalous: bool
    is_other_kind: bool = False


class Judge(Protocol):
    """A model with its threshold.

    Attributes:
        name: for people.
        identity: differs between any two models, score expressions or thresholds.
        expression: the score's.
        threshold: of the image score.
        bits: as for `nnet.data.images.decode`.
    """

    name: str
    identity: str
    expression: str
    threshold: float
    bits: int | None

    def require_fit(self, height: int, width: int) -> None:
        """Refuse pictures of a size that the model cannot look at.

        Raises:
            nnet.data.errors.ImageError: what size it needs.
        """
        ...

    def judge(self, images: Sequence[np.ndarray]) -> list[Judged]:
        """Score several uint8 (H, W, 3) RGB images of any size."""
        ...


class CheckpointJudge:
    """A trained model's folder.

    Args:
        checkpoint, device, weights: as for `nnet.Detector.load`.
        expression: None for the model's own.
    """

    def __init__(self, checkpoint: Path, expression: str | None, device: str, weights: Path | None) -> None:
        from nnet.detector import Detector

        self._use(Detector.load(checkpoint, device, weights), expression)

    @classmethod
    def of(cls, detector: TrainedModel) -> CheckpointJudge:
        """A model that is loaded already, with its own score."""
        judge = cls.__new__(cls)
        judge._use(detector, None)
        return judge

    def _use(self, detector: TrainedModel, expression: str | None) -> None:
        from nnet.saved.formats import CONFIG, CONFIG_FORMAT

        checkpoint = detector.checkpoint.path
        self._detector = detector
        self._reference = self._detector.calibration.for_expression(expression)
        self.name = str(checkpoint)
        self.expression, self.threshold = self._reference.expression.text, self._reference.threshold
        self.identity = identity(CONFIG_FORMAT.content(checkpoint / CONFIG), self.expression, self.threshold)
        self.bits = self._detector.checkpoint.bits
        self.has_random_teacher = self._detector.config.model.teacher_weights == "random"

    def require_fit(self, height: int, width: int) -> None:
        try:
            self._detector.framing.frame(height, width)
        except ImageError as error:
            region = in_words(self._detector.config.model.crop)
            raise ImageError(
                f"The model looks at {region} of every picture, which does not fit this one of {width} x {height} "
                "pixels. Take it as the pictures that the model was trained on, or train a model for this size."
            ) from error

    def judge(self, images: Sequence[np.ndarray]) -> list[Judged]:
        kind, is_anomalous = self._detector.checkpoint.kind, self._reference.is_anomalous
        return [
            Judged(one.map, one.value, is_anomalous(one.value), kind is not None and kind.is_other(one.features))
            for one in self._detector.score(images, self._reference.expression)
        ]


class ExportJudge:
    """An exported model's folder. Only one of the format `torch` needs PyTorch.

    Attributes:
        only: (height, width) of the only pictures that it takes; None for any.

    Args:
        folder: what `nnet export` wrote.

    Raises:
        nnet.export.ExportError: it is no export, or the package that runs it is missing.
    """

    def __init__(self, folder: Path) -> None:
        manifest = read_manifest(folder)
        try:
            made_from = manifest["checkpoint"]
            self.expression, self.threshold = str(manifest["expression"]), float(manifest["threshold"])
            self._size = int(manifest["preprocessing"]["size"])
            region = manifest.get("region")  # of a model that frames its pictures, which its graph then does
            picture = region and region["picture"]
            self.only: tuple[int, int] | None = picture and (int(picture["height"]), int(picture["width"]))
            self.has_random_teacher = made_from["config"]["model"]["teacher_weights"] == "random"
        except (KeyError, TypeError, ValueError) as error:
            raise ExportError(f"{folder} has a damaged {MANIFEST} ({error!r}). Export the model again.") from error
        self.name = str(folder)
        self.bits: int | None = manifest.get("bits")  # as the model that was exported reads deeper grey values
        # Exported again, it is the same model; in another format, its scores differ by rounding.
        stands_for = json.dumps([manifest["format"], made_from], sort_keys=True)
        self.identity = identity(stands_for.encode(), self.expression, self.threshold)
        self._run = open_export(folder)

    def require_fit(self, height: int, width: int) -> None:
        if self.only and self.only != (height, width):
            raise ImageError(
                f"The exported model is for pictures of {self.only[1]} x {self.only[0]} pixels, but this one has "
                f"{width} x {height}. Take it as the others are, export the model for this size, or watch with the "
                "checkpoint, which takes any."
            )

    def judge(self, images: Sequence[np.ndarray]) -> list[Judged]:
        if self.only and len(images) > 1:  # each makes many inputs
            return [self.judge([image])[0] for image in images]
        found = self._run(np.stack([image if self.only else resize(image, self._size) for image in images]))
        each = zip(found["score_map"], found["score"].tolist(), found["anomalous"].tolist(), strict=True)
        return [Judged(*one) for one in each]


class SizesJudge:
    """The exports of one model for several sizes of pictures: the one for a picture's size scores it.

    Args:
        folder: what `nnet export --size` wrote for several sizes.

    Raises:
        nnet.export.ExportError: as for `ExportJudge`, and if the exports are not of one model.
    """

    def __init__(self, folder: Path) -> None:
        judges = [ExportJudge(path) for path in exports_in(folder)]
        first = judges[0]
        if len({one.identity for one in judges}) > 1 or any(one.only is None for one in judges):
            raise ExportError(
                f"The exports in {folder} are not of one model for several sizes of pictures. Name one of its folders: "
                f"{', '.join(Path(one.name).name for one in judges)}."
            )
        self.name, self.identity, self.has_random_teacher = str(folder), first.identity, first.has_random_teacher
        self.expression, self.threshold, self.bits = first.expression, first.threshold, first.bits
        self._judges = {one.only: one for one in judges}

    def require_fit(self, height: int, width: int) -> None:
        if (height, width) not in self._judges:
            sizes = " or ".join(f"{only[1]} x {only[0]}" for only in self._judges if only)
            raise ImageError(
                f"The exported models are for pictures of {sizes} pixels, but this one has {width} x {height}. Take it "
                "as the others are, export the model for this size, too, or watch with the checkpoint, which takes any."
            )

    def judge(self, images: Sequence[np.ndarray]) -> list[Judged]:
        return [self._judges[image.shape[0], image.shape[1]].judge([image])[0] for image in images]


def exported(folder: Path) -> ExportJudge | SizesJudge:
    """The judge for what `nnet export` wrote: an export, or a folder with one for each of several sizes.

    Raises:
        nnet.export.ExportError: as for `ExportJudge`, and if the exports are not of one model.
    """
    return ExportJudge(folder) if (folder / MANIFEST).exists() or not exports_in(folder) else SizesJudge(folder)


def identity(model: bytes, expression: str, threshold: float) -> str:
    """What stands for a model with its score and threshold."""
    return hashlib.sha256(b"\n".join((model, expression.encode(), repr(threshold).encode()))).hexdigest()
