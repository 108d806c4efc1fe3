"""Controls that hold a setting: each remembers its value over page switches and in the URL.

>>> way = choose(WAY, words.WAYS, label=words.WAY_LABEL)                                    # doctest: +SKIP
>>> edged = toggle(EDGE, words.EDGE_LABEL, help=words.EDGE_HELP)                            # doctest: +SKIP
>>> share = slider(BLEND, words.BLEND_LABEL, 0, 100, format="%d %%") / 100                  # doctest: +SKIP

Whatever else the widget of Streamlit takes (`width`, `disabled`, `on_change`, ...) may be added.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from nnet.scoring.judge import Judgement
from workbench.shared import settings, units, words
from workbench.shared.charts import CHART_CONFIG
from workbench.shared.settings import COLOURS, OPACITY, Setting

T = TypeVar("T")

_FOLLOWING = "following"
_KINDS: dict[str, Any] = {"segments": st.segmented_control, "pills": st.pills, "list": st.selectbox}


def choose(
    setting: Setting[str],
    names: Mapping[str, str] | Sequence[str],
    *,
    label: str,
    help: str | None = None,
    kind: str = "segments",
    default: str | None = None,
    **options: Any,
) -> str:
    """One of several values.

    Args:
        names: value -> what the visitor reads; or the values alone, where they are read as they are.
        label: above it; for a label that only screen readers say, add label_visibility="collapsed".
        kind: "segments", "pills" or "list".
        default: where it depends on the data; the first value where the setting declares none.
    """
    values = list(names)
    start = default if default is not None else setting.default
    setting.remember(start if start in values else values[0], settings.one_of(values))
    if isinstance(names, Mapping):
        options.setdefault("format_func", names.get)
    if kind != "list":
        options.setdefault("required", True)
    chosen: str = _KINDS[kind](label, values, key=setting.key, help=help, **options)
    return chosen


def toggle(setting: Setting[bool], label: str, **options: Any) -> bool:
    """A switch."""
    setting.remember()
    return st.toggle(label, key=setting.key, **options)


def slider(setting: Setting[int], label: str, low: int, high: int, **options: Any) -> int:
    """A whole number from `low` to `high`; a `default` may be given where it depends on the data."""
    setting.remember(options.pop("default", None), settings.whole_number(low, high))
    chosen: int = st.slider(label, low, high, key=setting.key, **options)
    return chosen


def following(name: str, value: Any, act: Callable[[Any], object], among: object = None) -> dict[str, Any]:
    """Key and callback of a widget that stands at `value`, which something else than the widget may set, too; to be
    given to the widget, which is drawn right after and begins with that value.

    With every press a browser reports where all widgets stand, and until it has been answered, that is where they stood
    before. Under the same key, the former place would be taken for a move by hand. So a widget that is set otherwise
    than by hand gets another key, and what is reported of the former one is passed over.

    Args:
        name: what its keys begin with.
        value: a list where several can be chosen, in any order.
        act: takes what the visitor set.
        among: what is chosen among, where its labels may change in place: a browser knows the options by them.
    """
    every: dict[str, tuple[int, object]] = st.session_state.setdefault(_FOLLOWING, {})
    number, before = every.get(name, (0, among))
    stands = st.session_state.get(f"{name}_{number}", value)
    is_moved = set(stands) != set(value) if isinstance(value, list) else stands != value
    every[name] = number + (is_moved or before != among), among
    key = _key(name)

    def moved() -> None:
        if key == _key(name):
            act(st.session_state[key])

    return {"key": key, "on_change": moved}


def stands_at(name: str) -> Any:
    """Where the widget of `following` stands, by the last report."""
    return st.session_state[_key(name)]


def _key(name: str) -> str:
    return f"{name}_{st.session_state[_FOLLOWING][name][0]}"


def page_of(setting: Setting[int], items: Sequence[T], size: int) -> Sequence[T]:
    """The items on the page that is turned to, with the page numbers above if there are more than `size` of them."""
    pages = -(-len(items) // size)
    number = setting.remember(1, settings.whole_number(1, max(1, pages)))
    if pages > 1:
        number = st.pagination(pages, key=setting.key)
    return items[(number - 1) * size : number * size]


def table(rows: pd.DataFrame, *, explained: bool = False) -> None:
    """A table of texts whose lines break and whose symbols have their indices below the line; a grid can do neither.

    Args:
        explained: the last column holds sentences, which get their room on a phone, too.
    """
    shown = rows.astype(str).map(units.symbols).rename(columns=units.symbols)
    with st.container(key="table_explained" if explained else None):
        st.table(shown, border="horizontal", hide_index=True)


def row_chosen(key: str, shown: Sequence[T]) -> T | None:
    """What stands in the chosen row of the table of this key, one for each row in `shown`; None without a row, or with
    one that there is not: a browser can send anything."""
    rows = st.session_state[key]["selection"]["rows"]
    row = rows[0] if isinstance(rows, list) and rows else None
    return shown[row] if isinstance(row, int) and 0 <= row < len(shown) else None


def download(
    label: str, content: Any, name: str, key: str | None = None, mime: str = "text/csv", help: str | None = None
) -> None:
    """A button that hands over a file called `name`, a table as CSV unless `mime` says otherwise.

    Args:
        content: text or bytes, or what makes them once the button is pressed: in a thread that has no session.
    """
    st.download_button(label, content, name, mime, key, help, icon=":material/download:", on_click="ignore")


def chart(figure: go.Figure, key: str, hint: str = "", alt: str = "", **options: Any) -> None:
    """A chart.

    Args:
        hint: what to look for, below it.
        alt: what a screen reader says; the hint unless given.
    """
    st.plotly_chart(figure, key=key, config=CHART_CONFIG, alt=alt or hint, **options)
    if hint:
        st.caption(hint)


def score(label: str, judged: Judgement) -> None:
    """An image's score as a multiple of its threshold, which tells the number itself when it is asked."""
    told = words.relative(judged.reference, judged.value)
    st.metric(label, told, help=words.raw(judged.reference, judged.value))


def opacity(width: int = 150) -> float:
    """How strongly the heatmap covers the picture, 0..1."""
    return slider(OPACITY, words.OPACITY_LABEL, 0, 100, step=5, format="%d %%", width=width) / 100


def colours(width: int = 120) -> str:
    """The heatmaps' colour map."""
    return choose(COLOURS, settings.COLOUR_MAPS, label=words.COLOURS_LABEL, kind="list", width=width)
