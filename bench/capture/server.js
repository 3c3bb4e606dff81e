'use strict';

/**
 * A server with a live heap of a given size, which takes snapshots of itself when it is told to.
 *
 * What it holds is what a cache of a real service holds: records of many small objects, strings
 * and arrays in a Map.
 */

const http = require('node:http');
const v8 = require('node:v8');
const { monitorEventLoopDelay, performance } = require('node:perf_hooks');
const { takeSnapshot } = require('../..');

const [megabytes, directory] = [Number(process.argv[2]), process.argv[3]];

const records = new Map();
fill(megabytes * 2 ** 20);

let served = 0;
const server = http.createServer((request, response) => {
  served += 1;
  const id = served % records.size;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ url: request.url, record: records.get(id) }));
});

server.listen(0, '127.0.0.1', () => tell({ listening: server.address().port, ...memory() }));

process.on('message', async ({ task, path }) => {
  const before = { served, rss: process.memoryUsage.rss() };
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  // The first turn of the loop is what the others are measured from.
  await new Promise((resolve) => setTimeout(resolve, 20));
  const begun = performance.now();
  const outcome = await tasks[task](path).catch(({ message }) => ({ error: message }));
  const totalMs = performance.now() - begun;
  // The delay that the capture caused is noted when the loop has turned once more.
  await new Promise((resolve) => setTimeout(resolve, 20));
  delay.disable();
  tell({
    ...outcome,
    totalMs,
    loopDelayMs: delay.max / 1e6,
    served: served - before.served,
    rssBefore: before.rss,
    rssAfter: process.memoryUsage.rss(),
  });
});

const tasks = {
  async leakguard(path) {
    const { pauseMs, bytes, nodes, attempts } = await takeSnapshot({ mode: 'fork', path });
    return { pauseMs, bytes, nodes, attempts };
  },
  async v8(path) {
    const begun = performance.now();
    v8.writeHeapSnapshot(path);
    return { pauseMs: performance.now() - begun };
  },
  async fork() {
    return { pauseMs: require(`${directory}/bare_fork.node`).bareFork() };
  },
  async memory() {
    return memory();
  },
};

function memory() {
  return {
    heapUsed: v8.getHeapStatistics().used_heap_size,
    rss: process.memoryUsage.rss(),
  };
}

function fill(bytes) {
  while (v8.getHeapStatistics().used_heap_size < bytes) {
    for (let count = 0; count < 1000; count++) {
      const id = records.size;
      records.set(id, {
        id,
        name: `customer ${id}`,
        address: {
          street: `${id} Main Street`,
          city: `City ${id % 977}`,
          zip: 10_000 + (id % 90_000),
        },
        orders: [
          { at: id * 7, total: id / 3 },
          { at: id * 11, total: id / 7 },
        ],
        tags: [`tag-${id % 31}`, `group-${id % 101}`],
      });
    }
  }
  // What was only needed to get there is not live.
  v8.setFlagsFromString('--expose-gc');
  require('node:vm').runInNewContext('gc')();
}

function tell(message) {
  process.send(message);
}
