"""What a question measured, in pictures: beside the answer, and what follows the drawing."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nnet.analysis.anatomy import anatomy
from nnet.analysis.story import Finding
from nnet.expression import Expression
from workbench.how_it_works import collapse, figures, model_answer, subject, words
from workbench.how_it_works.scene import Scene
from workbench.how_it_works.settings import ON
from workbench.shared import chosen_picture, living_network, other_models, resources, training_film, units
from workbench.shared import words as shared_words
from workbench.shared.picture import Picture
from workbench.shared.resources import Loaded, Model

WITH_PICTURES = (1, 3, 4, 5, 6, 7)
"""Steps whose answer is shown in pictures beside it."""
WITH_LINKS = (3, 4)
"""Steps about how one student fails, which other pages show, too."""


def draw(scene: Scene, place: DeltaGenerator) -> None:
    """What follows the card and the drawing of an answered step; at the `place` above, where a failure shows that does
    not show here."""
    if scene.step == 8:
        _film(scene)
        collapse.draw()
    elif scene.step == 9:
        with st.container(horizontal=True):
            for page, label in words.MORE.items():
                st.page_link(f"pages/{page}.py", label=label, icon=":material/arrow_forward:")
            _which_part()
    elif scene.step == 6 and (good := model_answer.good_sample()) is not None:
        label, where = words.SAME_NUMBERS.format(picture=units.plain(good.title)), chosen_picture.address_of(good)
        st.page_link("pages/3_Projection.py", label=label, icon=":material/arrow_forward:", query_params=where)
    elif scene.step in WITH_LINKS:
        _failure(scene, place)


def tiles(scene: Scene, finding: Finding) -> None:
    """What was measured, in pictures side by side."""
    _row(scene, scene.loaded.shown, finding, scene.loaded)


def _row(scene: Scene, shown: np.ndarray, finding: Finding, loaded: Loaded) -> None:
    captions = words.CAPTIONS.get(scene.step, {})
    found = _tiles(scene, shown, finding, loaded)
    with st.container(key=f"tour_pictures_{loaded.hash[:8]}"):
        columns = st.columns(len(found), gap="small")
    for column, (name, tile) in zip(columns, found.items(), strict=True):
        column.image(tile, captions[name], width="stretch", alt=captions[name])


def _failure(scene: Scene, place: DeltaGenerator) -> None:
    """Where to look further, and where else the failure that the step is about shows."""
    picture = subject.defective().get(ON.value or "")
    address = chosen_picture.address_of(picture) if picture is not None else {}
    where = {**address, "view": "students"}
    with st.container(horizontal=True):
        st.page_link("pages/1_Inspect.py", label=words.STUDENTS, icon=":material/arrow_forward:", query_params=where)
        _which_part()
    if scene.step in words.FAILURES:
        _best_shown(scene, place)


def _which_part() -> None:
    where = {"ablations_part": "whatif"}
    st.page_link(
        "pages/6_Ablations.py", label=shared_words.WHICH_PART, icon=":material/arrow_forward:", query_params=where
    )


def _best_shown(scene: Scene, place: DeltaGenerator) -> None:
    """Where this model shows it best among its samples."""
    found = model_answer.of_samples(scene)
    shows = {key: one for key, one in found.items() if one.agrees}
    about = words.FAILURES[scene.step]
    if not shows:
        if found:
            with place:
                other_models.draw(scene.model, partial(_of_another, scene), "tour_elsewhere")
        return
    key = other_models.least_left(shows)
    picture = subject.defective()[key]
    if picture.load().hash == scene.loaded.hash:  # it is what the answer shows
        return
    with st.container(width=2 * figures.SIDE):
        st.caption(words.FAILURE.format(about=about, picture=units.plain(picture.title)))
        _row(scene, picture.load().shown, shows[key], picture.load())


def _of_another(
    scene: Scene, model: Model, expression: Expression, pictures: Mapping[str, Picture]
) -> dict[str, Finding]:
    """What another model's samples answer at this step."""
    return model_answer.of_samples(replace(scene, model=model, expression=expression), pictures)


def _tiles(scene: Scene, shown: np.ndarray, finding: Finding, loaded: Loaded) -> dict[str, np.ndarray]:
    match scene.step:
        case 1:
            return figures.unlike(shown, finding)
        case 3:
            return figures.heatmaps(shown, finding)
        case 4:
            return figures.through(shown, finding)
        case 5:
            return _mosaics(scene, finding, loaded)
        case 6:
            return figures.strengths(finding)
        case _:
            return figures.heatmaps(shown, finding, calibrated=False)


def _mosaics(scene: Scene, finding: Finding, loaded: Loaded) -> dict[str, np.ndarray]:
    """F_3, F'_3 and F'_3 of all items, in the colours of the network."""
    parts = anatomy(resources.trace(scene.model, loaded), ())
    colours, recalled = living_network.colours(scene.model), parts["F'_3"]
    named = {"given": parts["F_3"], "before": recalled, "after": replace(recalled, values=finding.images["after"])}
    return {name: figures.enlarged(colours.paint(part)) for name, part in named.items()}


def _film(scene: Scene) -> None:
    film = training_film.of_model(scene.model.detector.checkpoint.path)
    if film is None:
        st.caption(words.NO_FILM)
        return
    st.caption(words.FILM)
    training_film.draw(scene.model.name, film)
