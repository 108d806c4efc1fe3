"""The threshold: set by hand or by what is wanted of it, what it decides and how surely, and what it gets wrong."""

from typing import Any

import streamlit as st

from nnet.scoring.calibration import Kept
from nnet.scoring.metrics.bootstrap import rate_intervals
from workbench.evaluate import decisions, figures, headline, words
from workbench.evaluate.scene import Scene
from workbench.evaluate.settings import AIM, CUT, RATE
from workbench.shared import keep_threshold
from workbench.shared import words as shared_words
from workbench.shared.controls import following, slider
from workbench.shared.parts import Decided

_TILES = 12  # images in each gallery
# Without it, what was set before a control was first drawn comes back once it is not drawn (Streamlit 1.67).
_STAYS: dict[str, Any] = {"persist_state": "session"}


def draw(scene: Scene) -> None:
    threshold, kept = decisions.cut(scene), scene.reference.kept
    labels = decisions.step_labels(decisions.steps(scene), scene.own_threshold, is_kept=scene.is_kept)
    left, middle, right = st.columns((3, 2, 4), gap="medium", vertical_alignment="bottom")
    with left:
        aims, aim, help = words.aims(kept), AIM.value, words.aim_help(kept)
        follows, at = following(AIM.key, aim, AIM.set, aims), list(aims).index(aim)
        st.selectbox(words.AIM, list(aims), at, aims.__getitem__, help=help, **follows)
    with middle:
        wanted = aim in words.RATES
        slider(RATE, words.RATES.get(aim, words.RATE), 0, 50, format="%d %%", disabled=not wanted, **_STAYS)
    with right:
        follows, help = following(CUT.key, threshold, headline.by_hand, labels), words.threshold_help(threshold)
        st.select_slider(words.THRESHOLD, sorted(labels), threshold, labels.get, help=help, **follows)
    scores, defective = scene.result.scores, scene.defective
    counts = decisions.counts(scores, defective, threshold)
    st.markdown(words.decided(*counts))
    if (
        aim == "own"
        and kept is None
        and not scene.is_foreign
        and (said := words.advice(counts, scene.reference.promise, scene.short))
    ):
        st.info(said, icon=":material/lightbulb:")
    passed, flagged, missed, found = counts
    reason = words.chosen_on(scene.pictures.name, counts, len(decisions.misplaced(scene, threshold)))
    chosen = Kept(threshold, reason, pictures=passed + flagged, above=flagged, data=scene.pictures.hash)
    decided = Decided((found, missed + found), (flagged, passed + flagged))
    warning = words.KEEP_FOREIGN if scene.is_foreign else shared_words.sorts_little(decided)
    keep_threshold.draw(scene.model, scene.reference, chosen, "evaluate", warning)
    if kept is not None and threshold == scene.own_threshold:
        st.caption(shared_words.kept_threshold(kept))
    table, tiles = st.columns((2, 3), gap="large", vertical_alignment="center")
    with table:
        st.html(figures.confusion_html(counts))
    with tiles, st.grid(2, min_column_width=130, gap="small"):
        where = rate_intervals(scores, defective, threshold)
        for name, (share, meaning) in words.rates(*counts).items():
            st.metric(
                name,
                share,
                help=f"{meaning} {words.F1_HELP if name == 'F1' else words.SHARE_HELP}",
                delta=words.interval(where, name),
                delta_color="off",
                delta_arrow="off",
            )
    _galleries(scene, threshold)


def _galleries(scene: Scene, threshold: float) -> None:
    for title, which, none in decisions.galleries(scene, threshold):
        if not len(which):
            st.caption(none)
            continue
        st.markdown(words.gallery_title(title, min(_TILES, len(which)), len(which)))
        with st.grid(6, min_column_width=140, gap="small") as grid:
            for index in which[:_TILES]:
                with grid.cell(), st.container(gap=None):
                    headline.tile(scene, int(index), "open")
    st.caption(words.GALLERY_HINT)
