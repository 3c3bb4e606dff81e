'use strict';

/**
 * Threads of this process that run JavaScript beside this one: what their heaps take is resident, too,
 * and Node does not count them among what keeps the event loop alive.
 */

const channel = require('node:diagnostics_channel');
const { isMainThread } = require('node:worker_threads');

/** The channel on which Node tells of new workers. */
const CHANNEL = 'worker_threads';

/** The `threadId` of a worker that has ended. */
const ENDED = -1;

/** Notices workers from now on; of those there were before, Node does not tell. Has to be stopped. */
class WorkerWatch {
  #seen = !isMainThread;
  /** @type {WeakRef<import('node:worker_threads').Worker>[]} */
  #workers = [];
  #note = ({ worker }) => {
    this.#seen = true;
    this.#workers.push(new WeakRef(worker));
  };

  constructor() {
    channel.subscribe(CHANNEL, this.#note);
  }

  /** Whether there are any, or were: one that has ended may have left its pages to the allocator. */
  get seen() {
    return this.#seen;
  }

  /** How many there are that this thread has started. */
  count() {
    this.#workers = this.#workers.filter((worker) => {
      const threadId = worker.deref()?.threadId;
      return threadId !== undefined && threadId !== ENDED;
    });
    return this.#workers.length;
  }

  stop() {
    channel.unsubscribe(CHANNEL, this.#note);
    this.#workers = [];
  }
}

module.exports = { WorkerWatch };
