"""The one choice in the sidebar: a part by its picture, and a model under it."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import streamlit as st

from nnet.errors import NNetError
from nnet.runs import LIVE
from workbench.shared import (
    cautions,
    data_choice,
    dialogs,
    hosting,
    model_data,
    model_list,
    model_words,
    parts,
    pictures,
    resources,
    samples,
    units,
)
from workbench.shared import words as shared_words
from workbench.shared.cache import BoundedCache
from workbench.shared.model_list import ModelEntry
from workbench.shared.parts import Again, Deletable, Part
from workbench.shared.settings import EVALUATED, MODEL, one_of

THUMBNAIL = 112
"""Side of a part's picture in pixels."""
_SMALL = 56  # of the one in the sidebar
_LISTED, _COLUMNS = 12, 3
_UNDER = 4  # models named under a part's picture
_KEPT: BoundedCache[tuple[Path, str], str] = BoundedCache(256)
_NAME, _PROBLEM, _RENAMED, _GO = "part_name", "part_problem", "part_renamed", "part_goes_on"
_USED, _REPLACED = "model_used", "model_replaced"


def draw(entries: Mapping[str, ModelEntry]) -> ModelEntry:
    """Draw it; the model that all pages use, of at least one."""
    if page := st.session_state.pop(_GO, ""):
        st.switch_page(page)
    st.session_state.pop(_RENAMED, None)
    first = next(iter(entries))
    every = parts.of_models(entries)
    _stay_with_part(entries, every)
    chosen = entries[MODEL.remember(first, one_of(list(entries)))]
    part = next(one for one in every if chosen in one.models)
    _note_in_use(entries, chosen, part)
    with st.container(gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="part_in_use"):
            if picture := thumbnail(part):
                st.image(picture, width=_SMALL, alt=units.text(units.plain(part.name)))
            st.markdown(f"**{units.plain(part.name)}**", width="stretch")
        with st.container(horizontal=True, gap="medium"):
            if st.button(model_words.ALL_PARTS, "by_picture", type="tertiary", icon=":material/apps:"):
                dialog()
            if st.button(model_words.THIS_PART, "this_part", type="tertiary", icon=":material/folder_open:"):
                _this(part.key)
    if (newest := _newest(entries)) is not None and newest not in part.models:  # the list has those of this part alone
        label, icon = model_words.newest(newest.title), ":material/fiber_new:"
        st.button(label, "use_newest", model_words.USE, choose, (newest.name,), type="tertiary", icon=icon)
    labels = model_words.model_labels({entry.name: entry for entry in part.models})
    st.selectbox(
        shared_words.MODEL_LABEL,
        list(labels),
        key=MODEL.key,
        format_func=lambda name: labels.get(name, name),
        help=shared_words.MODEL_HELP,
    )
    st.caption("  \n".join(model_words.model_lines(chosen, parts.kept(chosen))))
    return chosen


def _newest(entries: Mapping[str, ModelEntry]) -> ModelEntry | None:
    """The model that was trained here last; None without one."""
    root = resources.runs_folder().resolve()
    own = [one for one in entries.values() if not one.problem and one.path.resolve().parent == root]
    return max(own, key=lambda one: one.created, default=None)


def thumbnail(part: Part) -> str:
    """The first good sample image of a part's newest model that has any of its own, as a data URI; "" without one."""
    return next(filter(None, map(_thumbnail, part.models)), "")


def _thumbnail(entry: ModelEntry) -> str:
    def make() -> str:
        try:
            collection = samples.collection(model_data.source(entry.path, entry.source), entry.seed)
            if collection.name == shared_words.SOLAR_CELLS and "elpv" not in entry.data.lower():
                return ""  # they stand in for data that is not here
            good = (one.sample for one in collection.images if one.sample.is_normal)
            image = next(good, collection.images[0].sample).load().image
        except (NNetError, IndexError):
            return ""
        return pictures.data_uri(pictures.thumbnail(pictures.reduced(image, 480), THUMBNAIL))

    return _KEPT.of((entry.path, entry.created), make)


def choose(name: str) -> None:
    """Make a model the one that all pages use. A callback."""
    st.session_state.pop(_REPLACED, None)
    MODEL.set(name)


def _stay_with_part(entries: Mapping[str, ModelEntry], every: Sequence[Part]) -> None:
    """Where the model in use was deleted, go on with the newest one of its part, if that has any."""
    before: tuple[str, str, str, str] | None = st.session_state.get(_USED)
    if before is not None and before[0] not in entries and MODEL.value not in entries:
        part = next((one for one in every if one.key and one.key == before[2]), None)
        if part is not None:
            MODEL.set(part.models[0].name)


def _note_in_use(entries: Mapping[str, ModelEntry], chosen: ModelEntry, part: Part) -> None:
    """Notice that another model has taken the place of the one in use, since that was deleted, here or elsewhere."""
    before: tuple[str, str, str, str] | None = st.session_state.get(_USED)
    if before is not None and before[0] not in entries:
        _, title, key, name = before
        other = part.name if part.key != key else ""
        told = model_words.replaced(*map(units.plain, (title, name, chosen.title, other)))
        st.session_state[_REPLACED] = chosen.name, told, bool(other)
    st.session_state[_USED] = chosen.name, chosen.title, part.key, part.name


def tell_replaced(uploads: int) -> None:
    """Say so on every page until the visitor chooses a model or agrees. `uploads`: how many pictures he uploaded."""
    name, told, is_other = st.session_state.get(_REPLACED, ("", "", False))
    if not told or name != MODEL.value:
        st.session_state.pop(_REPLACED, None)
        return
    st.warning(f"{told} {model_words.UPLOADS_STAY if uploads and is_other else ''}", icon=":material/swap_horiz:")
    with st.container(horizontal=True, gap="small"):
        if st.button(shared_words.CHOOSE_ANOTHER, "replaced_choose", icon=":material/apps:"):
            dialog()
        st.button(model_words.KEEP_USING, "replaced_keep", on_click=choose, args=(name,))


# ------------------------------------------------------------------------------------------------------- all parts


def dialog() -> None:
    """All parts with their pictures and models, to choose one; Streamlit closes it with the page's next run."""
    few = len(parts.every(model_list.entries())) < _COLUMNS
    dialogs.dialog(model_words.CHOOSE, width="small" if few else "large")(_all_parts)()


def _all_parts() -> None:
    _warn(parts.problem())
    every = parts.every(model_list.entries())
    pages = -(-len(every) // _LISTED)
    number = st.pagination(pages, key="models_page") if pages > 1 else 1
    with st.grid(_COLUMNS, min_column_width=210, gap="small") as grid:
        for part in every[(number - 1) * _LISTED : number * _LISTED]:
            with grid.cell(), st.container(border=True, height="stretch"):
                _card(part)


def _card(part: Part) -> None:
    if picture := thumbnail(part):
        st.image(picture, width=THUMBNAIL, alt=units.text(units.plain(part.name)))
    st.markdown(f"**{units.plain(part.name)}**")
    if said := model_words.holds(parts.counts(part)):
        st.caption(said)
    if not part.models:
        _without_model(part)
        return
    labels = model_words.model_labels({entry.name: entry for entry in part.models})
    shown = list(labels)[:_UNDER]
    for name in shown:
        if st.button(labels[name], f"use-{name}", on_click=choose, args=(name,), help=model_words.USE, width="stretch"):
            st.rerun()
    if (newest := part.models[0]).i_auroc is not None:
        st.caption(model_words.trained(newest))
    if more := model_words.more(len(part.models) - len(shown), len(part.runs)):
        st.caption(more)


def _without_model(part: Part) -> None:
    """What a part lacks that has no model, and the ways to one."""
    run = part.runs[0]
    st.caption(model_words.NO_MODEL[run.state])
    again = None if hosting.is_shared() or run.state in LIVE or not part.key else parts.again(part)
    icon, label = ":material/model_training:", model_words.TRAIN_ON_IT
    if again is not None and st.button(label, f"train-{run.id}", None, _train, (again,), icon=icon, width="stretch"):
        st.rerun()
    icon, label = ":material/timeline:", model_words.SEE_RUN
    if st.button(label, f"see-{run.id}", None, _see, (run.id,), icon=icon, width="stretch"):
        st.rerun()


# -------------------------------------------------------------------------------------------------------- this part


@dialogs.dialog(model_words.THIS_PART, width="large")
def _this(key: str) -> None:
    """What belongs to a part, and what can be done with it."""
    if st.session_state.pop(_RENAMED, False):
        st.rerun()  # the sidebar shows the name, too
    part = next((one for one in parts.every(model_list.entries()) if one.key == key), None)
    if part is None:  # somebody deleted its last run
        return
    left, right = st.columns((1, 4), vertical_alignment="center")
    if picture := thumbnail(part):
        left.image(picture, width=THUMBNAIL, alt=units.text(units.plain(part.name)))
    with right:
        st.text_input(model_words.PART_NAME, part.name, 80, f"{_NAME}-{key}", on_change=_rename, args=(key,))
        st.caption(model_words.holds(parts.counts_now(part)))
    _warn(st.session_state.pop(_PROBLEM, "") or parts.problem())
    kept = {entry.name for entry in part.models if parts.kept(entry) is not None}
    st.dataframe(_rows(part, kept), hide_index=True, key="part_table")
    for number, entry in enumerate(part.models):
        if (number < _UNDER or entry.name in kept) and (said := cautions.of(entry)):
            st.caption(f"**{units.plain(entry.title)}**: {' '.join(said)}")
    at_hand = bool(model_data.current()[0])
    again = None if hosting.is_shared() else parts.again(part)
    pressed = []
    with st.container(horizontal=True, gap="small"):
        if at_hand:
            icon, label, key = ":material/analytics:", model_words.EVALUATE_PART, "evaluate_part_pictures"
            pressed.append(st.button(label, key, on_click=_evaluate, type="primary", icon=icon))
        if again is not None:
            icon = ":material/model_training:"
            pressed.append(st.button(model_words.TRAIN_AGAIN, "train_again", on_click=_train, args=(again,), icon=icon))
        if not hosting.is_shared() and (ones := parts.deletable(part)):
            with st.popover(model_words.DELETE_ONE, icon=":material/delete:"):
                _deleting(ones)
    if not at_hand:
        st.caption(model_words.NOT_AT_HAND)
    if any(pressed):
        st.rerun()


def _deleting(ones: Sequence[Deletable]) -> None:
    """Choose a model or run of the part, read what goes with it, and delete it."""
    named = {one.id: one for one in ones}
    id = st.selectbox(
        model_words.WHICH_ONE, list(named), None, lambda id: f"{named[id].title} ({id})", key=f"delete-{len(ones)}"
    )
    if id is None:
        return
    one = named[id]
    st.markdown(model_words.deleting(units.plain(one.title), film=one.film, photos=one.photos, shares=one.shares))
    st.button(model_words.DELETE_IT, "delete_one", type="primary", on_click=_delete, args=(id,))


def _delete(id: str) -> None:
    """A callback."""
    try:
        parts.delete(id)
        st.session_state[_RENAMED] = True  # the sidebar no longer has it
    except (NNetError, OSError) as error:
        st.session_state[_PROBLEM] = str(error)


def _evaluate() -> None:
    """Measure the pictures of the part; the next run of the page goes there. A callback."""
    EVALUATED.set(data_choice.OWN)
    st.session_state[_GO] = "pages/4_Evaluate.py"


def _train(again: Again) -> None:
    """Train on them once more; the next run of the page goes there. A callback."""
    parts.hand_to_training(again)
    st.session_state[_GO] = "pages/5_Train.py"


def _see(run_id: str) -> None:
    """Show a run on Train; the next run of the page goes there. A callback."""
    parts.hand_run(run_id)
    st.session_state[_GO] = "pages/5_Train.py"


def _warn(problem: str) -> None:
    if problem:
        st.warning(units.plain(problem), icon=":material/broken_image:")


def _rename(key: str) -> None:
    """A callback."""
    try:
        parts.rename(key, st.session_state[f"{_NAME}-{key}"])
        st.session_state[_RENAMED] = True
    except NNetError as error:
        st.session_state[_PROBLEM] = str(error)


def _rows(part: Part, kept: Collection[str]) -> Sequence[Mapping[str, str]]:
    """A part's models and runs, the newest first; `kept`: names of the models with a kept threshold."""
    rows = [model_words.model_row(entry, parts.measured(entry), is_kept=entry.name in kept) for entry in part.models]
    return [*rows, *(model_words.run_row(run) for run in part.runs)]
