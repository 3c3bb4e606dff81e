'use strict';

/** Time, and turns of the event loop, that no fake timer can reach. */

const timers = require('node:timers');
const { native } = require('../native');

// Some test runners fake the functions of `node:timers` as well, from some moment on. What they
// put there carries a clock, and the clock the function that was there before.
const setImmediate = timers.setImmediate.clock?._setImmediate ?? timers.setImmediate;

/**
 * Not `performance.now()`, which is faked too.
 *
 * @returns {number} milliseconds since the process began, with fractions
 */
function now() {
  return process.uptime() * 1000;
}

/** Lets everything that is due happen: promise reactions, timers, I/O, immediates. */
function turn() {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** The first turn lets promises and immediates run, the second what these have started, and timers. */
async function letThingsHappen() {
  await turn();
  await turn();
}

/**
 * Turn after turn, for a while.
 *
 * @param {number} milliseconds
 */
async function breathe(milliseconds) {
  const end = now() + milliseconds;
  do await turn();
  while (now() < end);
}

/** Looks at two clocks that disagree. */
const MOST_TRIES = 5;

/**
 * Time without that in which other threads had the processors, as far as the system tells: on a busy
 * machine the same work takes several times as long, and nothing more comes of it.
 */
class OwnTime {
  #most;
  #before = waited();
  #last = -Infinity;

  /** @param {number} most ms of waiting that are left out */
  constructor(most) {
    this.#most = most;
  }

  /** @param {number} most ms of waiting that are left out, from the beginning and from now on */
  leaveOut(most) {
    this.#most = most;
    this.#last = -Infinity;
  }

  /**
   * @returns {number} milliseconds, with fractions; only differences mean something, and none is negative
   *   but over a call of `leaveOut`
   */
  now() {
    const [time, waiting] = bothNow();
    this.#last = Math.max(this.#last, time - Math.min(waiting - this.#before, this.#most));
    return this.#last;
  }
}

/** The time and the waiting so far, of one moment: the thread may have to wait between two looks. */
function bothNow() {
  let before = waited();
  for (let tries = 1; ; tries++) {
    const time = now();
    const after = waited();
    if (after === before || tries === MOST_TRIES) return [time, after];
    before = after;
  }
}

function waited() {
  return native().threadWaitedMs() ?? 0;
}

module.exports = { OwnTime, breathe, letThingsHappen, now, turn };
