'use strict';

const { ask, temporaryFolder } = require('./support/child');

/** One program with a leak of each pattern, and what three snapshots of it say, by the holder's name. */
const program = `
  const { AsyncLocalStorage, AsyncResource } = require('node:async_hooks');
  const { suspectsOf } = require('./__test__/support/three-snapshots');
  const folder = process.argv[1];

  const requests = new Map();
  const byId = {};
  const live = new Map();
  const hub = new EventTarget();
  const shutdown = new AbortController();
  const heads = [];
  const lines = [];
  const storage = new AsyncLocalStorage();
  const waiting = [];

  function serve(id) {
    const request = { id, body: 'b'.repeat(50) + id, words: new Array(30).fill(id) };
    requests.set('a' + id, { id, words: new Array(40).fill(id) });
    byId['b' + id] = { id, words: new Array(40).fill(id) };
    for (let n = 0; n < 8; n++) live.set(8 * id + n, n);
    hub.addEventListener('tick', () => request.id);
    shutdown.signal.addEventListener('abort', () => request.id);
    process.on('exit', () => request.id);
    heads.push(('GET /' + id + ' ' + 'x'.repeat(400)).slice(0, 20));
    lines.push(Buffer.from('GET /' + id + ' ' + 'x'.repeat(400)).toString('latin1'));
    storage.run({ id, user: new Array(30).fill(id) }, () => waiting.push(new AsyncResource('Job')));
  }

  (async () => {
    const suspects = await suspectsOf(folder, (round) => {
      for (let id = 0; id < 500; id++) serve(round * 500 + id);
    });
    const told = suspects.map(({ kind, holder, advice, path: way }) => {
      const { className, name } = holder;
      return { kind, className, name, advice, way: way.map(({ edge }) => edge) };
    });
    console.log(JSON.stringify(told));
    process.exit();
  })();`;

let suspects;

beforeAll(async () => {
  suspects = await ask(program, { flags: ['--no-warnings'], args: [temporaryFolder()] });
});

test.each([
  ['requests', 'collection', 'Map', /bound the Map/],
  ['byId', 'collection', 'Object', /dictionary/],
  ['live', 'collection', 'Map', /bound the Map/],
  ['hub', 'listeners', 'EventTarget', /removeEventListener/],
  ['shutdown.signal', 'listeners', 'AbortSignal', /signal of its own/],
  // Node's own code knows it as `_process`, too.
  [/^_?process$/, 'listeners', 'process', /remove the listener/],
  ['heads', 'strings', 'Array', /cut from a long string/],
  ['lines', 'collection', 'Array', /keep only the newest/],
  ['waiting', 'collection', 'Array', /AsyncLocalStorage/],
])('%s: %s of %s', (name, kind, className, advice) => {
  const found = suspects.filter(
    (suspect) => suspect.name === name || (name instanceof RegExp && name.test(suspect.name)),
  );
  expect(found).toEqual([
    expect.objectContaining({ kind, className, advice: expect.stringMatching(advice) }),
  ]);
});
