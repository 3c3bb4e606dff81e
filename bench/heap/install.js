'use strict';

/** Installs the programs to measure beside, and what the measured programs are made of. */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const PACKAGES = [
  'memlab@2.0.5',
  '@memlab/api@2.0.5',
  '@memlab/core@2.0.5',
  '@vscode/v8-heap-parser@0.1.0',
  'chrome-devtools-frontend@1.0.1705227',
  'esbuild@0.28.2',
  'express@5',
  'typescript@5',
  'webpack@5',
  'jsdom@26',
  'lodash@4',
  'acorn@8',
];

const WORKER = 'front_end/entrypoints/heap_snapshot_worker';

const ENTRY = `
export { SecondaryInitManager } from 'chrome-devtools-frontend/${WORKER}/HeapSnapshot.ts';
export { HeapSnapshotLoader } from 'chrome-devtools-frontend/${WORKER}/HeapSnapshotLoader.ts';
import { HeapSnapshotModel } from 'chrome-devtools-frontend/front_end/models/heap_snapshot/heap_snapshot.ts';
export const NodeFilter = HeapSnapshotModel.NodeFilter;
`;

// DevTools' build makes this file; the package is without it.
const LOCALES = `
export const LOCALES = ['en-US'], BUNDLED_LOCALES = ['en-US'], DEFAULT_LOCALE = 'en-US';
export const REMOTE_FETCH_PATTERN = '', LOCAL_FETCH_PATTERN = '';
`;

const CARGO = `[package]
name = "native"
version = "0.0.0"
edition = "2021"

[dependencies]
v8-heap-parser = "1.1.0"
serde_json = "1"

[profile.release]
lto = "fat"
codegen-units = 1
`;

/**
 * @param {string} program
 * @param {string[]} options
 * @param {import('node:child_process').SpawnSyncOptions} settings
 */
function run(program, options, settings) {
  const { status, error } = spawnSync(program, options, { stdio: ['ignore', 2, 2], ...settings });
  if (error) throw new Error(`${program} does not run: ${error.message}`);
  if (status !== 0) throw new Error(`${program} failed; its own words are above.`);
}

/** Installs all that `folder` does not have yet. */
function installRivals(folder) {
  fs.mkdirSync(folder, { recursive: true });
  const bundle = path.join(folder, 'devtools.mjs');
  if (!fs.existsSync(bundle)) {
    fs.writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
    run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...PACKAGES], {
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
  }
}

/**
 * Builds the native form of @vscode/v8-heap-parser, if its crate can be had.
 * @returns {string | null} the program
 */
function buildNative(folder) {
  const project = path.join(folder, 'native');
  const program = path.join(project, 'target/release/native');
  if (fs.existsSync(program)) return program;
  fs.mkdirSync(path.join(project, 'src'), { recursive: true });
  fs.writeFileSync(path.join(project, 'Cargo.toml'), CARGO);
  fs.copyFileSync(path.join(__dirname, 'native.rs'), path.join(project, 'src/main.rs'));
  try {
    run('cargo', ['build', '--release', '--quiet', '--target-dir', 'target'], { cwd: project });
    return program;
  } catch (error) {
    process.stderr.write(`Without v8-heap-parser native: ${error.message}\n`);
    return null;
  }
}

module.exports = { buildNative, installRivals, run };
