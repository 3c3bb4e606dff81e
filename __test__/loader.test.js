'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { LeakguardError, callNative, fromNative } = require('../lib/errors');
const { platformName } = require('../lib/native');
const { copyParts } = require('./support/child');

const ADDON = `leakguard.${platformName()}.node`;

let copy;

/** A copy of the package without any addon, as if installed into another project. */
beforeEach(() => {
  copy = fs.mkdtempSync(path.join(os.tmpdir(), 'leakguard-loader-'));
  copyParts(copy, ['package.json', 'index.js', 'lib']);
});

afterEach(() => {
  fs.rmSync(copy, { recursive: true, force: true });
});

/** Loads the addon of the copy in a process of its own. */
function load() {
  const script = `
    try {
      const addon = require('./lib/native').native();
      console.log(JSON.stringify({ exports: addon }));
    } catch ({ name, code, message, cause }) {
      console.log(JSON.stringify({ name, code, message, cause: cause?.code }));
    }`;
  return JSON.parse(execFileSync(process.execPath, ['-e', script], { cwd: copy }));
}

describe('without an addon that works', () => {
  test('missing: the platform, what was tried and what to do are told', () => {
    const error = load();
    expect(error).toMatchObject({ name: 'LeakguardError', code: 'ERR_LEAKGUARD_NO_BINARY' });
    expect(error.message).toContain(`works on ${platformName()}`);
    expect(error.message).toContain(`${path.join(copy, ADDON)} (not there)`);
    expect(error.message).toContain(`@leakguard/${platformName()} (not there)`);
    expect(error.message).toContain('clone of its repository');
    expect(error.cause).toBeUndefined();
  });

  test('missing, but with its sources: the one command is told', () => {
    fs.mkdirSync(path.join(copy, 'scripts'));
    fs.writeFileSync(path.join(copy, 'scripts', 'build.js'), '');
    expect(load().message).toContain(`node "${path.join(copy, 'scripts', 'build.js')}"`);
  });

  test.each([
    ['empty', ''],
    ['no library', 'not a library'],
    ['cut off in its header', '\x7fELF\x02\x01\x01'],
  ])('corrupt (%s): told in plain words', (_, content) => {
    fs.writeFileSync(path.join(copy, ADDON), content);
    const error = load();
    expect(error.code).toBe('ERR_LEAKGUARD_NO_BINARY');
    expect(error.message).toContain(`${ADDON} (it is corrupt, or was built for another platform`);
    expect(error.cause).toBe('ERR_DLOPEN_FAILED');
  });

  test('requiring the package and using what needs no addon works', () => {
    const script = `
      const { LeakguardError, version } = require('./index.js');
      console.log(version, new LeakguardError('ERR_LEAKGUARD_IO', 'told').code);`;
    const output = execFileSync(process.execPath, ['-e', script], { cwd: copy, encoding: 'utf8' });
    expect(output).toBe(`${require('../package.json').version} ERR_LEAKGUARD_IO\n`);
  });
});

describe('the package of the platform', () => {
  /** Installs `content` (JavaScript in place of a library) as the platform's package. */
  function installPlatformPackage(content) {
    const folder = path.join(copy, 'node_modules', '@leakguard', platformName());
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(path.join(folder, 'index.js'), content);
  }

  test('serves where nothing was built', () => {
    installPlatformPackage(`module.exports = 'platform package';`);
    expect(load()).toEqual({ exports: 'platform package' });
  });

  test('serves where what was built is corrupt', () => {
    fs.writeFileSync(path.join(copy, ADDON), 'not a library');
    installPlatformPackage(`module.exports = 'platform package';`);
    expect(load()).toEqual({ exports: 'platform package' });
  });

  test.each([
    [
      "/lib/libc.so.6: version `GLIBC_2.38' not found (required by x.node)",
      'needs glibc 2.38 or newer',
    ],
    ['Error loading shared library ld-linux-x86-64.so.2: No such file', 'built for glibc'],
    ['x.node: wrong ELF class: ELFCLASS32', 'wrong ELF class: ELFCLASS32'],
    ['x.node: invalid ELF header', 'corrupt, or was built for another platform'],
  ])('of which the system says %p: told in plain words', (said, told) => {
    installPlatformPackage(`
      throw Object.assign(new Error(${JSON.stringify(said)}), { code: 'ERR_DLOPEN_FAILED' });`);
    expect(load().message).toContain(told);
  });
});

const onLinux = process.platform === 'linux' ? test : test.skip;

describe('the C library', () => {
  onLinux.each([
    ['/lib/ld-musl-x86_64.so.1', 'musl'],
    ['/lib64/ld-linux-x86-64.so.2', 'gnu'],
  ])('of a Node.js that names %p as its loader is %s', (loader, name) => {
    const node = path.join(copy, 'node');
    fs.writeFileSync(node, `\x7fELF${'\0'.repeat(700)}${loader}\0`);
    const script = `
      process.execPath = ${JSON.stringify(node)};
      console.log(require('./lib/native').platformName());`;
    const output = execFileSync(process.execPath, ['-e', script], { cwd: copy, encoding: 'utf8' });
    expect(output).toBe(`linux-${process.arch}-${name}\n`);
  });
});

describe('native errors', () => {
  /** As the addon throws them: of another realm, so no `Error` of this one. */
  function native(properties) {
    return require('node:vm').runInNewContext(
      'Object.assign(new Error(properties.message), properties)',
      { properties },
    );
  }

  test('with a code of ours become a LeakguardError', () => {
    const error = native({ code: 'ERR_LEAKGUARD_TRUNCATED', message: 'It ends too soon.' });
    expect(error).not.toBeInstanceOf(Error);
    const rebuilt = fromNative(error);
    expect(rebuilt).toBeInstanceOf(LeakguardError);
    expect(rebuilt).toMatchObject({
      name: 'LeakguardError',
      code: 'ERR_LEAKGUARD_TRUNCATED',
      message: 'It ends too soon.',
    });
    expect(rebuilt.cause).toBeUndefined();
  });

  test('with JSON for a message become a LeakguardError', () => {
    const message = JSON.stringify({ code: 'ERR_LEAKGUARD_IO', message: 'The disk says no.' });
    expect(fromNative(native({ code: 'GenericFailure', message }))).toMatchObject({
      code: 'ERR_LEAKGUARD_IO',
      message: 'The disk says no.',
    });
  });

  test.each([
    ['a panic', { code: 'GenericFailure', message: 'index out of bounds' }],
    ['JSON of another kind', { code: 'GenericFailure', message: '{"code":"ENOENT"}' }],
    ['half JSON', { code: 'GenericFailure', message: '{"code":' }],
  ])('of %s become ERR_LEAKGUARD_INTERNAL, and keep the cause', (_, properties) => {
    const error = native(properties);
    const rebuilt = fromNative(error);
    expect(rebuilt.code).toBe('ERR_LEAKGUARD_INTERNAL');
    expect(rebuilt.message).toContain(properties.message);
    expect(rebuilt.cause).toBe(error);
  });

  test('that are no errors at all are told as well', () => {
    expect(fromNative(undefined).message).toContain('undefined');
    expect(fromNative('text').message).toContain('text');
  });

  test('a LeakguardError stays what it is', () => {
    const error = new LeakguardError('ERR_LEAKGUARD_ABORTED', 'Given up.');
    expect(fromNative(error)).toBe(error);
  });

  test('their stacks begin where the public function was called', async () => {
    function publicFunction(work) {
      return callNative(publicFunction, work);
    }
    function user(work) {
      return publicFunction(work);
    }
    const startsHere = /^LeakguardError: The disk\nsays no\.\n {4}at .*loader\.test\.js/;
    const error = native({ code: 'ERR_LEAKGUARD_IO', message: 'The disk\nsays no.' });
    const rejected = await user(() => Promise.reject(error)).catch((reason) => reason);
    expect(rejected.stack).toMatch(startsHere);
    let thrown;
    try {
      user(() => {
        throw error;
      });
    } catch (reason) {
      thrown = reason;
    }
    expect(thrown.stack).toMatch(startsHere);
  });

  test('results and promises of results pass through', async () => {
    expect(callNative(test, () => 5)).toBe(5);
    await expect(callNative(test, () => Promise.resolve(5))).resolves.toBe(5);
  });
});
