"""Every setting of the Projection page, with its default and reader; the URL keeps them all."""

from nnet.analysis import projection
from workbench.projection import words
from workbench.shared.known_data import from_link, key_of
from workbench.shared.settings import Setting, one_of, whole_number, yes_or_no

_PAGE = "projection"

PART = Setting(_PAGE, "part", "good", one_of(words.PART_NAMES))
"""The part of the page that is open; the others are not computed."""
SIDE = Setting(_PAGE, "side", "teacher", one_of(projection.SIDES))
WAY = Setting(_PAGE, "way", "log", one_of(words.WAY_NAMES))
"""How variances are brought on a scale."""
STAGE = Setting(_PAGE, "stage", "1", one_of(words.SCALE_NAMES))
"""The scale of the features that is looked at more closely."""
CHANNEL: Setting[int] = Setting(_PAGE, "channel", None, whole_number(0, 10**6))
"""The channel that is marked; the most damped one unless the visitor chooses."""
VECTORS = Setting(_PAGE, "vectors", "unit", one_of(words.VECTOR_NAMES))
BLEND = Setting(_PAGE, "blend", 50, whole_number(0, 100))
"""The share of the projected features in the blend, in percent."""
UMAP = Setting(_PAGE, "umap", False, yes_or_no)
DATA = Setting(_PAGE, "data", "none", one_of(words.DATA_CHOICES))
FOLDER = Setting(_PAGE, "folder", "", from_link, link=key_of)
