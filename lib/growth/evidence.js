'use strict';

/**
 * What snapshots say where the figures alone leave it open.
 *
 * V8 itself keeps a little more with every thousand calls for a long time. In bytes that looks like
 * a small leak; in objects it does not: a leak leaves as many of them as there were calls, V8 (in
 * the healthy programs that were tried) at most four in a hundred.
 */

/** Objects for each call, from which on something surely piles up. */
const PILES_UP = 0.5;
/** And below which it surely does not. */
const STAYS = 0.05;
/** Or it became larger, without more objects in it, by this share of the growth. */
const LARGER = 0.5;

/**
 * @param {object} found
 * @param {import('../..').Suspect[]} found.suspects those that count
 * @param {number} found.calls how many lie between the first and the last snapshot; 0 where
 *   there is none
 * @param {number} bytesPerCall measured before
 * @param {number} limit bytes that each call may leave behind
 * @returns {'proven' | 'refuted' | 'open'}
 */
function weigh({ suspects, calls }, bytesPerCall, limit) {
  if (calls === 0) return 'open';
  const heavy = suspects.filter((one) => one.retainedGrowth > limit * calls);
  if (heavy.some((one) => one.countGrowth >= PILES_UP * calls)) return 'proven';
  const open = heavy.some(
    (one) =>
      one.countGrowth >= STAYS * calls || one.retainedGrowth >= LARGER * bytesPerCall * calls,
  );
  return open ? 'open' : 'refuted';
}

module.exports = { weigh };
