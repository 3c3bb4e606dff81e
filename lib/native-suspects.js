'use strict';

/**
 * Who may hold native memory that grows. No heap snapshot shows it, so this is inferred from what is
 * loaded: V8 and Node.js are in every process, and an addon is the first that one would ask.
 */

const crypto = require('node:crypto');
const path = require('node:path');
const { loadedAddons } = require('./addons');
const { formatBytes, formatCount } = require('./units');

/** Addons that are told. */
const MOST = 5;

const ADVICE = 'look for what is not closed, freed or disposed of, or for a newer version.';
const OUTSIDE = `It lies outside of V8, so no heap snapshot can name the line: ${ADVICE}`;

/**
 * @param {number} bytes by which native memory has grown
 * @returns {import('..').Suspect[]} the likeliest first; none where no addon is loaded
 */
function nativeSuspects(bytes) {
  const addons = loadedAddons().slice(0, MOST);
  return addons.map((addon) => ({
    kind: 'objects',
    className: 'native memory',
    count: 0,
    countGrowth: 0,
    retainedSize: 0,
    retainedGrowth: Math.max(0, Math.round(bytes)),
    holder: {
      className: 'addon',
      name: addon.package ?? path.basename(addon.file),
      script: addon.file,
      line: null,
      id: 0,
      retainedSize: 0,
    },
    path: [],
    sites: [],
    package: addon.package,
    fingerprint: fingerprint(addon),
    message: message(addon, addons, bytes),
    advice: ADVICE,
  }));
}

function message(addon, addons, bytes) {
  const growth = `${formatBytes(bytes)} of native memory`;
  const others = addons.filter((other) => other !== addon).map(named);
  if (others.length === 0) {
    return (
      `${named(addon)} is the only addon in this process besides leakguard, so ${growth} probably ` +
      `came from it; that is inferred, not seen. ${OUTSIDE}`
    );
  }
  const reason = addon.distance < Infinity ? ', which the program itself has loaded' : '';
  return (
    `${named(addon)}${reason}, is one of ${formatCount(addons.length)} addons in this process that ` +
    `may hold ${growth}; the others are ${others.join(', ')}. ${OUTSIDE}`
  );
}

/** `` `@napi-rs/canvas` 0.1.90 (skia.linux-x64-gnu.node) `` */
function named({ file, package: name, version }) {
  if (name === null) return `\`${file}\``;
  const release = version === null ? '' : ` ${version}`;
  return `\`${name}\`${release} (${path.basename(file)})`;
}

/** Without the version: a leak that an update does not mend is still the same. */
function fingerprint({ file, package: name }) {
  const text = ['native', name ?? '', path.basename(file)].join('\0');
  return crypto.createHash('sha256').update(text).digest('hex').slice(0, 16);
}

module.exports = { nativeSuspects };
