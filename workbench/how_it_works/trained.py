"""What a study that comes with the workbench found in networks trained anew with each part. Knows no Streamlit."""

import contextlib
import functools
from collections.abc import Mapping
from dataclasses import dataclass

from nnet.errors import NNetError
from nnet.studies import CLAIMS, Measured, read_results
from nnet.studies.claims import difference
from workbench.how_it_works import words
from workbench.shared import places

FILE = "checkpoints/studies/synthetic-cog-small/results.csv"
"""Of the studies the one whose networks were trained for as long as the preset says."""
LONGER = "checkpoints/studies/synthetic-cog-medium/results.csv"
"""The same kind of data at twice the size and for twice the steps: N-Net and its baseline alone."""


@dataclass(frozen=True)
class Study:
    """By part (`words.STUDIED`) how much P-AP was gained with it, in points; on which data, and for how many epochs.
    `longer`: what all parts together gained where it was trained longer."""

    gained: Mapping[str, Measured]
    data: str
    epochs: int
    longer: Measured | None = None


@functools.cache
def study() -> Study:
    """Without any part where the file is missing."""
    longer = None
    try:
        rows = read_results(places.APP / FILE)
    except NNetError:
        return Study({}, "", 0)
    claims = {claim.key: claim for claim in CLAIMS}
    whole = claims["nnet"]
    with contextlib.suppress(NNetError):
        longer = difference(read_results(places.APP / LONGER), whole.study, whole.better, whole.others[0], "p_ap")
    found = {part: claims[key] for part, key in words.STUDIED.items()}
    gained = {
        part: value
        for part, claim in found.items()
        if (value := difference(rows, claim.study, claim.better, claim.others[0], "p_ap")) is not None
    }
    return Study(gained, rows[0]["data"], rows[0]["epochs"], longer)
