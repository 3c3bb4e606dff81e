'use strict';

/** Snapshots by a forked child: whole, and without harm to the process that they are of. */

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { openSnapshot } = require('..');
const { ask, temporaryFolder } = require('./support/child');

const onLinux = process.platform === 'linux' ? describe : describe.skip;

/** What every script below begins with: some heap, and a look at what a process may leave over. */
const PRELUDE = `
  const fs = require('node:fs');
  const { takeSnapshot } = require('leakguard');
  const file = process.argv[1];
  const tell = (told) => console.log(JSON.stringify(told));
  class Customer { constructor(id) { this.id = id; this.name = 'customer ' + id; } }
  globalThis.customers = new Map();
  for (let id = 0; id < 30_000; id++) customers.set(id, new Customer(id));
  const outcome = (promise) =>
    promise.catch(({ code, message, shortage }) => ({ code, message, shortage }));
  const childrenOf = (thread) => {
    try {
      return fs.readFileSync('/proc/self/task/' + thread + '/children', 'utf8');
    } catch (error) {
      // A thread that has ended meanwhile left its children to another one.
      if (error.code === 'ENOENT' || error.code === 'ESRCH') return '';
      throw error;
    }
  };
  const children = () => fs.readdirSync('/proc/self/task').map(childrenOf).join('');
  const descriptors = () => fs.readdirSync('/proc/self/fd').length;
  const withheld = () => fs.readFileSync('/proc/self/smaps', 'utf8').match(/^VmFlags:.* dc/gm).length;
`;

const target = () => path.join(temporaryFolder(), 'a.heapsnapshot');

async function fork(script, options = {}) {
  const file = target();
  const told = await ask(`${PRELUDE}(async () => {${script}})();`, { args: [file], ...options });
  return { file, told };
}

onLinux('a snapshot by a forked child', () => {
  test('has what an inline one has', async () => {
    const { file, told } = await fork(`
      const forked = await takeSnapshot({ mode: 'fork', path: file });
      const inline = await takeSnapshot({ mode: 'inline', path: file + '.inline' });
      tell({ forked, inline, size: customers.size });`);
    const { forked, inline } = told;
    expect(forked).toMatchObject({ mode: 'fork', path: file, redacted: false });
    expect(inline).toMatchObject({ mode: 'inline', attempts: 1 });
    expect(forked.bytes).toBe(fs.statSync(file).size);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    // A capture allocates a little itself.
    expect(Math.abs(forked.nodes - inline.nodes)).toBeLessThan(inline.nodes / 100);
    expect(Math.abs(forked.edges - inline.edges)).toBeLessThan(inline.edges / 100);
    const [one, two] = await Promise.all(
      [file, `${file}.inline`].map((name) => openSnapshot(name)),
    );
    const count = (snapshot) =>
      snapshot.classes().find(({ className }) => className === 'Customer').count;
    expect([count(one), count(two)]).toEqual([30_000, 30_000]);
  });

  test('is what auto means here', async () => {
    const { told } = await fork(`tell(await takeSnapshot({ path: file }));`);
    expect(told.mode).toBe('fork');
  });

  test('lets the process work meanwhile, and leaves nothing behind', async () => {
    const { file, told } = await fork(`
      const before = { descriptors: descriptors(), withheld: withheld() };
      let turns = 0;
      const timer = setInterval(() => { turns += 1; }, 1);
      for (let round = 0; round < 3; round++) await takeSnapshot({ mode: 'fork', path: file });
      clearInterval(timer);
      tell({ turns, before, after: { descriptors: descriptors(), withheld: withheld() },
        children: children(), files: fs.readdirSync(require('node:path').dirname(file)) });`);
    expect(told.turns).toBeGreaterThan(3);
    expect(told.after.descriptors).toBeLessThanOrEqual(told.before.descriptors);
    // What V8 withholds from the programs that the process starts is withheld as before.
    expect(told.after.withheld).toBeGreaterThan(told.before.withheld / 2);
    expect(told.children).toBe('');
    expect(told.files).toEqual([path.basename(file)]);
  });

  test('does not hold the process’s connections open', async () => {
    const { told } = await fork(`
      const net = require('node:net');
      const order = [];
      const server = net.createServer((socket) => socket.on('error', () => {}));
      server.listen(0, '127.0.0.1', () => {
        const client = net.connect(server.address().port, '127.0.0.1');
        server.once('connection', async (socket) => {
          client.resume().on('close', () => order.push('closed'));
          const capture = takeSnapshot({ mode: 'fork', path: file });
          const fork = setInterval(() => {
            // The child is there: what it has inherited, it has inherited by now.
            if (children() === '') return;
            clearInterval(fork);
            socket.end();
          }, 1);
          await capture;
          order.push('written');
          setTimeout(() => { tell(order); process.exit(); }, 100);
        });
      });`);
    expect(told).toEqual(['closed', 'written']);
  });

  test('is no child of the application’s, whose own children end as ever', async () => {
    const { told } = await fork(`
      const { spawn } = require('node:child_process');
      const { once } = require('node:events');
      const signals = [];
      process.on('SIGCHLD', () => {});
      for (const name of ['SIGTERM', 'SIGUSR2', 'SIGPIPE']) {
        process.on(name, () => signals.push(name));
      }
      const ends = [];
      const capture = takeSnapshot({ mode: 'fork', path: file });
      for (let code = 1; code <= 5; code++) {
        ends.push(once(spawn('sh', ['-c', 'exit ' + code]), 'exit').then(([code]) => code));
      }
      const { mode } = await capture;
      tell({ mode, ends: await Promise.all(ends), signals });
      process.exit();`);
    expect(told).toEqual({ mode: 'fork', ends: [1, 2, 3, 4, 5], signals: [] });
  });

  test('can be of a worker thread', async () => {
    const { file, told } = await fork(`
      const { Worker } = require('node:worker_threads');
      const worker = new Worker(\`
        const { parentPort, workerData } = require('node:worker_threads');
        class OnlyHere {}
        globalThis.kept = Array.from({ length: 5000 }, () => new OnlyHere());
        require('leakguard').takeSnapshot({ mode: 'fork', path: workerData }).then((info) => {
          parentPort.postMessage(info);
        });\`, { eval: true, workerData: file });
      worker.once('message', tell);`);
    expect(told.mode).toBe('fork');
    const snapshot = await openSnapshot(file);
    const found = snapshot.classes().find(({ className }) => className === 'OnlyHere');
    expect(found.count).toBe(5000);
  });

  test('is one at a time', async () => {
    const { told } = await fork(`
      const both = [1, 2].map(() => outcome(takeSnapshot({ mode: 'fork', path: file })));
      tell(await Promise.all(both));`);
    expect(told[0].mode).toBe('fork');
    expect(told[1].code).toBe('ERR_LEAKGUARD_REFUSED');
  });

  test('is refused when it would hold the event loop too long, with the numbers', async () => {
    const { file, told } = await fork(`
      tell(await outcome(takeSnapshot({ mode: 'fork', path: file, maxPause: 0 })));`);
    expect(told.code).toBe('ERR_LEAKGUARD_REFUSED');
    expect(told.message).toMatch(/at least [\d.]+ ms, and maxPause allows 0 ms/);
    expect(told.shortage).toMatchObject({ of: 'time', limit: 'maxPause', available: 0 });
    expect(fs.readdirSync(path.dirname(file))).toEqual([]);
  });

  test('is given up at its timeout, and nothing is left of it', async () => {
    const { file, told } = await fork(`
      const error = await outcome(takeSnapshot({ mode: 'auto', path: file, timeout: 1 }));
      tell({ ...error, children: children() });`);
    expect(told.code).toBe('ERR_LEAKGUARD_TIMEOUT');
    expect(told.message).toContain('timeout');
    expect(told.children).toBe('');
    expect(fs.readdirSync(path.dirname(file))).toEqual([]);
  });

  test('leaves no file where the process ends in the middle', async () => {
    const { file } = await fork(`
      takeSnapshot({ mode: 'fork', path: file });
      setInterval(() => {
        if (children() === '') return;
        tell(null);
        process.exit();
      }, 1);`);
    // What the process could not clear away any more shows by its name.
    const left = fs.readdirSync(path.dirname(file));
    expect(left.every((name) => name.endsWith('.part'))).toBe(true);
  });
});

onLinux('a fork that comes to nothing', () => {
  const SHIM = path.join(temporaryFolder(), 'unlucky-fork.so');
  const SOURCE = path.join(__dirname, 'fixtures', 'unlucky-fork.c');

  beforeAll(() => {
    // A C compiler is there wherever Rust can link.
    const { status, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-o', SHIM, SOURCE, '-ldl']);
    if (status !== 0) throw new Error(String(stderr));
  });

  const unlucky = (luck, script) =>
    fork(script, { within: ['env', `LD_PRELOAD=${SHIM}`, `UNLUCKY_FORKS=${luck}`] });

  test.each([
    ['hangs', 'h-'],
    ['crashes', 'c-'],
    ['does both, one after the other', 'hc-'],
  ])('because the child %s is tried again', async (_, luck) => {
    const { file, told } = await unlucky(
      luck,
      `const info = await takeSnapshot({ mode: 'fork', path: file });
       tell({ ...info, children: children() });`,
    );
    expect(told).toMatchObject({ mode: 'fork', attempts: luck.length, children: '' });
    expect((await openSnapshot(file)).summary().nodes).toBe(told.nodes);
    expect(fs.readdirSync(path.dirname(file))).toEqual([path.basename(file)]);
  });

  test.each([
    ['the system allows none', 'n', 2],
    ['every child crashes', 'c', 8],
  ])('because %s ends inline where that may be', async (_, luck, attempts) => {
    const { told } = await unlucky(
      luck,
      `const auto = await outcome(takeSnapshot({ path: file }));
       const quick = await outcome(takeSnapshot({ path: file, maxPause: 50 }));
       const only = await outcome(takeSnapshot({ mode: 'fork', path: file + '.2' }));
       tell({ auto, quick, only });`,
    );
    const code = luck === 'n' ? 'ERR_LEAKGUARD_UNSUPPORTED' : 'ERR_LEAKGUARD_FORK_FAILED';
    expect(told.auto).toMatchObject({ mode: 'inline', attempts });
    expect(told.quick.code).toBe('ERR_LEAKGUARD_REFUSED');
    expect(told.quick.message).toMatch(/Without a forked child it would hold the event loop/);
    expect(told.only.code).toBe(code);
  });
});
