'use strict';

/** Handlers and factories of well-known packages, in every test runner, with default options. */

const { execFile } = require('node:child_process');
const path = require('node:path');
const { ROOT, temporaryFolder } = require('./support/child');
const subjects = require('./fixtures/packages/subjects');

const PROJECT = path.join(__dirname, 'fixtures', 'packages');
const NAMES = Object.keys(subjects);

// Each of six measurements takes a few seconds, and far more on a busy machine.
const CEILING = 500_000;
jest.setTimeout(CEILING + 5000);

function run(args, env = {}) {
  const options = {
    cwd: PROJECT,
    env: { ...process.env, NODE_OPTIONS: '', VITEST_CACHE: temporaryFolder(), ...env },
    maxBuffer: 2 ** 26,
    timeout: CEILING,
    killSignal: 'SIGKILL',
  };
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (_, stdout, stderr) => resolve({ stdout, stderr }));
  });
}

/** Outcome and text of each test that jest or vitest has run, by its full name. */
async function runTests(program, args, env) {
  const { stdout, stderr } = await run([path.join(ROOT, 'node_modules', program), ...args], env);
  const begin = stdout.indexOf('{"num');
  if (begin < 0) throw new Error(`There is no report.\n${stdout}\n${stderr}`);
  const { testResults } = JSON.parse(stdout.slice(begin));
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  return Object.fromEntries(
    tests.map(({ fullName, status, failureMessages }) => [
      fullName,
      { status, text: failureMessages.join('\n') },
    ]),
  );
}

/**
 * @param {Record<string, { status: string, text: string }>} outcomes
 * @param {string[]} [others] what a holder may be called besides
 */
function expectAll(outcomes, others = []) {
  for (const name of NAMES) {
    expect([name, outcomes[`${name} as documented`]]).toEqual([
      name,
      { status: 'passed', text: '' },
    ]);
    const { status, text } = outcomes[`${name} leaks`];
    expect(status).toBe('failed');
    const first = text.split('\n')[0];
    expect(first).toMatch(/Leaks [\d.]+ KB per call \(.*calls\): /);
    const named = /calls\): `([^`]+)` \(/.exec(first)?.[1];
    expect([subjects[name].holder, ...others]).toContain(named);
  }
}

test('jest', async () => {
  expectAll(await runTests('jest/bin/jest.js', ['--json', '--runInBand', 'case.js$']));
});

test('jest with ECMAScript modules', async () => {
  const args = ['--json', '--runInBand', 'case.mjs$'];
  const env = { NODE_OPTIONS: '--experimental-vm-modules' };
  const outcomes = await runTests('jest/bin/jest.js', args, env);
  expect(outcomes).toEqual(
    Object.fromEntries(
      NAMES.map((name) => [`${name} as documented`, { status: 'passed', text: '' }]),
    ),
  );
});

test('vitest', async () => {
  // vitest runs a script within a block, and a snapshot has no names of a block's variables.
  const outcomes = await runTests('vitest/vitest.mjs', ['run', '--reporter=json']);
  expectAll(outcomes, ['function under test[]']);
});

test('node:test', async () => {
  const { stdout } = await run(['--test', '--test-reporter=tap', 'packages.node.mjs']);
  for (const name of NAMES) {
    expect(stdout).toMatch(new RegExp(`^ok \\d+ - ${name} as documented$`, 'm'));
    const { holder } = subjects[name];
    expect(stdout).toMatch(
      new RegExp(`^not ok \\d+ - ${name} leaks$[^]*?Leaks .* per call .*: \`${holder}\` \\(`, 'm'),
    );
  }
  expect(stdout).toContain('ERR_LEAKGUARD_GROWTH');
});
