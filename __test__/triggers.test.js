'use strict';

/** A signal that has a snapshot written. */

const { startMonitor } = require('..');
const { ask, temporaryFolder } = require('./support/child');

const onLinux = process.platform === 'linux' ? test : test.skip;

describe('signal', () => {
  /** A monitor that listens to SIGUSR2, and what the script says of it. */
  const listening = (options, rest) => `
    const fs = require('node:fs');
    const directory = process.argv[1];
    const monitor = require('leakguard').startMonitor({ directory, signal: 'SIGUSR2', ${options} });
    const send = () => process.kill(process.pid, 'SIGUSR2');
    const tell = (told) => { console.log(JSON.stringify(told)); process.exit(); };
    setInterval(() => {}, 1000);
    ${rest}`;

  onLinux('keeps as many snapshots as it is told to', async () => {
    const script = listening(
      'keep: { count: 2 }',
      `const written = [];
       monitor.on('snapshot', ({ path }) => {
         written.push(path);
         if (written.length < 4) return send();
         const files = fs.readdirSync(directory).map((name) => directory + '/' + name);
         const { captures } = monitor.status();
         tell({ written, files, count: captures.count, dated: captures.lastAt > 0 });
       });
       send();`,
    );
    const told = await ask(script, { args: [temporaryFolder()] });
    expect(told.files.sort()).toEqual(told.written.slice(-2).sort());
    expect(told).toMatchObject({ count: 4, dated: true });
  });

  onLinux('that comes while a snapshot is taken is told as an error', async () => {
    const script = listening(
      '',
      `const told = [];
       const note = (what) => {
         told.push(what);
         if (told.length === 2) tell([told.sort(), fs.readdirSync(directory).length]);
       };
       monitor.on('snapshot', () => note('snapshot'));
       monitor.on('error', ({ code }) => note(code));
       process.once('SIGUSR2', send);
       send();`,
    );
    const told = await ask(script, { args: [temporaryFolder()] });
    expect(told).toEqual([['ERR_LEAKGUARD_REFUSED', 'snapshot'], 1]);
  });

  onLinux('leaves other listeners alone, also when the monitor stops', async () => {
    const script = listening(
      '',
      `let theirs = 0;
       process.on('SIGUSR2', () => { theirs += 1; });
       monitor.once('snapshot', () => {
         monitor.stop();
         const left = process.listenerCount('SIGUSR2');
         process.once('SIGUSR2', () => setImmediate(() => tell({ theirs, left })));
         send();
       });
       send();`,
    );
    expect(await ask(script, { args: [temporaryFolder()] })).toEqual({ theirs: 2, left: 1 });
  });

  test.each(['SIGKILL', 'SIGSTOP', 'SIGUSR1', 'SIGSEGV'])('cannot be %s', (signal) => {
    expect(() => startMonitor({ signal })).toThrow(RangeError);
    expect(() => startMonitor({ signal })).toThrow(/option 'signal' must be .* Given was/);
  });

  test('is said to do nothing in a worker thread', async () => {
    const script = `
      const { Worker } = require('node:worker_threads');
      process.removeAllListeners('warning');
      new Worker(\`
        const { parentPort } = require('node:worker_threads');
        process.removeAllListeners('warning').on('warning', ({ code }) => parentPort.postMessage(code));
        require('leakguard').startMonitor({ signal: 'SIGUSR2' });
        setTimeout(() => {}, 100);\`, { eval: true })
        .once('message', (code) => console.log(JSON.stringify(code)));`;
    expect(await ask(script)).toBe('LEAKGUARD_NO_SIGNAL');
  });
});
