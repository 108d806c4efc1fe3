"""A study that is started from the Ablations page really trains, finishes, and its table is shown."""

from pathlib import Path

import forking
import pytest
from apptest import fine, start, tables, words
from builders import TINY, write_category
from waiting import until

from nnet import environment
from nnet.runs import processes
from workbench.ablations.start.studies import started

PAGE = "pages/6_Ablations.py"
CHANGES = {**TINY, "model.teacher": "mobilenetv3_small_050"}


@pytest.mark.long
@pytest.mark.usefixtures("only_tiny")
def test_a_study_from_the_page_finishes_and_its_table_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(environment.RUNS, str(tmp_path / "runs"))
    monkeypatch.setenv("NNET_DATA", str(tmp_path))  # so that the link may name what is in there
    monkeypatch.setenv(environment.MACHINE, str(tmp_path / "machine"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(processes, "launch", forking.launch)
    at = start(
        PAGE,
        ablations_part="start",
        start_study="table7",
        start_path=str(write_category(tmp_path / "part", good=3, hole=3)),
        start_seeds="1",
        start_changes=" ".join(f"{path}={value}" for path, value in CHANGES.items() if path != "loss.beta_epochs"),
    )
    fine(at.button(key="start_study_now").click().run())
    (folder,) = started().values()
    (run,) = folder.runs.list()
    until(
        lambda: folder.runs.get(run.id).state not in ("queued", "running"), lambda: folder.runs.get(run.id).log_tail()
    )
    assert folder.runs.get(run.id).state == "done", folder.runs.get(run.id).log_tail()
    fine(at.run())
    assert "1 training: 1 done." in words(at)
    fine(at.button(key="show_study").click().run())
    assert at.selectbox(key="results_from").value == folder.root.name
    fine(at.selectbox(key="results_view").set_value("table7").run())
    table = tables(at)[0]
    assert list(table["Row"]) == ["S₂'s maps (M1 to M3)", "S₁'s maps (M4 to M6)", "All six maps (M1 to M6)"]
    assert all(value not in ("", "not run") for value in table["P-AP here, %"])
