"""What the model says of the photo that was just taken, beside the camera."""

import streamlit as st

from nnet.scoring.judge import Judgement
from workbench.shared import camera, picture_upload, pictures, words
from workbench.shared.picture import Picture

_SIDE = 360  # pixels


def draw(picture: Picture, judged: Judgement, *, is_other: bool) -> None:
    """While the camera is on, its photo with heatmap and decision; one of another kind of part is not judged."""
    if not (picture_upload.uses_camera() and camera.number(picture.title)):
        return
    shown = pictures.reduced(picture.load().shown, _SIDE)
    seen = shown if is_other else pictures.heatmap(shown, judged.score, judged.reference.threshold)
    decision = words.OTHER_KIND if is_other else words.decision(judged.reference, judged.value)
    with st.container(key="camera_answer"):
        st.image(pictures.photo_uri(seen), caption=f"{picture.title}: {decision}", alt=decision)
