"""What one look at the folder led to, and how far the work on many pictures is."""

from dataclasses import dataclass


@dataclass
class Look:
    """What one look at the folder led to.

    Attributes:
        scored: pictures with a score, `other_kind` of them of another kind of part.
        other_size, unreadable: pictures with these decisions.
        waiting: pictures that are still to be decided.
        due: how many could have been scored and only did not fit into this look.
        problem: what keeps the watcher from working, or "".
    """

    scored: int = 0
    other_kind: int = 0
    other_size: int = 0
    unreadable: int = 0
    waiting: int = 0
    due: int = 0
    problem: str = ""


@dataclass
class Backlog:
    """How far the work on many waiting pictures is."""

    started: float = 0.0
    told: float = 0.0
    done: int = 0
    total: int = 0
