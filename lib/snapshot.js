'use strict';

/** Snapshots from disk, and comparisons of them. */

const fs = require('node:fs');
const timers = require('node:timers');
const { LeakguardError, callNative } = require('./errors');
const { runJob } = require('./job');
const { native } = require('./native');
const { kinds, schemas, validate } = require('./options');

const PROGRESS_EVERY = 100;
const EVERY = 2 ** 32 - 1;

const queries = {
  classes: {
    top: kinds.integer({ min: 1, fallback: EVERY }),
    sort: kinds.oneOf(['retained', 'shallow', 'count'], { fallback: 'retained' }),
    filter: kinds.filter({ fallback: null }),
  },
  dominators: { top: kinds.integer({ min: 1, fallback: 100 }) },
  paths: { count: kinds.integer({ min: 1, max: 100, fallback: 1 }) },
};

const handles = new WeakMap();

/** An opened heap snapshot; see index.d.ts. */
class Snapshot {
  #handle;

  /** Not for users: snapshots come from openSnapshot(). */
  constructor(handle) {
    if (!(handle instanceof native().NativeSnapshot)) {
      throw new TypeError('A Snapshot comes from openSnapshot(path), not from its constructor.');
    }
    this.#handle = handle;
    handles.set(this, handle);
  }

  summary() {
    return this.#ask(this.summary, { question: 'summary' });
  }

  classes(given) {
    const { top, sort, filter } = validate(queries.classes, given, 'snapshot.classes');
    if (filter === null || typeof filter === 'string') {
      return this.#ask(this.classes, { question: 'classes', top, sort, filter });
    }
    const wanted = typeof filter === 'function' ? filter : (row) => filter.test(row.className);
    const question = { question: 'classes', top: EVERY, sort, filter: null };
    return this.#ask(this.classes, question).filter(wanted).slice(0, top);
  }

  dominators(id, given) {
    const { top } = validate(queries.dominators, given, 'snapshot.dominators');
    const question = { question: 'dominated', id: id === undefined ? null : checkId(id), top };
    return this.#ask(this.dominators, question);
  }

  node(id) {
    return this.#ask(this.node, { question: 'node', id: checkId(id) });
  }

  retainers(id) {
    return this.#ask(this.retainers, { question: 'retainers', id: checkId(id) });
  }

  paths(id, given) {
    const { count } = validate(queries.paths, given, 'snapshot.paths');
    return this.#ask(this.paths, { question: 'paths', id: checkId(id), count });
  }

  close() {
    this.#handle.close();
  }

  #ask(method, question) {
    return callNative(method, () => JSON.parse(this.#handle.ask(JSON.stringify(question))));
  }
}

const ID = { id: kinds.integer({ min: 0, max: EVERY }) };
const PATH = { path: kinds.path({}) };

function checkId(id) {
  return required(ID, { id }, 'snapshot');
}

function checkPath(path, where) {
  return required(PATH, { path }, where);
}

function required(schema, given, where) {
  const [name] = Object.keys(schema);
  // Undefined counts as not given, and passes.
  return validate(schema, { [name]: given[name] ?? null }, where)[name];
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
  const report = () => onProgress(Math.min(handle.bytesRead() / size, 1));
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
  return callNative(compareSnapshots, async () => {
    const { NativeComparison } = native();
    const comparison = new NativeComparison();
    let last;
    for (const [index, one] of snapshots.entries()) {
      if (signal?.aborted) throw aborted(signal);
      const base = index === snapshots.length - 1 ? process.cwd() : null;
      const handle = handles.get(one);
      last = await runJob((done) =>
        handle
          ? comparison.addSnapshot(handle, index, base, done)
          : comparison.addFile(one, index, base, done),
      );
      onProgress?.((index + 1) / snapshots.length);
    }
    return last.result;
  });
}

module.exports = { Snapshot, compareSnapshots, openSnapshot };
