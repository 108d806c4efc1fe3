// The page: a picture goes in, the network's maps come out, and everything else follows from them.

import { Choosing } from './choosing.js';
import { CircuitView } from './circuit_view.js';
import { loadData, picture as read } from './data.js';
import { $, canvasOf, placeOn } from './dom.js';
import { Drawing } from './drawing.js';
import { parse } from './expression.js';
import { Memory } from './memory.js';
import { Network } from './network.js';
import { resize } from './resample.js';
import { enlarge, isAnomalous, outline, paint } from './score.js';
import { drawStrip } from './strip.js';
import { Students } from './students.js';
import * as words from './words.js';

const LOOK = 'nnet-theme';
const state = { window: 0 };

function chooseTheme(dark) {
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  $('theme').setAttribute('aria-pressed', String(dark));
  $('theme').textContent = dark ? 'Light' : 'Dark';
  if (state.arrays) show();
}

function theme() {
  const asked = matchMedia('(prefers-color-scheme: dark)');
  let chosen = null;
  try { chosen = localStorage.getItem(LOOK); } catch { /* storage may be off: the system's choice counts */ }
  chooseTheme(chosen ? chosen === 'dark' : asked.matches);
  asked.onchange = () => { if (!chosen) chooseTheme(asked.matches); };
  $('theme').onclick = () => {
    chosen = $('theme').getAttribute('aria-pressed') === 'true' ? 'light' : 'dark';
    try { localStorage.setItem(LOOK, chosen); } catch { /* the choice then lasts as long as the page */ }
    chooseTheme(chosen === 'dark');
  };
}

function about({ data, licence, normals, share, ...model }) {
  $('model-name').textContent = model.name;
  $('data').textContent = words.trainedOn(data);
  $('licence').textContent = words.licence(licence);
  $('held').textContent = words.held(normals, share);
  $('network').textContent = words.network(model);
  const context = $('colours').getContext('2d');
  model.colours.forEach((colour, i) => {
    context.fillStyle = `rgb(${colour.join()})`;
    context.fillRect(i, 0, 1, 1);
  });
}

function compute() {
  $('status').textContent = state.ready ? words.LOOKING : words.LOADING;
  state.network.run(() => {
    const windows = state.region?.cut(state.drawing.picture) ?? [state.drawing.picture];
    return windows.map(({ pixels, width, height }) => resize(pixels, width, height, state.model.size));
  });
}

/** What was computed, under the expression of the circuit. */
function show() {
  const { scorer, arrays, circuit, drawing, model } = state, { expression } = circuit;
  const { map, value } = scorer.score(expression, arrays), { scores, threshold } = scorer.reference(expression);
  const anomalous = isAnomalous(value, threshold), share = map.reduce((sum, one) => sum + (one > threshold), 0) / map.length;
  Object.assign(state, { score: { map, value, threshold } });
  $('verdict').textContent = words.verdict(anomalous);
  $('verdict').className = anomalous ? 'anomalous' : '';
  $('ratio').textContent = words.timesThreshold(value / threshold);
  $('rank').textContent = words.rank(scores, value);
  $('ratio').title = words.score(value);
  $('warning').hidden = share < model.unfamiliar;
  $('warning').textContent = words.unfamiliar(share);
  drawHeatmap(map, threshold, drawing.canvas);
  drawStrip(scores, threshold, value);
}

function drawHeatmap(map, threshold, picture) {
  const canvas = $('heatmap'), context = canvas.getContext('2d', { willReadFrequently: true });
  const { width, height } = canvas;
  context.drawImage(picture, 0, 0, width, height);
  const image = context.getImageData(0, 0, width, height), values = enlarge(map, state.scorer.shape, width, height);
  paint(image.data, values, 2 * threshold, state.model.colours, image.data);
  if ($('outline').checked) outline(image.data, values, width, height, threshold, 2);
  context.putImageData(image, 0, 0);
}

function found(arrays, took, newest) {
  const { region, model } = state;
  for (const name of model.maps) arrays[name] = region ? region.spread(arrays[name]) : arrays[name][0];
  state.arrays = arrays;
  state.computed = (state.computed ?? 0) + 1;
  state.circuit.show(arrays);
  show();
  $('time').textContent = words.took(took);
  state.took = took;
  if (newest) showRest(arrays); // while a stroke is drawn, heatmap and circuit follow it; the rest waits for its end
  document.body.dataset.pictures = String(state.computed); // what a test waits for
}

function showRest(arrays) {
  $('status').textContent = words.READY;
  if (state.fresh) choosePatch(highest(state.score.map, state.scorer.shape));
  state.fresh = false;
  const picture = canvasOf(state.drawing.picture);
  showMemory(arrays, picture);
  state.students?.show(arrays, picture);
}

/** The same after a change of the circuit or the outline, and what shows the heatmap once more. */
function showAgain() {
  if (!state.arrays) return;
  show();
  showMemory(state.arrays, canvasOf(state.drawing.picture));
}

/** What the memory recalls in the chosen window. */
function showMemory({ addressing }, picture) {
  const { memory, region, window } = state, part = (canvas) => region?.view(canvas, window) ?? canvas;
  memory?.show(addressing[window], part($('heatmap')), part(picture));
}

/** Where a map is highest, 0..1 across and down. */
function highest(map, [rows, columns]) {
  const at = map.reduce((best, value, i) => (value > map[best] ? i : best), 0);
  return [(at % columns) / columns, Math.floor(at / columns) / rows];
}

/** Choose the patch of the memory at a place on the picture, and with it the window that the patch lies in. */
function choosePatch(where) {
  const { number, place } = state.region?.inside(where) ?? { number: 0, place: where }, other = number !== state.window;
  state.window = number;
  if (other && state.arrays && !state.fresh) showMemory(state.arrays, canvasOf(state.drawing.picture));
  state.memory?.choose(place);
}

function open(picture) {
  if (state.region && !state.region.fits(picture)) {
    $('progress').hidden = true;
    $('status').textContent = words.otherSize(state.region, picture);
    return;
  }
  state.fresh = true; // its own most unusual patch is chosen; drawing on it leaves the visitor's choice alone
  for (const id of ['picture', 'heatmap']) { // as high as the column allows, in the picture's own proportions
    $(id).height = Math.round(Math.min(640, Math.max(160, (448 * picture.height) / picture.width)));
  }
  state.drawing.open(picture);
}

async function start() {
  $('status').textContent = words.LOADING;
  $('progress').hidden = false;
  const { model, scorer, region, atlas } = await loadData();
  Object.assign(state, { model, scorer, region });
  about(model);
  state.network = new Network({
    model,
    ready: () => { state.ready = true; $('progress').hidden = true; },
    found,
    broken: (why) => { $('progress').hidden = true; $('status').textContent = words.BROKEN(why); },
  });
  if (model.memory) state.memory = new Memory(model, atlas && canvasOf(atlas));
  if (model.students) state.students = new Students(model, scorer);
  state.drawing = new Drawing(compute);
  state.circuit = { expression: parse(model.expression) };
  state.circuit = new CircuitView(model, (expression) => { state.circuit.expression = expression; showAgain(); });
  const choosing = new Choosing(model.samples, open);
  $('outline').onchange = showAgain;
  $('heatmap').onclick = (event) => choosePatch(placeOn($('heatmap'), event));
  new ResizeObserver(() => { if (state.arrays) show(); }).observe($('strip'));
  if (model.samples.length) choosing.open(await read(model.samples[0].file), choosing.buttons[0]);
  else { $('progress').hidden = true; $('status').textContent = words.NO_SAMPLES; }
}

theme();
start().catch((error) => { $('progress').hidden = true; $('status').textContent = words.BROKEN(error.message); });
export { state };
