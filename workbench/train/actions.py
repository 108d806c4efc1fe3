"""What can be done with a run in its state: cancel, start, resume, rename, duplicate, delete."""

from __future__ import annotations

import dataclasses

import streamlit as st

from nnet.errors import NNetError
from nnet.runs import Run, RunSpec
from workbench.shared import units
from workbench.train import form, images, uploads, words
from workbench.train.runs import LIVE, turn_to


def draw(run: Run) -> None:
    """What can be done with a run in its state. Outside of what polls, so that a question stays open."""
    with st.container(horizontal=True, gap="small"):
        if run.state in LIVE and st.button("Cancel", icon=":material/stop_circle:", key="cancel_run"):
            _ask_cancel(run)
        if run.state == "created":
            st.button("Start", icon=":material/play_arrow:", key="start_run", on_click=_try, args=("start", run.id))
        if run.can_resume:
            st.button("Resume", icon=":material/play_arrow:", key="resume_run", on_click=_try, args=("resume", run.id))
        if (spec := run.spec) is not None:
            if st.button("Rename", icon=":material/edit:", key="rename_run"):
                _ask_name(run)
            st.button(
                words.DUPLICATE, icon=":material/content_copy:", key="copy_run", on_click=duplicate, args=(run, spec)
            )
            if run.state == "failed" and words.DIVERGED in run.reason:
                slower = spec.config.override({"train.learning_rate": spec.config.train.learning_rate / 5})
                st.button(
                    words.SLOWER,
                    icon=":material/healing:",
                    key="slower_run",
                    on_click=duplicate,
                    args=(run, dataclasses.replace(spec, config=slower)),
                    help=words.SLOWER_HELP,
                )
        is_live = run.state in ("running", "stopping")
        if not is_live and st.button("Delete", icon=":material/delete:", key="delete_run"):
            _ask_delete(run)
    if problem := st.session_state.pop("run_problem", ""):
        st.error(units.plain(problem), icon=":material/error:")


def _try(action: str, run_id: str, *arguments: str) -> None:
    """Do something with a run; a refusal is shown on the page. A callback."""
    try:
        getattr(uploads.runs(), action)(run_id, *arguments)
    except (NNetError, OSError) as error:
        st.session_state["run_problem"] = str(error)


def duplicate(run: Run, spec: RunSpec) -> None:
    """Fill the form with a run's data and with settings, its own or others. A callback."""
    form.fill(words.copy_name(spec.name), spec.preset, spec.config)
    form.fill_more(spec.device, spec.teacher_weights or "", spec.tensorboard)
    images.use(spec.data, run.path / "data" if spec.data == uploads.UPLOADED else None)
    turn_to("new")


@st.dialog("Cancel this run?")
def _ask_cancel(run: Run) -> None:
    st.markdown(f"**{units.plain(run.name)}**")
    st.markdown(words.cancelling(run))
    with st.container(horizontal=True):
        if st.button("Stop training", type="primary", key="confirm_cancel", on_click=_try, args=("cancel", run.id)):
            st.rerun()
        if st.button("Keep going", key="keep_run"):
            st.rerun()


@st.dialog("Delete this run?")
def _ask_delete(run: Run) -> None:
    st.markdown(f"**{units.plain(run.name)}**")
    st.markdown(words.deleting(run))
    with st.container(horizontal=True):
        if st.button("Delete it", type="primary", key="confirm_delete", on_click=_delete, args=(run.id,)):
            st.rerun()
        if st.button("Keep it", key="keep_run"):
            st.rerun()


@st.dialog("Rename this run")
def _ask_name(run: Run) -> None:
    key = f"new_name-{run.id}"
    st.text_input("Name", run.name, max_chars=80, key=key)
    if st.button("Rename", type="primary", key="confirm_rename", on_click=_rename, args=(run.id, key)):
        st.rerun()


def _rename(run_id: str, key: str) -> None:
    _try("rename", run_id, st.session_state[key])


def _delete(run_id: str) -> None:
    _try("delete", run_id)
    if not st.session_state.get("run_problem"):
        st.session_state.pop("run", None)
        st.query_params.pop("run", None)
