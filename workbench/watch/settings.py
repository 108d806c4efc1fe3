"""The settings of the Watch page, as they are kept in the session and in the URL.

A folder that the visitor names is not among them: a link must not open a folder of the computer that the workbench
runs on.
"""

from workbench.shared.settings import Setting, one_of
from workbench.watch import words

LINE: Setting[str] = Setting("watch", "line", None, str)
"""Which of the folders of results that NNET_WATCH lists, by name."""
DECISION = Setting("watch", "decision", "all", one_of(words.DECISIONS))
"""Which pictures are shown."""
