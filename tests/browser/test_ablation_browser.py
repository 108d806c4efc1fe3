"""The results on the Ablations page in a real browser: claims, a table beside the paper's, charts, and a download."""

import re
from pathlib import Path

import pytest
from browsing import Visitor, on_every_screen

from nnet.studies import STUDIES
from workbench.ablations.results import words


@pytest.mark.slow
@on_every_screen
def test_a_teacher_sees_the_claims_and_opens_a_table(browser: object, address: str, width: int, scheme: str) -> None:
    with Visitor(browser, address, width, color_scheme=scheme) as visitor:
        page = visitor.open("Ablations?results_from=shown").page
        page.get_by_role("heading", name="claims checked on tile by P-AP").wait_for()
        visitor.check()
        page.get_by_role("button", name="Open Table 4").click()
        page.wait_for_url("**results_view=table4**")
        page.get_by_text(re.compile("^This study's networks.*, beside the paper's")).wait_for()
        visitor.settle()
        assert page.locator(".js-plotly-plot").count() == 1
        assert page.locator('[data-testid="stTable"]').count() == 1
        page.get_by_text(words.CHOOSE).click()
        page.locator(".st-key-results_metric").get_by_text("I-AUROC", exact=True).click()
        page.get_by_role("heading", name="checked on tile by I-AUROC").wait_for()
        visitor.settle().check()


@pytest.mark.long
def test_figures_are_drawn_and_a_table_is_downloaded(browser: object, address: str) -> None:
    with Visitor(browser, address) as visitor:
        page = visitor.open("Ablations?results_from=shown&results_view=figure10&results_data=mean").page
        page.get_by_role("heading", name="checked on the mean of 2 data sets by P-AP").wait_for()
        visitor.settle()
        assert page.locator(".js-plotly-plot").count() == 4
        with page.expect_download() as arriving:
            page.get_by_role("button", name="This table (CSV)").click()
        assert arriving.value.suggested_filename == "mean-of-2-data-sets-figure10.csv"
        lines = Path(arriving.value.path()).read_text().splitlines()
        assert lines[0].startswith("study,data,") and len(lines) == 1 + 4 * len(STUDIES["figure10"].rows)
        visitor.check()
        visitor.open("Ablations?results_from=shown&results_view=figure4")
        page.get_by_text("P-PRO against images per second").wait_for()
        assert page.locator(".js-plotly-plot").count() == 1
        visitor.settle().check()
