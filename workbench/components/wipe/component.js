const build = (root) => {
  const names = make('div', 'names', root);
  const parts = { left: make('span', '', names), right: make('span', '', names), frame: make('div', 'frame', root) };
  parts.below = make('img', '', parts.frame);
  parts.above = make('img', '', parts.frame);
  parts.line = make('div', 'line', parts.frame);
  parts.dot = make('div', 'dot', parts.frame);
  parts.range = make('input', '', root, { type: 'range' });
  root._parts = parts;
};

export default function ({ parentElement, data, setTriggerValue }) {
  const root = rootOf(parentElement, 'wipe', build);
  const { left, right, frame, below, above, line, dot, range } = root._parts;
  const show = (position) => {
    above.style.clipPath = `inset(0 ${100 - position}% 0 0)`;
    line.style.left = `${position}%`;
    range.value = position;
  };
  const tell = () => setTriggerValue('position', Math.round(Number(range.value)));
  left.textContent = `\u2190 ${data.names[0]}`;
  right.textContent = `${data.names[1]} \u2192`;
  for (const [image, source, name] of [[above, data.left, data.names[0]], [below, data.right, data.names[1]]]) {
    if (image.src !== source) image.src = source;
    image.alt = name;
    image.draggable = false;
  }
  frame.style.aspectRatio = data.aspect;
  dot.style.display = data.mark ? '' : 'none';
  if (data.mark) [dot.style.left, dot.style.top] = data.mark.map((share) => `${100 * share}%`);
  range.setAttribute('aria-label', data.label);
  Object.assign(range, { min: 0, max: 100, step: 1 });
  range.oninput = () => show(Number(range.value));
  range.onchange = tell;
  let held = false;
  const follow = (event) => {
    const box = frame.getBoundingClientRect();
    show(clip((100 * (event.clientX - box.left)) / box.width, 0, 100));
  };
  frame.onpointerdown = (event) => { held = true; frame.setPointerCapture(event.pointerId); follow(event); };
  frame.onpointermove = (event) => { if (held) follow(event); };
  frame.onpointerup = frame.onpointercancel = () => { if (held) tell(); held = false; };
  if (document.activeElement !== range && root.getRootNode().activeElement !== range) show(data.position);
  else show(Number(range.value));
}
