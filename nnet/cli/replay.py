"""nnet replay: open a replay bundle and check its numbers again."""

import argparse
from pathlib import Path

from nnet.cli.shared import add_device

HELP = "open a replay bundle and check its numbers again"


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("bundle", type=Path, metavar="FILE", help="a ZIP that the Inspect page saved")
    parser.add_argument(
        "--checkpoint",
        type=Path,
        metavar="DIR",
        help="the model to run again; by default the one with the same weights under checkpoints/ or runs/",
    )
    add_device(parser)


def run(options: argparse.Namespace) -> int:
    """Print every check; 1 if one disagrees."""
    from nnet import replay
    from nnet.detector import Detector
    from nnet.replay import checks as bundle_checks
    from nnet.runs import usable_checkpoints

    bundle = replay.unpack(options.bundle)
    print(f"{bundle.title}\nMade {bundle.made}, with the checkpoint {bundle.model['checkpoint']['name']}.")
    checks, path = bundle_checks.check(bundle), options.checkpoint
    if path is None:
        known = [found for folder in ("checkpoints", "runs") for found in usable_checkpoints(Path(folder))]
        path = bundle_checks.matching(bundle, known)
    if path is not None:
        again = bundle_checks.rerun(bundle, Detector.load(path, options.device, options.teacher_weights))
        checks += again.checks
        print(again.why)
    for check in checks:
        print(f"  {'agrees ' if check.agrees else 'DIFFERS'}  {check.name}: {check.detail}")
    if path is None:
        print(bundle_checks.no_checkpoint(bundle))
    wrong = sum(not check.agrees for check in checks)
    print(f"{len(checks) - wrong} of {len(checks)} checks agree.")
    return 1 if wrong else 0
