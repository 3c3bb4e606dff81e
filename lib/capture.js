'use strict';

/** Heap snapshots of this process, through a pipe that the addon reads. */

const path = require('node:path');
const v8 = require('node:v8');
const { performance } = require('node:perf_hooks');
const { threadId } = require('node:worker_threads');
const { LeakguardError, callNative } = require('./errors');
const { runJob } = require('./job');
const { native } = require('./native');
const { schemas, validate } = require('./options');
const { formatDuration } = require('./units');

/** V8 holds the event loop this long for a byte of heap, at the least (25 to 70 ms per MB seen). */
const PAUSE_PER_BYTE = 25 / 2 ** 20;

/**
 * Takes a snapshot into a file; see index.d.ts.
 */
async function takeSnapshot(given) {
  const { path: file, ...options } = validate(schemas.takeSnapshot, given, 'takeSnapshot');
  const target = file === null ? { directory: process.cwd() } : { path: path.resolve(file) };
  return callNative(takeSnapshot, () => captureToFile(options, target));
}

/**
 * @param {object} options complete CaptureOptions
 * @param {{ path?: string, directory?: string }} target a file, or where to make up a name for one
 * @returns {Promise<import('..').SnapshotInfo>}
 */
async function captureToFile(options, { path: file = null, directory = null }) {
  const capture = captureInline(options, { path: file, directory, parse: false });
  const counts = await runJob((done) => capture.handle.finish(done));
  return describe(capture, counts);
}

/**
 * Lets V8 write a snapshot into the addon's pipe, on this thread.
 *
 * @param {object} options complete CaptureOptions
 * @param {{ path: string | null, directory: string | null, parse: boolean }} target
 * @returns {{ handle: object, pauseMs: number, started: number }} the handle has to be finished
 * @throws {LeakguardError}
 */
function captureInline(options, { path: file, directory, parse }) {
  checkSupported(options);
  const started = performance.now();
  const heapUsed = v8.getHeapStatistics().used_heap_size;
  checkPause(options.maxPause, heapUsed);
  const { NativeCapture } = native();
  const handle = new NativeCapture(
    JSON.stringify({
      path: file,
      directory,
      thread: threadId,
      gzip: options.compress === 'gzip',
      parse,
      force: options.force,
      heapUsed,
      constrained: null,
    }),
  );
  const begun = performance.now();
  try {
    v8.writeHeapSnapshot(handle.target);
  } catch (error) {
    handle.abort();
    throw new LeakguardError(
      'ERR_LEAKGUARD_CAPTURE_FAILED',
      `V8 could not write the heap snapshot (${error.message}).`,
      { cause: error },
    );
  }
  handle.end();
  return { handle, pauseMs: performance.now() - begun, started };
}

/** @returns {import('..').SnapshotInfo} */
function describe({ handle, pauseMs, started }, { bytes, nodes, edges }) {
  return {
    path: handle.file,
    mode: 'inline',
    pauseMs,
    totalMs: performance.now() - started,
    bytes,
    nodes,
    edges,
    redacted: false,
    attempts: 1,
  };
}

/** What a later version does must not be taken for done by this one. */
function checkSupported({ mode, redact, compress }) {
  const missing = [
    [mode === 'fork', "mode: 'fork'", "'auto' or 'inline'"],
    [redact, 'redact: true', 'a directory that only you can read'],
    [compress === 'zstd', "compress: 'zstd'", "'gzip'"],
  ].find(([asked]) => asked);
  if (missing) {
    throw new LeakguardError(
      'ERR_LEAKGUARD_UNSUPPORTED',
      `This version of leakguard cannot take snapshots with ${missing[1]}. Use ${missing[2]}.`,
    );
  }
}

function checkPause(maxPause, heapUsed) {
  const expected = heapUsed * PAUSE_PER_BYTE;
  if (maxPause === null || expected <= maxPause) return;
  throw new LeakguardError(
    'ERR_LEAKGUARD_REFUSED',
    `No snapshot was taken: it would hold the event loop for at least ` +
      `${formatDuration(expected)}, and maxPause allows ${formatDuration(maxPause)}.`,
  );
}

module.exports = { captureInline, captureToFile, describe, takeSnapshot };
