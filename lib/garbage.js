'use strict';

/** Garbage collection on demand, and the memory that it leaves. */

const v8 = require('node:v8');
const vm = require('node:vm');
const { turn } = require('./growth/clock');

/** Collections for one measurement at most. */
const MOST_ROUNDS = 6;

/** Two rounds that differ by no more, in bytes, have collected what there is. */
const SETTLED = 512;

const GC = 'typeof gc === "function" ? gc : null';

/**
 * A function that collects all garbage of this thread, without Node's `--expose-gc`.
 *
 * V8 looks at the flag when it makes a context: so it is set for one new context, and cleared again
 * if it was not set before.
 *
 * @returns {() => void}
 */
function garbageCollector() {
  if (typeof globalThis.gc === 'function') return globalThis.gc;
  const exposed = vm.runInNewContext(GC);
  if (exposed !== null) return exposed;
  v8.setFlagsFromString('--expose-gc');
  try {
    return vm.runInNewContext(GC);
  } finally {
    v8.setFlagsFromString('--no-expose-gc');
  }
}

/** Bytes of machine code and bytecode on the heap. */
function compiledCode() {
  const { code_and_metadata_size: machine, bytecode_and_metadata_size: bytecode } =
    v8.getHeapCodeStatistics();
  return machine + bytecode;
}

/**
 * What is in use, in bytes.
 *
 * `live` is the heap without what V8 compiled. That comes and goes as V8 sees fit, and makes up
 * most of the growth of a program that only warms up. Code that is leaked is still seen: by its
 * source text and by its functions.
 *
 * @typedef {{ live: number, heapUsed: number, external: number, arrayBuffers: number,
 *   rss: number }} Floor
 */

/** @returns {Floor} */
function memoryInUse() {
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
  return { live: heapUsed - compiledCode(), heapUsed, external, arrayBuffers, rss };
}

/**
 * Lets what is due happen, and collects what is garbage by then.
 *
 * @param {() => void} gc see `garbageCollector`
 * @returns {Promise<Floor>} an estimate; `collectGarbage` is exact
 */
async function collectOnce(gc) {
  // The first turn lets promises and immediates run, the second what these have started.
  await turn();
  await turn();
  gc();
  return memoryInUse();
}

/**
 * Collects garbage until no more of it goes.
 *
 * A single collection is not enough: objects wait for their finalizers, and V8's own work in the
 * background holds some 200 KB at times. So the lowest of a few rounds counts.
 *
 * @param {() => void} gc see `garbageCollector`
 * @returns {Promise<Floor>}
 */
async function collectGarbage(gc) {
  let floor = await collectOnce(gc);
  let before = floor;
  for (let round = 2; round <= MOST_ROUNDS; round++) {
    const after = await collectOnce(gc);
    const external = Math.min(floor.external, after.external);
    const arrayBuffers = Math.min(floor.arrayBuffers, after.arrayBuffers);
    floor = { ...(after.live < floor.live ? after : floor), external, arrayBuffers };
    const change = before.live - after.live + before.external - after.external;
    if (Math.abs(change) <= SETTLED) break;
    before = after;
  }
  return floor;
}

module.exports = { collectGarbage, collectOnce, garbageCollector };
