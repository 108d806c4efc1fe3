"""Wording of the report."""

from collections.abc import Mapping, Sequence
from typing import Any

from nnet.crop import in_words
from nnet.data import GOOD
from nnet.presets.short import Short
from nnet.units import percent, times

GROUPS = {
    "misses": "Worst misses",
    "alarms": "Worst false alarms",
    "found": "Defects found",
    "passed": "Good parts let pass",
}
NONE = {
    "misses": "No defective picture is missed at this threshold.",
    "alarms": "No good picture is flagged at this threshold.",
    "found": "No defective picture is found at this threshold.",
    "passed": "No good picture is let pass at this threshold.",
}
"""What is said instead of a group of pictures."""
HEAT = (
    "Beside each picture is its heat map. The colours run from 0 to twice the model's own threshold, which lies in the "
    "middle; what is outlined scores above it."
)
HISTOGRAM = "Histogram of the scores of good and of defective pictures"
HISTOGRAM_AXIS = "score, as a multiple of the model's threshold"
THRESHOLD_MARK = "threshold"
CURVES = {
    "roc": ("ROC curve over pictures", "defects found", "good parts flagged"),
    "pr": ("Precision-recall curve over pictures", "defective among the flagged", "defects found"),
    "pixel_roc": ("ROC curve over pixels", "defective pixels found", "good pixels flagged"),
    "pixel_pr": ("Precision-recall curve over pixels", "defective among the flagged", "defective pixels found"),
    "pro": ("PRO curve", "mean share of each defect found", "good pixels flagged"),
}
"""Of each curve the title and what its axes are: upwards, across."""
REGION = "A picture, hatched where nothing is looked at"
HATCHED = "What is hatched is not looked at."
INTERVALS = (
    "The intervals hold each value with 95 %: good and defective pictures were drawn 1,000 times anew (percentile "
    "bootstrap). Those of shares are exact (Clopper and Pearson)."
)
RATES = {"recall": "Defects found", "false alarms": "Good parts flagged", "precision": "Defective among the flagged"}
NO_RESULT = "This model has no stored result, so this report cannot say how many defects it finds."
OTHER_THRESHOLD = (
    "This report uses another threshold than the model's own. If it was chosen on these very pictures, the counts look "
    "better than they are."
)
RANDOM_TEACHER = "The teacher has random weights. This model exists for tests and detects nothing."
WHOLE = "Every picture as a whole becomes the input."
NOT_AT_HAND = "The pictures are not at hand. Name the data with --data to see the worst misses and false alarms here."
NOT_SHOWN = "{key}: {why}"
DIFFERS = "{key} is not the picture that was measured: it scores differently now."
GONE = "{data} has no picture {key} any more."


def headline(normal: int, alarm: int, miss: int, hit: int, elsewhere: int = 0) -> str:
    """The four counts in one line: "27 of 30 defects found, 3 of 20 good parts flagged"; after the found ones how many
    of them were found `elsewhere` than where they are."""
    found = f"{hit:,} of {counted(hit + miss, 'defect')} found"
    found += f" ({elsewhere:,} in the wrong place)" if elsewhere else ""
    return f"{found}, {alarm:,} of {counted(normal + alarm, 'good part')} flagged"


CHANCE = "not shown to be better than chance (50 %)"
"""Of an I-AUROC whose interval reaches down to 0.5."""


def is_chance(where: tuple[float, float] | None) -> bool:
    """Whether an area under the ROC curve with this interval may be that of guessing."""
    return where is not None and where[0] <= 0.5


def chance(value: float, where: tuple[float, float]) -> str:
    """That the order of the scores may be chance."""
    return f"I-AUROC {value:.3f} ({where[0]:.3f} to {where[1]:.3f}): {CHANCE}."


def broken_promise(flagged: int, good: int, short: Short | None) -> str:
    """That a threshold flags more good parts than its promise allows (`Promise.is_broken`), and what may explain it."""
    few = f" in only {short.counted}" if short is not None else ""
    return (
        f"The model's own threshold flags {flagged:,} of {counted(good, 'good part')} here, more than its promise "
        f"allows: these pictures may differ from those that it was set by, or the model has learnt too little{few}."
    )


def misplaced(number: int) -> str:
    """How many of the found defects are flagged for something else on their picture; "" for none."""
    if not number:
        return ""
    them = "it" if number == 1 else "them"
    return f"Found in the wrong place: {number:,}. What is marked on {them} lies elsewhere than the mask of the defect."


WRONG_PLACE = "found in the wrong place"


def counted(number: int, noun: str) -> str:
    """A count with its noun: "1 defect", "3 defects"."""
    return f"{number:,} {noun if number == 1 else noun + 's'}"


def no_result(name: str) -> str:
    """How to get a result."""
    return (
        f"Measure it on labelled pictures: nnet report --checkpoint {name} --data PATH --out FILE.html, or "
        f"nnet evaluate --checkpoint {name} --data PATH --save, which also keeps the result in the checkpoint."
    )


def measured(data: Mapping[str, Any], created: str) -> str:
    """What was measured, and when."""
    when = f" on {created[:10]}" if created else ""
    return f"Measured on {data.get('name') or 'a data set without a name'}{when}."


def threshold(value: float, share: float, pictures: int, folds: int) -> str:
    """Where the threshold lies among the held-out pictures, or those of a cross-calibration with so many models."""
    which = "of the cross-calibration" if folds else "that were held out from training"
    return (
        f"The threshold on the score is {value:.4g}; {percent(share)} of the {counted(pictures, 'good picture')} "
        f"{which} lie at or below it."
    )


def sentence(way: str) -> str:
    """A way of framing the pictures as a sentence of its own."""
    return f"{way[0].upper()}{way[1:]}."


def tick(ratio: float) -> str:
    """A round multiple on an axis: "0.01", "3.1", "1,000"."""
    return f"{ratio:.2g}" if ratio < 10 else f"{ratio:,.0f}"


def against(ratio: float) -> str:
    """A score as a multiple of the model's threshold, which need not be the one that decides."""
    return f"{times(ratio)} × the model's threshold"


def group(title: str, shown: int, total: int) -> str:
    """Above some pictures: "Worst misses (3 of 104 shown)"."""
    return f"{title} ({shown} of {total:,} shown)" if total > shown else title


def interval(found: tuple[float, float] | None) -> str:
    """Where a value lies: "0.921 to 0.963"."""
    return "" if found is None else " to ".join(f"{end:.3f}" for end in found)


def best_f1(value: float, ratio: float) -> str:
    """The best F1 and where it is reached."""
    return f"{value:.3f} at {against(ratio)}"


def sizes(found: Mapping[str, Any]) -> str:
    """Sizes of the pictures: "300 x 300 pixels", or from the smallest to the largest."""
    (small, large) = (f"{width:,} x {height:,}" for width, height in (found["smallest"], found["largest"]))
    return f"{large} pixels" if small == large else f"{small} to {large} pixels"


def settings(preset: str, changed: int) -> str:
    """How far the settings are those of a preset."""
    if not changed:
        return f"The settings are those of the preset {preset}."
    return f"The settings are those of the preset {preset}, but for {counted(changed, 'setting')}."


def footer(version: str, created: str, commit: str) -> str:
    """What made the report."""
    return f"Written by N-Net {version}, commit {commit[:12]}, on {created[:10]}."


BEST_F1 = "Best F1"
BEST_F1_MEANS = (
    "The largest harmonic mean of precision and recall over all thresholds on the scores of these pictures, and that "
    "threshold: of several with the same F1 the highest, halfway to the next lower score."
)
MAPS = (
    "What each map adds to the metric in percentage points, averaged over all orders in which the maps can be added "
    "(Shapley values)."
)


def value(number: float | None) -> str:
    """A metric in a table."""
    return "n.a." if number is None else f"{number:.3f}"


def of(part: int, whole: int) -> str:
    """A count among others: "3 of 4"."""
    return f"{part:,} of {whole:,}"


def named(data: Mapping[str, Any]) -> str:
    """A data set: "ELPV monocrystalline (ELPV), the package elpv-dataset"."""
    layout = f" ({data['layout']})" if data.get("layout") else ""
    source = f", {data['source']}" if data.get("source") else ""
    return f"{data.get('name') or 'not stated'}{layout}{source}"


def split(trained: int, held_out: int, folds: int) -> str:
    """How the good pictures were used; `folds` is the number of light models of a cross-calibration."""
    if folds:
        return (
            f"{trained:,} good ones to train with; {folds} light models scored {held_out:,} of them for the threshold"
        )
    return f"{trained:,} good ones to train with, {held_out:,} more held out to find the threshold"


def tested(labels: Sequence[str]) -> str:
    """What was measured: "176 good and 313 defective"."""
    good = sum(label == GOOD for label in labels)
    return f"{good:,} good and {len(labels) - good:,} defective"


def setting(key: str, found: object) -> str:
    """A setting's value; long ones are cut, and the mask stands above as a picture."""
    if key == "model.ignore":
        return "a mask" if found else "none"
    if key == "model.crop" and found:
        return in_words(str(found))
    written = str(found)
    return written if len(written) <= 60 else f"{written[:40]}…"


def trained(about: Mapping[str, Any]) -> str:
    """When and where: "2026-11-29 on CPU, 1 thread, in 39 minutes"."""
    minutes = f", in {about['minutes']:.1f} minutes" if "minutes" in about else ""
    return f"{str(about.get('created', 'date unknown'))[:10]} on {about.get('device', 'an unknown device')}{minutes}"
