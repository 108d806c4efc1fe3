"""Every option of every command that takes a file or folder, given what is none: a sentence, and no traceback."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import damaging
import pytest
from builders import write_small_category

from nnet import cli

HOSTILE = ("pipe", "endless device", "terabyte", "missing", "long", "nothing", "below a file")
MAY_WORK = "missing", "nothing"
"""As a new folder, or the one at hand."""
REPLACED = "--json", "--out"
"""Options whose file is written anew, whatever it held."""
INSTEAD = {
    ("calibrate", "--data"): "--undo",
    ("calibrate", "--kind"): "--undo",
    ("watch", "--export"): "--checkpoint",
    ("ablate", "--data"): "--seeds",
}
"""(command, option) -> the usual option that it takes the place of."""


def options() -> Iterator[tuple[str, str]]:
    """(command, option) of all that take a path; those that take a data set have no type, but say so."""
    (commands,) = (one for one in cli._parser()._actions if isinstance(one, argparse._SubParsersAction))
    for command, parser in commands.choices.items():
        for action in parser._actions:
            if action.type is Path or action.metavar == "PATH":
                yield command, (action.option_strings or [action.dest])[-1]


def usual(place: Path, model: Path) -> dict[str, dict[str, object]]:
    """What each command is given besides."""
    data, out = write_small_category(place / "data"), place / "fresh"
    return {
        "train": {"--data": data, "--out": out},
        "score": {"images": data / "train/good/000.png", "--checkpoint": model, "--out": out},
        "watch": {"folder": data, "--checkpoint": model, "--out": out, "--once": None},
        "evaluate": {"--checkpoint": model, "--data": data},
        "calibrate": {"--checkpoint": model, "--undo": None},
        "info": {"--checkpoint": model},
        "report": {"--checkpoint": model, "--out": place / "fresh.html"},
        "data": {"data": data},
        "replay": {"bundle": place / "none.zip"},
        "export": {"--checkpoint": model, "--format": "web", "--out": out, "--runtime": place / "none"},
        "ablate": {"--study": "table5", "--data": data, "--out": out, "--seeds": 0},
    }


def hostile(place: Path) -> Iterator[tuple[str, object]]:
    """Values for an option, with what they are."""
    (place / "file").write_bytes(b"x")
    made: dict[str, object] = {"missing": place / "no/such", "long": "x" * 5000, "nothing": ""}
    made["below a file"] = place / "file/x"
    for kind in HOSTILE:
        if kind in damaging.KINDS:
            made[kind] = place / kind
            damaging.KINDS[kind](place / kind)
        yield kind, made[kind]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return damaging.untrained_checkpoint(tmp_path_factory.mktemp("models") / "part")


@pytest.mark.long
@pytest.mark.timeout(240)
@pytest.mark.parametrize(("command", "option"), list(options()))
def test_what_is_no_such_file_ends_in_a_sentence(
    command: str,
    option: str,
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NNET_RUNS", str(tmp_path / "runs"))
    given = {} if option == "--run" else usual(tmp_path, model)[command]
    given.pop(INSTEAD.get((command, option), ""), None)
    for kind, value in hostile(tmp_path):
        words: list[object] = [command]
        for name, one in (given | {option: value}).items():
            words += [*([name] if name.startswith("-") else []), *([] if one is None else [one])]
        try:
            code = cli.main([str(word) for word in words])
        except SystemExit as ended:
            code = int(str(ended.code))
        said = capsys.readouterr()
        lines = (said.out + said.err).splitlines()
        is_replaced = kind == "terabyte" and option in REPLACED
        may_work = kind in MAY_WORK or is_replaced or option == "--teacher-weights"
        assert code in (1, 2) or (code == 0 and may_work), (kind, code)
        assert code != 1 or any(line.startswith("nnet: ") or "left out" in line for line in lines), (kind, lines)
