"""The Train page's second step: the settings of a run. The widgets come from the fields of `nnet.config`.

What differs from the preset is kept in the visit by path ({"train.epochs": 12}), so that it outlives a switch of
pages; a duplicate of a run and the ways out of a warning write there too.
"""

import dataclasses
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import Field
from typing import Any

import streamlit as st

from nnet.config import Config, ConfigError
from nnet.errors import NNetError
from nnet.model.teacher_weights import SOURCES
from nnet.presets import PRESETS, preset
from nnet.runs import RunSpec
from nnet.settings import flat
from nnet.training import tensorboard
from workbench.shared import hosting, resources, setting_words, training_allowance, units
from workbench.shared import words as shared_words
from workbench.shared.controls import choose
from workbench.shared.hosting import PRESETS as SMALL
from workbench.train import uploads, words
from workbench.train.settings import PRESET

MAIN = ("model.teacher", "model.size", "train.epochs", "train.batch_size", "train.seed")
SIZES = tuple(range(64, 513, 32))
_CHANGES, _NAME = "train_changes", "run_name"
_PARAMETER = "form"
_STEPS = {"train.learning_rate": 0.001, "loss.delta": 0.001, "model.temperature": 0.01, "score.quantile": 0.01}


def fields() -> Iterator[tuple[str, Field[Any], Any]]:
    """(path, dataclass field, annotation) of every setting, in the order of `nnet.config`."""
    sections = typing.get_type_hints(Config)
    for section in dataclasses.fields(Config):
        made = sections[section.name]
        hints = typing.get_type_hints(made)
        for field in dataclasses.fields(made):
            yield f"{section.name}.{field.name}", field, hints[field.name]


def widget_key(path: str) -> str:
    """The session key of a setting's widget."""
    return f"set:{path}"


def fill(spec: RunSpec) -> None:
    """Put a run's settings into the form. For a callback, or before `draw`."""
    base = spec.preset if spec.preset in PRESETS else "small"
    PRESET.set(base)
    st.session_state[_NAME] = spec.name
    _reset({path: value for path, value in flat(spec.config).items() if value != flat(preset(base))[path]})
    st.session_state["run_device"] = spec.device
    st.session_state["run_weights"] = spec.teacher_weights or ""
    st.session_state["run_tensorboard"] = spec.tensorboard and tensorboard.is_installed()


def restore() -> None:
    """Fill the form as the URL says, in a visit that has not used it yet. Before `draw`; says so if that is gone."""
    if _CHANGES in st.session_state:
        return
    _changes()  # from now on it is used
    key = st.query_params.get(_PARAMETER, "")
    if not key:
        return
    spec = uploads.kept_form(key)
    if spec is None:
        st.warning(words.form_gone(hosting.is_shared()), icon=":material/history:")
        st.query_params.pop(_PARAMETER)
    else:
        fill(spec)


def keep(filled: RunSpec) -> None:
    """Let the URL lead to the form as it is, so that a reload of the page loses neither settings nor name.

    In a shared demo it leads nobody else there: forms lie in their visitor's own folder.
    """
    bare = RunSpec("", "", preset(filled.preset), filled.preset)
    name = st.session_state.get(_NAME) or ""
    # A path is good for its visit alone, and a shared demo gives the threads.
    kept = dataclasses.replace(filled, name=name, teacher_weights=None, threads=None)
    key = "" if kept == bare else uploads.keep_form(kept)
    if key:
        st.query_params[_PARAMETER] = key
    else:
        st.query_params.pop(_PARAMETER, None)


def apply(changes: Mapping[str, Any]) -> None:
    """Change some settings of the form, as a way out of a warning does. A callback."""
    _reset({**_changes(), **changes})


def draw(suggested_name: str) -> RunSpec | None:
    """Draw the form; what it says, without data; or None where it cannot be used, with the reason beside it."""
    name_column, preset_column = st.columns((2, 3), gap="medium")
    with preset_column:
        base = choose(
            PRESET, _presets(), label=words.PRESET, help=words.PRESET_HELP, on_change=_reset, args=({},), wrap=True
        )
    with name_column:
        name = _name(suggested_name)
    if hosting.is_shared():
        return RunSpec(name, "", preset(base), base, threads=training_allowance.threads())
    values = dict(flat(preset(base)))
    described = {path: (field, kind) for path, field, kind in fields()}
    with st.expander(words.ADVANCED, icon=":material/tune:"):
        with st.grid(5, min_column_width=150, gap="small") as grid:
            for path in MAIN:
                with grid.cell():
                    _setting(path, *described[path], values, explained=False)
        for section, title in words.SECTION_NAMES.items():
            st.markdown(f"**{title}**")
            with st.grid(3, min_column_width=240, gap="medium") as grid:
                for path, (field, kind) in described.items():
                    if path.startswith(f"{section}.") and path not in MAIN:
                        with grid.cell():
                            _setting(path, field, kind, values, explained=True)
        st.markdown(words.THIS_RUN)
        more = _more()
    config = _config(base)
    return None if config is None else RunSpec(name, "", config, base, **more)


def _presets() -> dict[str, str]:
    """Those that can be chosen; visitors of a shared demo take a small one as it is."""
    return {name: text for name, text in words.PRESET_NAMES.items() if not hosting.is_shared() or name in SMALL}


def _name(suggested: str) -> str:
    taken = {run.name for run in uploads.runs().list()}
    suggested = words.free_name(suggested, taken)
    name = st.text_input(
        words.NAME, key=_NAME, placeholder=suggested, max_chars=80, help=words.NAME_HELP, persist_state="session"
    ).strip()
    if name in taken:
        free = words.free_name(name, taken)
        st.caption(words.NAME_TAKEN)
        label = units.plain(words.USE_NAME.format(name=free))
        st.button(label, "use_free_name", type="tertiary", on_click=_call_it, args=(free,))
    return name or suggested


def _call_it(name: str) -> None:
    """A callback."""
    st.session_state[_NAME] = name


def _config(base: str) -> Config | None:
    """The settings as they are, or None with the sentence of what refuses them."""
    changed = {path: _changes()[path] for path, _, _ in fields() if path in _changes()}
    try:
        config = preset(base).override(changed)
        config.scoring  # noqa: B018 (a malformed expression raises)
    except (ConfigError, NNetError) as error:
        st.error(units.plain(str(error)), icon=":material/tune:")
        return None
    if changed:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(units.plain(words.changes(changed, flat(preset(base)))), width="content")
            st.button(words.BACK_TO_PRESET, type="tertiary", key="reset_settings", on_click=_reset, args=({},))
    if config.model.teacher_weights == "random":
        st.warning(shared_words.RANDOM_TEACHER, icon=":material/casino:")
    return config


# --------------------------------------------------------------------------------------------------------- widgets


def _setting(path: str, field: Field[Any], kind: Any, base: Mapping[str, Any], *, explained: bool) -> None:
    """One setting's widget, and below it (or behind its question mark) what it does and the paper's value."""
    key, changed = widget_key(path), _changes()
    if key not in st.session_state:
        st.session_state[key] = changed.get(path, base[path])
    said = units.symbols(words.setting_help(path, field.metadata))
    value = _widget(path, kind, key, None if explained else said)
    if path == "model.crop" and value:
        st.caption(setting_words.value(value, path))
    if explained:
        st.caption(said)
    elif path == "train.epochs" and value != base[path] and changed.get("train.min_steps") == 0:
        st.caption(words.exact_epochs(base["train.min_steps"]))
    if value == base[path]:
        changed.pop(path, None)
    else:
        changed[path] = value


def _widget(path: str, kind: Any, key: str, help: str | None) -> Any:
    title = setting_words.title(path)
    if kind is bool:
        return st.toggle(title, key=key, help=help)
    if path == "model.teacher":
        options = list(dict.fromkeys([*SOURCES, st.session_state[key]]))
        return st.selectbox(
            title, options, key=key, accept_new_options=True, help=f"{help} {words.TEACHER_HELP_MORE}" if help else None
        )
    if path == "model.size":
        own = {one for one in (st.session_state[key],) if isinstance(one, int)}  # a browser can send any text
        return st.selectbox(title, sorted({*SIZES, *own}), key=key, help=help)
    if path in words.CHOICES:
        return st.selectbox(title, words.CHOICES[path], key=key, help=help)
    if kind is int:
        changed = _epochs_changed if path == "train.epochs" else None
        return st.number_input(title, step=1, key=key, help=help, on_change=changed)
    if isinstance(kind, types.UnionType):  # a number, or none
        step = 1 if int in typing.get_args(kind) else 0.05
        return st.number_input(title, value=None, step=step, key=key, help=help, placeholder="none")
    if kind is float:
        return st.number_input(title, step=_STEPS.get(path, 0.1), format="%g", key=key, help=help)
    example = words.CROP_EXAMPLE if path == "model.crop" else None
    return st.text_input(title, key=key, help=help, placeholder=example)


def _epochs_changed() -> None:
    """A number of epochs of one's own is taken as it is, as on the command line, and the preset's number brings back
    its minimum of steps; a minimum of one's own stays. A callback."""
    base, path = flat(preset(PRESET.value)), "train.min_steps"
    if _changes().get(path, base[path]) not in (0, base[path]):
        return
    epochs = base["train.epochs"]
    is_own = st.session_state.get(widget_key("train.epochs"), epochs) != epochs  # gone with the preset in one moment
    _changes()[path] = st.session_state[widget_key(path)] = 0 if is_own else base[path]


def _more() -> dict[str, Any]:
    """Device, teacher's weights file and TensorBoard; they belong to the run, not to the model."""
    with st.grid(3, min_column_width=240, gap="medium") as grid:
        with grid.cell():
            devices = dict.fromkeys(["auto", *resources.devices(), st.session_state.get("run_device", "auto")])
            names = {device: words.AUTOMATIC if device == "auto" else device for device in devices}
            device = st.selectbox(
                words.DEVICE, list(names), format_func=names.__getitem__, key="run_device", persist_state="session"
            )
            st.caption(words.DEVICE_HELP)
        with grid.cell():
            weights = st.text_input(words.WEIGHTS_FILE, key="run_weights", persist_state="session").strip()
            st.caption(units.plain(words.WEIGHTS_FILE_HELP))
        with grid.cell():
            possible = tensorboard.is_installed()
            events = st.toggle(words.TENSORBOARD, key="run_tensorboard", disabled=not possible, persist_state="session")
            st.caption(words.TENSORBOARD_HELP if possible else words.NO_TENSORBOARD)
    return {"device": device, "teacher_weights": weights or None, "tensorboard": events}


# ----------------------------------------------------------------------------------------------------------- state


def _changes() -> dict[str, Any]:
    return st.session_state.setdefault(_CHANGES, {})


def _reset(changed: Mapping[str, Any]) -> None:
    """Let these be all that differs from the preset. Also serves as a callback."""
    st.session_state[_CHANGES] = dict(changed)
    for path, _, _ in fields():
        st.session_state.pop(widget_key(path), None)
