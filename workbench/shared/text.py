"""Goes away once every page imports `units` and `words` themselves."""

from workbench.shared.units import *  # noqa: F403
from workbench.shared.words import *  # noqa: F403
