"""Names of files that no file system takes or that look like something else: stored safely, shown as given."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from apptest import encoded, start
from builders import write_category, zipped
from hypothesis import given, settings
from hypothesis import strategies as st

from nnet.data import DataError, extract_zip, open_dataset, open_zip
from nnet.data.names import MOST_BYTES, local_path, safe_name
from nnet.runs import Runs
from nnet.saved.storage import write_json
from workbench.shared import data_choice, known_data, units
from workbench.train import uploads

LONG, CHINESE, MATHEMATICAL = "x" * 300, "部品" * 90, "\U0001d41a\U0001d41b" * 60
STRANGE = (
    LONG,
    CHINESE,
    MATHEMATICAL,
    "~nobody",
    "...",
    "..",
    "a\0b",
    "a\ud800b",
    "<img src=x>",
    "-rf",
    "con",
    "é" * 255,
)


def packed(*names: str) -> io.BytesIO:
    return io.BytesIO(zipped({name: encoded(number) for number, name in enumerate(names)}))


# ------------------------------------------------------------------------------------------------------ stored names


@pytest.mark.parametrize(
    "usual", ["bottle 7.png", "Grün (2).JPG", "部品.png", "Bild\u202f10.png", ".hidden", "~nobody"]
)
def test_a_usual_name_stays(usual: str) -> None:
    assert safe_name(usual) == usual


@settings(deadline=None, derandomize=True)
@given(st.text(st.characters(), max_size=400))
def test_any_name_can_be_stored_and_only_once(given_name: str) -> None:
    stored = safe_name(given_name)
    assert 0 < len(stored.encode()) <= MOST_BYTES and not set(stored) & set("/\\\0\n") and stored.strip(". ")
    assert safe_name(stored) == stored
    assert stored != safe_name(given_name + "!")


def test_a_long_name_keeps_its_beginning_its_ending_and_its_mask() -> None:
    image, mask = safe_name(f"{CHINESE}.png"), safe_name(f"{CHINESE}_mask.png")
    assert image.startswith("部品部品") and image.endswith(".png") and mask == image.replace(".png", "_mask.png")


@pytest.mark.parametrize("name", [LONG, CHINESE, MATHEMATICAL], ids=["long", "Chinese", "mathematical"])
def test_a_zip_with_long_names_opens_with_its_masks(name: str) -> None:
    good = [f"{name}/train/good/{name}{number}.png" for number in range(3)]
    stream = packed(*good, f"{name}/test/dent/{name}.png", f"{name}/ground_truth/dent/{name}_mask.png")
    found = open_zip(stream, name=f"{name}.zip")
    (dent,) = [sample for sample in found.test if sample.is_defective]
    assert len(found.train) == 3 and dent.key.startswith(f"test/dent/{name[:20]}") and dent.mask is not None
    assert found.name.startswith(name[:20]) and found.source.startswith(name)
    assert all(len(part.encode()) <= MOST_BYTES for sample in found.samples for part in sample.path.parts)


@pytest.mark.parametrize(
    "name", ["...zip", "....zip", ".zip", "~nobody.zip", f"{LONG}.zip", f"{CHINESE}.zip", "a\0b.zip"]
)
def test_a_zip_of_any_name_opens_in_a_folder_of_its_own(name: str) -> None:
    found = open_zip(packed("1.png", "2.png"), name=name)
    assert len(found.train) == 2
    (folder,) = {sample.path.parent for sample in found.train}
    assert folder.parent.name.startswith("nnet-zip-") and len(folder.name.encode()) <= MOST_BYTES


def test_a_zip_of_folders_without_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds 3001 folders inside one another; at most 20 are read"):
        extract_zip(packed("a/" * 3000 + "x.png"), tmp_path / "out", name="deep.zip")
    assert not (tmp_path / "out").exists()


# ------------------------------------------------------------------------------------------------- names of data sets


@pytest.mark.parametrize(
    "spec", ["~no such user/x", "a\0b", LONG, f"/{CHINESE}", "elpv:\0", "synthetic:" + LONG, "", "..."]
)
def test_a_data_set_of_any_name_is_refused_in_words(spec: str) -> None:
    with pytest.raises(DataError) as caught:
        open_dataset(spec)
    assert len(units.plain(str(caught.value))) < 4000


def test_a_path_is_the_users_own() -> None:
    assert local_path("~/x") == Path.home() / "x" and local_path("/a/~nobody") == Path("/a/~nobody")
    with pytest.raises(DataError, match="names the folder of a user who is not known here"):
        local_path("~no such user/x")


@pytest.mark.parametrize("field", ["x" * 100_000, "a\0b"])
def test_a_field_of_a_split_file_is_bounded(tmp_path: Path, field: str) -> None:
    table = tmp_path / "split_csv" / "1cls.csv"
    table.parent.mkdir()
    (tmp_path / "candle").mkdir()
    table.write_text(f"object,split,label,image,mask\ncandle,train,normal,{field},\n")
    with pytest.raises(DataError, match="line 2: a field is longer than 1000 characters or holds a NUL"):
        open_dataset(tmp_path / "candle")


def test_a_split_file_finds_what_a_zip_holds_under_long_names() -> None:
    stream = packed(f"candle/{LONG}.png")
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(
            "split_csv/1cls.csv", f"object,split,label,image,mask\ncandle,train,normal,candle/{LONG}.png,\n"
        )
    found = open_zip(stream, name="visa.zip", inside="candle")
    assert [sample.key for sample in found.train] == [f"candle/{LONG}.png"]


# ------------------------------------------------------------------------------------------------------------ uploads


@pytest.mark.parametrize("name", STRANGE, ids=ascii)
def test_uploaded_pictures_are_kept_under_any_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNET_RUNS", str(tmp_path / "runs"))
    held, notes = uploads.take_in(None, [(f"{name}.png", encoded(1)), (f"{name}.png", encoded(2))], [])
    assert held is not None and held.holds.good == 2 and not notes
    own = data_choice._Uploads()
    own.add("good", [(f"{name}.png", encoded(number)) for number in (1, 2)])
    assert not own.problems and own.contents.good == 2
    staged = Runs(tmp_path / "runs").stage([(f"{name}.png", encoded(1)), (f"{name}.png", encoded(2))])
    assert len(list(staged.glob("*.png"))) == 2
    for path in (*held.folder.rglob("*.png"), *own.root.rglob("*.png"), *staged.iterdir()):
        assert len(path.name.encode()) <= 255 and path.is_file()


def test_what_is_shown_is_cut() -> None:
    assert units.cut(LONG) == "x" * 80 + "…" and units.cut("a\n\tb") == "a b"
    assert len(units.plain("[" * 10_000)) <= 4001


def test_files_whose_names_are_no_utf_8_are_measured_and_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, only_tiny: Path
) -> None:
    root = write_category(tmp_path / "parts \udcff", dent=3)
    for path in (*root.rglob("*.png"), root / "test" / "dent", root / "ground_truth" / "dent"):
        path.rename(path.with_name(path.name.replace("0", "\udce9", 1).replace("dent", "dent \udcfe")))
    dataset = open_dataset(root)
    assert len(dataset.train) == 14 and sum(sample.has_mask for sample in dataset.test) == 8
    assert len({sample.key for sample in dataset.samples}) == 22
    told = (dataset.name, *dataset.notes, *dataset.defect_types(), *(sample.key for sample in dataset.samples))
    for text in told:
        text.encode()
    monkeypatch.setenv("NNET_DATA", str(tmp_path))
    monkeypatch.setenv("NNET_RUNS", str(tmp_path / "runs"))
    for page, beside in (("pages/4_Evaluate.py", "evaluate_data"), ("pages/1_Inspect.py", "set")):
        start(page, **{beside: known_data.key_of(str(root)), "image": dataset.test[0].key})
    write_json(tmp_path / "a.json", {"source": str(root)})
    assert json.loads((tmp_path / "a.json").read_text()) == {"source": str(root).replace("\udcff", "?")}
