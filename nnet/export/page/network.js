// The worker, one picture at a time: while it computes, only the newest picture waits.

export class Network {
  constructor({ model, ready, found, broken }) {
    this.outputs = [...model.maps, 'addressing'];
    this.size = model.size;
    this.busy = false;
    this.waiting = null;
    this.number = 0;
    this.worker = new Worker('worker.js', { type: 'module' });
    this.worker.onerror = (event) => broken(event.message || 'the worker did not load');
    this.worker.onmessage = ({ data }) => {
      if (data.ready) return ready();
      if (data.error) { this.busy = false; return broken(data.error); }
      this.busy = false;
      if (this.waiting) this.send(this.waiting);
      return found(data.arrays, data.took, data.number === this.number);
    };
  }
  /** Compute a picture of the network's size, Uint8Array (size, size, 3). */
  run(pixels) {
    this.number++;
    if (this.busy) this.waiting = pixels;
    else this.send(pixels);
  }
  send(pixels) {
    this.busy = true;
    this.waiting = null;
    this.worker.postMessage({ number: this.number, pixels, size: this.size, outputs: this.outputs });
  }
}
