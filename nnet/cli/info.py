"""nnet info: describe a checkpoint."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from nnet.cli.shared import add_checkpoint
from nnet.settings import fields

if TYPE_CHECKING:
    from nnet.saved.checkpoint import Checkpoint

HELP = "describe a checkpoint"


def add(parser: argparse.ArgumentParser) -> None:
    add_checkpoint(parser)


def run(options: argparse.Namespace) -> int:
    """Print the card, later measurements, and the settings with their sources."""
    from nnet.saved import checkpoint as checkpoints
    from nnet.saved.card import results_table

    saved = checkpoints.load(options.checkpoint)
    print(saved.card or f"# {saved.name}\n\nThis checkpoint has no card.")
    if saved.calibration.kept:
        print("Another threshold than that of the card was kept after the training:\n")
    print(_decides(saved))
    for entry in saved.metrics.get("evaluations", {}).values():
        known = {key: entry["data"].get(key, "not stated") for key in ("name", "sha256")}
        when, commit = entry.get("created", "Date unknown"), entry.get("commit", "unknown")
        print(f"## Measured on {known['name']}\n\n{results_table(entry)}")
        print(f"{when}, commit `{commit}`, data SHA-256 `{known['sha256']}`.\n")
    print(f"Weights SHA-256: {saved.weights_hash}\n\nSettings that --set can change:")
    for path, field in fields().items():
        print(f"  {path}: {field.metadata['help']} [{field.metadata['source']}]")
    return 0


def _decides(saved: Checkpoint) -> str:
    """What the checkpoint decides now, which may be later than its card: thresholds, and which parts it knows."""
    calibration = saved.calibration
    texts = dict.fromkeys((calibration.for_expression().expression.text, *calibration.kept))
    lines = ["## What it decides", ""]
    for found in map(calibration.for_expression, texts):
        said = " ".join(filter(None, (found.reason, found.promised)))
        lines.append(f"- Anomalous above {found.threshold:.4g} for `{found.expression}`. {said}")
    kind = saved.kind
    lines.append(
        "- It does not know which kind of part it was trained on; nnet calibrate --kind PATH adds that."
        if kind is None
        else f"- A picture that resembles none of {kind.n} normal ones is called another kind of part; that happens to "
        f"at most 1 in {kind.n + 1} good parts."
    )
    return "\n".join(lines) + "\n"
