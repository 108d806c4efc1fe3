"""The trained network as a tool: images in, a typed account of everything it computed out. It has no user interface."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import torch
from torch import Tensor

from nnet.config import Config
from nnet.data.framing import Framing, without_framing
from nnet.data.images import resize
from nnet.device import autocast, choose_device, describe, inference_dtype, threads_for
from nnet.errors import NNetError
from nnet.expression import Expression, read
from nnet.model.folding import folded
from nnet.model.inputs import to_network_input
from nnet.model.network import NNet, Outputs
from nnet.model.nfs import address
from nnet.saved import checkpoint as checkpoints
from nnet.saved.checkpoint import Checkpoint
from nnet.scoring.blending import blended, peak
from nnet.scoring.calibration import Calibration, Kept
from nnet.scoring.maps import MAPS, Branch, anomaly_maps, divided, image_score, score_maps, to_common_size
from nnet.trace import Array as Array
from nnet.trace import Gate as Gate
from nnet.trace import MemoryUse as MemoryUse
from nnet.trace import Trace as Trace
from nnet.trace import array, trace_of

LARGEST = 1e12
"""Of a map: more than any distance of features is of its level, and so little that products of three are finite."""


class InputError(NNetError, ValueError):
    """An array that is no image."""


@dataclass(frozen=True)
class Score:
    """Score_p of one image, float32 smoothed, (size, size) or as `Frame.score_shape` says; Score_l, its maximum; the
    mean of F_3, (C_3,) float32."""

    map: Array
    value: float
    features: Array


class Detector:
    """An N-Net, ready for images. One instance may serve many threads: forward passes take turns.

    Args:
        network: trained, as `nnet.saved.checkpoint.build_network` returns it.
        config: its settings.
        device: see `nnet.device.choose_device`.
        levels: what each map is divided by, see `nnet.scoring.calibration.Calibration.levels`.
    """

    def __init__(
        self, network: NNet, config: Config, device: str = "auto", levels: Mapping[str, float] | None = None
    ) -> None:
        self.device = choose_device(device)
        self.dtype = inference_dtype(self.device)
        # torch's stubs know no `memory_format` here
        self.network: NNet = network.eval().to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.config, self.framing = config, Framing.of(config.model)
        self.levels: dict[str, float] = dict(levels or {})
        self._turn = threading.Lock()

    @staticmethod
    def load(path: Path | str, device: str = "auto", weights_file: Path | None = None) -> TrainedModel:
        """Load a checkpoint directory.

        Raises:
            nnet.saved.checkpoint.CheckpointError: no checkpoint, damaged, or of another version.
            nnet.model.teacher_weights.WeightsError: the teacher's weights are missing.
            nnet.device.DeviceError: the device is missing.
        """
        saved = checkpoints.load(path)
        return TrainedModel(checkpoints.build_network(saved, weights_file), saved, device)

    def with_network(self, network: NNet, config: Config) -> Detector:
        """A detector of another network on the same device, which takes turns with this one. It has no calibration."""
        view = Detector.__new__(Detector)
        view.device, view.dtype, view._turn = self.device, self.dtype, self._turn
        view.network, view.config, view.levels = network, config, self.levels
        view.framing = Framing.of(config.model)
        return view

    @property
    def unframed(self) -> Self:
        """The same network for what it is shown inside of a picture: every image is one input as a whole."""
        if self.framing.is_whole:
            return self
        _ = self._fast  # made once, for both
        view = copy.copy(self)
        view.config = without_framing(self.config)
        view.framing = Framing.of(view.config.model)
        return view

    def inside(self, image: Array, score: Array | None = None) -> tuple[Array, tuple[int, int, int, int]]:
        """What the network sees where a picture's score is largest, uint8 (h, w, 3), and its `Trace.window`.

        `score` is the picture's Score_p where it is known already.
        """
        _check(image)
        frame = self.framing.frame(*image.shape[:2])
        index = peak(frame, self.score([image])[0].map if score is None else score)
        return np.ascontiguousarray(frame.cut(image, index)), frame.window(index)

    @property
    def device_name(self) -> str:
        """The device in words."""
        return describe(self.device)

    def trace(self, image: Array) -> Trace:
        """Everything the network computes for one uint8 (H, W, 3) RGB image of any size."""
        return self.trace_batch([image])[0]

    def trace_batch(self, images: Sequence[Array]) -> list[Trace]:
        """`trace` for several images in one forward pass; they may differ in size.

        Of a model with a framing, the traces are of what lies under each picture's largest score (`Trace.window`).

        Raises:
            InputError: an array is not uint8 (H, W, 3).
        """
        if not self.framing.is_whole:
            parts = [self.inside(image) for image in images]
            traces = self.unframed.trace_batch([part for part, _ in parts])
            return [replace(found, window=at) for found, (_, at) in zip(traces, parts, strict=True)]
        stopwatch = _Stopwatch(self.device, len(images))
        with self._pass(len(images)):
            batch = self._input(images)
            stopwatch("resize")
            out, native, maps = self._in_half_or_full(lambda: self._fast(batch, tick=stopwatch))
            stopwatch("maps")
        return [
            trace_of(image, self.config.model.size, out, native, maps, stopwatch.milliseconds, i)
            for i, image in enumerate(images)
        ]

    @property
    def memory(self) -> Array | None:
        """The memory items M, (N, C) float32, or None without a memory."""
        return None if self.network.NFS is None else array(self.network.NFS.memory.detach())

    def addressing(self, images: Sequence[Array]) -> Array:
        """Only the addressing weights w^ of several images, (B, H, W, N) float32; runs the teacher and the memory.

        Raises:
            InputError: the network has no memory, or an array is no image.
        """
        if self.network.NFS is None:
            raise InputError("This network has no memory (model.nfs is off), so nothing is addressed.")
        with self._pass(len(images)), autocast(self.device, self.dtype):
            f = self.network.T(self.network.normalise(self._input(images)))
            return array(self.network.NFS(f[2])[1].weights)

    def address(self, cosine: Array, temperature: float, shrink: float, keep: Array | None = None) -> MemoryUse:
        """Addressing weights for other settings than the trained ones, from a trace's cosines. Runs no network.

        Args:
            cosine: (H, W, N), as in `Trace.addressing`.
            temperature, shrink: as in `ModelConfig`.
            keep: (N,) booleans; items at False are forgotten. At least one must be kept.

        Raises:
            InputError: every item is forgotten.
        """
        if keep is not None and not np.any(keep):
            raise InputError("Every memory item is switched off, so nothing can be recalled. Keep at least one.")
        kept = None if keep is None else torch.from_numpy(np.asarray(keep, bool))
        return MemoryUse(*(a.numpy() for a in address(torch.from_numpy(cosine), temperature, shrink, kept)))

    def rebuild(self, trace: Trace, recalled: Array) -> Trace:
        """The trace that another F'_3 would have led to: runs FPM, FFC and S2 again, but neither T nor S1.

        Args:
            trace: of a network with a memory.
            recalled: F'_3, (C_3, H_3, W_3) float32, for example `weights @ detector.memory` in that order of axes.

        Raises:
            InputError: the network has no memory, or the shape differs from F_3's.
        """
        if trace.addressing is None or recalled.shape != trace.F[2].shape:
            raise InputError(f"Expected a recalled map of shape {trace.F[2].shape} and a network with a memory.")
        return replace(self.replay(trace, recalled), addressing=trace.addressing)

    def replay(self, trace: Trace, recalled: Array | None) -> Trace:
        """A trace's way from F_1, F_2 and F'_3 (None: F_3) to the maps once more, through FPM, FFC and S2.

        T and S1 do not run, and SF and SP are taken from `trace`; the new trace has no addressing.
        """
        stopwatch = _Stopwatch(self.device, 1)
        with self._pass(1), autocast(self.device, self.dtype):
            f = self._tensors(trace.F)
            sf, sp = (None if arrays is None else self._tensors(arrays) for arrays in (trace.SF, trace.SP))
            new = None if recalled is None else self._tensors((recalled,))[0]
            stopwatch("transfer")
            p, gates, f_e, f_c, d = self.network.rebuild(f, new, stopwatch)
            target, own = self.network.forward_target(f, p, new)
            out = Outputs(f, new, p, target, sf, sp, f_e, f_c, d, gates, None, None, own)
            native, maps = self._maps_of(out)
            stopwatch("maps")
        rebuilt = trace_of(trace.image, trace.input_size, out, native, maps, stopwatch.milliseconds, 0)
        return replace(rebuilt, gates_S1=trace.gates_S1)

    def maps(self, images: Sequence[Array]) -> dict[str, Tensor]:
        """Only M1..M6 of several images: name -> (B, 64, 64) float32 on the device."""
        return self.maps_and_f3(images)[0]

    def maps_and_f3(self, images: Sequence[Array], only: Branch | None = None) -> tuple[dict[str, Tensor], Tensor]:
        """M1..M6 of several images as `maps` gives them, and F_3 (B, C_3, H_3, W_3), from one forward pass.

        With `only` the maps of one branch, without the time that the other takes. Of a model with a framing both are of
        the whole pictures, blended; these must then be of one size.
        """
        if self.framing.is_whole:
            return self._maps_and_f3(images, only)
        for image in images:
            _check(image)
        if len({image.shape for image in images}) > 1:
            raise InputError("Pictures of several sizes have maps of several sizes in this model: give one at a time.")
        return blended(self.framing, images, lambda inputs: self._maps_and_f3(inputs, only))

    def _maps_and_f3(self, images: Sequence[Array], only: Branch | None) -> tuple[dict[str, Tensor], Tensor]:
        with self._pass(len(images)):
            batch = self._input(images)
            out, _, maps = self._in_half_or_full(lambda: self._fast(batch, only=only))
            return maps, out.F[2]

    def score(self, images: Sequence[Array], expression: Expression | str | None = None) -> list[Score]:
        """Score_p and Score_l of several images under an expression, parsed or not (default: the model's own).

        Raises:
            InputError: an array is not uint8 (H, W, 3).
            nnet.expression.ExpressionError: malformed, or a map that this model does not have.
        """
        settings, framing = self.config.scoring, self.framing
        wanted = read(expression or settings.expression)
        if not framing.is_whole and len(images) > 1:
            return [self.score([image], wanted)[0] for image in images]
        with torch.inference_mode():
            maps, f3 = self.maps_and_f3(images, self._only(wanted))
            pixels = score_maps(maps, wanted, framing.pixels, settings.sigma, framing.blended_cells)
            found = pixels.cpu().numpy(), image_score(pixels).tolist(), array(f3.mean(dim=(2, 3)))
        return [Score(*one) for one in zip(*found, strict=True)]

    def _only(self, expression: Expression) -> Branch | None:
        """The branch that a score is made of, if it is one alone."""
        first, *others = {MAPS[name].branch for name in expression.maps}
        has_all = set(expression.maps) <= set(self.config.maps)  # what is missing is told where the score is made
        return None if others or not has_all else first

    def _in_half_or_full(self, run: Callable[[], Outputs]) -> tuple[Outputs, dict[str, Tensor], dict[str, Tensor]]:
        """A forward pass with its native and its common maps, in the device's number format.

        In float32 once more if a map is not finite in float16, whose numbers end at 65,504.
        """
        with autocast(self.device, self.dtype):
            native, maps = self._maps_of(out := run())
        if self.dtype is torch.float16 and not all(bool(m.isfinite().all()) for m in native.values()):
            native, maps = self._maps_of(out := run())
        return out, native, maps

    def _maps_of(self, out: Outputs) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """M1..M6 at the features' own resolutions and at the common size, in units of their levels if it has some."""
        native = divided(anomaly_maps(out, self.config.loss.distance), self.levels)
        return native, to_common_size(native, self.config.model.map_size)

    @contextmanager
    def _pass(self, images: int) -> Iterator[None]:
        """A forward pass of so many images: nobody else's at the same time, and on as many threads as pay."""
        work = self._weights * images * self.config.model.size**2
        with self._turn, threads_for(self.device, work), torch.inference_mode():
            yield

    @property
    def _fast(self) -> NNet:
        """What looks at images; see `TrainedModel`."""
        return self.network

    @cached_property
    def _weights(self) -> int:
        return sum(weight.numel() for weight in self.network.parameters())

    def _tensors(self, arrays: Sequence[Array]) -> list[Tensor]:
        return [torch.from_numpy(a)[None].to(self.device) for a in arrays]

    def _input(self, images: Sequence[Array]) -> Tensor:
        for image in images:
            _check(image)
        resized = [resize(image, self.config.model.size) for image in images]
        return to_network_input(np.stack(resized), self.device)


class TrainedModel(Detector):
    """A detector with the checkpoint that it comes from, and the held-out normal images to compare scores with.

    Args:
        network: the checkpoint's, with its teacher.
        checkpoint: supplies settings and calibration.
        device: see `nnet.device.choose_device`.
    """

    def __init__(self, network: NNet, checkpoint: Checkpoint, device: str = "auto") -> None:
        super().__init__(network, checkpoint.config, device, checkpoint.calibration.levels)
        self.checkpoint = checkpoint

    def deciding_by(self, kept: Mapping[str, Kept]) -> TrainedModel:
        """The same network with other kept thresholds (canonical expression -> threshold), without loading it again."""
        _ = self._fast  # made once, for both
        view, old = copy.copy(self), self.checkpoint.calibration
        calibration = replace(old, kept=dict(kept), _references={}, _lock=threading.Lock())
        view.checkpoint = replace(self.checkpoint, calibration=calibration)
        return view

    @cached_property
    def _fast(self) -> NNet:
        """On a CPU a folded copy, which computes the same in less time (benchmarks/export.py measures it).

        Made when it is first needed. A network that is still being trained changes, and may hold what joins it to other
        processes, so that a plain `Detector` makes no copy.
        """
        return folded(self.network, self.config.model.size) if self.device.type == "cpu" else self.network

    def _in_half_or_full(self, run: Callable[[], Outputs]) -> tuple[Outputs, dict[str, Tensor], dict[str, Tensor]]:
        """The same. Weights that are finite one by one may still compute what is not.

        Raises:
            CheckpointError: they do.
        """
        out, native, maps = super()._in_half_or_full(run)
        largest = torch.stack([m.abs().amax() for m in maps.values()]).amax()
        if not largest <= LARGEST:  # also refuses NaN
            raise checkpoints.CheckpointError(
                f"{self.checkpoint.name} computes no usable numbers from a picture, so its weights or levels are "
                "damaged. Restore it from its source, or train the model again."
            )
        return out, native, maps

    @property
    def calibration(self) -> Calibration:
        """The held-out normal images' maps and what follows from them."""
        return self.checkpoint.calibration


class _Stopwatch:
    """Milliseconds between ticks; waits for the device, so that a stage's time is its own."""

    def __init__(self, device: torch.device, images: int) -> None:
        self._device, self._images = device, images
        self._last = time.perf_counter()
        self.milliseconds: dict[str, float] = {}

    def __call__(self, stage: str) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        now = time.perf_counter()
        self.milliseconds[stage] = 1000 * (now - self._last) / self._images
        self._last = now


def _check(image: Array) -> None:
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        found = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
        raise InputError(f"Expected an RGB image as a uint8 array (height, width, 3), found {found}. Use nnet.decode.")
