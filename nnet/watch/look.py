"""What one look at the folder led to."""

from dataclasses import dataclass


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
