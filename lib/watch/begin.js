'use strict';

/** Tells the watch over this worker that a test file begins, where the reporter wants to know. */

const path = require('node:path');
const { requireOutside } = require('./realm');

/** @param {string | undefined} file absolute */
async function fileBegins(file) {
  const directory = process.env.LEAKGUARD_WATCH;
  if (!directory || file === undefined) return;
  const worker = requireOutside(path.join(__dirname, 'worker.js'));
  await worker?.fileBegins(directory, file);
}

module.exports = { fileBegins };
