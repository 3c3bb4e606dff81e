'use strict';

/** What this Node.js was started with, as far as it decides how a heap ends. */

const v8 = require('node:v8');
const { resourceLimits } = require('node:worker_threads');

const MB = 2 ** 20;

/**
 * What the young generation may grow to beside an old one without flags: three halves, each so small
 * a share of the old one, up to a largest size (`Heap::YoungGenerationSizeFromOldGenerationSize` in
 * V8's heap.cc). Since V8 13 it is larger; seen on Node.js 20, 22, 24 and 26.
 */
const [YOUNG_SHARE, LARGEST_YOUNG] =
  Number.parseInt(process.versions.v8, 10) < 13 ? [3 / 128, 48 * MB] : [3 / 64, 192 * MB];

/**
 * @param {string} name such as `max-old-space-size`
 * @returns {string | undefined} its value on the command line, or else in NODE_OPTIONS
 */
function flag(name) {
  const words = [...(process.env.NODE_OPTIONS ?? '').split(/\s+/), ...process.execArgv];
  let value;
  words.forEach((word, index) => {
    const [given, ...rest] = word.split('=');
    // V8's flags may be written with underscores.
    if (given.replaceAll('_', '-') !== `--${name}`) return;
    value = rest.length > 0 ? rest.join('=') : words[index + 1];
  });
  return value;
}

/**
 * The size of the old generation at which V8 gives up, in bytes. The limit that V8 tells has the
 * young generation in it, which is a large part of a small heap.
 */
function oldGenerationLimit() {
  const whole = v8.getHeapStatistics().heap_size_limit;
  const said = Number(resourceLimits.maxOldGenerationSizeMb ?? flag('max-old-space-size')) * MB;
  if (said > 0 && said <= whole) return said;
  const half = Number(flag('max-semi-space-size')) * MB;
  const young =
    half > 0 ? 3 * half : Math.min(LARGEST_YOUNG, (whole * YOUNG_SHARE) / (1 + YOUNG_SHARE));
  return whole - Math.min(young, whole / 2);
}

/** Where Node.js writes what it writes by itself. */
function diagnosticDirectory() {
  return flag('diagnostic-dir') || process.cwd();
}

/** Whether somebody else has asked Node.js for a snapshot near the heap limit. */
function nodeWasAsked() {
  return Number(flag('heapsnapshot-near-heap-limit')) > 0;
}

module.exports = { diagnosticDirectory, nodeWasAsked, oldGenerationLimit };
