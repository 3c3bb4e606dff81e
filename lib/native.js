'use strict';

/** Finds and loads the addon, once, when it is first needed. */

const fs = require('node:fs');
const path = require('node:path');
const { LeakguardError } = require('./errors');

const ROOT = path.join(__dirname, '..');

let binding = null;

/**
 * @returns {'-gnu' | '-musl' | ''} the C library that this Node was linked with, on Linux
 *
 * Its ELF header names its loader (`/lib/ld-musl-x86_64.so.1`, `/lib64/ld-linux-x86-64.so.2`)
 * right after the program headers. Reading it costs microseconds; `process.report` takes up to
 * seconds, and a file /lib/ld-musl… may well exist on a glibc system.
 */
function libc() {
  if (process.platform !== 'linux') return '';
  const header = Buffer.alloc(4096);
  const file = fs.openSync(process.execPath, 'r');
  try {
    fs.readSync(file, header, 0, header.length, 0);
  } finally {
    fs.closeSync(file);
  }
  return header.includes('/ld-musl-') ? '-musl' : '-gnu';
}

/** @returns {string} such as `linux-x64-gnu`, `linux-arm64-musl`, `darwin-arm64` */
function platformName() {
  return `${process.platform}-${process.arch}${libc()}`;
}

/**
 * Why a binary could not be loaded, in plain words.
 *
 * @param {Error} error what `require` threw
 * @param {string} name see `platformName`
 */
function explain(error, name) {
  const glibc = /version [`']GLIBC_([\d.]+)' not found/.exec(error.message)?.[1];
  if (glibc) return `it needs glibc ${glibc} or newer, and this system has an older one`;
  if (error.code === 'MODULE_NOT_FOUND') return 'not there';
  if (/ld-linux|libc\.so\.6/.test(error.message)) {
    return `it was built for glibc, and this system is ${name}`;
  }
  if (
    /invalid ELF|file too short|ELF (?:file|load)|not a mach-o|not a valid Win32/i.test(
      error.message,
    )
  ) {
    return `it is corrupt, or was built for another platform than ${name}`;
  }
  return error.message.split('\n', 1)[0];
}

function missing(name, tried, cause) {
  const script = path.join(ROOT, 'scripts', 'build.js');
  const advice = fs.existsSync(script)
    ? `Build it (this needs Rust) with: node "${script}"`
    : 'Install leakguard from a clone of its repository, where "npm run build" builds it.';
  return new LeakguardError(
    'ERR_LEAKGUARD_NO_BINARY',
    `leakguard has no native addon that works on ${name}. Tried ${tried.join('; ')}. ${advice}`,
    cause && { cause },
  );
}

/**
 * The addon: the one built here, else the one of the package for this platform.
 *
 * @throws {LeakguardError} ERR_LEAKGUARD_NO_BINARY: neither works; the message says why
 */
function native() {
  if (binding !== null) return binding;
  const name = platformName();
  const candidates = [path.join(ROOT, `leakguard.${name}.node`), `@leakguard/${name}`];
  const tried = [];
  let cause = null;
  for (const candidate of candidates) {
    try {
      binding = require(candidate);
      return binding;
    } catch (error) {
      tried.push(`${candidate} (${explain(error, name)})`);
      if (error.code !== 'MODULE_NOT_FOUND') cause ??= error;
    }
  }
  throw missing(name, tried, cause);
}

module.exports = { native, platformName };
