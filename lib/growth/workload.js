'use strict';

/** The function under test, called again and again. */

const { OwnTime, letThingsHappen, now, turn } = require('./clock');

/** No call takes less, in ms: what is planned by it must end. */
const LEAST_MS = 1e-5;

/** The event loop is not held longer than this, in ms, by calls that never wait. */
const LONGEST_HOLD = 10;

/**
 * Of the time that is allowed, so many times as much may be added for waiting for a processor; and where
 * something is about to be reported, so many times: with a few calls in all that time, whatever fills up
 * looks like a leak.
 */
const MOST_WAITING = 2;
const MOST_IN_DOUBT = 6;

/** Counts the calls, and how long one takes. */
class Workload {
  #subject;
  #fixture;
  #concurrency;
  #time;
  #duration;
  #deadline;
  #calls = 0;
  #msPerCall = null;

  /**
   * @param {{ value: (iteration: number, fixture: unknown) => unknown }} subject has the function
   * @param {{ value: unknown }} fixture has what each call is given
   * @param {number} concurrency calls that are under way at the same time
   * @param {number} duration ms that all calls together may take, and what is done between them
   */
  constructor(subject, fixture, concurrency, duration) {
    this.#subject = subject;
    this.#fixture = fixture;
    this.#concurrency = concurrency;
    this.#duration = duration;
    this.#time = new OwnTime(MOST_WAITING * duration);
    this.#deadline = this.#time.now() + duration;
  }

  /** Calls so far. */
  get calls() {
    return this.#calls;
  }

  /** Time by calls, of the last `run`, in ms, without what was waited; null before it. */
  get msPerCall() {
    return this.#msPerCall;
  }

  get remainingMs() {
    return this.#deadline - this.#time.now();
  }

  /** From now on, more of the waiting is left out: see MOST_IN_DOUBT. */
  waitLonger() {
    this.#time.leaveOut(MOST_IN_DOUBT * this.#duration);
  }

  /**
   * @template T
   * @param {() => Promise<T>} work whose time does not count
   * @returns {Promise<T>}
   */
  async aside(work) {
    const begun = this.#time.now();
    try {
      return await work();
    } finally {
      this.#deadline += this.#time.now() - begun;
    }
  }

  /**
   * Calls the function; no call is under way any more when it is done.
   *
   * @param {number} count calls wanted
   * @param {number} [milliseconds] no call but the first is begun after so much time
   * @returns {Promise<boolean>} whether there was time for all of them
   */
  async run(count, milliseconds = this.remainingMs) {
    // Garbage collection and snapshots hold the event loop. What became due meanwhile comes before the
    // next call: else that one might send its request over a connection that is about to be closed.
    await letThingsHappen();
    const first = this.#calls;
    const begun = this.#time.now();
    const held = now();
    const run = { left: count, deadline: begun + milliseconds, look: held + milliseconds, held };
    if (this.#concurrency === 1) await this.#callInTurn(run);
    else await this.#callTogether(run);
    const called = this.#calls - first;
    if (called > 0) this.#msPerCall = Math.max((this.#time.now() - begun) / called, LEAST_MS);
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
      if (time >= run.look) this.#look(run, time);
      if (time - run.held < LONGEST_HOLD) continue;
      await turn();
      run.held = now();
    }
  }

  /** Whether the time is really up, which is dearer to know than that it may be. */
  #look(run, time) {
    const left = run.deadline - this.#time.now();
    if (left > 0) run.look = time + left;
    else run.left = 0;
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
