"""The paper's ablation study: variants, runs, tables, and what they say about the paper's claims.

Trains each variant once for each data set and seed, whatever tables it stands in, and skips what is done. Nothing in
here knows a user interface; docs/ablations.md says how to run it.
"""

from nnet.studies.claims import CLAIMS, Claim, Measured, Verdict, judge, judge_all
from nnet.studies.published import DISAGREEMENTS, TABLES, PublishedTable, published
from nnet.studies.store import COLUMNS, read_results
from nnet.studies.summary import Group, SummaryCell, SummaryRow, averaged, groups, rows_of, summarise
from nnet.studies.variants import STUDIES, VARIANTS, Row, Study, StudyError, Variant, base_config, select

__all__ = [
    "CLAIMS",
    "COLUMNS",
    "DISAGREEMENTS",
    "STUDIES",
    "TABLES",
    "VARIANTS",
    "Claim",
    "Group",
    "Measured",
    "PublishedTable",
    "Row",
    "Study",
    "StudyError",
    "SummaryCell",
    "SummaryRow",
    "Variant",
    "Verdict",
    "averaged",
    "base_config",
    "groups",
    "judge",
    "judge_all",
    "published",
    "read_results",
    "rows_of",
    "select",
    "summarise",
]
