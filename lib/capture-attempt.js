'use strict';

/** What captures that wait and captures that do not have in common. */

const v8 = require('node:v8');
const { threadId } = require('node:worker_threads');
const { LeakguardError } = require('./errors');
const { noteLineEnds } = require('./line-ends');
const { native } = require('./native');

// As it was when leakguard was loaded: in the child nothing of others' should run.
const { writeHeapSnapshot } = v8;

/** What the addon says of a try that another one may well better. */
const RETRY = 'ERR_LEAKGUARD_RETRY';

/** So long does a fork hold the event loop for a byte of the resident set, ms: page tables are copied. */
const FORK_PAUSE_PER_BYTE = 0.04 / 2 ** 20;

/** What a child may fail with that this process may do without one. */
const INLINE_MAY_DO = new Set([
  RETRY,
  'ERR_LEAKGUARD_UNSUPPORTED',
  'ERR_LEAKGUARD_CAPTURE_FAILED',
  'ERR_LEAKGUARD_FORK_FAILED',
]);

/**
 * Takes the turn to capture.
 *
 * @param {object} options complete CaptureOptions
 * @param {{ path?: string | null, directory?: string | null, keep?: object | null,
 *   parse?: boolean }} target
 * @returns {object} the addon's capture, which has to be released
 */
function beginCapture(options, { path = null, directory = null, keep = null, parse = false }) {
  const { NativeCapture } = native();
  return new NativeCapture(
    JSON.stringify({
      path,
      directory,
      thread: threadId,
      compress: options.compress || 'none',
      redact: options.redact,
      parse,
      force: options.force,
      heapUsed: v8.getHeapStatistics().used_heap_size,
      timeoutMs: options.timeout,
      keep: keep && [keep.count, Math.round(keep.bytes)],
    }),
  );
}

/** Lets V8 write to `target`, in whatever process this is. */
function writeTo(target) {
  noteLineEnds();
  writeHeapSnapshot(target);
}

/** The same in the application's own process, where somebody hears what goes wrong. */
function writeInline(target) {
  try {
    writeTo(target);
  } catch (error) {
    throw new LeakguardError(
      'ERR_LEAKGUARD_CAPTURE_FAILED',
      `V8 could not write the heap snapshot (${error.message}).`,
      { cause: error },
    );
  }
}

/** @param {LeakguardError} cause what the last child failed with */
function outOfLuck(attempts, cause) {
  return new LeakguardError(
    'ERR_LEAKGUARD_FORK_FAILED',
    `${attempts} forked children failed one after the other; of the last: ${cause.message} The ` +
      'application was not affected. Try again later.',
    { cause },
  );
}

module.exports = {
  FORK_PAUSE_PER_BYTE,
  INLINE_MAY_DO,
  RETRY,
  beginCapture,
  outOfLuck,
  writeInline,
  writeTo,
};
