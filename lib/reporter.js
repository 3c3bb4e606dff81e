'use strict';

/**
 * A reporter for jest and vitest: which test file made its worker's live heap grow, and what holds
 * it. It tells the workers by their environment to look, each time that a file begins; in jest it
 * is the setup file `leakguard/jest` that does so, to vitest the reporter adds one of its own.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { whatWasLeft } = require('./watch/left');
const { filesText } = require('./watch/text');
const worker = require('./watch/worker');

const BEGIN = pathToFileURL(path.join(__dirname, 'watch', 'begin.js'));

/** vitest waits for a setup file, but calls nothing in it. */
const VITEST_SETUP = `import begin from '${BEGIN}';
await begin.fileBegins(globalThis.__vitest_worker__?.filepath);
`;

/** Tells of it after the run. */
class LeakguardReporter {
  #directory = fs.mkdtempSync(path.join(os.tmpdir(), 'leakguard-watch-'));
  #before = process.env.LEAKGUARD_WATCH;
  /** Of vitest. */
  #projects = [];
  #isDone = false;

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
    // A file of a package would be loaded only once in each worker, not for each test file.
    const setup = this.#setupFile;
    fs.writeFileSync(setup, VITEST_SETUP);
    for (const { config } of projects) config.setupFiles.unshift(setup);
    this.#projects = projects;
  }

  /** vitest before 3, after all test files. */
  onFinished() {
    this.#report();
  }

  /** vitest, after all test files. */
  onTestRunEnd() {
    this.#report();
  }

  get #setupFile() {
    return path.join(this.#directory, 'setup.mjs');
  }

  /** Once: of the runs that follow, when files are watched, there is nothing to tell. */
  #report() {
    if (this.#isDone) return;
    this.#isDone = true;
    for (const { config } of this.#projects) {
      config.setupFiles = config.setupFiles.filter((file) => file !== this.#setupFile);
    }
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
  const names = fs.readdirSync(directory).filter((name) => name.endsWith(worker.SEEN));
  return names.map((name) => {
    const lines = fs.readFileSync(path.join(directory, name), 'utf8').trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line));
  });
}

module.exports = LeakguardReporter;
