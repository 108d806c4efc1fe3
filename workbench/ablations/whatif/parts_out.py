"""Which part changes the score: the score without each part in turn, of the picture and, at a press, of the samples."""

import time
from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from nnet.analysis.story import apart
from nnet.expression import Expression
from nnet.scoring.judge import Judgement
from workbench.ablations.whatif import words
from workbench.shared import chosen_picture, controls, living_network, resources, units
from workbench.shared.cache import BoundedCache
from workbench.shared.picture import Picture
from workbench.shared.resources import Loaded, Model

WHOLE = ""
_MULTIPLES: BoundedCache[tuple[str, str, Expression], dict[str, float]] = BoundedCache(2000)
"""Scores by what is left out, over their thresholds; a dozen numbers for each picture and model."""
_PACES: BoundedCache[str, float] = BoundedCache(resources.MODELS)
"""The longest that a picture took, in seconds; none for a model whose answers were all there already."""
_NOTICED = 0.1
"""Seconds; what took less was there already."""

Asked = tuple[bool, dict[str, float]]
"""Whether a sample is defective, and its scores by what is left out."""


def draw(model: Model, loaded: Loaded) -> str:
    """Draw the table with its sentences, and hand over the first of them."""
    expression = model.detector.config.scoring.parsed
    started = time.perf_counter()
    here = judgements(model, loaded, expression)
    _took(model, time.perf_counter() - started)
    st.subheader(words.PARTS_TITLE, anchor=False)
    said = words.changes_most({name: judged.multiple for name, judged in here.items()})
    st.markdown(said)
    pictures = [one for one in chosen_picture.sample_pictures().values() if one.is_defective is not None]
    samples = _of_samples(model, pictures, expression)
    distances = distances_without(samples)
    st.markdown(words.helps(distances, len(samples)))
    controls.table(table(here, samples, distances))
    st.caption(" ".join([words.PARTS_HINT, *([words.PARTS_APART_HINT] if distances else [])]))
    return said


def judgements(model: Model, loaded: Loaded, expression: Expression) -> dict[str, Judgement]:
    """The whole network's under `WHOLE`, then those without each part, the students first and the maps last."""
    found = living_network.without(model, loaded, expression)
    order = [name for name in (*words.PARTS, *expression.maps) if name in found]
    return {WHOLE: resources.judgement(model, loaded, expression)} | {name: found[name] for name in order}


def _of_samples(model: Model, pictures: Sequence[Picture], expression: Expression) -> list[Asked]:
    """Whether each sample is defective, with its scores; nothing before that is asked for, since it takes seconds."""
    keys = {picture.key: (picture.load().hash, model.key, expression) for picture in pictures}
    missing = [picture for picture in pictures if _MULTIPLES.get(keys[picture.key]) is None]
    place = st.empty()
    if missing:
        label = words.ask(len(missing), len(missing) * (_PACES.get(model.key) or 0))
        if not place.button(label, icon=":material/play_arrow:", key="parts_out"):
            return []
        place.progress(0.0, units.progress(0, len(missing), *words.PARTS_COUNTED))
    started, pace = time.perf_counter(), 0.0
    for done, picture in enumerate(missing, 1):
        found = judgements(model, picture.load(), expression)
        _MULTIPLES.put(keys[picture.key], {name: judged.multiple for name, judged in found.items()})
        pace = (time.perf_counter() - started) / done
        left = pace * (len(missing) - done)
        place.progress(done / len(missing), units.progress(done, len(missing), *words.PARTS_COUNTED, left))
    _took(model, pace)
    place.empty()
    asked = [(picture.is_defective is True, _MULTIPLES.get(keys[picture.key])) for picture in pictures]
    return [(defective, scores) for defective, scores in asked if scores is not None]


def _took(model: Model, seconds: float) -> None:
    if seconds > max(_NOTICED, _PACES.get(model.key) or 0):
        _PACES.put(model.key, seconds)


def distances_without(samples: Sequence[Asked]) -> dict[str, float]:
    """How far apart good and defective samples are without each part; nothing with fewer than two of a kind."""
    kinds = [[scores for defective, scores in samples if defective is kind] for kind in (False, True)]
    if min(map(len, kinds)) < 2:
        return {}
    return {name: apart(*([scores[name] for scores in kind] for kind in kinds)) for name in kinds[0][0]}


def table(here: Mapping[str, Judgement], samples: Sequence[Asked], distances: Mapping[str, float]) -> pd.DataFrame:
    """A row for each part that is left out: the picture's score, how far apart the samples are, and how many of them
    are flagged."""
    rows = []
    for name, judged in here.items():
        row = {words.PARTS_COLUMN: words.part_out(name), words.PARTS_HERE: words.flagged(judged.multiple)}
        if distances:
            row[words.PARTS_APART] = words.still_apart(distances[name], distances[WHOLE])
        for kind, title in words.PARTS_SAMPLES.items() if samples else ():
            row[title] = words.share_flagged([scores[name] for defective, scores in samples if defective is kind])
        rows.append(row)
    return pd.DataFrame(rows)
