"""What the pages say of a threshold and of another kind of part."""

from nnet.report.words import headline
from nnet.scoring.promise import before_training
from workbench.evaluate import words as evaluate_words
from workbench.shared import words


def test_evaluate_opens_on_the_four_counts():
    assert headline(17, 3, 3, 27) == "27 of 30 defects found, 3 of 20 good parts flagged"
    assert headline(1, 0, 0, 1) == "1 of 1 defect found, 0 of 1 good part flagged"


def test_the_promise_names_its_pictures_and_the_whole_interval():
    said = words.promise(before_training(8, 0.95))
    assert "8 held-out images" in said and "31" in said and "11" in said
    assert "with 90 % certainty between" in said, "the level of nnet.scoring.promise.CERTAINTY"


def test_another_kind_of_part_is_explained_with_its_false_alarm_rate():
    said = words.other_kind(4.2, 40)
    assert "4.2 times" in said and "40 normal images" in said and "1 in 41" in said


def test_a_decision_by_few_pictures_says_so_with_what_the_model_can_do():
    few, many = before_training(8, 0.95), before_training(100, 0.95)
    said, full = words.unproven(few, 0.694)
    assert said.endswith("8 pictures") and "I-AUROC on the test pictures is 0.69" in full and words.promise(few) in full
    assert "I-AUROC" not in words.unproven(few, None)[1]
    assert words.unproven(many, 0.694) == ("", "")


def test_a_threshold_that_is_unsure_or_cautious_says_what_to_do():
    few, many = before_training(8, 0.95), before_training(100, 0.95)
    assert "more good photos" in words.advice(few) and "Evaluate" in words.advice(few)
    assert words.advice(many) == ""
    cautious = evaluate_words.advice((176, 0, 104, 209), many)
    assert "flags 0 of 176 good parts and misses 104 of 313 defects" in cautious and "a wanted miss rate" in cautious
    assert "13 of 20" in evaluate_words.advice((7, 13, 0, 30), many)
    assert evaluate_words.advice((95, 5, 3, 27), many) == ""
