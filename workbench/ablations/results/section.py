"""The results of studies on the Ablations page: claims, measured beside published, and the paper's figures."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from streamlit.elements.lib.grid_container import GridContainer

from nnet.studies import STUDIES, TABLES, Study, StudyError, summarise
from nnet.studies.claims import NOT_RUN
from nnet.studies.store import CSV, StudyFolder
from workbench.ablations import settings
from workbench.ablations.results import as_printed, downloads, experiments, figures, paper_figures, words
from workbench.ablations.results import rows as data
from workbench.ablations.results.folders import LONGER, study_folders
from workbench.ablations.results.rows import Base
from workbench.ablations.results.scene import Scene
from workbench.shared import places, units
from workbench.shared.cache import BoundedCache
from workbench.shared.controls import choose, download, table
from workbench.shared.model_list import ModelEntry
from workbench.shared.settings import one_of

_PREFERRED = {words.FIGURE4: "p_pro", "figure9": "p_auroc"}
"""Views with a metric of their own: what the paper draws there."""
_BASES: BoundedCache[tuple[Path, int], dict[str, Base]] = BoundedCache(8)
"""What stands in studies' tables, which take longer to read than all else here to draw."""


def draw(entry: ModelEntry | None) -> None:
    """The whole part: choosers, the statement on the claims, and the chosen view."""
    with st.expander(words.CHOOSE, icon=":material/tune:", expanded=not study_folders(places.APP)):
        st.markdown(words.ABOUT)
        with st.grid(3, min_column_width=240, gap="small") as grid:
            folder = _folder(grid)
            found, problem = _read(folder)
            base = _base(grid, found)
            with grid.cell():
                names = {view: words.view_name(view, base) for view in words.VIEWS}
                view = choose(settings.RESULTS_VIEW, names, label=words.VIEW_LABEL, kind="list")
        metric = "" if base is None or view == words.PUBLISHED else _metric(base, view)
    if problem:
        st.error(units.plain(problem), icon=":material/error:")
    if view == words.PUBLISHED:
        as_printed.draw()
    elif base is None:
        _nothing(folder, view)
    else:
        _results(Scene(base, metric, data.origin(base)), view, folder, entry)


def first_base() -> Base | None:
    """The results that were looked at last, else the first at hand; None without any."""
    folders = study_folders(places.APP)
    name = settings.RESULTS_FROM.value
    found = _read(folders.get(name) or next(iter(folders.values()), None) if folders else None)[0]
    return found.get(settings.RESULTS_DATA.value or "") or next(iter(found.values()), None)


def example(study: Study) -> None:
    """What a study shows: its chart from the first results at hand that have it."""
    for folder in study_folders(places.APP).values():
        for base in _read(folder)[0].values():
            metric = "p_ap" if base.has_masks else "i_auroc"
            if any(value.measured for value in data.values(base, study, metric)):
                paper_figures.FIGURES.get(study.name, _deltas)(Scene(base, metric, data.origin(base), True), study)
                st.caption(words.EXAMPLE.format(data=units.plain(base.data)), help=words.levels(base))
                return


# ---------------------------------------------------------------------------------------------------------- choosers


def _folder(grid: GridContainer) -> Path | None:
    """The chosen folder of results; None without any."""
    folders = study_folders(places.APP)
    if not folders:
        return None
    if len(folders) == 1:
        return folders[settings.RESULTS_FROM.remember(next(iter(folders)), one_of(folders))]
    with grid.cell():
        name = choose(
            settings.RESULTS_FROM,
            list(folders),
            label=words.FOLDER_LABEL,
            help=words.FOLDER_HELP,
            kind="list",
            on_change=_forget_metrics,
        )
    return folders[name]


def _read(folder: Path | None) -> tuple[dict[str, Base], str]:
    """What is in a folder, and what is wrong with it in words, or ""."""
    try:
        return ({} if folder is None else _BASES.of(_stamp(folder), lambda: data.bases(folder))), ""
    except StudyError as error:
        return {}, str(error)


def _stamp(folder: Path) -> tuple[Path, int]:
    """Changes when a run is added to a study's table."""
    table = folder / CSV
    return folder, table.stat().st_mtime_ns if table.is_file() else 0


def _base(grid: GridContainer, found: dict[str, Base]) -> Base | None:
    if not found:
        return None
    names = [base.data for base in found.values()]  # with its settings only where two are called alike
    titles = {key: base.data if names.count(base.data) == 1 else base.title for key, base in found.items()}
    with grid.cell():
        key = choose(
            settings.RESULTS_DATA,
            titles,
            label=words.DATA_LABEL,
            help=words.DATA_HELP,
            kind="list",
            on_change=_forget_metrics,
        )
    return found[key]


def _forget_metrics() -> None:
    """Other data may have no masks: the metric starts at its default again. A callback."""
    for setting in (settings.RESULTS_METRIC, *settings.OWN_METRICS.values()):
        setting.forget()


def _show(name: str) -> None:
    """Show another folder of results. A callback."""
    settings.RESULTS_FROM.set(name)
    _forget_metrics()


def _metric(base: Base, view: str) -> str:
    return choose(
        settings.OWN_METRICS.get(view, settings.RESULTS_METRIC),
        words.METRICS,
        label=words.METRIC_LABEL,
        help=words.METRIC_HELP,
        default=_PREFERRED.get(view, "p_ap") if base.has_masks else "i_auroc",
    )


# -------------------------------------------------------------------------------------------------------------- views


def _results(scene: Scene, view: str, folder: Path | None, entry: ModelEntry | None) -> None:
    if view == words.CLAIMS:
        _claims(scene, folder, entry)
    elif view == words.FIGURE4:
        paper_figures.speed(scene)
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
        as_printed.draw()
    elif view in TABLES:
        as_printed.table(view)


def _made(scene: Scene, folder: Path | None) -> None:
    """Where the numbers come from."""
    st.caption(words.about_results(scene.base, scene.about))
    for problem in () if folder is None else StudyFolder(folder).problems():
        st.warning(units.plain(problem), icon=":material/broken_image:")
    card = data.card(folder) if folder is not None else None
    if card:
        with st.expander(words.CARD_TITLE, icon=":material/badge:"):
            st.markdown(units.card(card))


# ------------------------------------------------------------------------------------------------------------- claims


def _statement(scene: Scene, found: Sequence[data.Checked]) -> None:
    """The one sentence that a visitor should take away."""
    st.subheader(words.statement(found, scene.base, scene.metric), anchor=False, help=words.RULE_HELP)


def _rule(scene: Scene, found: Sequence[data.Checked]) -> None:
    """The rule behind the statement, and what it does not count."""
    besides = words.besides(found, scene.base, scene.metric)
    said = [words.trained(scene.base), besides, words.RULE, words.BASELINE]
    st.caption(" ".join(filter(None, said)), help=words.RULE_HELP)


def _claims(scene: Scene, folder: Path | None, entry: ModelEntry | None) -> None:
    """Every claim of the paper: at one sight, then by study."""
    every = data.checked(scene.base, scene.metric, STUDIES)
    _statement(scene, every)
    _claims_chart(scene, every)
    _rule(scene, every)
    longer = LONGER.get("" if folder is None else folder.name, "")
    if longer in study_folders(places.APP):
        st.button(words.LONGER, "longer_study", icon=":material/arrow_forward:", on_click=_show, args=(longer,))
    st.caption(words.levels(scene.base))
    experiments.draw(scene.base, entry, words.IN_TAKE_OUT)
    with st.grid(2, min_column_width=340, gap="small") as grid:
        for study in STUDIES.values():
            found = data.checked(scene.base, scene.metric, [study.name])
            if found:
                with grid.cell(), st.container(border=True, height="stretch", gap="small"):
                    _study_claims(scene, study, found)
    base = scene.base
    download(words.DOWNLOAD_CLAIMS, lambda: downloads.claims_csv(base), scene.file("claims"), "results-claims")


def _claims_chart(scene: Scene, found: Sequence[data.Checked]) -> None:
    """Every claim that was measured, by the comparison that decides it."""
    outcomes, values = data.of_claims(found, scene.metric)
    if values:
        figure = figures.claims_figure(outcomes, values)
        told = words.claims_told(values, scene.metric)
        paper_figures.captioned(scene, figure, "claims", told, words.CLAIMS_HINT)


def _study_claims(scene: Scene, study: Study, found: Sequence[data.Checked]) -> None:
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**{words.study_name(study)}** · {study.title}", width="content")
        st.button(
            words.OPEN_STUDY.format(study=words.study_name(study)),
            key=f"open-{study.name}",
            type="tertiary",
            on_click=settings.RESULTS_VIEW.set,
            args=(study.name,),
            icon=":material/arrow_forward:",
            icon_position="right",
        )
    if all(one.outcome == NOT_RUN for one in found):
        texts = "; ".join(units.symbols(words.row_name(one.claim.text)) for one in found)
        claims = units.plural(len(found), "claim")
        st.markdown(words.NOT_RUN_CLAIMS.format(badge=words.badge(NOT_RUN), claims=claims, texts=texts))
        return
    for one in found:
        st.markdown(words.claim(one, scene.metric, whole=False))


# -------------------------------------------------------------------------------------------------------------- study


def _study(scene: Scene, study: Study) -> None:
    """One study: the chart, its claims, and the table."""
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
    if any(value.measured for value in data.values(base, study, metric)):
        paper_figures.FIGURES.get(study.name, _deltas)(scene, study)
    else:
        st.info(words.no_masks(base), icon=":material/info:")
    _rule(scene, found)
    st.markdown(words.GLOSSARY[study.name])
    with st.grid(2, min_column_width=340, gap=("small", "medium")) as grid:
        for one in found:
            with grid.cell():
                st.markdown(words.claim(one, metric, whole=True))
    _table(scene, study)
    _notes(study)


def _deltas(scene: Scene, study: Study) -> None:
    """A chart of the differences to the baseline."""
    found = data.deltas(scene.base, study, scene.metric)
    baseline = units.symbols(words.row_name(study.baseline))
    st.markdown(words.DELTA_TITLE.format(baseline=baseline, metric=scene.metric_name))
    figure, told = figures.delta_figure(found, study.baseline), words.delta_told(found, study, scene.metric)
    paper_figures.captioned(scene, figure, f"deltas-{study.name}", told, words.DELTA_HINT)


def _table(scene: Scene, study: Study) -> None:
    st.markdown(f"**{words.table_title(scene.base, study.name in TABLES)}**")
    table(words.results_table(summarise(scene.base.of(study), study), study, scene.metric))
    more = f" {words.levels(scene.base)}" if study.name in TABLES else ""
    st.caption(words.TABLE_HINTS[study.name in TABLES] + more)
    st.caption(words.rows_told(study))
    if scene.base.measured(study):
        _downloads(scene, study)


def _downloads(scene: Scene, study: Study) -> None:
    base = scene.base  # a download is made in a thread that has no session
    files = {
        words.DOWNLOAD_TABLE: (lambda: downloads.study_csv(base, study), study.name),
        words.DOWNLOAD_ROWS: (lambda: downloads.rows_csv(base, study), f"{study.name}-runs"),
    }
    with st.container(horizontal=True, gap="small"):
        for label, (make, name) in files.items():
            download(label, make, scene.file(name), f"results-{name}")


def _notes(study: Study) -> None:
    if said := words.study_notes(study):
        st.caption(units.symbols(said))


def _command(study: Study, scene: Scene | None, studies: Sequence[str]) -> None:
    """What would fill an empty view."""
    base = None if scene is None else scene.base
    command = data.command(studies, base)
    st.markdown(words.not_run(study, base))
    st.code(command, language="bash", wrap_lines=True)
    path = f" {words.PATH_NOTE}" if "PATH" in command else ""
    st.caption(f"{words.to_run(study, None if scene is None else scene.about)}{path}")
