"""What the audit of dependencies says, and that a mirror without advisories stops nobody."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from audit import verdict


@pytest.mark.parametrize(
    ("code", "said", "fails", "sentence"),
    [
        (0, "No known vulnerabilities found", False, "No known fault in the pinned versions."),
        (0, "torch  Dependency not found on PyPI and could not be audited: torch (2.13.0)", False, "of 1 pinned"),
        (1, "requests.exceptions.ConnectionError: Max retries exceeded with url", False, "not audited"),
        (1, "Found 1 known vulnerability in 1 package\npillow 13.0.0 PYSEC-1", True, "PYSEC-1"),
        (1, "Found 2 known vulnerabilities; ConnectionError", True, "known"),
    ],
)
def test_a_fault_fails_and_a_missing_service_does_not(code: int, said: str, fails: bool, sentence: str) -> None:
    found, text = verdict(code, said)
    assert bool(found) == fails and sentence in text
