"""How numbers are written: multiples of a level, shares, lengths of time, bytes, tables; the bars of a histogram."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np

Numbers = TypeVar("Numbers", float, np.ndarray)
SMALLEST = 1e-12
"""What a level of 0 counts as, so that one can divide by it and take its logarithm."""


def multiple(value: Numbers, level: float) -> Numbers:
    """Values >= 0 as multiples of a level >= 0, such as a threshold."""
    return value / max(level, SMALLEST)


def times(ratio: float) -> str:
    """A multiple: 0.42, 3.1, 12, 1,300. Near 1 with so many digits, up to six, that a score above the threshold does
    not read as if it were on it: 1.004, 0.9996."""
    said = f"{ratio:.2f}" if ratio < 1 else f"{ratio:.1f}" if ratio < 10 else f"{ratio:,.0f}"
    closer = (f"{ratio:.{digits}f}" for digits in range(2, 7))
    return said if ratio == 1 or said not in ("1.0", "1.00") else next((s for s in closer if float(s) != 1), said)


def percent(share: float) -> str:
    """A share 0..1 in percent, with at most two digits that count below 10: 95 %, 2.4 %, 0.31 %, 0.004 %."""
    value = round(100 * share, 9)  # 100 * 0.07 is not 7
    if 0 < value < 0.01:
        return f"{value:.1g} %"
    digits = 0 if value >= 10 or value == int(value) else 1 if value >= 1 else 2
    return f"{value:.{digits}f} %"


def bars(count: int, most: int = 36) -> int:
    """How many bars a histogram of so many scores has: few for few, so that hills show and not single pictures."""
    return max(8, min(most, round(2 * count**0.5)))


def duration(seconds: float) -> str:
    """A length of time at a sensible precision: 40 s, 12 min, 2 h, 3 h 5 min, 3 days."""
    if seconds < 90:
        return f"{max(1, round(seconds)):d} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes:d} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours:d} h {rest:d} min" if rest else f"{hours:d} h"
    return f"{round(seconds / 86400):d} days"


_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
"""Seconds to which a length of time that is not known well is rounded."""


def duration_between(low: float, high: float) -> str:
    """A length of time of which only a range is known, no finer than that: about 6 to 9 min, about 40 s."""
    finest = 5 if high < 90 else 60 if high < 5400 else 600
    wanted = max(finest, (high - low) / 4)
    step = next((step for step in _STEPS if step >= wanted), 86400)
    if high - low < step / 2:
        return f"about {duration(max(1, round((low + high) / 2 / step)) * step)}"
    first, last = max(1, low // step) * step, max(1, -(-high // step)) * step
    least, most = duration(first), duration(last)
    if least == most:
        return f"about {most}"
    (number, _, unit), (_, _, other) = least.partition(" "), most.partition(" ")
    return f"about {number if unit == other else least} to {most}"


def data_size(count: float) -> str:
    """A number of bytes: 812 kB, 1.4 MB, 40 MB, 19.1 GB."""
    if count < 1e6:
        return f"{count / 1e3:.0f} kB"
    if count < 1e9:
        return f"{count / 1e6:.1f} MB" if count < 1e7 else f"{count / 1e6:.0f} MB"
    return f"{count / 1e9:,.1f} GB"


def as_markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown, a line per row."""
    first, *others = (f"| {' | '.join(cells)} |\n" for cells in (head, *rows))
    return f"{first}|{'---|' * len(head)}\n{''.join(others)}"
