'use strict';

/** What a process leaves behind that dies of a full heap. */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { openSnapshot } = require('..');
const { run, temporaryFolder } = require('./support/child');

const onLinux = process.platform === 'linux' ? test : test.skip;

/** The heap that every process below has, in MB. */
const LIMIT = 64;

/** Leaks: how long they leave the process to live, and whether its event loop turns meanwhile. */
const LEAKS = {
  fast: 'setInterval(() => keep(5000), 1);',
  slow: 'setInterval(() => keep(300), 20);',
  blocking: 'setTimeout(() => { for (;;) keep(1000); }, 100);',
  // The twin: as much work, and a third of the heap, but nothing more with time.
  none: `
    keep(20_000);
    const end = Date.now() + 3000;
    const timer = setInterval(() => {
      for (let count = 0; count < 3000; count++) new Session(count);
      if (Date.now() > end) clearInterval(timer);
    }, 5);`,
};

/**
 * One life of a process with a monitor: in `folder`, its working directory, snapshots and evidence
 * go to `kept`.
 *
 * @returns {Promise<object>} how it ended, and what the monitor told: `snapshots`, `errors`
 */
async function live(folder, leak, options = '', { within, flags = [] } = {}) {
  const script = `
    const { startMonitor } = require('leakguard');
    process.chdir(process.argv[1]);
    const monitor = startMonitor({
      interval: 200, diagnose: false, directory: 'kept', nearHeapLimit: true, ${options}
    });
    const tell = (told) => require('node:fs').writeSync(1, JSON.stringify(told) + '\\n');
    monitor.on('snapshot', (snapshot) => tell({ snapshot }));
    monitor.on('error', ({ code, message }) => tell({ error: { code, message } }));
    class Session {
      constructor(id) { this.id = id; this.data = new Array(100).fill(id); }
    }
    const sessions = new Map();
    const keep = (count) => {
      for (; count > 0; count--) sessions.set(sessions.size, new Session(sessions.size));
    };
    ${LEAKS[leak] ?? leak}`;
  const result = await run(script, {
    args: [folder],
    flags: [`--max-old-space-size=${LIMIT}`, ...flags],
    within,
  });
  const lines = result.stdout.split('\n').filter((line) => line.startsWith('{'));
  const told = lines.map((line) => JSON.parse(line));
  return {
    died: result.signal === 'SIGABRT' && result.stderr.includes('JavaScript heap out of memory'),
    ...result,
    snapshots: told.flatMap(({ snapshot }) => snapshot ?? []),
    errors: told.flatMap(({ error }) => error ?? []),
  };
}

const kept = (folder) => path.join(folder, 'kept');

function names(folder, pattern) {
  return fs.existsSync(folder) ? fs.readdirSync(folder).filter((name) => pattern.test(name)) : [];
}

/** Paths of all snapshots, whoever has written them. */
function snapshotsOf(folder) {
  return [folder, kept(folder)].flatMap((directory) =>
    names(directory, /\.heapsnapshot/).map((name) => path.join(directory, name)),
  );
}

/** What the files say that are no snapshots. */
function evidenceOf(folder) {
  return names(kept(folder), /^leakguard\..*\.near-limit\.json$/).map((name) => {
    const file = path.join(kept(folder), name);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  });
}

/** Opens the one snapshot that there has to be, and finds in it what has filled the heap. */
async function expectTheLeak(file) {
  const snapshot = await openSnapshot(file);
  const [sessions] = snapshot.classes({ filter: (row) => row.className === 'Session' });
  const { liveSize, nodes } = snapshot.summary();
  expect(sessions.retainedSize).toBeGreaterThan(0.7 * liveSize);
  snapshot.close();
  return { nodes, count: sessions.count };
}

describe('a process that dies of a full heap', () => {
  onLinux.each(['fast', 'slow'])('(%s) leaves one snapshot by a forked child', async (leak) => {
    const folder = temporaryFolder();
    const { died, stderr, snapshots } = await live(folder, leak, 'snapshot: { mode: "fork" }');
    expect({ died, stderr }).toMatchObject({ died: true });
    expect(stderr).not.toMatch(/leakguard:|Wrote snapshot/);
    const files = snapshotsOf(folder);
    expect(files).toHaveLength(1);
    expect(fs.statSync(files[0]).mode & 0o777).toBe(0o600);
    expect(snapshots).toMatchObject([{ path: fs.realpathSync(files[0]), mode: 'fork' }]);
    const { nodes } = await expectTheLeak(files[0]);
    expect(nodes).toBe(snapshots[0].nodes);
    const [evidence, ...more] = evidenceOf(folder);
    expect(more).toEqual([]);
    expect(evidence).toMatchObject({ kind: 'near-limit', nodeAskedBy: null });
    expect(evidence.oldGenerationLimit).toBe(LIMIT * 2 ** 20);
    expect(evidence.oldGeneration).toBeGreaterThan(0.7 * evidence.oldGenerationLimit);
    expect(evidence.heap.used_heap_size).toBeGreaterThan(0);
    expect(evidence.spaces.map(({ space_name: name }) => name)).toContain('old_space');
  });

  test('(redacted, compressed) leaves what was asked for, and nothing raw', async () => {
    const folder = temporaryFolder();
    const options = 'snapshot: { redact: true, compress: "gzip" }';
    const { snapshots } = await live(folder, 'fast', options);
    expect(snapshots).toMatchObject([{ redacted: true }]);
    const files = snapshotsOf(folder);
    expect(files).toEqual([expect.stringMatching(/\.heapsnapshot\.gz$/)]);
    await expectTheLeak(files[0]);
  });

  test('(its event loop blocked) leaves the one that Node.js writes', async () => {
    const folder = temporaryFolder();
    const { died } = await live(folder, 'blocking');
    expect(died).toBe(true);
    const files = snapshotsOf(folder);
    expect(files.map((file) => path.dirname(file))).toEqual([folder]);
    await expectTheLeak(files[0]);
  });

  test('has what Node.js wrote for it moved by the next process', async () => {
    const folder = temporaryFolder();
    const first = await live(folder, 'fast', 'keep: { count: 3 }');
    expect(first.died).toBe(true);
    expect(snapshotsOf(folder)).toHaveLength(1);
    const next = await live(folder, 'setTimeout(() => {}, 1000);');
    const [file, ...more] = snapshotsOf(folder);
    expect(more).toEqual([]);
    expect(path.dirname(file)).toBe(kept(folder));
    const told = [...first.snapshots, ...next.snapshots];
    expect(told).toMatchObject([{ path: fs.realpathSync(file), mode: 'inline', attempts: 1 }]);
    const { nodes } = await expectTheLeak(file);
    expect(nodes).toBe(told[0].nodes);
    expect(evidenceOf(folder)).toMatchObject([{ nodeAskedBy: 'leakguard', snapshot: told[0] }]);
    expect((await live(folder, 'setTimeout(() => {}, 500);')).snapshots).toEqual([]);
  });

  test('has what broke off removed by a later process, and no other file', async () => {
    const folder = temporaryFolder();
    await live(folder, 'blocking');
    const [file] = snapshotsOf(folder);
    fs.truncateSync(file, 100_000);
    const theirs = path.join(folder, 'Heap.20250101.000000.1.0.001.heapsnapshot');
    fs.writeFileSync(theirs, 'theirs');
    // As a process leaves it that has had the time for it.
    const [, pid] = /^Heap\.\d+\.\d+\.(\d+)\./.exec(path.basename(file));
    const evidence = path.join(kept(folder), 'leakguard.20250101.000000.1.0.001.near-limit.json');
    const ended = { nodeAskedBy: 'leakguard', pid: Number(pid), thread: 0, snapshot: null };
    fs.mkdirSync(kept(folder));
    fs.writeFileSync(evidence, JSON.stringify({ ...ended, time: Date.now() - 3_600_000 }));
    fs.chmodSync(evidence, 0o600);
    const next = () => live(folder, 'setTimeout(() => {}, 500);');
    // It might still be written.
    expect((await next()).snapshots).toEqual([]);
    expect(snapshotsOf(folder).sort()).toEqual([file, theirs].sort());
    const before = new Date(Date.now() - 1_200_000);
    fs.utimesSync(file, before, before);
    expect((await next()).snapshots).toEqual([]);
    expect(snapshotsOf(folder)).toEqual([theirs]);
  });

  test('five times over leaves no more than may be kept', async () => {
    const folder = temporaryFolder();
    for (let lives = 1; lives <= 5; lives++) {
      // Some by Node.js, as long as there is room, and then by forked children.
      const { died } = await live(folder, 'fast', 'keep: { count: 2 }, cooldown: 0');
      expect(died).toBe(true);
      const files = snapshotsOf(folder);
      expect(files.length).toBeGreaterThan(0);
      expect(files.length).toBeLessThanOrEqual(2);
      expect(evidenceOf(folder).length).toBeLessThanOrEqual(2);
    }
  }, 300_000);

  test('again and again leaves one snapshot in the time of the cooldown', async () => {
    const folder = temporaryFolder();
    for (let lives = 1; lives <= 3; lives++) await live(folder, 'fast');
    expect(snapshotsOf(folder)).toHaveLength(1);
    const reasons = evidenceOf(folder).map(({ noSnapshotBecause }) => noSnapshotBecause);
    expect(reasons).toHaveLength(3);
    expect(
      reasons.filter((reason) => /younger than the cooldown of 10 m/.test(reason)),
    ).toHaveLength(2);
  }, 200_000);
});

describe('a process that comes near its limit and lives on', () => {
  test('has what Node.js wrote moved at once', async () => {
    const folder = temporaryFolder();
    const { code, snapshots } = await live(
      folder,
      `const { getHeapStatistics } = require('node:v8');
       const limit = () => getHeapStatistics().heap_size_limit;
       const before = limit();
       // Node.js raises the limit when it writes.
       const timer = setInterval(() => {
         keep(2000);
         if (limit() === before) return;
         clearInterval(timer);
         sessions.clear();
         monitor.once('snapshot', () => setTimeout(() => {}, 500));
         setTimeout(() => {}, 3000);
       }, 5);`,
    );
    expect(code).toBe(0);
    const files = snapshotsOf(folder);
    expect(files.map((file) => path.dirname(file))).toEqual([kept(folder)]);
    expect(snapshots).toMatchObject([{ path: fs.realpathSync(files[0]), mode: 'inline' }]);
    expect(evidenceOf(folder)).toMatchObject([{ snapshot: snapshots[0], noSnapshotBecause: null }]);
    await expectTheLeak(files[0]);
  });

  onLinux('slowly goes on serving while a child writes, once in its life', async () => {
    const folder = temporaryFolder();
    const { code, snapshots } = await live(
      folder,
      `const { getHeapStatistics } = require('node:v8');
       const used = () => getHeapStatistics().used_heap_size / 2 ** 20;
       // Up to a little below the limit at once, and then, for V8, hardly any more.
       do { keep(2000); gc(); } while (used() < ${0.7 * LIMIT});
       const collecting = setInterval(gc, 300);
       setTimeout(() => setInterval(() => keep(8), 20), 3000);
       monitor.once('snapshot', () => clearInterval(collecting));
       monitor.once('snapshot', () => setTimeout(() => process.exit(), 1000));`,
      'snapshot: { mode: "fork" }',
      { flags: ['--expose-gc'] },
    );
    expect(code).toBe(0);
    expect(snapshots).toMatchObject([{ mode: 'fork' }]);
    // What waits for the child stands still for as long as the child needs.
    expect(snapshots[0].pauseMs).toBeLessThan(snapshots[0].totalMs / 2);
    expect(snapshotsOf(folder)).toHaveLength(1);
  });

  test('(the twin without a leak) leaves nothing', async () => {
    for (const options of ['', 'snapshot: { mode: "fork" }']) {
      const folder = temporaryFolder();
      const { code, stdout, stderr } = await live(folder, 'none', options);
      expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' });
      expect(fs.readdirSync(folder)).toEqual([]);
    }
  });
});

describe('a disk without room', () => {
  const DISK = temporaryFolder();
  const BEHIND = temporaryFolder();
  /** A small file system of its own; what is on it at the end is copied to where it stays. */
  const within = [
    ...['unshare', '--mount', ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'])],
    ...['sh', '-c', `mount -t tmpfs -o size=512k none "$0" && { "$@"; cp -r "$0/." ${BEHIND}; }`],
    DISK,
  ];
  const mountable = spawnSync(within[0], [...within.slice(1), 'true']).status === 0;

  // Skipped, and seen to be, where no file system may be mounted.
  (mountable ? test : test.skip)('gets figures only, and they say why', async () => {
    await live(DISK, 'fast', '', { within });
    expect(snapshotsOf(BEHIND)).toEqual([]);
    const [evidence, ...more] = evidenceOf(BEHIND);
    expect(more).toEqual([]);
    expect(evidence).toMatchObject({ nodeAskedBy: null, snapshot: null });
    expect(evidence.noSnapshotBecause).toMatch(/^No snapshot was taken: its file would need about/);
  });
});

test('an application that has asked Node.js itself keeps its file where it is', async () => {
  const folder = temporaryFolder();
  const flags = ['--heapsnapshot-near-heap-limit=1'];
  await live(folder, 'fast', 'snapshot: { mode: "fork" }', { flags });
  await live(folder, 'setTimeout(() => {}, 500);', 'snapshot: { mode: "fork" }', { flags });
  expect(snapshotsOf(folder).map((file) => path.dirname(file))).toEqual([folder]);
  expect(evidenceOf(folder)).toMatchObject([{ nodeAskedBy: 'user', snapshot: null }]);
});

test.each([
  [['--max-old-space-size=100'], '', 100],
  [['--max_old_space_size=100', '--max-semi-space-size=2'], '--max-old-space-size=300', 100],
  [['--max-semi-space-size=2'], '--max-old-space-size=300', 300],
])(
  'the limit is that of the old generation (%j, NODE_OPTIONS=%s)',
  async (flags, options, limit) => {
    const { stdout } = await run(
      `const { oldGenerationLimit } = require('./lib/near-limit/node-flags');
     console.log(oldGenerationLimit() / 2 ** 20);`,
      { flags, within: ['env', `NODE_OPTIONS=${options}`] },
    );
    expect(Number(stdout)).toBe(limit);
  },
);

test('without flags it is a little less than what V8 tells, by its young generation', async () => {
  const { stdout } = await run(
    `const { oldGenerationLimit } = require('./lib/near-limit/node-flags');
     console.log(oldGenerationLimit() / v8.getHeapStatistics().heap_size_limit);`,
    { within: ['env', 'NODE_OPTIONS='] },
  );
  expect(Number(stdout)).toBeLessThan(1);
  expect(Number(stdout)).toBeGreaterThan(0.9);
});
