'use strict';

/**
 * A server that gives a fork every chance to go wrong, and takes one snapshot of itself after the
 * other: it allocates and compiles without pause, so that V8 is always in the middle of marking,
 * scavenging or compiling somewhere; worker threads do the same; programs are started and end;
 * requests come in on many connections. What it answers can be checked.
 */

const { execFile } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { Worker } = require('node:worker_threads');
const { takeSnapshot } = require('../..');

const [captures, directory] = [Number(process.argv[2]), process.argv[3]];
const HEAP_RECORDS = 20_000;
const CONNECTIONS = 16;

/** Between two requests of a connection, ms: what is to be hard is allocation, not the network. */
const BETWEEN_REQUESTS = 5;

const counts = { responses: 0, wrongResponses: 0, programs: 0, failedPrograms: 0, functions: 0 };
const records = new Map();
let sequence = 0;

function allocate() {
  for (let count = 0; count < 1500; count++) {
    const id = sequence++ % HEAP_RECORDS;
    records.set(id, { id, text: `record ${sequence}`, list: [id, { id }] });
  }
}

/** New source every time, called until the optimising compiler takes an interest. */
function compile() {
  counts.functions += 1;
  const add = new Function('a', 'b', `return a * ${counts.functions} + b + ${Math.random()};`);
  let sum = 0;
  for (let count = 0; count < 20_000; count++) sum += add(count, sum) % 7;
  return sum;
}

function startProgram() {
  execFile('/bin/sh', ['-c', 'exit 0'], (error) => {
    counts.programs += 1;
    if (error) counts.failedPrograms += 1;
  });
}

const WORKER = `
  const records = new Map();
  let sequence = 0;
  setInterval(() => {
    for (let count = 0; count < 800; count++) {
      records.set(sequence++ % 10000, { sequence, text: 'record ' + sequence });
    }
  }, 2);`;

const server = http.createServer((request, response) => {
  const id = Number(request.url.slice(1));
  response.end(JSON.stringify({ id, double: 2 * id, record: typeof records.get(id)?.text }));
});

function ask(agent, port, id) {
  return new Promise((resolve) => {
    const request = http.get({ agent, port, host: '127.0.0.1', path: `/${id}` }, (response) => {
      let text = '';
      response.on('data', (part) => {
        text += part;
      });
      response.on('end', () =>
        resolve(text === JSON.stringify({ id, double: 2 * id, record: 'string' })),
      );
    });
    request.on('error', () => resolve(false));
  });
}

async function client(agent, port, state) {
  for (let id = 0; !state.stopped; id = (id + 1) % 1000) {
    const right = await ask(agent, port, id);
    counts.responses += 1;
    if (!right) counts.wrongResponses += 1;
    await sleep(BETWEEN_REQUESTS);
  }
}

async function main() {
  allocate();
  for (let count = 0; count < 20; count++) allocate();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const state = { stopped: false };
  const clients = Array.from({ length: CONNECTIONS }, () => client(agent, port, state));
  const workers = [1, 2].map(() => new Worker(WORKER, { eval: true }));
  const timers = [
    setInterval(allocate, 2),
    setInterval(compile, 20),
    setInterval(startProgram, 60),
  ];
  // What is opened once and for all has been opened by then.
  await takeSnapshot({ path: path.join(directory, 'first.heapsnapshot') });
  fs.rmSync(path.join(directory, 'first.heapsnapshot'));
  const before = pipesAndFiles();

  const results = { whole: 0, retried: 0, refused: {}, pauses: [], longestMs: 0, badFiles: 0 };
  for (let number = 1; number <= captures; number++) {
    await capture(results, number);
    process.send({ progress: number });
  }
  state.stopped = true;
  await Promise.all(clients);
  timers.forEach(clearInterval);
  await Promise.all(workers.map((worker) => worker.terminate()));
  agent.destroy();
  server.close();
  // Programs that were just started end meanwhile, and the last threads.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const leftFiles = fs.readdirSync(directory);
  const after = pipesAndFiles();
  process.send({
    ...results,
    ...counts,
    zombies: children().length,
    descriptors: after - before,
    leftFiles: leftFiles.length,
  });
}

async function capture(results, number) {
  const file = path.join(directory, `${number}.heapsnapshot`);
  const begun = Date.now();
  try {
    const { attempts, pauseMs, nodes } = await takeSnapshot({ mode: 'fork', path: file });
    results.whole += 1;
    if (attempts > 1) results.retried += 1;
    results.pauses.push(pauseMs);
    // Its header's count is there for the file's reader; its end was verified when it was written.
    if (!fs.readFileSync(file).includes(`"node_count":${nodes}`)) results.badFiles += 1;
    fs.rmSync(file);
  } catch ({ code, message }) {
    results.refused[code ?? message] = (results.refused[code ?? message] ?? 0) + 1;
  }
  results.longestMs = Math.max(results.longestMs, Date.now() - begun);
}

/** Descriptors that a capture could leave open: sockets come and go with the connections. */
function pipesAndFiles() {
  return fs.readdirSync('/proc/self/fd').filter((name) => {
    try {
      const target = fs.readlinkSync(`/proc/self/fd/${name}`);
      return target.startsWith('pipe:') || target.startsWith(directory) || target.includes('pidfd');
    } catch {
      return false;
    }
  }).length;
}

function children() {
  return fs.readdirSync('/proc/self/task').flatMap((thread) => {
    const text = fs.readFileSync(`/proc/self/task/${thread}/children`, 'latin1');
    return text.split(' ').filter(Boolean);
  });
}

main();
