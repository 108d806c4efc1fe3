// A model that looks at windows of the picture, not at all of it at once: nnet/data/framing.py, nnet/export/framed.py.

/** What the page knows of the windows, with their matrices, and what the graph does not do. */
export class Region {
  /**
   * width, height: of the picture; box: left, top, right and bottom in its pixels; windows: the same of each; grid: how
   * many windows stand below one another and side by side; places: where in it each stands, row by row; cells: rows and
   * columns of the picture's maps; side: of a window's. values: (rows, grid[0] side) and (columns, grid[1] side),
   * interpolation and blending; (rows, columns), 1 where it is looked at.
   */
  constructor({ width, height, box, windows, grid, places, cells }, side, values) {
    Object.assign(this, { width, height, box, windows, grid, places, cells, side });
    const [rows, columns] = cells, first = rows * grid[0] * side, second = first + columns * grid[1] * side;
    this.down = bands(values.subarray(0, first), rows);
    this.across = bands(values.subarray(first, second), columns);
    this.keep = values.subarray(second, second + rows * columns);
  }

  fits(picture) {
    return picture.width === this.width && picture.height === this.height;
  }

  /** The pixels of each window (RGBA); beyond the box its border is repeated. */
  cut(picture) {
    return this.windows.map((window) => this.part(picture, window));
  }

  part({ pixels, width }, [left, top, right, bottom]) {
    const [x0, y0, x1, y1] = this.box;
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

  /** A map of each window, (side, side), as that of the picture, (rows, columns). */
  spread(maps) {
    const [rows, columns] = this.cells, { side, down, across, keep, places } = this, wide = this.grid[1] * side;
    const sheet = new Float32Array(this.grid[0] * side * wide); // the windows' maps side by side; 0 where there is none
    maps.forEach((map, i) => {
      const top = Math.floor(places[i] / this.grid[1]) * side, left = (places[i] % this.grid[1]) * side;
      for (let y = 0; y < side; y++) sheet.set(map.subarray(y * side, (y + 1) * side), (top + y) * wide + left);
    });
    const half = new Float32Array(rows * wide), found = new Float32Array(rows * columns);
    down.forEach(({ first, weights }, y) => weights.forEach((weight, k) => {
      if (weight) for (let x = 0; x < wide; x++) half[y * wide + x] += weight * sheet[(first + k) * wide + x];
    }));
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        if (!keep[y * columns + x]) continue;
        const { first, weights } = across[x];
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k] * half[y * wide + first + k];
        found[y * columns + x] = sum;
      }
    }
    return found;
  }

  /** What a canvas of the whole picture, of any size, shows in a window. */
  view(canvas, number) {
    const [left, top, right, bottom] = this.windows[number], found = document.createElement('canvas');
    const [across, down] = [canvas.width / this.width, canvas.height / this.height];
    found.width = Math.max(1, Math.round((right - left) * across));
    found.height = Math.max(1, Math.round((bottom - top) * down));
    found.getContext('2d').drawImage(canvas, -left * across, -top * down);
    return found;
  }

  /** The window in which a place on the picture, 0..1, lies deepest, and the place in it. */
  inside([across, down]) {
    const x = across * this.width, y = down * this.height, within = (value) => Math.min(0.9999, Math.max(0, value));
    const depths = this.windows.map(([left, top, right, bottom]) => Math.min(x - left, right - x, y - top, bottom - y));
    const number = depths.indexOf(Math.max(...depths)), [left, top, right, bottom] = this.windows[number];
    return { number, place: [within((x - left) / (right - left)), within((y - top) / (bottom - top))] };
  }
}

/** Each row of a matrix without the zeros at its ends: {first, weights}. */
function bands(matrix, rows) {
  const length = matrix.length / rows;
  return Array.from({ length: rows }, (_, i) => {
    const row = matrix.subarray(i * length, (i + 1) * length);
    let first = 0, last = length;
    while (first < last && row[first] === 0) first++;
    while (last > first && row[last - 1] === 0) last--;
    return { first, weights: row.subarray(first, last) };
  });
}
