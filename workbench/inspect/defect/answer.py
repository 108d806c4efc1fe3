"""The answer to a defect: the altered picture, the verdict on it, and what each map and factor shows there."""

from dataclasses import replace

import streamlit as st

from nnet.scoring.circuit import PAIRS
from nnet.scoring.maps import MAPS
from workbench.inspect import settings
from workbench.inspect.defect import cache, effect, figures, words
from workbench.inspect.defect.recipe import Recipe
from workbench.inspect.defect.scene import Outcome
from workbench.inspect.scene import Scene
from workbench.shared import controls, pictures, session, theme, units
from workbench.shared import words as shared_words


def outcome(scene: Scene, recipe: Recipe | None) -> Outcome | None:
    """Run the network on the altered image unless that is known; None if there is nothing to look at.

    Raises:
        nnet.errors.NNetError: a drawing that cannot be used.
    """
    if recipe is None:
        return None
    model, loaded = scene.model, scene.loaded
    alteration = cache.alteration(loaded, recipe)
    if not alteration.changed:
        return None
    answer, ran = cache.answer(model, loaded, recipe)
    judged = cache.judgement(model, loaded, recipe, scene.expression)
    judged = replace(judged, reference=scene.judged.reference)  # the visitor may have moved the threshold
    maps, factors = (
        [effect.effect(part, scene.trace.maps, answer.maps, answer.inside, cache.level(model, part)) for part in parts]
        for parts in effect.parts(scene.expression, answer.maps)
    )
    return Outcome(recipe, alteration, answer, judged, maps, factors, ran)


def altered(scene: Scene, outcome: Outcome) -> None:
    """The picture with the defect, with its heatmap, or the heatmap without the defect."""
    show, edged = settings.SHOWN.remember(), settings.EDGE.remember()
    view, image = scene.view, scene.loaded.shown if show == "before" else outcome.alteration.shown
    judged = scene.judged if show == "before" else outcome.judged
    picture = image if show == "plain" else pictures.overlay(image, judged.score, view.scale, view.opacity, view.edge)
    if edged:
        picture = figures.with_defect_outline(picture, outcome.alteration.shown_mask)
    st.markdown(f"**{words.SHOWN_TITLES[show]}**")
    figure = pictures.picture_figure(picture, scene.loaded.image.shape, judged.score, touch=session.on_touch_screen())
    controls.chart(figure, "studio_altered", alt=words.ALTERED_HINT)
    st.html(pictures.colour_bar(view.scale))
    controls.choose(settings.SHOWN, words.SHOWN, label=words.SHOWN_LABEL, label_visibility="collapsed")
    controls.toggle(settings.EDGE, words.OUTLINE_LABEL, help=words.OUTLINE_HELP)
    st.caption(words.ALTERED_HINT)


def verdict(scene: Scene, outcome: Outcome) -> None:
    """What the network says, in words and numbers."""
    before, after = scene.judged, outcome.judged
    found = effect.found(outcome.answer.covered, before, after)
    colour = theme.BADGES[after.is_anomalous]
    said = words.verdict(outcome.recipe.kind, before.value, after.value, after.reference, found, outcome.maps)
    st.markdown(f"**{words.VERDICT_TITLE}**")
    st.markdown(f":{colour}-badge[{shared_words.decision(after.reference, after.value)}] {said}")
    with st.grid(2, min_column_width=180, gap="small"):  # so wide that no score is cut
        controls.score(words.SCORE_BEFORE, before)
        controls.score(words.SCORE_AFTER, after)
        st.metric(words.FOUND_LABEL, units.percent(found.share), help=words.FOUND_HELP)
        st.metric(words.IOU_LABEL, f"{found.iou:.2f}", help=words.IOU_HELP)
    st.caption(words.ran(outcome.answer.milliseconds, outcome.ran))


def effects(scene: Scene, outcome: Outcome) -> None:
    """Each map before and after at the defect: as pictures and as a chart."""
    st.markdown(f"**{words.EFFECTS_TITLE}**")
    left, right = st.columns((3, 2), gap="medium")
    with left:
        _map_pairs(scene, outcome)
    with right:
        figure = figures.effects_figure([*outcome.maps, *outcome.factors])
        controls.chart(figure, "studio_effects", f"{words.EFFECTS_HINT} {words.VISIBLE_MEANS}", alt=words.EFFECTS_HINT)


def _map_pairs(scene: Scene, outcome: Outcome) -> None:
    scale = pictures.map_scale(scene.view.scale.colour_map)
    found = {one.name: one for one in outcome.maps}
    with st.grid(3, min_column_width=150, gap="small") as grid:
        for name in (name for pair in PAIRS for name in pair if name in found):
            pair = figures.map_pair(
                (scene.trace.maps[name], outcome.answer.maps[name]),
                found[name].level,
                scene.loaded.image.shape,
                outcome.alteration.shown_mask,
                scale,
            )
            with grid.cell():
                st.markdown(f"**{name}** {MAPS[name].pair}")
                st.image(pictures.data_uri(pair), width="stretch", alt=words.PAIR_ALT.format(name=name))
                st.caption(words.effect_caption(found[name]))
    st.html(pictures.colour_bar(scale))
    st.caption(words.PAIRS_HINT)
