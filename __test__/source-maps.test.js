'use strict';

/** Suspects in code that was compiled, bundled or transformed are told by the author's lines. */

const fs = require('node:fs');
const { createRequire } = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const ts = require('typescript');
const { ask, temporaryFolder } = require('./support/child');
const { runTests } = require('./support/runners');

const PROJECT = path.join(__dirname, 'fixtures', 'source-maps');

const CEILING = 170_000;
jest.setTimeout(CEILING + 5000);

/** "store.ts:14", of the line that has this text. */
function placeOf(file, text) {
  const lines = fs.readFileSync(path.join(PROJECT, file), 'utf8').split('\n');
  const found = lines.flatMap((line, index) => (line.includes(text) ? [index + 1] : []));
  expect(found).toHaveLength(1);
  return `${file}:${found[0]}`;
}

test.each([
  ['jest', ['--json']],
  ['vitest', ['run', '--pool=forks', '--reporter=json']],
  ['vitest', ['run', '--pool=threads', '--reporter=json']],
])('TypeScript in %s %j', async (runner, args) => {
  const tests = await runTests(runner, args, { cwd: PROJECT, ceiling: CEILING });
  const [listener, healthy, kept] = tests.map(({ failureMessages }) => failureMessages.join('\n'));
  const file = 'lines.suite.ts';
  expect(healthy).toBe('');
  expect(listener).toContain(`\`bus\` (EventEmitter, ${placeOf(file, 'const bus')}) gained `);
  expect(listener).toContain(` listeners for 'change' from ${placeOf(file, 'bus.on')} and `);
  expect(kept).toContain(`\`kept\` (Map, ${placeOf(file, 'kept = new Map')}) gained `);
});

/** Bundles the fixture, and gives the path of the bundle. */
async function bundle(options) {
  const vite = createRequire(require.resolve('vitest/package.json')).resolve('vite');
  const folder = temporaryFolder();
  const script = `
    import(${JSON.stringify(pathToFileURL(vite))}).then(({ build }) => build({
      root: ${JSON.stringify(PROJECT)},
      configFile: false,
      logLevel: 'silent',
      build: {
        ssr: 'server.ts',
        outDir: ${JSON.stringify(folder)},
        emptyOutDir: false,
        rollupOptions: { output: { format: 'cjs', entryFileNames: 'server.cjs' } },
        ...${JSON.stringify(options)},
      },
    })).then(() => console.log(true));`;
  await ask(script);
  return path.join(folder, 'server.cjs');
}

/** What leaks in one of the bundle's functions. */
function firstSuspect(file, name, flags = []) {
  const script = `
    const { measureGrowth } = require('leakguard');
    const { ${name}: fn } = require(${JSON.stringify(file)});
    measureGrowth(fn, { warmup: 300, iterations: 300, rungs: 6 }).then(({ leaking, suspects }) => {
      console.log(JSON.stringify(leaking ? suspects[0] : null));
    });`;
  return ask(script, { flags });
}

const STORE = path.join(PROJECT, 'store.ts');
const SERVER = path.join(PROJECT, 'server.ts');

function lineOf(file, text) {
  return Number(placeOf(path.basename(file), text).split(':')[1]);
}

describe.each([
  ['with its map beside it', { sourcemap: true, minify: false }],
  ['with its map within', { sourcemap: 'inline', minify: false }],
  ['of one line', { sourcemap: true, minify: true }],
])('a bundle %s', (_, options) => {
  let file;

  beforeAll(async () => {
    file = await bundle(options);
  });

  test('names a variable by the module that declares it', async () => {
    const { holder, message } = await firstSuspect(file, 'keep');
    const line = lineOf(STORE, 'requests = new Map');
    expect(holder).toMatchObject({ name: 'requests', script: STORE, line });
    expect(message).toMatch(new RegExp(`^\`requests\` \\(Map, \\S*store\\.ts:${line}\\) gained `));
  });

  test('names where a listener is written', async () => {
    const { holder, sites, message } = await firstSuspect(file, 'listen');
    expect(holder).toMatchObject({ name: 'bus', script: SERVER, line: lineOf(SERVER, 'bus =') });
    const line = lineOf(SERVER, 'bus.on');
    expect(sites[0]).toMatchObject({ url: SERVER, line });
    expect(message).toMatch(new RegExp(` from \\S*server\\.ts:${line} and `));
  });

  test('has nothing to say of what does not leak', async () => {
    expect(await firstSuspect(file, 'drop')).toBeNull();
  });
});

test('a bundle whose map is gone is told by its own lines, also with --enable-source-maps', async () => {
  const file = await bundle({ sourcemap: true, minify: false });
  const flags = ['--enable-source-maps'];
  expect((await firstSuspect(file, 'keep', flags)).holder.script).toBe(STORE);
  fs.rmSync(`${file}.map`);
  const text = fs.readFileSync(file, 'utf8').split('\n');
  const line = text.findIndex((one) => one.includes('requests =')) + 1;
  expect((await firstSuspect(file, 'keep')).holder).toMatchObject({ script: file, line });
});

test('snapshots that are compared later are told by the author’s lines, too', async () => {
  const file = await bundle({ sourcemap: true, minify: false });
  const script = `
    const { compareSnapshots, takeSnapshot } = require('leakguard');
    const { keep } = require(${JSON.stringify(file)});
    const paths = [0, 1, 2].map((number) => ${JSON.stringify(path.dirname(file))} + '/' + number);
    (async () => {
      for (const [number, path] of paths.entries()) {
        for (let call = 0; call < 1000; call++) keep(number * 1000 + call);
        await takeSnapshot({ path: path + '.heapsnapshot' });
      }
      const { suspects } = await compareSnapshots(paths.map((path) => path + '.heapsnapshot'));
      console.log(JSON.stringify(suspects[0]));
    })();`;
  const { holder } = await ask(script);
  expect(holder).toMatchObject({ script: STORE, line: lineOf(STORE, 'requests = new Map') });
});

/** What a loader such as tsx makes of a script. */
function compiled(fileName) {
  const compilerOptions = { module: 'commonjs', target: 'es2022', inlineSourceMap: true };
  const text = fs.readFileSync(fileName, 'utf8');
  return ts.transpileModule(text, { fileName, compilerOptions }).outputText;
}

test('a diagnosis of what a loader has compiled tells the author’s lines', async () => {
  const texts = Object.fromEntries([SERVER, STORE].map((file) => [file, compiled(file)]));
  const script = `
    const texts = ${JSON.stringify(texts)};
    require.extensions['.tsx'] = require.extensions['.ts'] = (module, file) => {
      module._compile(texts[file], file);
    };
    const { listen } = require(${JSON.stringify(SERVER)});
    const { startMonitor } = require('leakguard');
    const directory = ${JSON.stringify(temporaryFolder())};
    const monitor = startMonitor({ interval: 200, directory, quiet: true });
    let calls = 0;
    const load = setInterval(() => {
      for (const end = calls + 50; calls < end; calls++) listen(calls);
    }, 20);
    monitor.diagnose().then(({ suspects: [{ holder, sites, message }] }) => {
      clearInterval(load);
      monitor.stop();
      console.log(JSON.stringify({ holder, sites, message }));
    });`;
  const { holder, sites, message } = await ask(script);
  const line = lineOf(SERVER, 'bus =');
  expect(holder).toMatchObject({ name: 'bus', script: SERVER, line });
  const added = lineOf(SERVER, 'bus.on');
  expect(message).toMatch(
    new RegExp(`server\\.ts:${line}\\) .* from \\S*server\\.ts:${added} and `),
  );
  const made = lineOf(STORE, 'constructor(');
  expect(sites).toContainEqual(expect.objectContaining({ url: STORE, line: made, sampled: true }));
});
