"""Two pictures of one image over one another with a line between them that is dragged, to compare them spot by spot.

Only the browser moves the line; the server hears of it when it is let go, so that a link can reopen the view.
"""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from workbench.components import base

_CSS = """
.wipe { font-family: var(--st-font, sans-serif); color: var(--st-text-color); }
.frame { position: relative; width: 100%; overflow: hidden; border-radius: 4px; cursor: ew-resize; touch-action: pan-y;
  background: rgba(128, 128, 128, 0.15); }
.frame img { position: absolute; inset: 0; width: 100%; height: 100%; display: block; user-select: none;
  -webkit-user-drag: none; pointer-events: none; }
.line { position: absolute; top: 0; bottom: 0; width: 2px; margin-left: -1px; background: #fff; pointer-events: none;
  box-shadow: 0 0 0 1px rgba(0, 0, 0, 0.6); }
.line::after { content: '\\2194'; position: absolute; top: 50%; left: 50%; width: 26px; height: 26px;
  margin: -13px 0 0 -13px; line-height: 25px; text-align: center; border-radius: 50%; background: #fff; color: #14171c;
  box-shadow: 0 0 0 1px rgba(0, 0, 0, 0.6); font-size: 15px; }
.dot { position: absolute; box-sizing: border-box; width: 15px; height: 15px; margin: -7.5px 0 0 -7.5px;
  border-radius: 50%; border: 2px solid #fff; box-shadow: 0 0 0 1.5px rgba(0, 0, 0, 0.75); pointer-events: none; }
.names { display: flex; justify-content: space-between; gap: 12px; font-size: 0.82rem; line-height: 1.3;
  margin-bottom: 4px; }
.names span:last-child { text-align: right; }
input { width: 100%; margin: 8px 0 0; accent-color: var(--st-primary-color); }
@media (pointer: coarse) { input { height: 40px; } }
"""

_JS = (
    base.MAKE
    + """
export default function ({ parentElement, data, setTriggerValue }) {
  let root = parentElement.querySelector('.wipe');
  if (!root) {
    root = make('div', 'wipe', parentElement);
    const names = make('div', 'names', root);
    const parts = { left: make('span', '', names), right: make('span', '', names), frame: make('div', 'frame', root) };
    parts.below = make('img', '', parts.frame);
    parts.above = make('img', '', parts.frame);
    parts.line = make('div', 'line', parts.frame);
    parts.dot = make('div', 'dot', parts.frame);
    parts.range = make('input', '', root);
    parts.range.type = 'range';
    root._parts = parts;
  }
  const { left, right, frame, below, above, line, dot, range } = root._parts;
  const show = (position) => {
    above.style.clipPath = `inset(0 ${100 - position}% 0 0)`;
    line.style.left = `${position}%`;
    range.value = position;
  };
  const tell = () => setTriggerValue('position', Math.round(Number(range.value)));
  left.textContent = `\\u2190 ${data.names[0]}`;
  right.textContent = `${data.names[1]} \\u2192`;
  for (const [image, source, name] of [[above, data.left, data.names[0]], [below, data.right, data.names[1]]]) {
    if (image.src !== source) image.src = source;
    image.alt = name;
    image.draggable = false;
  }
  frame.style.aspectRatio = data.aspect;
  dot.style.display = data.mark ? '' : 'none';
  if (data.mark) [dot.style.left, dot.style.top] = data.mark.map((share) => `${100 * share}%`);
  range.setAttribute('aria-label', data.label);
  Object.assign(range, { min: 0, max: 100, step: 1 });
  range.oninput = () => show(Number(range.value));
  range.onchange = tell;
  let held = false;
  const follow = (event) => {
    const box = frame.getBoundingClientRect();
    show(Math.min(100, Math.max(0, (100 * (event.clientX - box.left)) / box.width)));
  };
  frame.onpointerdown = (event) => { held = true; frame.setPointerCapture(event.pointerId); follow(event); };
  frame.onpointermove = (event) => { if (held) follow(event); };
  frame.onpointerup = frame.onpointercancel = () => { if (held) tell(); held = false; };
  if (document.activeElement !== range && root.getRootNode().activeElement !== range) show(data.position);
  else show(Number(range.value));
}
"""
)

_mount = st.components.v2.component("nnet_wipe", css=_CSS, js=_JS)


def wipe(
    key: str,
    left: str,
    right: str,
    names: tuple[str, str],
    position: int,
    on_move: Callable[[int], None],
    *,
    aspect: float,
    label: str,
    mark: tuple[float, float] | None = None,
) -> None:
    """Draw the two pictures.

    Args:
        key: unique on the page.
        left, right: data URIs of pictures of one size; the left one is seen to the left of the line.
        names: of the two.
        position: of the line in percent of the width.
        on_move: called with the new position before the next run.
        aspect: their width by their height.
        label: what a screen reader says of the slider.
        mark: a position to mark, as shares 0..1 of width and height.
    """

    def moved() -> None:
        position = st.session_state[key].position
        if position is not None:
            on_move(int(position))

    data = {
        "left": left,
        "right": right,
        "names": list(names),
        "position": position,
        "aspect": aspect,
        "label": label,
        "mark": mark,
    }
    _mount(key=key, data=data, on_position_change=moved)
