'use strict';

/** A place near the root of the heap. */

const { MessageChannel } = require('node:worker_threads');

/**
 * Keeps a value two steps from a GC root, under a name that a heap snapshot shows. The way from the
 * root to what it holds then leads past that name, and not through the promises and closures of
 * whoever takes the snapshot.
 *
 * An open message port does it: Node holds it by a root of its own.
 *
 * @param {string} name
 * @param {unknown} value
 * @returns {() => void} ends it
 */
function landmark(name, value) {
  const { port1 } = new MessageChannel();
  port1[name] = value;
  return () => {
    delete port1[name];
    port1.close();
  };
}

module.exports = { landmark };
