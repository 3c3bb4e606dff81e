'use strict';

/** How many handles and requests keep the event loop alive, by kind. */

const { performance } = require('node:perf_hooks');

/** Counting takes this share of the time at most: it takes long where there are very many. */
const MOST_SHARE = 0.001;

/** Between two counts, ms, at least: each leaves a kilobyte of garbage. */
const LEAST_PAUSE = 1000;

/** Counts them. */
class HandleWatch {
  #interval;
  /** Samples until the next count: they are cheaper to count than the time. */
  #rest = 0;

  /** @param {number} interval between two samples, ms */
  constructor(interval) {
    this.#interval = interval;
  }

  /**
   * JSON: pairs of a kind, by Node's name for it, and how many there are; null where it was counted a
   * moment ago, or Node does not tell.
   *
   * @returns {string | null}
   */
  take() {
    if (this.#rest > 0 || process.getActiveResourcesInfo === undefined) {
      this.#rest -= 1;
      return null;
    }
    const begun = performance.now();
    const counts = new Map();
    for (const kind of process.getActiveResourcesInfo()) {
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    const answer = JSON.stringify([...counts]);
    const pause = Math.max(LEAST_PAUSE, (performance.now() - begun) / MOST_SHARE);
    this.#rest = Math.ceil(pause / this.#interval) - 1;
    return answer;
  }
}

module.exports = { HandleWatch };
