// Every sentence that the page puts together, and how numbers are written; the fixed ones stand in index.html.
// tests/unit/test_web_words.py holds those that the app has, too, to the app's wording.

const SCALES = ['fine', 'middle', 'coarse'], STRIDES = [4, 8, 16];
export const scaleTitle = (index, size) =>
  `${SCALES[index]} scale, ${Math.floor(size / STRIDES[index])} × ${Math.floor(size / STRIDES[index])} patches`;
export const PAIR_NAMES = {
  M1: 'F₁ with D₁', M2: 'F₂ with D₂', M3: 'F₃ with D₃', M4: 'P₃ with SP₃', M5: 'P₂ with SP₂', M6: 'P₁ with SP₁',
};
export const BRANCH_NAMES = {
  M1: 'rebuilder S₂', M2: 'rebuilder S₂', M3: 'rebuilder S₂', M4: 'copier S₁', M5: 'copier S₁', M6: 'copier S₁',
};
export const PRESET_NAMES = {
  model: 'This model\'s', paper: 'Paper', reverse: 'S₂ alone', forward: 'S₁ alone',
  fine: 'Fine', middle: 'Middle', coarse: 'Coarse',
};
export const SIGNS = { '+': '+', '*': '×' };
const SIGN_WORDS = { '+': 'plus', '*': 'times' };

/** A score with three significant digits: 0.886, 12.3, 1,235. */
export function number(value) {
  if (value !== 0 && Math.abs(value) < 0.001) return String(Number(value.toPrecision(2)));
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  return value.toPrecision(3);
}
/** A multiple: 0.42, 3.1, 12, 1,300; near 1 with so many digits, up to six, that it does not read as 1: 1.004. */
export function times(ratio) {
  let said = ratio < 1 ? ratio.toFixed(2) : ratio < 10 ? ratio.toFixed(1) : Math.round(ratio).toLocaleString('en');
  for (let digits = 2; ratio !== 1 && Number(said) === 1 && digits < 7; digits += 1) said = ratio.toFixed(digits);
  return said;
}
/** A share 0..1 in percent: 95 %, 2.4 %, 0.31 %, 0.004 %. */
export function percent(share) {
  const value = Number((100 * share).toFixed(9));
  if (value > 0 && value < 0.01) return `${Number(value.toPrecision(1))} %`;
  return `${value.toFixed(value >= 10 || Number.isInteger(value) ? 0 : value >= 1 ? 1 : 2)} %`;
}

export const verdict = (anomalous) => (anomalous ? 'Anomalous' : 'Normal');
export const timesThreshold = (ratio) => `${times(ratio)} × threshold`;
export function rank(scores, value) {
  const below = scores.filter((score) => score < value).length, n = scores.length;
  if (below === n) return `It scores higher than all ${n} held-out normal images.`;
  if (below === 0) return `It scores no higher than any of the ${n} held-out normal images.`;
  return `It scores higher than ${below} of the ${n} held-out normal images.`;
}
export const score = (value) => `Score ${number(value)}`;
export const unfamiliar = (share) =>
  `${percent(share)} of the picture is above the threshold. This is probably not the kind of picture the model was `
  + 'trained on, so the heatmap tells you little about defects.';
export const took = (ms) => `The network took ${ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`} `
  + 'for this picture, in this browser, on one thread.';
export const THRESHOLD = 'threshold';
export const stripLabel = (ratio, n) =>
  `Scores on a logarithmic axis: ${n} held-out normal images as dots, the threshold as a line, this picture as a `
  + `diamond at ${times(ratio)} times the threshold.`;

export const mapLabel = (name, used) => `${name} (${PAIR_NAMES[name]}): press to ${used ? 'leave it out' : 'add it'}`;
export const mapFacts = (name, used, peak) =>
  `${PAIR_NAMES[name]}\n${BRANCH_NAMES[name]}${used ? '' : ', left out'} · peak\u00a0${number(peak)}`;
export const onlyLabel = (name) => `Score by ${name} alone`;
export const ONLY = 'only';
export const signLabel = (sign, effect) => (effect
  ? `${capital(SIGN_WORDS[sign])}: press for ${SIGN_WORDS[sign === '+' ? '*' : '+']}`
  : `${capital(SIGN_WORDS[sign])}: has no effect while a map beside it is left out`);
const capital = (word) => word[0].toUpperCase() + word.slice(1);
export const NO_MAP_LEFT = 'A score needs at least one map.';
export const notYet = (problem, text) => `${problem} Until then the score is ${text}.`;
export const missingMaps = (names) => `This model has no ${names.join(' and no ')}; use only maps that it has.`;
export const notPaired = (text) =>
  `The score is ${text}, which does not pair the maps by scale, so only the maps are shown here.`;

export const patchTitle = (row, column) => `Patch in row ${row + 1}, column ${column + 1}`;
export const recalled = (used, items) =>
  `The memory answers this patch with ${used} of its ${items} stored normal patterns. Each bar is one pattern's share.`;
export const itemLabel = (item, share) => `Item ${item}: ${percent(share)}`;
export const cellLabel = (row, column, side) =>
  `The picture in ${side} × ${side} patches; the one in row ${row + 1}, column ${column + 1} is chosen. `
  + 'Arrow keys choose another.';
export const patchesOf = (item) => `The training patches most like item ${item}, best first`;

export function agreement({ both, forward, reverse }) {
  const any = both + forward + reverse;
  if (!any) {
    return 'Neither student\'s score is above its threshold anywhere in this image: neither finds anything unusual.';
  }
  return `Of what either student finds unusual (${percent(any)} of the image), both see ${percent(both / any)}, `
    + `only S₁, the copier, sees ${percent(forward / any)}, and only S₂, the rebuilder, sees ${percent(reverse / any)}.`;
}

export const trainedOn = (data) => (data.images
  ? `Made from ${data.images} normal images: ${data.name} (${data.source}).` : `Made from ${data.name}.`);
export const licence = (text) => (text
  ? `Licence of the data and of everything made from it, this model included: ${text}`
  : 'The checkpoint names no licence for its data. Ask whoever trained it before you pass it on.');
export const held = (n, share) =>
  `The threshold is the score that ${percent(share)} of ${n} held-out normal images stay at or below.`;
export const network = (model) =>
  `Teacher ${model.teacher}, input ${model.size} × ${model.size} pixels, N-Net Workbench ${model.version}.`;

export const NO_SAMPLES = 'This model comes without sample pictures. Choose, drop or photograph one.';
export const LOADING = 'Loading the network. This happens once; nothing leaves your computer.';
export const LOOKING = 'Looking at the picture…';
export const READY = 'Draw on the picture: the heatmap follows.';
export const BROKEN = (why) =>
  `The network could not be started (${why}). Serve the complete folder, for example with “python -m http.server”, `
  + 'and use a current Chrome, Edge, Firefox or Safari.';
export const UNREADABLE = (name) =>
  `“${name}” could not be read as a picture. Choose a PNG, JPEG or WebP file.`;
export const otherSize = (region, picture) =>
  `This model is for pictures of ${region.width} × ${region.height} pixels, as it was trained on; this one has `
  + `${picture.width} × ${picture.height}.`;
export const NO_CAMERA = 'The camera could not be opened. Allow it in the address bar, or choose a picture instead.';
export const CAMERA_ADDRESS = 'Browsers allow the camera only on https or on localhost. Choose a picture instead.';
