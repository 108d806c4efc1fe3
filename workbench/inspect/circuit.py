"""The score circuit on the Inspect page: presets, a field for an expression, and the diagram."""

from functools import partial

import streamlit as st

from nnet.detector import Trace
from nnet.scoring import circuit
from nnet.scoring.judge import OWN
from workbench.components import score_circuit
from workbench.components.score_circuit import Diagram, Map, Pair, Result, Sign
from workbench.inspect import settings, words
from workbench.inspect.scene import Scene
from workbench.inspect.settings import Chosen
from workbench.shared import pictures, resources, units
from workbench.shared import words as shared_words
from workbench.shared.controls import following
from workbench.shared.resources import Model


def presets(model: Model) -> None:
    """The buttons of the presets, after `settings.remember_expression`."""
    names = [*circuit.presets(model.detector.config), OWN]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        about = f"{words.CIRCUIT_HINT} {shared_words.map_help()} {words.PRESETS_HELP}"
        st.markdown(f"**{words.CIRCUIT_TITLE}**", width="content", help=about)
        st.segmented_control(
            words.PRESETS_LABEL,
            names,
            format_func=words.preset_name,
            key=settings.SCORE.key,
            required=True,
            label_visibility="collapsed",
            on_change=settings.preset_chosen,
            wrap=True,
        )


def written(model: Model, chosen: Chosen) -> None:
    """The expression as text, and the maps as a list: what the diagram does, for the keyboard."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            words.EXPRESSION_LABEL,
            key=settings.EXPRESSION.key,
            on_change=settings.expression_written,
            args=(model,),
            help=shared_words.EXPRESSION_HELP,
            width=220,
        )
        with st.popover(words.PLAIN_BUTTON, icon=":material/checklist:", help=words.PLAIN_HELP):
            used = list(chosen.expression.maps)
            st.pills(
                words.PLAIN_LABEL,
                model.detector.config.maps,
                selection_mode="multi",
                default=used,
                help=words.PLAIN_HELP,
                **following("maps_used", used, partial(settings.maps_chosen, model)),
            )
    if chosen.error is not None:
        st.warning(words.not_yet(str(chosen.error), chosen.expression), icon=":material/edit:")
        if chosen.error.caret:
            st.code(chosen.error.caret, language=None)


def draw(scene: Scene) -> None:
    """The diagram with every map's thumbnail on the one calibrated scale, and what comes out of it."""
    score_circuit.draw(
        "circuit",
        diagram(scene),
        words.ONLY,
        lambda change, target: settings.circuit_edited(scene.model, change, target),
    )
    st.html(pictures.colour_bar(pictures.map_scale(scene.view.scale.colour_map)))


def diagram(scene: Scene) -> Diagram:
    """What the diagram shows of a scene."""
    found = circuit.read(scene.expression)
    used = scene.expression.maps
    height, width = scene.loaded.image.shape[:2]
    x, y = scene.view.pixel
    return Diagram(
        pairs=tuple(_pair(scene, found, used, index) for index in range(len(circuit.PAIRS))),
        outer=tuple(_outer(scene, found, index) for index in range(len(circuit.PAIRS) - 1)),
        result=_result(scene),
        written=None if found else words.written(scene.expression),
        alone=scene.expression.name,
        pixel=((x + 0.5) / width, (y + 0.5) / height),
        aspect=width / height,
    )


def _pair(scene: Scene, found: circuit.Circuit | None, used: tuple[str, ...], index: int) -> Pair:
    names = [name for name in reversed(circuit.PAIRS[index]) if name in scene.trace.maps]  # S1 before S2
    sign = found.inner[index] if found and len(names) == 2 else ""
    effect = bool(found and found.has_inner(index))
    title = words.sign_label(sign, effect) if sign else ""
    maps = tuple(_map(scene.model, scene.trace, name, name in used, scene.view.scale.colour_map) for name in names)
    return Pair(maps, Sign(sign, effect, title), words.scale_title(index, scene.model.detector.config.model.size))


def _map(model: Model, trace: Trace, name: str, used: bool, colours: str) -> Map:
    relative = units.multiple(trace.maps[name], resources.normal_levels(model)[name])
    return Map(
        name=name,
        picture=pictures.colourised(relative, pictures.map_scale(colours)),
        facts=words.map_facts(name, used),
        used=used,
        label=words.map_label(name, float(relative.max()), used),
        only=words.ONLY_LABEL.format(name=name),
    )


def _outer(scene: Scene, found: circuit.Circuit | None, index: int) -> Sign:
    if found is None or not any(name in scene.trace.maps for name in circuit.PAIRS[index + 1]):
        return Sign("", False, "")
    effect = found.has_outer(index)
    return Sign(found.outer[index], effect, words.sign_label(found.outer[index], effect))


def _result(scene: Scene) -> Result:
    judged = scene.judged
    return Result(
        picture=pictures.colourised(judged.score, scene.view.scale),
        alt=words.result_alt(judged.value),
        score=shared_words.relative(judged.reference, judged.value),
        decision=shared_words.decision(judged.reference, judged.value),
    )
