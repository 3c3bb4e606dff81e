'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { ask, temporaryFolder } = require('./support/child');

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
      const monitor = startMonitor({ interval: 100, directory, flightRecorder: false });
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
