// What the memory recalls for the pressed patch: the items by their share, and the training patches most like each.

import { $, ARROWS, make, placeOn } from './dom.js';
import * as words from './words.js';

const MOST = 8; // items shown
const PATCHES_SHOWN = 6;

export class Memory {
  constructor(model, atlas) {
    this.model = model;
    this.atlas = atlas;
    this.side = model.memory.side;
    this.cell = [0, 0]; // column, row
    this.canvas = $('patches');
    $('memory').hidden = false;
    this.canvas.onclick = (event) => this.choose(placeOn(this.canvas, event));
    this.canvas.onkeydown = (event) => {
      if (!(event.key in ARROWS)) return;
      event.preventDefault();
      const [dx, dy] = ARROWS[event.key], last = this.side - 1;
      this.cell = [Math.min(last, Math.max(0, this.cell[0] + dx)), Math.min(last, Math.max(0, this.cell[1] + dy))];
      this.draw();
    };
  }
  /** Choose the patch at a place, 0..1 across and down. */
  choose([x, y]) {
    this.cell = [Math.floor(x * this.side), Math.floor(y * this.side)];
    this.draw();
  }
  /** weights: (side, side, items); overlay: the heatmap's canvas; picture: what was computed, as a canvas. */
  show(weights, overlay, picture) {
    Object.assign(this, { weights, overlay, picture });
    this.draw();
  }
  draw() {
    if (!this.weights) return;
    const context = this.canvas.getContext('2d'), { width, height } = this.canvas, { side } = this;
    const [column, row] = this.cell;
    context.drawImage(this.overlay, 0, 0, width, height);
    Object.assign(context, { strokeStyle: 'rgba(255,255,255,0.25)', lineWidth: 1 });
    for (let i = 1; i < side; i++) {
      context.strokeRect((i * width) / side, -2, 0, height + 4);
      context.strokeRect(-2, (i * height) / side, width + 4, 0);
    }
    for (const [colour, thickness] of [['#000', 5], ['#fff', 2.5]]) {
      Object.assign(context, { strokeStyle: colour, lineWidth: thickness });
      context.strokeRect((column * width) / side, (row * height) / side, width / side, height / side);
    }
    this.canvas.setAttribute('aria-label', words.cellLabel(row, column, side));
    this.list(row, column);
  }
  list(row, column) {
    const { items } = this.model.memory, start = (row * this.side + column) * items;
    const shares = Array.from(this.weights.subarray(start, start + items), (share, item) => ({ share, item }))
      .filter(({ share }) => share > 0).sort((a, b) => b.share - a.share);
    const box = $('recall');
    box.replaceChildren();
    const title = make('div', 'patch', box), patch = make('canvas', '', title);
    patch.width = patch.height = 64;
    this.cut(patch, row, column);
    make('h3', '', title, words.patchTitle(row, column));
    make('p', 'quiet', box, words.recalled(shares.length, items));
    for (const { share, item } of shares.slice(0, MOST)) this.item(box, item, share, shares[0].share);
  }
  /** The patch with its surroundings, three cells wide as in the atlas; grey beyond the picture's border. */
  cut(patch, row, column) {
    const { width, height } = this.picture, context = patch.getContext('2d');
    context.fillStyle = '#888';
    context.fillRect(0, 0, 64, 64);
    const [across, down] = [width / this.side, height / this.side];
    context.drawImage(this.picture, (column - 1) * across, (row - 1) * down, 3 * across, 3 * down, 0, 0, 64, 64);
  }
  item(box, item, share, largest) {
    const line = make('div', 'item', box);
    make('span', '', line, words.itemLabel(item, share));
    const bar = make('div', 'bar', line);
    make('i', '', bar).style.width = `${(100 * share) / largest}%`;
    if (!this.atlas) return;
    const likes = make('div', 'likes', line), side = this.model.atlas;
    likes.setAttribute('role', 'img');
    likes.setAttribute('aria-label', words.patchesOf(item));
    for (let k = 0; k < PATCHES_SHOWN; k++) {
      const patch = make('canvas', '', likes);
      patch.width = patch.height = side;
      patch.getContext('2d').drawImage(this.atlas, k * side, item * side, side, side, 0, 0, side, side);
    }
  }
}
