"""What a question measured, in pictures: beside the answer, and what follows the drawing."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from nnet.analysis.anatomy import anatomy
from nnet.analysis.gated import Gated
from nnet.analysis.story import Finding
from workbench.how_it_works import collapse, figures, model_answer, subject, trained, words
from workbench.how_it_works.scene import Scene
from workbench.how_it_works.settings import ON
from workbench.shared import (
    atlases,
    chosen_picture,
    controls,
    gate_table,
    living_network,
    memory_chain,
    resources,
    small_damages,
    training_film,
    units,
)
from workbench.shared import words as shared_words

WITH_PICTURES = (1, 3, 4, 5, 6, 7)
"""Steps whose answer is shown in pictures beside it."""
WITH_LINKS = (3, 4)
"""Steps about how one student fails, which other pages show, too."""


def draw(scene: Scene) -> None:
    """What follows the card and the drawing of an answered step."""
    if scene.step == 8:
        _film(scene)
        collapse.draw()
    elif scene.step == 9:
        _further()
    elif scene.step == 6 and (good := model_answer.good_sample()) is not None:
        label, where = words.SAME_NUMBERS.format(picture=units.plain(good.title)), chosen_picture.address_of(good)
        st.page_link("pages/3_Projection.py", label=label, icon=":material/arrow_forward:", query_params=where)
    elif scene.step == 7:
        icon = ":material/arrow_forward:"
        st.page_link("pages/8_When_it_fails.py", label=words.PRICE, icon=icon)
    elif scene.step in WITH_LINKS:
        _students_elsewhere()


def evidence(scene: Scene, finding: Finding) -> None:
    """What was measured, beside the answer's sentence."""
    if scene.step == 3:
        st.html(figures.found_alone(finding))
    elif scene.step == 8:
        controls.chart(figures.losses(finding, large=scene.presenting), "tour_losses", alt=words.LOSSES_ALT)
        st.html(figures.losses_key(finding))
    elif scene.step == 9:
        st.html(figures.bars(finding, trained.study().gained))
    if scene.step in WITH_PICTURES:
        _tiles_of(scene, finding)


def tables(scene: Scene, finding: Finding) -> None:
    """Numbers of an answer that are read after it."""
    if scene.step == 5:
        at = int(finding.numbers["row"]), int(finding.numbers["column"])
        if chain := memory_chain.of(scene.model, scene.loaded, at):
            st.html(chain)
        st.html(figures.far(finding))
    elif scene.step == 6 and (table := gate_table.of(scene.model)):
        st.html(table)
    elif scene.step == 8:
        st.html(figures.weighted_sum(scene.model.detector.config.loss, is_answered=True))
        st.html(figures.weights(scene.model.detector.config.loss, finding))
    elif scene.step == 9:
        found = trained.study()
        told = words.experiments(finding, found.gained, found.data, found.epochs, found.longer)
        st.html(figures.experiments(told))


def _further() -> None:
    """Where to go on after the last step."""
    with st.container(horizontal=True):
        for page, label in words.ONWARD.items():
            st.page_link(f"pages/{page}.py", label=label, icon=":material/arrow_forward:")
        _which_part()


def _tiles_of(scene: Scene, finding: Finding) -> None:
    """Pictures side by side."""
    if scene.step == 3:
        _blind_spots(finding)
        return
    channel = model_answer.damped(scene) if scene.step == 6 else None
    if scene.step == 6 and channel is None:
        return
    captions = words.captions(scene.step, channel)
    found = _tiles(scene, scene.loaded.shown, finding, channel)
    _row(scene.loaded.hash, [(tile, captions[name]) for name, tile in found.items()])


def _blind_spots(finding: Finding) -> None:
    """Of each student the damage that it misses most clearly, as both see it."""
    small, found, key = small_damages.every(small_damages.good_sample()), [], ""
    for branch, captions in words.BLIND.items():
        if (at := finding.numbers.get(f"{branch}_at")) is None:
            continue
        damaged = small[int(at)][1]
        key += damaged.hash
        found += [
            (
                small_damages.around(damaged.shown, finding.images[f"{branch}_by_{by}"], figures.SIDE),
                caption.format(what=small_damages.named(int(at))),
            )
            for by, caption in captions.items()
        ]
    if found:
        _row(key, found)


def _row(key: str, found: Sequence[tuple[np.ndarray, str]]) -> None:
    with st.container(key=f"tour_pictures_{key}"):
        columns = st.columns(len(found), gap="small")
    for column, (tile, caption) in zip(columns, found, strict=True):
        column.image(tile, caption, width="stretch", alt=caption)


def _students_elsewhere() -> None:
    """Where both students can be looked at further."""
    picture = subject.defective().get(ON.value or "")
    address = chosen_picture.address_of(picture) if picture is not None else {}
    where = {**address, "view": "students"}
    with st.container(horizontal=True):
        st.page_link("pages/1_Inspect.py", label=words.STUDENTS, icon=":material/arrow_forward:", query_params=where)
        _which_part()


def _which_part() -> None:
    where = {"ablations_part": "whatif"}
    st.page_link(
        "pages/6_Ablations.py", label=shared_words.WHICH_PART, icon=":material/arrow_forward:", query_params=where
    )


def _tiles(scene: Scene, shown: np.ndarray, finding: Finding, channel: Gated | None) -> dict[str, np.ndarray]:
    match scene.step:
        case 1:
            return figures.unlike(shown, finding)
        case 4:
            return figures.through(shown, finding)
        case 5:
            return _answers(scene, shown, finding)
        case 6:
            assert channel is not None  # `tiles` ends before this without one
            return figures.gated(channel)
        case _:
            return figures.heatmaps(shown, finding)


def _answers(scene: Scene, shown: np.ndarray, finding: Finding) -> dict[str, np.ndarray]:
    """The picture and both answers as training patches; without these F_3 and F'_3 in the colours of the network."""
    if (atlas := atlases.of(scene.model)) is not None:
        return figures.rebuilt(shown, finding, atlas)
    parts = anatomy(resources.trace(scene.model, scene.loaded), ())
    colours, recalled = living_network.colours(scene.model), parts["F'_3"]
    named = {"picture": parts["F_3"], "few": recalled, "every": replace(recalled, values=finding.images["after"])}
    return {name: figures.enlarged(colours.paint(part)) for name, part in named.items()}


def _film(scene: Scene) -> None:
    film = training_film.of_model(scene.model.detector.checkpoint.path)
    if film is None:
        st.caption(words.NO_FILM)
        return
    with st.expander(words.FILM, icon=":material/movie:"):
        training_film.draw(scene.model.name, film)
