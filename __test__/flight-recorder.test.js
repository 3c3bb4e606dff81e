'use strict';

/** What a process leaves behind that was killed, and that others leave nothing. */

const { execFile, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { run, temporaryFolder } = require('./support/child');

const onLinux = process.platform === 'linux' ? test : test.skip;
const CLI = path.join(__dirname, '..', 'bin', 'leakguard.js');

/** A process with a monitor whose directory is `kept` in `folder`. */
function live(folder, work, { options = '', flags = [], within } = {}) {
  const script = `
    const fs = require('node:fs');
    const { startMonitor } = require('leakguard');
    const directory = process.argv[1] + '/kept';
    const monitor = startMonitor({
      interval: 100, directory, diagnose: false, quiet: true, ${options}
    });
    const kept = [];
    const samples = (count, done) => {
      monitor.on('sample', () => --count === 0 && done());
    };
    // The file is written on another thread.
    const whenWritten = (done) => {
      const timer = setInterval(() => {
        const { path } = monitor.status().blackBox;
        if (path === null || fs.statSync(path).size < 26_000) return;
        clearInterval(timer);
        done();
      }, 50);
    };
    ${work}`;
  return run(script, { args: [folder], flags, within });
}

function boxes(folder) {
  const kept = path.join(folder, 'kept');
  const names = fs.existsSync(kept) ? fs.readdirSync(kept) : [];
  return names.filter((name) => name.endsWith('.blackbox')).map((name) => path.join(kept, name));
}

function leakguard(...args) {
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, stdout, stderr });
    });
  });
}

const LEAK = `
  const rows = [];
  setInterval(() => { for (let count = 0; count < 4; count++) rows.push(new Array(1000).fill(count)); gc(); }, 20);`;
const HEALTHY = `
  setInterval(() => { new Array(100_000).fill(1); gc(); }, 20);`;

describe('a process that is killed', () => {
  test('leaves its samples, what was said, and a leak that they show', async () => {
    const folder = temporaryFolder();
    const killed = await live(
      folder,
      `${LEAK} monitor.once('leak', () => samples(5, () => process.kill(process.pid, 'SIGKILL')));`,
      { flags: ['--expose-gc'] },
    );
    expect(killed).toMatchObject({ signal: 'SIGKILL', stdout: '', stderr: '' });
    const [file, ...more] = boxes(folder);
    expect(more).toEqual([]);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(fs.statSync(file).size).toBeLessThan(400_000);

    const told = await leakguard('blackbox', file);
    expect(told).toMatchObject({ code: 1, stderr: '' });
    expect(told.stdout).toContain('It did not end by itself');
    expect(told.stdout).toMatch(/What was said\n.*Live heap grows by/);

    const asJson = await leakguard('blackbox', file, '--json');
    const box = JSON.parse(asJson.stdout);
    expect(box).toMatchObject({ thread: 0, node: process.version, end: null });
    expect(box.samples.length).toBeGreaterThan(0);
    expect(box.samples.at(-1).liveHeap).toBeGreaterThan(box.samples[0].liveHeap);
    expect(box.notes[0].message).toMatch(/^Live heap grows/);
  });

  test('(the twin without a leak) leaves its samples, and nothing was said', async () => {
    const folder = temporaryFolder();
    await live(folder, `${HEALTHY} samples(30, () => process.kill(process.pid, 'SIGKILL'));`, {
      flags: ['--expose-gc'],
    });
    const told = await leakguard('blackbox', boxes(folder)[0]);
    expect(told).toMatchObject({ code: 0, stderr: '' });
    expect(told.stdout).toMatch(/What was said\n {2}nothing/);
  });

  onLinux('for want of memory leaves them, too', async () => {
    const folder = temporaryFolder();
    const { signal } = await live(
      folder,
      `const rows = [];
       setInterval(() => { for (let count = 0; count < 400; count++) rows.push(new Array(1000).fill(count)); }, 20);`,
      { flags: ['--max-old-space-size=60'] },
    );
    expect(signal).toBe('SIGABRT');
    const { stdout } = await leakguard('blackbox', boxes(folder)[0], '--json');
    const { end, samples } = JSON.parse(stdout);
    expect(end).toBeNull();
    expect(samples.at(-1).heapUsed).toBeGreaterThan(samples.at(-1).heapLimit / 4);
  });
});

describe('a process that ends by itself', () => {
  test.each([
    ['runs out of work', 'samples(5, () => monitor.stop());'],
    ['exits', 'samples(5, () => process.exit(0));'],
  ])('and well (%s) leaves nothing', async (_, work) => {
    const folder = temporaryFolder();
    const script = `setInterval(() => {}, 1000).unref(); const hold = setTimeout(() => {}, 5000);
      monitor.once('sample', () => monitor.once('sample', () => clearTimeout(hold))); ${work}`;
    const ended = await live(folder, script);
    expect(ended).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  test('but badly leaves its samples and says so', async () => {
    const folder = temporaryFolder();
    const ended = await live(
      folder,
      'setInterval(() => {}, 1000); whenWritten(() => process.exit(3));',
    );
    expect(ended.code).toBe(3);
    const told = await leakguard('blackbox', boxes(folder)[0]);
    expect(told.stdout).toMatch(/It ended by itself at .* UTC, with exit code 3\./);
  });
});

test('who does not want it gets no file', async () => {
  const folder = temporaryFolder();
  await live(
    folder,
    'setInterval(() => {}, 1000); samples(5, () => process.kill(process.pid, "SIGKILL"));',
    {
      options: 'flightRecorder: false',
    },
  );
  expect(fs.readdirSync(folder)).toEqual([]);
});

test('where it cannot write, the status says why and the monitor goes on', async () => {
  const folder = temporaryFolder();
  fs.writeFileSync(path.join(folder, 'kept'), 'a file');
  const { code, stdout, stderr } = await live(
    folder,
    `setInterval(() => {}, 1000);
     samples(8, () => { console.log(JSON.stringify(monitor.status())); process.exit(); });`,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { running, blackBox } = JSON.parse(stdout);
  expect(running).toBe(true);
  expect(blackBox.path).toBeNull();
  expect(blackBox.error).toContain('kept');
});

// Room for one page: the file's head, and not a single sample.
const DISK = path.join(temporaryFolder(), 'disk');
fs.mkdirSync(DISK);
const WITHIN = [
  ...['unshare', '--mount', ...(process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'])],
  ...['sh', '-c', 'mount -t tmpfs -o size=4k none "$0" && exec "$@"', DISK],
];
const mountable = spawnSync(WITHIN[0], [...WITHIN.slice(1), 'true']).status === 0;

(mountable ? test : test.skip)('where the disk is full, nothing is left of it', async () => {
  const { code, stdout, stderr } = await live(
    DISK,
    `setInterval(() => {}, 1000);
     samples(8, () => {
       const { running, blackBox } = monitor.status();
       console.log(JSON.stringify({ running, blackBox, files: fs.readdirSync(process.argv[1]) }));
       process.exit();
     });`,
    { within: WITHIN },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { running, blackBox, files } = JSON.parse(stdout);
  expect({ running, path: blackBox.path, files }).toEqual({ running: true, path: null, files: [] });
  expect(blackBox.error).toContain('No space left on device');
});

test('a worker thread has a file of its own', async () => {
  const folder = temporaryFolder();
  await live(
    folder,
    `const { Worker } = require('node:worker_threads');
     new Worker(\`
       const { startMonitor } = require('leakguard');
       startMonitor({ interval: 100, directory: require('node:worker_threads').workerData, quiet: true });
       setInterval(() => {}, 1000);\`, { eval: true, workerData: directory });
     const timer = setInterval(() => {
       if (fs.existsSync(directory) && fs.readdirSync(directory).length === 2) {
         process.kill(process.pid, 'SIGKILL');
       }
     }, 50);`,
  );
  const heads = await Promise.all(
    boxes(folder).map((file) => leakguard('blackbox', file, '--json')),
  );
  expect(heads.map(({ stdout }) => JSON.parse(stdout).thread).sort()).toEqual([0, 1]);
});

test('another file is refused in plain words', async () => {
  const told = await leakguard('blackbox', __filename);
  expect(told).toMatchObject({ code: 3, stdout: '' });
  expect(told.stderr).toContain("was not written by leakguard's flight recorder");
});
