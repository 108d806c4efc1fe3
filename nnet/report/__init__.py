"""The report of a part: one HTML file that says what a model finds, how far to trust it, and where it comes from.

It asks no network: pictures and charts are inside. `page.render` writes it from a checkpoint and a result.
"""

from nnet.report.page import Subject, render

__all__ = ["Subject", "render"]
