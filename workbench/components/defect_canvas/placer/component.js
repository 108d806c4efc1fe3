const build = (root) => {
  frameIn(root);
  root._rings = { to: make('div', 'ring', root._frame),
                  from: make('div', 'ring from', root._frame) };
  root._hint = make('div', 'hint', root);
};
export default function ({ parentElement, data, setTriggerValue }) {
  const root = rootOf(parentElement, 'root', build);
  const { _frame: frame, _rings: rings } = root;
  showPhoto(root, data);
  const across = (data.diameter * Math.min(data.width, data.height)) / data.width;
  const draw = (name) => {
    const [ring, at] = [rings[name], root._places[name]];
    ring.style.display = at ? '' : 'none';
    if (!at) return;
    ring.style.left = `${100 * at[0]}%`;
    ring.style.top = `${100 * at[1]}%`;
    ring.style.width = `max(9px, ${100 * across}%)`;
    ring.style.aspectRatio = 1;
  };
  if (!root._held) root._places = { to: data.to, from: data.from };
  ['to', 'from'].forEach(draw);
  const place = (name, at) => {
    root._places[name] = at.map((share) => Math.round(clip(share, 0, 1) * 200) / 200);
    draw(name);
  };
  const report = (name) => {
    const [x, y] = root._places[name];
    late(root, 120, () => setTriggerValue('place', { which: name, x, y }));
  };
  const away = (name, at) => Math.hypot((at[0] - root._places[name][0]) * data.width,
                                        (at[1] - root._places[name][1]) * data.height);
  // The dashed circle is only moved by taking hold of it; a click elsewhere moves the other one.
  const grasped = (at) => {
    const reach = Math.max(0.5 * across * data.width, 0.03 * data.width);
    const taken = root._places.from && away('from', at) <= reach && away('from', at) < away('to', at);
    return taken ? 'from' : 'to';
  };
  frame.onpointerdown = (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    frame.focus({ preventScroll: true });
    frame.setPointerCapture(event.pointerId);
    const at = positionIn(frame, event);
    root._held = grasped(at);
    if (root._held === 'to') place('to', at);
  };
  frame.onpointermove = (event) => { if (root._held && event.isPrimary) place(root._held, positionIn(frame, event)); };
  frame.onpointerup = frame.onpointercancel = () => {
    if (root._held) report(root._held);
    root._held = null;
  };
  frame.onkeydown = (event) => {
    const move = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    const name = event.shiftKey && root._places.from ? 'from' : 'to';
    if (!move) return;
    event.preventDefault();
    place(name, root._places[name].map((share, i) => share + move[i] / 100));
    report(name);
  };
}
