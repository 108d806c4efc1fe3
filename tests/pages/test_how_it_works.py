"""The tour without a browser: first a prediction, then the answer of the model, and the address keeps both."""

import re
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from apptest import ROOT, address, component, fine, html, start, words
from builders import encode
from streamlit.testing.v1 import AppTest

from nnet.analysis import gated, losses, story, students
from nnet.config import LossConfig
from nnet.detector import Detector
from nnet.scoring import judge
from nnet.studies import Measured, read_results
from workbench.how_it_works import cache, diagram, figures, lesson_sheet, model_answer, settings, subject, trained
from workbench.how_it_works import words as tour
from workbench.how_it_works.words import CARDS
from workbench.shared import apart_words, chosen_picture, gate_table, glossary, samples, small_damages, theme, units
from workbench.shared.picture import Picture

TOUR = "pages/7_How_it_works.py"

pytestmark = [pytest.mark.usefixtures("only_tiny"), pytest.mark.timeout(120)]


def pick(at: AppTest, step: int, option: int) -> AppTest:
    return fine(at.button(key=f"tour_{step}_{option}").click().run())


def test_a_card_has_at_most_forty_words_and_three_answers() -> None:
    assert len(CARDS) == 9
    for card in CARDS:
        assert len(glossary.plain(card.text).split()) <= 40, card.title
        assert 3 <= len(card.options) <= 5 and set(card.options) <= set(card.answers)


def test_other_samples_of_the_same_model_are_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    at = start(TOUR, step="9", picked="--------a")
    asked, leans_on, every = [], story.leans_on, chosen_picture.sample_pictures
    monkeypatch.setattr(story, "leans_on", lambda *given: asked.append(len(given[1] + given[2])) or leans_on(*given))
    monkeypatch.setattr(chosen_picture, "sample_pictures", lambda: dict(list(every().items())[1:]))
    fine(at.run())
    assert asked == [len(samples.collection().images) - 1]


def test_the_answer_is_computed_after_the_prediction_and_kept_in_the_address(detector: Detector) -> None:
    at = start(TOUR, step="2")
    found = story.narrow(detector.trace(samples.collection().images[0].sample.load().image))
    numbers = found.numbers
    assert f"{numbers['after']:,.0f}" not in words(at)
    assert component(at, "tour_network")["focus"] == list(diagram.PARTS[2]), "the teacher, whom both follow, too"
    pick(at, 2, 1)
    assert f"{numbers['after']:,.0f} of {numbers['before']:,.0f}" in words(at).replace("\\", "")
    right = tour.WHETHER[found.outcome == "half"]
    assert f"You expected: About half. {right}; the model" in words(at) and at.query_params["picked"] in ("-b", ["-b"])
    again = start(TOUR, step="2", picked="-b")
    assert f"{numbers['after']:,.0f} of" in words(again).replace("\\", "")
    fine(again.button(key="tour_again").click().run())
    assert "picked" not in again.query_params and again.button(key="tour_2_0")


def test_a_letter_beyond_the_answers_of_a_step_is_no_answer() -> None:
    assert settings.LETTERS[3:] == "de" and len(CARDS[1].options) == 3
    assert start(TOUR, step="2", picked="-d").button(key="tour_2_0")
    at = start(TOUR, step="9", picked="--------e")
    assert "You expected: No part matters." in words(at)


def test_an_answer_stays_at_its_step_where_the_browser_still_reports_the_step_before() -> None:
    at = start(TOUR, step="2")
    at.segmented_control(key=settings.STEP.key).set_value(1)  # as on a busy machine, in the same message as the press
    pick(at, 2, 1)
    assert at.subheader[0].value == CARDS[1].title and at.query_params["picked"] in ("-b", ["-b"])


def test_an_answer_to_the_step_before_is_none_once_the_page_was_turned() -> None:
    at = start(TOUR, step="2")
    at.session_state["tour_drawn"] = 3  # step 3 is on its way, and step 2 still to be seen
    fine(at.button(key="tour_2_1").click().run())
    assert at.subheader[0].value == CARDS[2].title and "picked" not in at.query_params
    at = start(TOUR, step="2")
    at.button(key="tour_2_1").click()
    fine(at.button(key="tour_next").click().run())  # both in one message
    assert at.subheader[0].value == CARDS[2].title and "picked" not in at.query_params


def test_a_turn_counts_from_its_callback_on(monkeypatch: pytest.MonkeyPatch) -> None:
    at = start(TOUR, step="2")
    monkeypatch.setattr(settings, "drawn", lambda number: None)  # an answer broke the run off before the page was drawn
    fine(at.button(key="tour_next").click().run())
    assert at.session_state["tour_drawn"] == 3


def test_every_step_is_reached_and_answered() -> None:
    at = start(TOUR)
    for number in range(1, len(CARDS) + 1):
        assert at.subheader[0].value == CARDS[number - 1].title
        pick(at, number, 0)
        assert "You expected: " in words(at)
        if number < len(CARDS):
            fine(at.button(key="tour_next").click().run())
    assert at.query_params["picked"] in ("a" * 9, ["a" * 9]) and at.button(key="tour_next").disabled
    fine(at.button(key="tour_previous").click().run())
    assert at.subheader[0].value == CARDS[7].title


@pytest.mark.parametrize(("outcome", "damage"), [("less", "20 %"), ("same", "24 %"), ("more", "40 %")])
def test_what_passes_the_gates_is_told_with_what_follows(outcome: str, damage: str) -> None:
    numbers = {"passed_good": 0.25, "passed_damage": float(damage[:2]) / 100, "least": 0.15, "most": 0.36}
    finding = story.Finding(outcome, "less", numbers | {"spread": 0.16}, {})
    assert tour.measured(6, finding).endswith(f": {damage} of the damage, 25 % of the good part.")
    told = tour.why(6, finding)
    assert told.startswith(tour.HELD_BACK[outcome])
    assert ("nearly even (15 % to 36 %" in told) == (outcome != "less"), "what holds a damage back needs no excuse"
    uneven = story.Finding(outcome, "less", numbers | {"spread": 0.6}, {})
    assert ("They differ by channel (15 % to 36 %" in tour.why(6, uneven)) == (outcome != "less")
    paper, here, apart = tour.of_gates(finding, None, 1008, None).values()
    assert "+0.40 P-AP" in paper and here == tour.HELD_BACK[outcome]
    assert (apart == tour.AS_SAID) == (outcome == "less") == ("1,008 steps" not in apart)


def test_the_gates_evenness_and_channels_are_told_as_they_are(detector: Detector) -> None:
    finding = story.Finding("same", "less", {}, {})
    for evenness, said in (
        ((0.2, 0.2, 0.2), "at all three scales"),
        ((0.2, 0.5, 0.2), "at scales 1 and 3"),
        ((0.5, 0.5, 0.5), "at no scale"),
    ):
        evened = story.Finding("some", "all", variances(evenness), {})
        told = tour.of_gates(finding, evened, 0, None)[tour.LESSON_HEADS[1]]
        assert told == f"Good parts are more even behind the gates {said}."
    chances = [tour.by_chance(count, 48) for count in (16, 18, 24, 30, 32)]
    assert chances == ["less", "same", "same", "same", "more"]
    at = start(TOUR, step="6", picked="-----b")
    assert all(head in html(at) for head in tour.LESSON_HEADS)
    assert "\\" not in figures.lesson({"S₁": "1 − cos (L_RKD)"}), "it is HTML, no Markdown"
    assert not at.success and not any("paper" in one.value for one in at.warning)


def variances(evenness: tuple[float, ...]) -> dict[str, float]:
    """What step 6 measures, by scale: the variance falls to a quarter, its evenness goes from 0.3 to these."""
    before = {f"{name}_before_{i}": value for name, value in (("even", 0.3), ("mean", 4.0)) for i in (1, 2, 3)}
    after = {f"even_after_{i}": value for i, value in enumerate(evenness, 1)}
    return before | after | {f"mean_after_{i}": 1.0 for i in (1, 2, 3)}


def test_the_tour_looks_at_a_defect_or_at_the_visitors_own_scratch(detector: Detector) -> None:
    at = start(TOUR)
    offered = at.selectbox(key="on").options
    defective = [
        f"Defective: {one.title.partition(': ')[2]}" for one in samples.collection().images if one.sample.is_defective
    ]
    assert offered == defective
    loaded = _as_picture(_first_good()).load()
    _with_a_drawing(at)
    assert at.selectbox(key="on").value == "own" and at.selectbox(key="on").options[0] == "Your drawing, on a good part"
    assert component(at, "tour_network")["picture"].startswith(f"{loaded.hash}+")


def test_the_first_step_compares_with_the_good_samples_and_says_where_there_are_none(
    monkeypatch: pytest.MonkeyPatch, detector: Detector
) -> None:
    every = {one.key: one for one in map(_as_picture, samples.collection().images)}
    good = [detector.trace(one.load().image) for one in every.values() if one.is_defective is False]
    at = start(TOUR, step="1", picked="a")
    shown = next(one for one in every.values() if one.id == at.selectbox(key="on").value)
    own = next(iter(judge.presets(detector.config).values()))
    found = story.unlike(detector.trace(shown.load().image), good, own, detector.config.scoring.sigma)
    told = tour.measured(1, found)
    assert tour.emphasised(told) in words(at).replace("\\", "") and "good samples" in told
    defective = {key: one for key, one in every.items() if one.is_defective}
    monkeypatch.setattr(chosen_picture, "sample_pictures", lambda: defective)
    at = start(TOUR, step="1", picked="a")
    assert "too few pictures that are known to be good" in at.info[0].value


def _as_picture(one: samples.SampleImage) -> Picture:
    return Picture(f"sample:{one.id}", one.title, one.sample, one.known)


def test_an_answered_step_is_marked_as_answered_and_not_as_right() -> None:
    assert [tour.step_name(3, done) for done in (False, True)] == ["3", "3 :small[answered]"]


def test_of_the_last_step_nothing_is_judged_by_another_experiment() -> None:
    finding = story.Finding("none", "", {"whole": 2.0, "nfs": 2.0}, {})
    assert tour.verdict(9, finding, (0, 0)) == tour.P_AP
    assert "S₁ with its maps helps most (+1.59 P-AP)." in tour.why(9, finding)
    leans = story.Finding("nfs", "", {"whole": 2.0, "nfs": 1.0}, {})
    assert tour.why(9, leans) == tour.why(9, finding)
    assert tour.measured(9, leans).startswith("The memory: without that part 50\N{NO-BREAK SPACE}% of the distance")
    swapped = story.Finding("fpm", "", {"whole": 2.0, "forward": 1.9, "reverse": 1.4, "fpm": -0.2}, {})
    assert tour.SWAPPED_SHORT in tour.why(9, swapped) and "-10\N{NO-BREAK SPACE}%" in tour.measured(9, swapped)
    here = tour.experiments(swapped, {}, "", 0)[tour.OWN_NETWORK]
    assert "leans most on the projections: -10\N{NO-BREAK SPACE}% without it" in here and apart_words.SWAPPED in here
    at = start(TOUR, step="9", picked="--------e")
    assert html(at).count("<section><b>") >= 2 and tour.DISAGREE in html(at)


def test_the_weights_stand_there_before_one_guesses() -> None:
    assert "α = " in html(start(TOUR, step="8"))


@pytest.mark.parametrize("moves", [False, True])
def test_a_large_alpha_closes_gates_only_where_both_losses_train_them(moves: bool) -> None:
    loss = LossConfig(moves_teacher=moves)
    *_, too_large, measured = tour.weights(loss)[0]
    assert too_large == tour.ALPHA_LARGE[moves] and "Too large: not measured here." in measured


def test_each_student_is_shown_what_it_misses_alone(detector: Detector, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = np.ones((16, 2), np.float32) * 2
    scores[1, 0] = scores[14, 1] = 0.5
    maps = {
        f"{branch}_by_{by}": np.ones((64, 64), np.float32) for branch in ("forward", "reverse") for by in tour.BLIND
    }
    numbers = {"all": 16, "forward": 1, "reverse": 1, "forward_at": 1, "reverse_at": 14}
    finding = story.Finding("each", "each", numbers, {"scores": scores, **maps})
    monkeypatch.setattr(students, "found_alone", lambda model, damaged: asked.extend(damaged) or finding)
    asked: list[object] = []
    for kept in (cache.FINDINGS, small_damages._FOUND):
        kept.drop(lambda key: True)
    at = start(TOUR, step="3", picked="--c")
    for kept in (cache.FINDINGS, small_damages._FOUND):
        kept.drop(lambda key: True)
    assert len(asked) == 16 and at.selectbox(key="damage").options[0] == "Good part with a tiny, clear hole"
    assert "of 16, S₁ alone misses 1 that S₂ finds, and S₂ alone 1 that S₁ finds" in words(at)
    assert "As the paper says" in words(at)
    drawn = html(at)
    assert drawn.count("background:none") == 2, "two are missed"
    assert "tiny, clear stain: 0.500 × threshold to S₁, 2.00 to S₂" in drawn and drawn.count('class="nn-framed"') == 2
    part = np.zeros((100, 200, 3), np.uint8)
    assert small_damages.around(part, maps["forward_by_reverse"], figures.SIDE).shape == (28, 144, 3), (
        "the damage and what is around it"
    )
    for outcome, here in tour.HERE_ONE_WAY.items():
        assert tour.verdict(3, story.Finding(outcome, "each", numbers, {}), (0, 0)).endswith(here)
    monkeypatch.setattr(chosen_picture, "good_samples", list)
    assert "no sample of this model is known to be good" in start(TOUR, step="3", picked="--c").info[0].value


def test_what_s1_adds_follows_from_the_scores_of_each_kind() -> None:
    scores = np.ones((16, 2), np.float32)
    scores[:, 1] = 2
    plain = story.Finding("forward", "each", {"forward_at": 5, "copied": 0.7}, {"scores": scores})
    assert tour.why(3, plain) == (
        f"Of what the tiny, clear hole changes in the teacher S₁ copied 70 %: over-imitation. {tour.S1_FOR_NOTHING}"
    )
    scores = scores.copy()
    scores[12:, 0] = scores[:3, 0] = 3  # all scratches, and three of four stains
    said = tour.why(3, story.Finding("forward", "each", {"forward_at": 2, "copied": 0.1}, {"scores": scores}))
    assert "Of what the small, faint stain changes in the teacher S₁ copied only 10 %" in said
    assert "stains and scratches rise higher above its threshold than above S₂'s, in 7 of 8" in said


def test_nothing_of_an_answer_is_left_under_another_step() -> None:
    at = start(TOUR, step="2", picked="-b")
    assert "nn-turned" in html(at)
    assert "nn-same" in html(fine(at.run())), "what an answer replaces stays until then"
    assert "nn-turned" in html(fine(at.button(key="tour_next").click().run()))


def test_a_model_without_the_part_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(scene: object) -> None:
        raise story.StoryError("This model has no memory, so nothing is recalled.")

    monkeypatch.setattr(model_answer, "ask", refuse)
    at = start(TOUR, step="5", picked="----a")
    assert "no memory" in at.info[0].value and component(at, "tour_network")["left_out"] == ""


def test_once_answered_the_drawing_leaves_out_what_was_asked_about() -> None:
    assert component(start(TOUR, step="3"), "tour_network")["left_out"] == ""
    assert component(start(TOUR, step="3", picked="--a"), "tour_network")["left_out"] == "reverse"


def test_what_gets_through_the_code_is_asked_of_a_part_before_and_after_damage(
    detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = next(one for one in samples.collection().images if one.sample.is_normal).sample.load().image
    at = start(TOUR, step="4", picked="---a")
    assert at.selectbox(key="damage").options == [f"Good part with a {kind}" for kind in small_damages.KINDS]
    fine(at.selectbox(key="damage").select("hole").run())
    painted = small_damages.PAINTED.get(f"{_as_picture(_first_good()).load().hash}+hole-0.18-0.8").image
    found = story.let_through(detector, detector.trace(good), detector.trace(painted))
    assert tour.emphasised(tour.measured(4, found)) in words(at).replace("\\", "") and address(at, "damage") == "hole"
    assert units.percent(max(0.0, found.numbers["before"])) in tour.measured(4, found)
    assert set(figures.through(painted, found)) == set(tour.CAPTIONS[4])
    drawn = _with_a_drawing(at)
    assert drawn.selectbox(key="damage").options[0] == tour.OWN[False], "one name, as in the other list"
    fine(drawn.selectbox(key="damage").select(subject.OWN).run())
    assert "gets through" in words(drawn) and "You expected" in words(drawn)
    monkeypatch.setattr(chosen_picture, "good_samples", list)
    monkeypatch.setattr(subject, "own", lambda: None)
    assert "no sample of this model is known to be good" in start(TOUR, step="4", picked="---a").info[0].value


def _first_good() -> samples.SampleImage:
    return next(one for one in samples.collection().images if one.sample.is_normal)


def _with_a_drawing(at: AppTest) -> AppTest:
    loaded = _as_picture(_first_good()).load()
    sheet = np.zeros((*loaded.shown.shape[:2], 4), np.uint8)
    sheet[40:60, 20:-20, 3] = 255
    at.session_state["drawings"] = OrderedDict({loaded.hash: encode(sheet)})
    return fine(at.run())


def test_an_impossible_address_is_ignored() -> None:
    at = start(TOUR, step="12", picked="xyz")
    assert at.subheader[0].value == CARDS[0].title and "picked" not in at.query_params


def test_the_lesson_sheet_is_current() -> None:
    written = Path(ROOT / "docs" / "lesson.md").read_text(encoding="utf-8")
    assert written == lesson_sheet.sheet(), "python -m workbench.how_it_works.lesson_sheet > docs/lesson.md"
    assert not re.search(r"\[\[|\{\w+\}", written)


def test_numbers_are_written_for_people() -> None:
    assert tour.emphasised("Nearly all: 59 %.") == "**Nearly all:** 59 %." and tour.emphasised("S₁.") == "**S₁.**"


def test_what_the_gates_do_to_good_parts_stands_in_one_table_of_measures_and_scales(
    detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = [one.sample.load().image for one in samples.collection().images if one.sample.is_normal]
    traces = detector.trace_batch(good)
    finding, among = story.evened(traces), gate_table.among_sides(traces)
    table = gate_table.table(finding, among, len(good))
    assert table.count("<tr>") == 5 and table.count("<td") == 12
    assert table in html(start(TOUR, step="6", picked="-----a"))
    for part in ("good", "figure7"):
        assert table in html(start("pages/3_Projection.py", part=part)), "the same answer on the other page"
    angles = among["teacher"][0]
    apart = replace(angles, after=angles.before * 1.5, dealt=np.array([float(angles.before.mean())]))
    drawn = gate_table.table(story.Finding("some", "all", variances((0.2, 0.5, 0.2)), {}), {"teacher": (apart,) * 3}, 2)
    cells = re.findall(r"</i>([^<]*)</td>", drawn)
    assert cells == ["yes"] * 3 + ["yes", "no", "yes"] + ["no, further apart"] * 3
    assert 'title="0.30, then 0.50"' in drawn


def test_what_helps_in_the_paper_stands_beside_what_is_missed_here() -> None:
    finding = story.Finding("none", "", {"whole": 2.0, "forward": 1.9, "nfs": 2.5}, {})
    assert "at least nine tenths of the distance are kept" in tour.measured(9, finding)
    study = {"forward": Measured(-1.5, 0.5, 3)}
    assert tour.helps(finding, study) == (
        (
            "S₁ and its maps",
            ((pytest.approx(1.59), "+1.59"), (-1.5, "-1.50"), (pytest.approx(0.95), "95\N{NO-BREAK SPACE}%")),
        ),
        ("memory", ((pytest.approx(0.63), "+0.63"), (0.0, ""), (pytest.approx(1.25), "125\N{NO-BREAK SPACE}%"))),
    ), "projections, which this model lacks, are missing"
    bars = re.findall(r"margin-left:([\d.]+)%;width:([\d.]+)%", figures.bars(finding, study))
    assert [width for _, width in bars] == ["51.5", "48.5", "76.0", "20.4", "0.0", "100.0"], "one zero and one scale"
    assert figures.bars(finding, study).count(theme.ANOMALOUS) == 1, "a loss has another colour than a gain"
    assert figures.bars(finding, {}).count("<p ") == 4, "without a study there is no column of it"
    told = tour.experiments(finding, study, "cog", 50)
    assert list(told) == [tour.PAPERS, tour.STUDYS, tour.OWN_NETWORK]
    assert "cog, 3 seeds, 50 epochs. With S₁ and its maps P-AP changes by <b>-1.50 ± 0.50</b>" in told[tour.STUDYS]
    longer = tour.experiments(finding, study, "cog", 50, Measured(0.7, 0.2, 3))[tour.STUDYS]
    assert longer.startswith(told[tour.STUDYS]) and "by <b>+0.70 ± 0.20</b> against the baseline" in longer
    assert "<b>+1.59</b>" in told[tour.PAPERS] and "<b>95\N{NO-BREAK SPACE}%</b>" in told[tour.OWN_NETWORK]
    assert list(tour.experiments(story.Finding("none", "", {"whole": 2.0}, {}), {}, "", 0)) == [tour.PAPERS]


NNET = "FPM, MF and BD (N-Net)"


def test_the_study_is_read_from_its_file() -> None:
    found = trained.study()
    rows = [row for row in read_results(ROOT / trained.FILE) if row["study"] == "table4" and row["defect"] == "all"]
    means = {one: np.mean([row["p_ap"] for row in rows if row["row"] == one]) for one in ("FPM", "FPM and BD")}
    assert found.gained["forward"].mean == pytest.approx(100 * (means["FPM and BD"] - means["FPM"]))
    assert (found.data, found.epochs) == ("synthetic cog", 50)
    rows = [row for row in read_results(ROOT / trained.LONGER) if row["study"] == "table4" and row["defect"] == "all"]
    means = {one: np.mean([row["p_ap"] for row in rows if row["row"] == one]) for one in ("Baseline", NNET)}
    assert found.longer is not None and found.longer.mean == pytest.approx(100 * (means[NNET] - means["Baseline"]))


FEW = {"good_before": 0.05, "good_after": 0.4, "damaged_before": 0.5, "damaged_after": 0.8, "before": 0.4}
FEW |= {"score_before": 3.5, "score_after": 3.6, "after": 0.01, "turned": 0.08}
FEW |= {"score_good_before": 0.4, "score_good_after": 1.2, "missed_good_before": 0.1, "missed_good_after": 0.4}
FEW |= {"missed_damaged_before": 1.0, "missed_damaged_after": 1.2}


def test_what_mixing_all_items_does_is_said_of_patches_and_of_the_score() -> None:
    finding = story.Finding("less", "less", FEW, {})
    assert tour.measured(5, finding).endswith("0.40 apart, then 0.010.")
    paper, here, apart = tour.of_mixtures(finding).values()
    assert "can imitate anything, so a defect could be rebuilt" in paper and "gains 0.53 points of P-AP" in paper
    assert "off by 1.2 on the damage, with few by 1.0; on a good part by 0.40 and 0.10" in here
    assert f"{tour.STANDS['less']}: 3.0 times a good part, with few 10 times." in here
    assert "hardly changes: 3.5 × threshold with few, 3.6 with all, and the good part turns into a false alarm." in here
    assert "only 0.080 (cosine distance)" in apart and "neither for few nor against" in apart
    assert re.findall(r"width:([\d.]+)%", figures.far(finding)) == ["6.2", "50.0", "62.5", "100.0"]


@pytest.mark.parametrize(
    ("damaged", "said"),
    [
        ((0.5, 0.8), "Few part damage from good here: a damaged patch is 10 times"),
        ((0.5, 4.0), "Few or all hardly matters"),
        ((0.5, 6.0), "Few part damage from good no better here"),
        ((0.055, 0.48), "The memory hardly tells damage from good here: a damaged patch is 1.1 times"),
        ((0.03, 0.8), "The memory hardly tells damage from good here"),
    ],
)
def test_why_few_follows_from_the_distances(damaged: tuple[float, float], said: str) -> None:
    numbers = FEW | dict(zip(("damaged_before", "damaged_after"), damaged, strict=True))
    assert said in tour.why(5, story.Finding("less", "less", numbers, {}))


@pytest.mark.parametrize(
    ("score", "missed", "way", "stands"),
    [(2.0, 8.0, "falls from 3.5 to 2.0", "more"), (4.5, 4.0, "even rises from 3.5 to 4.5", "same")],
)
def test_the_score_of_all_items_is_told_both_ways(score: float, missed: float, way: str, stands: str) -> None:
    numbers = FEW | {"score_after": score, "missed_damaged_after": missed, "score_good_after": 0.4}
    _, here, apart = tour.of_mixtures(story.Finding("less", "less", numbers, {})).values()
    assert way in here and tour.STANDS[stands] in here and "false alarm" not in here
    assert apart.startswith("The score follows the paper" if score < 3 else "A higher score is no better one")


def test_where_the_memory_lets_no_less_through_that_is_said() -> None:
    for before, after, said in ((0.059, 0.054, "the memory does not help"), (0.05, 0.09, "As the paper says")):
        finding = story.Finding("few", "few", {"before": before, "after": after}, {})
        assert said in tour.verdict(4, finding, (0, 0))


def test_the_loss_is_a_band_for_each_term_and_shows_where_beta_ended() -> None:
    history = [
        {"epoch": epoch, "L_RKD": 0.6, "L_KD": 0.5, "L_query": 0.7, "L_align": 0.3, "beta": float(epoch < 3)}
        for epoch in range(1, 5)
    ]
    finding = losses.heaviest_loss(history, LossConfig())
    figure = figures.losses(finding, large=False)
    assert figures.losses(finding, large=True).layout.height > figure.layout.height
    bands = [np.asarray(band.y) for band in figure.data]
    assert np.allclose(np.sum(bands, axis=0), 100) and (bands[2] > 0).tolist() == [True, True, False, False]
    assert [shape.x0 for shape in figure.layout.shapes] == [2.5]
    key = figures.losses_key(finding)
    assert key.count("<span>") == 4 and "few items (too thin to see)" in key and key.count("too thin") == 1
    summed = figures.weighted_sum(LossConfig(), is_answered=True)
    assert "α = " not in figures.weighted_sum(LossConfig(), is_answered=False)
    assert "α = 1.2" in summed and "β = 1 at first, then 0" in summed and "δ = 0.002" in summed
    table = figures.weights(LossConfig())
    used = ["α = 1.2: S₁ copies", "β = 1 at first, then 0: S₁ starts", "δ = 0.002: few items"]
    assert re.findall(r'"row">([^<]*)<', table) == used
    assert (
        table.count("<td ") == 9
        and table.count('data-name="Too large"') == 3
        and "one item answers a patch" in table
        and "P-AP 61.35, not 62.77" in table
    )
    fits = {"fit_few": 0.05, "fit_all": 0.4, "fit_one": 0.07, "copied_before": 0.3, "copied_behind": 0.1}
    measured = figures.weights(LossConfig(), story.Finding("L_RKD", "", {**finding.numbers, **fits}, {}))
    assert "0.050 from its answer; of all items 0.40, a worse fit; of one 0.070, a worse fit" in measured
    assert "β ended, and S₁ is 0.30 from P before its gates, 0.10 behind" in measured and "β ended" not in table
    assert tour.measured(8, finding) == f"S₂'s rebuilding: {units.percent(finding.numbers['L_RKD'])} of the sum."
    paper, here, apart = tour.of_loss(LossConfig(beta_share=0.1, moves_teacher=True), finding).values()
    assert "α = 1.2 did best" in paper and apart == tour.NOT_VARIED
    assert "β ended after 2 of 4 epochs, a tenth" in here and "with δ = 1 it would be 37 %" in here
    assert "hardly moved, from 0.70 to 0.70" in here
    assert tour.APART in tour.of_loss(LossConfig(moves_teacher=False), finding)[tour.LESSON_HEADS[2]]
    for first, way in ((1.4, "fell from 1.4 to 0.70"), (0.3, "rose from 0.30 to 0.70")):
        other = story.Finding("L_RKD", "", {**finding.numbers, "entropy_first": first}, {})
        assert way in tour.of_loss(LossConfig(), other)[tour.LESSON_HEADS[1]]
    for fits, said in (((0.18, 0.12, 0.19), "0.12, a better fit; of one 0.19, as good a fit"),):
        numbers = finding.numbers | dict(zip(("fit_few", "fit_all", "fit_one"), fits, strict=True))
        assert said in tour.weights(LossConfig(), numbers)[2][-1]


def test_the_gates_are_shown_as_a_product(detector: Detector) -> None:
    trace = detector.trace(samples.collection().images[0].sample.load().image)
    score = np.zeros((64, 64), np.float32)
    score[20:30, 20:30] = 1
    shown = gated.example(trace, score)
    assert shown is not None and set(figures.gated(shown)) == set(tour.CAPTIONS[6])
    captions = tour.captions(6, shown)
    assert captions["gates"].startswith(f"× its gates, {units.percent(float(shown.gates.min()))} ")
    assert units.rough(shown.stands[1]) in captions["after"]
