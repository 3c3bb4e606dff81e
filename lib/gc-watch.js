'use strict';

/**
 * What garbage collection leaves behind: the live heap, right after each major GC.
 *
 * Node tells of a GC a moment after it has ended. What was allocated in that moment stands in the
 * young generation, which a major GC has just emptied; so the old generation alone is the live
 * heap.
 */

const v8 = require('node:v8');
const { PerformanceObserver, constants } = require('node:perf_hooks');
const { FIGURE } = require('./figures');

const YOUNG = new Set(['new_space', 'new_large_object_space', 'read_only_space', 'shared_space']);

/** Watches the garbage collector of this thread. */
class GcWatch {
  #observer;
  #figures;
  #stale = true;
  #onMajor;

  /**
   * @param {Float64Array} figures where to write what is seen: see figures.js
   * @param {object} told
   * @param {(liveHeap: number, pauses: number[]) => void} told.onMajor called after major GCs, with the
   *   bytes that the last one left and how long each has held the event loop, in ms
   * @param {() => void} told.begin called before each piece of work, and `end` after it
   * @param {() => void} told.end
   */
  constructor(figures, { onMajor, begin, end }) {
    this.#figures = figures;
    this.#onMajor = onMajor;
    this.forget();
    figures[FIGURE.heapLimit] = v8.getHeapStatistics().heap_size_limit;
    this.#observer = new PerformanceObserver((list) => {
      begin();
      this.#note(list.getEntries());
      end();
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  /**
   * Writes how much the old generation holds. Between two GCs it takes in next to nothing, and looking
   * makes some kilobytes of garbage: so it is looked at when there was one.
   */
  look() {
    if (!this.#stale) return;
    this.#figures[FIGURE.oldGeneration] = oldGeneration();
    this.#stale = false;
  }

  /** Forgets what was seen, which has been told. */
  forget() {
    this.#figures.fill(Number.NaN, FIGURE.liveHeap, FIGURE.detachedContexts + 1);
    this.#figures.fill(0, FIGURE.majorGcs, FIGURE.gcMs + 1);
    this.#figures[FIGURE.forked] = 0;
  }

  /**
   * Writes what a major GC would have left, where none has ended since the last sample.
   *
   * @param {Record<string, number>} left by the names of figures.js
   */
  note(left) {
    if (!Number.isNaN(this.#figures[FIGURE.liveHeap])) return;
    for (const [name, value] of Object.entries(left)) this.#figures[FIGURE[name]] = value;
    this.#figures[FIGURE.forked] = 1;
  }

  stop() {
    this.#observer.disconnect();
  }

  #note(entries) {
    const figures = this.#figures;
    this.#stale = true;
    const pauses = [];
    for (const { duration, detail } of entries) {
      figures[FIGURE.gcMs] += duration;
      if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) {
        figures[FIGURE.majorGcs] += 1;
        pauses.push(duration);
      } else if (detail.kind === constants.NODE_PERFORMANCE_GC_MINOR) {
        figures[FIGURE.minorGcs] += 1;
      }
    }
    if (pauses.length === 0) return;
    const { external, arrayBuffers } = process.memoryUsage();
    const liveHeap = oldGeneration();
    const heap = v8.getHeapStatistics();
    figures[FIGURE.forked] = 0;
    figures[FIGURE.liveHeap] = liveHeap;
    figures[FIGURE.liveExternal] = external;
    figures[FIGURE.liveArrayBuffers] = arrayBuffers;
    figures[FIGURE.liveContexts] = heap.number_of_native_contexts;
    figures[FIGURE.detachedContexts] = heap.number_of_detached_contexts;
    // V8 raises it near the limit only, where major GCs are frequent.
    figures[FIGURE.heapLimit] = heap.heap_size_limit;
    this.#onMajor(liveHeap, pauses);
  }
}

/** Bytes in use in the old generation of this thread's heap, garbage included. */
function oldGeneration() {
  let bytes = 0;
  for (const space of v8.getHeapSpaceStatistics()) {
    if (!YOUNG.has(space.space_name)) bytes += space.space_used_size;
  }
  return bytes;
}

module.exports = { GcWatch, oldGeneration };
