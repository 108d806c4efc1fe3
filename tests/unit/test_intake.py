"""Files that are sent one by one are sorted as those of a folder are: pictures, their masks, and the rest by reason."""

import json
from pathlib import Path

import numpy as np
import pytest
from builders import encode
from PIL import Image

from nnet.data import intake, open_dataset, open_sent
from nnet.data.depth import as_model
from nnet.data.intake import Contents, contents, take
from nnet.data.not_taken import NO_FORMAT

SIZE = (24, 20)


def photo(seed: int, kind: str = "PNG", dtype: type = np.uint8) -> bytes:
    pixels = np.random.default_rng(seed).integers(40, 200, (SIZE[1], SIZE[0])).astype(dtype)
    return encode(pixels if dtype is np.uint8 else pixels * 16, kind)


def mask(left: int | None = 2) -> bytes:
    picture = Image.new("L", SIZE)
    if left is not None:
        picture.paste(255, (left, 3, left + 8, 9))
    return encode(picture)


def defective(folder: Path) -> dict[str, str]:
    """Defective picture -> its mask, by name."""
    return {Path(s.key).name: s.mask.name if s.mask else "" for s in open_sent(folder).test if s.is_defective}


def test_masks_go_to_their_pictures_whichever_they_were_sent_with(tmp_path: Path) -> None:
    sent = [("good", f"g{i}.png", photo(i)) for i in range(4)]
    sent += [("defective", "d1.png", photo(10)), ("defective", "d1_mask.png", mask(2))]
    sent += [("defective", "d2.jpg", photo(11, "JPEG")), ("good", "d2_GT.png", mask(5))]
    sent += [("defective", "d3.jpg", photo(12, "JPEG")), ("good", "d3.png", mask(9))]
    polygons = {"shapes": [{"points": [[2, 2], [9, 2], [9, 9]]}], "imageData": None}
    sent += [("defective", "d4.png", photo(13)), ("good", "d4.json", json.dumps(polygons).encode())]
    assert take(tmp_path / "sent", sent) == ()
    assert contents(tmp_path / "sent") == Contents(good=4, defective=4, masks=4)
    expected = {"d1.png": "d1_mask.png", "d2.jpg": "d2_GT.png", "d3.jpg": "d3.png", "d4.png": "d4.json"}
    assert defective(tmp_path / "sent") == expected
    trained = open_dataset(tmp_path / "sent")  # as a run opens it
    assert {Path(s.key).name for s in trained.samples if s.is_normal} == {f"g{i}.png" for i in range(4)}
    assert sum(s.mask is not None for s in trained.test) == 4 and not trained.not_taken


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("notes.txt", b"hello", NO_FORMAT),
        ("list.json", b"{}", NO_FORMAT),
        ("torn.png", b"nothing", intake.UNREADABLE),
        ("none.png", b"", intake.EMPTY),
        ("again.png", photo(1), intake.REPEATED),
        ("x_mask.png", mask(), intake.NO_PICTURE),
        ("1.jpg", photo(9, "JPEG"), intake.TWIN),
        ("1_gt.png", mask(7), intake.TWO_MASKS),
        ("1_mask.png", mask(7), intake.TWO_MASKS),
    ],
)
def test_what_is_not_taken_has_a_reason_and_the_rest_opens(tmp_path: Path, name: str, content: bytes, why: str) -> None:
    first = [("defective", "1.png", photo(1)), ("defective", "1_mask.png", mask()), ("good", "2.png", photo(2))]
    assert take(tmp_path, first) == ()
    assert take(tmp_path, [("defective", name, content)]) == ((name, why),)
    assert defective(tmp_path) == {"1.png": "1_mask.png"}


def test_pictures_of_one_name_are_kept_apart_and_equal_empty_masks_are_no_repetition(tmp_path: Path) -> None:
    sent = [("good", "IMG.png", photo(1)), ("good", "IMG.png", photo(2))]
    sent += [("good", f"{i}.png", photo(3 + i)) for i in range(2)]
    sent += [("good", f"{i}_mask.png", mask(None)) for i in range(2)]
    assert take(tmp_path, sent) == () and contents(tmp_path) == Contents(4, 0, 2)


def test_two_pictures_of_one_name_in_one_go_are_a_question_and_neither_is_taken(tmp_path: Path) -> None:
    sent = [("good", "1.png", photo(1)), ("good", "1.jpg", photo(2, "JPEG")), ("good", "1_mask.png", mask())]
    sent.append(("good", "2.png", photo(3)))
    refused = dict(take(tmp_path, sent))
    assert refused["1.png"] == refused["1.jpg"] == intake.TWIN and contents(tmp_path) == Contents(1, 0, 0)


def test_deep_files_are_read_alike_and_for_a_model_as_that_model_was_trained(tmp_path: Path) -> None:
    sent = [("good", f"{i}.png", photo(i, dtype=np.uint16)) for i in range(3)]
    assert take(tmp_path, [*sent, ("defective", "d.png", photo(9, dtype=np.uint16))]) == ()
    found = open_sent(tmp_path)
    assert found.bits == 12 and {sample.bits for sample in found.test} == {12}
    darker = as_model(found, 16).test[0].load().image
    assert np.abs(darker.astype(float) * 16 - found.test[0].load().image).max() <= 16
    assert as_model(found, None) is found
