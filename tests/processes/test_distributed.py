"""Two processes with gloo on a CPU against one process, on the same images in the same global batches."""

import copy
import functools
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import forking
import pytest
import torch
import torch.distributed as dist
from builders import write_images
from double_precision import double_precision
from safetensors.torch import load_file
from waiting import until

from nnet.cli import main
from nnet.saved import checkpoint as checkpoints
from nnet.training.distributed import _normalise_together
from nnet.training.state import load_history

ROOT = Path(__file__).parents[2]
EPOCHS = 3
TOLERANCE = 1e-8
"""Relative, of losses and of batch statistics, in float64 (tests/support/double_precision.py).

Gradients that are summed in another order differ by rounding, which Adam amplifies. In float32, and even more in the
bfloat16 that `--precision auto` chooses on CPUs with AMX, that hides what the test is to find. In float64 the losses of
two processes differ from those of one by 3e-15 and the batch statistics by 6e-12; with batch statistics of each process
alone, which would be wrong, by 9e-4 in the first epoch, and by 0.4.
"""


OPTIONS = ["--teacher", "mobilenetv3_small_050", "--random-teacher", "--size", "64", "--batch-size", "5"]
OPTIONS += ["--learning-rate", "0.0002", "--set", "model.features=stages", "--device", "cpu"]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        return free.getsockname()[1]


@pytest.fixture(scope="module")
def pair(tmp_path_factory) -> tuple[Path, Path]:
    """The directories of a run in one process and of the same one in two.

    17 images leave 9 for training. Batches of 5 are shared as 3 and 2, the last one of 4 as 2 and 2.
    """
    folder = tmp_path_factory.mktemp("team")
    write_images(folder, {"photos": 17})
    options = [*OPTIONS, "--epochs", str(EPOCHS), "--data", str(folder / "photos")]
    with double_precision():
        assert main(["train", *options, "--out", str(folder / "one")]) == 0
    meeting = {"WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": str(free_port()), "OMP_NUM_THREADS": "1"}
    log = folder / "log"
    with log.open("ab") as said, double_precision():
        team = [
            forking.fork(
                lambda: main(["train", *options, "--out", str(folder / "two")]),
                said.fileno(),
                said.fileno(),
                environment={**meeting, "RANK": rank, "LOCAL_RANK": rank, "LOCAL_WORLD_SIZE": "2"},
            )
            for rank in ("0", "1")
        ]
    until(lambda: all(member.poll() == 0 for member in team) or any(member.poll() for member in team), log.read_text)
    for member in team:
        member.send_signal(signal.SIGKILL)  # one waits for ever if the other has failed
    assert [member.wait() for member in team] == [0, 0], log.read_text()
    return folder / "one", folder / "two"


@pytest.mark.slow
def test_torchrun_starts_a_team(pair, tmp_path):
    """What the fixture has done with forks, as the README's reader does it."""
    options = [*OPTIONS, "--epochs", "1", "--data", str(pair[0].parent / "photos"), "--out", str(tmp_path / "m")]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    command = [*torchrun, "-m", "nnet", "train", *options]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(load_history(tmp_path / "m")) == 1 and checkpoints.load(tmp_path / "m").calibration.n == 8


@pytest.mark.long
def test_two_processes_have_the_loss_curve_of_one(pair):
    one, two = map(load_history, pair)
    assert len(one) == len(two) == EPOCHS
    for a, b in zip(one, two, strict=True):
        for name in {"loss", "L_RKD", "L_KD", "L_align", "L_query"} & a.keys():
            assert b[name] == pytest.approx(a[name], rel=TOLERANCE), (a["epoch"], name)
        assert b["learning_rate"] == a["learning_rate"]


@pytest.mark.long
def test_batch_normalisation_has_seen_the_whole_batches(pair):
    """Each process alone would have had other statistics."""
    one, two = (load_file(path / checkpoints.WEIGHTS) for path in pair)
    names = [name for name in one if name.endswith(("running_mean", "running_var"))]
    assert names
    for name in names:
        atol = TOLERANCE * float(one[name].abs().max())
        torch.testing.assert_close(two[name], one[name], rtol=TOLERANCE, atol=atol)


@pytest.mark.long
def test_one_checkpoint_was_written_and_it_can_be_loaded(pair):
    assert checkpoints.load(pair[1]).calibration.n == checkpoints.load(pair[0]).calibration.n == 8
    assert {path.name for path in pair[0].iterdir()} == {path.name for path in pair[1].iterdir()}


def normalise_as(rank: int, meeting: Path) -> None:
    """Values and gradients of this process's share are those of the whole batch in one process."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    x = 3 * torch.randn(5, 3, 4, 4, generator=generator) + 7
    pull = torch.randn(5, 3, 4, 4, generator=generator)
    alone = torch.nn.BatchNorm2d(3)
    together = copy.deepcopy(alone)
    dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=2)
    together.forward = functools.partial(_normalise_together, together, dist.new_group())
    part = slice(0, 3) if rank == 0 else slice(3, 5)
    share, whole = x[part].clone().requires_grad_(), x.clone().requires_grad_()
    out, expected = together(share), alone(whole)
    (out * pull[part]).sum().backward()
    (expected * pull).sum().backward()
    for parameter in together.parameters():
        dist.all_reduce(parameter.grad)
    pairs = [(out, expected[part]), (share.grad, whole.grad[part])]
    pairs += [(a.grad, b.grad) for a, b in zip(together.parameters(), alone.parameters(), strict=True)]
    pairs += [(together.running_mean, alone.running_mean), (together.running_var, alone.running_var)]
    for found, right in pairs:
        torch.testing.assert_close(found, right, rtol=1e-5, atol=1e-5)
    dist.barrier()


def test_batch_normalisation_together_equals_that_of_the_whole_batch(tmp_path):
    """Two forks of this process, so that neither leaves a process group behind."""
    team = [forking.fork(lambda: normalise_as(rank, tmp_path / "meeting"), 1, 2) for rank in range(2)]  # noqa: B023
    assert [member.wait() for member in team] == [0, 0]
