"""What the pages say of a threshold and of another kind of part."""

from dataclasses import replace

from builders import write_category

from nnet.data import open_dataset
from nnet.data.framing import Advice
from nnet.expression import PRESETS
from nnet.presets.short import Short
from nnet.report.words import headline
from nnet.scoring.calibration import Kept
from nnet.scoring.metrics import evaluate
from nnet.scoring.metrics.bootstrap import share_interval
from nnet.scoring.promise import before_training, promise
from workbench.evaluate import words as evaluate_words
from workbench.inspect import words as inspect_words
from workbench.shared import model_words, units, words
from workbench.shared.model_list import ModelEntry
from workbench.shared.parts import Decided
from workbench.train import words as train_words


def test_evaluate_opens_on_the_four_counts():
    assert headline(17, 3, 3, 27) == "27 of 30 defects found, 3 of 20 good parts flagged"
    said = headline(13, 7, 18, 12, 4)
    assert said == "12 of 30 defects found (4 in the wrong place), 7 of 20 good parts flagged"
    assert evaluate_words.chosen_on("tiles", (13, 7, 18, 12), 4) == f"Chosen on “tiles”: {said}."
    assert headline(1, 0, 0, 1) == "1 of 1 defect found, 0 of 1 good part flagged"


def test_the_promise_names_its_pictures_and_the_whole_interval():
    said = words.promise(before_training(8, 0.95))
    assert "8 held-out images" in said and "37" in said and "11" in said
    assert "with 95 % certainty between" in said, "the level of nnet.scoring.promise.CERTAINTY"


def test_another_kind_of_part_is_explained_with_its_false_alarm_rate():
    said = words.other_kind(4.2, 40)
    assert "4.2 times" in said and "40 normal images" in said and "1 in 41" in said


def test_a_decision_by_few_pictures_says_so_with_what_the_model_can_do():
    few, many = before_training(8, 0.95), before_training(100, 0.95)
    said, full = words.unproven(few, 0.694)
    assert said.endswith("8 pictures") and "I-AUROC on the test pictures is 0.69" in full and words.promise(few) in full
    assert "I-AUROC" not in words.unproven(few, None)[1]
    assert words.unproven(many, 0.694) == ("", "")


def test_a_threshold_that_is_unsure_or_too_high_or_low_says_what_to_do():
    few, many = before_training(8, 0.95), before_training(100, 0.95)
    assert "more good photos" in words.advice(few) and "Evaluate" in words.advice(few)
    assert words.advice(many) == ""
    high = evaluate_words.advice((176, 0, 104, 209), many)
    assert "flags 0 of 176 good parts and misses 104 of 313 defects" in high and "a wanted miss rate" in high
    assert "lets more defects pass here than it has to" in high
    low = evaluate_words.advice((7, 13, 0, 30), many)
    assert "13 of 20" in low and "a wanted false alarm rate" in low and "miss rate" not in low
    assert evaluate_words.advice((95, 5, 3, 27), many) == ""


def test_the_promise_is_held_beside_what_became_of_it_on_the_test_pictures():
    many = before_training(41, 0.95)
    said = words.tried(many, Decided((209, 313), (0, 176)))
    assert "many of the defects" in words.misses_many(Decided((209, 313), (0, 176)))
    assert "most of the defects" in words.misses_many(Decided((17, 40), (2, 40)))
    assert not words.misses_many(Decided((8, 10), (2, 40))) and not words.misses_many(Decided((0, 0), (2, 40)))
    assert (
        "flagged 0 of 176 good parts and missed 104 of 313 defects: fewer false alarms than promised, so it lets"
        in said
    )
    assert words.tried(many, Decided((313, 313), (0, 176))).endswith("defects: fewer false alarms than promised.")
    assert words.tried(None, Decided((209, 313), (90, 176))).endswith("missed 104 of 313 defects.")
    assert words.tried(many, Decided((30, 30), (8, 176))).endswith("missed 0 of 30 defects.")
    assert words.tried(many, Decided((30, 30), (90, 176))).endswith(": more than promised.")


def test_a_kept_threshold_is_said_with_what_it_was_chosen_by_and_nothing_held_out():
    found = Kept(2.0, "Chosen on cells: 27 of 30 defects found, 3 of 20 good parts flagged.", pictures=20, above=3)
    low, high = share_interval(3, 20)
    said = words.kept_threshold(found)
    assert "27 of 30 defects found" in said and "the 20 good pictures" in said and "held-out" not in said
    assert f"between {units.percent(low)} and {units.percent(high)} of further good parts" in said
    short, full = words.unproven_kept(found, 0.694)
    assert "kept" in short and "20 good pictures" in short and said in full and "0.69" in full
    assert words.unproven_kept(Kept(2.0, "", pictures=200, above=3), None) == ("", "")
    by_hand = words.kept_threshold(Kept(2.0, "Set by hand"))
    assert "Set by hand. " in by_hand and "certainty" not in by_hand
    assert words.unproven_kept(Kept(2.0, ""), None)[0] == "Unproven: a kept threshold"
    assert (
        evaluate_words.aims(found)["own"] == "The kept threshold" and evaluate_words.aims(None) == evaluate_words.AIMS
    )
    assert said in evaluate_words.aim_help(found) and "seen no defect" not in evaluate_words.aim_help(found)
    assert "seen no defect" in evaluate_words.aim_help(None)


def test_of_a_threshold_kept_by_hand_what_is_known_is_said_and_what_is_not():
    by_hand = Kept(2.0, inspect_words.kept_on_inspect(None))
    assert by_hand.reason.startswith("Set by hand on Inspect.") and "nothing is known of defects" in by_hand.reason
    held_out = promise(8, 3, drawn=False)
    said = words.kept_threshold(by_hand, held_out)
    assert "It flags 3 of 8 held-out good pictures. " in said and held_out.sentence() in said
    assert said.endswith("How many defects it finds, Evaluate shows on labelled pictures.")
    assert held_out.sentence() in words.unproven_kept(by_hand, None, held_out)[1]
    found = Decided((12, 30), (7, 20), 4)
    assert found.headline == headline(13, 7, 18, 12, 4) and found.headline in inspect_words.kept_on_inspect(found)


def test_a_part_says_how_many_defects_were_found_in_the_wrong_place():
    said = model_words.at_its_threshold(Decided((12, 30), (7, 20), 4))
    assert said == "12 of 30 found (4 in the wrong place), 7 of 20 flagged"
    assert model_words.at_its_threshold(Decided((12, 30), (7, 20))) == "12 of 30 found, 7 of 20 flagged"


def test_a_threshold_that_misses_most_defects_or_flags_most_good_parts_is_not_kept_unwarned():
    assert words.sorts_little(Decided((29, 30), (19, 20))).endswith(": here it flags 19 of 20 good parts.")
    assert "misses 104 of 200 defects" in words.sorts_little(Decided((96, 200), (0, 5)))
    assert "flags 3 of 5 good parts and misses 2 of 2 defects" in words.sorts_little(Decided((0, 2), (3, 5)))
    assert words.sorts_little(Decided((100, 200), (10, 20))) == "" == words.sorts_little(Decided((0, 0), (0, 0)))


def test_more_flagged_good_parts_than_promised_are_spoken_of_only_where_that_is_shown():
    few, trial = before_training(8, 0.95), Short(48, 600, "small")
    assert few.high < 8 / 20 and evaluate_words.advice((12, 8, 18, 12), few) == "", "the two intervals overlap"
    assert not few.is_broken(8, 20) and few.is_broken(15, 20)
    said = evaluate_words.advice((5, 15, 0, 30), few)
    assert "15 of 20 good parts" in said and "may differ" in said and "they differ" not in said and "steps" not in said
    said = evaluate_words.advice((5, 15, 0, 30), few, trial)
    assert "learnt too little in only 48 steps" in said and said.endswith("Train again with more epochs first.")
    assert words.tried(few, Decided((12, 30), (7, 20))).endswith("missed 18 of 30 defects.")


def test_an_order_that_may_be_chance_is_called_so():
    found = evaluate(None, None, [0.1, 0.3, 0.2, 0.4], [0, 0, 1, 1])
    chance = evaluate_words.verdict(found, {"i_auroc": (0.423, 0.760)})
    assert "not shown to be better than chance (50 %)" in chance
    assert "chance" not in evaluate_words.verdict(found, {"i_auroc": (0.51, 0.760)}) + evaluate_words.verdict(found, {})


def test_a_part_without_maps_says_how_long_they_take_and_what_is_known_without():
    assert "489 pictures once makes them, which takes about 2 min;" in evaluate_words.needs_maps(489, 120)
    assert "once makes them; the" in evaluate_words.needs_maps(489, 0)
    both = PRESETS["paper"], PRESETS["forward"]
    told = evaluate_words.stored_scores([(both[0], 0.947), (both[1], 0.949)])
    assert "0.947" in told and "0.949" in told
    assert evaluate_words.stored_scores([(both[0], 0.947), (both[1], None)]) == ""


def test_the_pictures_that_were_held_out_are_named_where_training_images_are_counted(tmp_path):
    dataset = open_dataset(write_category(tmp_path))
    count = len(dataset.train)
    assert f"learnt from {count - 1} and held out 1" in evaluate_words.found(dataset, 1)
    assert "held out" not in evaluate_words.found(dataset)
    masks = sum(sample.has_mask for sample in dataset.test if sample.is_defective)
    assert masks and f" ({masks} with a mask)" in evaluate_words.found(dataset)
    unmasked = replace(dataset, test=tuple(replace(sample, mask=None, mask_loader=None) for sample in dataset.test))
    assert " (0 with a mask)" in evaluate_words.found(unmasked)
    entry = ModelEntry("m", tmp_path, "m", "cells", "net", 128, 371, i_auroc=0.9, held_out=41, steps=1008)
    lines = model_words.model_lines(entry)
    assert "371 training images · 41 held out for the threshold" in lines[0]
    assert "128 × 128 px, 1,008 steps" in lines[1]
    kept = model_words.model_lines(entry, Kept(2.0, "", pictures=40, above=20))
    assert kept[0].endswith(model_words.KEPT_THRESHOLD) and "for the threshold" not in kept[0] and kept[1:] == lines[1:]
    most = model_words.model_lines(entry, Kept(2.0, "", pictures=40, above=27))
    assert most[0].endswith(f"{model_words.KEPT_THRESHOLD}, which flagged 27 of 40 good parts")
    assert model_words.model_row(entry, None)["Result"] == "I-AUROC 0.900, 128 × 128 px, 1,008 steps"
    assert "1,008 steps, 371 good pictures of cells" in model_words.setup(entry)


def test_one_size_of_large_pictures_is_an_example_and_stretching_is_named():
    found = Advice(248, 601, 8, 1.7, 128, 16, 10)
    told = train_words.too_large(found, is_stretched=True)
    assert "for example one of 601 × 248 px," in told and train_words.STRETCHED in told
    assert train_words.STRETCHED not in train_words.too_large(found, is_stretched=False)
