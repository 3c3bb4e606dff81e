'use strict';

/** `leakguard compare FILE FILE [FILE…]` */

const { formatBytes, formatCount } = require('../units');
const { CLEAN, LEAK_FOUND } = require('./exit-codes');
const { percent, printable, printableText, table } = require('./table');

const DEFAULT_TOP = 20;

// Of an ordinary program more than nine tenths are found again.
const FEW_FOUND_AGAIN = 0.5;

async function compare({ files, top }, onProgress) {
  const comparison = await require('../snapshot').compareSnapshots(files, { onProgress });
  const classes = comparison.classes.slice(0, top ?? DEFAULT_TOP);
  const data = { files, ...comparison, classes };
  return {
    exitCode: comparison.suspects.length > 0 ? LEAK_FOUND : CLEAN,
    data,
    text: (heading) => print(data, heading),
  };
}

function print({ text, classes, foundAgain }, heading) {
  const told = foundAgain >= FEW_FOUND_AGAIN;
  const note = told
    ? ''
    : `  Made and gone are not known: only ${percent(foundAgain)} of the first file's objects have the same\n` +
      '  id in the last. Ids last within one process, while its snapshots are made inline.\n';
  return [
    `${printableText(text).trimEnd()}\n`,
    `${heading('Classes, by growth of their own bytes')}\n${growthTable(classes, told)}${note}`,
  ].join('\n');
}

function growthTable(rows, told) {
  if (rows.length === 0) return '  none\n';
  return table(
    ['Growth', 'Now', 'Made', 'Gone', 'More', 'Count', 'Class'],
    rows.map((row) => [
      signed(row.shallowGrowth, formatBytes),
      formatBytes(row.shallowSizes.at(-1)),
      told ? formatCount(row.added) : '-',
      told ? formatCount(row.removed) : '-',
      signed(row.countGrowth, formatCount),
      formatCount(row.counts.at(-1)),
      printable(row.className),
    ]),
  );
}

function signed(amount, format) {
  return amount > 0 ? `+${format(amount)}` : format(amount);
}

module.exports = { compare };
