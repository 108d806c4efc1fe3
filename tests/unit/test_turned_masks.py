"""Masks of photos that EXIF turns: told by sizes, by the other photos, or asked for; never silently wrong."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnet.cli import main
from nnet.data import DataError, inspect, open_dataset
from nnet.data.images import decode

TAG, QUARTER, HEAD = 0x0112, 6, 3


def photo(path: Path, size: tuple[int, int], orientation: int, seed: int = 0) -> None:
    """A file of this size (width, height) as it is stored."""
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[TAG] = orientation
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, exif=exif)


def corner(root: Path, name: str, size: tuple[int, int]) -> None:
    """A mask of the upper left corner."""
    path = root / "ground_truth" / "bad" / f"{name}_mask.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    mask = np.zeros((size[1], size[0]), np.uint8)
    mask[:8, :8] = 255
    Image.fromarray(mask).save(path)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("train/good", "test/good"):
        photo(tmp_path / "part" / folder / "a.png", (40, 24), 1)
    return tmp_path / "part"


def bad(root: Path, name: str, size: tuple[int, int], orientation: int, mask: tuple[int, int]) -> None:
    photo(root / "test" / "bad" / f"{name}.png", size, orientation, seed=len(name))
    corner(root, name, mask)


def marked(root: Path, name: str, masks: str | None = None) -> tuple[np.ndarray | None, tuple[int, ...]]:
    """The mask of a photo, and the shape of the photo as it is shown."""
    (sample,) = [one for one in open_dataset(root, masks=masks).test if one.key == f"test/bad/{name}.png"]
    return sample.load_mask(), sample.load().image.shape[:2]


def test_the_size_tells_both_readings_apart(root: Path) -> None:
    bad(root, "stored", (40, 24), QUARTER, (40, 24))
    bad(root, "shown", (40, 24), QUARTER, (24, 40))
    mask, shape = marked(root, "stored")
    assert mask.shape == shape == (40, 24)
    assert mask[:8, -8:].all() and mask.sum() == 64, "a quarter to the right brings the upper left corner to the right"
    mask, shape = marked(root, "shown")
    assert mask.shape == shape and mask[:8, :8].all()
    notes = " ".join(open_dataset(root).notes)
    assert (
        "1 mask was drawn on photos as they are stored" in notes and "1 mask was drawn on photos as they are" in notes
    )


def test_a_turned_mask_marks_what_the_unturned_picture_shows_there(root: Path) -> None:
    bad(root, "stored", (40, 24), QUARTER, (40, 24))
    path = root / "test" / "bad" / "stored.png"
    stored = np.asarray(Image.open(path).convert("RGB"))
    mask, _ = marked(root, "stored")
    assert sorted(map(tuple, decode(path).image[mask])) == sorted(map(tuple, stored[:8, :8].reshape(-1, 3)))


@pytest.mark.parametrize(("size", "orientation"), [((32, 32), QUARTER), ((40, 24), HEAD)])
def test_where_no_size_tells_the_other_photos_of_the_set_do(
    root: Path, size: tuple[int, int], orientation: int
) -> None:
    bad(root, "stored", (40, 24), QUARTER, (40, 24))
    bad(root, "open", size, orientation, size)
    mask, _ = marked(root, "open")
    assert not mask[:8, :8].any() and mask.sum() == 64
    dataset = open_dataset(root)
    assert not dataset.unsettled_masks and not dataset.problems
    assert "2 masks were drawn on photos as they are stored" in " ".join(dataset.notes)


@pytest.mark.parametrize("others", [(), ("stored", "shown")])
def test_where_nothing_tells_it_is_asked_and_the_mask_waits(root: Path, others: tuple[str, ...]) -> None:
    for name in others:
        bad(root, name, (40, 24), QUARTER, (40, 24) if name == "stored" else (24, 40))
    bad(root, "open", (32, 32), QUARTER, (32, 32))
    dataset = open_dataset(root)
    assert (
        dataset.unsettled_masks == ("test/bad/open.png",) and "--masks stored or --masks shown" in dataset.problems[0]
    )
    assert [name for name, why in dataset.not_taken if "as stored or as shown" in why] == [
        "ground_truth/bad/open_mask.png"
    ]
    assert marked(root, "open")[0] is None
    assert marked(root, "open", "shown")[0][:8, :8].all() and marked(root, "open", "stored")[0][:8, -8:].all()
    answered = {masks: open_dataset(root, masks=masks) for masks in ("shown", "stored")}
    assert not any(one.unsettled_masks or one.problems for one in answered.values())
    assert len({one.content_hash() for one in (dataset, *answered.values())}) == 3, "no result is taken for another's"
    assert inspect(dataset).ok and not inspect(dataset).bad_masks


def test_upright_photos_and_polygons_are_as_before(root: Path) -> None:
    bad(root, "upright", (32, 32), 1, (32, 32))
    dataset = open_dataset(root)
    assert not dataset.unsettled_masks and not [note for note in dataset.notes if "drawn" in note]
    with pytest.raises(DataError, match="as they are shown or as they are stored, not 'x'"):
        open_dataset(root, masks="x")


def test_the_command_line_asks_and_takes_the_answer(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad(root, "open", (32, 32), QUARTER, (32, 32))
    main(["data", str(root)])
    assert "--masks stored or --masks shown" in capsys.readouterr().out
    main(["data", str(root), "--masks", "stored"])
    assert "1 mask was drawn on photos as they are stored" in capsys.readouterr().out
