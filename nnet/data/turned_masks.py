"""Masks of photos that their camera turned by EXIF: drawn on the photo as it is shown, or on the file as it is stored.

Nothing in a file says which. Where a turn changes the size, the size of the mask tells. Where it does not (a square
photo, or one on its head), the other photos of the data set tell, if they agree; else it is a question, and until it is
answered such a mask is not used.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nnet.data.errors import DataError
from nnet.data.images import QUARTER_TURNS, orientation, stored_size
from nnet.data.listing import list_images
from nnet.data.sample import Dataset, Sample

SHOWN, STORED = "shown", "stored"
READINGS = (SHOWN, STORED)
NOT_SAID = "its photo is turned by EXIF, and nothing says whether the mask was drawn on it as stored or as shown"
_POLYGONS = ".json"  # LabelMe draws on the photo as it is shown
_NAMED = 3


def settle(dataset: Dataset, reading: str | None = None) -> Dataset:
    """Decide for every mask of a turned photo, and say what was decided.

    Args:
        reading: the answer, one of READINGS, for masks of which nothing else tells; None as long as there is none.

    Raises:
        DataError: `reading` is another word.
    """
    if reading not in (None, *READINGS):
        raise DataError(f"Masks belong to photos as they are {SHOWN} or as they are {STORED}, not {reading!r}.")
    turns = {index: turn for index, sample in enumerate(dataset.test) if (turn := _turn(sample)) != 1}
    if not turns:
        return dataset
    told = {index: _by_size(dataset.test[index], turn) for index, turn in turns.items()}
    votes = {answer for answer in told.values() if answer}
    common = reading or (votes.pop() if len(votes) == 1 else None)
    samples, left, unsettled = list(dataset.test), dict(dataset.left), []
    for index, turn in turns.items():
        sample, answer = samples[index], told[index]
        if answer is None and common is None:
            unsettled.append(sample.key)
            left |= dict.fromkeys(_files(sample), NOT_SAID)
            samples[index] = replace(sample, mask=None)
        elif (answer or common) == STORED:
            samples[index] = replace(sample, mask_turn=turn)
    turned = sum(sample.mask_turn != 1 for sample in samples)
    notes = [*dataset.notes, *_note(turned, len(turns) - turned - len(unsettled))]
    problems = [*dataset.problems, *_question(unsettled)]
    return replace(
        dataset,
        test=tuple(samples),
        notes=tuple(notes),
        problems=tuple(problems),
        left=left,
        unsettled_masks=tuple(unsettled),
    )


def _turn(sample: Sample) -> int:
    """The EXIF orientation of a photo that has a mask in a file, 1 for every other sample."""
    if sample.path is None or sample.mask is None or sample.mask.suffix.lower() == _POLYGONS:
        return 1
    return orientation(sample.path)


def _by_size(sample: Sample, turn: int) -> str | None:
    """What the sizes of photo and mask tell; SHOWN for a mask that fits neither, which whoever reads it reports."""
    stored, masks = stored_size(sample.path or Path()), {stored_size(path) for path in _files(sample)}
    if stored is None or turn not in QUARTER_TURNS or stored[0] == stored[1]:
        return None
    return STORED if masks == {stored} else SHOWN


def _files(sample: Sample) -> list[Path]:
    """The files of a mask."""
    assert sample.mask is not None, "only samples with a mask are asked about"
    return list_images(sample.mask) if sample.mask.is_dir() else [sample.mask]


def _note(turned: int, upright: int) -> list[str]:
    said = []
    if turned:
        said.append(
            f"{turned} mask{'s were' if turned > 1 else ' was'} drawn on photos as they are stored, and "
            f"{'are' if turned > 1 else 'is'} turned with them as EXIF says."
        )
    if upright and turned:
        said.append(f"{upright} mask{'s were' if upright > 1 else ' was'} drawn on photos as they are shown.")
    return said


def _question(keys: Sequence[str]) -> list[str]:
    if not keys:
        return []
    count = f"{len(keys)} photos are" if len(keys) > 1 else "1 photo is"
    named = ", ".join(keys[:_NAMED]) + (" ..." if len(keys) > _NAMED else "")
    return [
        f"{count} turned by the camera's EXIF tag without a change of size ({named}), so nothing says whether the "
        "masks were drawn on the file as stored or on the picture as shown. Say which (on Train or Evaluate, or with "
        f"--masks {STORED} or --masks {SHOWN}); until then these masks are not used."
    ]
