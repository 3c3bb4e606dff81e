'use strict';

/**
 * Major GCs in a forked child, where one in this process would hold it for too long.
 *
 * A heap of 500 MB has a major GC of V8's own every hour or so while it leaks 4 MB a minute; asked for,
 * one may hold the event loop for seconds. A child has the same heap at the price of the fork, collects
 * the garbage of its copy on another processor, tells what is left, and is gone. This process keeps its
 * garbage.
 */

const { writeFileSync } = require('node:fs');
const v8 = require('node:v8');
const { FORK_PAUSE_PER_BYTE } = require('./capture-attempt');
const { exposeGc } = require('./garbage');
const { oldGeneration } = require('./gc-watch');
const { runJob } = require('./job');
const { native } = require('./native');

/** So long waits the fork, at the most, for V8's other threads to rest, ms. */
const PATIENCE = 5;

/** Of the time, this share at most is spent in forks, and this share of a processor in children. */
const MOST_PAUSE_SHARE = 0.001;
const MOST_WORK_SHARE = 0.02;

/** What a child is expected to work for a byte of heap, in ms, until one has told. */
const WORK_PER_BYTE = 5 / 2 ** 20;

/** The shortest of so many forks tells what the next one takes: others may have waited for a processor. */
const REMEMBERED = 5;

/** With these it will not do the next time either. */
const NEVER = new Set(['ERR_LEAKGUARD_UNSUPPORTED', 'ERR_LEAKGUARD_CAPTURE_FAILED']);

/** One at a time, seldom, and counted. */
class ForkedGc {
  #maxPause;
  #told;
  #isPossible;
  #isRunning = false;
  #count = 0;
  /** Of the last forks, ms for a byte of the resident set. */
  #rates = [];
  /** What the last one took, in ms. */
  #last = { at: -Infinity, pause: 0, work: 0 };

  /**
   * @param {object} options
   * @param {number} options.maxGcPause ms; no child is forked where the fork is expected to take longer
   * @param {{ mode: string }} options.snapshot whether children may be forked
   * @param {object} told
   * @param {(left: Record<string, number>) => void} told.left called with what a child's collection has
   *   left: figures by the names of figures.js
   * @param {() => void} told.begin called before each fork, and `end` after it
   * @param {() => void} told.end
   */
  constructor({ maxGcPause, snapshot }, told) {
    this.#maxPause = maxGcPause;
    this.#isPossible = snapshot.mode !== 'inline';
    this.#told = told;
  }

  /** How many there were. */
  get count() {
    return this.#count;
  }

  /**
   * Has a child collect garbage, unless the fork would take too long, or it is too early for another.
   * Never fails: without an answer, nothing is known.
   *
   * @returns {boolean} whether one can do it here at all, now or later
   */
  begin() {
    const { rss, heapUsed } = process.memoryUsage();
    const rate = this.#rates.length > 0 ? Math.min(...this.#rates) : 0;
    const expected = rss * Math.max(rate, FORK_PAUSE_PER_BYTE);
    if (!this.#isPossible || expected > this.#maxPause) return false;
    if (this.#isRunning || this.#isTooEarly()) return true;
    this.#isRunning = true;
    this.#last = { at: Date.now(), pause: expected, work: heapUsed * WORK_PER_BYTE };
    this.#collect(rss, heapUsed, Math.min(PATIENCE, this.#maxPause - expected))
      .catch(({ code }) => {
        this.#isPossible = !NEVER.has(code);
      })
      .finally(() => {
        this.#isRunning = false;
      });
    return true;
  }

  #isTooEarly() {
    const { at, pause, work } = this.#last;
    const since = Date.now() - at;
    return since * MOST_PAUSE_SHARE < pause || since * MOST_WORK_SHARE < work;
  }

  async #collect(rss, heapUsed, patience) {
    const { NativeForkedGc } = native();
    const child = new NativeForkedGc();
    const wait = (start) => runJob(start, { keepAlive: false });
    const { target } = await wait((done) => child.prepare(heapUsed, done));
    this.#told.begin();
    try {
      const pause = child.fork(patience, () => tell(target));
      this.#last.pause = pause;
      this.#rates = [...this.#rates.slice(1 - REMEMBERED), pause / rss];
    } finally {
      this.#told.end();
    }
    const { work, ...left } = JSON.parse(await wait((done) => child.finish(done)));
    this.#last.work = work;
    this.#count += 1;
    this.#told.left(left);
  }
}

/** In the child: collects all garbage, and writes what is left. */
function tell(target) {
  const gc = exposeGc();
  gc();
  // What a collection sets free of ArrayBuffers is counted when the next one begins.
  gc({ type: 'minor' });
  const { external, arrayBuffers } = process.memoryUsage();
  const heap = v8.getHeapStatistics();
  // The context that the function was made in.
  const own = gc === globalThis.gc ? 0 : 1;
  const { user, system } = process.cpuUsage();
  const told = {
    liveHeap: oldGeneration(),
    liveExternal: external,
    liveArrayBuffers: arrayBuffers,
    liveContexts: heap.number_of_native_contexts - own,
    detachedContexts: heap.number_of_detached_contexts,
    work: (user + system) / 1000,
  };
  writeFileSync(target, JSON.stringify(told));
}

module.exports = { ForkedGc };
