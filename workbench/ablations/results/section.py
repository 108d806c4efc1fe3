"""The results of studies on the Ablations page: claims, measured beside published, and the paper's figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.elements.lib.grid_container import GridContainer

from nnet.studies import DISAGREEMENTS, STUDIES, TABLES, Study, StudyError, summarise
from nnet.studies.claims import METRIC_TITLES, NOT_RUN
from workbench.ablations.results import figures, words
from workbench.ablations.results import rows as data
from workbench.ablations.results.folders import study_folders
from workbench.ablations.results.rows import Base, Origin
from workbench.shared import pictures, places, session, text

_FROM, _DATA, _VIEW, _METRIC, _TABLE = (
    "results_from",
    "results_data",
    "results_view",
    "results_metric",
    "results_table",
)
_PREFERRED = {words.FIGURE4: "p_pro", "figure9": "p_auroc"}
"""Views with a metric of their own: what the paper draws there."""
_MAPS = ("M4 to M6", "M4 (16 x 16)", "M5 (32 x 32)", "M6 (64 x 64)")


@dataclass(frozen=True)
class Scene:
    """What is shown: a base's results under a metric, and where they come from."""

    base: Base
    metric: str
    about: Origin


def draw() -> None:
    """The whole part: choosers, the statement on the claims, and the chosen view."""
    st.markdown(words.ABOUT)
    with st.grid(3, min_column_width=240, gap="small") as grid:
        folder = _folder(grid)
        found, problem = _read(folder)
        base = _base(grid, found)
        with grid.cell():
            view = _view(base)
    if problem:
        st.error(text.plain(problem), icon=":material/error:")
    if view == words.PUBLISHED:
        _published()
    elif base is None:
        _nothing(folder, view)
    else:
        metric = _metric(base, view)
        _results(Scene(base, metric, data.origin(base)), view, folder)


# ---------------------------------------------------------------------------------------------------------- choosers


def _folder(grid: GridContainer) -> Path | None:
    """The chosen folder of results; None without any."""
    folders = study_folders(places.APP)
    if not folders:
        return None
    session.remember(_FROM, next(iter(folders)), session.one_of(folders))
    if len(folders) == 1:
        return folders[st.session_state[_FROM]]
    with grid.cell():
        name = st.selectbox(
            words.FOLDER_LABEL, list(folders), key=_FROM, help=words.FOLDER_HELP, on_change=_forget_metrics
        )
    return folders[name]


def _read(folder: Path | None) -> tuple[dict[str, Base], str]:
    """What is in a folder, and what is wrong with it in words, or ""."""
    try:
        return ({} if folder is None else data.bases(folder)), ""
    except StudyError as error:
        return {}, str(error)


def _base(grid: GridContainer, found: dict[str, Base]) -> Base | None:
    if not found:
        return None
    session.remember(_DATA, next(iter(found)), session.one_of(found))
    with grid.cell():
        key = st.selectbox(
            words.DATA_LABEL,
            list(found),
            format_func=lambda key: found[key].title,
            key=_DATA,
            help=words.DATA_HELP,
            on_change=_forget_metrics,
        )
    return found[key]


def _forget_metrics() -> None:
    """Other data may have no masks: the metric starts at its default again. A callback."""
    for view in ("", *_PREFERRED):
        session.forget(_metric_key(view))


def _metric_key(view: str) -> str:
    return f"{view}_metric" if view in _PREFERRED else _METRIC


def _view(base: Base | None) -> str:
    session.remember(_VIEW, words.CLAIMS, session.one_of(words.VIEWS))
    return st.selectbox(words.VIEW_LABEL, words.VIEWS, format_func=lambda view: words.view_name(view, base), key=_VIEW)


def _open(view: str) -> None:
    """Show another view. A callback."""
    st.session_state[_VIEW] = view


def _metric(base: Base, view: str) -> str:
    default = _PREFERRED.get(view, "p_ap") if base.has_masks else "i_auroc"
    key = _metric_key(view)
    session.remember(key, default, session.one_of(words.METRICS))
    return st.segmented_control(
        words.METRIC_LABEL,
        list(words.METRICS),
        format_func=words.METRICS.get,
        key=key,
        required=True,
        help=words.METRIC_HELP,
    )


# -------------------------------------------------------------------------------------------------------------- views


def _results(scene: Scene, view: str, folder: Path | None) -> None:
    if view == words.CLAIMS:
        _claims(scene)
    elif view == words.FIGURE4:
        _speed(scene)
    else:
        _study(scene, STUDIES[view])
    _made(scene, folder)


def _nothing(folder: Path | None, view: str) -> None:
    """No study, or none with a finished run: the paper's numbers, and the command that makes ours."""
    st.info(words.NO_RESULTS if folder is None else words.NO_ROWS, icon=":material/science:")
    study = STUDIES.get(view)
    names = [view] if study else ["table4"]
    _command(study or STUDIES["table4"], None, names)
    if view == words.CLAIMS:
        _published()
    elif view in TABLES:
        _published_table(view)


def _made(scene: Scene, folder: Path | None) -> None:
    """Where the numbers come from."""
    st.caption(words.about_results(scene.base, scene.about))
    card = data.card(folder) if folder is not None else None
    if card:
        with st.expander(words.CARD_TITLE, icon=":material/badge:"):
            st.markdown(card)


# ------------------------------------------------------------------------------------------------------------- claims


def _statement(scene: Scene, found: Sequence[data.Checked]) -> None:
    """The one sentence that a visitor should take away, and the rule behind it."""
    st.subheader(words.statement(found, scene.base, scene.metric), anchor=False)
    st.caption(
        " ".join(filter(None, [words.besides(found, scene.base, scene.metric), words.RULE])), help=words.RULE_HELP
    )


def _claims(scene: Scene) -> None:
    """Every claim of the paper, by study."""
    _statement(scene, data.checked(scene.base, scene.metric, STUDIES))
    with st.grid(2, min_column_width=340, gap="small") as grid:
        for study in STUDIES.values():
            found = data.checked(scene.base, scene.metric, [study.name])
            if found:
                with grid.cell(), st.container(border=True, height="stretch", gap="small"):
                    _study_claims(scene, study, found)
    st.caption(words.levels(scene.base))
    base = scene.base
    st.download_button(
        words.DOWNLOAD_CLAIMS,
        lambda: data.claims_csv(base),
        f"{_file(scene, 'claims')}.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="results-claims",
    )


def _study_claims(scene: Scene, study: Study, found: Sequence[data.Checked]) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**{words.study_name(study)}** · {study.title}", width="content")
        st.button(
            words.open_study(study),
            key=f"open-{study.name}",
            type="tertiary",
            on_click=_open,
            args=(study.name,),
            icon=":material/arrow_forward:",
            icon_position="right",
        )
    if data.tally(found)[NOT_RUN] == len(found):
        st.markdown(words.not_run_claims(found))
        return
    for one in found:
        st.markdown(words.claim(one, scene.metric, whole=False))


# -------------------------------------------------------------------------------------------------------------- study


def _study(scene: Scene, study: Study) -> None:
    """One study: its claims, the table, and the chart."""
    base, metric = scene.base, scene.metric
    if not base.measured(study):
        st.markdown(words.GLOSSARY[study.name])
        _command(study, scene, [study.name])
        if study.name in TABLES:
            _table(scene, study)
        _notes(study)
        return
    found = data.checked(base, metric, [study.name])
    _statement(scene, found)
    st.markdown(words.GLOSSARY[study.name])
    with st.grid(2, min_column_width=340, gap=("small", "medium")) as grid:
        for one in found:
            with grid.cell():
                st.markdown(words.claim(one, metric, whole=True))
    if not any(value.measured for value in data.values(base, study, metric)):
        st.info(words.no_masks(base), icon=":material/info:")
        _table(scene, study)
    elif study.name in _FIGURES:
        _FIGURES[study.name](scene, study)
        _table(scene, study)
    else:
        _table(scene, study)
        _deltas(scene, study)
    _notes(study)


def _table(scene: Scene, study: Study) -> None:
    st.markdown(f"**{words.TABLE_TITLES[study.name in TABLES]}**")
    table = words.results_table(summarise(scene.base.of(study), study), study, scene.metric)
    st.dataframe(table, hide_index=True, key=f"results-table-{study.name}", height="content")
    more = f" {words.levels(scene.base)}" if study.name in TABLES else ""
    st.caption(words.TABLE_HINTS[study.name in TABLES] + more)
    if scene.base.measured(study):
        _downloads(scene, study)


def _downloads(scene: Scene, study: Study) -> None:
    base = scene.base  # a download is made in a thread that has no session
    files = {
        words.DOWNLOAD_TABLE: (lambda: data.study_csv(base, study), study.name),
        words.DOWNLOAD_ROWS: (lambda: data.rows_csv(base, study), f"{study.name}-runs"),
    }
    with st.container(horizontal=True, gap="small"):
        for label, (make, name) in files.items():
            st.download_button(
                label,
                make,
                f"{_file(scene, name)}.csv",
                "text/csv",
                icon=":material/download:",
                on_click="ignore",
                key=f"results-{name}",
            )


def _deltas(scene: Scene, study: Study) -> None:
    found = data.deltas(scene.base, study, scene.metric)
    st.markdown(words.delta_title(study, scene.metric))
    _chart(
        figures.delta_figure(found, study.baseline),
        f"deltas-{study.name}",
        words.delta_told(found, study, scene.metric),
        words.DELTA_HINT,
    )


def _distances(scene: Scene, study: Study) -> None:
    found = data.values(scene.base, study, scene.metric)
    st.markdown(words.level_title("by distance", scene.metric))
    hint = f"{words.DISTANCE_HINT} {words.axis_note(figures.lowest(found))}"
    figure = figures.bars_figure(found, study.baseline)
    _chart(figure, "distances", words.level_told(found, scene.metric), hint, width=680)


def _maps(scene: Scene, study: Study) -> None:
    found = {value.label: value for value in data.values(scene.base, study, scene.metric)}
    names = {"KD": "plain forward distillation", "N-Net": "N-Net's forward branch"}
    branches = {name: [found[f"{key}, {label}"] for label in _MAPS] for key, name in names.items()}
    st.markdown(words.level_title("map by map", scene.metric))
    _chart(
        figures.maps_figure(branches, _MAPS),
        "maps",
        words.level_told(list(found.values()), scene.metric),
        words.MAPS_HINT,
        width=760,
    )


def _sweeps(scene: Scene, study: Study) -> None:
    found = data.values(scene.base, study, scene.metric)
    limits = figures.limits([value for name in words.SWEEP_TITLES for value in data.sweep(found, name)])
    st.markdown(words.level_title("under each setting", scene.metric))
    with st.grid(2, min_column_width=300, gap="medium") as grid:
        for name, title in words.SWEEP_TITLES.items():
            own = data.sweep(found, name)
            figure = figures.sweep_figure(
                own, limits, chosen=words.CHOSEN_VALUES.get(name), log=data.SWEEPS.get(name, False)
            )
            with grid.cell():
                st.markdown(f"**{title}**")
                _chart(figure, f"sweep-{name}", words.level_told(own, scene.metric))
    st.caption(words.SWEEP_HINT)


_FIGURES = {"figure6": _maps, "figure9": _distances, "figure10": _sweeps}


def _notes(study: Study) -> None:
    if notes := words.study_notes(study):
        st.caption(notes)


def _command(study: Study, scene: Scene | None, studies: Sequence[str]) -> None:
    """What would fill an empty view."""
    base = None if scene is None else scene.base
    command = data.command(studies, base)
    st.markdown(words.not_run(study, base))
    st.code(command, language="bash", wrap_lines=True)
    path = f" {words.PATH_NOTE}" if "PATH" in command else ""
    st.caption(f"{words.to_run(study, None if scene is None else scene.about)}{path}")


# -------------------------------------------------------------------------------------------------------------- speed


def _speed(scene: Scene) -> None:
    """Figure 4 with our own points."""
    st.markdown(words.SPEED_ABOUT)
    points = data.speed_points(scene.base, scene.metric)
    if not points:
        if not scene.base.has_masks and scene.metric != "i_auroc":
            st.info(words.no_masks(scene.base), icon=":material/info:")
            return
        st.markdown(words.SPEED_NOT_RUN)
        st.code(data.command(["table4"], scene.base), language="bash", wrap_lines=True)
        return
    st.markdown(words.speed_title(scene.metric))
    figure = figures.speed_figure(points, METRIC_TITLES[scene.metric])
    hint = f"{words.SPEED_HINT} {words.speed_made(scene.about)}"
    _chart(figure, "speed", words.speed_told(points, scene.metric), hint)
    st.dataframe(
        words.speed_table(points, scene.metric), hide_index=True, key="results-speed", height="content", width="content"
    )
    st.download_button(
        words.DOWNLOAD_TABLE,
        lambda: data.speed_csv(points, scene.metric),
        f"{_file(scene, 'figure4')}.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="results-figure4",
    )


# --------------------------------------------------------------------------------------------------------- as printed


def _published() -> None:
    """The paper's tables, to browse."""
    st.markdown(words.PUBLISHED_ABOUT)
    session.remember(_TABLE, "table4", session.one_of(TABLES))
    key = st.selectbox(
        words.TABLE_LABEL, list(TABLES), format_func=lambda key: words.published_title(TABLES[key]), key=_TABLE
    )
    _published_table(key)
    with st.expander(words.DISAGREE, icon=":material/rule:"):
        st.markdown("\n".join(f"- {text.plain(line)}" for line in DISAGREEMENTS))


def _published_table(key: str) -> None:
    table = TABLES[key]
    frame = data.published_frame(table)
    st.dataframe(frame, hide_index=True, key=f"published-{key}", height="content")
    st.caption(words.published_source(table))
    st.download_button(
        words.DOWNLOAD_TABLE,
        frame.to_csv(index=False).encode(),
        f"n-net-paper-{key}.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=f"published-csv-{key}",
    )


# -------------------------------------------------------------------------------------------------------------- parts


def _chart(figure: object, key: str, told: str, hint: str = "", width: int | str = "stretch") -> None:
    st.plotly_chart(figure, key=f"results-chart-{key}", config=pictures.CHART_CONFIG, alt=told, width=width)
    if hint:
        st.caption(hint)


def _file(scene: Scene, name: str) -> str:
    return f"{data.slug(scene.base.data)}-{name}"
