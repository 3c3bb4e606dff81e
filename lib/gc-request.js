'use strict';

/** Asks V8 for a major GC where a leak cannot be judged without, and where its pause is small. */

const { performance } = require('node:perf_hooks');
const v8 = require('node:v8');
const { native } = require('./native');

/**
 * The next pause is expected to take as long as the longest but one of so many: the longest may well be
 * the fault of a busy machine.
 */
const REMEMBERED = 5;

/** A pause that is older, in ms, says nothing of the next one: the heap's size does. */
const FORGOTTEN_AFTER = 2 * 60_000;

/** Of the time, this share at most goes into the pauses of major GCs that were asked for. */
const MOST_SHARE = 0.01;

/**
 * Pause in ms for each byte of the heap, as long as none has been seen: where V8 marks beside the
 * program, and where it cannot. Both are above what was seen.
 */
const CONCURRENT = 0.2 / 2 ** 20;
const AT_ONCE = 1.5 / 2 ** 20;

/** Below this heap limit, in bytes, V8 takes what it is told for so large that it collects at once. */
const CONCURRENT_FROM = 512 * 2 ** 20;

/** Asks, seldom, and counts. */
class GcRequests {
  #maxPause;
  #pauses = [];
  #lastAt = null;
  #count = 0;
  #declined = 0;

  /** @param {number} maxPause ms; a major GC that is expected to take longer is not asked for */
  constructor(maxPause) {
    this.#maxPause = maxPause;
  }

  /** A major GC, whoever wanted it, has held the event loop for `ms`. */
  paused(ms) {
    if (this.#pauses.length === REMEMBERED) this.#pauses.shift();
    this.#pauses.push({ ms, at: Date.now() });
  }

  /** Asks V8 for a major GC, unless it would hold the event loop for too long. */
  ask() {
    const expected = this.#expected();
    if (expected > this.#maxPause) {
      this.#declined += 1;
      return;
    }
    const since = Date.now() - (this.#lastAt ?? -Infinity);
    if (since * MOST_SHARE < expected) return;
    this.#lastAt = Date.now();
    this.#count += 1;
    const begun = performance.now();
    native().beginMajorGc();
    // V8 collects the young generation before it marks.
    this.paused(performance.now() - begun);
  }

  /** For `status()`. */
  get counts() {
    return { count: this.#count, declined: this.#declined, lastAt: this.#lastAt };
  }

  #expected() {
    const known = this.#pauses.filter(({ at }) => Date.now() - at < FORGOTTEN_AFTER);
    const [longest, next] = known.map(({ ms }) => ms).sort((left, right) => right - left);
    if (longest !== undefined) return next ?? longest;
    const { used_heap_size: used, heap_size_limit: limit } = v8.getHeapStatistics();
    return used * (limit < CONCURRENT_FROM ? AT_ONCE : CONCURRENT);
  }
}

module.exports = { GcRequests };
