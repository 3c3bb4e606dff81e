'use strict';

/**
 * The word that a misspelled one was most likely meant to be.
 *
 * @param {string} word
 * @param {string[]} known
 * @returns {string | null} null where none is near enough to be worth naming
 */
function closest(word, known) {
  let best = null;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    // A word of which every letter is replaced is another word.
    if (distance < bestDistance && distance < candidate.length) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** Levenshtein's distance where two neighbouring letters swapped count as one step, not two. */
function editDistance(left, right) {
  const rows = [Array.from({ length: right.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1];
      const swapped =
        row > 1 &&
        column > 1 &&
        left[row - 1] === right[column - 2] &&
        left[row - 2] === right[column - 1];
      current.push(
        Math.min(
          rows[row - 1][column] + 1,
          current[column - 1] + 1,
          rows[row - 1][column - 1] + (same ? 0 : 1),
          swapped ? rows[row - 2][column - 2] + 1 : Infinity,
        ),
      );
    }
    rows.push(current);
  }
  return rows[left.length][right.length];
}

module.exports = { closest };
