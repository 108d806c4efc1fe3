"""A step's question, asked of the model. Which of `nnet.analysis.story` it is, and with which pictures."""

from collections.abc import Callable, Mapping

from nnet.analysis import story
from nnet.analysis.story import Finding, StoryError
from nnet.detector import Trace
from nnet.expression import parse
from nnet.saved.checkpoint import read_metrics
from nnet.scoring.maps import MAPS
from nnet.training.state import load_history
from workbench.how_it_works import cache, subject, words
from workbench.how_it_works.scene import Scene
from workbench.shared import chosen_picture, resources
from workbench.shared.picture import Picture

OF_ALL = (1, 3)
"""Steps that are asked of all defective samples, too: whether one shows it depends on the picture."""


def ask(scene: Scene) -> Finding:
    """What the model answers; it is asked once.

    Raises:
        nnet.analysis.story.StoryError: it lacks the part that the step is about.
    """
    key = (scene.model.key, _asked_of(scene), scene.expression, scene.step)
    return cache.FINDINGS.of(key, lambda: _answer(scene))


def _asked_of(scene: Scene) -> str:
    """What stands for the pictures that an answer depends on."""
    if scene.step == 8:
        return ""
    if scene.step == 9:
        return "+".join(one.content_key for one in chosen_picture.sample_pictures().values())
    sample = good_sample() if scene.step == 6 else None
    return "+".join((scene.loaded.hash, *subject.beside(scene.step))) if sample is None else sample.content_key


def of_samples(scene: Scene, pictures: Mapping[str, Picture] | None = None) -> dict[str, Finding]:
    """What each defective sample answers, by its key; nothing for steps that do not depend on the picture.

    Args:
        pictures: the samples, where they are not those of the model in use.
    """
    if scene.step not in OF_ALL:
        return {}
    try:
        found = subject.defective() if pictures is None else pictures
        return subject.of_samples(scene.model, scene.expression, _of_picture(scene), scene.step, found)
    except StoryError:
        return {}


def auroc(scene: Scene) -> dict[str, float]:
    """What the model's own test gave for S1 alone ("forward") and for both students ("both"), 0..1; {} if unknown."""
    scores = read_metrics(scene.model.detector.checkpoint.path).get("scores", {})
    every = scene.expression.maps
    wanted = {"forward": {name for name in every if MAPS[name].branch == "forward"}, "both": set(every)}
    found = {
        name: scores[text].get("i_auroc")
        for name, maps in wanted.items()
        for text in scores
        if set(parse(text).maps) == maps
    }
    return found if len(found) == len(wanted) and None not in found.values() else {}


def _answer(scene: Scene) -> Finding:
    detector = scene.model.detector
    if scene.step == 8:
        return story.heaviest_loss(load_history(detector.checkpoint.path), detector.config.loss)
    if scene.step == 9:
        good, defective = _samples(scene)
        return story.leans_on(detector, good, defective, scene.expression)
    sample = good_sample() if scene.step == 6 else None
    return _of_picture(scene)(resources.trace(scene.model, scene.loaded if sample is None else sample.load()))


def _of_picture(scene: Scene) -> Callable[[Trace], Finding]:
    detector, sigma = scene.model.detector, scene.model.detector.config.scoring.sigma
    match scene.step:
        case 1:
            return subject.unlike(scene.model, scene.expression)
        case 2:
            return story.narrow
        case 3:
            return lambda trace: story.copier_alone(detector, trace, scene.expression)
        case 4:
            return lambda trace: story.let_through(detector, _before(scene), trace)
        case 5:
            return lambda trace: story.dense(detector, trace)
        case 6:
            return story.evened
        case _:
            return lambda trace: story.added(trace, sigma)


def _before(scene: Scene) -> Trace:
    if scene.subject.before is None:
        raise StoryError(words.NO_PAIR)
    return resources.trace(scene.model, scene.subject.before)


def good_sample() -> Picture | None:
    """The first sample that is known to be good, which step 6 is asked of; without one it is asked of the picture."""
    return next(iter(chosen_picture.good_samples()), None)


def _samples(scene: Scene) -> tuple[list[Trace], list[Trace]]:
    """The good and the defective samples."""
    found: dict[bool, list[Trace]] = {True: [], False: []}
    for picture in chosen_picture.sample_pictures().values():
        if picture.is_defective is not None:
            found[picture.is_defective].append(resources.trace(scene.model, picture.load()))
    return found[False], found[True]
