'use strict';

/** How many handles and requests keep the event loop alive, by kind. */

const { performance } = require('node:perf_hooks');

/** Counting takes this share of the time at most: it takes long where there are very many. */
const MOST_SHARE = 0.001;

/** Counts them. */
class HandleWatch {
  #next = -Infinity;

  /**
   * JSON: pairs of a kind, by Node's name for it, and how many there are; null where it was counted a
   * moment ago, or Node does not tell.
   *
   * @returns {string | null}
   */
  take() {
    const begun = performance.now();
    if (begun < this.#next || process.getActiveResourcesInfo === undefined) return null;
    const counts = new Map();
    for (const kind of process.getActiveResourcesInfo()) {
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    const answer = JSON.stringify([...counts]);
    this.#next = begun + (performance.now() - begun) / MOST_SHARE;
    return answer;
  }
}

module.exports = { HandleWatch };
