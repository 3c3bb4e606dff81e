'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const ROOT = path.join(__dirname, '..');
const manifest = require('../package.json');

/** What a script prints that runs in the package's own folder, where its name leads to itself. */
function run(...options) {
  return execFileSync(process.execPath, options, { cwd: ROOT, encoding: 'utf8' });
}

/** Names that index.d.ts declares as values. */
function declaredNames() {
  const types = fs.readFileSync(path.join(ROOT, 'index.d.ts'), 'utf8');
  return [...types.matchAll(/^export (?:function|class|const) (\w+)/gm)].map(([, name]) => name);
}

describe('the entry', () => {
  test('exports what the types declare, and nothing else', () => {
    const names = JSON.parse(run('-p', `JSON.stringify(Object.keys(require('leakguard')).sort())`));
    expect(names).toEqual(declaredNames().sort());
  });

  test('ECMAScript modules can import each by its name', () => {
    const script = `
      import leakguard from 'leakguard';
      import { ${declaredNames().join(', ')} } from 'leakguard';
      const named = { ${declaredNames().join(', ')} };
      for (const name of Object.keys(named)) {
        if (named[name] !== leakguard[name] || named[name] === undefined) console.log(name);
      }`;
    expect(run('--input-type=module', '-e', script)).toBe('');
  });

  test('required, it loads nothing of the package but itself, and no addon', () => {
    const script = `
      const listeners = () => process.eventNames().map((name) => [name, process.listenerCount(name)]);
      const before = JSON.stringify(listeners());
      require('leakguard');
      const loaded = Object.keys(require.cache).map((file) => require('node:path').basename(file));
      console.log(JSON.stringify([loaded, before === JSON.stringify(listeners())]));`;
    expect(JSON.parse(run('-e', script))).toEqual([['index.js'], true]);
  });

  test('an export can be replaced, as test runners do', () => {
    const script = `
      const leakguard = require('leakguard');
      leakguard.takeSnapshot = () => 'replaced';
      console.log(require('leakguard').takeSnapshot());`;
    expect(run('-e', script)).toBe('replaced\n');
  });
});

describe('package.json', () => {
  test('asks for no runtime dependency and runs nothing when it is installed', () => {
    expect(manifest).not.toHaveProperty('dependencies');
    expect(manifest).not.toHaveProperty('optionalDependencies');
    for (const script of ['preinstall', 'install', 'postinstall']) {
      expect(manifest.scripts).not.toHaveProperty(script);
    }
  });

  test('every file that it names is there', () => {
    const named = [manifest.main, manifest.types, ...Object.values(manifest.bin)];
    for (const target of Object.values(manifest.exports)) {
      named.push(...(typeof target === 'string' ? [target] : Object.values(target)));
    }
    expect(named.filter((file) => !fs.existsSync(path.join(ROOT, file)))).toEqual([]);
  });

  test('versions agree', () => {
    const cargo = fs.readFileSync(path.join(ROOT, 'Cargo.toml'), 'utf8');
    const platform = require('../npm/linux-x64-gnu/package.json');
    expect(cargo).toContain(`\nversion = "${manifest.version}"\n`);
    expect(platform.version).toBe(manifest.version);
  });

  describe('the lock file', () => {
    const { packages } = JSON.parse(fs.readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8'));
    const locked = Object.entries(packages).filter(([name]) => name !== '');

    test('names no registry', () => {
      expect(locked.length).toBeGreaterThan(0);
      expect(locked.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
      expect(locked.filter(([, { integrity }]) => integrity === undefined)).toEqual([]);
    });

    // npm leaves packages out that its registry does not have, and `npm ci` then refuses the lock.
    test('holds the packages of every platform', () => {
      const missing = locked.flatMap(([parent, { optionalDependencies = {} }]) =>
        Object.keys(optionalDependencies).filter(
          (name) =>
            !Object.hasOwn(packages, `node_modules/${name}`) &&
            !Object.hasOwn(packages, `${parent}/node_modules/${name}`),
        ),
      );
      expect(missing).toEqual([]);
    });
  });
});
