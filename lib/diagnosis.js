'use strict';

/**
 * From a suspicion to a name: three snapshots in time, compared as they are taken, and meanwhile a
 * sampling of allocations, which tells who makes what they show. Where no snapshot can be taken, it
 * tells that alone.
 */

const v8 = require('node:v8');
const path = require('node:path');
const { AllocationSampling } = require('./allocation-sampling');
const { capture } = require('./capture');
const { LeakguardError, fromNative } = require('./errors');
const { pause, runJob } = require('./job');
const { native } = require('./native');
const { nativeSuspects } = require('./native-suspects');
const { tellTransformedScripts, transformsTypeScript } = require('./transformed-scripts');

/** Two snapshots always show growth somewhere; the third tells what goes on growing. */
const SNAPSHOTS = 3;

/** What can be borne with when a snapshot fails: what allocation sampling has found is told. */
const NO_SNAPSHOT = new Set([
  'ERR_LEAKGUARD_REFUSED',
  'ERR_LEAKGUARD_UNSUPPORTED',
  'ERR_LEAKGUARD_CAPTURE_FAILED',
  'ERR_LEAKGUARD_FORK_FAILED',
  'ERR_LEAKGUARD_OUT_OF_MEMORY',
  'ERR_LEAKGUARD_TIMEOUT',
]);

/**
 * Objects that own native memory take some of the heap as well: with less of the growth than this, it
 * is not theirs.
 */
const OWNER_SHARE = 0.005;

/** Between two snapshots, ms. */
const SHORTEST_WAIT = 1000;
const LONGEST_WAIT = 5 * 60_000;

/** Before the first snapshot, ms: time for listeners to send out what they were told. */
const HEADS_UP = 1000;

/** Growth that one interval should show: this share of the heap, and no less than this. */
const VISIBLE_SHARE = 0.02;
const VISIBLE_BYTES = 512 * 1024;

/**
 * Names what grows.
 *
 * @param {object} task
 * @param {import('..').Leak | null} task.leak what is to be explained; null when somebody only asks
 * @param {object} task.options complete MonitorOptions
 * @param {() => import('..').Sample[]} task.samples what was seen so far, for the report
 * @param {AbortSignal} task.signal ends it: the monitor was stopped
 * @returns {Promise<import('..').Diagnosis>}
 */
async function diagnose({ leak, options, samples, signal }) {
  const wait = waitBetween(leak, options.interval);
  const growth = Math.max(0, leak?.bytesPerSecond ?? 0) * (wait / 1000);
  const sampling = AllocationSampling.begin((SNAPSHOTS - 1) * growth);
  try {
    if (leak !== null) await pause(HEADS_UP, signal);
    const found = await compare(options.snapshot, wait, sampling, signal);
    const seconds = (SNAPSHOTS - 1) * (wait / 1000);
    return await report({ leak, ...found, seconds, options, samples: samples() });
  } finally {
    sampling?.end();
  }
}

/** Snapshots as far as they can be taken. */
async function compare(options, wait, sampling, signal) {
  const { NativeComparison } = native();
  const comparison = new NativeComparison();
  const begun = Date.now();
  const snapshots = [];
  let result = null;
  let failure = null;
  for (let number = 1; number <= SNAPSHOTS; number++) {
    if (number > 1) await pause(wait, signal);
    if (signal.aborted) throw givenUp();
    const isLast = number === SNAPSHOTS;
    if (isLast && sampling) comparison.setSurvivors(JSON.stringify(sampling.survivors()));
    else sampling?.mark();
    if (failure !== null) continue;
    const seconds = (Date.now() - begun) / 1000;
    const base = isLast ? process.cwd() : null;
    if (isLast && transformsTypeScript()) tellTransformedScripts(comparison);
    const add = (handle) =>
      runJob((done) => comparison.addCapture(handle, seconds, base, done), { keepAlive: false });
    try {
      const { info, answer } = await capture(options, { parse: true }, async (handle) => {
        const { counts, ...rest } = await add(handle);
        return { ...counts, ...rest };
      });
      snapshots.push(info);
      result = answer.result;
    } catch (error) {
      failure = fromNative(error);
    }
  }
  if (signal.aborted) throw givenUp();
  if (failure === null) return { result, snapshots };
  return { result: withoutSnapshots(sampling?.survivors() ?? [], failure), snapshots };
}

/** @throws {LeakguardError} the failure, where nothing can stand in for a snapshot */
function withoutSnapshots(survivors, failure) {
  if (survivors.length === 0 || !NO_SNAPSHOT.has(failure.code)) throw failure;
  const given = JSON.stringify(survivors);
  const found = JSON.parse(native().sampledSuspects(given, process.cwd(), failure.message));
  return { ...found, classes: [], noSnapshotBecause: failure.message };
}

/** Long enough for the leak to show, short enough to be told in time. */
function waitBetween(leak, interval) {
  const least = Math.min(Math.max(SHORTEST_WAIT, 2 * interval), LONGEST_WAIT);
  if (leak === null || !(leak.bytesPerSecond > 0)) return least;
  const heap = v8.getHeapStatistics().used_heap_size;
  const visible = Math.max(VISIBLE_BYTES, heap * VISIBLE_SHARE);
  const wait = (visible / leak.bytesPerSecond) * 1000;
  return Math.min(Math.max(wait, least), LONGEST_WAIT);
}

/** @returns {import('..').Suspect[]} of native memory, those that snapshots cannot show */
function outside(leak, suspects, seconds) {
  if (leak?.kind !== 'native') return [];
  const expected = leak.bytesPerSecond * seconds;
  const owned = suspects.some((one) => one.retainedGrowth >= OWNER_SHARE * expected);
  return owned ? [] : nativeSuspects(leak.growth);
}

async function report({ leak, result, snapshots, seconds, options, samples }) {
  const { classes, noSnapshotBecause = null } = result;
  const inferred = outside(leak, result.suspects, seconds);
  const suspects = [...inferred, ...result.suspects];
  const head = [leak, inferred[0]].filter(Boolean).map(({ message }) => `${message}\n`);
  const text = `${head.join('')}${result.text}`;
  const found = { leak, suspects, classes, snapshots, text };
  const document = { time: Date.now(), pid: process.pid, ...found, noSnapshotBecause, samples };
  const { directory, keep } = options;
  const written = await runJob(
    (done) =>
      native().writeDiagnosis(
        path.resolve(directory),
        JSON.stringify(document, null, 2),
        keep.count,
        keep.bytes,
        done,
      ),
    { keepAlive: false },
  );
  return { ...found, ...written };
}

function givenUp() {
  return new LeakguardError(
    'ERR_LEAKGUARD_ABORTED',
    'The diagnosis was given up because the monitor was stopped.',
  );
}

module.exports = { diagnose };
