'use strict';

/** Garbage collection on demand, and the memory that it leaves. */

const v8 = require('node:v8');
const vm = require('node:vm');
const { letThingsHappen } = require('./growth/clock');
const { native } = require('./native');

/** Collections for one measurement at most. */
const MOST_ROUNDS = 4;

/**
 * Two rounds that differ by no more, in bytes, have collected what there is; nor does this share of
 * what has come since the last measurement change the picture.
 */
const SETTLED = 512;
const SETTLED_SHARE = 0.01;

/** Growth since the last measurement that is worth a second look, in bytes. */
const NOTABLE = 16 * 1024;

const GC = 'typeof gc === "function" ? gc : null';

/**
 * A function that collects the garbage of this thread, without Node's `--expose-gc`.
 *
 * V8 looks at the flag when it makes a context: so it is set for one new context, and cleared again
 * if it was not set before.
 *
 * @returns {() => void}
 */
function exposeGc() {
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

/**
 * A session with this thread's own inspector, for its thorough collection. Nothing is enabled in
 * it, so neither code nor debuggers notice.
 *
 * @returns {import('node:inspector').Session | null} null where Node was built or started without
 */
function openSession() {
  try {
    const session = new (require('node:inspector').Session)();
    session.connect();
    return session;
  } catch {
    return null;
  }
}

/**
 * What is in use, in bytes.
 *
 * `live` is the heap without what V8 compiled. That comes and goes as V8 sees fit, and makes up
 * most of the growth of a program that only warms up. Code that is leaked is still seen: by its
 * source text and by its functions.
 *
 * `native` is what native code has allocated besides external memory, NaN where nobody tells;
 * `resident` what of the process is in memory besides V8's heap and external memory. What malloc was
 * given back and keeps for later does not count: its most ever depends on when V8 collected garbage.
 *
 * @typedef {{ live: number, heapUsed: number, external: number, arrayBuffers: number,
 *   native: number, resident: number, rss: number }} Floor
 */

/** @returns {Floor} */
function memoryInUse() {
  const { heapTotal, heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
  const live = heapUsed - compiledCode();
  const [allocated, kept] = native().allocatedBytes() ?? [Number.NaN, 0];
  const resident = rss - heapTotal - external - kept;
  return { live, heapUsed, external, arrayBuffers, native: allocated - external, resident, rss };
}

/** Bytes of machine code and bytecode on the heap. */
function compiledCode() {
  const { code_and_metadata_size: machine, bytecode_and_metadata_size: bytecode } =
    v8.getHeapCodeStatistics();
  return machine + bytecode;
}

/** Collects the garbage of this thread. Has to be closed. */
class GarbageCollector {
  #gc = exposeGc();
  #session = openSession();
  #last = -Infinity;

  /**
   * Lets what is due happen, and collects what is garbage by then.
   *
   * @returns {Promise<Floor>} an estimate
   */
  async collectOnce() {
    await letThingsHappen();
    this.#gc();
    return memoryInUse();
  }

  /**
   * Collects until no more goes. V8's own work in the background holds some 200 KB at times: so
   * where there is more than at the last measurement, the lowest of a few rounds counts.
   *
   * @returns {Promise<Floor>}
   */
  async collect() {
    let floor = await this.#collectThoroughly();
    let before = floor;
    for (let round = 2; round <= MOST_ROUNDS; round++) {
      if (total(floor) <= this.#last + NOTABLE) break;
      const after = await this.#collectThoroughly();
      const external = Math.min(floor.external, after.external);
      const arrayBuffers = Math.min(floor.arrayBuffers, after.arrayBuffers);
      floor = { ...(after.live < floor.live ? after : floor), external, arrayBuffers };
      const come = total(floor) - this.#last;
      const settled = come < Infinity ? Math.max(SETTLED, SETTLED_SHARE * come) : SETTLED;
      if (Math.abs(total(before) - total(after)) <= settled) break;
      before = after;
    }
    this.#last = total(floor);
    return floor;
  }

  close() {
    this.#session?.disconnect();
  }

  /**
   * As V8 does when memory is low, and before it takes a heap snapshot: its caches of compiled
   * scripts and of object shapes go, too. An ordinary collection keeps those for some time, and
   * the more of them, the more often it is run.
   */
  async #collectThoroughly() {
    if (this.#session === null) return this.collectOnce();
    await letThingsHappen();
    await new Promise((resolve) => {
      this.#session.post('HeapProfiler.collectGarbage', resolve);
    });
    return memoryInUse();
  }
}

/** Collects the garbage of this thread at once, for when there is no time to wait. */
function memoryAfterGc() {
  const gc = exposeGc();
  gc();
  gc();
  return memoryInUse();
}

function total({ live, external }) {
  return live + external;
}

module.exports = { GarbageCollector, exposeGc, memoryAfterGc };
