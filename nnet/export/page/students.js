// The two students against each other, each in units of its own threshold: nnet/scoring/students.py.

import { $ } from './dom.js';
import { parse } from './expression.js';
import { enlarge, paint } from './score.js';
import * as words from './words.js';

export class Students {
  constructor(model, scorer) {
    this.model = model;
    this.scorer = scorer;
    this.expressions = [model.students.forward, model.students.reverse].map((text) => parse(text));
    $('students').hidden = false;
    $('line').oninput = () => this.wipe();
  }
  show(maps, picture) {
    const { scorer } = this, side = $('wipe').width;
    const [forward, reverse] = this.expressions.map((expression) => {
      const { threshold } = scorer.reference(expression);
      return scorer.score(expression, maps).map.map((value) => value / threshold);
    });
    [this.forward, this.reverse] = [forward, reverse].map((map) => {
      const canvas = new OffscreenCanvas(side, side), context = canvas.getContext('2d', { willReadFrequently: true });
      context.drawImage(picture, 0, 0, side, side);
      const image = context.getImageData(0, 0, side, side);
      paint(image.data, enlarge(map, scorer.shape, side, side), 2, this.model.colours, image.data);
      context.putImageData(image, 0, 0);
      return canvas;
    });
    this.wipe();
    this.difference(enlarge(forward.map((value, i) => value - reverse[i]), scorer.shape, side, side), side, picture);
    const share = (test) => forward.reduce((sum, value, i) => sum + test(value > 1, reverse[i] > 1), 0) / forward.length;
    $('agreement').textContent = words.agreement({
      both: share((f, r) => f && r), forward: share((f, r) => f && !r), reverse: share((f, r) => r && !f) });
  }
  wipe() {
    if (!this.forward) return;
    const context = $('wipe').getContext('2d'), { width, height } = $('wipe');
    const at = Math.round((width * $('line').value) / 100);
    context.drawImage(this.reverse, 0, 0);
    if (at) context.drawImage(this.forward, 0, 0, at, height, 0, 0, at, height);
    context.fillStyle = '#fff';
    context.fillRect(at - 1, 0, 2, height);
  }
  difference(values, side, picture) {
    const context = $('difference').getContext('2d', { willReadFrequently: true });
    context.filter = 'grayscale(1)';
    context.drawImage(picture, 0, 0, side, side);
    context.filter = 'none';
    const image = context.getImageData(0, 0, side, side), { data } = image;
    for (let i = 0, at = 0; i < values.length; i++, at += 4) {
      const part = Math.min(1, Math.abs(values[i]) / this.model.students.limit);
      const colour = values[i] > 0 ? this.model.forward : this.model.reverse;
      for (let c = 0; c < 3; c++) data[at + c] += 0.85 * part * (colour[c] - data[at + c]);
    }
    context.putImageData(image, 0, 0);
  }
}
