const NARROW = 780;
const HOLD = 350;
const LEAST = 284;  // pixels of the drawing's height
const BELOW = 56;  // and of its two lines of text and its buttons
const BELOW_LARGE = 72;  // in a hall
const BESIDE = 230;  // of the width that is free beside it: then the line stands there
const LEGIBLE = 12;
const FROM_AFAR = 15;
const ROOM = 25;  // units of the drawing that its writing may be high, see LARGEST_FONT in drawing.py

// Words with symbols in them: what follows a low line stands below it.
const write = (element, text) => element.replaceChildren(...text.split(/_([A-Za-z0-9]+)/).map(
  (piece, index) => (index % 2 ? Object.assign(document.createElement('sub'), { textContent: piece }) : piece)));

const drawn = (text) => document.importNode(new DOMParser().parseFromString(text, 'image/svg+xml').documentElement, true);

// The parts that a way comes from, or leads to: behind a sign it comes from several.
const ends = (edge, which) => edge.dataset[which].split(' ');

// Everything that the part is made from, and everything that it feeds, as sets of names.
const reach = (edges, name, from, to) => {
  const found = new Set();
  const follow = (part) => edges.filter((edge) => ends(edge, from).includes(part)).forEach((edge) => {
    ends(edge, to).filter((next) => !found.has(next)).forEach((next) => { found.add(next); follow(next); });
  });
  follow(name);
  return found;
};

// Light a part with all that it sees and feeds; '' lights what the page is about, or everything.
const light = (root, name) => {
  const svg = root._svg;
  const { cards, focus, words } = root._data;
  if (svg.matches('.armed')) name = '';  // nothing is dimmed before the wave has run
  if (svg.matches('.walking')) return;  // nor while it runs, or stands at a stage
  svg.classList.toggle('pointed', !!name || (focus.length > 0 && !svg.matches('.armed')));
  const edges = [...svg.querySelectorAll('.edge')];
  const sees = name ? reach(edges, name, 'to', 'from') : new Set();
  const feeds = name ? reach(edges, name, 'from', 'to') : new Set();
  svg.querySelectorAll('.part').forEach((part) => {
    const own = part.dataset.name;
    part.classList.toggle('lit', own === name || sees.has(own) || feeds.has(own) || (!name && focus.includes(own)));
  });
  const within = (set, part) => part === name || set.has(part);
  edges.forEach((edge) => {
    const both = (is) => ends(edge, 'from').some(is) && ends(edge, 'to').some(is);
    const about = !name && both((part) => focus.includes(part));
    edge.classList.toggle('lit', about || both((part) => within(sees, part)) || both((part) => within(feeds, part)));
  });
  const card = cards[name];
  const prompt = root._open ? '' : words.hint;
  write(root._line, card && name !== root._open ? `${card.title}. ${card.sentence}` : prompt);
};

// Show the network without what the variant leaves out; '' shows it whole.
const leaveOut = (root, key) => {
  const variant = root._data.variants[key];
  root._out = variant ? key : '';
  root._svg.classList.toggle('without', !!variant);
  root._svg.querySelectorAll('.part').forEach((part) => {
    const { name } = part.dataset;
    part.classList.toggle('gone', !!variant && variant.gone.includes(name));
    const image = part.querySelector('image');
    if (image) image.setAttribute('href', (variant && variant.tiles[name]) || image._whole);
  });
  const result = root._svg.querySelector('.result');
  if (result) result.textContent = variant ? variant.result : result._whole;
};

const say = (root, card) => {
  const variant = root._data.variants[card.variant];
  const told = { part: card.left_out.replace(/^The /, 'the '), result: variant.result, why: variant.why };
  write(root._line, fill(variant.why ? root._data.words.unchanged : root._data.words.without, told));
};

// As high as the screen has room below what stands above the drawing, so that all of it is seen, and its writing not too
// small for that. On a phone it is as wide as the screen. In a hall the line of text stands beside a drawing that is narrow.
const SIZES = '[font-size]';
const fit = (root) => {
  const svg = root._svg;
  const main = document.querySelector('.stMain');
  if (!root._data.room || !svg || !main || root.matches('.tall')) { root.classList.remove('beside'); return; }
  const { width, height } = svg.viewBox.baseVal;
  const above = root._stage.getBoundingClientRect().top - main.getBoundingClientRect().top + main.scrollTop;
  const fitting = (below) => Math.round(Math.min(root.clientWidth * height / width, Math.max(LEAST, main.clientHeight - above - below)));
  const free = (root.clientWidth - fitting(0) * width / height) / 2;
  const beside = root.matches('.large') && free >= BESIDE;
  const high = fitting(beside ? 0 : root.matches('.large') ? BELOW_LARGE : BELOW);
  root.classList.toggle('beside', beside);
  root.style.setProperty('--free', `${free}px`);
  if (svg._high === high) return;
  svg._high = high;
  svg.style.height = `${high}px`;
  const afar = root.matches('.large') ? Math.min(ROOM, FROM_AFAR * height / high) : 0;
  const least = Math.max(afar, LEGIBLE * height / high);
  [svg, ...svg.querySelectorAll(SIZES)].forEach((text) => {
    text._size ??= Number(text.getAttribute('font-size'));
    text.setAttribute('font-size', Math.max(text._size, least));
  });
};

const open = (root, name, send) => {
  const { cards, words } = root._data;
  const card = cards[name];
  const panel = root._panel;
  root._open = name;
  panel.replaceChildren();
  panel.hidden = !card;
  root._svg.querySelectorAll('.part').forEach((part) => part.classList.toggle('open', part.dataset.name === name));
  if (!card) return;
  const image = root._svg.querySelector(`.part[data-name="${CSS.escape(name)}"] image`);
  if (image) make('img', image.style.imageRendering, panel, { src: image.getAttribute('href'), alt: '' });
  const text = make('div', 'text', panel);
  write(make('h4', '', text), card.title);
  make('p', '', text, { textContent: card.sentence });
  const list = make('dl', '', text);
  card.facts.forEach(([label, value]) => {
    make('dt', '', list, { textContent: label });
    make('dd', '', list, { textContent: value });
  });
  const row = make('div', 'buttons', text);
  if (card.variant) {
    const hold = make('button', 'hold', row, { textContent: fill(words.hold, { part: card.left_out.replace(/^The /, 'the ') }) });
    const on = () => { leaveOut(root, card.variant); say(root, card); };
    const off = () => { leaveOut(root, root._kept ?? ''); light(root, name); };
    hold.onpointerdown = (event) => { hold.setPointerCapture(event.pointerId); on(); };
    hold.onpointerup = off;
    hold.onpointercancel = off;
    hold.onkeydown = (event) => { if ([' ', 'Enter'].includes(event.key) && !event.repeat) { event.preventDefault(); on(); } };
    hold.onkeyup = off;
    hold.onblur = off;
    const label = make('label', '', row);
    const box = make('input', '', label, { type: 'checkbox', checked: root._kept === card.variant });
    label.append(words.keep);
    box.onchange = () => {
      root._kept = box.checked ? card.variant : '';
      leaveOut(root, root._kept);
      if (box.checked) say(root, card); else light(root, name);
    };
  }
  const isHere = location.pathname.endsWith(`/${card.page.replace(/^\d+_/, '')}`);
  if (card.page && !isHere) make('button', '', row, { textContent: fill(words.visit, { page: card.page_title }), onclick: () => send(card.page) });
  make('button', 'close', row, { textContent: words.close, onclick: () => close(root, send) });
};

// What has opened stands at the lower edge of the window, see style.css; the part that was pressed stays free of it.
const inSight = (root, part) => {
  if (!root._open) return;
  const covered = part.getBoundingClientRect().bottom - root._panel.getBoundingClientRect().top;
  if (covered > 0) document.querySelector('.stMain')?.scrollBy({ top: covered + 8, behavior: calm() ? 'auto' : 'smooth' });
};

const close = (root, send) => {
  const part = root._svg.querySelector('.part.open');
  open(root, '', send);
  part?.focus();
};

const react = (root, send) => {
  root._svg.querySelectorAll('.part').forEach((part) => {
    const { name } = part.dataset;
    const image = part.querySelector('image');
    if (image) image._whole = image.getAttribute('href');
    let timer = null;
    let held = false;
    const release = () => {
      clearTimeout(timer);
      if (held) { leaveOut(root, root._kept ?? ''); light(root, name); }
    };
    part.onpointerenter = () => { root._at = name; light(root, name); };
    part.onpointerleave = () => { root._at = ''; release(); held = false; light(root, root._open); };
    part.onfocus = () => light(root, name);
    part.onblur = () => light(root, root._open);
    part.onpointerdown = () => {
      held = false;
      const card = root._data.cards[name];
      if (card.variant) timer = setTimeout(() => { held = true; leaveOut(root, card.variant); say(root, card); }, HOLD);
    };
    part.onpointerup = release;
    part.onpointercancel = release;
    part.oncontextmenu = (event) => { if (held) event.preventDefault(); };
    part.onclick = () => {
      if (root._plays) walk(root, root._stage_lit);
      if (!held) open(root, root._open === name ? '' : name, send);
      held = false;
      inSight(root, part);
    };
    part.onkeydown = (event) => {
      if (['Enter', ' '].includes(event.key)) { event.preventDefault(); open(root, name, send); inSight(root, part); }
      if (event.key === 'Escape') close(root, send);
    };
  });
  root._svg.querySelectorAll('.about').forEach((sign) => {
    sign.onpointerenter = () => write(root._line, sign.getAttribute('aria-label'));
    sign.onpointerleave = () => light(root, root._open);
    sign.onfocus = sign.onpointerenter;
    sign.onblur = sign.onpointerleave;
  });
  const result = root._svg.querySelector('.result');
  if (result) result._whole = result.textContent;
};

// The drawing as it stands, with its own colours, for a file, which has no style sheet.
const HALO = 'paint-order: stroke; stroke-width: 4px; stroke-linejoin: round';
const FONTS = '"Source Sans 3", "Segoe UI", Arial, Helvetica, sans-serif';
const WIDER = 24;  // as those may be, on both sides
const saved = (root) => {
  const copy = root._svg.cloneNode(true);
  const { x, width: own, height } = copy.viewBox.baseVal;
  const width = own + 2 * WIDER;
  const style = getComputedStyle(root);
  copy.setAttribute('viewBox', `${x - WIDER} 0 ${width} ${height}`);
  copy.setAttribute('width', 2 * width);
  copy.setAttribute('height', 2 * height);
  copy.style.color = style.color;
  copy.style.height = '';
  copy.classList.remove('armed', 'wave', 'pointed');
  const ground = document.createElementNS(copy.namespaceURI, 'rect');
  const set = { x: x - WIDER, width, height, fill: style.getPropertyValue('--st-background-color') || '#fff' };
  Object.entries(set).forEach(([name, value]) => ground.setAttribute(name, value));
  const sheet = document.createElementNS(copy.namespaceURI, 'style');
  sheet.textContent = `text { ${HALO}; stroke: ${set.fill}; } tspan { stroke: none; } svg { font-family: ${FONTS}; } .sign { fill: ${set.fill}; }`;
  copy.prepend(sheet, ground);
  return new Blob([new XMLSerializer().serializeToString(copy)], { type: 'image/svg+xml' });
};

const download = (blob, name) => {
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};

const savePng = (root) => {
  const image = new Image();
  const address = URL.createObjectURL(saved(root));
  image.onload = () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
    canvas.getContext('2d').drawImage(image, 0, 0);
    canvas.toBlob((blob) => download(blob, 'n-net.png'));
    URL.revokeObjectURL(address);
  };
  image.src = address;
};

// What the page leaves out from now on; the visitor may change it.
const follow = (root) => {
  const { left_out: out, variants } = root._data;
  if (root._asked === out) return;
  root._asked = out;
  root._kept = variants[out] ? out : '';
};

const put = (root, send) => {
  const narrow = root.clientWidth < NARROW;
  const text = narrow ? root._data.narrow : root._data.wide;
  follow(root);
  if (root._text === text) {
    fit(root);
    walk(root, root._stage_lit ?? -1, root._plays);
    leaveOut(root, root._kept ?? '');
    light(root, root._at || root._open);  // its sentence may have changed the height
    return;
  }
  root._text = text;
  root._svg = drawn(text);
  root._stage.replaceChildren(root._svg);
  root.classList.toggle('tall', narrow);
  root._stage.classList.toggle('narrow', narrow);
  fit(root);
  react(root, send);
  const isNew = root._picture !== root._data.picture;
  if (isNew) root._stage_lit = -1;
  walk(root, root._stage_lit ?? -1, root._plays && !isNew);
  if (isNew && root._data.waves) awaitSight(root, !!root._picture || root._data.changed);
  root._picture = root._data.picture;
  open(root, root._data.cards[root._open] ? root._open : '', send);
  leaveOut(root, root._kept ?? '');
  light(root, root._open);
};

// What the tiles show is chosen below the drawing, on a phone above it: in a list, and for one channel by its number.
const offerTiles = (root) => {
  const { tiles, channels, words } = root._data;
  const { _kind: kind, _number: number } = root;
  if (!kind.length) Object.entries(words.kinds).forEach(([value, text]) => make('option', '', kind, { value, textContent: text }));
  const one = !(tiles in words.kinds);
  kind.value = one ? 'channel' : tiles;
  Object.assign(number, { hidden: !one, max: channels - 1 });
  number.setAttribute('aria-label', fill(words.channel, { last: channels - 1 }));
  number.title = number.getAttribute('aria-label');
  if (one && root.getRootNode().activeElement !== number) number.value = tiles;
};

export default function ({ parentElement, data, setTriggerValue }) {
  const send = (page) => setTriggerValue('visit', page);
  const root = rootOf(parentElement, 'network', (element) => {
    element._stage = make('div', 'stage', element);
    const said = make('div', 'said', element);
    element._line = make('p', 'line', said);
    element._line.setAttribute('aria-live', 'polite');
    buildWalk(element, said, data.words);
    element._panel = make('div', 'panel', element, { hidden: true });
    const tiles = make('label', 'tiles', element, { textContent: data.words.tiles });
    element._kind = make('select', '', tiles);
    element._number = make('input', '', tiles, { type: 'number', min: 0, step: 1, hidden: true });
    element._kind.onchange = () => setTriggerValue('tiles', element._kind.value === 'channel' ? '0' : element._kind.value);
    element._number.onchange = () => {
      element._number.value = clip(Math.round(Number(element._number.value)), 0, element._data.channels - 1);
      setTriggerValue('tiles', element._number.value);
    };
    const row = make('div', 'save', element);
    element._inside = () => {
      element._isAsked = true;
      element._stage.scrollIntoView({ behavior: calm() ? 'auto' : 'smooth', block: element.matches('.tall') ? 'start' : 'center' });
      element._onward.focus({ preventScroll: true });  // so that space goes on to the next stage
    };
    document.addEventListener(INSIDE, element._inside);
    make('button', 'svg', row, { textContent: data.words.svg, onclick: () => download(saved(element), 'n-net.svg') });
    make('button', '', row, { textContent: data.words.png, onclick: () => savePng(element) });
    element._size = new ResizeObserver(() => { if (element._data && element.clientWidth) put(element, element._send); });
    element._size.observe(element);
    element._above = new ResizeObserver(() => { if (element._svg && element.clientWidth) fit(element); });  // which grows, too
    document.querySelectorAll('.stMain, .stMainBlockContainer').forEach((one) => element._above.observe(one));
  });
  root.classList.toggle('large', data.room === 'hall');
  root.classList.toggle('silent', !!data.left_out);
  const about = JSON.stringify([data.focus, data.left_out]);
  if (root._step !== about) root._stage_lit = -1;  // another step of the tour
  Object.assign(root, { _data: data, _send: send, _step: about });
  offerTiles(root);
  if (root.clientWidth) put(root, send);
  return () => {
    if (root.isConnected) return;
    [root._size, root._above].forEach((one) => one.disconnect());
    root._sight?.disconnect();
    [root._waits, root._ends].forEach(clearTimeout);
    document.removeEventListener(INSIDE, root._inside);
    removeEventListener('keydown', root._keys, true);
  };
}
