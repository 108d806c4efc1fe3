"""Which part helps: the score without each part in turn, of the picture and, at a press, of the samples."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from nnet.expression import Expression
from nnet.scoring.judge import Judgement
from workbench.ablations.whatif import words
from workbench.shared import chosen_picture, controls, living_network, resources
from workbench.shared.cache import BoundedCache
from workbench.shared.picture import Picture
from workbench.shared.resources import Loaded, Model

WHOLE = ""
_MULTIPLES: BoundedCache[tuple[str, str, Expression], dict[str, float]] = BoundedCache(2000)
"""Scores by what is left out, over their thresholds; a dozen numbers for each picture and model."""


def draw(model: Model, loaded: Loaded) -> None:
    expression = model.detector.config.scoring.parsed
    here = judgements(model, loaded, expression)
    st.subheader(words.PARTS_TITLE, anchor=False)
    st.markdown(words.changes_most({name: judged.multiple for name, judged in here.items()}))
    pictures = [one for one in chosen_picture.sample_pictures().values() if one.is_defective is not None]
    controls.table(table(here, _of_samples(model, pictures, expression)))
    st.caption(words.PARTS_HINT)


def judgements(model: Model, loaded: Loaded, expression: Expression) -> dict[str, Judgement]:
    """The whole network's under `WHOLE`, then those without each part, the students first and the maps last."""
    found = living_network.without(model, loaded, expression)
    order = [name for name in (*words.PARTS, *expression.maps) if name in found]
    return {WHOLE: resources.judgement(model, loaded, expression)} | {name: found[name] for name in order}


def _of_samples(
    model: Model, pictures: Sequence[Picture], expression: Expression
) -> list[tuple[bool, dict[str, float]]]:
    """Whether each sample is defective, with its scores; nothing before that is asked for, since it takes seconds."""
    keys = {picture.key: (picture.load().hash, model.key, expression) for picture in pictures}
    missing = [picture for picture in pictures if _MULTIPLES.get(keys[picture.key]) is None]
    place = st.empty()
    if missing and not place.button(words.PARTS_BUTTON, icon=":material/play_arrow:", key="parts_out"):
        return []

    def multiples(picture: Picture) -> dict[str, float]:
        found = judgements(model, picture.load(), expression)
        return {name: judged.multiple for name, judged in found.items()}

    found = []
    for done, picture in enumerate(pictures):
        if missing:
            place.progress(done / len(pictures), words.looked_at(done, len(pictures)))
        scores = _MULTIPLES.of(keys[picture.key], lambda picture=picture: multiples(picture))  # type: ignore[misc]
        found.append((picture.is_defective is True, scores))
    place.empty()
    return found


def table(here: Mapping[str, Judgement], samples: Sequence[tuple[bool, Mapping[str, float]]]) -> pd.DataFrame:
    """A row for each part that is left out: the picture's score, and how many of the samples are flagged."""
    rows = []
    for name, judged in here.items():
        row = {words.PARTS_COLUMN: words.part_out(name), words.PARTS_HERE: words.flagged(judged.multiple)}
        for kind, title in words.PARTS_SAMPLES.items() if samples else ():
            row[title] = words.share_flagged([scores[name] for defective, scores in samples if defective is kind])
        rows.append(row)
    return pd.DataFrame(rows)
