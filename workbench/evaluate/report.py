"""What leaves the Evaluate page: CSV tables, and a report that is one HTML file and needs no network. No Streamlit."""

from __future__ import annotations

import html
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from nnet.analysis.evaluation import Evidence, Result
from nnet.analysis.subsets import Attribution
from nnet.scoring.metric_names import SHORT_NAMES
from workbench.evaluate import words
from workbench.shared import text

_STYLE = """
:root { color-scheme: light; } body { font: 15px/1.5 system-ui, sans-serif; color: #1d2530; background: #fff;
  max-width: 1080px; margin: 0 auto; padding: 24px 16px 48px; } h1 { font-size: 1.7rem; margin: 0 0 4px; }
h2 { font-size: 1.2rem; margin: 32px 0 8px; border-top: 1px solid #dfe4ea; padding-top: 16px; }
table { border-collapse: collapse; font-size: 0.9rem; } .wide { overflow-x: auto; }
th, td { padding: 5px 12px 5px 0; text-align: left; border-bottom: 1px solid #eef1f4; }
td.n { font-variant-numeric: tabular-nums; } .hint { color: #5b6675; font-size: 0.87rem; margin: 4px 0 0; }
.charts { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(330px, 100%), 1fr)); }
.tiles { display: grid; gap: 12px; grid-template-columns: repeat(auto-fill, minmax(130px, 1fr)); }
.tiles figure { margin: 0; } .tiles img { width: 100%; border-radius: 4px; display: block; }
figcaption { font-size: 0.78rem; overflow-wrap: anywhere; } code { overflow-wrap: anywhere; }
@media print { .charts, .tiles { break-inside: avoid; } }
"""


@dataclass(frozen=True)
class Section:
    """A part of the report: `title`, a sentence of `hint`, Plotly `charts` (title -> figure), and ready `body` HTML."""

    title: str
    hint: str = ""
    charts: Mapping[str, go.Figure] | None = None
    body: str = ""


def scores_table(evidence: Evidence, results: Sequence[Result], threshold: float) -> pd.DataFrame:
    """One row per image: key, label, each expression's score, and the first one's decision at the threshold."""
    columns = {"image": evidence.keys, "label": evidence.labels, "defective": evidence.defective.astype(int)}
    table = pd.DataFrame(columns)
    for result in results:
        table[f"score {result.expression}"] = result.scores
    table[f"anomalous at {threshold:.6g}"] = (results[0].scores >= threshold).astype(int)
    return table.sort_values("image", kind="stable", ignore_index=True)


def metrics_table(results: Sequence[Result]) -> pd.DataFrame:
    """One row per expression and defect type ("all" first), with every metric as a number 0..1."""
    rows = []
    for result in results:
        for kind, metrics in (("all", result.overall), *result.by_type.items()):
            best = metrics.i_f1
            rows.append(
                {
                    "score": result.expression,
                    "defect type": kind,
                    "images": metrics.images,
                    "defective images": metrics.defective_images,
                    "images with pixels": metrics.pixel_images,
                    "regions": metrics.regions,
                    "P-AP": metrics.p_ap,
                    "P-AUROC": metrics.p_auroc,
                    "P-PRO": metrics.p_pro,
                    "I-AUROC": metrics.i_auroc,
                    "I-AP": metrics.i_ap,
                    "best F1": best and best.f1,
                    "best F1 threshold": best and best.threshold,
                }
            )
    return pd.DataFrame(rows)


def subsets_table(found: Attribution, metric: str) -> pd.DataFrame:
    """The ranked subsets: rank, expression, a column of booleans per map, and the metrics."""
    return pd.DataFrame(
        {
            "Rank": rank,
            "Score": subset.expression,
            **{name: name in subset.maps for name in found.maps},
            **{SHORT_NAMES[key]: value for key, value in subset.values.items()},
        }
        for rank, subset in enumerate(found.ranked(metric), 1)
    )


# ------------------------------------------------------------------------------------------------------------- HTML


def html_table(table: pd.DataFrame) -> str:
    """A table as HTML; every text in it is escaped, numbers have four digits."""
    head = "".join(f"<th>{html.escape(str(column))}</th>" for column in table.columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in table.itertuples(index=False))
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cell(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return f"<td>{'●' if value else ''}</td>"
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return f"<td>{words.NOT_AVAILABLE}</td>"
    if isinstance(value, float):
        return f'<td class="n">{value:.4g}</td>'
    return f"<td>{html.escape(str(value))}</td>"


def facts_table(facts: Mapping[str, object]) -> str:
    """Names and values, one a line."""
    rows = "".join(
        f"<tr><th>{html.escape(name)}</th><td><code>{html.escape(str(value))}</code></td></tr>"
        for name, value in facts.items()
    )
    return f'<div class="wide"><table>{rows}</table></div>'


def tiles(pictures: Sequence[tuple[str, str]]) -> str:
    """(data URI, caption) pairs as a gallery."""
    figures = "".join(
        f'<figure><img src="{uri}" alt="{caption}"><figcaption>{caption}</figcaption></figure>'
        for uri, caption in ((uri, html.escape(caption)) for uri, caption in pictures)
    )
    return f'<div class="tiles">{figures}</div>'


def report(title: str, lead: str, sections: Sequence[Section]) -> bytes:
    """The whole report as UTF-8 HTML: the chart library is inside, nothing is loaded from anywhere."""
    out = io.StringIO()
    out.write(f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>')
    out.write('<meta name="viewport" content="width=device-width, initial-scale=1">')
    out.write(f"<style>{_STYLE}</style>\n<script>{get_plotlyjs()}</script>\n</head><body>")
    out.write(f"<h1>{html.escape(title)}</h1><p>{html.escape(lead)}</p>")
    for section in sections:
        out.write(f"<h2>{html.escape(section.title)}</h2>{section.body}")
        if section.charts:
            out.write(f'<div class="charts">{"".join(_chart(*item) for item in section.charts.items())}</div>')
        if section.hint:
            out.write(f'<p class="hint">{html.escape(section.hint)}</p>')
    out.write(f'<p class="hint">{html.escape(text.PRODUCT)}</p></body></html>\n')
    return out.getvalue().encode()


def _chart(title: str, figure: go.Figure) -> str:
    shown = go.Figure(figure).update_layout(
        template="plotly_white", margin={"l": 56, "r": 16, "t": 36, "b": 48}, dragmode="zoom"
    )
    config = {"displaylogo": False, "responsive": True, "modeBarButtonsToRemove": ["lasso2d", "select2d"]}
    drawn = shown.to_html(full_html=False, include_plotlyjs=False, config=config)
    return f"<div><b>{html.escape(title)}</b>{drawn}</div>"
