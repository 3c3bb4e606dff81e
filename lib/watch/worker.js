'use strict';

/**
 * What there is in the process or thread that runs test files, each time that one begins: by then
 * the runner has let go of the one before.
 */

const fs = require('node:fs');
const path = require('node:path');
const { threadId } = require('node:worker_threads');
const { GarbageCollector, memoryAfterGc } = require('../garbage');
const { addSnapshot } = require('../growth/captures');
const { native } = require('../native');

/** Growth that is worth two snapshots, in bytes. */
const NOTABLE = 1024 ** 2;

/** Suspects that are told of. */
const MOST_SUSPECTS = 3;

/** What a worker has seen is in a file with this ending. */
const SEEN = '.jsonl';

/** What was seen last. */
let last = null;
/** Has one snapshot: of the last time that memory was looked into. */
let comparison = null;
let files = 0;

/**
 * Called as each test file begins, before it is loaded.
 *
 * @param {string} directory where the looks go
 * @param {string} file absolute
 */
async function fileBegins(directory, file) {
  const collector = new GarbageCollector();
  try {
    const floor = await collector.collect();
    const grown = last === null ? 0 : floor.live - last.own.live;
    let suspects = [];
    if (last === null) {
      process.once('exit', () => end(directory));
      comparison = await begin();
    } else if (grown >= NOTABLE) {
      suspects = await explain();
    }
    // What this itself has allocated is no file's.
    const { live, external } = await collector.collect();
    last = { file, ...look(floor), own: { live, external }, suspects };
    files += 1;
    write(directory, last);
  } finally {
    collector.close();
  }
}

/** After the last file. Nothing is there to wait for any more, so no snapshot either. */
function end(directory) {
  if (last === null) return;
  last = null;
  try {
    write(directory, { file: null, ...look(memoryAfterGc()), own: {}, suspects: [] });
  } catch {
    // The process ends; there is nobody to tell.
  }
}

function look({ live, external }) {
  return { live, external, handles: countHandles(), listeners: countListeners() };
}

function countHandles() {
  const counts = {};
  for (const kind of process.getActiveResourcesInfo?.() ?? []) {
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

function countListeners() {
  const names = process.eventNames();
  return Object.fromEntries(names.map((name) => [String(name), process.listenerCount(name)]));
}

async function begin() {
  const started = new (native().NativeComparison)();
  await addSnapshot(started, files, null);
  return started;
}

/** @returns {Promise<object[]>} who holds what came since memory was looked into */
async function explain() {
  try {
    const { result } = await addSnapshot(comparison, files, process.cwd());
    comparison = await begin();
    return result.suspects.slice(0, MOST_SUSPECTS).map(({ message }) => ({ message }));
  } catch (error) {
    return [{ message: `What holds it could not be named: ${error.message}` }];
  }
}

function write(directory, seen) {
  const worker = `${process.pid}-${threadId}`;
  const line = JSON.stringify({ worker, ...seen });
  fs.appendFileSync(path.join(directory, `${worker}${SEEN}`), `${line}\n`);
}

module.exports = { SEEN, end, fileBegins };
