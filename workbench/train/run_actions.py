"""What can be done with a run in its state: cancel, start, resume, rename, duplicate, delete."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from nnet.errors import NNetError
from nnet.runs import LIVE, Run, RunSpec
from nnet.runs.film import FILM
from nnet.runs.layout import DATA, UPLOADED
from nnet.saved.formats import CONFIG
from workbench.shared import dialogs, hosting, model_words, parts, units
from workbench.shared.settings import MASKS
from workbench.train import form, images, uploads, words
from workbench.train.runs import turn_to


def draw(run: Run) -> None:
    """What can be done with a run in its state. Outside of what polls, so that a question stays open.

    In a shared demo a run can be cancelled or finished, and no more: each start is weighed against what the host
    allows.
    """
    spec = run.spec
    with st.container(horizontal=True, gap="small"):
        if run.state in LIVE and _button(words.CANCEL, "stop_circle", "cancel_run"):
            _ask(run, words.CANCEL_QUESTION, words.cancelling(run), "cancel")
        if _may_finish(run):
            told = words.finishing(run)
            help = words.FINISH_HELP if told else words.NOTHING_LEARNT
            if _button(words.FINISH, "sports_score", "finish_run", help=help, disabled=not told):
                _ask(run, words.FINISH_QUESTION, told, "finish")
        if hosting.is_shared():
            return
        if run.state == "created":
            _button(words.START, "play_arrow", "start_run", _try, "start", run.id)
        if run.can_resume:
            _button(words.RESUME, "play_arrow", "resume_run", _try, "resume", run.id)
        if spec is not None:
            if _button(words.RENAME, "edit", "rename_run"):
                _ask_name(run)
            _button(words.DUPLICATE, "content_copy", "copy_run", duplicate, run, spec)
        if spec is not None and run.has_diverged:
            slower = spec.config.override({"train.learning_rate": spec.config.train.learning_rate / 5})
            copy = dataclasses.replace(spec, config=slower)
            _button(words.SLOWER, "healing", "slower_run", duplicate, run, copy, help=words.SLOWER_HELP)
        if run.state not in ("running", "stopping") and _button(words.DELETE, "delete", "delete_run"):
            _ask(run, words.DELETE_QUESTION, _deleting(run), "delete")
    if problem := st.session_state.pop("run_problem", ""):
        st.error(units.plain(problem), icon=":material/error:")


def _may_finish(run: Run) -> bool:
    """Whether to offer that it ends early, if only once an epoch is finished."""
    if run.spec is None or run.spec.study is not None or run.is_finishing:
        return False
    ended = run.can_resume and not hosting.is_shared() and run.kept_epochs > 0 and not (run.path / CONFIG).exists()
    return run.state == "running" or ended


def _button(
    label: str,
    icon: str,
    key: str,
    act: Callable[..., None] | None = None,
    *arguments: Any,
    help: str | None = None,
    disabled: bool = False,
) -> bool:
    return st.button(label, key, help, act, arguments, icon=f":material/{icon}:", disabled=disabled)


def _try(action: str, run_id: str, *arguments: str) -> None:
    """Do something with a run; a refusal is shown on the page. A callback."""
    try:
        if action == "delete":
            parts.delete(run_id)
        else:
            getattr(uploads.runs(), action)(run_id, *arguments)
    except (NNetError, OSError) as error:
        st.session_state["run_problem"] = str(error)
    else:
        if action == "delete":
            images.forget_deleted()
            st.session_state.pop("run", None)
            st.query_params.pop("run", None)


def _deleting(run: Run) -> str:
    """What goes with it, and what stays."""
    return model_words.deleting(
        units.plain(run.name),
        film=(run.path / FILM).exists(),
        photos=(run.path / DATA).is_dir(),
        shares=uploads.runs().shares_pictures(run.id),
        model=run.model is not None,
    )


def duplicate(run: Run, spec: RunSpec) -> None:
    """Fill the form with a run's data and with settings, its own or others. A callback."""
    form.fill(dataclasses.replace(spec, name=words.COPY_NAME.format(name=spec.name)[:80]))
    upload = run.path / DATA if spec.data == UPLOADED else None
    images.use(spec.data, upload)
    MASKS.set(spec.masks)
    images.belong_to(parts.Again(spec.data, upload, *parts.of_run(run.path, spec)))
    turn_to("new")


def offer_without(run: Run, names: Sequence[str]) -> None:
    """A button that queues the run once more without some of its uploaded pictures, by their paths in its data."""
    _button(
        words.train_without(len(names)), "restart_alt", "train_without", _train_without, run, names, disabled=not names
    )


def _train_without(run: Run, names: Sequence[str]) -> None:
    """The run stays as it is. A callback; the second press of a double press makes no second run."""
    library, spec = uploads.runs(), run.spec
    if spec is None:  # another visitor has deleted it
        return
    made: dict[tuple[str, ...], str] = st.session_state.setdefault("trained_without", {})
    asked = run.id, *names
    if any(other.id == made.get(asked) and other.state in LIVE for other in library.list()):
        parts.hand_run(made[asked])
        return
    try:
        left, _ = uploads.without(uploads.read_upload(run.path / DATA), names)
        key, name = parts.of_run(run.path, spec)
        parts.hold_name(parts.Again(spec.data, None, key, name))
        wanted = words.name_without(spec.name, names)
        free = words.free_name(wanted, {other.name for other in library.list()})
        again = library.create(dataclasses.replace(spec, name=free, part=key), None if left is None else left.folder)
        library.start(again.id)
    except (NNetError, OSError) as error:
        st.session_state["run_problem"] = str(error)
    else:
        made[asked] = again.id
        parts.hand_run(again.id)


def _ask(run: Run, question: str, consequences: str, action: str) -> None:
    """Ask before something is done that cannot be undone at once."""

    def asked() -> None:
        st.markdown(f"**{units.plain(run.name)}**")
        st.markdown(consequences)
        yes, no = words.ANSWERS[action]
        with st.container(horizontal=True):
            sure = st.button(yes, f"confirm_{action}", None, _try, (action, run.id), type="primary")
            if sure or st.button(no, "keep_run"):
                st.rerun()

    dialogs.dialog(question)(asked)()


@dialogs.dialog(words.NAME_QUESTION)
def _ask_name(run: Run) -> None:
    key = f"new_name-{run.id}"
    with st.form("rename", border=False):  # in a form Enter presses the button
        st.text_input(words.NAME, run.name, max_chars=80, key=key)
        renamed = st.form_submit_button(
            words.RENAME, key="confirm_rename", on_click=_rename, args=(run.id, key), type="primary"
        )
    if renamed:
        st.rerun()


def _rename(run_id: str, key: str) -> None:
    _try("rename", run_id, st.session_state[key])
