'use strict';

/** What speaks against a first verdict, and the measuring that settles it. */

const { OVER, isOver, isPlain } = require('./evidence');

/** A leak that slows down to less than this share is none: the rule of the verdict, too. */
const GOES_ON = 0.5;

/**
 * - `undecided`: neither figures nor snapshots could tell.
 * - `over`: the figures say leak, but the snapshots, which are later, that nothing comes any more.
 * - `slower`: so far it was a leak, but the last calls left less.
 *
 * @typedef {'undecided' | 'over' | 'slower'} Doubt
 */

/**
 * @param {import('./ladder').Ladder | import('./even-rungs').EvenRungs} method
 * @param {import('./rungs').Verdict} verdict
 * @param {import('./explain').Explanation} found
 * @param {'proven' | 'refuted' | 'open'} evidence
 * @returns {Promise<Doubt | null>}
 */
async function doubtOf(method, verdict, found, evidence) {
  const { leaking, decided, kind, bytesPerIteration } = verdict;
  if (!decided && evidence === 'open') return 'undecided';
  // Against the number of handles snapshots have nothing to say.
  const isRefuted = evidence === 'refuted' && kind !== 'handles';
  if (leaking && isRefuted && isOver(found, bytesPerIteration)) return 'over';
  const isLeak = leaking || (!decided && evidence === 'proven');
  return isLeak && !(await lasts(method, verdict, found)) ? 'slower' : null;
}

/** A cache that fills up looks like a leak until it is full. */
async function lasts(method, verdict, found) {
  const { bytesPerIteration } = verdict;
  const isRare = found.calls > 0 && !isPlain(found, bytesPerIteration);
  const isLonger = await method.goOn(bytesPerIteration, isRare);
  return !isLonger || method.rungs.lastShare(verdict) >= GOES_ON;
}

/**
 * Measures on.
 *
 * @param {import('./ladder').Ladder | import('./even-rungs').EvenRungs} method
 * @param {Doubt} doubt
 * @returns {Promise<import('./rungs').Verdict>}
 */
async function settle(method, doubt) {
  const isOpen = doubt === 'undecided';
  const { iterations } = method.rungs;
  const verdict = await method.measure((known) => known.decided && (isOpen || !known.leaking));
  if (isOpen || !verdict.leaking) return verdict;
  // Of the heap, where there was no time for another rung, the snapshots have the last word.
  const hasLastWord = doubt === 'over' && method.rungs.iterations === iterations;
  const isEnded = hasLastWord ? verdict.memory === 'heap' : method.rungs.lastShare(verdict) < OVER;
  // Time was up before the figures of all calls could agree with the last ones.
  return isEnded ? { ...verdict, leaking: false, decided: false, kind: null } : verdict;
}

module.exports = { doubtOf, settle };
