"""A small study from the command line: what runs, what is skipped, and what survives."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from builders import TINY, random_images
from PIL import Image

from nnet.cli import main
from nnet.config import Config
from nnet.detector import Detector
from nnet.runs.locks import FileLock
from nnet.studies import COLUMNS, VARIANTS, StudyError, base_config, read_results, select
from nnet.studies.engines import Event, LocalEngine, local_engine, threads_per_run
from nnet.studies.estimate import Costs, estimate, run_seconds
from nnet.studies.execute import execute
from nnet.studies.export import export
from nnet.studies.plan import Plan, make_plan, open_source, prepared
from nnet.studies.progress import Display
from nnet.studies.store import CARD, CSV, DONE, LOCK, MODELS, StudyFolder
from nnet.training.events import Progress
from nnet.training.state import RESUME
from nnet.units import duration

ROOT = Path(__file__).parents[2]
SETTINGS = {path: value for path, value in TINY.items() if path != "loss.beta_epochs"}
TIMES = {"seconds_training", "seconds_run", "training_images_per_second", "images_per_second", "created", "commit"}


def save_images(folder: Path, count: int, seed: int) -> None:
    folder.mkdir(parents=True)
    for number, image in enumerate(random_images(count, 64, seed)):
        Image.fromarray(image).save(folder / f"{number:02}.png")


@pytest.fixture(scope="module")
def category(tmp_path_factory) -> Path:
    """An MVTec-style category: 14 normal images, and a test part with masks."""
    root = tmp_path_factory.mktemp("data") / "part"
    save_images(root / "train" / "good", 14, 0)
    save_images(root / "test" / "good", 3, 1)
    save_images(root / "test" / "hole", 3, 2)
    mask = np.zeros((64, 64), np.uint8)
    mask[20:30, 20:40] = 255
    (root / "ground_truth" / "hole").mkdir(parents=True)
    for number in range(3):
        Image.fromarray(mask).save(root / "ground_truth" / "hole" / f"{number:02}_mask.png")
    return root


def arguments(category: Path, out: Path, *more: object) -> list[str]:
    settings = [f"--set={path}={value}" for path, value in SETTINGS.items()]
    return ["ablate", "--data", str(category), "--out", str(out), "--jobs", "1", *settings, *map(str, more)]


@dataclass(frozen=True)
class Interrupted:
    """A study that was killed in the middle of its second run, and then finished by the same command."""

    out: Path
    before: dict[str, int]  # done when it was killed
    lock_was_freed: bool
    resumed: bool  # the second run's state was there


@pytest.fixture(scope="module")
def interrupted(category, tmp_path_factory) -> Interrupted:
    """Table 7 with two seeds: N-Net alone, which stands in other studies too. Killed with kill -9 on the way."""
    out = tmp_path_factory.mktemp("study")
    asked = arguments(category, out, "--study", "table7", "--seeds", 2)
    command = [sys.executable, "-m", "nnet", *asked]
    first = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for line in first.stderr:
        if line.startswith("started") and "seed 1" in line:
            break
    while not list((out / MODELS).glob(f"*/{RESUME}")) and first.poll() is None:
        time.sleep(0.05)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    before, lock = done(out), FileLock(out / LOCK)
    freed = lock.take(60)
    lock.release()
    state = bool(list((out / MODELS).glob(f"*/{RESUME}")))
    assert main(asked) == 0
    return Interrupted(out, before, freed, state)


@pytest.fixture(scope="module")
def study(interrupted) -> Path:
    """The finished study's folder."""
    return interrupted.out


def done(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (out / DONE).glob("*.json")}


def test_one_run_gives_its_rows_in_every_study(study):
    rows = read_results(study / CSV)
    assert len(done(study)) == 2
    seen = {(row["study"], row["row"], row["seed"]) for row in rows}
    assert {("table4", "FPM, MF and BD (N-Net)", 1), ("table7", "M4, M5, M6", 0)} < seen
    assert {("figure6", "N-Net, M5 (32 x 32)", 0), ("figure9", "cosine", 0), ("figure10", "alpha = 1.2", 1)} < seen
    assert not {row["study"] for row in rows} & {"table5", "table6"}


def test_the_table_has_every_column_and_what_was_measured(study):
    rows = read_results(study / CSV)
    with (study / CSV).open() as stream:
        assert next(csv.reader(stream)) == list(COLUMNS)
    for row in rows:
        result = json.loads((study / DONE / f"{row['key']}.json").read_text())
        measured = result["scores"][row["expression"]]
        assert all(row[name] == measured[name] for name in ("p_ap", "p_auroc", "p_pro", "i_auroc", "i_ap"))
        assert row["p_f1_f1"] == measured["p_f1"]["f1"] and row["defect"] == "all"
        assert row["images_per_second"] > 0 and row["seconds_training"] > 0 and row["epochs"] == 2
        assert (row["steps"], row["training_images"], row["images"]) == (4, 6, 6)
        assert row["commit"] and row["parameters"] - row["parameters_trained"] == result["parts"]["T"] > 0


def test_the_card_says_data_seeds_minutes_and_commit(study):
    card, rows = (study / CARD).read_text(), read_results(study / CSV)
    assert f"# {study.name}\n" in card
    command = "python -m nnet ablate --study table7 --data part --seeds 2 --preset small --set "
    assert f"{command}{next(iter(SETTINGS))}=" in card
    assert "6 normal images for training; measured on 3 normal and 3 defective images, 3 regions" in card
    assert "Runs: 2, seeds 0, 1, 2 epochs, 4 steps; " in card and " minutes of runs in all" in card
    assert f"commit `{rows[0]['commit']}`" in card
    mean = 50 * sum(row["i_auroc"] for row in rows if (row["study"], row["row"]) == ("table7", "M1, M2, M3"))
    line = next(line for line in card.splitlines() if line.startswith("| M1, M2, M3 | 2 |"))
    assert f"| {mean:.2f} ± " in line and line.endswith(" |  | 99 |")  # the baseline itself; the paper's 99.0
    assert "All six maps beat the reverse maps (P-AP; Table 7): " in card
    assert "### What each part is for" not in card  # a study is shown when all of its rows were run


def test_an_export_is_a_study_with_light_checkpoints(study, category, tmp_path, capsys):
    again = arguments(category, study, "--study", "table7", "--seeds", 2, "--export", tmp_path / "a")
    assert main([*again, "--export-models", "nnet"]) == 0 and "Light checkpoint in" in capsys.readouterr().out
    exported, own = StudyFolder(tmp_path / "a"), StudyFolder(study)
    assert read_results(exported.root / CSV) == read_results(study / CSV)
    assert (exported.root / CARD).read_text() == (study / CARD).read_text()
    assert [r["scores"] for r in exported.results()] == [r["scores"] for r in own.results()]
    assert {r["source"] for r in exported.results()} == {"part"}
    (key,) = exported.kept()
    assert own.model(key).joinpath("atlas.safetensors").is_file()
    assert not exported.model(key).joinpath("atlas.safetensors").exists()
    image = random_images(1, 64, 5)[0]
    light, full = (Detector.load(folder.model(key), "cpu").score([image])[0].value for folder in (exported, own))
    assert light == full
    export(own, tmp_path / "a")  # an earlier export is replaced
    assert not exported.kept() and exported.results()


@pytest.mark.parametrize(
    ("target", "models", "words"),
    [("", (), "the study's own folder"), ("new", ("rd",), "No checkpoint of 'rd'"), ("taken", (), "something else")],
)
def test_an_export_that_would_lose_or_lack_something_is_refused(study, tmp_path, target, models, words):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "photo.png").write_bytes(b"1")
    with pytest.raises(StudyError, match=words):
        export(StudyFolder(study), tmp_path / target if target else study, models)
    assert (tmp_path / "taken" / "photo.png").exists() and done(study)


def test_the_table_is_written_as_parquet_too(study):
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow, which comes with streamlit, is not installed")
    rows = parquet.read_table(study / "results.parquet").to_pylist()
    assert rows == read_results(study / CSV)


def test_checkpoints_of_the_first_seed_stay_and_give_the_numbers(study, category):
    kept = list(StudyFolder(study).kept().values())
    assert kept == list((study / MODELS).iterdir()) and len(kept) == 1
    detector = Detector.load(kept[0], "cpu")
    assert detector.config.train.seed == 0 and "3 normal and 3 defective" in detector.checkpoint.card
    result = json.loads((study / DONE / f"{kept[0].name}.json").read_text())
    image = np.asarray(Image.open(category / "test" / "good" / "00.png"))
    assert detector.score([image])[0].value > 0
    assert detector.checkpoint.metrics["scores"] == result["scores"]


def test_what_is_done_is_skipped_and_the_rest_is_made(study, category, tmp_path, capsys):
    out = shutil.copytree(study, tmp_path / "study")
    before = done(out)
    assert main(arguments(category, out, "--study", "table7", "--seeds", 2)) == 0
    assert done(out) == before and "all done" in capsys.readouterr().out
    assert main(arguments(category, out, "--study", "table7", "--seeds", 3, "--dry-run")) == 0
    shown = capsys.readouterr().out
    assert shown.count("done\n") == 2 and shown.count("to run, about") == 1 and "2 done, 1 to make" in shown
    assert done(out) == before
    (out / CSV).unlink()
    assert main(arguments(category, out, "--study", "figure9", "--seeds", 1, "--dry-run")) == 0
    assert "1 done, 2 to make" in capsys.readouterr().out and not (out / CSV).exists()


def planned(category: Path, out: Path, any_code: bool = False, **settings: object) -> Plan:
    base = base_config("small", SETTINGS | {k.replace("__", "."): v for k, v in settings.items()})
    source = open_source(str(category), 0)
    return make_plan(select(["table7"]), [source], [0], base, StudyFolder(out), preset_name="small", any_code=any_code)


def test_other_settings_data_or_numbers_are_not_done(study, category, tmp_path, monkeypatch):
    assert not planned(category, study).missing
    assert planned(category, study, loss__alpha=0.7).missing
    other = shutil.copytree(category, tmp_path / "other" / "part")
    assert not planned(other, study).missing  # where the data lies does not matter
    (other / "train" / "good" / "00.png").write_bytes((other / "train" / "good" / "01.png").read_bytes())
    assert planned(other, study).missing
    monkeypatch.setattr("nnet.studies.plan.NUMBERS", 2)
    assert planned(category, study).missing
    assert not planned(category, study, any_code=True).missing


def test_a_damaged_result_is_made_again(study, category, tmp_path):
    out = shutil.copytree(study, tmp_path / "study")
    job = planned(category, out).jobs[0]
    StudyFolder(out).done(job.key).write_text("{")
    assert planned(category, out).missing == (job,)


def test_a_run_that_was_only_trained_is_measured_and_not_trained_again(study, category, tmp_path, monkeypatch):
    out = shutil.copytree(study, tmp_path / "study")
    folder, job = StudyFolder(out), planned(category, out).jobs[0]
    before = folder.result(job.key)
    (folder.model(job.key) / "metrics.json").unlink()
    monkeypatch.setattr("nnet.studies.execute.train_on", None)
    result = execute(job, folder.model(job.key))
    assert result["scores"] == before["scores"]
    assert {name for name in result if result[name] != before[name]} <= TIMES | {"engine", "jobs", "device", "threads"}


class Killed(Exception):
    """Breaks a run off from inside its report."""


def test_a_broken_off_run_goes_on_to_the_same_numbers(study, category, tmp_path):
    folder, job = StudyFolder(tmp_path), planned(category, study).jobs[0]
    epochs = []

    def kill(progress: Progress) -> None:
        if progress.phase == "train" and progress.epoch == 1:
            raise Killed

    with pytest.raises(Killed):
        execute(job, folder.model(job.key), kill)
    assert (folder.model(job.key) / RESUME).is_file()
    result = execute(job, folder.model(job.key), lambda p: epochs.append(p.epoch) if p.phase == "train" else None)
    assert set(epochs) == {1}
    assert result["scores"] == StudyFolder(study).result(job.key)["scores"]


def test_a_killed_study_loses_nothing_and_leaves_nobody_behind(interrupted):
    assert interrupted.lock_was_freed, "a worker outlived its study"
    assert interrupted.resumed and len(interrupted.before) == 1
    after = done(interrupted.out)
    assert len(after) == 2 and interrupted.before.items() < after.items()
    second = StudyFolder(interrupted.out).result((after.keys() - interrupted.before.keys()).pop().removesuffix(".json"))
    assert second["epochs"] == 2 and second["seed"] == 1
    assert not [path for path in interrupted.out.rglob("*") if path.name.endswith(".tmp")]


WORKER = """
import json, os, signal, sys
for line in sys.stdin:
    job = json.loads(line)
    print("something that a library says", flush=True)
    print(json.dumps({"phase": "train", "part": 1, "total": 2}), flush=True)
    if job["seed"] == 1:
        print(json.dumps({"error": "diverged"}), flush=True)
    elif job["seed"] == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    elif job["seed"] == 3:
        with open(f"{sys.argv[1]}/logs/{job['key']}.txt", "a") as log:
            log.write("a last word")
        sys.exit(7)
    else:
        print(json.dumps({"done": True}), flush=True)
"""


def test_a_failed_or_dead_run_is_told_and_stops_no_other(study, category, tmp_path):
    """The engine with workers that fail, die and end on their own."""
    folder = StudyFolder(tmp_path)
    folder.make()
    base, source = base_config("small", SETTINGS), open_source(str(category), 0)
    plan = make_plan(select(["table7"]), [source], range(5), base, folder)
    events: list[Event] = []
    worker = WORKER.replace('job["seed"]', 'job["config"]["train"]["seed"]')
    engine = LocalEngine(2, 1, command=(sys.executable, "-c", worker))
    engine.run(prepared(plan, engine="local", jobs=2, threads=1), folder, FileLock(folder.lock), events.append)
    ended = {e.key: e for e in events if e.kind in ("done", "failed")}
    kinds = [(ended[job.key].kind, ended[job.key].message) for job in plan.jobs]
    assert [kind for kind, _ in kinds] == ["done", "failed", "failed", "failed", "done"]
    assert kinds[1][1] == "diverged" and "Signal 9" in kinds[2][1]
    assert "code 7" in kinds[3][1] and "a last word" in kinds[3][1]
    assert [e.share for e in events if e.kind == "progress"] == [0.5] * 5


def test_data_that_changed_since_the_plan_is_refused(category, tmp_path):
    other = shutil.copytree(category, tmp_path / "other" / "part")
    job = planned(other, tmp_path / "out").jobs[0]
    (other / "test" / "good" / "01.png").unlink()
    with pytest.raises(StudyError, match="changed since the study was planned"):
        execute(job, tmp_path / "model")
    with pytest.raises(StudyError, match="another version of N-Net"):
        execute(replace(job, code="0" * 64), tmp_path / "model")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--study", "table5"], "--data"),
        (["--data", "synthetic"], "--study"),
        (["--study", "table5", "--data", "no/folder"], "no/folder"),
        (["--study", "table5", "--data", "synthetic", "--seeds", "0"], "--seeds: expected 1"),
        (["--study", "table5", "--data", "synthetic", "--set", "model.fpm=false"], "what the variants differ in"),
        (["--study", "table5", "--data", "synthetic", "--set", "nonsense"], "SECTION.FIELD=VALUE"),
        (["--study", "table5", "--data", "synthetic", "--address", "auto"], "--engine ray"),
    ],
)
def test_mistakes_end_in_one_sentence(more, words, tmp_path, capsys):
    assert main(["ablate", "--out", str(tmp_path), *more]) == 1
    message = capsys.readouterr().err
    assert words in message and "Traceback" not in message and not list(tmp_path.iterdir())


def test_data_without_defects_is_refused(category, tmp_path, capsys):
    code = main(["ablate", "--study", "table5", "--data", str(category / "train" / "good"), "--out", str(tmp_path)])
    assert code == 1 and "normal and defective ones to measure on" in capsys.readouterr().err


def test_two_studies_never_share_a_folder(study, category, capsys, monkeypatch):
    monkeypatch.setattr("nnet.cli.ablate.LOCK_SECONDS", 0.0)
    lock = FileLock(study / LOCK)
    assert lock.take()
    try:
        assert main(arguments(category, study, "--study", "table7")) == 1
    finally:
        lock.release()
    assert "Another study is running" in capsys.readouterr().err


def test_the_list_shows_variants_and_their_differences(capsys):
    assert main(["ablate", "--list"]) == 0
    shown = capsys.readouterr().out
    assert all(f"\n{name}\n" in f"\n{shown}" for name in VARIANTS)
    assert "loss.distance=l2" in shown and "loss.beta_epochs=none" in shown and "27 training runs" in shown
    assert main(["ablate", "--list", "--study", "table5"]) == 0
    assert "4 variants, 4 training runs" in capsys.readouterr().out


def test_an_estimate_takes_finished_runs_at_their_word_and_measures_the_rest(study, category):
    asked: list[Config] = []

    def measure(config: Config, threads: int, masks: bool) -> Costs:
        asked.append(config)
        return Costs(step=2.0, teacher=0.5, image=0.25, metrics=0.125)

    base, source = base_config("small", SETTINGS), open_source(str(category), 0)
    plan = make_plan(select(["table4", "table7"]), [source], [0, 2], base, StudyFolder(study))
    results = StudyFolder(study).results()
    seconds = estimate(plan, results, "local", results[0]["threads"], measure)
    assert seconds.keys() == {job.key for job in plan.missing} and len(asked) == 2  # reverse alone, and both
    full = next(job for job in plan.missing if "nnet" in job.variants)
    assert seconds[full.key] == pytest.approx(np.median([r["seconds_run"] for r in results]))
    config = Config.from_dict(full.config)
    # 6 images are trained on in 2 epochs of 2 steps, 8 are held out, 6 are tested in two passes, 9 scores
    expected = 10 + 4 * 2.0 + 6 * 0.5 + (8 + 2 * 6) * 0.25 + 9 * 6 * 0.125
    assert run_seconds(config, Costs(2.0, 0.5, 0.25, 0.125), 14, 6, 9) == pytest.approx(expected)


def test_the_display_corrects_its_estimate_by_what_runs_took(study, category, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("nnet.studies.progress.time.monotonic", lambda: now[0])
    plan = make_plan(
        select(["table5"]), [open_source(str(category), 0)], [0], base_config("small", SETTINGS), StudyFolder(study)
    )
    first, second, *_ = [job.key for job in plan.jobs]
    with open(os.devnull, "w") as nowhere:
        display = Display(plan.jobs, {job.key: 100.0 for job in plan.jobs}, 1, nowhere, live=False)
        assert display.left() == 400
        display(Event(first, "started"))
        now[0] = 50
        display(Event(first, "done"))  # half of what was expected
        assert display.left() == pytest.approx(150)
        display(Event(second, "started"))
        display(Event(second, "progress", "train", 0.5))
        now[0] = 70
        assert display.left() == pytest.approx(130) and "nfs, seed 0: training 50%" in display.status()
        display(Event(second, "failed", message="diverged"))
    assert display.failed == {second: "diverged"} and display.status().startswith("2/4")


@pytest.mark.parametrize(("seconds", "words"), [(5, "5 s"), (89, "89 s"), (120, "2 min"), (11100, "3 h 5 min")])
def test_durations_read_well(seconds, words):
    assert duration(seconds) == words


@pytest.fixture
def cores(monkeypatch) -> Iterator[None]:
    monkeypatch.setattr("nnet.studies.engines.usable_cores", lambda: 16)
    monkeypatch.setattr("nnet.device.available_memory", lambda: 64 * 1024**3)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    yield


def test_runs_at_once_follow_cores_and_memory(cores, monkeypatch):
    assert (local_engine("cpu").jobs, local_engine("cpu").threads) == (4, 4)
    assert (local_engine("cpu", jobs=8).jobs, local_engine("cpu", jobs=8).threads) == (8, 2)
    monkeypatch.setattr("nnet.device.available_memory", lambda: 9 * 1024**3)
    assert local_engine("cpu").jobs == 2
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert threads_per_run(16) == 3


def test_every_gpu_gets_a_run_of_its_own(cores, monkeypatch):
    monkeypatch.setattr("nnet.device.choose_device", lambda _: type("Device", (), {"type": "cuda"}))
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    engine = local_engine()
    assert engine.jobs == 2 and engine.places == ({"CUDA_VISIBLE_DEVICES": "3"}, {"CUDA_VISIBLE_DEVICES": "5"})
    assert local_engine("cuda:1").places == ({},)
