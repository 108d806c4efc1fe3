"""What the projections' gates do to a model's good samples, by each measure: one answer for all pages.

>>> st.html(gate_table.of(model))                                                           # doctest: +SKIP
"""

from collections.abc import Mapping, Sequence

from nnet.analysis import projection, story
from nnet.analysis.projection import AmongParts
from nnet.analysis.story import Finding
from nnet.detector import Trace
from workbench.shared import chosen_picture, resources, theme
from workbench.shared import gate_words as words
from workbench.shared.cache import BoundedCache
from workbench.shared.resources import Model

Among = Mapping[str, tuple[AmongParts, ...]]
"""Side -> what was found at each scale; {} where it cannot be measured."""
_EVENED: BoundedCache[tuple[str, str], Finding] = BoundedCache(64)
_AMONG: BoundedCache[tuple[str, str], Among] = BoundedCache(
    16 * resources.MEBIBYTE,
    lambda found: sum(one.before.nbytes + one.after.nbytes for of in found.values() for one in of),
)


def evened(model: Model) -> Finding:
    """`story.evened` of the good samples.

    Raises:
        nnet.analysis.story.StoryError: no sample is known to be good, or the model has no projections.
    """
    if not chosen_picture.good_samples():
        raise story.StoryError(words.NO_GOOD)
    return _EVENED.of(_key(model), lambda: story.evened(_traces(model)))


def among(model: Model) -> Among:
    """How far the good samples differ at each scale of the sides that have gates; {} for fewer than two, and for a
    model that looks into a picture otherwise than it was trained to."""
    if model.detector.config != model.detector.checkpoint.config or len(chosen_picture.good_samples()) < 2:
        return {}
    return _AMONG.of(_key(model), lambda: among_sides(_traces(model)))


def among_sides(traces: Sequence[Trace]) -> Among:
    """`projection.among_parts` of each scale, by side; without the sides that have no gates."""
    found = {}
    for side in projection.SIDES:
        of_each = [projection.pairs(trace, side) for trace in traces]
        if of_each[0] and of_each[0][0].after is not None:
            found[side] = tuple(projection.among_parts(scale) for scale in zip(*of_each, strict=True))
    return found


def of(model: Model) -> str:
    """The table of a model, as HTML; "" where nothing can be measured."""
    try:
        finding = evened(model)
    except story.StoryError:
        return ""
    return table(finding, among(model), len(chosen_picture.good_samples()))


def table(finding: Finding, among: Among, parts: int) -> str:
    """Measures in rows and scales in columns, as HTML: whether each holds, its numbers in the tooltip.

    Args:
        finding: `evened`.
        among: see there.
        parts: on how many good parts both were measured.
    """
    claim = story.claimed(finding.numbers)
    rows = [
        (title, [_held(scale in holds, words.measured(*pair)) for scale, pair in enumerate(pairs, 1)])
        for title, holds, pairs in (
            (words.SMALLER, claim.smaller, story.by_scale(finding.numbers, "mean")),
            (words.EVEN, claim.even, story.by_scale(finding.numbers, "even")),
        )
    ]
    for side, of_each in among.items():
        told = [words.measured(*one.means, words.ANGLE) for one in of_each]
        cells = [_held(one.change < 0, said, one.change > 0) for one, said in zip(of_each, told, strict=True)]
        rows.append((words.CLOSER[side], cells))
    heads = (words.of_parts(parts), *words.HEAD[1:])
    head = "".join(f'<th scope="col">{one}</th>' for one in heads)
    body = "".join(f'<tr><th scope="row">{title}</th>{"".join(cells)}</tr>' for title, cells in rows)
    return f'<div class="nn-weights nn-held"><table><tr>{head}</tr>{body}</table><p>{words.ABOUT}</p></div>'


def _held(holds: bool, told: str, further: bool = False) -> str:
    colour, said = (theme.NORMAL, words.YES) if holds else (theme.ANOMALOUS, words.FURTHER if further else words.NO)
    return f'<td title="{told}"><i style="background:{colour}"></i>{said}</td>'


def _key(model: Model) -> tuple[str, str]:
    return model.key, "+".join(one.content_key for one in chosen_picture.good_samples())


def _traces(model: Model) -> list[Trace]:
    return [resources.trace(model, one.load()) for one in chosen_picture.good_samples()]
