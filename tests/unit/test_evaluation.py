"""Measuring a data set: one forward pass per image, the fast score maps, and what metrics.json keeps."""

import errno
import json
import shutil
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import torch
from builders import random_images, write_images
from scored import evidence

from nnet.analysis import evaluation, stored
from nnet.analysis.evaluation import Collecting, collect, gather, join, pixel_scores, score
from nnet.cli import main
from nnet.data import Dataset, Sample, open_dataset
from nnet.data.images import Decoded
from nnet.detector import Detector
from nnet.errors import NNetError
from nnet.expression import ExpressionError, parse
from nnet.saved import checkpoint as checkpoints
from nnet.saved import kept_scores
from nnet.saved.checkpoint import CheckpointError, add_evaluation
from nnet.scoring.maps import score_maps
from nnet.scoring.metrics import auroc


def samples(normal: int = 5, defective: int = 4) -> tuple[Sample, ...]:
    images = random_images(normal + defective, seed=7)
    masks = np.zeros((normal + defective, 64, 64), bool)
    masks[normal:, 16:32, 8:40] = True
    return tuple(
        Sample(
            f"{i}.png",
            None,
            "good" if i < normal else ("hole", "dent")[i % 2],
            "test",
            loader=lambda i=i: Decoded(images[i], f"{i}.png"),
            mask_loader=None if i < normal else lambda i=i: masks[i],
        )
        for i in range(normal + defective)
    )


def dataset(*some: Sample) -> Dataset:
    return Dataset("parts", "synthetic", (), some or samples(), "free", "here")


# ------------------------------------------------------------------------------------------------ the forward pass


def test_one_pass_per_image_serves_every_expression(detector: Detector) -> None:
    seen: list[int] = []
    real = detector._fast.forward
    with patch.object(detector._fast, "forward", lambda x, *a, **k: seen.append(len(x)) or real(x, *a, **k)):
        found = gather(detector, dataset())
        for text in ("(M1+M6)*(M2+M5)*(M3+M4)", "M1*M2*M3", "M4", "M1+M2"):
            score(found, parse(text))
    assert sum(seen) == 9


def test_maps_and_scores_are_the_detectors_own(detector: Detector) -> None:
    found = gather(detector, dataset())
    images = [sample.load().image for sample in samples()]
    for name, expected in detector.maps(images).items():
        assert found.maps[name] == pytest.approx(expected.numpy(), rel=1e-3, abs=1e-5)
    result = score(found, parse("M1*M2*M3"))
    expected = [one.value for one in detector.score(images, "M1*M2*M3")]
    assert result.scores == pytest.approx(expected, rel=1e-3)
    assert result.overall.regions == 4 and set(result.by_type) == {"hole", "dent"}
    assert result.by_type["hole"].images == 5 + 2


def test_the_fast_score_maps_are_those_of_eq_8() -> None:
    some = evidence(("M1", "M2", "M3", "M4", "M5", "M6"))
    tensors = {name: torch.from_numpy(m) for name, m in some.maps.items()}
    for text in ("(M1+M6)*(M2+M5)*(M3+M4)", "M4"):
        expected = score_maps(tensors, parse(text), some.size, some.sigma).numpy()
        assert pixel_scores(some, parse(text)) == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_the_peak_embedding_is_f3_where_the_score_is_highest() -> None:
    f3 = torch.arange(2 * 3 * 4 * 4, dtype=torch.float32).view(2, 3, 4, 4)
    peaks = torch.zeros(2, 16, 16)
    peaks[0, 15, 0] = peaks[1, 5, 9] = 1
    at = evaluation._at_peak(f3, peaks)
    assert torch.equal(at[0], f3[0, :, 3, 0]) and torch.equal(at[1], f3[1, :, 1, 2])


def test_an_image_that_cannot_be_read_is_left_out_or_raised(detector: Detector) -> None:
    def broken() -> Decoded:
        raise NNetError("bad.png is damaged")

    some = (*samples(), Sample("bad.png", None, "good", "test", loader=broken))
    found = join(list(collect(detector, some)))
    assert found.problems == (("bad.png", "bad.png is damaged"),) and len(found) == 9 and found.done == 10
    with pytest.raises(NNetError, match="damaged"):
        gather(detector, dataset(*some))
    alone = join(list(collect(detector, some[-1:])))
    assert len(alone) == 0 and alone.maps["M1"].shape == (0, 64, 64) and not alone.can_be_measured


def test_collecting_goes_on_where_it_was_stopped(detector: Detector) -> None:
    work = Collecting(samples())
    next(work.steps(detector))
    assert work.done == evaluation.BATCH and not work.complete
    for _ in work.steps(detector):
        pass
    assert work.complete and join(work.parts).keys == tuple(s.key for s in samples())


def test_a_wrong_expression_is_found_before_the_network_runs(detector: Detector) -> None:
    with patch.object(Detector, "maps_and_f3") as network, pytest.raises(ExpressionError):
        evaluation.measure(detector, dataset(), [parse("M1*")])
    assert not network.called


def test_the_account_says_what_was_measured(detector: Detector) -> None:
    account = evaluation.measure(detector, dataset(), [parse("m1 x M2")])
    assert account["data"]["sha256"] == dataset().content_hash() and account["size"] == 64
    assert account["image_sizes"] == {"smallest": [64, 64], "largest": [64, 64], "distinct": 1}
    assert list(account["scores"]) == ["M1*M2"] and set(account["scores"]["M1*M2"]["by_type"]) == {"hole", "dent"}
    assert "| hole | 2 |" in evaluation.types_table(account)


# ------------------------------------------------------------------------------------------------------ metrics.json


def entry(data: str = "a", text: str = "M1", value: float = 0.5, weights: str = "w") -> dict:
    return {"data": {"sha256": data}, "weights_sha256": weights, "scores": {text: {"i_auroc": value}}, "commit": "c"}


def test_results_of_other_data_and_other_scores_stay(tmp_path: Path) -> None:
    (tmp_path / "metrics.json").write_text('{"data": {"name": "own"}, "scores": {"M1": {"i_auroc": 0.1}}}')
    for one in (entry("a", "M1", 0.5), entry("b", "M1", 0.6), entry("a", "M2", 0.7), entry("a", "M1", 0.8)):
        add_evaluation(tmp_path, one)
    contents = json.loads((tmp_path / "metrics.json").read_text())
    assert contents["data"] == {"name": "own"} and contents["scores"] == {"M1": {"i_auroc": 0.1}}
    assert {data: e["scores"] for data, e in contents["evaluations"].items()} == {
        "a": {"M1": {"i_auroc": 0.8}, "M2": {"i_auroc": 0.7}},
        "b": {"M1": {"i_auroc": 0.6}},
    }


def test_what_training_recorded_is_not_recorded_twice(tmp_path: Path) -> None:
    (tmp_path / "metrics.json").write_text('{"data": {"sha256": "a"}, "scores": {"M1": {"i_auroc": 0.5}}}')
    assert "evaluations" not in add_evaluation(tmp_path, entry("a", "M1", 0.5))
    assert list(add_evaluation(tmp_path, entry("a", "M1", 0.6))["evaluations"]) == ["a"]


def test_results_of_other_weights_go(tmp_path: Path) -> None:
    add_evaluation(tmp_path, entry("a", weights="old"))
    contents = add_evaluation(tmp_path, entry("b", weights="new"))
    assert list(contents["evaluations"]) == ["b"]


@pytest.mark.parametrize("content", ["{", "[]", '{"evaluations": {"a": {}}}'])
def test_a_damaged_file_is_left_alone(tmp_path: Path, content: str) -> None:
    (tmp_path / "metrics.json").write_text(content)
    with pytest.raises(CheckpointError, match="damaged"):
        add_evaluation(tmp_path, entry())
    assert (tmp_path / "metrics.json").read_text() == content


# ------------------------------------------------------------------------------------------------------ command line


@pytest.fixture
def copy(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_checkpoint, tmp_path / "copy"))


@pytest.fixture
def category(tmp_path: Path) -> Path:
    root = tmp_path / "part"
    return write_images(root, {"train/good": 2, "test/good": 3, "test/dent": 2, "test/hole": 2})


def test_evaluate_prints_and_writes_into_the_checkpoint_only_when_asked(
    copy: Path, category: Path, capsys, tmp_path: Path
) -> None:
    arguments = ["evaluate", "--checkpoint", str(copy), "--data", str(category), "--device", "cpu"]
    before = {path.name: path.read_bytes() for path in copy.iterdir()}
    assert main([*arguments, "--score", "M1"]) == 0
    shown = capsys.readouterr()
    assert "`M1`" in shown.out and "--save" in shown.err
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before
    arguments.append("--save")
    assert main([*arguments, "--score", "M1*M6", "--score", "M3", "--json", str(tmp_path / "m.json")]) == 0
    printed = capsys.readouterr().out
    assert "`M1*M6`" in printed and "by defect" in printed and "| dent | 2 |" in printed
    assert main([*arguments, "--score", "M2", "--subsets"]) == 0
    printed = capsys.readouterr().out
    assert "10 best of 63 subsets" in printed and "Shapley value" in printed
    saved = checkpoints.load(copy)
    found = saved.metrics["evaluations"][open_dataset(category).content_hash()]
    assert set(found["scores"]) == {"M1*M6", "M3", "M2"}
    assert found["weights_sha256"] == saved.weights_hash and found["commit"] and found["data"]["test_defective"] == 4
    assert found["scores"]["M3"]["commit"] == json.loads((tmp_path / "m.json").read_text())["commit"]
    assert len(found["subsets"]["subsets"]) == 63
    (kept,) = stored.read(saved)
    assert {one.expression.text for one in kept.results} == {"M1*M6", "M3", "M2"} and kept.labels.count("dent") == 2
    for one in kept.results:
        values = found["scores"][one.expression.text]
        assert one.overall.i_auroc == values["i_auroc"] == auroc(one.scores, np.array(kept.labels) != "good")
        assert one.by_type["dent"].to_dict() == values["by_type"]["dent"]
        low, high = kept.intervals[one.expression.text]["i_auroc"]
        assert 0 <= low <= values["i_auroc"] <= high <= 1
    assert main(["info", "--checkpoint", str(copy)]) == 0
    assert "## Measured on part" in capsys.readouterr().out


def test_a_checkpoint_that_cannot_be_written_still_shows_the_results(
    copy: Path, category: Path, capsys, monkeypatch
) -> None:
    def refuse(path: Path, data: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(checkpoints, "write_json", refuse)
    arguments = ["evaluate", "--checkpoint", str(copy), "--data", str(category), "--score", "M1", "--device", "cpu"]
    assert main([*arguments, "--save"]) == 1
    shown = capsys.readouterr()
    assert "`M1`" in shown.out and "could not be written" in shown.err and "Traceback" not in shown.err


# ------------------------------------------------------------------------------------------------------- scores.json


def scored(data: str = "a", text: str = "M1", weights: str = "w", keys: tuple[str, ...] = ("1", "2")) -> dict:
    labels, values = ["good", "dent"][: len(keys)], [0.25, 0.5][: len(keys)]
    account = {"data": {"sha256": data}, "weights_sha256": weights, "keys": list(keys), "labels": labels}
    return {**account, "scores": {text: values}}


def test_scores_of_other_data_and_other_expressions_stay_those_of_other_weights_and_pictures_go(tmp_path: Path) -> None:
    for one in (scored("old", weights="v"), scored("a"), scored("b"), scored("a", "M2")):
        kept_scores.add(tmp_path, one)
    found = kept_scores.read(tmp_path, "w")
    assert {data: set(entry["scores"]) for data, entry in found.items()} == {"b": {"M1"}, "a": {"M1", "M2"}}
    kept_scores.add(tmp_path, scored("a", "M3", keys=("1", "3")))
    assert set(kept_scores.read(tmp_path, "w")["a"]["scores"]) == {"M3"} and kept_scores.read(tmp_path, "v") == {}


def test_scores_that_do_not_fit_their_pictures_are_called_damaged(tmp_path: Path) -> None:
    wrong = {**scored(), "scores": {"M1": [0.25]}}
    (tmp_path / "scores.json").write_text(json.dumps({"sets": {"a": wrong}}))
    with pytest.raises(CheckpointError, match="2 pictures, but 1 values of M1"):
        kept_scores.read(tmp_path, "w")
