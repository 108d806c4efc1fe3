"""The Memory page's wording: every sentence with a number in it is made here. Knows no Streamlit."""

from __future__ import annotations

import math
from collections.abc import Mapping

from workbench.memory.recall import Settings
from workbench.shared import text

LEAD = (
    "The memory holds typical patches of good parts. Every patch of the picture is replaced with a mixture of the "
    "stored items that are most like it, so what was never good cannot be recalled well."
)
NO_MEMORY = (
    "This model has no memory: it was trained with the normal feature storage off (`model.nfs`), so its decoder sees "
    "the teacher's coarsest features as they are. Choose a model with a memory in the sidebar, or train one with "
    "`model.nfs` on."
)
NO_ATLAS = (
    "This checkpoint has no memory atlas (`atlas.safetensors`), so the training patches behind the items and their use "
    "over the training set are unknown. Training writes one at its end; everything else on this page works without it."
)
TEMPERATURE_HELP = (
    "Divides the cosines before the softmax. Low: a patch takes the one most similar item; high: all items evenly. "
    "Recomputed from the cosines that are kept; no network runs."
)
SHRINK_HELP = (
    "Weights below this many fair shares 1/N become 0 and the rest are scaled up to sum to 1 (hard shrinkage); the "
    "largest weight always stays. Recomputed from the cosines that are kept; no network runs."
)
PICKER_LABEL = "Pictures of the image. Click a patch to choose it; arrow keys move the chosen patch."
PICTURE_HINT = "Click any patch, here or in the maps, to see how it is recalled. Orange: scores above the threshold."
ENTROPY_HINT = "Look for bright patches: they are mixed from many items since no single one is like them."
MOST_USED_HINT = "The item with the largest weight. Look for patches of one colour: the memory takes them for alike."
MOSAIC_HINT = "The training patches that are recalled, mixed by weight. Look for where it blurs or differs."
BARS_HINT = (
    "Look for one tall bar: a patch the memory knows. Many low bars: it has to mix. Weights below the dotted line, "
    "shrink/N, are shrunk to 0, the others grow."
)
PATCHES_HINT = "Look for likeness: the chosen patch first, then the best training patches of the items it recalls."
ITEMS_HINT = (
    "Where each item is used (weight 0 to 1, clear to bright) and, below it, its best training patches. Look for items "
    "that keep to one kind of place, such as a busbar or an edge."
)
ITEMS_HINT_WITHOUT_ATLAS = (
    "Where each item is used (weight 0 to 1, clear to bright). Look for items that keep to one kind of place."
)
CHANGED_MAP_HINT = "Look for bright patches: there the recalled features point elsewhere than the teacher's."
DISTANCES_HINT = (
    "Each dot is a patch, the lines are means. Look for the flagged row further right: the memory changes unfamiliar "
    "patches most."
)
RECALL_CHANGE_HINT = (
    "1 − cos between F′₃ as trained and now; the scale grows in steps. Look for where the answer changed."
)
SCORE_HINT = "Score of each pixel, on one fixed scale. Look for spots that appear or vanish."
DIFFERENCE_HINT = "After minus before. Orange: now more conspicuous; blue: less."
MAPS_HINT = (
    "Each map divided by the level that 99 % of normal pixels stay below, so colours compare across maps. Look for the "
    "maps that react: M1 to M3 see F′₃ through fusion and decoder, M4 through the projection, M5 and M6 not at all."
)
FORGET_LEAD = (
    "Switch items off and see what the memory then answers. F′₃ is mixed anew at once; what follows from it needs the "
    "network's second half (projection, fusion, decoder), which runs when items change or you press the button. "
    "Teacher and forward student are not run again."
)
USAGE_HINT = (
    "Dotted: a fair share, 1/N. Look for bars near 0 (items that training left unused) and dots far above their bars "
    "(items that this image needs more than usual)."
)
ATLAS_HINT = (
    "Each item's training patches with the largest weight, best first. The bar is its use over the training set, half "
    "full at a fair share 1/N. Look for strips of one motif: such an item stands for one thing."
)
SIMILARITY_HINT = (
    "Cosines of all pairs, ordered by clustering. Look for bright blocks on the diagonal: groups of items that store "
    "nearly the same."
)
EMBEDDING_HINT = (
    "Neighbours point in similar directions; axes have no unit. Look for flagged patches away from all items: nothing "
    "stored is like them. Larger signs are items used more in training, hollow ones are dead."
)
UMAP_HELP = (
    "UMAP keeps neighbourhoods and shows groups, but distances between groups mean little. PCA is a plain projection "
    "onto the two directions of largest variance."
)
UMAP_WAIT = "Laying out items and patches (the first time, loading UMAP takes some seconds)…"
DEAD_HELP = "Dead: under 1 % of a fair share of all addressing over the training set."
ALL_OFF = "Every item is switched off, so nothing can be recalled. All items are shown as on until you bring one back."

ORDERS = {"here": "Use on this image", "training": "Use in training", "number": "Number"}
VIEWS = {"items": "Items", "similarity": "Similarity", "map": "Items and patches"}


def item(index: int) -> str:
    """An item's name, numbered from 1."""
    return f"Item {index + 1}"


def headline(per_patch: float, nats: float, items: int, usual: float | None) -> str:
    """How many items a patch is mixed from on this image, against the most possible and against training.

    Args:
        per_patch: mean effective number of items per patch.
        nats: mean entropy of the addressing.
        items: N.
        usual: `per_patch` at the end of training, or None.
    """
    top = math.log(items)
    sentence = (
        f"**On this image a patch is recalled from {per_patch:.1f} of {items} items on average**: the addressing's "
        f"entropy is {nats:.2f} nats, {text.percent(nats / top)} of the most possible, ln {items} = {top:.2f}."
    )
    return f"{sentence} {_against_training(per_patch, usual, items)}".rstrip()


def _against_training(per_patch: float, usual: float | None, items: int) -> str:
    if per_patch > 0.7 * items:
        return "That is nearly uniform: every patch gets almost the same mixture, so the memory tells little apart."
    if usual is None:
        return ""
    if per_patch > 1.4 * usual:
        return (
            f"On the training images it was {usual:.1f}: here the memory has to mix more than usual, since parts of "
            "this image look unlike anything it stores."
        )
    if per_patch < usual / 1.4:
        return f"On the training images it was {usual:.1f}: this image is recalled from fewer items than usual."
    return f"On the training images it was {usual:.1f}: this image is recalled as the normal ones are."


def spread(used: int, spread_here: float, items: int, spread_training: float | None, dead: int | None) -> str:
    """How many items the whole image uses, and how evenly; against the training set."""
    sentence = f"All patches together use {used} of the {items} items, as evenly as {spread_here:.0f} equally used ones"
    if spread_training is None:
        return f"{sentence}."
    dead_items = "none is dead" if not dead else f"{text.plural(dead, 'item')} {'is' if dead == 1 else 'are'} dead"
    return f"{sentence}; over the training set it is {spread_training:.0f}, and {dead_items}."


def entropy_reading(nats: float, top: float) -> str:
    """An entropy under the pointer: "1.80 nats (39 %), 6.1 items"."""
    return f"{nats:.2f} nats ({100 * nats / top:.0f} %), {math.exp(nats):.1f} items"


def settings(chosen: Settings, trained: Settings) -> str:
    """What differs from the trained addressing, or "" if nothing does."""
    parts = []
    if chosen.temperature != trained.temperature:
        parts.append(f"temperature {chosen.temperature:g} (trained {trained.temperature:g})")
    if chosen.shrink != trained.shrink:
        parts.append(f"shrinkage {chosen.shrink:g}/N (trained {trained.shrink:g}/N)")
    if chosen.off:
        parts.append(f"{text.plural(len(chosen.off), 'item')} switched off")
    return ", ".join(parts)


def patch(row: int, column: int, score: float, flagged: bool) -> str:
    """The chosen patch, its highest score, and what that means."""
    state = "above the threshold: flagged" if flagged else "below the threshold: normal"
    return f"Row {row + 1}, column {column + 1}: score up to {text.number(score)}, {state}."


def addressing_table(rows: Mapping[str, tuple[float, int]], items: int) -> str:
    """A Markdown table of entropy and effective items, by "before" and "after": (entropy in nats, items above 0)."""
    top = math.log(items)
    lines = [f"| | {' | '.join(rows)} |", f"|:--|{'--:|' * len(rows)}"]
    facts = {
        "Entropy in nats": [f"{nats:.2f}" for nats, _ in rows.values()],
        f"Share of ln {items} = {top:.2f}": [f"{100 * nats / top:.0f} %" for nats, _ in rows.values()],
        "Effective number of items": [f"{math.exp(nats):.1f}" for nats, _ in rows.values()],
        "Items with any weight": [f"{count}" for _, count in rows.values()],
    }
    return "\n".join([*lines, *(f"| {name} | {' | '.join(values)} |" for name, values in facts.items())])


def shares(here: float, training: float | None) -> tuple[str, ...]:
    """An item's use on this image and over the training set, in lines."""
    lines = (f"{text.percent(here)} of this image",)
    return lines if training is None else (*lines, f"{text.percent(training)} in training")


def ran(timings: Mapping[str, float]) -> str:
    """What the last run of the second half took, and which parts ran."""
    parts = ", ".join(f"{stage} {text.milliseconds(value)}" for stage, value in timings.items() if value >= 0.05)
    return (
        f"The decoder ran for this: **{text.milliseconds(sum(timings.values()))}** ({parts}). Teacher and forward "
        "student did not."
    )


def forgotten(before: float, after: float, threshold: float, moved: float) -> str:
    """What switching items off or another addressing did to the image score."""
    change = after - before
    share = abs(change) / max(before, 1e-12)
    if share < 0.005:
        effect = "The score hardly changes"
    else:
        effect = f"The score {'rises' if change > 0 else 'falls'} by {text.percent(share)}"
    sides = (before > threshold, after > threshold)
    crossed = {
        (True, False): ", and the image no longer counts as anomalous",
        (False, True): ", and the image now counts as anomalous",
    }.get(sides, "; the decision stays the same")
    return f"{effect}{crossed}. F′₃ moved by {text.number(moved)} (mean 1 − cos)."


def changed(mean_normal: float | None, mean_flagged: float | None, mean: float) -> str:
    """How far recall moved the features, on normal and on flagged patches."""
    if mean_flagged is None:
        return (
            f"Recall moves the features by {text.number(mean)} on average (1 − cos(F₃, F′₃)). No patch of this image "
            "is flagged, so there is nothing to compare with."
        )
    if mean_normal is None:
        return f"Recall moves the features by {text.number(mean)} on average. Every patch of this image is flagged."
    ratio = mean_flagged / max(mean_normal, 1e-12)
    if ratio >= 1.1:
        verdict = f"{ratio:.1f} times as far: the memory does not know them"
    elif ratio > 1 / 1.1:
        verdict = "about as far: the memory does not tell them apart"
    else:
        verdict = "less far: here the memory does not help to tell them apart"
    return (
        f"Recall moves normal patches by {text.number(mean_normal)} on average (1 − cos(F₃, F′₃)) and flagged ones by "
        f"{text.number(mean_flagged)}, {verdict}."
    )
