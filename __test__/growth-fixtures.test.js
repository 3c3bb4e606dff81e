'use strict';

const { setTimeout: sleep } = require('node:timers/promises');
const { ask } = require('./support/child');
const { GrowthError, assertNoGrowth, measureGrowth } = require('..');

// Enough to tell a leak from its twin, in little time.
const quick = { warmup: 500, iterations: 500, rungs: 6, explain: false };

describe('setup and teardown', () => {
  test('stand around the calls, which are given what was made', async () => {
    const told = [];
    const options = {
      ...quick,
      warmup: 1,
      iterations: 1,
      rungs: 3,
      setup: async () => {
        told.push('setup');
        return { port: 80 };
      },
      teardown: (server) => told.push(['teardown', server]),
    };
    await measureGrowth((call, server) => told.push([call, server.port]), options);
    const calls = [0, 1, 2, 3].map((call) => [call, 80]);
    expect(told).toEqual(['setup', ...calls, ['teardown', { port: 80 }]]);
  });

  test('what the fixture holds is found, and what it cost is not counted', async () => {
    const setup = () => ({ cache: new Map(), size: new Array(1e6).fill(0) });
    const leaky = (call, { cache }) => cache.set(call, new Array(20).fill(call));
    const healthy = (call, { cache }) => cache.set(call % 100, new Array(20).fill(call));
    expect(await measureGrowth(healthy, { ...quick, setup })).toMatchObject({ leaking: false });
    const growth = await measureGrowth(leaky, { ...quick, setup, explain: true });
    expect(growth.leaking).toBe(true);
    expect(growth.suspects[0].holder.name).toBe('cache');
  });

  test('teardown comes after a call that throws, and its own failure is told', async () => {
    const error = new RangeError('theirs');
    const torn = [];
    const teardown = (fixture) => torn.push(fixture);
    const fails = () => Promise.reject(error);
    await expect(measureGrowth(fails, { setup: () => 5, teardown })).rejects.toBe(error);
    expect(torn).toEqual([5]);
    await expect(measureGrowth(() => {}, { ...quick, teardown: fails })).rejects.toBe(error);
    await expect(measureGrowth(() => {}, { setup: fails, teardown })).rejects.toBe(error);
    expect(torn).toEqual([5]);
  });
});

describe('concurrency', () => {
  test('keeps so many calls under way, and none when it counts', async () => {
    let [running, most] = [0, 0];
    const calls = [];
    const options = { ...quick, warmup: 10, iterations: 20, rungs: 3, concurrency: 5 };
    const fn = async (call) => {
      calls.push(call);
      running += 1;
      most = Math.max(most, running);
      await sleep(1);
      running -= 1;
    };
    await measureGrowth(fn, options);
    expect(most).toBe(5);
    expect(calls).toEqual(Array.from({ length: 70 }, (_, call) => call));
  });

  test('a leak is found, and its twin is not', async () => {
    const waiting = (kept) => async (call) => {
      const request = { call, body: new Array(20).fill(call) };
      kept.add(request);
      await null;
      return request;
    };
    const options = { ...quick, concurrency: 8 };
    expect(await measureGrowth(waiting(new Set()), options)).toMatchObject({ leaking: true });
    expect(await measureGrowth(waiting(new WeakSet()), options)).toMatchObject({ leaking: false });
  });

  test('the first call that fails ends it, when no other is under way', async () => {
    const error = new RangeError('theirs');
    let running = 0;
    const fn = async (call) => {
      running += 1;
      await sleep(call === 7 ? 1 : 5);
      running -= 1;
      if (call === 7) throw error;
    };
    await expect(measureGrowth(fn, { concurrency: 4 })).rejects.toBe(error);
    expect(running).toBe(0);
  });
});

describe('handles', () => {
  // So few calls that their memory could be V8's own.
  const few = { warmup: 5, iterations: 5, rungs: 8, explain: false };
  const timers = new Set();
  const open = () => timers.add(setInterval(() => {}, 3_600_000));

  afterEach(() => {
    for (const timer of timers) clearInterval(timer);
    timers.clear();
  });

  test('that stay open are a leak', async () => {
    const growth = await measureGrowth(open, few);
    expect(growth).toMatchObject({ leaking: true, decided: true, kind: 'handles' });
    expect(growth.handles).toEqual([{ kind: 'Timeout', perIteration: 1 }]);
    expect(growth.text).toMatch(/^Leaves handles open: 1 Timeout per call \(40 calls\)/);
    expect(growth.text).toContain('open handles');
  });

  // Here, the test runner opens and closes some of its own.
  test('are counted at each rung', async () => {
    const rungs = await ask(`
      const { measureGrowth } = require('leakguard');
      const open = () => setInterval(() => {}, 3_600_000);
      measureGrowth(open, ${JSON.stringify(few)}).then(({ rungs }) => {
        console.log(JSON.stringify(rungs));
        process.exit();
      });
    `);
    const first = rungs[0].handles;
    expect(rungs.map(({ handles }) => handles - first)).toEqual([0, 5, 10, 15, 20, 25, 30, 35]);
  });

  test('that are closed are none', async () => {
    const closed = () => clearInterval(setInterval(() => {}, 3_600_000));
    expect(await measureGrowth(closed, few)).toMatchObject({ leaking: false, handles: [] });
    const later = () => sleep(1);
    expect(await measureGrowth(later, few)).toMatchObject({ leaking: false, handles: [] });
  });

  test('are told of beside a leak of memory, and allowed for by a limit', async () => {
    const growth = await measureGrowth(open, quick);
    expect(growth).toMatchObject({ leaking: true, kind: 'heap' });
    expect(growth.text).toContain('Each call also leaves handles open: 1 Timeout.');
    const allowed = await assertNoGrowth(open, { ...few, limit: '10 KB' });
    expect(allowed).toMatchObject({ leaking: false, handles: [{ kind: 'Timeout' }] });
  });
});

describe('undecided', () => {
  // One array each time, but only now and then, and few calls.
  const options = { warmup: 5, iterations: 20, rungs: 5, explain: false };
  function rarely() {
    const kept = [];
    return (call) => kept.push(new Array(1 + ((call * 7) % 40)).fill(0));
  }

  test('passes, unless it must not', async () => {
    const growth = await assertNoGrowth(rarely(), options);
    expect(growth).toMatchObject({ leaking: false, decided: false });
    const error = await assertNoGrowth(rarely(), { ...options, undecided: 'fail' }).catch(
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(GrowthError);
    expect(error.growth).toMatchObject({ leaking: false, decided: false });
    expect(error.message).toMatch(/^Undecided\. .* \d+ B per call \(.*maxDuration/);
  });

  test('a clear answer is not affected', async () => {
    const growth = await assertNoGrowth(() => {}, { ...quick, undecided: 'fail' });
    expect(growth).toMatchObject({ leaking: false, decided: true });
    await expect(assertNoGrowth(() => {}, { undecided: 'maybe' })).rejects.toThrow(/'undecided'/);
  });
});
