"""How many items the picture's patches use, and how evenly, with the addressing that was trained."""

import streamlit as st

from workbench.memory import cache, recall, words
from workbench.memory.scene import Scene
from workbench.shared import words as shared_words


def section(scene: Scene) -> None:
    """Draw each count once, under what it counts."""
    usual, nats = cache.items_per_query(scene.model), float(recall.entropy(scene.trained.use.weights).mean())
    per_patch = float(recall.effective_items(scene.trained.use.weights).mean())
    used, evenly = int((scene.usage > 0).sum()), float(recall.effective_items(scene.usage))
    known = scene.atlas
    training = None if known is None else float(recall.effective_items(known.usage))
    dead = None if known is None else int(known.dead.sum())
    with st.grid(4, min_column_width=140, gap="small"):
        st.metric(words.PER_PATCH, f"{per_patch:.1f}", help=words.per_patch_help(nats, scene.items))
        st.metric(words.USED, f"{used} of {scene.items}", help=words.USED_HELP)
        st.metric(words.SPREAD, f"{evenly:.0f}", help=words.SPREAD_HELP)
        st.metric(words.DEAD, "–" if dead is None else f"{dead}", help=words.DEAD_HELP)
    told = words.headline(per_patch, scene.items, usual), words.in_training(training)
    st.markdown(" ".join(filter(None, told)))
    facts = shared_words.picture_facts(scene.loaded.image.shape, scene.picture.known, scene.loaded.notes)
    st.caption(facts)
