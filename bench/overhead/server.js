'use strict';

/**
 * A server that is told over IPC what watches it: nothing, a monitor, or a monitor and the sampling of
 * allocations that a diagnosis switches on. Its first argument is `http` or `express`.
 */

const http = require('node:http');

const [kind, interval, directory] = process.argv.slice(2);

/** Something that services keep: it makes major collections as long as they are in practice. */
const cache = new Map();
for (let id = 0; id < 100_000; id++) cache.set(id, { id, name: `entry ${id}`, tags: [id, id + 1] });

function answer() {
  const rows = [];
  for (let id = 0; id < 20; id++) rows.push({ ...cache.get((id * 4999) % cache.size), time: id });
  return JSON.stringify({ rows });
}

function handler() {
  if (kind === 'http') {
    return (_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(answer());
    };
  }
  const app = require('express')();
  app.get('/', (_request, response) => response.type('json').send(answer()));
  return app;
}

let sampling = null;
let stopMonitor = () => {};

function watch(how) {
  sampling?.end();
  sampling = null;
  stopMonitor();
  if (how === 'off') return;
  // Only now: a server without a monitor has not loaded it either.
  const { startMonitor } = require('../..');
  ({ stopMonitor } = require('../..'));
  startMonitor({ interval: Number(interval), directory, diagnose: false, quiet: true });
  if (how === 'sampling') {
    const { AllocationSampling } = require('../../lib/allocation-sampling');
    sampling = AllocationSampling.begin(0);
  }
}

/** The resident set when all garbage has been collected. */
function collected() {
  for (let time = 0; time < 3; time++) globalThis.gc();
  return process.memoryUsage.rss();
}

/** What a stretch of time cost: processor time of all threads, in ms. */
let since = process.cpuUsage();

process.on('message', ({ how, collect }) => {
  if (how !== undefined) watch(how);
  if (collect) return process.send({ collected: collected() });
  const { user, system } = process.cpuUsage(since);
  since = process.cpuUsage();
  process.send({ cpuMs: (user + system) / 1000, rss: process.memoryUsage.rss() });
});

const server = http.createServer(handler()).listen(0, '127.0.0.1', () => {
  process.send({ port: server.address().port });
});
process.on('disconnect', () => process.exit());
