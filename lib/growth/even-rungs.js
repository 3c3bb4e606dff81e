'use strict';

/** Rungs of as many calls each as somebody wants, or as many rungs. */

const { Rungs } = require('./rungs');
const { warmUp } = require('./warm-up');

/** Where the number of rungs is given, one of them takes so long, in ms, or holds so many calls. */
const RUNG = { leastMs: 50, mostMs: 250, enoughCalls: 150, mostCalls: 5000, mostBytes: 1024 ** 2 };

/** Where it is not: before the first verdict, and in all. */
const LEAST_RUNGS = 8;
const MOST_RUNGS = 64;

/** Measures as it is told. */
class EvenRungs {
  #test;
  #options;
  #limit;
  #rungs;
  #calls = 0;
  #first = 0;

  /**
   * @param {import('../growth').Test} test
   * @param {{ warmup: number | null, iterations: number | null, rungs: number | null }} options
   * @param {number} limit bytes that each call may leave behind
   */
  constructor(test, options, limit) {
    this.#test = test;
    this.#options = options;
    this.#limit = limit;
    this.#rungs = new Rungs(options.rungs ?? MOST_RUNGS);
  }

  get rungs() {
    return this.#rungs;
  }

  /**
   * May be called again, to go on.
   *
   * @param {(verdict: import('./rungs').Verdict) => boolean} enough looks at each verdict, where
   *   the number of rungs is not given
   * @returns {Promise<import('./rungs').Verdict>} the last one
   */
  async measure(enough) {
    const { workload, collector } = this.#test;
    const rungs = this.#rungs;
    if (this.#calls === 0) await this.#start();
    while (!rungs.isFull && (rungs.length === 0 || workload.remainingMs > 0)) {
      const whole = await workload.run(this.#calls);
      if (!whole && rungs.length > 0) break;
      rungs.push(workload.calls - this.#first, await collector.collect());
      if (this.#options.rungs !== null || rungs.length < LEAST_RUNGS) continue;
      const verdict = rungs.judge(this.#limit);
      if (enough(verdict)) return verdict;
    }
    return rungs.judge(this.#limit);
  }

  /** Whoever says how much is to be measured, wants no more. */
  async goOn() {
    return false;
  }

  /** What was done since the last rung is not part of the measurement. */
  async skip() {
    const { workload, collector } = this.#test;
    this.#rungs.skip(workload.calls - this.#first, await collector.collect());
  }

  async #start() {
    const { workload } = this.#test;
    const bytesPerCall = await warmUp(this.#test, this.#options.warmup);
    this.#calls = this.#options.iterations ?? callsPerRung(workload.msPerCall, bytesPerCall);
    this.#first = workload.calls;
  }
}

/** @param {number | null} msPerCall null: no call was made yet */
function callsPerRung(msPerCall, bytesPerCall) {
  if (msPerCall === null) return RUNG.enoughCalls;
  const calls = Math.max(RUNG.leastMs / msPerCall, RUNG.enoughCalls);
  const room = bytesPerCall > 0 ? RUNG.mostBytes / bytesPerCall : Infinity;
  return Math.max(1, Math.round(Math.min(calls, RUNG.mostMs / msPerCall, RUNG.mostCalls, room)));
}

module.exports = { EvenRungs };
