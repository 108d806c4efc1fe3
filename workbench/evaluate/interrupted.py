"""Measurements that end with their page: what they had measured is kept for a while, and the address leads back to it.

A page that is loaded again is another visit, which knows nothing of the one before. So the address holds the mark of a
measurement that runs, and what it has measured is shared by content, as complete ones are: a visit that opens the same
data with the same model goes on where it was.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from nnet.analysis.evaluation import Evidence
from workbench.shared import resources
from workbench.shared.cache import BoundedCache

PARAMETER = "measuring"
"""In the address while a measurement runs: its mark."""
_BYTES = 256 * resources.MEBIBYTE


@dataclass(frozen=True)
class Unfinished:
    """What was measured of a data set's `total` labelled pictures before the page went, in `parts`, and its `name`."""

    name: str
    total: int
    parts: tuple[Evidence, ...]

    @property
    def done(self) -> int:
        return sum(part.done for part in self.parts)

    @property
    def nbytes(self) -> int:
        return sum(part.nbytes for part in self.parts)


_KEPT: BoundedCache[str, Unfinished] = BoundedCache(_BYTES, lambda one: one.nbytes)


def mark(network: str, data: str) -> str:
    """Stands for a measurement in the address: of a network and the hash of a data set."""
    return hashlib.sha256(f"{network}\0{data}".encode()).hexdigest()[:16]


def keep(key: str, name: str, total: int, parts: Sequence[Evidence]) -> None:
    """Keep what a measurement has so far, under its mark."""
    _KEPT.put(key, Unfinished(name, total, tuple(parts)))


def drop(key: str) -> None:
    """Forget it, since it is complete."""
    _KEPT.drop(lambda one: one == key)


def found(key: str) -> Unfinished | None:
    """What was measured before a page went, or None."""
    return _KEPT.get(key)


def tell(key: str, *, is_running: bool) -> None:
    """Let the address say that the measurement of this mark runs, or that none does."""
    if is_running:
        if st.query_params.get(PARAMETER) != key:
            st.query_params[PARAMETER] = key
    else:
        st.query_params.pop(PARAMETER, None)


def was_running(key: str) -> bool:
    """Whether it ran when the page was loaded again; of one that nothing is known of, a link may say what it likes."""
    return st.query_params.get(PARAMETER) == key and found(key) is not None


def of_address() -> Unfinished | None:
    """The measurement that ran when the page was loaded again."""
    return found(st.query_params.get(PARAMETER, ""))
