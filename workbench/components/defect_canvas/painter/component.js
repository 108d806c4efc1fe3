const TOOLS = ['lighter', 'darker', 'colour', 'eraser'];
const MASK_TOOLS = ['mask', 'eraser'];
const build = (root, { words, mask }) => {
  frameIn(root);
  canvasIn(root);
  const tools = make('div', 'tools', root);
  const group = make('span', 'group', tools);
  group.setAttribute('role', 'group');
  group.setAttribute('aria-label', words.tools);
  root._buttons = Object.fromEntries((mask ? MASK_TOOLS : TOOLS).map((name) =>
    [name, make('button', '', group, { textContent: words[name] })]));
  root._colour = make('input', '', tools, { type: 'color', value: '#8a5a2b', title: words.brush });
  root._colour.setAttribute('aria-label', words.brush);
  const slider = (title, low, high, value) => {
    const label = make('label', '', tools, { textContent: title });
    const input = make('input', '', label, { type: 'range', min: low, max: high, step: 1, value });
    return [input, make('output', '', label)];
  };
  [root._size, root._sizeRead] = slider(words.size, 1, 100, 8);
  [root._opacity, root._opacityRead] = slider(words.opacity, 5, 100, mask?.opacity ?? 80);
  root._opacity.parentElement.style.display = mask ? 'none' : '';
  const edit = make('span', 'group', tools);
  root._undo = make('button', '', edit, { textContent: words.undo });
  root._clear = make('button', '', edit, { textContent: words.clear });
  root._hint = make('div', 'hint', root);
  root._tool = mask ? 'mask' : 'darker';
};
export default function ({ parentElement, data, setTriggerValue }) {
  const root = rootOf(parentElement, 'root', (made) => build(made, data));
  showPhoto(root, data);
  if (takeSheet(root, data)) {
    const side = Math.min(data.width, data.height) * data.scale;
    root._size.max = Math.max(20, Math.round(side / 3));
    root._size.value = Math.max(2, Math.round(side / (data.mask ? 12 : 40)));
  }
  const colours = { lighter: '#ffffff', darker: '#000000', mask: data.mask?.colour, eraser: '#000000' };
  const brush = () => ({
    colour: colours[root._tool] ?? root._colour.value,
    erase: root._tool === 'eraser',
    size: Math.max(1, Number(root._size.value) / data.scale),
    opacity: root._tool === 'eraser' ? 1 : Number(root._opacity.value) / 100,
  });
  const report = (done) => {
    if (done) late(root, 120, () => setTriggerValue('layer', root._done.toDataURL('image/png')));
  };
  drawWith(root, { brush, report, press: () => { root._begin(root._at); root._finish(); } });
  const settings = () => {
    root._sizeRead.textContent = `${root._size.value} px`;
    root._opacityRead.textContent = `${root._opacity.value} %`;
    root._colour.style.display = root._tool === 'colour' ? '' : 'none';
    Object.entries(root._buttons).forEach(([name, button]) => button.setAttribute('aria-pressed', name === root._tool));
  };
  Object.entries(root._buttons).forEach(([name, button]) => {
    button.onclick = () => { root._tool = name; settings(); };
  });
  root._size.oninput = () => { settings(); root._point(root._at); };
  root._opacity.oninput = root._colour.oninput = settings;
  settings();
  show(root);
}
