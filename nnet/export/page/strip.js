// The score against the threshold: held-out normal pictures as dots, this picture as a diamond, on a logarithmic axis.

import { $ } from './dom.js';
import { isAnomalous } from './score.js';
import * as words from './words.js';

export function drawStrip(scores, threshold, value) {
  const canvas = $('strip'), scale = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight, style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  canvas.width = width * scale;
  canvas.height = height * scale;
  const context = canvas.getContext('2d');
  context.scale(scale, scale);
  context.font = '12px system-ui, sans-serif';
  const smallest = Math.max(1e-30, Math.min(...scores.filter((score) => score > 0), value > 0 ? value : Infinity));
  const low = Math.log10(Math.min(smallest, threshold / 2)), high = Math.log10(Math.max(scores.at(-1), value, threshold * 2));
  const x = (score) => 12 + ((Math.log10(Math.max(score, smallest)) - low) / (high - low || 1)) * (width - 24);
  const base = height - 26;
  context.fillStyle = colour('border');
  context.fillRect(6, base + 6, width - 12, 1);
  context.fillStyle = colour('threshold');
  context.fillRect(x(threshold) - 1, 12, 2, base - 4);
  context.fillStyle = colour('text');
  context.textAlign = x(threshold) > width - 80 ? 'right' : 'center';
  context.fillText(words.THRESHOLD, Math.min(width - 4, Math.max(40, x(threshold))), height - 6);
  const taken = []; // dots that would overlap stand on one another
  for (const score of scores) {
    const at = x(score);
    let level = 0;
    while (taken.some((dot) => dot.level === level && Math.abs(dot.at - at) < 7)) level++;
    taken.push({ at, level });
    context.globalAlpha = 0.8;
    context.fillStyle = colour('normal');
    context.beginPath();
    context.arc(at, Math.max(4, base - level * 7), 3.4, 0, 2 * Math.PI);
    context.fill();
  }
  context.globalAlpha = 1;
  diamond(context, x(value), base - 2, colour(isAnomalous(value, threshold) ? 'anomalous' : 'normal'), colour('ground'));
  canvas.setAttribute('aria-label', words.stripLabel(value / threshold, scores.length));
}

function diamond(context, x, y, fill, edge) {
  context.beginPath();
  for (const [dx, dy] of [[0, -9], [9, 0], [0, 9], [-9, 0]]) context.lineTo(x + dx, y + dy);
  context.closePath();
  Object.assign(context, { fillStyle: fill, strokeStyle: edge, lineWidth: 2 });
  context.fill();
  context.stroke();
}
