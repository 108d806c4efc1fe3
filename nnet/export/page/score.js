// From six maps to a score, a threshold and a picture of the score: nnet/scoring/maps.py, calibration.py, overlay.py.

import { evaluate, write } from './expression.js';

/** Half-precision bits (Uint16Array) -> Float32Array. */
export function fromHalf(bits) {
  return Float32Array.from(bits, (half) => {
    const sign = half & 0x8000 ? -1 : 1, exponent = (half >> 10) & 31, fraction = half & 1023;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    return exponent === 31 ? (fraction ? NaN : sign * Infinity) : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}

/** Scores under any expression, and what the held-out normal pictures score under it. */
export class Scorer {
  /**
   * shape: rows and columns of Score_p; cells: of the maps. enlargement: for the rows and then for the columns a
   * matrix, (rows of Score_p, rows of the maps), bilinear interpolation and Gaussian in one. ignores: whether 0 in a map
   * means that nothing is looked at there. normals: one {M1: rows x columns, ...} for each held-out normal picture;
   * quantile: of their scores, the threshold; kept: thresholds that were chosen instead, by expression.
   */
  constructor({ enlargement, shape, cells, normals, quantile, kept = {}, ignores = false }) {
    Object.assign(this, { shape, cells, normals, quantile, kept, ignores });
    const first = shape[0] * cells[0];
    this.bands = [enlargement.subarray(0, first), enlargement.subarray(first)].map((matrix, axis) =>
      Array.from({ length: shape[axis] }, (_, i) => band(matrix.subarray(i * cells[axis], (i + 1) * cells[axis]))));
    this.references = new Map();
  }

  /** Score_p = A S B^T of the combined map, Float32Array of `shape`, and Score_l, its largest value. */
  score(expression, maps) {
    const { shape: [height, width], cells: [rows, columns], bands: [down, across] } = this;
    const combined = evaluate(expression, maps);
    const half = new Float32Array(height * columns); // A S
    for (let y = 0; y < height; y++) {
      const { first, weights } = down[y];
      for (let x = 0; x < columns; x++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k] * combined[(first + k) * columns + x];
        half[y * columns + x] = sum;
      }
    }
    const map = new Float32Array(height * width), near = (i, found, wanted) => Math.floor(((i + 0.5) * found) / wanted);
    let value = -Infinity;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const { first, weights } = across[x];
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k] * half[y * columns + first + k];
        if (this.ignores && !combined[near(y, rows, height) * columns + near(x, columns, width)]) sum = 0;
        map[y * width + x] = sum;
        if (map[y * width + x] > value) value = map[y * width + x];
      }
    }
    return { map, value };
  }

  /** {scores: ascending, threshold} of the held-out normal pictures; computed once per expression. */
  reference(expression) {
    const text = write(expression);
    if (!this.references.has(text)) {
      const scores = this.normals.map((maps) => this.score(expression, maps).value).sort((a, b) => a - b);
      if (this.references.size > 200) this.references.clear();
      this.references.set(text, { scores, threshold: this.kept[text] ?? conformal(scores, this.quantile) });
    }
    return this.references.get(text);
  }
}

function band(row) {
  let first = 0, last = row.length;
  while (first < last - 1 && row[first] === 0) first++;
  while (last > first + 1 && row[last - 1] === 0) last--;
  return { first, weights: row.slice(first, last) };
}

/** Whether a score is called anomalous: nnet/scoring/calibration.py, Reference.is_anomalous. */
export const isAnomalous = (value, threshold) => value > threshold;

/** The conformal threshold of ascending scores: nnet/scoring/promise.py. */
export function conformal(ascending, share) {
  const n = ascending.length;
  return ascending[Math.min(n, Math.max(1, Math.ceil((n + 1) * share - 1e-9))) - 1];
}

/** A map of so many rows and columns at (width, height) pixels by bilinear interpolation. */
export function enlarge(map, [rows, columns], width, height) {
  const result = new Float32Array(width * height);
  const xs = places(columns, width), ys = places(rows, height);
  for (let y = 0, at = 0; y < height; y++) {
    const { low: top, high: bottom, part: down } = ys[y];
    for (let x = 0; x < width; x++, at++) {
      const { low, high, part } = xs[x];
      const upper = map[top * columns + low] * (1 - part) + map[top * columns + high] * part;
      const lower = map[bottom * columns + low] * (1 - part) + map[bottom * columns + high] * part;
      result[at] = upper * (1 - down) + lower * down;
    }
  }
  return result;
}

function places(side, length) {
  return Array.from({ length }, (_, i) => {
    const at = Math.min(side - 1, Math.max(0, ((i + 0.5) * side) / length - 0.5)), low = Math.floor(at);
    return { low, high: Math.min(side - 1, low + 1), part: at - low };
  });
}

/** Colours of a map on a canvas's pixels (RGBA): `limit` is the hot end; over `under` where it is given. */
export function paint(target, values, limit, table, under = null, opacity = 0.7) {
  for (let i = 0, at = 0; i < values.length; i++, at += 4) {
    const position = Math.min(1, Math.max(0, values[i] / Math.max(limit, 1.2e-38)));
    const colour = table[Math.round(position * (table.length - 1))];
    const alpha = under ? opacity * Math.min(1, 2 * position) : 1;
    for (let c = 0; c < 3; c++) target[at + c] = under ? under[at + c] + alpha * (colour[c] - under[at + c]) : colour[c];
    target[at + 3] = 255;
  }
}

/** White just outside the regions whose value lies above `edge`, `thickness` pixels wide. */
export function outline(target, values, width, height, edge, thickness) {
  let inside = Uint8Array.from(values, (value) => value > edge);
  const start = inside;
  for (let step = 0; step < thickness; step++) {
    const grown = Uint8Array.from(inside);
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        if (inside[i]) continue;
        if ((x && inside[i - 1]) || (x < width - 1 && inside[i + 1]) || (y && inside[i - width])
          || (y < height - 1 && inside[i + width])) grown[i] = 1;
      }
    }
    inside = grown;
  }
  for (let i = 0; i < inside.length; i++) if (inside[i] && !start[i]) target.fill(255, 4 * i, 4 * i + 3);
}
