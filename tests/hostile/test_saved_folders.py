"""Folders that somebody else may have made, beside good ones: each is named as damaged, and the others work."""

import errno
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import damaging
import numpy as np
import pytest
from apptest import INSPECT, ROOT, encoded, start
from run_builders import end, finish, make_run, say, write_film, write_history
from safetensors.torch import load_file

from nnet.cli import main
from nnet.errors import NNetError
from nnet.runs import Runs
from nnet.runs.film import FILM
from nnet.runs.holders import Holder
from nnet.runs.run import is_usable, usable_checkpoints
from nnet.runs.slots import SLOT_FORMAT
from nnet.saved import checkpoint, kept_scores, kept_thresholds
from nnet.saved.formats import KIND
from nnet.saved.storage import write_tensors
from nnet.scoring.calibration import Kept
from nnet.scoring.kind import Kind
from nnet.studies.store import StudyFolder
from nnet.watch.journal import JOURNAL, Entry, Journal, Stamp, WatchError
from workbench.shared import model_list, model_words, parts, resources, words
from workbench.train.words import waits_for

TRAIN, EVALUATE = "pages/5_Train.py", "pages/4_Evaluate.py"
PAGES = [None, *(f"pages/{path.name}" for path in sorted((ROOT / "pages").glob("*.py")))]
READ_NO_MORE = tuple(
    f"pages/{name}.py" for name in ("2_Memory", "3_Projection", "7_How_it_works", "9_Watch", "10_Host")
)
"""Pages that read of damaged folders what every page does in its sidebar, and nothing besides."""
HARMLESS = ("link to itself",)
"""As if the file were not there."""
WITHOUT_MODEL = ("pages/9_Watch.py", "pages/10_Host.py")
CHECKPOINT_FAULTS: dict[str, tuple[str, damaging.Damage]] = {
    **{f"config is {kind}": ("config.json", damage) for kind, damage in damaging.KINDS.items()},
    **{f"config {kind}": ("config.json", damage) for kind, damage in damaging.JSON.items()},
    **{f"metrics {kind}": ("metrics.json", damage) for kind, damage in damaging.JSON.items()},
    **{f"metrics is {kind}": ("metrics.json", damage) for kind, damage in damaging.KINDS.items()},
    **{f"decision {kind}": ("decision.json", damage) for kind, damage in damaging.JSON.items()},
    **{f"scores {kind}": ("scores.json", damage) for kind, damage in damaging.JSON.items()},
    **{f"scores are {kind}": ("scores.json", damage) for kind, damage in damaging.KINDS.items()},
    **{f"kind {kind}": ("kind.safetensors", damage) for kind, damage in damaging.ARRAYS.items()},
    **{f"kind is {kind}": ("kind.safetensors", damage) for kind, damage in damaging.KINDS.items()},
    **{f"weights are {kind}": ("weights.safetensors", damage) for kind, damage in damaging.KINDS.items()},
    **{f"maps are {kind}": ("normal_maps.safetensors", damage) for kind, damage in damaging.KINDS.items()},
    **{f"maps {kind}": ("normal_maps.safetensors", damage) for kind, damage in damaging.ARRAYS.items()},
    **{f"maps {kind}": ("normal_maps.safetensors", damage) for kind, damage in damaging.MAPS.items()},
    **{f"atlas {kind}": ("atlas.safetensors", damage) for kind, damage in damaging.ARRAYS.items()},
    "card is pipe": ("card.md", damaging.KINDS["pipe"]),
}
RUN_FAULTS: dict[str, tuple[str, damaging.Damage]] = {
    **{f"spec {kind}": ("run.json", damage) for kind, damage in damaging.JSON.items()},
    **{f"exit {kind}": ("exit.json", damage) for kind, damage in damaging.JSON.items()},
    **{f"spec is {kind}": ("run.json", damage) for kind, damage in damaging.KINDS.items()},
    **{f"exit is {kind}": ("exit.json", damage) for kind, damage in damaging.KINDS.items()},
    **{f"ticket is {kind}": ("queued.json", damage) for kind, damage in damaging.KINDS.items()},
    **{f"lock is {kind}": ("lock", damage) for kind, damage in damaging.KINDS.items() if kind != "terabyte"},
    "ticket list": ("queued.json", damaging.JSON["list"]),
}


@pytest.fixture(autouse=True)
def nobody_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """No run is really started."""
    monkeypatch.setattr("nnet.runs.queue.ensure_supervisor", lambda root: None)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A complete checkpoint."""
    return damaging.untrained_checkpoint(tmp_path_factory.mktemp("models") / "good")


def signed(path: Path) -> None:
    """Let config.json state the hashes of what is there now, as somebody who forges a checkpoint would write it."""
    from nnet.model.teacher_weights import file_sha256

    data = json.loads((path / "config.json").read_text())
    data["sha256"] = {
        name: file_sha256(path / name) if (path / name).stat().st_size < 2**28 else "0" * 64
        for name in data["sha256"]
        if (path / name).is_file()
    }
    (path / "config.json").write_text(json.dumps(data))


def damaged(good: Path, path: Path, fault: str) -> Path:
    """A copy of the checkpoint with a fault in it."""
    shutil.copytree(good, path)
    name, damage = CHECKPOINT_FAULTS[fault]
    if name == KIND:
        checkpoint.add_kind(path, Kind(np.eye(8, 16, dtype=np.float32)))
    damage(path / name)
    if name.endswith(".safetensors") and (path / name).is_file() and (path / name).stat().st_size < 2**30:
        signed(path)
    return path


def use(path: Path) -> None:
    """Everything that is read from a checkpoint's folder."""
    saved = checkpoint.load(path)
    checkpoint.build_network(saved)
    checkpoint.load_atlas(saved)
    kept_scores.read(path, saved.weights_hash)


def test_the_good_one_is_good(good: Path) -> None:
    use(good)
    assert checkpoint.load(good).card == "# Parts\n"


@pytest.mark.parametrize("fault", CHECKPOINT_FAULTS)
def test_a_damaged_checkpoint_is_refused_in_a_sentence(good: Path, tmp_path: Path, fault: str) -> None:
    path = damaged(good, tmp_path / "bad", fault)
    with pytest.raises(NNetError) as found:
        use(path)
    assert str(path) in str(found.value) and "\n" not in str(found.value)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["weights", "atlas"])
def test_weights_and_atlas_that_are_not_finite_are_refused(good: Path, tmp_path: Path, name: str, value: float) -> None:
    path = Path(shutil.copytree(good, tmp_path / "bad"))
    tensors = load_file(path / f"{name}.safetensors")
    first = next(key for key, tensor in tensors.items() if tensor.is_floating_point())
    tensors[first].view(-1)[0] = value
    write_tensors(path / f"{name}.safetensors", tensors)
    signed(path)
    with pytest.raises(checkpoint.CheckpointError, match="not finite"):
        use(path)


@pytest.mark.parametrize("value", [1e38, -1e38])
def test_weights_that_compute_no_numbers_are_named_when_they_do(
    good: Path, tmp_path: Path, value: float, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each of them is finite."""
    path = Path(shutil.copytree(good, tmp_path / "bad"))
    tensors = load_file(path / "weights.safetensors")
    for tensor in tensors.values():
        if tensor.is_floating_point() and tensor.ndim == 1:
            tensor.fill_(value)
    write_tensors(path / "weights.safetensors", tensors)
    signed(path)
    (tmp_path / "a.png").write_bytes(encoded())
    use(path)
    assert main(["score", str(tmp_path / "a.png"), "--checkpoint", str(path), "--out", str(tmp_path / "out")]) == 1
    assert "bad computes no usable numbers" in capsys.readouterr().err
    with pytest.raises(NNetError, match="bad computes no usable numbers"):
        resources.load_model("bad", path, "cpu")


def test_weights_and_atlas_of_another_shape_are_refused(good: Path, tmp_path: Path) -> None:
    for name, change in (("weights", lambda t: t[..., :1]), ("atlas", lambda t: t[:3])):
        path = Path(shutil.copytree(good, tmp_path / name))
        tensors = {key: change(t) if t.ndim else t for key, t in load_file(path / f"{name}.safetensors").items()}
        write_tensors(path / f"{name}.safetensors", tensors)
        signed(path)
        with pytest.raises(checkpoint.CheckpointError, match=r"do not fit|expected to have the shape"):
            use(path)


def test_a_kind_of_other_features_is_refused(good: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(good, tmp_path / "bad"))
    checkpoint.add_kind(path, Kind(np.eye(8, 16, dtype=np.float32)))
    with pytest.raises(
        checkpoint.CheckpointError, match=r"kind\.safetensors is damaged: its features have 16 channels"
    ):
        use(path)
    checkpoint.add_kind(path, Kind(np.eye(8, 192, dtype=np.float32)))
    use(path)


def test_hashes_name_no_other_files(good: Path, tmp_path: Path) -> None:
    path = Path(shutil.copytree(good, tmp_path / "bad"))
    data = json.loads((path / "config.json").read_text())
    data["sha256"]["../../../../etc/passwd"] = "0" * 64
    (path / "config.json").write_text(json.dumps(data))
    use(path)


def test_a_card_in_latin_1_is_shown(good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(shutil.copytree(good, tmp_path / "bad"))
    (path / "card.md").write_bytes("Gehäuse".encode("latin-1"))
    assert checkpoint.load(path).card == "Geh�use"
    assert main(["info", "--checkpoint", str(path)]) == 0 and "Geh�use" in capsys.readouterr().out


def test_nnet_info_names_the_fault(good: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, fault in enumerate(("config deep", "metrics list", "config is pipe")):
        path = damaged(good, tmp_path / str(number), fault)
        assert main(["info", "--checkpoint", str(path)]) == 1
        shown = capsys.readouterr().err
        assert "damaged" in shown and str(path) in shown and "Traceback" not in shown


# ------------------------------------------------------------------------------------------------------------- runs


def bad_run(runs: Runs, good: Path, fault: str) -> Path:
    run = make_run(runs, re.sub(r"[^a-z]+", "-", fault))
    finish(run, good)
    say(run)
    name, damage = RUN_FAULTS[fault]
    if name == "queued.json":
        (run.path / "exit.json").unlink()
    damage(run.path / name)
    return run.path


@pytest.mark.parametrize("fault", RUN_FAULTS)
def test_a_damaged_run_is_listed_with_its_reason_and_stops_nothing_else(good: Path, tmp_path: Path, fault: str) -> None:
    runs = Runs(tmp_path)
    fine_one = make_run(runs, "Fine")
    finish(fine_one, good)
    path = bad_run(runs, good, fault)
    found = {run.id: run for run in runs.list()}
    assert found[fine_one.id].state == "done"
    assert found[path.name].state == "unreadable" and str(path) in found[path.name].reason
    assert is_usable(path) is fault.startswith("spec")  # its model is whole, and it is known that it was finished
    assert fine_one.path in list(usable_checkpoints(tmp_path))
    runs.delete(path.name)
    assert [run.id for run in runs.list()] == [fine_one.id]


def test_a_folder_that_may_not_be_entered_hides_no_model(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Python 3.11 answers for what lies in it; root may enter every one."""
    shutil.copytree(good, tmp_path / "good")
    (locked := tmp_path / "locked").mkdir()
    found = Path.stat

    def stat(path: Path, **options: bool) -> os.stat_result:
        if path.parent == locked:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return found(path, **options)

    monkeypatch.setattr(Path, "stat", stat)
    assert list(usable_checkpoints(tmp_path)) == [tmp_path / "good"]


@pytest.mark.parametrize("kind", [*damaging.JSON, *damaging.KINDS])
def test_a_damaged_status_or_history_leaves_the_run_usable(good: Path, tmp_path: Path, kind: str) -> None:
    runs = Runs(tmp_path)
    run = make_run(runs, "Done")
    finish(run, good)
    damage = (damaging.JSON | damaging.KINDS)[kind]
    damage(run.path / "status.json")
    damage(run.path / "history.jsonl")
    damage(run.path / "log.txt")
    found = runs.get(run.id)
    assert found.state == "done" and found.status is None and str(run.path) in found.problem
    assert found.model == run.path and found.history() == []
    assert found.history_problem or kind in ("empty", "deep below a field", "half")
    assert isinstance(found.log_tail(), str) and found.kept_epochs == 0


@pytest.mark.parametrize("kind", [*damaging.ARRAYS, *damaging.KINDS, "NaN"])
def test_a_damaged_film_is_named(tmp_path: Path, kind: str) -> None:
    run = make_run(Runs(tmp_path), "Filmed")
    film = write_film(run)
    assert len(film.scores()[0]) == 3
    damage = (damaging.ARRAYS | damaging.KINDS | damaging.MAPS)[kind]
    damage(run.path / FILM / "frame-000001.safetensors")
    (run.path / FILM / "frame-x.safetensors").write_bytes(b"")
    for look in (film.scores, lambda: film.frame(1)):
        with pytest.raises(NNetError, match="film"):
            look()
    for name in ("probes.safetensors", "probes.json"):
        damage(run.path / FILM / name)
        with pytest.raises(NNetError, match="probes"):
            _ = run.film().probes


def test_a_bad_place_in_the_queue_keeps_nobody_else_from_waiting(good: Path, tmp_path: Path) -> None:
    from nnet.runs import queue

    runs = Runs(tmp_path)
    waits, bad = make_run(runs, "Waits"), make_run(runs, "Bad")
    (waits.path / "queued.json").write_text('{"ticket": 7}')
    for damage in (damaging.JSON | damaging.KINDS).values():
        damage(bad.path / "queued.json")
        assert queue.waiting(tmp_path) == [waits.path]
        if (bad.path / "queued.json").is_dir():
            (bad.path / "queued.json").rmdir()


@pytest.mark.parametrize("since", [1e300, 1e12, -1.0])
def test_a_slot_with_a_date_that_there_is_not_is_damaged(since: float, tmp_path: Path) -> None:
    (tmp_path / "cpu-0.lock").write_text(json.dumps({"bytes": 1, "since": since}))
    with pytest.raises(NNetError, match=r"cpu-0\.lock is damaged: .*since"):
        SLOT_FORMAT.read(tmp_path / "cpu-0.lock")
    assert ", since " in waits_for("", Holder(None, 0, 250e9, False), "")


# ----------------------------------------------------------------------------------------------- studies, journals


@pytest.mark.parametrize("kind", [*damaging.JSON, *damaging.KINDS])
def test_a_damaged_result_of_a_study_is_named_and_the_others_count(tmp_path: Path, kind: str) -> None:
    shipped = Path(__file__).parents[2] / "checkpoints" / "studies" / "elpv-mono-small"
    study = StudyFolder(tmp_path)
    study.make()
    sources = sorted((shipped / "done").iterdir())[:2]
    for source in sources:
        shutil.copy(source, tmp_path / "done")
    bad = tmp_path / "done" / "bad.json"
    (damaging.JSON | damaging.KINDS)[kind](bad)
    assert [result["key"] for result in study.results()] == [source.stem for source in sources]
    if bad.exists():  # but for a link to itself, as if it were not there
        assert len(study.problems()) == 1 and str(bad) in study.problems()[0]


def test_a_result_cannot_name_a_file_elsewhere(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "checkpoints" / "studies" / "elpv-mono-small"
    source = sorted((shipped / "done").iterdir())[0]
    study = StudyFolder(tmp_path)
    study.make()
    for key in ("../../x", "/etc", ".hidden", "a/b", ""):
        (tmp_path / "done" / "bad.json").write_text(json.dumps({**json.loads(source.read_text()), "key": key}))
        assert study.results() == [] and "key" in study.problems()[0]


@pytest.mark.parametrize("kind", damaging.KINDS)
def test_a_journal_that_is_none_is_refused(tmp_path: Path, kind: str) -> None:
    damaging.KINDS[kind](tmp_path / JOURNAL)
    with pytest.raises((WatchError, OSError)):
        Journal(tmp_path / JOURNAL)


def test_a_journal_with_other_kinds_of_values_is_refused(tmp_path: Path) -> None:
    journal = Journal(tmp_path / JOURNAL)
    journal.add(Entry("a.png", Stamp(1, 2, 3), "0" * 64, "2026-01-01T00:00:00+00:00", 0.5, 1.0, "normal"))
    with sqlite3.connect(tmp_path / JOURNAL) as other:
        other.execute("UPDATE pictures SET score = 'high'")
    with pytest.raises(WatchError, match="journal"):
        journal.last(3)
    journal.close()


def test_a_journal_without_an_end_is_refused(tmp_path: Path) -> None:
    columns = "number, x'61' name, 1 size, 1 mtime, 1 ctime, '' sha256, '' time, 1.0 score, 1.0 threshold"
    numbers = "WITH RECURSIVE c(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM c)"
    with sqlite3.connect(tmp_path / JOURNAL) as made:
        made.execute(
            f"CREATE VIEW Pictures AS {numbers} SELECT {columns}, 'normal' decision, '' overlay, '' note FROM c"
        )
    for read_only in (True, False):
        with pytest.raises(WatchError, match="cannot be used as a journal"):
            Journal(tmp_path / JOURNAL, read_only)


def test_a_journal_in_which_each_entry_begins_something_endless_is_refused(tmp_path: Path) -> None:
    Journal(tmp_path / JOURNAL).close()
    numbers = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT sum(n) FROM c"
    with sqlite3.connect(tmp_path / JOURNAL) as other:
        other.execute(f"CREATE TRIGGER more AFTER INSERT ON pictures BEGIN SELECT ({numbers}); END")
    with pytest.raises(WatchError, match="cannot be used as a journal"):
        Journal(tmp_path / JOURNAL)


# ------------------------------------------------------------------------------------------------------------ pages


@pytest.fixture(scope="module")
def all_of_them(good: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good model and a good run beside one of every kind of damaged ones. Pages only read them."""
    folder = tmp_path_factory.mktemp("everything")
    models, runs = folder / "models", Runs(folder / "runs")
    shutil.copytree(good, models / "good")
    for number, fault in enumerate(CHECKPOINT_FAULTS):
        damaged(good, models / f"bad-{number}", fault)
    fine_one = make_run(runs, "Fine")
    finish(fine_one, good)
    write_history(fine_one)
    for fault in RUN_FAULTS:
        bad_run(runs, good, fault)
    return folder


@pytest.fixture
def everything(all_of_them: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The workbench knows all of them."""
    monkeypatch.setenv("NNET_CHECKPOINTS", str(all_of_them / "models"))
    monkeypatch.setenv("NNET_CHECKPOINTS_ONLY", "1")
    monkeypatch.setenv("NNET_RUNS", str(all_of_them / "runs"))
    return all_of_them


@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=pytest.mark.slow) if page in READ_NO_MORE else page for page in PAGES]
)
def test_a_page_works_beside_every_kind_of_damage(everything: Path, page: str | None) -> None:
    at = start(page, model="good", train_part="runs", run="fine")
    assert not at.error, at.error[0].value
    if page in WITHOUT_MODEL:
        return
    others = {part.name: part for part in parts.of_models(model_list.entries())}[words.OTHER_MODELS]  # of no known part
    labels = model_words.model_labels({entry.name: entry for entry in others.models}).values()
    assert sum("damaged" in label for label in labels) >= len(damaging.JSON)


@pytest.mark.slow
def test_every_damaged_model_is_explained_on_the_page(everything: Path) -> None:
    for number, (fault, (file, _)) in enumerate(CHECKPOINT_FAULTS.items()):
        if file != "scores.json":  # which Evaluate alone reads
            at = start(INSPECT, model=f"bad-{number}")
            assert at.error and "damaged" in at.error[0].value, fault


@pytest.mark.slow
def test_every_damaged_run_is_explained_on_the_page(everything: Path) -> None:
    for path in sorted((everything / "runs").iterdir()):
        if os.path.lexists(path / "run.json") and path.name != "fine":
            at = start(TRAIN, model="good", train_part="runs", run=path.name)
            assert any("damaged" in one.value for one in at.markdown), path.name


def test_evaluate_shows_a_model_whose_scores_are_damaged(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNET_CHECKPOINTS", str(tmp_path / "models"))
    monkeypatch.setenv("NNET_CHECKPOINTS_ONLY", "1")
    for kind, damage in (damaging.JSON | damaging.KINDS).items():  # one model, which is loaded once
        shutil.rmtree(tmp_path / "models", ignore_errors=True)
        shutil.copytree(good, tmp_path / "models" / "worn")
        damage(tmp_path / "models" / "worn" / "scores.json")
        at = start(EVALUATE)
        said = [one.value.replace("\\", "") for one in (*at.warning, *at.error)]
        assert any("scores.json" in one for one in said) or kind in HARMLESS, kind


@pytest.mark.parametrize("view", ["film", "curves", "log", "settings", "card"])
def test_a_run_with_damaged_results_is_shown(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, view: str
) -> None:
    runs = Runs(tmp_path / "runs")
    run = make_run(runs, "Worn")
    finish(run, good)
    for name in ("metrics.json", "calibration.json", "status.json", "history.jsonl", "card.md", "log.txt"):
        damaging.JSON["list"](run.path / name)
    write_film(run)
    damaging.ARRAYS["header that lies"](run.path / FILM / "frame-000002.safetensors")
    monkeypatch.setenv("NNET_CHECKPOINTS", str(good.parent))
    monkeypatch.setenv("NNET_CHECKPOINTS_ONLY", "1")
    monkeypatch.setenv("NNET_RUNS", str(runs.root))
    at = start(TRAIN, model="good", train_part="runs", run=run.id, train_view=view)
    said = [one.value for one in (*at.warning, *at.error)]
    assert any("metrics.json is damaged" in one for one in said) and any(
        "status.json is damaged" in one for one in said
    )


def test_a_run_that_ended_keeps_its_reason(good: Path, tmp_path: Path) -> None:
    run = make_run(Runs(tmp_path), "Failed")
    end(run, 1, "The loss became nan.")
    assert Runs(tmp_path).get(run.id).reason == "The loss became nan."


# ------------------------------------------------------------------------------------- one value after the other

WRITTEN = ("config.json", "metrics.json", "scores.json", "decision.json")
OTHER_VALUES = (None, 0, 1e300, "M9*(", [], {"x": 1})


def places(value: object, path: tuple = ()) -> Iterator[tuple]:
    """Where the values and lists of a JSON document stand; of a long list only the first entry."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else list(enumerate(value))[:1] if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*path, key))


def changed(document: object, place: tuple, **to: object) -> object:
    """The document with another value there, or without it."""
    copy = json.loads(json.dumps(document))
    *way, last = place
    here = copy
    for key in way:
        here = here[key]
    if to:
        here[last] = to["value"]
    else:
        del here[last]
    return copy


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", WRITTEN)
def test_no_single_value_of_a_model_breaks_a_page(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """What the schema allows, the pages can show; what it does not is named."""
    path = Path(shutil.copytree(good, tmp_path / "models" / "worn"))
    expression = checkpoint.load(good).config.score.expression
    if name == "decision.json":
        kept_thresholds.keep(path, expression, Kept(1.0, "a reason"))
    monkeypatch.setenv("NNET_CHECKPOINTS", str(tmp_path / "models"))
    monkeypatch.setenv("NNET_CHECKPOINTS_ONLY", "1")
    document = json.loads((path / name).read_text())
    every = [place for place in places(document) if "config" not in place[:-1]]  # settings have a test of their own
    assert len(every) > 4
    for place in every:
        for to in ({}, *({"value": value} for value in OTHER_VALUES)):
            (path / name).write_text(json.dumps(changed(document, place, **to)))
            for page in (EVALUATE,) if name in ("metrics.json", "scores.json") else (INSPECT,):
                try:
                    start(page)
                except AssertionError as error:
                    raise AssertionError(f"{page}: {'.'.join(map(str, place))} = {to}") from error
