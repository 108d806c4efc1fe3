"""The environment variables that the commands and the workbench read, and what each says.

"Folders" are separated as in PATH.
"""

import os
from pathlib import Path

RUNS = "NNET_RUNS"
"""The folder of training runs, instead of runs/ beside the workbench; `nnet ablate` keeps its studies below it, too."""
CHECKPOINTS = "NNET_CHECKPOINTS"
"""More folders of checkpoints for the workbench to list."""
CHECKPOINTS_ONLY = "NNET_CHECKPOINTS_ONLY"
"""1 lists the checkpoints of those folders (and of `RUNS`, if it is set) alone."""
DATA = "NNET_DATA"
"""Folders of data sets that every visitor of the workbench may open."""
STUDIES = "NNET_STUDIES"
"""More folders of studies for the page Ablations."""
WATCH = "NNET_WATCH"
"""Folders of results of `nnet watch` for the page Watch."""
WEIGHTS = "NNET_WEIGHTS"
"""Folders in which a model may name the file of its teacher's weights."""
MACHINE = "NNET_MACHINE"
"""The folder of the machine's slots, for tests and for machines that share /tmp."""
SHARED = "NNET_SHARED"
"""Set by the program itself: what holds in a shared demo, as JSON (`workbench.shared.hosting.Hosting`)."""
RUN_LOCKS = "NNET_RUN_LOCKS"
"""Set by the program itself: the open files of the locks that a trainer inherits, separated by commas."""


def folders(variable: str) -> list[Path]:
    """The folders that a variable lists."""
    return [Path(entry).expanduser() for entry in os.environ.get(variable, "").split(os.pathsep) if entry]
