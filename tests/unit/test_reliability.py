"""docs/reliability.md: every promise names tests that there are, and ° stands where one takes long."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
TABLE = (TESTS.parent / "docs/reliability.md").read_text(encoding="utf-8").partition("|---|---|---|\n")[2]


def test_each_promise_has_a_test_that_there_is() -> None:
    promises = [line.strip("|").split("|") for line in TABLE.splitlines() if line.startswith("|")]
    assert len(promises) > 20 and all(len(columns) == 3 for columns in promises)
    for case, promise, named in promises:
        files = re.findall(r"`(?:(\w+)/)?(test_\w+\.py)`", named)
        assert case.strip() and promise.strip() and files, case
        for folder, name in files:
            path = TESTS / (folder or "processes") / name
            assert path.is_file(), f"{case}: {path} is missing"
        marked = [(TESTS / (folder or "processes") / name).read_text("utf-8") for folder, name in files]
        assert "°" not in named or any("mark.long" in text or "mark.slow" in text for text in marked), case
