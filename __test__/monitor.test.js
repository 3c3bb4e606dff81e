'use strict';

const path = require('node:path');
const { once } = require('node:events');
const { LeakguardError, Monitor, startMonitor, stopMonitor } = require('..');
const { ask, run, temporaryFolder } = require('./support/child');

const onLinux = process.platform === 'linux' ? test : test.skip;

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
