'use strict';

/**
 * Matchers for memory, for jest and vitest; see jest.d.ts.
 *
 * Requiring this adds them to the `expect` of the test runner, where that can be reached. They never
 * look at the class of anything: what a test hands over may come from another realm.
 */

const { toGrowAtMost, toLeak } = require('./matchers/grow');
const { toRetain } = require('./matchers/retain');

const matchers = { toGrowAtMost, toLeak, toRetain };

// vitest keeps its `expect` there, whether or not it is told to make it a global.
const runner = globalThis.expect ?? globalThis[Symbol.for('expect-global')];
runner?.extend?.(matchers);

/** jest calls what a setup file exports, and waits for it, before it loads the test file. */
async function setUp() {
  const { fileBegins } = require('./watch/begin');
  await fileBegins(runner?.getState?.().testPath);
}

module.exports = setUp;
module.exports.matchers = matchers;
