"""Pictures of one image side by side that share a chosen position: a click in any of them chooses it in all.

Streamlit's pictures report no clicks and Plotly's heatmaps no selection, hence this small component. Pointing at a
position marks it in every picture and reads all values there; nothing is sent to the server before a click.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from workbench import figures, theme
from workbench.figures import Scale

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
.value { font-size: 0.82rem; min-height: 1.35em; margin-top: 4px; font-variant-numeric: tabular-nums; }
.bar { height: 7px; border-radius: 3px; margin-top: 5px; }
.ticks { display: flex; justify-content: space-between; gap: 6px; font-size: 0.74rem; line-height: 1.25; opacity: 0.85;
  margin-top: 2px; }
.ticks span:nth-child(2):not(:last-child) { text-align: center; } .ticks span:last-child { text-align: right; }
.hint { font-size: 0.82rem; line-height: 1.35; opacity: 0.72; margin-top: 4px; }
"""

_JS = """
const make = (tag, className, parent) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  parent.appendChild(element);
  return element;
};
const build = (root, data) => {
  root.replaceChildren();
  root._tiles = data.tiles.map((tile) => {
    const figure = make('figure', '', root);
    const parts = { title: make('figcaption', '', figure), frame: make('div', 'frame', figure) };
    parts.base = make('img', '', parts.frame);
    parts.top = make('img', 'cells', parts.frame);
    parts.mark = make('div', 'mark', parts.frame);
    parts.hover = make('div', 'mark hover', parts.frame);
    parts.value = make('div', 'value', figure);
    parts.bar = make('div', 'bar', figure);
    parts.ticks = make('div', 'ticks', figure);
    parts.hint = make('div', 'hint', figure);
    return parts;
  });
};
export default function ({ parentElement, data, setTriggerValue }) {
  let root = parentElement.querySelector('.tiles');
  const { rows, columns } = data;
  if (!root) {
    root = make('div', 'tiles', parentElement);
    root.tabIndex = 0;
    root.setAttribute('role', 'group');
  }
  root.setAttribute('aria-label', data.label);
  root.style.gridTemplateColumns = `repeat(auto-fit, minmax(min(${data.width}px, 100%), 1fr))`;
  if (!root._tiles || root._tiles.length !== data.tiles.length) build(root, data);
  let chosen = [data.row, data.column];
  const place = (element, cell) => {
    element.style.display = cell ? '' : 'none';
    if (!cell) return;
    element.style.top = `${(100 * cell[0]) / rows}%`;
    element.style.left = `${(100 * cell[1]) / columns}%`;
    element.style.height = `${100 / rows}%`;
    element.style.width = `${100 / columns}%`;
  };
  const point = (cell) => root._tiles.forEach((parts, i) => {
    const at = cell ?? chosen;
    const values = data.tiles[i].values;
    place(parts.hover, cell);
    parts.value.textContent = values ? values[at[0] * columns + at[1]] : '';
    parts.value.style.display = values ? '' : 'none';
  });
  const choose = (cell) => {
    chosen = cell;
    root._tiles.forEach((parts) => place(parts.mark, chosen));
    point(null);
    clearTimeout(root._pending);
    root._pending = setTimeout(() => setTriggerValue('cell', cell), 120);
  };
  const cellAt = (frame, event) => {
    const box = frame.getBoundingClientRect();
    const clip = (value, count) => Math.min(count - 1, Math.max(0, Math.floor(value * count)));
    return [clip((event.clientY - box.top) / box.height, rows), clip((event.clientX - box.left) / box.width, columns)];
  };
  root._tiles.forEach((parts, i) => {
    const tile = data.tiles[i];
    parts.title.textContent = tile.title;
    parts.title.parentElement.style.maxWidth = `${Math.min(340, 440 * data.aspect)}px`;
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
    place(parts.mark, chosen);
    parts.frame.onpointermove = (event) => { if (event.pointerType === 'mouse') point(cellAt(parts.frame, event)); };
    parts.frame.onpointerleave = () => point(null);
    parts.frame.onclick = (event) => choose(cellAt(parts.frame, event));
  });
  root.onkeydown = (event) => {
    const move = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!move) return;
    event.preventDefault();
    const within = (value, count) => Math.min(count - 1, Math.max(0, value));
    choose([within(chosen[0] + move[0], rows), within(chosen[1] + move[1], columns)]);
  };
  point(null);
}
"""

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
    """

    title: str
    hint: str = ""
    base: str | None = None
    cells: np.ndarray | None = None
    values: Sequence[Sequence[str]] | None = None
    gradient: str = ""
    ticks: tuple[str, ...] = ()


def bar(scale: Scale) -> dict[str, object]:
    """A scale's colour bar, as `Tile` wants it."""
    ticks = tuple(label.replace("<br>", " ") for label in scale.ticks.values())
    return {"gradient": theme.css_gradient(scale.colour_map), "ticks": ticks}


def linked_pictures(
    key: str,
    tiles: Sequence[Tile],
    shape: tuple[int, int],
    chosen: tuple[int, int],
    image_shape: tuple[int, ...],
    on_choose: Callable[[int, int], None],
    *,
    label: str,
    width: int = 250,
) -> None:
    """Draw the pictures.

    Args:
        key: unique on the page.
        shape: rows and columns of the grid of positions.
        chosen: row and column of the chosen position.
        image_shape: of the image as given; decides the proportions.
        on_choose: called with row and column before the next run.
        label: what a screen reader says; arrow keys move the chosen position.
        width: least width of a picture in pixels.
    """

    def chosen_in_browser() -> None:
        cell = st.session_state[key].cell
        if cell:
            on_choose(int(cell[0]), int(cell[1]))

    data = {
        "rows": shape[0],
        "columns": shape[1],
        "row": chosen[0],
        "column": chosen[1],
        "aspect": image_shape[1] / image_shape[0],
        "label": label,
        "width": width,
        "tiles": [_encoded(tile) for tile in tiles],
    }
    _mount(key=key, data=data, on_cell_change=chosen_in_browser)


def _encoded(tile: Tile) -> dict[str, object]:
    return {
        "title": tile.title,
        "hint": tile.hint,
        "base": tile.base,
        "cells": None if tile.cells is None else figures.data_uri(tile.cells),
        "values": None if tile.values is None else [value for row in tile.values for value in row],
        "bar": {"gradient": tile.gradient, "ticks": list(tile.ticks)} if tile.gradient else None,
    }
