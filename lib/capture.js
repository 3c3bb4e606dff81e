'use strict';

/** Heap snapshots of this process, through a pipe that the addon reads. */

const path = require('node:path');
const v8 = require('node:v8');
const { performance } = require('node:perf_hooks');
const {
  FORK_PAUSE_PER_BYTE,
  INLINE_MAY_DO,
  RETRY,
  beginCapture,
  outOfLuck,
  writeInline,
  writeTo,
} = require('./capture-attempt');
const { LeakguardError, callNative } = require('./errors');
const { held, runJob, sleep } = require('./job');
const { prepareLineEnds } = require('./line-ends');
const { schemas, validate } = require('./options');
const { formatDuration } = require('./units');

/** V8 holds the event loop this long for a byte of heap, at the least (25 to 70 ms per MB seen). */
const INLINE_PAUSE_PER_BYTE = 25 / 2 ** 20;

/**
 * Waits between tries with a forked child, ms: what V8 was in the middle of is over by then. Of
 * children that were forked right after a collection, three in ten failed.
 */
const WAITS = [50, 100, 250, 500, 1000, 2000];

/**
 * So long waits each try, at the most, for V8's other threads to rest, ms: the event loop stands
 * still for it, so only who has failed before is patient.
 */
const PATIENCE = [5, 20, 50, 100, 200, 400, 400];

/**
 * Takes a snapshot into a file; see index.d.ts.
 */
async function takeSnapshot(given) {
  const { path: file, ...options } = validate(schemas.takeSnapshot, given, 'takeSnapshot');
  const target = file === null ? { directory: process.cwd() } : { path: path.resolve(file) };
  return callNative(takeSnapshot, () => held(captureToFile(options, target)));
}

/**
 * @param {object} options complete CaptureOptions
 * @param {{ path?: string, directory?: string, keep?: object }} target a file, or where to make up
 *   a name for one, and what may be kept there
 * @returns {Promise<import('..').SnapshotInfo>}
 */
async function captureToFile(options, target) {
  const { info } = await capture(options, { ...target, parse: false }, (handle) =>
    runJob((done) => handle.finish(done), { keepAlive: false }),
  );
  return info;
}

/**
 * Has V8 write a snapshot into the addon's pipe: in a forked child where that is possible, else on
 * this thread.
 *
 * @template {{ bytes: number, nodes: number, edges: number }} Counts
 * @param {object} options complete CaptureOptions
 * @param {{ path?: string, directory?: string, keep?: object, parse: boolean }} target
 * @param {(handle: object) => Promise<Counts>} read waits for the end; called once for each try
 * @returns {Promise<{ info: import('..').SnapshotInfo, answer: Counts }>}
 * @throws {LeakguardError}
 */
async function capture(options, target, read) {
  const work = new Capture(options, target);
  try {
    const answer = await work.run(read);
    return { info: work.describe(answer), answer };
  } finally {
    work.release();
  }
}

/** One capture, with all its tries. */
class Capture {
  #options;
  #handle;
  #heapUsed = v8.getHeapStatistics().used_heap_size;
  #started = performance.now();
  #mode = 'fork';
  #attempts = 0;
  #pauseMs = 0;

  constructor(options, target) {
    this.#options = options;
    this.#handle = beginCapture(options, target);
  }

  release() {
    this.#handle.release();
  }

  async run(read) {
    const { mode } = this.#options;
    if (mode === 'inline') return this.#inline(read);
    try {
      return await this.#forked(read);
    } catch (error) {
      if (mode === 'fork' || !INLINE_MAY_DO.has(error.code)) throw error;
      return this.#inline(read, error);
    }
  }

  async #forked(read) {
    for (;;) {
      const target = await this.#prepare({ fork: true });
      const expected = process.memoryUsage.rss() * FORK_PAUSE_PER_BYTE;
      this.#checkPause(expected);
      const patience = Math.min(
        PATIENCE[this.#attempts],
        (this.#options.maxPause ?? Infinity) - expected,
      );
      this.#attempts += 1;
      const begun = performance.now();
      try {
        this.#handle.fork(patience, () => writeTo(target));
      } finally {
        this.#pauseMs = Math.max(this.#pauseMs, performance.now() - begun);
      }
      try {
        return await read(this.#handle);
      } catch (error) {
        if (error.code !== RETRY) throw error;
        if (this.#attempts > WAITS.length) throw outOfLuck(this.#attempts, error);
        await sleep(WAITS[this.#attempts - 1]);
      }
    }
  }

  /** @param {LeakguardError} [cause] why it was not done by a child */
  async #inline(read, cause) {
    this.#mode = 'inline';
    this.#checkPause(this.#heapUsed * INLINE_PAUSE_PER_BYTE, cause);
    const target = await this.#prepare({ fork: false });
    this.#attempts += 1;
    const begun = performance.now();
    writeInline(target);
    this.#pauseMs = performance.now() - begun;
    return read(this.#handle);
  }

  async #prepare({ fork }) {
    prepareLineEnds();
    const start = (done) => this.#handle.prepare(fork, done);
    const { target } = await runJob(start, { keepAlive: false });
    return target;
  }

  #checkPause(expected, cause) {
    const { maxPause } = this.#options;
    if (maxPause === null || expected <= maxPause) return;
    const inline = cause ? `${cause.message} Without a forked child` : 'No snapshot was taken:';
    throw new LeakguardError(
      'ERR_LEAKGUARD_REFUSED',
      `${inline} it would hold the event loop for at least ${formatDuration(expected)}, and ` +
        `maxPause allows ${formatDuration(maxPause)}.`,
      {
        ...(cause && { cause }),
        shortage: { of: 'time', limit: 'maxPause', needed: expected, available: maxPause },
      },
    );
  }

  /** @returns {import('..').SnapshotInfo} */
  describe({ bytes, nodes, edges }) {
    return {
      path: this.#handle.file,
      mode: this.#mode,
      pauseMs: this.#pauseMs,
      totalMs: performance.now() - this.#started,
      bytes,
      nodes,
      edges,
      redacted: this.#options.redact,
      attempts: this.#attempts,
    };
  }
}

module.exports = { capture, captureToFile, takeSnapshot };
