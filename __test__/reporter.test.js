'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { ROOT, copyParts, temporaryFolder } = require('./support/child');
const { whatWasLeft } = require('../lib/watch/left');
const { filesText } = require('../lib/watch/text');

const PROJECT = path.join(__dirname, 'fixtures', 'watch-runners');

// Snapshots of a test runner's heap take a few seconds each on a busy machine.
const CEILING = 170_000;
jest.setTimeout(CEILING + 5000);

/** What a test runner prints that runs a project's files one after the other. */
function runTests(program, args, project = PROJECT) {
  const child = spawn(process.execPath, [path.join(ROOT, 'node_modules', program), ...args], {
    cwd: project,
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      TMPDIR: temporaryFolder(),
      VITEST_CACHE: temporaryFolder(),
    },
    timeout: CEILING,
    killSignal: 'SIGKILL',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      output += text;
    });
  }
  return new Promise((resolve) => {
    child.on('close', () => resolve(output));
  });
}

/** A copy of the project for vitest, in which leakguard is a package that was installed. */
function installed() {
  const project = temporaryFolder();
  fs.cpSync(PROJECT, project, { recursive: true });
  const packages = path.join(project, 'node_modules');
  const addons = fs.readdirSync(ROOT).filter((name) => name.endsWith('.node'));
  copyParts(path.join(packages, 'leakguard'), ['index.js', 'lib', 'package.json', ...addons]);
  fs.symlinkSync(path.join(ROOT, 'node_modules', 'vitest'), path.join(packages, 'vitest'));
  const config = path.join(project, 'vitest.config.mjs');
  const text = fs.readFileSync(config, 'utf8');
  fs.writeFileSync(config, text.replace('../../../lib/reporter.js', 'leakguard/reporter'));
  return project;
}

test('jest: the file that leaves objects behind is named, and who holds it', async () => {
  const output = await runTests('jest/bin/jest.js', ['--runInBand', '--forceExit']);
  expect(output).toMatch(/^Memory: 4 test files in 1 worker; 1 left something behind/m);
  expect(output).toMatch(/^ {2}b-leaves\.case\.js: \d\.\d+ MB of live heap/m);
  expect(output).toMatch(/^ {4}- `(?:path|responses)` \(.*\) gained /m);
  expect(output).not.toMatch(/^ {2}[acd]-clean/m);
});

test.each(['forks', 'vmThreads'])('vitest with pool %s: the same', async (pool) => {
  const output = await runTests('vitest/vitest.mjs', ['run', `--pool=${pool}`]);
  expect(output).toMatch(/^Memory: \d test files in 1 worker.*; 1 left something behind/m);
  expect(output).toMatch(
    /^ {2}b-leaves\.vitest\.mjs: \d\.\d+ MB of live heap, 1 TCPServerWrap still open, 1 listener for 'warning' on process$/m,
  );
  expect(output).toMatch(/^ {4}- `_?process` \(.*b-leaves\.vitest\.mjs:8\)/m);
  expect(output).not.toMatch(/^ {2}[acd]-clean/m);
});

test('vitest: the same where leakguard is installed', async () => {
  const output = await runTests('vitest/vitest.mjs', ['run', '--pool=forks'], installed());
  expect(output).toMatch(/^Memory: 3 test files in 1 worker; 1 left something behind/m);
  expect(output).toMatch(/^ {2}b-leaves\.vitest\.mjs: \d\.\d+ MB of live heap, /m);
});

describe('what was left', () => {
  const look = (file, live, handles, listeners = {}) => ({
    worker: '1-0',
    file,
    live,
    external: 0,
    own: { live: live + 5, external: 0 },
    handles,
    listeners,
    suspects: [],
  });

  test('is what stays until the worker ends', () => {
    const looks = [
      look('a', 100, { Timeout: 1 }, { exit: 1 }),
      look('b', 115, { Timeout: 3 }, { exit: 1 }),
      look('c', 400, { Timeout: 2, TCPServerWrap: 1 }, { exit: 2 }),
      look(null, 410, { Timeout: 3, TCPServerWrap: 1 }, { exit: 2 }),
    ];
    expect(whatWasLeft(looks)).toMatchObject([
      { file: 'a', isFirst: true, live: 10, handles: { Timeout: 1 }, listeners: {} },
      {
        file: 'b',
        isFirst: false,
        live: 280,
        handles: { TCPServerWrap: 1 },
        listeners: { exit: 1 },
      },
      { file: 'c', live: 5, handles: {}, listeners: {} },
    ]);
    expect(whatWasLeft([look('a', 100, {})])).toEqual([]);
  });

  test('is told in short where there is nothing', () => {
    const files = whatWasLeft([look('a', 100, {}), look('b', 100, {})]);
    expect(filesText(files, { base: '/', unseen: 1 })).toBe(
      'Memory: 1 test file in 1 worker; none of them left anything behind.\n' +
        '  Not measured: 1 file, the last of its worker. ' +
        'What a file leaves behind shows when the next one begins.',
    );
    expect(filesText([], { base: '/', unseen: 2 })).toMatch(
      /^Memory: no test file could be measured\.\n {2}Not measured: 2 files, the last of their workers\. /,
    );
    expect(filesText([], { base: '/', unseen: 0 })).toMatch(/nothing was measured/);
  });
});

test('without its environment variable the setup file does nothing, and the reporter tidies up', async () => {
  const setUp = require('../lib/jest');
  delete process.env.LEAKGUARD_WATCH;
  await setUp();
  const Reporter = require('../lib/reporter');
  const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const reporter = new Reporter();
  const directory = process.env.LEAKGUARD_WATCH;
  expect(path.dirname(directory)).toBe(os.tmpdir());
  reporter.onRunComplete();
  expect(fs.existsSync(directory)).toBe(false);
  expect(process.env.LEAKGUARD_WATCH).toBeUndefined();
  expect(written.mock.calls.flat().join('')).toContain('nothing was measured');
  written.mockRestore();
});
