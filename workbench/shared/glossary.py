"""Terms that explain themselves when pressed, and the glossary in the sidebar of every page.

>>> st.html(glossary.prose("The [[memory]] answers each patch."))                           # doctest: +SKIP

A term is a `details` element: it opens by mouse, touch and keyboard without a script, and one closes the other. It also
shows while it is pointed at or focused (style.css); terms.js closes it by Escape.
"""

import re
from html import escape

import streamlit as st

from workbench.shared import units
from workbench.shared.glossary_words import TERMS, TITLE, Term

_MARKED = re.compile(r"\[\[(.+?)\]\]")


def prose(text: str) -> str:
    """A text as HTML, in which terms in double brackets can be pressed.

    Args:
        text: plain; a new line stays one.

    Raises:
        KeyError: there is no such term.
    """
    parts = _MARKED.split(text)  # plain text and terms in turn
    inner = "".join(_pressed(part) if index % 2 else units.indices(escape(part)) for index, part in enumerate(parts))
    lines = inner.replace("\n", "<br>")
    return f'<div class="nn-prose">{lines}</div>'


def plain(text: str) -> str:
    """The same without the brackets."""
    return _MARKED.sub(r"\1", text)


def _pressed(name: str) -> str:
    return (
        f'<details class="nn-term" name="term"><summary>{units.indices(escape(name))}</summary>'
        f"<span>{_meaning(TERMS[name])}</span></details>"
    )


def _meaning(term: Term) -> str:
    symbol = f"<b>{units.indices(escape(term.symbol))}:</b> " if term.symbol else ""
    return symbol + units.indices(escape(term.means))


def draw() -> None:
    """All terms, behind a button."""
    with st.popover(TITLE, icon=":material/menu_book:"):
        rows = "".join(
            f"<dt>{units.indices(escape(name))}</dt><dd>{_meaning(term)}</dd>" for name, term in TERMS.items()
        )
        st.html(f'<dl class="nn-terms">{rows}</dl>')
