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
    const bar = make('div', 'zoom', data.second === null ? root._tiles[data.hero ?? 0].head : root);
    const { zoomIn, zoomOut, whole } = data.words;
    root._buttons = [['+', zoomIn], ['\u2212', zoomOut], ['\u21ba', whole]].map(([sign, title]) => {
      const button = make('button', '', bar, { textContent: sign, title });
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
const times = (value) => { // as nnet.units.times writes a multiple
  const size = Math.abs(value);
  let said = size < 10 ? value.toFixed(size < 1 ? 2 : 1) : Math.round(value).toLocaleString('en');
  for (let digits = 2; value !== 1 && Number(said) === 1 && digits < 7; digits += 1) said = value.toFixed(digits);
  return said;
};
const LARGEST = 16;
export default function ({ parentElement, data, setTriggerValue }) {
  const { rows, columns } = data;
  const root = rootOf(parentElement, 'tiles', (made) => {
    made.tabIndex = 0;
    made.setAttribute('role', 'group');
  });
  root.setAttribute('aria-label', data.label);
  root.classList.toggle('zoomable', data.zoom);
  root.classList.toggle('even', data.across > 0);
  root.classList.toggle('staged', data.hero !== null && data.second === null);
  root.classList.toggle('paired', data.second !== null);
  root.classList.toggle('beside', data.beside);
  root.style.setProperty('--others', Math.max(1, data.tiles.length - 1));
  root.style.setProperty('--aspect', data.aspect);
  const most = data.across || data.tiles.length;  // what spans the row would keep tracks that no picture needs
  const least = `max(${data.width}px, calc((100% - ${16 * (most - 1)}px) / ${most} - 0.5px))`;
  root.style.setProperty('--columns', `repeat(auto-fit, minmax(min(${least}, 100%), 1fr))`);
  const picks = data.tiles.map((tile) => Boolean(tile.pick));
  const form = JSON.stringify([data.tiles.length, Boolean(data.probe), data.zoom, data.image, data.second === null, picks]);
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
    const sentence = cell ? data.words.pointed : data.words.chosen;
    root._probe.textContent = fill(sentence, { x: at[1], y: at[0], label: probe.label, value: `${times(value)} ${probe.unit}` });
  });
  const zoomed = root._zoomed;
  const draw = () => {
    zoomed.u = clip(zoomed.u, 0, 1 - 1 / zoomed.k);
    zoomed.v = clip(zoomed.v, 0, 1 - 1 / zoomed.k);
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
    const k = clip(zoomed.k * factor, 1, LARGEST);
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
    late(root, 120, () => setTriggerValue('cell', cell));
  };
  const shareAt = (parts, event) => {
    const box = parts.view.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  const cellAt = (parts, event) => {
    const box = parts.view.getBoundingClientRect();
    const cell = (value, count) => clip(Math.floor(value * count), 0, count - 1);
    return [cell((event.clientY - box.top) / box.height, rows), cell((event.clientX - box.left) / box.width, columns)];
  };
  root._tiles.forEach((parts, i) => {
    const tile = data.tiles[i];
    if (tile.pick) {
      const button = parts.title.querySelector('button') ?? make('button', '', parts.title);
      button.textContent = button.title = tile.title;
      button.setAttribute('aria-label', tile.pick);
      button.setAttribute('aria-pressed', data.picked === i);
      button.onclick = () => setTriggerValue('tile', i);
    } else parts.title.textContent = parts.title.title = tile.title;
    parts.tag.textContent = tile.tag;
    parts.tag.className = `tag ${tile.alarm === null ? '' : tile.alarm ? 'alarm' : 'calm'}`;
    parts.tag.style.display = tile.tag ? '' : 'none';
    const small = data.second !== null && i !== data.hero && i !== data.second;
    parts.figure.classList.toggle('hero', i === data.hero);
    parts.figure.classList.toggle('second', i === data.second);
    parts.figure.classList.toggle('offered', small && Boolean(tile.pick));
    parts.figure.style.setProperty('--widest', `${Math.min(data.widest, 1.3 * data.widest * data.aspect)}px`);
    parts.frame.style.aspectRatio = data.aspect;
    for (const [image, source] of [[parts.base, tile.base], [parts.top, tile.cells]]) {
      image.style.display = source ? '' : 'none';
      if (source && image.src !== source) image.src = source;
      image.alt = '';
      image.draggable = false;
    }
    parts.base.alt = `${tile.title}. ${tile.hint}`;
    parts.bar.style.display = parts.ticks.style.display = tile.gradient ? '' : 'none';
    if (tile.gradient) {
      parts.bar.style.background = tile.gradient;
      parts.ticks.replaceChildren();
      tile.ticks.forEach((words) => { make('span', '', parts.ticks).textContent = words; });
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
    frame.onclick = (event) => {
      if (moved) return;
      if (small && tile.pick) setTriggerValue('tile', i);
      else choose(cellAt(parts, event));
    };
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
    choose([clip(chosen[0] + step * move[0], 0, rows - 1), clip(chosen[1] + step * move[1], 0, columns - 1)]);
  };
  draw();
  point(null);
}
