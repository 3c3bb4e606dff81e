'use strict';

const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { LeakguardError, openSnapshot } = require('..');

/** A program whose heap is known, and that writes two snapshots of it. */
const PROGRAM = `
  const v8 = require('node:v8');
  const vm = require('node:vm');
  class Session { constructor(id) { this.id = id; this.body = ['body ' + id]; } }
  class Registry extends Map {}
  const sessions = new Registry();
  for (let id = 0; id < 1000; id += 1) sessions.set('key ' + id, new Session(id));
  const shared = { twice: new Session(-1) };
  const weak = new WeakMap();
  const keys = Array.from({ length: 200 }, (_, id) => ({ key: 'key' + id }));
  for (const key of keys) weak.set(key, [String(key)]);
  const sparse = new Array(5000);
  sparse[7] = { lonely: 'entry' };
  const counters = {};
  for (let id = 0; id < 2000; id += 1) counters['counter' + id] = id;
  const numbers = new Map(Array.from({ length: 5000 }, (_, id) => [id, id]));
  const names = new Set(Array.from({ length: 300 }, (_, id) => 'name ' + id));
  const image = Buffer.alloc(300_000);
  const text = () => Buffer.from('a text that is held forty times').toString();
  const texts = Array.from({ length: 40 }, text);
  const long = (end) => Buffer.from('long '.repeat(300) + end).toString();
  const longs = [long('one'), long('two')];
  function makeHandler(id) {
    const captured = new Array(400).fill('captured ' + id);
    return function handler() { return captured.length; };
  }
  const handlers = Array.from({ length: 30 }, (_, id) => makeHandler(id));
  const realms = [vm.createContext({ id: 1 }), vm.createContext({ id: 2 })];
  globalThis.keep = () => [sessions, shared, weak, keys, sparse, counters, numbers, names, image,
    texts, longs, handlers, realms];
  globalThis.also = shared.twice;
  v8.writeHeapSnapshot(process.argv[2]);
  for (let id = 0; id < 10; id += 1) sessions.delete('key ' + id);
  for (let id = 1000; id < 1050; id += 1) sessions.set('key ' + id, new Session(id));
  v8.writeHeapSnapshot(process.argv[3]);`;

let folder;
let snapshot;
let later;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'leakguard-questions-'));
  const script = path.join(folder, 'program.js');
  fs.writeFileSync(script, PROGRAM);
  const files = ['one', 'two'].map((name) => path.join(folder, `${name}.heapsnapshot`));
  execFileSync(process.execPath, [script, ...files]);
  [snapshot, later] = await Promise.all(files.map((file) => openSnapshot(file)));
}, 60_000);

afterAll(() => {
  snapshot?.close();
  later?.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

const collection = (name) => snapshot.collections({ top: 10_000 }).find((row) => row.name === name);

function caught(work) {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('statistics', () => {
  test('the kinds add up', () => {
    const { total, nodeTypes, ...kinds } = snapshot.statistics();
    expect(Object.values(kinds).reduce((sum, bytes) => sum + bytes)).toBe(total);
    expect(total).toBeGreaterThanOrEqual(snapshot.summary().totalSize);
    expect(kinds.typedArrays).toBeGreaterThan(300_000);
    expect(nodeTypes.map(({ type }) => type)).toEqual(expect.arrayContaining(['string', 'code']));
  });
});

describe('collections', () => {
  test.each([
    ['sessions', { kind: 'map', className: 'Registry', entries: 1000, owner: 'scope' }],
    ['weak', { kind: 'weakmap', entries: 200 }],
    ['names', { kind: 'set', entries: 300 }],
    ['keys', { kind: 'array', entries: 200 }],
    ['sparse', { kind: 'array', entries: 1, capacity: 5000, emptySize: 4999 * 8 }],
    ['counters', { kind: 'object', entries: 2000 }],
    ['numbers', { kind: 'map', entries: null, capacity: 8192, emptySize: 0 }],
    ['image', { kind: 'buffer', entries: 300_000 }],
  ])('%s', (name, expected) => {
    const row = collection(name);
    expect(row).toMatchObject(expected);
    expect(row.script).toBe(path.join(folder, 'program.js'));
    expect(row.retainedSize).toBe(snapshot.node(row.id).retainedSize);
    expect(row.capacity ?? Infinity).toBeGreaterThanOrEqual(row.entries ?? 0);
  });

  test('can be chosen and sorted', () => {
    const maps = snapshot.collections({ kind: 'map', top: 3 });
    expect(maps.map(({ kind }) => kind)).toEqual(['map', 'map', 'map']);
    expect(maps.map(({ name }) => name)).toContain('sessions');
    const sizes = maps.map(({ retainedSize }) => retainedSize);
    expect(sizes).toEqual(sizes.toSorted((one, other) => other - one));
    expect(snapshot.collections({ kind: 'array', sort: 'empty', top: 1 })[0].name).toBe('sparse');
    expect(snapshot.collections({ sort: 'entries', kind: 'set', top: 1 })[0].name).toBe('names');
  });
});

describe('duplicate strings', () => {
  test('are counted, with what they waste', () => {
    const rows = snapshot.duplicateStrings({ top: 1000 });
    const row = rows.find(({ text }) => text === 'a text that is held forty times');
    // The literal in the program is one as well.
    expect(row).toMatchObject({ count: 41, cut: false });
    expect(row.wasted).toBe((row.shallowSize / 41) * 40);
    expect(snapshot.node(row.ids[0])).toMatchObject({ type: 'string', name: row.text });
  });

  test('that V8 has cut are marked', () => {
    const rows = snapshot.duplicateStrings({ top: 1000 });
    expect(rows.find(({ text }) => text.startsWith('long long'))).toMatchObject({
      count: 2,
      cut: true,
    });
  });
});

describe('one class', () => {
  test('falls into shapes, with the properties that hold numbers', () => {
    const [shape, ...others] = snapshot.shapes('Session');
    expect(shape).toMatchObject({ shape: '{id, body}', properties: ['id', 'body'], count: 1001 });
    expect(others).toEqual([]);
    const [row] = snapshot.classes({ filter: /^Session$/ });
    expect(shape).toMatchObject({ count: row.count, retainedSize: row.retainedSize });
  });

  test('has objects, and ways to them', () => {
    const objects = snapshot.objects('Session', { top: 5 });
    expect(objects).toHaveLength(5);
    for (const object of objects) expect(object.className).toBe('Session');
    const [most] = snapshot.commonPaths('Session');
    expect(most.count).toBe(1000);
    expect(most.path.map(({ edge }) => edge)).toContain('sessions');
  });

  test('that is not there is an error', () => {
    const error = caught(() => snapshot.shapes('Sessiom'));
    expect(error).toBeInstanceOf(LeakguardError);
    expect(error).toMatchObject({ code: 'ERR_LEAKGUARD_INVALID' });
    expect(error.message).toContain("'Sessiom'");
  });
});

describe('what a cut frees', () => {
  test('the only way to an object frees it; one of two does not', () => {
    const { id } = collection('sessions');
    const [first, ...others] = snapshot.paths(id, { count: 5 });
    expect(others).toEqual([]);
    expect(first.at(-2).freed).toBe(snapshot.node(id).retainedSize);
    expect(first.at(-1)).not.toHaveProperty('freed');
    const twice = snapshot
      .objects('Session', { top: 2000 })
      .find((row) => snapshot.retainers(row.id).some(({ name }) => name === 'twice'));
    const ways = snapshot.paths(twice.id, { count: 5 });
    expect(ways).toHaveLength(2);
    for (const way of ways) expect(way.at(-2).freed).toBe(0);
  });

  test('objects together may free more than each alone', () => {
    const { id } = collection('sessions');
    const alone = snapshot.node(id).retainedSize;
    expect(snapshot.retainedSize([id])).toBe(alone);
    const members = snapshot.objects('Session', { top: 10 }).map((row) => row.id);
    expect(snapshot.retainedSize([id, ...members])).toBeGreaterThanOrEqual(alone);
    expect(snapshot.retainedSize([])).toBe(0);
  });
});

describe('functions and contexts', () => {
  test('closures tell what their variables keep alive', () => {
    const row = snapshot.closures({ top: 10_000 }).find((one) => one.function === 'handler');
    expect(row).toMatchObject({ count: 30, contexts: 30, script: path.join(folder, 'program.js') });
    expect(PROGRAM.split('\n')[row.line - 1]).toContain('function handler');
    expect(row.variables.map(({ name }) => name)).toEqual(['captured']);
    expect(row.contextsRetainedSize).toBeGreaterThan(30 * 400 * 8);
    expect(row.variables[0].retainedSize).toBeLessThanOrEqual(row.contextsRetainedSize);
  });

  test('native contexts: the own one and one of each vm context', () => {
    expect(snapshot.contexts().map(({ main }) => main)).toEqual([true, false, false]);
  });

  test('what only closures keep alive', () => {
    const all = snapshot.classes({ filter: 'Session' });
    const held = snapshot.classes({ filter: 'Session', retainedBy: 'closures' });
    // The one that a global variable holds as well is not among them.
    expect(held[0].count).toBe(all[0].count - 1);
  });
});

describe('who owns the bytes', () => {
  test('each byte has one owner', () => {
    const { totalSize } = snapshot.summary();
    for (const rows of [snapshot.scripts({ top: 10_000 }), snapshot.packages({ top: 10_000 })]) {
      expect(rows.reduce((sum, { size }) => sum + size, 0)).toBe(totalSize);
    }
    const script = snapshot.scripts().find((row) => row.script?.endsWith('program.js'));
    expect(script.size).toBeGreaterThan(300_000);
    expect(snapshot.packages().map((row) => row.package)).toEqual(
      expect.arrayContaining(['(node)', '(application)', null]),
    );
  });

  test('where memory has piled up', () => {
    const rows = snapshot.accumulations({ share: 0.01 });
    const row = rows.find(({ named }) => named?.name === 'sessions');
    expect(row.point.className).toBe('Registry');
    expect(row.contents).toContainEqual(expect.objectContaining({ className: 'Session' }));
    expect(row.message).toContain("reached as 'sessions'");
    expect(snapshot.accumulations({ share: 0.99 })).toEqual([]);
  });
});

describe('the difference between two snapshots', () => {
  test('tells what was made and what is gone', () => {
    const { classes, foundAgain } = later.difference(snapshot);
    expect(classes.find(({ className }) => className === 'Session')).toMatchObject({
      added: 50,
      removed: 10,
    });
    expect(foundAgain).toBeGreaterThan(0.9);
  });

  test('needs a snapshot', () => {
    const error = caught(() => later.difference({}));
    expect(error).toBeInstanceOf(TypeError);
    expect(error.code).toBe('ERR_LEAKGUARD_INVALID_OPTION');
  });
});

describe('off the event loop', () => {
  test('the answers are the same', async () => {
    const asked = {
      statistics: [],
      classes: [{ top: 5, filter: (row) => row.count > 10 }],
      collections: [{ top: 5, kind: 'map' }],
      paths: [collection('sessions').id, { count: 3 }],
      dominators: [undefined, { top: 3 }],
      packages: [],
      shapes: ['Session', { top: 2 }],
    };
    for (const [name, options] of Object.entries(asked)) {
      expect(await snapshot.promises[name](...options)).toEqual(snapshot[name](...options));
    }
    expect(await later.promises.difference(snapshot)).toEqual(later.difference(snapshot));
  });

  test('a signal gives the work up', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    const error = await snapshot.promises.closures({ top: 5, signal }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_LEAKGUARD_ABORTED', cause: reason });
  });

  test('errors are told as rejections', async () => {
    await expect(snapshot.promises.node(4_294_967_295)).rejects.toMatchObject({
      code: 'ERR_LEAKGUARD_INVALID',
    });
    await expect(snapshot.promises.collections({ knid: 'map' })).rejects.toThrow("'kind'");
    await expect(snapshot.promises.collections({ signal: 5 })).rejects.toThrow('AbortSignal');
  });
});

describe('wrong arguments', () => {
  test.each([
    ['collections', [{ kind: 'list' }], "'map'"],
    ['collections', [{ top: 0 }], 'at least 1'],
    ['shapes', [], 'className'],
    ['shapes', [''], 'className'],
    ['retainedSize', [[1, -1]], 'ids'],
    ['retainedSize', ['1'], 'ids'],
    ['accumulations', [{ share: 2 }], 'share'],
    ['node', [], 'id'],
    ['summary', [{ top: 3 }], 'top'],
  ])('%s(...%j)', (name, given, told) => {
    const error = caught(() => snapshot[name](...given));
    expect(error.code).toBe('ERR_LEAKGUARD_INVALID_OPTION');
    expect(error.message).toContain(`snapshot.${name}`);
    expect(error.message).toContain(told);
  });

  test('a closed snapshot says so', async () => {
    const closed = await openSnapshot(path.join(folder, 'one.heapsnapshot'));
    closed.close();
    expect(caught(() => closed.statistics()).message).toContain('closed');
    await expect(closed.promises.statistics()).rejects.toThrow('closed');
  });
});
