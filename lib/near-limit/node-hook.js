'use strict';

/**
 * The snapshot that Node.js itself writes when V8 comes near its heap limit.
 *
 * It is the only one that also comes where the event loop never turns again. But it is written in
 * this very process, which stands still for it and needs several times the heap in memory; it is
 * raw, it lies in the working directory, and once asked for it cannot be called off. So it is asked
 * for only where all of that can be borne.
 */

const fs = require('node:fs');
const path = require('node:path');
const v8 = require('node:v8');
const { native } = require('../native');
const { mayStandStill } = require('./cost');
const { nodeSnapshots, ownSnapshots } = require('./files');
const { diagnosticDirectory, nodeWasAsked, oldGenerationLimit } = require('./node-flags');

/** Times of files are those of another clock, and not always exact, ms. */
const SLACK = 5000;

/**
 * A file that is not whole, and has not changed for so long, ms, will never be: before its first byte
 * V8 looks at the whole heap, and the process that writes may be one of another container.
 */
const ABANDONED = 600_000;

/** Bytes at the beginning of a snapshot that tell how much is in it. */
const HEAD = 8192;

/** For the life of this thread: Node.js takes its callback away only when V8 has called it. */
let askedBy = nodeWasAsked() ? 'user' : null;

/**
 * Asks Node.js for a snapshot near the limit, where that can be borne and nobody has done it.
 *
 * @param {object} options complete MonitorOptions
 * @returns {'leakguard' | 'user' | null} who has asked; null where Node.js will write none
 */
function arm(options) {
  if (askedBy === null && bearable(options)) {
    v8.setHeapSnapshotNearHeapLimit(1);
    askedBy = 'leakguard';
  }
  return askedBy;
}

function bearable({ directory, snapshot, keep, cooldown }) {
  const { mode, redact, compress, force } = snapshot;
  if (mode === 'fork' || redact || compress !== false) return false;
  const heap = oldGenerationLimit();
  if (!mayStandStill(heap, snapshot)) return false;
  const theirs = diagnosticDirectory();
  const there = [...nodeSnapshots(theirs), ...ownSnapshots(path.resolve(directory))];
  // Nobody can be asked to remove the oldest when Node.js adds one.
  const bytes = there.reduce((sum, file) => sum + file.bytes, heap);
  if (there.length >= keep.count || bytes > keep.bytes || isRecent(there, cooldown)) return false;
  try {
    if (!force) native().checkInlineCapture(heap, theirs);
    return true;
  } catch {
    return false;
  }
}

/** Whether one of these files was written less than `cooldown` ms ago. */
function isRecent(files, cooldown) {
  return files.some(({ modifiedAt }) => Date.now() - modifiedAt < cooldown);
}

/**
 * Moves what Node.js wrote for a process near its limit to where snapshots belong.
 *
 * @param {{ pid: number, thread: number, time: number }} evidence of that process; the snapshot is
 *   the first one after it
 * @param {object} options complete MonitorOptions
 * @returns {import('../..').SnapshotInfo | null} null where there is none. One that broke off is
 *   removed after a while: it fills the disk and opens nowhere.
 */
function adopt({ pid, thread, time }, { directory, keep }) {
  const file = nodeSnapshots(diagnosticDirectory()).find(
    (found) => found.pid === pid && found.thread === thread && found.modifiedAt > time - SLACK,
  );
  if (file === undefined) return null;
  const info = examine(file.path);
  if (info === null) {
    if (Date.now() - file.modifiedAt > ABANDONED) fs.rmSync(file.path, { force: true });
    return null;
  }
  const kept = path.resolve(directory);
  const target = path.join(kept, path.basename(file.path).replace(/^Heap/, 'leakguard'));
  if (fs.existsSync(target)) return info;
  try {
    fs.renameSync(file.path, target);
    native().tidySnapshots(kept, keep.count, keep.bytes);
    return { ...info, path: target };
  } catch {
    // On another file system: it is left where it lies.
    return info;
  }
}

/** @returns {import('../..').SnapshotInfo | null} null where the snapshot is not whole */
function examine(file) {
  const descriptor = fs.openSync(file, 'r');
  try {
    const { size, birthtimeMs, mtimeMs } = fs.fstatSync(descriptor);
    const head = readAt(descriptor, 0, HEAD);
    const tail = readAt(descriptor, Math.max(0, size - 2), 2);
    const nodes = /"node_count":(\d+)/.exec(head)?.[1];
    const edges = /"edge_count":(\d+)/.exec(head)?.[1];
    if (nodes === undefined || edges === undefined || tail !== ']}') return null;
    // Node.js opens the file before V8 begins, and nothing else happens until it is closed.
    const pauseMs = birthtimeMs > 0 ? Math.max(0, mtimeMs - birthtimeMs) : 0;
    return {
      path: path.resolve(file),
      mode: 'inline',
      pauseMs,
      totalMs: pauseMs,
      bytes: size,
      nodes: Number(nodes),
      edges: Number(edges),
      redacted: false,
      attempts: 1,
    };
  } finally {
    fs.closeSync(descriptor);
  }
}

function readAt(descriptor, position, length) {
  const buffer = Buffer.alloc(length);
  return buffer.toString('latin1', 0, fs.readSync(descriptor, buffer, 0, length, position));
}

module.exports = { adopt, arm, isRecent };
