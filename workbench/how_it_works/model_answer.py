"""A step's question, asked of the model. Which of `nnet.analysis.story` it is, and with which pictures."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from nnet.analysis import dense, gated, losses, story
from nnet.analysis.story import Finding, StoryError
from nnet.detector import Trace
from nnet.runs.length import trained_steps
from nnet.scoring.maps import score_map
from nnet.training.state import load_history
from workbench.how_it_works import cache, subject, words
from workbench.how_it_works.scene import Scene
from workbench.shared import chosen_picture, gate_table, resources, small_damages
from workbench.shared.picture import Picture

OF_ALL = (1,)
"""Steps that are asked of all defective samples, too: whether one shows it depends on the picture."""
OF_GOOD = (3, 8)
"""Steps that are asked of the first good sample, if of any picture."""


def ask(scene: Scene) -> Finding:
    """What the model answers; it is asked once.

    Raises:
        nnet.analysis.story.StoryError: it lacks the part that the step is about.
    """
    key = (scene.model.key, _asked_of(scene), scene.expression, scene.step)
    return cache.FINDINGS.of(key, lambda: _answer(scene))


def _asked_of(scene: Scene) -> str:
    """What stands for the pictures that an answer depends on."""
    if scene.step == 9:
        return "+".join(one.content_key for one in chosen_picture.sample_pictures().values())
    sample = good_sample() if scene.step in OF_GOOD else None
    return "+".join((scene.loaded.hash, *subject.beside(scene.step))) if sample is None else sample.content_key


def of_samples(scene: Scene) -> dict[str, Finding]:
    """What each defective sample answers, by its key; nothing for steps that do not depend on the picture."""
    if scene.step not in OF_ALL:
        return {}
    try:
        return subject.of_samples(scene.model, scene.expression, _of_picture(scene), scene.step, subject.defective())
    except StoryError:
        return {}


def _answer(scene: Scene) -> Finding:
    detector = scene.model.detector
    if scene.step == 8:
        finding = losses.heaviest_loss(load_history(detector.checkpoint.path), detector.config.loss)
        return replace(finding, numbers={**finding.numbers, **_weighed(scene)})
    if scene.step == 9:
        good, defective = _samples(scene)
        return story.leans_on(detector, good, defective, scene.expression)
    if scene.step == 3:
        return _found_alone(scene)
    return _of_picture(scene)(resources.trace(scene.model, scene.loaded))


def _weighed(scene: Scene) -> dict[str, float]:
    """What the weights of the losses led to in this model, on its first good sample: "fit_few", "fit_one" and "fit_all"
    (`dense.fits`), "copied_before" and "copied_behind" (`gated.copied`); without what it lacks."""
    if (good := good_sample()) is None:
        return {}
    trace = resources.trace(scene.model, good.load())
    found = {f"fit_{name}": value for name, value in dense.fits(scene.model.detector, trace).items()}
    if (copied := gated.copied(trace)) is not None:
        found |= dict(zip(("copied_before", "copied_behind"), copied, strict=True))
    return found


def _of_picture(scene: Scene) -> Callable[[Trace], Finding]:
    detector, sigma = scene.model.detector, scene.model.detector.config.scoring.sigma
    match scene.step:
        case 1:
            return subject.unlike(scene.model, scene.expression)
        case 2:
            return story.narrow
        case 4:
            return lambda trace: story.let_through(detector, _before(scene), trace)
        case 5:
            return lambda trace: dense.dense(detector, trace, _good(scene), scene.expression)
        case 6:
            return lambda trace: gated.passes(_before(scene), trace)
        case _:
            return lambda trace: story.added(trace, sigma)


def _good(scene: Scene) -> Trace:
    if (good := good_sample()) is None:
        raise StoryError(words.NO_GOOD)
    return resources.trace(scene.model, good.load())


def evened(scene: Scene) -> Finding | None:
    """What the gates do to the evenness of good parts; None where that cannot be measured."""
    try:
        return gate_table.evened(scene.model)
    except StoryError:
        return None


def damped(scene: Scene) -> gated.Gated | None:
    """The channel of the picture that step 6 shows; None where there are no gates."""
    trace = resources.trace(scene.model, scene.loaded)
    sigma = scene.model.detector.config.scoring.sigma
    return gated.example(trace, score_map(trace.maps, scene.expression, trace.input_size, sigma))


def lesson(scene: Scene, finding: Finding) -> Mapping[str, str]:
    """What the paper claims, what this model does and why they may differ, by its heading; {} for steps whose answer
    says it by itself."""
    if scene.step == 5:
        return words.of_mixtures(finding)
    if scene.step == 6:
        one = scene.model.detector.checkpoint
        steps = trained_steps(one.path, one.config, one.about) or 0
        return words.of_gates(finding, evened(scene), steps, damped(scene))
    if scene.step == 8:
        return words.of_loss(scene.model.detector.config.loss, finding)
    return {}


def _before(scene: Scene) -> Trace:
    if scene.subject.before is None:
        raise StoryError(small_damages.NO_PAIR)
    return resources.trace(scene.model, scene.subject.before)


def _found_alone(scene: Scene) -> Finding:
    """Step 3's answer: `small_damages.found`, and of the damage that S1 misses most clearly how much it copies of it,
    "copied"."""
    finding = small_damages.found(scene.model)
    if "forward_at" not in finding.numbers:
        return finding
    copied = small_damages.shown(scene.model, int(finding.numbers["forward_at"])).copied
    return replace(finding, numbers={**finding.numbers, "copied": copied})


def good_sample() -> Picture | None:
    """The first sample that is known to be good."""
    return next(iter(chosen_picture.good_samples()), None)


def _samples(scene: Scene) -> tuple[list[Trace], list[Trace]]:
    """The good and the defective samples."""
    found: dict[bool, list[Trace]] = {True: [], False: []}
    for picture in chosen_picture.sample_pictures().values():
        if picture.is_defective is not None:
            found[picture.is_defective].append(resources.trace(scene.model, picture.load()))
    return found[False], found[True]
