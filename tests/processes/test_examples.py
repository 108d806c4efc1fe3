"""The scripts in examples/, run as a user runs them: each in a process, from another folder."""

import os
from pathlib import Path

import forking
import pytest
from builders import write_images

ROOT = Path(__file__).parents[2]
ARGUMENTS = {
    "score_folder.py": ["parts"],
    "own_expression.py": [os.path.join("parts", "000.png"), "M1*M2 + M5"],
    "what_if.py": [os.path.join("parts", "000.png")],
}


def test_every_example_is_run():
    assert {path.name for path in (ROOT / "examples").glob("*.py")} == set(ARGUMENTS)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_an_example_runs_alone(name, tmp_path, trained_checkpoint):
    write_images(tmp_path, {"parts": 2})
    command = [str(ROOT / "examples" / name), *ARGUMENTS[name], str(trained_checkpoint)]
    done = forking.run(lambda: forking.script(command), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == {"score_folder.py": 2, "own_expression.py": 2, "what_if.py": 4}[name]
    assert "threshold" in lines[0] or "->" in lines[0]
