'use strict';

const { ask } = require('./support/child');

const onGlibc = process.report.getReport().header.glibcVersionRuntime ? test : test.skip;

/** What a monitor says of a program that does `work` fifty times a second; `i` counts. */
const watched = (work) =>
  ask(
    `
  const vm = require('node:vm');
  const { EventEmitter } = require('node:events');
  const { startMonitor } = require('leakguard');
  const monitor = startMonitor({ interval: 100, diagnose: false, quiet: true });
  class Bus extends EventEmitter {}
  const bus = new Bus();
  const kept = [];
  let i = 0;
  setInterval(() => {
    i += 1;
    ${work}
  }, 20);
  const leaks = [];
  const answer = () => {
    console.log(JSON.stringify({ leaks, status: monitor.status() }));
    process.exit();
  };
  monitor.on('leak', ({ kind, message, bytesPerSecond }) => {
    leaks.push({ kind, message, bytesPerSecond });
    // Time for a second alarm about the same.
    setTimeout(answer, 4000);
  });
  setTimeout(answer, 45_000);`,
    // Node warns of many listeners.
    { flags: ['--no-warnings'] },
  );

// The C library remembers every value that a variable of the environment ever had.
const ENVIRONMENT = (value) => `process.env.LEAKGUARD_TEST = ${value} + 'x'.repeat(40_000);`;
const CONTEXT = 'const context = vm.createContext({}); vm.runInContext("var a = 1", context);';
const TIMERS = 'for (let n = 0; n < 4; n++) kept.push(setTimeout(() => {}, 1e8));';
const LISTENER = "bus.on('price', () => i);";

// Begun at once, and waited for one after the other.
let runs;

beforeAll(() => {
  runs = {
    native: watched(ENVIRONMENT('i')),
    'healthy native': watched(ENVIRONMENT('(i % 10)')),
    contexts: watched(`if (i % 5 === 0) { ${CONTEXT} kept.push(context); }`),
    'healthy contexts': watched(`if (i % 5 === 0) { ${CONTEXT} }`),
    handles: watched(TIMERS),
    'healthy handles': watched(`${TIMERS} while (kept.length > 400) clearTimeout(kept.shift());`),
    listeners: watched(LISTENER),
    'healthy listeners': watched(`${LISTENER} if (i % 300 === 0) bus.removeAllListeners('price');`),
  };
});

describe('a leak is told once, for what it is:', () => {
  onGlibc('native memory', async () => {
    const { leaks, status } = await runs.native;
    expect(leaks.map(({ kind }) => kind)).toEqual(['native']);
    expect(leaks[0].message).toMatch(/^Native memory \(.*\) grows by .* MB\/s/);
    expect(status.leaks.map(({ kind }) => kind)).toEqual(['native']);
    expect(status.native.state).toBe('leaking');
  });

  test('contexts', async () => {
    const { leaks } = await runs.contexts;
    expect(leaks.map(({ kind }) => kind)).toEqual(['contexts']);
    expect(leaks[0].message).toMatch(
      /^Contexts pile up \(\d+ more, \d+ detached\); memory grows by/,
    );
    expect(leaks[0].bytesPerSecond).toBeGreaterThan(0);
  });

  test('handles', async () => {
    const { leaks } = await runs.handles;
    expect(leaks.map(({ kind }) => kind)).toEqual(['handles']);
    expect(leaks[0].message).toMatch(/^Timeout handles pile up \([\d,]+ more\)/);
  });

  test('listeners', async () => {
    const { leaks } = await runs.listeners;
    expect(leaks.map(({ kind }) => kind)).toEqual(['handles']);
    expect(leaks[0].message).toMatch(/^'price' listeners of Bus pile up \([\d,]+ more\)/);
  });
});

describe('nothing is told of', () => {
  test.each(['native', 'contexts', 'handles', 'listeners'])('%s that come and go', async (kind) => {
    const { leaks } = await runs[`healthy ${kind}`];
    expect(leaks).toEqual([]);
  });
});
