'use strict';

/** Installs the development dependencies where they are missing or older than the lock file. */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { PlainError, ROOT } = require('./requirements');

function modifiedAt(file) {
  return fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/**
 * Nothing of the dependencies is run while they are installed (`--ignore-scripts`), and the
 * package's own `prepare` is not either: callers build the addon where its output is seen.
 *
 * @throws {PlainError} npm failed; what it printed has been shown
 */
function ensureInstalled() {
  const lock = path.join(ROOT, 'package-lock.json');
  // npm writes this file last, so an installation that was broken off has none.
  const installed = path.join(ROOT, 'node_modules', '.package-lock.json');
  if (modifiedAt(installed) >= modifiedAt(lock)) return;
  process.stderr.write('Installing the development dependencies (npm ci) ...\n');
  // Another package manager that runs the script sets this to itself.
  const npm = /npm-cli\.js$/.exec(process.env.npm_execpath ?? '')?.input;
  const options = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status } = npm
    ? spawnSync(process.execPath, [npm, ...options], { cwd: ROOT, stdio: ['ignore', 2, 2] })
    : spawnSync('npm', options, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new PlainError('npm ci failed; its own words are above.');
}

module.exports = { ensureInstalled };
