'use strict';

/** What keeps the event loop busy: timers, sockets, servers, requests. */

/** How many of each kind there were at each rung. */
class HandleTable {
  #capacity;
  /** Kind to its numbers, one for each rung. */
  #columns = new Map();

  /** @param {number} capacity rungs at most */
  constructor(capacity) {
    this.#capacity = capacity;
  }

  /**
   * Counts them now.
   *
   * @param {number} rung
   * @returns {number} of all kinds
   */
  note(rung) {
    // Not there in Deno, nor where somebody stands in for `process`.
    const open = process.getActiveResourcesInfo?.() ?? [];
    for (const column of this.#columns.values()) column[rung] = 0;
    for (const kind of open) {
      let column = this.#columns.get(kind);
      if (column === undefined) {
        column = new Float64Array(this.#capacity);
        this.#columns.set(kind, column);
      }
      column[rung] += 1;
    }
    return open.length;
  }

  /** Forgets the oldest rung; all others move up. */
  shift() {
    for (const column of this.#columns.values()) column.copyWithin(0, 1);
  }

  /**
   * @param {number} length rungs
   * @returns {Record<string, number[]>} kind to how many were open at each of them
   */
  list(length) {
    const entries = [...this.#columns].map(([kind, column]) => [
      kind,
      [...column.slice(0, length)],
    ]);
    return Object.fromEntries(entries);
  }
}

module.exports = { HandleTable };
