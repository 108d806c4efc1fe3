"""A step's question, asked of the model. Which of `nnet.analysis.story` it is, and with which pictures."""

from __future__ import annotations

from nnet.analysis import story
from nnet.analysis.story import Finding
from nnet.detector import Trace
from nnet.training.state import load_history
from workbench.how_it_works import cache
from workbench.how_it_works.scene import Scene
from workbench.shared import chosen_picture, resources
from workbench.shared.resources import Loaded

MOST_HELPFUL = "forward"
"""The part whose addition raises the paper's numbers most (Table 4), by `story.PARTS`."""


def ask(scene: Scene) -> Finding:
    """What the model answers; it is asked once.

    Raises:
        nnet.analysis.story.StoryError: it lacks the part that the step is about.
    """
    picture = "" if scene.step in (8, 9) else scene.loaded.hash
    key = (scene.model.key, picture, scene.expression, scene.step)
    return cache.FINDINGS.of(key, lambda: _answer(scene))


def _answer(scene: Scene) -> Finding:
    detector, sigma = scene.model.detector, scene.model.detector.config.scoring.sigma
    if scene.step == 8:
        return story.heaviest_loss(load_history(detector.checkpoint.path), detector.config.loss)
    if scene.step == 9:
        good, defective = _samples(scene)
        return story.leans_on(detector, good, defective, scene.expression, MOST_HELPFUL)
    trace = resources.trace(scene.model, _good(scene) if scene.step == 6 else scene.loaded)
    match scene.step:
        case 1:
            return story.unlike(trace, scene.expression, sigma)
        case 2:
            return story.narrow(trace)
        case 3:
            return story.copier_alone(detector, trace, scene.expression)
        case 4:
            return story.shortcut(detector, trace, scene.expression)
        case 5:
            return story.dense(detector, trace)
        case 6:
            return story.evened(trace)
        case _:
            return story.added(trace, sigma)


def _good(scene: Scene) -> Loaded:
    """The chosen picture if it is known to be good, else the first sample that is."""
    pictures = [scene.picture, *chosen_picture.sample_pictures().values()]
    return next((one for one in pictures if one.is_defective is False), scene.picture).load()


def _samples(scene: Scene) -> tuple[list[Trace], list[Trace]]:
    """The good and the defective samples."""
    found: dict[bool, list[Trace]] = {True: [], False: []}
    for picture in chosen_picture.sample_pictures().values():
        if picture.is_defective is not None:
            found[picture.is_defective].append(resources.trace(scene.model, picture.load()))
    return found[False], found[True]
