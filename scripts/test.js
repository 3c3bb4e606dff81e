'use strict';

/**
 * `npm test`: everything that has to hold before a change is good, from a fresh clone on.
 *
 * Each step is one line with its duration. The first that fails ends the run, with its output.
 */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { requireNode, requireRust, ROOT, runMain } = require('./requirements');
const { countCargo, countJest } = require('./test-counts');

const JEST_REPORT = path.join(os.tmpdir(), `leakguard-jest-${process.pid}.json`);

/** Output is kept, and shown only of a step that fails: some tools would colour it even so. */
const { FORCE_COLOR, ...ENVIRONMENT } = { ...process.env, NO_COLOR: '1' };

/** A tool of node_modules, run with this Node.js. */
function nodeTool(script, ...options) {
  return [process.execPath, path.join(ROOT, script), ...options];
}

const STEPS = [
  { name: 'addon', command: nodeTool('scripts/build.js', '--if-missing') },
  { name: 'rustfmt', command: ['cargo', 'fmt', '--check', '--', '--color', 'never'] },
  {
    name: 'clippy',
    command: ['cargo', 'clippy', '--locked', '--all-targets', '--', '-D', 'warnings'],
  },
  {
    name: 'cargo test',
    command: ['cargo', 'test', '--locked', '--no-fail-fast'],
    count: countCargo,
  },
  {
    name: 'biome',
    command: nodeTool('node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'),
  },
  { name: 'types', command: nodeTool('node_modules/typescript/bin/tsc', '--project', '.') },
  {
    name: 'jest',
    command: nodeTool('node_modules/jest/bin/jest.js', '--json', `--outputFile=${JEST_REPORT}`),
    count: readJestReport,
  },
];

function readJestReport() {
  try {
    return countJest(JSON.parse(fs.readFileSync(JEST_REPORT, 'utf8')));
  } catch (error) {
    // jest ended before it could write one; its exit code tells of the failure.
    if (error.code === 'ENOENT') return { passed: 0, failed: 0 };
    throw error;
  } finally {
    fs.rmSync(JEST_REPORT, { force: true });
  }
}

/** @returns {Promise<{ ok: boolean, stdout: string, output: string }>} */
function run([program, ...options]) {
  return new Promise((resolve) => {
    const child = spawn(program, options, {
      cwd: ROOT,
      env: ENVIRONMENT,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const stdout = [];
    const output = [];
    child.stdout.on('data', (chunk) => {
      stdout.push(chunk);
      output.push(chunk);
    });
    child.stderr.on('data', (chunk) => output.push(chunk));
    child.on('error', (error) => output.push(Buffer.from(`${error.message}\n`)));
    child.on('close', (code, signal) => {
      if (signal !== null) output.push(Buffer.from(`ended by ${signal}\n`));
      resolve({
        ok: code === 0,
        stdout: Buffer.concat(stdout).toString(),
        output: Buffer.concat(output).toString(),
      });
    });
  });
}

/** Runs one step; its line is begun before and ended after, so that one sees what takes so long. */
async function runStep({ name, command, count }, total) {
  const start = performance.now();
  process.stdout.write(`${name} ... `);
  const { ok, stdout, output } = await run(command);
  const seconds = `${((performance.now() - start) / 1000).toFixed(1)} s`;
  const counts = count?.(stdout);
  if (counts) {
    total.passed += counts.passed;
    total.failed += counts.failed;
  }
  const tests = counts ? ` (${counts.passed} passed, ${counts.failed} failed)` : '';
  process.stdout.write(`${ok ? 'ok' : 'FAILED'}, ${seconds}${tests}\n`);
  if (!ok) process.stdout.write(`\n${output}\nStopped: ${name} failed.\n`);
  return ok;
}

runMain(async () => {
  requireNode();
  requireRust();
  require('./install').ensureInstalled();
  const total = { passed: 0, failed: 0 };
  for (const step of STEPS) {
    if (!(await runStep(step, total))) {
      process.exitCode = 1;
      break;
    }
  }
  process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
});
