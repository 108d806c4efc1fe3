"""Two small components on the picture: one to paint with a brush, one to put a defect in its place.

Both work with mouse, finger, pen and keyboard, and tell the server only when a stroke or a move has ended. A drawing
travels as a transparent PNG in a data URI; `workbench.inspect.defect.recipe.read_layer` checks it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

_SHARED_CSS = """
.root { font-family: var(--st-font, sans-serif); color: var(--st-text-color); font-size: 0.85rem; }
.frame { position: relative; width: 100%; overflow: hidden; border-radius: 4px; background: rgba(128, 128, 128, 0.15);
  touch-action: none; outline-offset: 2px; }
.frame:focus-visible { outline: 2px solid var(--st-primary-color); }
.frame img, .frame canvas { position: absolute; inset: 0; width: 100%; height: 100%; display: block; user-select: none;
  -webkit-user-drag: none; pointer-events: none; }
.ring { position: absolute; box-sizing: border-box; border: 1.5px solid #fff; border-radius: 50%; pointer-events: none;
  box-shadow: 0 0 0 1.2px rgba(0, 0, 0, 0.75), inset 0 0 0 1px rgba(0, 0, 0, 0.55); transform: translate(-50%, -50%); }
.hint { font-size: 0.82rem; line-height: 1.35; opacity: 0.72; margin-top: 6px; }
"""

_PAINTER_CSS = (
    _SHARED_CSS
    + """
.frame { cursor: none; }
.tools { display: flex; flex-wrap: wrap; gap: 8px 14px; align-items: center; margin-top: 10px; }
.group { display: inline-flex; border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius, 8px);
  overflow: hidden; }
button { font: inherit; color: inherit; background: none; border: 0; padding: 5px 10px; min-height: 32px;
  cursor: pointer; }
.group button + button { border-left: 1px solid var(--st-border-color); }
button[aria-pressed='true'] { background: var(--st-primary-color); color: #fff; }
button:disabled { opacity: 0.4; cursor: default; }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: -2px; }
label { display: inline-flex; align-items: center; gap: 6px; white-space: nowrap; }
input[type='range'] { width: 92px; accent-color: var(--st-primary-color); }
input[type='color'] { width: 34px; height: 30px; padding: 0; border: 1px solid var(--st-border-color);
  border-radius: 6px; background: none; cursor: pointer; }
output { min-width: 3.6em; font-variant-numeric: tabular-nums; opacity: 0.8; }
@media (pointer: coarse) { button { min-height: 44px; } input[type='range'] { height: 36px; } }
"""
)

_SHARED_JS = """
const make = (tag, parent, options = {}) => {
  const element = Object.assign(document.createElement(tag), options);
  parent.appendChild(element);
  return element;
};
const rootOf = (parentElement, build) => {
  let root = parentElement.querySelector('.root');
  if (!root) { root = make('div', parentElement, { className: 'root' }); build(root); }
  return root;
};
const clip = (value, low, high) => Math.min(high, Math.max(low, value));
const positionIn = (frame, event) => {
  const box = frame.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
};
"""

_PAINTER_JS = (
    _SHARED_JS
    + """
const TOOLS = { lighter: 'Lighter', darker: 'Darker', colour: 'Colour', eraser: 'Eraser' };
const build = (root) => {
  root._frame = make('div', root, { className: 'frame', tabIndex: 0 });
  root._frame.setAttribute('role', 'application');
  root._photo = make('img', root._frame, { alt: '', draggable: false });
  root._canvas = make('canvas', root._frame);
  root._ring = make('div', root._frame, { className: 'ring' });
  root._ring.style.display = 'none';
  const tools = make('div', root, { className: 'tools' });
  const group = make('span', tools, { className: 'group' });
  group.setAttribute('role', 'group');
  group.setAttribute('aria-label', 'What the brush does');
  root._buttons = Object.fromEntries(Object.entries(TOOLS).map(([name, words]) =>
    [name, make('button', group, { type: 'button', textContent: words })]));
  root._colour = make('input', tools, { type: 'color', value: '#8a5a2b', title: 'Colour of the brush' });
  root._colour.setAttribute('aria-label', 'Colour of the brush');
  const slider = (words, low, high, value) => {
    const label = make('label', tools, { textContent: words });
    const input = make('input', label, { type: 'range', min: low, max: high, step: 1, value });
    return [input, make('output', label)];
  };
  [root._size, root._sizeRead] = slider('Size', 1, 100, 8);
  [root._opacity, root._opacityRead] = slider('Opacity', 5, 100, 80);
  const edit = make('span', tools, { className: 'group' });
  root._undo = make('button', edit, { type: 'button', textContent: 'Undo' });
  root._clear = make('button', edit, { type: 'button', textContent: 'Clear' });
  root._hint = make('div', root, { className: 'hint' });
  root._tool = 'darker';
  root._strokes = [];
};
const trace = (context, stroke) => {
  const [first, ...rest] = stroke.points;
  context.fillStyle = context.strokeStyle = stroke.colour;
  context.lineWidth = stroke.size;
  context.lineCap = context.lineJoin = 'round';
  context.beginPath();
  context.arc(first[0], first[1], stroke.size / 2, 0, 2 * Math.PI);
  context.fill();
  context.beginPath();
  context.moveTo(first[0], first[1]);
  rest.forEach(([x, y]) => context.lineTo(x, y));
  context.stroke();
};
const layer = (canvas) => Object.assign(document.createElement('canvas'),
  { width: canvas.width, height: canvas.height });
// A stroke is drawn opaque on a sheet of its own first, so that it does not add up where it crosses itself.
const lay = (target, stroke) => {
  const sheet = layer(target);
  trace(sheet.getContext('2d'), stroke);
  const context = target.getContext('2d');
  context.save();
  context.globalAlpha = stroke.opacity;
  context.globalCompositeOperation = stroke.erase ? 'destination-out' : 'source-over';
  context.drawImage(sheet, 0, 0);
  context.restore();
};
const show = (root) => {
  const context = root._canvas.getContext('2d');
  context.clearRect(0, 0, root._canvas.width, root._canvas.height);
  context.drawImage(root._done, 0, 0);
  if (root._stroke) lay(root._canvas, root._stroke);
  root._undo.disabled = !root._strokes.length;
  root._clear.disabled = !root._strokes.length && !root._base;
};
const redo = (root) => {
  root._done = layer(root._canvas);
  if (root._base) root._done.getContext('2d').drawImage(root._base, 0, 0);
  root._strokes.forEach((stroke) => lay(root._done, stroke));
  show(root);
};
export default function ({ parentElement, data, setTriggerValue }) {
  const root = rootOf(parentElement, build);
  const { _frame: frame, _canvas: canvas } = root;
  frame.style.aspectRatio = data.width / data.height;
  frame.setAttribute('aria-label', data.label);
  root._hint.textContent = data.hint;
  if (root._photo.src !== data.photo) root._photo.src = data.photo;
  if (root._image !== data.image) {
    root._image = data.image;
    [canvas.width, canvas.height] = [data.width, data.height];
    [root._strokes, root._stroke, root._base] = [[], null, null];
    root._size.max = Math.max(20, Math.round(Math.min(data.width, data.height) * data.scale / 3));
    root._size.value = Math.max(2, Math.round(Math.min(data.width, data.height) * data.scale / 40));
    root._at = [0.5, 0.5];
    redo(root);
    if (data.layer) {
      const kept = new Image();
      kept.onload = () => { if (root._image === data.image) { root._base = kept; redo(root); } };
      kept.src = data.layer;
    }
  }
  const report = () => {
    clearTimeout(root._pending);
    root._pending = setTimeout(() => setTriggerValue('layer', root._done.toDataURL('image/png')), 120);
  };
  const diameter = () => Number(root._size.value) / data.scale;
  const settings = () => {
    root._sizeRead.textContent = `${root._size.value} px`;
    root._opacityRead.textContent = `${root._opacity.value} %`;
    root._colour.style.display = root._tool === 'colour' ? '' : 'none';
    Object.entries(root._buttons).forEach(([name, button]) => button.setAttribute('aria-pressed', name === root._tool));
  };
  const point = (at) => {
    root._at = at;
    root._ring.style.display = '';
    root._ring.style.left = `${100 * at[0]}%`;
    root._ring.style.top = `${100 * at[1]}%`;
    root._ring.style.width = `${(100 * diameter()) / data.width}%`;
    root._ring.style.aspectRatio = 1;
  };
  const begin = (at) => {
    const colours = { lighter: '#ffffff', darker: '#000000', colour: root._colour.value, eraser: '#000000' };
    const erase = root._tool === 'eraser';
    root._stroke = {
      colour: colours[root._tool], erase, size: Math.max(1, diameter()),
      opacity: erase ? 1 : Number(root._opacity.value) / 100,
      points: [[at[0] * canvas.width, at[1] * canvas.height]],
    };
    show(root);
  };
  const finish = () => {
    if (!root._stroke) return;
    root._strokes.push(root._stroke);
    lay(root._done, root._stroke);
    root._stroke = null;
    show(root);
    report();
  };
  const undo = () => { if (root._strokes.pop()) { redo(root); report(); } };
  Object.entries(root._buttons).forEach(([name, button]) => {
    button.onclick = () => { root._tool = name; settings(); };
  });
  root._size.oninput = () => { settings(); point(root._at); };
  root._opacity.oninput = root._colour.oninput = settings;
  root._undo.onclick = undo;
  root._clear.onclick = () => {
    [root._strokes, root._base] = [[], null];
    redo(root);
    report();
  };
  frame.onpointerdown = (event) => {
    if (event.button !== 0 || root._stroke) return;
    event.preventDefault();
    frame.focus({ preventScroll: true });
    frame.setPointerCapture(event.pointerId);
    point(positionIn(frame, event));
    begin(root._at);
  };
  frame.onpointermove = (event) => {
    if (root._stroke && event.isPrimary) {
      const passed = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
      (passed.length ? passed : [event]).forEach((each) => {
        const [x, y] = positionIn(frame, each);
        root._stroke.points.push([x * canvas.width, y * canvas.height]);
      });
      show(root);
    }
    point(positionIn(frame, event));
  };
  frame.onpointerup = frame.onpointercancel = finish;
  frame.onpointerleave = () => { if (!root._stroke) root._ring.style.display = 'none'; };
  frame.onblur = () => { root._ring.style.display = 'none'; };
  frame.onkeydown = (event) => {
    const move = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (move) {
      const step = Math.max(2, diameter() / 2);
      point([clip(root._at[0] + (move[0] * step) / canvas.width, 0, 1),
             clip(root._at[1] + (move[1] * step) / canvas.height, 0, 1)]);
    } else if (event.key === ' ' || event.key === 'Enter') { begin(root._at); finish(); }
    else if (event.key === 'z' && (event.ctrlKey || event.metaKey)) undo();
    else return;
    event.preventDefault();
  };
  settings();
  show(root);
}
"""
)

_PLACER_CSS = (
    _SHARED_CSS
    + """
.frame { cursor: crosshair; }
.ring.from { border: 2px dashed #fff; box-shadow: none; filter: drop-shadow(0 0 1px #000) drop-shadow(0 0 1px #000); }
.ring::after { content: ''; position: absolute; left: 50%; top: 50%; width: 5px; height: 5px; border-radius: 50%;
  background: #fff; box-shadow: 0 0 0 1px rgba(0, 0, 0, 0.8); transform: translate(-50%, -50%); }
"""
)

_PLACER_JS = (
    _SHARED_JS
    + """
const build = (root) => {
  root._frame = make('div', root, { className: 'frame', tabIndex: 0 });
  root._frame.setAttribute('role', 'application');
  root._photo = make('img', root._frame, { alt: '', draggable: false });
  root._rings = { to: make('div', root._frame, { className: 'ring' }),
                  from: make('div', root._frame, { className: 'ring from' }) };
  root._hint = make('div', root, { className: 'hint' });
};
export default function ({ parentElement, data, setTriggerValue }) {
  const root = rootOf(parentElement, build);
  const { _frame: frame, _rings: rings } = root;
  frame.style.aspectRatio = data.width / data.height;
  frame.setAttribute('aria-label', data.label);
  root._hint.textContent = data.hint;
  if (root._photo.src !== data.photo) root._photo.src = data.photo;
  const across = (data.diameter * Math.min(data.width, data.height)) / data.width;
  const draw = (name) => {
    const [ring, at] = [rings[name], root._places[name]];
    ring.style.display = at ? '' : 'none';
    if (!at) return;
    ring.style.left = `${100 * at[0]}%`;
    ring.style.top = `${100 * at[1]}%`;
    ring.style.width = `max(9px, ${100 * across}%)`;
    ring.style.aspectRatio = 1;
  };
  if (!root._held) root._places = { to: data.to, from: data.from };
  ['to', 'from'].forEach(draw);
  const place = (name, at) => {
    root._places[name] = at.map((share) => Math.round(clip(share, 0, 1) * 200) / 200);
    draw(name);
  };
  const report = (name) => {
    clearTimeout(root._pending);
    const [x, y] = root._places[name];
    root._pending = setTimeout(() => setTriggerValue('place', { which: name, x, y }), 120);
  };
  const away = (name, at) => Math.hypot((at[0] - root._places[name][0]) * data.width,
                                        (at[1] - root._places[name][1]) * data.height);
  // The dashed circle is only moved by taking hold of it; a click elsewhere moves the other one.
  const grasped = (at) => {
    const reach = Math.max(0.5 * across * data.width, 0.03 * data.width);
    const taken = root._places.from && away('from', at) <= reach && away('from', at) < away('to', at);
    return taken ? 'from' : 'to';
  };
  frame.onpointerdown = (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    frame.focus({ preventScroll: true });
    frame.setPointerCapture(event.pointerId);
    const at = positionIn(frame, event);
    root._held = grasped(at);
    if (root._held === 'to') place('to', at);
  };
  frame.onpointermove = (event) => { if (root._held && event.isPrimary) place(root._held, positionIn(frame, event)); };
  frame.onpointerup = frame.onpointercancel = () => {
    if (root._held) report(root._held);
    root._held = null;
  };
  frame.onkeydown = (event) => {
    const move = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    const name = event.shiftKey && root._places.from ? 'from' : 'to';
    if (!move) return;
    event.preventDefault();
    place(name, root._places[name].map((share, i) => share + move[i] / 100));
    report(name);
  };
}
"""
)

_paint = st.components.v2.component("nnet_studio_painter", css=_PAINTER_CSS, js=_PAINTER_JS)
_place = st.components.v2.component("nnet_studio_placer", css=_PLACER_CSS, js=_PLACER_JS)


@dataclass(frozen=True)
class Sheet:
    """The picture to work on: its `photo` as a data URI of `width` x `height` pixels, `scale` pixels of the image to
    one of those, and `image`, which stands for its content."""

    image: str
    photo: str
    width: int
    height: int
    scale: float


def painter(
    key: str, sheet: Sheet, layer: str | None, on_layer: Callable[[object], None], *, label: str, hint: str
) -> None:
    """Draw on a picture.

    Args:
        key: unique on the page.
        layer: what has been drawn on this picture before, as a data URI, or None.
        on_layer: called, before the next run, with what the browser sent at the end of a stroke; not checked.
        label: what a screen reader says.
        hint: below the picture.
    """

    def drawn() -> None:
        if (written := st.session_state[key].layer) is not None:
            on_layer(written)

    _paint(key=key, data=_data(sheet, label, hint) | {"layer": layer}, on_layer_change=drawn)


def placer(
    key: str,
    sheet: Sheet,
    places: Mapping[str, tuple[float, float] | None],
    diameter: float,
    on_place: Callable[[object], None],
    *,
    label: str,
    hint: str,
) -> None:
    """Choose the place of a defect, and of what is copied there.

    Args:
        key: unique on the page.
        places: "to" and "from" -> x and y, 0..1; None hides that circle.
        diameter: of the circles, as a fraction of the picture's shorter side.
        on_place: called, before the next run, with what the browser sent at the end of a move: which, x, y; not
            checked.
    """

    def placed() -> None:
        if (sent := st.session_state[key].place) is not None:
            on_place(sent)

    _place(key=key, data=_data(sheet, label, hint) | {"diameter": diameter, **places}, on_place_change=placed)


def _data(sheet: Sheet, label: str, hint: str) -> dict[str, object]:
    return {
        "image": sheet.image,
        "photo": sheet.photo,
        "width": sheet.width,
        "height": sheet.height,
        "scale": sheet.scale,
        "label": label,
        "hint": hint,
    }
