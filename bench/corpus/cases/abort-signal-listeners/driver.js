'use strict';
const LEAKY = process.env.VARIANT !== 'fixed';
const shutdown = new AbortController();
require('node:events').setMaxListeners(0, shutdown.signal);
class Job {
  constructor(id) {
    this.id = id;
    this.rows = new Array(30).fill(id);
  }
}
exports.iterate = async (call) => {
  const job = new Job(call);
  const stop = () => {
    job.stopped = true;
  };
  shutdown.signal.addEventListener('abort', stop);
  await null;
  if (!LEAKY) shutdown.signal.removeEventListener('abort', stop);
};
