"""Train an N-Net on normal images and leave a checkpoint behind."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from nnet.analysis.atlas import collect, to_tensors
from nnet.config import Config, TrainConfig
from nnet.detector import Detector
from nnet.device import autocast, available_memory, describe, training_dtype
from nnet.errors import NNetError
from nnet.model.inputs import Images, batches, take
from nnet.model.network import NNet
from nnet.model.nfs import effective_items
from nnet.saved import checkpoint as checkpoints
from nnet.saved.storage import write_tensors, write_text
from nnet.scoring.calibration import Calibration, calibrate
from nnet.training.distributed import Team
from nnet.training.features import FeatureCache
from nnet.training.losses import beta_at, total_loss

MIN_TRAINING_IMAGES = 4
CALIBRATION_IMAGES = (8, 64)  # fewer say nothing about a quantile; more only make the checkpoint larger
WARM_UP_SHARE, FINAL_RATE_SHARE = 0.05, 0.02
RESUME = "resume.safetensors"
KEEP_SECONDS = 10.0  # from one writing of the state to the next, which takes a fifth of an epoch of thirty images
KMEANS_SAMPLE = 20_000


class TrainingError(NNetError):
    """Training cannot start or go on."""


class Stopped(Exception):
    """Whoever listens to the progress wants the run to stop; nothing is wrong with it."""


@dataclass(frozen=True)
class Progress:
    """Where a training run stands.

    Attributes:
        phase: "images", "features", "train", "calibrate", "atlas" or "measure", in that order.
        done, total: steps of the phase (optimiser steps of the whole run when training, else images).
        epoch, epochs: finished, and in all.
        seconds: since the phase began.
        before: steps of the phase that an earlier attempt had done.
        losses: mean of each loss term over the epoch so far.
        learning_rate, beta: of the step; None outside of training.
        images_per_second: of the epoch so far; None outside of training.
        memory: how the epoch used the memory so far (see `_MemoryUsage`).
        device: in words; "" before it is known.
    """

    phase: str
    done: int
    total: int
    epoch: int = 0
    seconds: float = 0.0
    losses: dict[str, float] = dataclasses.field(default_factory=dict)
    epochs: int = 0
    before: int = 0
    learning_rate: float | None = None
    beta: float | None = None
    images_per_second: float | None = None
    memory: dict[str, float] = dataclasses.field(default_factory=dict)
    device: str = ""

    @property
    def seconds_left(self) -> float | None:
        """Estimate from the pace so far; None before the first step."""
        made = self.done - self.before
        return self.seconds / made * (self.total - self.done) if made > 0 else None


Report = Callable[[Progress], None]


class Watch(Protocol):
    """Somebody who looks at the network between epochs (`nnet.runs.watching`). Looking must change nothing in it."""

    def begin(self, images: Images, held_out: np.ndarray, first_epoch: int, epochs: int) -> None:
        """The images, the indices of those held out for calibration, and the epochs that are finished and in all."""

    def look(self, detector: Detector, epoch: int) -> dict[str, Any]:
        """Look after `epoch` (0: before the first step); what is returned goes into the history."""

    def heard(self, entry: dict[str, Any]) -> None:
        """A line of the history, once it is written."""


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
    watch: Watch | None = None,
) -> Detector | None:
    """Train on normal images and write a checkpoint.

    The order of the images depends on the seed and the epoch alone and the state after an epoch is saved, so a killed
    run that is resumed ends, on the same device, with the same weights as an unbroken one. Whatever ends a run by an
    exception, the last finished epoch is kept; kill -9 or a power cut can also take epochs of the last `KEEP_SECONDS`.
    Under torchrun the processes share the work (`nnet.training.distributed`); the batch size stays that of all of them
    together.

    Args:
        config: all settings.
        images: normal images, uint8 (n, size, size, 3) or decoded on demand; a share is held out for calibration.
        out: the checkpoint's directory; must not hold a finished checkpoint.
        about: what the card should say of data and origin.
        resume: go on from `out` if a run was broken off there.
        device: see `nnet.device.choose_device`.
        weights_file: explicit teacher weights.
        compile: use torch.compile (pays off for long runs on a GPU).
        report: called during the work; what it raises ends the run, which can be resumed.
        watch: looks at the network between epochs.

    Returns:
        The trained detector, on the device; None in a process of torchrun whose rank is not 0.

    Raises:
        TrainingError: too few images, a finished checkpoint in the way, nothing to resume, or a non-finite loss.
    """
    run = _Run(config, images, Path(out), device, weights_file, report or _unheard, watch)
    run.prepare(resume)
    run.fit(compile)
    run.team.part()
    return run.finish(about or {}) if run.team.leads else None


def _unheard(_: Progress) -> None:
    """A report that nobody listens to."""


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


def trial(
    config: Config, images: np.ndarray, count: int, device: str, weights_file: Path | None, steps: int, folder: Path
) -> dict[str, Any]:
    """What a few real training steps take; the first one, in which kernels are prepared, does not count.

    Args:
        config: all settings.
        images: some of the images, uint8 (n, size, size, 3).
        count: number of training images in the whole run.
        steps: how many to measure.
        folder: for a state as training saves it, which takes memory, too.

    Returns:
        "seconds_per_step" (median), "steps" and "epochs" of the whole run, "teacher_seconds" and "forward_seconds" per
        image, "feature_bytes" per image, "parameter_bytes" (trainable, float32), "device" in words, and on a CUDA GPU
        "device_bytes" at the peak and "device_free" before (None and 0 elsewhere).
    """
    run = _Run(config, images, folder, device, weights_file, _unheard, None)
    free = torch.cuda.mem_get_info(run.device)[0] if run.device.type == "cuda" else 0
    run.trained_on = np.arange(len(images))
    network, objective = run.network, _Objective(run.network, config, False)
    features = FeatureCache(network, images, run.trained_on, 0, run.device, run.dtype)
    run.features = features
    if network.NFS is not None:
        run._memory_centres()  # for the memory that it takes
    indices = np.resize(run.trained_on, min(config.train.batch_size, count))
    teacher = _timed(run.device, lambda: features.batch(indices))
    batch = features.batch(indices)

    def step() -> None:
        with autocast(run.device, run.dtype):
            loss = objective(*batch, 0)[0]["loss"]
        run._step(loss, loss.item(), 0)

    network.train()
    times = [_timed(run.device, step) for _ in range(steps + 1)][1:]
    run._keep(run.epochs)
    network.eval()
    with torch.inference_mode():
        forward = _timed(run.device, lambda: network(batch[0]))
    run.trained_on = np.arange(count)
    return {
        "seconds_per_step": float(np.median(times)),
        "steps": run.epochs * run.steps_per_epoch,
        "epochs": run.epochs,
        "teacher_seconds": teacher / len(indices),
        "forward_seconds": forward / len(indices),
        "feature_bytes": features.bytes_per_image,
        "parameter_bytes": sum(4 * p.numel() for p in network.parameters() if p.requires_grad),
        "device": run.device_name,
        "device_bytes": torch.cuda.max_memory_reserved(run.device) if run.device.type == "cuda" else None,
        "device_free": free,
    }


def _timed(device: torch.device, work: Callable[[], object]) -> float:
    """Seconds that some work takes on the device."""
    started = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - started


class _Run:
    """One training run: prepare, fit, finish."""

    def __init__(
        self,
        config: Config,
        images: Images,
        out: Path,
        device: str,
        weights_file: Path | None,
        report: Report,
        watch: Watch | None,
    ) -> None:
        self.team = Team(device)
        self.config, self.out = config, out
        self.report, self.watch = (report, watch) if self.team.leads else (_unheard, None)
        self.images, self.weights_file = images, weights_file
        self.trained_on, self.held_out = split_normals(len(images), config.train)
        self.device = self.team.device
        self.device_name = describe(self.device)
        self.dtype = training_dtype(self.device, config.train.precision)
        torch.manual_seed(config.train.seed)
        self.network = NNet(config, weights_file).to(self.device, memory_format=torch.channels_last)
        self.team.synchronise(self.network)
        self.optimiser = torch.optim.Adam(
            [p for p in self.network.parameters() if p.requires_grad],
            lr=config.train.learning_rate,
            betas=(config.train.adam_beta1, config.train.adam_beta2),
            fused=self.device.type in ("cpu", "cuda"),
        )
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.dtype is torch.float16)
        # Same settings, same pixels, same teacher: only then may a broken run be continued.
        self.identity = _identity(config, images, "" if weights_file is None else self.network.T.sha256())
        self.first_epoch = 0
        self._unsaved: tuple[dict[str, Tensor], dict[str, str]] | None = None
        self._saved_at = -math.inf

    @property
    def steps_per_epoch(self) -> int:
        """A last batch of a single image, which batch normalisation cannot use, or of fewer than there are processes is
        dropped."""
        whole, rest = divmod(len(self.trained_on), self.config.train.batch_size)
        return whole + (rest >= max(2, self.team.size))

    @property
    def epochs(self) -> int:
        """Epochs of the whole run: as configured, or more until the least number of steps is reached."""
        return max(self.config.train.epochs, math.ceil(self.config.train.min_steps / self.steps_per_epoch))

    def prepare(self, resume: bool) -> None:
        """Make the directory, load a broken run's state, compute the teacher's features, start the memory."""
        if self.config.train.batch_size < self.team.size:
            raise TrainingError(
                f"A batch of {self.config.train.batch_size} images cannot be shared by {self.team.size} processes. "
                "Use a larger batch or fewer processes."
            )
        state = self.out / RESUME
        if self.team.leads:
            self._make_room(state, resume)
        budget = min(int(self.config.train.cache_gb * 1024**3), available_memory() // 2) // self.team.on_this_machine
        started = time.perf_counter()
        self.features = FeatureCache(
            self.network,
            self.images,
            self.trained_on,
            budget,
            self.device,
            self.dtype,
            lambda done, total: self._report("features", done, total, started),
        )
        stored = self.team.tell(self._stored(state) if self.team.leads and state.is_file() else None)
        if stored is not None:
            self._restore(*stored)
        elif self.network.NFS is not None and self.team.leads:  # the others get it with all other weights
            self.network.NFS.initialise(self._memory_centres().to(self.device))
        if self.team.leads:
            self._truncate_history()

    def fit(self, compile: bool) -> None:
        """All epochs that are left."""
        objective = _Objective(self.network, self.config, compile)
        # Without L_KD nothing trains S1 once L_align has ended.
        forward = self.team.wrap(objective, unused=not self.config.loss.kd)
        self._begin_watching()
        started = time.perf_counter()
        try:
            for epoch in range(self.first_epoch, self.epochs):
                entry = self._epoch(epoch, forward, started)
                if self.team.leads:
                    entry |= self._look(epoch + 1)
                    self._append_history(entry)
                    self._keep(epoch + 1)
                    if self.watch is not None:
                        self.watch.heard(entry)
        except BaseException:
            with contextlib.suppress(OSError, SafetensorError):  # what ended the run matters more
                self._save_state()
            raise

    def finish(self, about: dict[str, Any]) -> Detector:
        """Calibrate on the held-out images, collect the memory atlas, write the checkpoint, drop the resume state."""
        self.network.eval().requires_grad_(False)
        checkpoints.round_weights(self.network)
        detector = Detector(self.network, self.config, None, str(self.device))
        detector.calibration = self._calibrate(detector)
        started = time.perf_counter()
        atlas = collect(
            detector, self.images, self.trained_on, lambda done, total: self._report("atlas", done, total, started)
        )
        about = {
            "teacher_origin": self.network.T.origin,
            "teacher_sha256": self.network.T.sha256(),
            "teacher_file": None if self.weights_file is None else str(self.weights_file.resolve()),
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

    def _report(self, phase: str, done: int, total: int, started: float, **more: Any) -> None:
        seconds, device = time.perf_counter() - started, self.device_name
        more = {"epoch": self.first_epoch if phase == "features" else self.epochs, **more}
        self.report(Progress(phase, done, total, seconds=seconds, epochs=self.epochs, device=device, **more))

    def _make_room(self, state: Path, resume: bool) -> None:
        if checkpoints.is_checkpoint(self.out):
            raise TrainingError(f"{self.out} already holds a finished model. Choose another directory, or delete it.")
        self.out.mkdir(parents=True, exist_ok=True)
        if state.is_file() and not resume:
            raise TrainingError(f"{self.out} holds a broken-off run. Add --resume to go on, or delete the directory.")

    def _epoch(self, epoch: int, forward: nn.Module, run_started: float) -> dict[str, Any]:
        self.network.train()
        started, usage, means = time.perf_counter(), _MemoryUsage(), _Means()
        order = np.random.default_rng([self.config.train.seed, 1, epoch]).permutation(len(self.trained_on))
        size, beta = self.config.train.batch_size, beta_at(self.config.loss, epoch)
        before, seen = epoch * self.steps_per_epoch, 0
        for step in range(self.steps_per_epoch):
            rate = self._set_rate(before + step)
            together = order[step * size : (step + 1) * size]
            own = self.team.share(together)
            images, features = self.features.batch(own)
            with autocast(self.device, self.dtype):
                losses, addressing = forward(images, features, epoch)
            share = len(own) / len(together)
            values = self.team.mean(losses, share)
            # Gradients are averaged over the processes; those with more images must count for more.
            self._step(losses["loss"] * (share * self.team.size), values["loss"], epoch)
            means.add(values)
            seen += len(together)
            if addressing is not None:
                usage.add(addressing, share)
            self._report(
                "train",
                before + step + 1,
                self.epochs * self.steps_per_epoch,
                run_started,
                before=self.first_epoch * self.steps_per_epoch,
                epoch=epoch,
                losses=means.means,
                learning_rate=rate,
                beta=beta,
                images_per_second=seen / (time.perf_counter() - started),
                memory=usage.now(),
            )
        seconds = time.perf_counter() - started
        return {
            "epoch": epoch + 1,
            **means.means,
            "beta": beta,
            "learning_rate": rate,
            **usage.summary(self.team),
            "seconds": round(seconds, 3),
            "images_per_second": round(seen / seconds, 2),
        }

    def _step(self, loss: Tensor, value: float, epoch: int) -> None:
        if not math.isfinite(value):
            raise TrainingError(
                f"The loss became {value} in epoch {epoch + 1}: training diverged. "
                "Lower the learning rate (a fifth is a good try) or use --precision float32."
            )
        self.optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimiser)
        self.scaler.update()

    def _begin_watching(self) -> None:
        """Let the watch look at the network before the first step."""
        if self.watch is not None:
            self.watch.begin(self.images, self.held_out, self.first_epoch, self.epochs)
            if self.first_epoch == 0:
                self._look(0)

    def _look(self, epoch: int) -> dict[str, Any]:
        if self.watch is None:
            return {}
        found = self.watch.look(Detector(self.network, self.config, None, str(self.device)), epoch)
        self.network.train()
        return found

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
            self._report("calibrate", part.stop, len(self.held_out), started)
        maps = {name: torch.cat([p[name] for p in parts]) for name in self.config.maps}
        return calibrate(maps, self.config.model.size, self.config.scoring)

    def _keep(self, epoch: int) -> None:
        """Copy the state after an epoch, and save it unless an earlier one was saved a moment ago."""
        names = [name for name, p in self.network.named_parameters() if p.requires_grad]
        tensors = {f"network/{name}": value for name, value in self.network.own_state().items()}
        for index, moments in self.optimiser.state_dict()["state"].items():
            tensors |= {f"adam/{key}/{names[index]}": value for key, value in moments.items()}
        copies = {name: _copy(value) for name, value in tensors.items()}
        notes = {"epoch": str(epoch), "identity": self.identity, "scaler": json.dumps(self.scaler.state_dict())}
        self._unsaved = copies, notes
        if epoch == self.epochs or time.perf_counter() - self._saved_at >= KEEP_SECONDS:
            self._save_state()

    def _save_state(self) -> None:
        """Weights, Adam's moments and the scaler in one file, replaced in one step, if there are newer ones."""
        if self._unsaved is not None:
            write_tensors(self.out / RESUME, *self._unsaved)
            self._unsaved, self._saved_at = None, time.perf_counter()

    def _stored(self, path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
        """Tensors and notes of a broken-off run."""
        try:
            with safe_open(path, "pt") as stored:
                notes = stored.metadata()
                tensors = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118 (not a dict)
        except (SafetensorError, OSError) as error:
            raise TrainingError(f"{path} is damaged ({error}). Delete it to begin the run anew.") from error
        if notes["identity"] != self.identity:
            raise TrainingError(
                f"The broken-off run in {self.out} was made with other settings or other images or another teacher. "
                "Give the same ones, or start in another directory."
            )
        return tensors, notes

    def _restore(self, tensors: dict[str, Tensor], notes: dict[str, str]) -> None:
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


def _copy(tensor: Tensor) -> Tensor:
    """On the CPU, as the steps to come do not change it."""
    return tensor.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)


def _identity(config: Config, images: Images, teacher: str) -> str:
    """SHA-256 over settings, pixels, and the hash of the teacher (empty if it was looked up).

    Raises:
        TrainingError: the images do not have the network's input size.
    """
    digest = hashlib.sha256(json.dumps(config.to_dict(), sort_keys=True).encode() + teacher.encode())
    expected = (config.model.size, config.model.size, 3)
    for part in batches(len(images), 64):
        block = take(images, np.arange(part.start, part.stop))
        if block.dtype != np.uint8 or block.shape[1:] != expected:
            raise TrainingError(f"Expected uint8 images {expected}, found {block.dtype} {block.shape[1:]}.")
        digest.update(np.ascontiguousarray(block))
    return digest.hexdigest()


class _Objective(nn.Module):
    """Network and loss in one module, so that DistributedDataParallel sees which parameters a step uses."""

    def __init__(self, network: NNet, config: Config, compile: bool) -> None:
        super().__init__()
        self.network = network
        self._run = torch.compile(network) if compile else network
        self._config = config.loss

    def forward(self, images: Tensor, features: list[Tensor], epoch: int) -> tuple[dict[str, Tensor], Tensor | None]:
        """The loss terms as `nnet.training.losses.total_loss` names them, and the addressing weights (B, H, W, N)."""
        out = self._run(images, features)
        addressing = None if out.addressing is None else out.addressing.weights.detach()
        return total_loss(out, self._config, epoch), addressing


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
    """How an epoch uses the memory.

    `items_per_query` are the effective items (exp of the entropy) of a query, `items_used` those of all queries
    together, and `items_dead` is the number of items that got under 1 % of a fair share.
    """

    def __init__(self) -> None:
        self._steps = 0
        self._sum: Tensor | None = None  # (1 + N,): effective items per query, then each item's share
        self._shown: tuple[float, dict[str, float]] = (-math.inf, {})

    def add(self, weights: Tensor, share: float) -> None:
        """weights (B, H, W, N) of this process, and the share of the global batch that they stand for."""
        found = torch.cat([effective_items(weights).mean().view(1), weights.mean(dim=(0, 1, 2))]) * share
        self._sum = found if self._sum is None else self._sum + found
        self._steps += 1

    def now(self) -> dict[str, float]:
        """The numbers so far, of this process's images; made anew once a second at most."""
        if self._sum is not None and time.perf_counter() - self._shown[0] > 1:
            self._shown = time.perf_counter(), self._numbers(self._sum)
        return self._shown[1]

    def summary(self, team: Team) -> dict[str, float]:
        """The numbers over all processes; {} without a memory."""
        return {} if self._sum is None else self._numbers(team.sum(self._sum))

    def _numbers(self, total: Tensor) -> dict[str, float]:
        mean = total / self._steps
        share = mean[1:] / mean[1:].sum()
        return {
            "items_per_query": float(mean[0]),
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
