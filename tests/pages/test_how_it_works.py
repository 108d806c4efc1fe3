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


def test_what_passes_the_gates_is_told_with_its_reason() -> None:
    numbers = {"passed_good": 0.25, "passed_damage": 0.24, "least": 0.15, "most": 0.36, "spread": 0.16}
    alike = story.Finding("same", "less", numbers, {})
    assert tour.measured(6, alike) == "As much: 24 % of what the damage adds passes, 25 % of the good part."
    assert "the gates differ little here (channels: 15 % to 36 %)" in tour.why(6, alike)
    differ = story.Finding("same", "less", numbers | {"spread": 0.6}, {})
    assert tour.why(6, differ) == tour.GATES_DIFFER.format(least="15 %", most="36 %")
    assert tour.why(6, story.Finding("less", "less", numbers, {})) == tour.GATES_WORK
    assert "counts as none" in tour.verdict(6, alike, (0, 0))


def test_of_the_gates_the_paper_s_evenness_follows_quietly() -> None:
    for evenness, said in (((0.2, 0.2, 0.2), "So it is here"), ((0.2, 0.5, 0.2), "holds in part, as the table says")):
        evened = story.Finding("some", "all", variances(evenness), {})
        assert said in (told := tour.of_gates(evened, 1008, None)) and "had 1,008 steps" in told
    assert not tour.of_gates(None, 0, None)
    at = start(TOUR, step="6", picked="-----b")
    assert any("The paper, of its own networks" in one.value or "As the paper says" in one.value for one in at.caption)
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
    assert "S₁ and its maps (+1.59 P-AP): another question. Here what is left tells" in tour.why(9, finding)
    leans = story.Finding("nfs", "", {"whole": 2.0, "nfs": 1.0}, {})
    assert "Here this network leans most on the memory, as it is" in tour.why(9, leans)
    assert tour.measured(9, leans).startswith("The memory: without it 50\N{NO-BREAK SPACE}% of the distance")
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
    assert too_large == tour.ALPHA_LARGE[moves] and tour.CLOSING not in measured
    assert tour.weights(loss, {"aligned": 0.0})[0][-1].endswith(tour.CLOSING), "where the answer shows it below"


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
    assert len(asked) == 16 and at.selectbox(key="damage").options[0] == "Good part with a small stain"
    assert "of 16, S₁ alone misses 1 that S₂ finds, and S₂ alone 1 that S₁ finds" in words(at)
    assert "As the paper says" in words(at)
    drawn = html(at)
    assert drawn.count("background:none") == 2, "two are missed"
    assert "stain: 0.500 × threshold to S₁, 2.00 to S₂" in drawn
    part = np.zeros((100, 200, 3), np.uint8)
    assert small_damages.around(part, maps["forward_by_reverse"], figures.SIDE).shape == (28, 144, 3), (
        "the damage and what is around it"
    )
    one_way = story.Finding("forward", "each", numbers, {})
    assert "not show both ways" in tour.verdict(3, one_way, (0, 0))
    monkeypatch.setattr(chosen_picture, "good_samples", list)
    assert "no sample of this model is known to be good" in start(TOUR, step="3", picked="--c").info[0].value


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
    assert "at least nine tenths of the distance between good and defective" in tour.measured(9, finding)
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
    assert "<b>+1.59</b>" in told[tour.PAPERS] and "<b>95\N{NO-BREAK SPACE}%</b>" in told[tour.OWN_NETWORK]
    assert list(tour.experiments(story.Finding("none", "", {"whole": 2.0}, {}), {}, "", 0)) == [tour.PAPERS]


def test_the_study_is_read_from_its_file() -> None:
    found = trained.study()
    rows = [row for row in read_results(ROOT / trained.FILE) if row["study"] == "table4" and row["defect"] == "all"]
    means = {one: np.mean([row["p_ap"] for row in rows if row["row"] == one]) for one in ("FPM", "FPM and BD")}
    assert found.gained["forward"].mean == pytest.approx(100 * (means["FPM and BD"] - means["FPM"]))
    assert (found.data, found.epochs) == ("synthetic cog", 50)


def test_what_mixing_all_items_does_is_said_of_patches_and_of_the_score() -> None:
    numbers = {"good_before": 0.05, "good_after": 0.4, "damaged_before": 0.5, "damaged_after": 0.8, "before": 0.4}
    numbers |= {"score_before": 3.5, "score_after": 3.6, "after": 0.01, "turned": 0.08}
    numbers |= {"score_good_before": 0.4, "score_good_after": 1.2}
    numbers |= {"missed_good_before": 0.1, "missed_good_after": 0.4, "missed_damaged_before": 1.0}
    numbers |= {"missed_damaged_after": 1.2}
    finding = story.Finding("less", "less", numbers, {})
    assert "was 10 times as far from its answer as a good one, now 2.0 times" in tour.measured(5, finding)
    said = tour.verdict(5, finding, (0, 0))
    assert "gains 0.53 points of P-AP (Table 5)" in said
    assert "misses of a good part 0.10, then 0.40, of the damage 1.0, then 1.2" in said
    assert f"{tour.STANDS['less']}: 10 times a good part, then 3.0" in said
    assert "3.5, then 3.6 × threshold; of the good part 0.40, then 1.2, a false alarm." in said
    assert "turns by only 0.080" in said
    assert re.findall(r"width:([\d.]+)%", figures.far(finding)) == ["6.2", "50.0", "62.5", "100.0"]
    other = story.Finding("less", "less", numbers | {"score_after": 2.0, "missed_damaged_after": 8.0}, {})
    said = tour.verdict(5, other, (0, 0))
    assert tour.STANDS["more"] in said and "turns by" not in said, "nothing is to be explained"


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
    figure = figures.losses(finding)
    bands = [np.asarray(band.y) for band in figure.data]
    assert np.allclose(np.sum(bands, axis=0), 100) and (bands[2] > 0).tolist() == [True, True, False, False]
    assert [shape.x0 for shape in figure.layout.shapes] == [2.5]
    assert figures.losses_key().count("<span>") == 4
    summed = figures.weighted_sum(LossConfig(), is_answered=True)
    assert "α = " not in figures.weighted_sum(LossConfig(), is_answered=False)
    assert "α = 1.2" in summed and "β = 1 at first, then 0" in summed and "δ = 0.002" in summed
    table = figures.weights(LossConfig())
    used = ["α = 1.2: S₁ copies", "β = 1 at first, then 0: S₁ starts", "δ = 0.002: few items"]
    assert re.findall(r'"row">([^<]*)<', table) == used
    assert table.count("<td>") == 9 and "One item answers a patch" in table and "P-AP 61.35, not 62.77" in table
    fits = {"fit_few": 0.05, "fit_all": 0.4, "fit_one": 0.07, "copied_before": 0.3, "copied_behind": 0.1}
    measured = figures.weights(LossConfig(), story.Finding("L_RKD", "", {**finding.numbers, **fits}, {}))
    assert "a good patch is 0.050 from its answer; of all items it would be 0.40, of one 0.070" in measured
    assert "β ended, and S₁ is 0.30 from P before its gates, 0.10 behind" in measured and "β ended" not in table
    assert tour.measured(8, finding) == f"S₂'s rebuilding: {units.percent(finding.numbers['L_RKD'])} of the sum."
    said = tour.weighted(LossConfig(beta_share=0.1), finding)
    assert "β ended after 2 of 4 epochs, a tenth" in said and "with δ = 1 it would be 37 %" in said
    assert tour.APART not in said and tour.APART in tour.weighted(LossConfig(moves_teacher=False), finding)


def test_the_gates_are_shown_as_a_product(detector: Detector) -> None:
    trace = detector.trace(samples.collection().images[0].sample.load().image)
    score = np.zeros((64, 64), np.float32)
    score[20:30, 20:30] = 1
    shown = gated.example(trace, score)
    assert shown is not None and set(figures.gated(shown)) == set(tour.CAPTIONS[6])
    captions = tour.captions(6, shown)
    assert captions["gates"].startswith(f"× its gates, {units.percent(float(shown.gates.min()))} ")
    assert units.rough(shown.stands[1]) in captions["after"]
