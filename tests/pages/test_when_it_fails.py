"""The When it fails page without a browser: its numbers are those of the model, and what is missing is said."""

from pathlib import Path

import numpy as np
import pytest
from apptest import fine, start, words
from builders import write_category

from nnet.analysis import students
from nnet.analysis.failures import BORDER, FAINT, PLAIN, SMALL, causes
from nnet.analysis.story import Finding
from nnet.data import Sample, open_dataset
from nnet.detector import Detector
from workbench.shared import samples, small_damages
from workbench.shared.resources import Model
from workbench.shared.small_damages import Shown
from workbench.when_it_fails import mistakes, nearest, six_maps
from workbench.when_it_fails import words as texts
from workbench.when_it_fails.scene import Scene

FAILS = "pages/8_When_it_fails.py"

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(120)]


def test_the_samples_are_counted_as_the_model_judges_them(detector: Detector) -> None:
    images = [one.sample for one in samples.collection().images]
    scores = [score.value for score in detector.score([sample.load().image for sample in images])]
    threshold = detector.calibration.for_expression().threshold
    missed = sum(sample.is_defective and score <= threshold for sample, score in zip(images, scores, strict=True))
    alarms = sum(sample.is_normal and score > threshold for sample, score in zip(images, scores, strict=True))
    defective = sum(sample.is_defective for sample in images)
    at = start(FAILS)
    assert texts.found(defective, missed, len(images) - defective, alarms) in words(at)
    assert "not on this computer" in words(at)  # this model was trained on images that lie nowhere


def test_all_test_pictures_are_scored_when_they_are_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_category(tmp_path / "part")
    monkeypatch.setattr(Scene, "place", str(folder))
    at = start(FAILS)
    assert texts.OF_SAMPLES in words(at)
    fine(at.button(key="fails_start").click().run())
    test = open_dataset(str(folder)).test
    assert f"of {sum(sample.is_defective for sample in test)} defective pictures" in words(at)
    assert texts.OF_SAMPLES not in words(at)


def test_a_result_that_the_model_keeps_is_counted_without_measuring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_category(tmp_path / "part")
    monkeypatch.setattr(Scene, "place", str(folder))
    test = open_dataset(str(folder)).test
    kept = {sample.key: (sample.is_defective, 0.5 if sample.is_defective else 0.1) for sample in test}
    monkeypatch.setattr(mistakes, "_kept", lambda scene: kept)
    at = start(FAILS)
    defective = sum(sample.is_defective for sample in test)
    assert texts.found(defective, defective, len(test) - defective, 0) in words(at)
    headings = [one.value for one in at.subheader]
    assert texts.missed_one("") in headings, "one whose defect is outlined stands first"
    assert "** scale sees least" in words(at)
    six = [one.captions for one in at.image if one.captions and one.captions[0][1:2].isdigit()]
    assert [caption[:2] for (caption,) in six] == ["M6", "M1", "M5", "M2", "M4", "M3"]
    assert texts.MISSED in headings and texts.closest(texts.NONE_ALARMED[True]) in headings
    links = {one.proto.label: one.proto.query_string for one in at.get("page_link")}
    assert links[texts.FIND_MORE] == "evaluate_part=threshold"
    assert texts.ALARMED not in headings and [texts.multiple(0.1)] in [one.captions for one in at.image]
    assert texts.KEPT in words(at) and not [one for one in at.button if one.key == "fails_start"]


def test_only_causes_that_some_mistake_has_are_offered_with_their_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_category(tmp_path / "part")
    monkeypatch.setattr(Scene, "place", str(folder))
    test = open_dataset(str(folder)).test
    kept = {sample.key: (sample.is_defective, 0.5 if sample.is_defective else 0.1) for sample in test}
    monkeypatch.setattr(mistakes, "_kept", lambda scene: kept)
    monkeypatch.setattr(mistakes, "causes", lambda image, *_: (SMALL, FAINT) if image.mean() else ())
    defective = sum(sample.is_defective for sample in test)
    at = start(FAILS)
    offered = at.pills(key="fails_cause").options
    assert [str(one) for one in offered] == [texts.EVERY, f"small ({defective})", f"low contrast ({defective})"]
    at = start(FAILS, fails_cause=BORDER)
    assert "at the border (0)" in [str(one) for one in at.pills(key="fails_cause").options], "what was asked for"


def judged(ratio: float, kind: str = "", outlined: float = 0.0) -> mistakes.Judged:
    mask = np.arange(100).reshape(10, 10) < 100 * outlined
    return mistakes.Judged(lambda: mask, dict, lambda: mask if outlined else None, True, ratio, kind)


def test_the_miss_that_leads_is_one_that_a_person_can_see() -> None:
    worst, wide, narrow, named = judged(0.1), judged(0.2, "", 0.3), judged(0.3, "", 0.1), judged(0.4, "faint chip")
    assert mistakes._visible([worst, wide, narrow, named]) is named
    assert mistakes._visible([worst, narrow, wide]) is wide and mistakes._visible([worst]) is None
    assert texts.missed_one("faint chip") == "Missed: faint chip"


def test_the_scale_that_sees_least_is_the_one_whose_better_map_reaches_least() -> None:
    reached = {"M1": 2.6, "M6": 0.1, "M2": 1.5, "M5": 1.5, "M3": 0.5, "M4": 0.6}
    assert six_maps.weakest(reached) == (2, 0.6, 1.5)
    assert "keeps it low" in texts.least_at(2, 0.6, 1.5) and "hardly more" in texts.least_at(2, 1.1, 1.2)
    assert "**coarse** scale" in texts.least_at(2, 0.6, 1.5) and texts.of_map("M4", 0.6) == "M4, coarse: 0.60 ×"


def test_what_cannot_be_shown_is_no_good_part_that_passed() -> None:
    assert texts.closest(texts.NONE_ALARMED[False]) == "None of its good samples was flagged; those that came closest"


def test_the_cause_says_what_is_measured_and_what_helps() -> None:
    told = texts.how_measured(256, 24)
    assert "held-out good pictures, at the 256 × 256 pixels" in told and "larger input, or with tiles" in told


@pytest.mark.parametrize("part", list(texts.PARTS))
def test_every_part_is_shown_and_kept_in_the_address(part: str) -> None:
    at = start(FAILS, fails_part=part)
    assert at.segmented_control(key="fails_part").value == part
    lead = {
        "imitation": texts.IMITATION,
        "stranger": texts.STRANGER,
        "nearest": texts.NO_TRAINING_SET,
        "scratch": texts.SCRATCH,
    }.get(part, texts.MISSED)
    assert lead in words(at) + "".join(one.value for one in at.info)


def test_over_imitation_shows_a_small_damage_as_each_student_sees_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found, pair = _of_damages(), {branch: np.ones((64, 64), np.float32) for branch in students.BRANCHES}
    loaded = small_damages.every(small_damages.good_sample())[5][1]
    monkeypatch.setattr(small_damages, "found", lambda model: found)
    monkeypatch.setattr(small_damages, "shown", lambda model, at: asked.append(at) or Shown("hole", loaded, 0.7, pair))
    asked: list[int] = []
    at = start(FAILS, fails_part="imitation")
    assert asked == [5] and len(at.get("image")) + len(at.get("imgs")) == 2
    told = words(at)
    assert (
        "misses this tiny, clear hole: it copied 70 %** of what it changes" in told
        and "misses 6 that S₂ finds, and S₂ alone 1" in told
    )
    assert "By the same rule, of " in told and "no sign of over-imitation" in texts.fallen(1.0, 0.1)
    assert "too faint, not copied" in texts.copied("scratch", 0.1, True)
    assert "misses no small damage" in texts.copied("hole", 0.7, False)


def _of_damages() -> Finding:
    numbers = {"all": 16, "forward": 6, "reverse": 1, "forward_at": 5, "reverse_at": 14}
    return Finding("each", "each", numbers, {"scores": np.ones((16, 2), np.float32)})


def test_causes_are_what_was_measured() -> None:
    generator = np.random.default_rng(0)
    image = generator.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    image[:8, :8] = 100
    score = np.zeros((64, 64), np.float32)
    score[2, 2] = 1.0
    maps = {"M1": np.full((8, 8), 0.5, np.float32)}
    assert causes(image, maps, score, {"M1": 0.6}) == (PLAIN, SMALL, FAINT, BORDER)
    wide = np.zeros((64, 64), np.float32)
    wide[20:40, 20:40] = 1.0
    assert causes(image, maps, wide, {"M1": 0.4}) == ()


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((6, 5, 5, 6), "**The Euclidean search finds 1 more here than N-Net**, of 6: too few"),
        ((6, 6, 5, 6), "**Either search finds 1 more"),
        ((4, 4, 5, 6), "**N-Net finds 1 more"),
        ((5, 4, 5, 6), "**Neither search finds more"),
        ((6, 6, 6, 6), "**All three find every one**"),
    ],
)
def test_the_searches_end_with_a_conclusion(counts: tuple[int, int, int, int], said: str) -> None:
    assert texts.concluded(*counts).startswith(said)
    assert "98 % of good pictures" in texts.unit(0.98, 12) and "of 12 that are not in the search" in texts.unit(
        0.98, 12
    )


def test_a_search_says_how_long_it_takes_and_how_far_it_is(tmp_path: Path, detector: Detector) -> None:
    assert texts.search(42) == "Search (about 40 s)"
    told: list[str] = []

    class Place:
        def progress(self, share: float, text: str) -> None:
            told.append(text)

    dataset = open_dataset(write_category(tmp_path, train=nearest.KNOWN + nearest.REFERENCE))
    model = Model(detector, "tiny", "key@cpu")
    scene = Scene(model, detector.config.scoring.parsed)
    found = nearest._searched(scene, dataset, Place())  # type: ignore[arg-type]
    asked = sum(isinstance(picture.source, Sample) for picture, _ in scene.samples)
    assert len(told) == len(dataset.train) + asked and told[0].startswith("0 of ") and "left" in told[1]
    assert {name: len(values) for name, values in found.items()} == {"euclidean": asked, "cosine": asked}
