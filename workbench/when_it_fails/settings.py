"""The settings of the page, as they are kept in the session and in the URL."""

from workbench.shared.settings import Setting, one_of, whole_number
from workbench.when_it_fails import words

PART = Setting("when_it_fails", "fails_part", "mistakes", one_of(words.PARTS))
CAUSE = Setting("when_it_fails", "fails_cause", "all", one_of(("all", *words.CAUSE_NAMES)))
CONTRAST = Setting("when_it_fails", "fails_contrast", 40, whole_number(5, 100))
"""Of the scratch, in percent."""
