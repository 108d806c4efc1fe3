"""The training film in the browser: a pinned image, its score and its maps, moved through the epochs.

All frames are there at once, so that scrubbing and playing ask the server for nothing. The slider is the browser's own
and takes arrow keys. The server is told the epoch when the slider comes to rest, for the address.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from workbench.components import base

_CSS = """
.film { font-family: var(--st-font, sans-serif); color: var(--st-text-color); }
.controls { display: flex; align-items: center; gap: 10px; flex-wrap: wrap; margin-bottom: 12px; }
.controls button { width: 44px; height: 44px; border-radius: 8px; border: 1px solid var(--st-border-color, #8888);
  background: var(--st-secondary-background-color); color: var(--st-text-color); font-size: 16px; cursor: pointer; }
.controls button:focus-visible, .controls input:focus-visible { outline: 2px solid var(--st-primary-color);
  outline-offset: 2px; }
.controls input { flex: 1 1 180px; min-width: 120px; height: 44px; margin: 0; accent-color: var(--st-primary-color);
  cursor: pointer; }
.where { flex: 1 1 100%; font-size: 0.95rem; line-height: 1.4; font-variant-numeric: tabular-nums; }
.where b { font-weight: 650; }
.large { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 14px; align-items: end;
  max-width: 640px; }
.small { display: grid; grid-template-columns: repeat(auto-fit, minmax(92px, 1fr)); gap: 12px; margin-top: 14px;
  max-width: 1100px; }
figure { margin: 0; min-width: 0; }
figcaption { font-size: 0.85rem; font-weight: 600; line-height: 1.3; margin-bottom: 4px; min-height: 1.3em; }
.frame { position: relative; width: 100%; aspect-ratio: 1; overflow: hidden; border-radius: 4px;
  background: rgba(128, 128, 128, 0.15); }
.frame img { position: absolute; inset: 0; width: 100%; height: 100%; display: block; }
.strip { position: absolute; inset: 0; background-repeat: no-repeat; }
.cells { image-rendering: pixelated; }
"""

_JS = (
    base.MAKE
    + """
const build = (root) => {
  const bar = make('div', 'controls', root);
  root._play = make('button', '', bar);
  root._play.type = 'button';
  root._slider = make('input', '', bar);
  root._slider.type = 'range';
  root._slider.min = 0;
  root._slider.step = 1;
  root._where = make('div', 'where', bar);
  root._where.setAttribute('aria-live', 'off');
  root._large = make('div', 'large', root);
  root._small = make('div', 'small', root);
};
const picture = (parent, tile) => {
  const figure = make('figure', '', parent);
  make('figcaption', '', figure).textContent = tile.title;
  const frame = make('div', 'frame', figure);
  if (tile.photo) {
    const image = make('img', '', frame);
    image.src = tile.photo;
    image.alt = tile.title;
  }
  if (!tile.strip) return null;
  const strip = make('div', tile.photo ? 'strip' : 'strip cells', frame);
  strip.style.backgroundImage = `url(${tile.strip})`;
  return strip;
};
export default function ({ parentElement, data, setTriggerValue }) {
  let root = parentElement.querySelector('.film');
  if (!root) {
    root = make('div', 'film', parentElement);
    build(root);
    root._index = null;
  }
  const last = data.epochs.length - 1;
  const at = data.epochs.indexOf(data.epoch);
  const changed = root._version !== data.version;
  if (root._index === null) root._index = at >= 0 ? at : last;
  else if (root._follows) root._index = last;
  root._index = Math.min(root._index, last);
  if (changed) {
    root._version = data.version;
    root._large.replaceChildren();
    root._small.replaceChildren();
    root._strips = [
      ...data.large.map((tile) => picture(root._large, tile)), ...data.small.map((tile) => picture(root._small, tile)),
    ].filter(Boolean);
    for (const strip of root._strips) strip.style.backgroundSize = `100% ${100 * data.epochs.length}%`;
  }
  root._slider.max = last;
  root._slider.setAttribute('aria-label', data.label);
  const show = () => {
    root._follows = root._index === last;
    root._slider.value = root._index;
    root._slider.setAttribute('aria-valuetext', data.titles[root._index]);
    const share = last ? (100 * root._index) / last : 0;
    for (const strip of root._strips) strip.style.backgroundPosition = `0 ${share}%`;
    root._where.replaceChildren();
    make('b', '', root._where).textContent = data.titles[root._index];
    root._where.append(` · ${data.lines[root._index]}`);
  };
  const tell = () => {
    clearTimeout(root._pending);
    root._pending = setTimeout(
      () => setTriggerValue('epoch', root._index === last ? -1 : data.epochs[root._index]), 250);
  };
  const stop = () => {
    clearInterval(root._timer);
    root._timer = null;
    root._play.textContent = '\\u25B6';
    root._play.setAttribute('aria-label', 'Play the film');
    root._play.title = 'Play the film';
  };
  root._advance = () => {
    if (root._index >= last) { stop(); tell(); return; }
    root._index += 1;
    show();
  };
  root._slider.oninput = () => { stop(); root._index = Number(root._slider.value); show(); };
  root._slider.onchange = tell;
  root._play.onclick = () => {
    if (root._timer) { stop(); tell(); return; }
    if (root._index >= last) root._index = 0;
    show();
    root._play.textContent = '\\u275A\\u275A';
    root._play.setAttribute('aria-label', 'Pause the film');
    root._play.title = 'Pause the film';
    root._timer = setInterval(() => root._advance(), Math.max(120, Math.min(500, 6000 / data.epochs.length)));
  };
  if (!root._timer) stop();
  show();
  return () => { if (!parentElement.isConnected) clearInterval(root._timer); };
}
"""
)

_mount = st.components.v2.component("nnet_training_film", css=_CSS, js=_JS)


@dataclass(frozen=True)
class Reel:
    """A picture of the film.

    Attributes:
        title: above it.
        photo: a still picture as a data URI, or "".
        strip: all frames as `train_figures.strip` makes them, or "".
    """

    title: str
    photo: str = ""
    strip: str = ""


@dataclass(frozen=True)
class Reels:
    """The film of one pinned image.

    Attributes:
        version: another one when any picture changed.
        epochs: of the frames.
        titles, lines: what is read at each.
        large, small: the pictures.
    """

    version: str
    epochs: tuple[int, ...]
    titles: tuple[str, ...]
    lines: tuple[str, ...]
    large: tuple[Reel, ...]
    small: tuple[Reel, ...]

    @property
    def nbytes(self) -> int:
        """Roughly what it takes in memory."""
        return sum(len(reel.photo) + len(reel.strip) for reel in (*self.large, *self.small))


def film(key: str, reels: Reels, epoch: int | None, on_rest: Callable[[int | None], None], *, label: str) -> None:
    """Draw the film.

    Args:
        key: unique on the page.
        epoch: where it stands at first; None follows the newest frame.
        on_rest: called with the epoch where the slider came to rest, None for the newest, before the next run.
        label: of the slider, for a screen reader.
    """

    def rested() -> None:
        value = st.session_state[key].epoch
        if value is not None:
            on_rest(None if int(value) < 0 else int(value))

    data = {
        "version": reels.version,
        "epochs": list(reels.epochs),
        "titles": list(reels.titles),
        "lines": list(reels.lines),
        "epoch": epoch,
        "label": label,
        "large": _listed(reels.large),
        "small": _listed(reels.small),
    }
    _mount(key=key, data=data, on_epoch_change=rested)


def _listed(reels: Sequence[Reel]) -> list[dict[str, object]]:
    return [{"title": r.title, "photo": r.photo, "strip": r.strip} for r in reels]
