"""Train an N-Net on normal images and leave a checkpoint behind."""

import contextlib
import functools
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict, Unpack

import numpy as np
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from nnet.analysis.atlas import collect, to_tensors
from nnet.analysis.kinds import kind_of
from nnet.config import Config
from nnet.data.framing import without_framing
from nnet.detector import Detector, TrainedModel
from nnet.device import autocast, available_memory, describe, keep_depthwise_in_float32, prepare_gpu, training_dtype
from nnet.model.inputs import Images, batches, take
from nnet.model.network import NNet
from nnet.saved import checkpoint as checkpoints
from nnet.scoring.calibration import Calibration, calibrate
from nnet.scoring.kind import Kind
from nnet.training.cross import Split, cross_maps
from nnet.training.distributed import Team
from nnet.training.events import Callbacks, DivergedError, EndEarly, Listener, Progress, Report, TrainingError
from nnet.training.features import FeatureCache, memory_centres
from nnet.training.job import TrainJob
from nnet.training.losses import total_loss
from nnet.training.pieces import calibrate_with
from nnet.training.schedule import beta_at, epochs, is_crossed, learning_rate_at, split_normals, steps_per_epoch
from nnet.training.state import ResumeState, append_history, identity_of, truncate_history
from nnet.training.usage import Means, MemoryUsage, Readings


class Options(TypedDict, total=False):
    """What `train` takes besides; see `nnet.training.job.TrainJob`."""

    about: Mapping[str, Any]
    resume: bool
    device: str
    weights_file: Path | None
    compile: bool


def train(
    config: Config,
    images: Images,
    out: Path | str,
    *,
    report: Report | None = None,
    watch: Listener | None = None,
    **options: Unpack[Options],
) -> TrainedModel | None:
    """Train on normal images and write a checkpoint.

    Args:
        config: all settings.
        images: normal images, uint8 (n, size, size, 3) or decoded on demand; a share is held out for calibration.
        out: the checkpoint's directory; must not hold a finished checkpoint.
        report: called during the work; what it raises ends the run, which can be resumed. `EndEarly`, raised in the
            phases "features" and "train", makes the model of the last finished epoch instead.
        watch: looks at the network between epochs; its `begin`, `look` and `heard` are called.
        options: `resume=True` continues an interrupted run in `out`; `device`, `weights_file` (of the teacher),
            `compile` and `about` (for the card) as in `nnet.training.job.TrainJob`.

    Returns:
        The trained model, on the device; None in a process of torchrun whose rank is not 0.

    Raises:
        TrainingError: too few images, a finished checkpoint in the way, or a non-finite loss.
    """
    return run(TrainJob(config, Path(out), **options), images, Callbacks(report, watch))


def run(job: TrainJob, images: Images, listener: Listener) -> TrainedModel | None:
    """`train`, for a job.

    The order of the images depends on the seed and the epoch alone and the state after an epoch is saved, so a killed
    run that is resumed ends, on the same device, with the same weights as an unbroken one. Whatever ends a run by an
    exception, the last finished epoch is kept; kill -9 or a power cut can also take epochs of the last
    `nnet.training.state.KEEP_SECONDS`. Under torchrun the processes share the work (`nnet.training.distributed`); the
    batch size stays that of all of them together.
    """
    trainer = Trainer(job, images, listener)
    try:
        trainer.prepare()
        trainer.fit()
    except EndEarly:
        trainer.go_back()
    trainer.team.part()
    return trainer.finish() if trainer.team.leads else None


def _light(share: float, job: TrainJob, images: Images, listener: Listener, split: Split) -> NNet:
    """A network for the threshold alone (`nnet.training.cross`), after this share of its epochs."""
    trainer = Trainer(job, images, listener, split)
    trainer.last_epoch = max(1, round(share * trainer.epochs))
    trainer.prepare()
    trainer.fit()
    return trainer.network


class Trainer:
    """One training run: prepare, fit, finish.

    Args:
        job: what to train.
        images: as for `train`.
        listener: follows the run, in the process that leads.
        split: the indices of the images to train on, and of those held out, instead of those of `split_normals`.

    Raises:
        TrainingError: too few images, or settings that several processes cannot share.
    """

    def __init__(
        self, job: TrainJob, images: Images, listener: Listener | None = None, split: Split | None = None
    ) -> None:
        self.team = Team(job.device)
        self.job, self.config, self.images = job, job.config, images
        self.listener = listener if listener and self.team.leads else Listener()
        settings, count = self.config.train, len(images)
        self.trained_on, self.held_out = split or split_normals(count, settings, job.validation)
        self.crossed = split is None and is_crossed(settings, count, job.validation)
        if self.crossed and self.team.size > 1:
            raise TrainingError("Cross-calibration runs in one process. Set train.cross_folds to 0 for several GPUs.")
        size = len(self.trained_on), self.team.size
        self.steps_per_epoch, self.epochs = steps_per_epoch(self.config.train, *size), epochs(self.config.train, *size)
        self.config.require_loss(self.epochs)  # there may be more than the settings name
        self.last_epoch = self.epochs  # fewer where the training is ended early, of the same schedule
        self.device = self.team.device
        self.device_name = describe(self.device)
        self.dtype = training_dtype(self.device, self.config.train.precision)
        prepare_gpu(self.device)
        torch.manual_seed(self.config.train.seed)
        self.network = NNet(self.config, job.weights_file).to(self.device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        keep_depthwise_in_float32(self.network, self.device, self.dtype)
        self.team.synchronise(self.network)
        self.optimiser = torch.optim.Adam(
            [p for p in self.network.parameters() if p.requires_grad],
            lr=self.config.train.learning_rate,
            betas=(self.config.train.adam_beta1, self.config.train.adam_beta2),
            fused=self.device.type in ("cpu", "cuda"),
        )
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.dtype is torch.float16)
        # Same settings, same pixels, same teacher: only then may an interrupted run be continued.
        identity = identity_of(self.config, images, "" if job.weights_file is None else self.network.T.sha256())
        self.state = ResumeState(job.out, identity, self.network, self.optimiser, self.scaler)
        self.first_epoch = 0

    def prepare(self) -> None:
        """Make the directory, load an interrupted run's state, compute the teacher's features, start the memory."""
        if self.team.leads:
            self._make_room()
        stored = self.team.tell(self.state.read() if self.team.leads else None)
        if stored is not None:
            self.first_epoch = self.state.restore(stored)
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
        if stored is None and self.network.NFS is not None and self.team.leads:  # the others get it with all weights
            self.network.NFS.initialise(memory_centres(self.features, self.config).to(self.device))
        if self.team.leads:
            truncate_history(self.job.out, self.first_epoch)

    def fit(self) -> None:
        """All epochs that are left, up to `last_epoch`."""
        objective = Objective(self.network, self.config, self.job.compile)
        # Without L_KD nothing trains S1 once L_align has ended.
        forward = self.team.wrap(objective, unused=not self.config.loss.kd)
        self.listener.begin(self.images, self.held_out, self.first_epoch, self.epochs)
        if self.first_epoch == 0:
            self._look(0)
        started = time.perf_counter()
        try:
            for epoch in range(self.first_epoch, self.last_epoch):
                entry = self._epoch(epoch, forward, started)
                if self.team.leads:
                    entry |= self._look(epoch + 1)
                    append_history(self.job.out, entry)
                    self.state.keep(epoch + 1, last=epoch + 1 == self.last_epoch)
                    self.listener.heard(entry)
        except BaseException:
            with contextlib.suppress(OSError, SafetensorError):  # what ended the run matters more
                self.state.save()
            raise

    def go_back(self) -> None:
        """End with the last finished epoch that is kept. Raises TrainingError if there is none."""
        stored = self.state.read()
        if stored is None:
            raise TrainingError("No finished epoch is kept, so there is nothing to make a model of. Resume the run.")
        self.last_epoch = self.state.restore(stored)
        truncate_history(self.job.out, self.last_epoch)

    def finish(self) -> TrainedModel:
        """Calibrate on the held-out images, collect the memory atlas, write the checkpoint, drop the resume state."""
        self.network.eval().requires_grad_(False)
        checkpoints.round_weights(self.network)
        detector = Detector(self.network, self.config, str(self.device))
        kind: Kind | None = None
        if self.job.held_out:
            calibrating = functools.partial(self._report, "calibrate", started=time.perf_counter())
            calibration, kind = calibrate_with(detector, self.job.held_out, calibrating)
        else:
            calibration = self._calibrate(detector)
        started = time.perf_counter()
        atlas = collect(
            detector.unframed,
            self.images,
            self.trained_on,
            lambda done, total: self._report("atlas", done, total, started),
        )
        file = self.job.weights_file
        about = {
            "teacher_origin": self.network.T.origin,
            "teacher_sha256": self.network.T.sha256(),
            "teacher_file": None if file is None else str(file.resolve()),
            "training_images": len(self.trained_on),
            "calibration_images": len(self.held_out),
            **({"cross_folds": min(self.config.train.cross_folds, len(self.held_out))} if self.crossed else {}),
            "device": detector.device_name,
            **self._ended_early(),
            **self.job.about,
        }
        tensors = None if atlas is None else to_tensors(atlas)
        if self.config.model.teacher_weights == "random":
            kind = None
        elif not self.job.held_out:
            kind = kind_of(detector, self.images)
        checkpoints.save(self.job.out, self.network, self.config, calibration, tensors, about, kind)
        self.state.remove()
        return TrainedModel(self.network, checkpoints.load(self.job.out), str(self.device))

    def step(self, loss: Tensor) -> None:
        """One step of the optimiser towards a smaller loss, a scalar."""
        self.optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimiser)
        self.scaler.update()

    def _ended_early(self) -> dict[str, Any]:
        """For the card: how much of the training was made, where that is not all of it."""
        if self.last_epoch == self.epochs:
            return {}
        each, falls = self.steps_per_epoch, self.config.train.schedule != "constant"
        done = {"epochs": self.last_epoch, "steps": self.last_epoch * each}
        planned = {"planned_epochs": self.epochs, "planned_steps": self.epochs * each}
        return {"ended_early": {**done, **planned, "rate_was_falling": falls}}

    def _report(self, phase: str, done: int, total: int, started: float, **more: Any) -> None:
        seconds, device = time.perf_counter() - started, self.device_name
        more = {"epoch": self.first_epoch if phase == "features" else self.last_epoch, **more}
        self.listener.report(Progress(phase, done, total, seconds=seconds, epochs=self.epochs, device=device, **more))

    def _make_room(self) -> None:
        out = self.job.out
        if checkpoints.is_checkpoint(out):
            raise TrainingError(f"{out} already holds a finished model. Choose another directory, or delete it.")
        out.mkdir(parents=True, exist_ok=True)
        if self.state.path.is_file() and not self.job.resume:
            raise TrainingError(
                f"{out} holds an interrupted run. Add --resume to continue it, or delete the directory."
            )

    def _epoch(self, epoch: int, forward: nn.Module, run_started: float) -> dict[str, Any]:
        self.network.train()
        started, usage, means = time.perf_counter(), MemoryUsage(), Means()
        readings = Readings(late=self.device.type == "cuda")
        order = np.random.default_rng([self.config.train.seed, 1, epoch]).permutation(len(self.trained_on))
        size, all_steps = self.config.train.batch_size, self.epochs * self.steps_per_epoch
        before, seen, rate, beta = epoch * self.steps_per_epoch, 0, 0.0, 0.0
        for step in range(self.steps_per_epoch):
            rate, done = self._set_rate(before + step), (before + step) / all_steps
            beta = beta_at(self.config.loss, epoch, done)
            together = order[step * size : (step + 1) * size]
            own = self.team.share(together)
            images, features = self.features.batch(own)
            with autocast(self.device, self.dtype):
                losses, addressing = forward(images, features, epoch, done)
            share = len(own) / len(together)
            for values in readings.add(self.team.mean(losses, share)):
                means.add(finite(values, epoch))
            # Gradients are averaged over the processes; those with more images must count for more.
            self.step(losses["loss"] * (share * self.team.size))
            seen += len(together)
            if addressing is not None:
                usage.add(addressing, share)
            self._report(
                "train",
                before + step + 1,
                self.last_epoch * self.steps_per_epoch,
                run_started,
                before=self.first_epoch * self.steps_per_epoch,
                epoch=epoch,
                losses=means.means,
                learning_rate=rate,
                beta=beta,
                images_per_second=seen / (time.perf_counter() - started),
                memory=usage.now(),
            )
        for values in readings.rest():
            means.add(finite(values, epoch))
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

    def _look(self, epoch: int) -> dict[str, Any]:
        """Let the listener look at the network."""
        if not self.team.leads:
            return {}
        found = self.listener.look(Detector(self.network, without_framing(self.config), str(self.device)), epoch)
        self.network.train()
        return found

    def _set_rate(self, step: int) -> float:
        rate = learning_rate_at(self.config.train, step, self.epochs * self.steps_per_epoch)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        return rate

    def _calibrate(self, detector: Detector) -> Calibration:
        folds = self.config.train.cross_folds if self.crossed else 0
        if folds:
            split = self.trained_on, self.held_out
            light = functools.partial(_light, self.last_epoch / self.epochs)
            maps = cross_maps(self.job, self.images, split, light, self.listener)
        else:
            maps = self._held_out_maps(detector)
        return calibrate(maps, self.config.model.size, self.config.scoring, folds)

    @torch.inference_mode()
    def _held_out_maps(self, detector: Detector) -> dict[str, Tensor]:
        parts: list[dict[str, Tensor]] = []
        started = time.perf_counter()
        for part in batches(len(self.held_out), 8):
            images = take(self.images, self.held_out[part])
            parts.append({name: m.cpu() for name, m in detector.maps(list(images)).items()})
            self._report("calibrate", part.stop, len(self.held_out), started)
        return {name: torch.cat([p[name] for p in parts]) for name in self.config.maps}


def finite(values: dict[str, float], epoch: int) -> dict[str, float]:
    """The loss terms of a step of an epoch (from 0) as they are.

    Raises:
        DivergedError: "loss" is not finite.
    """
    if not math.isfinite(values["loss"]):
        raise DivergedError(
            f"The loss became {values['loss']} in epoch {epoch + 1}: training diverged. "
            "Lower the learning rate (a fifth is a good try) or use --precision float32."
        )
    return values


class Objective(nn.Module):
    """Network and loss in one module, so that DistributedDataParallel sees which parameters a step uses."""

    def __init__(self, network: NNet, config: Config, compile: bool) -> None:
        super().__init__()
        self.network = network
        self._run = torch.compile(network) if compile else network
        self._config = config.loss

    def forward(
        self, images: Tensor, features: list[Tensor], epoch: int, done: float = 0.0
    ) -> tuple[dict[str, Tensor], Tensor | None]:
        """The loss terms as `nnet.training.losses.total_loss` names them, and the addressing weights (B, H, W, N)."""
        out = self._run(images, features)
        addressing = None if out.addressing is None else out.addressing.weights.detach()
        return total_loss(out, self._config, epoch, done), addressing
