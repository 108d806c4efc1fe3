"""Feed a target with inputs that reach ever more of the code: python tests/fuzz/fuzz.py zips --seconds 60

Needs atheris (`pip install ".[fuzz]"`). Ends with an error at the first fault and keeps what caused it in `--found`;
`--again FILE` gives it to the target once more.
"""

import argparse
import json
import logging
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SECONDS, MEGABYTES = 30, 4096
"""Most that one input may take."""
INSTRUMENTED = ["nnet", "workbench.shared", "PIL", "zipfile"]
VALUES = (None, True, False, 0, -1, 2**63, 10**30, 1e308, 5e-324, "", "x" * 400, "../x", "\0", "nan", [], {}, [[]])


def changed(value: Any, chance: random.Random) -> Any:
    """JSON with one value, or one name, exchanged."""
    if isinstance(value, dict | list) and value and chance.random() < 0.9:
        copy: Any = dict(value) if isinstance(value, dict) else list(value)
        place = chance.choice(list(copy) if isinstance(copy, dict) else range(len(copy)))
        act = chance.random()
        if act < 0.1:
            del copy[place]
        elif act < 0.2 and isinstance(copy, dict):
            copy[chance.choice(("x" * 300, "", "config", "../a"))] = copy[place]
        else:
            copy[place] = changed(copy[place], chance)
        return copy
    if isinstance(value, int | float) and chance.random() < 0.5:
        return chance.choice((value + 1, -value, value * 1e9, 0.5, value * 1000))
    return chance.choice(VALUES)


def mutator(mutate: Callable[[bytes, int], bytes], seeds: list[bytes]) -> Callable[[bytes, int, int], bytes]:
    """Changes bytes as libFuzzer does, and JSON behind the first byte value by value as well.

    The coverage of what is written in C is not seen, so that libFuzzer drops good JSON for a shorter text that is none:
    it starts from a seed again and again.
    """

    def act(content: bytes, most: int, seed: int) -> bytes:
        chance = random.Random(seed)
        content = chance.choice(seeds) if chance.random() < 0.3 else content
        try:
            if chance.random() < 0.2:
                raise ValueError
            written = json.dumps(changed(json.loads(content[1:]), chance)).encode()
        except (ValueError, RecursionError):
            return mutate(content, most)
        return (content[:1] + written)[:most]

    return act


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--found", type=Path, default=Path("out/fuzz"))
    parser.add_argument("--again", type=Path)
    options = parser.parse_args()
    sys.path[:0] = [str(HERE), str(HERE.parents[1]), str(HERE.parent / "support")]
    logging.disable(logging.CRITICAL)  # without a page, Streamlit says so each time
    if options.again:
        from targets import TARGETS

        TARGETS[options.target].take(options.again.read_bytes())
        return
    import atheris

    with atheris.instrument_imports(include=INSTRUMENTED, enable_loader_override=False):
        from targets import TARGETS

        target = TARGETS[options.target]
        seeds = list(target.seeds())  # what they need is imported here
        for seed in seeds:
            target.take(seed)
    options.found.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds):
            (Path(corpus) / f"seed-{number}").write_bytes(seed)
        limits = {"max_total_time": options.seconds, "max_len": target.longest}
        limits |= {"timeout": SECONDS, "rss_limit_mb": MEGABYTES, "print_final_stats": 1}
        arguments = [f"-{name}={value}" for name, value in limits.items()]
        arguments += [f"-artifact_prefix={options.found}/{options.target}-", corpus]
        # Mutate is another function once Setup has been called.
        more = {"custom_mutator": mutator(lambda *given: atheris.Mutate(*given), seeds)} if target.is_json else {}
        atheris.Setup([sys.argv[0], *arguments], target.take, **more)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
