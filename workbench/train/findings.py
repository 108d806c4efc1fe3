"""What was found in the images that were chosen on Train, and how they are split."""

import dataclasses
from collections.abc import Callable, Sequence

import streamlit as st

from nnet.config import Config
from nnet.data.framing import Framing, without_framing
from nnet.data.not_taken import counted
from nnet.errors import NNetError
from nnet.scoring.promise import before_training
from nnet.training.schedule import CROSS_FOLDS
from workbench.shared import data_choice, units
from workbench.shared import words as shared_words
from workbench.train import form, images, looking, uploads, words
from workbench.train.looking import Choice, Found


def draw(chosen: Choice, config: Config) -> tuple[Choice, Found | None]:
    """Draw what the images are and how they are split; None, with the reason, where they cannot be trained on.

    Where nothing tells how masks were drawn, it is asked, and the choice comes back with the answer.
    """
    bar = st.empty()

    def progress(done: int, total: int) -> None:
        if done == total or done % 10 == 0:
            bar.progress(done / total, words.CHECKING.format(done=f"{done:,}", total=f"{total:,}"))

    try:
        result = looking.look(chosen, config.train.seed, progress)
        if result.unsettled:
            chosen = dataclasses.replace(chosen, masks=data_choice.masks_answer(result.unsettled))
            result = looking.look(chosen, config.train.seed, progress)
    except NNetError as error:
        st.error(units.plain(str(error)), icon=":material/folder_off:")
        return chosen, None
    finally:
        bar.empty()
    trainable = _split(result, config)
    left, right = st.columns((3, 2), gap="medium")
    with left:
        if result.plain:
            _like_masks(result.plain, chosen, config.train.seed)
        _strangers(result, chosen, config.train.seed)
        st.dataframe(words.table_rows(result.inspection), hide_index=True, key="found_table")
        st.caption(units.plain(words.data_facts(result.inspection, is_own=chosen.upload is not None)))
    with right:
        pictures(result)
    _problems(result, _as_sent(chosen))
    return chosen, result if trainable else None


def _like_masks(keys: Sequence[str], chosen: Choice, seed: int) -> None:
    """Ask about good pictures that are probably masks; those of an upload can be left out."""
    is_upload = chosen.upload is not None
    said = words.like_masks(list(map(_as_sent(chosen), keys)), is_upload=is_upload)
    st.warning(units.plain(said), icon=":material/contrast:")
    if is_upload:
        st.button(
            words.LEAVE_OUT, "leave_out_masks", on_click=_leave_out, args=(keys, chosen, seed), icon=":material/delete:"
        )


def _strangers(result: Found, chosen: Choice, seed: int) -> None:
    """Show good pictures that look unlike all others; each of an upload can be left out, and each can be kept."""
    asked = [one for one in result.strangers if one[0] not in images.kept()]
    if not asked:
        return
    is_upload, as_sent = chosen.upload is not None, _as_sent(chosen)
    st.warning(words.strangers(len(asked), is_upload=is_upload), icon=":material/difference:")
    with st.container(horizontal=True, gap="small"):
        for key, picture in asked:
            with st.container(width=images.PICTURE + 24, gap="xsmall"):
                name = units.plain(as_sent(key))
                st.image(picture, name, width=images.PICTURE, alt=units.text(name))
                if is_upload:
                    out = ((key,), chosen, seed)
                    st.button(words.LEAVE_OUT, f"leave_out-{key}", on_click=_leave_out, args=out)
                st.button(words.KEEP, f"keep-{key}", on_click=images.keep, args=(key,), type="tertiary")


def _leave_out(keys: Sequence[str], chosen: Choice, seed: int) -> None:
    """Take the samples of these keys out of an upload. A callback."""
    if chosen.upload is not None:
        paths = [sample.path for sample in chosen.open(seed).samples if sample.key in keys and sample.path]
        images.take_out([path.resolve().relative_to(chosen.upload.resolve()).as_posix() for path in paths])


def _as_sent(chosen: Choice) -> Callable[[str], str]:
    """Takes the folders in which an upload is kept out of a sentence, since its visitor knows the files alone."""
    if chosen.upload is None or uploads.read_upload(chosen.upload).is_layout:
        return str
    return lambda sentence: sentence.replace(f"{uploads.GOOD}/", "").replace(f"{uploads.DEFECTIVE}/", "")


def _split(result: Found, config: Config) -> bool:
    if config.train.cross_folds and not Framing.of(config.model).is_whole:
        _only_one_of_both()
        return False
    try:
        train, held_out = looking.split(result, config)
    except NNetError as error:
        st.error(units.plain(str(error)), icon=":material/add_photo_alternate:")
        return False
    folds = looking.folds(result, config)
    st.markdown(words.split(train, held_out, result.tested, result.defective, folds), help=words.SPLIT_HINT)
    st.caption(shared_words.promise(before_training(held_out, config.scoring.quantile, folds)))
    if folds:
        st.caption(words.CROSSED)
    return True


def draw_offer(result: Found, config: Config) -> None:
    """Offer to learn from all images where many are held out, or say why that is not on offer.

    It stands below the editors of the region, since a region ends the offer: above them, it would move them away.
    """
    if not looking.is_few(result, without_framing(config)):
        return
    train, held_out = looking.split(result, config)
    is_whole = Framing.of(config.model).is_whole
    said = words.few(train, train + held_out, CROSS_FOLDS) if is_whole else words.NOT_FROM_ALL
    st.info(said, icon=":material/splitscreen:")
    st.button(
        words.LEARN_FROM_ALL.format(count=train + held_out),
        icon=":material/splitscreen:",
        key="cross_calibrate",
        disabled=not is_whole,
        on_click=form.apply,
        args=({"train.cross_folds": CROSS_FOLDS},),
    )


def _only_one_of_both() -> None:
    """Learning from all pictures, or looking at parts of them: the visitor decides."""
    st.error(words.WHOLE_OR_ALL, icon=":material/splitscreen:")
    with st.container(horizontal=True, gap="small"):
        for key, (label, changes) in words.EITHER.items():
            st.button(label, key=key, on_click=form.apply, args=(changes,))


def pictures(result: Found) -> None:
    """Some of the pictures of both kinds."""
    for caption, some in ((words.GOOD, result.good_pictures), (words.DEFECTIVE, result.defective_pictures)):
        if some:
            st.caption(words.SELECTION.format(kind=caption))
            with st.container(horizontal=True, gap="xsmall"):
                for key, picture in some:
                    st.image(picture, width=images.PICTURE, alt=words.PICTURE_ALT.format(kind=caption, key=key))


def _problems(result: Found, as_sent: Callable[[str], str]) -> None:
    """Everything that should be fixed, errors first; nothing where all is well."""

    def plain(sentence: str) -> str:
        return units.plain(as_sent(sentence))

    inspection = result.inspection
    if inspection.unreadable:
        named = "\n".join(f"- {plain(sentence)}" for _, sentence in inspection.unreadable[:10])
        st.warning(f"{words.unreadable(len(inspection.unreadable))}\n{named}", icon=":material/broken_image:")
    if result.same:
        st.warning(plain(words.same_files(result.same)), icon=":material/file_copy:")
    if result.series:
        st.warning(units.plain(result.series), icon=":material/burst_mode:")
    others = [finding for finding in inspection.findings() if "unreadable" not in finding[0]]
    lines = [f"- {plain(headline)}: {plain(', '.join(files[:5]))}" for headline, files in others]
    remarks = (*inspection.problems, *inspection.notes, *counted(inspection.not_taken))
    lines += [f"- {plain(sentence)}" for sentence in remarks]
    if lines:
        with st.expander(words.remarks(len(lines)), icon=":material/info:"):
            st.markdown("\n".join(lines))
