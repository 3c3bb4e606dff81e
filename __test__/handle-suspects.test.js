'use strict';

const { ask, temporaryFolder } = require('./support/child');

/**
 * A program that opens something in each call: three snapshots of it, with calls in between, and what
 * they say. `open` is the body of an asynchronous function that gives what ends it again.
 */
const program = (open, leaky) => `
  const { once } = require('node:events');
  const { suspectsOf } = require('./__test__/support/three-snapshots');
  const open = async () => { ${open} };

  (async () => {
    const suspects = await suspectsOf(process.argv[1], async () => {
      for (let call = 0; call < 15; call++) {
        const end = await open();
        if (!${leaky}) await end();
      }
      // A handle is freed when the event loop has turned.
      await new Promise((resolve) => setTimeout(resolve, 20));
    });
    console.log(JSON.stringify(suspects));
    process.exit();
  })();`;

const child = `
  const child = require('node:child_process').spawn('cat', { stdio: ['pipe', 'pipe', 'ignore'] });
  await once(child, 'spawn');
  return () => {
    child.stdin.end();
    return once(child, 'close');
  };`;

const watcher = `
  const watcher = require('node:fs').watch(process.argv[1], () => {});
  return () => {
    watcher.close();
    return once(watcher, 'close');
  };`;

const worker = `
  const { Worker } = require('node:worker_threads');
  const source = 'require("node:worker_threads").parentPort.on("message", () => {})';
  const worker = new Worker(source, { eval: true });
  await once(worker, 'online');
  return () => worker.terminate();`;

/** A server that remembers its connections, and their other sides. */
const connection = `
  const net = require('node:net');
  globalThis.ready ??= (() => {
    const connections = new Map();
    const server = net.createServer((socket) => {
      const id = socket.remotePort;
      connections.set(id, socket);
      socket.on('close', () => connections.delete(id));
    });
    return once(server.listen(0, '127.0.0.1'), 'listening').then(() => server);
  })();
  const server = await globalThis.ready;
  const accepted = once(server, 'connection');
  const client = net.connect(server.address().port, '127.0.0.1');
  const [other] = await accepted;
  return () => {
    client.destroy();
    return once(other.resume(), 'close');
  };`;

const kinds = [
  ['ChildProcess', child, 'Node.js', /kill\(\)/],
  ['FSWatcher', watcher, 'Node.js', /close\(\)/],
  ['Worker', worker, 'Node.js', /terminate\(\)/],
  ['Socket', connection, 'connections', /destroy\(\)/],
];

test.each(kinds)(
  '%s that is never ended is told by its name',
  async (className, open, holder, mends) => {
    const [first] = await ask(program(open, true), {
      flags: ['--no-warnings'],
      args: [temporaryFolder()],
    });
    expect(first).toMatchObject({ className, holder: { name: holder } });
    // Of a list, the share of what is open is known.
    expect(Math.abs(first.countGrowth - 30)).toBeLessThanOrEqual(2);
    expect(first.message).toMatch(/until somebody closes or ends them/);
    expect(first.message).toContain(
      `${first.countGrowth} ${holder === 'Node.js' ? 'more ' : ''}${className} objects`,
    );
    expect(first.advice).toMatch(mends);
    expect(first.path.at(-1).node).toBe(className);
  },
);

test.each(kinds)('%s that is ended is not told', async (className, open) => {
  const suspects = await ask(program(open, false), {
    flags: ['--no-warnings'],
    args: [temporaryFolder()],
  });
  const told = suspects.map((suspect) => suspect.className);
  expect(told).not.toContain(className);
});
