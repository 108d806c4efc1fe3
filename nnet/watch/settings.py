"""How to watch, and what a look at the folder led to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """How to watch.

    Attributes:
        patience: seconds for which a file that does not decode may still grow.
        overlays: "all", "anomalous" or "none": of which pictures an overlay is kept.
    """

    patience: float = 10.0
    overlays: str = "all"


@dataclass
class Look:
    """What one look at the folder led to.

    Attributes:
        scored, other_size, unreadable: pictures with these decisions.
        waiting: pictures that are still to be decided.
        due: how many could have been scored and only did not fit into this look.
        problem: what keeps the watcher from working, or "".
    """

    scored: int = 0
    other_size: int = 0
    unreadable: int = 0
    waiting: int = 0
    due: int = 0
    problem: str = ""
