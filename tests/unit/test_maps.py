"""Section 3.4: the six maps, Eq. (8), the Gaussian, the image score."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as functional
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from nnet.expression import MissingMapError, parse
from nnet.scoring.maps import MAPS, anomaly_maps, gaussian, image_score, score_map, score_maps, to_common_size

E8 = "(M1+M6)*(M2+M5)*(M3+M4)"


def unit(direction: tuple[float, float], side: int) -> torch.Tensor:
    return torch.tensor(direction).view(1, 2, 1, 1).expand(1, 2, side, side)


def test_each_map_compares_its_pair_at_its_scale():
    sides = (64, 32, 16)
    same, other = (1.0, 0.0), (0.0, 1.0)

    def features(different_scale: int | None) -> list[torch.Tensor]:
        return [unit(other if i == different_scale else same, side) for i, side in enumerate(sides)]

    for name, info in MAPS.items():
        changed = {"reverse": "D", "forward": "SP"}[info.branch]
        out = SimpleNamespace(F=features(None), D=features(None), P_forward=features(None), SP=features(None))
        setattr(out, changed, features(info.scale))
        maps = anomaly_maps(out)
        assert maps[name].shape == (1, sides[info.scale], sides[info.scale])
        assert {key: round(float(m.mean()), 6) for key, m in maps.items()} == {key: float(key == name) for key in MAPS}


def test_equation_8_without_smoothing():
    values = dict(zip(MAPS, (1.0, 2.0, 3.0, 4.0, 5.0, 6.0), strict=True))
    maps = {name: np.full((64, 64), value, np.float32) for name, value in values.items()}
    score = score_map(maps, E8, size=256, sigma=0)
    np.testing.assert_allclose(score, (1 + 6) * (2 + 5) * (3 + 4), rtol=1e-6)
    np.testing.assert_allclose(score_map(maps, "M1*M2*M3", 256, 4.0), 6, rtol=1e-5)


def test_interpolation_keeps_a_linear_ramp():
    ramp = torch.arange(16, dtype=torch.float32).expand(1, 16, 16)
    large = to_common_size({"M3": ramp}, 64)["M3"]
    assert large.shape == (1, 64, 64)
    inner = (torch.arange(64) + 0.5) / 4 - 0.5  # pixel centres of the large map in the small one's coordinates
    torch.testing.assert_close(large[0, 30, 4:60], inner[4:60])


@pytest.mark.parametrize("sigma", [1.0, 4.0])
def test_the_gaussian_is_scipys(sigma):
    rows = np.random.default_rng(0).random((3, 80), dtype=np.float32)
    ours = gaussian(torch.from_numpy(rows), sigma).numpy()
    theirs = gaussian_filter1d(rows.astype(np.float64), sigma, mode="mirror")
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


@pytest.mark.parametrize("shape", [(64, 64), (16, 24)])
def test_a_score_is_the_interpolated_and_smoothed_map(shape):
    m = np.random.default_rng(0).random((2, *shape), dtype=np.float32)
    large = functional.interpolate(torch.from_numpy(m)[:, None], (128, 128), mode="bilinear", align_corners=False)
    expected = gaussian_filter(large[:, 0].double().numpy(), 2.0, mode="mirror", axes=(1, 2))
    ours = score_maps({"M1": torch.from_numpy(m)}, parse("M1"), 128, 4.0).numpy()
    np.testing.assert_allclose(ours, expected, rtol=1e-5)


def test_a_gaussian_wider_than_the_image_still_works():
    small = gaussian(torch.rand(1, 8), 10.0)
    assert small.shape == (1, 8) and torch.isfinite(small).all()


def test_sigma_grows_with_the_input_size():
    spike = np.zeros((64, 64), np.float32)
    spike[32, 32] = 1
    widths = [_width(score_map({"M1": spike}, "M1", size, 4.0)) / size for size in (256, 512)]
    assert widths[0] == pytest.approx(widths[1], rel=0.02)


def _width(score: np.ndarray) -> float:
    profile = score.sum(axis=0)
    at = np.arange(len(profile))
    mean = (at * profile).sum() / profile.sum()
    return float(np.sqrt(((at - mean) ** 2 * profile).sum() / profile.sum()))


def test_the_image_score_is_the_largest_pixel():
    pixels = torch.zeros(2, 4, 4)
    pixels[0, 1, 2], pixels[1, 3, 3] = 5.0, 7.0
    assert image_score(pixels).tolist() == image_score(pixels.numpy()).tolist() == [5.0, 7.0]
    assert float(image_score(pixels[1].numpy())) == 7.0


def test_a_map_that_does_not_exist_is_named():
    with pytest.raises(MissingMapError, match="M4"):
        score_maps({"M1": torch.zeros(1, 64, 64)}, parse("M1*M4"), 256, 4.0)
