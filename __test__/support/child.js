'use strict';

/** Scripts in processes of their own, where `leakguard` is this package. */

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const ROOT = path.join(__dirname, '..', '..');

/** No script needs as long, ms; one that does is killed, and its test fails. */
const CEILING = 55_000;

/**
 * Runs a script to its end.
 *
 * @param {string} script
 * @param {object} [options]
 * @param {string[]} [options.flags] for Node.js
 * @param {string[]} [options.args] what the script finds in process.argv from index 1 on
 * @param {string[]} [options.within] a command that runs the command which follows it
 * @returns {Promise<{ code: number | null, signal: string | null, stdout: string, stderr: string }>}
 */
function run(script, { flags = [], args = [], within = [] } = {}) {
  const [program, ...rest] = [...within, process.execPath, ...flags, '-e', script, '--', ...args];
  const child = spawn(program, rest, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  const said = { stdout: '', stderr: '' };
  for (const name of Object.keys(said)) {
    child[name].on('data', (text) => {
      said[name] += text;
    });
  }
  const ceiling = setTimeout(() => child.kill('SIGKILL'), CEILING);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(ceiling);
      children.delete(child);
      resolve({ code, signal, ...said });
    });
  });
}

/**
 * Runs a script that prints JSON and nothing else, and that ends well.
 *
 * @returns {Promise<any>} what it printed
 */
async function ask(script, options) {
  const result = await run(script, options);
  if (result.code !== 0 || result.stderr !== '') {
    throw new Error(`The script did not end well: ${JSON.stringify(result, null, 2)}`);
  }
  return JSON.parse(result.stdout);
}

/** A new folder, which is removed when the tests of the file are done. */
function temporaryFolder() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'leakguard-test-'));
  folders.push(folder);
  return folder;
}

/**
 * Copies some of the project's files and folders.
 *
 * @param {string} folder where they go
 * @param {string[]} parts
 */
function copyParts(folder, parts) {
  for (const part of parts) {
    fs.cpSync(path.join(ROOT, part), path.join(folder, part), { recursive: true });
  }
}

const children = new Set();
const folders = [];

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  for (const folder of folders) fs.rmSync(folder, { recursive: true, force: true });
});

module.exports = { ROOT, ask, copyParts, run, temporaryFolder };
