"""The command line: `python -m nnet COMMAND`, or `nnet COMMAND` once it is installed. One file per command."""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from nnet.cli import ablate, calibrate, data, evaluate, export, info, replay, report, score, train, watch
from nnet.errors import NNetError

COMMANDS: dict[str, ModuleType] = {
    "train": train,
    "score": score,
    "watch": watch,
    "evaluate": evaluate,
    "calibrate": calibrate,
    "info": info,
    "report": report,
    "data": data,
    "replay": replay,
    "export": export,
    "ablate": ablate,
}
"""Each module has HELP, a sentence; add(parser), its options; run(options), which returns the exit code; and, where
there is something to say, INTERRUPTED: what Ctrl-C leaves."""

NOBODY_READS = 128 + 13  # what a shell reports of a program that SIGPIPE ended


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code.

    0 done, 1 the user can fix it, 2 wrong usage (by SystemExit), 130 interrupted, 141 whoever read the output closed
    it (`| head`).
    """
    if isinstance(sys.stdout, io.TextIOWrapper):  # a file's name may hold bytes that are no UTF-8
        sys.stdout.reconfigure(errors="surrogateescape")
    try:
        try:
            return _run(arguments)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more when it ends, and would complain about it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOBODY_READS


def _run(arguments: Sequence[str] | None) -> int:
    options = _parser().parse_args(arguments)
    try:
        code: int = COMMANDS[options.command].run(options)
        return code
    except NNetError as error:
        print(f"nnet: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        raise
    except OSError as error:  # no permission, a full disk, a file in the place of a folder
        reason = f"{error.filename or 'A file'} cannot be read or written ({error.strerror or error})"
        print(f"nnet: {reason}. Check the path, its permissions and the room on the disk.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        left = getattr(COMMANDS[options.command], "INTERRUPTED", "")
        print(f"nnet: interrupted. {left}".strip(), file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    name = "python -m nnet" if Path(sys.argv[0]).name == "__main__.py" else "nnet"
    parser = argparse.ArgumentParser(prog=name, description="N-Net: unsupervised image anomaly detection.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command, module in COMMANDS.items():
        module.add(commands.add_parser(command, help=module.HELP))
    return parser
