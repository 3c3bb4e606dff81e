'use strict';

/**
 * The objects of a snapshot that retain the most, each after the one that dominates it: the top of
 * the dominator tree.
 *
 * No object retains more than its dominator, so whoever takes the largest of all the children of
 * what was taken before has the largest of all.
 *
 * @param {import('../..').Snapshot} snapshot
 * @param {number} top rows at most
 * @returns {(import('../..').NodeRow & { depth: number })[]} `depth` is 0 below the GC root
 */
function largestDominators(snapshot, top) {
  const taken = [];
  const candidates = [];
  const consider = (children, parent) => {
    for (const row of children) {
      const place = insertionPlace(candidates, row.retainedSize);
      if (place >= top - taken.length) break;
      candidates.splice(place, 0, {
        row,
        children: [],
        depth: parent ? parent.depth + 1 : 0,
        parent,
      });
    }
  };
  consider(snapshot.dominators(undefined, { top }), null);
  while (taken.length < top && candidates.length > 0) {
    const largest = candidates.shift();
    taken.push(largest);
    largest.parent?.children.push(largest);
    if (taken.length < top) consider(snapshot.dominators(largest.row.id, { top }), largest);
  }
  return inTreeOrder(taken.filter(({ parent }) => parent === null));
}

/** Where to insert so that the largest stays first, behind those of the same size. */
function insertionPlace(candidates, retainedSize) {
  let low = 0;
  let high = candidates.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (candidates[middle].row.retainedSize >= retainedSize) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Each before its children; a loop, as a list may be dominated link by link. */
function inTreeOrder(roots) {
  const rows = [];
  const pending = roots.toReversed();
  while (pending.length > 0) {
    const { row, depth, children } = pending.pop();
    rows.push({ ...row, depth });
    pending.push(...children.toReversed());
  }
  return rows;
}

module.exports = { largestDominators };
