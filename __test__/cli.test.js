'use strict';

const { execFileSync, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const BIN = path.join(__dirname, '..', 'bin', 'leakguard.js');

/** Writes three snapshots into its folder: with `leak`, a Map gains objects between them. */
const PROGRAM = `
  const v8 = require('node:v8');
  const [kind, folder] = process.argv.slice(1);
  class Session { constructor(id) { this.id = id; this.body = [id, String(id).repeat(20)]; } }
  const hostile = { [Symbol.toStringTag]: '\\u001b[31mHostile' };
  globalThis.hostiles = Array.from({ length: 500 }, () => Object.create(hostile));
  const sessions = new Map();
  globalThis.serve = (id) => {
    if (kind === 'leak') sessions.set(id, new Session(id));
    return sessions.size;
  };
  for (let snapshot = 0; snapshot < 3; snapshot += 1) {
    for (let id = 0; id < 3000; id += 1) serve(snapshot * 3000 + id);
    v8.writeHeapSnapshot(folder + '/' + kind + snapshot + '.heapsnapshot');
  }`;

let folder;
let leaky;
let clean;

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'leakguard-cli-'));
  for (const kind of ['leak', 'clean'])
    execFileSync(process.execPath, ['-e', PROGRAM, kind, folder]);
  leaky = [0, 1, 2].map((index) => path.join(folder, `leak${index}.heapsnapshot`));
  clean = [0, 1, 2].map((index) => path.join(folder, `clean${index}.heapsnapshot`));
}, 60_000);

afterAll(() => {
  fs.rmSync(folder, { recursive: true, force: true });
});

function leakguard(...options) {
  return spawnSync(process.execPath, [BIN, ...options], { encoding: 'utf8', cwd: folder });
}

/** The same within this process, on a terminal that is one or is none. */
async function onTerminal(isTTY, env, ...options) {
  const written = { stdout: '', stderr: '' };
  const stream = (name) => ({ isTTY, write: (text) => (written[name] += text) });
  const terminal = { stdout: stream('stdout'), stderr: stream('stderr'), env };
  const exitCode = await require('../lib/cli/main').main(options, terminal);
  return { exitCode, ...written };
}

/** Counts and sizes as the file itself has them. */
function readFigures(file) {
  const { snapshot, nodes, strings } = JSON.parse(fs.readFileSync(file, 'utf8'));
  const fields = snapshot.meta.node_fields;
  const size = fields.indexOf('self_size');
  let totalSize = 0;
  for (let node = 0; node < nodes.length; node += fields.length) totalSize += nodes[node + size];
  return {
    nodes: snapshot.node_count,
    edges: snapshot.edge_count,
    strings: strings.length,
    totalSize,
  };
}

describe('analyze', () => {
  test('tells what is in a snapshot, as JSON', () => {
    const { status, stdout, stderr } = leakguard('analyze', '--json', '--top', '15', leaky[2]);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const { file, summary, classes, dominators } = JSON.parse(stdout);
    expect(file).toBe(leaky[2]);
    expect(summary).toMatchObject(readFigures(leaky[2]));
    expect(summary.liveSize).toBeLessThanOrEqual(summary.totalSize);
    expect(classes).toHaveLength(15);
    const sizes = classes.map((row) => row.retainedSize);
    expect(sizes).toEqual(sizes.toSorted((left, right) => right - left));
    expect(dominators).toHaveLength(15);
    expect(classes).toContainEqual(expect.objectContaining({ className: 'Session', count: 9000 }));
  });

  test('tells it in tables: aligned, with units, without colours', () => {
    const { status, stdout, stderr } = leakguard('analyze', leaky[2]);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).not.toContain('\u001b');
    expect(stdout.startsWith(`${leaky[2]}\n`)).toBe(true);
    expect(stdout).toMatch(/^ +\d[\d.]* MB {2}live/m);
    expect(stdout).toMatch(/^ +\d[\d.]* [KM]B +\d[\d.]* [KM]B +9,000 +\d+ {2}Session$/m);
    const [head, ...rows] = stdout
      .split('Classes, by retained size\n')[1]
      .split('\n\n')[0]
      .split('\n');
    expect(rows).toHaveLength(20);
    const end = head.indexOf('Retained') + 'Retained'.length;
    for (const row of rows) expect(row.slice(0, end)).toMatch(/^ +[\d.]+ [KM]?B$/);
  });

  test('the dominators are the largest of the snapshot, each under its own', async () => {
    const { stdout } = leakguard('analyze', '--json', '--top', '40', leaky[2]);
    const { dominators } = JSON.parse(stdout);
    const snapshot = await require('../lib/snapshot').openSnapshot(leaky[2]);
    const above = [];
    for (const { depth, ...row } of dominators) {
      const siblings = snapshot.dominators(above[depth - 1]?.id, { top: 2 ** 20 });
      expect(siblings.find(({ id }) => id === row.id)).toEqual(row);
      above[depth] = row;
    }
    // Whatever a listed object dominates is listed as well, or retains no more than the least.
    const listed = new Set(dominators.map(({ id }) => id));
    const least = Math.min(...dominators.map(({ retainedSize }) => retainedSize));
    for (const id of [undefined, ...listed]) {
      for (const child of snapshot.dominators(id, { top: 2 ** 20 })) {
        expect(listed.has(child.id) || child.retainedSize <= least).toBe(true);
      }
    }
    snapshot.close();
  });

  test('tells of kinds, piles, collections and strings', () => {
    const { stdout } = leakguard('analyze', leaky[2]);
    expect(stdout).toMatch(/^ +\d[\d.]* [KM]B +\d+ % {2}compiled code$/m);
    expect(stdout).toMatch(/accumulated in one|held by one Map, reached as 'sessions'/);
    expect(stdout).toMatch(/ 9,000 +16,384 +[\d.]+ KB +@\d+ {2}Map sessions/);
    expect(stdout).toContain('Strings that are held more than once');
  });

  test.each([
    ['statistics', 'Memory, by kind'],
    ['accumulations', 'Where memory has piled up'],
    ['classes', 'Classes, by retained size'],
    ['dominators', 'Objects that retain the most'],
    ['collections', 'Largest collections'],
    ['strings', 'Strings that are held more than once'],
    ['closures', 'Functions, by what'],
    ['contexts', 'Native contexts'],
    ['packages', 'Bytes by npm package'],
    ['scripts', 'Bytes by script'],
  ])('--show %s', (name, heading) => {
    const shown = leakguard('analyze', '--show', name, '--top', '3', leaky[2]);
    expect([shown.status, shown.stderr]).toEqual([0, '']);
    expect(shown.stdout).toContain(heading);
    expect(shown.stdout.split('\n').length).toBeLessThan(20);
    const { stdout } = leakguard('analyze', '--json', '--show', name, '--top', '3', leaky[2]);
    const data = JSON.parse(stdout);
    expect(Object.keys(data)).toEqual(['file', 'summary', name]);
    if (name !== 'statistics') expect(data[name].length).toBeLessThanOrEqual(3);
  });

  test('--show takes several, in their order', () => {
    const { stdout } = leakguard('analyze', '--json', '--show', 'strings,classes', leaky[0]);
    expect(Object.keys(JSON.parse(stdout))).toEqual(['file', 'summary', 'strings', 'classes']);
  });

  test('--node tells of one object, --path of the ways to it', () => {
    const { collections } = JSON.parse(leakguard('analyze', '--json', leaky[2]).stdout);
    const { id, retainedSize } = collections.find(({ name }) => name === 'sessions');
    const { status, stdout } = leakguard('analyze', '--node', `@${id}`, leaky[2]);
    expect(status).toBe(0);
    expect(stdout).toContain(`Map @${id} (object)`);
    expect(stdout).toMatch(/^ +[\d.]+ [KM]B +context +@\d+ {2}sessions: system \/ Context$/m);
    expect(stdout).toMatch(/variable sessions {2}<- a cut here frees [\d.]+ MB$/m);
    const data = JSON.parse(leakguard('analyze', '--json', '--path', `${id}`, leaky[2]).stdout);
    expect(Object.keys(data)).toEqual(['file', 'paths']);
    expect(data.paths[0].at(-2).freed).toBe(retainedSize);
    const { stdout: path } = leakguard('analyze', '--path', `${id}`, leaky[2]);
    expect(path).toContain('Path 1 of 1: without its last step, ');
  });

  test('--class tells of one class', () => {
    const { status, stdout } = leakguard('analyze', '--class', 'Session', '--top', '4', leaky[2]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/ 9,000 +@\d+ {2}\{id, body\}$/m);
    expect(stdout).toContain('9,000 reached so:');
    const data = JSON.parse(
      leakguard('analyze', '--json', '--class', 'Session', '--top', '4', leaky[2]).stdout,
    );
    expect(data.objects).toHaveLength(4);
    expect(data.class).toMatchObject({ className: 'Session', count: 9000 });
  });

  test('what the snapshot does not have: exit code 3', () => {
    for (const [option, told] of [
      [['--node', '4294967295'], 'no object with id 4294967295'],
      [['--class', 'Sesion'], "Did you mean 'Session'?"],
    ]) {
      const { status, stdout, stderr } = leakguard('analyze', ...option, leaky[2]);
      expect(stderr).toMatch(/^leakguard: .+\n$/);
      expect(stderr).toContain(told);
      expect([status, stdout]).toEqual([3, '']);
    }
  });

  test('says nothing that a terminal would obey', () => {
    const { stdout } = leakguard('analyze', '--top', '1000', leaky[0]);
    expect(stdout).toContain('\\u001b[31mHostile');
    expect(stdout).not.toContain('\u001b');
  });

  test('on a terminal, headings are bold and progress is shown and wiped away', async () => {
    const { exitCode, stdout, stderr } = await onTerminal(true, {}, 'analyze', leaky[2]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('\u001b[1mClasses, by retained size\u001b[22m\n');
    expect(stderr).toContain('Reading the snapshot: 0 %');
    expect(stderr.endsWith('\r\u001b[2K')).toBe(true);
  });

  test('NO_COLOR is obeyed', async () => {
    const { stdout } = await onTerminal(true, { NO_COLOR: '1' }, 'analyze', leaky[2]);
    expect(stdout).toContain('\nClasses, by retained size\n');
    expect(stdout).not.toContain('\u001b');
  });

  test('a reader that has enough is no error', () => {
    const { status, stdout, stderr } = spawnSync(
      'bash',
      [
        '-c',
        'set -o pipefail; "$0" "$1" analyze --json --top 100000 "$2" | head -c 100',
        process.execPath,
        BIN,
        leaky[2],
      ],
      { encoding: 'utf8' },
    );
    expect(stdout).toHaveLength(100);
    expect([status, stderr]).toEqual([0, '']);
  });
});

describe('compare', () => {
  test('a leak: exit code 1, and who holds it', () => {
    const { status, stdout, stderr } = leakguard('compare', ...leaky);
    expect([status, stderr]).toEqual([1, '']);
    expect(stdout).toContain('sessions');
    const session = /^ +\+\d[\d.]* [KM]B +\d[\d.]* [KM]B +6,000 +0 +\+6,000 +9,000 {2}Session$/m;
    expect(stdout).toMatch(session);
  });

  test('a leak, as JSON', () => {
    const { status, stdout } = leakguard('compare', '--json', '--top', '3', ...leaky);
    expect(status).toBe(1);
    const { files, classes, suspects } = JSON.parse(stdout);
    expect(files).toEqual(leaky);
    expect(classes).toHaveLength(3);
    expect(suspects[0].holder.name).toContain('sessions');
    expect(suspects[0].className).toBe('Session');
    expect(suspects[0].fingerprint).toMatch(/\S/);
  });

  test('tells what was made and what is gone of each class, as JSON', () => {
    const { classes } = JSON.parse(leakguard('compare', '--json', ...leaky).stdout);
    expect(classes.find(({ className }) => className === 'Session')).toMatchObject({
      added: 6000,
      removed: 0,
      countGrowth: 6000,
    });
  });

  test('of two processes, it does not tell made from gone', () => {
    const { stdout } = leakguard('compare', leaky[0], clean[2]);
    const { foundAgain } = JSON.parse(leakguard('compare', '--json', leaky[0], clean[2]).stdout);
    // Both began alike, so some ids are the same all the same.
    expect(stdout.includes('Made and gone are not known')).toBe(foundAgain < 0.5);
  });

  test('no leak: exit code 0', () => {
    const { status, stdout } = leakguard('compare', '--json', ...clean);
    expect(JSON.parse(stdout).suspects).toEqual([]);
    expect(status).toBe(0);
  });
});

describe('what could not be done: exit code 3, one sentence, and the code in JSON', () => {
  const damaged = {
    ERR_LEAKGUARD_NOT_FOUND: () => path.join(folder, 'missing.heapsnapshot'),
    ERR_LEAKGUARD_TRUNCATED: () => write(fs.readFileSync(leaky[0]).subarray(0, 500_000)),
    ERR_LEAKGUARD_NOT_JSON: () => write('<html>502 Bad Gateway</html>'),
    ERR_LEAKGUARD_NOT_A_SNAPSHOT: () => write('{"name":"leakguard"}'),
  };

  function write(content) {
    const file = path.join(folder, 'damaged.heapsnapshot');
    fs.writeFileSync(file, content);
    return file;
  }

  test.each(Object.keys(damaged))('%s', (code) => {
    const file = damaged[code]();
    for (const files of [
      ['analyze', file],
      ['compare', leaky[0], file],
    ]) {
      const { status, stdout, stderr } = leakguard(...files, '--json');
      expect(status).toBe(3);
      expect(stderr).toMatch(/^leakguard: .+\n$/);
      expect(stderr).toContain(path.basename(file));
      expect(JSON.parse(stdout).error).toEqual({ code, message: stderr.slice(11, -1) });
    }
    expect(leakguard('analyze', file)).toMatchObject({ status: 3, stdout: '' });
  });
});

describe('wrong use: exit code 2, and one sentence on stderr', () => {
  test.each([
    [[], 'What is to be done?'],
    [['anlyze', 'a'], 'Did you mean analyze?'],
    [['analyze'], 'takes one FILE. Given were 0'],
    [['analyze', 'a', 'b'], 'takes one FILE. Given were 2'],
    [['compare', 'a'], 'takes 2 FILEs or more. Given were 1'],
    [['analyze', '--tpo', '3', 'a'], 'Did you mean --top?'],
    [['analyze', '--top', 'many', 'a'], "Given was 'many'"],
    [['analyze', '--top=0', 'a'], "Given was '0'"],
    [['analyze', 'a', '--top'], 'Given was nothing'],
    [['analyze', '--node', 'Map', 'a'], "such as @1234. Given was 'Map'"],
    [['analyze', '--path', '99999999999', 'a'], "Given was '99999999999'"],
    [['analyze', '--show', 'colections', 'a'], 'Did you mean collections?'],
    [['analyze', '--show=', 'a'], "Given was ''"],
    [['analyze', '--class=', 'a'], 'takes the name of a class'],
    [['analyze', '--class', 'Map', '--node', '1', 'a'], 'Only one of --class and --node'],
    [['compare', '--show', 'classes', 'a', 'b'], 'compare has no option --show'],
    [['analyze', '--json=yes', 'a'], '--json takes no value'],
    [['constructor'], "no command 'constructor'"],
    [['analyze', '--__proto__', 'a'], 'no option --__proto__'],
  ])('leakguard %j', (options, told) => {
    const { status, stdout, stderr } = leakguard(...options);
    expect(stderr).toMatch(/^leakguard: .+\n$/);
    expect(stderr).toContain(told);
    expect([status, stdout]).toEqual([2, '']);
  });

  test('with --json, the code is told on stdout', () => {
    const { status, stdout } = leakguard('compare', '--json');
    expect(status).toBe(2);
    expect(JSON.parse(stdout).error.code).toBe('ERR_LEAKGUARD_USAGE');
  });
});

describe('help', () => {
  test.each([
    [['--help'], 'compare FILE FILE [...]'],
    [['-h'], 'compare FILE FILE [...]'],
    [['analyze', '--help'], 'leakguard analyze [options] FILE'],
    [['compare', 'a', '--help'], 'leakguard compare [options] FILE FILE [FILE...]'],
  ])('leakguard %j', (options, told) => {
    const { status, stdout, stderr } = leakguard(...options);
    expect(stdout).toContain(told);
    expect([status, stderr]).toEqual([0, '']);
  });

  test('leakguard --version', () => {
    const { version } = require('../package.json');
    expect(leakguard('--version')).toMatchObject({ status: 0, stdout: `${version}\n` });
  });
});
