'use strict';

const { GcRequests } = require('../lib/gc-request');
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

describe('another major garbage collection', () => {
  const { heapUsed } = process.memoryUsage();

  /** What marking all of this heap at once takes at most, in ms. */
  const atOnce = (1.5 * heapUsed) / 2 ** 20;

  const maxPause = Math.max(50, atOnce / 3);
  const LONG = 8 * maxPause;

  /** Bytes of which such a pause is believed. */
  const LARGE = LONG * 2 ** 20;

  /** Requests after pauses of so many ms, of V8's own GCs, which left so many bytes. */
  const afterPauses = (pauses, liveHeap = LARGE, most = maxPause) => {
    const requests = new GcRequests(most);
    for (const ms of pauses) requests.paused(ms, liveHeap);
    return requests;
  };

  /** What comes of one more: how many are asked for, and not asked for. */
  const oneMore = (requests) => {
    requests.ask();
    const { count, declined } = requests.counts;
    return { count, declined };
  };

  test('is not asked for where most of the last were too long', () => {
    expect(oneMore(afterPauses([LONG, 1, LONG, LONG, 1]))).toEqual({ count: 0, declined: 1 });
    expect(oneMore(afterPauses([LONG, 1, LONG, 1, 1]))).toEqual({ count: 1, declined: 0 });
    expect(oneMore(afterPauses([LONG, LONG, LONG, 1, 1, 1]))).toEqual({ count: 1, declined: 0 });
  });

  test('is asked for after the first one, which may be bad luck', () => {
    expect(oneMore(afterPauses([LONG]))).toEqual({ count: 1, declined: 0 });
  });

  test('is not asked for where the heap has grown so much that it would be too long', () => {
    const left = (bytes) => afterPauses([2, 2], bytes, atOnce / 2);
    expect(oneMore(left(heapUsed))).toEqual({ count: 1, declined: 0 });
    expect(oneMore(left(heapUsed / 100))).toEqual({ count: 0, declined: 1 });
  });

  test('is not asked for where it could take far too long, though the last ones did not', () => {
    const short = (most) => afterPauses([1, 1, 1, 1, 1], LARGE, most);
    expect(oneMore(short(atOnce / 2))).toEqual({ count: 1, declined: 0 });
    expect(oneMore(short(atOnce / 8))).toEqual({ count: 0, declined: 1 });
  });

  describe('where the last ones held the event loop for long', () => {
    beforeEach(() => jest.useFakeTimers({ doNotFake: ['performance'] }));
    afterEach(() => jest.useRealTimers());

    const worked = () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    };

    /** What comes of one more, after three for each of which this process has worked for so many ms. */
    const afterWork = (work) => {
      const requests = new GcRequests(maxPause);
      for (let n = 0; n < 3; n++) {
        // One at a time, or the second would be too early.
        jest.setSystemTime(Date.now() + 60_000);
        requests.ask();
        const until = worked() + work;
        while (worked() < until);
        requests.paused(LONG, LARGE);
      }
      jest.setSystemTime(Date.now() + 60_000);
      return oneMore(requests);
    };

    test('is asked for if that was mostly waiting', () => {
      expect(afterWork(0)).toEqual({ count: 4, declined: 0 });
    });

    test('is not asked for if that was work', () => {
      expect(afterWork(1.5 * maxPause)).toEqual({ count: 2, declined: 2 });
    });

    test('comes the later the more work they were', () => {
      // 1 % of the time, by the mean of the two.
      const wait = 50 * LONG;
      const requests = afterPauses([LONG, 0]);
      expect(oneMore(requests)).toEqual({ count: 1, declined: 0 });
      jest.setSystemTime(Date.now() + wait - 1000);
      expect(oneMore(requests)).toEqual({ count: 1, declined: 0 });
      jest.setSystemTime(Date.now() + 1000);
      expect(oneMore(requests)).toEqual({ count: 2, declined: 0 });
    });
  });
});
