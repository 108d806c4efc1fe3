"""A small study from the command line: what runs, what is skipped, and what survives."""

import csv
import io
import json
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import forking
import numpy as np
import pytest
from builders import TINY, random_images, write_category
from PIL import Image
from run_builders import end, say
from waiting import held, until

import nnet.saved.storage
from nnet import environment
from nnet.cli import main
from nnet.cli.ablate import STOPPED
from nnet.config import Config
from nnet.detector import Detector
from nnet.runs import CANCELLED, RunError, RunSpec, layout, processes, queue, worker
from nnet.runs.estimate import Costs, run_seconds
from nnet.runs.locks import FileLock
from nnet.saved.formats import RESUME
from nnet.studies import COLUMNS, VARIANTS, StudyError, base_config, read_results, running, select
from nnet.studies.estimate import estimate
from nnet.studies.execute import execute
from nnet.studies.export import export
from nnet.studies.following import Display
from nnet.studies.plan import Plan, Request, make_plan, open_source
from nnet.studies.running import DONE as ENDED
from nnet.studies.running import FAILED, RUNNING, WAITING, Share, Standing, prepared, share_of_this_computer
from nnet.studies.store import CARD, CSV, DONE, MODELS, Job, StudyFolder
from nnet.training.events import Callbacks, Progress
from nnet.units import duration

COSTS = Costs(step=2.0, teacher=0.5, forward=0.25, reading=0.125, cached=True)
SETTINGS = {path: value for path, value in TINY.items() if path != "loss.beta_epochs"}
TIMES = {"seconds_training", "seconds_run", "training_images_per_second", "images_per_second", "created", "commit"}


@pytest.fixture(scope="module")
def category(tmp_path_factory) -> Path:
    """An MVTec-style category: 14 normal images, and a test part with masks."""
    return write_category(tmp_path_factory.mktemp("data") / "part", good=3, hole=3)


def arguments(category: Path, out: Path, *more: object) -> list[str]:
    settings = [f"--set={path}={value}" for path, value in SETTINGS.items()]
    return ["ablate", "--data", str(category), "--out", str(out), "--jobs", "1", *settings, *map(str, more)]


@pytest.fixture(scope="module", autouse=True)
def machine(tmp_path_factory) -> Iterator[pytest.MonkeyPatch]:
    """A computer of its own, whose slots nobody else takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(environment.MACHINE, str(tmp_path_factory.mktemp("machine")))
        patch.setenv("OMP_NUM_THREADS", "1")
        yield patch


@dataclass(frozen=True)
class Interrupted:
    """A study whose command was killed, then stopped, each in the middle of its first run; then it was finished."""

    out: Path
    survived: str  # state of the run when its command was dead
    code: int  # of the stopped command
    said: str
    states: list[str]  # of the runs after that
    alive: bool  # the trainer was still there


@pytest.fixture(scope="module")
def interrupted(category, tmp_path_factory, machine) -> Interrupted:
    """Table 7 with two seeds: N-Net alone, which stands in other studies too."""
    out, gate = tmp_path_factory.mktemp("study"), tmp_path_factory.mktemp("gate") / "open"
    folder, asked = StudyFolder(out), arguments(category, out, "--study", "table7", "--seeds", 2)
    machine.setattr(processes, "launch", forking.launch)
    machine.setattr(nnet.saved.storage, "write_atomically", held(gate))
    machine.setattr("nnet.studies.estimate.costs_of", lambda spec: COSTS)
    log = out.with_name("said")
    with log.open("w") as said:
        killed = forking.fork(lambda: main(asked), said.fileno(), said.fileno())
        until(lambda: killed.poll() is not None or any(run.kept_epochs for run in folder.runs.list()), log.read_text)
        killed.send_signal(signal.SIGKILL)
        assert killed.wait() == -signal.SIGKILL, log.read_text()
        (run,) = [run for run in folder.runs.list() if run.kept_epochs]
        said.truncate(0)
        stopped = forking.fork(lambda: main(asked), said.fileno(), said.fileno())
        until(lambda: stopped.poll() is not None or "started" in log.read_text(), log.read_text)
        stopped.send_signal(signal.SIGINT)
        code = stopped.wait()
    states = [run.state for run in folder.runs.list()]
    alive = processes.is_alive(*layout.read_trainer(run.path))
    gate.touch()
    assert main(asked) == 0
    return Interrupted(out, run.state, code, log.read_text(), states, alive)


@pytest.fixture(scope="module")
def study(interrupted) -> Path:
    """The finished study's folder."""
    return interrupted.out


def done(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (out / DONE).glob("*.json")}


@pytest.mark.long
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
    assert "Trained on 6 normal images; tested on 3 normal and 3 defective images, with 3 marked regions" in card
    assert "Runs: 2 (seeds: 0, 1). Epochs per run: 2. Steps per run: 4." in card and " minutes for all runs" in card
    assert f"Commit: `{rows[0]['commit']}`" in card
    mean = 50 * sum(row["i_auroc"] for row in rows if (row["study"], row["row"]) == ("table7", "M1, M2, M3"))
    line = next(line for line in card.splitlines() if line.startswith("| M1, M2, M3 | 2 |"))
    assert f"| {mean:.2f} ± " in line and line.endswith(" |  | 99 |")  # the baseline itself; the paper's 99.0
    assert "All six maps beat the rebuilder's, M1 to M3 (P-AP; Table 7): " in card
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
    [
        ("", (), "the study's own folder"),
        ("new", ("rd",), "No checkpoint of 'rd'"),
        ("taken", (), "something other than a study"),
    ],
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
    assert len(kept) == 1 and len(list((study / MODELS).glob("*/weights.safetensors"))) == 1
    detector = Detector.load(kept[0], "cpu")
    assert detector.config.train.seed == 0 and "3 normal and 3 defective" in detector.checkpoint.card
    result = json.loads((study / DONE / f"{kept[0].name}.json").read_text())
    image = np.asarray(Image.open(category / "test" / "good" / "000.png"))
    assert detector.score([image])[0].value > 0
    assert detector.checkpoint.metrics["scores"] == result["scores"]


def test_what_is_done_is_skipped_and_the_rest_is_made(study, category, tmp_path, capsys):
    out = shutil.copytree(study, tmp_path / "study")
    before = done(out)
    assert main(arguments(category, out, "--study", "table7", "--seeds", 2)) == 0
    assert done(out) == before and "all done" in capsys.readouterr().out
    assert main(arguments(category, out, "--study", "table7", "--seeds", 3, "--dry-run")) == 0
    shown = capsys.readouterr().out
    assert shown.count("done\n") == 2 and shown.count("to run, about") == 1 and "2 done, 1 to run" in shown
    assert done(out) == before
    (out / CSV).unlink()
    assert main(arguments(category, out, "--study", "figure9", "--seeds", 1, "--dry-run")) == 0
    assert "1 done, 2 to run" in capsys.readouterr().out and not (out / CSV).exists()


def planned(category: Path, out: Path, any_code: bool = False, **settings: object) -> Plan:
    base = base_config("small", SETTINGS | {k.replace("__", "."): v for k, v in settings.items()})
    source = open_source(str(category), 0)
    request = Request(select(["table7"]), [source], [0], base, preset_name="small")
    return make_plan(request, StudyFolder(out), any_code=any_code)


def test_other_settings_data_or_numbers_are_not_done(study, category, tmp_path, monkeypatch):
    assert not planned(category, study).missing
    assert planned(category, study, loss__alpha=0.7).missing
    other = shutil.copytree(category, tmp_path / "other" / "part")
    assert not planned(other, study).missing  # where the data lies does not matter
    (other / "train" / "good" / "000.png").write_bytes((other / "train" / "good" / "001.png").read_bytes())
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
        execute(job, folder.model(job.key), Callbacks(kill))
    assert (folder.model(job.key) / RESUME).is_file()
    hear = Callbacks(lambda p: epochs.append(p.epoch) if p.phase == "train" else None)
    result = execute(job, folder.model(job.key), hear)
    assert set(epochs) == {1}
    assert result["scores"] == StudyFolder(study).result(job.key)["scores"]


def test_a_study_survives_its_killed_command_and_a_stopped_one_continues(interrupted):
    assert interrupted.survived == "running"
    assert interrupted.code == CANCELLED and STOPPED in interrupted.said
    assert interrupted.states == ["cancelled"] * 2 and not interrupted.alive
    runs = {run.spec.config.train.seed: run for run in StudyFolder(interrupted.out).runs.list()}
    assert {seed: run.status.attempt for seed, run in runs.items()} == {0: 2, 1: 1}
    assert {run.state for run in runs.values()} == {"done"} and len(done(interrupted.out)) == 2
    results = StudyFolder(interrupted.out).results()
    assert [r["epochs"] for r in results] == [2, 2] and sorted(r["seed"] for r in results) == [0, 1]
    assert not [path for path in interrupted.out.rglob("*") if path.name.endswith(".tmp")]


def test_finishing_leaves_alone_what_the_run_is_writing_just_now(study, category, tmp_path):
    folder, job = StudyFolder(tmp_path), replace(planned(category, study).jobs[0], keep=False)
    model = folder.model(job.key)
    model.mkdir(parents=True)
    folder.done(job.key).parent.mkdir(exist_ok=True)
    for name in (".status.json.tmp", "status.json", "weights.safetensors"):
        (model / name).write_text("{}")
    folder.finish(job, {})
    assert {path.name for path in model.iterdir()} == {".status.json.tmp", "status.json"}


@pytest.fixture
def nobody_trains(monkeypatch) -> None:
    """The queue stays as it is."""
    monkeypatch.setattr(queue, "ensure_supervisor", lambda root: None)


def five(category: Path, out: Path) -> tuple[StudyFolder, list[str]]:
    """Five jobs that were handed over."""
    folder = StudyFolder(out)
    base, source = base_config("small", SETTINGS), open_source(str(category), 0)
    plan = make_plan(Request(select(["table7"]), [source], range(5), base), folder)
    jobs = prepared(plan.missing, Share(2, 1, ("cpu",)))
    running.hand_over(folder, jobs)
    running.hand_over(folder, jobs)  # as a second command, or the page, does
    return folder, [job.key for job in jobs]


def test_every_job_is_a_run_that_waits_in_order(category, tmp_path, nobody_trains):
    folder, keys = five(category, tmp_path)
    runs = {run.id: run for run in folder.runs.list()}
    assert [runs[key].position for key in keys] == [1, 2, 3, 4, 5]
    spec = runs[keys[3]].spec
    assert (spec.name, spec.device, spec.threads, spec.at_once) == ("nnet, seed 3", "cpu", 1, 2)
    running.cancel(folder, keys[1:3])
    assert [running.standing(folder, key).state for key in keys] == [WAITING, FAILED, FAILED, WAITING, WAITING]
    running.enqueue(folder, keys[1])
    assert folder.runs.get(keys[1]).position == 4


def test_a_failed_or_dead_run_is_told_and_stops_no_other(category, tmp_path, nobody_trains):
    folder, keys = five(category, tmp_path)
    runs = [folder.runs.get(key) for key in keys]
    for run in runs[:4]:
        (run.path / layout.QUEUED).unlink()
    end(runs[0], 1, "The loss is not finite.")
    end(runs[1], -9, "The training process was killed (SIGKILL).")
    shipped = Path(__file__).parents[2] / "checkpoints" / "studies" / "elpv-mono-small" / "done"
    finished = json.loads(next(shipped.iterdir()).read_text())
    folder.done(keys[2]).write_text(json.dumps({**finished, "key": keys[2]}))
    lock = FileLock(runs[3].path / layout.LOCK)
    assert lock.take()
    say(runs[3], phase="train", done=1, total=2)
    found = {key: running.standing(folder, key) for key in keys}
    lock.release()
    assert list(found.values()) == [
        Standing(FAILED, reason="The loss is not finite."),
        Standing(FAILED, reason="The training process was killed (SIGKILL)."),
        Standing(ENDED),
        Standing(RUNNING, "train", 0.5),
        Standing(WAITING),
    ]
    folder.runs.cancel(keys[4])
    folder.runs.delete(keys[4])
    assert running.standing(folder, keys[4]).reason == "Its run was deleted."


def test_a_run_of_a_newer_version_is_left_alone(category, tmp_path, nobody_trains):
    folder, keys = five(category, tmp_path)
    spec = json.loads((folder.model(keys[0]) / layout.SPEC).read_text())
    (folder.model(keys[0]) / layout.SPEC).write_text(json.dumps(spec | {"format": 99}))
    with pytest.raises(RunError, match="format 99"):
        five(category, tmp_path)
    with pytest.raises(RunError, match="belongs to a study"):
        worker._no_study(folder.model(keys[1]), None)


def test_data_that_changed_since_the_plan_is_refused(category, tmp_path):
    other = shutil.copytree(category, tmp_path / "other" / "part")
    job = planned(other, tmp_path / "out").jobs[0]
    (other / "test" / "good" / "001.png").unlink()
    with pytest.raises(StudyError, match="changed since the study was planned"):
        execute(job, tmp_path / "model")
    with pytest.raises(StudyError, match="another version of N-Net"):
        execute(replace(job, numbers=0), tmp_path / "model")


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


def test_the_list_shows_variants_and_their_differences(capsys):
    assert main(["ablate", "--list"]) == 0
    shown = capsys.readouterr().out
    assert all(f"\n{name}\n" in f"\n{shown}" for name in VARIANTS)
    assert "loss.distance=l2" in shown and "loss.beta_epochs=none" in shown and "27 training runs" in shown
    assert main(["ablate", "--list", "--study", "table5"]) == 0
    assert "4 variants, 4 training runs" in capsys.readouterr().out


def test_an_estimate_takes_finished_runs_at_their_word_and_measures_the_rest(study, category):
    asked: list[RunSpec] = []

    def measure(job: Job) -> Costs:
        asked.append(running.spec_of(job))
        return COSTS

    base, source = base_config("small", SETTINGS), open_source(str(category), 0)
    plan = make_plan(Request(select(["table4", "table7"]), [source], [0, 2], base), StudyFolder(study))
    results = StudyFolder(study).results()
    seconds = estimate(plan, results, Share(1, results[0]["threads"], ("cpu",)), measure=measure)
    assert seconds.keys() == {job.key for job in plan.missing} and len(asked) == 2  # reverse alone, and both
    assert {spec.threads for spec in asked} == {results[0]["threads"]}
    full = next(job for job in plan.missing if "nnet" in job.variants)
    assert seconds[full.key] == pytest.approx(np.median([r["seconds_run"] for r in results]))
    config = Config.from_dict(full.config)
    # 14 images are read; 6 are trained on in 2 epochs of 2 steps and seen twice by the teacher; 8 held out, 6 tested
    expected = 8 + 14 * 0.125 + 4 * 2.0 + 2 * 6 * 0.5 + (8 + 6) * 0.25
    assert run_seconds(config, COSTS, 14, 6, film=False) == pytest.approx(expected)
    assert run_seconds(config, COSTS, 14, 6) == pytest.approx(expected + 22 * 0.25 * 2)
    assert run_seconds(config, replace(COSTS, cached=False), 14, 6, film=False) == pytest.approx(expected + 4 * 4 * 0.5)


def test_the_display_corrects_its_estimate_by_what_runs_took(study, category, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("nnet.studies.following.time.monotonic", lambda: now[0])
    source, base = open_source(str(category), 0), base_config("small", SETTINGS)
    plan = make_plan(Request(select(["table5"]), [source], [0], base), StudyFolder(study))
    first, second, *_ = [job.key for job in plan.jobs]
    stream = io.StringIO()
    display = Display(plan.jobs, {job.key: 100.0 for job in plan.jobs}, 1, stream, live=False)
    assert display.left() == 400
    display({first: Standing(RUNNING)})
    now[0] = 50
    display({first: Standing(ENDED)})  # half of what was expected
    assert display.left() == pytest.approx(150)
    display({second: Standing(RUNNING, "train", 0.5)})
    now[0] = 70
    assert display.left() == pytest.approx(130) and "nfs, seed 0: training 50%" in display.status()
    display({second: Standing(FAILED, reason="diverged")})
    assert display.failed == {second: "diverged"} and display.status().startswith("2/4")
    assert [line.split()[0] for line in stream.getvalue().splitlines()] == ["started", "done", "started", "failed"]


def test_a_run_that_was_under_way_tells_the_display_nothing_of_the_pace(study, category, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("nnet.studies.following.time.monotonic", lambda: now[0])
    source, base = open_source(str(category), 0), base_config("small", SETTINGS)
    plan = make_plan(Request(select(["table5"]), [source], [0], base), StudyFolder(study))
    first = plan.jobs[0].key
    stream = io.StringIO()
    display = Display(plan.jobs, {job.key: 100.0 for job in plan.jobs}, 1, stream, live=False)
    display({first: Standing(RUNNING, "train", 0.9)})
    now[0] = 1
    display({first: Standing(ENDED)})
    assert display.left() == 300 and stream.getvalue() == "started   rd, seed 0\ndone      rd, seed 0, 5 min left\n"


@pytest.mark.parametrize(("seconds", "words"), [(5, "5 s"), (89, "89 s"), (120, "2 min"), (11100, "3 h 5 min")])
def test_durations_read_well(seconds, words):
    assert duration(seconds) == words


@pytest.fixture
def cores(monkeypatch) -> None:
    monkeypatch.setattr(running, "usable_cores", lambda: 16)
    monkeypatch.setattr("nnet.device.available_memory", lambda: 64 * 1024**3)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


def test_runs_at_once_follow_cores_and_memory(cores, monkeypatch):
    assert share_of_this_computer("cpu") == Share(4, 4, ("cpu",))
    assert share_of_this_computer("cpu", jobs=8) == Share(8, 2, ("cpu",))
    monkeypatch.setattr("nnet.device.available_memory", lambda: 9 * 1024**3)
    assert share_of_this_computer("cpu").jobs == 2
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert running.threads_per_run(16) == 3


def test_every_gpu_gets_a_run_of_its_own(study, category, cores, monkeypatch):
    monkeypatch.setattr("nnet.device.choose_device", lambda _: type("Device", (), {"type": "cuda"}))
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    share = share_of_this_computer()
    assert share.jobs == 2 and share.devices == ("cuda:0", "cuda:1")
    jobs = planned(category, study, loss__alpha=0.7).missing * 3
    assert [job.device for job in prepared(jobs, share)] == ["cuda:0", "cuda:1", "cuda:0"]
    assert share_of_this_computer("cuda:1").devices == ("cuda:1",)
