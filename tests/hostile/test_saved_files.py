"""Every declared format against files of every kind: what is no such file is refused in one sentence; nothing hangs.

`KNOWN` has all formats of the program, so that a new one is tried as soon as it is declared.
"""

import importlib
import json
import pkgutil
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import damaging
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnet
from nnet.config import Config, ConfigError
from nnet.errors import NNetError
from nnet.formats import KNOWN, Arrays, Document, FileFormat, Lines, Text
from nnet.runs.layout import EXIT_FORMAT, LOCK_FORMAT, SPEC_FORMAT, STATUS_FORMAT, TICKET_FORMAT
from nnet.saved.formats import CONFIG_FORMAT, HISTORY_FORMAT, METRICS_FORMAT, RESUME_FORMAT

ROOT = Path(__file__).parents[2]
PACKAGES = ("model", "saved", "runs", "studies", "replay", "export", "data", "watch")
for found in pkgutil.walk_packages(nnet.__path__, "nnet."):
    if found.name.split(".")[1] in PACKAGES and not found.name.endswith(("__main__", "export.standalone")):
        importlib.import_module(found.name)

DOCUMENTS = [format for format in KNOWN if isinstance(format, Document)]
ARRAYS = [format for format in KNOWN if isinstance(format, Arrays)]
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=9), inside, max_size=4),
    max_leaves=12,
)
EXAMPLES: dict[str, Any] = {
    "config.json": json.loads((ROOT / "checkpoints/elpv-mono/config.json").read_text()),
    "metrics.json": json.loads((ROOT / "checkpoints/elpv-mono/metrics.json").read_text()),
    "status.json": {"phase": "train", "done": 3, "losses": {"loss": 1.0}, "notes": ["a"]},
    "exit.json": {"code": 1, "reason": "because", "wall": 1.5},
    "queued.json": {"ticket": 3},
    "lock": {"pid": 5, "started": "then", "supervisor": [6, "before"]},
    "run.json": {"format": 1, "name": "a", "data": "elpv", "config": Config().to_dict(), "threads": 2},
}
FORMATS = (CONFIG_FORMAT, METRICS_FORMAT, STATUS_FORMAT, EXIT_FORMAT, TICKET_FORMAT, LOCK_FORMAT, SPEC_FORMAT)


reproducible = settings(deadline=None, database=None, derandomize=True, max_examples=60)


def title(format: FileFormat) -> str:
    return f"{format.error.__module__.split('.')[1]} {format.name}"


def read(format: FileFormat, path: Path) -> object:
    """Read a file in the way that the format has."""
    if isinstance(format, Arrays):
        return format.numpy(path)
    if isinstance(format, Document | Lines | Text):
        return format.read(path)
    return format.content(path)


def refusal(format: FileFormat, path: Path) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(format.error) as found:
        read(format, path)
    message = str(found.value)
    assert str(path) in message and "\n" not in message and len(message) < 1200
    return message


@pytest.mark.parametrize("format", KNOWN, ids=title)
def test_what_is_no_file_of_a_sensible_size_is_refused_at_once(format: FileFormat, tmp_path: Path) -> None:
    for kind, damage in damaging.KINDS.items():
        if kind == "terabyte" and format.most >= 2**40:
            continue  # the log, of which only the end is read
        damage(tmp_path / kind)
        message = refusal(format, tmp_path / kind)
        assert "damaged" in message and format.remedy in message


@pytest.mark.parametrize("format", KNOWN, ids=title)
def test_a_file_that_is_not_there_is_told_from_a_damaged_one(format: FileFormat, tmp_path: Path) -> None:
    if isinstance(format, Text):
        assert format.read(tmp_path / "file") == ""
    elif isinstance(format, Lines):
        assert format.read(tmp_path / "file") == ([], "")
    else:
        with pytest.raises(FileNotFoundError):
            read(format, tmp_path / "file")


@pytest.mark.parametrize("format", KNOWN, ids=title)
def test_a_small_file_takes_little_memory(format: FileFormat, tmp_path: Path) -> None:
    """Not as much as the format allows at most (found by fuzzing)."""
    (tmp_path / "file").write_bytes(b"x")
    tracemalloc.start()
    try:
        assert format.content(tmp_path / "file") == b"x"
        assert tracemalloc.get_traced_memory()[1] < 2**18
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("format", DOCUMENTS, ids=title)
def test_json_of_another_shape_is_refused_or_read(format: Document[Any], tmp_path: Path) -> None:
    for kind, damage in damaging.JSON.items():
        path = tmp_path / kind
        damage(path)
        try:
            found = format.read(path)
        except format.error as error:
            assert str(path) in str(error) and "\n" not in str(error)
        else:  # fields that are not known are allowed
            assert found is not None and kind == "many digits"


@pytest.mark.parametrize("format", ARRAYS, ids=title)
def test_arrays_that_lie_are_refused_before_they_take_memory(format: Arrays, tmp_path: Path) -> None:
    for kind, damage in damaging.ARRAYS.items():
        path = tmp_path / kind
        damage(path)
        tracemalloc.start()
        try:
            if kind == "none" and not format.required and format is not RESUME_FORMAT:
                format.header(path)
            elif kind == "foreign array" and ".+" in format.arrays:
                format.numpy(path)
            else:
                refusal(format, path)
            assert tracemalloc.get_traced_memory()[1] < 64 * 2**20, kind
        finally:
            tracemalloc.stop()


def _has_floats(format: Arrays) -> bool:
    return any(one.types[0][0] == "F" for one in format.arrays.values())


@pytest.mark.parametrize("format", list(filter(_has_floats, ARRAYS)), ids=title)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(format: Arrays, value: float, tmp_path: Path) -> None:
    numpy_types = {"F16": np.float16, "F32": np.float32, "F64": np.float64, "U8": np.uint8, "I64": np.int64}
    sides = {letter: max(least, 1) for letter, (least, _) in format.limits.items()}
    names = {"M[1-6]": "M1", "level M[1-6]": "level M1", "network/.+": "network/a", "adam/.+": "adam/a", ".+": "a"}
    arrays = {}
    for pattern, one in format.arrays.items():
        shape = [
            sides.get(side, 3) if isinstance(side, str) else side for side in ((2,) if one.shape is None else one.shape)
        ]
        fill = value if one.types[0][0] == "F" else 0
        arrays[names.get(pattern, pattern)] = np.full(shape, fill, numpy_types[one.types[0]])
    from nnet.saved.storage import write_tensors

    notes = {"epoch": "1", "identity": "a", "scaler": "{}"} if format is RESUME_FORMAT else None
    write_tensors(tmp_path / "file", {name: _tensor(a) for name, a in arrays.items()}, notes)
    assert "not finite" in refusal(format, tmp_path / "file")


def _tensor(array: np.ndarray) -> Any:
    import torch

    return torch.from_numpy(array)


@reproducible
@given(value=ANY_JSON)
def test_any_json_is_read_or_refused(value: object) -> None:
    """By all formats in turn, since making a value takes longer than reading it."""
    content = json.dumps(value).encode()
    for format in DOCUMENTS:
        try:
            format.parse(content, "file")
        except format.error as error:
            assert "file" in str(error), title(format)


@pytest.mark.parametrize("format", FORMATS, ids=title)
@reproducible
@given(data=st.data())
def test_one_value_of_another_kind_is_read_or_refused(format: Document[Any], data: st.DataObject) -> None:
    """What is accepted can be used: settings become a `Config`, or are refused in a sentence."""
    value = json.loads(json.dumps(EXAMPLES[format.name]))
    here = value
    while True:
        key = data.draw(st.sampled_from(sorted(here) if isinstance(here, dict) else range(len(here))))
        if not isinstance(here[key], dict | list) or not here[key] or data.draw(st.booleans()):
            break
        here = here[key]
    here[key] = data.draw(ANY_JSON | st.sampled_from([10**400, -1, 2**64, 1e308, "../x", "\0", "x" * 20_000]))
    try:
        found = format.parse(json.dumps(value).encode(), "file")
        if isinstance(found, dict) and "config" in found:
            Config.from_dict(found["config"])
    except NNetError as error:
        assert str(error)


@reproducible
@given(value=ANY_JSON)
def test_settings_of_any_shape_are_read_or_refused(value: object) -> None:
    try:
        Config.from_dict(value)  # type: ignore[arg-type]
    except (ConfigError, NNetError) as error:
        assert str(error)


@pytest.mark.parametrize("teacher", ["hf-hub:somebody/model", "local-dir:/etc", "../../x", "a" * 300, "", "a b"])
def test_a_teacher_cannot_send_the_program_elsewhere(teacher: str) -> None:
    with pytest.raises(ConfigError, match="architecture"):
        Config().override({"model.teacher": teacher})


# ----------------------------------------------------------------------------------------------------------- history


def test_a_history_is_read_up_to_the_damage(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    good = b'{"epoch": 1, "loss": 2.0}\n'
    for bad in (b"[]\n", b'{"epoch": "1"}\n', b'{"epoch": 2, "loss": NaN}\n', b"[" * 10_000 + b"\n", b"\xff\n"):
        path.write_bytes(good + bad + good)
        entries, problem = HISTORY_FORMAT.read(path)
        assert [entry["epoch"] for entry in entries] == [1] and problem.startswith("line 2")
    path.write_bytes(good + b'{"epoch": 2, "lo')  # the trainer is writing it
    assert HISTORY_FORMAT.read(path) == ([{"epoch": 1, "loss": 2.0}], "")


def test_a_line_without_an_end_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    with path.open("wb") as stream:
        stream.write(b'{"epoch": 1}\n"')
        stream.truncate(15 * 2**20)
    tracemalloc.start()
    try:
        entries, problem = HISTORY_FORMAT.read(path)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()
    assert len(entries) == 1 and "longer than" in problem
    with path.open("r+b") as stream:
        stream.truncate(2**30)
    assert "at most 16 MB" in refusal(HISTORY_FORMAT, path)


# ------------------------------------------------------------------------------------------------------------- docs


def test_the_page_of_formats_is_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(ROOT / "docs"), *sys.path])
    page = importlib.import_module("make_formats").page()
    assert (ROOT / "docs" / "formats.md").read_text(encoding="utf-8") == page, "run python docs/make_formats.py"
