const build = (root) => {
  const bar = make('div', 'controls', root);
  root._play = make('button', '', bar);
  root._slider = make('input', '', bar, { type: 'range', min: 0, step: 1 });
  root._where = make('div', 'where', bar);
  root._where.setAttribute('aria-live', 'off');
  root._large = make('div', 'large', root);
  root._small = make('div', 'small', root);
  root._index = null;
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
  const root = rootOf(parentElement, 'film', build);
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
    root._where.append(` \u00b7 ${data.lines[root._index]}`);
  };
  const tell = () =>
    late(root, 250, () => setTriggerValue('epoch', root._index === last ? -1 : data.epochs[root._index]));
  const button = (sign, words) => {
    root._play.textContent = sign;
    root._play.setAttribute('aria-label', words);
    root._play.title = words;
  };
  const stop = () => {
    clearInterval(root._timer);
    root._timer = null;
    button('\u25B6', data.words.play);
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
    button('\u275A\u275A', data.words.pause);
    root._timer = setInterval(() => root._advance(), Math.max(120, Math.min(500, 6000 / data.epochs.length)));
  };
  if (!root._timer) stop();
  show();
  return () => { if (!parentElement.isConnected) clearInterval(root._timer); };
}
