'use strict';

const { execFile } = require('node:child_process');
const path = require('node:path');
const { ROOT, temporaryFolder } = require('./support/child');

const PROJECT = path.join(__dirname, 'fixtures', 'growth-runners');

// Explained leaks take a few snapshots each.
const CEILING = 170_000;
jest.setTimeout(CEILING + 5000);

/**
 * Runs a test runner in the project, where some tests fail on purpose.
 *
 * @returns {Promise<any>} its report
 */
function runTests(program, args, env = {}) {
  const command = [path.join(ROOT, 'node_modules', program), ...args];
  return new Promise((resolve, reject) => {
    const options = {
      cwd: PROJECT,
      env: { ...process.env, NODE_OPTIONS: '', ...env },
      maxBuffer: 2 ** 26,
      timeout: CEILING,
      killSignal: 'SIGKILL',
    };
    execFile(process.execPath, command, options, (_, stdout, stderr) => {
      try {
        resolve(JSON.parse(stdout.slice(stdout.indexOf('{"num'))));
      } catch {
        reject(new Error(`There is no report.\n${stdout}\n${stderr}`));
      }
    });
  });
}

/** Each test's outcome, and the text of each that failed. */
function outcomes({ testResults }) {
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const failed = tests.filter(({ status }) => status === 'failed');
  return {
    passed: tests.filter(({ status }) => status === 'passed').length,
    texts: Object.fromEntries(failed.map((one) => [one.title, one.failureMessages.join('\n')])),
  };
}

describe.each([
  ['in one process', ['--runInBand']],
  ['in worker processes', ['--maxWorkers=2']],
  ['in worker threads', ['--maxWorkers=2', '--workerThreads']],
])('jest %s', (_, args) => {
  let passed;
  let texts;

  beforeAll(async () => {
    ({ passed, texts } = outcomes(await runTests('jest/bin/jest.js', ['--json', ...args])));
  });

  test('passes what should pass, and nothing else', () => {
    expect({ passed, failed: Object.keys(texts).sort() }).toEqual({
      passed: 10,
      failed: ['does not leak', 'leaks', 'leaks more than allowed', 'leaks no more than allowed'],
    });
  });

  test('explains a leak', () => {
    const text = texts.leaks;
    expect(text).toContain('expect(function).not.toLeak()');
    expect(text).toMatch(/Expected the function not to leak\. Leaks \d+ B per call \(/);
    expect(text).toMatch(/`requests` \(Map, subjects\.js:\d+\) gained [\d,]+ Request objects/);
    expect(text).toMatch(/function under test →[\s\S]*variable requests →[\s\S]*Request {3}← piles up/);
  });

  test('says what else was expected', () => {
    expect(texts['leaks more than allowed']).toMatch(
      /Expected each call to leave at most 64 B behind\. Leaks \d+ B per call, and 64 B is allowed/,
    );
    expect(texts['does not leak']).toMatch(/Expected the function to leak\. No leak: /);
    expect(texts['leaks no more than allowed']).toMatch(
      /Expected each call to leave more than 64 B behind\. Leaves no more than 64 B per call: /,
    );
  });
});

describe.each(['forks', 'threads', 'vmThreads'])('vitest in %s', (pool) => {
  test('has the matchers', async () => {
    const report = await runTests(
      'vitest/vitest.mjs',
      ['run', `--pool=${pool}`, '--reporter=json'],
      { VITEST_CACHE: temporaryFolder() },
    );
    const { passed, texts } = outcomes(report);
    expect({ passed, failed: Object.keys(texts) }).toEqual({ passed: 4, failed: ['leaks'] });
    expect(texts.leaks).toMatch(/Expected the function not to leak\. Leaks \d+ B per call \(/);
    expect(texts.leaks).toMatch(/gained [\d,]+ Request objects/);
  });
});
