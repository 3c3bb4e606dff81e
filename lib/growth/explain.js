'use strict';

/** Who holds what a function leaves behind: snapshots, with calls between them. */

const { LeakguardError } = require('../errors');
const { native } = require('../native');
const { addSnapshot } = require('./captures');
const { isPlain } = require('./evidence');

/**
 * Two snapshots always show growth somewhere; the third tells what goes on growing. That something
 * does may be certain, though, and two then show who holds most of it.
 */
const SNAPSHOTS = 3;

/** Growth that one interval should show, in bytes, and what it may take, in ms. */
const VISIBLE_GROWTH = 512 * 1024;
const LONGEST_INTERVAL = 500;
const LEAST_CALLS = 5;
const MOST_CALLS = 5000;

const NOTHING = Object.freeze({
  suspects: [],
  liveSizes: [],
  text: null,
  calls: 0,
  snapshots: [],
  failure: null,
});

/**
 * @typedef {object} Explanation
 * @property {import('../..').Suspect[]} suspects
 * @property {number[]} liveSizes bytes that the root reaches, in each snapshot
 * @property {string | null} text the engine's words on them
 * @property {number} calls how many lie between the first and the last snapshot; 0 for none taken
 * @property {string[]} snapshots files, where they were to be kept
 * @property {string | null} failure why there are no suspects
 */

/**
 * Takes the snapshots and compares them. That it cannot be done is an answer too: a leak that
 * cannot be explained is still a leak.
 *
 * @param {import('../growth').Test} test
 * @param {number} bytesPerCall
 * @param {{ isCertain: boolean, directory: string | null }} how whether it leaks for certain, and
 *   where to keep the snapshots
 * @returns {Promise<Explanation>}
 */
async function explain(test, bytesPerCall, { isCertain, directory }) {
  const { workload } = test;
  const visible = bytesPerCall > 0 ? VISIBLE_GROWTH / bytesPerCall : Infinity;
  // Not more than were made before: somebody may have asked for few.
  const most = Math.min(MOST_CALLS, workload.calls, LONGEST_INTERVAL / workload.msPerCall);
  const calls = Math.min(visible, most);
  const isEnough = (found) => isCertain && isPlain(found, bytesPerCall);
  const interval = Math.max(LEAST_CALLS, Math.round(calls));
  try {
    return await workload.aside(() => compare(test, { calls: interval, isEnough, directory }));
  } catch (error) {
    if (!(error instanceof LeakguardError)) throw error;
    return { ...NOTHING, failure: error.message };
  }
}

async function compare({ workload, collector }, { calls, isEnough, directory }) {
  const comparison = new (native().NativeComparison)();
  const snapshots = [];
  const first = workload.calls;
  for (let number = 1; ; number++) {
    if (number > 1) await workload.run(calls, Infinity);
    await collector.collectOnce();
    const base = number > 1 ? process.cwd() : null;
    const { result, path } = await addSnapshot(comparison, workload.calls, base, directory);
    if (directory !== null) snapshots.push(path);
    if (!result) continue;
    const text = aboutSuspects(result.text);
    const done = workload.calls - first;
    const found = { ...result, text, calls: done, snapshots, failure: null };
    if (number === SNAPSHOTS || isEnough(found)) return found;
  }
}

/** The engine begins with the growth of the whole heap, which is better known here. */
function aboutSuspects(text) {
  const begin = text.search(/^1\. /m);
  return begin < 0 ? text : text.slice(begin);
}

module.exports = { NOTHING, aboutSuspects, explain };
