'use strict';

/**
 * Checks that leakguard and Chrome DevTools say the same of the same heap snapshots, to the byte:
 *
 *     node scripts/agree-with-devtools.js [--tools FOLDER] [--node PROGRAM]... [FILE...]
 *
 * Compared are every node's shallow size, retained size, distance and dominator, the class table,
 * the statistics and the duplicate strings. Without a FILE, snapshots of the programs in
 * agree-programs are made, by this Node.js or by each PROGRAM.
 *
 * DevTools' own code (the package chrome-devtools-frontend, 80 MB) is installed into a temporary
 * folder, or into FOLDER, where it stays for the next time.
 */

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { bundleDevtools, run } = require('./devtools');
const { ROOT, requireNode, requireRust, runMain } = require('./requirements');

/** Numbers a node, and what they are: see examples/figures.rs. */
const FIGURES = ['shallow size', 'retained size', 'distance', 'dominator'];

/** Kinds of memory in the statistics of both. */
const KINDS = ['total', 'code', 'strings', 'jsArrays', 'typedArrays', 'native', 'system'];

/** @returns {string[]} new snapshots, made by `node` */
function makeSnapshots(node, folder) {
  return ['bare', 'server', 'internals', 'timeline'].map((program) => {
    const file = path.join(folder, `${path.basename(folder)}-${program}.heapsnapshot`);
    run(node, [path.join(__dirname, 'agree-programs', `${program}.js`), file]);
    return file;
  });
}

function readFigures(folder) {
  const bytes = fs.readFileSync(path.join(folder, 'nodes.f64'));
  const classes = JSON.parse(fs.readFileSync(path.join(folder, 'classes.json'), 'utf8'));
  const strings = JSON.parse(fs.readFileSync(path.join(folder, 'strings.json'), 'utf8'));
  // UTF-8 cannot hold half a character, and texts that differ in one only look the same.
  const duplicates = strings.duplicates.filter(({ text }) => !text.includes('\uFFFD'));
  return {
    statistics: strings.statistics,
    duplicates: new Map(duplicates.map((row) => [row.text, row])),
    nodes: new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8),
    classes: new Map(classes.map((row) => [row.className, row])),
  };
}

/** @returns {string[]} one line for each kind of difference, with how often and the first */
function differences(ours, theirs) {
  const found = new Map();
  const add = (what, example) => {
    const difference = found.get(what) ?? { count: 0, example };
    difference.count++;
    found.set(what, difference);
  };
  if (ours.nodes.length !== theirs.nodes.length) {
    add('nodes', `${ours.nodes.length} figures against ${theirs.nodes.length}`);
  }
  for (let index = 0; index < ours.nodes.length; index++) {
    if (ours.nodes[index] === theirs.nodes[index]) continue;
    const node = Math.floor(index / FIGURES.length);
    add(
      FIGURES[index % FIGURES.length],
      `node ${node}: ${ours.nodes[index]} against ${theirs.nodes[index]}`,
    );
  }
  for (const name of new Set([...ours.classes.keys(), ...theirs.classes.keys()])) {
    const [mine, other] = [ours, theirs].map(({ classes }) => JSON.stringify(classes.get(name)));
    if (mine !== other) add('class', `${mine} against ${other}`);
  }
  for (const kind of KINDS) {
    const [mine, other] = [ours.statistics[kind], theirs.statistics[kind]];
    if (mine !== other) add('statistics', `${kind}: ${mine} against ${other}`);
  }
  for (const text of new Set([...ours.duplicates.keys(), ...theirs.duplicates.keys()])) {
    const [mine, other] = [ours, theirs].map(({ duplicates }) => {
      const row = duplicates.get(text);
      return row ? `${row.count} of ${row.shallowSize} bytes` : 'none';
    });
    if (mine !== other) {
      add('duplicate string', `${JSON.stringify(text.slice(0, 60))}: ${mine} against ${other}`);
    }
  }
  return [...found].map(([what, { count, example }]) => `  ${what}: ${count}, first ${example}`);
}

/** @returns {boolean} whether both agree on `file` */
function compare(file, bundle, folder) {
  const [ours, theirs] = ['ours', 'theirs'].map((name) => path.join(folder, name));
  run('cargo', ['run', '--quiet', '--release', '--example', 'figures', '--', file, ours], {
    cwd: ROOT,
  });
  run(process.execPath, [
    '--max-old-space-size=12000',
    ...[path.join(__dirname, 'devtools-figures.mjs'), bundle, file, theirs],
  ]);
  const mine = readFigures(ours);
  const lines = differences(mine, readFigures(theirs));
  const counts = [
    `${mine.nodes.length / FIGURES.length} nodes`,
    `${mine.classes.size} classes`,
    `${mine.duplicates.size} duplicate strings`,
  ].join(', ');
  process.stdout.write(`${lines.length === 0 ? 'agree' : 'DIFFER'}: ${file} (${counts})\n`);
  for (const line of lines) process.stdout.write(`${line}\n`);
  return lines.length === 0;
}

runMain(() => {
  requireNode();
  requireRust();
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { tools: { type: 'string' }, node: { type: 'string', multiple: true } },
  });
  const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'leakguard-agree-'));
  try {
    const bundle = bundleDevtools(path.resolve(values.tools ?? path.join(temporary, 'tools')));
    const files = positionals.map((file) => path.resolve(file));
    if (files.length === 0) {
      for (const [place, node] of (values.node ?? [process.execPath]).entries()) {
        const folder = path.join(temporary, `node-${place}`);
        fs.mkdirSync(folder);
        files.push(...makeSnapshots(node, folder));
      }
    }
    const disagreements = files.filter((file) => !compare(file, bundle, temporary));
    if (disagreements.length > 0) process.exitCode = 1;
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
  }
});
