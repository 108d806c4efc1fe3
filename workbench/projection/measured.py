"""What a measured data set says about the projection. Knows no Streamlit."""

from dataclasses import dataclass

import numpy as np

from nnet.analysis import projection


@dataclass(frozen=True)
class Measured:
    """Statistics of a data set's test images: `values` (n, 2, 3, 2, 4) as `projection.measure_trace` gives them,
    `defective` bool (n,), out of `total` images of the set called `name`; `problems` in sentences."""

    name: str
    total: int
    values: np.ndarray
    defective: np.ndarray
    problems: tuple[str, ...] = ()

    @property
    def known(self) -> np.ndarray:
        """Which images could be read, bool (n,)."""
        return ~np.isnan(self.values).all(axis=(1, 2, 3, 4))

    @property
    def counts(self) -> tuple[int, int]:
        """How many normal and how many defective images could be read."""
        return int(np.sum(~self.defective & self.known)), int(np.sum(self.defective & self.known))


def values_of_data(measured: Measured, side: str, defective: bool = False) -> dict[str, list[tuple[float, float]]]:
    """`pairs.values_by_question` for the mean over the normal (or defective) images; empty for a side without FPM."""
    mean, _ = projection.over_images(measured.values, (measured.defective == defective) & measured.known)
    of_side = mean[projection.SIDES.index(side)]  # (3, 2, 4)
    if np.isnan(of_side).any():
        return {}
    return {
        name: [(float(of_side[i, 0, k]), float(of_side[i, 1, k])) for i in range(projection.SCALES)]
        for k, name in enumerate(projection.STATISTICS)
    }
