'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { ask, temporaryFolder } = require('./support/child');

const onGlibc = process.report.getReport().header.glibcVersionRuntime ? test : test.skip;

const ROOT = path.join(__dirname, '..');
const ADDON = fs.readdirSync(ROOT).find((name) => name.endsWith('.node'));

/** A package with an addon in another package, for its platform; leakguard's own, as a stranger's. */
function installed(folder, name, { platform, required }) {
  const modules = path.join(folder, 'node_modules');
  const write = (file, text) => {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  };
  const built = platform === null ? name : `${name}-${platform}`;
  const binary = path.join(modules, built, 'stats.node');
  if (platform !== null) {
    const version = '1.2.0';
    write(path.join(modules, built, 'package.json'), JSON.stringify({ name: built, version }));
  }
  const optionalDependencies = platform === null ? {} : { [built]: '1.2.0' };
  const about = { name, version: '1.2.3', main: 'index.js', optionalDependencies };
  write(path.join(modules, name, 'package.json'), JSON.stringify(about));
  const load = required
    ? `module.exports = require(${JSON.stringify(binary)});`
    : `process.dlopen({ exports: {} }, ${JSON.stringify(binary)});`;
  write(path.join(modules, name, 'index.js'), load);
  fs.copyFileSync(path.join(ROOT, ADDON), binary);
}

/** What is said of a program in `folder` that uses packages and does `work`; `i` counts. */
function measured(folder, packages, work) {
  const program = path.join(folder, 'program.js');
  const lines = [
    ...packages.map((name) => `require('${name}');`),
    `exports.work = (i) => { ${work} };`,
  ];
  fs.writeFileSync(program, lines.join('\n'));
  return ask(`
    const { measureGrowth } = require('leakguard');
    const { work } = require(${JSON.stringify(program)});
    measureGrowth(work, { iterations: 100, rungs: 8 })
      .then(({ leaking, kind, suspects, text }) => JSON.stringify({ leaking, kind, suspects, text }))
      .then(console.log);`);
}

// The C library remembers every value that a variable of the environment ever had.
const LEAK = "process.env.LEAKGUARD_TEST = i + 'x'.repeat(20_000);";
const NO_LEAK = "process.env.LEAKGUARD_TEST = (i % 10) + 'x'.repeat(20_000);";

onGlibc('the only addon is the suspect, by the package that people install', async () => {
  const folder = temporaryFolder();
  installed(folder, '@demo/stats', { platform: 'linux-x64-gnu', required: true });
  const { leaking, kind, suspects, text } = await measured(folder, ['@demo/stats'], LEAK);
  expect({ leaking, kind }).toEqual({ leaking: true, kind: 'native' });
  expect(suspects).toHaveLength(1);
  const [suspect] = suspects;
  expect(suspect).toMatchObject({ package: '@demo/stats', path: [], sites: [], countGrowth: 0 });
  expect(suspect.holder).toMatchObject({ className: 'addon', name: '@demo/stats', line: null });
  expect(suspect.holder.script).toMatch(/@demo\/stats-linux-x64-gnu\/stats\.node$/);
  expect(suspect.retainedGrowth).toBeGreaterThan(5e6);
  expect(suspect.advice).toMatch(/newer version/);
  expect(suspect.message).toMatch(
    /^`@demo\/stats` 1\.2\.3 \(stats\.node\) is the only addon in this process besides leakguard.* inferred/,
  );
  expect(text).toContain(suspect.message);
});

onGlibc('of several, those that the program itself has loaded come first', async () => {
  const folder = temporaryFolder();
  installed(folder, 'other', { platform: null, required: false });
  installed(folder, 'stats', { platform: null, required: true });
  const { suspects } = await measured(folder, ['stats', 'other'], LEAK);
  expect(suspects.map((one) => one.package)).toEqual(['stats', 'other']);
  expect(suspects[0].message).toMatch(/one of 2 addons .* the others are `other` 1\.2\.3/);
});

onGlibc('without an addon nobody is suspected', async () => {
  const { leaking, kind, suspects } = await measured(temporaryFolder(), [], LEAK);
  expect({ leaking, kind, suspects }).toEqual({ leaking: true, kind: 'native', suspects: [] });
});

onGlibc('an addon is no suspect where nothing leaks', async () => {
  const folder = temporaryFolder();
  installed(folder, 'stats', { platform: null, required: true });
  const { leaking, suspects } = await measured(folder, ['stats'], NO_LEAK);
  expect({ leaking, suspects }).toEqual({ leaking: false, suspects: [] });
});

test('native memory is found in a diagnosis, too', async () => {
  const folder = temporaryFolder();
  installed(folder, 'stats', { platform: null, required: true });
  const leak = {
    kind: 'native',
    bytesPerSecond: 4e6,
    growth: 2e7,
    message: 'Native memory grows.',
  };
  const script = `
    require(${JSON.stringify(path.join(folder, 'node_modules', 'stats'))});
    const { diagnose } = require(${JSON.stringify(path.join(ROOT, 'lib', 'diagnosis'))});
    const { schemas, validate } = require(${JSON.stringify(path.join(ROOT, 'lib', 'options'))});
    const directory = ${JSON.stringify(folder)};
    const options = validate(schemas.startMonitor, { directory, interval: 100 }, 'startMonitor');
    const signal = new AbortController().signal;
    const of = (kind) => diagnose({
      leak: { ...${JSON.stringify(leak)}, kind }, options, samples: () => [], signal,
    });
    (async () => {
      const [native, heap] = [await of('native'), await of('heap')];
      console.log(JSON.stringify([native, heap].map(({ suspects, text, html }) => ({
        packages: suspects.map((one) => one.package),
        text,
        html: require('fs').readFileSync(html, 'utf8').length,
      }))));
      process.exit();
    })();
    setInterval(() => {}, 1000);`;
  const [native, heap] = await ask(script);
  expect(native.packages[0]).toBe('stats');
  expect(native.text).toMatch(/Native memory grows\.\n`stats` 1\.2\.3/);
  expect(native.html).toBeGreaterThan(100);
  expect(heap.packages).not.toContain('stats');
});
