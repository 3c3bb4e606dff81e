'use strict';

/** Time, and turns of the event loop, that no fake timer can reach. */

const timers = require('node:timers');

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

module.exports = { breathe, now, turn };
