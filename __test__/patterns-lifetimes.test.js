'use strict';

const { ask, temporaryFolder } = require('./support/child');

/**
 * One program in which things are begun and never ended, or the same one where each of them ends, as
 * its second argument says; and what three snapshots of it say.
 */
const program = `
  const vm = require('node:vm');
  const { suspectsOf } = require('./__test__/support/three-snapshots');
  const [folder, ending] = [process.argv[1], process.argv[2] === 'ending'];

  class Reply { constructor(id) { this.words = new Array(40).fill(id); } }
  class Heartbeat { constructor(id) { this.words = new Array(40).fill(id); } }

  const shutdown = new Promise(() => {});
  let latest = null;
  const plugins = [];

  async function race(id) {
    const reply = new Promise((resolve) => setImmediate(() => resolve(new Reply(id))));
    // One that ends with the call, instead of one that lives as long as the process.
    await Promise.race([reply, ending ? new Promise(() => {}) : shutdown]);
  }

  function replace(id) {
    let previous = latest;
    const compare = () => previous !== null && previous.id === id;
    latest = { id, words: new Array(40).fill(id), describe: () => 'made after ' + id, same: compare() };
    if (ending) previous = null;
  }

  function connect(id) {
    const beat = new Heartbeat(id);
    const timer = setInterval(() => beat.words.length, 1e8);
    if (ending) clearInterval(timer);
  }

  function load(id) {
    const context = vm.createContext({ id });
    plugins.push(vm.runInContext('(function plugin() { return id; })', context));
    if (ending) plugins.length = 0;
  }

  (async () => {
    const suspects = await suspectsOf(folder, async () => {
      for (let id = 0; id < 300; id++) {
        await race(id);
        replace(id);
        connect(id);
        if (id % 30 === 0) load(id);
      }
    });
    const told = suspects.map(({ kind, holder, advice, message, path: way }) => {
      const names = [holder.name, ...way.map(({ edge }) => edge)];
      return { kind, className: holder.className, names, advice, message };
    });
    console.log(JSON.stringify(told));
    process.exit();
  })();`;

let leaking;
let ending;

beforeAll(async () => {
  const suspectsOf = (how) => ask(program, { args: [temporaryFolder(), how] });
  [leaking, ending] = await Promise.all([suspectsOf('leaking'), suspectsOf('ending')]);
});

const holding = (suspects, holder) => suspects.filter(({ names }) => names.includes(holder));

describe.each([
  [
    'a promise that never settles',
    { holder: 'shutdown', kind: 'promise', advice: /Promise\.race/, message: /a Reply alive/ },
  ],
  [
    'a context that closures share',
    { holder: 'latest', kind: 'closure', advice: /share one context/, message: /variables/ },
  ],
  [
    'timers that are never cleared',
    { holder: 'timerListMap[]', kind: 'timers', advice: /clear it/, message: /a Heartbeat alive/ },
  ],
  [
    'contexts of vm that are kept',
    { holder: 'plugins', kind: 'contexts', advice: /keeps the context/, message: /V8 contexts/ },
  ],
])('%s', (_, { holder, kind, advice, message }) => {
  test('is named, with what mends it', () => {
    expect(holding(leaking, holder)).toEqual([
      expect.objectContaining({
        kind,
        advice: expect.stringMatching(advice),
        message: expect.stringMatching(message),
      }),
    ]);
  });

  test('is not suspected where each of them ends', () => {
    expect(holding(ending, holder)).toEqual([]);
  });
});
