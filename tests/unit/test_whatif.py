"""Interventions on a trained network: what they change, what they leave alone, and what they refuse."""

from dataclasses import fields

import numpy as np
import pytest
import torch
from builders import random_images, tiny_config

from nnet.analysis.whatif import (
    LABEL,
    Code,
    Donor,
    WhatIf,
    WhatIfError,
    altered,
    energy,
    highest_rank,
    intervene,
    misfit,
    truncate,
)
from nnet.detector import Detector, Trace, TrainedModel
from nnet.model.network import NNet
from nnet.training.loop import train

TEACHER = "resnet18"
FULL, REVERSE = "(M1+M6)*(M2+M5)*(M3+M4)", "M1*M2*M3"
EACH = {
    "nfs": WhatIf(without_nfs=True),
    "fpm": WhatIf(without_fpm=True),
    "forward": WhatIf(without_forward=True),
    "rank": WhatIf(rank=1),
    "all": WhatIf(True, True, True, 1),
}


@pytest.fixture(scope="module")
def detector(tmp_path_factory) -> Detector:
    """With a teacher that is large enough for every part of the network to matter."""
    path = tmp_path_factory.mktemp("trained") / "tiny"
    train(tiny_config(train__epochs=1, model__teacher=TEACHER), random_images(14), path, device="cpu")
    return Detector.load(path, "cpu")


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return random_images(1, 96, seed=5)[0]


@pytest.fixture(scope="module")
def trace(detector, image) -> Trace:
    return detector.trace(image)


def assert_same(a: Trace, b: Trace) -> None:
    for name in (f.name for f in fields(Trace) if f.name not in ("timings", "image", "native_maps", "maps")):
        one, other = getattr(a, name), getattr(b, name)
        assert (one is None) == (other is None), name
        if one is not None:
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    assert a.maps.keys() == b.maps.keys()
    for name in a.maps:
        np.testing.assert_allclose(a.maps[name], b.maps[name], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("rank", [None, 4, 99])
def test_nothing_taken_out_gives_the_same_trace(detector, trace, rank):
    assert highest_rank(trace) == 4  # F_C is 512 x 2 x 2
    result = intervene(detector, trace, WhatIf(rank=rank))
    assert_same(result.trace, trace)
    assert result.score == pytest.approx(result.before, rel=1e-4) and result.comparable


@pytest.mark.parametrize("what", EACH.values(), ids=EACH)
def test_each_intervention_gives_finite_maps_and_another_score(detector, trace, what):
    result = intervene(detector, trace, what)
    assert all(np.isfinite(m).all() for m in result.trace.maps.values())
    assert abs(result.score - result.before) > 1e-3 * result.before
    assert result.before == pytest.approx(detector.score([trace.image])[0].value, rel=1e-4)
    assert tuple(result.trace.maps) == (("M1", "M2", "M3") if what.without_forward else tuple(trace.maps))
    assert (result.expression.text, result.comparable) == ((REVERSE, False) if what.without_forward else (FULL, True))


@pytest.mark.parametrize("what", EACH.values(), ids=EACH)
def test_the_altered_detector_agrees_with_the_altered_trace(detector, trace, what):
    new = altered(detector, what)
    assert new.score([trace.image])[0].value == pytest.approx(intervene(detector, trace, what).score, rel=1e-4)
    assert not isinstance(new, TrainedModel) and isinstance(detector, TrainedModel)


def test_the_original_is_never_touched(detector, trace, image):
    before = {name: value.clone() for name, value in detector.network.state_dict().items()}
    intervene(detector, trace, EACH["all"])
    assert_same(detector.trace(image), trace)
    assert all(torch.equal(value, before[name]) for name, value in detector.network.state_dict().items())


def test_without_nfs_the_third_feature_passes_as_it_is(detector, trace):
    new = intervene(detector, trace, EACH["nfs"]).trace
    np.testing.assert_array_equal(new.F3_recalled, trace.F[2])
    assert new.addressing is None
    np.testing.assert_array_equal(new.SP[0], trace.SP[0])


def test_without_fpm_features_pass_as_they_are(detector, trace):
    new = intervene(detector, trace, EACH["fpm"]).trace
    for p, f in zip(new.P, (*trace.F[:2], trace.F3_recalled), strict=True):
        np.testing.assert_array_equal(p, f)
    for sp, sf in zip(new.SP, trace.SF, strict=True):
        np.testing.assert_array_equal(sp, sf)
    assert new.gates_T is None and new.gates_S1 is None


def test_without_the_forward_branch_the_reverse_maps_stay(detector, trace):
    new = intervene(detector, trace, EACH["forward"]).trace
    for name in ("M1", "M2", "M3"):
        np.testing.assert_allclose(new.maps[name], trace.maps[name], rtol=1e-4, atol=1e-5)
    assert new.SF is None and new.SP is None


def test_nothing_upstream_runs_again(detector, trace, monkeypatch):
    def never(*_: object) -> None:
        raise AssertionError("T and S1 must not run")

    monkeypatch.setattr(detector.network.T, "forward", never)
    monkeypatch.setattr(detector.network.S1, "forward", never)
    for what in EACH.values():
        intervene(detector, trace, what)


def test_truncation_is_the_best_approximation_of_its_rank():
    f_c = torch.randn(2, 6, 3, 4, generator=torch.Generator().manual_seed(0))
    for rank in (1, 2, 5):
        error = (truncate(f_c, rank) - f_c).square().sum(dim=(1, 2, 3))
        values = torch.linalg.svdvals(f_c.flatten(2))
        torch.testing.assert_close(error, values[:, rank:].square().sum(dim=1), rtol=1e-3, atol=1e-5)
        assert (torch.linalg.matrix_rank(truncate(f_c, rank).flatten(2), rtol=1e-4) == rank).all()


LACKING = {
    "nfs": (dict(model__nfs=False), WhatIf(without_nfs=True), "no memory"),
    "fpm": (dict(model__fpm=False), WhatIf(without_fpm=True), "no projections"),
    "forward": (dict(model__forward=False), WhatIf(without_forward=True), "no S1, the copier"),
    "reverse": (
        dict(model__reverse=False, model__ffc=False, model__nfs=False, model__fpm=False),
        WhatIf(rank=1),
        "no S2, the rebuilder",
    ),
    "no map left": (
        dict(model__reverse=False, model__ffc=False, model__nfs=False, model__fpm=False),
        WhatIf(without_forward=True),
        "no map left",
    ),
    "rank 0": ({}, WhatIf(rank=0), "rank of 1 or more"),
}


@pytest.mark.parametrize(("changes", "what", "words"), LACKING.values(), ids=LACKING)
def test_what_the_network_lacks_cannot_be_taken_out(changes, what, words):
    config = tiny_config(**changes)
    with pytest.raises(WhatIfError, match=words):
        altered(Detector(NNet(config), config, "cpu"), what)


def test_s2_rebuilds_from_the_code_it_is_given(detector, trace):
    assert_same(intervene(detector, trace, WhatIf(code=Code("itself", trace.F_C))).trace, trace)
    other = detector.trace(random_images(1, 96, seed=6)[0])
    result = intervene(detector, trace, WhatIf(code=Code("another", other.F_C)))
    for mine, theirs in zip(result.trace.D, other.D, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)
    assert result.what.changes == ("with the code of another",)
    assert not np.allclose(result.trace.maps["M1"], trace.maps["M1"]) and np.array_equal(result.trace.F[0], trace.F[0])
    assert_same(intervene(detector, trace, WhatIf()).trace, trace)


def test_a_model_without_memory_can_lose_other_parts(image):
    config = tiny_config(model__nfs=False)
    detector = Detector(NNet(config), config, "cpu")
    result = intervene(detector, detector.trace(image), WhatIf(without_fpm=True))
    assert result.trace.F3_recalled is None and np.isfinite(result.score)


def test_an_expression_of_ones_own_is_kept_where_its_maps_are(detector, trace):
    assert intervene(detector, trace, EACH["forward"], "M2").comparable
    assert intervene(detector, trace, EACH["forward"], "M2*M5").expression.text == REVERSE


def test_the_changes_are_named(detector):
    assert WhatIf().changes == ()
    assert len(EACH["all"].changes) == 4 and "rank 1" in EACH["all"].changes[-1]
    assert "trained" in LABEL


# ----------------------------------------------------------------------------------------- another's forward branch


def made(**changes: object) -> Detector:
    """An untrained network; its teacher is the same one as the trained network's."""
    config = tiny_config(**{"model__teacher": TEACHER, **changes})
    return Detector(NNet(config), config, "cpu")


DONORS = {
    "another seed": {},
    "plain distillation": dict(model__reverse=False, model__ffc=False, model__nfs=False, model__fpm=False),
    "S1 without projections": dict(loss__kd=False),
}


@pytest.mark.parametrize("changes", DONORS.values(), ids=DONORS)
def test_anothers_forward_branch_gives_its_features_to_the_forward_maps(detector, trace, changes):
    donor = Donor("other", made(**changes))
    what = WhatIf(forward_of=donor)
    result = intervene(detector, trace, what)
    theirs = donor.detector.trace(trace.image)
    for ours, given in zip((*result.trace.SF, *result.trace.SP), (*theirs.SF, *theirs.SP), strict=True):
        np.testing.assert_array_equal(ours, given)
    for name in ("M1", "M2", "M3"):
        np.testing.assert_allclose(result.trace.maps[name], trace.maps[name], rtol=1e-4, atol=1e-5)
    assert abs(result.score - result.before) > 1e-3 * result.before and result.comparable
    assert altered(detector, what).score([trace.image])[0].value == pytest.approx(result.score, rel=1e-4)
    assert intervene(detector, trace, what, donated=theirs).score == result.score


def test_its_own_forward_branch_changes_nothing(detector, trace):
    assert_same(intervene(detector, trace, WhatIf(forward_of=Donor("itself", detector))).trace, trace)


def test_a_donor_goes_with_the_other_interventions(detector, trace):
    donor = Donor("other", made())
    what = WhatIf(without_nfs=True, without_fpm=True, rank=2, forward_of=donor)
    result = intervene(detector, trace, what)
    for sp, sf in zip(result.trace.SP, donor.detector.trace(trace.image).SF, strict=True):
        np.testing.assert_array_equal(sp, sf)
    assert altered(detector, what).score([trace.image])[0].value == pytest.approx(result.score, rel=1e-4)
    assert what.changes[2] == "with S₁, the copier, of other"


UNFIT = {
    "no branch": (dict(model__forward=False), "nothing to take from it"),
    "another size": (dict(model__size=96), "expected 64, found 96"),
    "another teacher": (dict(model__teacher="resnet34"), "expected resnet18, found resnet34"),
}


@pytest.mark.parametrize(("changes", "words"), UNFIT.values(), ids=UNFIT)
def test_a_branch_that_does_not_fit_is_refused(detector, changes, words):
    donor = Donor("other", made(**changes))
    assert words in misfit(detector.config, donor.detector.config)
    with pytest.raises(WhatIfError, match=f"other: .*{words}"):
        altered(detector, WhatIf(forward_of=donor))


def test_a_branch_of_another_teachers_weights_is_refused(detector):
    donor = made()
    next(donor.network.T.parameters()).add_(0.1)
    assert misfit(detector.config, donor.config) == ""
    with pytest.raises(WhatIfError, match="other weights"):
        altered(detector, WhatIf(forward_of=Donor("other", donor)))


def test_a_branch_is_not_left_out_and_replaced_at_once(detector):
    with pytest.raises(WhatIfError, match="at once"):
        altered(detector, WhatIf(without_forward=True, forward_of=Donor("itself", detector)))
    lacking = made(model__forward=False)
    with pytest.raises(WhatIfError, match="nothing to replace"):
        altered(lacking, WhatIf(forward_of=Donor("other", detector)))


def test_the_energy_of_f_c_says_what_a_truncation_keeps(trace):
    shares = energy(trace)
    f_c = torch.from_numpy(trace.F_C)[None]
    assert len(shares) == highest_rank(trace) and shares[-1] == pytest.approx(1)
    for rank in (1, 2, 3):
        kept = truncate(f_c, rank).square().sum() / f_c.square().sum()
        assert shares[rank - 1] == pytest.approx(float(kept), rel=1e-4)
