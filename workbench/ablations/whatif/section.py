"""Ablations, what if: parts of the trained model dropped, replaced or truncated, without training."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from nnet.analysis.whatif import LABEL, Donor, WhatIf, altered, energy, highest_rank, restricted
from nnet.detector import Trace
from nnet.expression import Expression
from workbench.ablations import settings
from workbench.ablations.variants import cache as variant_cache
from workbench.ablations.variants import candidates
from workbench.ablations.variants import words as variant_text
from workbench.ablations.variants.candidates import Candidate
from workbench.ablations.whatif import figures as whatif_figures
from workbench.ablations.whatif import parts_out, words
from workbench.ablations.whatif import rows as whatif_data
from workbench.ablations.whatif.rows import KEPT, OTHER, OUT, Change, Choice, Row
from workbench.components import linked_pictures
from workbench.components.linked_pictures import Pictures, Probe, Tile
from workbench.shared import (
    chosen_picture,
    chosen_pixel,
    controls,
    gallery,
    kinds,
    model_list,
    resources,
    sides,
    sides_figures,
    units,
)
from workbench.shared import pictures as figures
from workbench.shared import words as shared_words
from workbench.shared.controls import choose, slider
from workbench.shared.picture import Picture
from workbench.shared.pictures import Scale
from workbench.shared.resources import Loaded, Model
from workbench.shared.settings import Setting
from workbench.shared.sides import Side

_SIDE = 640  # longest side of a picture in pixels
_DIFFERENCE_OPACITY = 0.9


def draw(model: Model, beside: Callable[[str], None]) -> None:
    """Draw the part.

    Args:
        model: the chosen one; it is never changed.
        beside: draws the other experiments below the table of all parts, and is told what that table says.
    """
    picture, loaded = gallery.pick(model)
    with st.spinner(words.LOOKING_AT_ONE, show_time=True):
        trace = resources.trace(model, loaded)
    with st.container(key="whatif"):
        choice = _controls(model, trace)
        stage = st.container(key="whatif_stage")  # right below what changes it; on a phone it stays in sight
    st.warning(f"**{LABEL}** {words.CAVEAT}", icon=":material/science:")
    if choice.what == WhatIf():
        stage.info(f"{words.INTRO} {words.NOTHING}", icon=":material/tune:")
        beside(parts_out.draw(model, loaded))
        return
    changed = altered(model.detector, choice.what)
    expression = restricted(model.detector.config.scoring.parsed, changed.config.maps)
    curve = _rank_scan(model, loaded, trace, choice, expression) if choice.what.rank is not None else []
    found = _change(model, loaded, trace, choice, expression)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        opacity, colours = controls.opacity(width=160), controls.colours()
        st.button(words.RESET, icon=":material/restart_alt:", help=words.RESET_HELP, on_click=_reset)
    with stage:
        _pictures(model, loaded, choice, found, opacity, colours)
    _answer(model, choice, found, is_judged=kinds.beyond(model, loaded) is None)
    beside(parts_out.draw(model, loaded))
    st.caption(words.INTRO)
    gallery.heading(picture, loaded)
    if choice.what.rank is not None:
        _rank_curve(trace, choice.what.rank, found, curve)
    _peaks(found)
    _samples(model, choice, expression)


# ------------------------------------------------------------------------------------------------------ the controls


def _controls(model: Model, trace: Trace) -> Choice:
    """The switches. Those for parts that the model lacks are off and say why."""
    config = model.detector.config
    why = words.reasons(config)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        nfs = _switch(settings.WHATIF_NFS, words.NFS_LABEL, words.NFS_HELP, why["nfs"], not why["nfs"])
        fpm = _switch(
            settings.WHATIF_FPM, words.FPM_LABEL, words.FPM_HELP, why["fpm"], bool(why["nfs"]) and not why["fpm"]
        )
        truncated = _switch(settings.WHATIF_TRUNCATE, words.TRUNCATE_LABEL, words.TRUNCATE_HELP, why["rank"], False)
        forward, donor, title = _forward(model, why)
    if not why["forward"] and not _donors(model):
        st.caption(words.NO_DONOR.format(command=_command(model)))
    rank = _rank(highest_rank(trace)) if truncated else None
    of = None if donor is None else Donor(title, donor.detector)
    return Choice(WhatIf(nfs, fpm, forward == OUT, rank, of), donor)


def _switch(setting: Setting[bool], label: str, about: str, problem: str, default: bool) -> bool:
    setting.remember(default)
    if problem:
        setting.set(False)
    return st.toggle(label, key=setting.key, disabled=bool(problem), help=problem or about)


def _forward(model: Model, why: Mapping[str, str]) -> tuple[str, Model | None, str]:
    """What becomes of the forward branch; for another model's, that model and its title."""
    donors = _donors(model)
    possible = [KEPT] if why["forward"] else [KEPT, *([] if why["out"] else [OUT]), *([OTHER] if donors else [])]
    problem = why["forward"] or why["out"] or ("" if donors else words.NO_DONOR.format(command=_command(model)))
    forward = choose(
        settings.WHATIF_FORWARD,
        {name: words.FORWARDS[name] for name in possible},
        label=words.FORWARD_LABEL,
        disabled=len(possible) == 1,
        help=" ".join(filter(None, (words.FORWARD_HELP, problem))),
    )
    if forward != OTHER:
        return forward, None, ""
    titles = variant_text.titles(donors.values())
    names = {key: titles[key] for key in donors}
    key = choose(settings.WHATIF_DONOR, names, label=words.DONOR_LABEL, help=words.DONOR_HELP, kind="list", width=220)
    donor = resources.load_model(titles[key], donors[key].path, str(model.detector.device))
    return forward, donor, titles[key]


def _donors(model: Model) -> dict[str, Candidate]:
    entries = model_list.entries()
    chosen = entries[model.name]
    found = candidates.candidates(entries, chosen, (), variant_cache.kept_models())
    return whatif_data.donors(found, chosen.path, model.detector.config)


def _command(model: Model) -> str:
    return variant_text.COMMAND.format(study="figure6", data=candidates.training_data(model.detector.checkpoint.about))


def _rank(highest: int) -> int:
    if highest == 1:
        return 1
    return slider(settings.WHATIF_RANK, words.RANK_LABEL, 1, highest, default=max(1, highest // 4), width=420)


def _reset() -> None:
    for setting in (settings.WHATIF_NFS, settings.WHATIF_FPM, settings.WHATIF_TRUNCATE):
        setting.set(False)
    settings.WHATIF_FORWARD.set(KEPT)


# --------------------------------------------------------------------------------------------------- what is computed


def _work(model: Model, loaded: Loaded, choice: Choice) -> variant_cache.Work:
    return variant_cache.whatif_work(model, loaded, choice.what, choice.name, choice.donor)


def _change(model: Model, loaded: Loaded, trace: Trace, choice: Choice, expression: Expression) -> Change:
    work = _work(model, loaded, choice)
    maps = variant_cache.computed(loaded, work)
    own, saved = model.detector.config.scoring.parsed, model.detector.checkpoint
    before = resources.judgement(model, loaded, own)
    after = variant_cache.judgement(saved, loaded, work.key, maps, expression)
    levels = resources.normal_levels(model)
    both = (sides.side(words.BEFORE, before, trace.maps, levels), sides.side(words.AFTER, after, maps, levels))
    return Change(*both, expression, own == expression)


def _rank_scan(model: Model, loaded: Loaded, trace: Trace, choice: Choice, expression: Expression) -> list[float]:
    """The score in thresholds at every rank, with all other changes as chosen; computed once per picture, then kept."""
    ranks = range(1, highest_rank(trace) + 1)
    choices = [dataclasses.replace(choice, what=dataclasses.replace(choice.what, rank=rank)) for rank in ranks]
    works = [_work(model, loaded, one) for one in choices]
    missing = [work for work in works if variant_cache.known(loaded, work.key) is None]
    bar = st.empty()
    for done, work in enumerate(missing):
        bar.progress(done / len(missing), words.SCANNING.format(done=done + 1, total=len(missing)))
        variant_cache.computed(loaded, work)
    bar.empty()
    return [_relative(model, loaded, work.key, variant_cache.computed(loaded, work), expression) for work in works]


def _relative(
    model: Model, loaded: Loaded, key: str, maps: Mapping[str, np.ndarray] | None, expression: Expression
) -> float:
    assert maps is not None  # `_ready` saw to it
    return variant_cache.relative(model.detector.checkpoint, loaded, key, maps, expression)


# --------------------------------------------------------------------------------------------------- on this picture


def _answer(model: Model, choice: Choice, found: Change, *, is_judged: bool) -> None:
    st.markdown(words.answer(found, is_judged=is_judged))
    told = f"{words.raw_scores(found)} {words.UNIT_NOTE}"
    with st.grid(3, min_column_width=150, gap="small"):
        for label, value in (
            (words.BEFORE_METRIC, units.times(found.before.relative)),
            (words.AFTER_METRIC, units.times(found.after.relative)),
            (words.CHANGE_METRIC, words.signed(found.after.relative - found.before.relative)),
        ):
            st.metric(label, value, help=told)
    if not found.comparable:
        own = model.detector.config.scoring.parsed
        st.info(words.not_comparable(own, found.expression), icon=":material/straighten:")
    st.caption(f"{LABEL} {words.changes(choice.what.changes)}")


def _pictures(model: Model, loaded: Loaded, choice: Choice, found: Change, opacity: float, colours: str) -> None:
    scale = Scale(0.0, 2.0, words.SCALE_TICKS, words.SCALE_UNIT, colours)
    small = figures.reduced(loaded.shown, _SIDE)
    key = (loaded.hash, variant_cache.whatif_key(model, choice.what, choice.name, choice.donor), colours, opacity)
    tiles = [
        _tile(found.before, words.BEFORE_HINT, scale, (*key, "before"), small, opacity),
        _tile(found.after, words.AFTER_HINT, scale, (*key, "after"), small, opacity, words.LARGE),
    ]
    if kinds.beyond(model, loaded) is not None:
        tiles = [_unjudged(tile, side) for tile, side in zip(tiles, (found.before, found.after), strict=True)]
    difference = sides.difference(found.before, found.after)
    uri = resources.photo(
        (*key, "difference"), lambda: sides_figures.difference_overlay(small, difference, _DIFFERENCE_OPACITY)
    )
    tiles.append(
        Tile(
            words.DIFFERENCE_TITLE,
            words.DIFFERENCE_HINT,
            uri,
            gradient=sides_figures.difference_gradient(),
            ticks=words.DIFFERENCE_TICKS,
            tag=words.DIFFERENCE_TAG.format(change=words.signed(found.after.relative - found.before.relative)),
            pick=words.LARGE.format(title=words.DIFFERENCE_TITLE),
        )
    )
    shape = loaded.image.shape
    x, y = chosen_pixel.remember(loaded, found.before.judged)
    linked_pictures.show(
        "whatif_pictures",
        Pictures(
            tiles,
            shape[:2],
            (y, x),
            shape,
            words.PICTURES_LABEL,
            ring=True,
            zoom=True,
            step=max(1, shape[1] // 64),
            image=loaded.hash,
            probe=Probe(found.after.score, words.PROBE, shared_words.UNIT),
            hero=0,
            second=(second := 1 + settings.WHATIF_LARGES.index(settings.WHATIF_LARGE.remember())),
            picked=second,
        ),
        lambda row, column: chosen_pixel.choose(column, row),
        lambda tile: settings.WHATIF_LARGE.set(settings.WHATIF_LARGES[tile - 1]),
    )


def _unjudged(tile: Tile, side: Side) -> Tile:
    """The same of a picture of another kind of part."""
    judged = side.judged
    tag = words.tag(judged.reference, judged.value, side.relative, is_judged=False)
    return dataclasses.replace(tile, tag=tag, alarm=False)


def _tile(
    side: Side, hint: str, scale: Scale, key: tuple[object, ...], small: np.ndarray, opacity: float, pick: str = ""
) -> Tile:
    return Tile(
        side.name,
        hint,
        resources.photo(key, lambda: figures.overlay(small, side.score, scale, opacity, 1.0)),
        **linked_pictures.bar(scale),  # type: ignore[arg-type]
        tag=words.tag(side.judged.reference, side.judged.value, side.relative),
        alarm=side.judged.is_anomalous,
        pick=pick.format(title=side.name),
    )


def _rank_curve(trace: Trace, rank: int, found: Change, scores: Sequence[float]) -> None:
    """The score over all ranks, with the chosen one."""
    shares = energy(trace)
    st.markdown(f"**{words.RANK_TITLE}**")
    share = units.percent(float(shares[rank - 1]))
    st.markdown(words.RANK_KEPT.format(rank=rank, highest=len(shares), share=share))
    figure = whatif_figures.rank_figure(scores, shares, rank, found.before.relative)
    controls.chart(figure, "whatif_ranks", words.RANK_HINT, alt=words.RANK_TITLE, width=760)


def _peaks(found: Change) -> None:
    st.markdown(f"**{words.PEAKS_TITLE}**")
    figure = sides_figures.peaks_figure(found.before, found.after)
    controls.chart(figure, "whatif_peaks", words.PEAKS_HINT, alt=words.PEAKS_TITLE, width=760)


# ----------------------------------------------------------------------------------------------- over several pictures


def _samples(model: Model, choice: Choice, expression: Expression) -> None:
    """What the intervention does to the samples and the visitor's own pictures."""
    st.subheader(words.SAMPLES_TITLE, anchor=False)
    pictures = [*chosen_picture.sample_pictures().values(), *chosen_picture.uploads().values()]
    shown = pictures[: whatif_data.MOST_PICTURES]
    loaded = [picture.load() for picture in shown]
    key = variant_cache.whatif_key(model, choice.what, choice.name, choice.donor)
    if not _ready(model, choice, loaded, key):
        return
    rows = [_row(model, picture, one, key, expression) for picture, one in zip(shown, loaded, strict=True)]
    defective, normal = (whatif_data.summary(r for r in rows if r.defective is kind) for kind in (True, False))
    st.markdown(words.samples_summary(defective, normal))
    controls.chart(
        whatif_figures.changes_figure(rows),
        "whatif_samples",
        f"{words.SAMPLES_HINT} {words.UNIT_NOTE}",
        alt=words.SAMPLES_HINT,
    )
    if len(pictures) > len(shown):
        st.caption(words.FIRST_PICTURES.format(shown=len(shown), total=f"{len(pictures):,}"))
    with st.expander(words.TABLE, icon=":material/table_rows:"):
        number = st.column_config.NumberColumn(format="%.3g", help=words.UNIT_NOTE)
        st.dataframe(
            samples_table(rows),
            hide_index=True,
            key="whatif_table",
            column_config=dict.fromkeys((words.BEFORE_COLUMN, words.AFTER_COLUMN, words.CHANGE_COLUMN), number),
        )


def _ready(model: Model, choice: Choice, loaded: Sequence[Loaded], key: str) -> bool:
    """See that the maps of all pictures are there, before and after. A slider must not run networks, so at a rank that
    was not looked at yet a button asks for it."""
    before = [one for one in loaded if resources.known_maps(model, one) is None]
    after = [one for one in loaded if variant_cache.known(one, key) is None]
    if (
        after
        and choice.what.rank is not None
        and not st.button(
            words.SAMPLES_BUTTON, icon=":material/play_arrow:", key="whatif_run", help=words.SAMPLES_BUTTON_HELP
        )
    ):
        return False
    total, done, counted = len(before) + len(after), 0, units.plural(len(loaded), "picture")
    bar = st.empty()
    for images, compute in (
        (before, lambda part: resources.compute_maps(model, part)),
        (after, lambda part: variant_cache.compute_whatif_maps(model, part, choice.what, key)),
    ):
        for start in range(0, len(images), resources.BATCH):
            part = images[start : start + resources.BATCH]
            bar.progress(done / total, words.LOOKING.format(done=done // 2, pictures=counted))
            compute(part)
            done += len(part)
    bar.empty()
    return True


def _row(model: Model, picture: Picture, loaded: Loaded, key: str, expression: Expression) -> Row:
    own = model.detector.config.scoring.parsed
    before = _relative(model, loaded, model.key, resources.known_maps(model, loaded), own)
    after = _relative(model, loaded, key, variant_cache.known(loaded, key), expression)
    return Row(picture.title, picture.is_defective, before, after)


def samples_table(rows: Sequence[Row]) -> pd.DataFrame:
    """One row per picture: what is known of it, the scores in thresholds, their change, and both decisions."""
    return pd.DataFrame(
        [
            {
                words.PICTURE: row.title,
                words.KNOWN_AS: words.KINDS[row.defective],
                words.BEFORE_COLUMN: row.before,
                words.AFTER_COLUMN: row.after,
                words.CHANGE_COLUMN: row.change,
                words.DECISION_BEFORE: words.DECISIONS[row.before > 1],
                words.DECISION_AFTER: words.DECISIONS[row.after > 1],
            }
            for row in rows
        ]
    )
