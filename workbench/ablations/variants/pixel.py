"""Why the chosen pixel scores what it scores, for every variant."""

from collections.abc import Sequence

import streamlit as st

from workbench.ablations.variants import cache as variant_cache
from workbench.ablations.variants import candidates, figures, words
from workbench.ablations.variants.candidates import Variant
from workbench.shared import chosen_pixel, controls, units, verdict_words
from workbench.shared.resources import Loaded


def draw(loaded: Loaded, scored: Sequence[Variant], chosen: tuple[int, int]) -> None:
    """Why the chosen pixel scores what it scores, for every variant."""
    x, y = chosen
    st.subheader(words.PIXEL_TITLE, anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        by_place = chosen_pixel.by_place()
        chosen_pixel.sliders("grid", (x, y), loaded.image.shape, words.HIGHEST_HELP, width=200)
    verdicts = {
        one.title: candidates.verdict(one, variant_cache.normal_maps(one), x, y, loaded.image.shape, by_place)
        for one in scored
    }
    left, right = st.columns(2, gap="medium")
    with left:
        figure = figures.shares_figure({title: found for title, (found, _) in verdicts.items()})
        title = words.MAKES_SCORE.format(pixel=verdict_words.PIXEL_TITLE.format(x=x, y=y))
        st.markdown(title, help=verdict_words.SHARES_HELP)
        controls.chart(figure, "grid_shares", words.PIXEL_HINT)
    with right:
        lines = [
            words.VERDICT.format(
                title=units.plain(one.title),
                score=units.number(here),
                why=verdict_words.pixel_verdict(found, here, 1.0, by_place),
            )
            for one, (found, here) in zip(scored, verdicts.values(), strict=True)
        ]
        st.markdown("\n".join(f"- {line}" for line in lines))
