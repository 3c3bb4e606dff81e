'use strict';

/**
 * Heap snapshots for callers that have to have them before they return.
 *
 * The event loop stands still either way, so this asks what else a snapshot costs. A forked child
 * that is waited for takes as long as V8 does in this process; but the memory that V8 needs, several
 * times the heap, is the child's and goes with it, where this process would keep it for long; and a
 * child that takes too much, or never ends, can be ended. So a child does it wherever one can.
 */

const { performance } = require('node:perf_hooks');
const {
  INLINE_MAY_DO,
  RETRY,
  beginCapture,
  outOfLuck,
  writeInline,
  writeTo,
} = require('./capture-attempt');
const { fromNative } = require('./errors');
const { prepareLineEnds } = require('./line-ends');

/** Forked children that may fail before this process does it by itself. */
const TRIES = 3;

/** So long waits this thread, at the most, for V8's other threads to rest before a fork, ms. */
const PATIENCE = 100;

/**
 * Writes a snapshot into a file, whole or not at all, before it returns.
 *
 * @param {object} options complete CaptureOptions; `maxPause` is the caller's business
 * @param {{ path?: string, directory?: string, keep?: object }} target a file, or where to make up
 *   a name for one, and what may be kept there
 * @returns {import('..').SnapshotInfo}
 * @throws {LeakguardError}
 */
function captureNow(options, target) {
  const begun = performance.now();
  try {
    const handle = beginCapture(options, target);
    try {
      const done = write(handle, options.mode);
      const totalMs = performance.now() - begun;
      const { redact: redacted } = options;
      return { path: handle.file, ...done, pauseMs: totalMs, totalMs, redacted };
    } finally {
      handle.release();
    }
  } catch (error) {
    throw fromNative(error);
  }
}

/** Children first, as many as may fail, then this process, where `mode` allows both. */
function write(handle, mode) {
  let children = mode === 'inline' ? 0 : TRIES;
  for (let attempts = 1; ; attempts++) {
    const fork = children > 0;
    try {
      return { mode: fork ? 'fork' : 'inline', ...attempt(handle, fork), attempts };
    } catch (error) {
      if (!fork || !INLINE_MAY_DO.has(error.code)) throw error;
      // Only bad luck makes another child worth a try.
      children = error.code === RETRY ? children - 1 : 0;
      if (children === 0 && mode === 'fork') throw withoutChild(error, attempts);
    }
  }
}

function attempt(handle, fork) {
  prepareLineEnds();
  const target = handle.prepareNow(fork);
  if (fork) handle.fork(PATIENCE, () => writeTo(target));
  else writeInline(target);
  return JSON.parse(handle.finishNow());
}

function withoutChild(cause, attempts) {
  return cause.code === RETRY ? outOfLuck(attempts, cause) : cause;
}

module.exports = { captureNow };
