"""A histogram of image scores whose threshold is dragged with mouse or finger, or moved with the arrow keys.

What every threshold would do is told while the line moves, from numbers that the browser has been given; the server
hears of a threshold only when the line is let go.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import streamlit as st

from workbench.components import base
from workbench.shared import text, theme

SMALLEST = 1e-12
"""A score that still has a place on a logarithmic axis."""
MARGIN = 0.015
"""Share of the axis that is added at each end, so that the line can be taken hold of there."""

_CSS = """
.histogram { font-family: var(--st-font, sans-serif); color: var(--st-text-color); font-size: 0.82rem;
  line-height: 1.3; user-select: none; -webkit-user-select: none; }
.sides { display: flex; justify-content: space-between; gap: 16px; font-variant-numeric: tabular-nums; }
.sides > div:last-child { text-align: right; }
.sides b { display: block; font-weight: 650; }
.sides .plain { min-height: 1.3em; }
.plot { position: relative; margin-top: 26px; cursor: pointer; }
svg { display: block; width: 100%; overflow: visible; }
text { fill: var(--st-text-color); font-size: 12px; }
.faded { opacity: 0.72; }
.slider { position: absolute; top: 0; width: 44px; margin-left: -22px; cursor: ew-resize; touch-action: pan-y;
  outline: none; }
.line { position: absolute; top: 0; bottom: 0; left: 50%; width: 2px; margin-left: -1px;
  background: var(--st-text-color); }
.grip { position: absolute; top: 50%; left: 50%; width: 28px; height: 28px; margin: -14px 0 0 -14px; line-height: 22px;
  box-sizing: border-box; text-align: center; border-radius: 50%; font-size: 19px; color: var(--st-text-color);
  background: var(--st-background-color); border: 2px solid var(--st-text-color); }
.slider:hover .grip, .slider.held .grip { border-color: var(--st-primary-color); }
.slider:focus-visible .grip { outline: 3px solid var(--st-primary-color); outline-offset: 2px; }
.slider:focus-visible .line, .slider.held .line { background: var(--st-primary-color); }
.value { position: absolute; bottom: 100%; margin-bottom: 4px; white-space: nowrap; font-weight: 650;
  font-size: 0.86rem; font-variant-numeric: tabular-nums; pointer-events: none; }
.tip { position: absolute; top: 6px; padding: 5px 9px; border-radius: 6px; white-space: pre; pointer-events: none;
  background: var(--st-background-color); border: 1px solid var(--st-border-color, rgba(128, 128, 128, 0.4));
  box-shadow: 0 2px 8px rgba(0, 0, 0, 0.18); font-variant-numeric: tabular-nums; z-index: 1; }
.names { display: flex; flex-wrap: wrap; gap: 2px 16px; margin-top: 6px; }
.names span { display: inline-flex; align-items: center; gap: 6px; }
.names i { width: 14px; height: 12px; box-sizing: border-box; border-radius: 2px; }
.names i.line-key { height: 0; border-radius: 0; border-top: 2px dotted; }
.names i.mark-key { width: 10px; height: 10px; transform: rotate(45deg); }
"""

_JS = (
    base.MAKE
    + """
const shape = (tag, parent, settings) => {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(settings)) element.setAttribute(name, value);
  parent.appendChild(element);
  return element;
};
const clip = (value, low, high) => Math.min(high, Math.max(low, value));
const LEFT = 44, RIGHT = 10, BELOW = 40;
const build = (root) => {
  const sides = make('div', 'sides', root);
  const parts = { sides: [0, 1].map(() => { const side = make('div', '', sides);
    return { name: make('b', '', side), told: make('div', 'plain', side) }; }) };
  parts.plot = make('div', 'plot', root);
  parts.svg = shape('svg', parts.plot, { role: 'img' });
  parts.slider = make('div', 'slider', parts.plot);
  make('div', 'line', parts.slider);
  make('div', 'grip', parts.slider).textContent = '\\u2194';
  parts.slider.tabIndex = 0;
  parts.slider.setAttribute('role', 'slider');
  parts.slider.setAttribute('aria-orientation', 'horizontal');
  parts.value = make('div', 'value', parts.plot);
  parts.tip = make('div', 'tip', parts.plot);
  parts.tip.style.display = 'none';
  parts.names = make('div', 'names', root);
  parts.at = 0;
  new ResizeObserver(() => root._draw && root._draw()).observe(parts.plot);
  return parts;
};
export default function ({ parentElement, data, setTriggerValue }) {
  let root = parentElement.querySelector('.histogram');
  if (!root) {
    root = make('div', 'histogram', parentElement);
    root._parts = build(root);
  }
  const parts = root._parts;
  const { svg, slider, plot, tip } = parts;
  const high = data.height;
  const span = () => Math.max(1, plot.clientWidth - LEFT - RIGHT);
  const x = (share) => LEFT + share * span();
  const y = (count) => high * (1 - count / data.top);

  const show = (at) => {
    parts.at = at;
    const place = x(data.stops[at]);
    slider.style.left = `${place}px`;
    for (const [name, value] of [['valuenow', at], ['valuetext', data.spoken[at]]]) {
      slider.setAttribute(`aria-${name}`, value);
    }
    parts.value.textContent = data.labels[at];
    const half = parts.value.offsetWidth / 2;
    parts.value.style.left = `${clip(place - half, 0, Math.max(0, plot.clientWidth - 2 * half))}px`;
    parts.sides.forEach((side, i) => { side.told.textContent = data.told[at][i]; });
    if (!root._grounds) return;
    root._grounds.forEach((ground, i) => {
      ground.setAttribute('x', i ? place : LEFT);
      ground.setAttribute('width', Math.max(0, i ? LEFT + span() - place : place - LEFT));
    });
    if (!root._mark) return;
    const colour = data.colours[data.mark.at > data.stops[at] ? 1 : 0];
    root._mark.setAttribute('fill', colour);
    root._markKey.style.background = colour;
  };

  root._draw = () => {
    if (!plot.clientWidth) return;
    svg.replaceChildren();
    svg.setAttribute('height', high + BELOW);
    const frame = { y: 0, height: high };
    const id = `side-${data.id}-`;
    root._grounds = [0, 1].map((i) => shape('rect', shape('clipPath', svg, { id: id + i }), frame));
    [0, 1].forEach((i) => shape('rect', svg, { x: LEFT, width: span(), ...frame, fill: data.colours[i],
      'fill-opacity': 0.06, 'clip-path': `url(#${id}${i})` }));
    data.rows.forEach((count) => {
      const line = { x1: LEFT, x2: LEFT + span(), y1: y(count), y2: y(count) };
      shape('line', svg, { ...line, stroke: 'currentColor', 'stroke-opacity': count ? 0.12 : 0.5 });
      shape('text', svg, { x: LEFT - 7, y: y(count) + 4, 'text-anchor': 'end', class: 'faded' }).textContent =
        count.toLocaleString('en');
    });
    let last = -Infinity;
    data.ticks.forEach(({ at, label }) => {
      shape('line', svg, { x1: x(at), x2: x(at), y1: high, y2: high + 4, stroke: 'currentColor',
        'stroke-opacity': 0.5 });
      const half = 3.4 * label.length;
      if (x(at) - half < last + 8) return;
      last = x(at) + half;
      shape('text', svg, { x: x(at), y: high + 17, 'text-anchor': 'middle', class: 'faded' }).textContent = label;
    });
    shape('text', svg, { x: LEFT + span() / 2, y: high + 36, 'text-anchor': 'middle', class: 'faded' }).textContent =
      data.axis;
    shape('text', svg, { x: 12, y: high / 2, 'text-anchor': 'middle', class: 'faded',
      transform: `rotate(-90 12 ${high / 2})` }).textContent = data.counted;
    root._band = shape('rect', svg, { ...frame, x: 0, width: 0, fill: 'currentColor', 'fill-opacity': 0.08 });
    const hills = data.series.map((series) => {
      const steps = series.counts.map((count, i) => `V${y(count)}H${x(data.edges[i + 1])}`).join('');
      return { ...series, d: `M${x(data.edges[0])} ${high}${steps}V${high}` };
    });
    hills.forEach(({ d, colour }) => shape('path', svg, { d, fill: colour, 'fill-opacity': 0.2 }));
    hills.forEach(({ d, colour, wrong }) => shape('path', svg, { d, fill: colour, 'fill-opacity': 0.6,
      'clip-path': `url(#${id}${wrong})` }));
    hills.forEach(({ d, colour }) => shape('path', svg, { d, fill: 'none', stroke: colour, 'stroke-width': 1.8 }));
    if (data.reference) {
      const place = x(data.reference.at);
      shape('line', svg, { x1: place, x2: place, y1: 0, y2: high, stroke: data.reference.colour, 'stroke-width': 2,
        'stroke-dasharray': '2 4' });
    }
    root._mark = null;
    if (data.mark) {
      const [across, up] = [x(data.mark.at), 0.5 * high];
      root._mark = shape('path', svg, { d: `M${across} ${up - 10}l10 10l-10 10l-10 -10Z`, stroke: '#fff',
        'stroke-width': 1.5 });
    }
    slider.style.height = `${high}px`;
    show(parts.at);
  };

  const nearest = (share) => {
    let found = 0;
    data.stops.forEach((stop, i) => {
      if (Math.abs(stop - share) < Math.abs(data.stops[found] - share)) found = i;
    });
    return found;
  };
  const shareAt = (clientX) => (clientX - plot.getBoundingClientRect().left - LEFT) / span();
  const tell = () => {
    clearTimeout(root._waiting);
    root._waiting = null;
    if (parts.at !== root._told) setTriggerValue('threshold', data.values[parts.at]);
    root._told = parts.at;
  };

  [data.left, data.right].forEach((name, i) => { parts.sides[i].name.textContent = name; });
  svg.setAttribute('aria-label', data.label);
  slider.setAttribute('aria-label', data.handle);
  slider.setAttribute('aria-valuemin', 0);
  slider.setAttribute('aria-valuemax', data.stops.length - 1);
  parts.names.replaceChildren();
  const name = (words, className, style) => {
    const entry = make('span', '', parts.names);
    const sign = make('i', className, entry);
    Object.assign(sign.style, style);
    entry.append(words);
    return sign;
  };
  data.series.forEach((series) => name(series.name, '', { border: `2px solid ${series.colour}`,
    background: `color-mix(in srgb, ${series.colour} 25%, transparent)` }));
  if (data.mark) root._markKey = name(data.mark.name, 'mark-key', {});
  if (data.reference) name(data.reference.name, 'line-key', { borderColor: data.reference.colour });

  const hide = () => {
    tip.style.display = 'none';
    if (root._band) root._band.setAttribute('width', 0);
  };
  const point = (event) => {
    const share = shareAt(event.clientX);
    const within = event.clientY - plot.getBoundingClientRect().top <= high;
    const bin = data.edges.findIndex((edge, i) => i && share < edge) - 1;
    if (!within || bin < 0 || share < data.edges[0]) return hide();
    const [from, to] = [x(data.edges[bin]), x(data.edges[bin + 1])];
    root._band.setAttribute('x', from);
    root._band.setAttribute('width', to - from);
    tip.textContent = data.bins[bin];
    tip.style.display = '';
    const wide = tip.offsetWidth;
    const beside = to + 12 + wide <= plot.clientWidth ? to + 12 : from - 12 - wide;
    tip.style.left = `${clip(beside, 0, Math.max(0, plot.clientWidth - wide))}px`;
  };
  let held = null;
  const release = (keep) => {
    if (!held) return;
    slider.classList.remove('held');
    if (!keep) show(held.from);
    held = root._held = null;
    tell();
  };
  slider.onpointerdown = (event) => {
    if (event.button) return;
    event.preventDefault();
    slider.focus({ preventScroll: true, focusVisible: false });
    slider.setPointerCapture(event.pointerId);
    slider.classList.add('held');
    hide();
    held = root._held = { offset: event.clientX, start: x(data.stops[parts.at]), from: parts.at };
  };
  slider.onpointermove = (event) => {
    if (held) show(nearest((held.start + event.clientX - held.offset - LEFT) / span()));
  };
  slider.onpointerup = () => release(true);
  slider.onpointercancel = () => release(false);
  slider.onclick = (event) => event.stopPropagation();
  slider.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const far = event.shiftKey ? 10 : 1;
    const end = data.stops.length - 1;
    const to = { ArrowLeft: parts.at - far, ArrowDown: parts.at - far, ArrowRight: parts.at + far,
      ArrowUp: parts.at + far, PageDown: parts.at - 10, PageUp: parts.at + 10, Home: 0, End: end }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(clip(to, 0, end));
    clearTimeout(root._waiting);
    root._waiting = setTimeout(tell, 350);
  };
  slider.onblur = () => { if (root._waiting) tell(); };
  plot.onclick = (event) => { show(nearest(shareAt(event.clientX))); tell(); };
  plot.onpointermove = (event) => { if (event.pointerType === 'mouse' && !held) point(event); };
  plot.onpointerleave = hide;

  // While it is being moved, what the server says of an earlier place does not take it away.
  const moving = root._held || root._waiting;
  if (root._held) held = root._held;
  parts.at = moving ? clip(parts.at, 0, data.stops.length - 1) : data.now;
  if (!moving) root._told = data.now;
  root._draw();
}
"""
)

_mount = st.components.v2.component("nnet_threshold_histogram", css=_CSS, js=_JS)


@dataclass(frozen=True)
class Group:
    """The images of one kind: what they are called, their `colour`, their `scores` (n,), and on which side of the
    threshold they stand if it is `wrong` about them, "left" or "right"; there they are filled strongly."""

    name: str
    colour: str
    scores: np.ndarray
    wrong: str


@dataclass(frozen=True)
class Stop:
    """A threshold that can be chosen: its `value`, its `label` above the line, and what stands `left` and `right` of
    it, in words."""

    value: float
    label: str
    left: str
    right: str


def data(
    groups: Sequence[Group],
    edges: np.ndarray,
    stops: Sequence[Stop],
    threshold: float,
    *,
    label: str,
    reference: tuple[str, float] | None = None,
    mark: tuple[str, float] | None = None,
    height: int = 250,
) -> dict[str, object]:
    """What the browser is given; every position is a share 0..1 of the logarithmic axis, rounded to 1e-6.

    Args:
        groups: one or two kinds of images.
        edges: (b + 1,) rising borders of the bins, > 0; a score outside stands in the first or last bin.
        stops: in rising order.
        threshold: the stop that is chosen, or near to it.
        label: what a screen reader says of the histogram.
        reference: name and score of a second threshold, drawn as a dotted line.
        mark: name and score of one image, drawn as a diamond.
        height: of the plot in pixels, without what is written around it.
    """
    values = [stop.value for stop in stops]
    low, high = _axis(edges, values)

    def share(score: float) -> float:
        return round((math.log10(min(max(score, 10**low), 10**high)) - low) / (high - low), 6)

    counts = [histogram(group.scores, edges) for group in groups]
    rows = count_ticks(max(int(count.max()) for count in counts))
    return {
        "height": height,
        "edges": [share(edge) for edge in edges],
        "bins": _bins([group.name for group in groups], counts, edges),
        "series": [
            {
                "name": group.name,
                "colour": group.colour,
                "counts": count.tolist(),
                "wrong": ("left", "right").index(group.wrong),
            }
            for group, count in zip(groups, counts, strict=True)
        ],
        "top": max(1.06 * max(int(count.max()) for count in counts), rows[-1]),
        "rows": rows,
        "ticks": [{"at": share(tick), "label": text.tick(tick)} for tick in score_ticks(10**low, 10**high)],
        "values": values,
        "stops": [share(value) for value in values],
        "labels": [stop.label for stop in stops],
        "told": [[stop.left, stop.right] for stop in stops],
        "spoken": [text.threshold_spoken(stop.label, stop.left, stop.right) for stop in stops],
        "now": min(range(len(values)), key=lambda i: abs(values[i] - threshold)),
        "colours": [theme.NORMAL, theme.ANOMALOUS],
        "reference": reference and {"name": reference[0], "at": share(reference[1]), "colour": theme.THRESHOLD},
        "mark": mark and {"name": mark[0], "at": share(mark[1])},
        "label": label,
        **text.THRESHOLD_WORDS,
    }


def draw(key: str, shown: Mapping[str, object], on_move: Callable[[float], None]) -> None:
    """Draw the histogram.

    Args:
        key: unique on the page.
        shown: made by `data`.
        on_move: called with the threshold that was chosen, one of the stops' values, before the next run.
    """
    moves = f"{key}_moves"

    def moved() -> None:
        value = st.session_state[key].threshold
        if value is not None:
            st.session_state[moves] = st.session_state.get(moves, 0) + 1
            on_move(float(value))

    # With the number of moves the browser hears of every answer, also of one that puts the line back.
    _mount(key=key, data={**shown, "id": key, "moves": st.session_state.get(moves, 0)}, on_threshold_change=moved)


def histogram(scores: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """How many scores lie in each bin, int (b,); those outside the borders stand in the first or last."""
    return np.histogram(np.clip(scores, edges[0], edges[-1]), edges)[0]


def score_ticks(low: float, high: float) -> list[float]:
    """Round scores for a logarithmic axis from `low` to `high`, some three to nine of them where there are that many.

    They are powers of ten, or 1, 2 and 5 times those, or, on an axis that spans little, equally far apart.
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    every = max(1, math.ceil(len(powers) / 9))
    for factors in ((1,), (1, 2, 5)):
        found = [factor * 10.0**power for power in powers[::every] for factor in factors]
        found = [value for value in found if low <= value <= high]
        if len(found) >= 4:
            return found
    step = _round_step((high - low) / 5)
    return [float(f"{i * step:.12g}") for i in range(math.ceil(low / step), math.floor(high / step) + 1)]


def count_ticks(largest: int) -> list[int]:
    """Round counts from 0 to about the largest, at most six."""
    step = max(1, round(_round_step(max(largest, 1) / 4)))
    return list(range(0, max(largest, 1) + 1, step))


def _round_step(about: float) -> float:
    """1, 2 or 5 times a power of ten, the nearest one that is not below 0.8 of what is wanted."""
    power = 10.0 ** math.floor(math.log10(about))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= 0.8 * about)


def _axis(edges: np.ndarray, stops: Sequence[float]) -> tuple[float, float]:
    """Both ends of the axis as logarithms to base 10."""
    low = math.log10(max(min(float(edges[0]), stops[0]), SMALLEST))
    high = math.log10(max(float(edges[-1]), stops[-1]))
    room = MARGIN * max(high - low, 1e-3)
    return low - room, high + room


def _bins(names: Sequence[str], counts: Sequence[np.ndarray], edges: np.ndarray) -> list[str]:
    """What is told of each bin under the pointer."""
    return [
        text.bin_content(float(a), float(b), {name: int(count[i]) for name, count in zip(names, counts, strict=True)})
        for i, (a, b) in enumerate(pairwise(edges))
    ]
