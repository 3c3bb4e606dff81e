'use strict';

/** The results of the bench, for people. */

const TITLES = {
  classes: 'parse and class table',
  retained: 'parse, dominators and retained sizes',
  growth: 'growth over three snapshots',
};

function say(line) {
  process.stdout.write(`${line}\n`);
}

const sorted = (numbers) => [...numbers].sort((a, b) => a - b);
const median = (numbers) => sorted(numbers)[Math.floor(numbers.length / 2)];
const seconds = (ms) => `${(ms / 1000).toFixed(ms < 9950 ? 2 : 1)} s`;
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;

/** Theirs over ours, of the runs of the same turn: the median and the range. */
function ratio(theirs, ours, name) {
  const ratios = theirs.map((run, turn) => run[name] / ours[turn][name]);
  const [least, most] = [sorted(ratios)[0], sorted(ratios).at(-1)];
  const digits = (number) => number.toFixed(number < 9.95 ? 1 : 0);
  return `${digits(median(ratios))} x [${digits(least)} to ${digits(most)}]`;
}

/**
 * @param {string} task
 * @param {number} bytes of the first file
 * @param {Map<string, object[]>} results of every program, in order of turns
 */
function showTask(task, bytes, results) {
  const ours = results.get('leakguard');
  const rows = [['', 'wall', 'CPU', 'peak', 'peak / file', 'wall ratio', 'peak ratio']];
  for (const [name, runs] of results) {
    const failed = runs.find((run) => run.failed);
    if (failed) {
      rows.push([name, failed.failed]);
      continue;
    }
    const middle = (figure) => median(runs.map((run) => run[figure]));
    const rival = runs !== ours && !ours.some((run) => run.failed);
    rows.push([
      name,
      seconds(middle('wall')),
      seconds(middle('cpu')),
      megabytes(middle('peak')),
      (middle('peak') / bytes).toFixed(2),
      rival ? ratio(runs, ours, 'wall') : '',
      rival ? ratio(runs, ours, 'peak') : '',
    ]);
  }
  say(`${TITLES[task]}, ${ours.length} runs each:\n`);
  show(rows);
}

/** What ours spends beside what the bytes cost at least. */
function showLimits(bytes, runs, limits) {
  if (runs.some((run) => run.failed) || limits.some((run) => run.failed)) return;
  const stage = (of, name) => median(of.map((run) => run.said.stages[name]));
  const scan = stage(limits, 'scan');
  const rows = [['stage of leakguard', 'took', 'bytes of file', 'over a plain scan']];
  const figures = [
    ['(limit) read through the page cache', stage(limits, 'read')],
    ['(limit) first touch of as much memory', stage(limits, 'touch')],
    ['(limit) memchr over all bytes', stage(limits, 'memchr')],
    ['(limit) plain scan of the numbers, one thread', scan],
    ['parse', stage(runs, 'parse')],
    ['dominators, retained sizes, distances', stage(runs, 'analyse')],
  ];
  for (const [name, took] of figures) {
    const rate = `${(bytes / took / 1e6).toFixed(2)} GB/s`;
    rows.push([name, `${took.toFixed(0)} ms`, rate, `${(took / scan).toFixed(2)} x`]);
  }
  show(rows);
}

function show(rows) {
  const widths = rows[0].map((_, column) =>
    Math.max(...rows.filter((row) => row.length > 2).map((row) => row[column].length)),
  );
  const text = (cell, column) =>
    column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column] ?? 0);
  for (const row of rows) say(row.map(text).join('  '));
  say('');
}

module.exports = { say, showLimits, showTask };
