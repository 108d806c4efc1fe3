"""The crop box of a configuration, as a text."""

import math


def box_of(crop: str) -> tuple[float, float, float, float] | None:
    """The four numbers of `ModelConfig.crop`; None where they are no box inside a picture."""
    try:
        x, y, width, height = (float(part) for part in crop.split(","))
    except ValueError:
        return None
    if not (math.isfinite(x + y + width + height) and min(x, y) >= 0 and min(width, height) > 0):
        return None
    inside = max(x, y, width, height) > 1 or max(x + width, y + height) <= 1 + 1e-6
    return (x, y, width, height) if inside else None
