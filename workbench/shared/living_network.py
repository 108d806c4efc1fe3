"""The living N of a picture: the network's parts with what they computed, ready to be drawn.

>>> living_network.draw("home_network", model, loaded, expression)                          # doctest: +SKIP
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import streamlit as st

from nnet.analysis import story
from nnet.analysis.anatomy import FeatureColours, FeatureRanges, Part, anatomy, upstream
from nnet.analysis.whatif import WhatIf, intervene
from nnet.detector import Trace
from nnet.errors import NNetError
from nnet.expression import Expression, for_maps
from nnet.scoring import circuit, judge
from nnet.scoring.judge import Judgement
from nnet.scoring.maps import MAPS
from workbench.components import network
from workbench.components.network import Card, Network, Variant, drawing
from workbench.components.network import strip as small
from workbench.components.network import words as part_words
from workbench.shared import chosen_picture, pictures, resources, units
from workbench.shared import words as shared_words
from workbench.shared.cache import BoundedCache
from workbench.shared.pictures import Scale
from workbench.shared.resources import Loaded, Model
from workbench.shared.settings import TILES

KEPT = 12
"""Drawings kept for all sessions together, each up to some 0.6 MB."""
CHANGED_BYTES = 48 * resources.MEBIBYTE
"""What the parts of a picture hold without one another, kept so that other tiles need no network."""
_FEATURES = "viridis"
"""Not that of the heatmaps, since it means something else."""
_PICTURE_SIDE, _RESULT_SIDE, _FITTED_ON = 200, 320, 6
_NFS, _FPM, _FORWARD, _REVERSE = "nfs", "fpm", "forward", "reverse"
_WHAT = {_NFS: WhatIf(without_nfs=True), _FPM: WhatIf(without_fpm=True), _FORWARD: WhatIf(without_forward=True)}
_LEAVES_OUT = {
    "memory": _NFS,
    "recalled": _NFS,
    "projected": _FPM,
    "copier": _FORWARD,
    "code": _REVERSE,
    "rebuilder": _REVERSE,
}


@dataclass(frozen=True)
class _Changed:
    """The network without one of its parts."""

    parts: Mapping[str, Part]
    judged: Judgement
    turned: float
    """By how much that turns the code."""

    @property
    def nbytes(self) -> int:
        return self.judged.score.nbytes + sum(
            part.values.nbytes for part in self.parts.values() if part.values is not None
        )


_DRAWN: BoundedCache[tuple[str, str, Expression, str], Network] = BoundedCache(KEPT)
_CHANGED: BoundedCache[tuple[str, str, Expression], dict[str, _Changed]] = BoundedCache(
    CHANGED_BYTES, lambda found: sum(one.nbytes for one in found.values())
)
_COLOURS: BoundedCache[str, FeatureColours] = BoundedCache(resources.MODELS)
_RANGES: BoundedCache[str, FeatureRanges] = BoundedCache(resources.MODELS)


def draw(
    key: str,
    model: Model,
    loaded: Loaded,
    expression: Expression,
    *,
    focus: Sequence[str] = (),
    left_out: str = "",
    room: str = "",
) -> None:
    """Draw the network with this picture; a press on a part's link goes to the page about it.

    Args:
        focus: names of parts (`nnet.analysis.anatomy`) that are lit; none for all.
        left_out: "nfs", "fpm", "forward", "reverse" or a map, which is drawn as left out; ignored where it cannot be.
        room: how large, and whether it moves by itself, see `workbench.components.network.draw`.
    """
    tiles = TILES.remember()
    made = _DRAWN.of((loaded.hash, model.key, expression, tiles), lambda: of(model, loaded, expression, tiles))
    wanted = f"{key}_visit"

    def visit(page: str) -> None:
        st.session_state[wanted] = page

    network.draw(key, made, visit, _show, focus=focus, left_out=left_out, room=room)
    if page := st.session_state.pop(wanted, ""):
        st.switch_page(f"pages/{page}.py")


def _show(tiles: str) -> None:
    with suppress(ValueError):  # anything may come from a browser
        TILES.set(TILES.read(tiles))


def strip(model: Model, loaded: Loaded, expression: Expression) -> str:
    """The same network as one small row, an SVG; it needs the picture's trace alone."""
    parts = anatomy(resources.trace(model, loaded), expression.maps)
    judged = resources.judgement(model, loaded, expression)
    tiles = _tiles(model, loaded, parts, judged, part_words.COLOURS)
    return small.strip(parts, tiles, part_words.COLUMNS, part_words.TITLE)


def is_ready(model: Model, loaded: Loaded, expression: Expression) -> bool:
    """Whether the drawing of this picture is there already, so that drawing it takes no time."""
    return _DRAWN.get((loaded.hash, model.key, expression, TILES.value)) is not None


def without(model: Model, loaded: Loaded, expression: Expression) -> dict[str, Judgement]:
    """What the score is without each part that can be left out, by its key: "nfs", "fpm", "forward", "reverse", or a
    map. Each has the threshold of what is left of the expression, on the network as it was trained."""
    trace = resources.trace(model, loaded)
    changed = _CHANGED.of((loaded.hash, model.key, expression), lambda: _without(model, trace, expression))
    left = {
        name: judge.judge(model.detector.calibration, trace.maps, for_maps(maps))
        for name, maps in _left_over(expression.maps).items()
    }
    return {key: one.judged for key, one in changed.items()} | left


def of(model: Model, loaded: Loaded, expression: Expression, show: str = part_words.COLOURS) -> Network:
    """The drawing of the network with this picture. Runs the network without each of its parts, too.

    Args:
        show: a value of `TILES`; a channel beyond the last of all parts becomes the last.
    """
    trace = resources.trace(model, loaded)
    judged = resources.judgement(model, loaded, expression)
    parts = anatomy(trace, expression.maps)
    channels = max(
        (len(part.values) for part in parts.values() if part.is_features and part.values is not None), default=0
    )
    if show not in part_words.TILES:
        show = str(min(int(show), max(0, channels - 1)))
    tiles = _tiles(model, loaded, parts, judged, show)
    variants = _variants(model, loaded, trace, expression, (show, tiles))
    labels = drawing.Labels(
        part_words.TITLE,
        {name: part_words.spoken(part, parts) for name, part in parts.items()},
        part_words.LANES,
        part_words.captions(parts),
        part_words.rows(parts),
        _result(judged),
        part_words.SIGNS,
        () if show == part_words.COLOURS else (part_words.tiles_of(_channel(show)), _FEATURES, *part_words.SCALE_ENDS),
    )
    wide, narrow = drawing.drawings(parts, tiles, circuit.read(expression), labels)
    cards = {
        name: _card(part, part_words.sentence(part, parts), variants, _reading(model, part, show))
        for name, part in parts.items()
    }
    stands_for, stages = f"{loaded.hash}-{model.key}", part_words.stages(parts)
    return Network(wide, narrow, cards, variants, stands_for, loaded.is_drawn_on, show, channels, stages)


def _card(part: Part, sentence: str, variants: Mapping[str, Variant], reading: list[tuple[str, str]]) -> Card:
    page = part_words.PAGES.get(part.kind, "")
    title = shared_words.PAGES[page].title if page else ""
    key = _LEAVES_OUT.get(part.kind, part.name)
    return Card(
        part_words.name(part),
        sentence,
        (*part_words.facts(part), *reading),
        page,
        title,
        key if key in variants else "",
        part_words.LEFT_OUT.get(key, part_words.name(part)),
    )


# ------------------------------------------------------------------------------------------------------------ tiles


def colours(model: Model) -> FeatureColours:
    """The colours of this model's features, fitted once on normal samples."""
    return _COLOURS.of(model.key, lambda: FeatureColours(_normal_traces(model)))


def ranges(model: Model) -> FeatureRanges:
    """The ranges of this model's channels, found once on the same samples, and only if they are asked for."""
    return _RANGES.of(model.key, lambda: FeatureRanges(_normal_traces(model)))


def _normal_traces(model: Model) -> list[Trace]:
    samples = list(chosen_picture.sample_pictures().values())
    good = [one for one in samples if one.is_defective is False] or samples
    return [resources.trace(model, one.load()) for one in good[:_FITTED_ON]]


def _channel(show: str) -> int | None:
    return None if show == part_words.MEAN else int(show)


def _reading(model: Model, part: Part, show: str) -> list[tuple[str, str]]:
    """How the colours of a part's features are to be read."""
    if not part.is_features:
        return []
    return [part_words.coloured(show, None if show == part_words.COLOURS else ranges(model).of(part, _channel(show)))]


def _tiles(model: Model, loaded: Loaded, parts: Mapping[str, Part], judged: Judgement, show: str) -> dict[str, str]:
    """Every part's picture as a data URI; the memory has none, nor has a part without the channel that is shown."""
    painted = {name: _painted(model, part, show) for name, part in parts.items() if part.values is not None}
    found = {name: pictures.data_uri(tile) for name, tile in painted.items() if tile is not None}
    found["picture"] = pictures.photo_uri(pictures.reduced(loaded.shown, _PICTURE_SIDE))
    found["score"] = _heatmap(loaded, judged)
    return found


def _painted(model: Model, part: Part, show: str) -> np.ndarray | None:
    if part.is_features and show == part_words.COLOURS:
        return colours(model).paint(part)
    if part.is_features:
        found = ranges(model).of(part, _channel(show))
        return None if found is None else pictures.colourised(found[0], Scale(*found[1], {}, "", _FEATURES))
    if part.name in MAPS and part.values is not None:
        values = units.multiple(part.values, resources.normal_levels(model)[part.name])
        return pictures.colourised(values, pictures.map_scale())
    return None


def _heatmap(loaded: Loaded, judged: Judgement) -> str:
    small = pictures.reduced(loaded.shown, _RESULT_SIDE)
    return pictures.photo_uri(pictures.heatmap(small, judged.score, judged.reference.threshold, 0.75))


def _result(judged: Judgement) -> str:
    return shared_words.relative(judged.reference, judged.value)


# --------------------------------------------------------------------------------------------- without a part


def _variants(
    model: Model, loaded: Loaded, trace: Trace, expression: Expression, shown: tuple[str, Mapping[str, str]]
) -> dict[str, Variant]:
    """What the network shows without each of its parts; `shown` is what the tiles show, and the tiles of the whole."""
    show, tiles = shown
    every = _CHANGED.of((loaded.hash, model.key, expression), lambda: _without(model, trace, expression))
    before = anatomy(trace, ())
    result = _result(judge.judge(model.detector.calibration, trace.maps, expression))
    found = {
        key: _variant(before, one, _tiles(model, loaded, one.parts, one.judged, show), tiles, result)
        for key, one in every.items()
    }
    whole = anatomy(trace, expression.maps)
    for name, left in _left_over(expression.maps).items():
        judged = judge.judge(model.detector.calibration, trace.maps, for_maps(left))
        gone = _only_for(whole, left)
        found[name] = Variant(gone, {"score": _heatmap(loaded, judged)}, _result(judged))
    return found


def _without(model: Model, trace: Trace, expression: Expression) -> dict[str, _Changed]:
    """The network run without each of its parts; those that it cannot do without are missing."""
    found = {}
    for key, what in _WHAT.items():
        try:
            changed = intervene(model.detector, trace, what, expression)
        except NNetError:  # this network has no such part, or could not be scored without it
            continue
        judged = judge.judge(model.detector.calibration, changed.trace.maps, changed.expression)
        turned = story.turned(trace.F_C, changed.trace.F_C)
        found[key] = _Changed(anatomy(changed.trace, changed.expression.maps), judged, turned)
    return found


def _left_over(used: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """What can be left out of the score -> the maps that are left, at least one."""
    leaving = {name: tuple(other for other in used if other != name) for name in used}
    leaving[_REVERSE] = tuple(name for name in used if MAPS[name].branch == "forward")
    return {key: left for key, left in leaving.items() if left and len(left) < len(used)}


def _only_for(parts: Mapping[str, Part], left: Sequence[str]) -> tuple[str, ...]:
    """The parts that nothing needs any more when only these maps are left."""
    needed = frozenset(left).union({"score"}, *(upstream(parts, name) for name in left))
    return tuple(name for name in parts if name not in needed)


def _variant(
    before: Mapping[str, Part], after: _Changed, new: Mapping[str, str], old: Mapping[str, str], result: str
) -> Variant:
    changed = {name: tile for name, tile in new.items() if old.get(name) != tile}
    gone, now = tuple(name for name in before if name not in after.parts), _result(after.judged)
    return Variant(gone, changed, now, part_words.unchanged(after.turned) if now == result else "")
