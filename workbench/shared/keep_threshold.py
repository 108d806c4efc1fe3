"""Keep this threshold: a press makes the threshold at hand the model's own, until it is undone.

A model that came with the program is not changed; its copy in the folder of runs is.
"""

from collections.abc import Callable

import streamlit as st

from nnet.errors import NNetError
from nnet.saved import kept_thresholds
from nnet.scoring.calibration import Kept, Reference
from workbench.shared import hosting, resources, units, words
from workbench.shared.resources import Model
from workbench.shared.settings import MODEL

_SAID, _DOUBT = "threshold_kept", ":material/warning:"
Then = Callable[[], None] | None


def draw(
    model: Model, reference: Reference, chosen: Kept, place: str, warning: str = "", then: Then = None, told: str = ""
) -> None:
    """The button to keep a threshold, the one to undo what was kept, and what came of the last press.

    In a shared demo nobody changes a model.

    Args:
        reference: the model's own, for the score at hand.
        chosen: the threshold at hand, with its reason.
        place: tells the buttons of two pages apart.
        warning: what should be known before the press, and is said again once it is kept; "" for nothing.
        then: called once it is kept.
        told: what the threshold is, beside the button where there is room; "" for nothing.
    """
    doubt = "" if told else words.flags_most(reference)[0]
    if hosting.is_shared():
        tell(told)
        tell(doubt, _DOUBT)
        return
    if (said := st.session_state.pop(_SAID, None)) is not None:
        text, is_done, warned = said
        if is_done and warned:
            st.warning(text, icon=":material/bookmark_added:")
        elif is_done:
            st.success(text, icon=":material/bookmark_added:")
        else:
            st.error(text, icon=":material/error:")
    if warning and chosen.threshold != reference.threshold:
        st.warning(warning, icon=":material/warning:")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        tell(told)
        st.button(
            words.KEEP,
            key=f"keep-{place}",
            icon=":material/bookmark_add:",
            help=words.KEEP_HELP,
            disabled=chosen.threshold == reference.threshold,
            on_click=_keep,
            args=(model, reference.expression.text, chosen, warning, then),
        )
        if reference.kept is not None:
            st.button(
                words.UNDO_KEPT,
                key=f"undo-{place}",
                icon=":material/undo:",
                help=units.plain(reference.reason),
                on_click=_undo,
                args=(model, reference.expression.text),
            )
        tell(doubt, _DOUBT)


def warn(reference: Reference) -> None:
    """Where the kept threshold flags most good parts, say so, before anything is decided by it."""
    if told := words.flags_most(reference)[1]:
        st.warning(told, icon=":material/warning:")


def tell(threshold: str, icon: str = ":material/tune:") -> None:
    """What a moved threshold is, in the page's words; "" for nothing."""
    if threshold:
        st.markdown(f"{icon} {threshold}", width="content")


def _keep(model: Model, expression: str, chosen: Kept, warning: str, then: Then) -> None:
    """A callback. What it does is told at once and beside the page, which takes a while to be drawn again, and then in
    the same words in its place. Of a copy, the page goes on with that."""
    toast = st.toast(words.KEEPING, icon=":material/hourglass_top:", duration="infinite")
    path = model.detector.checkpoint.path
    try:
        if kept_thresholds.shipped(path):
            target = resources.runs_folder() / f"{path.name}-own-threshold"
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                kept_thresholds.copy(path, target)
            kept_thresholds.keep(target, expression, chosen)
            said = words.KEPT_IN_COPY.format(name=units.plain(path.name), copy=units.plain(target.name))
            MODEL.set(resources.name_of(target))
        else:
            kept_thresholds.keep(path, expression, chosen)
            said = words.KEPT
        if then is not None:
            then()
    except (NNetError, OSError) as error:
        st.session_state[_SAID] = units.plain(str(error)), False, False
        toast.toast(words.NOT_KEPT, icon=":material/error:")
    else:
        said = f"{said} {warning}".strip()
        st.session_state[_SAID] = said, True, bool(warning)
        toast.toast(said, icon=":material/bookmark_added:")


def _undo(model: Model, expression: str) -> None:
    """A callback."""
    try:
        kept_thresholds.undo(model.detector.checkpoint.path, expression)
        st.session_state[_SAID] = words.UNDONE, True, False
        st.toast(words.UNDONE, icon=":material/undo:")
    except NNetError as error:
        st.session_state[_SAID] = units.plain(str(error)), False, False
