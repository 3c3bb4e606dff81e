'use strict';

/** Handlers and factories of well-known packages, in every test runner, with default options. */

const path = require('node:path');
const { runNode, runTests } = require('./support/runners');
const subjects = require('./fixtures/packages/subjects');

const PROJECT = path.join(__dirname, 'fixtures', 'packages');
const NAMES = Object.keys(subjects);

// Each of six measurements takes a few seconds, and far more on a busy machine.
const CEILING = 500_000;
jest.setTimeout(CEILING + 5000);

/** Outcome and text of each test that jest or vitest has run, by its full name. */
async function outcomesOf(runner, args, env) {
  const tests = await runTests(runner, args, { cwd: PROJECT, ceiling: CEILING, env });
  return Object.fromEntries(
    tests.map(({ fullName, status, failureMessages }) => [
      fullName,
      { status, text: failureMessages.join('\n') },
    ]),
  );
}

/** @param {Record<string, { status: string, text: string }>} outcomes */
function expectAll(outcomes) {
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
    expect(named).toBe(subjects[name].holder);
  }
}

test('jest', async () => {
  expectAll(await outcomesOf('jest', ['--json', '--runInBand', 'case.js$']));
});

test('jest with ECMAScript modules', async () => {
  const args = ['--json', '--runInBand', 'case.mjs$'];
  const env = { NODE_OPTIONS: '--experimental-vm-modules' };
  const outcomes = await outcomesOf('jest', args, env);
  expect(outcomes).toEqual(
    Object.fromEntries(
      NAMES.map((name) => [`${name} as documented`, { status: 'passed', text: '' }]),
    ),
  );
});

test('vitest', async () => {
  expectAll(await outcomesOf('vitest', ['run', '--reporter=json']));
});

test('node:test', async () => {
  const args = ['--test', '--test-reporter=tap', 'packages.node.mjs'];
  const { stdout } = await runNode(args, { cwd: PROJECT, ceiling: CEILING });
  for (const name of NAMES) {
    expect(stdout).toMatch(new RegExp(`^ok \\d+ - ${name} as documented$`, 'm'));
    const { holder } = subjects[name];
    expect(stdout).toMatch(
      new RegExp(`^not ok \\d+ - ${name} leaks$[^]*?Leaks .* per call .*: \`${holder}\` \\(`, 'm'),
    );
  }
  expect(stdout).toContain('ERR_LEAKGUARD_GROWTH');
});
