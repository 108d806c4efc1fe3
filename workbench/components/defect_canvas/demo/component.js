// A stroke that invites to draw, as fractions of the picture; a key draws the same where the ring is.
const SCRATCH = [[-0.2, -0.13], [-0.11, -0.02], [-0.03, -0.05], [0.06, 0.06], [0.13, 0.04], [0.2, 0.15]];
const INVITED = 'nnet-invited';
const LIVE = 350;  // milliseconds between two looks at a stroke that goes on
const SVG = 'http://www.w3.org/2000/svg';

const invitation = (root, words) => {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'invitation');
  svg.setAttribute('viewBox', '0 0 100 100');
  svg.setAttribute('preserveAspectRatio', 'none');
  const line = document.createElementNS(SVG, 'polyline');
  line.setAttribute('points', SCRATCH.map(([x, y]) => `${50 + 100 * x},${50 + 100 * y}`).join(' '));
  line.setAttribute('pathLength', 1);
  svg.append(line);
  root._frame.append(svg);
  const label = make('span', 'draw-here', root._frame, { textContent: words.here });
  let seen = false;
  try {
    seen = !!sessionStorage.getItem(INVITED);
    sessionStorage.setItem(INVITED, 'yes');
  } catch { /* no storage: it plays again on the next page */ }
  svg.classList.toggle('plays', !seen);
  root._uninvite = () => { svg.remove(); label.remove(); root._uninvite = () => {}; };
};
const build = (root, words) => {
  const pair = make('div', 'pair', root);
  const left = make('figure', '', pair);
  root._about = make('figcaption', '', left);
  frameIn(root, left);
  canvasIn(root);
  const right = make('figure', 'answer', pair);
  make('figcaption', '', right, { textContent: words.heatmap });
  root._heat = make('img', 'heat', right, { draggable: false });
  const row = make('div', 'row', root);
  root._said = make('p', 'said', row);
  root._said.setAttribute('aria-live', 'polite');
  const buttons = make('div', 'buttons', row);
  root._defect = make('button', '', buttons, { textContent: words.defect });
  root._file = make('input', '', buttons, { type: 'file', accept: 'image/*', hidden: true });
  make('button', '', buttons, { textContent: words.photo, onclick: () => root._file.click() });
  root._undo = make('button', '', buttons, { textContent: words.undo });
  root._clear = make('button', '', buttons, { textContent: words.clear });
  const inside = () => document.dispatchEvent(new CustomEvent(INSIDE));
  root._below = make('button', 'below', buttons, { textContent: words.below, onclick: inside, hidden: true });
  root._offer = ({ detail }) => { root._below.hidden = !detail; };
  document.addEventListener(OFFER_INSIDE, root._offer);
  root._hint = make('p', 'hint', root);
  root._strip = make('button', 'strip', root, { onclick: inside });
  root._strip.setAttribute('aria-label', words.strip);
  root._maps = make('div', 'maps', root);
  invitation(root, words);
};
// What a part showed stays until the wave has reached it, so that the row never stands empty.
const keepUnder = (root, old) => {
  const part = root._strip.querySelector(`[data-name="${CSS.escape(old.dataset.name)}"]`);
  if (!part) return;
  old.dataset.was = old.dataset.name;
  delete old.dataset.name;
  old.style.animation = 'none';
  part.before(old);
  part.addEventListener('animationend', () => old.remove(), { once: true });
};

// The network in small: the wave runs through each new picture, and while a stroke goes on the maps and the heatmap follow.
const showStrip = (root, { strip, heat, branches }) => {
  if (strip && strip !== root._stripText) {
    root._stripText = strip;
    const before = [...root._strip.querySelectorAll('[data-name]')];
    root._strip.replaceChildren(document.importNode(new DOMParser().parseFromString(strip, 'image/svg+xml').documentElement, true));
    if (!matchMedia('(prefers-reduced-motion: reduce)').matches) before.forEach((part) => keepUnder(root, part));
    return;
  }
  if (strip) return;
  root._stripText = '';
  const now = Object.fromEntries([['score', heat], ...branches.flatMap(({ maps }) => maps.map((map) => [map.name.split(':')[0], map.picture]))]);
  root._strip.querySelectorAll('g').forEach((part) => {
    part.style.animation = 'none';
    if (now[part.dataset.name]) part.querySelector('image')?.setAttribute('href', now[part.dataset.name]);
  });
};
const showAnswer = (root, data) => {
  const { answer } = data;
  showStrip(root, answer);
  if (root._heat.src !== answer.heat) root._heat.src = answer.heat;
  root._heat.alt = answer.alt;
  root._heat.style.aspectRatio = data.width / data.height;
  root._said.replaceChildren();
  make('strong', answer.anomalous ? 'badge anomalous' : 'badge', root._said, { textContent: answer.decision });
  make('b', '', root._said, { textContent: answer.score, title: answer.raw });
  make('span', '', root._said, { textContent: answer.sentence });
  root._maps.replaceChildren();
  answer.branches.forEach((branch) => {
    const group = make('div', 'branch', root._maps);
    const title = make('p', '', group, { textContent: branch.title });
    title.style.setProperty('--colour', branch.colour);
    branch.maps.forEach((map) => {
      const figure = make('figure', '', group);
      make('img', '', figure, { src: map.picture, alt: map.alt });
      make('figcaption', '', figure, { textContent: map.name, title: map.alt });
    });
  });
};
export default function ({ parentElement, data, setTriggerValue }) {
  const root = rootOf(parentElement, 'demo', (made) => build(made, data.words));
  root.classList.toggle('large', data.large);
  showPhoto(root, data);
  root.style.setProperty('--aspect', data.width / data.height);
  if (takeSheet(root, data) && data.layer) root._uninvite();
  root._waits = false;
  showAnswer(root, data);
  root._frame.style.setProperty('--ink', data.ink);
  const brush = () => ({
    colour: data.ink, erase: false, opacity: 0.85, size: Math.max(2, Math.min(data.width, data.height) / 45),
  });
  const send = (canvas, done) => {
    root._waits = true;
    root._sent = performance.now();
    setTriggerValue('layer', { layer: canvas.toDataURL('image/png'), done });
  };
  const change = () => {
    root._uninvite();
    root._below.hidden = true;  // it would lead to the picture as it was
    document.dispatchEvent(new CustomEvent(CHANGING));
  };
  const report = (done) => {
    change();
    if (done) late(root, 40, () => send(root._done, true));
    else if (!root._waits && performance.now() - (root._sent ?? 0) > LIVE) send(root._canvas, false);
  };
  const press = () => {
    const ratio = data.width / data.height;
    root._uninvite();
    root._begin(...SCRATCH.map(([x, y]) => [clip(root._at[0] + x, 0, 1), clip(root._at[1] + y * ratio, 0, 1)]));
    root._finish();
  };
  drawWith(root, { brush, report, press });
  root._frame.addEventListener('pointerdown', () => root._uninvite(), { once: true });
  root._about.textContent = data.good ? data.words.part : data.words.picture;
  root._defect.textContent = data.good ? data.words.defect : data.words.another;
  root._defect.onclick = () => { change(); setTriggerValue('press', 'defect'); };
  const clear = root._clear.onclick;
  root._clear.onclick = () => { if (data.good) clear(); else { change(); setTriggerValue('press', 'good'); } };
  root._file.onchange = () => {
    const [file] = root._file.files;
    root._file.value = '';
    if (!file) return;
    if (file.size > data.largest) { root._hint.textContent = data.words.large; return; }
    const reader = new FileReader();
    reader.onload = () => { change(); setTriggerValue('photo', { name: file.name, content: reader.result }); };
    reader.readAsDataURL(file);
  };
  root._elsewhere = !data.good;  // then starting again leads back to the good part
  show(root);
  return () => { if (!root.isConnected) document.removeEventListener(OFFER_INSIDE, root._offer); };
}
