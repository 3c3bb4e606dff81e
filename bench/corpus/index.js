'use strict';

/**
 * Real leaks and their healthy twins: how many are found, how many alarms are false, how many
 * culprits are named rightly by the first suspect, and how long it takes.
 *
 * A corpus is a folder of cases: `cases/<id>/case.json`, `driver.js` (exports `iterate(call)`, may
 * export `setup()`), with the environment's `VARIANT` set to `leaky` or `fixed`. A case with no
 * leaky variant is a healthy program that looks like a leak. The one beside this file needs no
 * packages: patterns of Node.js and JavaScript as they are documented.
 */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { isNamedRightly } = require('./attribution');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    corpus: { type: 'string', default: __dirname },
    mode: { type: 'string', default: 'growth' },
    seconds: { type: 'string', default: '60' },
    times: { type: 'string', default: '1' },
    interval: { type: 'string', default: '250' },
    pace: { type: 'string', default: '15' },
    jobs: { type: 'string', default: '1' },
    variant: { type: 'string', default: 'leaky,fixed' },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const HELP = `Usage: node bench/corpus [options] [CASE ...]

  --corpus FOLDER         other cases than those in bench/corpus/cases
  --mode growth|monitor   measureGrowth with its defaults, or a monitor (default growth)
  --seconds N             how long a case is monitored at most (default 60)
  --interval N            of the monitor, in ms (default 250)
  --pace N                a monitored case does its own number of iterations in so many seconds, over
                          and over; 0: as fast as its event loop turns (default 15)
  --jobs N                cases at the same time (default 1)
  --variant NAME,NAME     leaky, fixed (default both)
  --times N               runs of each variant (default 1)
  --verbose               what was said of every case
`;

async function main() {
  if (values.help) return process.stdout.write(HELP);
  const tally = { leaky: 0, found: 0, named: 0, healthy: 0, falseAlarms: 0, failed: 0, times: [] };
  const waiting = runs();
  const work = async () => {
    for (const { id, folder, variant, meta } of waiting) {
      const told = await run(folder, variant, meta.nodeArgs ?? []);
      say(line(id, variant, told, count(tally, variant, told, meta)));
      if (values.verbose && told.text) say(told.text.replaceAll(/^/gm, '      '));
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));
  say(summary(tally));
  process.exitCode = tally.failed > 0 ? 1 : 0;
}

/** Every variant of every case, as often as was asked for. */
function* runs() {
  for (const found of cases()) {
    const variants = found.meta.kind === 'hard-negative' ? ['fixed'] : ['leaky', 'fixed'];
    const wanted = values.variant.split(',');
    for (const variant of variants.filter((name) => wanted.includes(name))) {
      for (let time = 0; time < Number(values.times); time++) yield { ...found, variant };
    }
  }
}

function* cases() {
  const root = path.join(values.corpus, 'cases');
  for (const id of fs.readdirSync(root).sort()) {
    const folder = path.join(root, id);
    const file = path.join(folder, 'case.json');
    const wanted = positionals.length === 0 || positionals.some((part) => id.includes(part));
    if (wanted && fs.existsSync(file)) {
      yield { id, folder, meta: JSON.parse(fs.readFileSync(file, 'utf8')) };
    }
  }
}

function run(folder, variant, flags) {
  const subject = path.join(__dirname, 'subject.js');
  const { mode, seconds, interval, pace } = values;
  const args = [...flags, subject, mode, folder, seconds, interval, pace];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, VARIANT: variant, NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (text) => {
    output = (output + text).slice(-1e6);
  });
  child.stderr.on('data', (text) => {
    errors = (errors + text).slice(-1e4);
  });
  const ceiling = setTimeout(() => child.kill('SIGKILL'), (Number(seconds) + 120) * 1000);
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      clearTimeout(ceiling);
      const answer = output.split('\n').findLast((text) => text.startsWith('@@ '));
      const failure = `${signal ?? code}: ${errors.trim().split('\n').slice(-3).join(' | ')}`;
      resolve(answer ? JSON.parse(answer.slice(3)) : { failure });
    });
  });
}

/** @returns {string} one word on a run, which is added to the tally */
function count(tally, variant, told, meta) {
  if (told.failure) {
    tally.failed += 1;
    return 'FAILED';
  }
  if (variant === 'fixed') {
    tally.healthy += 1;
    tally.falseAlarms += told.leaking ? 1 : 0;
    return told.leaking ? 'FALSE ALARM' : 'clean';
  }
  tally.leaky += 1;
  if (!told.leaking) return 'MISSED';
  tally.found += 1;
  tally.times.push(told.alarmMs ?? told.ms);
  if (!isNamedRightly(told.suspect, meta.expected)) return 'found, WRONG NAME';
  tally.named += 1;
  return 'found';
}

function line(id, variant, told, word) {
  const seconds = told.ms === undefined ? '' : `${((told.alarmMs ?? told.ms) / 1000).toFixed(1)} s`;
  const said = told.failure ?? told.suspect?.message ?? told.error ?? '';
  const cells = [id.padEnd(36), variant.padEnd(6), word.padEnd(18), seconds.padStart(7)];
  const rest = told.leaking || told.failure ? said : asked(told);
  return `${cells.join(' ')}  ${rest}`.trimEnd();
}

/** What the monitor did to find out, where it found nothing. */
function asked({ gcRequests }) {
  if (gcRequests === undefined) return '';
  const { count, declined } = gcRequests;
  return `asked for ${count} major GCs, not for ${declined} that would have taken too long`;
}

function summary(tally) {
  const share = (part, whole) =>
    `${part} of ${whole} (${((part / whole) * 100 || 0).toFixed(0)} %)`;
  const times = tally.times.toSorted((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)];
  return [
    '',
    `found         ${share(tally.found, tally.leaky)}`,
    `named rightly ${share(tally.named, tally.leaky)}`,
    `false alarms  ${share(tally.falseAlarms, tally.healthy)}`,
    `failed        ${tally.failed}`,
    `time to tell  ${median === undefined ? '-' : `${(median / 1000).toFixed(1)} s (median)`}`,
  ].join('\n');
}

function say(text) {
  process.stdout.write(`${text}\n`);
}

main();
