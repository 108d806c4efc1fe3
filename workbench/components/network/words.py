"""What the drawing of the network says: a title, a sentence and the page about it for each kind of part."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nnet.analysis import anatomy
from nnet.analysis.anatomy import Part
from nnet.scoring.maps import MAPS
from workbench.shared import units
from workbench.shared import words as shared_words

TITLE = "The network with this picture: press a part to open it"
HINT = "Point at a part to see what it does and what feeds it. Press it to open it."
LANES = {
    anatomy.COPIER: shared_words.BRANCHES["forward"],
    anatomy.TEACHER: "T, the teacher",
    anatomy.REBUILDER: shared_words.BRANCHES["reverse"],
}
BROWSER = {
    "hint": HINT,
    "hold": "Hold to see the result without it",
    "keep": "Leave it out",
    "without": "Without {part}: {result}",
    "close": "Close",
    "visit": "More on the page {page}",
    "svg": "Save as SVG",
    "png": "Save as PNG",
    "sees": "Sees",
    "feeds": "Feeds",
}
SENTENCES = {
    anatomy.PICTURE: "The picture, brought to the size that the network takes.",
    anatomy.TEACHER: "The teacher has learned from a million photos and never changes. It describes each patch.",
    anatomy.COPIER: "The copier sees the picture and learned to describe good parts as the teacher does.",
    anatomy.PROJECTED: "Gates for each row and each column pass what matters for the comparison and damp the rest.",
    anatomy.MEMORY: "Descriptions of good parts only. Each patch looks for the stored items that are most like it.",
    anatomy.RECALLED: "What the memory answers: each patch described by good patches, so that a defect is left out.",
    anatomy.CODE: "All three scales squeezed into a narrow code. What does not fit through cannot be rebuilt.",
    anatomy.REBUILDER: "The rebuilder never sees the picture. It rebuilds the teacher's description from the code.",
    anatomy.SCORE: "Maps of one scale are added, and the scales multiplied: only what all scales see stays bright.",
}
PAGES = {
    anatomy.TEACHER: "3_Projection",
    anatomy.COPIER: "3_Projection",
    anatomy.PROJECTED: "3_Projection",
    anatomy.MEMORY: "2_Memory",
    anatomy.RECALLED: "2_Memory",
    anatomy.CODE: "6_Ablations",
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
    subscripts = {"1": "\N{SUBSCRIPT ONE}", "2": "\N{SUBSCRIPT TWO}", "3": "\N{SUBSCRIPT THREE}", "C": "_C"}
    stem, _, index = symbol.replace("'", "\N{PRIME}").partition("_")
    return stem + subscripts.get(index, index)


def sentence(part: Part) -> str:
    """What a part does."""
    if part.kind != anatomy.MAP:
        return SENTENCES[part.kind]
    reverse = MAPS[part.name].branch == "reverse"
    who = "the rebuilder's" if reverse else "the copier's"
    one, other = (written(seen) for seen in part.sees)
    return f"Bright where the teacher's {one} and {who} {other} point in different directions."


def spoken(part: Part) -> str:
    """What a screen reader says of a part."""
    return f"{name(part)}. {sentence(part)}"


def facts(part: Part) -> list[tuple[str, str]]:
    """Sizes and numbers of a part."""
    values = part.values
    if values is None:
        return []
    if part.kind == anatomy.MEMORY:
        return [("Items", f"{len(values):,}"), ("In use for this picture", f"{np.count_nonzero(values):,}")]
    found = [("Cells", cells(values))]
    if values.ndim == 3:
        return [*found, ("Channels", f"{len(values)}"), ("Numbers", f"{values.size:,}")]
    return [*found, ("Largest", units.number(float(values.max()))), ("Median", units.number(float(np.median(values))))]


def memory(part: Part) -> str:
    """Below the memory's bars: how many items this picture uses."""
    total, used = (0, 0) if part.values is None else (len(part.values), int(np.count_nonzero(part.values)))
    return f"memory: {used:,} of {total:,} in use"


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
