"""docs/results.md says what the studies that come with the program say."""

from pathlib import Path

import pytest

from nnet.studies import STUDIES, groups, read_results, rows_of
from nnet.studies.card import study_section, was_run
from nnet.studies.store import CARD, CSV, StudyFolder

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(path.parent for path in (ROOT / "checkpoints" / "studies").glob(f"*/{CSV}"))


TABLES = {
    "elpv-mono-full": ["table4", "table5", "table6", "table7"],
    "elpv-mono-small": ["table4", "table5", "table6", "table7"],
    "magnetic-tile-full": ["table4", "table5", "table6", "table7"],
    "magnetic-tile-small": ["table4", "table5", "table6", "table7"],
    "synthetic-cog-medium": ["table4", "table7"],
    "synthetic-cog-small": ["table4", "table5", "table6", "table7"],
}
"""Study -> the tables of which it ran at least two rows."""


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda path: path.name)
def test_the_tables_are_those_of_the_study(folder):
    text, rows = (ROOT / "docs" / "results.md").read_text(), read_results(folder / CSV)
    (group,) = groups(rows)
    own = rows_of(rows, group)
    found = [study for study in STUDIES.values() if study.name.startswith("table") and was_run(own, study)]
    assert [study.name for study in found] == TABLES[folder.name]
    assert all(study_section(own, study) in text for study in found)


@pytest.mark.parametrize("folder", SHIPPED, ids=lambda path: path.name)
def test_a_study_says_where_it_comes_from_and_stays_small(folder):
    card, rows = (folder / CARD).read_text(), read_results(folder / CSV)
    assert {row["seed"] for row in rows} == {0, 1, 2}
    assert {row["key"] for row in rows} == {result["key"] for result in StudyFolder(folder).results()}
    assert all(commit in card for commit in {row["commit"] for row in rows})
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 25e6
    told = "".join(path.read_text() for path in (folder / "done").iterdir()) + card
    assert "/home/" not in told and '"source": "/' not in told


def test_these_studies_come_with_the_program():
    assert [path.name for path in SHIPPED] == list(TABLES)
