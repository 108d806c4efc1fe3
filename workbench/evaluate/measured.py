"""Measuring a set: one forward pass per image, which can be stopped and continued."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from nnet.analysis import evaluation
from nnet.analysis.evaluation import Collecting, Evidence
from nnet.analysis.projection import in_mixed_order
from nnet.errors import NNetError
from workbench.evaluate import cache, interrupted, words
from workbench.shared import chosen_picture, kinds, measuring
from workbench.shared import words as shared_words
from workbench.shared.cache import BoundedCache
from workbench.shared.data_choice import Chosen
from workbench.shared.resources import Model

_RUNS = "evaluate_runs"
_LOOKED_AT = 3
_FOREIGN: BoundedCache[tuple[str, str], bool] = BoundedCache(64)
"""Whether a set shows another kind of part, by the model's key and the set's hash."""
AT_ONCE = "evaluate_at_once"
"""Key of whether the next set that is opened is measured without another press."""


@dataclass
class Run(measuring.Run):
    """One visitor's measuring of one set, with the evidence that it has collected."""

    collecting: Collecting = field(kw_only=True)


def measured(model: Model, chosen: Chosen) -> Evidence | None:
    """Draw the buttons to start and stop; what is known so far, or None while there is nothing to show."""
    current = run(model, chosen)
    found = evidence(model, chosen)
    total, mark = len(current.collecting.samples), _mark(model, chosen)
    done = found.done if found is not None else 0
    if st.session_state.pop(AT_ONCE, False) and done < total:
        current.active = True
    if not done and not current.active and _is_foreign(model, chosen):
        said = words.FOREIGN_BEFORE.format(kind=shared_words.OTHER_KIND)
        st.warning(said, icon=":material/help:")
    interrupted.tell(mark, is_running=current.active and done < total)
    if done < total:
        says = measuring.Says(shared_words.measure(total), "image", "measured")
        measuring.measure("evaluate", current, lambda: steps(model, chosen, current), says, lambda: pace(model, chosen))
    if found is None:
        return None
    normal = int(np.sum(~found.defective))
    st.markdown(words.rests_on(normal, len(found) - normal, total - len(found.problems)))
    if found.problems:
        st.warning(words.left_out(found.problems), icon=":material/broken_image:")
    if not found.can_be_measured:
        st.info(words.NEEDS_BOTH, icon=":material/info:")
        return None
    return found


def _is_foreign(model: Model, chosen: Chosen) -> bool:
    """Whether the first good pictures of a set all show another kind of part than the model's."""
    if model.detector.checkpoint.kind is None:
        return False

    def look() -> bool:
        good = [sample for sample in chosen.dataset.test if sample.is_normal][:_LOOKED_AT]
        try:
            loaded = [chosen_picture.picture_of(chosen.spec, sample.key).load() for sample in good]
        except NNetError:  # measuring names it
            return False
        return bool(loaded) and all(kinds.beyond(model, one) is not None for one in loaded)

    return _FOREIGN.of((model.key, chosen.hash), look)


def run(model: Model, chosen: Chosen) -> Run:
    """The visitor's run on this set with this model."""
    runs: dict[tuple, Run] = st.session_state.setdefault(_RUNS, {})
    key = (model.network_key, chosen.hash)
    if key not in runs:
        for old in [k for k in runs if not runs[k].active][:-2]:  # one visitor keeps few unfinished ones
            del runs[old]
        collecting = Collecting(in_mixed_order(chosen.dataset.test))
        runs[key] = Run(len(collecting.samples), collecting=collecting)
        mark = _mark(model, chosen)
        if (before := interrupted.found(mark)) is not None and before.total == len(collecting.samples):
            collecting.parts.extend(before.parts)
            runs[key].done = collecting.done
            runs[key].active = interrupted.was_running(mark)  # when the page was loaded again
    return runs[key]


def _mark(model: Model, chosen: Chosen) -> str:
    return interrupted.mark(model.network_key, chosen.hash)


def steps(model: Model, chosen: Chosen, current: Run) -> Iterator[int]:
    """Continue a run until it is complete; a complete one is shared with everybody."""
    for _ in current.collecting.steps(model.detector):
        collecting = current.collecting
        interrupted.keep(_mark(model, chosen), chosen.dataset.name, len(collecting.samples), collecting.parts)
        yield collecting.done
        cache.PACES.put(model.network_key, current.pace)
    if current.collecting.complete:
        cache.EVIDENCE.put((model.network_key, chosen.hash), evaluation.join(current.collecting.parts))
        st.session_state[_RUNS].pop((model.network_key, chosen.hash), None)
        interrupted.drop(_mark(model, chosen))


def evidence(model: Model, chosen: Chosen) -> Evidence | None:
    """What is known so far: of the whole set if anybody measured it, else of the visitor's own run."""
    if (found := cache.EVIDENCE.get((model.network_key, chosen.hash))) is not None:
        return found
    parts = run(model, chosen).collecting.parts
    return evaluation.join(parts) if parts else None


def pace(model: Model, chosen: Chosen) -> float:
    """About how many seconds one image takes: as measured before, else by trying one."""

    def try_one() -> float:
        started = time.perf_counter()
        next(evaluation.collect(model.detector, run(model, chosen).collecting.samples[:1]))
        return time.perf_counter() - started

    return cache.PACES.of(model.network_key, try_one)
