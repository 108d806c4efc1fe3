// Small helpers for the page's elements. Texts are set as text, never as HTML: some come from the model's card.

export const $ = (id) => document.getElementById(id);

export function make(tag, className, parent, text = '') {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  parent?.append(element);
  return element;
}

/** Put an RGB picture {pixels, width, height} on a canvas of its own size. */
export function canvasOf(picture) {
  const canvas = make('canvas');
  canvas.width = picture.width;
  canvas.height = picture.height;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.putImageData(new ImageData(picture.pixels, picture.width, picture.height), 0, 0);
  return canvas;
}

/** Where a pointer is on a canvas, 0..1 across and down, whatever size it is shown at. */
export function placeOn(canvas, event) {
  const box = canvas.getBoundingClientRect();
  const within = (value) => Math.min(0.9999, Math.max(0, value));
  return [within((event.clientX - box.left) / box.width), within((event.clientY - box.top) / box.height)];
}

export const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
