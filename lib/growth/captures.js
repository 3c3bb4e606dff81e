'use strict';

/** Heap snapshots for a comparison, none of which is ever a file. */

const { capture } = require('../capture');
const { fromNative } = require('../errors');
const { runJob } = require('../job');
const { schemas, validate } = require('../options');
const { breathe, now } = require('./clock');

/** Somebody else's snapshot of this process is waited for so long, in ms. */
const PATIENCE = 5000;
const BETWEEN_TRIES = 20;

/**
 * Takes a snapshot inline and adds it: in a test nothing else waits for the event loop, and V8 then
 * gives an object the same id each time.
 *
 * @param {object} comparison the addon's
 * @param {number} work calls so far
 * @param {string | null} base folder that names of scripts begin in; with the last snapshot only
 * @returns {Promise<any>} what the comparison says to it
 * @throws {import('../errors').LeakguardError}
 */
async function addSnapshot(comparison, work, base) {
  const options = validate(schemas.takeSnapshot, { mode: 'inline' }, 'takeSnapshot');
  return captureInTurn(options, async (handle) => {
    const { counts, ...rest } = await runJob((done) =>
      comparison.addCapture(handle, work, base, done),
    );
    return { ...counts, ...rest };
  });
}

/** One snapshot at a time in a process: tests in other threads may be at it. */
async function captureInTurn(options, read) {
  const end = now() + PATIENCE;
  for (;;) {
    try {
      const { answer } = await capture(options, { parse: true }, read);
      return answer;
    } catch (error) {
      const told = fromNative(error);
      if (told.code !== 'ERR_LEAKGUARD_REFUSED' || now() >= end) throw told;
    }
    await breathe(BETWEEN_TRIES);
  }
}

module.exports = { addSnapshot };
