'use strict';

/** What a monitor allocates, and leaves to the garbage collector: for each sample, and for each GC. */

const { execFile } = require('node:child_process');
const path = require('node:path');
const { promisify } = require('node:util');

/** Functions that are named. */
const NAMED = 5;

/**
 * @param {string} interval of the monitor, ms
 * @param {string} samples for each of two stretches of time
 */
async function measureGarbage(interval, samples) {
  const subject = path.join(__dirname, 'garbage-subject.js');
  const { stdout } = await promisify(execFile)(process.execPath, [subject, interval, samples]);
  return JSON.parse(stdout);
}

/** @returns {string} a paragraph */
function garbageText({ rest, work }, interval) {
  const total = ({ garbage }) => garbage.reduce((sum, [, bytes]) => sum + bytes, 0);
  const perSample = total(rest) / rest.samples;
  const perGc = (total(work) - perSample * work.samples) / work.gcs;
  const line = (count) => (entry) =>
    `${(entry[1] / count).toFixed(0).padStart(9)} bytes  ${entry[0]}`;
  return [
    `## garbage, interval ${interval} ms`,
    `at rest: ${perSample.toFixed(0)} bytes for a sample (${rest.samples} samples, ${rest.gcs} GCs)`,
    ...rest.garbage.slice(0, NAMED).map(line(rest.samples)),
    `at work: ${perGc.toFixed(0)} bytes for a GC besides (${work.samples} samples, ${work.gcs} GCs)`,
    ...work.garbage.slice(0, NAMED).map(line(work.gcs)),
    '',
  ].join('\n');
}

module.exports = { garbageText, measureGarbage };
