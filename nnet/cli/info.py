"""nnet info: describe a checkpoint."""

from __future__ import annotations

import argparse
import dataclasses

from nnet.cli.shared import add_checkpoint

HELP = "describe a checkpoint"


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_checkpoint(parser)


def run(options: argparse.Namespace) -> int:
    """Print the card, later measurements, and the settings with their sources."""
    from nnet.saved import checkpoint as checkpoints
    from nnet.saved.card import results_table

    saved = checkpoints.load(options.checkpoint)
    print(saved.card or f"# {saved.name}\n\nThis checkpoint has no card.")
    for entry in saved.metrics.get("evaluations", {}).values():
        print(f"## Measured on {entry['data']['name']}\n\n{results_table(entry)}")
        print(f"{entry['created']}, commit `{entry['commit']}`, data SHA-256 `{entry['data']['sha256']}`.\n")
    print(f"Weights SHA-256: {saved.weights_hash}\n\nSettings that --set can change:")
    for section in dataclasses.fields(saved.config):
        for field in dataclasses.fields(getattr(saved.config, section.name)):
            print(f"  {section.name}.{field.name}: {field.metadata['help']} [{field.metadata['source']}]")
    return 0
