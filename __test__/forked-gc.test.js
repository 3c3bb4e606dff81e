'use strict';

/** Garbage collection in a forked child: what it tells, and what it leaves alone. */

const { ask } = require('./support/child');

const onLinux = process.platform === 'linux' ? describe : describe.skip;

const MB = 2 ** 20;

onLinux('a child that collects garbage', () => {
  test('tells what is alive, and this process keeps its garbage', async () => {
    const { told, before, after, collected } = await ask(
      `const { ForkedGc } = require('./lib/forked-gc');
       const { oldGeneration } = require('./lib/gc-watch');
       const page = () => Array.from({ length: 2000 }, (_, id) => ({ id, tags: [id, id] }));
       const fill = (count) => Array.from({ length: count }, page);
       globalThis.kept = { pages: fill(100), buffer: Buffer.alloc(10 * ${MB}) };
       globalThis.dropped = { pages: fill(300), buffer: Buffer.alloc(30 * ${MB}) };
       gc();
       const now = () => ({ ...process.memoryUsage(), old: oldGeneration() });
       const hold = setInterval(() => {}, 1000);
       const before = now();
       dropped = null;
       const gcs = new ForkedGc({ maxGcPause: 1000, snapshot: { mode: 'auto' } }, {
         begin() {},
         end() {},
         left(told) {
           clearInterval(hold);
           const after = now();
           gc();
           gc({ type: 'minor' });
           console.log(JSON.stringify({ told, before, after, collected: now() }));
         },
       });
       if (!gcs.begin()) throw new Error('It cannot be done here.');`,
      { flags: ['--expose-gc'] },
    );
    expect(Math.abs(told.liveHeap - collected.old)).toBeLessThan(0.05 * collected.old);
    expect(told.liveHeap).toBeLessThan(0.5 * before.old);
    expect(after.old).toBeGreaterThan(0.95 * before.old);
    expect(told.liveArrayBuffers).toBeLessThan(11 * MB);
    expect(after.arrayBuffers).toBeGreaterThan(40 * MB);
    expect(told).toMatchObject({ liveContexts: 1, detachedContexts: 0 });
  });
});

/** 80 MB that stay, and a leak; where V8 is not asked for more than 20 ms of major GC. */
const program = (options) => `
  const { startMonitor } = require('leakguard');
  const monitor = startMonitor({
    interval: 100, maxGcPause: 20, diagnose: false, quiet: true, ${options}
  });
  const kept = Array.from({ length: 400 }, () => Array.from({ length: 2000 }, (_, id) => ({ id, tags: [id] })));
  let forked = null;
  monitor.on('sample', (sample) => {
    if (sample.forked) forked = sample;
  });
  setInterval(() => kept.push(new Array(2000).fill(kept.length)), 20);
  const end = () => {
    console.log(JSON.stringify({ forked, gcRequests: monitor.status().gcRequests }));
    process.exit();
  };
  const timer = setInterval(() => {
    if (forked !== null || monitor.status().gcRequests.declined > 2) end();
  }, 100);
  setTimeout(end, 40_000);`;

onLinux('a monitor of a large heap', () => {
  test('has a child collect what would hold the event loop for too long', async () => {
    const { forked, gcRequests } = await ask(program(''));
    expect(gcRequests).toMatchObject({ count: 0, declined: 0, forked: 1, lastAt: null });
    expect(forked.majorGcs).toBe(0);
    expect(forked.liveHeap).toBeGreaterThan(40 * MB);
    expect(forked.liveHeap).toBeLessThanOrEqual(forked.heapUsed);
  });

  test('forks no child where children are not wanted', async () => {
    const { forked, gcRequests } = await ask(program(`snapshot: { mode: 'inline' },`));
    expect(forked).toBeNull();
    expect(gcRequests).toMatchObject({ count: 0, forked: 0 });
    expect(gcRequests.declined).toBeGreaterThan(0);
  });
});
