// Pillow's bilinear resize with antialiasing for 8-bit pictures (libImaging/Resample.c), bit for bit: coefficients in
// double precision, rounded to 22 bits; one axis, then the other, each rounded to 8 bits. drawImage() would differ.

const BITS = 22;

/** Pixels (height, width, 4) as a canvas gives them -> Uint8Array (size, size, 3), as nnet.data.images.resize. */
export function resize(pixels, width, height, size) {
  const all = dropAlpha(pixels, width * height);
  // As from Pillow 13 on, the height is first where it shrinks by more than twice as many pixels.
  const isTall = height - size > Math.max(0, 2 * (width - size));
  return isTall ? across(down(all, width, height, size), size, width, size)
    : down(across(all, height, width, size), size, height, size);
}

function across(source, lines, width, size) {
  return width === size ? source : along(source, lines, width, size, width * 3, 3, size * 3, 3);
}

function down(source, columns, height, size) {
  return height === size ? source : along(source, columns, height, size, 3, columns * 3, 3, columns * 3);
}

function dropAlpha(pixels, count) {
  const rgb = new Uint8Array(count * 3);
  for (let i = 0, from = 0, to = 0; i < count; i++, from += 4, to += 3) {
    rgb[to] = pixels[from];
    rgb[to + 1] = pixels[from + 1];
    rgb[to + 2] = pixels[from + 2];
  }
  return rgb;
}

// Resample `lines` lines of `length` pixels to `size` pixels each; a line and a pixel are so many bytes apart.
function along(source, lines, length, size, lineIn, pixelIn, lineOut, pixelOut) {
  const target = new Uint8Array(lines * size * 3);
  coefficients(length, size).forEach(({ first, weights }, x) => {
    for (let line = 0; line < lines; line++) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 2 ** (BITS - 1);
        let at = line * lineIn + first * pixelIn + channel;
        for (let k = 0; k < weights.length; k++, at += pixelIn) sum += source[at] * weights[k];
        target[line * lineOut + x * pixelOut + channel] = Math.min(255, Math.max(0, sum >> BITS));
      }
    }
  });
  return target;
}

function coefficients(length, size) {
  const scale = length / size;
  const support = Math.max(scale, 1);
  return Array.from({ length: size }, (_, x) => {
    const centre = (x + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const last = Math.min(length, Math.trunc(centre + support + 0.5));
    const inverse = 1 / support;
    const raw = Array.from({ length: last - first }, (_, k) =>
      Math.max(0, 1 - Math.abs((k + first - centre + 0.5) * inverse)));
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: raw.map((weight) => Math.trunc(0.5 + (total ? weight / total : weight) * 2 ** BITS)) };
  });
}
