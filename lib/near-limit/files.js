'use strict';

/** Snapshots that lie in the directories that leakguard and Node.js write to. */

const fs = require('node:fs');
const path = require('node:path');

/** Names that Node.js makes up: date, time, process, thread and number. */
const THEIRS = /^Heap\.\d{8}\.\d{6}\.(?<pid>\d+)\.(?<thread>\d+)\.\d+\.heapsnapshot$/;
const OURS = /^leakguard\..*\.heapsnapshot(?:\.gz|\.zst)?$/;

/**
 * @typedef {object} Found
 * @property {string} path
 * @property {number} bytes
 * @property {number} modifiedAt epoch ms
 * @property {number | null} pid the process that wrote it, where it is one that Node.js named
 * @property {number | null} thread
 */

/**
 * @param {string} directory
 * @param {RegExp} pattern of names
 * @returns {Found[]} oldest first; none where the directory cannot be read
 */
function list(directory, pattern) {
  let names = [];
  try {
    names = fs.readdirSync(directory);
  } catch {
    // It is made on first use.
  }
  const found = [];
  for (const name of names) {
    const match = pattern.exec(name);
    if (match === null) continue;
    const file = path.join(directory, name);
    const status = fs.statSync(file, { throwIfNoEntry: false });
    if (!status?.isFile()) continue;
    const { pid = null, thread = null } = match.groups ?? {};
    found.push({
      path: file,
      bytes: status.size,
      modifiedAt: status.mtimeMs,
      pid: pid && Number(pid),
      thread: thread && Number(thread),
    });
  }
  return found.sort((left, right) => left.modifiedAt - right.modifiedAt);
}

/** @returns {Found[]} what Node.js has written into `directory`, oldest first */
function nodeSnapshots(directory) {
  return list(directory, THEIRS);
}

/** @returns {Found[]} what leakguard has written into `directory`, oldest first */
function ownSnapshots(directory) {
  return list(directory, OURS);
}

module.exports = { list, nodeSnapshots, ownSnapshots };
