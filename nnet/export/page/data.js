// What the export wrote beside the page: page.json and the arrays that belong to it.

import { Region } from './region.js';
import { fromHalf, Scorer } from './score.js';

async function fetched(name) {
  const answer = await fetch(name);
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return answer;
}

/** {model: page.json, scorer, region: where it looks, or null, atlas: an image of all training patches, or null}. */
export async function loadData() {
  const model = await (await fetched('page.json')).json();
  const files = ['enlargement.bin', 'normals.bin', ...(model.region ? ['region.bin'] : [])];
  const [enlargement, halves, windows] = await Promise.all(files.map(async (name) => (await fetched(name)).arrayBuffer()));
  const region = model.region ? new Region(model.region, model.cells, new Float32Array(windows)) : null;
  const cells = region?.cells ?? [model.cells, model.cells], shape = model.region?.score ?? [model.size, model.size];
  const values = fromHalf(new Uint16Array(halves)), area = cells[0] * cells[1];
  const normals = Array.from({ length: model.normals }, (_, image) =>
    Object.fromEntries(model.maps.map((name, map) => {
      const start = (map * model.normals + image) * area;
      return [name, values.subarray(start, start + area)];
    })));
  const { quantile, kept } = model, ignores = Boolean(region);
  const scorer = new Scorer({ enlargement: new Float32Array(enlargement), shape, cells, normals, quantile, kept, ignores });
  return { model, scorer, region, atlas: model.atlas ? await picture('atlas.png') : null };
}

/** A picture file of this folder, or one that the visitor chose, as {pixels (RGBA), width, height}. */
export async function picture(source) {
  const blob = source instanceof Blob ? source : await (await fetched(source)).blob();
  const bitmap = await createImageBitmap(blob, { colorSpaceConversion: 'none', imageOrientation: 'from-image' });
  return pixelsOf(bitmap, bitmap.width, bitmap.height);
}

const MOST_PIXELS = 16e6;

/** The pixels of anything a canvas can draw; transparent parts on white; huge pictures at a size that fits. */
export function pixelsOf(drawable, width, height) {
  const shrink = Math.min(1, Math.sqrt(MOST_PIXELS / (width * height)));
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(width * shrink)), Math.max(1, Math.round(height * shrink)));
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(drawable, 0, 0, canvas.width, canvas.height);
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  return { pixels: data, width: canvas.width, height: canvas.height };
}
