"""Gates and channels of one scale: where and which channels the module damps."""

import numpy as np
import streamlit as st

from nnet.analysis import projection
from workbench.projection import cache, gate_figures, settings, words
from workbench.projection.scene import Scene
from workbench.shared import controls, frame, session, units
from workbench.shared.settings import whole_number

_TILES = 3  # channels shown at either end of the sorted curve


def section(scene: Scene, stage: int) -> None:
    if scene.has_projection:
        _profiles(scene, stage)
        _ends(scene, stage)


@frame.part
def _profiles(scene: Scene, stage: int) -> None:
    """Profiles of the gates beside the image, and the sorted channels, with one channel marked."""
    pair = scene.pairs[stage]
    assert pair.gate is not None and pair.after is not None
    means = projection.mean_gates(pair.gate)
    settings.CHANNEL.remember(projection.most_selective(pair.gate), whole_number(0, len(means) - 1))
    # With another number of channels the slider is a new widget to Streamlit and would start at 0 without a value.
    settings.CHANNEL.set(int(settings.CHANNEL.value))
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown(words.GATES_TITLE.format(after=pair.names[1]))
        profiles = st.container()
    with right:
        st.markdown(words.DAMPING_TITLE)
        curve = st.container()
        st.caption(words.DAMPING_HINT)
        channel = st.slider(words.CHANNEL, 0, len(means) - 1, key=settings.CHANNEL.key, help=words.CHANNEL_HELP)
        tile = gate_figures.channel_tile(pair.before[channel], pair.after[channel], scene.shape)
        st.image(tile, width=300, alt=words.CHANNEL_ALT.format(channel=channel))
        st.caption(words.CHOSEN_TILE.format(channel=channel, gate=units.number(means[channel])))
        st.markdown(words.damping(means))
    with profiles:
        source = cache.small_picture(scene.loaded)
        figure = gate_figures.gates_figure(
            source, scene.shape, pair.gate, channel, gate_figures.gates_width(session.on_touch_screen())
        )
        controls.chart(figure, "gates", words.GATES_HINT, width=gate_figures.gates_width(session.on_touch_screen()))
    with curve:
        figure = gate_figures.damping_figure(pair.gate, channel)
        controls.chart(figure, "damping", alt=words.DAMPING_HINT)


def _ends(scene: Scene, stage: int) -> None:
    """The most and the least damped channels as pictures."""
    pair = scene.pairs[stage]
    assert pair.gate is not None and pair.after is not None
    means = projection.mean_gates(pair.gate)
    order = np.argsort(means, kind="stable")
    count = min(_TILES, len(order) // 2)
    for title, channels in ((words.MOST_DAMPED, order[:count]), (words.LEAST_DAMPED, order[::-1][:count])):
        st.markdown(title.format(before=pair.names[0], after=pair.names[1]))
        with st.grid(_TILES, min_column_width=220, gap="small") as grid:
            for channel in map(int, channels):
                with grid.cell():
                    tile = gate_figures.channel_tile(pair.before[channel], pair.after[channel], scene.shape)
                    st.image(tile, width="stretch", alt=words.CHANNEL_ALT.format(channel=channel))
                    st.caption(words.TILE.format(channel=channel, gate=units.number(means[channel])))
    st.caption(words.TILES_HINT)
