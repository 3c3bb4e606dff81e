'use strict';

/** The outcomes of the bench, for people. */

const NAMES = {
  whole: 'whole',
  'server died': 'SERVER DIED',
  ERR_LEAKGUARD_REFUSED: 'refused',
  ERR_LEAKGUARD_OUT_OF_MEMORY: 'broken off',
  ERR_LEAKGUARD_FORK_FAILED: 'children failed',
};

/**
 * @param {{ outcome: string, attempts?: number }[]} results
 * @returns {string} such as `2 whole, 1 broken off`
 */
function outcomes(results) {
  const counts = new Map();
  for (const { outcome, mode, attempts = 1 } of results) {
    const how = [mode === 'inline' && 'inline', attempts > 1 && `${attempts} tries`];
    const name = [NAMES[outcome] ?? outcome, ...how.filter(Boolean)].join(' ');
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Array.from(counts, ([name, count]) => `${count} ${name}`).join(', ');
}

const COLUMNS = [
  ['limit', ({ limit }) => mb(limit)],
  ['heap', ({ heap }) => `${heap} MB`],
  ['of', ({ kind }) => kind],
  ['captured', ({ way }) => way],
  ['outcomes', (row) => row.outcomes],
  ['answers', ({ answers }) => answers],
  ['wrong', ({ wrong }) => wrong],
  ['missing', ({ missing }) => missing],
  ['peak', ({ peak }) => mb(peak)],
  ['left before', ({ headroomBefore }) => mb(headroomBefore)],
  ['least left', ({ headroom }) => mb(headroom)],
  ['limit hit', ({ limitHits }) => limitHits],
  ['OOM', ({ outOfMemory }) => outOfMemory],
  ['killed', ({ kills, groupKills }) => (groupKills ? `${kills} (group)` : kills)],
  ['server', ({ died }) => (died === false ? 'alive' : `DIED (${died})`)],
];

function table(rows) {
  const lines = [
    COLUMNS.map(([title]) => title),
    ...rows.map((row) => COLUMNS.map(([, cell]) => String(cell(row)))),
  ];
  const widths = COLUMNS.map((_, index) => Math.max(...lines.map((line) => line[index].length)));
  const text = (line) => line.map((cell, index) => cell.padStart(widths[index])).join('  ');
  return lines.map(text).join('\n');
}

const mb = (bytes) => `${(bytes / 2 ** 20).toFixed(0)} MB`;

module.exports = { outcomes, table };
