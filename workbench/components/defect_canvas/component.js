// What the painter, the demo and the placer share: a photo in a frame that takes the keyboard, and where the pointer is
// in it; and for those that draw, the canvas over it with its strokes.
const frameIn = (root, parent = root) => {
  root._frame = make('div', 'frame', parent, { tabIndex: 0 });
  root._frame.setAttribute('role', 'application');
  root._photo = make('img', '', root._frame, { alt: '', draggable: false });
};
const showPhoto = (root, data) => {
  root._frame.style.aspectRatio = data.width / data.height;
  root._frame.style.setProperty('--aspect', data.width / data.height);
  root._frame.setAttribute('aria-label', data.label);
  root._hint.textContent = data.hint;
  if (root._photo.src !== data.photo) root._photo.src = data.photo;
};
const positionIn = (frame, event) => {
  const box = frame.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
};

const canvasIn = (root) => {
  root._canvas = make('canvas', '', root._frame);
  root._ring = make('div', 'ring', root._frame);
  root._ring.style.display = 'none';
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
  root._clear.disabled = !root._strokes.length && !root._base && !root._elsewhere;
};
const redo = (root) => {
  root._done = layer(root._canvas);
  if (root._base) root._done.getContext('2d').drawImage(root._base, 0, 0);
  root._strokes.forEach((stroke) => lay(root._done, stroke));
  show(root);
};
// Begin with another picture and what was drawn on it before. Says whether it is another one.
const takeSheet = (root, data) => {
  if (root._image === data.image) return false;
  root._image = data.image;
  [root._canvas.width, root._canvas.height] = [data.width, data.height];
  [root._strokes, root._stroke, root._base] = [[], null, null];
  root._at = [0.5, 0.5];
  redo(root);
  if (data.layer) {
    const kept = new Image();
    kept.onload = () => { if (root._image === data.image) { root._base = kept; redo(root); } };
    kept.src = data.layer;
  }
  return true;
};
// React to pointer and keys. `brush()` gives colour, size (in pixels of the canvas), opacity and erase of the next
// stroke; `report(done)` is called at its end, and while it goes on; `press()` draws what a key draws.
const drawWith = (root, { brush, report, press }) => {
  const { _frame: frame, _canvas: canvas } = root;
  root._point = (at) => {
    root._at = at;
    root._ring.style.display = '';
    root._ring.style.left = `${100 * at[0]}%`;
    root._ring.style.top = `${100 * at[1]}%`;
    root._ring.style.width = `${(100 * brush().size) / canvas.width}%`;
    root._ring.style.aspectRatio = 1;
  };
  root._begin = (...points) => {
    root._stroke = { ...brush(), points: points.map(([x, y]) => [x * canvas.width, y * canvas.height]) };
    show(root);
  };
  root._finish = () => {
    if (!root._stroke) return;
    root._strokes.push(root._stroke);
    lay(root._done, root._stroke);
    root._stroke = null;
    show(root);
    report(true);
  };
  const undo = () => { if (root._strokes.pop()) { redo(root); report(true); } };
  root._undo.onclick = undo;
  root._clear.onclick = () => {
    [root._strokes, root._base] = [[], null];
    redo(root);
    report(true);
  };
  frame.onpointerdown = (event) => {
    if (event.button !== 0 || root._stroke) return;
    event.preventDefault();
    frame.focus({ preventScroll: true });
    frame.setPointerCapture(event.pointerId);
    root._point(positionIn(frame, event));
    root._begin(root._at);
  };
  frame.onpointermove = (event) => {
    if (root._stroke && event.isPrimary) {
      const passed = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
      (passed.length ? passed : [event]).forEach((each) => {
        const [x, y] = positionIn(frame, each);
        root._stroke.points.push([x * canvas.width, y * canvas.height]);
      });
      show(root);
      report(false);
    }
    root._point(positionIn(frame, event));
  };
  frame.onpointerup = frame.onpointercancel = root._finish;
  frame.onpointerleave = () => { if (!root._stroke) root._ring.style.display = 'none'; };
  frame.onblur = () => { root._ring.style.display = 'none'; };
  frame.onkeydown = (event) => {
    const move = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (move) {
      const step = Math.max(2, brush().size / 2);
      root._point([clip(root._at[0] + (move[0] * step) / canvas.width, 0, 1),
                   clip(root._at[1] + (move[1] * step) / canvas.height, 0, 1)]);
    } else if (event.key === ' ' || event.key === 'Enter') press();
    else if (event.key === 'z' && (event.ctrlKey || event.metaKey)) undo();
    else return;
    event.preventDefault();
  };
};
