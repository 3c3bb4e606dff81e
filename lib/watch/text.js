'use strict';

/** What test files left behind, for a person. */

const path = require('node:path');
const { formatBytes } = require('../units');

/** Files that are listed. */
const MOST_FILES = 10;

/** Growth by which a file is told of, in bytes. */
const NOTABLE = 1024 ** 2;

/**
 * @typedef {object} Left
 * @property {string} file absolute
 * @property {string} worker that ran it
 * @property {boolean} isFirst whether it was the first that this worker ran
 * @property {number} live bytes
 * @property {number} external bytes
 * @property {Record<string, number>} handles kind to how many more are open
 * @property {Record<string, number>} listeners event of `process` to how many more there are
 * @property {{ message: string }[]} suspects
 */

/**
 * @param {Left[]} files
 * @param {{ base: string, unseen: number }} options folder that paths begin in, and how many more
 *   files there were, each the last one of its worker
 * @returns {string}
 */
function filesText(files, { base, unseen }) {
  if (files.length + unseen === 0) {
    return (
      'Memory: nothing was measured. With jest this reporter needs jest 30 or newer, and ' +
      'leakguard/jest among the setupFilesAfterEnv.'
    );
  }
  const workers = new Set(files.map(({ worker }) => worker)).size;
  const head = `Memory: ${count(files.length, 'test file')} in ${count(workers, 'worker')}`;
  const rest = unseen > 0 ? `\n${notMeasured(unseen)}` : '';
  if (files.length === 0) return `Memory: no test file could be measured.${rest}`;
  const left = files.filter((file) => describe(file).length > 0);
  if (left.length === 0) return `${head}; none of them left anything behind.${rest}`;
  const ranked = left.toSorted((one, other) => size(other) - size(one));
  const lines = ranked.slice(0, MOST_FILES).map((file) => entry(file, base));
  const unlisted = ranked.length - MOST_FILES;
  if (unlisted > 0) lines.push(`  and ${count(unlisted, 'more file')}`);
  const what = `; ${left.length} left something behind, which is there until the worker ends:`;
  return `${[`${head}${what}`, ...lines].join('\n')}${rest}`;
}

function notMeasured(files) {
  return (
    `  Not measured: ${count(files, 'file')}, the last of ${files === 1 ? 'its worker' : 'their workers'}. ` +
    'What a file leaves behind shows when the next one begins.'
  );
}

function size({ live, external }) {
  return Math.max(live, external);
}

function entry(file, base) {
  const first = file.isFirst ? ' (the first of its worker: what is loaded once counts here)' : '';
  const lines = [`  ${path.relative(base, file.file)}: ${describe(file).join(', ')}${first}`];
  for (const { message } of file.suspects) lines.push(`    - ${message}`);
  return lines.join('\n');
}

function describe({ live, external, handles, listeners }) {
  const found = [];
  if (live >= NOTABLE) found.push(`${formatBytes(live)} of live heap`);
  if (external >= NOTABLE) found.push(`${formatBytes(external)} of external memory`);
  for (const [kind, more] of Object.entries(handles)) found.push(`${more} ${kind} still open`);
  for (const [name, more] of Object.entries(listeners)) {
    found.push(`${count(more, 'listener')} for '${name}' on process`);
  }
  return found;
}

function count(number, noun) {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

module.exports = { filesText };
