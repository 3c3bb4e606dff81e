'use strict';

/**
 * Asks V8 for a major GC where a leak cannot be judged without, and where its pause is small.
 *
 * On a busy machine a pause is mostly waiting: with eight other programs on two processors, major GCs
 * that took 4 to 16 ms of processor time held the event loop for 5 to 77 ms, as all the rest of the
 * program was held. So what a GC itself takes decides whether one is asked for, and how often.
 *
 * V8 ends the marking beside the program when there is nothing left on the list of work, though one of
 * its threads may still be at it; the program then waits for that thread to mark all the rest, while its
 * own thread does next to nothing. Of nine major GCs of a heap of 600 MB three held it for 0.7 to
 * 1.4 s so, and others for 20 ms. Therefore the processor time of all threads counts, and nothing is
 * asked for where that would be far too long, whatever the last ones took.
 */

const v8 = require('node:v8');
const { native } = require('./native');

/** The next pause is expected to take as long as the middle one of so many: some are bad luck. */
const REMEMBERED = 5;

/** A pause that is older, in ms, says nothing of the next one: the heap's size does. */
const FORGOTTEN_AFTER = 600_000;

/** Of the time, this share at most is worked in the pauses of major GCs that were asked for. */
const MOST_SHARE = 0.01;

/**
 * Pause in ms for each byte of the heap: as long as none has been seen, where V8 marks beside the
 * program; and the longest, where it marks all while the program waits. Both are above what was seen.
 */
const CONCURRENT = 0.2 / 2 ** 20;
const AT_ONCE = 1.5 / 2 ** 20;

/** A GC that goes badly may take so many times as long as it should. */
const BADLY = 4;

/** Below this heap limit, in bytes, V8 takes what it is told for so large that it collects at once. */
const CONCURRENT_FROM = 512 * 2 ** 20;

/** Asks, seldom, and counts. */
class GcRequests {
  #maxPause;
  #otherwise;
  #pauses = [];
  /** The request whose GC has not ended yet. */
  #asked = null;
  #lastAt = null;
  #count = 0;
  #declined = 0;

  /**
   * @param {number} maxPause ms of processor time; a major GC that is expected to take more of it is
   *   not asked for
   * @param {() => boolean} [otherwise] called where one would take too long: whether somebody else does it
   */
  constructor(maxPause, otherwise = () => false) {
    this.#maxPause = maxPause;
    this.#otherwise = otherwise;
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
    // Since it was asked for, this process has worked for so long, in the pause and besides.
    const worked = asked === null ? ms : processorTime() - asked.from;
    const longest = AT_ONCE * liveHeap;
    if (this.#pauses.length === REMEMBERED) this.#pauses.shift();
    // V8 collects the young generation before it marks: the request may take longer than the end.
    this.#pauses.push({
      worked: Math.min(Math.max(Math.min(ms, worked), asked?.worked ?? 0), longest),
      liveHeap,
      at: Date.now(),
    });
  }

  /** Asks V8 for a major GC, unless it would take too long, or it is too early for another one. */
  ask() {
    const { usually, next, badly } = this.#expected();
    if (next > this.#maxPause || badly > BADLY * this.#maxPause) {
      if (!this.#otherwise()) this.#declined += 1;
      return;
    }
    const since = Date.now() - (this.#lastAt ?? -Infinity);
    if (since * MOST_SHARE < usually) return;
    this.#lastAt = Date.now();
    this.#count += 1;
    const from = processorTime();
    native().beginMajorGc();
    this.#asked = { from, worked: processorTime() - from };
  }

  /** For `status()`. */
  get counts() {
    return { count: this.#count, declined: this.#declined, lastAt: this.#lastAt };
  }

  /** How long they take on average, how long the next one, and how long if it goes badly, in ms. */
  #expected() {
    const { used_heap_size: used, heap_size_limit: limit } = v8.getHeapStatistics();
    const usual = used * (limit < CONCURRENT_FROM ? AT_ONCE : CONCURRENT);
    const known = this.#pauses.filter(({ at }) => Date.now() - at < FORGOTTEN_AFTER);
    if (known.length < 2) known.push({ worked: usual, liveHeap: used });
    // There may be more to mark than there was.
    const now = known.map(({ worked, liveHeap }) => worked * Math.max(1, used / liveHeap));
    return {
      usually: now.reduce((sum, ms) => sum + ms, 0) / now.length,
      next: lowerMedian(now),
      badly: AT_ONCE * used,
    };
  }
}

/** Processor time of this process in ms, all its threads together. */
function processorTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function lowerMedian(values) {
  const sorted = values.sort((left, right) => left - right);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

module.exports = { GcRequests };
