'use strict';

/** Redaction, from JavaScript: what a program keeps in strings is in no snapshot that says so. */

const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');
const { ask, temporaryFolder } = require('./support/child');

/** Plants secrets, takes a snapshot with the options in argv, and tells what it planted. */
const PLANT = `
const { createHash } = require('node:crypto');
const leakguard = require('./index.js');
const secrets = {};
const secret = (name) => {
  const random = createHash('sha512').update(name + process.pid + Date.now()).digest('hex');
  return (secrets[name] = random.slice(0, 40));
};
class Account { constructor(password) { this.password = password; } }
const key = {};
globalThis.held = [
  secret('plain'), secret('left') + secret('right'), ('x'.repeat(20) + secret('sliced')).slice(15),
  Symbol(secret('symbol')), { [Symbol(secret('symbol key'))]: 1 }, new Map([[secret('key'), 1]]),
  new Set([secret('member')]), { ['sk_live_' + secret('token')]: 1 }, new Account(secret('field')),
  new Error(secret('message'), { cause: new Error(secret('cause')) }),
  new RegExp(secret('regexp')), JSON.parse(JSON.stringify({ a: secret('json') })),
  new URL('https://example.org/?q=' + secret('query')), ((text) => () => text)(secret('closure')),
  key, new WeakMap([[key, secret('weak')]]), Buffer.from(secret('buffer')).toString(),
  new Function('return "' + secret('source') + '"'),
];
const [file, options] = process.argv.slice(1);
leakguard.takeSnapshot({ path: file, ...JSON.parse(options) }).then((info) => {
  process.stdout.write(JSON.stringify({ info, secrets }));
});
`;

const text = (file) => {
  const bytes = fs.readFileSync(file);
  return (file.endsWith('.gz') ? zlib.gunzipSync(bytes) : bytes).toString('latin1');
};

/** @returns {string[]} names of the secrets that a file shows, in whole or a half of them */
function shown(file, secrets) {
  const written = text(file);
  return Object.keys(secrets).filter((name) => {
    const halves = [secrets[name].slice(0, 20), secrets[name].slice(20)];
    return halves.some((half) => written.includes(half));
  });
}

async function take(name, options) {
  const file = path.join(temporaryFolder(), name);
  const { info, secrets } = await ask(PLANT, { args: [file, JSON.stringify(options)] });
  expect(info.path).toBe(file);
  return { file, info, secrets };
}

describe.each(['inline', 'auto'])('a snapshot taken %s', (mode) => {
  test('shows the secrets of the program when nobody asks to redact it', async () => {
    const { file, info, secrets } = await take('plain.heapsnapshot', { mode });
    expect(info.redacted).toBe(false);
    expect(shown(file, secrets)).toEqual(Object.keys(secrets));
  });

  test('shows none of them when it is redacted', async () => {
    const { file, info, secrets } = await take('a.heapsnapshot', { mode, redact: true });
    expect(info.redacted).toBe(true);
    expect(shown(file, secrets)).toEqual([]);
    const { snapshot, nodes, strings } = JSON.parse(fs.readFileSync(file, 'utf8'));
    expect(nodes.length / snapshot.meta.node_fields.length).toBe(info.nodes);
    // Names stay: one can still see what leaks.
    expect(strings).toEqual(expect.arrayContaining(['Account', 'password', 'held']));
  });

  test('shows none of them when it is compressed as well', async () => {
    const options = { mode, redact: true, compress: 'gzip' };
    const { file, info, secrets } = await take('a.heapsnapshot.gz', options);
    expect(info.redacted).toBe(true);
    expect(text(file)).toContain('"strings":');
    expect(shown(file, secrets)).toEqual([]);
  });
});

test('a redacted snapshot in Zstandard opens and has the classes of the program', async () => {
  const { openSnapshot } = require('..');
  const { file, info } = await take('a.heapsnapshot.zst', { redact: true, compress: 'zstd' });
  expect(fs.readFileSync(file).readUInt32LE(0)).toBe(0xfd2fb528);
  const snapshot = await openSnapshot(file);
  try {
    expect(snapshot.summary().nodes).toBe(info.nodes);
    expect(snapshot.classes().map((row) => row.className)).toContain('Account');
  } finally {
    snapshot.close();
  }
});
