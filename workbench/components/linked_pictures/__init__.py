"""Pictures of one image side by side that share a chosen position: a click in any of them chooses it in all.

Streamlit's pictures report no clicks and Plotly's heatmaps no selection, hence this small component. Pointing at a
position marks it in every picture and reads all values there; nothing is sent to the server before a click. Positions
are cells of a grid, such as patches, or pixels of the image; in the latter case the pictures can be zoomed together.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import streamlit as st

from workbench.components import base as component_script
from workbench.shared import pictures, theme
from workbench.shared.pictures import Scale

_CSS = """
.tiles { display: grid; gap: 14px 16px; font-family: var(--st-font, sans-serif); color: var(--st-text-color);
  outline-offset: 6px; border-radius: 4px; }
.tiles:focus-visible { outline: 2px solid var(--st-primary-color); }
figure { margin: 0; min-width: 0; }
figcaption { font-size: 0.92rem; font-weight: 600; line-height: 1.3; margin-bottom: 4px; }
.frame { position: relative; width: 100%; overflow: hidden; border-radius: 4px; cursor: crosshair;
  touch-action: manipulation; background: rgba(128, 128, 128, 0.15); }
.frame img { position: absolute; inset: 0; width: 100%; height: 100%; display: block; user-select: none;
  -webkit-user-drag: none; }
.frame img.cells { image-rendering: pixelated; }
.mark { position: absolute; box-sizing: border-box; pointer-events: none; border: 2px solid #fff;
  box-shadow: 0 0 0 1.5px rgba(0, 0, 0, 0.75), inset 0 0 0 1px rgba(0, 0, 0, 0.55); border-radius: 2px; }
.mark.hover { border: 1px dashed #fff; box-shadow: 0 0 0 1px rgba(0, 0, 0, 0.5); }
.mark.ring { width: 19px; height: 19px; margin: -9.5px 0 0 -9.5px; border-radius: 50%; }
.mark.ring::after { content: ''; position: absolute; inset: 5px; border-radius: 50%; background: #fff;
  box-shadow: 0 0 0 1px rgba(0, 0, 0, 0.75); }
.view { position: absolute; inset: 0; transform-origin: 0 0; }
.badge { position: absolute; pointer-events: none; min-width: 1.45em; height: 1.45em; line-height: 1.45em;
  text-align: center; font-size: 0.72rem; font-weight: 700; color: #fff; background: rgba(15, 18, 24, 0.82);
  border: 1px solid rgba(255, 255, 255, 0.85); border-radius: 999px; box-sizing: border-box; padding: 0 2px;
  transform-origin: 50% 100%; }
.head { display: flex; align-items: center; justify-content: space-between; gap: 8px; }
.zoomable .head { min-height: 32px; }
.zoom { display: flex; gap: 4px; }
.zoom button { width: 30px; height: 26px; padding: 0; font: inherit; font-size: 1rem; line-height: 1; cursor: pointer;
  color: inherit; background: transparent; border: 1px solid var(--st-border-color, rgba(128, 128, 128, 0.4));
  border-radius: 6px; }
.zoom button:hover:enabled { border-color: var(--st-primary-color); color: var(--st-primary-color); }
.zoom button:focus-visible { outline: 2px solid var(--st-primary-color); }
.zoom button:disabled { opacity: 0.4; cursor: default; }
@media (pointer: coarse) { .zoom button { width: 44px; height: 40px; margin-bottom: 4px; } }
.probe { grid-column: 1 / -1; font-size: 0.86rem; font-variant-numeric: tabular-nums; margin-top: -6px; }
.value { font-size: 0.82rem; min-height: 1.35em; margin-top: 4px; font-variant-numeric: tabular-nums; }
.bar { height: 7px; border-radius: 3px; margin-top: 5px; }
.ticks { display: flex; justify-content: space-between; gap: 6px; font-size: 0.74rem; line-height: 1.25; opacity: 0.85;
  margin-top: 2px; }
.ticks span:nth-child(2):not(:last-child) { text-align: center; } .ticks span:last-child { text-align: right; }
.even .head { min-height: 2.7em; align-items: flex-end; }
.even figcaption { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden;
  overflow-wrap: anywhere; }
figcaption button { all: unset; cursor: pointer; border-radius: 3px; text-decoration: underline;
  text-decoration-color: transparent; text-underline-offset: 3px; }
figcaption button:hover, figcaption button[aria-pressed=true] { text-decoration-color: var(--st-primary-color); }
figcaption button[aria-pressed=true] { color: var(--st-primary-color); }
figcaption button:focus-visible { outline: 2px solid var(--st-primary-color); }
.tag { display: inline-block; font-size: 0.78rem; line-height: 1.3; padding: 1px 7px; margin-top: 5px;
  border-radius: 999px; font-variant-numeric: tabular-nums; background: rgba(128, 128, 128, 0.16); }
.tag.alarm { background: rgba(224, 112, 42, 0.2); } .tag.calm { background: rgba(42, 127, 184, 0.18); }
.hint { font-size: 0.82rem; line-height: 1.35; opacity: 0.72; margin-top: 4px; }
"""

_JS = (
    component_script.MAKE
    + """
const build = (root, data) => {
  root.replaceChildren();
  root._zoomed = { k: 1, u: 0, v: 0 };
  root._tiles = data.tiles.map((tile) => {
    const figure = make('figure', '', root);
    const parts = { figure, head: make('div', 'head', figure), frame: make('div', 'frame', figure) };
    parts.title = make('figcaption', '', parts.head);
    parts.view = make('div', 'view', parts.frame);
    parts.base = make('img', '', parts.view);
    parts.top = make('img', 'cells', parts.view);
    parts.badges = make('div', '', parts.view);
    parts.mark = make('div', 'mark', parts.view);
    parts.hover = make('div', 'mark hover', parts.view);
    parts.tag = make('div', '', figure);
    parts.value = make('div', 'value', figure);
    parts.bar = make('div', 'bar', figure);
    parts.ticks = make('div', 'ticks', figure);
    parts.hint = make('div', 'hint', figure);
    return parts;
  });
  root._buttons = null;
  if (data.zoom) {
    const bar = make('div', 'zoom', root._tiles[0].head);
    root._buttons = [['+', 'Zoom in'], ['\u2212', 'Zoom out'], ['\u21ba', 'Show all of it']].map(([sign, title]) => {
      const button = make('button', '', bar);
      button.type = 'button';
      button.textContent = sign;
      button.title = title;
      button.setAttribute('aria-label', title);
      return button;
    });
  }
  root._probe = data.probe ? make('div', 'probe', root) : null;
};
const floats = (text) => {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return new Float32Array(bytes.buffer);
};
const three = (value) => {
  if (value !== 0 && Math.abs(value) < 0.001) return String(Number(value.toPrecision(2)));
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
};
const LARGEST = 16;
export default function ({ parentElement, data, setTriggerValue }) {
  let root = parentElement.querySelector('.tiles');
  const { rows, columns } = data;
  if (!root) {
    root = make('div', 'tiles', parentElement);
    root.tabIndex = 0;
    root.setAttribute('role', 'group');
  }
  root.setAttribute('aria-label', data.label);
  root.classList.toggle('zoomable', data.zoom);
  root.classList.toggle('even', data.across > 0);
  const share = `(100% - ${16 * (data.across - 1)}px) / ${data.across || 1}`;
  const least = data.across ? `max(${data.width}px, calc(${share} - 0.5px))` : `${data.width}px`;
  root.style.gridTemplateColumns = `repeat(auto-fit, minmax(min(${least}, 100%), 1fr))`;
  const picks = data.tiles.map((tile) => Boolean(tile.pick));
  const form = JSON.stringify([data.tiles.length, Boolean(data.probe), data.zoom, data.image, picks]);
  if (!root._tiles || root._form !== form) build(root, data);
  root._form = form;
  const probe = data.probe && { ...data.probe, values: floats(data.probe.values) };
  let chosen = [data.row, data.column];
  const place = (element, cell) => {
    element.style.display = cell ? '' : 'none';
    if (!cell) return;
    element.classList.toggle('ring', data.ring);
    if (data.ring) {
      element.style.top = `${(100 * (cell[0] + 0.5)) / rows}%`;
      element.style.left = `${(100 * (cell[1] + 0.5)) / columns}%`;
      return;
    }
    element.style.top = `${(100 * cell[0]) / rows}%`;
    element.style.left = `${(100 * cell[1]) / columns}%`;
    element.style.height = `${100 / rows}%`;
    element.style.width = `${100 / columns}%`;
  };
  const point = (cell) => root._tiles.forEach((parts, i) => {
    const at = cell ?? chosen;
    const values = data.tiles[i].values;
    place(parts.hover, data.ring ? null : cell);
    parts.value.textContent = values ? values[at[0] * columns + at[1]] : '';
    parts.value.style.display = values ? '' : 'none';
    if (!root._probe || i) return;
    const row = Math.floor(((at[0] + 0.5) * probe.rows) / rows);
    const value = probe.values[row * probe.columns + Math.floor(((at[1] + 0.5) * probe.columns) / columns)];
    const where = cell ? 'Under the pointer' : 'Chosen pixel';
    root._probe.textContent = `${where}: x ${at[1]} px, y ${at[0]} px \u00b7 ${probe.label} ${three(value)}`;
  });
  const zoomed = root._zoomed;
  const draw = () => {
    const clip = (value) => Math.min(1 - 1 / zoomed.k, Math.max(0, value));
    zoomed.u = clip(zoomed.u);
    zoomed.v = clip(zoomed.v);
    root._tiles.forEach((parts) => {
      parts.view.style.transform = `scale(${zoomed.k}) translate(${-100 * zoomed.u}%, ${-100 * zoomed.v}%)`;
      parts.frame.style.touchAction = zoomed.k > 1 ? 'none' : 'manipulation';
      const back = `scale(${1 / zoomed.k})`;
      [...parts.badges.children].forEach((badge) => { badge.style.transform = `translate(-50%, -100%) ${back}`; });
      if (data.ring) parts.mark.style.transform = back;
    });
    if (root._buttons) {
      root._buttons[0].disabled = zoomed.k >= LARGEST;
      root._buttons[1].disabled = root._buttons[2].disabled = zoomed.k <= 1;
    }
  };
  const zoom = (factor, u, v) => {  // keeps the point u, v (shares of the image) where it is
    const k = Math.min(LARGEST, Math.max(1, zoomed.k * factor));
    zoomed.u = u - ((u - zoomed.u) * zoomed.k) / k;
    zoomed.v = v - ((v - zoomed.v) * zoomed.k) / k;
    zoomed.k = k;
    draw();
  };
  const zoomOnChosen = (factor) => {
    const [u, v] = [(chosen[1] + 0.5) / columns, (chosen[0] + 0.5) / rows];
    zoomed.u = u - 0.5 / zoomed.k;
    zoomed.v = v - 0.5 / zoomed.k;
    zoom(factor, u, v);
  };
  const choose = (cell) => {
    chosen = cell;
    root._tiles.forEach((parts) => place(parts.mark, chosen));
    point(null);
    clearTimeout(root._pending);
    root._pending = setTimeout(() => setTriggerValue('cell', cell), 120);
  };
  const shareAt = (parts, event) => {
    const box = parts.view.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  const cellAt = (parts, event) => {
    const box = parts.view.getBoundingClientRect();
    const clip = (value, count) => Math.min(count - 1, Math.max(0, Math.floor(value * count)));
    return [clip((event.clientY - box.top) / box.height, rows), clip((event.clientX - box.left) / box.width, columns)];
  };
  root._tiles.forEach((parts, i) => {
    const tile = data.tiles[i];
    if (tile.pick) {
      const button = parts.title.querySelector('button') ?? make('button', '', parts.title);
      button.type = 'button';
      button.textContent = button.title = tile.title;
      button.setAttribute('aria-label', tile.pick);
      button.setAttribute('aria-pressed', data.picked === i);
      button.onclick = () => setTriggerValue('tile', i);
    } else parts.title.textContent = parts.title.title = tile.title;
    parts.tag.textContent = tile.tag;
    parts.tag.className = `tag ${tile.alarm === null ? '' : tile.alarm ? 'alarm' : 'calm'}`;
    parts.tag.style.display = tile.tag ? '' : 'none';
    parts.figure.style.maxWidth = `${Math.min(data.widest, 1.3 * data.widest * data.aspect)}px`;
    parts.frame.style.aspectRatio = data.aspect;
    for (const [image, source] of [[parts.base, tile.base], [parts.top, tile.cells]]) {
      image.style.display = source ? '' : 'none';
      if (source && image.src !== source) image.src = source;
      image.alt = '';
      image.draggable = false;
    }
    parts.base.alt = `${tile.title}. ${tile.hint}`;
    parts.bar.style.display = parts.ticks.style.display = tile.bar ? '' : 'none';
    if (tile.bar) {
      parts.bar.style.background = tile.bar.gradient;
      parts.ticks.replaceChildren();
      tile.bar.ticks.forEach((words) => { make('span', '', parts.ticks).textContent = words; });
    }
    parts.hint.textContent = tile.hint;
    parts.hint.style.display = tile.hint ? '' : 'none';
    parts.badges.replaceChildren();
    if (tile.numbered) {
      data.badges.forEach((badge) => {
        const element = make('div', 'badge', parts.badges);
        element.textContent = badge.text;
        element.style.top = `max(1.45em, ${(100 * badge.row) / rows}%)`;
        element.style.left = `clamp(0.8em, ${(100 * (badge.column + 0.5)) / columns}%, 100% - 0.8em)`;
      });
    }
    place(parts.mark, chosen);
    const frame = parts.frame;
    let held = null;
    let moved = false;
    frame.onpointerdown = (event) => {
      moved = false;
      if (zoomed.k > 1) held = { x: event.clientX, y: event.clientY, u: zoomed.u, v: zoomed.v };
    };
    frame.onpointermove = (event) => {
      if (held) {
        const [x, y] = [event.clientX - held.x, event.clientY - held.y];
        if (!moved && Math.hypot(x, y) < 5) return;
        if (!moved) frame.setPointerCapture(event.pointerId);
        moved = true;
        zoomed.u = held.u - x / (frame.clientWidth * zoomed.k);
        zoomed.v = held.v - y / (frame.clientHeight * zoomed.k);
        draw();
      } else if (event.pointerType === 'mouse') point(cellAt(parts, event));
    };
    frame.onpointerup = frame.onpointercancel = () => { held = null; };
    frame.onpointerleave = () => { if (!moved) held = null; point(null); };
    frame.onclick = (event) => { if (!moved) choose(cellAt(parts, event)); };
    if (data.zoom) {
      frame.ondblclick = (event) => zoom(2, ...shareAt(parts, event));
      frame.onwheel = (event) => {
        if (!event.ctrlKey && !event.metaKey) return;  // a plain turn of the wheel scrolls the page
        event.preventDefault();
        zoom(Math.exp(-event.deltaY / 300), ...shareAt(parts, event));
      };
    }
  });
  if (root._buttons) {
    root._buttons[0].onclick = () => zoomOnChosen(2);
    root._buttons[1].onclick = () => zoomOnChosen(0.5);
    root._buttons[2].onclick = () => zoomOnChosen(0);
  }
  root.onkeydown = (event) => {
    const factor = data.zoom && { '+': 2, '-': 0.5, 0: 0 }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (factor !== undefined && factor !== false) zoomOnChosen(factor);
    const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!move) return;
    event.preventDefault();
    const step = event.shiftKey ? 1 : data.step;
    const within = (value, count) => Math.min(count - 1, Math.max(0, value));
    choose([within(chosen[0] + step * move[0], rows), within(chosen[1] + step * move[1], columns)]);
  };
  draw();
  point(null);
}
"""
)

_mount = st.components.v2.component("nnet_linked_pictures", css=_CSS, js=_JS)


@dataclass(frozen=True)
class Tile:
    """One picture.

    Attributes:
        title: above it.
        hint: what to look for, below it; may be "".
        base: a picture of any size that is drawn smoothly, as a data URI, or None.
        cells: RGB or RGBA, one pixel per cell, drawn over it with hard edges, or None.
        values: (H, W) texts that are read where one points, or None.
        gradient, ticks: the colour bar, as CSS and as texts from low to high; "" for none.
        numbered: whether the badges are drawn on it.
        tag: a few words in a badge below it, or "".
        alarm: the badge's colour: anomalous, normal or, with None, neither.
        pick: what a press on the title does; "" for a title that is only read.
    """

    title: str
    hint: str = ""
    base: str | None = None
    cells: np.ndarray | None = None
    values: Sequence[Sequence[str]] | None = None
    gradient: str = ""
    ticks: tuple[str, ...] = ()
    numbered: bool = False
    tag: str = ""
    alarm: bool | None = None
    pick: str = ""


@dataclass(frozen=True)
class Probe:
    """What is read under the pointer, beside the position: `values` (h, w) that cover the image, and their `label`."""

    values: np.ndarray
    label: str


@dataclass(frozen=True)
class Badge:
    """A short `text` that stands on top of a position of the grid."""

    row: int
    column: int
    text: str


def bar(scale: Scale) -> dict[str, object]:
    """A scale's colour bar, as `Tile` wants it."""
    ticks = tuple(label.replace("<br>", " ") for label in scale.ticks.values())
    return {"gradient": theme.css_gradient(scale.colour_map), "ticks": ticks}


def draw(
    key: str,
    tiles: Sequence[Tile],
    shape: tuple[int, int],
    chosen: tuple[int, int],
    image_shape: tuple[int, ...],
    on_choose: Callable[[int, int], None],
    *,
    label: str,
    width: int = 250,
    widest: int = 340,
    ring: bool = False,
    zoom: bool = False,
    step: int = 1,
    image: str = "",
    probe: Probe | None = None,
    badges: Sequence[Badge] = (),
    columns: int = 0,
    on_pick: Callable[[int], None] | None = None,
    picked: int | None = None,
) -> None:
    """Draw the pictures.

    Args:
        key: unique on the page.
        shape: rows and columns of the grid of positions.
        chosen: row and column of the chosen position.
        image_shape: of the image as given; decides the proportions.
        on_choose: called with row and column before the next run.
        label: what a screen reader says; arrow keys move the chosen position.
        width, widest: least and largest width of a picture in pixels.
        ring: mark the chosen position by a ring around its middle, for positions too small to be framed.
        zoom: whether the pictures can be zoomed, all together.
        step: positions that an arrow key moves by; 1 with the shift key.
        image: stands for the image; another one is shown as a whole again.
        probe: values that are told with the position under the pointer, in one line below the pictures.
        badges: drawn on the numbered pictures.
        columns: pictures in a row where the page is wide enough, with heads of one height; 0 for as many as fit.
        on_pick: called with a picture's index when its title is pressed, before the next run.
        picked: the picture whose title is marked.
    """

    def chosen_in_browser() -> None:
        cell = st.session_state[key].cell
        if cell:
            on_choose(int(cell[0]), int(cell[1]))

    def title_pressed() -> None:
        index = st.session_state[key].tile
        if index is not None and on_pick is not None:
            on_pick(int(index))

    data = {
        "rows": shape[0],
        "columns": shape[1],
        "row": chosen[0],
        "column": chosen[1],
        "aspect": image_shape[1] / image_shape[0],
        "label": label,
        "width": width,
        "widest": widest,
        "ring": ring,
        "zoom": zoom,
        "step": step,
        "image": image,
        "probe": None if probe is None else _packed(probe),
        "badges": [asdict(badge) for badge in badges],
        "across": columns,
        "picked": picked,
        "tiles": [_encoded(tile) for tile in tiles],
    }
    _mount(key=key, data=data, on_cell_change=chosen_in_browser, on_tile_change=title_pressed)


def _packed(probe: Probe) -> dict[str, object]:
    """The values as base64 of little-endian float32, a quarter of what they would take as JSON."""
    values = np.ascontiguousarray(probe.values, "<f4")
    rows, columns = values.shape
    return {"values": base64.b64encode(values).decode(), "rows": rows, "columns": columns, "label": probe.label}


def _encoded(tile: Tile) -> dict[str, object]:
    return {
        "title": tile.title,
        "hint": tile.hint,
        "base": tile.base,
        "cells": None if tile.cells is None else pictures.data_uri(tile.cells),
        "values": None if tile.values is None else [value for row in tile.values for value in row],
        "numbered": tile.numbered,
        "tag": tile.tag,
        "alarm": tile.alarm,
        "pick": tile.pick,
        "bar": {"gradient": tile.gradient, "ticks": list(tile.ticks)} if tile.gradient else None,
    }
