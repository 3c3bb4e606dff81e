'use strict';

/** Test runners in processes of their own, in projects where some tests fail on purpose. */

const { execFile } = require('node:child_process');
const path = require('node:path');
const { ROOT, temporaryFolder } = require('./child');

const PROGRAMS = { jest: 'jest/bin/jest.js', vitest: 'vitest/vitest.mjs' };

/**
 * @param {'jest' | 'vitest'} runner
 * @param {string[]} args that make it report as JSON, among others
 * @param {object} options
 * @param {string} options.cwd the project
 * @param {number} options.ceiling ms; one that takes longer is killed
 * @param {Record<string, string>} [options.env]
 * @returns {Promise<any[]>} the tests, as jest's JSON report has them; vitest's is the same
 */
function runTests(runner, args, { cwd, ceiling, env = {} }) {
  const command = [path.join(ROOT, 'node_modules', PROGRAMS[runner]), ...args];
  return new Promise((resolve, reject) => {
    const options = {
      cwd,
      env: { ...process.env, NODE_OPTIONS: '', VITEST_CACHE: temporaryFolder(), ...env },
      maxBuffer: 2 ** 26,
      timeout: ceiling,
      killSignal: 'SIGKILL',
    };
    execFile(process.execPath, command, options, (_, stdout, stderr) => {
      try {
        const { testResults } = JSON.parse(stdout.slice(stdout.indexOf('{"num')));
        resolve(testResults.flatMap(({ assertionResults }) => assertionResults));
      } catch {
        reject(new Error(`There is no report.\n${stdout}\n${stderr}`));
      }
    });
  });
}

module.exports = { runTests };
