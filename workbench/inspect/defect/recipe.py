"""The visitor's own defect: what was drawn or placed, and how it gets onto the image. Knows no Streamlit."""

from dataclasses import dataclass, replace

import numpy as np

from nnet.analysis.visibility import coverage
from nnet.data import CutPaste, Defect, paint_defect, paste_patch
from workbench.shared import pictures
from workbench.shared.layer import decoded, lay_over

CUT_PASTE = "cutpaste"
TURNING = frozenset({"scratch", "missing", "colour", CUT_PASTE})
"""Kinds whose angle can be seen; a stain and a hole are nearly round."""

SIZES = (0.02, 0.03, 0.04, 0.06, 0.08, 0.11, 0.16, 0.22, 0.32, 0.45, 0.64)
"""Sizes of a dose-response, as fractions of the image's shorter side; evenly spaced on a logarithmic axis."""
CONTRASTS = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Contrasts of a dose-response."""
SIZE, CONTRAST = "size", "contrast"


@dataclass(frozen=True)
class Placed:
    """A defect of known kind, place, size and contrast."""

    defect: Defect | CutPaste

    @property
    def kind(self) -> str:
        """One of `nnet.data.DEFECT_KINDS`, or CUT_PASTE."""
        return self.defect.kind if isinstance(self.defect, Defect) else CUT_PASTE

    @property
    def axes(self) -> tuple[str, ...]:
        """Along what a dose-response can be measured."""
        return SIZE, CONTRAST


@dataclass(frozen=True)
class Drawn:
    """A drawing: the transparent PNG `layer`, laid on with `strength` 0..1 times its own opacity."""

    layer: bytes
    strength: float = 1.0

    @property
    def kind(self) -> str:
        """ "drawing"."""
        return "drawing"

    @property
    def axes(self) -> tuple[str, ...]:
        """Along what a dose-response can be measured: a drawing has no single size."""
        return (CONTRAST,)


Recipe = Placed | Drawn


@dataclass(frozen=True)
class Alteration:
    """An image with a defect on it.

    Attributes:
        image: uint8 (H, W, 3).
        mask: bool (H, W), where the defect lies; no pixel outside it differs from the original.
        changed: number of pixels that differ from the original.
        shown: the image at a size for the browser, uint8 (h, w, 3).
        shown_mask: what the defect touches in it, bool (h, w).
    """

    image: np.ndarray
    mask: np.ndarray
    changed: int
    shown: np.ndarray
    shown_mask: np.ndarray

    @property
    def nbytes(self) -> int:
        return self.image.nbytes + self.mask.nbytes + self.shown.nbytes + self.shown_mask.nbytes


def alter(image: np.ndarray, recipe: Recipe) -> Alteration:
    """Put a defect onto a copy of an image, uint8 (H, W, 3).

    Raises:
        nnet.errors.NNetError: something that is no image, or a drawing that cannot be used.
    """
    painted, mask = damage(image, recipe)
    rows = np.flatnonzero(mask.any(axis=1))
    within = np.s_[rows[0] : rows[-1] + 1] if len(rows) else np.s_[:0]
    changed = int(np.count_nonzero((painted[within] != image[within]).any(axis=-1)))
    shown = pictures.reduced(painted)
    return Alteration(painted, mask, changed, shown, coverage(mask, shown.shape[:2]) > 0)


def damage(image: np.ndarray, recipe: Recipe) -> tuple[np.ndarray, np.ndarray]:
    """The changed image, uint8 (H, W, 3), and the defect's mask, bool (H, W); see `alter`."""
    if isinstance(recipe, Drawn):
        return lay_over(image, decoded(recipe.layer), recipe.strength)
    defect = recipe.defect
    return paste_patch(image, defect) if isinstance(defect, CutPaste) else paint_defect(image, defect)


def at_dose(recipe: Recipe, axis: str, dose: float) -> Recipe:
    """The same defect with another size or contrast."""
    if isinstance(recipe, Drawn):
        return replace(recipe, strength=dose)
    return Placed(replace(recipe.defect, size=dose) if axis == SIZE else replace(recipe.defect, contrast=dose))


def doses(axis: str) -> tuple[float, ...]:
    """The sizes or contrasts of a dose-response, ascending."""
    return SIZES if axis == SIZE else CONTRASTS


def mask_picture(mask: np.ndarray) -> np.ndarray:
    """A mask as a picture, white on black, uint8 (H, W), as mask files of data sets are."""
    return np.where(mask, 255, 0).astype(np.uint8)
