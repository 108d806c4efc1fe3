"""Wording of the Evaluate page and its report."""

import os
from collections.abc import Mapping, Sequence

from nnet.data import GOOD, Dataset, Inspection
from nnet.data.folders import DEFECTIVE
from nnet.expression import PRESETS, Expression
from nnet.presets.short import Short
from nnet.report.words import BEST_F1_MEANS, CHANCE, broken_promise, headline, is_chance
from nnet.scoring.calibration import Kept
from nnet.scoring.maps import BRANCHES, MAPS
from nnet.scoring.metric_names import SHORT_NAMES, meanings
from nnet.scoring.metrics import BestF1, Metrics
from nnet.scoring.metrics.bootstrap import share_interval
from nnet.scoring.promise import Promise, between
from workbench.shared import units
from workbench.shared import words as shared_words

TITLE = "Evaluate"
ABOUT = (
    "A single picture proves little. This page measures a whole labelled data set: how well the scores separate "
    "defective images from normal ones, and how well the heatmaps find the defects. Each image passes through the "
    "network only once; everything below is computed from the results of that pass."
)

# ------------------------------------------------------------------------------------------------------------ data

CHOICE_HELP = (
    "The test part of the data set is measured. It needs images that are known to be normal and images that are "
    "known to be defective. Masks of the defects add the pixel metrics."
)
NOTHING_CHOSEN = (
    "This model has no stored result. Choose a data set above and measure it: one that comes with the workbench, a "
    "folder in any common layout, or your own images as a ZIP or as single files."
)
KEPT_RESULT = "Stored result"
NOT_AT_HAND = "The picture is not at hand."
OPEN_AGAIN = "Open it again"
_NEEDS_MAPS = (
    "This needs the six maps of every picture, which no result stores. Measuring the {pictures} once makes them{time}; "
    "the stored scores stay, and it can be stopped and continued."
)
_STORED = "Until then, what the stored scores say of the maps, by I-AUROC: {scores}."
CHOOSE_OTHER = "Choose other data"
CHOOSE_DATA = "Choose the data to measure"
OPEN_AND_MEASURE = "Measure it now"
MEASURED_BEFORE = "The model keeps a result of this data set. Measuring again adds the maps and the curves over pixels."


OWN_ZIP = "Measure your ZIP"
OWN_ZIP_HELP = (
    "Opens the uploader for a ZIP with good and defective pictures in a folder each. Single pictures, and a folder or "
    "ZIP on this computer, stand in the list beside it."
)


def lost(name: str, source: str) -> str:
    """That the pictures of a stored result are not at hand, and how to get them back.

    Args:
        name: of the data set.
        source: of the data set, as `nnet.analysis.evaluation.describe` gives it.
    """
    if os.path.isabs(source):
        return (
            f"The scores of {units.plain(name)} are kept, but its pictures are not at hand: the folder or ZIP is not "
            "where it was, or may not be opened from here. Open it again to see them."
        )
    what = f"the file {units.plain(source)}" if source.lower().endswith(".zip") else units.plain(name)
    return (
        f"The scores are kept, but the pictures of this result are not at hand any more: {what} was uploaded, and "
        "uploads are kept only while the tab is open. Open the same again to see them, which measures nothing."
    )


def needs_maps(pictures: int, seconds: float) -> str:
    """Why a part has nothing to show of a stored result, and what it takes. `seconds`: 0 where that is not known."""
    time = f", which takes {units.about(seconds)}" if seconds else ""
    return _NEEDS_MAPS.format(pictures=units.plural(pictures, "picture"), time=time)


def without_maps(*, is_at_hand: bool, is_open: bool) -> str:
    """What a report lacks of a stored result, and how it gets it."""
    way = "measure the pictures once more"
    if not is_at_hand:
        way = f"press “{OPEN_AGAIN}” above, open the pictures, and {way}"
    elif is_open:
        way = f"{way}, under “{CHOOSE_OTHER}” above"
    return f"The report shows what the model keeps. For curves over pixels, which it does not keep, {way}."


def stored_scores(found: Sequence[tuple[Expression, float | None]]) -> str:
    """What is known of the maps without measuring: how well each stored score separates; "" with fewer than two."""
    known = [(score_name(expression), value) for expression, value in found if value is not None]
    said = "; ".join(f"{units.plain(name)} {value:.3f}" for name, value in known)
    return _STORED.format(scores=said) if len(known) > 1 else ""


def data_bar(name: str) -> str:
    """The line that says what is measured, and opens to the choice of another data set."""
    return f"**{units.plain(units.cut(name, 60))}** \N{MIDDLE DOT} {CHOOSE_OTHER}" if name else CHOOSE_DATA


def kept_name(data: Mapping[str, object]) -> str:
    """A stored result in the list: "ELPV monocrystalline, 489 pictures"."""
    count = sum(int(str(data.get(kind, 0))) for kind in ("test_normal", "test_defective"))
    return f"{data.get('name', '')}, {units.plural(count, 'picture')}"


def changed(key: str) -> str:
    """Of a picture that scores otherwise than when it was measured."""
    return f"{units.cut(key)} is not the picture that was measured: it scores differently now."


def measured_on(created: str) -> str:
    """When a stored result was measured."""
    return f"Measured on {created[:10]}." if created else ""


ALL_TESTED = (
    "All good pictures of the upload are tested, since it has no train/. If the model was trained on some of them, the "
    "numbers are too good."
)
NEEDS_BOTH = "Measuring needs test images of both kinds, normal and defective. Add the kind that is missing."
INSPECT_BUTTON = "Check every file"
INSPECT_PROGRESS = ("file", "checked before the pictures are measured")
OTHER_SPLIT = (
    "This model was trained with seed {seed}, but the test images here are drawn with seed 0. Some of them may "
    "have been used for training, which makes the numbers too good."
)


def found(dataset: Dataset, held_out: int = 0) -> str:
    """What the listing shows, before any image is decoded. `held_out`: how many of the training images the model did
    not learn from, if it is the set that it was trained on."""
    normal = sum(s.is_normal for s in dataset.test)
    defective = sum(s.is_defective for s in dataset.test)
    types = dataset.defect_types()
    kinds = f" of {len(types)} types" if len(types) > 1 else ""
    masks = sum(s.is_defective and s.has_mask for s in dataset.test)
    masked = f" ({masks:,} with a mask)" if defective else ""
    tested = f"{normal:,} normal and {units.plural(defective, 'defective test image')}{kinds}{masked}"
    trained = units.plural(len(dataset.train), "training image")
    if held_out:
        trained += f", of which this model learnt from {len(dataset.train) - held_out:,} and held out {held_out:,}"
    return f"**{units.plain(dataset.name)}** ({units.plain(dataset.layout)}): {tested}, {trained}."


def inspected(inspection: Inspection) -> str:
    """The headline of what checking every file has found."""
    headlines = "; ".join(headline for headline, _ in inspection.findings())
    return f"All files checked: {headlines or 'no problems found'}"


OPTIMISTIC = (
    "This threshold was chosen on these very pictures, so it looks better here than it will on new parts. Test it on "
    "pictures that it was not chosen on."
)


KEEP_FOREIGN = "These are other parts than the model's, so it would be a threshold for none of its own."


def foreign(others: int, good: int, trained_on: str) -> str:
    """That most of the good pictures are of another kind of part than the model's."""
    of = f", which learnt {units.plain(trained_on)}" if trained_on else ""
    return (
        f"**{shared_words.OTHER_KIND}**: {others:,} of {units.plural(good, 'good picture')} look different from all "
        f"that this model knows{of}. Its scores mean nothing here, and neither does any threshold on them. Choose "
        "another model, or train one on good pictures of these parts."
    )


FOREIGN_BEFORE = (
    "**{kind}**, by the first good pictures of this set. Measuring it would say nothing: choose another model, or "
    "train one on good pictures of these parts."
)


def other_data(trained_on: str) -> str:
    """A remark where the model may have been made for something else, and cannot tell."""
    return (
        f"This model was trained on {units.plain(trained_on)} and cannot tell whether these are the same parts. Of "
        "other parts its scores say little."
    )


# --------------------------------------------------------------------------------------------------------- measuring


def rests_on(normal: int, defective: int, total: int) -> str:
    """What the numbers below rest on."""
    done = normal + defective
    images = f"Based on {normal:,} normal and {units.plural(defective, 'defective image')}"
    return f"{images}." if done >= total else f"{images}: {done:,} of {total:,} so far, in random order."


def interrupted(name: str, done: int, total: int) -> str:
    """That a measurement ended with its page, of data that is not at hand in the new one."""
    return (
        f"Measuring {units.plain(name)} was interrupted after {done:,} of {units.plural(total, 'picture')}, since the "
        "page was loaded again. Open the same data again, and it goes on from there."
    )


def left_out(problems: Sequence[tuple[str, str]], shown: int = 5) -> str:
    """Images that could not be read."""
    lines = [f"- {units.plain(sentence)}" for _, sentence in problems[:shown]]
    more = [f"- and {len(problems) - shown:,} more"] if len(problems) > shown else []
    return "\n".join([f"Left out: {units.plural(len(problems), 'image')} that could not be read", "", *lines, *more])


# -------------------------------------------------------------------------------------------------------- the parts

PARTS = {
    "metrics": "Metrics",
    "threshold": "Threshold",
    "images": "Map of images",
    "maps": "Which maps",
    "report": "Downloads",
}
WORKING_OUT = "Computing the metrics…"
MORE_LABEL = "More scores to compare"
MORE_HELP = (
    "More score expressions over M1 to M6 with +, \\* and parentheses, separated by semicolons, such as M1\\*M6; "
    "M3+M4. They are computed from the same maps."
)
SCORE_HELP = "The score that the curves, the threshold and the galleries show. The table compares all scores."
BEST_F1 = "best F1"
PIXEL_METRICS, IMAGE_METRICS = ("p_ap", "p_auroc", "p_pro"), ("i_auroc", "i_ap")
METRICS = PIXEL_METRICS + IMAGE_METRICS
"""In the order of the tables' columns."""
TERMS_HELP = (
    f"{meanings()} Best F1: {BEST_F1_MEANS} It stands as a multiple of the model's own, which is set so that few good "
    f"parts are flagged: below 1 {units.TIMES}, a lower one would find more on these pictures. All are exact; no grid "
    "of thresholds is used."
)
NO_MASKS = (
    "P-AP, P-AUROC and P-PRO are n.a. because this data set has no masks, so it is unknown which pixels are "
    "defective. The image metrics need only labels."
)
NOT_AVAILABLE = "n.a."
PART, SCORE, LEVEL, METRIC = "Part", "Score", "Curves over", "Metric"
OVERALL_TITLE = "**Metrics over all images**"
RECORDED_COLUMNS = ("Data", "Images", "Score")
TYPE_COLUMNS = ("Defect type", "Found")
FOUND_OF = "{found:,} of {count:,}"
SUBSET_COLUMNS = ("Rank", "Score")
DECIDED_COLUMNS = ("threshold set", "missed", "false alarms")
"""Of the metrics' CSV: what the threshold that is set decides of the chosen score."""
AXES = {
    "roc": ("false positive rate", "true positive rate"),
    "pr": ("recall", "precision"),
    "pro": ("false positive rate", "mean overlap"),
}
"""Of the curves: x and y."""
CONSTANT_SCORE, MARK, ABOVE_ALL = "constant score", "threshold", "above all"
LEVELS = {"images": "Images", "pixels": "Pixels"}
CURVE_HINTS = {
    "roc": "Look for a curve that rises steeply on the left: many defects are found before false alarms begin.",
    "pr": "Look for a curve that stays high towards the right: more defects are found without more false alarms.",
    "pro": "Look at the shaded part, which is integrated: how much of each region is found, however small it is.",
}
CURVE_TITLES = {"roc": "ROC", "pr": "Precision and recall", "pro": "Per-region overlap (PRO)"}
DOT_HINT = "The dot marks the threshold chosen under Threshold. Drag to zoom in, double-click to zoom out again."
CURVE_TOLD = (
    "{expression}<br>x %{{x:.3f}}, y %{{y:.3f}}<br>threshold %{{customdata}}<extra></extra>"  # the expression is HTML
)


def types_title(expression: str) -> str:
    """Above the table of metrics by defect type."""
    return f"**By defect type**, score {units.plain(expression)}"


def curve_title(name: str, level: str) -> str:
    """Above a curve: "**ROC**, images"."""
    return f"**{CURVE_TITLES[name]}**, {LEVELS[level].lower()}"


def mark_told(threshold: float, axes: tuple[str, str]) -> str:
    """The same of the point at the threshold."""
    at = f"at the threshold {units.number(threshold)}"
    return f"{at}<br>{axes[0]} %{{x:.3f}}<br>{axes[1]} %{{y:.3f}}<extra></extra>"


def value(number: float | None) -> str:
    """A metric for the table: 0.943, or n.a."""
    return NOT_AVAILABLE if number is None else f"{number:.3f}"


def named(values: Mapping[str, float | None]) -> dict[str, str]:
    """Metrics for a table, under their names."""
    return {SHORT_NAMES[key]: value(number) for key, number in values.items()}


CATEGORY_COLUMNS = ("Category", "Model")
AT_THRESHOLD = "At its threshold"
MEAN = "Mean"
TRAIN_CATEGORIES = "Train on each in turn"


def category_row(category: str, model: str, metrics: Mapping[str, float | None], decided: str) -> dict[str, str]:
    """A category in the table of several."""
    row = dict(zip(CATEGORY_COLUMNS, (category, model or "none"), strict=True))
    return row | named({key: metrics.get(key) for key in METRICS}) | {AT_THRESHOLD: decided}


def mean_row(found: Sequence[Mapping[str, float | None]]) -> dict[str, str]:
    """The mean over the categories that were measured."""
    known = {key: [one[key] for one in found if one.get(key) is not None] for key in METRICS}
    means = {key: sum(filter(None, values)) / len(values) if values else None for key, values in known.items()}
    return category_row(MEAN, " ", means, "")


def categories_left(names: Sequence[str]) -> str:
    """Which categories have no model."""
    return f"No model was trained on {units.plain(', '.join(names))}."


def best(found: BestF1 | None, at: float) -> str:
    """Best F1 with its threshold as a multiple of the model's own: "0.901 at 1.3 \N{MULTIPLICATION SIGN}"."""
    return NOT_AVAILABLE if found is None else f"{found.f1:.3f} at {units.times(at)} {units.TIMES}"


def with_interval(number: float | None, where: tuple[float, float] | None) -> str:
    """A metric with its interval: "0.943 (0.921 to 0.963)"."""
    return value(number) if number is None or where is None else f"{value(number)} ({where[0]:.3f} to {where[1]:.3f})"


def row(metrics: Metrics, where: Mapping[str, tuple[float, float]], at: float) -> dict[str, str]:
    """The metrics of one score or kind of defect: what was measured comes first, since a phone shows the first alone.

    Args:
        where: each metric's interval, as far as it has one.
        at: the threshold with the best F1, as a multiple of the model's own.
    """
    pixels, images = (
        {SHORT_NAMES[key]: with_interval(getattr(metrics, key), where.get(key)) for key in keys}
        for keys in (PIXEL_METRICS, IMAGE_METRICS)
    )
    images["Best F1 at threshold"] = best(metrics.i_f1, at)
    return images | pixels if metrics.p_ap is None else pixels | images


def verdict(metrics: Metrics, where: Mapping[str, tuple[float, float]]) -> str:
    """What the numbers mean, in a sentence or two; `where`: each metric's interval, as far as it has one."""
    pairs = NOT_AVAILABLE if metrics.i_auroc is None else units.percent(metrics.i_auroc)
    sentence = f"In **{pairs}** of all pairs of a normal and a defective image, the defective one scores higher"
    sentence += f": **{CHANCE}**." if is_chance(where.get("i_auroc")) else "."
    if metrics.p_pro is None:
        return sentence
    return (
        f"{sentence} Up to a false positive rate of 0.3, the heatmaps cover **{units.percent(metrics.p_pro)}** of a "
        "defective region on average."
    )


def score_name(expression: Expression | str) -> str:
    """A score for a table: its expression, and its name where it has one."""
    names = {preset.text: shared_words.EXPRESSION_NAMES[name] for name, preset in PRESETS.items()}
    name = names.get(str(expression))
    return f"{name}: {expression}" if name else str(expression)


# -------------------------------------------------------------------------------------------------------- threshold

THRESHOLD_HELP = (
    "An image whose score is above the threshold is called anomalous. Nothing is measured again when you move it."
)
DRAG_HINT = (
    "Drag the line, click beside it, or use the arrow keys. Look for two separate hills. The strongly filled parts "
    "are on the wrong side of the line: blue for false alarms, orange for misses."
)
HISTOGRAM_LABEL = "Histogram of the image scores of normal and of defective images"
NORMAL_IMAGES, DEFECTIVE_IMAGES = "normal", "defective"
CALLED = ("normal", "anomalous")
COUNTS_CAPTION = "Rows: what the image is. Columns: what this threshold calls it."
THE_THRESHOLD = "the threshold"
AIM = "Which threshold"
AIMS = {
    "own": "The model's own",
    "f1": "For the best F1",
    "miss": "For a wanted miss rate",
    "alarm": "For a wanted false alarm rate",
    "hand": "Set by hand",
}
_OWN_HELP = "The model's own threshold comes from held-out normal images and has seen no defect."
_AIM_HELP = (
    "The others are chosen on "
    "these pictures and their labels: the best F1, of several with the same F1 the highest; the highest threshold that "
    "misses no more than the wanted share of the defects; the lowest that flags no more than the wanted share of the "
    "good parts. Counted on the same pictures, they look better than they are."
)


def aims(kept: Kept | None) -> dict[str, str]:
    """`AIMS`, in which a threshold that somebody kept is called so."""
    return AIMS if kept is None else AIMS | {"own": "The kept threshold"}


def aim_help(kept: Kept | None) -> str:
    """Where each threshold comes from."""
    return f"{_OWN_HELP if kept is None else shared_words.kept_threshold(kept)} {_AIM_HELP}"


RATES = {"miss": "Defects missed, at most", "alarm": "Good parts flagged, at most"}
RATE = "Wanted rate"
INTERVAL_HELP = (
    "In brackets: where the metric lies with 95 %, by drawing the good and the defective pictures 1,000 times anew "
    "(percentile bootstrap)."
)
SHARE_HELP = (
    "Below it: where the share lies with 95 % (Clopper and Pearson's exact interval). Of few pictures, 0 % and 100 % "
    "say little about the next ones, too."
)
F1_HELP = "Below it: where it lies with 95 % (percentile bootstrap); nothing where all pictures were decided alike."
_MANY_MISSED = 0.2
"""The share of the defects that a threshold may miss before it is advised against, if it flags hardly a good part."""
SOME_ELSEWHERE = "Some defects were found in the wrong place."
NOT_BETTER = "The model is not shown to be better than chance."
QUESTIONED = "The training pictures raise questions."
"""Cautions beside the result; their numbers stand further down."""


def elsewhere(count: int) -> str:
    """How many defects were found in the wrong place, and where to look at them."""
    said = "One of the defects found was" if count == 1 else f"{count:,} of the defects found were"
    return f"{said} found in the wrong place: below, “{MISPLACED_TITLE}” shows the worst."


_TRAIN_LONGER = "Train again with more epochs first."
_WHAT_TO_DO = "Set it by these pictures (above: {aim}), or train with more good photos."


def advice(counts: tuple[int, int, int, int], promised: Promise, short: Short | None = None) -> str:
    """What to do where the model's own threshold, which has seen no defect, flags too little or too much; else "".

    Args:
        counts: as `decisions.counts` gives them, at that threshold.
        promised: which share of further good parts it flags.
        short: that the model was trained for few steps.
    """
    passed, flagged, missed, found = counts
    good, defective = passed + flagged, missed + found
    if good and promised.is_broken(flagged, good):
        todo = _WHAT_TO_DO.format(aim=AIMS["alarm"].lower()) if short is None else _TRAIN_LONGER
        return f"{broken_promise(flagged, good, short)} {todo}"
    if flagged <= promised.expected * good and missed > _MANY_MISSED * defective:
        return (
            "The model's own threshold lets more defects pass here than it has to: it has seen no defect, flags "
            f"{flagged} of {units.plural(good, 'good part')} and misses {missed} of "
            f"{units.plural(defective, 'defect')}. {_WHAT_TO_DO.format(aim=AIMS['miss'].lower())}"
        )
    return ""


THRESHOLD = "Threshold"
MISSED, FALSE_ALARM = "missed", "false alarm"
MISSES, ALARMS = "Worst misses", "Worst false alarms"
NO_MISSES = "No defective image is missed at this threshold."
NO_ALARMS = "No normal image is flagged at this threshold."
MISPLACED, MISPLACED_TITLE = "wrong place", "Found in the wrong place"
MISPLACED_HELP = (
    "These defective pictures are flagged, but what is marked on them lies elsewhere than the mask of the defect: they "
    "are right for another reason, and the defect itself would be missed."
)
GALLERY_HINT = (
    "Look for what they have in common. Colours run from 0 to twice the model's own threshold. Press a score to "
    "open the image in Inspect."
)


def gallery_title(title: str, shown: int, total: int) -> str:
    """Above the worst images: "**Worst misses** (12 of 30)"."""
    return f"**{title}** ({shown} of {total:,})"


def gallery_help(total: int) -> str:
    """How many pictures the worst ones were taken from."""
    return f"The worst of {units.plural(total, 'picture')}; Threshold shows more. Press a label to open it in Inspect."


def multiple(written: str, *, is_kept: bool = False) -> str:
    """A threshold as a multiple of the one in force: of the model's own, or of the one that somebody kept."""
    return f"{written} {shared_words.TIMES_KEPT if is_kept else TIMES_OWN}"


def against_own(ratio: float, *, is_kept: bool = False) -> str:
    """A score as a multiple of the threshold in force, which need not be the one that is set."""
    return multiple(units.times(ratio), is_kept=is_kept)


def tile_told(key: str, label: str, ratio: float, *, is_kept: bool = False) -> str:
    """What an image of a gallery is, for the pointer and for screen readers."""
    return f"{units.plain(key)}: {image_label(label)}, {against_own(ratio, is_kept=is_kept)}"


def tile_label(label: str, ratio: float, place: str, *, is_kept: bool = False) -> str:
    """Below an image: what went wrong on the first screen, how high it scores in the gallery."""
    named = {"hero": _wrong(label), "elsewhere": _kind(label)}
    return named.get(place, against_own(ratio, is_kept=is_kept))


def _kind(label: str) -> str:
    return MISPLACED if label == DEFECTIVE else f"{MISPLACED}: {image_label(label)}"


def _wrong(label: str) -> str:
    """What went wrong with an image of a gallery: "missed: scratch", or "false alarm"."""
    if label == GOOD:
        return FALSE_ALARM
    return MISSED if label == DEFECTIVE else f"{MISSED}: {image_label(label)}"


def raw_score(score: float) -> str:
    """The score itself, in a tooltip."""
    return f" (score {units.number(score)}). Opens in Inspect."


def threshold_help(threshold: float) -> str:
    """What the threshold does, and its value."""
    return f"{THRESHOLD_HELP} As a score it is {units.number(threshold)}."


def interval(where: Mapping[str, tuple[float, float]], name: str) -> str | None:
    """Where a rate lies with 95 %: "91 % to 97 %", "up to 2 %"; None where that is not known."""
    found = where.get(name.lower())
    if found is None:
        return None
    return f"{found[0]:.3f} to {found[1]:.3f}" if name == "F1" else between(*found)


def would_do(normal: int, alarm: int, miss: int, hit: int) -> tuple[str, str]:
    """What a threshold gets wrong to its left and to its right, while it moves."""
    return (
        f"{units.plural(miss, 'miss', 'misses')} among {miss + hit:,} defective",
        f"{units.plural(alarm, 'false alarm')} among {normal + alarm:,} normal",
    )


OWN_THRESHOLD, KEPT_THRESHOLD = "the model's own threshold", "the kept threshold"
"""The name of the dotted line."""
TIMES_OWN = f"{units.TIMES} the model's threshold"


def rates(normal: int, alarm: int, miss: int, hit: int) -> dict[str, tuple[str, str]]:
    """Name -> (value, what it is) of what follows from the four counts."""

    def share(part: int, whole: int) -> str:
        return units.percent(part / whole) if whole else "-"

    flagged, defective = alarm + hit, miss + hit
    return {
        "Recall": (share(hit, defective), "Share of the defective images that are flagged."),
        "Precision": (share(hit, flagged), "Share of the flagged images that are defective."),
        "False alarms": (share(alarm, normal + alarm), "Share of the normal images that are flagged."),
        "F1": (
            f"{2 * hit / (2 * hit + alarm + miss):.3f}" if hit + alarm + miss else "-",
            "Harmonic mean of precision and recall, 0 to 1.",
        ),
    }


HEADLINE_HELP = "At the threshold that is set. Under Threshold it can be set by what is wanted, and kept."


def headline_help(counts: tuple[int, int, int, int]) -> str:
    """What the counts of the headline say of all parts like these: their intervals."""
    passed, flagged, missed, found = counts
    said = [
        f"{between(*share_interval(part, whole))} of the {noun}"
        for part, whole, noun in (
            (found, missed + found, "defects found"),
            (flagged, passed + flagged, "good parts flagged"),
        )
        if whole
    ]
    return f"For all parts like these that means, with 95 %: {', '.join(said)}. {HEADLINE_HELP}"


def chosen_on(data: str, counts: tuple[int, int, int, int], elsewhere: int) -> str:
    """Why a threshold is kept that was chosen on a labelled set; `counts` and `elsewhere` as in `headline`."""
    return f"Chosen on “{data}”: {headline(*counts, elsewhere)}."


def decided(normal: int, alarm: int, miss: int, hit: int) -> str:
    """The four counts in words."""
    return (
        f"Found at this threshold: {hit:,} of {units.plural(hit + miss, 'defective image')} ({miss:,} missed). "
        f"False alarms: {alarm:,} of {units.plural(normal + alarm, 'normal image')}."
    )


def image_label(label: str) -> str:
    """What an image is, in words: data sets call their normal images "good"."""
    return "normal" if label == GOOD else units.plain(label)


# ------------------------------------------------------------------------------------------------------- embeddings

METHODS = {"pca": "PCA", "umap": "UMAP"}
METHODS_HELP = (
    "PCA: the two directions in which the images differ most; distances have a meaning. UMAP: keeps neighbours "
    "together; the axes, and distances between groups, have no meaning."
)
SOURCES = {"image": "Whole image", "peak": "Hottest spot"}
SOURCES_HELP = (
    "Both come from the teacher's features F₃ in the same forward pass. Whole image: their mean over all positions,"
    " so a small defect hardly shows. Hottest spot: the feature vector at the position with the highest score."
)
LAYOUT, FEATURES, COLOUR_BY, OPEN = "Layout", "Features F₃ of", "Colour", "Open in Inspect"
COLOURINGS = {"label": "Label", "type": "Defect type", "score": "Score"}
UMAP_WAIT = "Laying out the images (the first UMAP after starting the workbench takes up to half a minute)…"
UMAP_BUTTON = "Compute the UMAP"
EMBEDDING_HINTS = {
    "label": (
        "Look for orange points that stand apart: the teacher sees these images as different. No threshold on this "
        "feature could separate orange points that lie among blue ones."
    ),
    "type": (
        "Look for a type that gathers in one place: the teacher sees it as one thing. It hardly sees a type that is "
        "scattered among the blue normal images."
    ),
    "score": (
        "Look for bright points that stand apart: what differs from the rest also scores high. A bright point in the "
        "middle is flagged for something that these features do not show."
    ),
}
"""By colouring."""
EMBEDDING_CLICK = "Click a point to see its image."
EMBEDDING_PICK = "Image"
EMBEDDING_PLACEHOLDER = "Click a point, or choose"
EMBEDDING_PICK_HELP = "Does the same as clicking a point, for keyboard users."
UMAP_SUBSET = "Shows {shown:,} of {total:,} images, drawn at random to keep the wait short."


def embedding_title(count: int, method: str, source: str) -> str:
    """What the chart shows."""
    return f"{units.plural(count, 'image')} by {METHODS[method]} of F₃ ({SOURCES[source].lower()})"


def explained(share: float) -> str:
    """How much of the spread the PCA plane shows."""
    return f"These two directions explain {units.percent(share)} of the variance."


# ------------------------------------------------------------------------------------------------------- which maps

MAPS_ABOUT = (
    "The score of Eq. (8) adds the maps of one scale and multiplies across scales. Here, every subset of the maps "
    "is scored in the same way on these images, using the maps that have already been computed. A map's Shapley "
    "value is what it adds to the metric, averaged over all orders in which the maps can be added."
)
SHAPLEY_AXIS = "contribution to {metric} in percentage points"
SUBSETS_HINT = (
    "A tick marks a map that takes part. Look at how much is lost, or gained, with fewer maps. Click a heading to sort."
)
SHAPLEY_TOLD = "%{{y}}: %{{x:+.2f}} points of {metric}<extra></extra>"


def subsets_cost(images: int, size: int, masks: bool) -> str:
    """What the work consists of."""
    what = f"{images * size * size / 1e6:,.1f} million pixels" if masks else f"{images:,} image scores"
    return f"The results are exact: each subset ranks {what}. The network does not run again."


def shapley_title(metric: str) -> str:
    """Above the bars of the maps."""
    return f"**Shapley value of each map for {SHORT_NAMES[metric]}**"


def ranking_title(scored: int, total: int, metric: str) -> str:
    """Above the ranked subsets."""
    return f"**{scored} of {total} subsets, best {SHORT_NAMES[metric]} first**"


def shapley_hint(values: Mapping[str, float], metric: str, empty: float) -> str:
    """How the bars add up."""
    whole = empty + sum(values.values())
    return (
        f"Look for the longest bar. Together the bars lead from {empty:.3f}, which a constant score reaches, to "
        f"{whole:.3f}, the {SHORT_NAMES[metric]} of all maps. Orange: S₁, the copier; blue: S₂, the rebuilder."
    )


def carries(values: Mapping[str, float], metric: str) -> str:
    """Which map carries the result on this data."""
    ranked = sorted(values, key=lambda name: -values[name])
    first, total = ranked[0], sum(values.values())
    if total <= 0:
        return f"On this data, the maps together add nothing to the {SHORT_NAMES[metric]}."
    reverse = sum(v for name, v in values.items() if MAPS[name].branch == "reverse")
    branches = ""
    if {MAPS[name].branch for name in values} == set(BRANCHES):
        more, rest = ("reverse", total - reverse) if reverse >= total / 2 else ("forward", reverse)
        points = f"{100 * (total - rest):.1f} of the {100 * total:.1f} points"
        branches = f" The maps of {shared_words.BRANCHES[more]}, contribute {points}."
    last = ranked[-1]
    harm = f" {last} takes away {abs(100 * values[last]):.1f}." if values[last] < -5e-4 else ""
    return (
        f"**{first}** ({MAPS[first].pair}) contributes most to the {SHORT_NAMES[metric]} on this data: "
        f"{100 * values[first]:.1f} of {100 * total:.1f} percentage points.{branches}{harm}"
    )


def best_subset(expression: Expression, value: float, whole: float, metric: str) -> str:
    """How the best subset compares with all maps."""
    if value - whole < 5e-4:
        return f"By {SHORT_NAMES[metric]}, no subset is better than all maps together ({whole:.3f})."
    return (
        f"By {SHORT_NAMES[metric]}, the best subset is `{expression}` with {value:.3f}; all maps together reach "
        f"{whole:.3f}. It was chosen on these very images, so it will gain less on new ones."
    )


# -------------------------------------------------------------------------------------------------------- downloads

DOWNLOADS = {"report.html": "Report (HTML)", "scores.csv": "Scores per image (CSV)", "metrics.csv": "Metrics (CSV)"}
"""By the end of the file's name."""
SAVE = "Save to the checkpoint"
SAVE_HELP = (
    "Writes the metrics into the checkpoint's metrics.json, beside those of other data sets. Nothing there is lost."
)
RECORDED_BY_ITSELF = "A complete measurement is kept with the model: “This part” in the sidebar shows it."
REPORT_ABOUT = (
    "The report is a single HTML file for screens and paper: the worst images with their heat maps, what the threshold "
    "promises, metrics with intervals, curves, data, settings and origin. It opens without a network connection."
)
RECORDED = "Other results recorded in this checkpoint, without the scores of their pictures:"


def saved(path: str) -> str:
    """Where the results went."""
    return f"Saved to {units.plain(path)}."


def score_subsets(total: int) -> str:
    """The button that starts scoring."""
    return f"Score {units.plural(total, 'subset')}"
