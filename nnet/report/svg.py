"""The report's charts as SVG: numbers in, markup out. Their colours are classes, which the page's style fills in.

Every text in them is a number or one of the sentences of `nnet.report.words`, and is escaped.
"""

import math
from collections.abc import Iterable, Sequence

import numpy as np
from markupsafe import Markup

from nnet.report import words
from nnet.units import bars as bar_count

_WIDTH, _HEIGHT = 420, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 24, 26, 44
_FEW, _DOT = 40, 5  # up to so many pictures are a dot each, of this radius


def histogram(ratios: np.ndarray, defective: np.ndarray, threshold: float = 1.0) -> Markup:
    """How many good and defective pictures score how high, on a logarithmic axis.

    Args:
        ratios: (n,) image scores as multiples of the model's own threshold.
        defective: (n,) bool.
        threshold: the one that decides, in the same unit.
    """
    edges = _edges(ratios, threshold)
    x = _scale((math.log(edges[0]), math.log(edges[-1])), (_LEFT, _WIDTH - _RIGHT))
    few = len(ratios) <= _FEW
    parts = _dots(ratios, defective, edges, x) if few else _bars(ratios, defective, edges, x)
    for tick in _tens(edges):
        parts.append(_text(x(math.log(tick)), _HEIGHT - _BOTTOM + 17, words.tick(tick), "middle"))
    at = x(math.log(threshold))
    parts.append(_line((at, _TOP - 8), (at, _HEIGHT - _BOTTOM), "threshold"))
    beside = ("end", -5) if at > _WIDTH / 2 else ("start", 5)
    parts.append(_text(at + beside[1], _TOP - 10, words.THRESHOLD_MARK, beside[0]))
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 6, words.HISTOGRAM_AXIS, "middle"))
    return _chart(words.HISTOGRAM, parts)


def _bars(ratios: np.ndarray, defective: np.ndarray, edges: np.ndarray, x: "_scale") -> list[Markup]:
    counts = [np.histogram(np.clip(ratios[which], edges[0], edges[-1]), edges)[0] for which in (~defective, defective)]
    most = max(1, *(int(count.max(initial=0)) for count in counts))
    y = _scale((0, most), (_HEIGHT - _BOTTOM, _TOP))
    parts = [_line((_LEFT, y(tick)), (_WIDTH - _RIGHT, y(tick)), "grid") for tick in _whole(most)]
    parts += [_text(_LEFT - 5, y(tick) + 4, f"{tick:,}", "end") for tick in _whole(most)]
    lefts = [x(math.log(edge)) for edge in edges]
    for name, bars in zip(("good", "bad"), counts, strict=True):
        for i, count in enumerate(bars.tolist()):
            if count:
                parts.append(_bar(name, (lefts[i], y(count)), (lefts[i + 1], y(0))))
    return parts


def _dots(ratios: np.ndarray, defective: np.ndarray, edges: np.ndarray, x: "_scale") -> list[Markup]:
    """A dot for each picture, in the lowest row in which it touches no other; bars one picture high say little."""
    parts = [_line((_LEFT, _HEIGHT - _BOTTOM), (_WIDTH - _RIGHT, _HEIGHT - _BOTTOM), "grid")]
    ends: list[float] = []
    for ratio, bad in sorted(zip(np.clip(ratios, edges[0], edges[-1]).tolist(), defective.tolist(), strict=True)):
        at = x(math.log(ratio))
        row = next((row for row, end in enumerate(ends) if at - end >= 2 * _DOT + 1), len(ends))
        ends[row : row + 1] = [at]
        up = max(_TOP, _HEIGHT - _BOTTOM - _DOT - 1 - row * (2 * _DOT + 1))
        name = "bad" if bad else "good"
        parts.append(Markup(f'<circle class="{name}" cx="{_half(at)}" cy="{_half(up)}" r="{_DOT}"/>'))
    return parts


def roc(scores: np.ndarray, defective: np.ndarray, threshold: float) -> Markup:
    """The ROC curve over pictures, with a dot where the threshold is."""
    levels = [*np.unique(scores)[::-1].tolist(), -np.inf]  # above the highest is nothing, above the last everything
    shares = np.array([_shares(scores, defective, level) for level in levels])
    return curve("roc", shares[:, 0], shares[:, 1], _shares(scores, defective, threshold))


def precision_recall(scores: np.ndarray, defective: np.ndarray, threshold: float) -> Markup:
    """The precision-recall curve over pictures, with a dot where the threshold is."""
    points = np.array(
        [_precision(scores, defective, level) for level in [*np.unique(scores)[-2::-1].tolist(), -np.inf]]
    )
    return curve("pr", points[:, 0], points[:, 1], _precision(scores, defective, threshold))


def curve(name: str, across: np.ndarray, up: np.ndarray, dot: tuple[float, float] | None = None) -> Markup:
    """A curve of shares, 0..1 both ways, with the words of `nnet.report.words.CURVES`.

    Points that round to the same half pixel are drawn once.
    """
    title, rising, along = words.CURVES[name]
    x, y = _scale((0, 1), (_LEFT, _WIDTH - _RIGHT)), _scale((0, 1), (_HEIGHT - _BOTTOM, _TOP))
    parts = [_line((x(0), y(tick)), (x(1), y(tick)), "grid") for tick in (0, 0.5, 1)]
    parts += [_text(_LEFT - 5, y(tick) + 4, f"{tick:.0%}", "end") for tick in (0, 0.5, 1)]
    parts += [_text(x(tick), _HEIGHT - _BOTTOM + 17, f"{tick:.0%}", "middle") for tick in (0, 0.5, 1)]
    points = dict.fromkeys(f"{_half(x(a))},{_half(y(b))}" for a, b in zip(across.tolist(), up.tolist(), strict=True))
    parts.append(Markup(f'<polyline class="curve" points="{" ".join(points)}"/>'))
    if dot is not None:
        parts.append(Markup(f'<circle class="bad dot" cx="{_half(x(dot[0]))}" cy="{_half(y(dot[1]))}" r="6"/>'))
    parts.append(_text(_LEFT, _TOP - 10, rising, "start"))
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 6, along, "middle"))
    return _chart(title, parts)


def _half(pixels: float) -> str:
    return f"{round(2 * pixels) / 2:g}"


def _shares(scores: np.ndarray, defective: np.ndarray, threshold: float) -> tuple[float, float]:
    """Of the good and of the defective pictures, the share that is flagged."""
    flagged = scores > threshold
    return float(flagged[~defective].mean()), float(flagged[defective].mean())


def _precision(scores: np.ndarray, defective: np.ndarray, threshold: float) -> tuple[float, float]:
    """Recall and precision; the precision is 1 where nothing is flagged."""
    flagged = scores > threshold
    return float(flagged[defective].mean()), float(defective[flagged].mean()) if flagged.any() else 1.0


def _edges(ratios: np.ndarray, threshold: float) -> np.ndarray:
    """Borders of the bars, even on a logarithmic scale; all scores and the threshold lie between them."""
    positive = [*ratios[ratios > 0].tolist(), threshold]
    return np.geomspace(min(positive) / 1.1, max(positive) * 1.1, bar_count(len(ratios)) + 1)


def _tens(edges: np.ndarray) -> list[float]:
    """The powers of ten between the borders; with fewer than two of them, both ends."""
    low, high = math.ceil(math.log10(edges[0])), math.floor(math.log10(edges[-1]))
    found = [10.0**power for power in range(low, high + 1)]
    return found if len(found) > 1 else [float(edges[0]), float(edges[-1])]


def _whole(most: int) -> Sequence[int]:
    """About four whole numbers from 0 up to `most`."""
    raw = max(1.0, most / 4)
    unit = 10 ** math.floor(math.log10(raw))
    step = int(next(unit * k for k in (1, 2, 5, 10) if unit * k >= raw))
    return range(0, most + 1, step)


class _scale:
    """A straight line from `values` to `pixels`."""

    def __init__(self, values: tuple[float, float], pixels: tuple[float, float]) -> None:
        self._from, self._to = values, pixels

    def __call__(self, value: float) -> float:
        share = (value - self._from[0]) / (self._from[1] - self._from[0])
        return self._to[0] + share * (self._to[1] - self._to[0])


def _bar(name: str, corner: tuple[float, float], opposite: tuple[float, float]) -> Markup:
    (x1, y1), (x2, y2) = corner, opposite
    return Markup(f'<rect class="{name}" x="{x1:.1f}" y="{y1:.1f}" width="{x2 - x1:.1f}" height="{y2 - y1:.1f}"/>')


def _line(start: tuple[float, float], end: tuple[float, float], name: str) -> Markup:
    (x1, y1), (x2, y2) = start, end
    return Markup(f'<line class="{name}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>')


def _text(x: float, y: float, said: str, anchor: str) -> Markup:
    return Markup(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">' + "{}</text>").format(said)


def _chart(title: str, parts: Iterable[Markup]) -> Markup:
    opening = Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">').format(_WIDTH, _HEIGHT, title)
    return opening + Markup("").join(parts) + Markup("</svg>")
