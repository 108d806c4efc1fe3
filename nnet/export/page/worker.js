// The network, in a thread of its own so that the page stays quick: pixels in; M1..M6 and the memory's weights out.
// One thread of WebAssembly, which needs no special headers from the server.

import * as ort from './runtime/ort.js';

let session;

// The runtime is gzipped; a server may have unpacked it on the way.
async function load(name) {
  const answer = await fetch(name);
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function open() {
  const [wasm, model] = await Promise.all([load('runtime/ort-wasm.wasm.gz'), load('model.onnx')]);
  Object.assign(ort.env.wasm, {
    numThreads: 1, wasmBinary: wasm.buffer, wasmPaths: { mjs: new URL('runtime/ort-wasm.js', import.meta.url).href },
  });
  ort.env.logLevel = 'error';
  session = await ort.InferenceSession.create(model, { executionProviders: ['wasm'], graphOptimizationLevel: 'all' });
}

/** The windows of a picture one after another; each output is an array with one entry for each of them. */
async function run({ number, windows, size, outputs }) {
  const names = outputs.filter((name) => session.outputNames.includes(name));
  const arrays = Object.fromEntries(names.map((name) => [name, []])), start = performance.now();
  for (const pixels of windows) {
    const found = await session.run({ images: new ort.Tensor('uint8', pixels, [1, size, size, 3]) }, names);
    for (const name of names) arrays[name].push(found[name].data);
  }
  postMessage({ number, arrays, took: performance.now() - start });
}

const opened = open().then(() => postMessage({ ready: true }), (error) => postMessage({ error: String(error) }));
onmessage = async ({ data }) => {
  await opened;
  if (!session) return;
  await run(data).catch((error) => postMessage({ error: String(error) }));
};
