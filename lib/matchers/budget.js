'use strict';

/**
 * Growth that is known and put up with, test by test: for code that leaks already. What grows
 * beyond it fails.
 *
 * One JSON file for all tests, which is meant to be committed. It is read where it is there, and
 * written where the environment asks for it.
 */

const fs = require('node:fs');
const path = require('node:path');
const { LeakguardError } = require('../errors');

const DEFAULT_FILE = 'leakguard-budget.json';
const VERSION = 1;

/** Two runs of one leak differ by so much: by this share, or by one small object. */
const SLACK_SHARE = 0.1;
const SLACK_BYTES = 16;

/** Another process that writes is waited for so long, in ms; then it is taken to have died. */
const PATIENCE = 5000;
const BETWEEN_TRIES = 10;

/** Tests that this process has written: a second expectation of one adds to the first. */
const written = new Set();

/**
 * @typedef {object} Entry
 * @property {number} bytesPerCall
 * @property {Record<string, number>} [handlesPerCall]
 * @property {string} [holder] for whoever reads the file
 */

/** The budget of one test. */
class Budget {
  #file;
  #script;
  #test;

  /** @param {{ testPath?: string, currentTestName?: string }} state what a matcher is told */
  constructor({ testPath, currentTestName }) {
    this.#file = path.resolve(process.env.LEAKGUARD_BUDGET || DEFAULT_FILE);
    const script = path.relative(path.dirname(this.#file), testPath ?? '');
    this.#script = script.split(path.sep).join('/');
    this.#test = currentTestName ?? '';
  }

  /** @returns {boolean} whether growth is to be written down rather than judged */
  get isUpdating() {
    return !['', '0', 'false'].includes(process.env.LEAKGUARD_UPDATE_BUDGET ?? '');
  }

  get name() {
    return path.basename(this.#file);
  }

  /** @returns {Entry | null} null where the test has none, or is to get one */
  get entry() {
    return this.isUpdating ? null : (read(this.#file)[this.#script]?.[this.#test] ?? null);
  }

  /** @param {import('../..').Growth} growth that the test is to be allowed, if it leaks */
  update(growth) {
    const key = `${this.#script} ${this.#test}`;
    const isFirst = !written.has(key);
    written.add(key);
    if (!growth.leaking && (!isFirst || !fs.existsSync(this.#file))) return;
    withLock(this.#file, () => {
      const budget = read(this.#file);
      const tests = { ...budget[this.#script] };
      const before = isFirst ? undefined : tests[this.#test];
      if (growth.leaking) tests[this.#test] = larger(before, entryOf(growth));
      else delete tests[this.#test];
      write(this.#file, { ...budget, [this.#script]: tests });
    });
  }
}

/**
 * @param {Entry} entry
 * @returns {number} bytes per call
 */
function allowedBytes({ bytesPerCall }) {
  if (bytesPerCall === 0) return 0;
  return Math.ceil(Math.max(bytesPerCall * (1 + SLACK_SHARE), bytesPerCall + SLACK_BYTES));
}

/** Whether the only growth is one of handles that the test is known to leave open. */
function allowsHandles({ handlesPerCall = {} }, { kind, handles }) {
  return (
    kind === 'handles' &&
    handles.every((one) => one.perIteration <= (1 + SLACK_SHARE) * (handlesPerCall[one.kind] ?? 0))
  );
}

/** @returns {Entry} */
function entryOf({ interval, handles, suspects }) {
  const entry = { bytesPerCall: Math.max(0, Math.ceil(interval[1])) };
  if (handles.length > 0) {
    entry.handlesPerCall = Object.fromEntries(
      handles.map(({ kind, perIteration }) => [kind, Number(perIteration.toPrecision(3))]),
    );
  }
  if (suspects.length > 0) entry.holder = suspects[0].holder.name;
  return entry;
}

function larger(one, other) {
  return one !== undefined && one.bytesPerCall >= other.bytesPerCall ? one : other;
}

/** @returns {Record<string, Record<string, Entry>>} test file to test to entry */
function read(file) {
  let text;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return {};
    throw unusable(file, error.message);
  }
  try {
    const { version, tests } = JSON.parse(text);
    if (version === VERSION && tests !== null && typeof tests === 'object') return tests;
  } catch (error) {
    throw unusable(file, error.message);
  }
  throw unusable(file, `it is no budget of version ${VERSION}`);
}

function unusable(file, reason) {
  return new LeakguardError(
    'ERR_LEAKGUARD_BUDGET',
    `The budget of memory growth, ${file}, cannot be used: ${reason}. Mend it, or delete it and ` +
      'write it anew by a run with LEAKGUARD_UPDATE_BUDGET=1.',
  );
}

/** In the order of names, so that two runs write the same. Whole, or not at all. */
function write(file, budget) {
  const tests = sorted(budget, (entries) => sorted(entries, (entry) => entry));
  for (const script of Object.keys(tests)) {
    if (Object.keys(tests[script]).length === 0) delete tests[script];
  }
  const draft = `${file}.${process.pid}`;
  fs.writeFileSync(draft, `${JSON.stringify({ version: VERSION, tests }, null, 2)}\n`);
  fs.renameSync(draft, file);
}

function sorted(object, map) {
  const names = Object.keys(object).sort();
  return Object.fromEntries(names.map((name) => [name, map(object[name])]));
}

/** Test runners have many processes. Nobody waits for long, so the event loop may stand still. */
function withLock(file, work) {
  const lock = `${file}.lock`;
  const sleeping = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; !take(lock); waited += BETWEEN_TRIES) {
    if (waited >= PATIENCE) fs.rmSync(lock, { force: true });
    Atomics.wait(sleeping, 0, 0, BETWEEN_TRIES);
  }
  try {
    work();
  } finally {
    fs.rmSync(lock, { force: true });
  }
}

function take(lock) {
  try {
    fs.closeSync(fs.openSync(lock, 'wx'));
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw new LeakguardError(
      'ERR_LEAKGUARD_BUDGET',
      `The budget of memory growth cannot be written: ${error.message}.`,
      { cause: error },
    );
  }
}

module.exports = { Budget, allowedBytes, allowsHandles };
