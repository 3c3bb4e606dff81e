'use strict';

/** Which addons this process has loaded. */

const fs = require('node:fs');
const path = require('node:path');

const OWN = path.join(__dirname, '..', '..');

/** @returns {string[]} by package and file, without leakguard's own; empty where nobody tells */
function loadedAddons() {
  const files = new Set();
  for (const line of readMaps().split('\n')) {
    const file = line.slice(line.indexOf('/'));
    if (file.endsWith('.node') && !file.startsWith(`${OWN}${path.sep}leakguard.`)) files.add(file);
  }
  return [...files].map(describe).sort();
}

function readMaps() {
  try {
    return fs.readFileSync('/proc/self/maps', 'utf8');
  } catch {
    return '';
  }
}

/** `@napi-rs/canvas-linux-x64-gnu (skia.linux-x64-gnu.node)` */
function describe(file) {
  const parts = file.split('/node_modules/').at(-1).split('/');
  const name = parts.slice(0, parts[0].startsWith('@') ? 2 : 1).join('/');
  return file.includes('/node_modules/') ? `${name} (${path.basename(file)})` : file;
}

module.exports = { loadedAddons };
