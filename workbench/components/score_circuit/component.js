const SIGNS = { '+': '+', '*': '\u00d7' };
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
  const root = rootOf(parentElement, 'circuit');
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
