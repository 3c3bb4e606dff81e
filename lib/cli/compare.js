'use strict';

/** `leakguard compare FILE FILE [FILE…]` */

const { formatBytes, formatCount } = require('../units');
const { CLEAN, LEAK_FOUND } = require('./exit-codes');
const { printable, printableText, table } = require('./table');

async function compare({ files, top }, onProgress) {
  const comparison = await require('../snapshot').compareSnapshots(files, { onProgress });
  const data = { files, ...comparison, classes: comparison.classes.slice(0, top) };
  return {
    exitCode: comparison.suspects.length > 0 ? LEAK_FOUND : CLEAN,
    data,
    text: (heading) => print(data, heading),
  };
}

function print({ text, classes }, heading) {
  return [
    `${printableText(text).trimEnd()}\n`,
    `${heading('Classes, by growth of their own bytes')}\n${growthTable(classes)}`,
  ].join('\n');
}

function growthTable(rows) {
  return table(
    ['Growth', 'Now', 'More', 'Count', 'Class'],
    rows.map((row) => [
      signed(row.shallowGrowth, formatBytes),
      formatBytes(row.shallowSizes.at(-1)),
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
