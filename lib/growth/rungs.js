'use strict';

/** Measurements of one run, and the verdict on them. */

const { native } = require('../native');
const { HandleTable } = require('./handles');

const COLUMNS = [
  'iterations',
  'live',
  'heapUsed',
  'external',
  'arrayBuffers',
  'native',
  'resident',
  'rss',
  'handles',
];
/** By the kind of memory, where its growth shows. */
const GROWING = {
  heap: ['live'],
  external: ['external', 'arrayBuffers'],
  native: ['native', 'resident'],
};
const WIDTH = COLUMNS.length;
const NATIVE = COLUMNS.indexOf('native');
const RESIDENT = COLUMNS.indexOf('resident');

/**
 * @typedef {object} Verdict
 * @property {boolean} leaking
 * @property {boolean} decided
 * @property {import('../..').LeakKind | null} kind what leaks
 * @property {'heap' | 'external' | 'native'} memory what the figures are about
 * @property {import('../..').HandleGrowth[]} handles those of which more and more are open
 * @property {number} bytesPerIteration
 * @property {[low: number, high: number]} interval
 * @property {number} noise bytes by which a rung strays from the line
 */

/** A table of fixed size: what is measured must not grow by being measured. */
class Rungs {
  #table;
  #handles;
  #length = 0;
  #hasNative = true;
  /** Of each column, what is not put down to the function. */
  #skipped = new Float64Array(WIDTH);

  /** @param {number} capacity rungs at most */
  constructor(capacity) {
    this.#table = new Float64Array(capacity * WIDTH);
    this.#handles = new HandleTable(capacity);
  }

  get length() {
    return this.#length;
  }

  /** Calls up to the last rung. */
  get iterations() {
    return this.#length === 0 ? 0 : this.#table[(this.#length - 1) * WIDTH];
  }

  get isFull() {
    return this.#length * WIDTH === this.#table.length;
  }

  /**
   * Adds a rung; where there is no room, the oldest goes.
   *
   * @param {number} iterations calls so far, warm-up not counted
   * @param {import('../garbage').Floor} floor
   */
  push(iterations, floor) {
    if (this.isFull) {
      this.#table.copyWithin(0, WIDTH);
      this.#handles.shift();
      this.#length -= 1;
    }
    const at = this.#length * WIDTH;
    this.#table[at] = iterations - this.#skipped[0];
    for (let column = 1; column < WIDTH - 1; column++) {
      this.#table[at + column] = floor[COLUMNS[column]] - this.#skipped[column];
    }
    this.#table[at + WIDTH - 1] = this.#handles.note(this.#length);
    this.#length += 1;
    if (!this.#hasNative) this.ignoreNative();
  }

  /**
   * From now on native memory is not judged, neither that of these rungs nor that of later ones:
   * others take of it, too. For heap snapshots V8 allocates tens of megabytes and keeps some.
   */
  ignoreNative() {
    this.#hasNative = false;
    for (let rung = 0; rung < this.#length; rung++) {
      this.#table[rung * WIDTH + NATIVE] = Number.NaN;
      this.#table[rung * WIDTH + RESIDENT] = 0;
    }
  }

  /**
   * What came since the last rung counts neither as calls nor as growth: most of it is not the
   * function's.
   *
   * @param {number} iterations calls so far, warm-up not counted
   * @param {import('../garbage').Floor} floor
   */
  skip(iterations, floor) {
    if (this.#length === 0) return;
    const last = (this.#length - 1) * WIDTH;
    this.#skipped[0] = iterations - this.#table[last];
    for (let column = 1; column < WIDTH - 1; column++) {
      this.#skipped[column] = floor[COLUMNS[column]] - this.#table[last + column];
    }
  }

  /**
   * Growth between the last two rungs as a share of what a verdict lets expect.
   *
   * @param {Verdict} verdict
   * @returns {number} 1 where it is as before, 0 where nothing came
   */
  lastShare({ kind, memory, bytesPerIteration, handles }) {
    const [before, after] = this.list().slice(-2);
    const isHandles = kind === 'handles';
    const columns = isHandles ? ['handles'] : GROWING[memory];
    const rate = isHandles
      ? handles.reduce((sum, { perIteration }) => sum + perIteration, 0)
      : bytesPerIteration;
    const grown = columns.map((column) => after[column] - before[column]);
    const known = grown.filter((value) => !Number.isNaN(value));
    return Math.max(...known) / (rate * (after.iterations - before.iterations));
  }

  /** @returns {Record<string, number>[]} with `live`, `native`, `resident` besides what is public */
  list() {
    return Array.from({ length: this.#length }, (_, rung) =>
      Object.fromEntries(COLUMNS.map((name, column) => [name, this.#table[rung * WIDTH + column]])),
    );
  }

  /**
   * @param {number} limit bytes that each call may leave behind
   * @returns {Verdict}
   */
  judge(limit) {
    const rungs = this.list().map(({ live, ...rung }) => ({ ...rung, heapUsed: live }));
    const handles = this.#handles.list(this.#length);
    return JSON.parse(native().judgeRungs(JSON.stringify({ rungs, handles, limit })));
  }
}

/** What judging needs is loaded before anything is measured, or it would count as growth. */
function warmUpJudge() {
  const capacity = 8;
  const rungs = new Rungs(capacity);
  const floor = Object.fromEntries(COLUMNS.map((name) => [name, 0]));
  for (let rung = 0; rung < capacity; rung++) rungs.push(rung, floor);
  for (let time = 0; time < 3; time++) rungs.judge(0);
}

module.exports = { Rungs, warmUpJudge };
