"""python -m nnet.runs supervise FOLDER, or measure DIR [DATA]: the processes that `Runs` and `estimate` start."""

import json
import sys
from functools import partial
from pathlib import Path

from nnet.errors import NNetError


def main(arguments: list[str]) -> int:
    """Run one of the two; returns the exit code."""
    match arguments:
        case ["supervise", root, *lock]:
            from nnet.runs.supervisor import supervise

            supervise(Path(root), int(lock[0]) if lock else None)
        case ["measure", folder, *data]:
            from nnet.runs.estimate import STAGE, measure
            from nnet.runs.layout import read_spec
            from nnet.saved.storage import write_text

            try:
                path = Path(folder)
                tell = partial(write_text, path / STAGE)
                print(json.dumps(measure(read_spec(path), path, Path(data[0]) if data else None, tell)))
            except NNetError as error:
                print(f"nnet: {error}", file=sys.stderr)
                return 1
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
