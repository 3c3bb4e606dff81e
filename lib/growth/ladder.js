'use strict';

/**
 * Rungs further and further apart, of which the last ones count. So the warm-up is forgotten by
 * itself; growth that dies away shows as a bend; and a table that doubles in size every so often
 * does so about as often between two rungs at the end as at the beginning.
 */

const { Rungs } = require('./rungs');
const { grown, warmUp } = require('./warm-up');

/** The next rung comes after this share of all calls so far. */
const STEP = 0.4;

/** Rungs that are judged. From the first of ten to the last, calls grow 20-fold. */
const LEAST_RUNGS = 8;
const MOST_RUNGS = 10;

/**
 * Nothing is decided before one of these is reached: a cache has to be full, and what is loaded or
 * compiled bit by bit has to be there, before they can be told from a leak.
 */
const ENOUGH = { calls: 30_000, ms: 2000, bytes: 8 * 1024 ** 2 };
/** This much of both is enough, too. */
const ENOUGH_TOGETHER = { calls: 1000, ms: 400 };

/**
 * Within a rung garbage is collected every so many calls or ms, whichever is less, but not more
 * often than once in the first rung. What stays as large as it once had to be, such as the table of
 * a WeakMap, would otherwise grow with the rungs.
 */
const SEGMENT = { calls: 2000, ms: 25 };

/**
 * What looks like a leak has to go on until one of these is reached: so many calls and so much time,
 * or so much time, or so many bytes. Many a cache is full by then. This costs only where something is
 * about to be reported, and the snapshots, which cost the more the more there is, are taken before.
 */
const SURE_TOGETHER = { calls: 3000, ms: 800 };
const SURE = { ms: 6000, bytes: 24 * 1024 ** 2 };
/** Where not each call leaves something, so many times as many calls and as much time. */
const SURE_RARE = 3;
/** Collections within that last rung. */
const SURE_SEGMENTS = 2;

/** Of the time that is left, the most that a rung may take: an early one, and any. */
const EARLY_SHARE = 0.25;
const MOST_SHARE = 0.9;
/** A last rung for which there is less than this share of its time would blur the picture. */
const LEAST_SHARE = 0.5;

/** Measures until the verdict is clear or the time is up. */
class Ladder {
  #test;
  #warmup;
  #limit;
  #rungs = new Rungs(MOST_RUNGS);
  #begin = null;
  #first = 0;
  #segment = 0;
  /** Calls in rungs, and how long they took. */
  #counted = 0;
  #ms = 0;
  /** More than at the beginning, after the last rung. */
  #bytes = 0;

  /**
   * @param {import('../growth').Test} test
   * @param {{ warmup: number | null }} options
   * @param {number} limit bytes that each call may leave behind
   */
  constructor(test, { warmup }, limit) {
    this.#test = test;
    this.#warmup = warmup;
    this.#limit = limit;
  }

  get rungs() {
    return this.#rungs;
  }

  /**
   * May be called again, to go on.
   *
   * @param {(verdict: import('./rungs').Verdict) => boolean} enough looks at each verdict
   * @returns {Promise<import('./rungs').Verdict>} the last one
   */
  async measure(enough) {
    const { workload } = this.#test;
    if (this.#begin === null) await this.#start();
    while (workload.remainingMs > this.#msPerCall) {
      const early = this.#rungs.length < LEAST_RUNGS;
      const time = workload.remainingMs * (early ? EARLY_SHARE : MOST_SHARE);
      const wanted = STEP * workload.calls;
      const calls = Math.min(wanted, time / this.#msPerCall);
      if (!early && calls < LEAST_SHARE * wanted) break;
      const whole = await this.#run(roundNumber(calls));
      // A rung cut short is still better than too few to judge.
      if (!whole && !early) break;
      await this.#push();
      if (this.#rungs.length < LEAST_RUNGS || !this.#isEnough()) continue;
      const verdict = this.#rungs.judge(this.#limit);
      if (enough(verdict)) return verdict;
    }
    return this.#rungs.judge(this.#limit);
  }

  /**
   * One more rung, if there have not been calls enough to tell a leak from something that fills up.
   *
   * @param {number} bytesPerCall as measured
   * @param {boolean} isRare whether no object is known to come with each call
   * @returns {Promise<boolean>} whether there was need and time for it
   */
  async goOn(bytesPerCall, isRare) {
    const { workload } = this.#test;
    workload.waitLonger();
    const before = workload.calls;
    const least = LEAST_SHARE * STEP * before;
    const calls = roundNumber(this.#callsToBeSure(bytesPerCall, isRare ? SURE_RARE : 1));
    if (!(calls >= least)) return false;
    await this.#run(calls, Math.max(this.#segment, Math.ceil(calls / SURE_SEGMENTS)));
    // Cut short by the time, it still tells more than nothing.
    if (workload.calls - before < least) return false;
    await this.#push();
    return true;
  }

  /** The last few calls may just have been held up: a rung planned by them would be too short. */
  get #msPerCall() {
    const { msPerCall } = this.#test.workload;
    return this.#counted > 0 ? Math.min(msPerCall, this.#ms / this.#counted) : msPerCall;
  }

  #callsToBeSure(bytesPerCall, times) {
    const { calls, remainingMs } = this.#test.workload;
    const msPerCall = this.#msPerCall;
    const missing = times * SURE_TOGETHER.calls - calls;
    const missingMs = times * SURE_TOGETHER.ms - this.#ms;
    const wanted = Math.max(missing, missingMs / msPerCall, LEAST_SHARE * calls);
    const enough = missing <= 0 && missingMs <= 0;
    const ms = Math.min(SURE.ms - this.#ms, MOST_SHARE * remainingMs);
    const room = bytesPerCall > 0 ? (SURE.bytes - this.#bytes) / bytesPerCall : Infinity;
    return enough ? 0 : Math.min(wanted, ms / msPerCall, room);
  }

  /** What was done since the last rung is not part of the measurement. */
  async skip() {
    const { workload, collector } = this.#test;
    this.#rungs.skip(workload.calls - this.#first, await collector.collect());
  }

  async #start() {
    const { workload, collector } = this.#test;
    await warmUp(this.#test, this.#warmup);
    this.#first = workload.calls;
    const quick = Math.min(SEGMENT.calls, SEGMENT.ms / (workload.msPerCall ?? SEGMENT.ms));
    this.#segment = Math.ceil(Math.max(STEP * this.#first, quick));
    this.#begin = await collector.collect();
    this.#rungs.push(0, this.#begin);
  }

  /** @returns {Promise<boolean>} whether there was time for all calls */
  async #run(calls, segment = this.#segment) {
    const { workload, collector } = this.#test;
    for (let left = calls; left > 0; ) {
      const count = Math.min(left, segment);
      const before = workload.calls;
      const whole = await workload.run(count);
      const called = workload.calls - before;
      this.#counted += called;
      this.#ms += called * workload.msPerCall;
      if (!whole) return false;
      left -= count;
      if (left > 0) await collector.collectOnce();
    }
    return true;
  }

  async #push() {
    const { workload, collector } = this.#test;
    const floor = await collector.collect();
    this.#rungs.push(workload.calls - this.#first, floor);
    this.#bytes = grown(this.#begin, floor);
  }

  #isEnough() {
    const { calls } = this.#test.workload;
    const together = calls >= ENOUGH_TOGETHER.calls && this.#ms >= ENOUGH_TOGETHER.ms;
    const alone = calls >= ENOUGH.calls || this.#ms >= ENOUGH.ms;
    return together || alone || this.#bytes >= ENOUGH.bytes;
  }
}

/** What people do every so many calls, they do every ten or every hundred. */
function roundNumber(calls) {
  const unit = calls >= 1000 ? 100 : calls >= 100 ? 10 : 1;
  return Math.max(1, Math.round(calls / unit) * unit);
}

module.exports = { Ladder };
