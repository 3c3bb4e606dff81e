'use strict';

/**
 * leakguard's reading of heap snapshots beside memlab, Chrome DevTools' own code and
 * v8-heap-parser, on the same files.
 *
 * Every figure is of a whole process, from its start to its end. The programs take turns, so that
 * what else the machine does meets all of them; a ratio is of two runs of the same turn.
 */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { parseArgs } = require('node:util');
const { Cgroup } = require('../container/cgroup');
const { buildNative, installRivals, run } = require('./install');
const { measure } = require('./measure');
const { say, showLimits, showTask } = require('./table');

const ROOT = path.join(__dirname, '..', '..');

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '14,170' },
    tasks: { type: 'string', default: 'classes,retained,growth' },
    rounds: { type: 'string', default: '5' },
    rivals: { type: 'string', default: 'memlab,devtools,native,wasm' },
    cache: { type: 'string' },
    timeout: { type: 'string', default: '900' },
    container: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const HELP = `Usage: node bench/heap [options]

  --sizes MB,MB      about 14, 170, 170-objects, 850 or 2000 (default 14,170; the larger ones take
                     long, and 12 GB of memory)
  --tasks A,B        classes, retained, growth (default all)
  --rounds N         turns of every program (default 5)
  --rivals A,B       memlab, devtools, native, wasm (default all)
  --cache FOLDER     where snapshots and rivals are kept for the next time
  --timeout SECONDS  after which a run is given up (default 900)
  --container MB     run everything in a cgroup with so much memory (needs root)

Needs Linux and Rust.
`;

/** What the files of about so many megabytes are made of. */
const PROGRAMS = {
  14: ['server', 1],
  170: ['tools', 1.35],
  // v8-heap-parser refuses the one above: half a surrogate pair stands in a string.
  '170-objects': ['objects', 0.22],
  850: ['objects', 1],
  2000: ['objects', 2.35],
};

// V8 counts a heap's limit in MiB; the largest files need as much to be made, and to be read.
const HEAP = '--max-old-space-size=12000';

function makeSnapshots(size, tools, cache) {
  const folder = path.join(cache, `snapshots-${size}`);
  const files = ['1', '2', '3'].map((name) => path.join(folder, `${name}.heapsnapshot`));
  if (!fs.existsSync(path.join(folder, 'done'))) {
    fs.mkdirSync(folder, { recursive: true });
    process.stderr.write(`Making snapshots of about ${size} MB ...\n`);
    const [program, scale] = PROGRAMS[size];
    const script = path.join(__dirname, 'programs.js');
    run(process.execPath, ['--expose-gc', HEAP, script, program, String(scale), tools, folder]);
    fs.writeFileSync(path.join(folder, 'done'), '');
  }
  return files;
}

function buildOurs() {
  const options = ['build', '--release', '--quiet', '--locked', '--example', 'stages'];
  const { status } = spawnSync('cargo', options, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new Error('cargo could not build bench/heap/stages.rs');
  const target = process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target');
  return path.join(target, 'release', 'examples', 'stages');
}

/** @returns {Map<string, (task: string, files: string[]) => [string, string[]] | null>} */
function contestants(tools) {
  const ours = buildOurs();
  const found = new Map([['leakguard', (task, files) => [ours, [task, ...files]]]]);
  const script = path.join(__dirname, 'rivals.mjs');
  for (const rival of values.rivals.split(',').filter(Boolean)) {
    if (rival === 'native') {
      const native = buildNative(tools);
      const command = (task, files) => (task === 'growth' ? null : [native, [task, ...files]]);
      if (native) found.set(rival, command);
    } else {
      const knows = (task) => rival !== 'wasm' || task !== 'growth';
      found.set(rival, (task, files) =>
        knows(task) ? [process.execPath, [HEAP, script, tools, rival, task, ...files]] : null,
      );
    }
  }
  return found;
}

async function measureTask(task, files, programs, container) {
  const results = new Map();
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [name, command] of programs) {
      const called = command(task, files);
      if (!called || results.get(name)?.some(({ failed }) => failed)) continue;
      if (!container) readThrough(files);
      const result = await measure(...called, Number(values.timeout) * 1000, container);
      results.set(name, [...(results.get(name) ?? []), result]);
    }
  }
  return results;
}

/** So that every program finds the files in the page cache, and not only those after the first. */
function readThrough(files) {
  const buffer = Buffer.allocUnsafe(1 << 20);
  for (const file of files) {
    const descriptor = fs.openSync(file);
    while (fs.readSync(descriptor, buffer) > 0);
    fs.closeSync(descriptor);
  }
}

function makeContainer(megabytes) {
  const container = new Cgroup(`leakguard-bench-heap-${process.pid}`, megabytes * 1024 * 1024);
  say(`In a cgroup with ${megabytes} MiB of memory.\n`);
  return container;
}

async function main() {
  if (values.help) return process.stdout.write(HELP);
  const cache = path.resolve(values.cache ?? path.join(os.tmpdir(), 'leakguard-bench-heap'));
  const tools = path.join(cache, 'tools');
  installRivals(tools);
  const programs = contestants(tools);
  say(`Node.js ${process.version}, ${os.cpus().length} cores, ${os.cpus()[0].model}\n`);
  const container = values.container ? makeContainer(Number(values.container)) : null;
  for (const size of values.sizes.split(',')) {
    if (!PROGRAMS[size])
      throw new RangeError(`--sizes ${size}: has to be one of ${Object.keys(PROGRAMS).join(', ')}`);
    const files = makeSnapshots(size, tools, cache);
    const bytes = fs.statSync(files[0]).size;
    say(`## ${(bytes / 1e6).toFixed(0)} MB\n`);
    for (const task of values.tasks.split(',')) {
      const used = task === 'growth' ? files : files.slice(0, 1);
      const results = await measureTask(task, used, programs, container);
      showTask(task, bytes, results);
      if (task === 'retained') {
        const limits = [];
        const [ours] = programs.get('leakguard')('limits', used);
        for (let round = 0; round < Number(values.rounds); round++) {
          readThrough(used);
          limits.push(await measure(ours, ['limits', used[0]], 60_000, null));
        }
        showLimits(bytes, results.get('leakguard'), limits);
      }
    }
  }
  await container?.remove();
}

main();
