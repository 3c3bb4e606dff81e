'use strict';

/** A process that does nothing, but has one of each thing that snapshots treat in their own way. */

const v8 = require('node:v8');
const vm = require('node:vm');

class Key {}
class Value {}

const key = new Key();
globalThis.kept = {
  key,
  weakMap: new WeakMap([
    [key, new Value()],
    // V8 writes the text of a string into the name of the edge, line ends and all.
    [new Key(), 'two\nlines'],
  ]),
  weakRef: new WeakRef(new Value()),
  registry: new FinalizationRegistry(() => {}),
  context: vm.createContext({ inner: new Value() }),
  symbol: Symbol('a'),
  bigint: 2n ** 100n,
  regexp: /a+/g,
  buffer: Buffer.alloc(100_000),
  float64: new Float64Array(1000),
  sliced: 'a long string, so that a piece of it is a slice'.slice(3, 40),
  joined: `${process.pid}${'x'.repeat(20)}`,
  lone: '\ud800 and \u{1f600}\u0000',
  dictionary: Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`key${i}`, { i }])),
  sparse: Object.assign([], { 100000: new Value() }),
  promise: new Promise(() => {}),
  generator: (function* () {
    yield new Value();
  })(),
};
kept.weakMap.set(kept, kept.promise);
kept.registry.register(key, 'held');
v8.writeHeapSnapshot(process.argv[2]);
