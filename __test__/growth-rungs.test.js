'use strict';

const { Rungs } = require('../lib/growth/rungs');

const MB = 1024 ** 2;

/** Rungs of 100 calls each, with so much native memory after each of them. */
function measured(native, ignoreAt = Infinity) {
  const rungs = new Rungs(10);
  const figures = { live: 4 * MB, heapUsed: 5 * MB, external: MB, arrayBuffers: 0, rss: 60 * MB };
  native.forEach((bytes, place) => {
    if (place === ignoreAt) rungs.ignoreNative();
    rungs.push(place * 100, { ...figures, native: bytes * MB, resident: 2 * bytes * MB });
  });
  return rungs.judge(0);
}

describe('native memory', () => {
  test('that grows with the calls is a leak', () => {
    const verdict = measured([10, 20, 30, 40, 50, 60, 70, 80, 90]);
    expect(verdict).toMatchObject({ leaking: true, kind: 'native' });
  });

  test('is not judged where snapshots have taken some of it', () => {
    const verdict = measured([10, 20, 30, 40, 50, 60, 70, 80, 90], 7);
    expect(verdict).toMatchObject({ leaking: false, decided: true, kind: null });
  });
});

test('only as many rungs are kept as there is room for', () => {
  const rungs = new Rungs(5);
  const floor = { live: 1, heapUsed: 1, external: 0, arrayBuffers: 0, native: 0, resident: 0 };
  for (let calls = 0; calls < 7; calls++) rungs.push(calls, { ...floor, rss: calls });
  expect(rungs.list().map(({ iterations, rss }) => [iterations, rss])).toEqual([
    [2, 2],
    [3, 3],
    [4, 4],
    [5, 5],
    [6, 6],
  ]);
});

describe('what leakguard itself has done meanwhile', () => {
  /** A healthy function: 6 MB stay of a snapshot, for which there were 300 calls besides. */
  function interrupted(skip) {
    const rungs = new Rungs(10);
    const floor = (bytes) => ({
      ...{ live: bytes, heapUsed: bytes, external: MB, arrayBuffers: 0, rss: 60 * MB },
      ...{ native: 0, resident: 0 },
    });
    for (let place = 0; place < 5; place++) rungs.push(place * 100, floor(4 * MB));
    if (skip) rungs.skip(700, floor(10 * MB));
    for (let place = 8; place < 13; place++) rungs.push(place * 100, floor(10 * MB));
    return rungs;
  }

  test('is no growth, and its calls are none', () => {
    const rungs = interrupted(true);
    expect(rungs.judge(0)).toMatchObject({ leaking: false, bytesPerIteration: 0 });
    expect(rungs.list().map(({ iterations }) => iterations)).toEqual(
      Array.from({ length: 10 }, (_, place) => place * 100),
    );
  });

  test('(the twin) would count', () => {
    expect(interrupted(false).judge(0).bytesPerIteration).toBeGreaterThan(0);
  });
});
