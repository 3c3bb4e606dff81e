'use strict';

/** What it costs an application to stand still while V8 writes a snapshot of its heap. */

/** V8 takes 25 to 70 ms for a MB of live heap, more on a busy machine. */
const MS_PER_BYTE = 50 / 2 ** 20;

/** A process that is about to die may stand still for so long, where nothing else is said, ms. */
const PATIENCE = 10_000;

/** @returns {number} ms that V8 is likely to need for a heap of so many bytes */
function writingTime(bytes) {
  return bytes * MS_PER_BYTE;
}

/** How much more than expected it may come to before the snapshot is given up. */
const TOLERANCE = 3;

/**
 * Whether a heap of so many bytes may be written while the event loop stands still.
 *
 * @param {number} bytes
 * @param {object} snapshot complete CaptureOptions
 */
function mayStandStill(bytes, snapshot) {
  return writingTime(bytes) <= patience(snapshot);
}

/** @returns {object} the options with a timeout that no application has to wait longer for */
function withPatience(snapshot) {
  const timeout = Math.max(1, Math.min(snapshot.timeout, TOLERANCE * patience(snapshot)));
  return { ...snapshot, timeout };
}

/** Who asks for `inline` wants just that. */
function patience({ mode, maxPause }) {
  return maxPause ?? (mode === 'inline' ? Infinity : PATIENCE);
}

module.exports = { mayStandStill, withPatience, writingTime };
