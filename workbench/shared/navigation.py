"""The navigation, in sections, and what runs the page that is open. Imports nothing that takes long.

Streamlit knows two kinds of apps: those with a folder pages/, whose first visited page it runs by itself, and those
whose entry script calls `st.navigation`, which it runs for every page from then on. This is both: by the first kind a
page that is opened by its own address works although the entry script has never run, and by the second the navigation
has sections.
"""

from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from workbench.shared import places, updated, visits, words

ICON = Path(__file__).with_name("icon.png")
"""The workbench's sign. Without one the browser fetches the page's symbol from the internet as soon as the navigation
is shown."""
_ENTERED: ContextVar[bool] = ContextVar("entered", default=False)
"""Whether the entry script has handed over to a page."""


def run(home: Callable[[], None]) -> None:
    """What the entry script does: run the page that is open; `home` is the one at the root of the address."""
    if _ENTERED.get():  # it is Home's own script, too
        home()
        return
    entered = _ENTERED.set(True)
    try:
        with updated.told():
            show().run()
    finally:
        _ENTERED.reset(entered)


def ensure() -> None:
    """Show the navigation where the page was run without the entry script. Each page calls it.

    What follows on the page belongs to it as before, and not to the entry script: else its widgets would be others, and
    empty, from the next run on.
    """
    if _ENTERED.get():
        return
    if (context := get_script_run_ctx()) is not None:
        with context.run_with_active_hash(""):  # afterwards it is the page's own again
            show()


def show() -> st.Page:
    """Draw the navigation and say which page is open. Of the pages that are listed, those that exist are shown."""
    st.set_page_config(page_icon=ICON, layout="wide")
    home = st.Page(places.APP / "Workbench.py", title=words.HOME.title, icon=words.HOME.icon, default=True)
    sections: dict[str, list[st.Page]] = {}
    for title, names in words.SECTIONS.items():
        found = [page(name) for name in names if (places.APP / "pages" / f"{name}.py").is_file()]
        sections[title] = found if sections else [home, *found]
    if visits.is_host():
        sections[words.HOST_SECTION] = [page(words.HOST_PAGE)]
    return st.navigation({title: pages for title, pages in sections.items() if pages})


def page(name: str) -> st.Page:
    """A page by its file name without suffix, as the navigation has it."""
    text = words.PAGES[name]
    return st.Page(places.APP / "pages" / f"{name}.py", title=text.title, icon=text.icon)
