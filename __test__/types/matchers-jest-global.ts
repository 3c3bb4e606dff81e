// Checked by tsc, never run: the matchers with the global `expect` of @types/jest.

/// <reference types="jest" />
import '../../jest';

export async function matchers(fn: () => void): Promise<void> {
  await expect(fn).toGrowAtMost('64 B');
  await expect(fn).toGrowAtMost(64, { rungs: 5 });
  await expect(fn).not.toLeak();
  await expect(fn).not.toLeak({ maxDuration: '3s' });
  const checked: Promise<void> = expect(fn).not.toLeak();
  await checked;
  await expect(fn).not.toLeak({ undecided: 'fail', setup: () => 5, teardown: (five) => five + 1 });
  await expect(fn).not.toRetain(Map);
  await expect(fn).toRetain(EventTarget, 3, { warmup: 1, iterations: 3 });
  // @ts-expect-error not a class
  expect(fn).toRetain('Map');
  // @ts-expect-error not a number
  expect(fn).toRetain(Map, '3');
  // @ts-expect-error a limit is needed
  expect(fn).toGrowAtMost();
  // @ts-expect-error not a size
  expect(fn).toGrowAtMost(true);
  // @ts-expect-error misspelled
  expect(fn).toLeak({ rung: 5 });
  // @ts-expect-error no such matcher
  expect(fn).toLeek();
}
