'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { temporaryFolder } = require('./support/child');
const { Budget, allowedBytes } = require('../lib/matchers/budget');
const { matchers } = require('../lib/jest');

// Enough to tell a leak from its twin, in little time.
const quick = { warmup: 300, iterations: 300, rungs: 6, explain: false };

/** A function that keeps an array of so many elements each time, and nothing that grows in leaps. */
function leaking(size) {
  let last = null;
  return (call) => {
    last = { last, body: new Array(size).fill(call) };
  };
}

const environment = { ...process.env };
let folder;

beforeEach(() => {
  folder = temporaryFolder();
  process.env.LEAKGUARD_BUDGET = path.join(folder, 'budget.json');
  delete process.env.LEAKGUARD_UPDATE_BUDGET;
});

afterEach(() => {
  process.env.LEAKGUARD_BUDGET = environment.LEAKGUARD_BUDGET ?? '';
});

/** What a matcher answers in a test of this name. */
function expectation(name, fn, isNot = true) {
  const state = { isNot, testPath: path.join(folder, 'test', 'a.test.js'), currentTestName: name };
  return matchers.toLeak.call(state, fn, quick);
}

function update(name, fn) {
  process.env.LEAKGUARD_UPDATE_BUDGET = '1';
  return expectation(name, fn).finally(() => {
    delete process.env.LEAKGUARD_UPDATE_BUDGET;
  });
}

function written() {
  return JSON.parse(fs.readFileSync(process.env.LEAKGUARD_BUDGET, 'utf8'));
}

test('growth that is written down passes, and fails when it becomes more', async () => {
  expect(await expectation('keeps', leaking(200))).toMatchObject({ pass: true });
  expect(fs.readdirSync(folder)).toEqual([]);
  expect(await update('keeps', leaking(200))).toMatchObject({ pass: false });
  const { version, tests } = written();
  expect(version).toBe(1);
  const { bytesPerCall } = tests['test/a.test.js'].keeps;
  expect(bytesPerCall).toBeGreaterThan(200 * 8);
  expect(bytesPerCall).toBeLessThan(200 * 8 * 2);
  expect(fs.readdirSync(folder)).toEqual(['budget.json']);

  expect(await expectation('keeps', leaking(200))).toMatchObject({ pass: false });
  const more = await expectation('keeps', leaking(600));
  expect(more.pass).toBe(true);
  expect(more.message()).toMatch(
    /^Leaks [\d.]+ KB per call, and [\d.]+ KB is allowed .*\n\n.* budget\.json knows of [\d.]+ KB per call in this test; up to [\d.]+ KB passes\. LEAKGUARD_UPDATE_BUDGET=1 /,
  );
  expect(await expectation('another', leaking(200))).toMatchObject({ pass: true });
});

test('a leak that is wanted is not written down', async () => {
  process.env.LEAKGUARD_UPDATE_BUDGET = '1';
  expect(await expectation('wants', leaking(200), false)).toMatchObject({ pass: true });
  expect(fs.existsSync(process.env.LEAKGUARD_BUDGET)).toBe(false);
});

test('what is mended goes from the file, and the rest of it stays', async () => {
  const tests = {
    'test/a.test.js': { 'is mended': { bytesPerCall: 500 }, 'is not run': { bytesPerCall: 80 } },
    'test/0.test.js': { 'is not run': { bytesPerCall: 80 } },
  };
  fs.writeFileSync(process.env.LEAKGUARD_BUDGET, JSON.stringify({ version: 1, tests }));
  await update('is mended', () => {});
  delete tests['test/a.test.js']['is mended'];
  expect(written()).toEqual({ version: 1, tests });
  expect(Object.keys(written().tests)).toEqual(['test/0.test.js', 'test/a.test.js']);
});

describe('the file', () => {
  const growth = (bytes) => ({
    leaking: true,
    interval: [bytes - 1, bytes],
    handles: [],
    suspects: [{ holder: { name: 'requests' } }],
  });

  test('has the larger one where a test expects twice, and who holds it', () => {
    process.env.LEAKGUARD_UPDATE_BUDGET = '1';
    const state = { testPath: path.join(folder, 'b.test.js'), currentTestName: 'twice' };
    for (const bytes of [100, 300, 200]) new Budget(state).update(growth(bytes));
    expect(written().tests).toEqual({
      'b.test.js': { twice: { bytesPerCall: 300, holder: 'requests' } },
    });
  });

  test('is whole when many processes write it', async () => {
    const script = `
      const { Budget } = require(${JSON.stringify(require.resolve('../lib/matchers/budget'))});
      const growth = { leaking: true, interval: [1, 64], handles: [], suspects: [] };
      for (let test = 0; test < 20; test++) {
        const state = { testPath: process.argv[1], currentTestName: 'test ' + test };
        new Budget(state).update(growth);
      }`;
    const { execFile } = require('node:child_process');
    const { promisify } = require('node:util');
    const run = promisify(execFile);
    const env = { ...process.env, LEAKGUARD_UPDATE_BUDGET: '1' };
    const files = ['a', 'b', 'c'].map((name) => path.join(folder, name));
    await Promise.all(files.map((file) => run(process.execPath, ['-e', script, file], { env })));
    const { tests } = written();
    expect(Object.keys(tests)).toEqual(['a', 'b', 'c']);
    for (const entries of Object.values(tests)) expect(Object.keys(entries)).toHaveLength(20);
    expect(fs.readdirSync(folder)).toEqual(['budget.json']);
  });

  test.each(['{', '[]', '{"version":2,"tests":{}}'])('%s is refused', async (text) => {
    fs.writeFileSync(process.env.LEAKGUARD_BUDGET, text);
    await expect(expectation('keeps', () => {})).rejects.toMatchObject({
      code: 'ERR_LEAKGUARD_BUDGET',
      message: expect.stringContaining('budget.json'),
    });
  });
});

test('two runs of one leak may differ a little', () => {
  expect(allowedBytes({ bytesPerCall: 1000 })).toBe(1100);
  expect(allowedBytes({ bytesPerCall: 40 })).toBe(56);
  expect(allowedBytes({ bytesPerCall: 0 })).toBe(0);
});
