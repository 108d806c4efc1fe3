"""The results on the Ablations page without a browser: choosers, claims, tables, figures, and folders that fail."""

import os
from pathlib import Path

import pytest
from apptest import address as written
from apptest import charts, fine, tables
from apptest import start as on_page
from apptest import words as said
from builders import ablation_rows
from streamlit.testing.v1 import AppTest

from nnet import environment
from nnet.studies import DISAGREEMENTS, STUDIES, TABLES
from nnet.studies.store import CSV, to_csv
from workbench.ablations.results import folders as studies
from workbench.ablations.results import words

ROOT = Path(__file__).resolve().parents[2]
PAGE = "pages/6_Ablations.py"

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(600)]


def metrics(start: float, masks: bool) -> dict[str, list[float]]:
    names = ("p_ap", "p_auroc", "p_pro", "i_auroc") if masks else ("i_auroc",)
    return {name: [start, start + 0.01, start + 0.005] for name in names}


def rising(study: str, data: str, masks: bool) -> list[dict[str, object]]:
    """Rows of a whole study, each one point better than the one before, on every seed."""
    labels = [row.label for row in STUDIES[study].rows]
    return ablation_rows(study, {label: metrics(0.5 + 0.01 * i, masks) for i, label in enumerate(labels)}, data)


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """The only studies that the page finds: `plain` without masks, `whole` with all of them, and three that fail."""
    every = [row for data in ("tile", "carpet") for study in STUDIES for row in rising(study, data, masks=True)]
    contents = {
        "plain": to_csv(rising("table4", "cells", masks=False) + rising("table7", "cells", masks=False)),
        "whole": to_csv(every),
        "empty": to_csv([]),
        "foreign": "name,price\nscrew,1\n",
        "torn": to_csv(every)[:3000],
    }
    found = {}
    for name, content in contents.items():
        found[name] = tmp_path / name
        found[name].mkdir()
        (found[name] / CSV).write_text(content)
    look_only_at(monkeypatch, list(found.values()))
    return found


def look_only_at(monkeypatch: pytest.MonkeyPatch, places: list[Path]) -> None:
    monkeypatch.setattr(studies, "SHIPPED", Path("no-such-folder"))
    monkeypatch.setattr(studies, "EARLIER", Path("no-such-folder"))
    monkeypatch.setenv("NNET_RUNS", "/no-such-folder")
    monkeypatch.setenv(environment.STUDIES, os.pathsep.join(map(str, places)))


def start(**address: str) -> AppTest:
    """The page's results after its first run."""
    return on_page(PAGE, **{"ablations_part": "results", **address})


def test_the_page_opens_with_one_sentence_on_the_claims(folders: dict[str, Path]) -> None:
    at = start()
    assert at.subheader[0].value.startswith("Of ") and "checked on cells by I-AUROC" in at.subheader[0].value
    assert "not on the model in the sidebar" in said(at)
    assert "helps the baseline" in said(at) and "here +1.00 ± 0.00 points over 3 seeds" in said(at)
    assert "cannot be measured" in said(at) and "not run" in said(at)
    assert at.segmented_control(key="results_metric").value == "i_auroc"
    fine(at.button(key="open-table4").click().run())
    assert written(at, "results_view") == "table4" and len(at.table) == 1


def test_a_press_leads_to_the_study_of_the_same_data_that_was_trained_longer(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(studies.LONGER, "plain", "whole")
    at = fine(start().button(key="longer_study").click().run())
    assert written(at, "results_from") == "whole" and "checked on tile by P-AP" in at.subheader[0].value
    assert not [one for one in at.button if one.key == "longer_study"], "it leads no further"


def test_three_experiments_stand_side_by_side_with_their_set_up(folders: dict[str, Path]) -> None:
    told = said(start())
    for title in (words.EXPERIMENTS, words.PAPERS, words.STUDYS, words.CHOSEN, words.READING, words.IN_TAKE_OUT):
        assert title in told
    assert "I-AUROC changes by **+2.00 ± 0.00 points**: the paper's claim holds here" in told
    assert "tiny (" in told and "good pictures" in told


def test_measured_stands_beside_published_and_the_difference_is_drawn(folders: dict[str, Path]) -> None:
    at = start(results_view="table4")
    table = tables(at)[0]
    assert table["Row"][1] == "Baseline + projection (FPM)"
    assert table["I-AUROC here, %"][0] == "50.50 ± 0.50" and table["Paper's I-AUROC, %"][0] == "98.62"
    assert table["to Baseline (RD)"][1] == "+1.00 ± 0.00" and table["Paper's difference"][1] == "+0.13"
    (chart,) = charts(at)
    ours = next(one for one in chart["data"] if one.get("name") == "measured here")
    assert ours["x"] == pytest.approx([1, 2, 3, 4])
    assert words.DELTA_HINT in said(at) and "projection \\(FPM\\)**" in said(at)
    fine(at.segmented_control(key="results_metric").set_value("p_ap").run())
    assert "has no masks of the defects" in at.info[0].value and not charts(at)
    assert set(tables(at)[0]["P-AP here, %"]) == {"no masks"}


def test_other_data_and_the_mean_start_at_their_own_metric(folders: dict[str, Path]) -> None:
    at = start(results_view="table4")
    fine(at.selectbox(key="results_from").set_value("whole").run())
    assert at.selectbox(key="results_data").value == "tile"
    assert not any("preset" in name for name in at.selectbox(key="results_data").options), "names that are not cut"
    assert "projection \\(FPM\\)**:" in said(at) and "What it is" not in tables(at)[0], (
        "long words stand below the table"
    )
    assert at.segmented_control(key="results_metric").value == "p_ap" and "by P-AP" in at.subheader[0].value
    fine(at.selectbox(key="results_data").set_value("mean").run())
    assert "checked on the mean of 2 data sets by P-AP, 5 hold" in at.subheader[0].value
    assert written(at, "results_data") == "mean" and written(at, "results_from") == "whole"
    fine(at.selectbox(key="results_from").set_value("plain").run())
    assert at.segmented_control(key="results_metric").value == "i_auroc"


@pytest.mark.parametrize(
    ("view", "count", "metric"),
    [("figure4", 1, "p_pro"), ("figure6", 1, "p_ap"), ("figure9", 1, "p_auroc"), ("figure10", 4, "p_ap")],
)
def test_the_papers_figures_are_drawn_with_our_numbers(
    folders: dict[str, Path], view: str, count: int, metric: str
) -> None:
    at = start(results_from="whole", results_view=view)
    assert len(charts(at)) == count and len(at.table) == 1
    key = f"{view}_metric" if view in ("figure4", "figure9") else "results_metric"
    assert at.segmented_control(key=key).value == metric
    assert all(any(one.get("y") for one in chart["data"]) for chart in charts(at))


def test_what_was_not_run_says_which_command_does_it(folders: dict[str, Path]) -> None:
    at = start(results_view="figure9")
    assert not charts(at) and at.code[0].value == "python -m nnet ablate --study figure9 --data PATH"
    assert "has not been run on cells" in said(at) and "3 trainings for each seed" in said(at)
    assert "2 min on average" in said(at) and words.PATH_NOTE in said(at)
    fine(at.selectbox(key="results_view").set_value("table5").run())
    assert set(tables(at)[0]["I-AUROC here, %"]) == {words.NO_RUN}
    assert "98.68" in list(tables(at)[0]["Paper's I-AUROC, %"])


def test_symbols_in_a_table_have_their_indices_below_the_line(folders: dict[str, Path]) -> None:
    (table,) = start(results_view="table6").table
    assert table.value["Row"][1] == r"Rebuilding \+ copying \($L_{\mathrm{RKD}}$ \+ $L_{\mathrm{KD}}$\)"


@pytest.mark.parametrize(("name", "expected"), [("foreign", "lacks the column"), ("torn", "is damaged in line")])
def test_a_table_that_cannot_be_read_is_explained_and_the_page_lives_on(
    folders: dict[str, Path], name: str, expected: str
) -> None:
    at = start(results_from=name)
    assert expected in at.error[0].value and name in at.error[0].value.replace("\\", "")
    assert len(at.table) == 1, "the paper's tables can still be browsed"
    fine(at.selectbox(key="results_from").set_value("whole").run())
    assert not at.error and at.subheader


def test_a_study_without_a_finished_run_waits(folders: dict[str, Path]) -> None:
    at = start(results_from="empty", results_view="claims")
    assert words.NO_ROWS in said(at) and at.code[0].value.endswith("--data elpv:mono")


def test_without_any_study_the_papers_tables_can_be_browsed(monkeypatch: pytest.MonkeyPatch) -> None:
    look_only_at(monkeypatch, [])
    at = start()
    assert words.NO_RESULTS in said(at)
    for key, table in TABLES.items():
        fine(at.selectbox(key="results_table").set_value(key).run())
        shown = tables(at)[0]
        assert list(shown[table.columns[0]]) == [cells[0].text for _, cells in table.rows]
        assert "10.12263/DZXB.20240733" in said(at)
    assert all(line.split(":")[0] in said(at).replace("\\", "") for line in DISAGREEMENTS)
    for view in ("table4", "figure10"):
        fine(at.selectbox(key="results_view").set_value(view).run())
        assert words.NO_RESULTS in said(at) and at.code[0].value.endswith("--data elpv:mono")


def test_the_card_of_a_study_is_shown(folders: dict[str, Path]) -> None:
    assert "Made for a test" not in said(start())
    (folders["plain"] / "card.md").write_text("Made for a test of *cards*.")
    at = start()
    assert "Made for a test" in said(at) and words.CARD_TITLE in [one.label for one in at.expander]
    assert "15 trainings with seeds 0, 1 and 2" in said(at), "N-Net stands in both tables and is one training"


def test_an_address_that_makes_no_sense_shows_the_first_study(folders: dict[str, Path]) -> None:
    at = start(results_from="nothing", results_data="nowhere", results_view="table9", results_metric="f2")
    assert "checked on cells by I-AUROC" in at.subheader[0].value
    assert not {"results_from", "results_data", "results_view", "results_metric"} & set(at.query_params)


def test_an_old_link_to_a_result_opens_the_results(folders: dict[str, Path]) -> None:
    at = on_page(PAGE, results_view="table4")
    assert at.segmented_control(key="ablations_part").value == "results"


def test_the_claims_come_first_and_a_link_opens_the_part_whose_settings_it_names() -> None:
    for query, part in (({}, "results"), ({"grid_score": "own"}, "grid"), ({"whatif_nfs": "yes"}, "whatif")):
        assert on_page(PAGE, **query).segmented_control(key="ablations_part").value == part
