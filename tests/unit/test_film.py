"""How much a training film holds."""

from pathlib import Path

import numpy as np
import pytest
from builders import write_category

from nnet.data import open_dataset
from nnet.data.framing import Framing
from nnet.runs.film import FULL, SHORT, Probe, coarser, read_probes, reduced
from nnet.runs.watching import Filming
from workbench.shared.film_words import probe_label


@pytest.mark.parametrize("epochs", [1, 2, 9, 30, 200, 1000])
def test_a_short_film_has_few_frames_most_of_them_early(epochs: int) -> None:
    frames = [epoch for epoch in range(epochs + 1) if SHORT.has_frame(epoch, epochs)]
    assert frames[0] == 0 and frames[-1] == epochs and 1 in frames and len(frames) <= 11
    assert np.median(frames) <= epochs / 2


def test_a_full_film_is_even() -> None:
    assert [epoch for epoch in range(91) if FULL.has_frame(epoch, 90)] == list(range(0, 91, 3))


def test_a_short_film_has_smaller_pictures_and_maps_of_the_same_mean() -> None:
    maps = np.random.default_rng(0).random((2, 64, 64), np.float32)
    small = coarser(maps, 32)
    assert small.shape == (2, 32, 32) and small.dtype == np.float16
    assert small[1, 3, 5] == pytest.approx(maps[1, 6:8, 10:12].mean(), abs=1e-3)
    assert coarser(maps, None).shape == maps.shape and coarser(maps, 64).shape == maps.shape
    mask = np.zeros((256, 256), bool)
    mask[:, :128] = True
    probe = reduced(Probe("a", "defective", "a", np.zeros((256, 256, 3), np.uint8), mask), SHORT.image_side)
    assert probe.image.shape == (160, 160, 3) and probe.mask is not None and probe.mask.mean() == 0.5


@pytest.mark.parametrize(
    ("tile", "said"),
    [
        (0, ["1 · normal, held out, {}", "2 · painted scratch, not a real defect"]),
        (32, ["1 · held-out good picture 1"]),
    ],
)
def test_pinned_pictures_bear_the_names_of_their_files_where_these_are_kept(
    tmp_path: Path, tile: int, said: list[str]
) -> None:
    folder = write_category(tmp_path / "part") / "train" / "good"
    dataset = open_dataset(str(folder))
    held_out = np.arange(2, len(dataset.train))
    filming = Filming(tmp_path, dataset, SHORT, Framing(64, 16, tile=tile))
    filming.begin(np.zeros((len(dataset.train), 64, 64, 3), np.uint8), held_out, 0, 3)
    labels = [probe_label(number, probe) for number, probe in enumerate(read_probes(tmp_path / "film"), 1)]
    name = dataset.train[2].key.rsplit("/", 1)[-1]
    assert name.endswith(".png") and labels[: len(said)] == [one.format(name) for one in said]


def test_a_real_defect_and_an_older_film_bear_names_too() -> None:
    image = np.zeros((8, 8, 3), np.uint8)
    assert probe_label(4, Probe("test/crack/0012.png", "defective", "defective: crack", image, None)) == (
        "4 · defective: crack, 0012.png"
    )
    assert probe_label(3, Probe("held-out 2", "normal", "normal, held out", image, None)) == (
        "3 · held-out good picture 2"
    )
