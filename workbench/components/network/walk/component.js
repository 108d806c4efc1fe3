// One stage after the other, as slowly as somebody talks: what came before stays, what follows is faint. -1 shows all.
const walk = (root, to) => {
  const { stages, words } = root._data;
  const svg = root._svg;
  const at = to < stages.length ? to : -1;
  const on = at >= 0;
  root._stage_lit = at;
  if (on) { clearTimeout(root._ends); root._sight?.disconnect(); svg.classList.remove('armed', 'wave', 'pointed'); }
  svg.classList.toggle('walking', on);
  if (root.classList.contains('walks') !== on) {
    root.classList.toggle('walks', on);
    fit(root);
  }
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
  [root._back, root._end].forEach((button) => { button.hidden = !on; });
  root._back.disabled = at === 0;
  if (!on) { light(root, root._open); return; }
  write(root._line, fill(words.stage, { number: at + 1, all: stages.length, sentence: stages[at][1] }));
  if (root.matches('.tall')) svg.querySelector('.part.now')?.scrollIntoView({ behavior: calm() ? 'auto' : 'smooth', block: 'center' });
};

// Where the wave is, so that it can be stopped there to talk about it.
const stageOfWave = (root) => {
  const passed = (performance.now() - root._began) / STEP;
  const depth = (name) => Number(root._svg.querySelector(`.part[data-name="${CSS.escape(name)}"]`)?.style.getPropertyValue('--stage'));
  return Math.max(0, root._data.stages.findLastIndex(([names]) => depth(names[0]) <= passed));
};

const ONWARD = [' ', 'ArrowRight', 'PageDown'];
const BACK = ['ArrowLeft', 'PageUp'];

// While stages are lit, a clicker's keys turn those and not the page; space stops the wave.
const keyed = (root, event) => {
  const at = event.composedPath()[0];
  if (!root.isConnected || event.altKey || event.ctrlKey || event.metaKey || !root._svg) return;
  if (at instanceof Element && at.matches('input, select, textarea, [contenteditable], [role="slider"], .frame')) return;
  if (event.key === ' ' && at !== root._onward && root.contains(at) && at.matches('button')) return;
  const lit = root._stage_lit ?? -1;
  const stops = event.key === ' ' && root._svg.matches('.wave') && !root.matches('.large') && !at.closest?.('button, a, summary');
  if (lit < 0 && !stops) return;
  if (stops && lit < 0) walk(root, stageOfWave(root));
  else if (ONWARD.includes(event.key)) walk(root, lit + 1);
  else if (BACK.includes(event.key)) walk(root, Math.max(0, lit - 1));
  else if (event.key === 'Escape') walk(root, -1);
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
};

const buildWalk = (root, place, words) => {
  const row = make('div', 'walk', place);
  const lit = () => root._stage_lit ?? -1;
  root._back = make('button', 'back', row, { textContent: words.back, hidden: true, onclick: () => walk(root, lit() - 1) });
  root._onward = make('button', 'onward', row, { textContent: words.walk, onclick: () => walk(root, lit() + 1) });
  root._end = make('button', 'end', row, { textContent: words.end, hidden: true, onclick: () => walk(root, -1) });
  root._keys = (event) => keyed(root, event);
  addEventListener('keydown', root._keys, true);
};
