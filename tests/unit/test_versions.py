"""The bounds in pyproject.toml are those that the tests were run with: constraints-oldest.txt to constraints.txt."""

import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
RANGES = {
    requirement.name: requirement.specifier
    for requirement in map(Requirement, [*PROJECT["dependencies"], *EXTRAS["umap"], *EXTRAS["workbench"]])
    if ">=" in str(requirement.specifier)
}


def pinned(file: str) -> dict[str, Version]:
    """Name in lower case -> version."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    found = (line.partition(";")[0].split("==") for line in lines if "==" in line)
    return {name.lower(): Version(version) for name, version in found}


def test_the_lowest_version_that_is_allowed_is_the_oldest_that_was_tried() -> None:
    oldest = pinned("constraints-oldest.txt")
    lowest = {
        name: next(Version(one.version) for one in bounds if one.operator == ">=") for name, bounds in RANGES.items()
    }
    assert lowest == {name: oldest[name] for name in RANGES}


def test_both_sets_are_within_the_bounds() -> None:
    for file in ("constraints-oldest.txt", "constraints.txt"):
        versions = pinned(file)
        assert [name for name, bounds in RANGES.items() if versions[name] not in bounds] == []
