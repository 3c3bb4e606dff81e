'use strict';

/** `leakguard analyze FILE` */

const { formatBytes, formatCount } = require('../units');
const { largestDominators } = require('./dominators');
const { CLEAN } = require('./exit-codes');
const { printable, table } = require('./table');

// From here on V8's own objects only, or nothing at all, lead to an object; DevTools shows "-" too.
const NO_DISTANCE = 100_000_000;

// Each costs a question to the addon, and no one reads a longer tree.
const MOST_DOMINATORS = 1000;

async function analyze({ files: [file], top }, onProgress) {
  const snapshot = await require('../snapshot').openSnapshot(file, { onProgress });
  const data = {
    file,
    summary: snapshot.summary(),
    classes: snapshot.classes({ top }),
    dominators: largestDominators(snapshot, Math.min(top, MOST_DOMINATORS)),
  };
  snapshot.close();
  return { exitCode: CLEAN, data, text: (heading) => print(data, heading) };
}

function print({ file, summary, classes, dominators }, heading) {
  return [
    `${heading(printable(file))}\n${totalsTable(summary)}`,
    `${heading('Classes, by retained size')}\n${classTable(classes)}`,
    `${heading('Objects that retain the most, each under its dominator')}\n${nodeTable(dominators)}`,
  ].join('\n');
}

function totalsTable(summary) {
  return table(
    [formatBytes(summary.liveSize), 'live: the GC roots reach it'],
    [
      [formatBytes(summary.totalSize), 'in the whole file'],
      [formatCount(summary.nodes), 'nodes'],
      [formatCount(summary.edges), 'edges'],
      [formatCount(summary.strings), 'strings'],
    ],
  );
}

function classTable(rows) {
  return table(
    ['Retained', 'Shallow', 'Count', 'Distance', 'Class'],
    rows.map((row) => [
      formatBytes(row.retainedSize),
      formatBytes(row.shallowSize),
      formatCount(row.count),
      formatDistance(row.distance),
      printable(row.className),
    ]),
  );
}

function nodeTable(rows) {
  return table(
    ['Retained', 'Shallow', 'Id', 'Distance', 'Object'],
    rows.map((row) => [
      formatBytes(row.retainedSize),
      formatBytes(row.shallowSize),
      `@${row.id}`,
      formatDistance(row.distance),
      '  '.repeat(row.depth) + printable(nodeName(row)),
    ]),
  );
}

function nodeName({ className, name }) {
  return name === '' || name === className ? className : `${className} ${name}`;
}

function formatDistance(distance) {
  return distance >= NO_DISTANCE ? '-' : String(distance);
}

module.exports = { analyze };
