"""What is seen first: the pictures that the threshold gets wrong, and the histogram on which it is dragged."""

import streamlit as st

from nnet.errors import NNetError
from nnet.report.words import headline
from workbench.components import threshold_histogram
from workbench.evaluate import cache, decisions, words
from workbench.evaluate.scene import Scene
from workbench.evaluate.settings import AIM, CUT
from workbench.shared import chosen_picture, known_data, model_choice, units
from workbench.shared import words as shared_words

_SHOWN = 3  # of the misses, and of the false alarms; twice as many where there are none of the others
_HEIGHT = 384  # of the histogram in pixels


def draw(scene: Scene, threshold: float) -> None:
    """Draw the sentence, the worst pictures and the histogram."""
    counts = decisions.counts(scene.result.scores, scene.defective, threshold)
    st.subheader(headline(*counts), anchor=False, help=words.headline_help(counts))
    _cautions(scene, threshold)
    _foreign(scene)
    if decisions.is_chosen_here(scene, threshold):
        st.markdown(f":material/info: {words.OPTIMISTIC}")
    left, right = st.columns((6, 5), gap="medium")
    with left:
        galleries = decisions.galleries(scene, threshold)
        most = _SHOWN if sum(bool(len(which)) for _, which, _ in galleries) > 1 else 2 * _SHOWN
        for title, which, none in galleries:
            if not len(which):
                st.caption(none)
                continue
            is_misplaced = not none
            help = words.MISPLACED_HELP if is_misplaced else words.gallery_help(len(which))
            st.markdown(f"**{title}**", help=help)
            with st.grid(_SHOWN, min_column_width=100, gap="small") as grid:
                for index in which[:most]:
                    with grid.cell(), st.container(gap=None):
                        tile(scene, int(index), "elsewhere" if is_misplaced else "hero")
    with right:
        labels = decisions.step_labels(decisions.steps(scene), scene.own_threshold, is_kept=scene.is_kept)
        scores, own = scene.result.scores, scene.own_threshold
        name = words.KEPT_THRESHOLD if scene.is_kept else words.OWN_THRESHOLD
        shown = decisions.histogram(scores, scene.defective, labels, threshold, (name, own))
        threshold_histogram.draw("evaluate_histogram", {**shown, "height": _HEIGHT, "quiet": True}, by_hand)
        st.caption(words.DRAG_HINT)


def _cautions(scene: Scene, threshold: float) -> None:
    """Say in words what speaks against trusting the result; the numbers stand in its help and further down."""
    doubts = decisions.doubts(scene)
    if count := len(decisions.misplaced(scene, threshold)):
        doubts.insert(0, (words.SOME_ELSEWHERE, words.elsewhere(count)))
    if doubts:
        said = " ".join(dict.fromkeys(brief for brief, _ in doubts))
        st.markdown(f":material/warning: {said}", help="\n\n".join(whole for _, whole in doubts))


def _foreign(scene: Scene) -> None:
    """Say where these are other parts than the model's, as its teacher sees them or, of a model that knows none, may be
    by their name."""
    trained_on = shared_words.data_name(scene.model.detector.checkpoint.about)
    if scene.is_foreign:
        good = int((~scene.defective).sum())
        st.warning(words.foreign(scene.pictures.other_kind or 0, good, trained_on), icon=":material/help:")
        if st.button(shared_words.CHOOSE_ANOTHER, "foreign_choose", icon=":material/apps:"):
            model_choice.dialog()
    elif scene.pictures.other_kind is None and not scene.is_own and trained_on not in ("", scene.pictures.name):
        st.caption(words.other_data(trained_on))


def by_hand(threshold: float) -> None:
    """Take a threshold that the visitor set. A callback."""
    CUT.set(threshold)
    AIM.set("hand")


def tile(scene: Scene, index: int, place: str) -> None:
    """A picture with its heatmap, and a button that opens it in Inspect; it says why where there is no picture.

    Args:
        place: tells the buttons of two galleries apart.
    """
    key = scene.pictures.keys[index]
    ratio, is_kept = scene.ratio(float(scene.result.scores[index])), scene.is_kept
    told = words.tile_told(key, scene.pictures.labels[index], ratio, is_kept=is_kept)
    if not scene.pictures.spec:
        st.caption(told)
        return
    try:
        st.image(cache.thumbnail(scene, index, square=True), width="stretch", alt=units.text(told))
    except NNetError as error:
        st.caption(units.plain(str(error)))
    label = words.tile_label(scene.pictures.labels[index], ratio, place, is_kept=is_kept)
    told += words.raw_score(float(scene.result.scores[index]))
    if st.button(label, key=f"{place}-{key}", help=told, width="stretch", type="tertiary"):
        open_in_inspect(scene, key)


def open_in_inspect(scene: Scene, key: str) -> None:
    """Show an image of the set on the Inspect page."""
    chosen_picture.show_data_image(scene.pictures.spec, key)
    known_data.note_evaluated(scene.pictures.spec)
    st.switch_page("pages/1_Inspect.py")
