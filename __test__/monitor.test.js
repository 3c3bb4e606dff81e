'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { once } = require('node:events');
const { LeakguardError, Monitor, startMonitor, stopMonitor } = require('..');
const { ask, run, temporaryFolder } = require('./support/child');
const { startLeaking } = require('./support/leaking');

const onLinux = process.platform === 'linux' ? test : test.skip;

// What comes of a leak takes a while: begun first, and waited for further down.
let runs;

beforeAll(() => {
  runs = startLeaking();
});

describe('a process with a monitor', () => {
  test('ends by itself when it has nothing else to do, and has said nothing', async () => {
    const result = await run(`require('leakguard').startMonitor({ interval: 100 });`);
    expect(result).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
  });

  test('waits for a diagnosis that it asked for, and then ends by itself', async () => {
    const script = `
      const { startMonitor } = require('leakguard');
      const monitor = startMonitor({ interval: 100, directory: process.argv[1] });
      monitor.diagnose().then(({ snapshots }) => console.log(JSON.stringify(snapshots.length)));`;
    expect(await ask(script, { args: [temporaryFolder()] })).toBe(3);
  });

  test('gets samples of its memory', async () => {
    const script = `
      const monitor = require('leakguard').startMonitor({ interval: 100 });
      const seen = [];
      monitor.on('sample', (sample) => {
        seen.push(sample);
        if (seen.length === 1) gc();
        if (seen.length < 5) return;
        console.log(JSON.stringify({ seen, kept: monitor.samples(), status: monitor.status() }));
        process.exit();
      });
      setInterval(() => {}, 1000);`;
    const { seen, kept, status } = await ask(script, { flags: ['--expose-gc'] });
    expect(kept.filter(({ loopBlocked }) => !loopBlocked)).toEqual(seen);
    expect(status.sample).toEqual(seen.at(-1));
    expect(status).toMatchObject({ running: true, leaks: [], diagnosing: false });
    expect(status.samples).toBe(kept.length);
    const times = seen.map(({ time }) => time);
    expect(times).toEqual([...times].sort((left, right) => left - right));
    const after = seen.find(({ majorGcs }) => majorGcs > 0);
    for (const name of ['rss', 'heapTotal', 'heapUsed', 'external', 'liveHeap', 'heapLimit']) {
      expect(after[name]).toBeGreaterThan(0);
    }
    expect(after.liveHeap).toBeLessThan(after.heapTotal);
    expect(seen.filter(({ majorGcs, liveHeap }) => majorGcs === 0 && liveHeap !== null)).toEqual(
      [],
    );
  });

  test('sees the time in which its event loop was blocked', async () => {
    const script = `
      const monitor = require('leakguard').startMonitor({ interval: 100 });
      monitor.once('sample', () => {
        const end = Date.now() + 2000;
        while (Date.now() < end);
        console.log(JSON.stringify(monitor.samples()));
      });
      setTimeout(() => {}, 500);`;
    const blocked = (await ask(script)).filter(({ loopBlocked }) => loopBlocked);
    expect(blocked.length).toBeGreaterThan(2);
    for (const sample of blocked) {
      expect(sample.rss).toBeGreaterThan(0);
      expect(sample.liveHeap).toBeNull();
    }
  });
});

describe('the option', () => {
  test('signal: a snapshot that only its owner can read is written on the signal', async () => {
    const script = `
      const fs = require('node:fs');
      const path = require('node:path');
      const directory = path.join(process.argv[1], 'reports');
      const monitor = require('leakguard').startMonitor({ interval: 100, directory, signal: 'SIGUSR2' });
      process.kill(process.pid, 'SIGUSR2');
      monitor.on('snapshot', (info) => {
        const modes = [directory, info.path].map((file) => fs.statSync(file).mode & 0o777);
        const inside = path.dirname(info.path) === directory;
        const whole = JSON.parse(fs.readFileSync(info.path)).snapshot.node_count === info.nodes;
        console.log(JSON.stringify({ modes, inside, whole }));
        process.exit();
      });
      setInterval(() => {}, 1000);`;
    const told = await ask(script, { args: [temporaryFolder()] });
    expect(told).toEqual({ modes: [0o700, 0o600], inside: true, whole: true });
  });

  test('pressure: told once, for the highest share that is passed', async () => {
    const script = `
      const monitor = require('leakguard').startMonitor({ interval: 100, pressure: [1e-5, 1e-4, 1] });
      const told = [];
      monitor.on('pressure', ({ kind, threshold }) => { if (kind === 'heap') told.push(threshold); });
      setInterval(gc, 100).unref();
      setTimeout(() => console.log(JSON.stringify(told)), 1000);`;
    expect(await ask(script, { flags: ['--expose-gc'] })).toEqual([1e-4]);
  });
});

describe('stop()', () => {
  onLinux('ends samples, threads and listeners for signals; twice is fine', async () => {
    const script = `
      const fs = require('node:fs');
      const { startMonitor, stopMonitor } = require('leakguard');
      const threads = () => fs.readdirSync('/proc/self/task').length;
      const before = threads();
      const monitor = startMonitor({ interval: 100, signal: 'SIGUSR2' });
      const during = [threads(), process.listenerCount('SIGUSR2')];
      let samples = 0;
      monitor.on('sample', () => {
        samples += 1;
        if (samples > 1) return;
        stopMonitor();
        monitor.stop();
        setTimeout(() => {
          const after = [threads(), process.listenerCount('SIGUSR2')];
          const { running } = monitor.status();
          console.log(JSON.stringify({ before, during, after, samples, running }));
        }, 500);
      });
      setTimeout(() => {}, 1000);`;
    const { before, during, after, samples, running } = await ask(script);
    expect(during).toEqual([before + 1, 1]);
    expect(after).toEqual([before, 0]);
    expect({ samples, running }).toEqual({ samples: 1, running: false });
  });

  test('gives up a diagnosis that is under way', async () => {
    const script = `
      const monitor = require('leakguard').startMonitor({ interval: 100 });
      monitor.diagnose().catch(({ code }) => console.log(JSON.stringify(code)));
      setTimeout(() => monitor.stop(), 200);`;
    expect(await ask(script)).toBe('ERR_LEAKGUARD_ABORTED');
  });

  test('makes room for another monitor', async () => {
    const script = `
      const { startMonitor } = require('leakguard');
      const first = startMonitor({ interval: 100 });
      first.stop();
      const second = startMonitor({ interval: 200 });
      const running = [first, second].map((monitor) => monitor.status().running);
      console.log(JSON.stringify({ running, interval: second.options.interval }));`;
    expect(await ask(script)).toEqual({ running: [false, true], interval: 200 });
  });
});

describe('startMonitor() a second time', () => {
  test.each([
    ['without options', '', []],
    ['with the same', '{ interval: "0.1s" }', []],
    ['with others', '{ interval: 200 }', ['LEAKGUARD_ALREADY_RUNNING']],
  ])('%s gives the running monitor', async (_, options, warnings) => {
    const script = `
      const { startMonitor } = require('leakguard');
      const warnings = [];
      process.removeAllListeners('warning').on('warning', ({ code }) => warnings.push(code));
      const same = startMonitor({ interval: 100 }) === startMonitor(${options});
      setImmediate(() => console.log(JSON.stringify({ same, warnings })));`;
    expect(await ask(script)).toEqual({ same: true, warnings });
  });
});

describe('a listener of the application that fails', () => {
  const failing = {
    throws: `() => { throw new Error('theirs'); }`,
    rejects: `async () => { throw new Error('theirs'); }`,
  };

  test.each(Object.keys(failing))('(it %s) ends up at "error"', async (how) => {
    const script = `
      const monitor = require('leakguard').startMonitor({ interval: 100 });
      monitor.on('sample', ${failing[how]});
      const errors = [];
      monitor.on('error', ({ name, code, cause }) => {
        errors.push({ name, code, cause: cause.message });
        if (errors.length < 2) return;
        console.log(JSON.stringify(errors));
        process.exit();
      });
      setInterval(() => {}, 1000);`;
    const told = { name: 'LeakguardError', code: 'ERR_LEAKGUARD_LISTENER', cause: 'theirs' };
    expect(await ask(script)).toEqual([told, told]);
  });

  test.each(Object.keys(failing))('(it %s) harms nothing where nobody listens', async (how) => {
    const script = `
      const monitor = require('leakguard').startMonitor({ interval: 100 });
      monitor.on('sample', ${failing[how]});
      monitor.on('sample', () => {});
      setTimeout(() => console.log(JSON.stringify(monitor.samples().length > 1)), 1000);`;
    expect(await ask(script)).toBe(true);
  });

  test.each(Object.keys(failing))('(it %s) at "error" harms nothing either', async (how) => {
    const script = `
      const monitor = require('leakguard').startMonitor({ interval: 100 });
      monitor.on('sample', ${failing[how]});
      monitor.on('error', ${failing[how]});
      setTimeout(() => console.log(JSON.stringify(monitor.samples().length > 1)), 1000);`;
    expect(await ask(script)).toBe(true);
  });
});

describe('a directory that cannot be written', () => {
  const script = `
    const monitor = require('leakguard').startMonitor({ interval: 100, directory: process.argv[1] });
    // Root may write anywhere, so it becomes nobody.
    if (process.getuid?.() === 0) process.setuid(65534);
    const answer = ({ name, code, message }) => {
      monitor.once('sample', () => {
        console.log(JSON.stringify({ name, code, message }));
        process.exit();
      });
    };
    monitor.diagnose().catch(answer);
    setInterval(() => {}, 1000);`;

  test.each([
    ['a folder of others', (folder) => fs.chmodSync(folder, 0o500), '', 'ERR_LEAKGUARD_PERMISSION'],
    ['a file', (folder) => fs.writeFileSync(path.join(folder, 'f'), ''), 'f', 'ERR_LEAKGUARD_IO'],
  ])('(%s) is told, and sampling goes on', async (_, prepare, name, code) => {
    const folder = temporaryFolder();
    fs.chmodSync(folder, 0o755);
    prepare(folder);
    const directory = path.join(folder, name, 'reports');
    const error = await ask(script, { args: [directory] });
    expect(error).toMatchObject({ name: 'LeakguardError', code });
    expect(error.message).toContain(directory);
  });
});

describe('a full disk', () => {
  const DISK = temporaryFolder();
  /** A small file system of its own, which is gone when the process is. */
  const WITHIN = [
    ...['unshare', '--mount', ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'])],
    ...['sh', '-c', 'mount -t tmpfs -o size=64k none "$0" && exec "$@"', DISK],
  ];
  const mountable = spawnSync(WITHIN[0], [...WITHIN.slice(1), 'true']).status === 0;

  // Skipped, and seen to be, where no file system may be mounted.
  (mountable ? test : test.skip)(
    'is told, leaves nothing behind, and sampling goes on',
    async () => {
      const script = `
      const fs = require('node:fs');
      const { startMonitor, takeSnapshot } = require('leakguard');
      const directory = process.argv[1];
      const monitor = startMonitor({ interval: 100, directory });
      const code = (error) => error.code;
      (async () => {
        const path = directory + '/a.heapsnapshot';
        const snapshot = await takeSnapshot({ path }).catch(code);
        const forced = await takeSnapshot({ path, force: true }).catch(code);
        fs.writeFileSync(directory + '/filler', Buffer.alloc(60_000));
        const diagnosis = await monitor.diagnose().catch(code);
        await new Promise((resolve) => monitor.once('sample', resolve));
        const files = fs.readdirSync(directory);
        console.log(JSON.stringify({ snapshot, forced, diagnosis, files }));
        process.exit();
      })();
      setInterval(() => {}, 1000);`;
      expect(await ask(script, { within: WITHIN, args: [DISK] })).toEqual({
        snapshot: 'ERR_LEAKGUARD_REFUSED',
        forced: 'ERR_LEAKGUARD_DISK_FULL',
        diagnosis: 'ERR_LEAKGUARD_DISK_FULL',
        files: ['filler'],
      });
    },
  );
});

describe('a worker thread', () => {
  /** Starts a monitor in a worker; `rest` is what the worker does then. */
  const inWorker = (rest) => `
    const { Worker } = require('node:worker_threads');
    const { startMonitor } = require('leakguard');
    const start = () => new Worker(\`
      const { parentPort } = require('node:worker_threads');
      const { startMonitor } = require('leakguard');
      const monitor = startMonitor({ interval: 100 });
      ${rest}\`, { eval: true });`;

  test('has a monitor of its own, which does not keep it alive', async () => {
    const script = `${inWorker(`
        monitor.once('sample', ({ heapUsed }) => parentPort.postMessage(heapUsed));
        setTimeout(() => {}, 500);`)}
      const main = startMonitor({ interval: 100 });
      const thread = start();
      let used;
      thread.on('message', (bytes) => { used = bytes; });
      thread.on('exit', (code) => {
        console.log(JSON.stringify({ used, code, running: main.status().running }));
      });`;
    const { used, code, running } = await ask(script);
    expect(used).toBeGreaterThan(0);
    expect({ code, running }).toEqual({ code: 0, running: true });
  });

  test('can be terminated at any moment, also while a diagnosis is under way', async () => {
    const script = `${inWorker(`
        parentPort.postMessage('begins');
        monitor.diagnose().catch(() => {});
        setInterval(() => {}, 1000);`)}
      (async () => {
        // Before it, while V8 writes, while the addon reads, and while it waits.
        for (const delay of [null, 0, 20, 100, 200, 400, 800]) {
          const thread = start();
          if (delay !== null) await new Promise((resolve) => thread.once('message', resolve));
          await new Promise((resolve) => setTimeout(resolve, delay ?? 0));
          await thread.terminate();
        }
        const monitor = startMonitor({ interval: 100, directory: process.argv[1] });
        // What a worker left half done is cleared away a moment later.
        let snapshots;
        while (snapshots === undefined) {
          snapshots = await monitor.diagnose().then(
            (diagnosis) => diagnosis.snapshots.length,
            ({ code }) => new Promise((resolve) => {
              if (code === 'ERR_LEAKGUARD_REFUSED') setTimeout(resolve, 100);
              else resolve(code);
            }),
          );
        }
        console.log(JSON.stringify(snapshots));
      })();`;
    expect(await ask(script, { args: [temporaryFolder()] })).toBe(3);
  });
});

describe('a leak', () => {
  test('is told in one line and diagnosed, though a listener throws', async () => {
    const { code, stdout, stderr } = await runs.told;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      'heap',
      'ERR_LEAKGUARD_LISTENER',
      'heap',
      'Map',
      'sessions',
    ]);
    expect(stderr).toMatch(/^leakguard: Live heap grows by .*`sessions`.*Report: \S+\n$/);
  });

  test('is not told on stderr with quiet', async () => {
    expect(await runs.quiet).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
  });

  test('that cannot be diagnosed is told all the same', async () => {
    const { code, stdout, stderr } = await runs.undiagnosed;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toBe('ERR_LEAKGUARD_IO');
    expect(stderr).toMatch(/^leakguard: Live heap grows by .*It could not be diagnosed: .*\n$/);
  });
});

describe('in a jest test', () => {
  afterEach(() => {
    stopMonitor();
    jest.useRealTimers();
  });

  test('it samples, whatever becomes of the timers', async () => {
    jest.useFakeTimers();
    const monitor = startMonitor({ interval: 100 });
    expect(monitor).toBeInstanceOf(Monitor);
    const [sample] = await once(monitor, 'sample');
    expect(sample.heapUsed).toBeGreaterThan(0);
    expect(startMonitor()).toBe(monitor);
  });

  test('its errors are errors of the test', async () => {
    const monitor = startMonitor({ interval: 100, directory: path.join(__filename, 'reports') });
    monitor.on('sample', () => {
      throw new Error('theirs');
    });
    const [error] = await once(monitor, 'error').catch((reason) => [reason]);
    expect(error).toBeInstanceOf(LeakguardError);
    expect(error).toBeInstanceOf(Error);
    expect(error.cause.message).toBe('theirs');
  });

  test.each([
    ['interval', { interval: 50 }, RangeError],
    ['interval', { interval: 'soon' }, TypeError],
    ['keep.count', { keep: { count: 0 } }, RangeError],
    ['signal', { signal: 'SIGKILL' }, RangeError],
    ['intervall', { intervall: 100 }, TypeError],
  ])('a wrong %s is named, and nothing is started', (name, options, type) => {
    const attempt = () => startMonitor(options);
    expect(attempt).toThrow(type);
    expect(attempt).toThrow(`'${name}'`);
    const monitor = startMonitor({ interval: 300 });
    expect(monitor.options.interval).toBe(300);
  });

  test('a monitor comes from nowhere else', () => {
    expect(() => new Monitor()).toThrow('startMonitor()');
  });
});
