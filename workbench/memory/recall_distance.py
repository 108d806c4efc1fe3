"""What the memory changed: how far recall moves the features, on normal and on flagged patches."""

import streamlit as st

from workbench.components import linked_pictures
from workbench.components.linked_pictures import Tile
from workbench.memory import colours, figures, recall, words
from workbench.memory.linked import linked
from workbench.memory.scene import Now, Scene
from workbench.shared import controls, pictures

_TOP = 0.7  # of the scale of distances


def section(scene: Scene, now: Now) -> None:
    st.subheader(words.CHANGED_TITLE, anchor=False)
    if now.changed:
        st.markdown(words.UNDER_CHANGED)
    flagged, distance = scene.flagged, now.recall.distance
    normal_mean, flagged_mean = (float(distance[mask].mean()) if mask.any() else None for mask in (~flagged, flagged))
    forgotten = recall.forgotten(scene.trained.distance[~flagged], distance[~flagged])
    st.markdown(words.changed(normal_mean, flagged_mean, float(distance.mean()), forgotten))
    scale = colours.distance_scale(_TOP)
    painted, read = pictures.colourised(distance, scale), colours.readings(distance)
    states = [[words.FLAGGED if value else words.NORMAL for value in row] for row in flagged]
    left, right = st.columns(2, gap="medium")
    with left:
        tiles = [
            Tile(words.DISTANCE, words.CHANGED_MAP_HINT, None, painted, read, **linked_pictures.bar(scale)),
            Tile(words.FLAGGED_PATCHES, words.FLAGGED_HINT, scene.photo, colours.flagged_cells(flagged), states),
        ]
        linked(scene, "distance_pictures", tiles)
    with right:
        st.markdown(words.DISTANCES_TITLE)
        figure = figures.distances_figure(distance, flagged)
        controls.chart(figure, "distances", words.DISTANCES_HINT, alt=words.DISTANCES_ALT)
