'use strict';

const { ask } = require('./support/child');

/** What is counted in a process that has done `work`; its warnings are nobody's. */
const counted = async (work) => {
  const pairs = await ask(
    `
    const { EventEmitter } = require('node:events');
    const { MessageChannel, Worker } = require('node:worker_threads');
    const { setTimeout: sleep } = require('node:timers/promises');
    const { FIGURE, figures } = require('./lib/figures');
    const { HandleWatch } = require('./lib/handle-watch');
    const { ListenerWatch } = require('./lib/listener-watch');
    const { WorkerWatch } = require('./lib/worker-watch');
    const given = { interval: 10, workers: new WorkerWatch(), listeners: new ListenerWatch() };
    const watch = new HandleWatch(figures(), given);
    const kept = [];
    (async () => {
      ${work}
      await sleep(50);
      process.stdout.write(watch.take());
      process.exit();
    })();`,
    { flags: ['--no-warnings'] },
  );
  return Object.fromEntries(pairs);
};

describe('counted are', () => {
  test('handles by the names that Node has for them', async () => {
    const counts = await counted(`
      for (let n = 0; n < 5; n++) kept.push(setTimeout(() => {}, 1e6));
      for (let n = 0; n < 3; n++) {
        const { port1 } = new MessageChannel();
        port1.on('message', () => {});
      }`);
    expect(counts).toMatchObject({ Timeout: 5, MessagePort: 3 });
  });

  test('workers, as long as they run', async () => {
    const counts = await counted(`
      const start = () => new Worker('setInterval(() => {}, 1000)', { eval: true });
      const [first] = [start(), start(), start()];
      await first.terminate();`);
    expect(counts['Worker threads']).toBe(2);
  });

  test('listeners of the process, and of what Node has warned of', async () => {
    const counts = await counted(`
      class Bus extends EventEmitter {}
      const [bus, calm] = [new Bus(), new EventEmitter()];
      const target = new EventTarget();
      for (let n = 0; n < 30; n++) {
        bus.on('price', () => {});
        target.addEventListener('tick', () => {});
        if (n < 8) calm.on('price', () => {});
        if (n < 4) process.on('SIGUSR2', () => {});
      }
      kept.push(bus, calm, target);`);
    expect(counts).toMatchObject({
      "'price' listeners of Bus": 30,
      "'tick' listeners of EventTarget": 30,
      "'SIGUSR2' listeners of process": 4,
    });
    expect(counts).not.toHaveProperty(["'price' listeners of EventEmitter"]);
  });

  test('of many emitters of a class the one with the most listeners', async () => {
    const counts = await counted(`
      for (let n = 0; n < 9; n++) {
        const emitter = new EventEmitter();
        for (let one = 0; one < 11 + n; one++) emitter.on('data', () => {});
        kept.push(emitter);
      }`);
    expect(counts["'data' listeners of EventEmitter"]).toBe(19);
  });
});

test('an emitter whose class throws does no harm', async () => {
  const counts = await counted(`
    class Odd extends EventEmitter {
      listenerCount() { throw new Error('theirs'); }
    }
    Object.defineProperty(Odd.prototype, 'constructor', { get() { throw new Error('theirs'); } });
    const odd = new Odd();
    for (let n = 0; n < 12; n++) odd.on('data', () => {});
    kept.push(odd);`);
  expect(counts["'data' listeners of an emitter"]).toBe(12);
});

test('a monitor that has stopped leaves no listener behind', async () => {
  const left = await ask(`
    const { startMonitor, stopMonitor } = require('leakguard');
    startMonitor();
    const during = process.listenerCount('warning');
    stopMonitor();
    console.log(JSON.stringify([during, process.listenerCount('warning')]));`);
  expect(left[0] - left[1]).toBe(1);
});
