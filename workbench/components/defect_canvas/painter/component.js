const TOOLS = ['lighter', 'darker', 'colour', 'eraser'];
const build = (root, words) => {
  frameIn(root);
  root._canvas = make('canvas', '', root._frame);
  root._ring = make('div', 'ring', root._frame);
  root._ring.style.display = 'none';
  const tools = make('div', 'tools', root);
  const group = make('span', 'group', tools);
  group.setAttribute('role', 'group');
  group.setAttribute('aria-label', words.tools);
  root._buttons = Object.fromEntries(TOOLS.map((name) =>
    [name, make('button', '', group, { textContent: words[name] })]));
  root._colour = make('input', '', tools, { type: 'color', value: '#8a5a2b', title: words.brush });
  root._colour.setAttribute('aria-label', words.brush);
  const slider = (title, low, high, value) => {
    const label = make('label', '', tools, { textContent: title });
    const input = make('input', '', label, { type: 'range', min: low, max: high, step: 1, value });
    return [input, make('output', '', label)];
  };
  [root._size, root._sizeRead] = slider(words.size, 1, 100, 8);
  [root._opacity, root._opacityRead] = slider(words.opacity, 5, 100, 80);
  const edit = make('span', 'group', tools);
  root._undo = make('button', '', edit, { textContent: words.undo });
  root._clear = make('button', '', edit, { textContent: words.clear });
  root._hint = make('div', 'hint', root);
  root._tool = 'darker';
  root._strokes = [];
};
const trace = (context, stroke) => {
  const [first, ...rest] = stroke.points;
  context.fillStyle = context.strokeStyle = stroke.colour;
  context.lineWidth = stroke.size;
  context.lineCap = context.lineJoin = 'round';
  context.beginPath();
  context.arc(first[0], first[1], stroke.size / 2, 0, 2 * Math.PI);
  context.fill();
  context.beginPath();
  context.moveTo(first[0], first[1]);
  rest.forEach(([x, y]) => context.lineTo(x, y));
  context.stroke();
};
const layer = (canvas) => Object.assign(document.createElement('canvas'),
  { width: canvas.width, height: canvas.height });
// A stroke is drawn opaque on a sheet of its own first, so that it does not add up where it crosses itself.
const lay = (target, stroke) => {
  const sheet = layer(target);
  trace(sheet.getContext('2d'), stroke);
  const context = target.getContext('2d');
  context.save();
  context.globalAlpha = stroke.opacity;
  context.globalCompositeOperation = stroke.erase ? 'destination-out' : 'source-over';
  context.drawImage(sheet, 0, 0);
  context.restore();
};
const show = (root) => {
  const context = root._canvas.getContext('2d');
  context.clearRect(0, 0, root._canvas.width, root._canvas.height);
  context.drawImage(root._done, 0, 0);
  if (root._stroke) lay(root._canvas, root._stroke);
  root._undo.disabled = !root._strokes.length;
  root._clear.disabled = !root._strokes.length && !root._base;
};
const redo = (root) => {
  root._done = layer(root._canvas);
  if (root._base) root._done.getContext('2d').drawImage(root._base, 0, 0);
  root._strokes.forEach((stroke) => lay(root._done, stroke));
  show(root);
};
export default function ({ parentElement, data, setTriggerValue }) {
  const root = rootOf(parentElement, 'root', (made) => build(made, data.words));
  const { _frame: frame, _canvas: canvas } = root;
  showPhoto(root, data);
  if (root._image !== data.image) {
    root._image = data.image;
    [canvas.width, canvas.height] = [data.width, data.height];
    [root._strokes, root._stroke, root._base] = [[], null, null];
    root._size.max = Math.max(20, Math.round(Math.min(data.width, data.height) * data.scale / 3));
    root._size.value = Math.max(2, Math.round(Math.min(data.width, data.height) * data.scale / 40));
    root._at = [0.5, 0.5];
    redo(root);
    if (data.layer) {
      const kept = new Image();
      kept.onload = () => { if (root._image === data.image) { root._base = kept; redo(root); } };
      kept.src = data.layer;
    }
  }
  const report = () => late(root, 120, () => setTriggerValue('layer', root._done.toDataURL('image/png')));
  const diameter = () => Number(root._size.value) / data.scale;
  const settings = () => {
    root._sizeRead.textContent = `${root._size.value} px`;
    root._opacityRead.textContent = `${root._opacity.value} %`;
    root._colour.style.display = root._tool === 'colour' ? '' : 'none';
    Object.entries(root._buttons).forEach(([name, button]) => button.setAttribute('aria-pressed', name === root._tool));
  };
  const point = (at) => {
    root._at = at;
    root._ring.style.display = '';
    root._ring.style.left = `${100 * at[0]}%`;
    root._ring.style.top = `${100 * at[1]}%`;
    root._ring.style.width = `${(100 * diameter()) / data.width}%`;
    root._ring.style.aspectRatio = 1;
  };
  const begin = (at) => {
    const colours = { lighter: '#ffffff', darker: '#000000', colour: root._colour.value, eraser: '#000000' };
    const erase = root._tool === 'eraser';
    root._stroke = {
      colour: colours[root._tool], erase, size: Math.max(1, diameter()),
      opacity: erase ? 1 : Number(root._opacity.value) / 100,
      points: [[at[0] * canvas.width, at[1] * canvas.height]],
    };
    show(root);
  };
  const finish = () => {
    if (!root._stroke) return;
    root._strokes.push(root._stroke);
    lay(root._done, root._stroke);
    root._stroke = null;
    show(root);
    report();
  };
  const undo = () => { if (root._strokes.pop()) { redo(root); report(); } };
  Object.entries(root._buttons).forEach(([name, button]) => {
    button.onclick = () => { root._tool = name; settings(); };
  });
  root._size.oninput = () => { settings(); point(root._at); };
  root._opacity.oninput = root._colour.oninput = settings;
  root._undo.onclick = undo;
  root._clear.onclick = () => {
    [root._strokes, root._base] = [[], null];
    redo(root);
    report();
  };
  frame.onpointerdown = (event) => {
    if (event.button !== 0 || root._stroke) return;
    event.preventDefault();
    frame.focus({ preventScroll: true });
    frame.setPointerCapture(event.pointerId);
    point(positionIn(frame, event));
    begin(root._at);
  };
  frame.onpointermove = (event) => {
    if (root._stroke && event.isPrimary) {
      const passed = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
      (passed.length ? passed : [event]).forEach((each) => {
        const [x, y] = positionIn(frame, each);
        root._stroke.points.push([x * canvas.width, y * canvas.height]);
      });
      show(root);
    }
    point(positionIn(frame, event));
  };
  frame.onpointerup = frame.onpointercancel = finish;
  frame.onpointerleave = () => { if (!root._stroke) root._ring.style.display = 'none'; };
  frame.onblur = () => { root._ring.style.display = 'none'; };
  frame.onkeydown = (event) => {
    const move = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (move) {
      const step = Math.max(2, diameter() / 2);
      point([clip(root._at[0] + (move[0] * step) / canvas.width, 0, 1),
             clip(root._at[1] + (move[1] * step) / canvas.height, 0, 1)]);
    } else if (event.key === ' ' || event.key === 'Enter') { begin(root._at); finish(); }
    else if (event.key === 'z' && (event.ctrlKey || event.metaKey)) undo();
    else return;
    event.preventDefault();
  };
  settings();
  show(root);
}
