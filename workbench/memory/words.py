"""The Memory page's wording: every sentence is made here. Knows no Streamlit."""

import math
from collections.abc import Mapping

from workbench.memory.recall import KNOWN, Addressing
from workbench.shared import units
from workbench.shared import words as shared_words

TITLE = "Memory"
LOOKING = "Computing the picture's features…"
LEAD = "Stored good patches answer each patch."
NO_MEMORY = (
    "This model has no memory: it was trained with normal feature storage off (`model.nfs`), so S₂, the rebuilder, "
    "gets the teacher's coarsest features unchanged. Choose a model with a memory in the sidebar, or train one with "
    "`model.nfs` on."
)
NO_ATLAS = (
    "This checkpoint has no memory atlas (`atlas.safetensors`), so the training patches behind the items and their use "
    "over the training set are unknown. Training writes an atlas when it ends; everything else on this page works "
    "without one."
)

# ---------------------------------------------------------------------------------------------------- the headline

NUMBERS_AS_TRAINED = "Numbers, always as trained"
TABS = {"recall": "Recall", "items": "Items", "forget": "Forget", "atlas": "Atlas"}
PER_PATCH = "Items per patch"
PER_PATCH_HELP = (
    "How many items a patch mixes: exp(entropy) of its weights after shrinkage; then the mean over the patches of this "
    "image, as everywhere in the workbench. The mean entropy itself is {nats:.2f} nats of at most ln {items} = "
    "{top:.2f}; exp({nats:.2f}) = {geometric:.1f} is less than the mean, since a few patches mix many items."
)
USED, USED_HELP = "Items in use here", "Items that have any weight on any patch of this image, after shrinkage."
SPREAD = "Equally used items"
SPREAD_HELP = "So many items, all used equally, would be spread like those of this image: exp(entropy) of their shares."
DEAD = "Dead items"
DEAD_HELP = "Dead: the item gets less than 1 % of a fair share of all addressing over the training set."


_USUAL = "a patch mixed {usual:.1f} on average"


def per_patch_help(nats: float, items: int) -> str:
    """How items per patch are counted. `nats`: mean entropy of the addressing; `items`: N."""
    return PER_PATCH_HELP.format(nats=nats, items=items, top=math.log(items), geometric=math.exp(nats))


def headline(per_patch: float, items: int, usual: float | None) -> str:
    """How sharp the addressing is on this image beside all items and training; "" where nothing is to be said.

    Args:
        per_patch: mean effective number of items per patch.
        items: N.
        usual: the same over the training images at the end of training, or None.
    """
    if per_patch > 0.7 * items:
        return (
            "That is nearly uniform: every patch gets almost the same mixture, so the memory hardly distinguishes "
            "between patches."
        )
    if usual is None:
        return ""
    if per_patch > 1.4 * usual:
        return (
            f"On the training images {_USUAL.format(usual=usual)}: here the memory has to mix more than usual, because "
            "parts of this image look unlike anything it stores."
        )
    if per_patch < usual / 1.4:
        return f"On the training images {_USUAL.format(usual=usual)}: this image is recalled from fewer than usual."
    return f"On the training images {_USUAL.format(usual=usual)}: this image is recalled much like the normal ones."


def in_training(spread: float | None) -> str:
    """How evenly the training pictures use the items, beside this picture; "" where that is unknown."""
    return "" if spread is None else f"The training images use the items as evenly as {spread:.0f} equally used ones."


# --------------------------------------------------------------------------------------------------- the addressing

AS_TRAINED = "As trained."
SPARSE = "Low temperature makes it sparse; shrinkage removes the rest."
MIX_ALL = "Let every patch mix all items"
HARDLY = "This picture's score hardly depends on it: finer patches go past the memory."
RESET = "Reset"
TEMPERATURE = (
    "Temperature",
    "Of the softmax: the cosines are divided by it first. Low: a patch takes only its most similar item. High: it "
    "takes all items evenly. Computed again from stored cosines; of the network only what follows the memory runs.",
)
SHRINK = (
    "Shrinkage in fair shares 1/N",
    "Weights below this many fair shares 1/N become 0, and the rest are scaled up to sum to 1 (hard shrinkage); the "
    "largest weight always remains. Computed again from stored cosines; of the network only what follows the memory "
    "runs.",
)
ALL_OFF = (
    "Every item is switched off, so nothing can be recalled. All items are treated as on until you bring one back."
)
UNDER_CHANGED = ":violet-badge[Changed] For the addressing as you have set it, not as trained."
PICKER_LABEL = "Pictures of the image. Click a patch to choose it; the arrow keys move the chosen patch."
BY_NUMBER = "By row and column"
ROW, ROW_HELP = "Row of the patch", "Counted from the top. A click on a picture does the same."
COLUMN, COLUMN_HELP = "Column of the patch", "Counted from the left. A click on a picture does the same."
PICTURE = "Picture"
PICTURE_HINT = "Orange: above the threshold."
_SCORE_NOW = "Score now **{now}**, as trained {trained}."
SCORE_READING = f" {shared_words.UNIT}"
PER_PATCH_SCALE, CHANGE_SCALE = "items per patch, logarithmic", "1 − cos"
PER_PATCH_HINT = "Look for bright patches: they are mixed from many items because no single one is like them."
MOST_USED, MOST_USED_TICK = "Most used item", "similar items have similar colours"
MOST_USED_HINT = "The item with the largest weight. Look for areas of one colour: to the memory they are alike."
MOSAIC = "Rebuilt from training patches"
MOSAIC_HINT = "Look where the damage was: good patches stand there."
MOSAIC_GREY = "Mixed of most items at once, every patch gets nearly the same answer: one grey weave."
BARS_TITLE = "**Addressing of the chosen patch, before and after shrinkage**"
BEFORE, AFTER = "before shrinkage", "after"
BARS_AXES = ("memory item", "weight (no unit)")
BARS_ALT = "Weights of the items as bars."
BARS_HINT = (
    "Look for one tall bar: the memory knows this patch. Many low bars: it has to mix. Weights below the dotted line, "
    "shrink/N, become 0, and the others grow."
)
CHOSEN_PATCH, FROM_THIS_IMAGE = "The chosen patch", "from this image"
RECALLED_FROM = "**Recalled from**"
PATCHES_HINT = "Look for resemblance: the chosen patch first, then the best training patches of the items it recalls."
BAR_TOLD = "item %{{x}}, {state}: %{{y:.3f}}<extra></extra>"
TRAINED_AT = "trained: {value:g}"


def item(index: int) -> str:
    """An item's name, numbered from 1."""
    return f"Item {index + 1}"


def training_patches(index: int) -> str:
    """An item's training patches, for a screen reader."""
    return f"Training patches of {item(index)}"


def changed_addressing(chosen: Addressing, trained: Addressing) -> str:
    """What differs from the trained addressing; a list, or "" if nothing does."""
    changes = []
    if chosen.temperature != trained.temperature:
        changes.append(f"temperature {chosen.temperature:g} (trained {trained.temperature:g})")
    if chosen.shrink != trained.shrink:
        changes.append(f"shrinkage {chosen.shrink:g}/N (trained {trained.shrink:g}/N)")
    if chosen.off:
        changes.append(f"{units.plural(len(chosen.off), 'item')} switched off")
    return f":violet-badge[Changed] {', '.join(changes)}" if changes else ""


def now_recalled_from(now: float, trained: float, items: int) -> str:
    """How many items a patch is mixed from under the changed addressing, beside the trained one."""
    return f"{PER_PATCH}, on average: now **{now:.1f}** of {items}, as trained {trained:.1f}."


def score_now(now: str, trained: str) -> str:
    """The score under the changed addressing, beside the trained one."""
    return _SCORE_NOW.format(now=now, trained=trained)


def mosaic_hint(mixed: float, items: int) -> str:
    """What to look for in the rebuilt picture. `mixed`: how many of the items a patch is mixed from, on average."""
    return MOSAIC_GREY if 2 * mixed > items else MOSAIC_HINT


def per_patch_ticks(items: int) -> tuple[str, str, str]:
    """The colour bar of the items per patch: 1, the middle of a logarithmic scale, and all."""
    return "1 item", f"{math.sqrt(items):.0f}", f"all {items}"


def change_ticks(top: float) -> tuple[str, str]:
    """The colour bar of a change of F′₃."""
    return "0: same", f"≥ {units.number(top)}"


def per_patch_reading(mixed: float) -> str:
    """How many items a patch mixes, under the pointer: "6.1 items"."""
    return f"{mixed:.1f} items"


def weight(value: float) -> str:
    """How much an item counts for a patch."""
    return f"weight {value:.2f}"


def item_reading(index: int, value: float) -> str:
    """An item under the pointer: "Item 3, weight 0.42"."""
    return f"{item(index)}, {weight(value)}"


def patch(row: int, column: int, ratio: float, flagged: bool) -> str:
    """The chosen patch, its highest score as a multiple of the threshold, and what that means."""
    state = "above the threshold: flagged" if flagged else "not above the threshold: normal"
    return (
        f"**The chosen patch.** Row {row + 1}, column {column + 1}: {shared_words.against_threshold(ratio)} as "
        f"trained, {state}."
    )


def addressing_table(before: tuple[float, int], after: tuple[float, int]) -> str:
    """A Markdown table before and after shrinkage, from how many items the patch mixes and how many lie above 0."""
    rows = {
        "Items this patch mixes": [f"{mixed:.1f}" for mixed, _ in (before, after)],
        "Items in use for it": [f"{count}" for _, count in (before, after)],
    }
    body = (f"| {name} | {' | '.join(values)} |" for name, values in rows.items())
    return "\n".join(["| | before | after |", "|:--|--:|--:|", *body])


# ------------------------------------------------------------------------------------------------------- the items

ITEMS_HINT_WITHOUT_ATLAS = (
    "Where each item is used (weight 0 to 1, clear to bright). Look for items that keep to one kind of place."
)
ITEMS_HINT = (
    "Where each item is used (weight 0 to 1, clear to bright) and, below, its best training patches. Look for items "
    "that keep to one kind of place, such as a busbar or an edge."
)
ORDER = "Order by"
ORDERS = {"here": "Use on this image", "training": "Use in training", "number": "Number"}
ONLY, ONLY_NONE = "Show only these items", "all items"
OFF_NOTE, DEAD_NOTE = "off", "dead"
WEIGHT_TICKS = ("0: not used", "0.25", "1: alone")


def shares(here: float, training: float | None) -> tuple[str, ...]:
    """An item's use on this image and over the training set, in lines."""
    lines = (f"{units.percent(here)} of this image",)
    return lines if training is None else (*lines, f"{units.percent(training)} in training")


def where_used(index: int) -> str:
    """A card's picture, for a screen reader."""
    return f"Where {item(index)} is used on this image"


# ------------------------------------------------------------------------------------------------------- forgetting

FORGET_LEAD = (
    "Switch items off and see what the memory recalls instead, and what becomes of the score. F′₃ is mixed again, and "
    "what follows it (projection, fusion, rebuilder) runs again. The teacher and S₁, the copier, do not."
)
OFF, OFF_NONE = "Items switched off", "none; choose items here"
FORGET_MOST_HELP = "The item with the largest share of this image's addressing."
FORGET_PATCH_HELP = "The item with the largest weight at the chosen patch."
BRING_BACK = "Bring all back"
KEEP, FORGET_BUT = "Keep only the most used", "Forget all but these"
FORGET_BUT_HELP = "Keeps the items that this image uses most as trained, and switches off all others."
SCORE_TRAINED, SCORE_NOW, DECISION_NOW = "Score as trained", "Score now", "Decision now"
SCORE_HINT = "Score of each pixel, on one fixed scale. Look for spots that appear or vanish."
MOVED, MOVED_HELP = "F′₃ moved by", "Mean of 1 − cos between F′₃ as trained and F′₃ now."
RECALL_CHANGE = "Change of F′₃ (1 − cos)"
RECALL_CHANGE_HINT = (
    "1 − cos between F′₃ as trained and F′₃ now; the scale grows in steps. Look for where the recall has changed."
)
DIFFERENCE = "Score, difference"
DIFFERENCE_HINT = "Now minus as trained. Orange: scores higher now; blue: lower."
MAPS_TITLE = "**The maps, as trained and now**"
MAPS_HINT = (
    "Each map is divided by the level that 99 % of normal pixels stay below, so colours can be compared across maps. "
    "Look for the maps that react: M1 to M3 see F′₃ through fusion and S₂, the rebuilder, M4 through the "
    "projection, and M5 and M6 not at all."
)
MAP_TRAINED = "{name} as trained"
MAP_NOW = "{name} now"


def forget_most(index: int) -> str:
    """The button that switches off the item that this image uses most."""
    return f"Forget item {index + 1} (most used)"


def forget_patch(index: int) -> str:
    """The button that switches off the chosen patch's item."""
    return f"Forget item {index + 1} (this patch)"


def difference_ticks() -> tuple[str, str, str]:
    """The colour bar of the difference."""
    return f"≤ −1 {units.TIMES} threshold", "0", f"≥ 1 {units.TIMES} threshold"


def ran(timings: Mapping[str, float]) -> str:
    """How long the last run of the second half took, and which parts ran."""
    parts = ", ".join(f"{stage} {units.milliseconds(value)}" for stage, value in timings.items() if value >= 0.05)
    total = units.milliseconds(sum(timings.values()))
    return f"For this only what follows the memory ran: {total} ({parts}). The teacher and S₁, the copier, did not run."


def forgotten(before: float, after: float, threshold: float, moved: float) -> str:
    """What switching items off or another addressing did to the image score."""
    change = after - before
    share = units.percent(units.multiple(abs(change), before))
    if abs(change) < 0.005 * max(before, units.SMALLEST):
        effect = "The score hardly changes."
    else:
        effect = f"The score rises by {share}." if change > 0 else f"The score falls by {share}."
    decision = {
        (True, False): "The image no longer counts as anomalous.",
        (False, True): "The image now counts as anomalous.",
    }.get((before > threshold, after > threshold), "The decision stays the same.")
    return f"{effect} {decision} F′₃ moved by {units.number(moved)} (mean 1 − cos)."


# ------------------------------------------------------------------------------------------- what the memory changed

CHANGED_TITLE = "What the memory changed"
DISTANCE = "1 − cos(F₃, F′₃)"
CHANGED_MAP_HINT = "Look for bright patches: there the recalled features differ in direction from the teacher's."
FLAGGED_PATCHES = "Flagged patches"
FLAGGED_HINT = "Orange: some pixel of the patch scores above the threshold, as trained."
FLAGGED, NORMAL = "flagged", "normal"
DISTANCE_AXIS = "1 − cos(F₃, F′₃), no unit"
DISTANCES_TITLE, DISTANCES_ALT = "**Distance of every patch**", "Distances of all patches as dots."
DISTANCES_HINT = (
    "Each dot is a patch; the lines are means. Look for the flagged row to lie further right: the memory changes "
    "unfamiliar patches most."
)
PATCH_TOLD = "{state} patch: %{{x:.3f}}<extra></extra>"
MEAN_NAME = "mean of {state}"
MEAN_TOLD = "mean of {state} patches: {mean:.3f}<extra></extra>"


def changed(
    mean_normal: float | None, mean_flagged: float | None, mean: float, forgotten: tuple[float, float] | None
) -> str:
    """How far recall moved the features, on normal and on flagged patches; `forgotten` as from `recall.forgotten`."""
    if mean_flagged is None:
        return (
            f"Recall moves the features by {units.number(mean)} on average (1 − cos(F₃, F′₃)). No patch of this image "
            "is flagged, so there is nothing to compare with."
        )
    if mean_normal is None:
        return f"Recall moves the features by {units.number(mean)} on average. Every patch of this image is flagged."
    ratio = units.multiple(mean_flagged, mean_normal)
    if forgotten is not None:
        usual, typical = map(units.number, forgotten)
        verdict = (
            f"As trained it moves {units.percent(KNOWN)} of the normal ones by less than {usual}, now the median one "
            f"by {typical}: addressed like this, the memory no longer knows the good patches either."
        )
    elif ratio >= 1.1:
        verdict = f"That is {ratio:.1f} times as far: the memory does not know the flagged patches."
    elif ratio > 1 / 1.1:
        verdict = "That is about as far: the memory does not distinguish between the two."
    else:
        verdict = "That is less far: here the memory does not help to distinguish between the two."
    return (
        f"Means over the patches of this picture: recall moves normal ones by {units.number(mean_normal)} "
        f"(1 − cos(F₃, F′₃)) and flagged ones by {units.number(mean_flagged)}. {verdict}"
    )


# -------------------------------------------------------------------------------------------------------- the atlas

VIEW = "Atlas view"
VIEWS = {"items": "Items", "similarity": "Similarity", "map": "Items and patches"}
USAGE_TITLE = "**Share of the addressing per item, in percent**"
IN_TRAINING, HERE, DEAD_MARK = "training set", "this image", " (dead)"
IN_TRAINING_TOLD = "item %{customdata[0]}%{customdata[1]}: %{y:.2f} % of the training set<extra></extra>"
HERE_TOLD = "item %{customdata}: %{y:.2f} % of this image<extra></extra>"
USAGE_AXES = ("items, most used first", "share in %")
USAGE_ALT = "Share of each item over the training set and on this image."
USAGE_HINT = (
    "Addressing as trained. Dotted: a fair share, 1/N. Look for bars near 0 (items that training left unused) and dots "
    "far above their bars (items that this image needs more than usual)."
)
ATLAS_HINT = (
    "For each item, the training patches with the largest weight, best first. The bar shows its use over the training "
    "set; it is half full at a fair share, 1/N. Look for strips of one motif: such an item stands for one thing."
)
SIMILARITY_TITLE = "**Similarity of the items (cosine, no unit)**"
COSINE, COSINE_TOLD = "cosine", "items %{customdata[1]} and %{customdata[0]}: cosine %{z:.2f}<extra></extra>"
SIMILARITY_ALT = "Matrix of the cosines between all items."
LAYOUT = "Layout"
LAYOUTS = {"UMAP": "UMAP", "PCA": "PCA"}
LAYOUT_HELP = (
    "UMAP keeps neighbourhoods and shows groups, but distances between groups mean little. PCA is a plain projection "
    "onto the two directions of largest variance."
)
UMAP_WAIT = "Arranging items and patches (loading UMAP takes a few seconds the first time)…"
PATCHES, MEMORY_ITEM = {False: "normal patch", True: "flagged patch"}, "memory item"
MEMORY_ITEM_TOLD = "item %{customdata[0]}%{customdata[1]}<extra></extra>"
DEAD_TOLD = ", dead"
MAP_ALT = "Items and patches as points in the plane."
EMBEDDING_HINT = (
    "Neighbours point in similar directions; the axes have no unit. Look for flagged patches far from every item: "
    "nothing stored is like them. Larger symbols are items used more in training; hollow ones are dead."
)
MAP_TITLE = "**{method} of the items and the image's patches, by direction (no unit)**"
PLACE_TOLD = "{kind}, row %{{customdata[0]}}, column %{{customdata[1]}}<extra></extra>"
TOO_FEW = "{points} points are too few for UMAP, so this is PCA."


def fair_shares(share: float, fair: float) -> str:
    """An item's use over the training set."""
    return f"{units.percent(share)} in training, {units.number(fair)} fair shares"


def similarity(shown: int, items: int) -> str:
    """What to look for in the matrix, and how many of the items it shows."""
    hint = (
        "Cosines of all pairs, ordered by clustering. Look for bright blocks on the diagonal: groups of items that "
        "store nearly the same thing."
    )
    return hint if shown == items else f"{hint} Only the {shown} most used of {items} items are shown."


def some_shown(items: tuple[int, int], patches: tuple[int, int]) -> str:
    """How many (shown, in total) the map holds."""
    return f"The map shows {items[0]} of {items[1]} items and {patches[0]} of {patches[1]} patches."
