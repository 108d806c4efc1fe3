"""The training film in the browser: a pinned image, its score and its maps, moved through the epochs.

All frames are there at once, so that scrubbing and playing ask the server for nothing. The slider is the browser's own
and takes arrow keys. The server is told the epoch when the slider comes to rest, for the address.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from workbench.components import words
from workbench.components.base import handed, register

_mount = register("training_film", Path(__file__).parent)


@dataclass(frozen=True)
class Reel:
    """A picture of the film.

    Attributes:
        title: above it.
        photo: a still picture as a data URI, or "".
        strip: all frames as `train_figures.strip` makes them, or "".
    """

    title: str
    photo: str = ""
    strip: str = ""


@dataclass(frozen=True)
class Reels:
    """The film of one pinned image.

    Attributes:
        version: another one when any picture changed.
        epochs: of the frames.
        titles, lines: what is read at each.
        large, small: the pictures.
    """

    version: str
    epochs: tuple[int, ...]
    titles: tuple[str, ...]
    lines: tuple[str, ...]
    large: tuple[Reel, ...]
    small: tuple[Reel, ...]

    @property
    def nbytes(self) -> int:
        """Roughly what it takes in memory."""
        return sum(len(reel.photo) + len(reel.strip) for reel in (*self.large, *self.small))


def film(key: str, reels: Reels, epoch: int | None, on_rest: Callable[[int | None], None], *, label: str) -> None:
    """Draw the film.

    Args:
        key: unique on the page.
        epoch: where it stands at first; None follows the newest frame.
        on_rest: called with the epoch where the slider came to rest, None for the newest, before the next run.
        label: of the slider, for a screen reader.
    """

    data = asdict(reels) | {"epoch": epoch, "label": label, "words": words.TRAINING_FILM}
    rested = handed(key, "epoch", int, lambda value: on_rest(None if value < 0 else value))
    _mount(key=key, data=data, on_epoch_change=rested)
