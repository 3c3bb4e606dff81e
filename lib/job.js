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
  const answered = new Promise((resolve, reject) => start(receiver(resolve, reject)));
  return keepAlive ? held(answered) : answered;
}

/**
 * The addon lets go of it a moment after the answer. A snapshot of that moment must not show what
 * the work was about, so that is not in its scope.
 *
 * @param {(value: any) => void} resolve
 * @param {(error: Error) => void} reject
 * @returns {(json: string) => void}
 */
function receiver(resolve, reject) {
  return (json) => {
    const { error, value } = JSON.parse(json);
    if (error) reject(new LeakguardError(error.code, error.message, error));
    else resolve(value);
  };
}

/**
 * Keeps the process alive until `promise` is settled.
 *
 * @template T
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
function held(promise) {
  const hold = timers.setInterval(() => {}, LONGEST);
  return promise.finally(() => timers.clearInterval(hold));
}

/**
 * Waits without keeping the process alive.
 *
 * @param {number} milliseconds
 * @returns {Promise<void>}
 */
function sleep(milliseconds) {
  return new Promise((resolve) => {
    timers.setTimeout(resolve, milliseconds).unref();
  });
}

/**
 * Waits without keeping the process alive.
 *
 * @param {number} milliseconds
 * @param {AbortSignal} signal ends the wait
 * @returns {Promise<void>}
 */
function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const end = () => {
      timers.clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = timers.setTimeout(end, milliseconds);
    timer.unref();
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}

module.exports = { held, pause, runJob, sleep };
