"""The sentences that pages share. Knows no Streamlit; how numbers are written stands in `workbench.shared.units`.

A page that has words of its own imports these as `from workbench.shared import words as shared_words`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnet.data import UNKNOWN, Dataset, Sample
from nnet.data.synthetic import SYNTHETIC_KINDS
from workbench.shared import units

if TYPE_CHECKING:
    from workbench.shared.samples import Collection

if TYPE_CHECKING:  # it imports torch, which takes seconds: the first words are shown before (see `first_look`)
    from nnet.scoring.calibration import Kept, Reference
    from nnet.scoring.promise import Promise
    from workbench.shared.parts import Decided

PRODUCT = "N-Net Workbench"
PAPER = (
    "After Li, Li, Xing and Tang, *Unsupervised Image Anomaly Detection Based on Constrained Bidirectional "
    "Distillation*, Acta Electronica Sinica 53(3), 2025."
)


@dataclass(frozen=True)
class PageText:
    """How a page is announced: `title`, one sentence of `summary`, and the name of a Material `icon`."""

    title: str
    summary: str
    icon: str


HOME = PageText("Home", "Draw a defect, and see it found.", ":material/draw:")
STARTING = "Starting the network. This takes a few seconds, once. Until then the picture is a still."
HERO_ALT = "A good part with a drawn scratch, and beside it the heatmap that marks the scratch"
SECTIONS: dict[str, tuple[str, ...]] = {
    "See": (),
    "Understand": ("7_How_it_works", "2_Memory", "3_Projection"),
    "Use": ("1_Inspect", "5_Train", "4_Evaluate", "9_Watch"),
    "Question": ("6_Ablations", "8_When_it_fails"),
}
"""The navigation: a title and the pages below it, by file name without suffix. The first one begins with Home."""
HOST_SECTION, HOST_PAGE = "This demo", "10_Host"
"""What only the host of a shared demo sees."""


PAGES: dict[str, PageText] = {
    HOST_PAGE: PageText("Host", "Who uses this shared demo, what runs, and how to stop it.", ":material/group:"),
    "7_How_it_works": PageText(
        "How it works", "The method in nine steps: predict what happens, then ask the model.", ":material/school:"
    ),
    "8_When_it_fails": PageText(
        "When it fails", "What the model misses, what it flags wrongly and why, and its limits.", ":material/report:"
    ),
    "1_Inspect": PageText(
        "Inspect",
        "Drop in your own pictures to see heatmap, score and decision, and the reasons map by map and pixel by pixel.",
        ":material/search:",
    ),
    "2_Memory": PageText(
        "Memory",
        "See which stored normal patterns the network recalls, and for which part of the picture.",
        ":material/apps:",
    ),
    "3_Projection": PageText(
        "Projection",
        "See what the projection modules keep and what they suppress before the networks are compared.",
        ":material/filter_alt:",
    ),
    "4_Evaluate": PageText(
        "Evaluate",
        "Measure a labelled data set: metrics, curves, threshold, the worst images, and which map carries the result.",
        ":material/query_stats:",
    ),
    "5_Train": PageText(
        "Train",
        "Drop in photos of good parts and watch a model learn them; training continues when you close the browser.",
        ":material/model_training:",
    ),
    "6_Ablations": PageText(
        "Ablations",
        "See what each part of N-Net does: the paper's tables beside measured ones, variants side by side, what-if.",
        ":material/science:",
    ),
    "9_Watch": PageText(
        "Watch",
        "Follow a line's camera: the last pictures with heatmap, score and decision, as they arrive.",
        ":material/videocam:",
    ),
}
"""By file name without suffix; only pages whose file exists are shown."""

SCORE_SCALE, MAP_SCALE, COLOUR_SCALE = "score", "times the normal 99 % level", "Colour scale"
MAP_TICKS = ("0", "1 = 99 % of normal pixels lie below", "≥ 2")
OWN_RANGE = "own range of<br>this image"
SCORE_TOLD = "x %{x:.0f} px, y %{y:.0f} px<br>score %{z:.3g}<extra></extra>"
"""What a picture says under the pointer, as Plotly fills it in."""
STAGES_AXIS, STAGE_TOLD = "milliseconds", "%{y}: %{x:.2f} ms<extra></extra>"
RELATIVE_SCALE, RELATIVE_TICKS = "times its own threshold", ("0", "1 = own threshold", "≥ 2")
PEAKS_AXIS = f"{MAP_SCALE} (logarithmic)"
PEAK_TOLD = f"%{{y}}: %{{customdata}} {MAP_SCALE}<extra></extra>"
MAP_TITLES = {"forward": "copier S\N{SUBSCRIPT ONE}", "reverse": "rebuilder S\N{SUBSCRIPT TWO}"}
BRANCHES = {"forward": "S\N{SUBSCRIPT ONE}, the copier", "reverse": "S\N{SUBSCRIPT TWO}, the rebuilder"}
"""The two students, by the branch whose maps they make, in the order in which they stand side by side everywhere: S1
first, as the branches come in the paper; the numbers of the maps run the other way."""
EXPRESSION_NAMES = {"paper": "Paper", "reverse": "S₂ alone", "forward": "S₁ alone"}


WHICH_PART = "One table: the score without each part"
MODEL_LABEL, DEVICE_LABEL, TRAIN_A_MODEL = "Model", "Device", "Train a model"
PRESENT, LEAVE = "Presenter", "Leave the presenter's mode"
PRESENT_HELP = "The page alone, in large type. Escape leaves."
OPACITY_LABEL, COLOURS_LABEL = "Overlay opacity", "Colours"
RANDOM_TEACHER = (
    "This model's teacher has random weights. It is meant for tests only: its heatmaps and scores mean nothing."
)
NO_CHECKPOINT = (
    "There is no trained model yet. Train one on the Train page, put a finished checkpoint into `checkpoints/` or "
    "`runs/`, or use the command line: `python -m nnet train --data FOLDER_OF_NORMAL_IMAGES --out runs/my-model`"
)
NO_MODEL = "No trained model yet."
MODEL_HELP = (
    "The models of this part: every finished one in checkpoints/ and runs/, the newest first; the environment variable "
    "NNET_CHECKPOINTS adds more folders. A model can judge only images like those it was trained on."
)
UPLOAD_HELP = (
    "One picture or many: PNG, JPEG, TIFF, BMP, GIF or WebP with 8 or 16 bits and up to 64 megapixels; or a replay "
    "bundle (ZIP) that was saved here. They stay on this computer and are forgotten when you close the page."
)
UPLOAD_LOST = (
    "The page was left while files were still being sent, so they were not taken. Go back and choose them again. "
    "(Any press closes this.)"
)
UPLOADS_GONE = (
    "The page was loaded again, which forgets the files that you uploaded before. Choose them again. "
    "(Any press closes this.)"
)
PERCENTILE_HELP = "Percentage of the held-out normal images that score below this image."
P_VALUE_HELP = (
    "Conformal p-value: if this were a normal image, the probability that it would score at least this high, judged "
    "by the held-out normal images. A small value means unusual."
)
EXPRESSION_HELP = (
    "The score is a combination of the maps M1 to M6 with +, * and parentheses. The paper's is "
    "(M1+M6)\\*(M2+M5)\\*(M3+M4). A change only recombines maps that have already been computed."
)
SCALE_HELP = (
    "Same for all: colours run from 0 to twice the threshold, so pictures can be compared. "
    "This image: colours run from its own lowest to its own highest value, so even a good part shows bright spots."
)
OUTLINE_HELP = "Outlines the regions whose score is above the threshold. A dashed line is around a hole, which is not."
OVERLAY_HINT = "Look for outlined regions: there the score is above the threshold."
MAP_HINT = "The score at every pixel; its highest value is the image score."
UPLOAD_LABEL = "Drop images or a replay bundle here, or choose files"
READING_IMAGES, LOOKING = "Reading the images", "Looking at the picture…"
TAKE_A_SAMPLE = "Or choose one of these samples."
SHELF = "Show"
SORT_BY, RISING, FLAGGED_ONLY = "Sort by", "Reverse order", "Anomalous only"
SORTS = {"score": "Score", "percentile": "Percentile", "name": "Name", "added": "Order added"}
RISING_HELP = "Off: highest score first, names from A to Z. On: the other way round."
NONE_ANOMALOUS = f"None of your images scores above the threshold. Switch off “{FLAGGED_ONLY}” to see them."
TABLE_HINT = "Select a row to see that image. Click a heading to sort."
TABLE_DOWNLOAD, TABLE_FILE = "Table (CSV)", "scores.csv"
TABLE_COLUMNS = ("Image", "Times threshold", "Decision", "Score", "Percentile", "p-value")
"""The columns of the table of all results."""
TIMINGS_HINT = "Look for the longest bar. A picture is computed once; the settings on this page reuse the result."
RUNS_ON = "Runs on {device}"


STAYS_HERE = "Pictures never leave this computer."


def footer(version: str) -> str:
    """At the bottom of every page."""
    return f"N-Net {version}. {PAPER}"


def threshold_ticks() -> tuple[str, str, str]:
    """The colour bar of the score, from 0 to twice the threshold."""
    return "0", "threshold", f"≥ 2 {units.TIMES} threshold"


def scale_label(title: str) -> str:
    """What a screen reader says of a colour bar."""
    return f"{COLOUR_SCALE}: {title}"


UNIT = f"{units.TIMES} threshold"
"""Of every score that is shown; the number itself is in a tooltip."""
TIMES_KEPT = f"{units.TIMES} the kept threshold"


def against_threshold(ratio: float) -> str:
    """An image score as a multiple of the threshold: "7.4 \N{MULTIPLICATION SIGN} threshold"."""
    return f"{units.times(ratio)} {UNIT}"


def relative(reference: Reference, value: float) -> str:
    """An image score against its threshold, "7.4 \N{MULTIPLICATION SIGN} threshold"; one that somebody kept is named,
    since it is another unit than the model's own."""
    is_kept = reference.kept is not None
    return f"{units.times(reference.multiple(value))} {TIMES_KEPT if is_kept else UNIT}"


def raw(reference: Reference, value: float) -> str:
    """The score itself and its threshold, for a tooltip."""
    return f"Score {units.number(value)}, threshold {units.number(reference.threshold)}"


KEEP = "Keep this threshold"
KEEP_HELP = (
    "From now on this model decides by this threshold, here and on the command line. A model that came with the "
    "workbench stays as it is, and a copy of it keeps the threshold."
)
KEEPING = "The threshold is being kept ..."
NOT_KEPT = "The threshold was not kept."
KEPT = "Kept: this model now decides by this threshold, on every page and on the command line."
KEPT_IN_COPY = (
    "Kept in a copy: {name} came with the workbench and stays as it is. In use is now {copy}, which decides by this "
    "threshold, on every page and on the command line."
)
UNDO_KEPT = "Undo the kept threshold"
UNDONE = "The threshold that was kept last is undone."


def sorts_little(found: Decided, where: str = "here") -> str:
    """The warning before the button, where the threshold flags more than half of the good pictures or misses more than
    half of the known defects; else ""."""
    (hits, defective), (flagged, good) = found.found, found.flagged
    missed = defective - hits
    said = (
        f"flags {flagged:,} of {units.plural(good, 'good part')}" if 2 * flagged > good else "",
        f"misses {missed:,} of {units.plural(defective, 'defect')}" if 2 * missed > defective else "",
    )
    wrong = " and ".join(filter(None, said))
    return f"This threshold sorts little: {where} it {wrong}." if wrong else ""


def flags_most(reference: Reference) -> tuple[str, str]:
    """The warning about a kept threshold that flags more than half of the good parts that it was chosen on, or of the
    held-out ones where none were counted then, in few words and in full; else ""."""
    said, kept = reference.promise, reference.kept
    if kept is None or 2 * said.above <= said.n:
        return "", ""
    is_counted = bool(kept.pictures)
    flags, kind, when = ("flagged", "", " when it was kept") if is_counted else ("flags", "held-out ", "")
    short = f"The kept threshold {flags} {said.above:,} of {units.plural(said.n, f'{kind}good part')}"
    full = f"{short}{when}, so expect it to call most good parts anomalous. Undo it on Evaluate, or keep another."
    return short, full


NO_VERDICT = "This model has learnt parts that look different, so its score means nothing for this picture."
OTHER_KIND = "Not this model's kind of part"
OTHER_KIND_SHORT = "another kind"
CHOOSE_ANOTHER = "Choose another model"
TRAIN_ON_MINE = "Train on my parts"


def promise(said: Promise) -> str:
    """How many further good parts a threshold will flag."""
    from nnet.scoring.promise import CERTAINTY  # not among what a page shows first

    low, high, expected = map(units.percent, (said.low, said.high, said.expected))
    if said.folds:
        return (
            f"The threshold rests on {units.plural(said.n, 'image')}, each scored by one of {said.folds} light models "
            f"that had not learnt from it. By this estimate between {low} and {high} of further good parts will be "
            f"flagged, {expected} on average."
        )
    return (
        f"The threshold rests on {units.plural(said.n, 'held-out image')}, so with "
        f"{units.percent(CERTAINTY)} certainty between {low} and {high} of further good parts will be flagged, "
        f"{expected} on average."
    )


TRAINED_SHORT = "This model was trained for few steps and may have learnt too little."
_MISSES_MANY = "This model missed {many} of the defects that it was tried on."
_MANY = 0.2
"""The share of the defects that are missed from which it is said wherever the model decides."""
_TRIED = "On {where} this model flagged {flagged} of {good} good parts and missed {missed} of {defects}{so}."
_FEW_ALARMS = ": fewer false alarms than promised, so it lets more defects pass than it has to"
_FEW_ALARMS_ALONE = ": fewer false alarms than promised"
_MORE_ALARMS = ": more than promised"


def misses_many(found: Decided) -> str:
    """That a model misses many defects, without numbers; "" where it does not."""
    hits, defective = found.found
    missed = defective - hits
    many = "most" if 2 * missed > defective else "many" if missed > _MANY * defective else ""
    return _MISSES_MANY.format(many=many) if many else ""


def tried(said: Promise | None, found: Decided, where: str = "") -> str:
    """What became of a promise on the model's own test pictures, or on those called `where`; without one, what was
    decided there alone."""
    (hits, defective), (flagged, good) = found.found, found.flagged
    so = ""
    if said is not None and good and said.is_broken(flagged, good):
        so = _MORE_ALARMS
    elif said is not None and flagged < said.low * good:
        so = _FEW_ALARMS if hits < defective else _FEW_ALARMS_ALONE
    missed, defects = f"{defective - hits:,}", units.plural(defective, "defect")
    where = units.plain(where) if where else "its own test pictures"
    return _TRIED.format(where=where, flagged=f"{flagged:,}", good=f"{good:,}", missed=missed, defects=defects, so=so)


def zip_of_pictures(name: str) -> str:
    """What a ZIP is told that holds photos and no bundle."""
    return (
        f"{units.cut(name)} is a ZIP of pictures, of which Inspect reads none. Unpack it and drop the pictures here, "
        "or open the ZIP on Evaluate, which decides about all of them."
    )


_UNSURE = 0.18
"""How far apart the ends of a false alarm rate may lie before something should be done about it."""


def advice(said: Promise) -> str:
    """What to do about a threshold from few pictures; "" where it is sure enough."""
    if said.high - said.low <= _UNSURE:
        return ""
    return (
        "So few pictures leave it unsure: it may flag hardly anything, or too much. Train with more good photos, or "
        "set the threshold by defects at hand, on Evaluate."
    )


def unproven(said: Promise, i_auroc: float | None) -> tuple[str, str]:
    """What to know of a decision before it is believed, in few words and in full; "" where the threshold rests on
    enough pictures."""
    if said.high - said.low <= _UNSURE:
        return "", ""
    return (
        f"Unproven: a threshold from {units.plural(said.n, 'picture')}",
        f"{_NOT_YET} {promise(said)}{_known(i_auroc)}",
    )


def kept_threshold(found: Kept, held_out: Promise | None = None) -> str:
    """What a threshold that somebody kept was chosen by, and how far its false alarms are known.

    Args:
        held_out: what it promises by the held-out pictures (`Reference.promise`); needed only where no pictures were
            counted when it was kept.
    """
    why = found.reason.strip()
    why = why if why.endswith(".") or not why else f"{why}."
    said = f"This model decides by a kept threshold. {units.plain(why)}".strip()
    if not found.pictures:
        if held_out is not None:
            good = units.plural(held_out.n, "held-out good picture")
            said = f"{said} It flags {held_out.above:,} of {good}. {held_out.sentence()}"
        return f"{said} How many defects it finds, Evaluate shows on labelled pictures."
    from nnet.scoring.promise import chosen_on  # not among what a page shows first

    return f"{said} {chosen_on(found.pictures, found.above)}"


def unproven_kept(found: Kept, i_auroc: float | None, held_out: Promise | None = None) -> tuple[str, str]:
    """`unproven` of a threshold that somebody kept; `held_out` as in `kept_threshold`."""
    if found.pictures:
        low, high = _false_alarms(found)
        if high - low <= _UNSURE:
            return "", ""
    chosen = f", chosen on {units.plural(found.pictures, 'good picture')}" if found.pictures else ""
    return f"Unproven: a kept threshold{chosen}", f"{_NOT_YET} {kept_threshold(found, held_out)}{_known(i_auroc)}"


def _false_alarms(found: Kept) -> tuple[float, float]:
    from nnet.scoring.metrics.bootstrap import share_interval  # not among what a page shows first

    return share_interval(found.above, found.pictures)


_NOT_YET = "Do not rely on this decision yet."


def _known(i_auroc: float | None) -> str:
    return "" if i_auroc is None else f" Its I-AUROC on the test pictures is {i_auroc:.2f}; 0.5 would be guessing."


def other_kind(distance: float, images: int) -> str:
    """How a picture is told to show another kind of part, as a multiple of what is still taken for the same."""
    return (
        f"Its features lie {units.times(distance)} times as far from the {images:,} normal images that the model "
        f"remembers as is allowed. At most 1 in {images + 1:,} good parts is taken for another kind."
    )


def cells(name: str, size: int) -> str:
    """How finely a map sees, for a network input of `size` pixels: "32 \N{MULTIPLICATION SIGN} 32 patches"."""
    from nnet.scoring.maps import MAPS

    side = size // MAPS[name].stride
    return f"{side} {units.TIMES} {side} patches"


def decision(reference: Reference, value: float) -> str:
    """ "Anomalous" or "Normal"."""
    return "Anomalous" if reference.is_anomalous(value) else "Normal"


def rank(reference: Reference, value: float) -> str:
    """How a score ranks among the held-out normal images."""
    below = round(reference.percentile(value) / 100 * reference.n)
    if below == reference.n:
        return f"scores higher than all {reference.n} held-out normal images"
    if below == 0:
        return f"scores no higher than any of the {reference.n} held-out normal images"
    return f"scores higher than {below} of the {reference.n} held-out normal images"


def verdict(reference: Reference, value: float) -> str:
    """The decision and its reason, e.g. "Anomalous: scores higher than all 41 held-out normal images"."""
    return f"{decision(reference, value)}: {rank(reference, value)}."


def threshold(reference: Reference) -> str:
    """What the threshold is and what it stands for."""
    if reference.kept is not None:
        share = units.percent(reference.quantile)
        return f"The threshold was kept by somebody; {share} of these {reference.n} images stay at or below it."
    return (
        "The threshold is the score that "
        f"{units.percent(reference.quantile)} of these {reference.n} images stay at or below."
    )


def p_value(reference: Reference, value: float) -> str:
    """The conformal p-value in a sentence."""
    p = reference.p_value(value)
    sentence = f"If this were a normal image, a score this high would turn up at most {units.percent(p)} of the time"
    smallest = 1 / (reference.n + 1)
    if p <= smallest + 1e-12:
        return f"{sentence}: the strongest evidence that {reference.n} normal images can give."
    return f"{sentence}, so the score is {'unusual' if p <= 0.05 else 'nothing unusual'}."


def map_label(name: str) -> str:
    """What a map compares: "F₁ with D₁, rebuilder S₂"."""
    from nnet.scoring.maps import MAPS

    info = MAPS[name]
    return f"{info.pair}, {MAP_TITLES[info.branch]}"


def map_help() -> str:
    """One sentence each for the symbols in the map labels."""
    return (
        "F: the teacher's features. D: the same as S₂, the rebuilder, restores them. P: the teacher's "
        "features after projection. SP: those of S₁, the copier. 1, 2 and 3 are the fine, middle and "
        "coarse scales, which divide the picture into ever fewer patches."
    )


def sample_source(collection: Collection) -> str:
    """Where the sample images come from, and on which terms."""
    return f"Samples: {collection.name}. {collection.licence}"


def data_name(about: Mapping[str, object]) -> str:
    """The training data's name as the checkpoint gives it, or ""."""
    data = about.get("data")
    return str(data.get("name", "")) if isinstance(data, Mapping) else str(data or "")


def data_source(about: Mapping[str, object]) -> str:
    """Where the training data lies, as the checkpoint tells, or ""."""
    data = about.get("data")
    return str(data.get("source", "")) if isinstance(data, Mapping) else ""


def expression_name(name: str) -> str:
    """A score's name on its button."""
    return {"model": "This model's", "own": "Own", **EXPRESSION_NAMES}[name]


def looks_into(tile: int) -> str:
    """What a page shows of pictures that the network does not see as a whole."""
    seen = f"tiles of {units.pixels(tile, tile)}" if tile else "a part of each picture, or pads it"
    return (
        f"This model looks at {seen}. This page looks inside the network, so that it shows of every picture the part "
        "under its largest score. Inspect and Evaluate show whole pictures."
    )


def inside_of(window: tuple[int, int, int, int], shape: tuple[int, ...]) -> str:
    """Which part of a picture is shown."""
    left, top, right, bottom = window
    return (
        f"The part from x {left:,} to {right:,} and y {top:,} to {bottom:,} of a picture of "
        f"{units.pixels(shape[1], shape[0])}."
    )


def picture_facts(shape: tuple[int, ...], known: str, notes: Sequence[str]) -> str:
    """Size, for samples what is known, and remarks: "300 x 300 px; experts rate this cell defective."."""
    size = f"{units.pixels(shape[1], shape[0])}{f'; {units.plain(known)}' if known else ''}."
    return " ".join((size, *map(units.plain, notes)))


SHOWN_INSTEAD = "{problem} Another picture is shown instead."
LINK_NEEDS_BOTH = "A link to an image of a data set needs both ?{set}=… for the data set and {image}=… for the image."
LOADING_MODEL = "Loading the model…"
SOLAR_CELLS = "Electroluminescence images of solar cells (ELPV)"
SYNTHETIC_SAMPLES = "Synthetic images (install elpv-dataset for solar cells)"
NO_SAMPLE_CELLS = "The installed elpv-dataset holds none of the sample cells; reinstall it."
SETTING, MEANING, PATH = "Setting", "What it is", "Path"
ORIGINS = {
    "data": ("Training data", "What it was trained on."),
    "content": ("Training data's content", "SHA-256 of the data set."),
    "training": ("Training images", "Normal images it was trained on."),
    "held out": ("Held-out images", "Normal images its threshold comes from."),
    "teacher": ("Teacher's weights", "Where they come from."),
}
"""What else than settings two models are made from: what it is called, and what it means."""
RATED = {True: "experts rate this cell functional", False: "experts rate this cell defective"}
"""What is known about a sample cell, by whether it is normal."""
MADE = {True: "made without a defect", False: "made with a defect"}
"""What is known about a generated image, by whether it is normal."""
TOO_MANY_IMAGES = "{name} was left out: at most {limit} of images are kept at a time. Remove some first."
NO_SUCH_IMAGE = "The data set {dataset} ({spec}) has no image “{key}”."
CHECKPOINT_UNREADABLE = "The checkpoint {name} cannot be read ({reason}). Restore it or choose another."
CHECKPOINT_DAMAGED = "The checkpoint {name} is damaged ({reason}). Restore it or choose another."


UPDATED = (
    "The program's files have changed since the workbench was started, so that old and new parts may meet here. Start "
    "it again; models, runs and uploads on the disk stay. An error that comes again is a fault of the program:"
)


def unusable(error: OSError) -> str:
    """Of a file that changed or vanished while a page was drawn."""
    file = units.cut(error.filename) if isinstance(error.filename, str) else "A file"
    reason = error.strerror or error
    return f"{file} cannot be used at the moment ({reason}). It may just have been changed: load the page again."


def no_sample(name: str) -> str:
    """Of a link to a sample that does not exist."""
    return f"There is no sample “{units.plain(name)}”."


def cell_title(id: str, title: str) -> str:
    """The name of a sample cell: "Cell 0496: long crack"."""
    return f"{id.replace('cell', 'Cell ')}: {title}"


def sample_title(dataset: str, number: int, label: str) -> str:
    """The name of a sample: "Synthetic bolt 3: scratch"."""
    return f"{dataset.capitalize()} {number}: {label}"


def sample_file(sample: Sample) -> str:
    """The same of a picture that came from a file: "exp3_num_112.jpg: crack"."""
    return f"{sample.key.rsplit('/', 1)[-1]}: {sample.label}"


def sample_label(sample: Sample) -> str:
    """What a data set says about a sample of it."""
    if sample.split == "train":
        return "one of the normal images that the model was made from"
    return "labelled normal" if sample.is_normal else f"labelled {sample.label}"


def labelled(sample: Sample, dataset: str) -> str:
    """What a data set says about one of its images: "labelled crack in magnetic_tile"."""
    label = f"labelled {sample.label} in {dataset}" if sample.label != UNKNOWN else f"without a label in {dataset}"
    return f"{label}, a training image there" if sample.split == "train" else label


def shelves(count: int) -> dict[str, str]:
    """The rows of small pictures: the visitor's own, a data set's, the samples."""
    return {"own": f"Your {units.plural(count, 'image')}", "data": DATA_SET, "samples": "Samples"}


def stopped(count: int) -> str:
    """Of images that were still to be read or scored when the visitor stopped it."""
    return f"You stopped, so {units.plural(count, 'image')} {'was' if count == 1 else 'were'} left out."


def more_problems(count: int) -> str:
    """Of files that could not be used, besides those that are named."""
    return f"{units.plural(count, 'more file')} could not be used, or {'was' if count == 1 else 'were'} left out."


def looked_at(done: int, total: int) -> str:
    """How many images of a gallery have been scored."""
    return f"{done:,} of {units.plural(total, 'image')} scored"


DRAWN_ON = "{picture} with your drawing"
"""The title of a picture that the visitor drew on."""


def bar(
    title: str,
    badge: str,
    score: str,
    own: int = 0,
    *,
    is_own: bool = True,
    found: tuple[int, int] | None = None,
    label: str = "",
) -> str:
    """The line that says which picture is shown and what is decided, and that another can be chosen.

    Args:
        score: as a multiple of the threshold, or "" where it means nothing.
        own: how many pictures the visitor has uploaded; `is_own`: whether the one shown is among them.
        found: how many of them are anomalous and how many of another kind, where that is known.
        label: `against_label`, or "".
    """
    change = "change the picture"
    if own and not is_own:
        change = f"{change}, or go back to your {units.plural(own, 'picture')}"
    elif own > 1:
        change = f"choose among your {own:,} pictures"
        if found is not None:
            apart = f", {found[1]:,} of another kind" if found[1] else ""
            change = f"{change}, {found[0]:,} anomalous{apart}"
    return f"{badge} " + " \N{MIDDLE DOT} ".join(filter(None, (f"**{units.plain(title)}**", label, score, change)))


def against_label(sample: Sample, *, is_anomalous: bool) -> str:
    """What a picture's label says of its decision: "missed: labelled crack"."""
    said = units.plain(f"labelled {sample.label}")
    if sample.is_normal and is_anomalous:
        return f"false alarm: {said}"
    return f"missed: {said}" if sample.is_defective and not is_anomalous else said


def results_title(anomalous: int, others: int, total: int) -> str:
    """Above the folded table of all results; `others` show another kind of part and are not judged."""
    apart = f", {others} of another kind" if others else ""
    return f"{anomalous} of {total} anomalous{apart}: table of all results"


def data_shelf(dataset: Dataset, split: str, count: int) -> str:
    """Which images of a data set the row shows, and the data's terms."""
    return f"{dataset.name}: the {units.plural(count, f'{split} image')}, by label. {dataset.licence}"


# ------------------------------------------------------------------------------------ the histogram with its threshold

THRESHOLD_WORDS = {
    "left": "← called normal",
    "right": "called anomalous →",
    "axis": "image score in multiples of the model's threshold (logarithmic)",
    "counted": "images",
    "handle": "Threshold",
}
"""What is written around the histogram, by the names that its component knows."""
EACH_DOT = "each dot is an image"
"""Instead of "counted" where there are few."""


def threshold_spoken(label: str, left: str, right: str) -> str:
    """What a screen reader says when the threshold has moved."""
    return f"{label}. {left}. {right}."


def bin_content(scores: tuple[float, float], unit: float, counts: Mapping[str, int]) -> str:
    """What lies between two scores, a line for the range, with the scores themselves, and one for each kind.

    Args:
        unit: the model's threshold.
    """
    low, high = scores
    lines = [
        f"{units.times(low / unit)} to {against_threshold(high / unit)}",
        f"score {units.number(low)} to {units.number(high)}",
        *(f"{count:,} {name}" for name, count in counts.items()),
    ]
    return "\n".join(lines)


# ------------------------------------------------------------------------------------- measuring, and data to measure

CONTINUE, STOP = "Continue", "Stop"
DATA_SET = "Data set"
CATEGORY = "Category"
CATEGORY_HELP = "The data holds several parts, each with pictures of its own. A model knows one of them."
MASKS_UNKNOWN, MASKS_SHOWN, MASKS_STORED = "I do not know: leave them out", "The picture as shown", "The file as stored"
EVERY_CATEGORY = "All {count:,} in turn"


def masks_question(count: int) -> str:
    """Asks how masks were drawn of which nothing tells."""
    photos = "1 photo is" if count == 1 else f"{count:,} photos are"
    return f"{photos} turned by the camera (EXIF) without a change of size. What were their masks drawn on?"


OTHER_MODELS = "Other models"
"""Those that say nothing of their data."""
DATA_NAMES = {
    "none": "Choose one",
    "own": "The pictures of this part",
    "zip": "Upload a ZIP",
    "images": "Upload images",
    "folder": "A folder or ZIP on this computer",
    "elpv:mono": "ELPV, monocrystalline cells",
    "elpv:poly": "ELPV, polycrystalline cells",
    **{f"synthetic:{kind}": f"Synthetic {kind}" for kind in SYNTHETIC_KINDS},
}
"""What `workbench.shared.data_choice` can offer; what the visitor brings stands first."""
FOLDER = "Folder or ZIP"
FOLDER_HELP = (
    "A path on this computer: an MVTec AD or VisA category, a good/ folder beside folders of defects, or a ZIP of "
    "either. The layout is recognised automatically. The path may lead to a folder inside a ZIP."
)
NOT_OPEN_HERE = "This link names a data set that is not open in this visit, so nothing was opened."
LINK_CUT = "Part of this link is longer than any link of the workbench, so it was left out."
STOPPED = "Reading this data set was stopped."
READ_AFTER_ALL = "Read it after all"
STOP_READING = "Stop reading"
ZIP_LABEL = "A ZIP"
ZIP_HELP = (
    "A ZIP of an MVTec AD or VisA category, or of a good/ folder beside folders of defects, with masks in "
    "ground_truth/. It is unpacked on this computer and removed when you choose another one or leave."
)
NORMAL_UPLOAD, DEFECTIVE_UPLOAD = "Normal images", "Defective images"
IMAGES_HELP = (
    "Masks may come with them: NAME_mask.png for NAME.png, or LabelMe's polygons. They stay on this computer and are "
    "removed when your visit ends."
)
IMAGES_NEEDED = "Add at least one normal and one defective image."
OWN_IMAGES = "Your own images; they stay on this computer."
OPENING, READING = "Opening the data set…", "Reading the files…"
REMOVE_ALL, SENT_IMAGES = "Remove all", "Your images"
OVER_THE_LIMIT = "only {limit} of images can be uploaded"


def measure(total: int) -> str:
    """The button that starts measuring a set."""
    return f"Measure {units.plural(total, 'image')}"


def seen(count: int) -> str:
    """How far the listing of a folder is: "12,345 files seen so far"."""
    return f"{units.plural(count, 'file')} seen so far"


def so_far(count: int, masks: int = 0) -> str:
    """How many images were uploaded: "3 images and 2 masks so far"."""
    images = units.plural(count, "image")
    return f"{images} and {units.plural(masks, 'mask')} so far" if masks else f"{images} so far"


# ---------------------------------------------------------------------------------------------------------- camera

USE_CAMERA = "Use the camera"
KEEP_OPEN = "Keep this open"
KEEP_OPEN_HELP = "For several uploads or photos in a row. Otherwise this closes as soon as a new picture is shown."
TAKE_PHOTO = "Take a photo"
BURST = "Burst: a photo about each second"
BURST_HELP = (
    "Switch it on, move the part a little between the photos, and switch it off. Nothing else changes meanwhile."
)
CAMERA_NEEDS_HTTPS = (
    "Browsers open a camera only on a page that comes over https, or from this computer itself. Open the workbench as "
    "http://localhost:{port} on the computer that runs it, or have it served over https (docs/deploy.md). From another "
    "computer, ssh -L {port}:localhost:{port} USER@HOST brings it to localhost."
)

# --------------------------------------------------------------------------------------- drawings from the browser

NO_DRAWING = "The browser sent no drawing (a PNG was expected). Draw again or reload the page."
DAMAGED_DRAWING = "The drawing arrived damaged and cannot be read. Draw again."


def drawing_too_long(length: int, limit: int) -> str:
    """Of a drawing that takes too many characters."""
    return (
        f"The drawing takes {length / 1e6:.1f} million characters, but at most {limit / 1e6:.0f} million are read. "
        "Clear it and draw less."
    )


def drawing_of_other_size(found: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """Of a drawing that does not cover its picture; both are (height, width)."""
    return (
        f"The drawing has {units.pixels(found[1], found[0])}, but the picture has {units.pixels(shape[1], shape[0])}. "
        "Draw again."
    )
