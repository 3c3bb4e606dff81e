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
/** Of the first calls nearly each has to leave one: a few objects come and go by themselves. */
const FEW_CALLS = 20;
const OF_FEW = 0.95;
/** And below which it surely does not. */
const STAYS = 0.05;
/** Or it became larger, without more objects in it, by this share of the growth. */
const LARGER = 0.5;

/** V8 compiles when it likes, and the growth in question is measured without it. */
const COMPILED = 'code';
/** What only V8's own tables hold. */
const TABLES = new Set(['Internalized strings', 'Strong roots']);

/** A total rise below this, in bytes, is never a leak: the rule of the verdict, too. */
const LEAST_RISE = 2048;

/** Suspects that hold this share of the growth account for it. */
const ACCOUNTS = 0.5;

/** Growth is over when the last interval shows less than this share of what was measured. */
const OVER = 0.25;

/**
 * @param {import('./explain').Explanation} found with those suspects that count
 * @param {number} bytesPerCall measured before
 * @param {number} limit bytes that each call may leave behind
 * @returns {'proven' | 'refuted' | 'open'}
 */
function weigh({ suspects, calls }, bytesPerCall, limit) {
  if (calls === 0) return 'open';
  const heavy = suspects.filter((one) => !isOfV8(one) && one.retainedGrowth > limit * calls);
  const enough = Math.max(PILES_UP * calls, OF_FEW * Math.min(calls, FEW_CALLS));
  const piles = (one) => one.countGrowth >= enough && one.retainedGrowth >= LEAST_RISE;
  if (heavy.some(piles)) return 'proven';
  const open = heavy.some(
    (one) =>
      one.countGrowth >= STAYS * calls || one.retainedGrowth >= LARGER * bytesPerCall * calls,
  );
  return open ? 'open' : 'refuted';
}

function isOfV8({ className, holder }) {
  return className === COMPILED || TABLES.has(holder.className);
}

/**
 * Whether it is plain who holds the growth: with each call the first suspect gained an object, and
 * half of what was measured or more. No further snapshot could name another one before it.
 *
 * @param {import('./explain').Explanation} found
 * @param {number} bytesPerCall measured before
 */
function isPlain({ suspects, calls }, bytesPerCall) {
  const [first] = suspects;
  if (first === undefined) return false;
  return (
    first.countGrowth >= PILES_UP * calls && first.retainedGrowth >= ACCOUNTS * bytesPerCall * calls
  );
}

/**
 * Whether what grew before has stopped growing: something was filling up.
 *
 * @param {import('./explain').Explanation} found
 * @param {number} bytesPerCall measured before
 */
function isOver({ liveSizes, calls }, bytesPerCall) {
  if (calls === 0) return false;
  const [before, after] = liveSizes.slice(-2);
  return after - before < (OVER * bytesPerCall * calls) / (liveSizes.length - 1);
}

module.exports = { OVER, isOver, isPlain, weigh };
