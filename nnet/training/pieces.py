"""What a model that frames its pictures (`nnet.data.framing`) is trained on and calibrated with.

It learns from windows of the training pictures: all of them, or where these are many a number that is drawn once, so
that the teacher's features of them can be kept. Its threshold comes from whole held-out pictures.
"""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from nnet.analysis.kinds import as_stored
from nnet.config import Config
from nnet.data import Sample, sizes
from nnet.data.errors import DataError
from nnet.data.framing import Framing
from nnet.data.loading import Progress, ahead, all_of
from nnet.detector import Detector
from nnet.errors import NNetError
from nnet.scoring import kind
from nnet.scoring.calibration import Calibration, calibrate_framed
from nnet.scoring.kind import Kind
from nnet.training.job import TrainJob
from nnet.training.schedule import CALIBRATION_IMAGES, require_whole, split_normals

MOST_WINDOWS = 4096
"""Windows to train on in all, as long as each picture gives `LEAST_WINDOWS`."""
LEAST_WINDOWS = 8
MOST_MAPS = 512 * 2**20
"""Most bytes of the held-out pictures' maps that a checkpoint keeps, as long as there are enough pictures."""
WORKERS = 2


@dataclass(frozen=True)
class Pieces:
    """Network inputs, uint8 (n, size, size, 3): those to learn from, and then some of the held-out pictures.

    Attributes:
        inputs: both.
        shown: how many of the last ones are of held-out pictures; they are looked at during the training.
        trained_on: number of pictures that the others come from.
        held_out: the pictures to calibrate with.
        sizes: the height and width of each of all of them, in any order.
    """

    inputs: np.ndarray
    shown: int
    trained_on: int
    held_out: tuple[Sample, ...]
    sizes: tuple[tuple[int, int], ...] = ()

    def job(self, job: TrainJob) -> TrainJob:
        """The job with what it has to know of them."""
        counts = {"training_images": self.trained_on, "calibration_images": len(self.held_out)}
        about = {**job.about, **counts, **sizes.about(self.sizes)}
        return dataclasses.replace(job, about=about, validation=self.shown, held_out=self.held_out)


def windows_per_picture(pictures: int) -> int:
    """How many windows of each of so many pictures are trained on, if it has as many and they fit in memory."""
    return max(LEAST_WINDOWS, MOST_WINDOWS // pictures)


def _fitting(pictures: int, framing: Framing, budget: int) -> int:
    return max(1, min(windows_per_picture(pictures), budget // (pictures * 3 * framing.size**2)))


def cut_up(
    samples: Sequence[Sample], config: Config, validation: int, budget: int, progress: Progress | None = None
) -> Pieces:
    """Cut a data set's normal pictures into network inputs.

    Args:
        samples: all of them; which are held out, `nnet.training.schedule.split_normals` says.
        config: with the framing.
        validation: how many of the last ones are for calibration only.
        budget: most bytes that the inputs may take.
        progress: called with (pictures done, pictures in all).

    Raises:
        TrainingError: too few pictures, or a cross-calibration is wanted.
        nnet.data.DataError: pictures cannot be read or are not as the framing needs them; all of them are named.
    """
    framing = Framing.of(config.model)
    require_whole(config)
    trained, held = (part.tolist() for part in split_normals(len(samples), config.train, validation))
    each = _fitting(len(trained), framing, budget)
    wanted = [(i, each) for i in trained] + [(i, max(1, CALIBRATION_IMAGES[1] // len(held))) for i in held]

    shapes: list[tuple[int, int]] = []

    def cut(job: tuple[int, int]) -> np.ndarray | DataError:
        index, most = job
        return _inputs(samples[index], framing, most, np.random.default_rng([config.train.seed, 3, index]), shapes)

    found: list[np.ndarray] = []
    damaged: list[DataError] = []
    for done, result in enumerate(ahead(cut, wanted, WORKERS), 1):
        if isinstance(result, np.ndarray):
            found.append(result)
        else:
            damaged.append(result)
        if progress:
            progress(min(done, len(samples)), len(samples))
    if damaged:
        raise all_of(damaged)
    shown = sum(map(len, found[len(trained) :]))
    return Pieces(np.concatenate(found), shown, len(trained), tuple(samples[i] for i in held), tuple(shapes))


def sample_inputs(
    samples: Sequence[Sample], config: Config, pictures: int, budget: int
) -> tuple[np.ndarray, tuple[int, int]]:
    """Some network inputs, to measure with; how many a picture gives to train on, and by how many it is scored.

    Args:
        samples: a few of the pictures; the first decides the numbers.
        config: with the framing.
        pictures: how many are trained on.
        budget: as for `cut_up`.

    Raises:
        nnet.errors.NNetError: one cannot be read, or is not as the framing needs it.
    """
    framing = Framing.of(config.model)
    count = framing.frame(*samples[0].load().image.shape[:2]).count
    most = min(count, _fitting(pictures, framing, budget))
    draw = np.random.default_rng(config.train.seed)
    found = [_inputs(sample, framing, most, draw, []) for sample in samples]
    damaged = [result for result in found if isinstance(result, DataError)]
    if damaged:
        raise all_of(damaged)
    return np.concatenate([result for result in found if isinstance(result, np.ndarray)]), (most, count)


def _inputs(
    sample: Sample, framing: Framing, most: int, draw: np.random.Generator, shapes: list[tuple[int, int]]
) -> np.ndarray | DataError:
    """At most so many windows of a picture, drawn; its height and width are added to `shapes`."""
    try:
        image = sample.load().image
        frame = framing.frame(*image.shape[:2])
        shapes.append((frame.height, frame.width))
    except NNetError as error:
        return DataError(f"{error} The picture is {sample.key}.")
    which = np.sort(draw.choice(frame.count, min(most, frame.count), replace=False))
    return frame.inputs(image, which.tolist())


def calibrate_with(
    detector: Detector, samples: Sequence[Sample], report: Callable[[int, int], None]
) -> tuple[Calibration, Kind | None]:
    """What whole held-out pictures score, and what kind of part they show.

    Raises:
        nnet.errors.NNetError: a picture cannot be read.
    """
    found, features, size = [], [], 0
    for sample in samples:
        maps, f3 = detector.maps_and_f3([sample.load().image])
        found.append({name: m[0].cpu() for name, m in maps.items()})
        features.append(f3.float().mean(dim=(2, 3)).cpu().numpy()[0])
        report(len(found), len(samples))
        size += sum(m.nelement() * 2 for m in maps.values())
        if size >= MOST_MAPS and len(found) >= CALIBRATION_IMAGES[0]:
            break
    calibration = calibrate_framed(found, detector.framing, detector.config.scoring)
    return calibration, as_stored(features) if len(features) >= kind.LEAST else None
