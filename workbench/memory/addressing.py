"""How a patch is recalled: the sliders of the addressing, the maps of it, and the chosen patch's weights."""

import numpy as np
import streamlit as st

from nnet.analysis import dense, story
from nnet.analysis.atlas import Atlas, mosaic, patch
from nnet.data.images import resize
from workbench.components import linked_pictures
from workbench.components.linked_pictures import Tile
from workbench.memory import cache, cards, colours, figures, recall, settings, words
from workbench.memory.cards import Card
from workbench.memory.linked import linked
from workbench.memory.recall import Addressing
from workbench.memory.scene import Now, Scene
from workbench.shared import controls, memory_chain, pictures, theme, units
from workbench.shared import words as shared_words
from workbench.shared.settings import Setting, whole_number

_TEMPERATURES = (0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0)
_SHRINKS = tuple(step / 4 for step in range(21))
_RECALLED = 4  # items whose training patches stand beside the chosen patch


def section(scene: Scene) -> Now:
    """Draw the section; returns how the memory is addressed now."""
    beside, large = st.columns((2, 5), gap="medium")
    with beside:
        now = _controls(scene)
        rows, columns = scene.shape
        row, column = scene.peak
        settings.ROW.remember(row + 1, whole_number(1, rows))
        settings.COLUMN.remember(column + 1, whole_number(1, columns))
        with st.expander(words.BY_NUMBER, icon=":material/grid_on:"):
            st.slider(words.ROW, 1, rows, key=settings.ROW.key, help=words.ROW_HELP)
            st.slider(words.COLUMN, 1, columns, key=settings.COLUMN.key, help=words.COLUMN_HELP)
    with large:
        linked(scene, "recall_pictures", _tiles(scene, now), hero=1)
    if chain := memory_chain.of(scene.model, scene.loaded, settings.chosen_patch()):
        st.html(chain)
    _chosen_patch(scene, now, settings.chosen_patch())
    return now


def _controls(scene: Scene) -> Now:
    """The sliders. What they change is computed again from cached cosines."""
    detector = scene.model.detector
    trained = recall.trained(detector)
    off = settings.items(settings.FORGET, scene.items)
    if len(off) == scene.items:
        st.warning(words.ALL_OFF, icon=":material/warning:")
        off = ()
    stops = sorted({*_TEMPERATURES, trained.temperature})
    temperature = _slider(settings.TEMPERATURE, stops, trained.temperature, words.TEMPERATURE)
    stops = sorted({*(s for s in _SHRINKS if s < scene.items), trained.shrink})
    shrink = _slider(settings.SHRINK, stops, trained.shrink, words.SHRINK)
    chosen = Addressing(temperature, shrink, off)
    changed = chosen != trained
    now = Now(chosen, recall.recall(detector, scene.trace, chosen) if changed else scene.trained, changed)
    st.caption(words.SPARSE)
    is_dense = chosen.temperature == dense.DENSE_TEMPERATURE and chosen.shrink == dense.DENSE_SHRINK
    st.button(words.MIX_ALL, key="memory_mix_all", on_click=settings.mix_all, disabled=is_dense)
    _status(scene, now, trained)  # below the sliders, which must not move under the hand
    return now


def _slider(setting: Setting[float], stops: list[float], trained: float, said: tuple[str, str]) -> float:
    """A slider with a mark below it at the trained value; `said` is its label and its help."""
    setting.remember(trained, settings.one_of_numbers(stops))
    label, help = said
    value: float = st.select_slider(label, stops, key=setting.key, format_func=lambda stop: f"{stop:g}", help=help)
    st.html(cards.slider_mark(stops.index(trained) / max(1, len(stops) - 1), words.TRAINED_AT.format(value=trained)))
    return value


def _status(scene: Scene, now: Now, trained: Addressing) -> None:
    if not now.changed:
        st.caption(words.AS_TRAINED)
        return
    here, before = (float(recall.effective_items(r.use.weights).mean()) for r in (now.recall, scene.trained))
    st.markdown(words.changed_addressing(now.addressing, trained))
    st.markdown(words.now_recalled_from(here, before, scene.items))
    result = cache.effect(scene, now)
    both = (shared_words.relative(one.reference, one.value) for one in (result.judged, scene.judged))
    hardly = story.compared(result.judged.value, scene.judged.value) == story.EQUAL
    st.markdown(" ".join([words.score_now(*both), *([words.HARDLY] * hardly)]))
    icon = ":material/restart_alt:"
    st.button(words.RESET, icon=icon, key="memory_reset", on_click=settings.reset, args=(trained,))


def _tiles(scene: Scene, now: Now) -> list[Tile]:
    weights = now.recall.use.weights
    mixed, scale = recall.effective_items(weights), colours.per_patch_scale(scene.items)
    per_patch = Tile(
        words.PER_PATCH,
        words.PER_PATCH_HINT,
        None,
        pictures.colourised(np.log(mixed), scale),
        colours.per_patch_readings(mixed),
        **linked_pictures.bar(scale),
    )
    return [picture_tile(scene, now), rebuilt_tile(scene, now), per_patch]


def picture_tile(scene: Scene, now: Now) -> Tile:
    """The picture with its flagged patches under the addressing of now."""
    judged = cache.effect(scene, now).judged if now.changed else scene.judged
    ratios = judged.reference.multiple(recall.per_position(judged.score, scene.shape))
    flagged, read = recall.flagged(judged, scene.shape), colours.readings(ratios, words.SCORE_READING, units.times)
    return Tile(words.PICTURE, words.PICTURE_HINT, scene.photo, colours.flagged_cells(flagged), read)


def rebuilt_tile(scene: Scene, now: Now) -> Tile:
    """The picture as the memory answers it: rebuilt from training patches, or, where none were kept, which item answers
    each patch most."""
    if scene.atlas is None:
        return _most_used(scene, now)
    weights = now.recall.use.weights
    hint = words.mosaic_hint(float(recall.effective_items(weights).mean()), scene.items)
    return Tile(words.MOSAIC, hint, colours.photo_uri(mosaic(weights, scene.atlas)))


def _most_used(scene: Scene, now: Now) -> Tile:
    weights = now.recall.use.weights
    most, of_item = weights.argmax(axis=-1), colours.item_colours(cache.ordered_items(scene.model)[2])
    read, gradient = colours.item_readings(most, weights.max(axis=-1)), theme.css_gradient("viridis")
    return Tile(words.MOST_USED, words.MOST_USED_HINT, None, of_item[most], read, gradient, (words.MOST_USED_TICK,))


def _chosen_patch(scene: Scene, now: Now, chosen: tuple[int, int]) -> None:
    raw, weights = now.recall.use.raw[chosen], now.recall.use.weights[chosen]
    chart, facts = st.columns((3, 2), gap="medium")
    with chart:
        st.markdown(words.BARS_TITLE)
        figure = figures.addressing_figure(raw, weights, now.addressing.shrink / scene.items)
        controls.chart(figure, "addressing", words.BARS_HINT, alt=words.BARS_ALT)
    with facts:
        ratio = float(scene.ratios[chosen])
        st.markdown(words.patch(*chosen, ratio, bool(scene.flagged[chosen])))
        before, after = ((float(recall.effective_items(some)), int((some > 0).sum())) for some in (raw, weights))
        st.markdown(words.addressing_table(before, after))
        if scene.atlas is not None:  # else it is the large picture
            linked(scene, "most_used", [_most_used(scene, now)])
    if scene.atlas is not None:
        _recalled_from(scene, scene.atlas, now, chosen)


def _recalled_from(scene: Scene, atlas: Atlas, now: Now, chosen: tuple[int, int]) -> None:
    """The chosen patch beside the best training patches of the items that it recalls."""
    weights = now.recall.use.weights[chosen]
    own = patch(resize(scene.loaded.image, scene.trace.input_size), *chosen, scene.shape[0])
    shown = [Card(words.CHOSEN_PATCH, (words.FROM_THIS_IMAGE,), words.CHOSEN_PATCH, strip=cards.strip(own[None]))]
    for item in recall.ranked(weights)[:_RECALLED]:
        if weights[item] > 0:
            lines, strip = (words.weight(float(weights[item])),), cards.strip(atlas.patches[item, :3])
            shown.append(Card(words.item(item), lines, words.training_patches(item), strip=strip))
    st.markdown(words.RECALLED_FROM)
    st.html(cards.cards(shown, 150))
    st.caption(words.PATCHES_HINT)
