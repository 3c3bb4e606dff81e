'use strict';

/** The function under test, called again and again. */

const { now, turn } = require('./clock');

/** The event loop is not held longer than this, in ms, by calls that never wait. */
const LONGEST_HOLD = 10;

/** Counts the calls, and how long one takes. */
class Workload {
  #subject;
  #fixture;
  #concurrency;
  #deadline;
  #calls = 0;
  #msPerCall = null;

  /**
   * @param {{ value: (iteration: number, fixture: unknown) => unknown }} subject has the function
   * @param {{ value: unknown }} fixture has what each call is given
   * @param {number} concurrency calls that are under way at the same time
   * @param {number} deadline on the clock of `now`
   */
  constructor(subject, fixture, concurrency, deadline) {
    this.#subject = subject;
    this.#fixture = fixture;
    this.#concurrency = concurrency;
    this.#deadline = deadline;
  }

  /** Calls so far. */
  get calls() {
    return this.#calls;
  }

  /** Time by calls, of the last `run`, in ms; null before it. */
  get msPerCall() {
    return this.#msPerCall;
  }

  get remainingMs() {
    return this.#deadline - now();
  }

  /** @param {number} milliseconds that do not count */
  extend(milliseconds) {
    this.#deadline += milliseconds;
  }

  /**
   * Calls the function; no call is under way any more when it is done.
   *
   * @param {number} count calls wanted
   * @param {number} [deadline] no call but the first is begun after it
   * @returns {Promise<boolean>} whether there was time for all of them
   */
  async run(count, deadline = this.#deadline) {
    const first = this.#calls;
    const begun = now();
    const run = { left: count, deadline, held: begun };
    if (this.#concurrency === 1) await this.#callInTurn(run);
    else await this.#callTogether(run);
    const called = this.#calls - first;
    if (called > 0) this.#msPerCall = (now() - begun) / called;
    return called === count;
  }

  /** The loop itself allocates nothing that outlives a call. */
  async #callInTurn(run) {
    const fn = this.#subject.value;
    const fixture = this.#fixture.value;
    while (run.left > 0) {
      run.left -= 1;
      const result = fn(this.#calls++, fixture);
      if (typeof result?.then === 'function') await result;
      const time = now();
      if (time >= run.deadline) run.left = 0;
      if (time - run.held < LONGEST_HOLD) continue;
      await turn();
      run.held = now();
    }
  }

  /** Whoever is done with a call begins the next one. The first failure ends it for all. */
  async #callTogether(run) {
    const one = async () => {
      try {
        await this.#callInTurn(run);
      } finally {
        run.left = 0;
      }
    };
    const lanes = Array.from({ length: Math.min(this.#concurrency, run.left) }, one);
    const ends = await Promise.allSettled(lanes);
    const failed = ends.find(({ status }) => status === 'rejected');
    if (failed) throw failed.reason;
  }
}

module.exports = { Workload };
