'use strict';

/**
 * Makes src/capture/redact/symbols.txt anew: the descriptions of all symbols of Node.js itself,
 * which a redacted snapshot may show.
 *
 *     node scripts/list-platform-symbols.js [NODE...]
 *
 * Each NODE is a program, such as the binaries of the supported versions; without any it is this
 * Node.js. A process that does nothing else loads every built-in module and takes a snapshot.
 * What is in the list already stays, so that it may be made on several machines.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { PlainError, ROOT, runMain } = require('./requirements');

const LIST = path.join(ROOT, 'src/capture/redact/symbols.txt');

const PROGRAM = `
for (const name of require('node:module').builtinModules) {
  try { require(name) } catch { /* not in this process */ }
}
new EventTarget(); new AbortController(); new URL('http://localhost'); new Response('');
require('node:v8').writeHeapSnapshot(process.argv[2]);
`;

/** Texts of the strings that symbols have for a description, and of symbols that are keys. */
function* descriptions({ snapshot: { meta }, nodes, edges, strings }) {
  for (const text of strings) {
    const key = /^(?:[gs]et )?<symbol (.+)>$/.exec(text);
    if (key) yield key[1];
  }
  const symbol = meta.node_types[0].indexOf('symbol');
  const [type, name, edgeCount] = ['type', 'name', 'edge_count'].map((field) =>
    meta.node_fields.indexOf(field),
  );
  let edge = 0;
  for (let node = 0; node < nodes.length; node += meta.node_fields.length) {
    const end = edge + nodes[node + edgeCount] * meta.edge_fields.length;
    for (; edge < end; edge += meta.edge_fields.length) {
      const [, label, target] = edges.slice(edge, edge + 3);
      if (nodes[node + type] !== symbol || strings[label] !== 'name') continue;
      const description = strings[nodes[target + name]];
      if (/^[^\n]+$/.test(description) && description !== 'undefined') yield description;
    }
  }
}

/** @returns {string[]} descriptions of the symbols in a process of `node` */
function symbolsOf(node, folder) {
  const file = path.join(folder, 'a.heapsnapshot');
  const program = path.join(folder, 'program.js');
  fs.writeFileSync(program, PROGRAM);
  const { status, error } = spawnSync(node, ['--no-warnings', program, file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (error || status !== 0) throw new PlainError(`${node} did not take a snapshot.`);
  const found = [...descriptions(JSON.parse(fs.readFileSync(file, 'utf8')))];
  // The program's own script is one, too.
  return found.filter((description) => !description.includes(folder));
}

runMain(() => {
  const nodes = process.argv.length > 2 ? process.argv.slice(2) : [process.execPath];
  const known = fs.existsSync(LIST) ? fs.readFileSync(LIST, 'utf8').split('\n') : [];
  const symbols = new Set(known.filter((line) => line !== ''));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'leakguard-symbols-'));
  try {
    for (const node of nodes) {
      for (const symbol of symbolsOf(node, folder)) {
        symbols.add(symbol);
      }
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  fs.writeFileSync(LIST, `${[...symbols].sort().join('\n')}\n`);
  process.stdout.write(`${symbols.size} symbols in ${path.relative(ROOT, LIST)}\n`);
});
