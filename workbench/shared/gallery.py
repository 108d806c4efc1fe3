"""The row of small pictures from which one is chosen: the visitor's own, sorted and filtered, the samples, or a data
set's.

`pick` draws all of it at the top of a page and returns the chosen picture.
"""

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nnet.data import Sample
from nnet.errors import NNetError
from nnet.expression import Expression
from nnet.scoring import judge
from nnet.scoring.calibration import Reference
from nnet.scoring.judge import Judgement
from nnet.scoring.overlay import hatched
from workbench.shared import (
    camera_answer,
    chosen_picture,
    datasets,
    kinds,
    picture_upload,
    resources,
    spreadsheet,
    theme,
    units,
    words,
)
from workbench.shared import pictures as figures
from workbench.shared.controls import choose, download, page_of, row_chosen, toggle
from workbench.shared.picture import Picture
from workbench.shared.progress import stoppable
from workbench.shared.resources import Loaded, Model, Tile
from workbench.shared.settings import FLAGGED_ONLY, RISING, SHELF_PAGE, SORT

_OWN, _DATA, _SAMPLES = "own", "data", "samples"
_PAGE = 24  # small pictures in a row
_DATA_PAGE = 12  # of a data set, whose files have to be read first
_TILE_WIDTH = 104


def pick(model: Model) -> tuple[Picture, Loaded]:
    """Draw the picture bar, and return the chosen picture with its pixels.

    Raises:
        nnet.errors.NNetError: it cannot be used.
    """
    picture, loaded = chosen()
    with st.spinner(words.LOOKING, show_time=True):
        resources.trace(model, loaded)
    expression = model.detector.config.scoring.parsed
    bar(model, picture, resources.judgement(model, loaded, expression), expression)
    return picture, loaded


def chosen() -> tuple[Picture, Loaded]:
    """The chosen picture with its pixels, after what was just uploaded has been read.

    Raises:
        nnet.errors.NNetError: it cannot be used.
    """
    picture_upload.read()
    picture = chosen_picture.chosen()
    return picture, picture.load()


def open_most_telling(model: Model) -> None:
    """Choose the one of the model's samples with the largest score, if another page has asked for that."""
    if not chosen_picture.wants_most_telling():
        return
    pictures = [picture for picture in chosen_picture.sample_pictures().values() if _readable(picture)]
    tiles = _tiles(model, pictures, model.detector.config.scoring.parsed)
    if pictures:
        chosen_picture.choose(max(pictures, key=lambda picture: tiles[picture.key].score).key)


def bar(model: Model, picture: Picture, judged: Judgement, expression: Expression) -> None:
    """One line with the picture's name and decision; it opens to the uploader and the shelf.

    Once an upload is shown it is another box, which is closed, so that the picture is seen at once.

    Args:
        judged: says what is decided, under the threshold that the visitor set.
    """
    colour = theme.BADGES[judged.is_anomalous]
    decision = words.decision(judged.reference, judged.value)
    beyond = kinds.beyond(model, picture.load())
    badge = f":{colour}-badge[{decision}]" if beyond is None else f":gray-badge[{words.OTHER_KIND}]"
    known = _against_label(picture, is_anomalous=judged.is_anomalous) if beyond is None else ""
    own = chosen_picture.own()
    score = words.relative(judged.reference, judged.value) if beyond is None else ""
    turn = picture_upload.closings()
    with st.container(key="picture_bar"):
        place = st.empty()  # the box is closed while many images are scored
        tiles, found = {}, None
        if picture.key in own and len(own) > 1:
            tiles = _tiles(model, list(own.values()), expression, place)
            found = _counted(tiles, judged.reference)
            if picture.key in chosen_picture.uploads():  # a drawing is shown since the visitor has just drawn
                _open_worst(tiles, picture)
        label = words.bar(picture.title, badge, score, len(own), is_own=picture.key in own, found=found, label=known)
        with st.expander(label, icon=":material/image:", key=f"picture_bar-{turn}"):
            st.subheader(units.plain(picture.title), anchor=False)
            left, right = st.columns((2, 5), gap="medium")
            with left:
                picture_upload.uploader()
            with right:
                camera_answer.draw(picture, judged, is_other=beyond is not None)
                shelf(model, picture, expression, judged.reference, tiles)
    if beyond is not None:
        kinds.ways_on(model, beyond, picture)


def _open_worst(tiles: dict[str, Tile], picture: Picture) -> None:
    """Show the most anomalous of several pictures that have just come; the first of another kind if most are."""
    new = [key for key in picture_upload.new() if key in tiles]
    others = [key for key in new if tiles[key].is_other]
    judged = [key for key in new if not tiles[key].is_other]
    telling = others[0] if len(others) > len(judged) else max(judged, key=lambda key: tiles[key].score, default="")
    if telling and telling != picture.key:
        chosen_picture.choose(telling)
        st.rerun()


def _against_label(picture: Picture, *, is_anomalous: bool) -> str:
    """What is known of a picture beforehand makes of its decision; of the model's own samples, whose names say what
    they are, only where it is wrong."""
    source = picture.source
    if picture.is_defective is None or not isinstance(source, Sample):
        return ""
    is_wrong = picture.is_defective is not is_anomalous
    return words.against_label(source, is_anomalous=is_anomalous) if picture.is_from_data or is_wrong else ""


def heading(picture: Picture, loaded: Loaded) -> None:
    """The picture's size and what is known about it."""
    st.caption(words.picture_facts(loaded.image.shape, picture.known, loaded.notes))


def shelf(
    model: Model,
    chosen: Picture,
    expression: Expression,
    reference: Reference | None = None,
    tiles: dict[str, Tile] | None = None,
) -> None:
    """Draw the row that holds the chosen picture, and with several uploads a table of all results.

    Args:
        reference: decides what is anomalous where the visitor moved the threshold.
        tiles: of the visitor's pictures; without them they are computed here, with a progress bar.
    """
    reference = reference or model.detector.calibration.for_expression(expression)
    own = chosen_picture.own()
    shelves = [_OWN] * bool(own) + [_DATA] * bool(chosen_picture.data_image()) + [_SAMPLES]
    kind = _SAMPLES if chosen.is_sample else _DATA if chosen.is_from_data else _OWN
    if len(shelves) > 1:
        _switch(shelves, kind, len(own))
    if kind == _DATA:
        _data_shelf(chosen, reference)
        return
    if kind == _SAMPLES:
        if not own:
            st.caption(words.TAKE_A_SAMPLE)
        _row(list(chosen_picture.sample_pictures().values()), {}, chosen, reference)
        st.caption(words.sample_source(chosen_picture.sample_collection()))
        return
    pictures = list(own.values())
    tiles = tiles or _tiles(model, pictures, expression)
    if len(own) > 1:
        pictures = _arranged(pictures, tiles, reference)
    if not pictures:
        st.info(words.NONE_ANOMALOUS, icon=":material/filter_alt_off:")
        return
    _row(page_of(SHELF_PAGE, pictures, _PAGE), tiles, chosen, reference)
    if len(own) > 1:
        _table(pictures, tiles, reference, words.results_title(*_counted(tiles, reference), len(own)))


def _arranged(pictures: list[Picture], tiles: dict[str, Tile], reference: Reference) -> list[Picture]:
    """The controls of a gallery, and its pictures in the order and selection that they say."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        order = choose(SORT, words.SORTS, label=words.SORT_BY, kind="list", width=170)
        rising = toggle(RISING, words.RISING, help=words.RISING_HELP)
        flagged_only = toggle(FLAGGED_ONLY, words.FLAGGED_ONLY)
    if flagged_only:
        pictures = [picture for picture in pictures if _is_flagged(tiles[picture.key], reference)]
    return arranged(pictures, tiles, reference, order, rising)


def _counted(tiles: dict[str, Tile], reference: Reference) -> tuple[int, int]:
    """How many pictures are called anomalous, and how many show another kind of part."""
    every = tiles.values()
    return sum(_is_flagged(tile, reference) for tile in every), sum(tile.is_other for tile in every)


def _is_flagged(tile: Tile, reference: Reference) -> bool:
    """Whether a picture is called anomalous; one of another kind is not judged."""
    return not tile.is_other and reference.is_anomalous(tile.score)


def arranged(
    pictures: list[Picture], tiles: dict[str, Tile], reference: Reference, by: str, rising: bool
) -> list[Picture]:
    """The pictures sorted by "score", "percentile" (ties by name), "name" or "added", the order in which they came."""

    def key(entry: tuple[int, Picture]) -> tuple:
        number, picture = entry
        score, name = tiles[picture.key].score, units.natural(picture.title)
        keys = {"score": (score,), "percentile": (reference.percentile(score), name), "name": (name,)}
        return keys.get(by, (number,))

    # Names and the order of coming go upwards by themselves, scores downwards.
    backwards = rising == (by in ("name", "added"))
    return [picture for _, picture in sorted(enumerate(pictures), key=key, reverse=backwards)]


def _switch(kinds: list[str], kind: str, count: int) -> None:
    st.session_state["shelf"] = kind
    names = words.shelves(count)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.segmented_control(
            words.SHELF,
            kinds,
            format_func=lambda name: names[name],
            key="shelf",
            label_visibility="collapsed",
            required=True,
            on_change=_switched,
        )
        if kind == _OWN:
            st.button(words.REMOVE_ALL, icon=":material/delete:", type="tertiary", on_click=picture_upload.remove_all)


def _switched() -> None:
    kind = st.session_state["shelf"]
    if kind == _DATA and (last := chosen_picture.data_image()):
        chosen_picture.show_data_image(*last)
        return
    chosen_picture.choose(next(iter(chosen_picture.sample_pictures() if kind == _SAMPLES else chosen_picture.own())))


def _data_shelf(chosen: Picture, reference: Reference) -> None:
    """The images of the chosen one's data set and split, turned to the page that holds it."""
    assert chosen.data is not None and isinstance(chosen.source, Sample), "only an image of a data set is shown here"
    (spec, key), split = chosen.data, chosen.source.split
    dataset = datasets.opened(spec)
    same = [sample.key for sample in dataset.samples if sample.split == split]
    pages = -(-len(same) // _DATA_PAGE)
    own_page = same.index(key) // _DATA_PAGE + 1
    # Another image is another widget, which begins at that image's page; turning the pages leaves it as it is.
    number = st.pagination(pages, default=own_page, key=f"data_page-{chosen.key}") if pages > 1 else 1
    pictures = [chosen_picture.picture_of(spec, name) for name in same[(number - 1) * _DATA_PAGE : number * _DATA_PAGE]]
    _row([picture for picture in pictures if _readable(picture)], {}, chosen, reference)
    st.caption(units.plain(words.data_shelf(dataset, split, len(same))))


def _readable(picture: Picture) -> bool:
    try:
        _plain_tile(picture)
    except NNetError:
        return False
    return True


def _row(pictures: Sequence[Picture], tiles: dict[str, Tile], chosen: Picture, reference: Reference) -> None:
    row = st.container(horizontal=True, wrap=False, gap="xsmall", key="shelf_row")
    for picture in pictures:
        with row.container(width=_TILE_WIDTH, gap="xsmall"):
            tile = tiles.get(picture.key)
            st.image(tile.picture if tile else _plain_tile(picture), width="stretch", alt=picture.title)
            st.button(
                _tile_label(picture, tile, reference.threshold),
                key=f"choose-{picture.key}",
                help=_tile_help(picture, tile, reference),
                type="primary" if picture.key == chosen.key else "secondary",
                width="stretch",
                on_click=chosen_picture.show,
                args=(picture,),
            )


def _tile_label(picture: Picture, tile: Tile | None, threshold: float) -> str:
    if tile is None:
        return units.plain(units.cut(picture.short, 60))
    if tile.is_other:
        return words.OTHER_KIND_SHORT
    mark = ":material/warning: " if tile.score > threshold else ""
    return f"{mark}{units.times(units.multiple(tile.score, threshold))} {units.TIMES}"


def _tile_help(picture: Picture, tile: Tile | None, reference: Reference) -> str:
    told = f": {words.relative(reference, tile.score)}. {words.raw(reference, tile.score)}." if tile else ""
    return f"{units.plain(picture.title)}{told}"


def _plain_tile(picture: Picture) -> str:
    """A small picture without a heatmap; kept with the others."""

    def make() -> Tile:
        return Tile(0.0, figures.data_uri(figures.thumbnail(picture.load().shown)))

    return resources.stores().tiles.of((picture.content_key, "", None), make).picture


def _tiles(
    model: Model, pictures: list[Picture], expression: Expression, place: DeltaGenerator | None = None
) -> dict[str, Tile]:
    """A tile for every picture, by the picture's key. Stopped, the visitor's images that have none yet are left out."""
    store = resources.stores().tiles
    keys = {picture.key: (picture.content_key, model.key, expression) for picture in pictures}
    missing = [picture for picture in pictures if store.get(keys[picture.key]) is None]

    def stop() -> None:
        picture_upload.leave_out([picture.key for picture in missing if store.get(keys[picture.key]) is None])

    place, bar = place or st.empty(), None
    if len(missing) > 1:
        bar = stoppable("scoring", place, words.looked_at(0, len(missing)), len(missing), stop)
    for start in range(0, len(missing), resources.BATCH):
        part = missing[start : start + resources.BATCH]
        resources.compute_maps(model, [picture.load() for picture in part])
        for picture in part:
            store.put(keys[picture.key], _tile(model, picture.load(), expression))
        if bar is not None:
            done = start + len(part)
            bar.progress(done / len(missing), words.looked_at(done, len(missing)))
    place.empty()

    def tile(picture: Picture) -> Tile:
        return store.of(keys[picture.key], lambda: _tile(model, picture.load(), expression))

    return {picture.key: tile(picture) for picture in pictures}


def _tile(model: Model, image: Loaded, expression: Expression) -> Tile:
    maps = resources.known_maps(model, image) or resources.maps_of(model, image)
    judged = judge.judge(model.detector.calibration, maps, expression)
    if kinds.beyond(model, image) is not None:
        return Tile(judged.value, figures.data_uri(figures.thumbnail(image.shown)), is_other=True)
    scale = figures.calibrated_scale(judged.reference.threshold)
    small = figures.reduced(image.shown, 320)
    small = hatched(small, model.detector.framing.seen(image.image.shape, small.shape))
    marked = figures.overlay(small, judged.score, scale, 0.7)
    return Tile(judged.value, figures.data_uri(figures.thumbnail(marked)))


def results_table(pictures: list[Picture], tiles: dict[str, Tile], reference: Reference) -> pd.DataFrame:
    """One row per picture: name, multiple of the threshold, decision, score, percentile among the held-out normal
    images, conformal p-value."""
    scores = [tiles[picture.key].score for picture in pictures]
    columns = (
        [picture.title for picture in pictures],
        [reference.multiple(score) for score in scores],
        [_decision(tiles[picture.key], reference) for picture in pictures],
        scores,
        [reference.percentile(score) for score in scores],
        [reference.p_value(score) for score in scores],
    )
    return pd.DataFrame(dict(zip(words.TABLE_COLUMNS, columns, strict=True)))


def _decision(tile: Tile, reference: Reference) -> str:
    return words.OTHER_KIND if tile.is_other else words.decision(reference, tile.score)


def _table(pictures: list[Picture], tiles: dict[str, Tile], reference: Reference, title: str) -> None:
    table = results_table(pictures, tiles, reference)
    _, multiple, _, score, percentile, p_value = words.TABLE_COLUMNS
    with st.expander(title, icon=":material/table_rows:"):
        st.caption(words.TABLE_HINT)
        st.dataframe(
            table,
            hide_index=True,
            key="shelf_table",
            on_select=_row_chosen,
            selection_mode="single-row",
            column_config={
                multiple: st.column_config.NumberColumn(format=f"%.3g {units.TIMES}"),
                score: st.column_config.NumberColumn(format="%.4g"),
                percentile: st.column_config.NumberColumn(format="%.0f %%", help=words.PERCENTILE_HELP),
                p_value: st.column_config.NumberColumn(format="%.3f", help=words.P_VALUE_HELP),
            },
        )
        st.session_state["shelf_order"] = [picture.key for picture in pictures]
        download(words.TABLE_DOWNLOAD, spreadsheet.csv(table), words.TABLE_FILE)


def _row_chosen() -> None:
    key = row_chosen("shelf_table", st.session_state["shelf_order"])
    if key is not None:
        chosen_picture.choose(key)
