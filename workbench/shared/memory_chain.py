"""The chain by which the memory makes a defect stand out, with the numbers of one patch and of a good part: one answer
for all pages.

>>> st.html(memory_chain.of(model, loaded, (1, 4)))                                         # doctest: +SKIP
"""

from html import escape

from nnet.analysis import answered
from nnet.analysis.answered import Answers
from nnet.analysis.story import StoryError
from workbench.shared import chosen_picture, resources, units
from workbench.shared import memory_words as words
from workbench.shared.cache import BoundedCache
from workbench.shared.resources import Loaded, Model

_ANSWERS: BoundedCache[tuple[str, str], Answers] = BoundedCache(4 * resources.MEBIBYTE, lambda found: found.nbytes)


def of(model: Model, loaded: Loaded, patch: tuple[int, int]) -> str:
    """The chain at this patch, row and column from 0, beside the first good sample, as HTML; "" without a good sample
    or a memory."""
    good = next(iter(chosen_picture.good_samples()), None)
    memory = model.detector.memory
    if good is None or memory is None:
        return ""
    try:
        here, of_good = _answers(model, loaded).at(*patch), _answers(model, good.load()).typical
    except StoryError:
        return ""
    free = answered.nearest_mixture(resources.trace(model, loaded).F[2][:, *patch], memory)
    head = "".join(f'<th scope="col">{one}</th>' for one in words.HEAD)
    body = "".join(
        f'<tr><th scope="row">{said}</th>{"".join(f"<td>{number}</td>" for number in numbers)}</tr>'
        for said, *numbers in words.rows(here, of_good, len(memory))
    )
    said = "".join(f"<p>{one}</p>" for one in words.concluded(here, of_good, len(memory), free))
    rule = escape(words.rule(*patch, units.text(good.title)))
    return (
        f'<div class="nn-weights nn-held nn-chain"><b>{words.TITLE}</b><table><tr>{head}</tr>{body}</table>'
        f"{units.indices(said)}<p><small>{rule}</small></p></div>"
    )


def _answers(model: Model, loaded: Loaded) -> Answers:
    key = model.network_key, loaded.hash
    return _ANSWERS.of(key, lambda: answered.answers(model.detector, resources.trace(model, loaded)))
