"""The part of the Ablations page that starts a study, without a browser. Nothing trains here."""

from pathlib import Path

import pytest
from apptest import fine, start, words
from builders import TINY, files_of, write_category, zipped
from run_builders import end
from streamlit.testing.v1 import AppTest

from nnet import environment
from nnet.runs.estimate import Costs
from nnet.studies.store import StudyFolder
from workbench.ablations.start import words as said
from workbench.ablations.start.studies import started

PAGE = "pages/6_Ablations.py"
CHANGES = " ".join(f"{path}={value}" for path, value in TINY.items() if path != "loss.beta_epochs")

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(120)]


@pytest.fixture
def category(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Data to start with, a folder of runs of its own, and a queue that nobody works on."""
    monkeypatch.setenv(environment.RUNS, str(tmp_path / "runs"))
    monkeypatch.setenv("NNET_DATA", str(tmp_path))  # so that a link may name what is in there
    monkeypatch.setattr("nnet.runs.queue.ensure_supervisor", lambda root: None)
    return write_category(tmp_path / "part", good=3, hole=3)


def on_page(category: Path, study: str = "table7", seeds: int = 2) -> AppTest:
    return start(
        PAGE,
        ablations_part="start",
        start_study=study,
        start_path=str(category),
        start_seeds=str(seeds),
        start_changes=CHANGES,
    )


def pressed(at: AppTest, key: str) -> AppTest:
    return fine(at.button(key=key).click().run())


def keys(at: AppTest) -> set[str]:
    return {button.key for button in at.button if button.key}


def the_study() -> StudyFolder:
    (folder,) = started().values()
    return folder


def test_a_study_is_started_watched_cancelled_and_resumed(category: Path) -> None:
    at = on_page(category)
    assert said.NONE_STARTED in words(at)
    pressed(at, "start_study_now")
    runs = the_study().runs.list()
    assert [run.state for run in runs] == ["queued"] * 2 and {run.position for run in runs} == {1, 2}
    assert runs[0].spec is not None and runs[0].spec.config.train.epochs == TINY["train.epochs"]
    assert (
        "2 trainings: 2 waiting." in words(at) and "place 1 in the queue" in at.dataframe[0].value["Progress"].tolist()
    )
    pressed(at, "cancel_one")
    assert "1 waiting, 1 stopped" in words(at) and "taken out of the queue" in words(at)
    pressed(at, "cancel_study")
    assert {run.state for run in the_study().runs.list()} == {"cancelled"} and "cancel_study" not in keys(at)
    pressed(at, "resume_study")
    assert {run.state for run in the_study().runs.list()} == {"queued"} and "resume_study" not in keys(at)
    again = start(PAGE, ablations_part="start")  # in another browser
    assert "2 trainings: 2 waiting." in words(again)


def test_what_runs_or_is_done_already_is_not_started_again(category: Path) -> None:
    pressed(on_page(category), "start_study_now")
    folder = the_study()
    first = min(folder.runs.list(), key=lambda run: run.position or 0)
    (first.path / "queued.json").unlink()
    end(first, 1, "The loss is not finite.")
    at = pressed(on_page(category, seeds=3), "start_study_now")
    assert len(folder.runs.list()) == 3 and {run.state for run in folder.runs.list()} == {"queued"}
    assert "3 trainings: 3 waiting." in words(at)


def test_the_estimate_is_for_what_was_asked(category: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    costs = Costs(step=2.0, teacher=0.5, forward=0.25, reading=0.125, cached=True)
    monkeypatch.setattr("nnet.studies.estimate.costs_of", lambda spec: costs)
    at = pressed(on_page(category, "table5", seeds=1), "estimate_study")
    assert at.info[0].value.startswith("4 trainings. Made ") and "on this computer" in at.info[0].value
    assert not started()
    fine(at.slider(key="start_seeds").set_value(2).run())
    assert not at.info and said.STALE in words(at)


def test_data_that_does_not_do_is_explained(category: Path) -> None:
    at = pressed(on_page(category / "train" / "good"), "start_study_now")
    assert "normal and defective ones to measure on" in at.error[0].value and not started()
    at = start(PAGE, ablations_part="start")
    assert said.NO_DATA in words(at) and "start_study_now" not in keys(at)
    at = on_page(category / "nowhere")
    assert "not a folder" in at.error[0].value and said.NO_DATA in words(at)


def test_an_uploaded_zip_becomes_a_part_of_the_study(category: Path) -> None:
    at = start(PAGE, ablations_part="start", start_data="zip", start_study="table7", start_changes=CHANGES)
    at.file_uploader[0].set_value(("my part.zip", zipped(files_of(category, category.parent)), "application/zip"))
    fine(at.run())
    assert "my part.zip" in words(at).replace("\\", "")
    pressed(at, "start_study_now")
    run = the_study().runs.list()[0]
    assert run.spec is not None and run.spec.data == str(the_study().root / "data" / "my-part")
    assert len(list(Path(run.spec.data).rglob("*.png"))) == 23


def test_an_old_link_opens_its_part() -> None:
    at = start(PAGE, part="start")
    assert at.segmented_control(key="ablations_part").value == "start" and "part" not in at.query_params
