'use strict';

/**
 * A reporter for jest and vitest: which test file made its worker's live heap grow, and what holds
 * it. It tells the workers by their environment to look, each time that a file begins; in jest it
 * is the setup file `leakguard/jest` that does so, to vitest the reporter adds one of its own.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { whatWasLeft } = require('./watch/left');
const { filesText } = require('./watch/text');
const worker = require('./watch/worker');

const VITEST_SETUP = path.join(__dirname, 'watch', 'vitest-setup.mjs');

/** Tells of it after the run. */
class LeakguardReporter {
  #directory = fs.mkdtempSync(path.join(os.tmpdir(), 'leakguard-watch-'));
  #before = process.env.LEAKGUARD_WATCH;

  constructor() {
    // Workers have the environment of the process that starts them.
    process.env.LEAKGUARD_WATCH = this.#directory;
  }

  /** jest, after all test files. */
  onRunComplete() {
    this.#report();
  }

  /** vitest, before any worker is started. */
  onInit({ projects }) {
    for (const { config } of projects) config.setupFiles.unshift(VITEST_SETUP);
  }

  /** vitest, after all test files. */
  onTestRunEnd() {
    this.#report();
  }

  #report() {
    // Where the tests were run in this process, it goes on.
    worker.end(this.#directory);
    const looks = readLooks(this.#directory);
    fs.rmSync(this.#directory, { recursive: true, force: true });
    if (this.#before === undefined) delete process.env.LEAKGUARD_WATCH;
    else process.env.LEAKGUARD_WATCH = this.#before;
    const left = looks.flatMap(whatWasLeft);
    const unseen = looks.filter((seen) => seen.at(-1).file !== null).length;
    process.stderr.write(`\n${filesText(left, { base: process.cwd(), unseen })}\n`);
  }
}

/** @returns {object[][]} for each worker */
function readLooks(directory) {
  return fs.readdirSync(directory).map((name) => {
    const lines = fs.readFileSync(path.join(directory, name), 'utf8').trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line));
  });
}

module.exports = LeakguardReporter;
