"""Wording of the Train page."""

import datetime
import itertools
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nnet.config import DISTANCES, FEATURES, FITS, INITIALISATIONS, PRECISIONS, SCHEDULES, TARGETS, Config
from nnet.crop import in_words
from nnet.data import Inspection
from nnet.data.folders import UNKNOWN_LICENCE
from nnet.data.framing import Advice
from nnet.data.intake import Contents
from nnet.presets import PRESETS
from nnet.runs import Estimate, Run, RunSpec, Status
from nnet.runs.holders import Holder
from nnet.scoring.metric_names import METRIC_NAMES
from nnet.settings import differences
from nnet.training.events import title_of
from workbench.shared import model_words, setting_words, units
from workbench.shared.model_list import ModelEntry

PART = "Part"
IMAGES_STEP, SETTINGS_STEP, START_STEP = "1 · Images", "2 · Settings", "3 · Start"
START_TRAINING, ESTIMATE, START_ANYWAY = "Start training", "Estimate first", "Start anyway"
ABOUT = (
    "Show the model good parts only. It learns what they look like and marks whatever looks different. Training "
    "runs in the background and continues when you close the browser; you will find the run here again."
)
PART_NAMES = {"new": ":material/add: New model", "runs": ":material/list: Runs"}
VIEWS = {
    "film": ":material/movie: Film",
    "curves": ":material/show_chart: Curves",
    "log": ":material/subject: Log",
    "settings": ":material/tune: Settings",
    "card": ":material/badge: Card",
}
NO_SUCH_RUN = "There is no run “{run}”; it may have been deleted."
NO_RUNS = "There are no runs yet. Start one under “New model”."
FINISHED_FILM = "What training looks like: how {model} learned."


def part_names(count: int) -> dict[str, str]:
    """The parts of the page, with the number of runs."""
    return PART_NAMES | {"runs": f"{PART_NAMES['runs']} ({count:,})"}


# ---------------------------------------------------------------------------------------------------------- data

SOURCE_NAMES = {"upload": "Your photos", "path": "Folder or ZIP", "elpv": "Solar cells", "synthetic": "Synthetic"}
SOURCE_HELP = (
    "Your photos: upload images or a ZIP. Folder or ZIP: a path on this computer. Solar cells: the ELPV data set "
    "that comes with the workbench. Synthetic: generated images with painted defects, for trying things out."
)
IMAGES, CELLS, KIND, GOOD, DEFECTIVE = "Images", "Cells", "Kind", "Good", "Defective"
SELECTION, PICTURE_ALT = "{kind} (a selection)", "{kind}: {key}"
CHECKING = "Checking the images: {done} of {total}"
PATH_PLACEHOLDER, NEED = "photos/my-part", "The images need"
NOT_SAVED = "The files could not be saved to disk ({reason}). Free some space and try again."
ZIP_IS_THERE = (
    "A ZIP has already been uploaded, and single images cannot be added to it. Put them into the ZIP, or remove it "
    "first."
)
ZIP_ALONE = (
    "{name} was left out: it is a ZIP with folders, masks or tables beside its photos, and such a ZIP must be uploaded "
    "alone. Put all images into one ZIP, with good/ and a folder for each kind of defect, or drop the images "
    "themselves."
)
TAKE_OUT, TAKE_IT_OUT, WHICH = "Take out a picture", "Take it out", "Which picture"
TAKEN_OUT = "The others stay, with the crop box and the ignore mask."
KEEP = "Keep"
DEFECTIVE_NAME = "{name} (defective)"
LEAVE_OUT = "Leave out"
GOOD_LABEL = "Good parts: images or ZIPs"
GOOD_HELP = (
    "At least 12 photos; a few hundred is better. Use the same part, camera and lighting. A ZIP may contain "
    "folders: good/ and one for each kind of defect, or train/good and test/ as in MVTec AD. For a larger ZIP, put "
    "it on this computer and choose “Folder or ZIP”."
)
DEFECTIVE_LABEL = "Defective parts (optional)"
DEFECTIVE_HELP = (
    "Training never sees them. They are used to measure the finished model, and you can watch them in the training "
    "film. If there are any, 30 % of the good photos are kept for the test."
)
PATH_LABEL = "Path on this computer"
PATH_HELP = (
    "A folder of normal images, a category in the layout of MVTec AD or VisA, or a ZIP of one (FILE.zip/category "
    "names a folder inside). The images are not copied, so they must stay there until the run is done."
)
ELPV_NAMES = {"elpv:mono": "Monocrystalline", "elpv:poly": "Polycrystalline"}
NOTHING_YET = "Drop photos of good parts: at least 12, better a few hundred."
ONLY_DEFECTIVE = "So far there are only defective parts. Add photos of good ones: the model learns from those alone."
SPLIT_HINT = "Look for enough held-out images: the threshold cannot be finer than their number allows."


_VISIT_ALONE = "A shared demo keeps them only while their visitor has a page open."


def zip_left_out(name: str, reason: str) -> str:
    """That a ZIP was not taken, naming it once: most reasons begin with its name."""
    return f"Left out: {reason}" if reason.startswith(f"{name} ") else f"{name} was left out. {reason}"


def upload_gone(shared: bool) -> str:
    """That a link's photos are gone, and why."""
    why = _VISIT_ALONE if shared else "They are kept for a day, unless somebody removes or changes them before."
    return f"The photos of this link are no longer here. {why} Drop them again."


def form_gone(shared: bool) -> str:
    """That a link's settings are gone, and why."""
    if shared:
        return f"The settings of this link are no longer here, the name among them. {_VISIT_ALONE} Set them again."
    return (
        "The settings of this link are no longer here, with the crop box, the ignore mask and the name, since they are "
        "kept for a day. Set them again."
    )


def upload_contents(holds: Contents, is_layout: bool) -> str:
    """What has been uploaded so far."""
    if is_layout:
        return f"Uploaded: a ZIP of **{units.plural(holds.good, 'image file')}** in folders."
    said = f"Uploaded: **{units.plural(holds.good, 'photo')}** of good parts"
    said += f" and **{holds.defective:,}** of defective ones" if holds.defective else ""
    return f"{said}, with **{units.plural(holds.masks, 'mask')}**." if holds.masks else f"{said}."


EACH_ABOUT = "Each becomes a run of its own, one after the other, and a part of its own."
EACH_NAME = "{name}: {category}"
EACH_COLUMNS = ("Category", "To learn from", "Held out", "Good, to test", "Defective, to test", "Problem")


def start_each(count: int) -> str:
    """The button that starts several runs."""
    return f"Start {units.plural(count, 'run')}"


def each_row(category: str, counts: Sequence[int] = (), problem: str = "") -> dict[str, str]:
    """A category in the table of several."""
    numbers = [f"{count:,}" for count in counts] or [""] * 4
    return dict(zip(EACH_COLUMNS, (category, *numbers, problem), strict=True))


OF_PART = "This becomes another model of **{part}**."
NEW_PART = "Make it a part of its own"


def handed(count: int) -> str:
    """What came from another page, and what to look at."""
    came = "1 picture was" if count == 1 else f"{count:,} pictures were"
    return f"{came} taken over as photos of good parts. If one of them shows a defect, take it out."


CAMERA_KIND = "The camera sees"
CAMERA_KINDS = {"good": "Good parts", "defective": "Defective parts"}
CAMERA_NONE = "No photo has been taken yet. Take at least 12 of good parts; more are better."
DURING_BURST = "What is in the photos is looked at once the burst is switched off."
DELETE_LAST = "Delete the last photo"


def camera_photos(count: int, last: str) -> str:
    """How many photos the camera has taken."""
    return f"**{units.plural(count, 'photo')}** from the camera; the last is {last}."


def blurred(names: Sequence[str]) -> str:
    """Which photos of the camera are blurred."""
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")
    said = "is much less sharp" if len(names) == 1 else "are much less sharp"
    return f"{shown} {said} than the other photos. Hold the camera still, and delete what is blurred."


def remarks(count: int) -> str:
    """The headline of what should be known of the data."""
    return units.plural(count, "remark on the data", "remarks on the data")


def split(train: int, held_out: int, tested: int, defective: int, folds: int) -> str:
    """How the images are used; `folds` is the number of light models that find the threshold."""
    if folds:
        rest = f"**{folds}** light models to find the threshold on {held_out:,} of them"
    else:
        rest = f"**{held_out:,}** good ones held out to find the threshold"
    use = f"**{units.plural(train, 'image')}** to learn from, {rest}"
    if not tested:
        return f"{use}. There is nothing to test with, so the model's accuracy will not be measured."
    return f"{use}, and **{units.plural(tested, 'image')}** ({defective:,} defective) to measure the finished model."


PLANNED, CHECKING_RUN = "What will be trained", "Looking at the pictures"
CROSSED = (
    "The light models are trained after the model, each without a part of the images, and score that part. Set “Light "
    "models for the threshold” to 0 under Advanced settings to hold images out instead."
)
LEARN_FROM_ALL = "Learn from all {count:,}"


def few(train: int, count: int, folds: int) -> str:
    """That many of the images are held out, and what can be done about it."""
    return (
        f"Of {units.plural(count, 'good image')} the model learns from {train:,} only, since the threshold needs "
        f"images that it has not seen. It can learn from all of them: {folds} light models, each trained without a "
        f"part of the images, then find the threshold. Training takes about {folds + 1} times as long, and the false "
        "alarm rate is an estimate instead of a promise."
    )


NOT_FROM_ALL = (
    "Learning from all images is not on offer with a crop box, an ignore mask, tiles or a letterbox: it needs whole "
    "pictures."
)
COLOURS = {"L": "grey", "1": "black and white", "P": "palette", "RGBA": "RGB, transparent", "LA": "grey, transparent"}
"""Pillow's names of image modes in words; the others are what people call them, too (RGB, CMYK)."""
_LAYOUTS = {
    "MVTec AD": "folders train/good, test/good and one in test/ for each kind of defect, as in the data set MVTec AD",
    "plain folder": "a folder of pictures",
}
"""How the files lie, for those who never saw the field's data sets; other layouts say it themselves."""


def data_facts(inspection: Inspection, *, is_own: bool) -> str:
    """How the files lie, and of pictures that somebody else made, what may be done with them."""
    lies = f"Read as {_LAYOUTS.get(inspection.layout, inspection.layout)}."
    return lies if is_own or inspection.licence == UNKNOWN_LICENCE else f"{lies} Terms of use: {inspection.licence}"


def table_rows(inspection: Inspection) -> list[dict[str, object]]:
    """The groups of a data set for a table."""
    used = {"train": "Training", "test": "Test"}
    return [
        {
            "Used for": used.get(group.split, group.split),
            "Kind": "good" if group.label == "good" else group.label,
            "Images": sum(count for _, count in group.sizes),  # those that can be read
            "Masks": group.masks,
            "Size (px)": group.size_text().replace(" x ", " × "),
            "Colours": ", ".join(COLOURS.get(mode, mode) for mode, _ in group.modes),
        }
        for group in inspection.groups
    ]


def same_files(groups: Sequence[Sequence[str]]) -> str:
    """What it means that some files are the same picture."""
    named = "; ".join(" = ".join(group[:3]) for group in groups[:5])
    more = f" and {len(groups) - 5:,} more" if len(groups) > 5 else ""
    return (
        f"Some good images are the same file: {named}{more}. A picture that is both trained on and held out makes "
        "the threshold too low. Remove the copies if you can."
    )


def strangers(count: int, *, is_upload: bool) -> str:
    """That some good pictures look as if they showed another part."""
    said = "picture looks" if count == 1 else "pictures look"
    what = "it shows" if count == 1 else "they show"
    out = (
        ""
        if is_upload
        else " Take it out of the folder if so."
        if count == 1
        else " Take them out of the folder if so."
    )
    return f"{count:,} good {said} unlike all others. If {what} another part, the model would learn it as good.{out}"


def like_masks(names: Sequence[str], *, is_upload: bool) -> str:
    """That some good pictures are probably none."""
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
    said = "picture looks like a mask or is" if len(names) == 1 else "pictures look like masks or are"
    out = "" if is_upload else " If they are no good parts, take them out of the folder, or name masks NAME_mask."
    return f"{len(names):,} good {said} blank, with black and white or a single shade only: {shown}.{out}"


def unreadable(count: int) -> str:
    """Headline of the files that cannot be read."""
    return f"{units.plural(count, 'file')} cannot be read and will be left out:"


# ------------------------------------------------------------------------------------------------------ settings

_TIMES = {"small": "minutes", "medium": "an hour or so", "paper": "for a GPU"}
PRESET_NAMES = {name: f"{setting_words.PRESETS[name]} · {time}" for name, time in _TIMES.items()}
PRESET_HELP = (
    "Small: 128 pixels and a teacher that comes with the workbench. Medium: the same at 256 pixels, for small "
    "defects. Paper: WideResNet-50-2, 256 pixels, 200 epochs. The times are for a CPU. Choosing one resets every field "
    "below."
)
NAME_TAKEN = "Another run has this name."
USE_NAME = "Call it “{name}”"
_LONGEST_NAME = 80
NAME_HELP = "The name of the model. It can be changed at any time."
SECTION_NAMES = {"model": "Network", "loss": "Losses, Eq. (7)", "train": "Training", "score": "Score and threshold"}
CHOICES = {
    "model.teacher_weights": ("pretrained", "random"),
    "model.features": FEATURES,
    "model.forward_target": TARGETS,
    "model.initialisation": INITIALISATIONS,
    "model.fit": FITS,
    "loss.distance": DISTANCES,
    "train.schedule": SCHEDULES,
    "train.precision": PRECISIONS,
}
"""Fields whose texts come from a list."""
TEACHER_HELP_MORE = "You can also enter the name of another timm architecture."
WEIGHTS_FILE_HELP = (
    "A .pth or .safetensors file on this computer with the teacher's ImageNet weights, for use without a network "
    "connection. If empty, the weights are found automatically."
)
PRESET, NAME, DEVICE, AUTOMATIC, WEIGHTS_FILE = "Preset", "Name", "Device", "Automatic", "Teacher weights file"
ADVANCED, THIS_RUN = "Advanced settings", "**This run**"
BACK_TO_PRESET, TENSORBOARD = "Back to the preset", "TensorBoard files"
DEVICE_HELP = "Device to compute on. Automatic picks the fastest."
TENSORBOARD_HELP = "Also writes event files for TensorBoard into tensorboard/ in the run's folder."
NO_TENSORBOARD = (
    "TensorBoard files need the package tensorboardX. Install it with `pip install tensorboardX` and restart the "
    "workbench."
)


# --------------------------------------------------------------------------------------------------------- region

REGION = "Crop the pictures, or ignore a part of them"
REGION_HELP = (
    "Both hold for all pictures of this part, in shares of width and height whatever their size, and are kept with the "
    "model. They suit pictures in which the part always lies alike."
)
LOOK_AT_ALL = "Look at whole pictures"
WHOLE_OR_ALL = (
    "The model can learn from all images only if it looks at whole pictures, without a crop box, an ignore mask, tiles "
    "or a letterbox. Choose one of the two."
)
EITHER: dict[str, tuple[str, dict[str, object]]] = {
    "hold_out": ("Keep the region, hold images out", {"train.cross_folds": 0}),
    "look_at_whole": (LOOK_AT_ALL, {"model.crop": "", "model.ignore": "", "model.tile": 0, "model.fit": "stretch"}),
}
"""What can be done about it: the button and the settings that it changes."""
CROP, CROP_SIDES = (
    "Look only inside of a box",
    {"left": "Left, %", "top": "Top, %", "width": "Width, %", "height": "Height, %"},
)
CROP_LABEL = "A good picture, to draw on it the box that the model looks at"
CROP_HINT = (
    "Drag a box on the picture; drag its inside or its borders to change it. On the keyboard, arrow keys move it, with "
    "Shift they change its size, and Escape takes the whole picture."
)
CROP_EXAMPLE = "such as 40,25,1200,800"


def looked_at(crop: str, width: int, height: int) -> str:
    """What the model looks at of a picture of this size in pixels."""
    if not crop:
        return f"It looks at all {width:,} x {height:,} pixels of this picture."
    return f"Of this picture of {width:,} x {height:,} pixels it looks at {in_words(crop, width, height)}."


NO_BOX = "The box is empty. Give it a width and a height above 0, inside of the picture."
IGNORE = "Never look at a place, such as a serial number"
IGNORE_LABEL = "A good picture, to paint on it what is ignored"
IGNORE_HINT = "Paint over what the model should ignore. The eraser takes it back."
IGNORE_FILE = "Or upload a mask"
IGNORE_FILE_HELP = "A picture that is white where nothing is looked at and black elsewhere. Its size may differ."
NO_MASK = "Ignore nothing"


def ignored(share: float) -> str:
    """How much of the pictures is ignored."""
    return f"{units.percent(share)} of every picture is ignored: its map is zero there, and no metric counts it."


STRETCHED = "Pictures of other shapes than square are stretched to a square, unless letterbox or tiles are chosen. "


def too_large(found: Advice, *, is_stretched: bool) -> str:
    """What becomes of a small defect in large pictures."""
    return (
        f"The pictures, for example one of {units.pixels(found.width, found.height)}, are much larger than the "
        f"network’s input. {STRETCHED if is_stretched else ''}A defect of "
        f"{found.defect} px becomes {found.shrunk:.1f} px, and can be missed. In tiles of {found.tile} px it stays "
        f"visible, but each picture then makes {units.plural(found.count, 'input')}: scoring takes up to "
        f"{found.count:,} times as long."
    )


def as_seen(found: Advice) -> tuple[str, str]:
    """Below the two pictures of a small defect."""
    return f"{found.defect} px in the picture", f"{found.shrunk:.1f} px for the network"


def use_tiles(found: Advice) -> str:
    """The press that turns tiles on."""
    return f"Cut into tiles of {found.tile} px"


_IN_THE_DOCS = re.compile(r"[;:]? ?\(?see docs/[\w-]+\.md(?: for the measurements)?\)?")
"""Where a reader of the command line finds more, which cannot be opened from a page."""


PLAIN = {
    "model.teacher": "The ready-made network whose features S₁ and S₂ learn to match. It is not trained itself.",
    "model.teacher_weights": "pretrained: what the teacher learnt on ordinary photos. random: only for testing the "
    "program; such a model finds no defects.",
    "model.features": "Which numbers of the teacher are compared: stages, with positive and negative values, or "
    "activated, where the negative ones became 0. With a ResNet both are the same.",
    "model.size": "Every picture is resized to a square with this side. Larger: smaller defects are seen, and training "
    "and judging take longer.",
    "model.forward_target": "What S₁ follows at the coarse scale: original, the teacher's own features, or recalled, "
    "the memory's answer.",
    "model.fpm_reduction": "How narrow the projections are inside. Larger: fewer weights, coarser gates.",
    "model.memory_items": "How many patterns of good patches the memory can hold.",
    "model.temperature": "How choosy the memory is. Small: a patch is answered by the items most like it. Large: by a "
    "mix of all.",
    "model.shrink": "Items that count for less than this many equal shares are left out of an answer. 0: none is.",
    "model.ffc": "Fuses the three scales before the code. Off: they are only put together, as in the baseline.",
    "model.ffc_blocks": "How many blocks squeeze the fused scales into the code, one after the other.",
    "model.initialisation": "How the weights start before training: two usual ways of drawing them at random.",
    "model.map_size": "How finely the six maps are drawn before they are combined.",
    "loss.kd": "Trains S₁ to match the teacher's projected features.",
    "loss.align": "Pulls S₁'s features towards the teacher's at the beginning of training.",
    "loss.distance": "How two descriptions of a patch are compared: cosine, by direction alone; l1 and l2, by "
    "size, too.",
    "loss.moves_teacher": "On: what trains S₁ trains the teacher's gates, too. Off: S₁ has to follow them as they are.",
    "loss.alpha": "How much copying counts beside rebuilding.",
    "loss.beta": "How much aligning counts while it is on.",
    "loss.beta_epochs": "After so many epochs aligning ends. Empty: it never does.",
    "loss.beta_share": "After this share of the training aligning ends. Empty: the epochs above count instead.",
    "loss.delta": "How strongly the memory is pushed to answer a patch with few items.",
    "train.epochs": "How often every good picture is learnt from.",
    "train.min_steps": "With few pictures the epochs are repeated until there are this many steps. 0: they are not.",
    "train.learning_rate": "How far the weights move in a step. Too large: training becomes unstable. Too small: slow.",
    "train.schedule": "constant: all steps are equally large. cosine: they grow at first and shrink towards the end.",
    "train.adam_beta1": "How long a step remembers the direction of those before it.",
    "train.adam_beta2": "How long a step remembers how large those before it were.",
    "train.calibration_share": "Share of the good pictures that is not learnt from but finds the threshold (8 to 64 "
    "pictures). 0: all are learnt from, and the threshold comes out too low.",
    "train.cross_folds": "Where pictures are few: so many light models find the threshold, and the model learns from "
    "all pictures. 0: pictures are held out instead.",
    "train.seed": "Start of all random numbers: the same seed gives the same run on the same computer.",
    "train.precision": "How numbers are kept while computing. auto picks what this device does fast.",
    "train.cache_gb": "How much memory may hold the teacher's features, which are computed in every epoch otherwise.",
    "score.expression": "How the six maps are combined into the heatmap. + adds two maps, * multiplies them.",
    "score.levels": "On: each map is divided by what it usually is on good pictures before they are combined.",
    "score.sigma": "How much the heatmap is smoothed, in pixels of a picture 256 wide.",
    "score.quantile": "Which share of the held-out good pictures lies at or below the threshold.",
}
"""What a setting does, for those who do not know the field's own words; others have the sentence of `nnet.config`."""


def setting_help(path: str, metadata: Mapping[str, str]) -> str:
    """What it does, and the paper's value with where it stands, or why the value was chosen."""
    section, _, name = path.partition(".")
    value = setting_words.value(getattr(getattr(Config(), section), name))
    source = _IN_THE_DOCS.sub("", metadata["source"])
    if source.startswith("choice"):
        reason = source.removeprefix("choice").lstrip(": ")
        said = f"Not in the paper; the preset Paper uses {value}" + (f" ({reason})." if reason else ".")
    elif source.startswith("paper"):
        said = f"Paper: {value} ({source.removeprefix('paper').lstrip(',: ')})."
    else:
        said = f"Paper's preset: {value} ({source})."
    return f"{PLAIN.get(path) or _IN_THE_DOCS.sub('', metadata['help'])} {said}"


def length(config: Config, images: int, epochs: int, steps: int) -> str:
    """How long the run is in epochs and steps."""
    sentence = f"{units.plural(epochs, 'epoch')} of {units.plural(images, 'image')}: {units.plural(steps, 'step')}."
    if epochs > config.train.epochs:
        sentence += (
            f" {config.train.epochs} epochs alone would give fewer steps than the minimum of "
            f"{config.train.min_steps:,}, so epochs are added. A number that you enter yourself is used as it is."
        )
    return sentence


def few_steps(steps: int, least: int, preset: str) -> str:
    """That the run is shorter than its preset lets any run be."""
    return (
        f"Only {units.plural(steps, 'step')}: the preset {setting_words.PRESETS[preset]} makes at least {least:,}. "
        "After fewer the model may have learnt too little to tell good parts from defects. Set more epochs, or start "
        "all the same for a trial."
    )


SEVERAL_SIZES = (
    "The pictures have several sizes, and with a crop box, an ignore mask, tiles or a letterbox an export, such as "
    "ONNX, takes pictures of one size, or a folder for each size; scoring with the model here or with `nnet score` "
    "takes any."
)


def exact_epochs(least: int) -> str:
    """Below a number of epochs of one's own, which lifts the preset's `least` number of steps."""
    return f"Exactly as many: the preset's minimum of {least:,} steps does not hold."


def changes(values: Mapping[str, object], base: Mapping[str, object]) -> str:
    """Which settings differ from the preset, whose are the `base`.

    The minimum of steps is not named where it was lifted by a number of epochs of one's own.
    """
    lifts = "train.epochs" in values and values.get("train.min_steps") == 0
    named = ", ".join(
        f"{setting_words.title(path)} {setting_words.value(value, path)}"
        for path, value in values.items()
        if not (lifts and path == "train.min_steps")
    )
    least = base["train.min_steps"]
    return f"Changed: {named}." + (f" With epochs of your own the minimum of {least:,} steps does not hold." * lifts)


# ------------------------------------------------------------------------------------------------------ estimate

_MEASURING = {
    "start": "A process of its own is starting",
    "pictures": "Reading some of the pictures",
    "network": "Building the network and its teacher's features",
}
ESTIMATE_STOPPED = "The estimate was stopped. Nothing was started."


def estimating(stage: str, seconds: float) -> str:
    """How far an estimate is (`nnet.runs.estimate.STAGES`), and how long it has taken."""
    from nnet.runs.estimate import STEPS

    said = _MEASURING.get(stage) or f"Training {stage} of {STEPS + 1} to time it"
    return f"{said}, {seconds:.0f} s so far"


ESTIMATE_HELP = "Makes a few real training steps in a separate process and reports time, memory and disk space."
_BUSY = (
    "A few trial steps took too long to estimate from. The likely reason is that {names} {is_are} training on this "
    "computer at the same time. Estimate again when that has ended, or start: the run then waits for its turn and "
    "finds out by itself whether it fits."
)


def slow_beside(names: Sequence[str]) -> str:
    """Why an estimate took too long while other runs are training."""
    named = ", ".join(f"“{name}”" for name in names[:3])
    return _BUSY.format(names=named, is_are="is" if len(names) == 1 else "are")


STALE = "Something has changed since the estimate. Estimate again, or start."


def estimate_sentence(found: Estimate) -> str:
    """What the estimate rests on."""
    return (
        f"Based on a few steps on {found.device}: {units.milliseconds(1000 * found.seconds_per_step)} per step, "
        f"{units.plural(found.steps, 'step')} in {units.plural(found.epochs, 'epoch')}."
    )


BESIDE = (
    "Timed while another training used this computer, which makes every step several times slower. This one begins "
    "when the other has ended, and is then faster. Estimate again at that time for a closer range."
)
NOT_READY = "Choose images first."


def estimated(found: Estimate) -> list[tuple[str, str, str, str]]:
    """(label, value, help, what is free of it) of an estimate."""
    return [
        ("Time", _time(found), _TIME_HELP, ""),
        (
            "Memory",
            units.data_size(found.memory_bytes),
            _MEMORY_HELP,
            _FREE.format(size=units.data_size(found.memory_free)),
        ),
        ("Disk", units.data_size(found.disk_bytes), _DISK_HELP, _FREE.format(size=units.data_size(found.disk_free))),
        ("Steps", f"{found.steps:,}", estimate_sentence(found), ""),
    ]


def _time(found: Estimate) -> str:
    """How long the whole run will take, as well as it is known: timed beside another training, that is a bound."""
    between = found.seconds_between or (found.seconds, found.seconds)
    if found.is_beside:
        return f"less than {units.duration(between[1])}"
    return units.duration_between(*between).removeprefix("about ")


_TIME_HELP = (
    "For the whole run, by the fastest and the slowest trial step: reading, teacher features, training steps, film, "
    "threshold and memory atlas."
)
_MEMORY_HELP = "Peak use on the device that computes."
_DISK_HELP = "Peak use during the run."
_FREE = "{size} free"
DISK_PROBLEM = "The run could not be written to disk ({reason}). Free some space and start again; nothing is lost."


def suggested_name(data: str) -> str:
    """What a run on this data is called unless the visitor says otherwise."""
    kind, _, rest = data.partition(":")
    if data in ELPV_NAMES:
        return f"Solar cells {rest}"
    if kind == "synthetic" and rest:
        return f"Synthetic {rest}"
    if data and data != "upload":
        return (data.replace("\\", "/").rstrip("/").rpartition("/")[2] or data)[:80]
    return "My part"


# ---------------------------------------------------------------------------------------------------------- runs


@dataclass(frozen=True)
class StateText:
    """How a state is shown: the badge's `colour` and `icon`, and what it means in a sentence of `help`."""

    colour: str
    icon: str
    help: str


_QUEUED = (
    "It starts by itself when its turn comes. What another workbench or a study trains on this computer takes turns "
    "with the trainings of this queue."
)
OTHERS_NEXT = "After that, a training of another workbench or of a study has the next turn."
AFTER_START = "Started now, this training would not begin at once. {waits}"


def waits_for(name: str, holder: Holder, left: str, place: str = "") -> str:
    """What a run waits for, since when, for how long, and what can be done.

    Args:
        name: of the run that holds the slot; "" for another program.
        left: how long its training still takes (`time_left`), "" where that is not known.
        place: the folder of that run, where it is not among the runs of this page.
    """
    who = f"the training “{name}”" if name else "another program"
    said = f"It waits for {who}{f', process {holder.pid}' if holder.pid else ''}{_since(holder.since)}"
    if holder.is_stopped:
        return (
            f"{said}. That process is **suspended** and does not go on by itself: in a terminal, "
            f"`kill -CONT {holder.pid}` lets it go on, and `kill -KILL {holder.pid}` ends it."
        )
    long = f"{left} left" if left else "how long is not known"
    where = f"where it was started; it lies in {place}" if place else "under Runs"
    sooner = f"cancel that training {where}" if name else "end that program"
    return f"{said} ({long}). To begin sooner, {sooner}."


def _since(moment: float) -> str:
    """The time of day, with the day if that was another; "" for 0."""
    if not moment:
        return ""
    then = datetime.datetime.fromtimestamp(moment)
    day = "" if then.date() == datetime.date.today() else f"{then.day} {then:%b} "
    return f", since {day}{then:%H:%M}"


STATES: dict[str, StateText] = {
    "created": StateText("gray", ":material/draft:", "It was created but never queued."),
    "queued": StateText("gray", ":material/hourglass_empty:", _QUEUED),
    "running": StateText("blue", ":material/play_circle:", "It is training in the background."),
    "stopping": StateText("orange", ":material/stop_circle:", "It was asked to stop."),
    "done": StateText("green", ":material/check_circle:", "Its model can be used."),
    "cancelled": StateText("gray", ":material/cancel:", "It was stopped and can be resumed."),
    "failed": StateText("red", ":material/error:", "It ended with an error; it is not offered as a model."),
    "lost": StateText("orange", ":material/help:", "Its process ended without a message."),
    "unreadable": StateText("red", ":material/broken_image:", "One of its files cannot be read."),
}
SILENT_SECONDS = 30.0
"""After so long without a report from the trainer the page says so."""


def badge(state: str) -> str:
    """A state as a Markdown badge."""
    shown = STATES[state]
    return f":{shown.colour}-badge[{shown.icon} {model_words.RUN_STATES[state]}]"


def progress(status: Status | None) -> tuple[float, str]:
    """Share of the phase that is done, 0..1, and the phase in words."""
    if status is None:
        return 0.0, f"{title_of('start')}…"
    share = min(1.0, status.done / status.total) if status.total else 0.0
    said = title_of(status.phase)
    if status.phase == "train":
        said += f": epoch {min(status.epoch + 1, status.epochs):,} of {status.epochs:,}"
    elif status.total:
        said += f": {status.done:,} of {status.total:,}"
    if left := time_left(status):
        said += f" · {left} left" if status.phase == "train" else f" · {left} left in this phase"
    return share, said


def time_left(status: Status) -> str:
    """How long the phase still takes, as a range where its steps are not equally fast; "" where that is not known."""
    if status.seconds_left is None or status.done >= status.total:
        return ""
    return units.duration_between(*(status.left_between or (status.seconds_left, status.seconds_left)))


def run_line(run: Run) -> str:
    """Where a run stands, in a few words for the list."""
    if run.state == "queued":
        return f"Number {run.position} in the queue" if run.position else "In the queue"
    if run.state in ("running", "stopping"):
        return f"{ENDS_EARLY} · {progress(run.status)[1]}" if run.is_finishing else progress(run.status)[1]
    day = model_words.moment(run.spec.created) if run.spec else ""
    if (early := run.ended_early) is not None:
        return f"Ended early, {early['epochs']:,} of {early['planned_epochs']:,} epochs · {day}"
    if run.state in ("cancelled", "failed", "lost") and run.status and run.status.epochs:
        return f"{run.kept_epochs:,} of {run.status.epochs:,} epochs kept · {day}"
    return "One of its files cannot be read" if run.state == "unreadable" else day


def told_apart(run: Run, photos: int) -> str:
    """What tells a run from others of its name: when it was made, unless `run_line` says it, and of how many photos."""
    says_when = run.state in ("queued", "running", "stopping", "unreadable")
    when = model_words.moment(run.spec.created) if run.spec and says_when else ""
    return " · ".join(filter(None, (f"made {when}" if when else "", units.plural(photos, "photo") if photos else "")))


def train_without(count: int) -> str:
    """What the button says once `count` photos were chosen."""
    return f"Train again without {units.plural(count, 'photo')}" if count else "Train again without them"


def name_without(name: str, left_out: Sequence[str]) -> str:
    """What a run is called that is trained again without some photos, by their paths; no longer than a name may be."""
    which = left_out[0].rpartition("/")[2] if len(left_out) == 1 else units.plural(len(left_out), "photo")
    said = f" without {units.cut(which, 30)}"
    return f"{name[: _LONGEST_NAME - len(said) - 5].rstrip()}{said}"


def free_name(name: str, taken: Collection[str]) -> str:
    """A name that is not taken yet: "My part", "My part 2", ..."""
    free = (f"{name[: _LONGEST_NAME - 5]} {number}" for number in itertools.count(2))
    return name if name not in taken else next(one for one in free if one not in taken)


def silence(seconds: float | None) -> str:
    """A warning when the trainer has not been heard of for long, or ""."""
    if seconds is None or seconds < SILENT_SECONDS:
        return ""
    return (
        f"The process is alive but has reported nothing for {units.duration(seconds)}. The computer may be busy or "
        "asleep; if this continues, cancel the run and resume it."
    )


TAKE_OUT = "Take out"
CANCEL, START, RESUME, RENAME, DELETE = "Cancel", "Start", "Resume", "Rename", "Delete"
DUPLICATE, COPY_NAME = "Duplicate with changes", "{name} copy"
CANCEL_QUESTION, DELETE_QUESTION, NAME_QUESTION = "Cancel this run?", "Delete this run?", "Rename this run"
FINISH, FINISH_QUESTION, ENDS_EARLY = "Finish now", "Finish this run now?", "Ends early"
FINISH_HELP = "Ends the training as if its steps were over, and makes a model of what it has learnt so far."
IS_FINISHING = "It ends with what it has learnt so far. The threshold is found next; Cancel keeps the run unfinished."
ANSWERS = {
    "cancel": ("Stop training", "Keep going"),
    "finish": ("Finish it", "Not now"),
    "delete": ("Delete it", "Keep it"),
}
"""Yes and no, by what is asked."""
SLOWER = "Try again with a fifth of the learning rate"
SLOWER_HELP = "Fills in the form with this run's data and settings and a lower learning rate; you start the run there."


def advice(run: Run) -> str:
    """What to do about a run that ended early, beyond its reason; "" for the others."""
    if run.state == "cancelled":
        finish = f"{FINISH} makes a model of what it has learnt; " if run.kept_epochs else ""
        return f"Resume continues where it stopped; {finish}a duplicate starts over with other settings."
    if run.state == "failed":
        return (
            "Fix the problem above, then resume, or duplicate the run with changes. Its model is not offered anywhere."
        )
    return ""


def cancelling(run: Run) -> str:
    """What cancelling does, said before it is done."""
    if run.state == "queued":
        return "It is taken out of the queue. You can put it back with Resume."
    kept, last = run.kept_epochs, len(run.history())
    if not last:
        after = "No epoch is finished yet, so Resume would start over."
    elif kept == last:
        after = f"The last finished epoch ({last:,}) is kept, and Resume continues from there."
    else:
        after = (
            f"The last finished epoch ({last:,}) is kept, or at least epoch {kept:,} if the process does not answer in "
            "time. Resume continues from there."
        )
    return f"Its process is stopped within two seconds. {after}"


def finishing(run: Run) -> str:
    """What ending a run early does, said before it is done; "" where no epoch is finished."""
    epochs = len(run.history()) if run.state == "running" else run.kept_epochs
    if not epochs or run.spec is None:
        return ""
    planned = run.status.epochs if run.status is not None else 0
    of = f" of {planned:,}" if planned > epochs else ""
    under_way = "The epoch that is under way does not count. " if run.state == "running" else ""
    train = run.spec.config.train
    falls = " Its learning rate has not come down yet, so a training to the end may find more." * (
        train.schedule != "constant"
    )
    light = " First the light models for the threshold are trained as long." * bool(train.cross_folds)
    return (
        f"The model is made of what was learnt up to epoch {epochs:,}{of}. {under_way}It gets its threshold like any "
        f"other and says how many of its steps it had; it cannot be trained on.{falls}{light}"
    )


NOTHING_LEARNT = "No epoch is finished yet, so there is nothing to make a model of. Press it after the first one."


_BRIEF = {
    "train.batch_size": "batch {}",
    "train.epochs": "{} epochs",
    "train.min_steps": "at least {} steps",
    "model.size": "{} pixels",
    "train.seed": "seed {}",
}
"""How a changed setting is named in passing; others have their name before their value."""
NAMED = 3
"""Most changed settings that are named in passing."""


def preset_used(spec: RunSpec) -> str:
    """The preset of a run, and what was changed of it: "preset small, changed: 6 epochs, batch 4"; "" without one."""
    if spec.preset not in PRESETS:
        return f"preset {spec.preset}" if spec.preset else ""
    changed = {path: value for path, (value, _) in differences(spec.config, PRESETS[spec.preset]).items()}
    if changed.get("train.min_steps") == 0 and "train.epochs" in changed:  # a number of one's own lifts it
        del changed["train.min_steps"]
    named = [
        "no minimum of steps"
        if (path, value) == ("train.min_steps", 0)
        else _BRIEF.get(path, f"{setting_words.title(path)} {{}}").format(setting_words.value(value, path))
        for path, value in changed.items()
    ]
    more = f" and {len(named) - NAMED:,} more" if len(named) > NAMED else ""
    return f"preset {spec.preset}" + (f", changed: {', '.join(named[:NAMED])}{more}" if named else "")


def facts(run: Run, photos: int) -> str:
    """Data, preset and main settings of a run in a line; `photos`: how many were uploaded for it."""
    if run.spec is None:
        return ""
    config = run.spec.config
    data = {
        "upload": units.plural(photos, "uploaded photo") if photos else "uploaded photos",
        "elpv:mono": "ELPV monocrystalline",
        "elpv:poly": "ELPV polycrystalline",
    }
    words = [
        f"Data: {units.plain(data.get(run.spec.data, run.spec.data))}",
        units.plain(preset_used(run.spec)),
        f"teacher {units.plain(config.model.teacher)}",
        units.pixels(config.model.size, config.model.size),
        f"created {model_words.moment(run.spec.created)}" if run.spec.created else "",
    ]
    return " · ".join(filter(None, words))


# -------------------------------------------------------------------------------------------------------- curves


@dataclass(frozen=True)
class Curve:
    """A value over epochs: its `title`, `unit`, and a `hint` that says what to look for."""

    title: str
    unit: str
    hint: str


CURVES: dict[str, Curve] = {
    "loss": Curve("Loss, Eq. (7)", "no unit", "Look for a fall that flattens out. A rise or a jump means trouble."),
    "L_RKD": Curve(
        "Rebuilding, L_RKD",
        "cosine distance",
        "Look for a steady fall: S₂, the rebuilder, learns to rebuild good parts.",
    ),
    "L_KD": Curve(
        "Copying, L_KD", "cosine distance", "Look for a steady fall: S₁, the copier, learns to imitate the teacher."
    ),
    "L_align": Curve(
        "Aligning, L_align", "β × distance", "Look for its end: it counts only while β is on, early in training."
    ),
    "L_query": Curve(
        "Entropy of the addressing, L_query", "nats", "Look for low values: each patch recalls few memory items."
    ),
    "held_out": Curve(
        "Held-out good images",
        "\N{MULTIPLICATION SIGN} last threshold, log",
        "Look for both lines to fall: the median, and dashed the threshold that they would give.",
    ),
    "learning_rate": Curve("Learning rate", "no unit", "Look for the schedule: constant, or up and down a cosine."),
    "beta": Curve("β, weight of aligning", "no unit", "Look for the step to 0, after which S₁ is on its own."),
    "items_per_query": Curve(
        "Memory items per patch",
        "effective items",
        "Look for a small number: a patch is recalled from few stored patterns.",
    ),
    "items_used": Curve(
        "Equally used memory items", "items", "Look for a value close to N: the memory is used evenly."
    ),
    "items_dead": Curve(
        "Dead memory items", "items", "Look for few: dead items get under 1 % of a fair share and store nothing."
    ),
    "images_per_second": Curve("Speed", "images per second", "Look for a level line; dips mean a busy computer."),
}
VIEW, LAST_LINES, NOTHING_PRINTED = "What to look at", "**The last lines of the log**", "Nothing has been printed yet."
RUN_FOLDER = "Folder: {path}"
INSPECT, EVALUATE = "Inspect with it", "Evaluate it"
NO_CARD, CARD_DOWNLOAD, CARD_FILE = "This model has no card.", "Card (Markdown)", "{run}-card.md"


IN_SIGHT = 2
"""How many of `live_numbers` are seen at once; the progress bar has the epochs and the time left."""
MORE_NUMBERS = "More numbers of this training"


def live_numbers(status: Status) -> list[tuple[str, str, str]]:
    """(label, value, help) of what a run that trains has reported, first what everybody wants to know."""
    memory, terms = status.memory, status.losses
    numbers: list[tuple[str, float | None, Callable[[float], str], str]] = [
        ("Loss", terms.get("loss"), units.number, "Eq. (7), mean over the epoch so far. It should fall."),
        ("Images/s", status.images_per_second, units.number, "Images per second, mean over the epoch so far."),
        ("Running for", status.seconds or None, units.duration, f"On {status.device}."),
        ("Memory taken", status.memory_bytes or None, units.data_size, "Largest so far; of the GPU if one is used."),
        *(
            (units.symbols(CURVES[t].title), value, units.number, CURVES[t].hint)
            for t, value in terms.items()
            if t != "loss" and t in CURVES
        ),
        ("Learning rate", status.learning_rate, units.number, "Of the current step."),
        ("β", status.beta, units.number, "Weight of aligning in this epoch."),
        ("Items per patch", memory.get("items_per_query"), units.number, CURVES["items_per_query"].hint),
        ("Equally used items", memory.get("items_used"), units.number, CURVES["items_used"].hint),
        ("Dead items", memory.get("items_dead"), "{:,.0f}".format, CURVES["items_dead"].hint),
    ]
    return [(label, "–" if value is None else written(value), help) for label, value, written, help in numbers]


def setting_row(path: str, value: object, base: Mapping[str, object]) -> dict[str, str]:
    """A setting of a run in its table, beside the value of the preset `base`, if there is one."""
    preset = setting_words.value(base[path], path) if base else ""
    return {
        "Setting": setting_words.title(path),
        "Value": setting_words.value(value, path),
        "Preset": preset,
        "Path": path,
    }


NO_HISTORY = "Curves appear after the first epoch."
REPLACED = "The run is replacing these files. One moment, please."

# ---------------------------------------------------------------------------------------------------------- card


def results(metrics: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(label, value, help) of the measured results of the first score expression, [] without any."""
    scores = metrics.get("scores") or {}
    first: Mapping[str, float | None] = next(iter(scores.values()), {})
    return [
        (name.short, f"{value:.3f}", name.meaning)
        for key, name in METRIC_NAMES.items()
        if (value := first.get(key)) is not None
    ]


NOT_MEASURED = (
    "The data had no labelled test images, so nothing was measured. Evaluate the model on a test set of your own."
)


def measured_later(entry: ModelEntry) -> str:
    """What Evaluate has measured since, of a model whose data had no labelled test images."""
    return f"The data had no labelled test images. Evaluate has measured it since: {model_words.measured(entry)}."


_CROSSED_HELP = (
    "Images that {folds} light models scored, each without having learnt from them. They set the threshold, "
    "{threshold}: {share} of them score at or below it. The model has learnt from all of them."
)
_HELD_OUT_HELP = (
    "Good images that training did not see. Their scores set the threshold, {threshold}, which {share} of them do not "
    "exceed."
)
CURVE_TOLD = "{name}<br>epoch %{{x}}: %{{y:.4g}}<extra></extra>"


def calibrated(calibration: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(label, value, help) of what a finished model's threshold rests on, [] without one."""
    if "threshold" not in calibration:
        return []
    threshold, share = units.number(calibration["threshold"]), units.percent(calibration["threshold_quantile"])
    crossed = calibration.get("false_alarms", {}).get("folds", 0)
    label, help = ("Images for the threshold", _CROSSED_HELP) if crossed else ("Held-out images", _HELD_OUT_HELP)
    said = help.format(threshold=threshold, share=share, folds=crossed)
    return [(label, f"{calibration['normal_images']:,}", said)]
