'use strict';

/** Installs the programs to measure beside, and what the measured programs are made of. */

const fs = require('node:fs');
const path = require('node:path');
const { bundleDevtools, run } = require('../../scripts/devtools');

/** Beside DevTools' code. */
const PACKAGES = [
  'memlab@2.0.5',
  '@memlab/api@2.0.5',
  '@memlab/core@2.0.5',
  '@vscode/v8-heap-parser@0.1.0',
  'express@5',
  'typescript@5',
  'webpack@5',
  'jsdom@26',
  'lodash@4',
  'acorn@8',
];

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

/** Installs all that `folder` does not have yet. */
function installRivals(folder) {
  bundleDevtools(folder, PACKAGES);
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
