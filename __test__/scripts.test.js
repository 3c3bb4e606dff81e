'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { countCargo, countJest } = require('../scripts/test-counts');
const { copyParts } = require('./support/child');

const SCRIPTS = ['scripts/build.js', 'scripts/demo.js', 'scripts/test.js'];

let clone;

/** A clone whose dependencies seem to be installed, on a machine without Rust. */
beforeEach(() => {
  clone = fs.mkdtempSync(path.join(os.tmpdir(), 'leakguard-scripts-'));
  copyParts(clone, [
    'Cargo.toml',
    'Cargo.lock',
    'build.rs',
    'src',
    'lib',
    'scripts',
    'package.json',
  ]);
  fs.writeFileSync(path.join(clone, 'package-lock.json'), '{}');
  fs.mkdirSync(path.join(clone, 'node_modules'));
  fs.writeFileSync(path.join(clone, 'node_modules', '.package-lock.json'), '{}');
});

afterEach(() => {
  fs.rmSync(clone, { recursive: true, force: true });
});

function run(...options) {
  return spawnSync(process.execPath, options, {
    cwd: clone,
    encoding: 'utf8',
    env: { PATH: path.join(clone, 'tools') },
  });
}

/** Puts a program on the PATH that prints `version`, as `cargo --version` would. */
function installTool(name, version) {
  const tools = path.join(clone, 'tools');
  fs.mkdirSync(tools, { recursive: true });
  fs.writeFileSync(path.join(tools, name), `#!/bin/sh\necho '${version}'\n`, { mode: 0o755 });
}

test.each(SCRIPTS)('%s without Rust says what is missing, in one line', (script) => {
  const { status, stderr } = run(script);
  expect(stderr).toMatch(/^leakguard's addon is built with Rust, and cargo and rustc cannot/);
  expect(stderr).toContain('https://rustup.rs');
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(status).toBe(1);
});

test('one missing tool is named alone', () => {
  installTool('cargo', 'cargo 1.999.0');
  expect(run('scripts/build.js').stderr).toContain('Rust, and rustc cannot be found');
});

test('Rust that is too old is told with its version', () => {
  installTool('cargo', 'cargo 1.70.0 (ec8a8a0ca 2023-04-25)');
  installTool('rustc', 'rustc 1.70.0 (90c541806 2023-05-31)');
  const { status, stderr } = run('scripts/build.js');
  expect(stderr).toMatch(
    /^leakguard's addon needs Rust [\d.]+ or newer, and this is "cargo 1\.70\.0/,
  );
  expect(stderr).toContain('rustup update');
  expect(status).toBe(1);
});

test.each(SCRIPTS)('%s with a Node.js that is too old says so, in one line', (script) => {
  const manifest = JSON.parse(fs.readFileSync(path.join(clone, 'package.json'), 'utf8'));
  manifest.engines.node = '>=999';
  fs.writeFileSync(path.join(clone, 'package.json'), JSON.stringify(manifest));
  installTool('cargo', 'cargo 1.999.0');
  installTool('rustc', 'rustc 1.999.0');
  const { status, stderr } = run(script);
  expect(stderr).toBe(
    `leakguard needs Node.js 999.0 or newer, and this is ${process.version}. ` +
      'Get a newer one from https://nodejs.org or through your version manager.\n',
  );
  expect(status).toBe(1);
});

test('an install without Rust is told in one line that nothing was built, and succeeds', () => {
  const { status, stderr } = run('scripts/build.js', '--if-missing', '--optional');
  expect(stderr).toMatch(/^The addon was not built\. /);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(status).toBe(0);
});

test('an addon that is newer than its sources is not built again', () => {
  const { platformName } = require('../lib/native');
  const addon = path.join(clone, `leakguard.${platformName()}.node`);
  fs.writeFileSync(addon, '');
  expect(run('scripts/build.js', '--if-missing')).toMatchObject({ status: 0, stderr: '' });
  const later = new Date(Date.now() + 60_000);
  fs.utimesSync(path.join(clone, 'src', 'lib.rs'), later, later);
  expect(run('scripts/build.js', '--if-missing')).toMatchObject({ status: 1 });
});

describe('tests are counted', () => {
  test('over all test binaries of cargo', () => {
    const output = [
      'running 12 tests',
      'test result: ok. 11 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s',
      'test of something that prints "9 passed; 9 failed;" ... ok',
      'test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out',
    ].join('\n');
    expect(countCargo(output)).toEqual({ passed: 14, failed: 2 });
    expect(countCargo('error: could not compile')).toEqual({ passed: 0, failed: 0 });
  });

  test('with a file that jest could not load as a failure', () => {
    const report = { numPassedTests: 5, numFailedTests: 1, numRuntimeErrorTestSuites: 2 };
    expect(countJest(report)).toEqual({ passed: 5, failed: 3 });
  });
});
