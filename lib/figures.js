'use strict';

/**
 * The figures of a sample, as the addon takes them: numbers in one array that lives as long as its
 * monitor. What is passed one by one, or as an object, is garbage a moment later.
 */

/** In the order in which src/addon/figures.rs reads them. */
const NAMES = [
  'time',
  'rss',
  'heapTotal',
  'heapUsed',
  'external',
  'arrayBuffers',
  'oldGeneration',
  'heapLimit',
  'liveHeap',
  'liveExternal',
  'liveArrayBuffers',
  'liveContexts',
  'detachedContexts',
  'majorGcs',
  'minorGcs',
  'gcMs',
  'handles',
  'alone',
  'forked',
];

/** @type {Record<string, number>} where in the array a figure stands */
const FIGURE = Object.freeze(Object.fromEntries(NAMES.map((name, place) => [name, place])));

/** @returns {Float64Array} figures of which none is known */
function figures() {
  return new Float64Array(NAMES.length).fill(Number.NaN);
}

module.exports = { FIGURE, figures };
