"""The settings of the Ablations page."""

from __future__ import annotations

from nnet.config import PRESETS
from nnet.studies import STUDIES
from workbench.shared.settings import Setting, one_of, whole_number

PARTS = ("results", "start", "grid", "whatif")
PART = Setting("ablations", "ablations_part", "results", one_of(PARTS), formerly="part")
"""Which part is shown. Old links say "part", as the Projection page does with other values."""

START_STUDY = Setting("ablations", "start_study", "table4", one_of(STUDIES))
START_DATA: Setting[str] = Setting("ablations", "start_data", None, str)
START_PATH = Setting("ablations", "start_path", "", str)
START_PRESET = Setting("ablations", "start_preset", "small", one_of(PRESETS))
MOST_SEEDS = 9
START_SEEDS = Setting("ablations", "start_seeds", 3, whole_number(1, MOST_SEEDS))
START_CHANGES = Setting("ablations", "start_changes", "", str)
"""As for --set of the command line, separated by spaces."""
STARTED: Setting[str] = Setting("ablations", "started", None, str)
"""Which of the started studies is watched."""
STARTED_RUN: Setting[str] = Setting("ablations", "started_run", None, str)
"""Which of its runs."""
