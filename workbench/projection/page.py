"""Projection: what the projection modules (FPM) do to the features, and whether the paper's Figure 7 holds."""

from collections.abc import Mapping

import streamlit as st

from nnet.analysis import gated
from nnet.analysis.projection import Pair
from nnet.scoring.judge import Judgement
from nnet.scoring.unfamiliar import unfamiliar
from workbench.projection import (
    cache,
    does_figure7_hold,
    features,
    gates,
    good_parts,
    pairs,
    settings,
    variance,
    whole_set,
    words,
)
from workbench.projection.pairs import Region
from workbench.projection.scene import Scene
from workbench.shared import controls, frame, gallery, gate_table, resources
from workbench.shared import words as shared_words
from workbench.shared.picture import Picture
from workbench.shared.resources import Loaded


def main() -> None:
    with frame.page("Projection") as model:
        with st.container(key="titled", horizontal=True, vertical_alignment="center", gap="medium"):
            st.title(words.TITLE, anchor=False, help=words.ABOUT, width="content")
            lead = st.empty()
        picture, loaded = gallery.pick(model)
        with st.spinner(words.LOOKING, show_time=True):
            trace = resources.trace(model, loaded)
            among = gate_table.among(model)
        alike = gated.spread(trace).get("spread", 1.0) < gated.ALIKE
        judged = resources.judgement(model, loaded, model.detector.config.scoring.parsed)
        region = pairs.flagged_region(picture, loaded, judged)
        if said := unfamiliar(judged.share_above):
            st.markdown(f":material/help: {said}")
        every = pairs.all_pairs(trace)
        collapsed = {"label_visibility": "collapsed"}
        part = controls.choose(settings.PART, words.PART_NAMES, label=words.PART, help=words.PART_HELP, **collapsed)
        lead.caption(words.lead(good_parts.scales(among), alike and part == "good"))
        if part == "data":
            whole_set.section(model, sum(trace.timings.values()))
            return
        with st.container(horizontal=True, gap="medium"):
            side = _side(every, collapsed)
            stage = controls.choose(settings.STAGE, words.SCALE_NAMES, label=words.SCALE, **collapsed)
        looked = {name: cache.looks(model, loaded, name, some, region) for name, some in every.items()}
        scene = Scene(model, loaded, region, side, every, looked)
        if not scene.has_projection:
            st.info(words.no_projection(side), icon=":material/info:")
        if part == "good":
            good_parts.section(scene, among, int(stage) - 1)
            return
        if part == "figure7":
            variance.section(scene, int(stage) - 1)
            _about(picture, loaded, judged, region)
            does_figure7_hold.section(scene)
            return
        {"gates": gates.section, "features": features.section}[part](scene, int(stage) - 1)
        _about(picture, loaded, judged, region)


def _about(picture: Picture, loaded: Loaded, judged: Judgement, region: Region) -> None:
    """What is known of the picture, and which part of it counts as flagged."""
    score = words.SCORE.format(score=shared_words.relative(judged.reference, judged.value))
    facts = shared_words.picture_facts(loaded.image.shape, picture.known, loaded.notes)
    st.caption(" ".join((score, words.region(region.kind, region.share), facts)))


def _side(every: Mapping[str, tuple[Pair, ...]], collapsed: Mapping[str, str]) -> str:
    if len(every) == 1:
        st.info(words.NO_STUDENT, icon=":material/info:")
        return next(iter(every))
    names = {side: words.SIDE_NAMES[side] for side in every}
    return controls.choose(settings.SIDE, names, label=words.SIDE, **collapsed)
