"""Two processes with gloo on a CPU against one process, on the same images in the same global batches."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from builders import random_images
from PIL import Image
from safetensors.torch import load_file

from nnet import checkpoint as checkpoints
from nnet.cli import main
from nnet.training import load_history

ROOT = Path(__file__).parents[1]
EPOCHS = 3
LOSS_TOLERANCE = 1e-3
"""Relative. The gradients of one step agree to about 1e-5. Adam divides each by its size, so where the true gradient
is 0 rounding alone decides the step's direction; a small learning rate keeps that from adding up."""


@pytest.fixture(scope="module")
def pair(tmp_path_factory) -> tuple[Path, Path]:
    """The directories of a run in one process and of the same one in two.

    17 images leave 9 for training. Batches of 5 are shared as 3 and 2, the last one of 4 as 2 and 2.
    """
    folder = tmp_path_factory.mktemp("team")
    (folder / "photos").mkdir()
    for number, image in enumerate(random_images(17)):
        Image.fromarray(image).save(folder / "photos" / f"{number:02}.png")
    options = [
        "--teacher", "mobilenetv3_small_050", "--random-teacher", "--size", "64", "--epochs", str(EPOCHS),
        "--batch-size", "5", "--learning-rate", "0.0002", "--set", "loss.beta_epochs=1", "--device", "cpu",
        "--data", str(folder / "photos"),
    ]  # fmt: skip
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    assert main(["train", *options, "--out", str(folder / "one")]) == 0
    torch.set_num_threads(threads)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]
    command = [*torchrun, "nnet", "train", *options, "--out", str(folder / "two")]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "one", folder / "two"


def test_two_processes_have_the_loss_curve_of_one(pair):
    one, two = map(load_history, pair)
    assert len(one) == len(two) == EPOCHS
    for a, b in zip(one, two, strict=True):
        for name in {"loss", "L_RKD", "L_KD", "L_align", "L_query"} & a.keys():
            assert b[name] == pytest.approx(a[name], rel=LOSS_TOLERANCE), (a["epoch"], name)
        assert b["learning_rate"] == a["learning_rate"]


def test_batch_normalisation_has_seen_the_whole_batches(pair):
    """Each process alone would have had other statistics."""
    one, two = (load_file(path / checkpoints.WEIGHTS) for path in pair)
    names = [name for name in one if name.endswith(("running_mean", "running_var"))]
    assert names
    for name in names:
        torch.testing.assert_close(two[name], one[name], rtol=0.02, atol=0.02 * float(one[name].abs().max()))


def test_one_checkpoint_was_written_and_it_can_be_loaded(pair):
    assert checkpoints.load(pair[1]).calibration.n == checkpoints.load(pair[0]).calibration.n == 8
    assert {path.name for path in pair[0].iterdir()} == {path.name for path in pair[1].iterdir()}
