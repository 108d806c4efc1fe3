"""The score circuit as a picture that is worked with: maps are taken in and out, signs flipped.

Every map and every sign is a button, so that it works with a mouse, a finger and the keyboard alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import streamlit as st

from workbench.shared import pictures

_CSS = """
.circuit { container-type: inline-size; font-family: var(--st-font, sans-serif); color: var(--st-text-color); }
.row { display: flex; align-items: stretch; gap: 8px; }
.pair { flex: 1 1 0; min-width: 0; display: flex; flex-direction: column; padding: 8px 10px 6px; border-radius: 12px;
  border: 1px solid var(--st-border-color, rgba(128, 128, 128, 0.35)); }
.pair.single { flex-grow: 0.55; }
.pair.out { border-style: dashed; }
.scale { font-size: 0.74rem; opacity: 0.72; text-align: center; margin-top: auto; padding-top: 3px; }
.maps { display: grid; grid-template-columns: minmax(0, 148px) auto minmax(0, 148px); justify-content: center;
  gap: 0 6px; }
.single .maps { grid-template-columns: minmax(0, 148px); }
.thumb { grid-row: 1; } .caption { grid-row: 2; min-width: 0; }
.maps > :nth-child(1), .maps > :nth-child(2) { grid-column: 1; }
.maps > :nth-child(4), .maps > :nth-child(5) { grid-column: 3; }
.thumb { display: block; width: 100%; padding: 0; border: 2px solid transparent; border-radius: 8px; cursor: pointer;
  background: rgba(128, 128, 128, 0.15); overflow: hidden; position: relative; }
.thumb img { display: block; width: 100%; height: 100%; image-rendering: pixelated; }
.thumb[aria-pressed="true"] { border-color: var(--st-primary-color); }
.thumb[aria-pressed="false"] { border: 2px dashed var(--st-border-color, rgba(128, 128, 128, 0.5)); }
.thumb[aria-pressed="false"] img { opacity: 0.28; filter: grayscale(0.8); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
.thumb:hover img { filter: brightness(1.15); }
.dot { position: absolute; width: 7px; height: 7px; margin: -3.5px 0 0 -3.5px; border-radius: 50%; background: #fff;
  box-shadow: 0 0 0 1.5px rgba(0, 0, 0, 0.8); pointer-events: none; }
.name { display: flex; justify-content: space-between; align-items: baseline; gap: 4px; font-size: 0.82rem;
  line-height: 1.3; margin-top: 3px; white-space: nowrap; }
.name b { font-weight: 650; }
.facts { font-size: 0.74rem; line-height: 1.3; opacity: 0.78; white-space: pre-line; }
.only { font: inherit; font-size: 0.74rem; color: var(--st-link-color, var(--st-primary-color)); background: none;
  border: 0; padding: 0 2px; cursor: pointer; border-radius: 4px; }
.only:hover { text-decoration: underline; }
.only:disabled { visibility: hidden; }
.sign { align-self: center; flex: none; width: 30px; height: 30px; padding: 0; font: inherit; font-size: 1.15rem;
  line-height: 1; color: inherit; background: var(--st-secondary-background-color, transparent); cursor: pointer;
  border: 1px solid var(--st-border-color, rgba(128, 128, 128, 0.4)); border-radius: 50%; }
.maps .sign { grid-area: 1 / 2; }
.sign:hover:enabled { border-color: var(--st-primary-color); color: var(--st-primary-color); }
.sign:disabled { opacity: 0.3; cursor: default; border-style: dashed; }
.equals { align-self: center; font-size: 1.3rem; opacity: 0.7; flex: none; }
.result { flex: 0 0 128px; min-width: 0; align-self: flex-start; padding-top: 9px; }
.result .thumb { cursor: default; border: 0; }
.result .thumb img { image-rendering: auto; filter: none; }
.score { font-size: 1.05rem; font-weight: 650; margin-top: 3px; font-variant-numeric: tabular-nums; }
.written { font-size: 0.84rem; margin: 0 0 6px; }
.written code { font-family: var(--st-code-font, monospace); }
@container (max-width: 820px) {
  .row { flex-direction: column; gap: 6px; align-items: center; }
  .pair, .pair.single { width: 100%; box-sizing: border-box; flex: none; }
  .result { display: flex; gap: 12px; align-items: center; flex: none; padding-top: 0; }
  .result .thumb { width: 96px; flex: none; }
  .equals { transform: rotate(90deg); line-height: 0.8; }
}
@media (pointer: coarse) {
  .sign { width: 44px; height: 44px; }
  .only { padding: 9px 6px; margin: -5px -4px; }
}
"""

_JS = """
const SIGNS = { '+': '+', '*': '\\u00d7' };
const make = (tag, className, parent) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (tag === 'button') element.type = 'button';
  parent.appendChild(element);
  return element;
};
const build = (root, data) => {
  root.replaceChildren();
  const parts = { written: make('div', 'written', root), maps: {}, inner: [], outer: [], pairs: [] };
  const row = make('div', 'row', root);
  data.pairs.forEach((pair, i) => {
    if (i) parts.outer.push(make('button', 'sign', row));
    const box = make('div', 'pair', row);
    box.setAttribute('role', 'group');
    const holder = make('div', 'maps', box);
    pair.maps.forEach((map, j) => {
      if (j) parts.inner[i] = make('button', 'sign', holder);
      const thumb = make('button', 'thumb', holder);
      const caption = make('div', 'caption', holder);
      const found = { thumb, image: make('img', '', thumb), dot: make('span', 'dot', thumb) };
      const name = make('div', 'name', caption);
      found.name = make('b', '', name);
      found.only = make('button', 'only', name);
      found.only.textContent = data.words.only;
      found.facts = make('div', 'facts', caption);
      parts.maps[map.name] = found;
    });
    parts.pairs.push({ box, scale: make('div', 'scale', box) });
  });
  const equals = make('div', 'equals', row);
  equals.textContent = '=';
  const result = make('div', 'result', row);
  const thumb = make('div', 'thumb', result);
  parts.result = { thumb, image: make('img', '', thumb), dot: make('span', 'dot', thumb) };
  const words = make('div', '', result);
  words.setAttribute('aria-live', 'polite');
  parts.result.score = make('div', 'score', words);
  parts.result.facts = make('div', 'facts', words);
  root._parts = parts;
};
export default function ({ parentElement, data, setTriggerValue }) {
  let root = parentElement.querySelector('.circuit');
  if (!root) root = make('div', 'circuit', parentElement);
  const form = JSON.stringify(data.pairs.map((pair) => pair.maps.map((map) => map.name)));
  if (root._form !== form) build(root, data);
  root._form = form;
  const parts = root._parts;
  const send = (change, target) => setTriggerValue('edit', { change, target: String(target) });
  const put = (image, source) => { if (image.src !== source) image.src = source; };
  const dot = (element) => {
    element.style.left = `${100 * data.pixel[0]}%`;
    element.style.top = `${100 * data.pixel[1]}%`;
  };
  const sign = (element, settings, change, i) => {
    element.style.visibility = settings.sign ? '' : 'hidden';
    element.textContent = SIGNS[settings.sign] ?? '';
    element.disabled = !settings.effect;
    element.title = settings.title;
    element.setAttribute('aria-label', settings.title);
    element.onclick = () => send(change, i);
  };
  parts.written.style.display = data.written ? '' : 'none';
  parts.written.textContent = '';
  if (data.written) {
    parts.written.append(data.written[0]);
    make('code', '', parts.written).textContent = data.written[1];
    parts.written.append(data.written[2]);
  }
  data.pairs.forEach((pair, i) => {
    const { box, scale } = parts.pairs[i];
    box.setAttribute('aria-label', pair.title);
    box.classList.toggle('single', pair.maps.length === 1);
    box.classList.toggle('out', !pair.maps.some((map) => map.used));
    scale.textContent = pair.title;
    if (i) sign(parts.outer[i - 1], data.outer[i - 1], 'outer', i - 1);
    if (parts.inner[i]) sign(parts.inner[i], pair.inner, 'inner', i);
    pair.maps.forEach((map) => {
      const found = parts.maps[map.name];
      put(found.image, map.picture);
      found.image.alt = '';
      found.thumb.style.aspectRatio = data.aspect;
      found.thumb.setAttribute('aria-pressed', String(map.used));
      found.thumb.setAttribute('aria-label', map.label);
      found.thumb.title = map.label;
      found.thumb.onclick = () => {
        found.thumb.setAttribute('aria-pressed', String(!map.used));
        send('map', map.name);
      };
      dot(found.dot);
      found.name.textContent = map.name;
      found.facts.textContent = map.facts;
      found.only.disabled = data.alone === map.name;
      found.only.setAttribute('aria-label', map.only);
      found.only.title = map.only;
      found.only.onclick = () => send('only', map.name);
    });
  });
  put(parts.result.image, data.result.picture);
  parts.result.image.alt = data.result.alt;
  parts.result.thumb.style.aspectRatio = data.aspect;
  dot(parts.result.dot);
  parts.result.score.textContent = data.result.score;
  parts.result.facts.textContent = data.result.decision;
}
"""

_mount = st.components.v2.component("nnet_score_circuit", css=_CSS, js=_JS)


@dataclass(frozen=True)
class Map:
    """One map on the diagram.

    Attributes:
        name: M1 to M6.
        picture: RGB, one pixel per cell.
        facts: below it.
        used: whether the score uses it.
        label: what a press on it does, for tooltips and screen readers; `only` says the same of the button that leaves
            this map alone in the score.
    """

    name: str
    picture: np.ndarray
    facts: str
    used: bool
    label: str
    only: str


@dataclass(frozen=True)
class Sign:
    """A sign, "+" or "*"; "" for none. Without an `effect` it cannot be pressed. `title` says what a press does."""

    sign: str
    effect: bool
    title: str


@dataclass(frozen=True)
class Pair:
    """The maps of one scale, with the sign between them and the scale's `title`."""

    maps: tuple[Map, ...]
    inner: Sign
    title: str


@dataclass(frozen=True)
class Result:
    """What comes out: the score map as RGB, what a screen reader says of it, the score and the decision in words."""

    picture: np.ndarray
    alt: str
    score: str
    decision: str


@dataclass(frozen=True)
class Diagram:
    """All of it.

    Attributes:
        pairs: fine to coarse.
        outer: the signs between them.
        result: on the right.
        written: an expression that is no circuit, as words before, the expression, and words after it; or None.
        alone: the map that is the whole score, or "".
        pixel: the marked position as shares 0..1 of width and height.
        aspect: width of the image by its height.
    """

    pairs: tuple[Pair, ...]
    outer: tuple[Sign, ...]
    result: Result
    written: tuple[str, str, str] | None
    alone: str
    pixel: tuple[float, float]
    aspect: float


def draw(key: str, diagram: Diagram, only: str, on_edit: Callable[[str, str], None]) -> None:
    """Draw the diagram.

    Args:
        key: unique on the page.
        only: on the button that leaves one map alone.
        on_edit: called with the change and its target, as `nnet.scoring.circuit.edit` takes them, before the next run.
    """

    def edited() -> None:
        made = st.session_state[key].edit
        if made:
            on_edit(str(made["change"]), str(made["target"]))

    data = {
        "pairs": [
            {"maps": [_encoded(m) for m in pair.maps], "inner": asdict(pair.inner), "title": pair.title}
            for pair in diagram.pairs
        ],
        "outer": [asdict(sign) for sign in diagram.outer],
        "result": _encoded(diagram.result),
        "written": diagram.written,
        "alone": diagram.alone,
        "pixel": diagram.pixel,
        "aspect": diagram.aspect,
        "words": {"only": only},
    }
    _mount(key=key, data=data, on_edit_change=edited)


def _encoded(part: Map | Result) -> dict[str, object]:
    return vars(part) | {"picture": pictures.data_uri(part.picture)}
