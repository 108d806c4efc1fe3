"""The crop box of a configuration: from its text, and in words."""

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


def in_words(crop: str, width: int = 0, height: int = 0) -> str:
    """A crop box for people: "1,200 x 800 pixels, beginning 40 from the left and 25 from the top".

    Args:
        crop: as in the configuration; what is no box is returned as it is.
        width, height: of the pictures in pixels; where they are not known (0), shares stay shares.
    """
    found = box_of(crop)
    if found is None:
        return crop
    if max(found) <= 1 and not (width and height):
        x, y, wide, high = (f"{100 * side:.3g} %" for side in found)
        return f"{wide} of the width and {high} of the height, beginning {x} from the left and {y} from the top"
    across, down = (width, height) if max(found) <= 1 else (1, 1)
    x0, y0 = round(found[0] * across), round(found[1] * down)
    x1, y1 = round((found[0] + found[2]) * across), round((found[1] + found[3]) * down)
    return f"{x1 - x0:,} x {y1 - y0:,} pixels, beginning {x0:,} from the left and {y0:,} from the top"
