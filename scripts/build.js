'use strict';

/**
 * Builds the addon and puts it at the top level: `node scripts/build.js [--if-missing] [--optional]`
 *
 *   --if-missing   only where there is none, or where it is older than its sources
 *   --optional     without Rust, say so in one line and succeed (npm's `prepare`)
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { platformName } = require('../lib/native');
const { PlainError, ROOT, requireNode, requireRust, runMain } = require('./requirements');

const ADDON = path.join(ROOT, `leakguard.${platformName()}.node`);

/** Newest modification, in epoch ms, of whatever decides what the compiler makes. */
function sourcesModifiedAt() {
  const sources = ['Cargo.toml', 'Cargo.lock', 'build.rs'].map((name) => path.join(ROOT, name));
  for (const entry of fs.readdirSync(path.join(ROOT, 'src'), {
    recursive: true,
    withFileTypes: true,
  })) {
    if (entry.isFile()) sources.push(path.join(entry.parentPath ?? entry.path, entry.name));
  }
  return Math.max(...sources.map((source) => fs.statSync(source).mtimeMs));
}

function isFresh() {
  const addon = fs.statSync(ADDON, { throwIfNoEntry: false });
  return addon !== undefined && addon.mtimeMs >= sourcesModifiedAt();
}

/**
 * Compiles with the release profile.
 *
 * `--crate-type cdylib`: with a manifest that also asks for an rlib, cargo silently leaves out
 * link-time optimisation.
 *
 * @returns {string} path of the dynamic library, as cargo reports it: wherever its target
 *   directory is
 * @throws {PlainError} cargo failed; what it printed has been shown
 */
function compile() {
  const { status, stdout } = spawnSync(
    'cargo',
    [
      ...['rustc', '--release', '--locked', '--lib', '--crate-type', 'cdylib'],
      '--message-format=json-render-diagnostics',
    ],
    { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 2] },
  );
  if (status !== 0)
    throw new PlainError('cargo could not build the addon; its own words are above.');
  for (const line of stdout.trim().split('\n').reverse()) {
    const { reason, target, filenames } = JSON.parse(line);
    if (reason === 'compiler-artifact' && target.name === 'leakguard') {
      return filenames.find((name) => /\.(so|dylib|dll)$/.test(name));
    }
  }
  throw new PlainError('cargo built no dynamic library. Is cdylib missing for this target?');
}

/**
 * A process that has the old addon mapped keeps it: the new file takes its name, not its place.
 * It is dated to when the build began, so that a source changed meanwhile counts as newer.
 */
function putInPlace(library, startedAt) {
  const beside = ADDON.replace(/node$/, `${process.pid}.node`);
  fs.copyFileSync(library, beside);
  fs.utimesSync(beside, startedAt, startedAt);
  fs.renameSync(beside, ADDON);
}

function build() {
  requireNode();
  requireRust();
  process.stderr.write('Building the addon (cargo, release; about a minute the first time) ...\n');
  const startedAt = new Date();
  putInPlace(compile(), startedAt);
}

/** @throws {PlainError} Rust is missing, or the build failed */
function ensureBuilt() {
  if (!isFresh()) build();
}

function main() {
  const { values } = parseArgs({
    options: { 'if-missing': { type: 'boolean' }, optional: { type: 'boolean' } },
  });
  if (values['if-missing'] && isFresh()) return;
  if (values.optional) {
    try {
      requireRust();
    } catch (error) {
      if (!(error instanceof PlainError)) throw error;
      process.stderr.write(`The addon was not built. ${error.message}\n`);
      return;
    }
  }
  build();
  process.stderr.write(`Built ${path.relative(process.cwd(), ADDON)}\n`);
}

if (require.main === module) runMain(main);

module.exports = { ensureBuilt };
