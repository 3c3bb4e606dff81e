'use strict';

/** `leakguard analyze FILE`: what is in a snapshot, or one list, class or object of it. */

const { formatBytes, formatCount } = require('../units');
const { askClass, printClass } = require('./class-view');
const { CLEAN } = require('./exit-codes');
const { lists } = require('./lists');
const { askObject, printObject } = require('./object-view');
const { pathsText } = require('./path-text');
const { printable, table } = require('./table');

const DEFAULT_TOP = 20;

/** What is shown where nothing is asked for, with the rows of each. */
const OVERVIEW = {
  statistics: DEFAULT_TOP,
  accumulations: 10,
  classes: DEFAULT_TOP,
  dominators: DEFAULT_TOP,
  collections: 10,
  strings: 5,
};

// The most that the addon gives.
const MOST_PATHS = 100;

async function analyze({ files: [file], ...given }, onProgress) {
  const opened = await require('../snapshot').openSnapshot(file, { onProgress });
  try {
    const { data, print } = await ask(opened.promises, given);
    const heading = (style) => `${style(printable(file, 200))}\n`;
    return {
      exitCode: CLEAN,
      data: { file, ...data },
      text: (style) => `${heading(style)}${print(style)}`,
    };
  } finally {
    opened.close();
  }
}

function ask(snapshot, given) {
  const top = given.top ?? DEFAULT_TOP;
  if (given.node !== null) return askOne(askObject(snapshot, given.node, top), printObject);
  if (given.class !== null) return askOne(askClass(snapshot, given.class, top), printClass);
  if (given.path !== null) {
    const count = Math.min(given.top ?? 5, MOST_PATHS);
    const paths = snapshot.paths(given.path, { count });
    return askOne(
      paths.then((found) => ({ paths: found })),
      ({ paths: found }, style) => pathsText(found, style),
    );
  }
  return askLists(snapshot, given);
}

async function askOne(asked, print) {
  const view = await asked;
  return { data: view, print: (style) => `\n${print(view, style)}` };
}

async function askLists(snapshot, { show, top }) {
  const data = { summary: await snapshot.summary() };
  const names = show ?? Object.keys(OVERVIEW);
  for (const name of names) {
    const rows = top ?? (show === null ? OVERVIEW[name] : DEFAULT_TOP);
    data[name] = await lists[name].ask(snapshot, rows);
  }
  return {
    data,
    print(style) {
      const printed = names.map((name) => lists[name].print(data[name], style));
      return [totals(data.summary), ...printed].join('\n');
    },
  };
}

function totals(summary) {
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

module.exports = { analyze };
