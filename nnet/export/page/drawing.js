// The picture that the visitor draws on: strokes at the picture's own resolution, undo, and a pen for the keyboard.

import { $, ARROWS, canvasOf, placeOn } from './dom.js';

const INKS = { dark: '#0b0b0b', bright: '#f4f4f4' };
const STEP = 0.02;

export class Drawing {
  constructor(changed) {
    this.changed = changed;
    this.shown = $('picture');
    this.ink = 'dark';
    this.strokes = [];
    this.pen = null; // of the keyboard: {at: [x, y], down}
    for (const ink of Object.keys(INKS)) $(ink).onclick = () => this.choose(ink);
    $('undo').onclick = () => this.undo();
    this.shown.onpointerdown = (event) => {
      if (!this.base || event.button) return;
      this.shown.setPointerCapture(event.pointerId);
      this.pen = null;
      this.begin(placeOn(this.shown, event));
      this.pressed = true;
    };
    this.shown.onpointermove = (event) => { if (this.pressed) this.extend(placeOn(this.shown, event)); };
    this.shown.onpointerup = this.shown.onpointercancel = () => { this.pressed = false; };
    this.shown.onkeydown = (event) => this.key(event);
    this.shown.onblur = () => { this.pen = null; this.show(); };
  }
  open(picture) {
    this.base = canvasOf(picture);
    this.canvas = canvasOf(picture);
    this.strokes = [];
    this.pen = null;
    this.update();
  }
  /** The picture with everything that was drawn: {pixels, width, height}. */
  get picture() {
    const { width, height } = this.canvas;
    return { pixels: this.canvas.getContext('2d').getImageData(0, 0, width, height).data, width, height };
  }
  choose(ink) {
    this.ink = ink;
    for (const name of Object.keys(INKS)) $(name).setAttribute('aria-pressed', String(name === ink));
  }
  begin(place) {
    this.strokes.push({ ink: this.ink, width: Number($('width').value) / 200, points: [place] });
    this.draw(this.strokes.at(-1));
    this.update();
  }
  extend(place) {
    this.strokes.at(-1).points.push(place);
    this.draw(this.strokes.at(-1), this.strokes.at(-1).points.length - 2);
    this.update();
  }
  undo() {
    this.strokes.pop();
    this.canvas.getContext('2d').drawImage(this.base, 0, 0);
    this.strokes.forEach((stroke) => this.draw(stroke));
    this.update();
  }
  key(event) {
    if (!this.base) return;
    if ((event.ctrlKey || event.metaKey) && event.key === 'z') { if (this.strokes.length) this.undo(); }
    else if (event.key === ' ') this.lower();
    else if (event.key in ARROWS) this.move(ARROWS[event.key]);
    else return;
    event.preventDefault();
  }
  lower() {
    this.pen ??= { at: [0.5, 0.5], down: false };
    this.pen.down = !this.pen.down;
    if (this.pen.down) this.begin(this.pen.at);
    else this.show();
  }
  move([dx, dy]) {
    this.pen ??= { at: [0.5, 0.5], down: false };
    const within = (value) => Math.min(1, Math.max(0, value));
    this.pen.at = [within(this.pen.at[0] + dx * STEP), within(this.pen.at[1] + dy * STEP)];
    if (this.pen.down) this.extend(this.pen.at);
    else this.show();
  }
  draw({ ink, width, points }, from = 0) {
    const context = this.canvas.getContext('2d'), { width: across, height: down } = this.canvas;
    Object.assign(context, { strokeStyle: INKS[ink], lineCap: 'round', lineJoin: 'round',
      lineWidth: Math.max(1, width * Math.min(across, down)) });
    context.beginPath();
    points.slice(Math.max(0, from)).forEach(([x, y], i) => context[i ? 'lineTo' : 'moveTo'](x * across, y * down));
    if (points.length === 1) context.lineTo(points[0][0] * across + 0.01, points[0][1] * down);
    context.stroke();
  }
  update() {
    $('undo').disabled = !this.strokes.length;
    this.show();
    this.changed();
  }
  show() {
    const context = this.shown.getContext('2d'), { width, height } = this.shown;
    context.drawImage(this.canvas, 0, 0, width, height);
    if (!this.pen) return;
    const [x, y] = [this.pen.at[0] * width, this.pen.at[1] * height];
    for (const [colour, thickness] of [['#000', 4], ['#fff', 2]]) {
      Object.assign(context, { strokeStyle: colour, lineWidth: thickness });
      context.beginPath();
      context.arc(x, y, this.pen.down ? 5 : 11, 0, 2 * Math.PI);
      context.stroke();
    }
  }
}
