'use strict';

/** Growth of functions, each leak beside its healthy twin, in jest itself. */

const { EventEmitter } = require('node:events');
const { GrowthError, LeakguardError, assertNoGrowth, measureGrowth } = require('leakguard');
require('leakguard/jest');

const WITHIN = 60_000;

/** A function that keeps what it makes, and one that lets it go in time. */
function twins(name) {
  const kept = new Map();
  const recent = new Map();
  const bus = new EventEmitter().setMaxListeners(0);
  const chunks = [];
  const makers = {
    'entries of a Map': [
      (i) => kept.set(kept.size, { id: i, rows: [i, i, i] }),
      (i) => recent.set(i % 100, { id: i, rows: [i, i, i] }),
    ],
    listeners: [
      () => bus.on('change', () => {}),
      () => {
        const listener = () => {};
        bus.on('change', listener);
        bus.off('change', listener);
      },
    ],
    Buffers: [
      () => chunks.push(Buffer.alloc(20_000)),
      () => {
        chunks.push(Buffer.alloc(20_000));
        if (chunks.length > 20) chunks.shift();
      },
    ],
  };
  return makers[name];
}

describe.each([
  ['entries of a Map', 'kept', 'heap'],
  ['listeners', 'bus', 'heap'],
  ['Buffers', 'chunks', 'external'],
])('%s', (name, holder, kind) => {
  test(
    'that are kept are a leak, and its holder is named',
    async () => {
      const growth = await measureGrowth(twins(name)[0]);
      expect(growth).toMatchObject({ leaking: true, kind });
      expect(growth.interval[0]).toBeGreaterThan(0);
      expect(growth.suspects[0].holder.name).toBe(holder);
      expect(growth.text.split('\n', 1)[0]).toMatch(/^Leaks .+ per call .*`/);
    },
    WITHIN,
  );

  test(
    'that are let go are none',
    async () => {
      const growth = await measureGrowth(twins(name)[1]);
      expect(growth).toMatchObject({ leaking: false, kind: null, suspects: [] });
    },
    WITHIN,
  );
});

describe('measureGrowth', () => {
  test(
    'finds nothing in an empty function',
    async () => {
      const growth = await measureGrowth(() => {});
      expect(growth.leaking).toBe(false);
      expect(Math.abs(growth.bytesPerIteration)).toBeLessThan(4);
    },
    WITHIN,
  );

  test(
    'waits for an asynchronous function',
    async () => {
      const kept = [];
      const growth = await measureGrowth(async (i) => {
        await null;
        kept.push({ i, text: `number ${i}` });
      });
      expect(growth.leaking).toBe(true);
      expect(growth.suspects[0].holder.name).toBe('kept');
    },
    WITHIN,
  );

  test('passes on what the function throws', async () => {
    const failing = () => {
      throw new RangeError('mine');
    };
    await expect(measureGrowth(failing)).rejects.toThrow(new RangeError('mine'));
  });

  test('refuses options that it does not know', async () => {
    const wrong = measureGrowth(() => {}, { iteration: 10 });
    await expect(wrong).rejects.toMatchObject({ code: 'ERR_LEAKGUARD_INVALID_OPTION' });
  });
});

test(
  'assertNoGrowth rejects with the explanation and the figures',
  async () => {
    const [leaky, healthy] = twins('entries of a Map');
    const error = await assertNoGrowth(leaky).catch((caught) => caught);
    expect(error).toBeInstanceOf(GrowthError);
    expect(error).toBeInstanceOf(LeakguardError);
    expect(error.code).toBe('ERR_LEAKGUARD_GROWTH');
    expect(error.message).toContain('`kept`');
    expect(error.growth.leaking).toBe(true);
    await expect(assertNoGrowth(leaky, { limit: '1 MB' })).resolves.toBeDefined();
    await expect(assertNoGrowth(healthy)).resolves.toMatchObject({ leaking: false });
  },
  WITHIN,
);

describe('the matchers', () => {
  test(
    'tell a leak from its healthy twin',
    async () => {
      const [leaky, healthy] = twins('entries of a Map');
      await expect(healthy).not.toLeak();
      await expect(leaky).toLeak({ explain: false });
      await expect(expect(leaky).not.toLeak()).rejects.toThrow(/`kept`/);
    },
    WITHIN,
  );

  test(
    'allow what they are told to allow',
    async () => {
      const [leaky] = twins('entries of a Map');
      await expect(leaky).toGrowAtMost('64 KB');
      await expect(expect(leaky).toGrowAtMost(8)).rejects.toThrow(/per call/);
    },
    WITHIN,
  );
});
