"""What a threshold promises, thresholds that are kept in a checkpoint, and the kind of part that it knows."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from builders import random_images, write_category
from PIL import Image

from nnet.analysis.kinds import kind_of
from nnet.cli import main
from nnet.detector import Detector
from nnet.expression import read
from nnet.saved import checkpoint as checkpoints
from nnet.saved import kept_thresholds
from nnet.saved.errors import CheckpointError
from nnet.saved.formats import CALIBRATION_FORMAT
from nnet.scoring.calibration import Kept, Reference
from nnet.scoring.kind import MOST, Kind, chosen
from nnet.scoring.metrics.bootstrap import share_interval
from nnet.scoring.promise import before_training, chosen_on, conformal_rank, promise
from nnet.units import percent
from workbench.shared import words


@pytest.fixture
def model(trained_checkpoint: Path, tmp_path: Path) -> Path:
    """A copy of the tiny checkpoint that may be changed."""
    return Path(shutil.copytree(trained_checkpoint, tmp_path / "model"))


def test_the_interval_of_the_false_alarm_rate_is_that_of_simulated_thresholds():
    n, quantile = 20, 0.9
    scores = np.sort(np.random.default_rng(0).random((20_000, n)), axis=1)
    rates = 1 - scores[:, conformal_rank(n, quantile) - 1]  # of uniform scores, the true false alarm rate
    said = before_training(n, quantile)
    assert said.expected == pytest.approx(rates.mean(), abs=0.002) and said.expected <= 1 - quantile
    assert [said.low, said.high] == pytest.approx(np.quantile(rates, [0.025, 0.975]), abs=0.004)


def test_eight_held_out_pictures_promise_anything_up_to_more_than_a_third():
    said = before_training(8, 0.95)
    assert said.above == 0 and said.expected == pytest.approx(1 / 9)
    assert said.high == pytest.approx(1 - 0.025 ** (1 / 8))  # about 0.37
    assert "between 0.32 % and 37 % (95 % certain" in said.sentence()


@pytest.mark.parametrize(("n", "above"), [(5, 0), (5, 5), (40, 7)])
def test_a_threshold_from_elsewhere_has_the_wider_interval_of_clopper_and_pearson(n, above):
    own, foreign = promise(n, above), promise(n, above, drawn=False)
    assert 0 <= foreign.low <= own.low <= own.expected <= own.high + 1e-9 and foreign.high == own.high
    assert (foreign.low == 0) == (above == 0) and (foreign.high == 1) == (above == n)


def test_one_count_has_one_interval_whoever_speaks_of_it():
    kept = Kept(0.5, "Chosen on a test.", pictures=40, above=27)
    reference = Reference(read("M1"), np.linspace(0, 1, 40), 0.5, 0.5, 0.1, kept)
    low, high = share_interval(27, 40)
    assert (reference.promise.low, reference.promise.high) == (low, high)
    told = chosen_on(40, 27)
    assert reference.promised == told and told in words.kept_threshold(kept), "manifest, CLI and pages"
    assert f"between {percent(low)} and {percent(high)} of further good parts (95 % certain" in told
    assert "fixed beforehand" in told and told.endswith("chosen on these very pictures, it may do worse on others.")


@pytest.mark.parametrize("name", ["elpv-mono", "synthetic-cog"])
def test_a_model_that_comes_with_the_program_promises_the_same_in_its_card(name):
    path = Path(__file__).parents[2] / "checkpoints" / name
    found = CALIBRATION_FORMAT.read(path / "calibration.json")["false_alarms"]
    said = promise(found["n"], found["above"])
    assert (found["low"], found["high"]) == pytest.approx((said.low, said.high))
    assert said.sentence() in (path / "card.md").read_text(encoding="utf-8")


def test_a_threshold_is_kept_with_its_reason_and_undone(model):
    before = checkpoints.load(model).calibration.for_expression()
    kept_thresholds.keep(model, before.expression.text, Kept(3.5, "agreed with the customer"))
    kept_thresholds.keep(model, before.expression.text, Kept(4.5, "agreed again", pictures=30, above=2))
    found = checkpoints.load(model).calibration
    assert (found.for_expression().threshold, found.for_expression().reason) == (4.5, "agreed again")
    assert found.for_expression().promise == promise(30, 2, drawn=False)
    assert found.for_expression("M1").reason == ""
    assert kept_thresholds.undo(model, before.expression.text).threshold == 4.5
    assert checkpoints.load(model).calibration.for_expression().threshold == 3.5
    kept_thresholds.undo(model, before.expression.text)
    assert checkpoints.load(model).calibration.for_expression().threshold == before.threshold
    assert kept_thresholds.undo(model, before.expression.text) is None


@pytest.mark.parametrize("threshold", [0.0, -1.0, float("nan"), float("inf")])
def test_what_is_no_threshold_is_refused(model, threshold):
    with pytest.raises(CheckpointError, match="above 0"):
        kept_thresholds.keep(model, "M1", Kept(threshold, ""))


def test_a_damaged_decision_is_named(model):
    (model / kept_thresholds.DECISION).write_text('{"kept": [{"expression": "M1"}]}')
    with pytest.raises(CheckpointError, match=r"decision\.json is damaged"):
        checkpoints.load(model)


def test_calibrate_keeps_undoes_and_says_what_it_promises(model, tmp_path, capsys):
    assert main(["calibrate", "--checkpoint", str(model), "--threshold", "2.5", "--reason", "by hand"]) == 0
    said = capsys.readouterr().out
    assert "is now 2.5" in said and "by hand" in said and "Of further good parts" in said
    assert main(["info", "--checkpoint", str(model)]) == 0
    said = capsys.readouterr().out
    assert "Anomalous above 2.5" in said and "Another threshold than that of the card was kept" in said
    data = write_category(tmp_path / "part")
    assert main(["calibrate", "--checkpoint", str(model), "--data", str(data)]) == 0
    said = capsys.readouterr().out
    assert "From 5 normal pictures of part." in said
    assert "of the 5 good pictures that it was chosen on" in said and "held-out" not in said
    entries = json.loads((model / kept_thresholds.DECISION).read_text())["kept"]
    assert entries[0]["threshold"] == 2.5 and entries[1]["pictures"] == 5
    for _ in entries:
        assert main(["calibrate", "--checkpoint", str(model), "--undo"]) == 0
    assert main(["calibrate", "--checkpoint", str(model), "--undo"]) == 1
    assert "nothing to undo" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("threshold", "reason"), [("1e40", "by hand"), ("2.5", "x" * 20_000), ("1e31", "by hand"), ("inf", "by hand")]
)
def test_nothing_is_kept_that_could_not_be_read_again(model, threshold, reason):
    with pytest.raises(CheckpointError, match=r"at most 10,000 characters|up to 1e"):
        kept_thresholds.keep(model, "M1", Kept(float(threshold), reason))
    assert not kept_thresholds.read(model) and checkpoints.load(model)
    kept_thresholds.keep(model, "M1", Kept(1e30, "x" * 10_000))
    assert checkpoints.load(model).calibration.for_expression("M1").threshold == 1e30


def test_a_checkpoint_that_git_tracks_is_not_changed_silently(model, tmp_path, capsys):
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *command], cwd=model, check=True)
    arguments = ["calibrate", "--checkpoint", str(model), "--threshold", "2.5"]
    assert main(arguments) == 1
    assert "--copy-to" in capsys.readouterr().err and not (model / kept_thresholds.DECISION).exists()
    assert main([*arguments, "--copy-to", str(tmp_path / "mine")]) == 0
    assert checkpoints.load(tmp_path / "mine").calibration.for_expression().threshold == 2.5
    assert not (model / kept_thresholds.DECISION).exists()
    assert main([*arguments, "--shipped"]) == 0
    assert checkpoints.load(model).calibration.for_expression().threshold == 2.5


@pytest.mark.parametrize("version", ["2", "3", "4", "split"])
def test_what_git_tracks_is_found_without_asking_git_which_might_run_a_program(model, tmp_path, version):
    git = ["git", "-C", str(model)]
    for command in (["init", "-q"], ["add", "weights.safetensors", "normal_maps.safetensors"]):
        subprocess.run([*git, *command], check=True)
    assert not kept_thresholds.shipped(model)
    subprocess.run([*git, "add", "config.json"], check=True)
    update = ["--split-index"] if version == "split" else ["--index-version", version]
    if version == "3":
        subprocess.run([*git, "add", "--intent-to-add", "history.jsonl"], check=True)
    subprocess.run([*git, "update-index", *update], check=True)
    subprocess.run([*git, "config", "core.fsmonitor", f"touch '{tmp_path}/ran'; false"], check=True)
    assert kept_thresholds.shipped(model)
    elsewhere = (model / ".git").rename(tmp_path / "elsewhere")  # as of a worktree
    (model / ".git").write_text(f"gitdir: {elsewhere}\n")
    assert kept_thresholds.shipped(model)
    for file in (elsewhere / "index", *elsewhere.glob("sharedindex.*")):
        file.write_bytes(b"")
    assert not kept_thresholds.shipped(model) and not (tmp_path / "ran").exists()


def around(centre: np.ndarray, count: int, spread: float, seed: int) -> np.ndarray:
    return centre + spread * np.random.default_rng(seed).standard_normal((count, len(centre))).astype(np.float32)


def test_another_kind_of_part_lies_further_off_than_any_good_or_broken_one():
    centre = np.random.default_rng(0).random(64).astype(np.float32) + 0.5
    kind = Kind(around(centre, 40, 0.05, 1))
    good, broken = around(centre, 200, 0.05, 2), around(centre, 20, 0.07, 3)
    other = around(centre[::-1].copy(), 20, 0.05, 4)
    assert np.mean([kind.is_other(v) for v in good]) <= kind.false_alarms == 1 / 41
    assert not any(kind.is_other(v) for v in broken) and all(kind.is_other(v) for v in other)


def test_equal_pictures_do_not_make_every_other_one_another_kind():
    centre = np.random.default_rng(0).random(64).astype(np.float32) + 0.5
    assert not Kind(np.stack([centre] * 8)).is_other(around(centre, 1, 0.01, 1)[0])


@pytest.mark.parametrize("count", [0, 3, MOST, 10 * MOST])
def test_the_pictures_to_remember_are_spread_over_all(count):
    which = chosen(count)
    assert len(which) == min(count, MOST) == len(set(which.tolist()))
    assert not count or (which[0], which[-1]) == (0, count - 1)


def test_calibrate_aims_at_a_rate_on_labelled_pictures_and_says_what_it_does(model, tmp_path, capsys):
    data = tmp_path / "labelled"
    for kind, count, seed in (("good", 6, 1), ("dent", 5, 2)):
        (data / "test" / kind).mkdir(parents=True)
        for i, pixels in enumerate(random_images(count, seed=seed)):
            Image.fromarray(pixels).save(data / "test" / kind / f"{i}.png")
    arguments = ["calibrate", "--checkpoint", str(model), "--data", str(data)]
    for aim, told in (
        ("--miss-rate=0.2", "defects found"),
        ("--false-alarm-rate=0", "0 of 6 good"),
        ("--best=f1", "best F1"),
    ):
        assert main([*arguments, aim]) == 0
        said = capsys.readouterr().out
        assert told in said and "95 %" in said, aim
    assert main(["calibrate", "--checkpoint", str(model), "--threshold", "1", "--best", "f1"]) == 1
    assert "--data" in capsys.readouterr().err


def test_an_old_checkpoint_knows_no_kind_until_calibrate_adds_it(model, tmp_path, capsys):
    assert checkpoints.load(model).kind is None
    data = write_category(tmp_path / "part")
    before = json.loads((model / checkpoints.CONFIG).read_text())
    assert main(["calibrate", "--checkpoint", str(model), "--kind", str(data)]) == 0
    assert "from 14 normal pictures" in capsys.readouterr().out
    after = json.loads((model / checkpoints.CONFIG).read_text())
    added = after["sha256"].pop(checkpoints.KIND)
    assert added and after == before
    saved = checkpoints.load(model)
    assert saved.kind is not None and saved.kind.n == 14
    detector = Detector.load(model, "cpu")
    [score] = detector.score(random_images(1, seed=1))  # the first picture of train/good
    assert saved.kind.distance(score.features) == pytest.approx(0, abs=1e-3)


def test_a_kind_survives_saving_and_needs_some_pictures(detector, tmp_path):
    kind = kind_of(detector, random_images(6))
    saved = detector.checkpoint
    checkpoints.save(tmp_path / "m", detector.network, detector.config, saved.calibration, None, saved.about, kind)
    np.testing.assert_array_equal(checkpoints.load(tmp_path / "m").kind.features, kind.features)
    assert kind_of(detector, random_images(3)) is None
