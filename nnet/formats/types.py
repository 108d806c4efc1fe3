"""Types of fields that several formats have. JSON itself has no NaN and no infinity, and none is read."""

from typing import Annotated, TypeAlias

from msgspec import Meta

LARGEST = 2**53
"""Whole numbers up to here are the same in every program that reads JSON."""

Count: TypeAlias = Annotated[int, Meta(ge=0, le=LARGEST)]
Whole: TypeAlias = Annotated[int, Meta(ge=-LARGEST, le=LARGEST)]
Number: TypeAlias = Annotated[float, Meta(ge=-1e300, le=1e300)]
NotNegative: TypeAlias = Annotated[float, Meta(ge=0, le=1e300)]
Moment: TypeAlias = Annotated[float, Meta(ge=0, le=250_000_000_000)]
"""UNIX time of a date before the year 9893: Python knows none from 10000 on."""
Share: TypeAlias = Annotated[float, Meta(ge=0, le=1 + 1e-9)]
"""A sum of shares may come out a rounding error above 1."""
Sha256: TypeAlias = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Name: TypeAlias = Annotated[str, Meta(max_length=300)]
LONGEST = 10_000
"""Characters of a `Sentence`."""
Sentence: TypeAlias = Annotated[str, Meta(max_length=LONGEST)]
Words: TypeAlias = Annotated[str, Meta(max_length=100_000)]
