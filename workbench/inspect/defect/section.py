"""Make your own defect: draw it or place it on the chosen image, see the answer, and measure from where on it shows."""

from __future__ import annotations

import base64
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from nnet.analysis.visibility import Response, respond
from nnet.data import CutPaste, Defect, Sample
from nnet.errors import NNetError
from nnet.scoring.circuit import PAIRS
from nnet.scoring.judge import Judgement
from nnet.scoring.maps import MAPS
from workbench.components import defect_canvas
from workbench.components.defect_canvas import Sheet
from workbench.inspect.defect import cache as studio_cache
from workbench.inspect.defect import effect as studio_data
from workbench.inspect.defect import figures as studio_figures
from workbench.inspect.defect import recipe as studio_paint
from workbench.inspect.defect import words as wording
from workbench.inspect.defect.cache import Answer
from workbench.inspect.defect.effect import Curves, Effect
from workbench.inspect.defect.recipe import CUT_PASTE, Alteration, Drawn, Placed, Recipe
from workbench.inspect.scene import Scene
from workbench.shared import pictures as figures
from workbench.shared import resources, session, text, theme
from workbench.shared.resources import Loaded

_MAP_ORDER = tuple(name for pair in PAIRS for name in pair)
_LAYERS, _PROBLEM, _RESPONSES, _ADDED = "studio_layers", "studio_problem", "studio_responses", "studio_added"
_DRAWN = "studio_drawn"
_LAYERS_KEPT, _RESPONSES_KEPT = 8, 6  # per visitor: drawings of up to 4.5 MB, measurements of some 1 MB
_BATCH_PIXELS = 32_000_000  # damaged images that are painted at a time, in pixels together


@dataclass(frozen=True)
class Outcome:
    """What the network says of the altered image.

    Attributes:
        recipe: the defect.
        alteration: the image with it.
        answer: M1..M6 with it, and the cells that the defect touches.
        judged: score and decision with it, under the threshold of the scene.
        effects: of each map, and of each factor that is more than one map.
        ran: whether a forward pass was needed just now.
    """

    recipe: Recipe
    alteration: Alteration
    answer: Answer
    judged: Judgement
    effects: tuple[list[Effect], list[Effect]]
    ran: bool


def section(scene: Scene) -> None:
    """The whole of it, as a closer look of the Inspect page."""
    st.caption(f"{wording.LEAD} {wording.LEARN_BY}")
    _warn_of_defects(scene)
    _studio(scene)


def _warn_of_defects(scene: Scene) -> None:
    """Say so when the image is no normal one, and offer one."""
    source = scene.picture.source
    known = isinstance(source, Sample) and source.is_defective
    reason = wording.already(scene.judged.reference, scene.judged.value, known)
    if reason is None:
        return
    normal = next((p for p in session.sample_pictures().values() if p.source.is_normal and p != scene.picture), None)
    words, jump = st.columns((3, 2), gap="medium", vertical_alignment="center")
    words.info(reason, icon=":material/info:")
    if normal is not None:
        jump.button(
            wording.jump(normal.title),
            key="studio_normal",
            icon=":material/arrow_forward:",
            on_click=session.choose,
            args=(normal.key,),
        )


@st.fragment
def _studio(scene: Scene) -> None:
    """Everything that follows the defect; only this runs again when it changes."""
    session.remember("studio", "place", session.one_of(wording.WAYS))
    way = st.segmented_control(
        "How",
        list(wording.WAYS),
        format_func=wording.WAYS.get,
        key="studio",
        required=True,
        label_visibility="collapsed",
    )
    placed = _placed() if way == "place" else None
    tool, altered, answer = st.columns(3, gap="medium")
    with tool:
        recipe = _place_on(scene, placed) if placed is not None else _draw_on(scene)
    try:
        outcome = _outcome(scene, recipe)
    except NNetError as error:
        altered.error(str(error), icon=":material/error:")
        return
    if outcome is None:
        altered.info(wording.NOTHING_DRAWN if recipe is None else wording.NOTHING_CHANGED, icon=":material/brush:")
        return
    with altered:
        _altered(scene, outcome)
    with answer:
        _answer(scene, outcome)
    _effects(scene, outcome)
    _dose_response(scene, outcome)
    _take_away(scene, outcome)


# --------------------------------------------------------------------------------------------------- placing one


def _placed() -> Placed:
    """The controls of a placed defect; all of them stand in the address."""
    with st.container(border=True):
        session.remember("defect", "scratch", session.one_of(wording.KINDS))
        kind = st.segmented_control(
            "Kind", list(wording.KINDS), format_func=wording.KINDS.get, key="defect", required=True
        )
        st.caption(wording.KIND_HINTS[kind])
        with st.grid(4, min_column_width=150, gap="small") as grid:

            def slider(label: str, key: str, low: float, high: float, default: float, step: float, help: str) -> float:
                session.remember(key, default, _on_grid(low, high, step))
                unit = "%.1f %%" if step < 1 else "%d°" if "angle" in key else "%d" if "seed" in key else "%d %%"
                with grid.cell():
                    return st.slider(label, low, high, step=step, key=key, format=unit, help=help)

            common = {
                "x": slider("Position x", "defect_x", 0.0, 100.0, 50.0, 0.5, "From the left.") / 100,
                "y": slider("Position y", "defect_y", 0.0, 100.0, 50.0, 0.5, "From the top.") / 100,
                "size": slider("Size", "defect_size", 2, 100, 30, 1, wording.SIZE_HELP) / 100,
                "contrast": slider("Contrast", "defect_contrast", 0, 100, 80, 5, wording.CONTRAST_HELP) / 100,
                "angle": 0.0,
            }
            if kind in studio_paint.TURNING:
                common["angle"] = float(slider("Angle", "defect_angle", 0, 175, 30, 5, wording.ANGLE_HELP))
            if kind == CUT_PASTE:
                for name, side in (("from_x", "left"), ("from_y", "top")):
                    label = f"Copied from {name[-1]}"
                    common[name] = slider(label, f"defect_{name}", 0.0, 100.0, 25.0, 0.5, f"From the {side}.") / 100
            common["seed"] = slider("Variant", "defect_seed", 0, 99, 0, 1, wording.SEED_HELP)
    return Placed(CutPaste(**common) if kind == CUT_PASTE else Defect(kind, **common))


def _on_grid(low: float, high: float, step: float) -> Callable[[str], float]:
    """A reader for `state.remember`: a number from `low` to `high`, brought to a multiple of `step`."""

    def read(written: str) -> float:
        value = float(written)
        if not low <= value <= high:
            raise ValueError
        value = low + round((value - low) / step) * step
        return type(low)(value)

    return read


def _place_on(scene: Scene, placed: Placed) -> Placed:
    """The original, where a click or a drag places the defect."""
    defect = placed.defect
    patch = placed.kind == CUT_PASTE
    st.markdown("**Original**")
    defect_canvas.placer(
        "studio_placer",
        _sheet(scene.loaded),
        {"to": (defect.x, defect.y), "from": (defect.from_x, defect.from_y) if patch else None},
        defect.size,
        _moved,
        label=wording.PLACE_LABEL,
        hint=wording.PLACE_HINT_PATCH if patch else wording.PLACE_HINT,
    )
    st.caption(wording.place(defect.x, defect.y, defect.size, scene.loaded.image.shape, placed.kind))
    return placed


def _moved(sent: object) -> None:
    """Take over a place from the browser. What it sends is checked; nonsense changes nothing."""
    try:
        keys = {"to": ("defect_x", "defect_y"), "from": ("defect_from_x", "defect_from_y")}[sent["which"]]
        places = [_on_grid(0.0, 100.0, 0.5)(str(100 * float(sent[axis]))) for axis in ("x", "y")]
    except (KeyError, TypeError, ValueError):
        return
    for key, value in zip(keys, places, strict=True):
        st.session_state[key] = value


def _sheet(loaded: Loaded) -> Sheet:
    height, width = loaded.shown.shape[:2]
    return Sheet(loaded.hash, studio_cache.photo(loaded), width, height, loaded.image.shape[1] / width)


# ------------------------------------------------------------------------------------------------------- drawing


def _draw_on(scene: Scene) -> Drawn | None:
    """The original, to be drawn on; None as long as nothing is drawn."""
    loaded = scene.loaded

    def take(written: object) -> None:
        keep_drawing(loaded, written)

    layer = _layers().get(loaded.hash)
    st.markdown("**Original: draw on it**")
    defect_canvas.painter(
        "studio_painter",
        _sheet(loaded),
        None if layer is None else _layer_uri(layer),
        take,
        label=wording.DRAW_LABEL,
        hint=wording.DRAW_HINT,
    )
    if loaded.shown.shape != loaded.image.shape:
        st.caption(wording.drawing_kept(loaded.shown.shape[1], loaded.shown.shape[0]))
    if problem := st.session_state.get(_PROBLEM):
        st.error(problem, icon=":material/error:")
    return None if layer is None else Drawn(layer)


def _layers() -> OrderedDict[str, bytes]:
    """The visitor's drawings as PNG files, by the hash of the image that they are on; the last few of them."""
    return st.session_state.setdefault(_LAYERS, OrderedDict())


def _layer_uri(layer: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(layer).decode()


def keep_drawing(loaded: Loaded, written: object) -> None:
    """Take over a drawing from the browser; one that cannot be used leaves a sentence and the last one as it is."""
    layers = _layers()
    st.session_state.pop(_PROBLEM, None)
    try:
        layer = studio_paint.read_layer(written, loaded.shown.shape[:2])
    except NNetError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    layers.pop(loaded.hash, None)
    if layer is not None:
        layers[loaded.hash] = layer
    while len(layers) > _LAYERS_KEPT:
        layers.popitem(last=False)


# ---------------------------------------------------------------------------------------------------- the answer


def _outcome(scene: Scene, recipe: Recipe | None) -> Outcome | None:
    """Run the network on the altered image unless that is known; None if there is nothing to look at."""
    if recipe is None:
        return None
    model, loaded = scene.model, scene.loaded
    alteration = studio_cache.alteration(loaded, recipe)
    if not alteration.changed:
        return None
    answer, ran = studio_cache.answer(model, loaded, recipe)
    judged = studio_cache.judgement(model, loaded, recipe, scene.expression)
    judged = replace(judged, reference=scene.judged.reference)  # the visitor may have moved the threshold
    effects = tuple(
        [
            studio_data.effect(part, scene.trace.maps, answer.maps, answer.inside, studio_cache.level(model, part.text))
            for part in parts
        ]
        for parts in studio_data.parts(scene.expression, answer.maps)
    )
    return Outcome(recipe, alteration, answer, judged, effects, ran)


def _altered(scene: Scene, outcome: Outcome) -> None:
    session.remember("studio_show", "heatmap", session.one_of(wording.SHOWN))
    session.remember("studio_edge", True, session.yes_or_no)
    show, edged = st.session_state["studio_show"], st.session_state["studio_edge"]
    view, shape, altered = scene.view, scene.loaded.image.shape, outcome.alteration.shown
    picture = {
        "heatmap": lambda: figures.overlay(altered, outcome.judged.score, view.scale, view.opacity, view.edge),
        "plain": lambda: altered,
        "before": lambda: figures.overlay(scene.loaded.shown, scene.judged.score, view.scale, view.opacity, view.edge),
    }[show]()
    if edged:
        picture = studio_figures.with_defect_outline(picture, outcome.alteration.shown_mask)
    score = scene.judged.score if show == "before" else outcome.judged.score
    st.markdown(f"**{wording.SHOWN_TITLES[show]}**")
    figure = figures.picture_figure(picture, shape, score, touch=session.on_touch_screen())
    st.plotly_chart(figure, key="studio_altered", config=figures.PICTURE_CONFIG, alt=wording.ALTERED_HINT)
    st.html(figures.colour_bar(view.scale))
    st.segmented_control(
        "Show",
        list(wording.SHOWN),
        format_func=wording.SHOWN.get,
        key="studio_show",
        required=True,
        label_visibility="collapsed",
    )
    st.toggle("Outline the defect", key="studio_edge", help=wording.OUTLINE_HELP)
    st.caption(wording.ALTERED_HINT)


def _answer(scene: Scene, outcome: Outcome) -> None:
    before, after = scene.judged, outcome.judged
    found = studio_data.found(outcome.answer.covered, before, after)
    colour = theme.BADGES[after.is_anomalous]
    st.markdown("**What the network says**")
    st.markdown(
        f":{colour}-badge[{text.decision(after.reference, after.value)}] "
        f"{wording.verdict(outcome.recipe.kind, before.value, after.value, after.reference, found, outcome.effects[0])}"
    )
    with st.grid(2, min_column_width=104, gap="small"):
        st.metric("Score without it", text.number(before.value), help=text.threshold(before.reference))
        st.metric("Score with it", text.number(after.value), help=text.rank(after.reference, after.value))
        st.metric("Found", text.percent(found.share), help=wording.FOUND_HELP)
        st.metric("Overlap (IoU)", f"{found.iou:.2f}", help=wording.IOU_HELP)
    st.caption(wording.ran(outcome.answer.milliseconds, outcome.ran))


def _effects(scene: Scene, outcome: Outcome) -> None:
    """Each map before and after at the defect: as pictures and as a chart."""
    singles, factors = outcome.effects
    st.markdown(f"**{wording.EFFECTS_TITLE}**")
    pictures, chart = st.columns((3, 2), gap="medium")
    with pictures:
        _map_pairs(scene, outcome, {effect.name: effect for effect in singles})
    with chart:
        figure = studio_figures.effects_figure([*singles, *factors])
        st.plotly_chart(figure, key="studio_effects", config=figures.CHART_CONFIG, alt=wording.EFFECTS_HINT)
        st.caption(f"{wording.EFFECTS_HINT} {wording.VISIBLE_MEANS}")


def _map_pairs(scene: Scene, outcome: Outcome, effects: dict[str, Effect]) -> None:
    scale = figures.map_scale(scene.view.scale.colour_map)
    with st.grid(3, min_column_width=150, gap="small") as grid:
        for name in _MAP_ORDER:
            if name not in effects:
                continue
            pair = studio_figures.map_pair(
                scene.trace.maps[name],
                outcome.answer.maps[name],
                effects[name].level,
                scene.loaded.image.shape,
                outcome.alteration.shown_mask,
                scale,
            )
            with grid.cell():
                st.markdown(f"**{name}** {MAPS[name].pair}")
                st.image(figures.data_uri(pair), width="stretch", alt=f"{name} without and with the defect")
                st.caption(wording.effect_caption(effects[name]))
    st.html(figures.colour_bar(scale))
    st.caption(wording.PAIRS_HINT)


# ------------------------------------------------------------------------------------------------- dose-response


def _dose_response(scene: Scene, outcome: Outcome) -> None:
    """How score, factors and maps grow with the defect; runs the network on a button only."""
    recipe = outcome.recipe
    st.markdown("**From where on is it seen?**")
    st.caption(wording.DOSE_LEAD)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        axes = {axis: wording.AXES[axis] for axis in recipe.axes}
        session.remember("dose", recipe.axes[0], session.one_of(axes))
        axis = st.segmented_control("Change its", list(axes), format_func=axes.get, key="dose", required=True)
        doses = studio_paint.doses(axis)
        pressed = st.button("Measure", key="studio_measure", icon=":material/show_chart:")
    st.caption(wording.estimate(len(doses), outcome.answer.milliseconds, scene.model.detector.device_name))
    kept = _responses()
    key = (scene.loaded.hash, scene.model.key, studio_paint.at_dose(recipe, axis, 1.0), axis)
    if pressed and key not in kept:
        kept[key] = _measured(scene, recipe, axis)
        while len(kept) > _RESPONSES_KEPT:
            kept.popitem(last=False)
    if key in kept:
        _show_response(scene, recipe.kind, kept[key], key)


def _responses() -> OrderedDict[tuple, Response]:
    """The visitor's last measurements."""
    return st.session_state.setdefault(_RESPONSES, OrderedDict())


def _measured(scene: Scene, recipe: Recipe, axis: str) -> Response:
    image, doses = scene.loaded.image, studio_paint.doses(axis)
    bar = st.progress(0.0, wording.progress(0, len(doses)))
    response = respond(
        scene.model.detector,
        scene.trace.maps,
        lambda dose: studio_paint.damage(image, studio_paint.at_dose(recipe, axis, dose)),
        doses,
        batch=int(np.clip(_BATCH_PIXELS * 3 // image.size, 1, resources.BATCH)),
        progress=lambda done: bar.progress(done / len(doses), wording.progress(done, len(doses))),
    )
    bar.empty()
    return response


def _show_response(scene: Scene, kind: str, response: Response, key: tuple) -> None:
    """The charts of a measurement. They are kept until another score or threshold is chosen."""
    made_for = (key, scene.expression, scene.judged.reference.threshold)
    kept, drawn = st.session_state.get(_DRAWN, (None, None))
    if kept != made_for:
        drawn = _drawn(scene, kind, response, key[-1])
        st.session_state[_DRAWN] = (made_for, drawn)
    curves, charts = drawn
    with st.grid(3, min_column_width=280, gap="medium") as grid:
        for title, (figure, hint) in charts.items():
            with grid.cell():
                st.markdown(f"**{title}**: {wording.dose_title(curves.axis, kind).lower()}")
                st.plotly_chart(figure, key=f"studio_dose_{title}", config=figures.CHART_CONFIG, alt=hint)
                st.caption(text.plain(hint))
    _onsets(scene, curves, kind, response)


def _drawn(scene: Scene, kind: str, response: Response, axis: str) -> tuple[Curves, dict[str, tuple[go.Figure, str]]]:
    """A measurement under the scene's score, and its charts with what to look for."""
    config = scene.model.detector.config
    singles, factors = studio_data.parts(scene.expression, response.maps)
    levels = {part.text: studio_cache.level(scene.model, part.text) for part in (*singles, *factors)}
    side, settings = min(scene.loaded.image.shape[:2]), (config.model.size, config.score.sigma)
    curves = studio_data.curves(response, axis, side, scene.judged, settings, levels)
    charts = {
        "Score": (studio_figures.scores_figure(curves, kind), wording.SCORES_HINT),
        "Maps": (studio_figures.lines_figure(curves, curves.maps, kind), wording.LINES_HINT),
    }
    if curves.factors:
        figure = studio_figures.lines_figure(curves, curves.factors, kind)
        charts["Factors of the score"] = (figure, wording.factors_hint(scene.expression))
    return curves, charts


def _onsets(scene: Scene, curves: Curves, kind: str, response: Response) -> None:
    score, lines = wording.score_onset(curves, kind), [wording.line_onset(curves, one, kind) for one in curves.maps]
    left, right = st.columns(2, gap="medium")
    left.markdown("\n".join(f"- {sentence}" for sentence in [score, *lines]))
    factors = [wording.line_onset(curves, one, kind) for one in curves.factors]
    if factors:
        right.markdown("\n".join(f"- {sentence}" for sentence in factors))
    with right:
        st.caption(wording.took(len(curves.doses), response.milliseconds))
        st.download_button(
            "Dose-response (CSV)",
            lambda: studio_data.table(curves).to_csv(index=False),
            f"{_name(scene, kind)}-{curves.axis}.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="studio_csv",
        )


# ---------------------------------------------------------------------------------------------------- taking away


def _name(scene: Scene, kind: str) -> str:
    return f"{scene.picture.stem}-{wording.noun(kind).replace(' ', '-')}"


def _take_away(scene: Scene, outcome: Outcome) -> None:
    """The altered image for the other pages, and image and mask as files."""
    name, alteration = _name(scene, outcome.recipe.kind), outcome.alteration
    with st.container(horizontal=True, gap="small"):
        use = st.button(
            "Use this image everywhere", key="studio_use", icon=":material/library_add:", help=wording.EVERYWHERE_HELP
        )
        files = {
            "Image (PNG)": (lambda: figures.png(alteration.image), f"{name}.png"),
            "Mask (PNG)": (lambda: figures.png(studio_paint.mask_picture(alteration.mask)), f"{name}-mask.png"),
        }
        for label, (make, file) in files.items():
            st.download_button(
                label, make, file, "image/png", icon=":material/download:", on_click="ignore", key=f"studio-{label}"
            )
    made = (scene.loaded.hash, outcome.recipe)
    if use:
        try:
            key = session.add(_free_name(name), figures.png(alteration.image))
        except NNetError as error:
            st.warning(text.plain(str(error)), icon=":material/warning:")
            return
        st.session_state[_ADDED] = (made, key)
        st.rerun()  # the row of images stands outside this fragment
    added, key = st.session_state.get(_ADDED, (None, ""))
    if added == made and key in session.uploads():
        _lead_on(key)


def _free_name(name: str) -> str:
    """A file name that no image of the visitor has."""
    taken = {picture.title for picture in session.uploads().values()}
    numbered = (f"{name}-{number}.png" for number in range(2, len(taken) + 3))
    return next(candidate for candidate in (f"{name}.png", *numbered) if candidate not in taken)


def _lead_on(key: str) -> None:
    """Ways to the other pages with the altered image chosen."""
    st.success(wording.added(session.uploads()[key].title), icon=":material/check:")
    with st.container(horizontal=True, gap="small"):
        for label, page in (("In Memory", "pages/2_Memory.py"), ("In Projection", "pages/3_Projection.py")):
            if st.button(label, key=f"studio_{page}", icon=":material/arrow_forward:"):
                session.choose(key)
                st.switch_page(page)
        if st.button("Here", key="studio_here", icon=":material/search:"):
            session.choose(key)
            st.rerun()
