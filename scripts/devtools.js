'use strict';

/** Chrome DevTools' own heap snapshot code, out of its npm package, in one file. */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { PlainError } = require('./requirements');

const PACKAGES = ['chrome-devtools-frontend@1.0.1705227', 'esbuild@0.28.2'];

const WORKER = 'chrome-devtools-frontend/front_end/entrypoints/heap_snapshot_worker';

const ENTRY = `
export { SecondaryInitManager } from '${WORKER}/HeapSnapshot.ts';
export { HeapSnapshotLoader } from '${WORKER}/HeapSnapshotLoader.ts';
import { HeapSnapshotModel } from 'chrome-devtools-frontend/front_end/models/heap_snapshot/heap_snapshot.ts';
export const NodeFilter = HeapSnapshotModel.NodeFilter;
`;

// DevTools' build makes this file; the package is without it.
const LOCALES = `
export const LOCALES = ['en-US'], BUNDLED_LOCALES = ['en-US'], DEFAULT_LOCALE = 'en-US';
export const REMOTE_FETCH_PATTERN = '', LOCAL_FETCH_PATTERN = '';
`;

/**
 * Runs a program to its end; what it prints goes to stderr.
 *
 * @param {string} program
 * @param {string[]} options
 * @param {import('node:child_process').SpawnSyncOptions} [settings]
 * @throws {PlainError} it did not run, or failed
 */
function run(program, options, settings) {
  const { status, error } = spawnSync(program, options, { stdio: ['ignore', 2, 2], ...settings });
  if (error) throw new PlainError(`${program} does not run: ${error.message}`);
  if (status !== 0) throw new PlainError(`${program} failed; its own words are above.`);
}

/**
 * @param {string} folder where it is installed, unless it is there already
 * @param {string[]} [others] packages that are to be installed beside it
 * @returns {string} the file
 */
function bundleDevtools(folder, others = []) {
  const bundle = path.join(folder, 'devtools.mjs');
  if (fs.existsSync(bundle)) return bundle;
  const packages = [...PACKAGES, ...others];
  process.stderr.write(`Installing ${packages.join(', ')} ...\n`);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
  run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...packages], {
    cwd: folder,
  });
  const frontend = path.join(folder, 'node_modules/chrome-devtools-frontend/front_end');
  fs.writeFileSync(path.join(frontend, 'core/i18n/locales.js'), LOCALES);
  fs.writeFileSync(path.join(folder, 'entry.ts'), ENTRY);
  run(
    path.join(folder, 'node_modules/.bin/esbuild'),
    ['entry.ts', '--bundle', '--platform=node', '--format=esm', '--outfile=devtools.mjs'],
    { cwd: folder },
  );
  return bundle;
}

module.exports = { bundleDevtools, run };
