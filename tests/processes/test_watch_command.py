"""nnet watch as a process: killed at every line, told to stop, and with a real model."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import forking
import pytest
from watched import put, rows

from nnet.cli import main

ROOT = Path(__file__).parents[2]


@pytest.mark.long
@pytest.mark.parametrize("step", [23, pytest.param(1, marks=pytest.mark.slow)])
def test_a_kill_at_any_line_loses_nothing_and_scores_nothing_twice(step, tmp_path):
    folder = tmp_path / "in"
    put(folder, "a.png", 20)
    put(folder, "sub/b.png", 200)
    (folder / "bad.png").write_bytes(b"no picture")
    command = [sys.executable, "tests/support/watched.py", folder, tmp_path / "out", str(step)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["kills"] > 500 / step
    (outcome,) = told["outcomes"]  # the same one after every kill as without one
    assert [row[0] for row in json.loads(outcome)] == ["a.png", "bad.png", "sub/b.png"]


def test_once_with_a_trained_model(tiny_checkpoint, tmp_path, capsys):
    put(tmp_path / "in", "a.png")
    arguments = ["watch", "--checkpoint", str(tiny_checkpoint), str(tmp_path / "in"), "--out", str(tmp_path / "out")]
    more = ["--once", "--device", "cpu", "--interval", "0"]
    assert main([*arguments, *more]) == 0
    (row,) = rows(tmp_path / "out")
    assert float(row["score"]) > 0 and row["decision"] in ("normal", "anomalous")
    (tmp_path / "in" / "bad.png").write_bytes(b"no picture")
    assert main([*arguments, *more]) == 1
    assert "0 pictures scored, 1 cannot be read" in capsys.readouterr().out
    assert main([*arguments, *more, "--score", "M1"]) == 1
    assert "another model, score or threshold" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_sigterm_end_it_cleanly(number, tiny_checkpoint, tmp_path):
    put(tmp_path / "in", "a.png")
    command = ["nnet", "watch", "--checkpoint", str(tiny_checkpoint), str(tmp_path / "in")]
    command += ["--out", str(tmp_path / "out"), "--device", "cpu"]
    read, write = os.pipe()
    process = forking.fork(lambda: forking.module(command), write, sys.stderr.fileno())
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as told:
        line = next(line for line in told if line.startswith("a.png: "))
        process.send_signal(number)
        rest = told.read()
    assert "threshold" in line and "1 picture scored" in rest and process.wait() == 0
