"""What is said about a training film."""

import math

from nnet.runs import Frame, Probe
from nnet.runs.film import HELD_OUT_KEY
from workbench.shared import units

FILM_ABOUT = (
    "A few images are pinned, and every few epochs the network is asked about them. Move through the epochs and "
    "watch it learn: good parts go dark, defects stay bright."
)
NO_FILM = "The film appears with its first frame, before the first training step."
PROBE, FILM_SCALE, FILM_LABEL = "Pinned image", "Colour scale", "Epoch of {probe}"
HEAT, SCORES_TITLE = "Where it is unlike the good ones", "**Score of each pinned image over the epochs**"
EACH_TICKS, EACH_UNIT = {0.0: "0", 1.0: "threshold at that epoch", 2.0: "≥ 2 ×"}, "score"
PROBE_HELP = "The pinned images: normal ones that training has not seen, and defective ones if the data has any."
FILM_SCALES = {"one": "Same for all epochs", "each": "Each epoch's own"}
FILM_SCALE_HELP = (
    "Same for all epochs: the newest epoch's threshold is in the middle of the scale, so early epochs are bright "
    "and later ones calm down. Each epoch's own: the scale is set by the threshold that the held-out good images "
    "would give at that epoch."
)
SCORES_HINT = (
    "Look for the lines to separate: good images sink below the dotted threshold, defective ones stay above it."
)
PROBE_KINDS = {"normal": "normal", "defective": "defective", "painted": "painted damage"}
SCORE_KEY = PROBE_KINDS | {"range": "range of held-out good images", "threshold": "threshold"}
MAP_SCALE_HINT = (
    "1 is the level that 99 % of the pixels of the pinned normal images stay below, so colours can be compared "
    "across maps."
)


def probe_label(number: int, probe: Probe) -> str:
    """A pinned image in the list: "4 · defective: crack, 0012.png". The number keeps those of one caption apart."""
    if probe.key.startswith(HELD_OUT_KEY):  # of a picture that is a part of one, or of a film that kept no names
        return f"{number} · held-out good picture {probe.key.removeprefix(HELD_OUT_KEY)}"
    caption = probe.caption or PROBE_KINDS.get(probe.kind, probe.kind)
    name = probe.key.rsplit("/", 1)[-1]
    return f"{number} · {caption}, {units.cut(name)}" if "." in name else f"{number} · {caption}"


def frame_line(frame: Frame, probe: int, level: float) -> str:
    """What is read below the slider: "1.8 × threshold, anomalous"."""
    score = float(frame.scores[probe])
    if level <= 0 or not math.isfinite(score):
        return f"score {units.number(score)}"
    verdict = "anomalous" if score > level else "normal"
    return f"{units.times(score / level)} {units.TIMES} threshold · {verdict}"


def epoch_title(epoch: int) -> str:
    """An epoch on the slider."""
    return "before the first step" if epoch == 0 else f"epoch {epoch:,}"


SCORE_AXIS = "score, \N{MULTIPLICATION SIGN} last threshold"
LEVEL_TOLD = "threshold at epoch %{x}: %{y:.3g} \N{MULTIPLICATION SIGN} that of the last<extra></extra>"
"""What the threshold's line says under the pointer, as Plotly fills it in."""


def score_told(name: str) -> str:
    """The same of a pinned image, whose name is HTML."""
    return f"{name}<br>epoch %{{x}}: %{{y:.3g}} {units.TIMES} threshold<br>score %{{customdata:.3g}}<extra></extra>"
