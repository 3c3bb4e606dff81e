'use strict';

const path = require('node:path');
const { runTests } = require('./support/runners');

const PROJECT = path.join(__dirname, 'fixtures', 'growth-runners');
const IN_TYPESCRIPT = path.join(__dirname, 'fixtures', 'ts-jest');

// Explained leaks take a few snapshots each.
const CEILING = 170_000;
jest.setTimeout(CEILING + 5000);

/** In the project, some tests fail on purpose. */
function run(runner, args, cwd = PROJECT) {
  return runTests(runner, args, { cwd, ceiling: CEILING });
}

/** Each test's outcome, and the text of each that failed. */
function outcomes(tests) {
  const failed = tests.filter(({ status }) => status === 'failed');
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    texts: Object.fromEntries(failed.map((one) => [one.title, one.failureMessages.join('\n')])),
  };
}

/** Where the matchers are known to work, one leak and its twin tell whether they work elsewhere. */
const SOME = '--testNamePattern=^(a healthy function|leaks)$';

const EXPLAINED =
  /Leaks \d+ B per call \([^\n]*gained [\d,]+ Request objects[\s\S]*expected the function not to leak\./;

describe('jest in one process', () => {
  let passed;
  let texts;

  beforeAll(async () => {
    ({ passed, texts } = outcomes(await run('jest', ['--json', '--runInBand'])));
  });

  test('passes what should pass, and nothing else', () => {
    expect({ passed, failed: Object.keys(texts).sort() }).toEqual({
      passed: 13,
      failed: [
        'does not leak',
        'leaks',
        'leaks more than allowed',
        'leaks no more than allowed',
        'retains fewer objects than it should',
        'retains objects',
      ],
    });
  });

  test('explains a leak', () => {
    const text = texts.leaks;
    expect(text).toContain('expect(function).not.toLeak()');
    expect(text).toMatch(EXPLAINED);
    expect(text).toMatch(/`requests` \(Map, subjects\.js:\d+\)/);
    expect(text).toMatch(
      /^ *What has come with [\d,]+ more calls, by heap snapshots before and after them:\n\s*1\. /m,
    );
    expect(text).toMatch(
      /function under test →[\s\S]*variable requests →[\s\S]*Request {3}← piles up/,
    );
  });

  test('says what else was expected', () => {
    expect(texts['leaks more than allowed']).toMatch(
      /Leaks \d+ B per call, and 64 B is allowed[\s\S]*expected each call to leave at most 64 B behind\./,
    );
    expect(texts['does not leak']).toMatch(/No leak: [\s\S]*expected the function to leak\./);
    expect(texts['leaks no more than allowed']).toMatch(
      /Leaves no more than 64 B per call: [\s\S]*expected each call to leave more than 64 B behind\./,
    );
  });

  test('names who holds the objects of a class', () => {
    const text = texts['retains objects'];
    expect(text).toMatch(
      /3 more Session objects are alive after 3 calls than before: `sessions` \(Map, fails\.case\.js:\d+\) gained 3 Session/,
    );
    expect(text).toContain('expect(function).not.toRetain(Session)');
    expect(text).toMatch(/variable sessions →[\s\S]*Session {3}← piles up/);
    expect(texts['retains fewer objects than it should']).toMatch(
      /No more Session objects are alive after the call than before\.[\s\S]*expected 2 more to be alive\./,
    );
  });
});

describe.each([
  ['jest in worker processes', 'jest', ['--json', '--maxWorkers=2', SOME]],
  ['jest in worker threads', 'jest', ['--json', '--maxWorkers=2', '--workerThreads', SOME]],
  ['vitest in processes', 'vitest', ['run', '--pool=forks', '--reporter=json']],
  ['vitest in threads', 'vitest', ['run', '--pool=threads', '--reporter=json', SOME]],
  ['vitest in contexts', 'vitest', ['run', '--pool=vmThreads', '--reporter=json', SOME]],
])('%s', (_, runner, args) => {
  test('has the matchers', async () => {
    const { passed, texts } = outcomes(await run(runner, args));
    expect(Object.keys(texts)).toEqual(['leaks']);
    expect(texts.leaks).toMatch(EXPLAINED);
    expect(passed).toBe(args.includes(SOME) ? 1 : 5);
  });
});

test('ts-jest has the matchers and their types', async () => {
  const { passed, texts } = outcomes(await run('jest', ['--json'], IN_TYPESCRIPT));
  expect(texts).toEqual({ leaks: expect.stringMatching(EXPLAINED) });
  expect(texts.leaks).toContain('`requests` (Map, growth.case.ts:');
  expect(passed).toBe(1);
});
