'use strict';

/** Waiting for work that the addon does on a thread of its own. */

// From the module, not the global: test runners replace the global ones.
const timers = require('node:timers');
const { LeakguardError } = require('./errors');

const LONGEST = 2 ** 31 - 1;

/**
 * Starts native work and waits for its answer.
 *
 * The addon never keeps the event loop alive. Whoever awaits a result that they asked for expects
 * the process to wait, though, so that is done here, and the monitor can do without.
 *
 * @param {(callback: (json: string) => void) => void} start passes the callback on to the addon
 * @param {{ keepAlive?: boolean }} [options]
 * @returns {Promise<any>} the answer's value
 * @throws {LeakguardError} what the work failed with
 */
function runJob(start, { keepAlive = true } = {}) {
  const hold = keepAlive ? timers.setInterval(() => {}, LONGEST) : null;
  const answered = new Promise((resolve, reject) => {
    start((json) => {
      const { error, value } = JSON.parse(json);
      if (error) reject(new LeakguardError(error.code, error.message));
      else resolve(value);
    });
  });
  return answered.finally(() => timers.clearInterval(hold));
}

/**
 * Waits without keeping the process alive.
 *
 * @param {number} milliseconds
 * @returns {Promise<void>}
 */
function pause(milliseconds) {
  return new Promise((resolve) => {
    timers.setTimeout(resolve, milliseconds).unref();
  });
}

module.exports = { pause, runJob };
