"""Tiles, letterbox, crop box and ignore mask: the windows of a picture, and one seamless map of it."""

import argparse
import dataclasses
import itertools
import json
import shutil
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import torch
from builders import random_images, tiny_config
from PIL import Image

from nnet.analysis.evaluation import gather, pixel_scores, score
from nnet.cli import main
from nnet.cli import train as train_command
from nnet.config import Config, ConfigError
from nnet.crop import in_words
from nnet.data import Dataset, Sample
from nnet.data.errors import DataError, ImageError
from nnet.data.framing import Framing, advice
from nnet.data.ignoring import decode_ignore, encode_ignore, read_ignore
from nnet.data.images import Decoded
from nnet.detector import Detector, InputError, TrainedModel
from nnet.expression import parse
from nnet.model.network import NNet
from nnet.runs.estimate import measure
from nnet.runs.film import SHORT, read_probes
from nnet.runs.layout import RunSpec
from nnet.runs.watching import Filming
from nnet.saved import checkpoint as checkpoints
from nnet.scoring import judge
from nnet.training.job import TrainJob
from nnet.training.pieces import cut_up
from nnet.training.pipeline import train_on

FRAMINGS = {
    "tiles": Framing(64, 16, tile=64, overlap=16),
    "tiles without overlap": Framing(64, 16, tile=32, overlap=0),
    "tiles in a box": Framing(64, 16, tile=40, overlap=20, crop="10,12,80,70"),
    "letterbox": Framing(64, 16, fit="letterbox"),
    "letterbox of a box": Framing(64, 16, fit="letterbox", crop="0.5,0,0.5,1"),
    "box": Framing(64, 16, crop="0.25,0.25,0.5,0.5"),
}
SHAPES = (64, 64), (65, 64), (200, 131), (131, 333), (20, 90), (100, 100)


def ignoring(height: int = 40, width: int = 60) -> str:
    mask = np.zeros((height, width), bool)
    mask[: height // 4, : width // 2] = True
    return encode_ignore(mask)


# ------------------------------------------------------------------------------------------------------ windows


@pytest.mark.parametrize("name", FRAMINGS)
@pytest.mark.parametrize("shape", SHAPES)
def test_the_weights_sum_to_one_wherever_is_looked(name: str, shape: tuple[int, int]) -> None:
    framing = FRAMINGS[name]
    if (framing.crop and "letterbox" not in name and min(shape) < 32) or (
        framing.crop.startswith("10,") and min(shape) < 90
    ):
        with pytest.raises(ImageError, match="does not fit a picture"):
            framing.frame(*shape)
        return
    frame = framing.frame(*shape)
    for side in (framing.cells, 4):
        whole = frame.blend(np.ones((frame.count, 2, side, side), np.float32))
        np.testing.assert_allclose(whole, np.broadcast_to(frame.keep(whole.shape[1:]), whole.shape), atol=1e-6)
    inputs = frame.inputs(np.zeros((*shape, 3), np.uint8), range(frame.count))
    assert inputs.shape == (frame.count, 64, 64, 3)


def test_every_pixel_lies_in_a_tile_and_neighbours_overlap_as_asked() -> None:
    for length in range(64, 400, 7):
        frame = FRAMINGS["tiles"].frame(length, 64)
        spans = [(row.start, row.stop) for row in frame.rows]
        assert spans[0][0] == 0 and spans[-1][1] == length
        assert all(stop - start == 64 for start, stop in spans)
        assert all(before[1] - after[0] >= 16 for before, after in itertools.pairwise(spans))


def test_a_gradient_has_no_seams() -> None:
    """Windows that each show their part of a slope blend into the slope."""
    framing = Framing(64, 32, tile=64, overlap=16)
    frame = framing.frame(64, 300)
    centres = (np.arange(32) + 0.5) / 32 * 64
    tiles = [np.broadcast_to(frame.window(i)[0] + centres, (1, 32, 32)) for i in range(frame.count)]
    slope = frame.blend(np.stack(tiles).astype(np.float32))[0]
    expected = (np.arange(frame.shape[1]) + 0.5) / frame.shape[1] * 300
    np.testing.assert_allclose(slope[:, 1:-1], np.broadcast_to(expected[1:-1], slope[:, 1:-1].shape), atol=0.02)


def test_a_picture_smaller_than_a_tile_keeps_its_scale_and_its_border_is_repeated() -> None:
    image = np.zeros((20, 90, 3), np.uint8)
    image[0], image[-1] = 50, 200
    frame = Framing(64, 16, tile=64, overlap=16).frame(20, 90)
    cut = frame.cut(image, 0)
    assert cut.shape == (64, 64, 3)
    assert (cut[:22] == 50).all() and (cut[-22:] == 200).all()
    assert frame.shape == (5, round(90 * 16 / 64))


def test_letterbox_keeps_the_aspect_ratio() -> None:
    frame = FRAMINGS["letterbox"].frame(50, 100)
    assert frame.count == 1 and frame.cut(np.zeros((50, 100, 3), np.uint8), 0).shape == (100, 100, 3)
    assert frame.shape == (8, 16) and frame.score_shape == (32, 64)


def test_what_is_ignored_is_zero_and_needs_no_input() -> None:
    framing = Framing(64, 16, tile=64, overlap=0, ignore=ignoring(256, 256))
    frame = framing.frame(256, 256)
    assert frame.count == 16 - 2
    whole = frame.blend(np.ones((frame.count, 1, 16, 16), np.float32))[0]
    assert not whole[:16, :32].any() and (whole[16:] == 1).all() and (whole[:, 32:] == 1).all()


def test_a_mask_survives_its_text_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    mask = np.zeros((200, 300), bool)
    mask[50:100, 30:90] = True
    found = decode_ignore(encode_ignore(mask))
    assert found.mean() == pytest.approx(mask.mean(), rel=0.05)
    Image.fromarray(mask).save(tmp_path / "mask.png")
    assert (decode_ignore(read_ignore(tmp_path / "mask.png")) == found).all()
    Image.fromarray(np.zeros((50, 50), np.uint8)).save(tmp_path / "black.png")
    with pytest.raises(ImageError, match="ignores nothing"):
        read_ignore(tmp_path / "black.png")
    (tmp_path / "text.png").write_text("hello")
    with pytest.raises(ImageError, match="cannot be read as a picture"):
        read_ignore(tmp_path / "text.png")
    with pytest.raises(ImageError, match="not a small PNG"):
        decode_ignore("hello")
    with pytest.raises(ImageError, match="whole picture"):
        decode_ignore(encode_ignore(np.ones((20, 20), bool)))


@pytest.mark.parametrize(
    "change",
    [{"model__tile": 8}, {"model__tile": 64, "model__overlap": 40}, {"model__fit": "squeeze"}]
    + [{"model__crop": crop} for crop in ("1,2,3", "a,b,c,d", "0.5,0,0.6,1", "-1,0,5,5", "0,0,0,1", "nan,0,1,1")],
)
def test_settings_out_of_range_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        tiny_config(**change)


def test_an_old_configuration_means_whole_pictures_and_its_hash_stays() -> None:
    config = tiny_config()
    old = config.to_dict()
    for name in ("tile", "overlap", "fit", "crop", "ignore"):
        del old["model"][name]
    assert Config.from_dict(old) == config and Framing.of(config.model).is_whole
    assert not {"tile", "overlap", "fit", "crop", "ignore"} & set(config.to_hash()["model"])
    assert tiny_config(model__tile=64).to_hash()["model"]["tile"] == 64


# -------------------------------------------------------------------------------------------------- the detector


def a_detector(**changes: object) -> Detector:
    config = tiny_config(model__map_size=16, **changes)
    torch.manual_seed(0)
    return Detector(NNet(config), config, "cpu")


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    blobs = random_images(1, 64 * (max(height, width) // 64 + 1), seed)[0]
    return np.ascontiguousarray(blobs[:height, :width])


def test_a_picture_of_one_tile_scores_as_it_does_without_tiles() -> None:
    image = picture(64, 64)
    whole, tiled = a_detector(), a_detector(model__tile=64, model__overlap=16)
    for name, m in whole.maps([image]).items():
        np.testing.assert_allclose(tiled.maps([image])[name].numpy(), m.numpy(), atol=1e-6)


def test_an_ignore_mask_alone_leaves_the_rest_of_the_map_as_it_is() -> None:
    image = picture(80, 120)
    whole, framed = a_detector(), a_detector(model__ignore=ignoring())
    before, after = whole.maps([image])["M1"][0].numpy(), framed.maps([image])["M1"][0].numpy()
    assert not after[:4, :8].any() and (before[:4, :8] > 0).all()
    np.testing.assert_allclose(after[4:], before[4:], atol=1e-6)
    score = framed.score([image])[0].map
    assert score.shape == (64, 64) and not score[:16, :32].any() and (score[16:] > 0).all()


@pytest.mark.parametrize("crop", ["40,25,1200,800", "0.1,0.05,0.333,0.7", "0.0004,0,0.9996,1"])
def test_a_crop_box_is_told_in_the_pixels_that_are_looked_at(crop: str) -> None:
    left, top, right, bottom = Framing(64, 16, crop=crop).frame(1000, 1600).box
    said = f"{right - left:,} x {bottom - top:,} pixels, beginning {left:,} from the left and {top:,} from the top"
    assert in_words(crop, 1600, 1000) == said
    assert in_words("40,25,1200,800") == "1,200 x 800 pixels, beginning 40 from the left and 25 from the top"
    assert in_words("a,b") == "a,b" and in_words("") == ""


def test_a_crop_box_gives_the_map_of_the_cropped_picture_in_its_place() -> None:
    image = picture(128, 128)
    framed = a_detector(model__crop="64,0,64,64")
    inside = a_detector().maps([np.ascontiguousarray(image[:64, 64:])])["M1"][0].numpy()
    found = framed.maps([image])["M1"][0].numpy()
    assert found.shape == (32, 32)
    np.testing.assert_allclose(found[:16, 16:], inside, atol=1e-6)
    assert not found[16:].any() and not found[:, :16].any()


def test_the_trace_is_of_the_window_under_the_largest_score() -> None:
    image = picture(150, 200)
    detector = a_detector(model__tile=64, model__overlap=16)
    found = detector.score([image])[0]
    row, column = np.unravel_index(found.map.argmax(), found.map.shape)
    trace = detector.trace(image)
    assert trace.window is not None
    left, top, right, bottom = trace.window
    assert left <= (column + 0.5) / found.map.shape[1] * 200 < right
    assert top <= (row + 0.5) / found.map.shape[0] * 150 < bottom
    assert (trace.image == image[top:bottom, left:right]).all() and trace.maps["M1"].shape == (16, 16)
    assert a_detector().trace(image).window is None


def test_pictures_of_several_sizes_are_scored_but_have_no_maps_in_common() -> None:
    detector = a_detector(model__tile=64, model__overlap=16)
    images = [picture(150, 200), picture(64, 90, 1)]
    assert [s.map.shape for s in detector.score(images)] == [detector.framing.frame(*i.shape[:2]).shape for i in images]
    with pytest.raises(InputError, match="one at a time"):
        detector.maps(images)


# ------------------------------------------------------------------------------------------- training, measuring


def parts(
    defective: int = 0, split: str = "train", shape: tuple[int, int] = (96, 150), count: int = 14
) -> tuple[Sample, ...]:
    found = []
    for i in range(count):
        image, mask = picture(*shape, seed=i), np.zeros(shape, bool)
        is_defective = i < defective
        if is_defective:
            image[40:48, 60:70], mask[40:48, 60:70] = 255, True
        found.append(
            Sample(
                f"{split}/{i}.png",
                None,
                "pit" if is_defective else "good",
                split,
                loader=lambda image=image, i=i: Decoded(image, f"{i}.png"),
                mask_loader=lambda mask=mask: mask,
            )
        )
    return tuple(found)


def dataset() -> Dataset:
    test = (*parts(2, "test", count=4), *parts(1, "test2", (70, 100), count=2))
    return Dataset("parts", "synthetic", parts(), test, "free", "here")


@pytest.fixture(scope="module")
def tiled(tmp_path_factory: pytest.TempPathFactory) -> TrainedModel:
    """Trained for an epoch on tiles, with a box and a mask."""
    settings = {"model__tile": 48, "model__overlap": 8, "model__crop": "0,0,0.9,1", "model__ignore": ignoring()}
    config = tiny_config(train__epochs=1, model__map_size=16, score__levels=True, **settings)
    out = tmp_path_factory.mktemp("framed") / "tiled"
    model = train_on(TrainJob(config, out, device="cpu"), dataset())
    assert model is not None
    return model


def test_a_checkpoint_keeps_the_framing_and_calibrates_on_whole_pictures(tiled: TrainedModel) -> None:
    saved = checkpoints.load(tiled.checkpoint.path)
    assert saved.config.model.tile == 48 and saved.config == tiled.config
    assert saved.calibration.n == 8 == saved.about["calibration_images"] and saved.about["training_images"] == 6
    assert saved.calibration.extents is not None
    frame = tiled.framing.frame(96, 150)
    assert (saved.calibration.extents == frame.shape).all()
    held = [sample.load().image for sample in parts() if sample.key]
    scores = sorted(score.value for score in tiled.score(held))
    reference = saved.calibration.for_expression()
    assert all(min(abs(value - other) for other in scores) < 2e-2 * value for value in reference.scores)


def test_judging_maps_gives_the_detectors_score(tiled: TrainedModel) -> None:
    image = parts()[0].load().image
    maps = {name: m[0].numpy() for name, m in tiled.maps([image]).items()}
    judged = judge.judge(tiled.calibration, maps, parse("M1*M2"))
    expected = tiled.score([image], "M1*M2")[0]
    np.testing.assert_allclose(judged.score, expected.map, rtol=1e-5)
    assert judged.value == pytest.approx(expected.value, rel=1e-5)


def test_evaluation_measures_whole_pictures_of_several_sizes(tiled: TrainedModel) -> None:
    evidence = gather(tiled, dataset())
    found = score(evidence, parse("M1"))
    values = [tiled.score([sample.load().image], "M1")[0].value for sample in dataset().test]
    np.testing.assert_allclose(found.scores, values, rtol=1e-5)
    pixels = pixel_scores(evidence, parse("M1"))
    assert pixels.shape[1:] == tiled.framing.frame(96, 150).score_shape
    # By hand: the pixels that are looked at, of all pictures.
    kept, marked = [], []
    for i, sample in enumerate(dataset().test):
        mask = sample.load_mask()
        assert mask is not None
        frame = tiled.framing.frame(*mask.shape)
        keep = frame.keep(frame.score_shape)
        small = np.asarray(Image.fromarray(mask).resize(frame.score_shape[::-1], Image.Resampling.NEAREST))
        kept.append(pixels[i, : keep.shape[0], : keep.shape[1]][keep])
        marked.append(small[keep])
    flat, truth = np.concatenate(kept), np.concatenate(marked)
    from sklearn.metrics import roc_auc_score

    assert found.overall.p_auroc == pytest.approx(roc_auc_score(truth, flat), abs=1e-9)


def test_the_number_of_pieces_is_bounded_and_their_choice_repeats() -> None:
    config = tiny_config(model__tile=32, model__overlap=16)
    first, again = (cut_up(parts(), config, 0, 2**30) for _ in range(2))
    assert (first.inputs == again.inputs).all() and len(first.held_out) == 8
    tight = cut_up(parts(), config, 0, 6 * 3 * 3 * 64**2)
    assert len(tight.inputs) - tight.shown == 6 * 3


# -------------------------------------------------------------------------------------------------------- advice


def test_large_pictures_are_warned_of_with_what_a_pit_becomes_and_what_tiles_cost() -> None:
    found = advice(Framing(128, 64), 2000, 3000)
    assert found is not None and found.count == 126
    assert "a pit of 18 pixels becomes 0.8 pixels" in found.sentence
    assert "--tile 256 --overlap 32" in found.sentence and "126 times as long" in found.sentence
    assert advice(Framing(128, 64), 512, 512) is None
    assert advice(Framing(128, 64, tile=256), 2000, 3000) is None
    assert advice(Framing(128, 64, crop="0,0,400,400"), 2000, 3000) is None


# ------------------------------------------------------------------------------------------- commands, film, estimate


def test_the_commands_options_become_settings(tmp_path: Path) -> None:
    Image.fromarray(np.eye(16, dtype=np.uint8) * 255).save(tmp_path / "mask.png")
    parser = argparse.ArgumentParser()
    train_command.add(parser)
    text = f"--tile 256 --overlap 48 --fit letterbox --crop 0,0,1,0.5 --ignore {tmp_path / 'mask.png'}"
    model = train_command.configure(parser.parse_args(text.split())).model
    assert (model.tile, model.overlap, model.fit, model.crop) == (256, 48, "letterbox", "0,0,1,0.5")
    assert (decode_ignore(model.ignore) == np.eye(16, dtype=bool)).all()


def test_a_damaged_picture_is_left_out_and_the_film_shows_parts_of_pictures(tmp_path: Path) -> None:
    def damaged() -> Decoded:
        raise ImageError("broken.png is damaged.")

    settings = {"model__tile": 48, "model__overlap": 8, "model__map_size": 16}
    config = tiny_config(train__epochs=1, **settings)
    some = dataset()
    broken = Sample("train/broken.png", None, "good", "train", loader=damaged)
    some = dataclasses.replace(some, train=(broken, *some.train))
    job = TrainJob(config, tmp_path / "model", device="cpu", skip_unreadable=True)
    model = train_on(job, some, Filming(job.out, some, SHORT, Framing.of(config.model)))
    assert model is not None and model.checkpoint.about["training_images"] == 6
    probes = read_probes(tmp_path / "model" / "film")
    assert any(probe.mask is not None and probe.mask.any() for probe in probes)
    with pytest.raises(DataError, match=r"broken\.png is damaged"):
        train_on(TrainJob(config, tmp_path / "other", device="cpu"), some)


def test_the_estimate_counts_the_pieces(tmp_path: Path) -> None:
    config = tiny_config(model__tile=32, model__overlap=16)
    whole = Framing.of(config.model).frame(256, 256).count
    with patch("nnet.runs.estimate.STEPS", 1):
        found = measure(RunSpec("small", "synthetic:metal", config, "small", device="cpu"), tmp_path, None)
    assert found["training_images"] == 52 and found["steps"] == found["epochs"] * (52 * min(whole, 4096 // 52) // 4)


def test_score_leaves_out_what_the_box_does_not_fit_and_names_it(
    tiled: TrainedModel, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = dataclasses.replace(tiled.config, model=dataclasses.replace(tiled.config.model, crop="0,0,140,90"))
    folder = tmp_path / "boxed"
    shutil.copytree(tiled.checkpoint.path, folder)
    written = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(written | {"config": config.to_dict()}))
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for name, shape in (("fits", (96, 150)), ("small", (40, 40))):
        Image.fromarray(picture(*shape)).save(pictures / f"{name}.png")
    assert main(["score", str(pictures), "--checkpoint", str(folder), "--out", str(tmp_path / "out")]) == 1
    assert "small.png cannot be scored. The crop box 0,0,140,90 does not fit" in capsys.readouterr().err
    with np.load(tmp_path / "out" / "fits_map.npz") as found:
        frame = Framing.of(config.model).frame(96, 150)
        assert found["score"].shape == frame.score_shape and not found["score"][~frame.keep(frame.score_shape)].any()
        np.testing.assert_allclose(found["to_image"] @ [frame.score_shape[1], frame.score_shape[0], 1], [150, 96])
