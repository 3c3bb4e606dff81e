'use strict';

/**
 * A program that is watched, first at rest and then at work, and that tells what its monitor allocates:
 * `node garbage-subject.js INTERVAL SAMPLES`, so many samples for each stretch.
 */

const fs = require('node:fs');
const inspector = require('node:inspector');
const os = require('node:os');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { pathToFileURL } = require('node:url');
const { startMonitor } = require('../..');

const [interval, samples] = process.argv.slice(2).map(Number);

/** Mean distance of two allocations that the profiler looks at, bytes: nearly all of them. */
const EVERY = 64;

/** Samples before the profile begins: what is allocated once is not garbage. */
const WARM_UP = 20;

const LIB = path.join(__dirname, '..', '..', 'lib');

/** Work with some minor GCs a second, and a major one now and then; to be cleared. */
function work() {
  const kept = [];
  return setInterval(() => {
    kept.push(Array.from({ length: 5000 }, (_, id) => ({ id, name: `entry ${id}` })));
    if (kept.length > 40) kept.shift();
  }, 20);
}

/** Bytes by function, of all that is called by the monitor or for it. */
function ownGarbage(profile) {
  const bytes = new Map();
  const visit = (node, within) => {
    const { functionName, url } = node.callFrame;
    const own = isOwn(url) ? place(node.callFrame) : within;
    if (own !== null && node.selfSize > 0) {
      const name = isOwn(url) ? own : `${own} > ${functionName || '(anonymous)'} (${url})`;
      bytes.set(name, (bytes.get(name) ?? 0) + node.selfSize);
    }
    for (const child of node.children) visit(child, own);
  };
  visit(profile.head, null);
  return [...bytes].sort((left, right) => right[1] - left[1]);
}

/** Nobody else in this process watches the garbage collector, so that Node's own code for it is ours. */
function isOwn(url) {
  const ours = url.startsWith(LIB) || url.startsWith(pathToFileURL(LIB).href);
  return ours || url.startsWith('node:internal/perf/');
}

function place({ functionName, url, lineNumber }) {
  return `${functionName || '(anonymous)'} (${path.basename(url)}:${lineNumber + 1})`;
}

/** What was allocated for the monitor in a stretch of time, and the GCs in it. */
async function stretch(monitor) {
  const session = new inspector.Session();
  session.connect();
  const post = (method, given) =>
    new Promise((resolve, reject) => {
      session.post(method, given, (error, told) => (error ? reject(error) : resolve(told)));
    });
  await sleep(WARM_UP * interval);
  const begun = Date.now();
  await post('HeapProfiler.startSampling', {
    samplingInterval: EVERY,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  await sleep(samples * interval);
  const { profile } = await post('HeapProfiler.stopSampling');
  session.disconnect();
  const seen = monitor.samples().filter(({ time }) => time >= begun);
  const gcs = seen.reduce((sum, { majorGcs, minorGcs }) => sum + majorGcs + minorGcs, 0);
  return { samples: seen.length, gcs, garbage: ownGarbage(profile) };
}

async function main() {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'leakguard-garbage-'));
  const monitor = startMonitor({ interval, directory, diagnose: false, quiet: true });
  const told = {};
  for (const how of ['rest', 'work']) {
    const working = how === 'work' ? work() : null;
    told[how] = await stretch(monitor);
    clearInterval(working);
  }
  monitor.stop();
  fs.rmSync(directory, { recursive: true, force: true });
  process.stdout.write(`${JSON.stringify(told)}\n`);
  process.exit();
}

main();
