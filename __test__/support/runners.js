'use strict';

/** Test runners in processes of their own, in projects where some tests fail on purpose. */

const { execFile } = require('node:child_process');
const path = require('node:path');
const { ROOT, temporaryFolder } = require('./child');

const PROGRAMS = { jest: 'jest/bin/jest.js', vitest: 'vitest/vitest.mjs' };

/**
 * Node.js, whatever it exits with.
 *
 * @param {string[]} args
 * @param {object} options
 * @param {string} options.cwd the project
 * @param {number} options.ceiling ms; one that takes longer is killed
 * @param {Record<string, string>} [options.env]
 * @returns {Promise<{ stdout: string, stderr: string }>}
 */
function runNode(args, { cwd, ceiling, env = {} }) {
  const options = {
    cwd,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    maxBuffer: 2 ** 26,
    timeout: ceiling,
    killSignal: 'SIGKILL',
  };
  return new Promise((resolve) => {
    execFile(process.execPath, args, options, (_, stdout, stderr) => resolve({ stdout, stderr }));
  });
}

/**
 * @param {'jest' | 'vitest'} runner
 * @param {string[]} args that make it report as JSON, among others
 * @param {Parameters<typeof runNode>[1]} options
 * @returns {Promise<any[]>} the tests, as jest's JSON report has them; vitest's is the same
 */
async function runTests(runner, args, { env, ...options }) {
  const { stdout, stderr } = await runNode(
    [path.join(ROOT, 'node_modules', PROGRAMS[runner]), ...args],
    { ...options, env: { VITEST_CACHE: temporaryFolder(), ...env } },
  );
  const begin = stdout.indexOf('{"num');
  if (begin < 0) throw new Error(`There is no report.\n${stdout}\n${stderr}`);
  const { testResults } = JSON.parse(stdout.slice(begin));
  return testResults.flatMap(({ assertionResults }) => assertionResults);
}

module.exports = { runNode, runTests };
