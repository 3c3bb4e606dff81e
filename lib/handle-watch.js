'use strict';

/** How many handles, workers and listeners there are, by kind. */

const { performance } = require('node:perf_hooks');
const { FIGURE } = require('./figures');

/** Counting takes this share of the time at most: it takes long where there are very many. */
const MOST_SHARE = 0.001;

/** Between two counts, ms, at least: each leaves a kilobyte or two of garbage. */
const LEAST_PAUSE = 1000;

/** Counts them. */
class HandleWatch {
  #figures;
  #workers;
  #listeners;
  #interval;
  /** Samples until the next count: they are cheaper to count than the time. */
  #rest = 0;

  /**
   * @param {Float64Array} figures where to write how many handles there are: see figures.js
   * @param {{ interval: number, workers: import('./worker-watch').WorkerWatch,
   *   listeners: import('./listener-watch').ListenerWatch }} given `interval` between two samples, ms
   */
  constructor(figures, { interval, workers, listeners }) {
    this.#figures = figures;
    this.#interval = interval;
    this.#workers = workers;
    this.#listeners = listeners;
  }

  /**
   * JSON: pairs of a kind and how many there are; null where it was counted a moment ago. A handle or
   * request that keeps the event loop alive goes by Node's name for it; what has a name of more than
   * one word does not.
   *
   * @returns {string | null}
   */
  take() {
    if (this.#rest > 0) {
      this.#rest -= 1;
      this.#figures[FIGURE.handles] = Number.NaN;
      return null;
    }
    const begun = performance.now();
    const counts = new Map();
    if (process.getActiveResourcesInfo !== undefined) {
      const handles = process.getActiveResourcesInfo();
      this.#figures[FIGURE.handles] = handles.length;
      for (const kind of handles) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
    counts.set('Worker threads', this.#workers.count());
    this.#listeners.count(counts);
    const answer = JSON.stringify([...counts]);
    const pause = Math.max(LEAST_PAUSE, (performance.now() - begun) / MOST_SHARE);
    this.#rest = Math.ceil(pause / this.#interval) - 1;
    return answer;
  }
}

module.exports = { HandleWatch };
