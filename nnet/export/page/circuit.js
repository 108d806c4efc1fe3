// The score as a circuit, as in nnet/scoring/circuit.py: three pairs of maps, a sign within each pair and one between.

import { MAPS, parse, restricted, mapsOf, write } from './expression.js';

export const PAIRS = [['M1', 'M6'], ['M2', 'M5'], ['M3', 'M4']];
const other = (sign) => (sign === '+' ? '*' : '+');
const both = (circuit, i) => PAIRS[i].every((name) => circuit.used.includes(name));
export const hasInner = both;
/** Whether the sign before pair i + 1 has an effect: that pair and one before it are in use. */
export const hasOuter = (circuit, i) =>
  PAIRS.slice(0, i + 1).flat().some((name) => circuit.used.includes(name))
  && PAIRS[i + 1].some((name) => circuit.used.includes(name));

/** A circuit's expression, canonical. */
export function textOf({ used, inner, outer }) {
  let written = '';
  PAIRS.forEach((pair, i) => {
    const group = pair.filter((name) => used.includes(name)).join(inner[i]);
    if (group) written += `${written ? outer[i - 1] : ''}(${group})`;
  });
  return write(parse(written));
}

/** The same text for expressions that differ only in the order of terms and factors. */
export function unordered(expression) {
  if (!expression.sign) return expression.parts[0];
  return `(${expression.parts.map(unordered).sort().join(expression.sign)})`;
}

let known;
/** The circuit of an expression, in whatever order its parts are written, or null if it has another form. */
export function circuitOf(expression) {
  known ??= allCircuits();
  return known.get(unordered(expression)) ?? null;
}

// Where two circuits are the same expression, the one with more of the paper's signs comes first and stays.
function allCircuits() {
  const found = new Map();
  for (let bits = 1; bits < 2 ** MAPS.length; bits++) {
    const used = MAPS.filter((_, i) => bits & (2 ** i));
    for (const inner of signs(3, (i) => (both({ used }, i) ? '+*' : '+'))) {
      for (const outer of signs(2, (i) => (hasOuter({ used }, i) ? '*+' : '*'))) {
        const circuit = { used, inner, outer }, key = unordered(parse(textOf(circuit)));
        if (!found.has(key)) found.set(key, circuit);
      }
    }
  }
  return found;
}

function signs(count, choices) {
  let all = [[]];
  for (let i = 0; i < count; i++) all = all.flatMap((start) => [...choices(i)].map((sign) => [...start, sign]));
  return all;
}

/** The expression after a press: 'map' and 'only' with a name, 'inner' and 'outer' with an index; null if empty. */
export function edit(expression, change, target) {
  if (change === 'only') return target;
  const circuit = circuitOf(expression);
  if (change === 'map') return toggled(expression, circuit, target);
  const flipped = circuit[change].map((sign, i) => (i === target ? other(sign) : sign));
  return textOf({ ...circuit, [change]: flipped });
}

function toggled(expression, circuit, name) {
  if (circuit) {
    const used = MAPS.filter((one) => circuit.used.includes(one) !== (one === name));
    return used.length ? textOf({ ...circuit, used }) : null;
  }
  const used = mapsOf(expression), text = write(expression);
  if (used.includes(name)) {
    const kept = restricted(expression, used.filter((one) => one !== name));
    return kept && write(kept);
  }
  const partner = PAIRS.find((pair) => pair.includes(name)).find((one) => one !== name);
  return write(parse(used.includes(partner) ? text.replaceAll(partner, `(${partner}+${name})`) : `(${text})*${name}`));
}
