// The circuit on the page: six maps to press, signs to press, presets, and an expression of one's own.

import { circuitOf, edit, hasInner, hasOuter, PAIRS, unordered } from './circuit.js';
import { $, make } from './dom.js';
import { MAPS, mapsOf, parse, write } from './expression.js';
import { paint } from './score.js';
import * as words from './words.js';

export class CircuitView {
  constructor(model, changed) {
    this.model = model;
    this.cells = model.region?.cells ?? [model.cells, model.cells];
    this.changed = changed;
    this.thumbs = {};
    this.presets = Object.entries(model.presets).map(([name, text]) => {
      const button = make('button', '', $('presets'), words.PRESET_NAMES[name]);
      button.type = 'button';
      button.onclick = () => this.set(text);
      return { button, key: unordered(parse(text)) };
    });
    $('expression').oninput = () => this.read($('expression').value);
    this.build();
    this.set(model.expression);
  }
  build() {
    this.groups = [], this.inner = [], this.outer = [];
    PAIRS.forEach((pair, i) => {
      const names = [...pair].reverse().filter((name) => this.model.maps.includes(name));
      if (i) this.outer.push(this.sign($('circuit'), 'outer', i - 1));
      const group = make('div', names.length === 1 ? 'group single' : 'group', $('circuit'));
      group.setAttribute('role', 'group');
      group.setAttribute('aria-label', words.scaleTitle(i, this.model.size));
      const holder = make('div', 'maps', group);
      names.forEach((name, j) => {
        if (j) this.inner[i] = this.sign(holder, 'inner', i);
        this.thumbs[name] = this.map(holder, name);
      });
      make('p', 'scale-name', group, words.scaleTitle(i, this.model.size));
      this.groups.push(group);
    });
  }
  sign(parent, change, index) {
    const button = make('button', 'sign', parent);
    button.type = 'button';
    button.onclick = () => this.press(change, index);
    return button;
  }
  map(parent, name) {
    const box = make('div', 'map', parent), thumb = make('button', 'thumb', box), canvas = make('canvas', '', thumb);
    [canvas.height, canvas.width] = this.cells;
    const title = make('div', 'name', box);
    make('b', '', title, name);
    const only = make('button', '', title, words.ONLY);
    thumb.type = only.type = 'button';
    thumb.onclick = () => this.press('map', name);
    only.onclick = () => this.press('only', name);
    only.setAttribute('aria-label', words.onlyLabel(name));
    return { thumb, canvas, only, facts: make('p', 'facts', box) };
  }
  press(change, target) {
    const text = edit(this.expression, change, target);
    if (text) this.set(text);
    else $('problem').textContent = words.NO_MAP_LEFT;
  }
  read(text) {
    try {
      const expression = parse(text), missing = mapsOf(expression).filter((name) => !this.model.maps.includes(name));
      if (missing.length) throw new Error(words.missingMaps(missing));
      this.use(expression);
    } catch (error) {
      $('expression').setAttribute('aria-invalid', 'true');
      $('problem').textContent = words.notYet(error.message, write(this.expression));
    }
  }
  set(text) {
    $('expression').value = text;
    this.use(parse(text));
  }
  use(expression) {
    this.expression = expression;
    $('expression').removeAttribute('aria-invalid');
    $('problem').textContent = '';
    const circuit = circuitOf(expression), used = mapsOf(expression);
    $('not-paired').hidden = Boolean(circuit);
    $('not-paired').textContent = circuit ? '' : words.notPaired(write(expression));
    PAIRS.forEach((pair, i) => {
      this.groups[i].classList.toggle('out', !pair.some((name) => used.includes(name)));
      if (this.inner[i]) this.mark(this.inner[i], circuit?.inner[i], circuit && hasInner(circuit, i));
      if (i) this.mark(this.outer[i - 1], circuit?.outer[i - 1], circuit && hasOuter(circuit, i - 1));
    });
    for (const [name, { thumb, only }] of Object.entries(this.thumbs)) {
      thumb.setAttribute('aria-pressed', String(used.includes(name)));
      thumb.setAttribute('aria-label', words.mapLabel(name, used.includes(name)));
      only.disabled = used.length === 1 && used[0] === name;
    }
    for (const { button, key } of this.presets) button.setAttribute('aria-pressed', String(key === unordered(expression)));
    this.tell();
    this.changed(expression);
  }
  mark(button, sign, effect) {
    button.hidden = !sign;
    if (!sign) return;
    button.textContent = words.SIGNS[sign];
    button.disabled = !effect;
    button.title = words.signLabel(sign, effect);
    button.setAttribute('aria-label', button.title);
  }
  /** New maps: all on one colour scale, whose middle is each map's level that 99 % of normal pixels stay below. */
  show(maps) {
    this.maps = maps;
    for (const name of MAPS.filter((one) => maps[one])) {
      const context = this.thumbs[name].canvas.getContext('2d'), level = this.model.levels[name];
      const image = context.createImageData(this.cells[1], this.cells[0]);
      paint(image.data, maps[name], 2 * level, this.model.colours);
      context.putImageData(image, 0, 0);
    }
    this.tell();
  }
  tell() {
    if (!this.maps) return;
    const used = mapsOf(this.expression);
    for (const [name, { facts }] of Object.entries(this.thumbs)) {
      const peak = this.maps[name].reduce((a, b) => Math.max(a, b)) / this.model.levels[name];
      facts.textContent = words.mapFacts(name, used.includes(name), peak);
    }
  }
}
