'use strict';

/** The function under test, called again and again. */

const { now, turn } = require('./clock');

/** The event loop is not held longer than this, in ms, by calls that never wait. */
const LONGEST_HOLD = 10;

/** Counts the calls, and how long one takes. */
class Workload {
  #subject;
  #deadline;
  #calls = 0;
  #msPerCall = null;

  /**
   * @param {{ value: (iteration: number) => unknown }} subject has the function
   * @param {number} deadline on the clock of `now`
   */
  constructor(subject, deadline) {
    this.#subject = subject;
    this.#deadline = deadline;
  }

  /** Calls so far. */
  get calls() {
    return this.#calls;
  }

  /** Of the last `run`, in ms; null before it. */
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
   * Calls the function. The loop itself allocates nothing that outlives a call.
   *
   * @param {number} count calls wanted
   * @param {number} [deadline] no call but the first is begun after it
   * @returns {Promise<boolean>} whether there was time for all of them
   */
  async run(count, deadline = this.#deadline) {
    const fn = this.#subject.value;
    const begun = now();
    const first = this.#calls;
    let held = begun;
    for (let left = count; left > 0; left--) {
      const result = fn(this.#calls++);
      if (typeof result?.then === 'function') await result;
      const time = now();
      if (time >= deadline && left > 1) break;
      if (time - held < LONGEST_HOLD) continue;
      await turn();
      held = now();
    }
    const called = this.#calls - first;
    if (called > 0) this.#msPerCall = (now() - begun) / called;
    return called === count;
  }
}

module.exports = { Workload };
