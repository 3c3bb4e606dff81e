'use strict';

/** `leakguard/heapdump` beside what the package heapdump does, and without its defects. */

const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { openSnapshot } = require('..');
const { ask, run, temporaryFolder } = require('./support/child');

const onLinux = process.platform === 'linux' ? test : test.skip;

/** Runs a script in an empty folder that is its working directory. */
async function within(script, { options, ...rest } = {}) {
  const folder = temporaryFolder();
  const told = await ask(
    `const fs = require('node:fs');
     const path = require('node:path');
     const heapdump = require('leakguard/heapdump');
     process.chdir(process.argv[1]);
     class Customer {}
     globalThis.customers = Array.from({ length: 5000 }, () => new Customer());
     const tell = (told) => console.log(JSON.stringify(told));
     /** What writeSnapshot gives, and what its callback is given, in the order of time. */
     const write = (...given) => {
       const told = [];
       told.push(heapdump.writeSnapshot(...given, (error, ...rest) => {
         told.push(error === null ? null : [error instanceof Error, error.message], ...rest);
       }));
       return told;
     };
     const files = () => fs.readdirSync('.').sort();
     ${script}`,
    { args: [folder], within: options === undefined ? [] : ['env', ...options], ...rest },
  );
  return { folder, told };
}

const DEFAULT_NAME = /^heapdump-\d+\.\d+\.heapsnapshot$/;

describe('writeSnapshot()', () => {
  test('is all that is exported', async () => {
    expect((await within('tell(Object.keys(heapdump));')).told).toEqual(['writeSnapshot']);
  });

  test('calls back before it returns true, with the name as it was given', async () => {
    const { folder, told } = await within(`
      const there = path.resolve('there.heapsnapshot');
      tell([write('./here.heapsnapshot'), write(there), there, files()]);`);
    const [here, there, name, files] = told;
    expect(here).toEqual([null, './here.heapsnapshot', true]);
    expect(there).toEqual([null, name, true]);
    expect(files).toEqual(['here.heapsnapshot', 'there.heapsnapshot']);
    const snapshot = await openSnapshot(path.join(folder, 'here.heapsnapshot'));
    const [customers] = snapshot.classes({ filter: 'Customer' });
    expect(customers.count).toBe(5000);
  });

  test('makes up a name in the working directory for whatever is no text', async () => {
    const { told } = await within(`
      const names = [[], [undefined], [null], [7], [{}]].map((given) => write(...given)[1]);
      tell([names, files()]);`);
    const [names, files] = told;
    expect([...names].sort()).toEqual(files);
    expect(new Set(names).size).toBe(5);
    for (const name of names) expect(name).toMatch(DEFAULT_NAME);
  });

  test('needs no callback', async () => {
    const { told } = await within(`
      tell([heapdump.writeSnapshot('a'), heapdump.writeSnapshot('a', null), files(),
        heapdump.writeSnapshot('missing/a')]);`);
    expect(told).toEqual([true, true, ['a'], false]);
  });

  test('lets an error of the callback through, and the file stays', async () => {
    const { told } = await within(`
      try {
        heapdump.writeSnapshot('a', () => { throw new Error('theirs'); });
      } catch ({ message }) {
        tell([message, files()]);
      }`);
    expect(told).toEqual(['theirs', ['a']]);
  });

  test.each([
    ['a folder that is missing', '"missing/a"', 'ENOENT'],
    ['a folder', '"."', 'EISDIR'],
    ['what can only be a folder', '"a/"', 'EISDIR'],
    ['below a file', '"file/a"', 'ENOTDIR'],
    ['no name', '""', 'ENOENT'],
    ['a name that is too long', '"a".repeat(300)', 'ENAMETOOLONG'],
    ['a path that is too long', '"./".repeat(3000) + "a"', 'ENAMETOOLONG'],
    ['a name that the system would cut', '"a\\0b"', 'EINVAL'],
  ])('(%s) calls back with the system’s error and leaves nothing', async (_, name, code) => {
    const { told } = await within(`
      fs.writeFileSync('file', 'theirs');
      tell([write(${name}), files(), fs.readFileSync('file', 'utf8')]);`);
    const message = `heapdump write error ${code}`;
    expect(told).toEqual([[[true, message], false], ['file'], 'theirs']);
  });

  onLinux('reports a disk that is full, where heapdump reports success', async () => {
    const { told } = await within(`
      tell([write('/dev/full'), fs.statSync('/dev/full').isCharacterDevice()]);`);
    expect(told).toEqual([[[true, 'heapdump write error ENOSPC'], false], true]);
  });

  onLinux('writes for its owner only, and where a symbolic link leads', async () => {
    const { told } = await within(`
      process.umask(0);
      fs.mkdirSync('elsewhere');
      fs.writeFileSync('elsewhere/a', '');
      fs.symlinkSync('elsewhere/a', 'link');
      tell([write('link'), write('new'), fs.lstatSync('link').isSymbolicLink(), files(),
        ...['elsewhere/a', 'new'].map((file) => fs.statSync(file).mode & 0o777)]);`);
    expect(told).toEqual([
      [null, 'link', true],
      [null, 'new', true],
      true,
      ['elsewhere', 'link', 'new'],
      0o600,
      0o600,
    ]);
  });

  onLinux('leaves the memory that V8 needs, and no child, to somebody else', async () => {
    const { told } = await within(`
      write('a');
      const status = fs.readFileSync('/proc/self/status', 'utf8');
      const children = fs.readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8');
      const large = Array.from({ length: 200_000 }, (_, id) => ({ id, text: 'text ' + id }));
      const peak = () => Number(/VmHWM:\\s+(\\d+)/.exec(fs.readFileSync('/proc/self/status'))[1]);
      const before = peak();
      write('b');
      tell([children, (peak() - before) / before, large.length]);`);
    expect(told[0]).toBe('');
    // In this very process, V8 takes several times the heap.
    expect(told[1]).toBeLessThan(0.3);
  });

  onLinux('says with numbers how much memory a snapshot would need', async () => {
    const script = `
      const large = Array.from({ length: 300_000 }, (_, id) => ({ id, text: 'text ' + id }));
      require('leakguard/heapdump').writeSnapshot(process.argv[1] + '/a', ({ cause }) => {
        process.stdout.write(JSON.stringify({ code: cause.code, ...cause.shortage, kept: large.length }));
      });`;
    const told = await ask(script, {
      args: [temporaryFolder()],
      within: ['sh', '-c', 'ulimit -d 300000; exec "$@"', 'sh'],
    });
    expect(told).toMatchObject({ code: 'ERR_LEAKGUARD_REFUSED', of: 'memory' });
    expect(told.needed).toBeGreaterThan(told.available);
  });

  test('goes on where another snapshot is being taken, and says so', async () => {
    const { told } = await within(`
      const { takeSnapshot } = require('leakguard');
      const other = takeSnapshot({ path: 'other' });
      heapdump.writeSnapshot('a', ({ message, cause }) => {
        other.then(() => tell([message, cause.message, files()]));
      });`);
    expect(told[0]).toBe('heapdump write error ERR_LEAKGUARD_REFUSED');
    expect(told[1]).toMatch(/Another snapshot/);
    expect(told[2]).toEqual(['other']);
  });
});

(process.platform === 'linux' ? describe : describe.skip)('writeSnapshot() without luck', () => {
  const SHIM = path.join(temporaryFolder(), 'unlucky-fork.so');
  const SOURCE = path.join(__dirname, 'fixtures', 'unlucky-fork.c');

  beforeAll(() => {
    const { status, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-o', SHIM, SOURCE, '-ldl']);
    if (status !== 0) throw new Error(String(stderr));
  });

  test.each([
    ['no child can be had', 'n'],
    ['the first child hangs', 'h-'],
    ['every child crashes', 'c'],
  ])('(%s) writes all the same', async (_, luck) => {
    const { folder, told } = await within(`tell([write('a'), files()]);`, {
      options: [`LD_PRELOAD=${SHIM}`, `UNLUCKY_FORKS=${luck}`],
    });
    expect(told).toEqual([[null, 'a', true], ['a']]);
    const [customers] = (await openSnapshot(path.join(folder, 'a'))).classes({
      filter: 'Customer',
    });
    expect(customers.count).toBe(5000);
  });
});

describe('the signal', () => {
  /** Waits until there are so many files, and tells what the script has to say then. */
  const wait = (count, told) => `
    const timer = setInterval(() => {
      if (files().length < ${count}) return;
      clearInterval(timer);
      tell(${told});
    }, 20);`;

  onLinux('has a snapshot written, and leaves other listeners alone', async () => {
    const { folder, told } = await within(`
      let theirs = 0;
      process.on('SIGUSR2', () => { theirs += 1; });
      process.kill(process.pid, 'SIGUSR2');
      ${wait(1, '[files(), theirs]')}`);
    expect(told).toEqual([[expect.stringMatching(DEFAULT_NAME)], 1]);
    const file = path.join(folder, told[0][0]);
    const [customers] = (await openSnapshot(file)).classes({ filter: 'Customer' });
    expect(customers.count).toBe(5000);
  });

  onLinux('that comes during a snapshot has another one follow', async () => {
    const { told } = await within(`
      process.kill(process.pid, 'SIGUSR2');
      process.once('SIGUSR2', () => process.kill(process.pid, 'SIGUSR2'));
      ${wait(2, 'files().length')}`);
    expect(told).toBe(2);
  });

  onLinux('is ignored where nothing can be written', async () => {
    const { told } = await within(`
      fs.rmdirSync(process.argv[1]);
      process.on('SIGUSR2', () => setTimeout(tell, 500, 'alive'));
      process.kill(process.pid, 'SIGUSR2');
      setTimeout(() => {}, 1000);`);
    expect(told).toBe('alive');
  });

  onLinux.each([
    ['nosignal', 'SIGUSR2', ''],
    ['signal , nosignal', 'SIGUSR2', ''],
    ['nosignal,signal', null, ''],
    ['verbose,nosignal', 'SIGUSR2', 'node-heapdump: unrecognized option: verbose\n'],
  ])('as NODE_HEAPDUMP_OPTIONS=%s has it', async (options, signal, stderr) => {
    const result = await run(
      `require('leakguard/heapdump');
       process.chdir(process.argv[1]);
       process.kill(process.pid, 'SIGUSR2');
       setTimeout(() => {}, 500);`,
      { args: [temporaryFolder()], within: ['env', `NODE_HEAPDUMP_OPTIONS=${options}`] },
    );
    expect(result).toEqual({ code: signal === null ? 0 : null, signal, stdout: '', stderr });
  });

  test('keeps no process alive', async () => {
    const result = await run(`require('leakguard/heapdump');`);
    expect(result).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
  });
});
