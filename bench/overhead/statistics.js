'use strict';

/** Medians, and how sure they are. */

/** @returns {number} of numbers in any order */
function median(numbers) {
  const sorted = [...numbers].sort((left, right) => left - right);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle)] + sorted[Math.ceil(middle) - 1]) / 2;
}

/**
 * The median with the interval in which it lies with 95 % confidence, by the binomial distribution of
 * ranks.
 *
 * @param {number[]} numbers
 * @param {number} digits behind the point
 */
function shown(numbers, digits) {
  const sorted = [...numbers].sort((left, right) => left - right);
  const rank = lowestRank(sorted.length);
  const [low, high] = [sorted[rank], sorted[sorted.length - 1 - rank]];
  return `${median(numbers).toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`;
}

/** The rank whose value is below the median with 97.5 % confidence. */
function lowestRank(count) {
  let rank = -1;
  let term = 0.5 ** count;
  for (let below = term; below <= 0.025; below += term) {
    rank += 1;
    term *= (count - rank) / (rank + 1);
  }
  return Math.max(0, rank);
}

module.exports = { median, shown };
