'use strict';

/** `leakguard blackbox FILE`: what a flight recorder's file tells of a process that was killed. */

const { runJob } = require('../job');
const { native } = require('../native');
const { formatBytes, formatDuration } = require('../units');
const { CLEAN, LEAK_FOUND } = require('./exit-codes');
const { percent, printable, table } = require('./table');

/** Columns of a drawing. */
const WIDTH = 32;
const BARS = [...'▁▂▃▄▅▆▇█'];

/** What is drawn: its name, and where it stands in a sample. */
const METRICS = [
  ['resident set', (sample) => sample.rss],
  ['heap in use', (sample) => sample.heapUsed],
  ['live heap, after major collections', (sample) => sample.liveHeap],
  ['external memory', (sample) => sample.external],
  ['of it, in ArrayBuffers', (sample) => sample.arrayBuffers],
  ['container', ({ system }) => (system.containerLimit === null ? null : system.containerUsed)],
];

const STATES = {
  warming: 'too little is known',
  notSettled: 'it grew, and whether that would have ended cannot be told',
  clean: 'no leak, as far as can be seen',
  leaking: 'it leaked',
};

async function blackbox({ files: [file] }) {
  const { status, leaks, ...record } = await runJob((done) => native().readBlackBox(file, done));
  const verdict = { heap: status.heap, external: status.external, leaks };
  const told = record.notes.findLast(({ kind }) => kind === 'leak' || kind === 'settled');
  return {
    exitCode: leaks.length > 0 || told?.kind === 'leak' ? LEAK_FOUND : CLEAN,
    data: { file, ...record, verdict },
    text: (heading) => print({ file, ...record, verdict }, heading),
  };
}

function print(
  { file, pid, thread, node, script, started, end, notes, samples, verdict },
  heading,
) {
  const whose = thread === 0 ? `Process ${pid}` : `Thread ${thread} of process ${pid}`;
  const lines = [
    heading(printable(file, 200)),
    `${whose}, ${printable(script, 200)}, Node.js ${printable(node)}`,
    `Watched since ${moment(started)}.`,
  ];
  const last = samples.at(-1);
  if (last !== undefined) {
    lines.push(
      `Last sample at ${moment(last.time)}, after ${formatDuration(last.time - started)}.`,
    );
  }
  lines.push(
    end === null
      ? 'It did not end by itself: it was killed (for want of memory, or by a signal), or it still runs.'
      : `It ended by itself at ${moment(end.time)}, with exit code ${end.exitCode}.`,
  );
  return [
    `${lines.join('\n')}\n`,
    `${heading(`Memory${samples.length > 1 ? ` in its last ${formatDuration(last.time - samples[0].time)}` : ''}`)}\n${memory(samples)}`,
    `${heading('Limits at the last sample')}\n${limits(last)}`,
    `${heading('What was said')}\n${said(notes)}`,
    `${heading('What these samples show')}\n${shown(verdict)}`,
  ].join('\n');
}

function memory(samples) {
  const rows = METRICS.flatMap(([name, of]) => {
    const known = samples.filter((sample) => of(sample) !== null);
    if (known.length === 0) return [];
    const values = known.map(of);
    const figures = [values[0], values.at(-1), Math.max(...values)].map(formatBytes);
    return [[...figures, drawing(known, of), name]];
  });
  if (rows.length === 0) return '  no sample was taken\n';
  return table(['First', 'Last', 'Most', ''.padEnd(WIDTH), ''], rows);
}

/** The highest value of each stretch of time, or the one before, between nothing and the most. */
function drawing(samples, of) {
  const [first, last] = [samples[0].time, samples.at(-1).time];
  const columns = new Array(WIDTH).fill(null);
  for (const sample of samples) {
    const place = Math.floor(((sample.time - first) / Math.max(1, last - first)) * (WIDTH - 1));
    columns[place] = Math.max(columns[place] ?? 0, of(sample));
  }
  const most = Math.max(1, ...columns);
  let value = 0;
  return columns
    .map((known) => {
      value = known ?? value;
      return BARS[Math.round((value / most) * (BARS.length - 1))];
    })
    .join('');
}

function limits(sample) {
  if (sample === undefined) return '  not known\n';
  const { containerLimit, containerUsed, systemTotal, systemAvailable } = sample.system;
  const rows = [["V8's heap", sample.heapUsed, sample.heapLimit]];
  if (containerLimit !== null) rows.push(['the container', containerUsed ?? 0, containerLimit]);
  if (systemTotal !== null && systemAvailable !== null) {
    rows.push(['the system', systemTotal - systemAvailable, systemTotal]);
  }
  return table(
    ['Used', 'Limit', 'Share', 'Of'],
    rows
      .filter(([, , limit]) => limit > 0)
      .map(([name, used, limit]) => [
        formatBytes(used),
        formatBytes(limit),
        percent(used / limit),
        name,
      ]),
  );
}

function said(notes) {
  if (notes.length === 0) return '  nothing\n';
  return notes
    .map(({ time, message }) => `  ${moment(time)}  ${printable(message, 400)}\n`)
    .join('');
}

function shown({ heap, external, leaks }) {
  if (leaks.length > 0)
    return leaks.map(({ message }) => `  ${printable(message, 400)}\n`).join('');
  return `  live heap: ${STATES[heap.state]}\n  external memory: ${STATES[external.state]}\n`;
}

function moment(time) {
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

module.exports = { blackbox };
