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
   * enlargement: A, (size, cells), bilinear interpolation and Gaussian in one; normals: one {M1: cells x cells, ...}
   * for each held-out normal picture; quantile: of their scores, the threshold; kept: thresholds that were chosen
   * instead, by expression.
   */
  constructor({ enlargement, size, cells, normals, quantile, kept = {} }) {
    Object.assign(this, { size, cells, normals, quantile, kept });
    this.bands = Array.from({ length: size }, (_, row) => band(enlargement.subarray(row * cells, (row + 1) * cells)));
    this.references = new Map();
  }

  /** Score_p = A S A^T of the combined map, Float32Array (size, size), and Score_l, its largest value. */
  score(expression, maps) {
    const { size, cells, bands } = this;
    const combined = evaluate(expression, maps);
    const half = new Float32Array(size * cells); // A S
    for (let y = 0; y < size; y++) {
      const { first, weights } = bands[y];
      for (let x = 0; x < cells; x++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k] * combined[(first + k) * cells + x];
        half[y * cells + x] = sum;
      }
    }
    const map = new Float32Array(size * size);
    let value = -Infinity;
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const { first, weights } = bands[x];
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k] * half[y * cells + first + k];
        map[y * size + x] = sum;
        if (map[y * size + x] > value) value = map[y * size + x];
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

/** The conformal threshold of ascending scores: nnet/scoring/promise.py. */
export function conformal(ascending, share) {
  const n = ascending.length;
  return ascending[Math.min(n, Math.max(1, Math.ceil((n + 1) * share - 1e-9))) - 1];
}

/** A square map at (width, height) pixels by bilinear interpolation. */
export function enlarge(map, side, width, height) {
  const result = new Float32Array(width * height);
  const xs = places(side, width), ys = places(side, height);
  for (let y = 0, at = 0; y < height; y++) {
    const { low: top, high: bottom, part: down } = ys[y];
    for (let x = 0; x < width; x++, at++) {
      const { low, high, part } = xs[x];
      const upper = map[top * side + low] * (1 - part) + map[top * side + high] * part;
      const lower = map[bottom * side + low] * (1 - part) + map[bottom * side + high] * part;
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
