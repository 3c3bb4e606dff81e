'use strict';

const { Workload } = require('../lib/growth/workload');
const { native } = require('../lib/native');

/** The clocks of the process, which only calls move on. */
let [uptime, waited] = [0, 0];

beforeEach(() => {
  jest.spyOn(process, 'uptime').mockImplementation(() => uptime / 1000);
  jest.spyOn(native(), 'threadWaitedMs').mockImplementation(() => waited);
});

afterEach(() => jest.restoreAllMocks());

/** A function that takes `ms`, in `waiting` of which its thread waits for a processor. */
function busy(ms, waiting) {
  return () => {
    uptime += ms;
    waited += waiting;
  };
}

const workload = (fn, duration) => new Workload({ value: fn }, { value: undefined }, 1, duration);

describe('what waits for a processor', () => {
  test('has the time that it is allowed to take without that', async () => {
    const alone = workload(busy(5, 0), 50);
    expect(await alone.run(15)).toBe(false);
    expect([alone.calls, alone.remainingMs]).toEqual([10, 0]);
    const beside = workload(busy(5, 3), 50);
    expect(await beside.run(15)).toBe(true);
    expect(beside.remainingMs).toBe(20);
  });

  test('has at most three times as long', async () => {
    const stuck = workload(busy(5, 5), 50);
    expect(await stuck.run(100)).toBe(false);
    expect(stuck.calls).toBe(30);
  });

  test('has more where something is about to be reported', async () => {
    const stuck = workload(busy(5, 5), 50);
    await stuck.run(100);
    stuck.waitLonger();
    expect(stuck.remainingMs).toBe(50);
    expect(await stuck.run(100)).toBe(false);
    expect(stuck.calls).toBe(70);
  });

  test('takes by the call what it takes without that', async () => {
    const beside = workload(busy(5, 4), 1000);
    await beside.run(10);
    expect(beside.msPerCall).toBe(1);
  });
});

test('a wait between two looks at the clocks is no time that was saved', async () => {
  let looks = 0;
  native().threadWaitedMs.mockImplementation(() => {
    looks += 1;
    // The thread is sent away just before it reads how long it has waited.
    if (looks % 3 === 0) {
      uptime += 40;
      waited += 40;
    }
    return waited;
  });
  const one = workload(busy(1, 0), 10_000);
  for (let run = 1; run <= 20; run++) {
    await one.run(5);
    expect(one.msPerCall).toBeCloseTo(1);
  }
  expect(one.remainingMs).toBeCloseTo(9900);
});

test('work aside does not count', async () => {
  const one = workload(busy(5, 0), 1000);
  await one.aside(async () => busy(200, 100)());
  expect(one.remainingMs).toBe(1000);
  await expect(one.aside(() => Promise.reject(new Error('not done')))).rejects.toThrow('not done');
});

test('what became due while the event loop was held happens before the next call', async () => {
  let isDue = false;
  const seen = [];
  const calls = workload(() => {
    seen.push(isDue);
  }, 50);
  await calls.run(1);
  setTimeout(() => {
    isDue = true;
  }, 1);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  await calls.run(1);
  expect(seen).toEqual([false, true]);
});
