"""Memory: which stored patterns a picture is recalled from, what the items stand for, and what happens without some."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import streamlit as st

from nnet.analysis.atlas import Atlas, patch
from nnet.data.images import resize
from nnet.detector import Trace
from nnet.scoring.judge import Judgement
from workbench.components import linked_pictures
from workbench.components.linked_pictures import Tile
from workbench.memory import cache as memory_cache
from workbench.memory import figures as memory_figures
from workbench.memory import recall as memory_data
from workbench.memory import words
from workbench.memory.figures import Card
from workbench.memory.recall import Effect, Recall, Settings
from workbench.shared import chosen_picture, frame, gallery, resources, session, text, theme
from workbench.shared import pictures as figures
from workbench.shared.chosen_picture import Picture
from workbench.shared.resources import Loaded, Model

_TEMPERATURES = (0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0)
_SHRINKS = tuple(step / 4 for step in range(21))
_ITEMS_ON_PAGE, _CARDS_ON_PAGE, _RECALLED = 12, 20, 4
_SHOWN = "memory_shown"
_DUE, _RUN_FOR = "decoder_due", "decoder_run_for"


@dataclass(frozen=True)
class Scene:
    """What the page is about: a picture's `trace` by a model, as judged by the model's own score."""

    model: Model
    picture: Picture
    loaded: Loaded
    trace: Trace
    judged: Judgement
    atlas: Atlas | None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of F_3."""
        return self.trace.addressing.weights.shape[:2]

    @property
    def items(self) -> int:
        """N."""
        return self.trace.addressing.weights.shape[2]

    @cached_property
    def scores(self) -> np.ndarray:
        """The largest score within each position of F_3, (H, W)."""
        return memory_data.per_position(self.judged.score, self.shape)

    @cached_property
    def flagged(self) -> np.ndarray:
        """Positions of F_3 that reach above the threshold, (H, W)."""
        return memory_data.flagged(self.judged, self.shape)

    @cached_property
    def photo(self) -> str:
        """The picture as a data URI."""
        return memory_figures.photo_uri(self.loaded.shown)

    @cached_property
    def small_photo(self) -> str:
        """The picture as a small data URI, for a grid of many."""
        return memory_figures.photo_uri(self.loaded.shown, 200)


def main() -> None:
    with frame.page("Memory") as model:
        st.title("Memory", anchor=False)
        expression = model.detector.config.scoring.expression
        adding, shelf = st.columns((2, 5), gap="medium")
        with adding:
            gallery.adding()
        picture = chosen_picture.chosen()
        with shelf:
            gallery.shelf(model, picture, expression)
        if model.detector.memory is None:
            st.info(words.NO_MEMORY, icon=":material/block:")
            return
        scene = _scene(model, picture, expression)
        _start_view(scene)
        _headline(scene)
        _live(scene)
        _atlas(scene)


def _scene(model: Model, picture: Picture, expression: str) -> Scene:
    loaded = picture.load()
    with st.spinner("Looking at the picture…", show_time=True):
        trace = resources.trace(model, loaded)
    judged = resources.judgement(model, loaded, expression)
    return Scene(model, picture, loaded, trace, judged, memory_cache.atlas(model))


def _start_view(scene: Scene) -> None:
    """For a new picture, choose the patch that scores highest; for a new model, go back to its trained addressing."""
    shown = st.session_state.get(_SHOWN)
    now = (scene.loaded.hash, scene.model.key)
    if shown is not None and shown != now:
        row, column = _peak(scene)
        st.session_state["patch_row"], st.session_state["patch_column"] = row + 1, column + 1
        if shown[1] != now[1]:
            _reset(memory_data.trained(scene.model.detector))
            st.session_state["forget"] = ""
    st.session_state[_SHOWN] = now


def _peak(scene: Scene) -> tuple[int, int]:
    return tuple(int(i) for i in np.unravel_index(scene.scores.argmax(), scene.shape))


def _headline(scene: Scene) -> None:
    """How the memory works on this image, in words and four numbers; always as trained."""
    weights = scene.trace.addressing.weights
    nats, per_patch = memory_data.entropy(weights), memory_data.effective_items(weights)
    here = memory_data.usage(weights)
    used, evenly = int((here > 0).sum()), float(memory_data.effective_items(here))
    usual = memory_cache.items_per_query(scene.model)
    atlas = scene.atlas
    training = None if atlas is None else float(memory_data.effective_items(atlas.usage))
    dead = None if atlas is None else int(atlas.dead.sum())
    left, right = st.columns((3, 2), gap="medium", vertical_alignment="center")
    with left:
        st.subheader(text.plain(scene.picture.title), anchor=False)
        colour = theme.BADGES[scene.judged.is_anomalous]
        reference = scene.judged.reference
        st.markdown(
            f":{colour}-badge[{text.decision(reference, scene.judged.value)}] "
            f"{words.headline(float(per_patch.mean()), float(nats.mean()), scene.items, usual)}"
        )
        st.markdown(words.spread(used, evenly, scene.items, training, dead))
        if scene.judged.share_above > text.UNFAMILIAR_SHARE:
            st.markdown(f":material/help: {text.unfamiliar(scene.judged.share_above)}")
        facts = text.picture_facts(scene.loaded.image.shape, scene.picture.known)
        st.caption(" ".join((facts, *scene.loaded.notes, words.LEAD)))
    with right, st.grid(2, min_column_width=140, gap="small"):
        st.metric("Items per patch", f"{per_patch.mean():.1f}", help="Mean of exp(entropy) of the addressing weights.")
        st.metric("Items used", f"{used} of {scene.items}", help="Items with any weight after shrinkage.")
        st.metric("Spread over", f"{evenly:.0f} items", help="exp(entropy) of the items' shares on this image.")
        st.metric("Dead items", "–" if dead is None else f"{dead}", help=words.DEAD_HELP)
    if atlas is None:
        st.info(words.NO_ATLAS, icon=":material/info:")


# ----------------------------------------------------------------------------------------------- what follows settings


@st.fragment
def _live(scene: Scene) -> None:
    """Everything that depends on the chosen patch or the addressing. Only this runs again when they change."""
    settings = _settings(scene)
    trained = memory_data.as_trained(scene.trace)
    recall = trained
    if settings != memory_data.trained(scene.model.detector):
        recall = memory_data.recall(scene.model.detector, scene.trace, settings)
    _patch(scene, settings, recall)
    _items(scene, settings, recall)
    _forget(scene, settings, trained, recall)
    _changed(scene, recall)


def _settings(scene: Scene) -> Settings:
    """The sliders. What they change is computed anew from cached cosines."""
    trained = memory_data.trained(scene.model.detector)
    temperatures = sorted({*_TEMPERATURES, trained.temperature})
    shrinks = sorted({*(s for s in _SHRINKS if s < scene.items), trained.shrink})
    off = _switched_off(scene)
    st.subheader("How a patch is recalled", anchor=False)
    with st.container(border=True):
        left, right, status = st.columns((4, 4, 3), gap="medium", vertical_alignment="top")
        with left:
            temperature = _trained_slider(
                "Temperature of the softmax", "temperature", temperatures, trained.temperature, words.TEMPERATURE_HELP
            )
        with right:
            shrink = _trained_slider(
                "Shrinkage in fair shares 1/N", "shrink", shrinks, trained.shrink, words.SHRINK_HELP
            )
        settings = Settings(temperature, shrink, off)
        with status:
            _status(settings, trained)
    return settings


def _trained_slider(label: str, key: str, options: list[float], trained: float, help: str) -> float:
    session.remember(key, trained, _one_of_numbers(options))
    value = st.select_slider(label, options, key=key, format_func=lambda v: f"{v:g}", help=help)
    place = options.index(trained) / max(1, len(options) - 1)
    st.html(memory_figures.slider_mark(place, f"trained: {trained:g}"))
    return value


def _one_of_numbers(options: list[float]):
    def read(written: str) -> float:
        return options[options.index(float(written))]

    return read


def _status(settings: Settings, trained: Settings) -> None:
    changed = words.settings(settings, trained)
    if not changed:
        st.markdown(":gray-badge[As trained]")
        st.caption("Move a slider: everything below follows at once, without running the network.")
        return
    st.markdown(f":violet-badge[Changed] {changed[0].upper()}{changed[1:]}.")
    st.button(
        "Back to the trained addressing",
        icon=":material/restart_alt:",
        key="memory_reset",
        on_click=_reset_all,
        args=(trained,),
    )


def _reset(trained: Settings) -> None:
    st.session_state["temperature"], st.session_state["shrink"] = trained.temperature, trained.shrink


def _reset_all(trained: Settings) -> None:
    _reset(trained)
    _switch_off(())


def _switched_off(scene: Scene) -> tuple[int, ...]:
    """The items that are off; their numbers stand in the address."""
    session.remember("forget", "", _items_reader(scene))
    off = memory_data.items_from_text(st.session_state["forget"], scene.items)
    if len(off) == scene.items:
        st.warning(words.ALL_OFF, icon=":material/warning:")
        return ()
    return off


def _items_reader(scene: Scene) -> Callable[[str], str]:
    """A reader for `state.remember`: numbers of items that exist."""

    def read(written: str) -> str:
        return memory_data.items_to_text(memory_data.items_from_text(written, scene.items))

    return read


def _switch_off(items: tuple[int, ...]) -> None:
    """Switch exactly these items off. A callback."""
    st.session_state["forget"] = memory_data.items_to_text(items)


# ------------------------------------------------------------------------------------------------------- one patch


def _chosen_patch(scene: Scene) -> tuple[int, int]:
    """Row and column, from 0; set by the sliders, which stand further down."""
    return st.session_state["patch_row"] - 1, st.session_state["patch_column"] - 1


def _choose_patch(row: int, column: int) -> None:
    st.session_state["patch_row"], st.session_state["patch_column"] = row + 1, column + 1


def _patch(scene: Scene, settings: Settings, recall: Recall) -> None:
    rows, columns = scene.shape
    row, column = _peak(scene)
    session.remember("patch_row", row + 1, session.whole_number(1, rows))
    session.remember("patch_column", column + 1, session.whole_number(1, columns))
    chosen = _chosen_patch(scene)
    linked_pictures.draw(
        "recall_pictures",
        _recall_tiles(scene, recall),
        scene.shape,
        chosen,
        scene.loaded.image.shape,
        _choose_patch,
        label=words.PICKER_LABEL,
        width=150,
    )
    left, right = st.columns(2, gap="medium")
    left.slider("Row of the patch", 1, rows, key="patch_row", help="From the top; the same as a click.")
    right.slider("Column of the patch", 1, columns, key="patch_column", help="From the left; the same as a click.")
    _addressing(scene, settings, recall, chosen)


def _recall_tiles(scene: Scene, recall: Recall) -> list[Tile]:
    weights = recall.use.weights
    nats, most = memory_data.entropy(weights), weights.argmax(axis=-1)
    scale = memory_figures.entropy_scale(scene.items)
    colours = memory_figures.item_colours(memory_cache.ordered_items(scene.model)[2])
    tiles = [
        Tile(
            "Picture",
            words.PICTURE_HINT,
            scene.photo,
            memory_figures.flagged_cells(scene.flagged),
            memory_figures.readings(scene.scores, " score"),
        ),
        Tile(
            "Entropy in nats",
            words.ENTROPY_HINT,
            None,
            figures.colourised(nats, scale),
            memory_figures.entropy_readings(nats, scene.items),
            **linked_pictures.bar(scale),
        ),
        Tile(
            "Most used item",
            words.MOST_USED_HINT,
            None,
            colours[most],
            memory_figures.item_readings(most, weights.max(axis=-1)),
            theme.css_gradient("viridis"),
            ("similar items have similar colours",),
        ),
    ]
    if scene.atlas is not None:
        told = memory_figures.photo_uri(memory_data.mosaic(weights, scene.atlas))
        tiles.append(Tile("Told in training patches", words.MOSAIC_HINT, told))
    return tiles


def _addressing(scene: Scene, settings: Settings, recall: Recall, chosen: tuple[int, int]) -> None:
    raw, weights = recall.use.raw[chosen], recall.use.weights[chosen]
    score = float(scene.scores[chosen])
    chart, facts = st.columns((3, 2), gap="medium")
    with chart:
        st.markdown("**Addressing of the chosen patch, before and after shrinkage**")
        figure = memory_figures.addressing_figure(raw, weights, settings.shrink / scene.items)
        st.plotly_chart(figure, key="addressing", config=figures.CHART_CONFIG, alt="Weights of the items as bars.")
        st.caption(words.BARS_HINT)
    with facts:
        st.markdown(f"**The chosen patch.** {words.patch(*chosen, score, bool(scene.flagged[chosen]))}")
        rows = {
            "before": (float(memory_data.entropy(raw)), int((raw > 0).sum())),
            "after": (float(memory_data.entropy(weights)), int((weights > 0).sum())),
        }
        st.markdown(words.addressing_table(rows, scene.items))
    if scene.atlas is not None:
        _recalled_from(scene, weights, chosen)


def _recalled_from(scene: Scene, weights: np.ndarray, chosen: tuple[int, int]) -> None:
    """The chosen patch beside the best training patches of the items that it recalls."""
    square = resize(scene.loaded.image, scene.trace.input_size)
    own = patch(square, *chosen, scene.shape[0])
    cards = [Card("The chosen patch", ("from this image",), "The chosen patch", strip=memory_figures.strip(own[None]))]
    for item in memory_data.ranked(weights)[:_RECALLED]:
        if weights[item] > 0:
            patches = memory_figures.strip(scene.atlas.patches[item, :3])
            name = words.item(item)
            cards.append(Card(name, (f"weight {weights[item]:.2f}",), f"Training patches of {name}", strip=patches))
    st.markdown("**Recalled from**")
    st.html(memory_figures.cards(cards, 150))
    st.caption(words.PATCHES_HINT)


# ------------------------------------------------------------------------------------------- items on this image


def _items(scene: Scene, settings: Settings, recall: Recall) -> None:
    st.subheader("Where each item is used", anchor=False)
    here = memory_data.usage(recall.use.weights)
    shown = _page_of_items(scene, here)
    cards = [_item_card(scene, settings, recall, here, item) for item in shown]
    height, width = scene.loaded.image.shape[:2]
    st.html(memory_figures.cards(cards, 150, width / height))
    st.html(memory_figures.weight_bar())
    st.caption(words.ITEMS_HINT if scene.atlas is not None else words.ITEMS_HINT_WITHOUT_ATLAS)


def _page_of_items(scene: Scene, here: np.ndarray) -> list[int]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        order = _order_choice("items_order", "here", scene)
        only = _only(scene)
        ranked = [i for i in _ordered(order, scene, here) if not only or i in only]
        pages = -(-len(ranked) // _ITEMS_ON_PAGE)
        page = _page("items_page", pages)
    return ranked[(page - 1) * _ITEMS_ON_PAGE : page * _ITEMS_ON_PAGE]


def _only(scene: Scene) -> tuple[int, ...]:
    """The items that alone are shown, or none for all; their numbers stand in the address."""
    session.remember("only_items", "", _items_reader(scene))
    chosen = memory_data.items_from_text(st.session_state["only_items"], scene.items)
    st.session_state["items_only"] = list(chosen)
    st.multiselect(
        "Only these items",
        range(scene.items),
        format_func=words.item,
        key="items_only",
        placeholder="all items",
        width=280,
        on_change=_only_chosen,
    )
    return chosen


def _only_chosen() -> None:
    st.session_state["only_items"] = memory_data.items_to_text(tuple(st.session_state["items_only"]))


def _order_choice(key: str, default: str, scene: Scene) -> str:
    possible = [name for name in words.ORDERS if name != "training" or scene.atlas is not None]
    session.remember(key, default, session.one_of(possible))
    return st.selectbox("Order by", possible, format_func=words.ORDERS.get, key=key, width=190)


def _ordered(order: str, scene: Scene, here: np.ndarray) -> list[int]:
    if order == "number":
        return list(range(scene.items))
    shares = scene.atlas.usage if order == "training" else here
    return [int(item) for item in memory_data.ranked(shares)]


def _page(key: str, pages: int) -> int:
    return st.pagination(pages, key=key, bind="query-params") if pages > 1 else 1


def _item_card(scene: Scene, settings: Settings, recall: Recall, here: np.ndarray, item: int) -> Card:
    atlas, name = scene.atlas, words.item(item)
    off = item in settings.off
    dead = atlas is not None and bool(atlas.dead[item])
    return Card(
        name,
        words.shares(float(here[item]), None if atlas is None else float(atlas.usage[item])),
        f"Where {name} is used on this image",
        scene.small_photo,
        memory_figures.weight_cells(recall.use.weights[..., item]),
        None if atlas is None else memory_figures.strip(atlas.patches[item, :3]),
        note="off" if off else "dead" if dead else "",
        faded=off,
    )


# -------------------------------------------------------------------------------------------------------- forgetting


def _forget(scene: Scene, settings: Settings, trained: Recall, recall: Recall) -> None:
    st.subheader("Forget an item", anchor=False)
    st.caption(words.FORGET_LEAD)
    _forget_controls(scene, settings, recall)
    own = memory_data.trained(scene.model.detector)
    if settings == own:
        st.markdown(":gray-badge[As trained] Switch an item off above, or move a slider, to see what changes.")
        return
    result = _result(scene, settings, recall)
    moved = memory_data.cosine_distance(trained.recalled, recall.recalled)
    if result is not None:
        reference = scene.judged.reference
        mean = float(moved.mean())
        _scores(scene, result, mean)
        st.markdown(words.forgotten(scene.judged.value, result.judged.value, reference.threshold, mean))
    tiles = [_moved_tile(moved), *([] if result is None else _score_tiles(scene, result))]
    linked_pictures.draw(
        "forget_pictures",
        tiles,
        scene.shape,
        _chosen_patch(scene),
        scene.loaded.image.shape,
        _choose_patch,
        label=words.PICKER_LABEL,
        width=150,
    )
    if result is not None:
        _six_maps(scene, result)


def _forget_controls(scene: Scene, settings: Settings, recall: Recall) -> None:
    here = memory_data.usage(recall.use.weights)
    row, column = _chosen_patch(scene)
    most = int(here.argmax())
    at_patch = int(recall.use.weights[row, column].argmax())
    st.session_state["forgotten"] = list(settings.off)
    st.multiselect(
        "Items switched off",
        range(scene.items),
        format_func=words.item,
        key="forgotten",
        wrap=False,
        placeholder="none; choose items here",
        on_change=_forgotten_chosen,
    )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        can = len(settings.off) < scene.items - 1
        st.button(
            f"Forget the most used here ({words.item(most).lower()})",
            key="forget_most",
            disabled=not can,
            on_click=_switch_off,
            args=((*settings.off, most),),
            icon=":material/block:",
            help="The item with the largest share of this image's addressing.",
        )
        st.button(
            f"Forget the chosen patch's ({words.item(at_patch).lower()})",
            key="forget_patch",
            disabled=not can,
            on_click=_switch_off,
            args=((*settings.off, at_patch),),
            icon=":material/block:",
            help="The item with the largest weight at the chosen patch.",
        )
        st.button(
            "Bring all back",
            key="forget_none",
            disabled=not settings.off,
            on_click=_switch_off,
            args=((),),
            icon=":material/undo:",
        )
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        session.remember("keep_items", min(5, scene.items), session.whole_number(1, scene.items))
        st.number_input("Keep only the most used", 1, scene.items, key="keep_items", width=190)
        st.button(
            "Forget all but these",
            key="forget_but",
            on_click=_forget_all_but,
            args=(memory_data.usage(scene.trace.addressing.weights),),
            help="Keeps the items that this image uses most as trained, and switches off all others.",
        )


def _forgotten_chosen() -> None:
    _switch_off(tuple(st.session_state["forgotten"]))


def _forget_all_but(shares: np.ndarray) -> None:
    _switch_off(tuple(int(item) for item in memory_data.ranked(shares)[st.session_state["keep_items"] :]))


def _result(scene: Scene, settings: Settings, recall: Recall) -> Effect | None:
    """What the decoder makes of the changed recall, if it ran for these settings; runs it when that is due.

    It is due when items were switched or another image is shown, and when the button is pressed; a slider alone
    never runs it.
    """
    image = scene.loaded.hash
    now = (image, scene.model.key, settings.off)
    due = st.session_state.pop(_DUE, False) or (bool(settings.off) and st.session_state.get(_RUN_FOR) != now)
    st.session_state[_RUN_FOR] = now
    result = memory_cache.known_effect(scene.model, image, settings)
    if result is None and due:
        with st.spinner("Running the decoder…", show_time=True):
            result = memory_cache.run_decoder(scene.model, image, scene.trace, settings, recall)
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        if result is None:
            st.markdown(":orange-badge[Decoder not run] The score under these settings is not known yet.")
            st.button("Run the decoder", type="primary", key="run_decoder", icon=":material/play_arrow:", on_click=_ask)
        else:
            st.markdown(f":green-badge[Decoder run] {words.ran(result.timings)}")
    return result


def _ask() -> None:
    st.session_state[_DUE] = True


def _scores(scene: Scene, result: Effect, moved: float) -> None:
    before, after = scene.judged, result.judged
    with st.grid(4, min_column_width=130, gap="small"):
        st.metric("Score as trained", text.number(before.value), help=text.threshold(before.reference))
        st.metric(
            "Score now",
            text.number(after.value),
            f"{after.value - before.value:+.3g}",
            delta_color="off",
            help=text.threshold(after.reference),
        )
        st.metric("Decision now", text.decision(after.reference, after.value))
        st.metric("F′₃ moved by", text.number(moved), help="Mean of 1 − cos between F′₃ as trained and now.")


def _moved_tile(moved: np.ndarray) -> Tile:
    scale = memory_figures.change_scale(moved)
    return Tile(
        "Change of F′₃ (1 − cos)",
        words.RECALL_CHANGE_HINT,
        None,
        figures.colourised(moved, scale),
        memory_figures.readings(moved),
        **linked_pictures.bar(scale),
    )


def _score_tiles(scene: Scene, result: Effect) -> list[Tile]:
    threshold = scene.judged.reference.threshold
    scale = figures.calibrated_scale(threshold)
    tiles = []
    for title, judged in (("Score as trained", scene.judged), ("Score now", result.judged)):
        values = memory_figures.readings(memory_data.per_position(judged.score, scene.shape))
        smooth = memory_figures.photo_uri(figures.colourised(judged.score, scale))
        tiles.append(Tile(title, words.SCORE_HINT, smooth, None, values, **linked_pictures.bar(scale)))
    change = result.judged.score - scene.judged.score
    peaks = [memory_data.per_position(judged.score, scene.shape) for judged in (scene.judged, result.judged)]
    limit = text.number(threshold)
    tiles.append(
        Tile(
            "Score, difference",
            words.DIFFERENCE_HINT,
            memory_figures.photo_uri(memory_figures.change_colours(change, threshold)),
            None,
            memory_figures.readings(peaks[1] - peaks[0]),
            memory_figures.change_gradient(),
            (f"≤ −{limit}", "0", f"≥ {limit}: the threshold"),
        )
    )
    return tiles


def _six_maps(scene: Scene, result: Effect) -> None:
    st.markdown("**The maps, as trained and now**")
    levels = resources.normal_levels(scene.model)
    scale = figures.map_scale()
    tiles = []
    for name in result.maps:
        level = max(levels[name], 1e-12)
        for title, maps in ((f"{name} as trained", scene.trace.maps), (f"{name} now", result.maps)):
            share = maps[name] / level
            values = memory_figures.readings(memory_data.per_position(share, scene.shape))
            tiles.append(Tile(title, "", memory_figures.photo_uri(figures.colourised(share, scale), 128), None, values))
    linked_pictures.draw(
        "map_pictures",
        tiles,
        scene.shape,
        _chosen_patch(scene),
        scene.loaded.image.shape,
        _choose_patch,
        label=words.PICKER_LABEL,
        width=130,
    )
    st.html(figures.colour_bar(scale))
    st.caption(words.MAPS_HINT)


# ------------------------------------------------------------------------------------------------ what memory changed


def _changed(scene: Scene, recall: Recall) -> None:
    st.subheader("What the memory changed", anchor=False)
    flagged, distance = scene.flagged, recall.distance
    means = [float(distance[mask].mean()) if mask.any() else None for mask in (~flagged, flagged)]
    st.markdown(words.changed(*means, float(distance.mean())))
    scale = memory_figures.distance_scale(0.7)
    tiles = [
        Tile(
            "1 − cos(F₃, F′₃)",
            words.CHANGED_MAP_HINT,
            None,
            figures.colourised(distance, scale),
            memory_figures.readings(distance),
            **linked_pictures.bar(scale),
        ),
        Tile(
            "Flagged patches",
            "Orange: some pixel of the patch scores above the threshold.",
            scene.photo,
            memory_figures.flagged_cells(flagged),
            [["flagged" if value else "normal" for value in row] for row in flagged],
        ),
    ]
    pictures, chart = st.columns(2, gap="medium")
    with pictures:
        linked_pictures.draw(
            "distance_pictures",
            tiles,
            scene.shape,
            _chosen_patch(scene),
            scene.loaded.image.shape,
            _choose_patch,
            label=words.PICKER_LABEL,
            width=150,
        )
    with chart:
        st.markdown("**Distance of every patch**")
        figure = memory_figures.distances_figure(distance, flagged)
        st.plotly_chart(figure, key="distances", config=figures.CHART_CONFIG, alt="Distances of all patches as dots.")
        st.caption(words.DISTANCES_HINT)


# ---------------------------------------------------------------------------------------------------------- the atlas


@st.fragment
def _atlas(scene: Scene) -> None:
    """The memory as a whole. Runs again only when its own controls change."""
    st.subheader("Memory atlas", anchor=False)
    session.remember("atlas", "items", session.one_of(words.VIEWS))
    view = st.segmented_control(
        "Atlas view",
        list(words.VIEWS),
        format_func=words.VIEWS.get,
        key="atlas",
        required=True,
        label_visibility="collapsed",
    )
    {"items": _atlas_items, "similarity": _similarity, "map": _embedding}[view](scene)


def _atlas_items(scene: Scene) -> None:
    atlas, here = scene.atlas, memory_data.usage(scene.trace.addressing.weights)
    st.markdown("**Share of the addressing per item, in percent**")
    usage = (None, None) if atlas is None else (atlas.usage, atlas.dead)
    st.plotly_chart(
        memory_figures.usage_figure(here, *usage),
        key="usage",
        config=figures.CHART_CONFIG,
        alt="Share of each item over the training set and on this image.",
    )
    st.caption(words.USAGE_HINT)
    if atlas is None:
        st.info(words.NO_ATLAS, icon=":material/info:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        order = _order_choice("atlas_order", "training", scene)
        page = _page("atlas_page", -(-scene.items // _CARDS_ON_PAGE))
    shown = _ordered(order, scene, here)[(page - 1) * _CARDS_ON_PAGE : page * _CARDS_ON_PAGE]
    st.html(memory_figures.cards([_atlas_card(atlas, item) for item in shown], 230))
    st.caption(words.ATLAS_HINT, help=words.DEAD_HELP)


def _atlas_card(atlas: Atlas, item: int) -> Card:
    name, share = words.item(item), float(atlas.usage[item])
    fair = share * len(atlas.usage)
    return Card(
        name,
        (f"{text.percent(share)} in training, {text.number(fair)} fair shares",),
        f"Training patches of {name}",
        strip=memory_figures.strip(atlas.patches[item]),
        share=fair,
        note="dead" if atlas.dead[item] else "",
        faded=bool(atlas.dead[item]),
    )


def _similarity(scene: Scene) -> None:
    which, cosines, _ = memory_cache.ordered_items(scene.model)
    st.markdown("**Similarity of the items (cosine, no unit)**")
    st.plotly_chart(
        memory_figures.similarity_figure(which, cosines),
        key="similarity",
        config=figures.CHART_CONFIG,
        width=560,
        alt="Matrix of the cosines between all items.",
    )
    few = "" if len(which) == scene.items else f" Only the {len(which)} most used of {scene.items} items are shown."
    st.caption(words.SIMILARITY_HINT + few)


def _embedding(scene: Scene) -> None:
    session.remember("atlas_layout", "UMAP", session.one_of(("UMAP", "PCA")))
    method = st.segmented_control("Layout", ["UMAP", "PCA"], key="atlas_layout", required=True, help=words.UMAP_HELP)
    with st.spinner(words.UMAP_WAIT, show_time=True):
        embedding = memory_cache.embedding(scene.model, scene.loaded.hash, scene.trace, method)
    st.markdown(f"**{embedding.method} of items and the image's patches, by direction (no unit)**")
    here = memory_data.usage(scene.trace.addressing.weights)
    usage, dead = (here, None) if scene.atlas is None else (scene.atlas.usage, scene.atlas.dead)
    figure = memory_figures.embedding_figure(embedding, scene.flagged, usage, dead)
    st.plotly_chart(
        figure, key="embedding", config=figures.CHART_CONFIG, alt="Items and patches as points in the plane."
    )
    st.caption(" ".join((words.EMBEDDING_HINT, *embedding.notes)))
