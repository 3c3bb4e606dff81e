'use strict';

/**
 * The demonstration: `npm run demo [map|listener|buffers]`
 *
 * A server that leaks, under load, until leakguard has found the leak and named it; then the same
 * server without the leak, for as long. Exit code 0: found, and nobody accused wrongly.
 */

const path = require('node:path');
const { formatBytes } = require('../lib/units');
const { EXAMPLES } = require('./demo/examples');
const { RATE } = require('./demo/load');
const { Run } = require('./demo/run');
const { bold, dim, green, print, red, wrapped } = require('./demo/screen');
const { NODE_OPTIONS, ROOT } = require('./demo/server');

/** Seconds: until the alarm; for its diagnosis; without a leak, at least. */
const LONGEST_TO_ALARM = 50;
const LONGEST_DIAGNOSIS = 40;
const LEAST_WITHOUT = 25;

/** Without a leak, V8 must have collected so often, or the run says nothing. */
const LEAST_COLLECTIONS = 4;

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

function title(text, details) {
  print(`\n${bold(text)}\n${dim(details)}\n`);
}

async function leakingRun(example) {
  title(
    `A server that ${example.does}`,
    `${example.file}, ${RATE} requests/s, node ${NODE_OPTIONS.join(' ')}`,
  );
  const run = new Run(example, true);
  const limit = () => LONGEST_TO_ALARM + (run.leak ? LONGEST_DIAGNOSIS : 0);
  await run.until(() => run.diagnosis !== null || run.seconds > limit());
  if (run.diagnosis) {
    print(`\n${wrapped(indented(run.diagnosis.text.trimEnd()))}\n`);
    for (const file of [run.diagnosis.html, run.diagnosis.json]) {
      print(dim(`  ${path.relative(process.cwd(), file)}`));
    }
  }
  return run;
}

async function healthyRun(example, seconds) {
  title('The same server without the leak', `LEAK=off, the same load, ${Math.round(seconds)} s`);
  const run = new Run(example, false);
  await run.until(() => run.leak !== null || run.seconds > seconds);
  return run;
}

function indented(text) {
  return text.replace(/^(?=.)/gm, '  ');
}

/** One line on how the leaking server went, and whether that was right. */
function found({ leak, diagnosis, alarmedAfter, failure, seconds }) {
  if (leak === null) {
    return [false, 'no leak', failure ?? `was reported within ${Math.round(seconds)} s.`];
  }
  const after = `after ${Math.round(alarmedAfter)} s`;
  if (diagnosis === null) return [false, 'not named', failure ?? 'The diagnosis took too long.'];
  const [suspect] = diagnosis.suspects;
  if (suspect === undefined) return [false, 'not named', `The leak was reported ${after}.`];
  const { name, className, script, line } = suspect.holder;
  const place = script === null ? '' : `, ${path.relative(ROOT, script)}:${line}`;
  return [true, 'leak found', `${after}: \`${name}\` (${className}${place})`];
}

/** The same of the healthy one. A run without a collection would prove nothing. */
function clean({ leak, levels, failure, seconds }) {
  if (failure !== null) return [false, 'broken off', failure];
  if (leak !== null) return [false, 'accused', `without a leak: ${leak.message}`];
  if (levels.length < LEAST_COLLECTIONS) {
    return [false, 'unknown', `V8 collected only ${levels.length} times.`];
  }
  const half = levels.length >> 1;
  const early = formatBytes(median(levels.slice(0, half)));
  const late = formatBytes(median(levels.slice(half)));
  return [
    true,
    'no alarm',
    `in ${Math.round(seconds)} s without the leak; alive in the first half ${early}, ` +
      `in the second ${late}`,
  ];
}

function median(levels) {
  return levels.map(({ bytes }) => bytes).sort((a, b) => a - b)[levels.length >> 1];
}

async function main(name = 'map') {
  if (!Object.hasOwn(EXAMPLES, name)) {
    process.stderr.write(`There is no demo '${name}': ${Object.keys(EXAMPLES).join(', ')}.\n`);
    return 2;
  }
  const leaking = await leakingRun(EXAMPLES[name]);
  const verdicts = [found(leaking)];
  if (leaking.leak !== null) {
    const seconds = Math.max(LEAST_WITHOUT, leaking.alarmedAfter);
    verdicts.push(clean(await healthyRun(EXAMPLES[name], seconds)));
  }
  print();
  for (const [right, verdict, details] of verdicts) {
    print(`${right ? green('✓') : red('✗')} ${bold(verdict.padEnd(10))} ${details}`);
  }
  return verdicts.every(([right]) => right) ? 0 : 1;
}

// Leaving by process.exit() takes the server along; see demo/server.js.
for (const [signal, number] of Object.entries(SIGNALS)) {
  process.once(signal, () => process.exit(128 + number));
}

main(process.argv[2]).then((code) => {
  process.exitCode = code;
});
