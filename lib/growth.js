'use strict';

/** Growth per call of a function, for tests. */

const path = require('node:path');
const { isMainThread } = require('node:worker_threads');
const { LeakguardError } = require('./errors');
const { GarbageCollector } = require('./garbage');
const { doubtOf, settle } = require('./growth/doubt');
const { EvenRungs } = require('./growth/even-rungs');
const { weigh } = require('./growth/evidence');
const { NOTHING, explain } = require('./growth/explain');
const { withFixture } = require('./growth/fixture');
const { Ladder } = require('./growth/ladder');
const { Landmark } = require('./growth/landmark');
const { warmUpJudge } = require('./growth/rungs');
const { growthText } = require('./growth/text');
const { Workload } = require('./growth/workload');
const { held } = require('./job');
const { nativeSuspects } = require('./native-suspects');
const { schemas, validate } = require('./options');

/** As option `explain`: snapshots settle what the figures leave open, but a clear leak needs none. */
const IN_DOUBT = 'in doubt';

/** Ignored suspects leave so much of the growth unexplained, and it is no leak any more. */
const UNEXPLAINED = 0.1;

/** A function leaks; see index.d.ts. */
class GrowthError extends LeakguardError {
  /** @param {import('..').Growth} growth */
  constructor(growth) {
    super('ERR_LEAKGUARD_GROWTH', growth.text);
    // Not enumerable: whoever prints the error has read it all in its message.
    Object.defineProperty(this, 'growth', { value: growth });
  }
}
Object.defineProperty(GrowthError.prototype, 'name', {
  value: 'GrowthError',
  configurable: true,
  writable: true,
});

/** Measures; see index.d.ts. */
async function measureGrowth(fn, given) {
  return grow(fn, check(fn, schemas.measureGrowth, given, 'measureGrowth'));
}

/** Measures, and rejects where it leaks; see index.d.ts. */
async function assertNoGrowth(fn, given) {
  const options = check(fn, schemas.assertNoGrowth, given, 'assertNoGrowth');
  const growth = await grow(fn, options);
  if (isFailure(growth, options)) throw new GrowthError(growth);
  return growth;
}

/** Whether an expectation that nothing leaks is disappointed. */
function isFailure(growth, { undecided }) {
  return growth.leaking || (!growth.decided && undecided === 'fail');
}

/**
 * @param {unknown} fn
 * @param {Record<string, object>} schema
 * @param {unknown} given options
 * @param {string} where for messages
 * @returns {Readonly<Record<string, any>>} complete options
 */
function check(fn, schema, given, where) {
  checkFunction(fn, where);
  const options = validate(schema, given, where);
  const needs = ['ignore', 'snapshots'].find((name) => options[name] !== null);
  if (needs !== undefined && !options.explain) {
    throw invalid(`${where}: option '${needs}' needs suspects, so 'explain' must not be false.`);
  }
  return options;
}

function checkFunction(fn, where) {
  if (typeof fn === 'function') return;
  throw invalid(`${where}: the first argument must be the function to measure.`);
}

function invalid(message) {
  const error = new TypeError(message);
  error.code = 'ERR_LEAKGUARD_INVALID_OPTION';
  return error;
}

/**
 * What measuring needs.
 *
 * @typedef {object} Test
 * @property {Workload} workload
 * @property {GarbageCollector} collector
 */

/**
 * @param {(iteration: number) => unknown} fn
 * @param {object} options complete GrowthOptions, and perhaps a limit
 * @returns {Promise<import('..').Growth>}
 */
function grow(fn, options) {
  // From here on no function of leakguard's has it in its scope: what it holds would be named by
  // that variable.
  const subject = new Landmark('function under test', fn);
  // A process with nothing else to do waits for what it has asked for.
  return held(inTurn(() => growAlone(subject, options)));
}

/**
 * @template T
 * @param {() => Promise<T>} measure begins when what was begun before is over
 * @returns {Promise<T>}
 */
function inTurn(measure) {
  const outcome = last.then(measure);
  last = outcome.then(ignoreOutcome, ignoreOutcome);
  return outcome;
}

/** Two at a time would take each other's growth for their own. */
let last = Promise.resolve();

/** The next one must not keep what this one gave: it has the names of all that leaks. */
function ignoreOutcome() {}

async function growAlone(subject, { limit = 0, setup, teardown, ...options }) {
  const collector = new GarbageCollector();
  try {
    return await withFixture({ setup, teardown }, async (fixture) => {
      warmUpJudge();
      const { concurrency, maxDuration } = options;
      const workload = new Workload(subject, fixture, concurrency, maxDuration);
      const test = { workload, collector };
      const even = options.iterations !== null || options.rungs !== null;
      const method = new (even ? EvenRungs : Ladder)(test, options, limit);
      return describe({ ...(await decide(test, method, options, limit)), limit });
    });
  } finally {
    subject.remove();
    collector.close();
  }
}

/**
 * Figures first. Where they show growth, snapshots name what grows; and where the figures cannot
 * tell that growth from V8's own, the snapshots can.
 */
async function decide(test, method, { explain: wanted, ignore, snapshots }, limit) {
  const isOpen = (verdict) => !verdict.decided && verdict.interval[0] > limit;
  // In a worker, what other threads take of the process would be put down to this function.
  if (!isMainThread) method.rungs.ignoreNative();
  let verdict = await method.measure((known) => known.decided || (wanted && isOpen(known)));
  // A heap snapshot shows nothing of what native code has allocated; of handles it shows who made
  // them.
  const inSnapshots = verdict.memory !== 'native' || verdict.kind === 'handles';
  const asked = (isOpen(verdict) || (verdict.leaking && wanted !== IN_DOUBT)) && inSnapshots;
  let found = wanted && asked ? await name(test, verdict, snapshots) : NOTHING;
  const counted = () => found.suspects.filter((one) => ignore === null || !ignore(one));
  let suspects = counted();
  let evidence = weigh({ ...found, suspects }, verdict.bytesPerIteration, limit);
  if (found !== NOTHING) {
    method.rungs.ignoreNative();
    // V8 keeps some of what it makes for a snapshot, which would look like growth from there on.
    await method.skip();
  }
  const doubt = await doubtOf(method, verdict, found, evidence);
  if (doubt !== null) {
    verdict = await settle(method, doubt);
    if (doubt === 'slower' && !verdict.leaking) evidence = 'open';
  }
  const rungs = method.rungs.list();
  if (verdict.kind === 'native' && wanted === true) {
    found = outside(verdict, rungs);
    suspects = counted();
  }
  return { verdict, evidence, found, suspects, rungs };
}

/** What can be said of memory that no snapshot shows. */
function outside({ bytesPerIteration }, rungs) {
  const calls = rungs.at(-1).iterations - rungs[0].iterations;
  return { ...NOTHING, suspects: nativeSuspects(bytesPerIteration * calls), calls };
}

function name(test, { bytesPerIteration, leaking }, snapshots) {
  const directory = snapshots === null ? null : path.resolve(snapshots);
  return explain(test, bytesPerIteration, { isCertain: leaking, directory });
}

function describe({ verdict, evidence, found, suspects, rungs, limit }) {
  const ignored = found.suspects.length - suspects.length;
  const grows = verdict.leaking || (!verdict.decided && evidence === 'proven');
  const leaking = grows && (ignored === 0 || isUnexplained({ verdict, found, suspects, limit }));
  const decided = verdict.decided || evidence !== 'open';
  const iterations = rungs.at(-1)?.iterations ?? 0;
  return {
    leaking,
    decided,
    kind: leaking ? (verdict.kind ?? verdict.memory) : null,
    bytesPerIteration: verdict.bytesPerIteration,
    interval: verdict.interval,
    noise: iterations > 0 ? verdict.noise / iterations : 0,
    iterations,
    rungs: rungs.map(({ live, native, resident, ...rung }) => rung),
    handles: verdict.handles,
    suspects: leaking ? suspects : [],
    snapshots: found.snapshots,
    text: growthText({
      leaking,
      decided,
      refuted: !verdict.decided && evidence === 'refuted',
      verdict,
      rungs,
      limit,
      suspects,
      ignored,
      comparison: leaking && ignored === 0 ? found.text : null,
      calls: found.calls,
      failure: found.failure,
      snapshots: found.snapshots,
    }),
  };
}

/** Whether what is not ignored grows by more than is allowed. */
function isUnexplained({ verdict, found, suspects, limit }) {
  const growth = suspects.reduce((sum, suspect) => sum + suspect.retainedGrowth, 0);
  return growth / found.calls > Math.max(limit, UNEXPLAINED * verdict.bytesPerIteration);
}

module.exports = {
  GrowthError,
  IN_DOUBT,
  assertNoGrowth,
  check,
  checkFunction,
  grow,
  inTurn,
  invalid,
  isFailure,
  measureGrowth,
};
