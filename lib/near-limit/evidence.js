'use strict';

/** What is left behind when V8 comes near its limit even where there is no room for a snapshot. */

const fs = require('node:fs');
const path = require('node:path');
const v8 = require('node:v8');
const { threadId } = require('node:worker_threads');
const { runJob } = require('../job');
const { native } = require('../native');
const { list } = require('./files');

/** Samples that go into it. */
const SAMPLES = 120;

const NAME = /^leakguard\..*\.near-limit\.json$/;

/** A small file about a process near its limit. It is written more than once, first of all. */
class Evidence {
  #directory;
  #keep;
  #document;
  #path;

  /**
   * @param {object} options complete MonitorOptions
   * @param {object} document what the file says, or is to say
   * @param {string} [file] where it lies already
   */
  constructor({ directory, keep }, document, file = '') {
    this.#directory = path.resolve(directory);
    this.#keep = keep;
    this.#document = document;
    this.#path = file;
  }

  /** Which process it is about (`pid`, `thread`), and since when (`time`, epoch ms). */
  get document() {
    return this.#document;
  }

  /** Where it lies; empty until it was written. */
  get path() {
    return this.#path;
  }

  /**
   * Writes it away from the event loop.
   *
   * @param {object} [news] replaces what the file says
   * @throws {LeakguardError} as a rejection
   */
  async write(news = {}) {
    Object.assign(this.#document, news);
    const { count, bytes } = this.#keep;
    const text = `${JSON.stringify(this.#document, null, 2)}\n`;
    const thread = this.#document.thread;
    const { path: written } = await runJob(
      (done) =>
        native().writeNearLimit(this.#directory, this.#path, thread, text, count, bytes, done),
      { keepAlive: false },
    );
    this.#path = written;
  }
}

/**
 * What can be told of this process without a snapshot.
 *
 * @param {object} known what the watch knows: `samples` and more
 */
function describe({ samples, ...known }) {
  return {
    kind: 'near-limit',
    time: Date.now(),
    pid: process.pid,
    thread: threadId,
    node: process.version,
    uptimeMs: process.uptime() * 1000,
    ...known,
    heap: v8.getHeapStatistics(),
    spaces: v8.getHeapSpaceStatistics(),
    memory: process.memoryUsage(),
    resources: process.resourceUsage(),
    samples: samples.slice(-SAMPLES),
  };
}

/**
 * Evidence of processes that are gone and had Node.js write a snapshot, which nobody has moved.
 *
 * @param {object} options complete MonitorOptions
 * @returns {Evidence[]} oldest first
 */
function orphans(options) {
  const found = [];
  for (const { path: file } of list(path.resolve(options.directory), NAME)) {
    try {
      const document = JSON.parse(fs.readFileSync(file, 'utf8'));
      const waits = document.nodeAskedBy === 'leakguard' && document.snapshot === null;
      if (waits && isGone(document)) found.push(new Evidence(options, document, file));
    } catch {
      // Not ours, or gone meanwhile.
    }
  }
  return found;
}

/** In containers every life of a process may have the same number. */
function isGone({ pid, time }) {
  if (pid === process.pid) return time < Date.now() - process.uptime() * 1000;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

module.exports = { Evidence, describe, orphans };
