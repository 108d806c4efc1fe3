"""What only a GPU can show; `benchmarks/gpu.sh` runs these with its other measurements."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from builders import random_images, tiny_config
from safetensors.torch import load_file

from nnet.detector import Detector
from nnet.saved import checkpoint as checkpoints
from nnet.training.events import Progress
from nnet.training.features import FeatureCache
from nnet.training.job import TrainJob
from nnet.training.loop import Trainer, train
from nnet.training.state import load_history

ROOT = Path(__file__).parents[2]
IMAGES = random_images(14)
pytestmark = pytest.mark.cuda
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA GPU")


class Stop(Exception):
    """Breaks a run off."""


@needs_gpu
@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_training_lowers_the_loss(precision, tmp_path):
    train(tiny_config(train__epochs=4, train__precision=precision), IMAGES, tmp_path / "run", device="cuda")
    history = load_history(tmp_path / "run")
    assert history[-1]["L_RKD"] < history[0]["L_RKD"]


@needs_gpu
def test_a_compiled_training_has_a_loss_too(tmp_path):
    train(tiny_config(), IMAGES, tmp_path / "run", device="cuda", compile=True)
    assert np.isfinite(load_history(tmp_path / "run")[-1]["loss"])


@needs_gpu
def test_a_broken_run_goes_on_where_it_was(tmp_path):
    def report(progress: Progress) -> None:
        if progress.phase == "train" and progress.epoch == 1:
            raise Stop

    config = tiny_config(train__epochs=3)
    with pytest.raises(Stop):
        train(config, IMAGES, tmp_path / "run", device="cuda", report=report)
    train(config, IMAGES, tmp_path / "run", device="cuda", resume=True)
    assert [entry["epoch"] for entry in load_history(tmp_path / "run")] == [1, 2, 3]
    assert all(value.isfinite().all() for value in load_file(tmp_path / "run" / checkpoints.WEIGHTS).values())


@needs_gpu
def test_features_stay_on_the_device(tmp_path):
    trainer = Trainer(TrainJob(tiny_config(), tmp_path / "run", device="cuda"), IMAGES)
    features = FeatureCache(trainer.network, IMAGES, np.arange(6), 0, trainer.device, torch.float32)
    assert features.on_device and all(f.is_cuda for f in features.batch(np.array([4, 1]))[1])


@needs_gpu
def test_scores_are_those_of_a_cpu_but_for_half_precision(trained_checkpoint):
    images = list(random_images(4, seed=9))
    here, there = (Detector.load(trained_checkpoint, device).score(images) for device in ("cpu", "cuda"))
    np.testing.assert_allclose([s.value for s in there], [s.value for s in here], rtol=0.02)


@pytest.mark.slow
def test_the_visit_to_a_gpu_runs_whole_at_toy_size(tmp_path):
    command = ["bash", "benchmarks/gpu.sh", str(tmp_path / "out"), "toy"]
    done = subprocess.run(
        command, cwd=ROOT, env={"PATH": "/usr/bin:/bin", "PYTHON": sys.executable}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert (tmp_path / "out" / "gpu.json").is_file() and checkpoints.is_checkpoint(tmp_path / "out" / "model")
