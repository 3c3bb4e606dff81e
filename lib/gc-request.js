'use strict';

/** Asks V8 for a major GC where a leak cannot be judged without, and where its pause is small. */

const { performance } = require('node:perf_hooks');
const v8 = require('node:v8');
const { native } = require('./native');

/**
 * The next pause is expected to take as long as the middle one of so many: on a busy machine some are
 * long because another program had the processor.
 */
const REMEMBERED = 5;

/** A pause that is older, in ms, says nothing of the next one: the heap's size does. */
const FORGOTTEN_AFTER = 60_000;

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
  #begun = 0;
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
    // V8 collects the young generation before it marks: the request may take longer than the end.
    this.#pauses.push({ ms: Math.max(ms, this.#begun), at: Date.now() });
    this.#begun = 0;
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
    this.#begun = performance.now() - begun;
  }

  /** For `status()`. */
  get counts() {
    return { count: this.#count, declined: this.#declined, lastAt: this.#lastAt };
  }

  #expected() {
    const known = this.#pauses.filter(({ at }) => Date.now() - at < FORGOTTEN_AFTER);
    const sorted = known.map(({ ms }) => ms).sort((left, right) => left - right);
    if (sorted.length > 0) return sorted[Math.floor((sorted.length - 1) / 2)];
    const { used_heap_size: used, heap_size_limit: limit } = v8.getHeapStatistics();
    return used * (limit < CONCURRENT_FROM ? AT_ONCE : CONCURRENT);
  }
}

module.exports = { GcRequests };
