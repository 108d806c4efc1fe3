"""The settings of the Evaluate page, as they are kept in the session and in the URL."""

from workbench.evaluate import words
from workbench.shared.known_data import from_link, key_of
from workbench.shared.settings import EVALUATED, Setting, number, one_of, whole_number

DATA = EVALUATED
FOLDER = Setting("evaluate", "evaluate_folder", "", from_link, link=key_of)
"""The path of a folder or ZIP."""
PART = Setting("evaluate", "evaluate_part", "metrics", one_of(words.PARTS))
SCORE: Setting[str] = Setting("evaluate", "evaluate_score", None, str)
"""The chosen score's expression; the model's own first one unless the visitor chooses."""
MORE = Setting("evaluate", "evaluate_more", "", str)
"""More expressions to compare, separated by semicolons."""
LEVEL = Setting("evaluate", "level", "images", one_of(words.LEVELS))
"""What the curves count: images or pixels."""
CUT: Setting[float] = Setting("evaluate", "cut", None, number(-1e12, 1e12), formerly="threshold")
"""The threshold on the image score; the model's own unless the visitor chooses.

It was once called `threshold`, as is Inspect's multiple of the model's own threshold. An old link is still read where
it is unambiguous: in this page's own URL, with no `cut` beside it, and only if the value lies about where the scores of
the measured images do (`decisions.cut` checks that). Inspect's value never gets here: it is neither read from the
session nor written into this page's URL.
"""
CUT_OF = "evaluate_cut_of"
"""Key of what the threshold belongs to (`Scene.decided_on`); it is not kept in the URL."""
AIM = Setting("evaluate", "aim", "own", one_of(words.AIMS))
"""How the threshold is chosen, by which CUT follows; "hand" once the visitor moved it, and then CUT says it alone."""
RATE = Setting("evaluate", "rate", 5, whole_number(0, 50))
"""The wanted miss or false alarm rate in percent."""
KEPT: Setting[str] = Setting("evaluate", "evaluate_kept", None, str)
"""Which of the checkpoint's results is looked at, by its data's SHA-256."""
LAYOUT = Setting("evaluate", "layout", "pca", one_of(words.METHODS))
FEATURES = Setting("evaluate", "features", "image", one_of(words.SOURCES))
COLOUR_BY = Setting("evaluate", "colour_by", "label", one_of(words.COLOURINGS))
METRIC: Setting[str] = Setting("evaluate", "metric", "i_auroc", str)
"""The metric by which subsets of the maps are ranked."""
IMAGE = "evaluate_image"
"""Key of the image that is chosen on the map of images; it is not kept in the URL."""
