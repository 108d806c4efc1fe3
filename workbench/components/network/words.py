"""What the drawing of the network says: a title, a sentence and the page about it for each kind of part."""

from collections.abc import Collection, Mapping

import numpy as np

from nnet.analysis import anatomy
from nnet.analysis.anatomy import Part
from nnet.scoring.circuit import SCALES
from nnet.scoring.maps import MAPS
from workbench.shared import units
from workbench.shared import words as shared_words

TITLE = "The network with this picture: press a part to open it"
HINT = "Point at or press a part."
LANES = {
    anatomy.COPIER: shared_words.BRANCHES["forward"],
    anatomy.TEACHER: "T, the teacher",
    anatomy.REBUILDER: shared_words.BRANCHES["reverse"],
}
COLUMNS = {**LANES, anatomy.MAP: "maps", anatomy.MEMORY: "memory", anatomy.CODE: "code"}
"""Of the small row."""
COLOURS, MEAN, CHANNEL = "colours", "mean", "channel"
TILES = {COLOURS: "PCA colours", MEAN: "Mean of the channels", CHANNEL: "One channel"}
"""What the tiles of features can show."""
BROWSER = {
    "hint": HINT,
    "hold": "Hold to see the result without {part}",
    "keep": "Leave it out",
    "without": "Without {part}: {result}",
    "unchanged": "Without {part}: {result}, as before, {why}",
    "play": "Play",
    "goOn": "Play on",
    "pause": "Pause",
    "walk": "Step through",
    "stage": "{number} of {all}. {sentence}",
    "onward": "Next stage",
    "back": "Stage before",
    "end": "Show all",
    "close": "Close",
    "visit": "More on the page {page}",
    "svg": "Save as SVG",
    "png": "Save as PNG",
    "sees": "Sees",
    "feeds": "Feeds",
    "tiles": "Tiles show",
    "channel": "Channel, from 0 to {last}",
    "kinds": TILES,
}
SCALE = {MEAN: "Mean of the channels", CHANNEL: "Channel {channel} of each tile"}
SCALE_ENDS = "1 %", "99 % of each on good parts"
"""Of values, so at the ends of the bar of colours."""
COLOURED = "Colours"
PCA = "PCA of good pictures, the same for every picture and for all tiles of a row"
RANGE = "{low} to {high} (1 % to 99 % of this part on good pictures)"
NO_CHANNEL = "no channel {channel}"
SENTENCES = {
    anatomy.PICTURE: "The picture, brought to the size that the network takes.",
    anatomy.TEACHER: "The teacher has learned from a million photos and never changes. It describes each patch.",
    anatomy.COPIER: "The copier sees the picture and learned to describe good parts as the teacher does.",
    anatomy.MEMORY: "Descriptions of good parts only. Each patch looks for the stored items that are most like it.",
    anatomy.RECALLED: "What the memory answers: each patch described by good patches, so that a defect is left out.",
    anatomy.CODE: "Made by FFC, feature fusion and compression: all three scales squeezed into a narrow code. What "
    "does not fit through cannot be rebuilt.",
    anatomy.REBUILDER: "The rebuilder never sees the picture, only the code made of the teacher's description, and "
    "rebuilds that description.",
    anatomy.SCORE: "Maps of one scale are added, and the scales multiplied: only what all scales see stays bright.",
}
LEFT_OUT = {"nfs": "the memory", "fpm": "all projections", "forward": "S₁", "reverse": "S₂"}
"""What more than the pressed part goes with it."""
HARDLY = 0.1
"""A code that turns by less is said to be the reason."""
SAME_CODE = "since the code turns by only {turned} (cosine distance)."
THOUGH_CODE = "though the code turns by {turned} (cosine distance)."
STAGES = {
    anatomy.PICTURE: ("The picture", "The picture, brought to the size that the network takes."),
    anatomy.TEACHER: ("T, the teacher", "The teacher describes each patch of it: fine, middle and coarse."),
    anatomy.COPIER: (
        "S₁, the copier",
        "S₁, the copier, sees the picture, too, and describes it as it learned to on good parts.",
    ),
    anatomy.PROJECTED: (
        "The projections",
        "Gates for rows and columns damp what does not matter, on the teacher's side and on S₁'s.",
    ),
    anatomy.MEMORY: ("The memory", "Each coarse patch looks in the memory for the good patches that are most like it."),
    anatomy.RECALLED: (
        "The memory's answer",
        "What the memory answers: coarse patches that are made of good ones only.",
    ),
    anatomy.CODE: ("The code", "Fine, middle and coarse are squeezed into one narrow code."),
    anatomy.REBUILDER: (
        "S₂, the rebuilder",
        "S₂, the rebuilder, sees nothing but the code, and rebuilds the teacher's description from it.",
    ),
    anatomy.MAP: ("The maps", "Maps: bright where a student points in another direction than the teacher."),
    anatomy.SCORE: (
        "The heatmap",
        "Maps of one scale are added, and the scales multiplied: what all scales see stays bright.",
    ),
}
"""What each stage is called while the wave passes, and what is said of it when there is time for a sentence."""
ANSWER_STAGE = "The answer's projection", "The memory's answer goes through gates, too, before it is squeezed."
"""The same of what the gates make of the memory's answer."""
GATES = "gates for each row and each column pass what matters for the comparison and damp the rest."
PROJECTED = {
    "F": "The teacher's {made_of}, projected: {gates} S₁'s {copy} is compared with it.",
    "SF": "S₁'s {made_of}, projected by gates of its own: {gates} It is compared with the teacher's {copied}.",
}
"""Of P and SP, by what they are made of: whose they are, and what they are compared with."""
THIRD = {
    "P_3": f"The teacher's F₃, projected: {GATES} S₁'s SP₃ is compared with it. The code is made from P′₃ instead.",
    "P'_3": "The memory's answer F′₃, projected by the same module as P₃, whose gates follow what they are given: it "
    "goes on to the code. S₁ is compared with P₃.",
}
"""Where there are two of them at the coarse scale."""
RECALLED = "The memory's answer F′₃, projected by gates: S₁'s SP₃ is compared with it, and the code is made from it."
"""Of P_3, where that is the only one."""
SIGNS = {
    "+": "Within a scale the maps of both students are added: one of them may miss a defect.",
    "\N{MULTIPLICATION SIGN}": "The scales are multiplied: what only one scale sees is taken for noise, and fades.",
    "": "Only one map of this scale counts.",
}
PAGES = {
    anatomy.TEACHER: "7_How_it_works",
    anatomy.COPIER: "1_Inspect",
    anatomy.PROJECTED: "3_Projection",
    anatomy.MEMORY: "2_Memory",
    anatomy.RECALLED: "2_Memory",
    anatomy.CODE: "7_How_it_works",
    anatomy.REBUILDER: "1_Inspect",
    anatomy.MAP: "1_Inspect",
    anatomy.SCORE: "1_Inspect",
}


def name(part: Part) -> str:
    """A part's title."""
    titles = {"picture": "The picture", "memory": "The memory", "score": "The heatmap"}
    return titles.get(part.name) or written(part.name)


def written(symbol: str) -> str:
    """A symbol in plain text: "SF_1" -> SF with a subscript."""
    stem, _, index = symbol.replace("'", "\N{PRIME}").partition("_")
    return stem + {"1": "₁", "2": "₂", "3": "₃", "C": "_C"}.get(index, index)


def sentence(part: Part, among: Collection[str] = ()) -> str:
    """What a part does; `among` are the names of the network's parts."""
    if part.kind == anatomy.PROJECTED:
        return _projected(part, among)
    if part.kind != anatomy.MAP:
        return SENTENCES[part.kind]
    reverse = MAPS[part.name].branch == "reverse"
    who = "the rebuilder's" if reverse else "the copier's"
    one, other = (written(seen) for seen in part.sees)
    return (
        f"Bright where the teacher's {one} and {who} {other} point in different directions, on the "
        f"{SCALES[part.scale or 0]} scale. M1 to M3 are counted from fine to coarse, M4 to M6 back."
    )


def _projected(part: Part, among: Collection[str]) -> str:
    if part.name in THIRD and "P'_3" in among:
        return THIRD[part.name]
    if anatomy.projects_answer(part):
        return RECALLED
    (made_of,) = part.sees
    stem, index = made_of.split("_")
    copy, copied = written(f"SP_{index}"), written(f"P_{index}")
    return PROJECTED[stem].format(gates=GATES, made_of=written(made_of), copy=copy, copied=copied)


def spoken(part: Part, among: Collection[str] = ()) -> str:
    """What a screen reader says of a part."""
    return f"{name(part)}. {sentence(part, among)}"


def stages(parts: Mapping[str, Part]) -> tuple[tuple[tuple[str, ...], str, str], ...]:
    """Of each stage of the walk through the drawing its parts, its name and its sentence."""
    found = []
    for names in anatomy.stages(parts):
        first = parts[names[0]]
        found.append((names, *(ANSWER_STAGE if anatomy.projects_answer(first) else STAGES[first.kind])))
    return tuple(found)


def unchanged(turned: float) -> str:
    """Why the result stays the same without a part, from how much that turns the code."""
    template = SAME_CODE if turned < HARDLY else THOUGH_CODE
    return template.format(turned=units.number(turned)) if turned else ""


def facts(part: Part) -> list[tuple[str, str]]:
    """Sizes and numbers of a part."""
    values = part.values
    if values is None:
        return []
    if part.kind == anatomy.MEMORY:
        found = [("Items", f"{len(values):,}")]
        mixed = [] if part.per_patch is None else [("Items per patch", units.number(part.per_patch))]
        return [*found, *mixed, ("Used by some patch of this picture", f"{np.count_nonzero(values):,}")]
    found = [("Patches", cells(values))]
    if values.ndim == 3:
        return [*found, ("Channels", f"{len(values)}"), ("Numbers", f"{values.size:,}")]
    return [*found, ("Largest", units.number(float(values.max()))), ("Median", units.number(float(np.median(values))))]


def tiles_of(channel: int | None) -> str:
    """Above the bar of colours."""
    return SCALE[MEAN] if channel is None else SCALE[CHANNEL].format(channel=channel)


def coloured(tiles: str, found: tuple[np.ndarray, tuple[float, float]] | None) -> tuple[str, str]:
    """How the colours of a part's features are to be read: one of its facts."""
    if tiles == COLOURS:
        return COLOURED, PCA
    if found is None:
        return COLOURED, NO_CHANNEL.format(channel=tiles)
    low, high = (units.number(end) for end in found[1])
    return COLOURED, RANGE.format(low=low, high=high)


def memory(part: Part) -> str:
    """Below the memory's bars: how many items a patch mixes, on average over the picture."""
    return f"memory: mean {part.per_patch or 0:.1f} items"


def captions(parts: Mapping[str, Part]) -> dict[str, str]:
    """What stands below the parts that have no symbol."""
    found = {"picture": "picture"}
    return found | {name: memory(part) for name, part in parts.items() if part.kind == anatomy.MEMORY}


def rows(parts: Mapping[str, Part]) -> dict[int, str]:
    """How finely each scale divides the picture."""
    maps = {part.scale: part.values for part in parts.values() if part.kind == anatomy.MAP}
    return {scale: cells(values) for scale, values in maps.items() if scale is not None and values is not None}


def cells(values: np.ndarray) -> str:
    """The size of a map or of features: "32 x 32"."""
    return f"{values.shape[-1]:,} {units.TIMES} {values.shape[-2]:,}"
