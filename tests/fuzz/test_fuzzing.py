"""Every way in for files and links is fuzzed, ten minutes in all; what fuzzing begins with is tried at all times.

`python tests/fuzz/fuzz.py TARGET --again FILE` repeats what was found.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fuzz import changed
from targets import TARGETS

ROOT = Path(__file__).resolve().parents[2]
MINUTES = 10


@pytest.mark.parametrize("name", TARGETS)
def test_what_fuzzing_begins_with_is_taken(name: str) -> None:
    target = TARGETS[name]
    seeds = list(target.seeds())
    assert len(seeds) > 2 and max(map(len, seeds)) <= target.longest
    for seed in (b"", *seeds):
        for end in (len(seed), len(seed) // 2):
            target.take(seed[:end])


def test_json_is_changed_value_by_value() -> None:
    import random

    before = {"a": [1, {"b": "c"}], "d": 2.5}
    found = [changed(before, random.Random(seed)) for seed in range(200)]
    assert sum(one != before for one in found) > 150 and before == {"a": [1, {"b": "c"}], "d": 2.5}
    assert any(isinstance(one, dict) and one.get("a") != before["a"] and one.get("d") == 2.5 for one in found)


@pytest.mark.slow
@pytest.mark.timeout(60 * MINUTES)
@pytest.mark.parametrize("name", TARGETS)
def test_nothing_breaks_in_minutes_of_inputs_that_reach_ever_more_code(name: str, tmp_path: Path) -> None:
    if importlib.util.find_spec("atheris") is None:
        pytest.skip('atheris is not installed, so nothing is fuzzed: pip install ".[fuzz]"')
    seconds = str(60 * MINUTES // len(TARGETS))
    command = [sys.executable, str(ROOT / "tests" / "fuzz" / "fuzz.py"), name, "--seconds", seconds]
    done = subprocess.run(
        [*command, "--found", str(tmp_path)], cwd=ROOT, env=os.environ, capture_output=True, text=True
    )
    kept = [(path.name, path.read_bytes()[:2000]) for path in tmp_path.iterdir()]
    assert done.returncode == 0, f"{kept}\n{done.stderr[-4000:]}"
