'use strict';

/** A place near the root of the heap. */

const { MessageChannel } = require('node:worker_threads');

/**
 * Keeps a value two steps from a GC root, under a name that a heap snapshot shows.
 *
 * The way from the root to what the value holds then leads past that name, and not through the
 * promises, closures and stack frames of whoever takes the snapshot: those differ from one
 * snapshot to the next. So nobody should keep the value elsewhere meanwhile.
 *
 * An open message port does it: Node holds it by a root of its own.
 */
class Landmark {
  #port;
  #name;

  /**
   * @param {string} name
   * @param {unknown} value
   */
  constructor(name, value) {
    this.#port = new MessageChannel().port1;
    this.#name = name;
    this.#port[name] = value;
  }

  get value() {
    return this.#port[this.#name];
  }

  remove() {
    delete this.#port[this.#name];
    this.#port.close();
  }
}

module.exports = { Landmark };
