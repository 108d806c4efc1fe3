// A model that looks at a window of the picture, not at all of it: nnet/data/framing.py, with one window.

/** What the page knows of the window, with its matrices, and what the graph does not do. */
export class Region {
  /**
   * width, height: of the picture; box and window: left, top, right and bottom in its pixels; cells: rows and columns of
   * the picture's maps; side: of the window's. values: (rows, side) and (columns, side), interpolation; (rows, columns),
   * 1 where it is looked at.
   */
  constructor({ width, height, box, window, cells }, side, values) {
    Object.assign(this, { width, height, box, window, cells, side });
    const [rows, columns] = cells, ends = [rows * side, (rows + columns) * side];
    this.down = values.subarray(0, ends[0]);
    this.across = values.subarray(ends[0], ends[1]);
    this.keep = values.subarray(ends[1], ends[1] + rows * columns);
  }

  fits(picture) {
    return picture.width === this.width && picture.height === this.height;
  }

  /** The window's pixels (RGBA); beyond the box its border is repeated. */
  cut({ pixels, width }) {
    const [left, top, right, bottom] = this.window, [x0, y0, x1, y1] = this.box;
    const found = new Uint8ClampedArray((right - left) * (bottom - top) * 4);
    for (let y = top, at = 0; y < bottom; y++) {
      const row = Math.min(y1 - 1, Math.max(y0, y)) * width;
      for (let x = left; x < right; x++, at += 4) {
        const from = 4 * (row + Math.min(x1 - 1, Math.max(x0, x)));
        for (let c = 0; c < 4; c++) found[at + c] = pixels[from + c];
      }
    }
    return { pixels: found, width: right - left, height: bottom - top };
  }

  /** A map of the window, (side, side), as that of the picture, (rows, columns). */
  spread(map) {
    const [rows, columns] = this.cells, { side, down, across, keep } = this;
    const half = new Float32Array(rows * side), found = new Float32Array(rows * columns);
    for (let y = 0; y < rows; y++) {
      for (let k = 0; k < side; k++) {
        const weight = down[y * side + k];
        if (weight) for (let x = 0; x < side; x++) half[y * side + x] += weight * map[k * side + x];
      }
      for (let x = 0; x < columns; x++) {
        if (!keep[y * columns + x]) continue;
        let sum = 0;
        for (let k = 0; k < side; k++) sum += across[x * side + k] * half[y * side + k];
        found[y * columns + x] = sum;
      }
    }
    return found;
  }

  /** What a canvas of the whole picture, of any size, shows in the window. */
  view(canvas) {
    const [left, top, right, bottom] = this.window, found = document.createElement('canvas');
    const [across, down] = [canvas.width / this.width, canvas.height / this.height];
    found.width = Math.max(1, Math.round((right - left) * across));
    found.height = Math.max(1, Math.round((bottom - top) * down));
    found.getContext('2d').drawImage(canvas, -left * across, -top * down);
    return found;
  }

  /** A place on the picture, 0..1, as one in the window. */
  inside([x, y]) {
    const [left, top, right, bottom] = this.window, within = (value) => Math.min(0.9999, Math.max(0, value));
    return [within((x * this.width - left) / (right - left)), within((y * this.height - top) / (bottom - top))];
  }
}
