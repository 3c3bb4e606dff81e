'use strict';

/**
 * Asks V8 for a major GC where a leak cannot be judged without, and where its pause is small.
 *
 * On a busy machine a pause is mostly waiting: with eight other programs on two processors, major GCs
 * that took 4 to 16 ms of processor time held the event loop for 5 to 77 ms, as all the rest of the
 * program was held. So what a GC itself takes decides whether one is asked for, and how long it
 * holds the event loop how often.
 */

const { performance } = require('node:perf_hooks');
const v8 = require('node:v8');
const { native } = require('./native');

/** The next pause is expected to take as long as the middle one of so many. */
const REMEMBERED = 5;

/** Of fewer than so many, long ones may be bad luck. */
const LEAST_KNOWN = 3;

/** A pause that is older, in ms, says nothing of the next one: the heap's size does. */
const FORGOTTEN_AFTER = 600_000;

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
  /** The request whose GC has not ended yet. */
  #asked = null;
  #lastAt = null;
  #count = 0;
  #declined = 0;

  /**
   * @param {number} maxPause ms of processor time; a major GC that is expected to take more of it is
   *   not asked for
   */
  constructor(maxPause) {
    this.#maxPause = maxPause;
  }

  /**
   * A major GC, whoever wanted it, has held the event loop.
   *
   * @param {number} ms for so long
   * @param {number} liveHeap bytes that it left
   */
  paused(ms, liveHeap) {
    const asked = this.#asked;
    this.#asked = null;
    // Since it was asked for, this thread has worked for so long, in the pause and besides.
    const worked = asked === null ? ms : processorTime() - asked.from;
    if (this.#pauses.length === REMEMBERED) this.#pauses.shift();
    // V8 collects the young generation before it marks: the request may take longer than the end.
    this.#pauses.push({
      ms: Math.max(ms, asked?.ms ?? 0),
      worked: Math.max(Math.min(ms, worked), asked?.worked ?? 0),
      liveHeap,
      at: Date.now(),
    });
  }

  /** Asks V8 for a major GC, unless it would take too long, or it is too early for another one. */
  ask() {
    const { ms, worked } = this.#expected();
    if (worked > this.#maxPause) {
      this.#declined += 1;
      return;
    }
    const since = Date.now() - (this.#lastAt ?? -Infinity);
    if (since * MOST_SHARE < ms) return;
    this.#lastAt = Date.now();
    this.#count += 1;
    const [begun, from] = [performance.now(), processorTime()];
    native().beginMajorGc();
    this.#asked = { from, ms: performance.now() - begun, worked: processorTime() - from };
  }

  /** For `status()`. */
  get counts() {
    return { count: this.#count, declined: this.#declined, lastAt: this.#lastAt };
  }

  /** How long the next one is expected to hold the event loop, and to work, in ms. */
  #expected() {
    const { used_heap_size: used, heap_size_limit: limit } = v8.getHeapStatistics();
    const usual = used * (limit < CONCURRENT_FROM ? AT_ONCE : CONCURRENT);
    const known = this.#pauses.filter(({ at }) => Date.now() - at < FORGOTTEN_AFTER);
    if (known.length === 0) return { ms: usual, worked: usual };
    // There may be more to mark than there was.
    const grown = ({ liveHeap }) => Math.max(1, used / liveHeap);
    const worked = lowerMedian(known.map((pause) => pause.worked * grown(pause)));
    return {
      ms: lowerMedian(known.map(({ ms }) => ms)),
      worked: known.length < LEAST_KNOWN ? Math.min(worked, usual) : worked,
    };
  }
}

/** Processor time of this thread in ms, and where the system does not tell, time. */
function processorTime() {
  return native().threadCpuMs() ?? performance.now();
}

function lowerMedian(values) {
  return values.sort((left, right) => left - right)[Math.floor((values.length - 1) / 2)];
}

module.exports = { GcRequests };
