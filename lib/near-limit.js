'use strict';

/**
 * Evidence of a heap that comes near V8's limit, once in the life of each thread.
 *
 * Three ways, the first that can be borne: Node.js writes a snapshot itself (near-limit/node-hook.js);
 * a forked child writes one a little before the limit, while there is room; or only a small file
 * with figures is left, which is written in any case.
 */

const path = require('node:path');
const { performance } = require('node:perf_hooks');
const timers = require('node:timers');
const { captureToFile } = require('./capture');
const { captureNow } = require('./capture-now');
const { LeakguardError, fromNative } = require('./errors');
const { oldGeneration } = require('./gc-watch');
const { sleep } = require('./job');
const { formatDuration } = require('./units');
const { mayStandStill, withPatience, writingTime } = require('./near-limit/cost');
const { Evidence, describe, orphans } = require('./near-limit/evidence');
const { nodeSnapshots, ownSnapshots } = require('./near-limit/files');
const { diagnosticDirectory, oldGenerationLimit } = require('./near-limit/node-flags');
const { adopt, arm, isRecent } = require('./near-limit/node-hook');

/**
 * Live share of the old generation at which V8 may give up: four collections in a row that took more
 * than they gave are enough from there on (`Heap::CheckIneffectiveMarkCompact` in V8's heap.cc).
 */
const LAST = 0.8;

/** Live share at which it is time: a child's V8 counts its own collections on from there, too. */
const NEAR = 0.75;

/**
 * Major collections from which the rate of growth is told, over the time that a snapshot takes: near
 * its limit V8 collects many times a second, and two of those differ by more than has grown.
 */
const REMEMBERED = 8;

/** How much longer than usual V8 may take on a busy machine. */
const BUSY = 2;

/**
 * After a collection, ms: its other threads still sweep, and a child that is forked meanwhile is
 * likely to hang.
 */
const SETTLING = 100;

let spent = false;

/** Watches the live heap of this thread on its way to the limit. */
class NearLimit {
  #options;
  #samples;
  #tell;
  #limit = oldGenerationLimit();
  #nodeAskedBy;
  #seen = [{ time: performance.now(), live: oldGeneration() }];
  #evidence = null;
  #awaited = false;
  #stopped = false;

  /**
   * @param {object} options complete MonitorOptions
   * @param {() => import('..').Sample[]} samples what was seen so far
   * @param {object} tell what comes of it: `captured(info)`, a snapshot of this process;
   *   `found(info)`, one of an earlier process; `failed(error)`
   */
  constructor(options, samples, tell) {
    this.#options = options;
    this.#samples = samples;
    this.#tell = tell;
    this.#nodeAskedBy = arm(options);
    // When whoever started the monitor has begun to listen.
    timers.setImmediate(() => this.#adoptOrphans());
  }

  /** @param {number} live bytes in the old generation right after a major garbage collection */
  collected(live) {
    if (spent || this.#stopped) return;
    this.#remember(live);
    if (live < NEAR * this.#limit) return;
    spent = true;
    this.#leaveEvidence(live).catch((error) => this.#tell.failed(fromNative(error)));
  }

  #remember(live) {
    const time = performance.now();
    const apart = writingTime(this.#limit) / REMEMBERED;
    if (time - this.#seen.at(-1).time < apart) return;
    this.#seen.push({ time, live });
    if (this.#seen.length > REMEMBERED) this.#seen.shift();
  }

  /** Looks now and then whether Node.js has written its snapshot. */
  sampled() {
    if (!this.#awaited || this.#stopped) return;
    try {
      const info = adopt(this.#evidence.document, this.#options);
      if (info === null) return;
      this.#awaited = false;
      this.#tell.captured(info);
      this.#complete(this.#evidence, info);
    } catch (error) {
      this.#awaited = false;
      this.#tell.failed(fromNative(error));
    }
  }

  /** What Node.js was asked for cannot be called off. */
  stop() {
    this.#stopped = true;
  }

  async #leaveEvidence(live) {
    const nodeAskedBy = this.#nodeAskedBy;
    const refusal = nodeAskedBy === null ? this.#refusal() : null;
    const known = {
      oldGeneration: live,
      oldGenerationLimit: this.#limit,
      nodeAskedBy,
      snapshot: null,
      noSnapshotBecause: nodeAskedBy
        ? `Node.js was to write one itself, into ${diagnosticDirectory()}.`
        : (refusal?.message ?? 'The process ended before anything was known of it.'),
      samples: this.#samples(),
    };
    this.#evidence = new Evidence(this.#options, describe(known));
    // Before all else, and on another thread: there may not be much time.
    const written = this.#evidence.write();
    written.catch(() => {});
    // What the user has asked Node.js for stays where the user expects it.
    this.#awaited = nodeAskedBy === 'leakguard';
    if (nodeAskedBy !== null) return written;
    try {
      if (refusal !== null) throw refusal;
      const info = await this.#capture(live);
      this.#tell.captured(info);
      await written;
      await this.#complete(this.#evidence, info);
    } catch (cause) {
      await written;
      await this.#evidence.write({ noSnapshotBecause: cause.message });
      throw new LeakguardError(
        cause.code ?? 'ERR_LEAKGUARD_INTERNAL',
        `${cause.message} What is known of the heap near its limit is in ${this.#evidence.path}.`,
        { cause, shortage: cause.shortage },
      );
    }
  }

  /** @returns {LeakguardError | null} why there must not be another snapshot so soon */
  #refusal() {
    const { directory, cooldown } = this.#options;
    const own = ownSnapshots(path.resolve(directory));
    if (!isRecent([...own, ...nodeSnapshots(diagnosticDirectory())], cooldown)) return null;
    return new LeakguardError(
      'ERR_LEAKGUARD_REFUSED',
      'No snapshot was taken near the heap limit: the last one, perhaps of an earlier process, is ' +
        `younger than the cooldown of ${formatDuration(cooldown)}.`,
    );
  }

  async #complete(evidence, snapshot) {
    try {
      await evidence.write({ snapshot, noSnapshotBecause: null });
    } catch (error) {
      this.#tell.failed(error);
    }
  }

  async #capture(live) {
    const { directory, snapshot, keep } = this.#options;
    const target = { directory: path.resolve(directory), keep };
    const hurry = this.#timeLeft(live) < BUSY * writingTime(live);
    // A process that dies takes its child along, so this thread must not go on before it is done.
    if (hurry && mayStandStill(live, snapshot)) {
      return captureNow(withPatience(snapshot), target);
    }
    await sleep(SETTLING);
    return captureToFile(snapshot, target);
  }

  /** @returns {number} ms until V8 may give up, as far as the last collections tell */
  #timeLeft(live) {
    const [first] = this.#seen;
    const rate = (live - first.live) / (performance.now() - first.time);
    return rate > 0 ? (LAST * this.#limit - live) / rate : Infinity;
  }

  /** Node.js leaves its snapshot where it likes, and the process is gone before it can be moved. */
  #adoptOrphans() {
    try {
      for (const evidence of orphans(this.#options)) {
        const info = adopt(evidence.document, this.#options);
        if (info === null) continue;
        this.#tell.found(info);
        this.#complete(evidence, info);
      }
    } catch (error) {
      this.#tell.failed(fromNative(error));
    }
  }
}

module.exports = { NearLimit };
