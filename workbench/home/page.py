"""The workbench's home page, and what `streamlit run` starts. The other pages lie in pages/."""

from __future__ import annotations

import streamlit as st

from nnet.scoring import judge
from workbench.shared import frame, pictures, places, resources, samples, session, text, theme
from workbench.shared.resources import Model


def main() -> None:
    with frame.page(text.PRODUCT) as model:
        st.title(text.PRODUCT)
        st.markdown(text.ABOUT)
        st.space("small")
        _example(model)
        st.space("small")
        _ways_on()
        st.caption(text.in_use(model.name, model.detector.device_name, model.detector.checkpoint))
        st.caption(text.sample_source(samples.collection()))


def _example(model: Model) -> None:
    """A real image and its heatmap, with the decision in words."""
    picture = next(iter(session.sample_pictures().values()))
    loaded = picture.load()
    expression = next(iter(judge.presets(model.detector.config).values()))
    judged = resources.judgement(model, loaded, expression)
    scale = pictures.calibrated_scale(judged.reference.threshold)
    marked = pictures.overlay(loaded.shown, judged.score, scale, 0.75, judged.reference.threshold)

    left, middle, right = st.columns((3, 3, 4), gap="medium")
    left.image(loaded.shown, picture.title, width="stretch", alt=picture.title)
    middle.image(marked, "Where it is unlike the good ones", width="stretch", alt="Heatmap overlay")
    with right:
        colour = theme.BADGES[judged.is_anomalous]
        decision = text.decision(judged.reference, judged.value)
        st.markdown(f"### Score {text.number(judged.value)} :{colour}-badge[{decision}]")
        st.markdown(f"It {text.rank(judged.reference, judged.value)}. {text.threshold(judged.reference)}")
        st.html(pictures.colour_bar(scale))
        st.caption(text.HOW_TO_READ)


def _ways_on() -> None:
    """A card for each page that exists."""
    st.subheader("Try it", anchor=False)
    existing = {name: page for name, page in text.PAGES.items() if (places.APP / "pages" / f"{name}.py").is_file()}
    with st.grid(3, min_column_width=260, border=True) as cards:
        for name, page in existing.items():
            with cards.cell():
                st.page_link(f"pages/{name}.py", label=f"**{page.title}**", icon=page.icon)
                st.caption(page.summary)
