'use strict';

const { ask } = require('./support/child');

/**
 * Objects that come fifty times a second; `keep` says what becomes of them. Without flags, V8 has hardly
 * any major GC of such a small heap.
 */
const program = (keep, options = '') => `
  const { startMonitor } = require('leakguard');
  const monitor = startMonitor({ interval: 100, diagnose: false, quiet: true, ${options} });
  const kept = [];
  setInterval(() => {
    kept.push(new Array(2000).fill(kept.length));
    ${keep}
  }, 20);
  const answer = (leak) => {
    const { gcRequests, heap } = monitor.status();
    console.log(JSON.stringify({ leak, gcRequests, heap }));
    process.exit();
  };
  monitor.on('leak', ({ kind }) => answer(kind));
  setTimeout(answer, 45_000, null);`;

// Begun at once, and waited for one after the other.
let runs;

beforeAll(() => {
  runs = {
    leaking: ask(program('')),
    bounded: ask(program('if (kept.length > 200) kept.splice(0, 20);')),
    forbidden: ask(program('', 'maxGcPause: 0')),
  };
});

describe('a monitor of a small heap', () => {
  test('asks V8 for major garbage collections and finds the leak', async () => {
    const { leak, gcRequests, heap } = await runs.leaking;
    expect(leak).toBe('heap');
    expect(gcRequests.count).toBeGreaterThan(2);
    expect(gcRequests.lastAt).toBeLessThanOrEqual(Date.now());
    expect(heap.points).toBeGreaterThanOrEqual(gcRequests.count - 1);
  });

  test('finds none where as much is dropped as is kept', async () => {
    const { leak, gcRequests, heap } = await runs.bounded;
    expect(leak).toBeNull();
    expect(gcRequests.count).toBeGreaterThan(0);
    expect(heap.state).toBe('clean');
  });

  test('never asks where that is forbidden, and counts what it would have needed', async () => {
    const { gcRequests } = await runs.forbidden;
    expect(gcRequests).toMatchObject({ count: 0, lastAt: null });
    expect(gcRequests.declined).toBeGreaterThan(0);
  });
});
