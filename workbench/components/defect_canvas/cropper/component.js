// A box on the picture: drawn anew where there is none, moved by its inside, resized by its sides and corners. Sides are
// left, top, right and bottom, 0..1.
const WHOLE = [0, 0, 1, 1];
const build = (root) => {
  frameIn(root);
  root._box = make('div', 'box', root._frame);
  root._read = make('div', 'read', root._box);
  root._hint = make('div', 'hint', root);
};
const isWhole = ([left, top, right, bottom]) => right - left > 0.995 && bottom - top > 0.995;
const draw = (root) => {
  const [left, top, right, bottom] = root._at;
  const per = (share) => `${100 * share}%`;
  Object.assign(root._box.style,
    { left: per(left), top: per(top), width: per(right - left), height: per(bottom - top) });
  root._box.classList.toggle('whole', isWhole(root._at));
  root._read.textContent = `${Math.round(100 * (right - left))} % × ${Math.round(100 * (bottom - top))} %`;
};
// Which sides a pointer takes hold of; [] inside of a box, null where a new one begins.
const grasped = (root, [x, y], reach) => {
  const [left, top, right, bottom] = root._at;
  const { width, height } = root._frame.getBoundingClientRect();
  const [across, down] = [reach / width, reach / height];
  const beside = x > left - across && x < right + across && y > top - down && y < bottom + down;
  if (!beside) return null;
  const nearest = (low, high, at, far) => {
    const [first, second] = [Math.abs(at - low), Math.abs(at - high)];
    return Math.min(first, second) > far ? -1 : Number(second < first);
  };
  const sides = [nearest(left, right, x, across), nearest(top, bottom, y, down)];
  const held = [sides[0] < 0 ? null : 2 * sides[0], sides[1] < 0 ? null : 1 + 2 * sides[1]].filter((s) => s !== null);
  return held.length || !isWhole(root._at) ? held : null;
};
const CURSORS = { '': 'move', 0: 'ew-resize', 2: 'ew-resize', 1: 'ns-resize', 3: 'ns-resize',
  '0,1': 'nwse-resize', '2,3': 'nwse-resize', '2,1': 'nesw-resize', '0,3': 'nesw-resize' };
const resized = (box, side, to, least) => {
  const [other, found] = [box[(side + 2) % 4], [...box]];
  found[side] = side < 2 ? clip(to, 0, other - least) : clip(to, other + least, 1);
  return found;
};
const moved = ([left, top, right, bottom], dx, dy) => {
  const [x, y] = [clip(dx, -left, 1 - right), clip(dy, -top, 1 - bottom)];
  return [left + x, top + y, right + x, bottom + y];
};
export default function ({ parentElement, data, setTriggerValue }) {
  const root = rootOf(parentElement, 'root', build);
  const { _frame: frame } = root;
  const { least } = data;
  showPhoto(root, data);
  if (!root._held && !root._late) root._at = data.box;
  draw(root);
  const put = (box) => { root._at = box; draw(root); };
  const report = () => late(root, 300, () =>
    setTriggerValue('box', (isWhole(root._at) ? WHOLE : root._at).map((side) => Math.round(side * 1000) / 1000)));
  frame.onpointerdown = (event) => {
    if (event.button !== 0 || root._held) return;
    event.preventDefault();
    frame.focus({ preventScroll: true });
    frame.setPointerCapture(event.pointerId);
    const from = positionIn(frame, event);
    const sides = grasped(root, from, event.pointerType === 'touch' ? 24 : 10);
    root._held = { from, sides, box: root._at };
  };
  frame.onpointermove = (event) => {
    const at = positionIn(frame, event);
    if (!root._held) {
      const sides = grasped(root, at, 10);
      frame.style.cursor = sides ? CURSORS[sides] : 'crosshair';
    } else if (event.isPrimary) {
      const { from, sides, box } = root._held;
      const [dx, dy] = [at[0] - from[0], at[1] - from[1]];
      if (!sides) {
        const ends = [0, 1].map((axis) => [from[axis], at[axis]].map((end) => clip(end, 0, 1)).sort((a, b) => a - b));
        put([ends[0][0], ends[1][0], ends[0][1], ends[1][1]]);
      } else if (!sides.length) put(moved(box, dx, dy));
      else put(sides.reduce((found, side) => resized(found, side, box[side] + (side % 2 ? dy : dx), least), box));
    }
  };
  frame.onpointerup = frame.onpointercancel = (event) => {
    if (!root._held) return;
    const { box, sides } = root._held;
    root._held = null;
    const [left, top, right, bottom] = root._at;
    // A press without a drag, or a drag too short for a box, changes nothing.
    if (event.type === 'pointercancel' || (!sides && (right - left < least || bottom - top < least))) put(box);
    else if (root._at !== box) report();
  };
  frame.onkeydown = (event) => {
    const move = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (event.key === 'Escape' && !isWhole(root._at)) put(WHOLE);
    else if (!move) return;
    else if (event.shiftKey) {
      const side = move[0] ? 2 : 3;
      put(resized(root._at, side, root._at[side] + (move[0] + move[1]) / 100, least));
    }
    else put(moved(root._at, move[0] / 100, move[1] / 100));
    event.preventDefault();
    report();
  };
}
