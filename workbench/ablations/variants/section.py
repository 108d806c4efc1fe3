"""Ablations, side by side: one picture under several variants on one scale, with the reason at a pixel and in the
settings."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import streamlit as st

from nnet.analysis.whatif import altered
from nnet.errors import NNetError
from workbench.ablations import settings
from workbench.ablations.variants import cache as variant_cache
from workbench.ablations.variants import candidates, closer, grid, pixel, words
from workbench.ablations.variants.candidates import MODEL, WHATIF, Candidate, Variant
from workbench.ablations.variants.grid import View
from workbench.shared import chosen_pixel, controls, frame, gallery, kinds, model_list, units
from workbench.shared.controls import choose, following
from workbench.shared.model_list import ModelEntry
from workbench.shared.resources import Loaded, Model
from workbench.shared.settings import one_of

_SEPARATOR = "~"


def draw(entry: ModelEntry | None) -> None:
    """Draw the part. `entry`: the sidebar's model; without one the page says what to do."""
    model = frame.loaded(entry)
    assert entry is not None  # else the page has stopped
    picture, loaded = gallery.pick(model)
    stage = st.container()  # the pictures stand above what changes them
    possible = candidates.possible_whatifs(model.detector.config)
    kept = variant_cache.kept_models()
    found = candidates.candidates(model_list.entries(), entry, possible, kept)
    titles = words.titles(found.values())
    _figures(model, found)
    keys = _choice(found, titles)
    if not keys:
        stage.info(words.NOTHING_CHOSEN, icon=":material/grid_view:")
        return
    show, score, reference_key = _controls(keys, titles)
    with stage:
        shown = _variants(model, loaded, {key: found[key] for key in keys}, titles, score)
    scored = [one for one in shown if one.judged is not None]
    if not scored:
        stage.warning(words.NONE_SCORED, icon=":material/rule:")
        return
    reference = next((one for one in scored if one.candidate.key == reference_key), scored[0])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        opacity, colours = controls.opacity(width=160), controls.colours()
    is_judged = kinds.beyond(model, loaded) is None
    view = View(show, colours, opacity, chosen_pixel.remember(loaded, reference.side.judged), is_judged)
    with stage:
        if is_judged:  # else the bar says why no score means anything
            st.markdown(words.answer(scored, reference))
        grid.draw(loaded, shown, reference, view)
    st.caption(words.INTRO)
    gallery.heading(picture, loaded)
    pixel.draw(loaded, scored, view.pixel)
    closer.draw(shown, reference)


# ------------------------------------------------------------------------------------------------------ the controls


def _figures(model: Model, found: Mapping[str, Candidate]) -> None:
    """Buttons that choose the variants of one of the paper's figures, and what there is to say about the chosen one."""
    first = next(iter(found.values()))
    own = candidates.same_parts(model.detector.config)
    stand_in = {own: first.key} if own else {}
    present = settings.FIGURE.remember(read=one_of(["", *words.FIGURES]))
    choices = {
        name: candidates.figure_choice(found, figure.variants, first.data, stand_in)
        for name, figure in words.FIGURES.items()
    }
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(words.FIGURES_LABEL, width="content")
        for name, chosen in choices.items():
            kind: Literal["primary", "secondary"] = "primary" if present == name else "secondary"
            about = words.FIGURES[name].about
            st.button(name, f"choose-{name}", about, _choose_figure, (name, chosen), type=kind)
    if present:
        stood_in = [variant for variant, key in choices[present].items() if found[key].kind == MODEL]
        data = candidates.training_data(model.detector.checkpoint.about)
        st.info(words.figure_found(present, choices[present], stood_in, data), icon=":material/menu_book:")


def _choose_figure(name: str, chosen: Mapping[str, str]) -> None:
    """Show a figure's variants as the paper shows them. A callback."""
    figure = words.FIGURES[name]
    settings.FIGURE.set(name)
    if not chosen:
        return
    settings.VARIANTS.set(_SEPARATOR.join(chosen.values()))
    settings.GRID_SHOW.set(figure.show)
    settings.GRID_SCORE.set(figure.score)
    settings.REFERENCE.set(chosen.get(figure.reference, next(iter(chosen.values()))))


def _choice(found: Mapping[str, Candidate], titles: Mapping[str, str]) -> list[str]:
    """Keys of the chosen variants. The widget's own value is a list; what is remembered is a text for the address."""
    written = settings.VARIANTS.remember(_SEPARATOR.join(candidates.first_choice(found)), _reader(found))
    chosen = [key for key in written.split(_SEPARATOR) if key]
    return st.multiselect(
        words.CHOICE_LABEL,
        list(found),
        chosen,
        titles.__getitem__,
        max_selections=candidates.MOST,
        help=words.CHOICE_HELP,
        **following("variants_chosen", chosen, _chosen),
    )


def _chosen(listed: Sequence[str]) -> None:
    settings.VARIANTS.set(_SEPARATOR.join(listed) or _SEPARATOR)
    settings.FIGURE.set("")


def _reader(found: Mapping[str, Candidate]) -> Callable[[str], str]:
    """A reader of the setting: keys of candidates. Those that are not there any more are left out."""

    def read(written: str) -> str:
        if written == _SEPARATOR:  # none, on purpose
            return written
        known = [key for key in dict.fromkeys(written.split(_SEPARATOR)) if key in found][: candidates.MOST]
        if not known:
            raise ValueError
        return _SEPARATOR.join(known)

    return read


def _controls(keys: Sequence[str], titles: Mapping[str, str]) -> tuple[str, str, str]:
    """What to show, what the score is made of, and the key of the reference."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        show = choose(settings.GRID_SHOW, words.SHOWS, label=words.SHOW_LABEL, wrap=True)
        score = choose(
            settings.GRID_SCORE, words.SCORES, label=words.SCORE_LABEL, help=words.SCORE_HELP, kind="list", width=170
        )
        names = {key: titles[key] for key in keys}
        reference = choose(
            settings.REFERENCE, names, label=words.REFERENCE_LABEL, help=words.REFERENCE_HELP, kind="list", width=260
        )
    return show, score, reference


# --------------------------------------------------------------------------------------------------- what is computed


def _variants(
    model: Model, loaded: Loaded, chosen: Mapping[str, Candidate], titles: Mapping[str, str], score: str
) -> list[Variant]:
    """The chosen candidates on the picture. Networks run, with a progress bar, only where maps are not there yet."""
    works: dict[str, variant_cache.Work] = {}
    shown = []
    bar = st.empty()
    for key, candidate in chosen.items():
        try:
            works[key] = variant_cache.work(candidate, model, loaded)
        except OSError as error:
            _left_out(titles[key], error.strerror or str(error))
    missing = [key for key, work in works.items() if variant_cache.known(loaded, work.key) is None]
    for key, work in works.items():
        if key in missing:
            done = missing.index(key)
            variants, title = units.plural(len(missing), "variant"), units.plain(titles[key])
            bar.progress(done / len(missing), words.PROGRESS.format(done=done, variants=variants, title=title))
        try:
            shown.append(_variant(model, loaded, chosen[key], titles[key], work, score))
        except NNetError as error:
            _left_out(titles[key], str(error))
    bar.empty()
    return shown


def _left_out(title: str, reason: str) -> None:
    """Say that a variant cannot be used."""
    sentence = words.LEFT_OUT.format(title=units.plain(title), reason=units.plain(reason))
    st.warning(sentence, icon=":material/error:")


def _variant(
    model: Model, loaded: Loaded, candidate: Candidate, title: str, work: variant_cache.Work, score: str
) -> Variant:
    saved = variant_cache.checkpoint(candidate.path, title)
    maps = variant_cache.computed(loaded, work)
    config = saved.config
    if candidate.kind == WHATIF:
        config = altered(model.detector, candidates.WHATIFS[candidate.name]).config
    expression = candidates.expression_for(config, score)
    judged = variant_cache.judgement(saved, loaded, work.key, maps, expression) if expression else None
    levels = variant_cache.levels(saved, work.key)
    return Variant(candidate, title, saved, config, maps, expression, judged, levels, work.key)
