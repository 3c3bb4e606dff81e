'use strict';

/** For scripts in processes of their own. */

const path = require('node:path');
const v8 = require('node:v8');
const { compareSnapshots } = require('leakguard');

/**
 * What leakguard says of a program by three snapshots.
 *
 * @param {string} folder for the snapshots
 * @param {(round: 1 | 2 | 3) => unknown} work before each of them
 * @returns {Promise<import('../..').Suspect[]>}
 */
async function suspectsOf(folder, work) {
  const files = [];
  for (const round of [1, 2, 3]) {
    await work(round);
    files.push(v8.writeHeapSnapshot(path.join(folder, `${round}.heapsnapshot`)));
  }
  const { suspects } = await compareSnapshots(files);
  return suspects;
}

module.exports = { suspectsOf };
