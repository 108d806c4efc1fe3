"""The models of anomalib as benchmarks.peers trains them: its networks, losses and score maps in a plain loop.

What another teacher than a ResNet changes about them stands in benchmarks.peers.
"""

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from nnet.config import Config
from nnet.model.backbone import Teacher
from nnet.model.inputs import batches, to_network_input
from nnet.model.teacher_weights import architecture_of, load_weights
from nnet.scoring.maps import SIGMA_REFERENCE_SIZE
from nnet.training.schedule import learning_rate_at, split_normals

STRIDE_INDICES = [1, 2, 3]  # timm's feature stages of EfficientNet-Lite0 at stride 4, 8 and 16
CORESET_SHARE, PADIM_FEATURES = 0.01, 100
BATCH = 8  # of inference
CPU = torch.device("cpu")
Predictions = Iterator[tuple[str, np.ndarray, np.ndarray]]  # row, maps (n, size, size), image scores (n,)


class Theirs:
    """A model of anomalib with our teacher's weights, in a plain loop."""

    def __init__(self, method: str, config: Config, folder: Path) -> None:
        self.method, _, features = method.partition("-")
        self.row, self.config, self.file = method, config, folder / "model.pt"
        self.teacher = Teacher(config.model.teacher, features=features or "stages")
        self.mean, self.std = (torch.tensor(v).view(1, 3, 1, 1) for v in (self.teacher.mean, self.teacher.std))
        torch.manual_seed(config.train.seed)
        sigma = config.score.sigma * config.model.size / SIGMA_REFERENCE_SIZE
        with features_of(self.teacher) if features else untrained_timm():
            self.model = BUILDERS[self.method](architecture_of(config.model.teacher), config.model.size, sigma)
        if not features:
            self._give_weights()

    def fit(self, images: np.ndarray) -> float:
        np.random.seed(self.config.train.seed)  # anomalib's random projection draws from it
        images = images[split_normals(len(images), self.config.train)[0]]
        started = time.process_time()
        FITTERS[self.method](self, images)
        self.model.eval()
        seconds = time.process_time() - started
        self.file.parent.mkdir(parents=True)
        torch.save(self.model.state_dict(), self.file)
        return seconds

    def load(self) -> None:
        self.model.load_state_dict(torch.load(self.file, weights_only=True))
        self.model.eval()

    @torch.inference_mode()
    def predict(self, images: np.ndarray) -> Predictions:
        parts = [self.model(self.input(images[part])) for part in batches(len(images), BATCH)]
        maps = torch.cat([part.anomaly_map[:, 0] for part in parts])
        yield self.row, maps.numpy(), torch.cat([part.pred_score.flatten() for part in parts]).numpy()

    def input(self, images: np.ndarray) -> Tensor:
        # anomalib's losses flatten with `view`, which channels-last features do not allow.
        return ((to_network_input(images, CPU) - self.mean) / self.std).contiguous()

    def epoch(self, images: np.ndarray, epoch: int) -> Iterator[Tensor]:
        """Network inputs of one epoch, in the order in which N-Net sees the images."""
        settings = self.config.train
        order = np.random.default_rng([settings.seed, 1, epoch]).permutation(len(images))
        for part in batches(len(order), settings.batch_size):
            if part.stop - part.start > 1:
                yield self.input(images[order[part]])

    def optimise(self, images: np.ndarray, optimiser: torch.optim.Optimizer, loss: Callable[[Tensor], Tensor]) -> None:
        settings = self.config.train
        peak, step = optimiser.param_groups[0]["lr"], 0
        per_epoch = sum(1 for part in batches(len(images), settings.batch_size) if part.stop - part.start > 1)
        self.model.train()
        for epoch in range(settings.epochs):
            for batch in self.epoch(images, epoch):
                share = learning_rate_at(settings, step, settings.epochs * per_epoch) / settings.learning_rate
                for group in optimiser.param_groups:
                    group["lr"] = peak * share
                optimiser.zero_grad(set_to_none=True)
                value = loss(batch)
                value.backward()
                optimiser.step()
                step += 1
        if not torch.isfinite(value):
            raise SystemExit(f"{self.method} diverged: its loss is {value.item()}.")

    def _give_weights(self) -> None:
        """Our teacher's tensors for every frozen feature extractor, checked on random pixels."""
        extractor = next(
            getattr(self.model, name)
            for name in ("feature_extractor", "teacher_model", "encoder")
            if hasattr(self.model, name)
        )
        timm_model = extractor.feature_extractor
        with torch.device("meta"):
            import timm

            reference = timm.create_model(architecture_of(self.config.model.teacher)).state_dict()
        state, _ = load_weights(self.config.model.teacher, reference)
        timm_model.load_state_dict({name: state[name] for name in timm_model.state_dict()})
        pixels = torch.rand(2, 3, self.config.model.size, self.config.model.size)
        found, expected = extractor(pixels), self.teacher(pixels)
        for index, feature in found.items():
            if not torch.allclose(feature, expected[STRIDE_INDICES.index(index)], atol=1e-5):
                raise SystemExit(f"{self.method}: stage {index} of its teacher differs from ours.")


@contextmanager
def untrained_timm() -> Iterator[None]:
    """anomalib asks timm for downloaded weights (STFPM always does); here it gets the architecture alone."""
    import timm

    original = timm.create_model

    def create(*arguments: Any, **options: Any) -> nn.Module:
        return original(*arguments, **{**options, "pretrained": False})

    timm.create_model = create
    try:
        yield
    finally:
        timm.create_model = original


class Features(nn.Module):
    """Our teacher in the place of anomalib's feature extractor."""

    def __init__(self, teacher: Teacher, layers: list[int]) -> None:
        super().__init__()
        self.teacher, self.layers = teacher, layers
        self.out_dims = [teacher.channels[STRIDE_INDICES.index(layer)] for layer in layers]

    def forward(self, images: Tensor) -> dict[int, Tensor]:
        features = self.teacher(images)
        return {layer: features[STRIDE_INDICES.index(layer)] for layer in self.layers}


@contextmanager
def features_of(teacher: Teacher) -> Iterator[None]:
    """PaDiM and PatchCore that are built inside take this teacher's features."""
    from anomalib.models.image.padim import torch_model as padim
    from anomalib.models.image.patchcore import torch_model as patchcore

    original = padim.TimmFeatureExtractor

    def extractor(backbone: str, layers: list[int], pre_trained: bool) -> Features:
        return Features(teacher, layers)

    padim.TimmFeatureExtractor = patchcore.TimmFeatureExtractor = extractor
    try:
        yield
    finally:
        padim.TimmFeatureExtractor = patchcore.TimmFeatureExtractor = original


def build_patchcore(backbone: str, size: int, sigma: float) -> nn.Module:
    from anomalib.models.image.patchcore.anomaly_map import AnomalyMapGenerator
    from anomalib.models.image.patchcore.torch_model import PatchcoreModel

    model = PatchcoreModel(layers=STRIDE_INDICES[1:], backbone=backbone, pre_trained=False)
    model.anomaly_map_generator = AnomalyMapGenerator(sigma=sigma)
    return model


def fit_patchcore(run: Theirs, images: np.ndarray) -> None:
    _one_pass(run, images)
    with redirect_stderr(io.StringIO()):  # a progress bar of thousands of lines in a log
        run.model.subsample_embedding(CORESET_SHARE)


def build_padim(backbone: str, size: int, sigma: float) -> nn.Module:
    from anomalib.models.image.padim.anomaly_map import AnomalyMapGenerator
    from anomalib.models.image.padim.torch_model import PadimModel

    model = PadimModel(backbone, STRIDE_INDICES, pre_trained=False, n_features=PADIM_FEATURES)
    model.anomaly_map_generator = AnomalyMapGenerator(sigma=sigma)
    return model


def fit_padim(run: Theirs, images: np.ndarray) -> None:
    _one_pass(run, images)
    run.model.fit()


def _one_pass(run: Theirs, images: np.ndarray) -> None:
    """Collect the embeddings of all images."""
    run.model.train()
    with torch.no_grad():
        for part in batches(len(images), BATCH):
            run.model(run.input(images[part]))


def build_stfpm(backbone: str, size: int, sigma: float) -> nn.Module:
    from anomalib.models.image.stfpm.torch_model import STFPMModel

    return STFPMModel(layers=STRIDE_INDICES, backbone=backbone)


def fit_stfpm(run: Theirs, images: np.ndarray) -> None:
    """The optimiser of anomalib's Stfpm.configure_optimizers."""
    from anomalib.models.image.stfpm.loss import STFPMLoss

    loss, student = STFPMLoss(), run.model.student_model
    optimiser = torch.optim.SGD(student.parameters(), lr=0.4, momentum=0.9, dampening=0.0, weight_decay=0.001)
    run.optimise(images, optimiser, lambda batch: loss(*run.model(batch)))


class Convert(nn.Module):
    """1x1 convolutions from one list of channels to another, one per scale."""

    def __init__(self, before: tuple[int, ...], behind: tuple[int, ...]) -> None:
        super().__init__()
        self.scales = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in zip(before, behind, strict=True))

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        return [convert(feature) for convert, feature in zip(self.scales, features, strict=True)]


def build_rd(backbone: str, size: int, sigma: float) -> nn.Module:
    from anomalib.models.components import TimmFeatureExtractor
    from anomalib.models.image.reverse_distillation.anomaly_map import AnomalyMapGenerationMode, AnomalyMapGenerator
    from anomalib.models.image.reverse_distillation.torch_model import ReverseDistillationModel

    mode = AnomalyMapGenerationMode.ADD
    layers = ["layer1", "layer2", "layer3"]
    model = ReverseDistillationModel("resnet18", (size, size), layers, mode, pre_trained=False)
    model.encoder = TimmFeatureExtractor(backbone, STRIDE_INDICES, pre_trained=False)
    own, resnet = tuple(model.encoder.out_dims), (64, 128, 256)
    model.bottleneck = nn.Sequential(Convert(own, resnet), model.bottleneck)
    model.decoder = nn.Sequential(model.decoder, Convert(resnet, own))
    model.anomaly_map_generator = AnomalyMapGenerator((size, size), sigma, mode)
    return model


def fit_rd(run: Theirs, images: np.ndarray) -> None:
    """The optimiser of anomalib's ReverseDistillation.configure_optimizers."""
    from anomalib.models.image.reverse_distillation.loss import ReverseDistillationLoss

    loss = ReverseDistillationLoss()
    parameters = [*run.model.decoder.parameters(), *run.model.bottleneck.parameters()]
    optimiser = torch.optim.Adam(parameters, lr=0.005, betas=(0.5, 0.99))
    run.optimise(images, optimiser, lambda batch: loss(*run.model(batch)))


BUILDERS = {"patchcore": build_patchcore, "padim": build_padim, "stfpm": build_stfpm, "rd": build_rd}
FITTERS = {"patchcore": fit_patchcore, "padim": fit_padim, "stfpm": fit_stfpm, "rd": fit_rd}
