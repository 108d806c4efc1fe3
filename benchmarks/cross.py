"""What cross-calibration gives for few pictures: detection and false alarms, beside pictures that are held out.

    python -m benchmarks.cross elpv:mono --pictures 12 --draws 3 --size 64 --steps 150

Each draw takes so many of the set's normal training pictures, trains once as usual and once with
`nnet.training.schedule.CROSS_FOLDS` light models, and judges all test pictures with the threshold that each run finds.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from nnet.analysis.evaluation import gather, score
from nnet.data import load_resized, open_dataset
from nnet.presets import preset
from nnet.training.loop import train
from nnet.training.schedule import CROSS_FOLDS


def main() -> None:
    """Print a line for each draw and way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    for name, value in (("pictures", 12), ("draws", 3), ("size", 64), ("steps", 150)):
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    dataset = open_dataset(options.data)
    print("| draw | way | learnt from | I-AUROC | good parts flagged | promised | defects found | minutes |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for draw in range(options.draws):
        chosen = np.random.default_rng(draw).permutation(len(dataset.train))[: options.pictures]
        samples = [dataset.train[i] for i in chosen]
        for way, folds in (("held out", 0), ("cross", CROSS_FOLDS)):
            config = preset("small").override(
                {"model.size": options.size, "train.min_steps": options.steps, "train.cross_folds": folds}
            )
            images = load_resized(samples, options.size, budget_bytes=2**30)
            started = time.perf_counter()
            with tempfile.TemporaryDirectory() as folder:
                model = train(config, images, Path(folder) / "model", device="cpu")
            assert model is not None
            minutes = (time.perf_counter() - started) / 60
            expression = model.config.scoring.parsed
            evidence = gather(model, dataset, [expression])
            scores, reference = score(evidence, expression), model.calibration.for_expression()
            flagged, bad = scores.scores > reference.threshold, evidence.defective
            promise, about = reference.promise, model.checkpoint.about
            print(
                f"| {draw} | {way} | {about['training_images']} | {scores.overall.i_auroc:.3f} "
                f"| {flagged[~bad].mean():.1%} of {(~bad).sum()} | {promise.low:.0%} to {promise.high:.0%} "
                f"| {flagged[bad].mean():.1%} | {minutes:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
