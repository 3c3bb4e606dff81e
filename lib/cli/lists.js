'use strict';

/**
 * The lists that `leakguard analyze` shows: for each, what the snapshot is asked, what stands above
 * it, and its table.
 */

const { formatBytes, formatCount } = require('../units');
const { distance, nodeName, percent, place, printable, table } = require('./table');

// No one reads a longer tree.
const MOST_DOMINATORS = 1000;

const STATISTICS = [
  ['code', 'compiled code'],
  ['strings', 'strings'],
  ['jsArrays', 'arrays of JavaScript'],
  ['typedArrays', 'contents of buffers and typed arrays'],
  ['native', "other memory outside V8's heap"],
  ['system', "V8's own bookkeeping"],
  ['other', 'other objects, functions, numbers, hidden classes'],
];

const count = (number) => (number === null ? '-' : formatCount(number));

/** A list that is a table of rows. */
function tabular({ ask, title, headings, cells, note }) {
  return {
    ask,
    print(rows, heading) {
      const body = rows.length === 0 ? '  none\n' : table(headings, rows.map(cells));
      return `${heading(title)}\n${body}${note && rows.length > 0 ? `  ${note}\n` : ''}`;
    },
  };
}

const classHeadings = ['Retained', 'Shallow', 'Count', 'Distance', 'Class'];

function classCells(row) {
  return [
    formatBytes(row.retainedSize),
    formatBytes(row.shallowSize),
    formatCount(row.count),
    distance(row.distance),
    printable(row.className),
  ];
}

const objectHeadings = ['Retained', 'Shallow', 'Id', 'Distance', 'Object'];

function objectCells(row) {
  return [
    formatBytes(row.retainedSize),
    formatBytes(row.shallowSize),
    `@${row.id}`,
    distance(row.distance),
    '  '.repeat(Math.min(row.depth ?? 0, 40)) + printable(nodeName(row)),
  ];
}

const lists = {
  statistics: {
    ask: (snapshot) => snapshot.statistics(),
    print(statistics, heading) {
      const rows = STATISTICS.map(([key, text]) => [
        formatBytes(statistics[key]),
        percent(statistics[key] / statistics.total),
        text,
      ]);
      return `${heading('Memory, by kind')}\n${table(['Bytes', 'Share', 'Kind'], rows)}`;
    },
  },
  accumulations: tabular({
    ask: (snapshot, top) => snapshot.accumulations({ top }),
    title: 'Where memory has piled up: 5 % of the live heap and more',
    headings: ['Retained', 'Id', 'What'],
    cells: (row) => [
      formatBytes(row.retainedSize),
      row.point === null ? '-' : `@${row.point.id}`,
      printable(row.message, 300),
    ],
  }),
  classes: tabular({
    ask: (snapshot, top) => snapshot.classes({ top }),
    title: 'Classes, by retained size',
    headings: classHeadings,
    cells: classCells,
  }),
  dominators: tabular({
    ask: (snapshot, top) => snapshot.largestObjects({ top: Math.min(top, MOST_DOMINATORS) }),
    title: 'Objects that retain the most, each under its dominator',
    headings: objectHeadings,
    cells: objectCells,
  }),
  collections: tabular({
    ask: (snapshot, top) => snapshot.collections({ top }),
    title: 'Largest collections',
    headings: ['Retained', 'Entries', 'Room for', 'Empty', 'Id', 'Collection'],
    cells: (row) => [
      formatBytes(row.retainedSize),
      row.kind === 'buffer' ? '-' : count(row.entries),
      row.kind === 'buffer' ? '-' : count(row.capacity),
      formatBytes(row.emptySize),
      `@${row.id}`,
      `${printable(row.className)} ${printable(row.name)}${place(row)}`,
    ],
    note: 'Entries that are numbers, booleans, null or undefined do not show; - is for not known.',
  }),
  strings: tabular({
    ask: (snapshot, top) => snapshot.duplicateStrings({ top }),
    title: 'Strings that are held more than once, by what that wastes',
    headings: ['Wasted', 'Count', 'Id of one', 'Text'],
    cells: (row) => [
      formatBytes(row.wasted),
      formatCount(row.count),
      `@${row.ids[0]}`,
      `${row.cut ? '(equal as far as the file has them) ' : ''}${printable(JSON.stringify(row.text), 60)}`,
    ],
  }),
  closures: tabular({
    ask: async (snapshot, top) => oneOfEachScope(await snapshot.closures({ top: 20 * top }), top),
    title: 'Functions, by what the scopes that they close over retain',
    headings: [
      'Retained',
      'Scopes',
      'Closures',
      'Id of one',
      'Function, and the largest variables',
    ],
    cells: (row) => [
      formatBytes(row.contextsRetainedSize),
      formatCount(row.contexts),
      formatCount(row.count),
      `@${row.id}`,
      `${printable(row.function || '(anonymous)')}${place(row)}${others(row)}${variables(row)}`,
    ],
  }),
  contexts: tabular({
    ask: async (snapshot, top) => (await snapshot.contexts()).slice(0, top),
    title: 'Native contexts: one of the program, one of each vm context',
    headings: ['Retained', 'Id', 'Context'],
    cells: (row) => [
      formatBytes(row.retainedSize),
      `@${row.id}`,
      row.main
        ? "the program's own"
        : `${row.detached ? 'detached, ' : ''}${printable(row.name)}${place(row)}`,
    ],
  }),
  packages: tabular({
    ask: (snapshot, top) => snapshot.packages({ top }),
    title: 'Bytes by npm package: its code, functions, instances, and what they alone hold',
    headings: ['Bytes', 'Code', 'Functions', 'Objects', 'Package'],
    cells: (row) => [
      formatBytes(row.size),
      formatBytes(row.codeSize),
      formatCount(row.closures),
      formatCount(row.objects),
      row.package === null
        ? 'none: held by several, or by V8 itself'
        : `${printable(row.package)}${row.scripts > 1 ? `, ${formatCount(row.scripts)} scripts` : ''}`,
    ],
  }),
  scripts: tabular({
    ask: (snapshot, top) => snapshot.scripts({ top }),
    title: 'Bytes by script: its code, functions, instances, and what they alone hold',
    headings: ['Bytes', 'Code', 'Functions', 'Objects', 'Script'],
    cells: (row) => [
      formatBytes(row.size),
      formatBytes(row.codeSize),
      formatCount(row.closures),
      formatCount(row.objects),
      row.script === null ? 'none: held by several, or by V8 itself' : printable(row.script, 120),
    ],
  }),
};

/**
 * Functions of one scope share all figures about it: the one with most closures stands for all,
 * and tells how many there are besides it.
 */
function oneOfEachScope(rows, top) {
  const byScope = new Map();
  for (const row of rows.filter(({ scope }) => scope !== 0)) {
    const found = byScope.get(row.scope);
    if (found) found.otherFunctions += 1;
    else byScope.set(row.scope, { ...row, otherFunctions: 0 });
  }
  return [...byScope.values()].slice(0, top);
}

function others({ otherFunctions }) {
  if (otherFunctions === 0) return '';
  const many = otherFunctions === 1 ? 'function' : 'functions';
  return ` and ${formatCount(otherFunctions)} more ${many} of its scope`;
}

function variables(row) {
  const largest = row.variables.filter(({ retainedSize }) => retainedSize > 0).slice(0, 2);
  const text = largest.map(
    ({ name, retainedSize }) => `${printable(name)} ${formatBytes(retainedSize)}`,
  );
  return text.length > 0 ? `: ${text.join(', ')}` : '';
}

module.exports = { classCells, classHeadings, lists, objectCells, objectHeadings };
