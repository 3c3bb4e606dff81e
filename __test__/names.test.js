'use strict';

/** What the holder of a leak is called, and where it is said to stand. */

const fs = require('node:fs');
const path = require('node:path');
const { ask, temporaryFolder } = require('./support/child');

/** What is exported, and stands in no variable that a function sees. */
const REGISTRY = `'use strict';
exports.visits = void 0;
exports.ready = true;
exports.visits = new Map();
const seen = new Set();
module.exports.seen = seen;
exports[['com', 'puted'].join('')] = [];
exports.healthy = new Map();
`;

/** A program that leaks into it, and what three snapshots say, by the holder's name. */
const PROGRAM = `
  const path = require('node:path');
  const { suspectsOf } = require('./__test__/support/three-snapshots');
  const [, folder] = process.argv;
  const registry = require(path.join(folder, 'registry.js'));
  globalThis.log = [];

  class Visit {
    constructor(id) {
      this.id = id;
      this.words = new Array(30).fill(id);
    }
  }

  function serve(id) {
    registry.visits.set(id, new Visit(id));
    registry.seen.add(new Visit(id));
    registry.computed.push(new Visit(id));
    globalThis.log.push(new Visit(id));
    registry.healthy.set(id, new Visit(id));
    registry.healthy.delete(id);
  }

  (async () => {
    const suspects = await suspectsOf(folder, (round) => {
      for (let id = 0; id < 500; id++) serve(round * 500 + id);
    });
    console.log(JSON.stringify(suspects.map(({ holder, message }) => ({ ...holder, message }))));
  })();`;

describe('of what a module exports', () => {
  let folder;
  let suspects;

  beforeAll(async () => {
    folder = fs.realpathSync(temporaryFolder());
    fs.writeFileSync(path.join(folder, 'registry.js'), REGISTRY);
    suspects = await ask(PROGRAM, { flags: ['--no-warnings'], args: [folder] });
  });

  const holderOf = (name) => suspects.find((suspect) => suspect.name === name);

  test.each([
    ['visits', 'the line that makes it', 4],
    ['seen', 'the line of the variable that it was made in', 5],
    ['computed', 'the file alone, where no line gives the name', null],
  ])('%s: %s', (name, _, line) => {
    const file = path.join(folder, 'registry.js');
    expect(holderOf(name)).toMatchObject({ script: file, line });
  });

  test('no place is better than that of what is in it', () => {
    expect(holderOf('log')).toMatchObject({ className: 'Array', script: null, line: null });
    expect(holderOf('log').message).toMatch(/^`log` \(Array\) gained 1,\d{3} Visit objects/);
  });

  test('what is deleted again has none', () => {
    expect(holderOf('healthy')).toBeUndefined();
  });
});

/** Leaks into what Node.js keeps for the program, and what three snapshots say. */
const OF_NODE = `
  const diagnostics = require('node:diagnostics_channel');
  const { EventEmitter, on, setMaxListeners } = require('node:events');
  const { suspectsOf } = require('./__test__/support/three-snapshots');
  const [, folder] = process.argv;

  const shutdown = new AbortController();
  const feed = new EventEmitter();
  const updates = on(feed, 'update');
  const read = on(feed, 'read');
  const queries = diagnostics.channel('leakguard:queries');
  setMaxListeners(0, shutdown.signal);

  async function serve(id) {
    const words = new Array(30).fill(id);
    shutdown.signal.addEventListener('abort', () => words);
    feed.emit('update', { id, words });
    feed.emit('read', { id, words: [...words] });
    await read.next();
    queries.subscribe(() => words);
  }

  (async () => {
    const suspects = await suspectsOf(folder, async (round) => {
      // A queue has 2,047 places at a time.
      for (let id = 0; id < 4100; id++) await serve(round * 5000 + id);
    });
    console.log(JSON.stringify(suspects.map(({ message }) => message)));
    process.exit();
  })();`;

test('what Node.js keeps has the name of what it keeps it for', async () => {
  const told = await ask(OF_NODE, { flags: ['--no-warnings'], args: [temporaryFolder()] });
  const starts = told.map((message) => message.split(' (')[0]);
  expect(starts).toEqual(
    expect.arrayContaining(['`shutdown.signal`', '`updates`', '`queries._subscribers`']),
  );
  expect(told.find((message) => message.startsWith('`updates`'))).toMatch(
    /^`updates` \(its FixedQueue, /,
  );
  expect(starts).not.toContain('`read`');
});
