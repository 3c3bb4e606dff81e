'use strict';

/** What has to be on the machine before anything here can work. */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');

/** A failure that a plain sentence says all about: no stack trace is shown. */
class PlainError extends Error {}

/** The first two numbers of a version, such as [20, 3] of "v20.3.1". */
function majorMinor(version) {
  return /(\d+)\.(\d+)/.exec(version).slice(1).map(Number);
}

function isOlder(version, least) {
  const [major, minor] = majorMinor(version);
  const [leastMajor, leastMinor] = majorMinor(least);
  return major < leastMajor || (major === leastMajor && minor < leastMinor);
}

/** @throws {PlainError} this Node.js is older than package.json's `engines` asks for */
function requireNode() {
  const { engines } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
  const least = `${/\d+/.exec(engines.node)[0]}.0`;
  if (!isOlder(process.version, least)) return;
  throw new PlainError(
    `leakguard needs Node.js ${least} or newer, and this is ${process.version}. ` +
      'Get a newer one from https://nodejs.org or through your version manager.',
  );
}

/** @throws {PlainError} cargo or rustc is missing, or older than Cargo.toml's `rust-version` */
function requireRust() {
  const manifest = fs.readFileSync(path.join(ROOT, 'Cargo.toml'), 'utf8');
  const least = /^rust-version = "([\d.]+)"/m.exec(manifest)[1];
  const versions = ['cargo', 'rustc'].map(versionOf);
  const missing = ['cargo', 'rustc'].filter((_, index) => versions[index] === null);
  if (missing.length > 0) {
    throw new PlainError(
      `leakguard's addon is built with Rust, and ${missing.join(' and ')} cannot be found. ` +
        `Install Rust ${least} or newer from https://rustup.rs, open a new terminal, and try again.`,
    );
  }
  const old = versions.find((version) => isOlder(version, least));
  if (old !== undefined) {
    throw new PlainError(
      `leakguard's addon needs Rust ${least} or newer, and this is "${old}". Update it with: rustup update`,
    );
  }
}

/** What `tool --version` prints, or null where the tool does not run. */
function versionOf(tool) {
  const { status, stdout } = spawnSync(tool, ['--version'], { cwd: ROOT, encoding: 'utf8' });
  return status === 0 && /\d+\.\d+/.test(stdout) ? stdout.trim() : null;
}

/** Runs a script's `main`; a PlainError becomes one sentence on stderr and exit code 1. */
function runMain(main) {
  Promise.resolve()
    .then(main)
    .catch((error) => {
      process.stderr.write(`${error instanceof PlainError ? error.message : error.stack}\n`);
      process.exitCode = 1;
    });
}

module.exports = { PlainError, ROOT, requireNode, requireRust, runMain };
