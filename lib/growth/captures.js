'use strict';

/** Heap snapshots for a comparison, none of which is a file unless somebody wants to keep it. */

const { capture } = require('../capture');
const { fromNative } = require('../errors');
const { runJob } = require('../job');
const { schemas, validate } = require('../options');
const { tellTransformedScripts } = require('../transformed-scripts');
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
 * @param {string | null} [directory] where it is to be kept; made if it is not there
 * @returns {Promise<any>} what the comparison says to it, and the `path` of its file or ''
 * @throws {import('../errors').LeakguardError}
 */
async function addSnapshot(comparison, work, base, directory = null) {
  const options = validate(schemas.takeSnapshot, { mode: 'inline' }, 'takeSnapshot');
  const target = { parse: true, ...(directory !== null && { directory }) };
  return captureInTurn(options, target, async (handle) => {
    // V8 has written the snapshot by now: it shows nothing of this.
    if (base !== null) tellTransformedScripts(comparison);
    const { counts, ...rest } = await runJob((done) =>
      comparison.addCapture(handle, work, base, done),
    );
    return { ...counts, ...rest };
  });
}

/** One snapshot at a time in a process: tests in other threads may be at it. */
async function captureInTurn(options, target, read) {
  const end = now() + PATIENCE;
  for (;;) {
    try {
      const { info, answer } = await capture(options, target, read);
      return { ...answer, path: info.path };
    } catch (error) {
      const told = fromNative(error);
      if (told.code !== 'ERR_LEAKGUARD_REFUSED' || now() >= end) throw told;
    }
    await breathe(BETWEEN_TRIES);
  }
}

module.exports = { addSnapshot };
