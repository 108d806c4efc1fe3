"""How a component of the workbench is made known to Streamlit, and how it is asked what it reported.

A component is a folder with an `__init__.py` (a Python function that takes frozen values and callbacks), a
`component.js` (an ES module whose default export draws; it may use what base.js defines) and a `style.css`:

>>> _mount = register("wipe", Path(__file__).parent)                                        # doctest: +SKIP
>>> moved = handed(key, "position", int, on_move)                                           # doctest: +SKIP
>>> _mount(key=key, data=data, on_position_change=moved)                                    # doctest: +SKIP

Scripts and styles need no network. Every word that a component shows is given to it in `data`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec
import streamlit as st
from msgspec import Meta

Number = Annotated[float, Meta(ge=-1e300, le=1e300)]
Index = Annotated[int, Meta(ge=0, le=1_000_000)]
"""Kinds of what is reported (see `handed`); no number is NaN or infinite."""
_SCRIPT, _STYLE = "component.js", "style.css"


def register(name: str, *folders: Path) -> Any:
    """Make a component known, once, at import; returns the function that mounts it.

    Args:
        name: unique among all components.
        folders: with its script and style; the texts of several are put together in this order.
    """

    def together(file: str) -> str:
        return "\n".join((folder / file).read_text(encoding="utf-8") for folder in folders if (folder / file).exists())

    shared = (Path(__file__).parent / "base.js").read_text(encoding="utf-8")
    return st.components.v2.component(f"nnet_{name}", css=together(_STYLE), js=f"{shared}\n{together(_SCRIPT)}")


def handed(key: str, name: str, kind: Any, act: Callable[[Any], None]) -> Callable[[], None]:
    """A callback that hands to `act` what the component of this key has just reported under this name.

    Args:
        kind: the type of what our own scripts report, as msgspec takes it. A browser can send anything; whatever is of
            another kind is passed over.
    """

    def report() -> None:
        sent = _fired(key, name)
        if sent is None:
            return
        try:
            said = msgspec.convert(sent, kind)
        except (ValueError, OverflowError):  # the latter of a whole number that no float can hold
            return
        act(said)

    return report


def _fired(key: str, name: str) -> Any:
    """What was reported; None if that was something else, or if the component is gone: its report may arrive after the
    visitor has gone to another page."""
    state = st.session_state.get(key)
    return None if state is None else getattr(state, name, None)
