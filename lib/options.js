'use strict';

/**
 * Every option of the public API: what it may be, and what it is when not given.
 *
 * A schema is a plain object of kinds (see option-kinds.js), one for each option. A fallback of
 * null means that the function chooses by itself, as its documentation says.
 */

const kinds = require('./option-kinds');
const { validate } = require('./validate');

// setInterval takes no more: beyond 2³¹ − 1 ms it fires at once.
const LONGEST_TIMER = 2 ** 31 - 1;
const HEAP_SNAPSHOT_CODECS = [false, 'gzip', 'zstd'];

const captureOptions = {
  mode: kinds.oneOf(['auto', 'fork', 'inline'], { fallback: 'auto' }),
  redact: kinds.boolean({ fallback: false }),
  compress: kinds.oneOf(HEAP_SNAPSHOT_CODECS, { fallback: false }),
  timeout: kinds.duration({ min: 1, max: LONGEST_TIMER, fallback: 900_000 }),
  maxPause: kinds.duration({ min: 0, fallback: null }),
  force: kinds.boolean({ fallback: false }),
};

const monitorOptions = {
  interval: kinds.duration({ min: 100, max: LONGEST_TIMER, fallback: 10_000 }),
  directory: kinds.path({ fallback: './.leakguard' }),
  diagnose: kinds.boolean({ fallback: true }),
  minGrowth: kinds.bytes({ min: 0, fallback: null }),
  snapshot: kinds.group(captureOptions),
  keep: kinds.group({
    count: kinds.integer({ min: 1, fallback: 10 }),
    bytes: kinds.bytes({ min: 1, fallback: 2 * 1024 ** 3 }),
  }),
  cooldown: kinds.duration({ min: 0, max: LONGEST_TIMER, fallback: 600_000 }),
  maxGcPause: kinds.duration({ min: 0, fallback: 50 }),
  pressure: kinds.shares({ fallback: [0.8, 0.9] }),
  signal: kinds.posixSignal({ fallback: false }),
  nearHeapLimit: kinds.boolean({ fallback: false }),
  flightRecorder: kinds.boolean({ fallback: true }),
  quiet: kinds.boolean({ fallback: false }),
};

const growthOptions = {
  warmup: kinds.integer({ min: 0, fallback: null }),
  iterations: kinds.integer({ min: 1, fallback: null }),
  rungs: kinds.integer({ min: 3, max: 1000, fallback: null }),
  maxDuration: kinds.duration({ min: 1, max: LONGEST_TIMER, fallback: 10_000 }),
  concurrency: kinds.integer({ min: 1, max: 10_000, fallback: 1 }),
  setup: kinds.callback({ fallback: null }),
  teardown: kinds.callback({ fallback: null }),
  explain: kinds.boolean({ fallback: true }),
  ignore: kinds.callback({ fallback: null }),
  snapshots: kinds.path({ fallback: null }),
};

const retentionOptions = {
  warmup: kinds.integer({ min: 0, fallback: 0 }),
  iterations: kinds.integer({ min: 1, fallback: 1 }),
  concurrency: growthOptions.concurrency,
  setup: growthOptions.setup,
  teardown: growthOptions.teardown,
};

const expectationOptions = {
  ...growthOptions,
  undecided: kinds.oneOf(['pass', 'fail'], { fallback: 'pass' }),
};

const readOptions = {
  signal: kinds.abortSignal({ fallback: null }),
  onProgress: kinds.callback({ fallback: null }),
};

/** One schema for each function, by the name that it has in messages. */
const schemas = {
  startMonitor: monitorOptions,
  takeSnapshot: { ...captureOptions, path: kinds.path({ fallback: null }) },
  openSnapshot: readOptions,
  compareSnapshots: readOptions,
  measureGrowth: growthOptions,
  assertNoGrowth: { ...expectationOptions, limit: kinds.bytes({ min: 0, fallback: 0 }) },
  toLeak: expectationOptions,
  toGrowAtMost: expectationOptions,
  toRetain: retentionOptions,
};

module.exports = { kinds, schemas, validate };
