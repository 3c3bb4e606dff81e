'use strict';

const { ask } = require('./support/child');

jest.setTimeout(60_000);

const onLinux = process.platform === 'linux' ? test : test.skip;

/** Figures before and after a heap of 64 KB blocks, of which the last one stays. */
const BURST = `
  const { GarbageCollector } = require('./lib/garbage');
  const { native } = require('./lib/native');
  const collector = new GarbageCollector();
  const figures = async () => {
    const { resident, external } = await collector.collect();
    return { resident, external, kept: native().allocatedBytes()[1] };
  };
  (async () => {
    const before = await figures();
    let blocks = Array.from({ length: 1000 }, () => Buffer.allocUnsafeSlow(65536).fill(1));
    const last = Buffer.allocUnsafeSlow(65536).fill(1);
    const during = await figures();
    blocks = null;
    const after = await figures();
    collector.close();
    console.log(JSON.stringify({ before, during, after, last: last.length }));
  })();
`;

onLinux('what malloc was given back and keeps for later does not count as in use', async () => {
  const MB = 2 ** 20;
  const { before, during, after } = await ask(BURST);
  expect(during.external - before.external).toBeGreaterThan(60 * MB);
  expect(after.external - before.external).toBeLessThan(MB);
  expect(after.kept - before.kept).toBeGreaterThan(30 * MB);
  expect(Math.abs(after.resident - before.resident)).toBeLessThan(8 * MB);
});
