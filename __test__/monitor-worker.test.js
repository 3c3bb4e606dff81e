'use strict';

const { ask, temporaryFolder } = require('./support/child');

/** What a monitor in a worker says of arrays that the worker keeps as `keep` says. */
const watched = (keep) =>
  ask(`
  const { Worker } = require('node:worker_threads');
  const thread = new Worker(\`
    const { parentPort } = require('node:worker_threads');
    const { startMonitor } = require('leakguard');
    const monitor = startMonitor({ interval: 100, diagnose: false, quiet: true });
    const kept = [];
    setInterval(() => {
      kept.push(new Array(2000).fill(kept.length));
      ${keep}
    }, 20);
    monitor.on('leak', ({ kind }) => parentPort.postMessage(kind));
    setTimeout(() => parentPort.postMessage('none'), 45_000);\`, { eval: true });
  thread.on('message', (kind) => {
    console.log(JSON.stringify(kind));
    process.exit();
  });`);

// Begun at once, and waited for further down.
let runs;

beforeAll(() => {
  runs = {
    leaking: watched(''),
    bounded: watched('if (kept.length > 200) kept.shift();'),
  };
});

describe('a worker thread', () => {
  /** Starts a monitor in a worker; `rest` is what the worker does then. */
  const inWorker = (rest) => `
    const { Worker } = require('node:worker_threads');
    const { startMonitor } = require('leakguard');
    const start = () => new Worker(\`
      const { parentPort } = require('node:worker_threads');
      const { startMonitor } = require('leakguard');
      const monitor = startMonitor({ interval: 100 });
      ${rest}\`, { eval: true });`;

  test('has a monitor of its own, which does not keep it alive', async () => {
    const script = `${inWorker(`
        monitor.once('sample', ({ heapUsed }) => parentPort.postMessage(heapUsed));
        setTimeout(() => {}, 500);`)}
      const main = startMonitor({ interval: 100 });
      const thread = start();
      let used;
      thread.on('message', (bytes) => { used = bytes; });
      thread.on('exit', (code) => {
        console.log(JSON.stringify({ used, code, running: main.status().running }));
      });`;
    const { used, code, running } = await ask(script);
    expect(used).toBeGreaterThan(0);
    expect({ code, running }).toEqual({ code: 0, running: true });
  });

  test('can be terminated at any moment, also while a diagnosis is under way', async () => {
    const script = `${inWorker(`
        parentPort.postMessage('begins');
        monitor.diagnose().catch(() => {});
        setInterval(() => {}, 1000);`)}
      (async () => {
        // Before it, while V8 writes, while the addon reads, and while it waits.
        for (const delay of [null, 0, 20, 100, 200, 400, 800]) {
          const thread = start();
          if (delay !== null) await new Promise((resolve) => thread.once('message', resolve));
          await new Promise((resolve) => setTimeout(resolve, delay ?? 0));
          await thread.terminate();
        }
        const monitor = startMonitor({ interval: 100, directory: process.argv[1] });
        // What a worker left half done is cleared away a moment later.
        let snapshots;
        while (snapshots === undefined) {
          snapshots = await monitor.diagnose().then(
            (diagnosis) => diagnosis.snapshots.length,
            ({ code }) => new Promise((resolve) => {
              if (code === 'ERR_LEAKGUARD_REFUSED') setTimeout(resolve, 100);
              else resolve(code);
            }),
          );
        }
        console.log(JSON.stringify(snapshots));
      })();`;
    expect(await ask(script, { args: [temporaryFolder()] })).toBe(3);
  });

  test.each([
    ['is started', 'new Worker("setTimeout(() => {}, 500)", { eval: true });', false],
    ['is not', '', true],
  ])('that %s is noticed by the monitor beside it', async (_, start, expected) => {
    const script = `
      const { Worker } = require('node:worker_threads');
      const monitor = require('leakguard').startMonitor({ interval: 100 });
      ${start}
      monitor.once('sample', ({ alone }) => console.log(JSON.stringify(alone)));
      setTimeout(() => {}, 500);`;
    expect(await ask(script)).toBe(expected);
  });

  test('that leaks is found to', async () => {
    expect(await runs.leaking).toBe('heap');
  });

  test('that does not leak is not', async () => {
    expect(await runs.bounded).toBe('none');
  });
});
