const shape = (tag, parent, settings) => {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(settings)) element.setAttribute(name, value);
  parent.appendChild(element);
  return element;
};
const DOT = { width: '12px', borderRadius: '50%' };
const LEFT = 44, RIGHT = 10, BELOW = 40;
const build = (root) => {
  const sides = make('div', 'sides', root);
  const parts = { sides: [0, 1].map(() => { const side = make('div', '', sides);
    return { name: make('b', '', side), told: make('div', 'plain', side) }; }) };
  parts.plot = make('div', 'plot', root);
  parts.svg = shape('svg', parts.plot, { role: 'img' });
  parts.slider = make('div', 'slider', parts.plot);
  make('div', 'line', parts.slider);
  make('div', 'grip', parts.slider).textContent = '\u2194';
  parts.slider.tabIndex = 0;
  parts.slider.setAttribute('role', 'slider');
  parts.slider.setAttribute('aria-orientation', 'horizontal');
  parts.value = make('div', 'value', parts.plot);
  parts.tip = make('div', 'tip', parts.plot);
  parts.tip.style.display = 'none';
  parts.names = make('div', 'names', root);
  parts.at = 0;
  new ResizeObserver(() => root._draw && root._draw()).observe(parts.plot);
  root._parts = parts;
};
export default function ({ parentElement, data, setTriggerValue }) {
  const root = rootOf(parentElement, 'histogram', build);
  const parts = root._parts;
  const { svg, slider, plot, tip } = parts;
  const high = data.height;
  const span = () => Math.max(1, plot.clientWidth - LEFT - RIGHT);
  const x = (share) => LEFT + share * span();
  const y = (count) => high * (1 - count / data.top);

  const show = (at) => {
    parts.at = at;
    const place = x(data.stops[at]);
    slider.style.left = `${place}px`;
    for (const [name, value] of [['valuenow', at], ['valuetext', data.spoken[at]]]) {
      slider.setAttribute(`aria-${name}`, value);
    }
    parts.value.textContent = data.labels[at];
    const half = parts.value.offsetWidth / 2;
    parts.value.style.left = `${clip(place - half, 0, Math.max(0, plot.clientWidth - 2 * half))}px`;
    parts.sides.forEach((side, i) => { side.told.textContent = data.told[at][i]; });
    if (!root._grounds) return;
    root._grounds.forEach((ground, i) => {
      ground.setAttribute('x', i ? place : LEFT);
      ground.setAttribute('width', Math.max(0, i ? LEFT + span() - place : place - LEFT));
    });
    if (!root._mark) return;
    const colour = data.colours[data.mark.at > data.stops[at] ? 1 : 0];
    root._mark.setAttribute('fill', colour);
    root._markKey.style.background = colour;
  };

  root._draw = () => {
    if (!plot.clientWidth) return;
    svg.replaceChildren();
    svg.setAttribute('height', high + BELOW);
    const frame = { y: 0, height: high };
    const id = `side-${data.id}-`;
    root._grounds = [0, 1].map((i) => shape('rect', shape('clipPath', svg, { id: id + i }), frame));
    [0, 1].forEach((i) => shape('rect', svg, { x: LEFT, width: span(), ...frame, fill: data.colours[i],
      'fill-opacity': 0.06, 'clip-path': `url(#${id}${i})` }));
    (data.dots ? [0] : data.rows).forEach((count) => {
      const line = { x1: LEFT, x2: LEFT + span(), y1: y(count), y2: y(count) };
      shape('line', svg, { ...line, stroke: 'currentColor', 'stroke-opacity': count ? 0.12 : 0.5 });
      if (!data.dots) shape('text', svg, { x: LEFT - 7, y: y(count) + 4, 'text-anchor': 'end', class: 'faded' }).textContent =
        count.toLocaleString('en');
    });
    let last = -Infinity;
    data.ticks.forEach(({ at, label }) => {
      shape('line', svg, { x1: x(at), x2: x(at), y1: high, y2: high + 4, stroke: 'currentColor',
        'stroke-opacity': 0.5 });
      const half = 3.4 * label.length;
      if (x(at) - half < last + 8) return;
      last = x(at) + half;
      shape('text', svg, { x: x(at), y: high + 17, 'text-anchor': 'middle', class: 'faded' }).textContent = label;
    });
    shape('text', svg, { x: LEFT + span() / 2, y: high + 36, 'text-anchor': 'middle', class: 'faded' }).textContent =
      data.axis;
    shape('text', svg, { x: 12, y: high / 2, 'text-anchor': 'middle', class: 'faded',
      transform: `rotate(-90 12 ${high / 2})` }).textContent = data.counted;
    root._band = shape('rect', svg, { ...frame, x: 0, width: 0, fill: 'currentColor', 'fill-opacity': 0.08 });
    const hills = data.dots ? [] : data.series.map((series) => {
      const steps = series.counts.map((count, i) => `V${y(count)}H${x(data.edges[i + 1])}`).join('');
      return { ...series, d: `M${x(data.edges[0])} ${high}${steps}V${high}` };
    });
    hills.forEach(({ d, colour }) => shape('path', svg, { d, fill: colour, 'fill-opacity': 0.2 }));
    hills.forEach(({ d, colour, wrong }) => shape('path', svg, { d, fill: colour, 'fill-opacity': 0.6,
      'clip-path': `url(#${id}${wrong})` }));
    hills.forEach(({ d, colour }) => shape('path', svg, { d, fill: 'none', stroke: colour, 'stroke-width': 1.8 }));
    if (data.dots) {
      const dots = data.dots.flatMap((all, of) => all.map((at) => ({ ...data.series[of], x: x(at) })))
        .sort((a, b) => a.x - b.x);
      let size = 6;
      const rows = (radius) => { // each dot stands in the lowest row in which it touches no other
        const ends = [];
        dots.forEach((dot) => {
          const free = ends.findIndex((end) => dot.x - end >= 2 * radius + 1);
          dot.row = free < 0 ? ends.length : free;
          ends[dot.row] = dot.x;
        });
        return ends.length;
      };
      while (size > 2 && (2 * size + 1) * rows(size) > high) size -= 0.5;
      dots.forEach((dot) => {
        const place = { cx: dot.x, cy: high - size - 1 - dot.row * (2 * size + 1), r: size, fill: dot.colour };
        shape('circle', svg, { ...place, 'fill-opacity': 0.25, stroke: dot.colour, 'stroke-width': 1.5, class: 'dot' });
        shape('circle', svg, { ...place, 'fill-opacity': 0.7, 'clip-path': `url(#${id}${dot.wrong})` });
      });
    }
    if (data.reference) {
      const place = x(data.reference.at);
      shape('line', svg, { x1: place, x2: place, y1: 0, y2: high, stroke: data.reference.colour, 'stroke-width': 2,
        'stroke-dasharray': '2 4' });
    }
    root._mark = null;
    if (data.mark) {
      const [across, up] = [x(data.mark.at), 0.5 * high];
      root._mark = shape('path', svg, { d: `M${across} ${up - 10}l10 10l-10 10l-10 -10Z`, stroke: '#fff',
        'stroke-width': 1.5 });
    }
    slider.style.height = `${high}px`;
    show(parts.at);
  };

  const nearest = (share) => {
    let found = 0;
    data.stops.forEach((stop, i) => {
      if (Math.abs(stop - share) < Math.abs(data.stops[found] - share)) found = i;
    });
    return found;
  };
  const shareAt = (clientX) => (clientX - plot.getBoundingClientRect().left - LEFT) / span();
  const tell = () => {
    forget(root);
    if (parts.at !== root._told) setTriggerValue('threshold', data.values[parts.at]);
    root._told = parts.at;
    moving();
  };

  [data.left, data.right].forEach((name, i) => { parts.sides[i].name.textContent = name; });
  svg.setAttribute('aria-label', data.label);
  slider.setAttribute('aria-label', data.handle);
  slider.setAttribute('aria-valuemin', 0);
  slider.setAttribute('aria-valuemax', data.stops.length - 1);
  parts.names.replaceChildren();
  const name = (words, className, style) => {
    const entry = make('span', '', parts.names);
    const sign = make('i', className, entry);
    Object.assign(sign.style, style);
    entry.append(words);
    return sign;
  };
  data.series.forEach((series) => name(series.name, '', { border: `2px solid ${series.colour}`,
    background: `color-mix(in srgb, ${series.colour} 25%, transparent)`, ...(data.dots ? DOT : {}) }));
  if (data.mark) root._markKey = name(data.mark.name, 'mark-key', {});
  if (data.reference) name(data.reference.name, 'line-key', { borderColor: data.reference.colour });

  root.classList.toggle('quiet', Boolean(data.quiet));
  const moving = () => root.classList.toggle('moving', Boolean(root._held || root._late));
  const hide = () => {
    tip.style.display = 'none';
    if (root._band) root._band.setAttribute('width', 0);
  };
  const point = (event) => {
    const share = shareAt(event.clientX);
    const within = event.clientY - plot.getBoundingClientRect().top <= high;
    const bin = data.edges.findIndex((edge, i) => i && share < edge) - 1;
    if (!within || bin < 0 || share < data.edges[0]) return hide();
    const [from, to] = [x(data.edges[bin]), x(data.edges[bin + 1])];
    root._band.setAttribute('x', from);
    root._band.setAttribute('width', to - from);
    tip.textContent = data.bins[bin];
    tip.style.display = '';
    const wide = tip.offsetWidth;
    const beside = to + 12 + wide <= plot.clientWidth ? to + 12 : from - 12 - wide;
    tip.style.left = `${clip(beside, 0, Math.max(0, plot.clientWidth - wide))}px`;
  };
  let held = null;
  const release = (keep) => {
    if (!held) return;
    slider.classList.remove('held');
    if (!keep) show(held.from);
    held = root._held = null;
    moving();
    tell();
  };
  slider.onpointerdown = (event) => {
    if (event.button) return;
    event.preventDefault();
    slider.focus({ preventScroll: true, focusVisible: false });
    slider.setPointerCapture(event.pointerId);
    slider.classList.add('held');
    hide();
    held = root._held = { offset: event.clientX, start: x(data.stops[parts.at]), from: parts.at };
    moving();
  };
  slider.onpointermove = (event) => {
    if (held) show(nearest((held.start + event.clientX - held.offset - LEFT) / span()));
  };
  slider.onpointerup = () => release(true);
  slider.onpointercancel = () => release(false);
  slider.onclick = (event) => event.stopPropagation();
  slider.onkeydown = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const far = event.shiftKey ? 10 : 1;
    const end = data.stops.length - 1;
    const to = { ArrowLeft: parts.at - far, ArrowDown: parts.at - far, ArrowRight: parts.at + far,
      ArrowUp: parts.at + far, PageDown: parts.at - 10, PageUp: parts.at + 10, Home: 0, End: end }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(clip(to, 0, end));
    late(root, 350, tell);
    moving();
  };
  plot.onclick = (event) => { show(nearest(shareAt(event.clientX))); tell(); };
  plot.onpointermove = (event) => { if (event.pointerType === 'mouse' && !held) point(event); };
  plot.onpointerleave = hide;

  // While it is being moved, what the server says of an earlier place does not take it away.
  const busy = root._held || root._late;
  if (root._held) held = root._held;
  parts.at = busy ? clip(parts.at, 0, data.stops.length - 1) : data.now;
  if (!busy) root._told = data.now;
  moving();
  root._draw();
}
