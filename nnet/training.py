"""Train an N-Net on normal images and leave a checkpoint behind."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor, nn

from nnet import checkpoint as checkpoints
from nnet.atlas import collect, to_tensors
from nnet.calibration import Calibration, calibrate
from nnet.config import Config, TrainConfig
from nnet.detector import Detector
from nnet.device import autocast, available_memory, choose_device, training_dtype
from nnet.errors import NNetError
from nnet.features import FeatureCache, Images, batches, take
from nnet.losses import beta_at, total_loss
from nnet.network import NNet
from nnet.nfs import effective_items
from nnet.storage import write_tensors, write_text

MIN_TRAINING_IMAGES = 4
CALIBRATION_IMAGES = (8, 64)  # fewer say nothing about a quantile; more only make the checkpoint larger
WARM_UP_SHARE, FINAL_RATE_SHARE = 0.05, 0.02
RESUME = "resume.safetensors"
KMEANS_SAMPLE = 20_000


class TrainingError(NNetError):
    """Training cannot start or go on."""


@dataclass(frozen=True)
class Progress:
    """Where a training run stands.

    Attributes:
        phase: "features", "train" or "calibrate".
        done, total: steps of the phase (images, optimiser steps, images).
        epoch: epochs finished.
        seconds: since the phase began.
        losses: mean of each loss term over the epoch so far.
    """

    phase: str
    done: int
    total: int
    epoch: int = 0
    seconds: float = 0.0
    losses: dict[str, float] = dataclasses.field(default_factory=dict)

    @property
    def seconds_left(self) -> float | None:
        """Estimate from the pace so far; None before the first step."""
        return self.seconds / self.done * (self.total - self.done) if self.done else None


Report = Callable[[Progress], None]


def train(
    config: Config,
    images: Images,
    out: Path | str,
    *,
    about: dict[str, Any] | None = None,
    resume: bool = False,
    device: str = "auto",
    weights_file: Path | None = None,
    compile: bool = False,
    report: Report | None = None,
) -> Detector:
    """Train on normal images and write a checkpoint.

    The order of the images depends on the seed and the epoch alone and the state is saved after every epoch, so a
    killed run that is resumed ends, on the same device, with the same weights as an unbroken one.

    Args:
        config: all settings.
        images: normal images, uint8 (n, size, size, 3) or decoded on demand; a share is held out for calibration.
        out: the checkpoint's directory; must not hold a finished checkpoint.
        about: what the card should say of data and origin.
        resume: go on from `out` if a run was broken off there.
        device: see `nnet.device.choose_device`.
        weights_file: explicit teacher weights.
        compile: use torch.compile (pays off for long runs on a GPU).
        report: called during the work.

    Returns:
        The trained detector, on the device.

    Raises:
        TrainingError: too few images, a finished checkpoint in the way, nothing to resume, or a non-finite loss.
    """
    run = _Run(config, images, Path(out), device, weights_file, report or (lambda _: None))
    run.prepare(resume)
    run.fit(compile)
    return run.finish(about or {})


def split_normals(count: int, config: TrainConfig) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the training and of the calibration images: a seeded shuffle of range(count), each part sorted.

    Raises:
        TrainingError: too few images for both parts.
    """
    low, high = CALIBRATION_IMAGES
    held = min(max(round(count * config.calibration_share), low), high)
    if count - held < MIN_TRAINING_IMAGES:
        raise TrainingError(
            f"Training needs at least {MIN_TRAINING_IMAGES + low} normal images ({low} of them are held out to find "
            f"the threshold), found {count}. Add more images of good parts."
        )
    order = np.random.default_rng([config.seed, 0]).permutation(count)
    return np.sort(order[held:]), np.sort(order[:held])


def learning_rate_at(config: TrainConfig, step: int, steps: int) -> float:
    """Learning rate of step 0..steps-1 under the schedule."""
    if config.schedule == "constant":
        return config.learning_rate
    warm_up = max(1, round(WARM_UP_SHARE * steps))
    if step < warm_up:
        return config.learning_rate * (step + 1) / warm_up
    turn = math.pi * (step - warm_up) / max(1, steps - warm_up)
    return config.learning_rate * (FINAL_RATE_SHARE + (1 - FINAL_RATE_SHARE) * (1 + math.cos(turn)) / 2)


class _Run:
    """One training run: prepare, fit, finish."""

    def __init__(
        self, config: Config, images: Images, out: Path, device: str, weights_file: Path | None, report: Report
    ) -> None:
        self.config, self.out, self.report = config, out, report
        self.images = images
        self.trained_on, self.held_out = split_normals(len(images), config.train)
        self.device = choose_device(device)
        self.dtype = training_dtype(self.device, config.train.precision)
        torch.manual_seed(config.train.seed)
        self.network = NNet(config, weights_file).to(self.device, memory_format=torch.channels_last)
        self.optimiser = torch.optim.Adam(
            [p for p in self.network.parameters() if p.requires_grad],
            lr=config.train.learning_rate,
            betas=(config.train.adam_beta1, config.train.adam_beta2),
            fused=self.device.type in ("cpu", "cuda"),
        )
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.dtype is torch.float16)
        # Same settings and same pixels: only then may a broken run be continued.
        self.identity = _identity(config, images)
        self.first_epoch = 0

    @property
    def steps_per_epoch(self) -> int:
        """A last batch of a single image is dropped: batch normalisation cannot use it."""
        whole, rest = divmod(len(self.trained_on), self.config.train.batch_size)
        return whole + (rest > 1)

    @property
    def epochs(self) -> int:
        """Epochs of the whole run: as configured, or more until the least number of steps is reached."""
        return max(self.config.train.epochs, math.ceil(self.config.train.min_steps / self.steps_per_epoch))

    def prepare(self, resume: bool) -> None:
        """Make the directory, load a broken run's state, compute the teacher's features, start the memory."""
        if checkpoints.is_checkpoint(self.out):
            raise TrainingError(f"{self.out} already holds a finished model. Choose another directory, or delete it.")
        self.out.mkdir(parents=True, exist_ok=True)
        state = self.out / RESUME
        if state.is_file() and not resume:
            raise TrainingError(f"{self.out} holds a broken-off run. Add --resume to go on, or delete the directory.")
        budget = min(int(self.config.train.cache_gb * 1024**3), available_memory() // 2)
        started = time.perf_counter()
        self.features = FeatureCache(
            self.network, self.images, self.trained_on, budget, self.device, self.dtype,
            lambda done, total: self.report(Progress("features", done, total, 0, time.perf_counter() - started)),
        )  # fmt: skip
        if state.is_file():
            self._restore(state)
        elif self.network.NFS is not None:
            self.network.NFS.initialise(self._memory_centres().to(self.device))
        self._truncate_history()

    def fit(self, compile: bool) -> None:
        """All epochs that are left."""
        forward = torch.compile(self.network) if compile else self.network
        started = time.perf_counter()
        total = (self.epochs - self.first_epoch) * self.steps_per_epoch
        for epoch in range(self.first_epoch, self.epochs):
            before = (epoch - self.first_epoch) * self.steps_per_epoch

            def report(step: int, losses: dict[str, float], epoch: int = epoch, before: int = before) -> None:
                seconds = time.perf_counter() - started
                self.report(Progress("train", before + step, total, epoch, seconds, losses))

            entry = self._epoch(epoch, forward, report)
            self._append_history(entry)
            self._save_state(epoch + 1)

    def finish(self, about: dict[str, Any]) -> Detector:
        """Calibrate on the held-out images, collect the memory atlas, write the checkpoint, drop the resume state."""
        self.network.eval().requires_grad_(False)
        checkpoints.round_weights(self.network)
        detector = Detector(self.network, self.config, None, str(self.device))
        detector.calibration = self._calibrate(detector)
        atlas = collect(detector, self.images, self.trained_on)
        about = {
            "teacher_origin": self.network.T.origin,
            "training_images": len(self.trained_on),
            "calibration_images": len(self.held_out),
            "device": detector.device_name,
            **about,
        }
        tensors = None if atlas is None else to_tensors(atlas)
        checkpoints.save(self.out, self.network, self.config, detector.calibration, tensors, about)
        (self.out / RESUME).unlink(missing_ok=True)
        detector.checkpoint = checkpoints.load(self.out)
        return detector

    def _epoch(self, epoch: int, forward: nn.Module, report: Callable[[int, dict[str, float]], None]) -> dict[str, Any]:
        self.network.train()
        started, usage, sums = time.perf_counter(), _MemoryUsage(), _Means()
        order = np.random.default_rng([self.config.train.seed, 1, epoch]).permutation(len(self.trained_on))
        size = self.config.train.batch_size
        for step in range(self.steps_per_epoch):
            rate = self._set_rate(epoch * self.steps_per_epoch + step)
            images, features = self.features.batch(order[step * size : (step + 1) * size])
            with autocast(self.device, self.dtype):
                out = forward(images, features)
                losses = total_loss(out, self.config.loss, epoch)
            self._step(losses["loss"], epoch)
            sums.add({name: float(value.detach()) for name, value in losses.items()})
            if out.addressing is not None:
                usage.add(out.addressing.weights.detach())
            report(step + 1, sums.means)
        seconds = time.perf_counter() - started
        return {
            "epoch": epoch + 1,
            **sums.means,
            "beta": beta_at(self.config.loss, epoch),
            "learning_rate": rate,
            **usage.summary(),
            "seconds": round(seconds, 3),
            "images_per_second": round(len(order) / seconds, 2),
        }

    def _step(self, loss: Tensor, epoch: int) -> None:
        if not torch.isfinite(loss):
            raise TrainingError(
                f"The loss became {loss.item()} in epoch {epoch + 1}: training diverged. "
                "Lower the learning rate (a fifth is a good try) or use --precision float32."
            )
        self.optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimiser)
        self.scaler.update()

    def _set_rate(self, step: int) -> float:
        rate = learning_rate_at(self.config.train, step, self.epochs * self.steps_per_epoch)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        return rate

    def _memory_centres(self) -> Tensor:
        """k-means centres of F_3's directions, scaled back to the features' mean length: every item starts in use."""
        from sklearn.cluster import MiniBatchKMeans

        items = self.config.model.memory_items
        generator = np.random.default_rng([self.config.train.seed, 2])
        vectors = self.features.sample_f3(max(KMEANS_SAMPLE, 4 * items), generator)
        directions = nn.functional.normalize(vectors, dim=1)
        items_found = min(items, len(vectors))
        clusters = MiniBatchKMeans(items_found, random_state=self.config.train.seed, n_init=1, batch_size=4096)
        centres = torch.from_numpy(clusters.fit(directions.numpy()).cluster_centers_).float()
        centres = centres.repeat(math.ceil(items / items_found), 1)[:items]
        return centres * vectors.norm(dim=1).mean()

    @torch.inference_mode()
    def _calibrate(self, detector: Detector) -> Calibration:
        parts: list[dict[str, Tensor]] = []
        started = time.perf_counter()
        for part in batches(len(self.held_out), 8):
            images = take(self.images, self.held_out[part])
            parts.append({name: m.cpu() for name, m in detector.maps(list(images)).items()})
            seconds = time.perf_counter() - started
            self.report(Progress("calibrate", part.stop, len(self.held_out), self.epochs, seconds))
        maps = {name: torch.cat([p[name] for p in parts]) for name in self.config.maps}
        return calibrate(maps, self.config.model.size, self.config.scoring)

    def _save_state(self, epoch: int) -> None:
        """Weights, Adam's moments and the scaler in one file, replaced in one step."""
        names = [name for name, p in self.network.named_parameters() if p.requires_grad]
        tensors = {f"network/{name}": value for name, value in self.network.own_state().items()}
        for index, moments in self.optimiser.state_dict()["state"].items():
            tensors |= {f"adam/{key}/{names[index]}": value for key, value in moments.items()}
        notes = {"epoch": str(epoch), "identity": self.identity, "scaler": json.dumps(self.scaler.state_dict())}
        write_tensors(self.out / RESUME, tensors, notes)

    def _restore(self, path: Path) -> None:
        with safe_open(path, "pt", device=str(self.device)) as stored:
            notes = stored.metadata()
            if notes["identity"] != self.identity:
                raise TrainingError(
                    f"The broken-off run in {self.out} was made with other settings or other images. "
                    "Give the same ones, or start in another directory."
                )
            tensors = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118 (not a dict)
        self.network.load_own_state(
            {key.removeprefix("network/"): value for key, value in tensors.items() if key.startswith("network/")}
        )
        self.optimiser.load_state_dict(self._adam_state(tensors))
        self.scaler.load_state_dict(json.loads(notes["scaler"]))
        self.first_epoch = int(notes["epoch"])

    def _adam_state(self, tensors: dict[str, Tensor]) -> dict[str, Any]:
        trainable = [(name, p) for name, p in self.network.named_parameters() if p.requires_grad]
        state = {
            index: {
                "step": tensors[f"adam/step/{name}"],
                # Adam's fused kernel walks moments and parameters in memory order: both must have one layout.
                **{key: torch.empty_like(p).copy_(tensors[f"adam/{key}/{name}"]) for key in ("exp_avg", "exp_avg_sq")},
            }
            for index, (name, p) in enumerate(trainable)
            if f"adam/step/{name}" in tensors
        }
        return {"state": state, "param_groups": self.optimiser.state_dict()["param_groups"]}

    def _truncate_history(self) -> None:
        """Drop lines of epochs that will be run again."""
        path = self.out / checkpoints.HISTORY
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        write_text(path, "".join(line + "\n" for line in lines[: self.first_epoch]))

    def _append_history(self, entry: dict[str, Any]) -> None:
        with (self.out / checkpoints.HISTORY).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(entry) + "\n")


def _identity(config: Config, images: Images) -> str:
    """SHA-256 over settings and pixels. Raises TrainingError if the images do not have the network's input size."""
    digest = hashlib.sha256(json.dumps(config.to_dict(), sort_keys=True).encode())
    expected = (config.model.size, config.model.size, 3)
    for part in batches(len(images), 64):
        block = take(images, np.arange(part.start, part.stop))
        if block.dtype != np.uint8 or block.shape[1:] != expected:
            raise TrainingError(f"Expected uint8 images {expected}, found {block.dtype} {block.shape[1:]}.")
        digest.update(np.ascontiguousarray(block))
    return digest.hexdigest()


class _Means:
    """Running means of named numbers."""

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._count = 0

    def add(self, values: dict[str, float]) -> None:
        self._count += 1
        for name, value in values.items():
            self._sums[name] = self._sums.get(name, 0.0) + value

    @property
    def means(self) -> dict[str, float]:
        return {name: total / self._count for name, total in self._sums.items()}


class _MemoryUsage:
    """How an epoch used the memory: effective items per query and over the data set, and dead items."""

    def __init__(self) -> None:
        self._per_query: list[float] = []
        self._shares: list[Tensor] = []

    def add(self, weights: Tensor) -> None:
        """weights (B, H, W, N)."""
        self._per_query.append(float(effective_items(weights).mean()))
        self._shares.append(weights.mean(dim=(0, 1, 2)))

    def summary(self) -> dict[str, float]:
        """`items_per_query` and `items_used` are exp(entropy); an item is dead if it got under 1 % of a fair share."""
        if not self._shares:
            return {}
        share = torch.stack(self._shares).mean(dim=0)
        return {
            "items_per_query": float(np.mean(self._per_query)),
            "items_used": float(effective_items(share)),
            "items_dead": int((share < 0.01 / len(share)).sum()),
        }


def load_history(path: Path | str) -> list[dict[str, Any]]:
    """The lines of a run's history.jsonl; a half-written last line is left out."""
    lines = (Path(path) / checkpoints.HISTORY).read_text(encoding="utf-8").splitlines()
    entries = []
    for line in lines:
        try:
            entries.append(json.loads(line))
        except ValueError:
            break
    return entries
