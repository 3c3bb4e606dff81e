'use strict';

/** Calls before the first measurement. */

/** It is over with the first window that reaches one of these. */
const LAST_WINDOW = { calls: 1000, ms: 20, bytes: 256 * 1024 };
const FACTOR = 4;

/**
 * As many calls as asked for; else windows of ever more calls, until one counts for something.
 * The first call never does: it loads and compiles.
 *
 * @param {import('../growth').Test} test
 * @param {number | null} wanted calls
 * @returns {Promise<number>} bytes that a call seems to leave behind; 0 where nobody looked
 */
async function warmUp({ workload, collector }, wanted) {
  if (wanted !== null) {
    await workload.run(wanted);
    return 0;
  }
  await workload.run(1);
  let before = await collector.collectOnce();
  for (let calls = FACTOR; ; calls *= FACTOR) {
    const whole = await workload.run(calls);
    const after = await collector.collectOnce();
    const growth = grown(before, after);
    const ms = calls * workload.msPerCall;
    const last = calls >= LAST_WINDOW.calls || ms >= LAST_WINDOW.ms || growth >= LAST_WINDOW.bytes;
    if (last || !whole) return growth / calls;
    before = after;
  }
}

/**
 * @param {import('../garbage').Floor} before
 * @param {import('../garbage').Floor} after
 * @returns {number} bytes, of the kind of memory that grew more
 */
function grown(before, after) {
  return Math.max(after.live - before.live, after.external - before.external);
}

module.exports = { grown, warmUp };
