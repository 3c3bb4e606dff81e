'use strict';

/**
 * `leakguard/heapdump`: what `require('heapdump')` gives, without its defects; see heapdump.d.ts.
 *
 * As there, requiring this is enough to have a snapshot written on SIGUSR2.
 */

const fs = require('node:fs');
const path = require('node:path');
const v8 = require('node:v8');
const { captureToFile } = require('./capture');
const { captureNow } = require('./capture-now');
const { schemas, validate } = require('./options');

const OPTIONS = validate(schemas.takeSnapshot, {}, 'heapdump');

/** Errors of ours and of Node by the name that the operating system has for them. */
const ERRNO = {
  ERR_INVALID_ARG_VALUE: 'EINVAL',
  ERR_LEAKGUARD_NOT_FOUND: 'ENOENT',
  ERR_LEAKGUARD_PERMISSION: 'EACCES',
  ERR_LEAKGUARD_DISK_FULL: 'ENOSPC',
  ERR_LEAKGUARD_OUT_OF_MEMORY: 'ENOMEM',
};

/** Writes a snapshot before it returns; see heapdump.d.ts. */
function writeSnapshot(filename, callback) {
  if (typeof filename === 'function') {
    callback = filename;
    filename = undefined;
  }
  const name = typeof filename === 'string' ? filename : defaultName();
  const error = attempt(name);
  // Outside of any `try`: what the callback throws is its caller's.
  if (callback) {
    if (error === null) callback(null, name);
    else callback(error);
  }
  return error === null;
}

/** @returns {Error | null} what went wrong */
function attempt(name) {
  try {
    const { file, replaceable } = destination(name);
    if (replaceable) captureNow(OPTIONS, { path: file });
    else v8.writeHeapSnapshot(file);
    return null;
  } catch (cause) {
    const reason = ERRNO[cause?.code] ?? cause?.code ?? 'EIO';
    return new Error(`heapdump write error ${reason}`, { cause });
  }
}

/**
 * Where the bytes go: behind symbolic links, as with any program that opens a file to write it. A
 * device or a pipe cannot be replaced by a whole file, so V8 writes to it directly.
 *
 * @throws {Error} with the operating system's code: leakguard would make a directory that is missing
 */
function destination(name) {
  const there = fs.statSync(name, { throwIfNoEntry: false });
  if (there?.isFile()) {
    fs.accessSync(name, fs.constants.W_OK);
    return { file: fs.realpathSync(name), replaceable: true };
  }
  if (there?.isDirectory() || name === '' || name.endsWith(path.sep)) {
    // Fails, with the right code.
    fs.closeSync(fs.openSync(name, 'w'));
  }
  if (there !== undefined) return { file: name, replaceable: false };
  const directory = path.dirname(path.resolve(name));
  // With the dot it has to be a directory.
  fs.accessSync(`${directory}${path.sep}.`, fs.constants.W_OK);
  return { file: path.join(directory, path.basename(name)), replaceable: true };
}

/**
 * The name that heapdump makes up. Its two numbers are milliseconds and nanoseconds of a clock that
 * runs from the start of the system, whatever heapdump's own documentation says.
 */
function defaultName() {
  const now = process.hrtime.bigint();
  return `heapdump-${now / 1_000_000n}.${now % 1_000_000n}.heapsnapshot`;
}

let writing = false;
let another = false;

/**
 * The snapshot that a signal asks for: by a forked child where that is possible, so nothing waits.
 * A signal that comes meanwhile has another one follow.
 */
async function onSignal() {
  another = true;
  if (writing) return;
  writing = true;
  while (another) {
    another = false;
    try {
      await captureToFile(OPTIONS, { path: path.resolve(defaultName()) });
    } catch {
      // There is nobody to tell: heapdump says nothing here, and who replaces it expects the same.
    }
  }
  writing = false;
}

/** @returns {boolean} whether NODE_HEAPDUMP_OPTIONS leaves the signal on */
function wantsSignal() {
  let wanted = true;
  for (const option of (process.env.NODE_HEAPDUMP_OPTIONS ?? '').split(/\s*,\s*/)) {
    if (option === 'signal') wanted = true;
    else if (option === 'nosignal') wanted = false;
    // biome-ignore lint/suspicious/noConsole: in heapdump's own words, as there
    else if (option !== '') console.error('node-heapdump: unrecognized option:', option);
  }
  return wanted;
}

// Node keeps no process alive for a listener of a signal.
if (wantsSignal()) process.on('SIGUSR2', onSignal);

exports.writeSnapshot = writeSnapshot;
