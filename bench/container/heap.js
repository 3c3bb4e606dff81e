'use strict';

/** Live heaps of a given size, as different as V8 has them when it makes a snapshot. */

const v8 = require('node:v8');
const { runInNewContext } = require('node:vm');

/** What a cache of a real service holds: records of strings, arrays and nested objects. */
function ordinary(held) {
  const id = held.length;
  held.push({
    id,
    name: `customer ${id}`,
    address: { street: `${id} Main Street`, city: `City ${id % 977}`, zip: 10_000 + (id % 90_000) },
    orders: [
      { at: id * 7, total: id / 3 },
      { at: id * 11, total: id / 7 },
    ],
    tags: [`tag-${id % 31}`, `group-${id % 101}`],
  });
}

/** Nothing but small objects, each with a short string of its own: most nodes for a byte. */
function tiny(held) {
  let next = null;
  for (let count = 0; count < 10; count++)
    next = { id: count, key: `${held.length}${count}`, next };
  held.push(next);
}

const KINDS = { ordinary, tiny };

/**
 * @param {'ordinary' | 'tiny'} kind
 * @param {number} bytes
 * @returns {object[]} what keeps so much heap alive
 */
function fill(kind, bytes) {
  const add = KINDS[kind];
  // What a flat array would leave behind as it grows, some servers could not afford.
  const held = [];
  const parts = [];
  v8.setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc');
  for (;;) {
    for (let count = 0; count < 5000; count++) add(held);
    parts.push(held.splice(0));
    held.length = 0;
    // Garbage made on the way must not pass for live heap.
    if (v8.getHeapStatistics().used_heap_size < bytes) continue;
    gc();
    if (v8.getHeapStatistics().used_heap_size >= bytes * 0.98) return parts;
  }
}

module.exports = { fill };
