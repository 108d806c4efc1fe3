"""The picture in use, which all pages show, and the visitor's uploads. Both outlive page switches.

What the visitor chose on one page, or drew on Home, is shown on the others; until something is chosen, each page shows
one by itself. A sample or image of a data set is kept in the URL, so that a link shows it again: ?sample=cell0496,
?set=synthetic:metal&image=test/hole/000.png; `workbench.shared.known_data` says which data sets a link may name.
Uploaded files stay encoded here; decoded pixels live in the bounded caches of `workbench.shared.resources`.
"""

import hashlib
from collections.abc import Callable, Collection

import streamlit as st

from nnet.data.synthetic import of_source
from nnet.errors import NNetError
from workbench.shared import datasets, drawings, known_data, pictures, resources, samples, units, visits, words
from workbench.shared.picture import BITS, INTO, SAMPLE_PREFIX, Drawn, Picture
from workbench.shared.resources import Loaded, Model
from workbench.shared.settings import PICTURE_NAMES

SESSION_BYTES = 512 * resources.MEBIBYTE
"""Most memory for one visitor's uploaded files, as they were uploaded."""

_UPLOADS, _CHOSEN, _EVER = "uploads", "chosen_picture", "all_uploads_of_this_visit"
_LAST = "upload_chosen_last"
_SAMPLE, _SET, _IMAGE = PICTURE_NAMES
_DATA_PREFIX, _DRAWN_PREFIX = "data:", "drawn:"
_BY_ITSELF = "shown_by_itself"  # whether a page shows the picture without that the visitor chose it
_DRAWN = "drawn_picture"
_WRITTEN = "address_of_picture"  # the page whose address was written last, and what it says of the picture
_TELLING = "wants_most_telling"
_SOURCE = "samples_source"
_LONGEST_TITLE = 120
_DATA = "chosen_data_image"  # (specification of the data set, key of the image in it), the last one chosen


# ------------------------------------------------------------------------------------------------------- uploads


def uploads() -> dict[str, Picture]:
    """The visitor's images in the order in which they came, by key; they outlive a reload of the page for a while."""
    if _UPLOADS not in st.session_state:
        found: dict[str, Picture] = visits.over_reload("pictures", dict)
        st.session_state[_UPLOADS] = found
        if found:
            _forget_at_end()
    return st.session_state[_UPLOADS]


def own() -> dict[str, Picture]:
    """The visitor's images, the one with his drawing among them, by key."""
    drawn = st.session_state.get(_DRAWN)
    return uploads() if drawn is None else {**uploads(), drawn.key: drawn}


def ask_for_most_telling() -> None:
    """Let Inspect open on the model's sample with the largest score. Also a callback."""
    st.session_state[_TELLING] = True


def wants_most_telling() -> bool:
    """Whether that was asked for. Only once."""
    return bool(st.session_state.pop(_TELLING, False))


def add(name: str, content: bytes, known: str = "") -> str:
    """Keep an image file among the visitor's images and return its key; it is not chosen by that.

    Raises:
        nnet.errors.NNetError: it cannot be used, or too much is kept already; in a sentence.
    """
    key = hashlib.sha256(name.encode() + b"\0" + content).hexdigest()
    held = _held()
    if key not in uploads() and held + len(content) > SESSION_BYTES:
        limit = units.data_size(SESSION_BYTES)
        raise NNetError(words.TOO_MANY_IMAGES.format(name=units.cut(name), limit=limit))
    picture = Picture(key, units.cut(name, _LONGEST_TITLE), content, known)
    loaded = picture.load()
    if key not in uploads():
        visits.hold("pictures", held + len(content), units.cut(name))
    uploads()[key] = picture
    _forget_at_end(picture.content_key, loaded.hash)
    return key


def _forget_at_end(*keys: str) -> None:
    if _EVER not in st.session_state:
        st.session_state[_EVER] = visits.over_reload(_EVER, set)
    mine: set[str] = st.session_state[_EVER]
    mine.update(keys)
    visits.at_end(_EVER, lambda: resources.forget(mine))


def _held() -> int:
    return sum(len(picture.source) for picture in uploads().values() if isinstance(picture.source, bytes))


def remove(keys: Collection[str]) -> None:
    """Forget these of the visitor's images; if the chosen one is among them, another one is chosen."""
    gone = set(keys)
    for key in gone:
        uploads().pop(key, None)
    visits.hold("pictures", _held())
    drawn = st.session_state.get(_DRAWN)
    if drawn is not None and gone & {drawn.key, drawn.base.key}:
        del st.session_state[_DRAWN]
        gone.add(drawn.key)
    if st.session_state.get(_CHOSEN) in gone:
        _show_by_itself()
        _write_address()


# -------------------------------------------------------------------------------------------------- the one shown


def use_samples_of(source: str, seed: int = 0, bits: int | None = None) -> None:
    """Take the sample images from the data of the model in use; a picture of the former model's data is left.

    Args:
        source, seed: see `workbench.shared.samples.collection`.
        bits: how many bits of deeper grey values that model was trained with: uploads are read alike.
    """
    st.session_state[BITS] = bits
    st.session_state.pop(INTO, None)
    before = st.session_state.get(_SOURCE)
    st.session_state[_SOURCE] = source, seed
    if before in (None, (source, seed)):
        return
    if before[0] != source:
        _leave_data(before[0])
    shown = st.query_params.get(_SAMPLE)
    if shown and SAMPLE_PREFIX + shown not in sample_pictures():
        del st.query_params[_SAMPLE]
    _leave(lambda key: key.startswith(SAMPLE_PREFIX) and key not in sample_pictures())


def _leave(is_former: Callable[[str], bool]) -> None:
    """Let the chosen picture, drawn on or not, be none of those with such a key."""
    drawn = st.session_state.get(_DRAWN)
    if drawn is not None and is_former(drawn.base.key):
        del st.session_state[_DRAWN]
    key = st.session_state.get(_CHOSEN) or ""
    if is_former(key.removeprefix(_DRAWN_PREFIX)):
        del st.session_state[_CHOSEN]


def _leave_data(source: str) -> None:
    """Let the picture that is shown no longer be one of this data set."""
    former = {known_data.key_of(one) for one in (source, of_source(source)[0]) if one}
    if st.query_params.get(_SET) in former:
        for name in (_SET, _IMAGE):
            st.query_params.pop(name, None)
    spec, _ = st.session_state.get(_DATA, ("", ""))
    if known_data.key_of(spec) in former:
        del st.session_state[_DATA]
        _leave(lambda key: key.startswith(_DATA_PREFIX))


def look_into(model: Model) -> None:
    """Let every picture of this run of the page be what this model sees where the picture's score is largest."""
    st.session_state[INTO] = model


def shown_key() -> str | None:
    """Of the picture that is to be shown; None before the first one was."""
    return st.session_state.get(_CHOSEN)


def sample_collection() -> samples.Collection:
    """The sample images for the model in use."""
    return samples.collection(*st.session_state.get(_SOURCE, ("",)))


def sample_pictures() -> dict[str, Picture]:
    """The sample images as pictures, by key."""
    return as_pictures(sample_collection())


def as_pictures(collection: samples.Collection) -> dict[str, Picture]:
    """Sample images as pictures, by key."""
    return {
        SAMPLE_PREFIX + image.id: Picture(SAMPLE_PREFIX + image.id, image.title, image.sample, image.known)
        for image in collection.images
    }


def choose(key: str) -> None:
    """Make a sample or an upload the chosen picture, and the address say so if it is a sample. Also a callback."""
    _set(key)
    _write_address()


def _set(key: str) -> None:
    if key in uploads():
        visits.over_reload(_LAST, dict[str, str])["key"] = key
    st.session_state[_CHOSEN], st.session_state[_BY_ITSELF] = key, False


def use_drawing(picture: Picture, loaded: Loaded) -> None:
    """Let the picture in use be this one with what is drawn on it, which every page shows then; without a drawing, the
    picture itself if it was in use with one.

    Args:
        loaded: its pixels, on which the drawing is.
    """
    layer, former = drawings.on(loaded), st.session_state.get(_DRAWN)
    key = _DRAWN_PREFIX + picture.key
    if layer is None:
        if former is not None and former.key == key:
            del st.session_state[_DRAWN]
            if st.session_state.get(_CHOSEN) == key:
                show(picture)
        return
    if former is None or former.key != key or former.layer != layer:
        altered = drawings.altered(loaded, layer)
        part = b"" if st.session_state.get(INTO) is None else pictures.png(altered.image)
        title = words.DRAWN_ON.format(picture=picture.stem)
        drawn = Picture(key, title, Drawn(picture, layer, part), drawings.KNOWN, version=altered.hash)
        st.session_state[_DRAWN] = drawn
        _forget_at_end(drawn.content_key, altered.hash)
    _set(key)  # an address that names the picture itself stays, so that a link leads to it


def show(picture: Picture) -> None:
    """Make any picture the chosen one. A callback."""
    if picture.data is not None:
        show_data_image(*picture.data)
    else:
        choose(picture.key)


def show_data_image(spec: str, key: str) -> None:
    """Make an image of a data set the chosen picture on every page. Also serves as a callback.

    Whether there is such an image shows when the page is drawn: `chosen` warns if not.

    Args:
        spec: the data set, as for `nnet.data.open_dataset`; never from a link (`known_data.from_link`).
        key: of the sample in it.
    """
    known_data.admit(spec)
    st.session_state[_DATA] = (spec, key)
    choose(_data_key(spec, key))


def data_image() -> tuple[str, str] | None:
    """Data set and key of its image that was chosen last, whether it is shown at present or not; None without one."""
    return st.session_state.get(_DATA)


def picture_of(spec: str, key: str) -> Picture:
    """An image of a data set as a picture. Raises nnet.errors.NNetError if there is none."""
    dataset, sample = datasets.find(spec, key)
    known, version = words.labelled(sample, dataset.name), datasets.version(sample)
    return Picture(_data_key(spec, key), key, sample, known, (spec, key), version)


def chosen() -> Picture:
    """The picture to show: the one in the address, else the one chosen last, else the first sample."""
    picture = _chosen()
    if picture is None:
        _show_by_itself()
        picture = known()[st.session_state[_CHOSEN]]
    _write_address()
    return picture


def decided() -> Picture | None:
    """The picture in the address or the one that the visitor chose or drew on, on whatever page; else None: the page
    then shows one by itself."""
    picture = _chosen()
    if picture is None or st.session_state.get(_BY_ITSELF):
        return None
    if not picture.is_drawn:
        _write_address()
    return picture


def known() -> dict[str, Picture]:
    """The samples and the visitor's images, by key."""
    # A link may show a solar cell to a model of other parts, too.
    return {**as_pictures(samples.collection()), **sample_pictures(), **own()}


def good_samples() -> list[Picture]:
    """The samples of the model in use that are known to be good."""
    return [one for one in sample_pictures().values() if one.is_defective is False]


def find(key: str) -> Picture | None:
    """The picture of this key, if it is still there."""
    data = data_image()
    try:
        return picture_of(*data) if data is not None and key == _data_key(*data) else known().get(key)
    except NNetError:
        return None


def _chosen() -> Picture | None:
    """What the address names, else what was shown last; None, with nothing in the address, if it cannot be shown."""
    _read_address()
    key = st.session_state.get(_CHOSEN)
    picture = known().get(key or "") or _chosen_from_data(key)
    if picture is None:
        st.session_state.pop(_CHOSEN, None)
        _clear_address()
    elif picture.is_drawn and not picture.fits():
        picture = picture.base
        show(picture)
    return picture


def _show_by_itself() -> None:
    st.session_state[_CHOSEN], st.session_state[_BY_ITSELF] = _default_key(), True


def _read_address() -> None:
    """Choose what the address names, unless it says what was written into it."""
    written = _named()
    if not written or st.session_state.get(_WRITTEN) == (visits.page(), written):
        return
    if _SET in written or _IMAGE in written:
        try:
            st.session_state[_DATA] = (known_data.from_link(written.get(_SET, "")), written.get(_IMAGE, ""))
            _set(_data_key(*st.session_state[_DATA]))
        except ValueError:
            st.warning(words.SHOWN_INSTEAD.format(problem=words.NOT_OPEN_HERE), icon=":material/link_off:")
            _clear_address()
        return
    linked = SAMPLE_PREFIX + written[_SAMPLE]
    if linked in known():
        _set(linked)
    else:
        st.warning(words.SHOWN_INSTEAD.format(problem=words.no_sample(units.cut(written[_SAMPLE]))))
        _clear_address()


def _chosen_from_data(key: str | None) -> Picture | None:
    """The data set's image of that key; None, with a warning that says why, if it cannot be shown."""
    if key is None or not key.startswith(_DATA_PREFIX):
        return None
    spec, image = st.session_state[_DATA]
    try:
        if not spec or not image:
            raise NNetError(words.LINK_NEEDS_BOTH.format(set=_SET, image=_IMAGE))
        with st.spinner(words.OPENING):
            picture = picture_of(spec, image)
            picture.load()
        return picture
    except NNetError as error:
        del st.session_state[_DATA]
        st.warning(words.SHOWN_INSTEAD.format(problem=units.plain(str(error))))
        return None


def _data_key(spec: str, key: str) -> str:
    return f"{_DATA_PREFIX}{known_data.key_of(spec)}#{key}"


def _default_key() -> str:
    """The upload that was chosen last, or the first one; without any the first sample."""
    last = visits.over_reload(_LAST, dict[str, str]).get("key", "")
    return last if last in uploads() else next(iter(uploads()), SAMPLE_PREFIX + sample_collection().images[0].id)


def address_of(picture: Picture) -> dict[str, str]:
    """What an address says to show this picture; nothing for an upload."""
    return _address(picture.key)


def _address(key: str) -> dict[str, str]:
    if key.startswith(SAMPLE_PREFIX):
        return {_SAMPLE: key.removeprefix(SAMPLE_PREFIX)}
    if key.startswith(_DATA_PREFIX):
        spec, image = st.session_state[_DATA]
        return {_SET: known_data.key_of(spec), _IMAGE: image}
    return {}


def _named() -> dict[str, str]:
    """What the address says of the picture."""
    return {name: st.query_params[name] for name in PICTURE_NAMES if name in st.query_params}


def _clear_address() -> None:
    for name in PICTURE_NAMES:
        st.query_params.pop(name, None)


def _write_address() -> None:
    says = _address(st.session_state[_CHOSEN])
    for name in PICTURE_NAMES:
        if name in says:
            st.query_params[name] = says[name]
        else:
            st.query_params.pop(name, None)
    st.session_state[_WRITTEN] = visits.page(), says
