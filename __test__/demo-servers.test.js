'use strict';

const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { EXAMPLES } = require('../examples/demo/examples');
const { Load } = require('../examples/demo/load');
const { Server } = require('../examples/demo/server');
const { ROOT } = require('./support/child');

/** On two idle cores all are found and named in a quarter of this, ms. */
const CEILING = 150_000;

const NAMES = Object.keys(EXAMPLES);

/** An example under load, and what its monitor tells. */
class Watched {
  leak = null;
  diagnosis = null;
  failure = null;
  collections = 0;

  #server;
  #load = null;
  #stopped = null;

  constructor(name, leaking) {
    const { file, request } = EXAMPLES[name];
    this.#server = new Server(file, leaking);
    this.#server.on('listening', (url) => {
      this.#load = new Load(url, request);
    });
    this.#server.on('sample', ({ sample }) => {
      this.collections += sample.majorGcs;
    });
    for (const event of ['leak', 'diagnosis', 'failure']) {
      this.#server.on(event, (value) => {
        this[event] = value;
      });
    }
    this.#server.on('end', (reason) => {
      this.failure = reason;
    });
  }

  /** Whether there is nothing more to wait for. */
  get isKnown() {
    return this.diagnosis !== null || this.failure !== null;
  }

  /** Ends it, once. */
  stop() {
    this.#stopped ??= (async () => {
      await this.#load?.stop();
      await this.#server.stop();
    })();
    return this.#stopped;
  }
}

const leaking = {};
const healthy = {};

// All six at once: most of the time is spent waiting.
beforeAll(async () => {
  for (const name of NAMES) {
    leaking[name] = new Watched(name, true);
    healthy[name] = new Watched(name, false);
  }
  const end = Date.now() + CEILING;
  let pending = Object.values(leaking);
  while (pending.length > 0 && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const watched of pending) if (watched.isKnown) watched.stop();
    pending = pending.filter(({ isKnown }) => !isKnown);
  }
  const all = [...Object.values(leaking), ...Object.values(healthy)];
  await Promise.all(all.map((watched) => watched.stop()));
}, 2 * CEILING);

describe.each([
  ['map', 'heap', 'collection', 'Map', 'requests', 'IncomingMessage'],
  ['listener', 'handles', 'listeners', 'EventEmitter', 'settings', 'closure'],
  ['buffers', 'external', 'buffers', 'Array', 'uploads', 'Buffer'],
])('the demo server "%s"', (name, kind, pattern, holder, variable, className) => {
  test('with its leak: found, and its holder named with file and line', () => {
    const { leak, diagnosis, failure } = leaking[name];
    expect(failure).toBeNull();
    expect(leak).toMatchObject({ kind, message: expect.stringMatching(/\.$/) });
    expect(leak.bytesPerSecond).toBeGreaterThan(leak.interval[0]);
    const [suspect] = diagnosis.suspects;
    expect(suspect).toMatchObject({
      kind: pattern,
      className,
      holder: { className: holder, script: expect.stringContaining(EXAMPLES[name].file) },
    });
    expect(suspect.holder.name).toContain(variable);
    const lines = fs.readFileSync(path.join(ROOT, EXAMPLES[name].file), 'utf8').split('\n');
    expect(lines[suspect.holder.line - 1]).toContain(`const ${variable} =`);
    expect(diagnosis.text).toContain(suspect.message);
    expect(JSON.parse(fs.readFileSync(diagnosis.json, 'utf8'))).toMatchObject({ leak });
  });

  test('without it: V8 collected, and nothing was reported', () => {
    const { leak, failure, collections } = healthy[name];
    expect({ leak, failure }).toEqual({ leak: null, failure: null });
    expect(collections).toBeGreaterThan(3);
  });
});

test('a demo that does not exist is told', () => {
  const demo = path.join(ROOT, 'examples', 'demo.js');
  const { status, stderr } = spawnSync(process.execPath, [demo, 'timers'], { encoding: 'utf8' });
  expect(status).toBe(2);
  expect(stderr).toContain(NAMES.join(', '));
});
