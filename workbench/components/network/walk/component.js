const STAGE = 3000;  // milliseconds of each stage: time for its sentence
const GLANCE = 560;  // of a wave that begins by itself: time for its name
const GLIMPSED = 900;  // that a piece of it is, before its tiles are shown without a wave
const SEEN = 300;  // milliseconds that the drawing is in sight before it begins: not while the page still moves

const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

// Light a stage: what came before stays, what follows is faint. -1 shows all. A wave that `plays` goes on by itself; one
// that nobody asked for is over sooner.
const walk = (root, to, plays = false) => {
  const { stages, words } = root._data;
  const svg = root._svg;
  const at = to < stages.length ? to : -1;
  const on = at >= 0;
  root._stage_lit = at;
  root._plays = plays && on;
  clearTimeout(root._ends);
  if (on) { still(root); svg.classList.remove('pointed'); }
  svg.classList.toggle('walking', on);
  svg.classList.toggle('wave', root._plays);
  const reached = new Set(on ? stages.slice(0, at + 1).flatMap(([names]) => names) : []);
  const now = new Set(on ? stages[at][0] : []);
  svg.querySelectorAll('.part').forEach((part) => {
    part.classList.toggle('reached', reached.has(part.dataset.name));
    part.classList.toggle('now', now.has(part.dataset.name));
  });
  svg.querySelectorAll('.edge').forEach((edge) => {
    const whole = ends(edge, 'from').every((name) => reached.has(name)) && reached.has(edge.dataset.to);
    edge.classList.toggle('reached', whole);
    edge.classList.toggle('now', whole && now.has(edge.dataset.to));
  });
  svg.querySelectorAll('.about').forEach((sign) => sign.classList.toggle('reached', reached.has('score')));
  root._onward.textContent = on ? words.onward : words.walk;
  root._play.textContent = root._plays ? words.pause : on ? words.goOn : words.play;
  [root._back, root._end].forEach((button) => { button.hidden = !on; });
  root._back.disabled = at === 0;
  if (!on) { light(root, root._at || root._open); return; }
  const [, name, sentence] = stages[at];
  const isFast = root._plays && root._byItself;
  root._line.setAttribute('aria-live', isFast ? 'off' : 'polite');
  write(root._line, fill(words.stage, { number: at + 1, all: stages.length, sentence: isFast ? name : sentence }));
  if (root._plays) {
    const lasts = isFast ? GLANCE : STAGE;
    svg.style.setProperty('--stage', `${lasts}ms`);
    root._ends = setTimeout(() => walk(root, at + 1, true), lasts);
  }
  if (root.matches('.tall') && !root._byItself) svg.querySelector('.part.now')?.scrollIntoView({ behavior: calm() ? 'auto' : 'smooth', block: 'center' });
};

// Nothing begins by itself any more.
const still = (root) => {
  root._sight?.disconnect();
  clearTimeout(root._waits);
  root._svg.classList.remove('armed');
};

// The wave of a new picture waits until the drawing is in sight; where something was changed above it, a button there
// leads to it. The same picture's does not run again when a visitor comes back to the page.
const awaitSight = (root, again) => {
  still(root);
  offerInside(false);
  const { picture } = root._data;
  if (window.nnetWave === picture) return;
  root._svg.classList.add('armed');
  root._sight = new IntersectionObserver((seen) => {
    const now = seen.at(-1);
    const enough = now.intersectionRatio >= 0.6 || now.intersectionRect.height >= innerHeight / 2;
    offerInside(again && !enough && now.boundingClientRect.top > 0);
    clearTimeout(root._waits);
    if (enough) root._waits = setTimeout(begin, SEEN);
    else if (now.isIntersecting) root._waits = setTimeout(showAtOnce, GLIMPSED);
  }, { threshold: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7] });
  const begin = () => {
    window.nnetWave = picture;
    root._byItself = !root._isAsked;  // then it does not scroll a page that somebody else scrolls
    root._isAsked = false;
    if (!root._byItself) walk(root, 0, !calm());  // whoever asked may pause it
    else if (calm()) { still(root); light(root, root._at || root._open); } else walk(root, 0, true);
  };
  const showAtOnce = () => { root._svg.classList.remove('armed'); light(root, root._at || root._open); };  // the wave may still come
  root._sight.observe(root._stage);
};

const offerInside = (is) => document.dispatchEvent(new CustomEvent(OFFER_INSIDE, { detail: is }));

const ONWARD = ['ArrowRight', 'PageDown'];
const BACK = ['ArrowLeft', 'PageUp'];

// While stages are lit, a clicker's keys turn those and not the page; space pauses the wave and plays on.
const keyed = (root, event) => {
  const at = event.composedPath()[0];
  if (!root.isConnected || event.altKey || event.ctrlKey || event.metaKey || !root._svg) return;
  if (at instanceof Element && at.matches('input, select, textarea, [contenteditable], [role="slider"], .frame')) return;
  const lit = root._stage_lit ?? -1;
  if (lit < 0 && !(root._open && event.key === 'Escape')) return;
  root._byItself = false;
  if (event.key === ' ') {
    if (at.closest?.('button, a, summary')) return;  // which it presses
    walk(root, lit, !root._plays);
  } else if (ONWARD.includes(event.key)) walk(root, lit + 1);
  else if (BACK.includes(event.key)) walk(root, Math.max(0, lit - 1));
  else if (event.key === 'Escape' && root._open) close(root, root._send);  // wherever the focus is
  else if (event.key === 'Escape') walk(root, -1);
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
};

const buildWalk = (root, place, words) => {
  const row = make('div', 'walk', place);
  row.addEventListener('click', () => { root._byItself = false; }, true);
  const lit = () => root._stage_lit ?? -1;
  const from = () => !root._plays && lit() === root._data.stages.length - 1 ? 0 : Math.max(0, lit());  // after the last the first
  root._play = make('button', 'play', row, { textContent: words.play, onclick: () => walk(root, from(), !root._plays) });
  root._back = make('button', 'back', row, { textContent: words.back, hidden: true, onclick: () => walk(root, lit() - 1) });
  root._onward = make('button', 'onward', row, { textContent: words.walk, onclick: () => walk(root, lit() + 1) });
  root._end = make('button', 'end', row, { textContent: words.end, hidden: true, onclick: () => walk(root, -1) });
  root._keys = (event) => keyed(root, event);
  addEventListener('keydown', root._keys, true);
};
