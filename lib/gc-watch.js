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

const YOUNG = new Set(['new_space', 'new_large_object_space', 'read_only_space', 'shared_space']);

/** Watches the garbage collector of this thread. */
class GcWatch {
  #observer;
  #seen = nothingSeen();
  #onMajor;
  #onPause;

  /**
   * @param {(liveHeap: number) => void} [onMajor] called after major GCs; bytes
   * @param {(ms: number) => void} [onPause] called for each major GC, with how long it took
   */
  constructor(onMajor = () => {}, onPause = () => {}) {
    this.#onMajor = onMajor;
    this.#onPause = onPause;
    this.#observer = new PerformanceObserver((list) => this.#note(list.getEntries()));
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  /** What was seen since the last call. Sizes and counts are NaN where no major GC has ended. */
  take() {
    const seen = this.#seen;
    this.#seen = nothingSeen();
    return seen;
  }

  stop() {
    this.#observer.disconnect();
  }

  #note(entries) {
    const seen = this.#seen;
    let major = false;
    for (const { duration, detail } of entries) {
      seen.gcMs += duration;
      if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) {
        seen.majorGcs += 1;
        major = true;
        this.#onPause(duration);
      } else if (detail.kind === constants.NODE_PERFORMANCE_GC_MINOR) {
        seen.minorGcs += 1;
      }
    }
    if (!major) return;
    const { external, arrayBuffers } = process.memoryUsage();
    seen.liveHeap = oldGeneration();
    seen.liveExternal = external;
    seen.liveArrayBuffers = arrayBuffers;
    const heap = v8.getHeapStatistics();
    seen.liveContexts = heap.number_of_native_contexts;
    seen.detachedContexts = heap.number_of_detached_contexts;
    this.#onMajor(seen.liveHeap);
  }
}

function nothingSeen() {
  return {
    gcMs: 0,
    majorGcs: 0,
    minorGcs: 0,
    liveHeap: Number.NaN,
    liveExternal: Number.NaN,
    liveArrayBuffers: Number.NaN,
    liveContexts: Number.NaN,
    detachedContexts: Number.NaN,
  };
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
