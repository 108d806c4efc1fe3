"""Shapley values by their axioms and by a literal average over orders; subsets against the ordinary metrics."""

from itertools import permutations

import numpy as np
import pytest
from scored import evidence

from nnet.analysis import subsets
from nnet.analysis.evaluation import Evidence, score
from nnet.analysis.subsets import attribute, shapley, subsets_of
from nnet.errors import NNetError
from nnet.expression import for_maps, parse
from nnet.scoring import metrics
from nnet.scoring.metric_names import SHORT_NAMES
from nnet.scoring.metrics import label_pixels


def game(players: tuple[str, ...], seed: int = 0) -> dict[frozenset[str], float]:
    random = np.random.default_rng(seed)
    return {frozenset(some): float(random.random()) for some in [(), *subsets_of(players)]}


# ---------------------------------------------------------------------------------------------------- Shapley values


def test_three_players_agree_with_a_literal_average_over_all_orders() -> None:
    players = ("M1", "M3", "M6")
    values = game(players)
    for player in players:
        gains = []
        for order in permutations(players):
            before = frozenset(order[: order.index(player)])
            gains.append(values[before | {player}] - values[before])
        assert shapley(players, values)[player] == pytest.approx(np.mean(gains), abs=1e-12)


@pytest.mark.parametrize("count", [1, 2, 6])
def test_the_values_add_up_to_all_minus_none(count: int) -> None:
    players = ("M1", "M2", "M3", "M4", "M5", "M6")[:count]
    values = game(players, count)
    total = values[frozenset(players)] - values[frozenset()]
    assert sum(shapley(players, values).values()) == pytest.approx(total, abs=1e-12)


def test_a_player_that_adds_nothing_has_the_value_nought() -> None:
    players = ("M1", "M2", "M3")
    values = game(players)
    values |= {some | {"M2"}: value for some, value in values.items() if "M2" not in some}
    assert shapley(players, values)["M2"] == pytest.approx(0, abs=1e-12)


def test_a_missing_subset_is_an_error() -> None:
    values = game(("M1", "M2"))
    del values[frozenset({"M1"})]
    with pytest.raises(NNetError, match="all 4 subsets of 2 maps"):
        shapley(("M1", "M2"), values)


def test_two_maps_of_one_scale_that_are_equal_share_alike() -> None:
    some = evidence(("M1", "M2", "M6"))
    some.maps["M6"] = some.maps["M1"]
    found = attribute(some)
    for metric in found.metrics:
        values = found.shapley(metric)
        assert values["M1"] == pytest.approx(values["M6"], abs=1e-12)
        assert metric != "p_ap" or abs(values["M1"] - values["M2"]) > 1e-6


def test_a_map_that_is_the_same_for_every_image_adds_nothing_to_their_ranking() -> None:
    some = evidence(("M1", "M2", "M3"))
    some.maps["M2"] = np.ones_like(some.maps["M2"])
    found = attribute(some)
    for metric in ("i_auroc", "i_ap"):
        assert found.shapley(metric)["M2"] == pytest.approx(0, abs=1e-6)
        assert metric != "i_ap" or sum(map(abs, found.shapley(metric).values())) > 1e-6


# ----------------------------------------------------------------------------------------------------------- subsets


def test_every_subset_has_the_metrics_of_its_expression() -> None:
    some = evidence()
    found = attribute(some)
    assert [s.maps for s in found.subsets] == list(subsets_of(("M6", "M1", "M3"))) and found.complete
    for subset in found.subsets:
        overall = score(some, for_maps(subset.maps)).overall
        assert subset.values == {key: getattr(overall, key) for key in SHORT_NAMES}


def test_six_maps_have_63_subsets_and_the_full_one_is_equation_8() -> None:
    every = subsets_of(("M1", "M2", "M3", "M4", "M5", "M6"))
    assert len(set(every)) == 63 and for_maps(every[-1]).text == "(M1+M6)*(M2+M5)*(M3+M4)"
    assert for_maps(("M1", "M2", "M6")).text == "(M1+M6)*M2"


def test_without_masks_the_image_metrics_remain() -> None:
    found = attribute(evidence(masks=False))
    assert found.metrics == ("i_auroc", "i_ap") and all(set(s.values) == set(found.metrics) for s in found.subsets)


def test_no_map_is_worth_what_a_constant_map_is() -> None:
    some = evidence()
    constant = metrics.evaluate(np.ones((16, 32, 32)), some.masks, np.ones(16), some.defective)
    for metric, value in subsets.empty_values(some).items():
        assert getattr(constant, metric) == pytest.approx(value, abs=1e-12), metric


def test_a_defective_image_with_an_empty_mask_counts_for_image_metrics_only() -> None:
    some = evidence()
    blank = label_pixels([np.zeros((32, 32), bool)])
    found = attribute(Evidence(**{**vars(some), "masks": (*some.masks[:-1], *blank)}))
    overall = score(Evidence(**{**vars(some), "masks": (*some.masks[:-1], *blank)}), parse("M1")).overall
    assert overall.pixel_images == 15 and found.subsets[0].values["p_ap"] == overall.p_ap


def test_the_work_goes_on_where_it_was() -> None:
    some = evidence()
    assert [*subsets.measure_subsets(some, 3)] == [*subsets.measure_subsets(some)][3:]


def test_ranking_is_by_the_metric_and_prefers_few_maps() -> None:
    some = evidence()
    found = attribute(some)
    ranked = [s.values["p_ap"] for s in found.ranked("p_ap")]
    assert ranked == sorted(ranked, reverse=True) and ranked[0] > ranked[-1]
    assert f"`{found.ranked('i_auroc')[0].expression}`" in found.text().splitlines()[2]


def test_one_kind_of_image_alone_is_an_error() -> None:
    some = evidence(n=4)
    with pytest.raises(NNetError, match="normal and defective"):
        attribute(some)
