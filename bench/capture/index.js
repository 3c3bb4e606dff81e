'use strict';

/**
 * A snapshot by a forked child beside `v8.writeHeapSnapshot`, in the same server under load.
 *
 * For each size of live heap: how long the event loop stands still (by the native clock around
 * all that the capture does on it, and as the loop itself has seen it), how many requests are
 * answered meanwhile, and the resident set of the server before, at its peak and after. `fork`
 * is the bare system call in the same process: what a forked capture cannot be faster than.
 */

const { fork, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { once } = require('node:events');
const { parseArgs } = require('node:util');
const autocannon = require('autocannon');

const ROOT = path.join(__dirname, '..', '..');

const { values } = parseArgs({
  options: {
    heap: { type: 'string', default: '50,200,600' },
    captures: { type: 'string', default: '10' },
    'rival-captures': { type: 'string', default: '3' },
    help: { type: 'boolean', default: false },
  },
});

const HELP = `Usage: node bench/capture [options]

  --heap MB,MB            live heaps to measure (default 50,200,600)
  --captures N            snapshots by leakguard, and bare forks, at each (default 10)
  --rival-captures N      snapshots by v8.writeHeapSnapshot at each (default 3: they take long)

Needs Linux, Rust and about 8 GB of memory for 600 MB.
`;

async function main() {
  if (values.help) return process.stdout.write(HELP);
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'leakguard-bench-'));
  try {
    buildBareFork(directory);
    say(`Node.js ${process.version}, ${os.cpus().length} cores, ${os.cpus()[0].model}\n`);
    for (const megabytes of values.heap.split(',').map(Number)) await measure(megabytes, directory);
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

function buildBareFork(directory) {
  const { status } = spawnSync(
    'cargo',
    ['build', '--release', '--quiet', '--locked', '--example', 'bare_fork'],
    { cwd: ROOT, stdio: 'inherit' },
  );
  if (status !== 0) throw new Error('cargo could not build bench/capture/bare_fork.rs');
  const target = process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target');
  const built = path.join(target, 'release', 'examples', 'libbare_fork.so');
  fs.copyFileSync(built, path.join(directory, 'bare_fork.node'));
}

async function measure(megabytes, directory) {
  const server = fork(path.join(__dirname, 'server.js'), [String(megabytes), directory], {
    execArgv: ['--max-old-space-size=8192'],
  });
  const answer = async (message) => {
    const answered = once(server, 'message');
    if (message) server.send(message);
    return (await answered)[0];
  };
  try {
    const { listening } = await answer();
    const load = autocannon({
      url: `http://127.0.0.1:${listening}`,
      connections: 10,
      duration: 1e6,
    });
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const { heapUsed, rss } = await answer({ task: 'memory' });
    say(`## ${mb(heapUsed)} of heap, ${mb(rss)} resident\n`);
    const file = path.join(directory, 'a.heapsnapshot');
    const rows = {};
    const repeat = async (task, times) => {
      const peak = watchPeak(server.pid);
      const results = [];
      for (let count = 0; count < times; count++) {
        results.push(await answer({ task, path: file }));
        fs.rmSync(file, { force: true });
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      rows[task] = summarise(results, peak());
    };
    await repeat('fork', Number(values.captures));
    await repeat('leakguard', Number(values.captures));
    await repeat('v8', Number(values['rival-captures']));
    load.stop();
    report(rows);
  } finally {
    server.kill();
  }
}

/** The resident set of the server itself, without its children, seen every 20 ms. */
function watchPeak(process) {
  let peak = 0;
  const look = () => {
    const status = fs.readFileSync(`/proc/${process}/status`, 'latin1');
    peak = Math.max(peak, Number(/VmRSS:\s+(\d+)/.exec(status)[1]) * 1024);
  };
  look();
  const timer = setInterval(look, 20);
  return () => {
    clearInterval(timer);
    return peak;
  };
}

function summarise(results, peak) {
  const failed = results.find(({ error }) => error);
  if (failed) throw new Error(failed.error);
  const sorted = (name) => results.map((result) => result[name]).sort((a, b) => a - b);
  const median = (name) => sorted(name)[Math.floor(results.length / 2)];
  return {
    count: results.length,
    pause: median('pauseMs'),
    longest: sorted('pauseMs').at(-1),
    loopDelay: sorted('loopDelayMs').at(-1),
    total: median('totalMs'),
    rate: (median('served') / median('totalMs')) * 1000,
    before: results[0].rssBefore,
    peak,
    after: results.at(-1).rssAfter,
    attempts: results.reduce((sum, { attempts = 1 }) => sum + attempts, 0),
  };
}

function report(rows) {
  const columns = [
    ['', (_, name) => LABELS[name]],
    ['pause p50', ({ pause }) => ms(pause)],
    ['max', ({ longest }) => ms(longest)],
    ['loop delay max', ({ loopDelay }) => ms(loopDelay)],
    ['took', ({ total }) => ms(total)],
    ['req/s meanwhile', ({ rate }) => rate.toFixed(0)],
    ['resident before', ({ before }) => mb(before)],
    ['peak', ({ peak }) => mb(peak)],
    ['after', ({ after }) => mb(after)],
    ['tries', ({ attempts, count }) => `${attempts} for ${count}`],
  ];
  const table = [
    columns.map(([title]) => title),
    ...Object.entries(rows).map(([name, row]) => columns.map(([, cell]) => cell(row, name))),
  ];
  const widths = columns.map((_, index) => Math.max(...table.map((row) => row[index].length)));
  for (const row of table) {
    say(row.map((cell, index) => cell.padStart(widths[index])).join('  '));
  }
  const { fork: bare, leakguard, v8 } = rows;
  say(
    `\nleakguard's pause is ${(leakguard.pause / bare.pause).toFixed(2)} x the bare fork's, and ` +
      `1/${(v8.pause / leakguard.pause).toFixed(0)} of v8.writeHeapSnapshot's. Resident set ` +
      `afterwards: ${percent(leakguard)} against ${percent(v8)} of before.\n`,
  );
}

const LABELS = { fork: 'bare fork', leakguard: 'leakguard', v8: 'v8.writeHeapSnapshot' };

function say(line) {
  process.stdout.write(`${line}\n`);
}

const mb = (bytes) => `${(bytes / 2 ** 20).toFixed(0)} MB`;
const ms = (value) => (value >= 1000 ? `${(value / 1000).toFixed(1)} s` : `${value.toFixed(1)} ms`);
const percent = ({ before, after }) => `${((after / before) * 100).toFixed(0)} %`;

main();
