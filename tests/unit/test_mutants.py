"""The deliberate faults of tests/mutants.py still fit today's code, and the tests named for them are there."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from mutants import FAULTS, ROOT, Fault


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_changes_one_place_and_its_tests_are_there(fault: Fault) -> None:
    assert (ROOT / fault.file).read_text(encoding="utf-8").count(fault.before) == 1
    assert fault.after != fault.before
    assert all((ROOT / "tests" / path).is_file() for path in fault.tests.partition(" -k ")[0].split())


def test_there_are_at_least_twenty() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 20
