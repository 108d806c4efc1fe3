"""What of the pictures the model looks at: tiles for small defects in large pictures, a crop box, an ignore mask.

All three are settings of the form (`model.tile`, `model.crop`, `model.ignore`); here they are chosen on a picture.
"""

import dataclasses
import io

import numpy as np
import streamlit as st
from PIL import Image

from nnet.config import Config, ModelConfig
from nnet.crop import box_of
from nnet.data.framing import SMALLEST_SHARE, Advice, Framing, advice
from nnet.data.ignoring import decode_ignore, encode_ignore
from nnet.data.images import decode
from nnet.errors import NNetError
from nnet.scoring.overlay import hatched
from nnet.training.pieces import windows_per_picture
from workbench.components import defect_canvas
from workbench.shared import datasets, drawings, layer, resources, units
from workbench.shared.resources import Loaded
from workbench.train import form, words
from workbench.train.figures import defect_as_seen
from workbench.train.looking import Choice

_PROBLEM, _FILE = "region_problem", "ignore_file"
_SIDES = ("left", "top", "width", "height")


def draw(choice: Choice, config: Config, pictures_learnt: int) -> int:
    """Warn of pictures that are too large to be looked at as a whole, and offer the crop box and the mask.

    Returns how many network inputs each of the pictures that are learnt from gives.
    """
    loaded = _example(choice, config)
    if loaded is None:
        return 1
    framing = Framing.of(config.model)
    try:
        found = advice(framing, *loaded.image.shape[:2])
        frame = framing.frame(*loaded.image.shape[:2])
    except NNetError as error:
        st.error(units.plain(str(error)), icon=":material/crop:")
        whole = {"model.crop": "", "model.ignore": ""}
        st.button(words.LOOK_AT_ALL, key="region_reset", on_click=form.apply, args=(whole,))
        return 1
    with st.expander(words.REGION, icon=":material/crop:", expanded=bool(config.model.crop or config.model.ignore)):
        st.caption(words.REGION_HELP)
        left, right = st.columns(2, gap="medium")
        with left:
            _crop(config.model, loaded)
        with right:
            _ignore(config.model.ignore, loaded)
        if problem := st.session_state.pop(_PROBLEM, None):
            st.error(units.plain(problem), icon=":material/error:")
    if found is not None:  # below what ends it, which would jump away under the pointer otherwise
        _too_large(loaded, found, is_stretched=framing.fit == "stretch")
    return min(frame.count, windows_per_picture(pictures_learnt))


def _example(choice: Choice, config: Config) -> Loaded | None:
    """The first good picture that can be read."""
    try:
        samples = choice.open(config.train.seed).train[:8]
    except NNetError:  # the page has said so already
        return None
    for sample in samples:
        try:
            key = f"part:{choice.data}#{choice.upload}#{sample.key}#{datasets.version(sample)}"
            return resources.load_image(key, sample.key, sample)
        except NNetError:
            continue
    return None


def _too_large(loaded: Loaded, found: Advice, *, is_stretched: bool) -> None:
    st.warning(words.too_large(found, is_stretched=is_stretched), icon=":material/zoom_in:")
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        for picture, caption in zip(defect_as_seen(loaded.image, found), words.as_seen(found), strict=True):
            st.image(picture, caption=caption, alt=caption, width=160)
    changes = {"model.tile": found.tile, "model.overlap": found.overlap}
    label = words.use_tiles(found)
    st.button(label, icon=":material/grid_view:", key="use_tiles", on_click=form.apply, args=(changes,))


# ------------------------------------------------------------------------------------------------------- crop box


def _crop(model: ModelConfig, loaded: Loaded) -> None:
    """The box, drawn on the picture, where what is ignored is hatched; and the same in numbers."""
    crop, shape = model.crop, loaded.image.shape
    st.markdown(f"**{words.CROP}**")
    per_cent = _per_cent(crop, shape)
    left, top, width, height = (value / 100 for value in per_cent)
    mask = dataclasses.replace(Framing.of(model), crop="").seen(shape, loaded.shown.shape)
    stands_for = f"crop:{loaded.hash}:{hash(model.ignore)}"
    defect_canvas.cropper(
        "crop_box",
        drawings.sheet(dataclasses.replace(loaded, hash=stands_for, shown=hatched(loaded.shown, mask))),
        (left, top, min(1.0, left + width), min(1.0, top + height)),
        SMALLEST_SHARE,
        _boxed,
        label=words.CROP_LABEL,
        hint=words.CROP_HINT,
    )
    st.caption(words.looked_at(crop, shape[1], shape[0]))
    with st.grid(2, min_column_width=188, gap="small") as grid:
        for start in (0, 2):  # four in a row, or two and two on a phone
            with grid.cell(), st.grid(2, min_column_width=90, gap="small") as pair:
                for side, value in list(zip(_SIDES, per_cent, strict=True))[start : start + 2]:
                    with pair.cell():
                        st.number_input(
                            words.CROP_SIDES[side],
                            0.0,
                            100.0,
                            value,
                            1.0,
                            format="%.1f",
                            key=_key(side, crop),
                            on_change=_cropped,
                            args=(crop,),
                        )


def _key(side: str, crop: str) -> str:
    """Another box has other widgets, so that they begin with its numbers."""
    return f"crop_{side}:{crop}"


def _per_cent(crop: str, shape: tuple[int, ...]) -> tuple[float, ...]:
    box = box_of(crop)
    if box is None:
        return 0.0, 0.0, 100.0, 100.0
    scale = (1, 1, 1, 1) if max(box) <= 1 else (shape[1], shape[0]) * 2
    return tuple(min(100.0, 100 * value / side) for value, side in zip(box, scale, strict=True))


def _cropped(crop: str) -> None:
    """Take over the numbers; a box that would leave the picture ends at its border. A callback."""
    left, top, width, height = (st.session_state[_key(side, crop)] / 100 for side in _SIDES)
    _look_inside(left, top, min(width, 1 - left), min(height, 1 - top))


def _boxed(sent: tuple[float, float, float, float]) -> None:
    """Take over a box that was drawn. A callback."""
    left, top, right, bottom = (min(1.0, max(0.0, side)) for side in sent)
    _look_inside(left, top, right - left, bottom - top)


def _look_inside(*box: float) -> None:
    """Make a box (left, top, width, height; shares) the form's."""
    text = "" if box == (0, 0, 1, 1) else ",".join(f"{value:.4g}" for value in box)
    if text and box_of(text) is None:
        st.session_state[_PROBLEM] = words.NO_BOX
        return
    form.apply({"model.crop": text})


# ---------------------------------------------------------------------------------------------------- ignore mask


def _ignore(ignore: str, loaded: Loaded) -> None:
    st.markdown(f"**{words.IGNORE}**")
    own = dataclasses.replace(loaded, hash=f"ignore:{loaded.hash}")  # not what is drawn on it on other pages
    drawn = drawings.on(own) or (_as_drawing(ignore, own) if ignore else None)
    defect_canvas.painter(
        "ignore_painter",
        drawings.sheet(own),
        None if drawn is None else layer.uri(drawn),
        lambda written: _painted(own, written),
        label=words.IGNORE_LABEL,
        hint=words.IGNORE_HINT,
        mask=True,
    )
    st.file_uploader(words.IGNORE_FILE, key=_FILE, on_change=_uploaded, args=(own,), help=words.IGNORE_FILE_HELP)
    if ignore:
        st.caption(words.ignored(float(decode_ignore(ignore).mean())))
        st.button(words.NO_MASK, icon=":material/delete:", key="remove_ignore", on_click=_removed, args=(own,))


def _painted(own: Loaded, written: str) -> None:
    try:
        drawings.keep(own, written)
        drawn = drawings.on(own)
        _use(None if drawn is None else layer.decoded(drawn)[..., 3] > 0)
    except NNetError as error:
        st.session_state[_PROBLEM] = str(error)


def _as_drawing(ignore: str, own: Loaded) -> bytes:
    """A mask that was not painted on this picture in this visit, so that painting goes on from it."""
    height, width = own.shown.shape[:2]
    opacity = Image.fromarray(decode_ignore(ignore).astype(np.uint8) * 255).resize(
        (width, height), Image.Resampling.NEAREST
    )
    drawing = Image.new("RGBA", (width, height), defect_canvas.MASK_COLOUR)
    drawing.putalpha(opacity.point(lambda value: round(value * defect_canvas.MASK_OPACITY / 100)))
    content = io.BytesIO()
    drawing.save(content, "PNG")
    return content.getvalue()


def _uploaded(own: Loaded) -> None:
    file = st.session_state[_FILE]
    if file is None:
        return
    try:
        _use(decode(file.getvalue(), file.name).image.max(axis=-1) >= 128)
        drawings.forget(own)  # the file's mask takes its place
    except NNetError as error:
        st.session_state[_PROBLEM] = str(error)


def _use(mask: np.ndarray | None) -> None:
    """Make a mask the form's; a blank one ignores nothing. Raises NNetError for one that ignores everything."""
    text = "" if mask is None or not mask.any() else encode_ignore(mask)
    if text:
        decode_ignore(text)
    form.apply({"model.ignore": text})


def _removed(own: Loaded) -> None:
    drawings.forget(own)
    form.apply({"model.ignore": ""})
