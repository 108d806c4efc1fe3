"""The settings of the Ablations page."""

import streamlit as st

from nnet.presets import PRESETS
from nnet.studies import STUDIES
from workbench.shared.known_data import from_link, key_of
from workbench.shared.settings import Setting, one_of, whole_number, yes_or_no

PARTS = ("results", "grid", "whatif", "start")
PART = Setting("ablations", "ablations_part", "results", one_of(PARTS), formerly="part")
"""Which part is shown. Old links say "part", as the Projection page does with other values."""

START_STUDY = Setting("ablations", "start_study", "table4", one_of(STUDIES))
START_DATA: Setting[str] = Setting("ablations", "start_data", None, str)
START_PATH = Setting("ablations", "start_path", "", from_link, link=key_of)
START_PRESET = Setting("ablations", "start_preset", "small", one_of(PRESETS))
MOST_SEEDS = 9
START_SEEDS = Setting("ablations", "start_seeds", 3, whole_number(1, MOST_SEEDS))
START_CHANGES = Setting("ablations", "start_changes", "", str)
"""As for --set of the command line, separated by spaces."""
STARTED: Setting[str] = Setting("ablations", "started", None, str)
"""Which of the started studies is watched."""
STARTED_RUN: Setting[str] = Setting("ablations", "started_run", None, str)
"""Which of its runs."""

RESULTS_FROM: Setting[str] = Setting("ablations", "results_from", None, str)
"""Name of the folder of results."""
RESULTS_DATA: Setting[str] = Setting("ablations", "results_data", None, str)
RESULTS_VIEW = Setting("ablations", "results_view", "claims", str)
RESULTS_METRIC: Setting[str] = Setting("ablations", "results_metric", None, str)
OWN_METRICS: dict[str, Setting[str]] = {
    "figure4": Setting("ablations", "figure4_metric", None, str),
    "figure9": Setting("ablations", "figure9_metric", None, str),
}
"""Of the views that the paper draws by a metric of their own."""
RESULTS_TABLE = Setting("ablations", "results_table", "table4", str)

VARIANTS: Setting[str] = Setting("ablations", "variants", None, str)
"""Keys of the candidates side by side, separated by ~."""
VARIANT: Setting[str] = Setting("ablations", "variant", None, str)
"""Which of them is looked at closely."""
REFERENCE: Setting[str] = Setting("ablations", "reference", None, str)
"""Which of them the others are compared with."""
FIGURE = Setting("ablations", "figure", "", str)
"""A figure of the paper whose variants were chosen, or none."""
GRID_SHOW = Setting("ablations", "grid_show", "score", str)
GRID_SCORE = Setting("ablations", "grid_score", "own", str)

WHATIF_NFS = Setting("ablations", "whatif_nfs", False, yes_or_no)
WHATIF_FPM = Setting("ablations", "whatif_fpm", False, yes_or_no)
WHATIF_TRUNCATE = Setting("ablations", "whatif_truncate", False, yes_or_no)
WHATIF_FORWARD = Setting("ablations", "whatif_forward", "kept", str)
WHATIF_DONOR: Setting[str] = Setting("ablations", "whatif_donor", None, str)
"""The model that lends its forward branch."""
WHATIF_LARGES = ("after", "difference")
WHATIF_LARGE = Setting("ablations", "whatif_large", "after", one_of(WHATIF_LARGES))
"""What stands large beside the picture as trained."""
WHATIF_RANK: Setting[int] = Setting("ablations", "whatif_rank", None, whole_number(0, 10**6))
"""To which F_C is truncated."""


def first_part() -> str:
    """The part that is open at first: the one whose settings a link names."""
    of_grid = {one.name for one in (VARIANTS, VARIANT, REFERENCE, FIGURE, GRID_SHOW, GRID_SCORE)}
    for name in st.query_params:
        if name in of_grid:
            return "grid"
        if name.startswith("whatif_"):
            return "whatif"
    return PARTS[0]
