'use strict';

/** Snapshots from disk, and comparisons of them. */

const fs = require('node:fs');
const timers = require('node:timers');
const { LeakguardError, callNative } = require('./errors');
const { runJob } = require('./job');
const { native } = require('./native');
const { kinds, schemas, validate } = require('./options');
const { questions } = require('./snapshot-questions');

const PROGRESS_EVERY = 100;

const handles = new WeakMap();

/** An opened heap snapshot; see index.d.ts. Its questions are added below. */
class Snapshot {
  /** Not for users: snapshots come from openSnapshot(). */
  constructor(handle) {
    if (!(handle instanceof native().NativeSnapshot)) {
      throw new TypeError('A Snapshot comes from openSnapshot(path), not from its constructor.');
    }
    handles.set(this, handle);
    Object.defineProperty(this, 'promises', { value: new SnapshotPromises(this) });
  }

  close() {
    handleOf(this, 'snapshot.close').close();
  }
}

/** The same questions, answered off the event loop. */
class SnapshotPromises {
  #snapshot;

  constructor(snapshot) {
    this.#snapshot = snapshot;
  }

  static {
    for (const [name, { positions, ask }] of Object.entries(questions)) {
      const where = `snapshot.promises.${name}`;
      define(SnapshotPromises.prototype, name, async function answer(...given) {
        const { signal, options } = takeSignal(given[positions], where);
        const positional = Array.from({ length: positions }, (_, place) => given[place]);
        const asked = ask(where, ...positional, options);
        if (signal?.aborted) throw aborted(signal);
        const about = handlesOf(this.#snapshot, asked, where);
        return callNative(answer, () => askLater(about, asked, signal));
      });
    }
  }
}

for (const [name, { ask }] of Object.entries(questions)) {
  const where = `snapshot.${name}`;
  define(Snapshot.prototype, name, function answer(...given) {
    const asked = ask(where, ...given);
    const about = handlesOf(this, asked, where);
    return callNative(answer, () => {
      const reply = JSON.parse(nativeQuestion(about, asked).now());
      return asked.finish ? asked.finish(reply) : reply;
    });
  });
}

function define(prototype, name, method) {
  Object.defineProperty(method, 'name', { value: name });
  Object.defineProperty(prototype, name, { value: method, configurable: true, writable: true });
}

/** Splits the `signal`, which every question takes when answered later, from its other options. */
function takeSignal(given, where) {
  if (given === null || typeof given !== 'object' || !('signal' in given)) {
    return { signal: null, options: given };
  }
  const { signal, ...options } = given;
  return {
    ...validate({ signal: kinds.abortSignal({ fallback: null }) }, { signal }, where),
    options,
  };
}

/** The snapshots that a question is about. Throws TypeErrors of its own, so outside callNative. */
function handlesOf(snapshot, asked, where) {
  return {
    handle: handleOf(snapshot, where),
    base: Object.hasOwn(asked, 'base') ? handleOf(asked.base, where) : null,
  };
}

function nativeQuestion({ handle, base }, { inventory, question }) {
  const { NativeQuestion } = native();
  return new NativeQuestion(handle, base, inventory ?? null, JSON.stringify(question));
}

async function askLater(about, asked, signal) {
  const question = nativeQuestion(about, asked);
  const cancel = () => question.cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    const reply = JSON.parse(await runJob((done) => question.later(done)));
    return asked.finish ? asked.finish(reply) : reply;
  } catch (error) {
    if (signal?.aborted) throw aborted(signal);
    throw error;
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}

function handleOf(snapshot, where) {
  const handle = handles.get(snapshot);
  if (handle === undefined) {
    const error = new TypeError(`${where}: this needs a Snapshot, as openSnapshot() gives it.`);
    error.code = 'ERR_LEAKGUARD_INVALID_OPTION';
    throw error;
  }
  return handle;
}

const PATH = { path: kinds.path({}) };

function checkPath(path, where) {
  // Undefined counts as not given, and passes.
  return validate(PATH, { path: path ?? null }, where).path;
}

/** Opens a snapshot file; see index.d.ts. */
async function openSnapshot(path, given) {
  checkPath(path, 'openSnapshot');
  const { signal, onProgress } = validate(schemas.openSnapshot, given, 'openSnapshot');
  if (signal?.aborted) throw aborted(signal);
  return callNative(openSnapshot, async () => {
    const { NativeSnapshot } = native();
    const handle = new NativeSnapshot();
    const stopWatching = watch(handle, path, signal, onProgress);
    try {
      await runJob((done) => handle.open(path, done));
    } catch (error) {
      if (signal?.aborted) throw aborted(signal);
      throw error;
    } finally {
      stopWatching();
    }
    return new Snapshot(handle);
  });
}

function aborted(signal) {
  return new LeakguardError('ERR_LEAKGUARD_ABORTED', 'The work was given up by its AbortSignal.', {
    cause: signal.reason,
  });
}

/** Reports progress and passes an abort on, until the returned function is called. */
function watch(handle, path, signal, onProgress) {
  const cancel = () => handle.cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  const size = (onProgress && fs.statSync(path, { throwIfNoEntry: false })?.size) || Infinity;
  const report = () => onProgress(handle.done(size));
  const timer = onProgress && timers.setInterval(report, PROGRESS_EVERY);
  timer?.unref();
  return () => {
    signal?.removeEventListener('abort', cancel);
    timers.clearInterval(timer);
  };
}

/** Compares two or more snapshots in order of time; see index.d.ts. */
async function compareSnapshots(snapshots, given) {
  if (!Array.isArray(snapshots) || snapshots.length < 2) {
    const error = new TypeError(
      'compareSnapshots: give an array of two or more paths or Snapshots, in order of time.',
    );
    error.code = 'ERR_LEAKGUARD_INVALID_OPTION';
    throw error;
  }
  for (const one of snapshots) {
    if (!handles.has(one)) checkPath(one, 'compareSnapshots');
  }
  const { signal, onProgress } = validate(schemas.compareSnapshots, given, 'compareSnapshots');
  if (signal?.aborted) throw aborted(signal);
  return callNative(compareSnapshots, () => compare(snapshots, signal, onProgress));
}

/**
 * One snapshot after the other, so that of all but the last only what is needed stays in memory.
 */
async function compare(snapshots, signal, onProgress) {
  const { NativeComparison, NativeInventory } = native();
  const comparison = new NativeComparison();
  const inventory = new NativeInventory();
  let result;
  for (const [index, one] of snapshots.entries()) {
    const done = (share) => onProgress?.((index + share) / snapshots.length);
    const snapshot = handles.has(one)
      ? one
      : await openSnapshot(one, { signal, onProgress: onProgress && done });
    if (signal?.aborted) throw aborted(signal);
    try {
      const handle = handleOf(snapshot, 'compareSnapshots');
      const base = index === snapshots.length - 1 ? process.cwd() : null;
      const added = await runJob((callback) =>
        comparison.addSnapshot(handle, index, base, callback),
      );
      if (index === 0) await runJob((callback) => inventory.take(handle, callback));
      if (base !== null) {
        const asked = { question: { question: 'difference', top: 2 ** 32 - 1 }, inventory };
        const difference = await askLater({ handle, base: null }, asked, signal);
        result = withDifference(added.result, difference);
      }
    } finally {
      if (snapshot !== one) snapshot.close();
    }
    done(1);
  }
  return result;
}

/** Adds to each class what DevTools' Comparison tells of it. */
function withDifference(comparison, { classes, foundAgain }) {
  const byName = new Map(classes.map((row) => [row.className, row]));
  const nothing = { added: 0, removed: 0, addedSize: 0, removedSize: 0, grownSize: 0 };
  return {
    ...comparison,
    classes: comparison.classes.map((row) => ({
      ...nothing,
      ...byName.get(row.className),
      ...row,
    })),
    foundAgain,
  };
}

module.exports = { Snapshot, compareSnapshots, openSnapshot };
