'use strict';

/** Whether other threads of this process run JavaScript: what their heaps take is resident, too. */

const channel = require('node:diagnostics_channel');
const { isMainThread } = require('node:worker_threads');

/** The channel on which Node tells of new workers. */
const CHANNEL = 'worker_threads';

/** Notices workers from now on; of those there were before, Node does not tell. Has to be stopped. */
class WorkerWatch {
  #seen = !isMainThread;
  #note = () => {
    this.#seen = true;
  };

  constructor() {
    channel.subscribe(CHANNEL, this.#note);
  }

  /** Whether there are any, or were: one that has ended may have left its pages to the allocator. */
  get seen() {
    return this.#seen;
  }

  stop() {
    channel.unsubscribe(CHANNEL, this.#note);
  }
}

module.exports = { WorkerWatch };
