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
  /** Compute a picture: `take` gives its windows at the network's size, Uint8Array (size, size, 3) each, in its turn. */
  run(take) {
    this.number++;
    if (this.busy) this.waiting = take;
    else this.send(take);
  }
  send(take) {
    this.busy = true;
    this.waiting = null;
    this.worker.postMessage({ number: this.number, windows: take(), size: this.size, outputs: this.outputs });
  }
}
