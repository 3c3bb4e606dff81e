'use strict';

/**
 * A server in a container with little memory, which attempts snapshots of itself when it is told.
 *
 * Tells its parent process how each attempt ended. Must be alive after every one of them.
 */

const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const v8 = require('node:v8');
const { startMonitor, takeSnapshot } = require('../..');
const { fill } = require('./heap');

const [megabytes, kind, directory, memoryDirectory] = process.argv.slice(2);

const parts = fill(kind, Number(megabytes) * 2 ** 20);

/** Memory that the server rewrites while it is busy. */
const scratch = Buffer.alloc(32 * 2 ** 20, 1);
let pulse = 0;

http
  .createServer((request, response) => {
    const id = Number(request.url.slice(1));
    response.end(JSON.stringify({ id, double: 2 * id, part: typeof parts[id % parts.length][0] }));
  })
  .listen(0, '127.0.0.1', async function listening() {
    // What garbage needs room for is part of what the server takes by itself.
    await WAYS.alone();
    const { used_heap_size: heap } = v8.getHeapStatistics();
    process.send({ listening: this.address().port, heap, rss: process.memoryUsage.rss() });
  });

process.on('message', async ({ way }) => {
  let outcome;
  try {
    outcome = { outcome: 'whole', ...(await WAYS[way]()) };
  } catch ({ code, message }) {
    outcome = { outcome: code ?? 'error', message };
  }
  process.send(outcome);
});

// Whoever gives the orders was ended: no server may be left behind.
process.on('disconnect', () => process.exit());

const onDisk = path.join(directory, 'a.heapsnapshot');
const inMemory = path.join(memoryDirectory, 'a.heapsnapshot');

/** The ways to attempt a snapshot; see the table's legend in index.js. */
const WAYS = {
  alone: () => busily(aSecond),
  auto: () => toFile({ path: onDisk }),
  fork: () => toFile({ path: onDisk, mode: 'fork' }),
  force: () => toFile({ path: onDisk, mode: 'fork', force: true }),
  busy: () => busily(() => toFile({ path: onDisk, mode: 'fork', force: true })),
  tmpfs: () => toFile({ path: inMemory, mode: 'fork', force: true }),
  diagnosis: () => diagnose({ mode: 'fork' }),
  inline: () => toFile({ path: onDisk, mode: 'inline', force: true }),
  'forced diagnosis': () => diagnose({ mode: 'fork', force: true }),
};

async function aSecond() {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  return { outcome: 'no snapshot' };
}

async function toFile(options) {
  const { mode, attempts, bytes, nodes } = await takeSnapshot(options);
  // Its end was verified when it was written; its header tells whether it is this one.
  const head = Buffer.alloc(8192);
  const file = fs.openSync(options.path, 'r');
  fs.readSync(file, head);
  fs.closeSync(file);
  fs.rmSync(options.path);
  if (!head.includes(`"node_count":${nodes},`)) throw new Error('the file is not the snapshot');
  return { mode, attempts, bytes };
}

async function diagnose(snapshot) {
  const monitor = startMonitor({
    directory,
    diagnose: false,
    quiet: true,
    interval: 500,
    snapshot,
  });
  try {
    const { snapshots } = await monitor.diagnose();
    const attempts = Math.max(...snapshots.map((info) => info.attempts));
    return { mode: snapshots[0].mode, attempts, bytes: snapshots[0].bytes };
  } finally {
    monitor.stop();
  }
}

/**
 * Meanwhile the server makes garbage and writes to what it holds: each page that it writes first
 * is a page that it no longer shares with the child.
 */
async function busily(work) {
  let part = 0;
  const timer = setInterval(() => {
    pulse = (pulse + 1) & 0xff;
    const begin = (pulse % 32) * 2 ** 20;
    scratch.fill(pulse, begin, begin + 2 ** 20);
    part = (part + 1) % parts.length;
    for (const record of parts[part]) record.id = pulse;
    Array.from({ length: 5000 }, (_, id) => ({ id, text: `garbage ${id}` }));
  }, 5);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
