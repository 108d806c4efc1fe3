"""The resizing in an exported graph is Pillow's to the bit."""

import numpy as np
import pytest
import torch
from PIL import Image

from nnet.data.images import resize
from nnet.export.resizing import resized

SIZES = [(64, 64), (1, 1), (2, 5), (63, 65), (64, 200), (300, 300), (97, 480), (640, 31), (1201, 900), (9, 1790)]
SIZES += [(480, 270), (270, 480), (200, 132), (200, 131), (65, 64), (66, 65), (67, 65), (130, 40)]


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_every_pixel_is_pillows(height, width):
    noise = np.random.default_rng(height + width).integers(0, 256, (2, height, width, 3), dtype=np.uint8)
    found = resized(torch.from_numpy(noise), 64).numpy()
    for image, pixels in zip(noise, found, strict=True):
        expected = np.asarray(Image.fromarray(image).resize((64, 64), Image.Resampling.BILINEAR))
        assert np.array_equal(pixels, expected) and np.array_equal(expected, resize(image, 64))


@pytest.mark.parametrize("size", [32, 96, 128, 256])
def test_whatever_the_networks_size(size):
    noise = np.random.default_rng(size).integers(0, 256, (1, 333, 517, 3), dtype=np.uint8)
    assert np.array_equal(resized(torch.from_numpy(noise), size)[0].numpy(), resize(noise[0], size))


def test_black_and_white_stay_what_they_are():
    for grey in (0, 255):
        plain = torch.full((1, 211, 75, 3), grey, dtype=torch.uint8)
        assert torch.equal(resized(plain, 64), torch.full((1, 64, 64, 3), float(grey)))
