"""What the paper tells of N-Net's parts, asked of small networks whose answers are known."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from builders import random_images, tiny_config

from nnet.analysis import answered, dense, gated, losses, projection, story, students
from nnet.analysis.story import Finding, StoryError
from nnet.config import LossConfig
from nnet.detector import Detector, Trace, TrainedModel
from nnet.expression import for_maps, parse
from nnet.model.distance import distance_map
from nnet.model.network import NNet
from nnet.scoring import judge

_BOTH = ("M4", "M5", "M6"), ("M1", "M2", "M3")
"""The maps of S1 and of S2."""


@pytest.fixture(scope="module")
def model(tiny_checkpoint) -> TrainedModel:
    return Detector.load(tiny_checkpoint, "cpu")


@pytest.fixture(scope="module")
def trace(model: TrainedModel) -> Trace:
    return model.trace(random_images(1, seed=5)[0])


def test_a_change_of_less_than_a_tenth_is_none() -> None:
    assert [story.compared(after, 10) for after in (8.9, 9.1, 10.9, 11.1)] == ["less", "same", "same", "more"]
    assert story.compared(-1.0, -2.0) == "more" and story.compared(0.0, 0.0) == "same"
    assert Finding("less", "less", {}, {}).agrees and not Finding("same", "less", {}, {}).agrees
    assert not Finding("L_KD", "", {}, {}).agrees


def test_two_alike_defects_do_not_excuse_each_other(trace: Trace) -> None:
    channels, rows, columns = trace.F[2].shape
    good = [np.ones((channels, rows, columns), np.float32) for _ in range(2)]
    good[1][: channels // 4] *= 0.9  # good parts differ a little
    f3 = good[0].copy()
    f3[:, 1, 2] = f3[:, rows - 1, columns - 1] = np.where(np.arange(channels) % 2, 1, -1)  # the same scratch twice
    maps = {name: np.full((64, 64), 0.01, np.float32) for name in trace.maps}
    for values in maps.values():
        values[64 // rows : 2 * 64 // rows, 2 * 64 // columns : 3 * 64 // columns] = 1.0
    defective, *known = (replace(trace, F=(*trace.F[:2], f), maps=maps) for f in (f3, *good))
    finding = story.unlike(defective, known, parse("M1*M2*M3"), 1.0)
    assert finding.outcome == "more" and finding.agrees
    assert finding.numbers["peak"] == pytest.approx(1.0, abs=1e-5) and 0 < finding.numbers["typical"] < 0.01
    assert np.argsort(finding.images["unlike"].ravel())[-2:].tolist() in (
        [columns + 2, rows * columns - 1],
        [rows * columns - 1, columns + 2],
    )
    with pytest.raises(StoryError, match="too few"):
        story.unlike(defective, known[:1], parse("M1*M2*M3"), 1.0)


def test_the_code_is_counted(trace: Trace) -> None:
    finding = story.narrow(trace)
    assert finding.numbers == {"before": sum(f.size for f in trace.F), "after": trace.F_C.size}
    assert story.narrow(replace(trace, F_C=np.concatenate([f.ravel() for f in trace.F]))).outcome == "all"


def test_what_gets_through_is_what_s2_misses_less_with_the_damage_in_its_code(model: TrainedModel) -> None:
    good = random_images(1, seed=5)[0]
    damaged = good.copy()
    damaged[8:24, 8:24] = 255
    before, after = model.trace(good), model.trace(damaged)
    finding = story.let_through(model, before, after)

    def missed(code: Trace) -> np.ndarray:
        """M1 + M2 + M3 of the damaged picture when S2 rebuilds it from this picture's code."""
        with torch.no_grad():
            rebuilt = model.network.S2(torch.from_numpy(code.F_C.copy())[None])
        maps = [
            distance_map(d, torch.from_numpy(f.copy())[None])[:, None] for d, f in zip(rebuilt, after.F, strict=True)
        ]
        return sum(torch.nn.functional.interpolate(m, (64, 64), mode="bilinear") for m in maps)[0, 0].numpy()

    inside = np.zeros((64, 64), bool)
    side = 64 / len(good)
    inside[round(8 * side) : round(24 * side), round(8 * side) : round(24 * side)] = True
    unharmed = sum(before.maps[name] for name in ("M1", "M2", "M3"))
    own, fully = missed(after), missed(before)
    assert np.allclose(finding.images["missed"], own, atol=1e-4)
    assert np.allclose(finding.images["through"], np.maximum(fully - own, 0), atol=1e-4)
    share = (fully - own)[inside].mean() / (fully - unharmed)[inside].mean()
    assert finding.numbers["before"] == pytest.approx(share, rel=0.02) and finding.numbers["before"] <= 1
    assert finding.numbers["after"] != finding.numbers["before"], "without the memory it is another share"
    with pytest.raises(StoryError, match="Nothing is drawn"):
        story.let_through(model, before, before)
    with pytest.raises(StoryError, match="not at the same one"):
        story.let_through(model, replace(before, window=(0, 0, 8, 8)), after)


def test_of_all_items_at_once_every_patch_gets_nearly_the_same(model: TrainedModel, trace: Trace) -> None:
    finding = dense.dense(model, trace, trace, parse("(M1+M6)*(M2+M5)*(M3+M4)"))
    assert finding.outcome == "less" and 5.5 < finding.numbers["all"] <= 6 and 1 <= finding.numbers["items"] <= 6
    assert finding.images["after"].shape == trace.F[2].shape


def test_what_all_items_do_to_a_good_and_to_a_damaged_patch(model: TrainedModel, trace: Trace) -> None:
    good = model.trace(random_images(1, seed=6)[0])
    numbers = dense.dense(model, trace, good, parse("M1*M2*M3")).numbers
    apart = 1 - np.einsum("chw,chw->hw", *(f / np.linalg.norm(f, axis=0) for f in (good.F[2], good.F3_recalled)))
    assert numbers["good_before"] == pytest.approx(np.median(apart), rel=1e-4)
    score = judge.judge(model.calibration, trace.maps, parse("M1*M2*M3"))
    assert numbers["score_before"] == pytest.approx(score.multiple, rel=1e-4)
    assert numbers["good_after"] != numbers["good_before"] and numbers["damaged_after"] != numbers["damaged_before"]
    missed = sum(good.maps[name] for name in ("M1", "M2", "M3"))
    assert numbers["missed_good_before"] == pytest.approx(missed.mean(), rel=1e-4)
    assert numbers["missed_good_after"] != numbers["missed_good_before"] and numbers["turned"] > 0
    unhurt = judge.judge(model.calibration, good.maps, parse("M1*M2*M3"))
    assert numbers["score_good_before"] == pytest.approx(unhurt.multiple, rel=1e-4)
    fits = dense.fits(model, good)
    assert fits["few"] == numbers["good_before"] and fits["all"] == numbers["good_after"]
    nearest = model.memory[good.addressing.cosine.argmax(axis=-1)].transpose(2, 0, 1)
    assert fits["one"] == pytest.approx(np.median(story.distances(good.F[2], nearest)), rel=1e-3)


def test_what_s1_leaves_to_its_own_gates(trace: Trace) -> None:
    alike = replace(trace, SP=trace.P_forward)
    before, behind = gated.copied(alike)
    assert behind == pytest.approx(0, abs=1e-5) and before > 0.01
    assert gated.copied(replace(trace, gates_S1=None)) is None


def test_a_typical_channel_of_those_that_show_the_damage_is_shown(trace: Trace) -> None:
    """The damage exceeds the rest in three channels: gates damp what is beside it, nothing, and the damage itself."""
    f = np.ones_like(trace.F[0])
    f[:, 0] = 3
    f[[1, 5, 9], 2, 2] = 4
    h, w = np.ones(f.shape[:2], np.float32), np.ones((len(f), f.shape[2]), np.float32)
    h[1, 0], h[9, 2] = 0.1, 0.5
    p = f * h[:, :, None] * w[:, None, :]
    gates = (trace.gates_T[0]._replace(h=h, w=w), *trace.gates_T[1:])
    score = np.zeros(f.shape[1:], np.float32)
    score[2, 2] = 1
    shown = gated.example(replace(trace, F=(f, *trace.F[1:]), P=(p, *trace.P[1:]), gates_T=gates), score)
    assert shown is not None and np.array_equal(shown.before, f[5]) and np.array_equal(shown.after, p[5])
    assert shown.gates.min() == 1 and (shown.gaining, shown.channels) == (1, len(f))
    assert shown.stands[0] == pytest.approx(4 / np.delete(f[5].ravel(), 2 * f.shape[2] + 2).mean(), rel=1e-5)
    assert shown.stands[1] == pytest.approx(shown.stands[0])
    assert gated.example(replace(trace, gates_T=None), score) is None
    assert gated.example(trace, np.ones_like(score)) is None, "the damage is everywhere"


def test_the_evenness_is_that_of_the_variance_along_channels(trace: Trace) -> None:
    finding = story.evened([trace])
    measured = projection.measure_trace(trace)[0]  # what the Projection page shows of a whole picture
    for name, k in (("mean", 0), ("even", 1)):
        assert np.allclose(story.by_scale(finding.numbers, name), measured[:, :, k], rtol=1e-4)
    other = replace(trace, F=tuple(2 * f for f in trace.F), F3_recalled=2 * trace.F3_recalled)
    both = story.evened([trace, other]).numbers  # before the gates the variance of the other one is four times as large
    assert both["mean_before_1"] == pytest.approx(2.5 * finding.numbers["mean_before_1"], rel=1e-4)
    claim = story.claimed(finding.numbers)
    assert claim.smaller == (1, 2, 3)  # gates are below 1
    assert finding.outcome == {3: "all", 0: "none"}.get(len(claim.even), "some")


def test_adding_the_scales_lifts_the_ground(trace: Trace) -> None:
    finding = story.added(trace, 4.0)
    assert finding.outcome == "more" and finding.images["after"].max() == pytest.approx(1)


def test_the_heaviest_loss_is_weighted() -> None:
    first = {"epoch": 1, "L_RKD": 0.2, "L_KD": 0.1, "L_align": 0.3, "L_query": 10.0, "beta": 1.0}
    history = [first, {"epoch": 2, "L_RKD": 0.2, "L_KD": 0.3, "L_query": 10.0, "beta": 0.0}]
    finding = losses.heaviest_loss(history, LossConfig(alpha=1.0, delta=0.01))
    assert finding.outcome == "L_KD" and finding.numbers["L_query"] == pytest.approx(0.1 / 0.6)
    assert finding.numbers["aligned"] == 1 and "L_align" not in finding.numbers
    assert finding.images["shares"][0] == pytest.approx(np.array([2, 1, 3, 1]) / 7)
    with pytest.raises(StoryError, match="record"):
        losses.heaviest_loss([], LossConfig())


def test_each_student_is_judged_by_its_own_maps_and_threshold(model: TrainedModel, trace: Trace) -> None:
    """Maps are set to the largest that good pictures have, times what each student is to see of a damage."""
    limits = [model.calibration.for_expression(for_maps(names)).threshold for names in _BOTH]

    def seen(*times: float) -> Trace:
        maps = {
            name: np.full((64, 64), (many * limit) ** (1 / 3), np.float32)
            for names, many, limit in zip(_BOTH, times, limits, strict=True)
            for name in names
        }
        return replace(trace, maps=maps)

    finding = students.found_alone(model, [seen(2, 2), seen(0.5, 2), seen(0.5, 4), seen(2, 0.5), seen(0.5, 0.5)])
    assert finding.agrees and finding.images["scores"][2] == pytest.approx((0.5, 4), rel=1e-3)
    assert {name: finding.numbers[name] for name in ("all", "forward", "reverse")} == {
        "all": 5,
        "forward": 2,
        "reverse": 1,
    }
    assert (finding.numbers["forward_at"], finding.numbers["reverse_at"]) == (2, 3)
    assert finding.images["forward_by_reverse"].max() == pytest.approx(4, rel=1e-3)
    assert students.found_alone(model, [seen(0.5, 2)]).outcome == "forward"
    assert students.found_alone(model, [seen(2, 2)]).outcome == "neither"


def test_the_part_that_is_leant_on_costs_most_when_it_goes(model: TrainedModel) -> None:
    good, defective = (model.trace_batch(list(random_images(3, seed=seed))) for seed in (7, 8))
    finding = story.leans_on(model, good, defective, parse("(M1+M6)*(M2+M5)*(M3+M4)"))
    assert {"whole", *story.PARTS} == set(finding.numbers) and finding.outcome in (*story.PARTS, "none")
    of_s1 = parse("M6*M5*M4")
    scores = ([judge.judge(model.calibration, one.maps, of_s1).value for one in kind] for kind in (good, defective))
    assert finding.numbers["reverse"] == pytest.approx(story.apart(*scores), rel=1e-4), "S1's maps alone"
    for left, leant in (({"reverse": 2.9, "nfs": 3.5}, "reverse"), ({"reverse": 3.3, "nfs": 4.0}, "none")):
        assert story.leant_on({"whole": 3.55, "M1": 0.0} | left, 3.55) == leant
    assert story.leant_on({"fpm": -0.3, "reverse": 1.9}, 2.8) == "fpm" and story.leant_on({}, 1.0) == "none"
    with pytest.raises(StoryError, match="too few"):
        story.leans_on(model, good[:1], defective, parse("M1"))


@pytest.mark.parametrize(
    ("changes", "questions"),
    [
        ({"model__forward": False}, ["found_alone"]),
        (
            {
                "model__reverse": False,
                "model__ffc": False,
                "loss__moves_teacher": True,
                "score__expression": "M4*M5*M6",
            },
            ["narrow", "let_through", "found_alone"],
        ),
        ({"model__nfs": False}, ["dense"]),
        ({"model__fpm": False}, ["evened"]),
    ],
)
def test_who_lacks_the_part_says_so(changes: dict[str, object], questions: list[str]) -> None:
    config = tiny_config(**changes)
    detector = Detector(NNet(config).eval(), config, "cpu")
    trace = detector.trace(random_images(1, seed=5)[0])
    expression = for_maps(trace.maps)
    ask: dict[str, Callable[[], Finding]] = {
        "narrow": lambda: story.narrow(trace),
        "found_alone": lambda: students.found_alone(detector, [trace]),
        "let_through": lambda: story.let_through(detector, trace, trace),
        "dense": lambda: dense.dense(detector, trace, trace, expression),
        "evened": lambda: story.evened([trace]),
    }
    for name in questions:
        with pytest.raises(StoryError, match="This model has"):
            ask[name]()
    story.unlike(trace, [trace, trace], expression, 4.0)
    story.added(trace, 4.0)


def test_the_chain_from_the_items_to_the_angle(model: TrainedModel, trace: Trace) -> None:
    found = answered.answers(model, trace)
    weights = trace.addressing.weights[1, 2]
    patch = found.at(1, 2)
    assert patch.mixed == pytest.approx(np.exp(-(weights[weights > 0] * np.log(weights[weights > 0])).sum()), rel=1e-4)
    assert patch.far == pytest.approx(float(story.distances(trace.F[2], trace.F3_recalled)[1, 2]))
    assert patch.missed == pytest.approx(float(story.distances(trace.F[2], trace.D[2])[1, 2]))
    assert patch.without != patch.missed, "S2 runs again without the memory"
    assert found.typical.far == pytest.approx(np.median(found.far))
    with pytest.raises(StoryError, match="no memory"):
        answered.answers(model, replace(trace, addressing=None))


def test_the_best_mixture_of_items_takes_none_away() -> None:
    items = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], np.float32)
    assert answered.nearest_mixture(np.array([3.0, 4.0, 0.0]), items) == pytest.approx(0, abs=1e-9)
    assert answered.nearest_mixture(np.array([1.0, -1.0, 0.0]), items) == pytest.approx(1 - np.sqrt(0.5))
    assert answered.nearest_mixture(np.array([-1.0, 0.0, 0.0]), items) == 1.0, "nothing is mixed"


def test_what_passes_the_gates_is_measured_where_the_damage_is(trace: Trace) -> None:
    """The damage fills one channel on a cell, and that channel's gate is a tenth of the others'."""
    image = trace.image.copy()
    side = len(image) // trace.F[0].shape[1]
    image[: 2 * side, : 2 * side] = 255 - image[: 2 * side, : 2 * side]
    good, damaged, gates = [], [], []
    for f, gate in zip(trace.F, trace.gates_T, strict=True):
        whole = np.ones_like(f)
        whole[0] = 0  # good parts do not use the first channel
        other = whole.copy()
        other[0, 0, 0] = 5
        h = np.full(gate.h.shape, 0.5, np.float32)
        h[0] = 0.05
        good.append(whole)
        damaged.append(other)
        gates.append(gate._replace(h=h, w=np.ones(gate.w.shape, np.float32)))
    before, after = (
        replace(trace, F=tuple(f), gates_T=tuple(gates), image=pixels)
        for f, pixels in ((good, trace.image), (damaged, image))
    )
    finding = gated.passes(before, after)
    assert finding.agrees and finding.numbers["passed_good"] == pytest.approx(0.5)
    assert finding.numbers["passed_damage"] == pytest.approx(0.05)
    assert (finding.numbers["least"], finding.numbers["most"]) == pytest.approx((0.05, 0.5))
    alike = tuple(gate._replace(h=np.full_like(gate.h, 0.5)) for gate in gates)
    same = gated.passes(replace(before, gates_T=alike), replace(after, gates_T=alike))
    assert same.outcome == "same" and same.numbers["spread"] == pytest.approx(0, abs=1e-6)
    with pytest.raises(StoryError, match="Nothing is drawn"):
        gated.passes(before, before)
    with pytest.raises(StoryError, match="no projection"):
        gated.passes(replace(before, gates_T=None), after)


def test_how_much_of_a_damage_s1_copies(trace: Trace) -> None:
    """The damage turns the teacher's P by a right angle; S1 turns along, or stays, or goes half of the way."""
    image = trace.image.copy()
    image[: len(image) // 2] = 255 - image[: len(image) // 2]
    good = tuple(np.zeros_like(p) for p in trace.P_forward)
    turned = tuple(np.zeros_like(p) for p in trace.P_forward)
    half = tuple(np.zeros_like(p) for p in trace.P_forward)
    for one, other, both in zip(good, turned, half, strict=True):
        one[0] = other[1] = both[0] = both[1] = 1
    before = replace(trace, P_forward=good, SP=good)
    after = replace(trace, image=image, P_forward=turned)
    assert students.imitated(before, replace(after, SP=turned)) == pytest.approx(1)
    assert students.imitated(before, replace(after, SP=good)) == pytest.approx(0)
    assert students.imitated(before, replace(after, SP=half)) == pytest.approx(np.sqrt(0.5))
    with pytest.raises(StoryError, match="no S1"):
        students.imitated(before, replace(after, SP=None))
