from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from unittest.mock import patch

import numpy as np
import pytest
import torch
from builders import random_images, tiny_config
from torch import nn

from nnet import device as devices
from nnet.config import ScoreConfig
from nnet.detector import Detector, InputError
from nnet.device import DeviceError, autocast, choose_device, inference_dtype, keep_depthwise_in_float32, training_dtype
from nnet.expression import ExpressionError, MissingMapError
from nnet.model.network import NNet
from nnet.scoring.calibration import Calibration
from nnet.scoring.maps import MAPS, score_map


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return random_images(1, 96, seed=5)[0][:80]  # 80 x 96: neither square nor the network's size


def test_a_trace_names_every_intermediate(detector, image):
    trace = detector.trace(image)
    assert [f.shape for f in trace.F] == [(32, 16, 16), (48, 8, 8), (192, 4, 4)]
    for triple in (trace.P, trace.SF, trace.SP, trace.D):
        assert [f.shape for f in triple] == [f.shape for f in trace.F]
    assert trace.F3_recalled.shape == trace.F[2].shape
    assert (trace.F_E.shape, trace.F_C.shape) == ((576, 4, 4), (384, 2, 2))
    assert [(g.h.shape, g.w.shape) for g in trace.gates_T] == [(f.shape[:2], (f.shape[0], f.shape[2])) for f in trace.F]
    assert {a.shape for a in trace.addressing} == {(4, 4, 6)}
    assert tuple(sorted(trace.maps)) == tuple(MAPS) and {m.shape for m in trace.maps.values()} == {(64, 64)}
    assert {name: m.shape[0] for name, m in trace.native_maps.items()} == {n: 64 // i.stride for n, i in MAPS.items()}
    assert trace.image is image and trace.input_size == 64
    assert all(ms >= 0 for ms in trace.timings.values()) and {"resize", "teacher", "maps"} <= trace.timings.keys()


def test_a_trace_counts_its_bytes(detector, image):
    trace = detector.trace(image)
    arrays = [trace.image, trace.F3_recalled, trace.F_E, trace.F_C, *trace.addressing, *trace.maps.values()]
    arrays += [*trace.native_maps.values(), *trace.F, *trace.P, trace.P_forward[2], *trace.SF, *trace.SP, *trace.D]
    arrays += [a for gates in (trace.gates_T, trace.gates_S1, [trace.gates_forward]) for gate in gates for a in gate]
    assert trace.nbytes == sum(a.nbytes for a in arrays)


def test_parts_that_are_off_leave_none_in_the_trace(image):
    config = tiny_config(model__forward=False, model__nfs=False, model__fpm=False)
    trace = Detector(NNet(config), config, "cpu").trace(image)
    off = {f.name for f in fields(trace) if getattr(trace, f.name) is None}
    assert off == {"F3_recalled", "SF", "SP", "gates_T", "gates_S1", "addressing", "window", "gates_forward"}
    assert tuple(trace.maps) == ("M1", "M2", "M3")


def test_the_light_path_gives_the_traces_score(detector, image):
    for expression in ("(M1+M6)*(M2+M5)*(M3+M4)", "M4", "M1+M2"):
        trace = detector.trace(image)
        expected = score_map(trace.maps, expression, 64, detector.config.score.sigma)
        score = detector.score([image], expression)[0]
        np.testing.assert_allclose(score.map, expected, rtol=1e-4, atol=1e-6)
        assert score.value == pytest.approx(score.map.max())


def test_a_batch_of_different_sizes_is_scored_like_its_images(detector):
    images = [random_images(1, size, seed=size)[0] for size in (64, 128, 200)]
    batch = [score.value for score in detector.score(images)]
    single = [detector.score([image])[0].value for image in images]
    assert batch == pytest.approx(single, rel=1e-3)
    assert [t.image.shape for t in detector.trace_batch(images)] == [i.shape for i in images]


def test_one_detector_serves_many_threads(detector):
    images = [random_images(1, 64, seed=seed)[0] for seed in range(6)]
    expected = [detector.score([image])[0].value for image in images]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda image: detector.score([image])[0].value, images * 3))
    assert found == pytest.approx(expected * 3, rel=1e-5)


@pytest.mark.parametrize("wrong", [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3)), np.zeros((8, 8, 4), np.uint8), "x"])
def test_what_is_no_image_is_refused_in_words(detector, wrong):
    with pytest.raises(InputError, match=r"uint8 array \(height, width, 3\)"):
        detector.trace(wrong)


def test_a_bad_expression_or_a_missing_map_is_refused(detector, image):
    with pytest.raises(ExpressionError):
        detector.score([image], "M1*")
    config = tiny_config(model__forward=False)
    with pytest.raises(MissingMapError, match="M4"):
        Detector(NNet(config), config, "cpu").score([image], "M4")


def test_calibration_serves_any_expression(detector):
    calibration = detector.calibration
    for expression in ("M1", "M4*M5*M6", "(M1+M6)*(M2+M5)*(M3+M4)"):
        reference = calibration.for_expression(expression)
        maps = [{name: m[i] for name, m in calibration.maps.items()} for i in range(calibration.n)]
        scores = [score_map(each, expression, 64, 4.0).max() for each in maps]
        np.testing.assert_allclose(reference.scores, np.sort(scores), rtol=1e-5)
        assert reference.threshold == pytest.approx(max(scores), rel=1e-5)  # of eight, no other keeps to one in twenty
        assert reference.colour_range == (0.0, 2 * reference.threshold)


def test_percentile_p_value_and_decision():
    maps = {"M1": np.repeat(np.array([1, 2, 3, 4], np.float16), 64 * 64).reshape(4, 64, 64)}
    reference = Calibration(maps, 64, ScoreConfig(expression="M1", quantile=1.0)).for_expression()
    assert reference.scores.tolist() == pytest.approx([1, 2, 3, 4], rel=1e-5)
    assert [reference.percentile(v) for v in (0.5, 2.5, 9)] == [0, 50, 100]
    assert [reference.p_value(v) for v in (0.5, 2.5, 9)] == [1.0, 3 / 5, 1 / 5]
    assert not reference.is_anomalous(3.9) and reference.is_anomalous(4.1)
    assert reference.with_threshold(2.5).is_anomalous(3.0)
    assert reference.with_threshold(2.5).quantile == 0.5


def test_devices_and_formats_are_chosen_by_capability():
    assert choose_device("cpu").type == "cpu"
    with pytest.raises(DeviceError, match="no device 'abacus'"):
        choose_device("abacus")
    assert inference_dtype(torch.device("cpu")) is torch.float32
    assert inference_dtype(torch.device("cuda")) is torch.float16
    assert training_dtype(torch.device("cpu"), "bfloat16") is torch.bfloat16


def test_depthwise_convolutions_stay_in_float32_in_bfloat16_training_on_a_cpu() -> None:
    torch.manual_seed(0)
    cpu, image = torch.device("cpu"), torch.randn(1, 8, 6, 6)
    network = nn.Sequential(nn.Conv2d(8, 8, 3, groups=8), nn.Conv2d(8, 4, 1))
    exact, names = network[0](image), list(network.state_dict())
    for dtype in (torch.float32, torch.bfloat16):
        keep_depthwise_in_float32(network, cpu, dtype)
        with autocast(cpu, dtype):
            assert torch.equal(network[0](image), exact)
            assert network(image).dtype is dtype
    assert list(network.state_dict()) == names


@pytest.mark.parametrize(("limit", "pictures", "used"), [(1.5, 1, 1), (1.5, 2, 2), (0.5, 1, 2)])
def test_a_light_pass_takes_one_thread_and_a_heavy_one_all(detector, image, monkeypatch, limit, pictures, used):
    one = sum(weight.numel() for weight in detector.network.parameters()) * detector.config.model.size**2
    monkeypatch.setattr(devices, "LIGHT", limit * one)
    seen = []
    hook = detector._fast.register_forward_pre_hook(lambda *_: seen.append(torch.get_num_threads()))
    torch.set_num_threads(2)
    try:
        detector.trace_batch([image] * pictures)
        detector.score([image] * pictures)
        assert torch.get_num_threads() == 2, "the caller's threads are left as they were"
    finally:
        hook.remove()
    assert seen == [used, used]


@pytest.mark.parametrize(("expression", "part"), [("M1*M3", "S1"), ("M4+M6", "S2"), ("M4+M6", "FFC")])
def test_a_score_of_one_branch_does_not_run_the_other(detector, image, expression, part):
    expected = score_map(
        {name: m[0] for name, m in detector.maps([image]).items()}, expression, 64, detector.config.score.sigma
    )
    with patch.object(getattr(detector._fast, part), "forward", side_effect=AssertionError("it runs")):
        found = detector.score([image], expression)[0]
    assert np.allclose(found.map, expected, rtol=1e-5, atol=0)
