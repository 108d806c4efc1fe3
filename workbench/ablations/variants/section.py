"""Ablations, side by side: one picture under several variants on one scale, with the reason at a pixel and in the
settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from nnet.analysis.whatif import LABEL, altered
from nnet.errors import NNetError
from nnet.scoring.overlay import overlay
from nnet.studies.published import METRICS
from workbench.ablations.variants import cache as variant_cache
from workbench.ablations.variants import candidates, figures, words
from workbench.ablations.variants.candidates import MODEL, OWN, WHATIF, Candidate, Variant
from workbench.components import linked_pictures
from workbench.components.linked_pictures import Probe, Tile
from workbench.shared import (
    chosen_pixel,
    frame,
    gallery,
    model_list,
    pictures,
    resources,
    session,
    sides,
    sides_figures,
    theme,
    verdict_words,
)
from workbench.shared.model_list import ModelEntry
from workbench.shared.pictures import Scale
from workbench.shared.resources import Loaded, Model

_CHOICE, _PICKED, _REFERENCE, _FIGURE = "variants", "variant", "reference", "figure"
_SEPARATOR = "~"
_SIDE = 480  # longest side of a tile's picture in pixels
_DIFFERENCE_OPACITY = 0.9
_WIDE = 5  # most pictures in a row


@dataclass(frozen=True)
class _View:
    """How the grid is drawn: a key of SHOWS, the colours, the overlay's opacity 0..1, and the chosen pixel x, y."""

    show: str
    colours: str
    opacity: float
    pixel: tuple[int, int]


def draw(entry: ModelEntry | None) -> None:
    """Draw the part.

    Args:
        entry: the sidebar's model; without one the page says what to do.
    """
    model = frame.loaded(entry)
    st.markdown(words.INTRO)
    picture, loaded = gallery.pick(model)
    possible = candidates.possible_whatifs(model.detector.config)
    kept = variant_cache.kept_models()
    found = candidates.candidates(model_list.entries(), entry, possible, kept)
    titles = words.titles(found.values())
    _figures(model, found)
    keys = _choice(found, titles)
    if not keys:
        st.info(words.NOTHING_CHOSEN, icon=":material/grid_view:")
        return
    show, score, reference_key = _controls(keys, titles)
    shown = _variants(model, loaded, {key: found[key] for key in keys}, titles, score)
    scored = [one for one in shown if one.judged is not None]
    if not scored:
        st.warning(words.NONE_SCORED, icon=":material/rule:")
        return
    reference = next((one for one in scored if one.candidate.key == reference_key), scored[0])
    gallery.heading(picture, loaded)
    st.markdown(words.answer(scored, reference))
    view = _view(show, loaded, reference)
    _grid(loaded, shown, reference, view)
    _pixel(loaded, scored, view)
    _closer(shown, reference)


# ------------------------------------------------------------------------------------------------------ the controls


def _figures(model: Model, found: Mapping[str, Candidate]) -> None:
    """Buttons that choose the variants of one of the paper's figures, and what there is to say about the chosen one."""
    first = next(iter(found.values()))
    own = candidates.same_parts(model.detector.config)
    stand_in = {own: first.key} if own else {}
    session.remember(_FIGURE, "", session.one_of(["", *words.FIGURES]))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"{words.FIGURES_LABEL}", width="content")
        for name, figure in words.FIGURES.items():
            chosen = candidates.figure_choice(found, figure.variants, first.data, stand_in)
            st.button(
                name,
                key=f"choose-{name}",
                help=figure.about,
                on_click=_choose_figure,
                args=(name, chosen),
                type="primary" if st.session_state[_FIGURE] == name else "secondary",
            )
    if name := st.session_state[_FIGURE]:
        chosen = candidates.figure_choice(found, words.FIGURES[name].variants, first.data, stand_in)
        stood_in = [variant for variant, key in chosen.items() if found[key].kind == MODEL]
        data = candidates.training_data(model.detector.checkpoint.about)
        st.info(words.figure_found(name, chosen, stood_in, data), icon=":material/menu_book:")


def _choose_figure(name: str, chosen: Mapping[str, str]) -> None:
    """Show a figure's variants as the paper shows them. A callback."""
    figure = words.FIGURES[name]
    st.session_state[_FIGURE] = name
    if not chosen:
        return
    st.session_state[_CHOICE] = _SEPARATOR.join(chosen.values())
    st.session_state["grid_show"], st.session_state["grid_score"] = figure.show, figure.score
    st.session_state[_REFERENCE] = chosen.get(figure.reference, next(iter(chosen.values())))


def _choice(found: Mapping[str, Candidate], titles: Mapping[str, str]) -> list[str]:
    """Keys of the chosen variants. The widget's own value is a list; what is remembered is a text for the address."""
    session.remember(_CHOICE, _SEPARATOR.join(candidates.first_choice(found)), _reader(found))
    st.session_state["variants_chosen"] = [key for key in st.session_state[_CHOICE].split(_SEPARATOR) if key]
    return st.multiselect(
        words.CHOICE_LABEL,
        list(found),
        format_func=titles.get,
        key="variants_chosen",
        on_change=_chosen,
        max_selections=candidates.MOST,
        help=words.CHOICE_HELP,
    )


def _chosen() -> None:
    st.session_state[_CHOICE] = _SEPARATOR.join(st.session_state["variants_chosen"]) or _SEPARATOR
    st.session_state[_FIGURE] = ""


def _reader(found: Mapping[str, Candidate]) -> Callable[[str], str]:
    """A reader for `state.remember`: keys of candidates. Those that are not there any more are left out."""

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
    session.remember("grid_show", "score", session.one_of(words.SHOWS))
    session.remember("grid_score", OWN, session.one_of(words.SCORES))
    session.remember(_REFERENCE, keys[0], session.one_of(keys))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        show = st.segmented_control(
            words.SHOW_LABEL, list(words.SHOWS), format_func=words.SHOWS.get, key="grid_show", required=True
        )
        score = st.selectbox(
            words.SCORE_LABEL,
            list(words.SCORES),
            format_func=words.SCORES.get,
            key="grid_score",
            help=words.SCORE_HELP,
            width=170,
        )
        reference = st.selectbox(
            words.REFERENCE_LABEL, keys, format_func=titles.get, key=_REFERENCE, help=words.REFERENCE_HELP, width=260
        )
    return show, score, reference


def _view(show: str, loaded: Loaded, reference: Variant) -> _View:
    session.remember("opacity", 70, session.whole_number(0, 100))
    session.remember("colours", theme.DEFAULT_COLOUR_MAP, session.one_of(theme.COLOUR_MAPS))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        opacity = st.slider("Overlay opacity", 0, 100, step=5, format="%d %%", key="opacity", width=160)
        colours = st.selectbox("Colours", theme.COLOUR_MAPS, key="colours", width=120)
    return _View(show, colours, opacity / 100, chosen_pixel.remember(loaded, reference.judged))


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
            st.warning(words.left_out(titles[key], str(error.strerror)), icon=":material/error:")
    missing = [key for key, work in works.items() if variant_cache.known(loaded, work.key) is None]
    for key, work in works.items():
        if key in missing:
            done = missing.index(key)
            bar.progress(done / len(missing), words.progress(done, len(missing), titles[key]))
        try:
            shown.append(_variant(model, loaded, chosen[key], titles[key], work, score))
        except NNetError as error:
            st.warning(words.left_out(titles[key], str(error)), icon=":material/error:")
    bar.empty()
    return shown


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
    levels = variant_cache.levels(saved)
    return Variant(candidate, title, saved, config, maps, expression, judged, levels)


# ------------------------------------------------------------------------------------------------------------ the grid


def _grid(loaded: Loaded, shown: Sequence[Variant], reference: Variant, view: _View) -> None:
    picked = _picked(shown)
    indices: list[int] = []  # of the variant behind each tile; -1 for the original
    tiles: list[Tile] = []

    def add(index: int, tile: Tile) -> None:
        indices.append(index)
        tiles.append(tile)

    if view.show in ("score", "difference"):
        add(-1, _original(loaded))
        for index, one in enumerate(shown):
            add(index, _score_tile(loaded, one, reference, view))
        columns = _columns(len(tiles))
    else:
        columns = len(shown)
        for name in _rows(view.show, shown):
            for index, one in enumerate(shown):
                add(index, _map_tile(loaded, one, name, view))
    shape, (x, y) = loaded.image.shape, view.pixel
    linked_pictures.draw(
        "variants_grid",
        tiles,
        shape[:2],
        (y, x),
        shape,
        lambda r, c: chosen_pixel.choose(c, r),
        label=words.GRID_LABEL,
        width=160,
        widest=420,
        ring=True,
        zoom=True,
        step=max(1, shape[1] // 64),
        image=loaded.hash,
        columns=columns,
        picked=next((i for i, v in enumerate(indices) if v == picked), None),
        on_pick=lambda tile: _pick(shown[indices[tile]]),
        probe=Probe(reference.side.score, f"{reference.title}, in thresholds:"),
    )
    _legend(shown, reference, view)


def _columns(count: int) -> int:
    """Pictures in a row, so that rows are about equally long."""
    rows = -(-count // _WIDE)
    return -(-count // rows)


def _rows(show: str, shown: Sequence[Variant]) -> list[str]:
    """The maps to show, scale by scale from fine to coarse, as far as a variant has them."""
    order = {"reverse": ("M1", "M2", "M3"), "forward": ("M6", "M5", "M4"), "maps": ("M1", "M6", "M2", "M5", "M3", "M4")}
    return [name for name in order[show] if any(name in one.maps for one in shown)] or list(order[show])


def _original(loaded: Loaded) -> Tile:
    uri = resources.photo((loaded.hash, "grid"), lambda: pictures.reduced(loaded.shown, _SIDE))
    return Tile(words.ORIGINAL, words.ORIGINAL_HINT, uri)


def _score_tile(loaded: Loaded, one: Variant, reference: Variant, view: _View) -> Tile:
    """A variant's score on the picture, or its difference to the reference."""
    if one.judged is None:
        return Tile(one.title, words.NO_SCORE, pick=words.pick(one.title))
    is_reference = one.candidate.key == reference.candidate.key
    key = _photo_key(loaded, one, view)
    if view.show == "difference" and not is_reference:
        uri = resources.photo((*key, "minus", *_identity(reference)), lambda: _difference(loaded, one, reference))
    else:
        scale = _scale(view)
        small = pictures.reduced(loaded.shown, _SIDE)
        uri = resources.photo(key, lambda: pictures.overlay(small, one.side.score, scale, view.opacity, 1.0))
    hint = words.REFERENCE_TAG if is_reference else _differs(one, reference)
    return Tile(
        one.title, hint, uri, tag=words.score_tag(one), alarm=one.judged.is_anomalous, pick=words.pick(one.title)
    )


def _difference(loaded: Loaded, one: Variant, reference: Variant) -> np.ndarray:
    values = candidates.difference(one, reference)
    return sides_figures.difference_overlay(pictures.reduced(loaded.shown, _SIDE), values, _DIFFERENCE_OPACITY)


def _map_tile(loaded: Loaded, one: Variant, name: str, view: _View) -> Tile:
    title = words.map_title(name, one.title)
    if name not in one.maps:
        return Tile(title, words.NO_MAP, pick=words.pick(one.title))
    values, level = one.maps[name], max(one.levels[name], 1e-12)
    small, colours = pictures.reduced(loaded.shown, _SIDE), pictures.map_scale(view.colours)
    uri = resources.photo(
        (*_photo_key(loaded, one, view), name),
        lambda: overlay(small, values / level, (colours.low, colours.high), view.opacity, view.colours, None),
    )
    return Tile(
        title, words.map_hint(name), uri, tag=words.peak_tag(float(values.max()) / level), pick=words.pick(one.title)
    )


def _photo_key(loaded: Loaded, one: Variant, view: _View) -> tuple[object, ...]:
    return ("grid", loaded.hash, *_identity(one), view.colours, view.opacity)


def _identity(one: Variant) -> tuple[object, ...]:
    """What a variant's numbers depend on, beside the picture."""
    what = one.candidate.name if one.candidate.kind == WHATIF else ""
    return one.checkpoint.weights_hash, what, one.expression


def _differs(one: Variant, reference: Variant) -> str:
    if one.checkpoint.weights_hash == reference.checkpoint.weights_hash and one.config == reference.config:
        return words.SAME_WEIGHTS
    return words.differs(sides.settings(reference.config, one.config))


def _scale(view: _View) -> Scale:
    return Scale(0.0, 2.0, {0.0: "0", 1.0: "1 = own threshold", 2.0: "≥ 2"}, "times own threshold", view.colours)


def _legend(shown: Sequence[Variant], reference: Variant, view: _View) -> None:
    """The one colour scale of all tiles, and what its unit is."""
    if view.show == "difference":
        st.html(pictures.gradient_bar(sides_figures.difference_gradient(), words.ticks(reference.title)))
        notes = [words.DIFFERENCE_NOTE]
    elif view.show == "score":
        st.html(pictures.colour_bar(_scale(view)))
        notes = [words.SCALE_NOTE]
    else:
        st.html(pictures.colour_bar(pictures.map_scale(view.colours)))
        notes = [words.MAP_NOTE]
    if any(one.candidate.kind == WHATIF for one in shown):
        notes.append(f"{words.WHATIF_NOTE} {LABEL}")
    st.caption(" ".join(notes))


def _picked(shown: Sequence[Variant]) -> int:
    """The index of the variant that is looked at closely: the second one until another is chosen."""
    keys = [one.candidate.key for one in shown]
    session.remember(_PICKED, keys[min(1, len(keys) - 1)], session.one_of(keys))
    return keys.index(st.session_state[_PICKED])


def _pick(one: Variant) -> None:
    st.session_state[_PICKED] = one.candidate.key


# ----------------------------------------------------------------------------------------------------------- the pixel


def _pixel(loaded: Loaded, scored: Sequence[Variant], view: _View) -> None:
    """Why the chosen pixel scores what it scores, for every variant."""
    x, y = view.pixel
    st.subheader(words.PIXEL_TITLE, anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        session.remember("normal", "place", session.one_of(verdict_words.COMPARISONS))
        by_place = (
            st.segmented_control(
                verdict_words.COMPARE_LABEL,
                list(verdict_words.COMPARISONS),
                format_func=verdict_words.COMPARISONS.get,
                key="normal",
                required=True,
                help=verdict_words.COMPARE_HELP,
            )
            == "place"
        )
        for key, label, value, length in (
            ("grid_x", "x in px", x, loaded.image.shape[1]),
            ("grid_y", "y in px", y, loaded.image.shape[0]),
        ):
            st.session_state[key] = value
            st.slider(label, 0, length - 1, key=key, on_change=_moved, width=200)
        st.button(
            "Highest score",
            icon=":material/my_location:",
            on_click=chosen_pixel.choose_peak,
            key="grid_peak",
            disabled=chosen_pixel.is_peak(),
            help="Choose the pixel where the reference's score is highest.",
        )
    verdicts = {
        one.title: candidates.verdict(
            one, variant_cache.normal_maps(one.checkpoint), x, y, loaded.image.shape, by_place
        )
        for one in scored
    }
    left, right = st.columns(2, gap="medium")
    with left:
        figure = figures.shares_figure({title: found for title, (found, _) in verdicts.items()})
        st.markdown(f"**{verdict_words.pixel_title(x, y)}: what makes each score**", help=verdict_words.SHARES_HELP)
        st.plotly_chart(figure, key="grid_shares", config=pictures.CHART_CONFIG, alt=words.PIXEL_HINT)
        st.caption(words.PIXEL_HINT)
    with right:
        lines = [
            words.verdict(one, verdict_words.pixel_verdict(found, here, 1.0, by_place), here)
            for one, (found, here) in zip(scored, verdicts.values(), strict=True)
        ]
        st.markdown("\n".join(f"- {line}" for line in lines))


def _moved() -> None:
    chosen_pixel.choose(st.session_state["grid_x"], st.session_state["grid_y"])


# -------------------------------------------------------------------------------------------------- what tells it apart


def _closer(shown: Sequence[Variant], reference: Variant) -> None:
    """One variant's settings against the reference's, and its rows in the paper."""
    st.subheader(words.CLOSER_TITLE, anchor=False)
    titles = {one.candidate.key: one.title for one in shown}
    st.session_state["variant_pills"] = st.session_state[_PICKED]
    st.pills(
        words.CLOSER_LABEL,
        list(titles),
        format_func=titles.get,
        key="variant_pills",
        on_change=_pill_pressed,
        label_visibility="collapsed",
    )
    one = next(one for one in shown if one.candidate.key == st.session_state[_PICKED])
    st.markdown(words.about(one))
    if one.candidate.kind == WHATIF:
        st.info(f"{LABEL} {words.changed(candidates.WHATIFS[one.candidate.name].changes)}", icon=":material/science:")
    _settings(one, reference)
    _places(one)


def _pill_pressed() -> None:
    if st.session_state["variant_pills"] is not None:
        st.session_state[_PICKED] = st.session_state["variant_pills"]


def _settings(one: Variant, reference: Variant) -> None:
    if one.candidate.key == reference.candidate.key:
        st.markdown(words.IS_REFERENCE)
        return
    same = one.checkpoint.weights_hash == reference.checkpoint.weights_hash
    found = sides.settings(reference.config, one.config)
    rows = [*found, *([] if same else sides.training(reference.checkpoint, one.checkpoint))]
    if same:
        st.markdown(words.SAME_WEIGHTS)
    if rows:
        table = sides.settings_table(rows, reference.title, one.title)
        st.dataframe(table, hide_index=True, key="variant_settings")


def _places(one: Variant) -> None:
    if one.candidate.kind == WHATIF:
        return
    result = candidates.result_of(one.candidate)
    names = [candidates.variant_of(one.config)] if result is None else result["variants"]
    table = places_table(candidates.places(names, result))
    if table.empty:
        st.caption(words.NOT_IN_PAPER)
        return
    st.markdown(f"**{words.PLACES_TITLE}**")
    number = st.column_config.NumberColumn(format="%.2f", help="Percent.")
    st.dataframe(
        table,
        hide_index=True,
        key="variant_places",
        column_config={column: number for column in table.columns if column.endswith(("published", "measured"))},
    )
    st.caption(words.PLACES_NOTE)


def places_table(places: Sequence[candidates.Place]) -> pd.DataFrame:
    """One row per row of the paper that a variant is, with each metric as published and as measured, in percent.

    Metrics without any number are left out.
    """
    rows = []
    for place in places:
        row: dict[str, object] = {"Study": place.study.title, "Row": place.row.label, "Source": words.published(place)}
        for label, metric in METRICS.items():
            row[f"{label}, published"] = place.row.published.get(metric)
            row[f"{label}, measured"] = words.percent(place.measured, metric)
        rows.append(row)
    return pd.DataFrame(rows).dropna(axis="columns", how="all")
